// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sizes that docs/protocol.md gives are those of the code.

use crate::common;

use common::{agency, open, statement, territory};
use crdt_calendar::ids::Leaf;
use crdt_calendar::limits;
use crdt_calendar::wire::frame::{self, Frame, HeadLine, More};

const WEEK: Leaf = Leaf::Week(common::WEEK);

fn size(frame: &Frame) -> usize {
    frame::encode(frame).len()
}

/// Size of a frame with none, and what one more costs.
fn sizes(with: impl Fn(usize) -> Frame) -> [usize; 2] {
    [size(&with(0)), size(&with(1)) - size(&with(0))]
}

/// The last column of the row of a kind.
fn row(kind: &str) -> Vec<usize> {
    let doc = include_str!("../../docs/protocol.md");
    let row = doc.lines().find(|line| line.contains(&format!("`{kind}` |"))).unwrap();
    let cell = row.split('|').nth(3).unwrap();
    cell.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn frames_are_as_long_as_the_document_says() {
    let folio = agency().write(WEEK, &[open()]);
    let line = HeadLine::of(&folio).unwrap();
    let window = (common::WEEK, common::WEEK);
    let digest = Frame::Digest { territory: territory(), digest: [4; 16], is_answer: true };
    assert_eq!(row("Digest"), [size(&digest)]);
    let leaves = |leaf: Leaf| move |count| Frame::Leaves { window, digests: vec![(leaf, [5; 16]); count] };
    let [none, week] = sizes(leaves(WEEK));
    assert_eq!(row("Leaves"), [none, week, sizes(leaves(Leaf::Profile))[1]]);
    let heads = |leaves, lines| Frame::Heads { leaves: vec![(WEEK, vec![line; lines]); leaves], last: true };
    let [none, leaf] = sizes(|leaves| heads(leaves, 0));
    assert_eq!(row("Heads"), [none, leaf, sizes(|lines| heads(1, lines))[1]]);
    assert_eq!(row("Want"), sizes(|folios| Frame::Want(vec![(folio.id().short(), 3); folios])));
    assert_eq!(row("Kept"), [size(&Frame::Kept(folio.short(), 2))]);
    assert_eq!(row("Held"), [size(&Frame::Held(WEEK, line))]);
    assert_eq!(row("Statement"), [size(&Frame::Statement(statement()))]);
    let mut batch = folio.after(0).unwrap();
    batch.acts.clear();
    let more = More { folio: folio.short(), first: 2, acts: vec![Box::default()], signature: batch.head.signature };
    assert_eq!(row("More"), [size(&Frame::More(more))]);
    assert_eq!(row("Acts"), [size(&Frame::Acts(batch))]);
}

#[test]
fn limits_are_as_the_document_says() {
    let doc = include_str!("../../docs/protocol.md");
    let with_commas = |number: usize| {
        let digits = number.to_string();
        let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
        groups.collect::<Vec<_>>().join(",")
    };
    for (limit, text) in [
        (limits::FRAME_BYTES_MAX, "At most\n{} bytes"),
        (limits::TALK_BYTES_MAX, "and {} for every kind but"),
        (limits::INFLATED_BYTES_MAX, "grow to\n{} bytes at most"),
        (limits::HEADS_PER_FRAME_MAX, "leaves in one frame | {};"),
        (limits::LEAVES_MAX, "; {} | the next frame"),
        (limits::WANTS_MAX, "at a time | {} folios"),
        (limits::WANTED_ACTS_MAX as usize, "or {} acts and"),
        (limits::WANTED_ACTS_MAX as usize, "at a time, {} acts or"),
        (limits::QUESTIONS_MAX as usize, "not counted | {} each"),
        (limits::GAPS_MAX, "beginning in 10 minutes | {} |"),
        (limits::CHARGES_MAX as usize, "| faults | {} |"),
        (limits::FOLIOS_MAX, "told by one peer | {} |"),
        (limits::COMPARE_AGAIN_MS as usize / 60_000, "and {} minutes after the last comparison"),
        (limits::WANT_PATIENCE_MS as usize / 60_000, "sends nothing for {} minutes"),
    ] {
        let text = text.replace("{}", &with_commas(limit));
        assert!(doc.contains(&text), "{text}");
    }
}
