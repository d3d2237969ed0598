// SPDX-License-Identifier: EUPL-1.2
//! The State's directory and procedure sheets, on the box's own disk: `directory.db` beside the register.
//!
//! A copy of public files, which `hameau directory import` takes in and whoever lost it takes in again. So it lies in a
//! database of its own: however large, slow or damaged it is, the register and its thread know nothing of it
//! ([decision 21](../../docs/decisions/0021-a-directory-beside-the-register.md)). An import is one transaction: pages see
//! the old directory or the new one. It holds nothing of a citizen.

mod annuaire;
mod branch;
mod comarquage;
mod database;
mod element;
mod import;
mod outline;
mod read;
mod report;
mod search;
mod sheet;
mod territory;
#[cfg(test)]
mod tests;

pub use branch::{Access, Address, Branch, Hours, Labelled};
pub use database::DirectoryError;
pub use import::{Official, import, look};
pub use read::{Addresses, Commune, Kind, Source, Topic, TopicPage};
pub use report::{ImportError, Report};
pub use search::SheetHit;
pub use sheet::{Block, Online, Part, Sheet, Step};
pub use territory::Territory;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use database::Database;

/// The name of the database in a box's folder.
pub const FILE: &str = "directory.db";

/// The second of an import that copies nothing official, as a demonstration's: pages say that instead of a source.
pub const INVENTED_AT: i64 = 0;

/// A way to the directory of a box. Cheap to clone; opened when it is first asked, and again after an import.
#[derive(Debug, Clone)]
pub struct Directory {
    path: PathBuf,
    open: Arc<Mutex<Option<Database>>>,
}

impl Directory {
    /// The directory of a box's folder, whether it was imported or not.
    #[must_use]
    pub fn of(home: &Path) -> Self {
        Self { path: home.join(FILE), open: Arc::default() }
    }

    /// Asks it something, on a thread that may wait for the disk. `None` where nothing was imported, or where it cannot
    /// be read, which the journal says.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader<'_>) -> Result<T, DirectoryError> + Send + 'static,
    ) -> Option<T> {
        let own = self.clone();
        let answered = tokio::task::spawn_blocking(move || own.read(question)).await;
        match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the directory does not answer");
                None
            }
            Err(error) => {
                tracing::error!(%error, "a question to the directory failed");
                None
            }
        }
    }

    /// The same on this thread.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn read<T>(
        &self,
        question: impl FnOnce(&Reader<'_>) -> Result<T, DirectoryError>,
    ) -> Result<Option<T>, DirectoryError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Database::open_existing(&self.path)?;
        }
        let Some(database) = open.as_mut() else { return Ok(None) };
        let asked = database.look_again().and_then(|()| question(&Reader { database }));
        if asked.is_err() {
            *open = None;
        }
        asked.map(Some)
    }
}

/// The directory, open, as one question sees it.
#[derive(Debug)]
pub struct Reader<'a> {
    database: &'a Database,
}
