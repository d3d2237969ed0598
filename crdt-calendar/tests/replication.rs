// SPDX-License-Identifier: MIT OR Apache-2.0
//! Replicators on a virtual line: what is said, and that it ends.

use crate::common;

use std::collections::BTreeMap;
use std::slice::from_ref;

use common::mesh::{Mesh, kinds, machine};
use common::{agency, book, coordination, fold, full_shelf, grant, left, open, open_at, papers, release, right, slot};
use crdt_calendar::act::{Act, Leg, Reason};
use crdt_calendar::clerk::{Clerk, Now};
use crdt_calendar::fold::SlotState;
use crdt_calendar::folio::{Folio, GateError};
use crdt_calendar::ids::{FolioId, Leaf, ShortId, Writer};
use crdt_calendar::limits::CHARGES_MAX;
use crdt_calendar::replicator::Input;
use crdt_calendar::wire::frame::{self, Frame, HeadLine};

const WEEK: Leaf = Leaf::Week(common::WEEK);
fn home(acts: u32) -> Folio {
    let all = [open(), grant(&[(0, 1)], &left()), grant(&[(1, 1)], &right()), open_at(2, common::nine(0, 4))];
    agency().write(WEEK, &all[..acts as usize])
}

#[test]
fn exactly_what_each_lacks() {
    // Goal: acts that both hold do not travel; each side's own new ones do, once.
    let mut mesh = Mesh::new(&[
        (left(), &[home(2), left().write(WEEK, &[book(&[(0, 1)], 1)])]),
        (right(), &[home(4), right().write(WEEK, &[book(&[(1, 1)], 1)])]),
    ]);
    mesh.up(&left(), &right());
    let said = mesh.settle();
    let mut moved: Vec<(ShortId, u32, usize)> = said
        .iter()
        .filter_map(|(_, _, frame)| match frame {
            Frame::Acts(batch) => Some((batch.folio.short(), batch.first, batch.acts.len())),
            Frame::More(more) => Some((more.folio, more.first, more.acts.len())),
            _ => None,
        })
        .collect();
    moved.sort();
    let mut expected =
        vec![(agency().week().short(), 3, 2), (left().week().short(), 1, 1), (right().week().short(), 1, 1)];
    expected.sort();
    assert_eq!(moved, expected);
    mesh.check_same();
    mesh.tick();
    assert_eq!(kinds(&mesh.settle()), ["digest", "digest"]);
}

#[test]
fn new_acts_are_pushed_once() {
    let mut mesh = Mesh::new(&[(left(), &[home(2)]), (right(), &[home(2)])]);
    mesh.up(&left(), &right());
    mesh.settle();
    mesh.write(&left(), &book(&[(0, 1)], 1));
    assert_eq!(kinds(&mesh.settle()), ["acts", "kept"]);
    mesh.write(&left(), &common::cancel(1));
    assert_eq!(kinds(&mesh.settle()), ["acts", "kept"]);
    mesh.check_same();
}

#[test]
fn acts_flow_through_a_neighbour() {
    // Goal: two that never meet learn of each other through a third, and again after it was away.
    let mut mesh = Mesh::new(&[(left(), &[]), (agency(), &[home(4)]), (right(), &[])]);
    mesh.up(&left(), &agency());
    mesh.up(&agency(), &right());
    mesh.settle();
    mesh.write(&left(), &book(&[(0, 1)], 1));
    mesh.settle();
    mesh.check_same();
    assert_eq!(mesh.folio(&right(), left().week()).map(Folio::seq), Some(1));
    mesh.input(&agency(), Input::Down(right().writer.key));
    mesh.input(&right(), Input::Down(agency().writer.key));
    mesh.write(&left(), &common::cancel(1));
    mesh.settle();
    mesh.up(&right(), &agency());
    mesh.settle();
    mesh.check_same();
    assert_eq!(mesh.folio(&right(), left().week()).map(Folio::seq), Some(2));
}

