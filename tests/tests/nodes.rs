// SPDX-License-Identifier: EUPL-1.2
//! Stories of nodes, terminals, disks and lines, in one program: nobody looks at a page, so that several run at a time.

mod by_hand;
mod carried;
mod closed;
mod copied;
mod counted;
mod damaged;
mod decided;
mod elsewhere;
mod faulty_disk;
mod folders;
mod half_open;
mod heard;
mod killed;
mod kiosk;
mod neighbours;
mod small_machine;
mod soak;
mod succeeded;
mod terminal;
mod upgraded;
mod white_zone;

#[test]
fn every_story_is_in_a_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let programs = ["nodes.rs", "people.rs"].map(|name| std::fs::read_to_string(folder.join(name)).expect("a program"));
    for entry in std::fs::read_dir(&folder).expect("the stories") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|it| it.to_str()).expect("a name");
        let line = format!("mod {name};");
        let is_in = |program: &String| program.lines().any(|it| it == line);
        assert!(["nodes", "people"].contains(&name) || programs.iter().any(is_in), "{name} is in neither program");
    }
}
