// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whose acts count at all: later versions, forks, strangers, earlier boxes, and who is enrolled.

use crdt_calendar::act::{Act, Role, Touches};
use crdt_calendar::fold::appointment::{State, Why};
use crdt_calendar::fold::{SlotState, Week};
use crdt_calendar::folio::{Accepted, Batch, Folio};
use crdt_calendar::ids::{BoothId, Leaf};
use crdt_calendar::roster::{Line, Roster, Standing};

use super::common::{
    self, Member, a_box, agency, at, book, coordination, fold, grant, left, nine, open, papers, right, run, slot, state,
};
use super::{free, week};

#[test]
fn a_later_versions_act_makes_its_slots_not_bookable() {
    // Goal: nobody offers what a newer node may have given away, whoever wrote the act.
    let unknown = |run| Act::Unknown {
        kind: 200,
        touches: Touches { slots: vec![run], booth: Some(BoothId(1)), minutes: Some(nine(1, 1)) },
        body: vec![1],
    };
    let by_home = week(&[open(), unknown(run(&[(0, 1)]))], &[]);
    assert_eq!(by_home.state(&slot(0)), Some(SlotState::NotBookable));
    assert_eq!(by_home.state(&slot(1)), free());
    let home = [open(), grant(&[(0, 1), (1, 1)], &left())];
    let by_holder = week(&home, &[unknown(run(&[(0, 1)])), book(&[(1, 1)], 1)]);
    assert_eq!(by_holder.state(&slot(0)), Some(SlotState::NotBookable));
    assert_eq!(state(&by_holder, &left(), 2), State::Void(Why::Booth), "its booth and minutes are blocked");
}

/// The same acts, then two that differ, each history under the same key.
fn fork_of(writer: &Member, common: &[Act], ours: Act, theirs: Act) -> Folio {
    let leaf = Leaf::Week(common::WEEK);
    let mut folio = writer.write(leaf, &[common, &[ours]].concat());
    let other: Batch = writer.write(leaf, &[common, &[theirs]].concat()).after(0).unwrap();
    assert_eq!(folio.accept(&other), Ok(Accepted::Forked));
    folio
}

#[test]
fn from_a_fork_on_nothing_counts() {
    // Goal: below the fork acts count as before; from it on they are suspended; both sides alike.
    let home = agency().write(Leaf::Week(common::WEEK), &[open(), grant(&[(0, 1), (1, 1)], &left())]);
    let (second, other) = (book(&[(1, 1)], 1), book(&[(1, 1)], 2));
    for (ours, theirs) in [(second.clone(), other.clone()), (other, second)] {
        let holder = fork_of(&left(), &[book(&[(0, 1)], 1)], ours, theirs);
        let week = fold(&[home.clone(), holder]);
        assert_eq!(state(&week, &left(), 1), State::Confirmed);
        assert!(!week.appointments.contains_key(&at(&left(), 2)));
    }
    let home = fork_of(&agency(), &[open()], grant(&[(0, 1)], &left()), grant(&[(0, 1)], &right()));
    assert_eq!(fold(&[home]).state(&slot(0)), Some(SlotState::Suspended));
}

#[test]
fn strangers_wait_and_earlier_boxes_are_suspended() {
    // Goal: only a member's current box counts; a new life inherits no tenure.
    let leaf = Leaf::Week(common::WEEK);
    let stranger = a_box(66, "nobody", Role::Point);
    let home = agency().write(
        leaf,
        &[open(), grant(&[(0, 1)], &left()), Act::Grant { run: run(&[(1, 1)]), to: stranger.writer, ask: None }],
    );
    let unknown = fold(&[home.clone(), stranger.write(leaf, &[book(&[(1, 1)], 1)])]);
    assert!(unknown.appointments.is_empty(), "what an unknown writer wrote is not shown");

    let reborn = left().reborn(33);
    let mut folios = papers();
    folios.push(reborn.begins(Some(left().writer)));
    let roster = Roster::read(&common::keepers(), folios.iter());
    assert_eq!(roster.standing(&left().writer), Standing::Past);
    assert_eq!(roster.standing(&reborn.writer), Standing::Current);
    folios.extend([home.clone(), left().write(leaf, &[book(&[(0, 1)], 1)]), reborn.write(leaf, &[book(&[(0, 1)], 1)])]);
    let week = Week::fold(common::WEEK, &roster.into(), folios.iter());
    assert_eq!(state(&week, &left(), 1), State::Suspended);
    assert_eq!(state(&week, &reborn, 1), State::Void(Why::NotHeld), "no tenure is inherited");

    let mut frozen = papers();
    frozen.push(reborn.begins(None));
    let roster = Roster::read(&common::keepers(), frozen.iter());
    assert_eq!(roster.member(&left().name).unwrap().line, Line::Frozen(vec![left().writer, reborn.writer]));
}

#[test]
fn enrolment_first_name_and_key_count() {
    // Goal: neither a name nor a key can be enrolled twice; a roster of another writer is none.
    let mallory = a_box(77, "puy-leveque", Role::Point);
    let acts = [left().enrolment(), mallory.enrolment(), a_box(3, "autre", Role::Point).enrolment()];
    let roster = Roster::read(&common::keepers(), [coordination().write(Leaf::Roster, &acts)].iter());
    assert_eq!(roster.members().count(), 1);
    assert_eq!(roster.member_of(&mallory.writer.key), None);
    let own = Roster::read(&common::keepers(), [mallory.write(Leaf::Roster, &acts)].iter());
    assert_eq!(own.members().count(), 0);
}