#[test]
fn a_ring_falls_silent() {
    // Goal: on a ring every act comes by two ways; it is stored once and the talk ends.
    let mut mesh = Mesh::new(&[(left(), &[home(1)]), (agency(), &[home(4)]), (right(), &[])]);
    mesh.up(&left(), &agency());
    mesh.up(&agency(), &right());
    mesh.up(&right(), &left());
    mesh.settle();
    mesh.check_same();
    for booth in 1..5 {
        mesh.write(&left(), &book(&[(0, 1)], booth));
        mesh.write(&right(), &book(&[(1, 1)], booth));
        mesh.settle();
    }
    mesh.check_same();
}

#[test]
fn a_gap_is_answered_by_the_whole() {
    // Goal: whoever was thought to hold more than it does asks again, and gets it.
    let mut mesh = Mesh::new(&[(left(), &[]), (right(), &[])]);
    mesh.up(&left(), &right());
    mesh.settle();
    let ahead = Frame::Acts(home(4).after(2).unwrap());
    mesh.input(&left(), Input::Frame(right().writer.key, frame::encode(&ahead)));
    assert_eq!(kinds(&mesh.settle()), ["want", "held"], "the other does not hold it either");
    let node = mesh.nodes.get_mut(&right().writer.key).unwrap();
    node.shelf_mut().restore(home(4));
    mesh.input(&right(), Input::Written(agency().week()));
    mesh.settle();
    mesh.check_same();
    assert_eq!(mesh.folio(&left(), agency().week()).map(Folio::seq), Some(4));
}

#[test]
fn a_first_join_is_the_same_in_bulk() {
    // Goal: who holds nothing but the roster's papers gets all: one batch a folio.
    let folios: Vec<Folio> = vec![home(4), left().write(WEEK, &[book(&[(0, 1)], 1)])];
    let mut mesh = Mesh::new(&[(left(), &folios)]);
    mesh.nodes.extend([machine(&right(), common::shelf())]);
    mesh.up(&left(), &right());
    let said = mesh.settle();
    mesh.check_same();
    let batches = kinds(&said).iter().filter(|kind| **kind == "acts").count();
    assert_eq!(batches, papers().len() + folios.len());
}

#[test]
fn a_liar_is_cut_and_nothing_of_it_stays() {
    // Goal: bad frames cost charges; at the limit the connection is cut.
    let mut mesh = Mesh::new(&[(left(), &[home(2)])]);
    let liar = right().writer.key;
    mesh.input(&left(), Input::Up(liar));
    let before = mesh.shown(&left());
    let mut forged = home(4).after(2).unwrap();
    forged.head.signature[0] ^= 1;
    let foreign =
        Frame::Digest { territory: crdt_calendar::ids::TerritoryId([1; 32]), digest: [0; 16], is_answer: false };
    for number in 1..=CHARGES_MAX {
        assert!(mesh.cut.is_empty(), "cut before charge {number}");
        let bytes = if number % 2 == 0 { vec![1, 250] } else { frame::encode(&Frame::Acts(forged.clone())) };
        mesh.input(&left(), Input::Frame(liar, bytes));
    }
    assert_eq!(mesh.cut.len(), 1);
    assert_eq!(mesh.shown(&left()), before);
    mesh.cut.clear();
    mesh.input(&left(), Input::Down(liar));
    mesh.input(&left(), Input::Up(liar));
    mesh.input(&left(), Input::Frame(liar, frame::encode(&foreign)));
    assert_eq!(mesh.cut.len(), 1, "another territory is cut at once");
    mesh.input(&left(), Input::Down(liar));
    mesh.input(&left(), Input::Frame(liar, frame::encode(&Frame::Acts(home(4).after(2).unwrap()))));
    assert_eq!(mesh.shown(&left()), before, "who is not connected is not heard");
    let line = HeadLine { folio: agency().week().short(), seq: u32::MAX, hash: [0; 8] };
    let endless = Frame::Heads { leaves: vec![(WEEK, vec![line; 2])], last: true };
    mesh.input(&left(), Input::Up(liar));
    mesh.input(&left(), Input::Frame(liar, frame::encode(&endless)));
    assert_eq!(mesh.shown(&left()), before);
}

