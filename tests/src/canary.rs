// SPDX-License-Identifier: EUPL-1.2
//! A search for words in every byte of every file of a folder: what must be sealed is nowhere in clear.

use std::path::{Path, PathBuf};

/// The files under `folder` that hold one of the words, as they lie on the disk.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn found(folder: &Path, words: &[&str]) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        // A journal of the database that went between the listing and the reading holds nothing any more.
        let Ok(bytes) = std::fs::read(path) else { return !path.exists() };
        words.iter().any(|word| holds(&bytes, word.as_bytes()))
    };
    files(folder).into_iter().filter(|path| path.exists() && holds(path)).collect()
}

/// Whether these bytes stand somewhere in those.
#[must_use]
pub fn holds(bytes: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else { return true };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        if rest[at..].starts_with(word) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// Every regular file under `folder`. Sockets hold nothing.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let entry = entry.expect("the folder can be read");
        let kind = entry.file_type().expect("a file has a kind");
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}
