// SPDX-License-Identifier: MIT OR Apache-2.0
//! The corpora of the fuzz targets, played again on every run, and changed a little in new ways.

#![allow(clippy::disallowed_methods, reason = "a test reads its corpus from the repository")]

mod common;
mod parsers;

use std::path::{Path, PathBuf};

use parsers::{PARSERS, check};
use proptest::prelude::*;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(name)
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(name)).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_input_of_every_corpus() {
    for parser in &PARSERS {
        let inputs = corpus(parser.name);
        assert!(inputs.len() >= (parser.seeds)().len(), "{}: the corpus is not there", parser.name);
        for input in inputs.iter().chain(&(parser.seeds)()) {
            (parser.check)(input);
        }
    }
}

/// `cargo test --test corpus -- --ignored` after a format changed, and for a new parser.
#[test]
#[ignore = "writes the first files of the corpora"]
fn write_seeds() {
    for parser in &PARSERS {
        std::fs::create_dir_all(folder(parser.name)).unwrap();
        for (number, seed) in (parser.seeds)().iter().enumerate() {
            std::fs::write(folder(parser.name).join(format!("seed-{number:02}")), seed).unwrap();
        }
    }
}

/// How an input is changed: a byte, a piece taken out, or a piece put in from elsewhere.
fn changed(input: &[u8], place: prop::sample::Index, other: prop::sample::Index, with: &[u8]) -> Vec<u8> {
    if input.is_empty() {
        return with.to_vec();
    }
    let (from, to) = (place.index(input.len()), other.index(input.len()));
    match with.first().map_or(0, |it| it % 4) {
        0 => [&input[..from], with, &input[(from + with.len()).min(input.len())..]].concat(),
        1 => [&input[..from.min(to)], &input[from.max(to)..]].concat(),
        2 => [&input[..from], &input[to..]].concat(),
        _ => [&input[..from], with, &input[from..]].concat(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn inputs_that_nobody_has_seen(
        parser in 0..PARSERS.len(),
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..8)), 1..6),
    ) {
        let parser = &PARSERS[parser];
        let inputs = corpus(parser.name);
        let mut input = inputs[file.index(inputs.len())].clone();
        for (place, other, with) in &changes {
            input = changed(&input, *place, *other, with);
        }
        check(parser.name, &input);
    }
}