#[test]
fn the_proof_of_two_histories_that_share_nothing_reaches_everybody() {
    // Goal: 0 acts in common are not "nothing held". Found by the simulator.
    let (one, other) = (left().write(WEEK, &[open()]), left().write(WEEK, &[book(&[(0, 1)], 1)]));
    for swapped in [false, true] {
        let mut mesh = Mesh::new(&[(left(), from_ref(&one)), (right(), &[])]);
        let batch = Frame::Acts(other.after(0).unwrap());
        mesh.input(&left(), Input::Up(agency().writer.key));
        mesh.input(&left(), Input::Frame(agency().writer.key, frame::encode(&batch)));
        mesh.frames.clear();
        mesh.input(&left(), Input::Down(agency().writer.key));
        if swapped {
            let nodes: Vec<_> = core::mem::take(&mut mesh.nodes).into_values().collect();
            let shelves = nodes.iter().map(|node| node.shelf().clone());
            mesh.nodes.extend(shelves.zip([right(), left()]).map(|(shelf, member)| machine(&member, shelf)));
        }
        mesh.up(&left(), &right());
        mesh.settle();
        for at in [left(), right()] {
            assert!(mesh.folio(&at, left().week()).is_some_and(|folio| folio.fork().is_some()), "{}", at.name);
        }
        mesh.tick();
        assert_eq!(kinds(&mesh.settle()), ["digest", "digest"]);
    }
}

fn two_histories() -> (Folio, Folio) {
    let one = agency().write(WEEK, &[open(), grant(&[(0, 1)], &left()), grant(&[(1, 1)], &left())]);
    let other = agency().write(WEEK, &[open(), grant(&[(0, 1)], &right())]);
    (one, other)
}

#[test]
fn the_proof_of_two_histories_reaches_everybody() {
    // Goal: who never met the second history learns of it from a neighbour; all show the same, and are silent.
    let (one, other) = two_histories();
    let mut mesh = Mesh::new(&[(left(), from_ref(&one)), (right(), from_ref(&other))]);
    mesh.up(&left(), &right());
    mesh.settle();
    mesh.check_same();
    for late in [one, other] {
        mesh.nodes.extend([machine(&coordination(), full_shelf(&[late]))]);
        mesh.up(&coordination(), &left());
        mesh.settle();
        mesh.check_same();
        mesh.input(&left(), Input::Down(coordination().writer.key));
    }
    mesh.nodes.extend([machine(&agency(), full_shelf(&[]))]);
    mesh.up(&agency(), &right());
    mesh.settle();
    mesh.check_same();
    assert_eq!(mesh.nodes[&agency().writer.key].shelf().week(common::WEEK).state(&slot(0)), Some(SlotState::Suspended));
    mesh.input(&agency(), Input::Down(right().writer.key));
    mesh.input(&right(), Input::Down(agency().writer.key));
    mesh.nodes.remove(&coordination().writer.key);
    mesh.tick();
    assert_eq!(kinds(&mesh.settle()), ["digest", "digest"], "a settled fork costs nothing more");
}

