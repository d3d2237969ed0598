// SPDX-License-Identifier: EUPL-1.2
//! Documents and texts in a call: a person's papers to the advisor, an advisor's to the booth, what both look at, and what
//! they write to each other.
//!
//! One task a room keeps them ([`Keeper`]): it reads and writes their files, and gives the room blocks for the line, one by
//! one, as the room has room for them. What comes is shown to nobody before all of it is there, is what it was said to be,
//! and is of a kind that people exchange. Files lie in the node's folder while the call lasts, at a point; at an agency until
//! its room closes. See docs/decisions/0029-documents-in-a-call.md.

mod exchange;
mod frame;
mod item;
mod keeper;
mod kind;
mod pages;
mod shelf;
mod texts;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::link::CallId;
use crate::record::Receipt;
pub use exchange::{DOCUMENTS_MAX, Look};
pub use item::{Declined, Document, NAME_CHARS_MAX, Stand};
pub(super) use keeper::{Keeper, Kept, Listed, Order};
pub use kind::{DOCUMENT_BYTES_MAX, Kind, NotExchanged};
pub use pages::{PagesError, page};
use shelf::Shelf;
pub use texts::{TEXT_CHARS_MAX, Text};

/// The documents of all calls of this node.
#[derive(Debug, Clone)]
pub struct Documents {
    folder: Arc<Path>,
}

/// A document that this computer's browser is giving. Dropped: its file is too.
#[derive(Debug)]
pub struct Given {
    file: File,
    path: PathBuf,
}

impl Documents {
    /// They lie in this folder, which nobody else uses.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: Arc::from(folder) }
    }

    /// A file to write a document of this call into.
    ///
    /// # Errors
    /// [`NotExchanged::Disk`].
    pub fn give(&self, call: CallId) -> Result<Given, NotExchanged> {
        let (file, path) = self.shelf(call).new_file().map_err(|error| refused(&error))?;
        Ok(Given { file, path })
    }

    /// Where the file of a document is that its call lists.
    #[must_use]
    pub fn file(&self, call: CallId, document: &Document) -> PathBuf {
        self.shelf(call).file_of(&document.id)
    }

    /// What was exchanged in a call, as the record keeps it.
    #[must_use]
    pub fn receipts(&self, call: CallId) -> Vec<Receipt> {
        self.shelf(call).list().iter().filter_map(item::Item::receipt).collect()
    }

    /// Drops the documents of all calls but those that may go on.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn keep_only(&self, goes_on: impl Fn(CallId) -> bool) -> io::Result<()> {
        shelf::keep_only(&self.folder, goes_on)
    }

    /// Drops the documents of a call that has no room.
    pub fn forget(&self, call: CallId) {
        if let Err(error) = self.shelf(call).remove() {
            tracing::warn!(%error, "documents of a call that is over stay on the disk until the next start");
        }
    }

    /// What was given, once it is seen to be what people exchange, and in its place.
    pub(super) async fn take(&self, call: CallId, given: Given, name: String) -> Result<Order, NotExchanged> {
        let shelf = self.shelf(call);
        let taken = spawn_blocking(move || {
            let kind = Kind::of(&given.path)?;
            let hash = shelf::hash_of(&given.path).map_err(|error| refused(&error))?;
            let bytes = std::fs::metadata(&given.path).map_err(|error| refused(&error))?.len();
            std::fs::rename(&given.path, shelf.file(&hash, true)).map_err(|error| refused(&error))?;
            let bytes = u32::try_from(bytes).map_err(|_| NotExchanged::TooLong)?;
            Ok(Order::Add { hash, name, kind, bytes })
        });
        taken.await.map_err(|_| NotExchanged::Disk)?
    }

    /// What was taken is not wanted any more.
    pub(super) fn untake(&self, call: CallId, order: &Order) {
        if let Order::Add { hash, .. } = order
            && let Err(error) = std::fs::remove_file(self.shelf(call).file(hash, true))
        {
            tracing::warn!(%error, "a document that was not given stays on the disk until its room closes");
        }
    }

    /// Keeps the documents of one call from now on; in a booth the person is asked before anything comes.
    pub(super) fn keep(&self, call: CallId, is_booth: bool, now: super::Now) -> Keeper {
        Keeper::new(self.shelf(call), is_booth, now)
    }

    fn shelf(&self, call: CallId) -> Shelf {
        Shelf::new(&self.folder, call)
    }
}

impl Given {
    /// Writes what comes next; no more than a document may have. Blocks for a write.
    ///
    /// # Errors
    /// [`NotExchanged::TooLong`], [`NotExchanged::Disk`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), NotExchanged> {
        let before = self.file.metadata().map_err(|error| refused(&error))?.len();
        if before + bytes.len() as u64 > u64::from(DOCUMENT_BYTES_MAX) {
            return Err(NotExchanged::TooLong);
        }
        self.file.write_all(bytes).map_err(|error| refused(&error))
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        // What was taken has another name by now.
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "a document that was not given stays on the disk");
            }
            _ => {}
        }
    }
}

fn refused(error: &io::Error) -> NotExchanged {
    tracing::warn!(%error, "the disk does not take a document");
    NotExchanged::Disk
}
