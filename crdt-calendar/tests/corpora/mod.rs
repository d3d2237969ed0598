// SPDX-License-Identifier: MIT OR Apache-2.0
//! The corpora of the fuzz targets on disk: read, played again, written anew. The node's tests use this file too.

#![allow(clippy::disallowed_methods, reason = "a test reads its corpus from the repository")]

use std::path::{Path, PathBuf};

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(name)
}

/// Every input of one parser's corpus, in the order of names.
pub(crate) fn corpus(name: &str) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder(name)).expect("a corpus");
    let mut files: Vec<PathBuf> = files.map(|it| it.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|path| std::fs::read(path).expect("readable")).collect()
}

/// Plays a parser's corpus again, and its seeds as they are made now.
pub(crate) fn replay(name: &str, seeds: &[Vec<u8>], check: impl Fn(&[u8])) {
    let inputs = corpus(name);
    assert!(inputs.len() >= seeds.len(), "{name}: the corpus is not there");
    inputs.iter().chain(seeds).for_each(|input| check(input));
}

/// Where a seed stands.
pub(crate) fn seed_file(name: &str, number: usize) -> PathBuf {
    folder(name).join(format!("seed-{number:02}"))
}

/// Writes a parser's seeds.
pub(crate) fn write(name: &str, seeds: &[Vec<u8>]) {
    std::fs::create_dir_all(folder(name)).expect("a folder");
    for (number, seed) in seeds.iter().enumerate() {
        std::fs::write(seed_file(name, number), seed).expect("written");
    }
}
