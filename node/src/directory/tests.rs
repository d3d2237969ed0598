// SPDX-License-Identifier: EUPL-1.2
//! Imports of small files in the official structure, all invented, and what is read of them.

mod branches;
mod sheets;

use std::path::{Path, PathBuf};

use super::{Directory, DirectoryError, ImportError, Reader, Report, Territory, import};

/// When the imports are done.
const AT: i64 = 1_804_000_000;

/// A box's folder with files beside it.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn home(&self) -> &Path {
        self.folder.path()
    }

    fn import(&self, files: &[PathBuf]) -> Result<Report, ImportError> {
        import(self.home(), files, &Territory::new([], ["46042"]), AT)
    }

    fn read<T>(&self, question: impl FnOnce(&Reader<'_>) -> Result<T, DirectoryError>) -> T {
        Directory::of(self.home()).read(question).expect("readable").expect("imported")
    }
}
