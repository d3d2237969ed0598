// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tests of the calendar in one program, which is linked once: `cargo test --profile ci --workspace --test calendar gate::`
//! runs those of one file. `memory` is a program of its own: it counts all that is allocated.

mod any_order;
mod attack;
mod catching_up;
mod closing;
mod common;
mod corpora;
mod corpus;
mod counts;
mod elsewhere;
mod gate;
mod imports;
mod laws;
mod ledger;
mod lines;
mod parsers;
mod protocol;
mod receipts;
mod replication;
mod retention;
mod roots;
mod table;
mod terms;
mod vectors;
mod wishes;
mod years;

#[test]
#[allow(clippy::disallowed_methods, reason = "a test looks at the repository")]
fn every_test_is_in_a_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let program = std::fs::read_to_string(folder.join("calendar.rs")).expect("this file");
    for entry in std::fs::read_dir(&folder).expect("the tests") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|it| it.to_str()).expect("a name");
        let is_in = program.lines().any(|line| line == format!("mod {name};"));
        let is_file = path.extension().is_some_and(|it| it == "rs");
        assert!(!is_file || is_in || ["calendar", "memory"].contains(&name), "{name} is in no program");
    }
}
