// SPDX-License-Identifier: EUPL-1.2
//! Where the documents of calls lie while these last: a folder a call, a file a document, a list of what was exchanged.
//!
//! Nobody else on the machine may read it. Invariant: a file that no list names is dropped with its folder.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::frame::Hash;
use super::item::{Item, id_of};
use crate::link::CallId;

/// The list's file.
const LIST: &str = "list.json";

/// The folder of one call's documents.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    pub(super) fn new(all: &Path, call: CallId) -> Self {
        Self { folder: all.join(call.to_string()) }
    }

    /// The list, as it was kept; empty where none was.
    pub(super) fn list(&self) -> Vec<Item> {
        let list = std::fs::read(self.folder.join(LIST)).ok();
        list.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Keeps the list: all of it, or what was kept before.
    pub(super) fn keep_list(&self, items: &[Item]) -> io::Result<()> {
        self.make()?;
        let new = self.folder.join("list.new");
        std::fs::write(&new, serde_json::to_vec(items).map_err(io::Error::other)?)?;
        std::fs::rename(new, self.folder.join(LIST))
    }

    /// The file of a document, in whole or in part.
    pub(super) fn file(&self, hash: &Hash, from_here: bool) -> PathBuf {
        self.file_of(&id_of(hash, from_here))
    }

    /// The file of the document of this name; the name is one of the list's.
    pub(super) fn file_of(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// A new file for a document that this computer's browser gives.
    pub(super) fn new_file(&self) -> io::Result<(File, PathBuf)> {
        self.make()?;
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(io::Error::other)?;
        let path = self.folder.join(format!("new-{}", HEXLOWER.encode(&name)));
        Ok((OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?, path))
    }

    /// The file of a document that comes, to write at its end.
    pub(super) fn appended(&self, hash: &Hash) -> io::Result<File> {
        self.make()?;
        OpenOptions::new().append(true).create(true).mode(0o600).open(self.file(hash, false))
    }

    /// Drops all but the list.
    pub(super) fn clear(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name() != LIST {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Drops all of it.
    pub(super) fn remove(&self) -> io::Result<()> {
        remove(&self.folder)
    }

    fn make(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)
    }
}

/// Drops the documents of all calls but those that may go on.
pub(super) fn keep_only(all: &Path, goes_on: impl Fn(CallId) -> bool) -> io::Result<()> {
    let entries = match std::fs::read_dir(all) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if !call_of(&entry.file_name()).is_some_and(&goes_on) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// The call of a folder.
fn call_of(name: &OsStr) -> Option<CallId> {
    let bytes = HEXLOWER.decode(name.as_encoded_bytes()).ok()?;
    bytes.try_into().ok().map(CallId)
}

fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// SHA-256 of a file.
pub(super) fn hash_of(path: &Path) -> io::Result<Hash> {
    let (mut file, mut digest, mut piece) = (File::open(path)?, Sha256::new(), [0; 64 * 1024]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(digest.finalize().into()),
            length => digest.update(&piece[..length]),
        }
    }
}