#[test]
fn honest_neighbours_of_a_liar_do_not_cut_each_other() {
    // Goal: a writer tells two neighbours two histories, act by act: what each passes on does not fit what the other
    // holds, which is nobody's fault but the writer's.
    let many = 2 * CHARGES_MAX;
    let history = |booth: u8| -> Vec<Folio> {
        let acts: Vec<Act> = (0..many).map(|_| book(&[(0, 1)], booth)).collect();
        (2..=acts.len()).map(|end| right().write(WEEK, &[&[open()], &acts[..end]].concat())).collect()
    };
    let begun = right().write(WEEK, &[open()]);
    let mut mesh = Mesh::new(&[(left(), from_ref(&begun)), (agency(), from_ref(&begun))]);
    mesh.up(&left(), &agency());
    mesh.settle();
    let liar = right().writer.key;
    for (to, booth) in [(left(), 1), (agency(), 2)] {
        mesh.input(&to, Input::Up(liar));
        for folio in history(booth) {
            let held = mesh.folio(&to, folio.id()).map_or(0, Folio::seq);
            mesh.input(&to, Input::Frame(liar, frame::encode(&Frame::Acts(folio.after(held).unwrap()))));
        }
        mesh.input(&to, Input::Down(liar));
    }
    mesh.frames.retain(|(_, to, _)| *to != liar);
    mesh.settle();
    assert!(mesh.cut.is_empty(), "{:?}", mesh.cut);
    mesh.check_same();
    assert!(mesh.folio(&left(), right().week()).is_some_and(|folio| folio.fork().is_some()));
}

#[test]
fn a_proof_that_comes_live_is_passed_on() {
    // Goal: the node in the middle of three sees the second history and tells the third at once.
    let (one, other) = two_histories();
    let mut mesh = Mesh::new(&[(left(), from_ref(&one)), (right(), from_ref(&one)), (coordination(), &[])]);
    mesh.up(&left(), &right());
    mesh.up(&right(), &coordination());
    mesh.settle();
    let batch = Frame::Acts(other.after(0).unwrap());
    mesh.input(&left(), Input::Frame(right().writer.key, frame::encode(&batch)));
    mesh.settle();
    mesh.check_same();
    let week = mesh.nodes[&coordination().writer.key].shelf().week(common::WEEK);
    assert_eq!(week.state(&slot(0)), Some(SlotState::Suspended));
}

#[test]
fn a_release_that_would_be_void_is_not_due() {
    // Goal: an ask was cancelled and made again before its grant was heard: the node waits, it does not
    // write the same void release for ever. Found by the simulator.
    let leg = |ask| common::leg(&left(), ask, 0);
    let asked = || common::ask_legs(vec![Leg::Slots(common::run(&[(0, 1)]))], common::nine(0, 1), 1);
    let holder = left().write(WEEK, &[asked(), common::cancel(1), asked()]);
    let granted = [open(), Act::Grant { run: common::run(&[(0, 1)]), to: left().writer, ask: Some(leg(1)) }];
    let week = fold(&[agency().write(WEEK, &granted), holder.clone()]);
    assert_eq!(week.due(left().writer, |_| None), vec![]);
    let refused = [granted.to_vec(), vec![Act::Refuse { leg: leg(3), alternatives: vec![] }]].concat();
    let week = fold(&[agency().write(WEEK, &refused), holder.clone()]);
    assert_eq!(week.due(left().writer, |_| None), vec![Act::Drop { ask: 3 }], "the answer ends the second ask");
    let mut dropped = holder;
    dropped.append(&Act::Drop { ask: 3 }, &left().key).unwrap();
    let week = fold(&[agency().write(WEEK, &refused), dropped]);
    assert_eq!(week.due(left().writer, |_| None), vec![release(&[(0, 1)])], "then the first tenure goes home");
}

#[test]
fn a_clerk_with_such_an_ask_comes_to_rest() {
    // Goal: the same, through the clerk: few acts, then silence.
    let folios = [
        agency().write(WEEK, &[open()]),
        left().write(
            WEEK,
            &[common::ask(0, 1), Act::Cancel { target: 1, reason: Reason::ByThePerson }, common::ask(0, 1)],
        ),
    ];
    let mut clerk = Clerk::new(left().key, left().writer.incarnation, full_shelf(&folios), BTreeMap::new());
    let now = Now { monotonic_ms: 0, minute: common::minute(0) };
    let peer = agency().writer.key;
    clerk.handle(now, Input::Up(peer));
    let granted = agency().write(WEEK, &[open(), common::grant_for(&[(0, 1)], &left(), 1)]);
    clerk.handle(now, Input::Frame(peer, frame::encode(&Frame::Acts(granted.after(1).unwrap()))));
    assert_eq!(clerk.shelf().folio(&left().week()).unwrap().seq(), 3);
}

