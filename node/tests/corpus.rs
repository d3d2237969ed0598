// SPDX-License-Identifier: EUPL-1.2
//! The corpora of the fuzz targets for files that people hand over, played again on every run, and changed a
//! little in ways that a seed draws.

mod parsers;

use std::path::{Path, PathBuf};

use parsers::{PARSERS, check};

/// Changes of each input.
const CHANGES: u64 = 2_000;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(name)
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder(name)).expect("a corpus");
    let mut files: Vec<PathBuf> = files.map(|it| it.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|path| std::fs::read(path).expect("readable")).collect()
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

/// What is written as a seed opens; else the rest is fuzzed from the door.
#[test]
fn seeds_are_accepted() {
    let path = Path::new("file.toml");
    for parser in &PARSERS {
        for (number, seed) in (parser.seeds)().iter().enumerate() {
            let text = str::from_utf8(seed).expect("UTF-8");
            let refused = match parser.name {
                "request" => hameau_node::papers::RequestFile::parse("a", text).err().map(|it| it.to_string()),
                "papers" => hameau_node::papers::PapersFile::parse("a", text).err().map(|it| it.to_string()),
                "member" => hameau_node::config::MemberFile::parse(path, text).err().map(|it| it.to_string()),
                "settings" => hameau_node::config::NodeFile::parse(path, text).err().map(|it| it.to_string()),
                _ => hameau_node::config::TerritoryFile::parse(path, text).err().map(|it| it.to_string()),
            };
            assert_eq!(refused, None, "{} {number}", parser.name);
            let kept = std::fs::read(folder(parser.name).join(format!("seed-{number:02}"))).expect("it is committed");
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

/// `cargo test --test corpus -- --ignored` after a format changed, and for a new parser.
#[test]
#[ignore = "writes the first files of the corpora"]
fn write_seeds() {
    for parser in &PARSERS {
        std::fs::create_dir_all(folder(parser.name)).expect("a folder");
        for (number, seed) in (parser.seeds)().iter().enumerate() {
            std::fs::write(folder(parser.name).join(format!("seed-{number:02}")), seed).expect("written");
        }
    }
}
