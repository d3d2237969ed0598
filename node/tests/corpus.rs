// SPDX-License-Identifier: EUPL-1.2
//! The corpora of the fuzz targets for files that people hand over, played again on every run, and changed a
//! little in ways that a seed draws.

#[path = "../../crdt-calendar/tests/corpora/mod.rs"]
mod corpora;
mod parsers;

use std::path::Path;

use corpora::{corpus, replay, seed_file, write};
use parsers::{PARSERS, check};

/// Changes of each input.
const CHANGES: u64 = 2_000;

#[test]
fn every_input_of_every_corpus() {
    for parser in &PARSERS {
        replay(parser.name, &(parser.seeds)(), parser.check);
    }
}

/// What is written as a seed opens; else the rest is fuzzed from the door.
#[test]
fn seeds_are_accepted() {
    let path = Path::new("file.toml");
    for parser in &PARSERS {
        for (number, seed) in (parser.seeds)().iter().enumerate() {
            let text = str::from_utf8(seed).unwrap_or_default();
            let refused = match parser.name {
                "request" => hameau_node::papers::RequestFile::parse("a", text).err().map(|it| it.to_string()),
                "papers" => hameau_node::papers::PapersFile::parse("a", text).err().map(|it| it.to_string()),
                // The last one is a frame alone.
                "export" if number < 2 => parsers::exported(seed).err().map(|it| it.to_string()),
                "export" => crdt_calendar::wire::frame::decode(seed).err().map(|it| it.to_string()),
                "slip" => hameau_node::slip::Code::read(text).err().map(|it| format!("{it:?}")),
                "official" => hameau_node::directory::look(seed).err(),
                "member" => hameau_node::config::MemberFile::parse(path, text).err().map(|it| it.to_string()),
                "settings" => hameau_node::config::NodeFile::parse(path, text).err().map(|it| it.to_string()),
                _ => hameau_node::config::TerritoryFile::parse(path, text).err().map(|it| it.to_string()),
            };
            assert_eq!(refused, None, "{} {number}", parser.name);
            let kept = std::fs::read(seed_file(parser.name, number)).expect("it is committed");
            assert!(kept == *seed, "{} {number}: the format changed, write the seeds anew", parser.name);
        }
    }
}

#[test]
fn inputs_that_nobody_has_seen() {
    for parser in &PARSERS {
        for (place, input) in corpus(parser.name).iter().enumerate() {
            for seed in 0..CHANGES {
                let changed = changed(input, &mut (seed << 16 | place as u64));
                let done = std::panic::catch_unwind(|| check(parser.name, &changed));
                assert!(done.is_ok(), "{}, input {place}, seed {seed}", parser.name);
            }
        }
    }
}

/// A byte, a piece taken out, or a piece said twice; one to four times.
fn changed(input: &[u8], state: &mut u64) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=draw(state, 3) {
        let (from, length) = (draw(state, bytes.len()), draw(state, 12));
        let to = (from + length).min(bytes.len());
        match draw(state, 3) {
            0 => drop(bytes.drain(from..to)),
            1 => bytes.splice(from..from, input[from.min(input.len())..to.min(input.len())].to_vec()).for_each(drop),
            _ => bytes.splice(from..to, [b" 09-\"[{=\n"[draw(state, 8)]]).for_each(drop),
        }
    }
    bytes
}

/// Up to `most`: splitmix64.
fn draw(state: &mut u64, most: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from(mixed >> 33).unwrap_or(0) % (most + 1)
}

#[test]
#[ignore = "writes the seeds: by hand, after a format changed or for a new parser (docs/fuzzing.md)"]
fn write_seeds() {
    for parser in &PARSERS {
        write(parser.name, &(parser.seeds)());
    }
}