#[test]
fn lives_that_never_began_part_no_neighbours() {
    // Goal: a member signs more lives than a node holds. Two nodes that met different ones of them do not
    // cut each other for it, and their calendars compare as equal.
    let stranger = |number: u8| {
        let incarnation = crdt_calendar::ids::Incarnation([number; 8]);
        let mut folio =
            Folio::new(common::territory(), FolioId { writer: Writer { incarnation, ..right().writer }, leaf: WEEK });
        folio.append(&book(&[(1, 1)], 1), &right().key).unwrap();
        folio
    };
    let lives: Vec<Folio> = (101..=200).map(stranger).collect();
    let mut mesh = Mesh::new(&[(left(), &[home(4)]), (agency(), &[home(4)])]);
    for (to, some) in [(left(), &lives[..]), (agency(), &lives[30..])] {
        mesh.input(&to, Input::Up(right().writer.key));
        for folio in some {
            mesh.input(&to, Input::Frame(right().writer.key, frame::encode(&Frame::Acts(folio.after(0).unwrap()))));
        }
        assert!(mesh.cut.is_empty(), "what there is no room for is no offence");
        mesh.input(&to, Input::Down(right().writer.key));
    }
    mesh.frames.clear();
    mesh.up(&left(), &agency());
    assert_eq!(kinds(&mesh.settle()), ["digest", "digest"]);
    assert!(mesh.cut.is_empty(), "honest neighbours stay connected");
    mesh.check_same();
    assert!(mesh.shown(&left()).contains("appointments: {}"), "what waits for its beginning is not shown");
    // What a life that has begun writes still finds room; a forged word of it makes none.
    let begun = right().write(WEEK, &[book(&[(1, 1)], 1)]).after(0).unwrap();
    let mut forged = begun.clone();
    forged.head.signature[0] ^= 1;
    for to in [left(), agency()] {
        mesh.input(&to, Input::Up(right().writer.key));
        let held = |mesh: &Mesh| lives.iter().filter(|life| mesh.folio(&to, life.id()).is_some()).count();
        let before = held(&mesh);
        mesh.input(&to, Input::Frame(right().writer.key, frame::encode(&Frame::Acts(forged.clone()))));
        assert_eq!(held(&mesh), before, "nothing gives way to what its writer did not sign");
        mesh.input(&to, Input::Frame(right().writer.key, frame::encode(&Frame::Acts(begun.clone()))));
        assert!(mesh.folio(&to, right().week()).is_some(), "it is held");
        assert_eq!(held(&mesh), before - 1);
    }
}

#[test]
fn a_new_life_begins_although_its_key_filled_the_room() {
    // Goal: a key says of more lives than a node holds that they follow others which nobody knows. The one
    // that follows its current life begins all the same; one more that follows nobody has no room.
    let life = |number: u8| Writer { incarnation: crdt_calendar::ids::Incarnation([number; 8]), ..right().writer };
    let begins = |number: u8, previous: Writer| {
        let id = FolioId { writer: life(number), leaf: Leaf::Profile };
        let mut folio = Folio::new(common::territory(), id);
        folio.append(&Act::Begin { previous: Some(previous) }, &right().key).unwrap();
        folio.after(0).unwrap()
    };
    let mut shelf = common::full_shelf(&[]);
    for number in 100..200 {
        drop(shelf.accept(&begins(number, life(99))));
    }
    assert_eq!(shelf.accept(&begins(200, life(99))), Err(GateError::Room));
    shelf.accept(&begins(201, right().writer)).unwrap();
    assert_eq!(shelf.roster().current(&right().name), Some(life(201)));
}
