// SPDX-License-Identifier: MIT OR Apache-2.0
//! The corpora of the fuzz targets, played again on every run, and changed a little in new ways.

#![allow(clippy::disallowed_methods, reason = "a test reads its corpus from the repository")]

use crate::corpora;
use crate::parsers;

use corpora::{corpus, replay, write};
use parsers::{PARSERS, check};
use proptest::prelude::*;

#[test]
fn every_input_of_every_corpus() {
    for parser in &PARSERS {
        replay(parser.name, &(parser.seeds)(), parser.check);
    }
}

#[test]
#[ignore = "writes the seeds: by hand, after a format changed or for a new parser (docs/fuzzing.md)"]
fn write_seeds() {
    for parser in &PARSERS {
        write(parser.name, &(parser.seeds)());
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
