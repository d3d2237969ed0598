// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a slot is opened, held, given back and taken home, and who may write that.

use crdt_calendar::act::{Act, Reason};
use crdt_calendar::fold::SlotState;
use crdt_calendar::fold::appointment::State;
use crdt_calendar::ids::{BoothId, Leaf};
use crdt_calendar::time::Span;

use super::common::{
    self, agency, appointment, ask, at, book, cancel, fold, grant, grant_for, left, minute, nine, open, open_at,
    refuse, release, right, run, slot, state, take, void,
};
use super::{free, held, past, week};

#[test]
fn void_release_take_brings_a_slot_home() {
    // Goal: each step alone leaves it with its holder; after all three the next tenure may begin.
    let l = left();
    let mut home = vec![open(), grant(&[(0, 1)], &l), void(&[(0, 1)])];
    let holder = [book(&[(0, 1)], 1), cancel(1), release(&[(0, 1)])];
    assert_eq!(week(&home, &holder).state(&slot(0)), held(&l));
    home.push(take(&[(0, 1)], &l));
    home.push(grant(&[(0, 2)], &right()));
    let week = week(&home, &holder);
    assert_eq!(week.state(&slot(0)), held(&right()));
    assert_eq!(state(&week, &l, 1), State::CancelledByAgency(Reason::AdvisorAbsent));
}

#[test]
fn a_tenure_voided_before_it_was_booked_goes_back() {
    // Goal: its holder releases it, once, and its slot comes home; a booking in it is cancelled first, and
    // what others hold or was not voided stays.
    let home =
        [open(), grant(&[(0, 1), (1, 1)], &left()), grant(&[(2, 1)], &right()), void(&[(0, 1)]), void(&[(2, 1)])];
    let due = |holder: &[Act]| week(&home, holder).due(left().writer, |_| None);
    for (case, holder, expected) in [
        ("nothing booked", vec![], vec![release(&[(0, 1)])]),
        ("released", vec![release(&[(0, 1)])], vec![]),
        ("booked unheard", vec![book(&[(0, 1)], 1)], vec![Act::Cancel { target: 1, reason: Reason::Other }]),
        ("another slot booked", vec![book(&[(1, 1)], 1)], vec![release(&[(0, 1)])]),
    ] {
        assert_eq!(due(&holder), expected, "{case}");
    }
}

#[test]
fn an_invented_booking_calls_nobody_back() {
    // Goal: a home keeps what the point's own box, which speaks, never wrote: it is in doubt, and on no list.
    let kept = |act: u32| {
        let upto = crdt_calendar::act::Upto { folio: left().week(), seq: 1, hash: [0; 32] };
        let copy = crdt_calendar::act::Copy {
            target: at(&left(), act),
            minutes: nine(0, 1),
            booth: BoothId(1),
            service: common::service(),
            legs: 1,
            slots: vec![slot(0)],
            envelope: (act, vec![1]),
        };
        week(&[open(), grant(&[(0, 1)], &left()), Act::Keep { run: run(&[(0, 1)]), upto, copy }], &[book(&[(0, 1)], 1)])
    };
    assert_eq!(state(&kept(9), &left(), 9), State::Suspended);
    assert!(!appointment(&kept(9), &left(), 9).needs_call_back());
    assert_eq!(state(&kept(1), &left(), 1), State::Confirmed, "what it wrote stands");
}

#[test]
fn openings_that_overlap_are_void_slot_by_slot() {
    // Goal: a slot that overlaps an earlier unclosed slot of its desk is void for ever and blocks nothing.
    let late = |home: Vec<Act>, number: u32, index: u16| {
        let id = crdt_calendar::ids::SlotId {
            open: crdt_calendar::ids::ActRef { folio: agency().week(), act: number },
            index,
        };
        week(&home, &[]).state(&id)
    };
    let shifted = Span { from: minute(540 + 7 * 30 + 15), length_min: 60 };
    let close_first = Act::Close { run: run(&[(0, 0)]) };
    let of_another = Act::Open {
        desk: crdt_calendar::ids::DeskId { home: right().name, number: 1 },
        minutes: nine(0, 1),
        step_min: 30,
        services: vec![],
        week_key: [0; 32],
    };
    for (case, home, number, index, expected) in [
        ("the same again", vec![open(), open()], 2, 0, Some(SlotState::NotBookable)),
        ("the first stays", vec![open(), open()], 1, 0, free()),
        ("another desk", vec![open(), open_at(2, nine(0, 8))], 2, 0, free()),
        ("half over the last", vec![open(), open_at(1, shifted)], 2, 0, Some(SlotState::NotBookable)),
        ("the next slot is clear", vec![open(), open_at(1, shifted)], 2, 1, free()),
        (
            "a void slot blocks nothing",
            vec![open(), open_at(1, shifted), open_at(1, nine(8, 1))],
            3,
            0,
            Some(SlotState::NotBookable),
        ),
        ("closed and opened anew", vec![open(), close_first.clone(), open_at(1, nine(0, 1))], 3, 0, free()),
        (
            "opened anew before the close: void for ever",
            vec![open(), open_at(1, nine(0, 1)), close_first],
            2,
            0,
            Some(SlotState::NotBookable),
        ),
        ("a desk of another member", vec![of_another], 1, 0, None),
        ("across the end of the week", vec![open_at(1, past())], 1, 0, None),
    ] {
        assert_eq!(late(home, number, index), expected, "{case}");
    }
}

#[test]
fn only_the_home_gives_its_slots() {
    // Goal: what another member writes about a slot of this home moves nothing.
    let leaf = Leaf::Week(common::WEEK);
    for (case, act) in [
        ("grant", grant(&[(0, 1)], &left())),
        ("take", take(&[(0, 1)], &right())),
        ("void", void(&[(0, 1)])),
        ("close", Act::Close { run: run(&[(0, 0)]) }),
        ("refuse", refuse(&right(), 1)),
    ] {
        let folios = [
            agency().write(leaf, &[open(), grant_for(&[(0, 1)], &right(), 1)]),
            right().write(leaf, &[ask(0, 1)]),
            left().write(leaf, &[act]),
        ];
        let week = fold(&folios);
        assert_eq!(state(&week, &right(), 1), State::Confirmed, "{case}");
        assert_eq!(week.state(&slot(0)), Some(SlotState::Booked(at(&right(), 1))), "{case}");
    }
}
