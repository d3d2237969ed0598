// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which acts count: tables over the rules of the ledger.

use crate::common;
#[path = "ledger/standing.rs"]
mod standing;
#[path = "ledger/tenures.rs"]
mod tenures;

use common::{
    Member, agency, appointment, ask, ask_legs, at, book, book_at, cancel, fold, grant, grant_for, left, leg, minute,
    nine, open, refuse, release, right, run, slot, state, take, take_keeping, void,
};
use crdt_calendar::act::{Act, Fate, Leg, Reason};
use crdt_calendar::fold::appointment::{State, Why};
use crdt_calendar::fold::{SlotState, Week};
use crdt_calendar::ids::{BoothId, Leaf};
use crdt_calendar::time::Span;

fn week(home: &[Act], holder: &[Act]) -> Week {
    fold(&[agency().write(Leaf::Week(common::WEEK), home), left().write(Leaf::Week(common::WEEK), holder)])
}

/// A case: its name, what the home writes, what the holder writes, and what is asked of the week.
type Case<T> = (&'static str, Vec<Act>, Vec<Act>, T);
/// The same, for one of the holder's acts.
type Of<T> = (&'static str, Vec<Act>, Vec<Act>, u32, T);

fn free() -> Option<SlotState> {
    Some(SlotState::Free)
}
fn held(by: &Member) -> Option<SlotState> {
    Some(SlotState::Held(by.writer))
}
fn booked(act: u32) -> Option<SlotState> {
    Some(SlotState::Booked(at(&left(), act)))
}

#[test]
fn what_a_slot_is_after_the_acts_of_both() {
    // Goal: ownership is read in the home's ledger alone, tenure by tenure.
    let none: Vec<Act> = Vec::new();
    let l = left();
    let table: Vec<Case<Option<SlotState>>> = vec![
        ("opened", vec![open()], none.clone(), free()),
        ("granted", vec![open(), grant(&[(0, 1)], &l)], none.clone(), held(&l)),
        ("granted twice", vec![open(), grant(&[(0, 1)], &l), grant(&[(0, 1)], &right())], none.clone(), held(&l)),
        ("not at home", vec![open(), grant(&[(0, 1)], &l), grant(&[(0, 2)], &right())], none.clone(), held(&l)),
        ("wrong number", vec![open(), grant(&[(0, 2)], &l)], none.clone(), free()),
        ("number zero", vec![open(), grant(&[(0, 0)], &l)], none.clone(), free()),
        (
            "a run is granted whole or not at all",
            vec![open(), grant(&[(1, 1)], &l), grant(&[(0, 1), (1, 1)], &right())],
            none.clone(),
            free(),
        ),
        ("a run with a gap", vec![open(), grant(&[(0, 1), (2, 1)], &l)], none.clone(), free()),
        ("a slot beyond the opening", vec![open(), grant(&[(7, 1), (8, 1)], &l)], none.clone(), free()),
        ("taken", vec![open(), grant(&[(0, 1)], &l), take(&[(0, 1)], &l)], none.clone(), free()),
        ("take of another tenure", vec![open(), grant(&[(0, 1)], &l), take(&[(0, 2)], &l)], none.clone(), held(&l)),
        (
            "taken and granted again",
            vec![open(), grant(&[(0, 1)], &l), take(&[(0, 1)], &l), grant(&[(0, 2)], &right())],
            none.clone(),
            held(&right()),
        ),
        ("voided, not yet home", vec![open(), grant(&[(0, 1)], &l), void(&[(0, 1)])], none.clone(), held(&l)),
        (
            "voided after the take of a kept one: home",
            vec![open(), grant(&[(0, 1)], &l), take_keeping(&[(0, 1)], &l, 1), void(&[(0, 1)])],
            vec![book(&[(0, 1)], 1)],
            free(),
        ),
        ("closed", vec![open(), Act::Close { run: run(&[(0, 0)]) }], none.clone(), Some(SlotState::NotBookable)),
        (
            "close of what is not at home",
            vec![open(), grant(&[(0, 1)], &l), Act::Close { run: run(&[(0, 0)]) }],
            none.clone(),
            held(&l),
        ),
        ("booked", vec![open(), grant(&[(0, 1)], &l)], vec![book(&[(0, 1)], 1)], booked(1)),
        ("cancelled, held on", vec![open(), grant(&[(0, 1)], &l)], vec![book(&[(0, 1)], 1), cancel(1)], held(&l)),
        (
            "a kept booking lives",
            vec![open(), grant(&[(0, 1)], &l), take_keeping(&[(0, 1)], &l, 1)],
            vec![book(&[(0, 1)], 1)],
            booked(1),
        ),
    ];
    for (case, home, holder, expected) in table {
        assert_eq!(week(&home, &holder).state(&slot(0)), expected, "{case}");
    }
}

#[test]
fn what_a_booking_is() {
    // Goal: each rule of the holder's table, by the state that everybody sees.
    let l = left();
    let held = vec![open(), grant(&[(0, 1), (1, 1)], &l)];
    let then = |act: Act| [held.clone(), vec![act]].concat();
    let past_sunday = Span { from: minute(7 * 1440 - 15), length_min: 30 };
    let table: Vec<Of<State>> = vec![
        ("in its tenure", held.clone(), vec![book(&[(0, 1)], 1)], 1, State::Confirmed),
        ("over both slots", held.clone(), vec![book(&[(0, 1), (1, 1)], 1)], 1, State::Confirmed),
        ("without tenure it waits for one", vec![open()], vec![book(&[(0, 1)], 1)], 1, State::Waiting),
        ("one slot of two without tenure", held.clone(), vec![book(&[(1, 1), (2, 1)], 1)], 1, State::Waiting),
        ("the opening is not here", vec![], vec![book(&[(0, 1)], 1)], 1, State::Waiting),
        ("a slot that never was", held.clone(), vec![book(&[(9, 1)], 1)], 1, State::Void(Why::NoSlot)),
        (
            "in another's tenure",
            vec![open(), grant(&[(0, 1)], &right())],
            vec![book(&[(0, 1)], 1)],
            1,
            State::Void(Why::NotHeld),
        ),
        (
            "in a tenure granted for an ask",
            vec![open(), grant_for(&[(0, 1)], &l, 9)],
            vec![book(&[(0, 1)], 1)],
            1,
            State::Void(Why::NotHeld),
        ),
        (
            "minutes of another slot",
            held.clone(),
            vec![book_at(&[(0, 1)], nine(1, 1), 1)],
            1,
            State::Void(Why::Minutes),
        ),
        ("minutes too long", held.clone(), vec![book_at(&[(0, 1)], nine(0, 2), 1)], 1, State::Void(Why::Minutes)),
        (
            "minutes leave the week",
            held.clone(),
            vec![book_at(&[(0, 1)], past_sunday, 1)],
            1,
            State::Void(Why::Minutes),
        ),
        (
            "the booth is taken",
            held.clone(),
            vec![book_at(&[(0, 1)], nine(0, 2), 1), book(&[(1, 1)], 1)],
            2,
            State::Void(Why::Booth),
        ),
        (
            "a void booking holds no booth",
            held.clone(),
            vec![book(&[(0, 1)], 1), book_at(&[(1, 1)], nine(0, 2), 1), book(&[(1, 1)], 1)],
            3,
            State::Confirmed,
        ),
        (
            "other booth, same slot",
            held.clone(),
            vec![book(&[(0, 1)], 1), book(&[(0, 1)], 2)],
            2,
            State::Void(Why::Slot),
        ),
        (
            "cancelled, booked anew",
            held.clone(),
            vec![book(&[(0, 1)], 1), cancel(1), book(&[(0, 1)], 1)],
            3,
            State::Confirmed,
        ),
        (
            "cancelled by its point",
            held.clone(),
            vec![book(&[(0, 1)], 1), cancel(1)],
            1,
            State::CancelledByPoint(Reason::ByThePerson),
        ),
        (
            "voided by the agency",
            then(void(&[(0, 1)])),
            vec![book(&[(0, 1)], 1)],
            1,
            State::CancelledByAgency(Reason::AdvisorAbsent),
        ),
        (
            "one voided slot fells the whole",
            then(void(&[(1, 1)])),
            vec![book(&[(0, 1), (1, 1)], 1)],
            1,
            State::CancelledByAgency(Reason::AdvisorAbsent),
        ),
        ("taken by a person", then(take(&[(0, 1)], &l)), vec![book(&[(0, 1)], 1)], 1, State::Void(Why::Taken)),
        (
            "taken, another kept",
            then(take_keeping(&[(0, 1)], &l, 7)),
            vec![book(&[(0, 1)], 1)],
            1,
            State::Void(Why::Taken),
        ),
        (
            "booked after its release",
            held.clone(),
            vec![release(&[(0, 1)]), book(&[(0, 1)], 1)],
            2,
            State::Void(Why::NotHeld),
        ),
        (
            "a release under a booking is void",
            held.clone(),
            vec![book(&[(0, 1)], 1), release(&[(0, 1)])],
            1,
            State::Confirmed,
        ),
        ("drop ends no booking", held.clone(), vec![book(&[(0, 1)], 1), Act::Drop { ask: 1 }], 1, State::Confirmed),
        ("cancel of what is not there", held.clone(), vec![book(&[(0, 1)], 1), cancel(9)], 1, State::Confirmed),
    ];
    for (case, home, holder, number, expected) in table {
        assert_eq!(state(&week(&home, &holder), &l, number), expected, "{case}");
    }
}

#[test]
fn what_an_ask_becomes() {
    // Goal: the grant is the booking; the first answer counts; what is not heard is unanswered, not refused.
    let (l, r) = (left(), right());
    let refused = || State::Refused { alternatives: vec![slot(5)] };
    let granted = || vec![open(), grant_for(&[(0, 1)], &l, 1)];
    let pool = || ask_legs(vec![Leg::Pool { home: agency().name }], nine(0, 1), 1);
    let legs = |second: u16| ask_legs(vec![Leg::Slots(run(&[(0, 1)])), Leg::Slots(run(&[(second, 1)]))], nine(0, 1), 1);
    let two = |second: Act| vec![open(), grant_for(&[(0, 1)], &l, 1), second];
    let other_leg = Act::Refuse { leg: leg(&l, 1, 1), alternatives: vec![] };
    let table: Vec<Case<State>> = vec![
        ("unanswered", vec![open()], vec![ask(0, 1)], State::Asked),
        ("the home is not heard", vec![], vec![ask(0, 1)], State::Asked),
        ("a slot that never was", vec![open()], vec![ask(9, 1)], State::Void(Why::NoSlot)),
        ("granted", granted(), vec![ask(0, 1)], State::Confirmed),
        (
            "granted elsewhere than its minutes",
            vec![open(), grant_for(&[(1, 1)], &l, 1)],
            vec![ask(0, 1)],
            State::Void(Why::Minutes),
        ),
        (
            "granted to another box",
            vec![open(), Act::Grant { run: run(&[(0, 1)]), to: r.writer, ask: Some(leg(&l, 1, 0)) }],
            vec![ask(0, 1)],
            State::Void(Why::NotHeld),
        ),
        ("refused", vec![open(), refuse(&l, 1)], vec![ask(0, 1)], refused()),
        (
            "refused, then granted: the first counts",
            vec![open(), refuse(&l, 1), grant_for(&[(0, 1)], &l, 1)],
            vec![ask(0, 1)],
            refused(),
        ),
        (
            "granted, then refused: the first counts",
            [granted(), vec![refuse(&l, 1)]].concat(),
            vec![ask(0, 1)],
            State::Confirmed,
        ),
        (
            "dropped after the refusal still reads refused",
            vec![open(), refuse(&l, 1)],
            vec![ask(0, 1), Act::Drop { ask: 1 }],
            refused(),
        ),
        (
            "cancelled after the refusal",
            vec![open(), refuse(&l, 1)],
            vec![ask(0, 1), cancel(1)],
            State::CancelledByPoint(Reason::ByThePerson),
        ),
        (
            "cancelled before the grant was heard",
            granted(),
            vec![ask(0, 1), cancel(1)],
            State::CancelledByPoint(Reason::ByThePerson),
        ),
        (
            "voided",
            [granted(), vec![void(&[(0, 1)])]].concat(),
            vec![ask(0, 1)],
            State::CancelledByAgency(Reason::AdvisorAbsent),
        ),
        ("a pool, granted", granted(), vec![pool()], State::Confirmed),
        ("two legs, one granted", granted(), vec![legs(1)], State::Asked),
        ("two legs, one refused", two(other_leg), vec![legs(1)], State::Refused { alternatives: vec![] }),
        (
            "minutes leave the week",
            granted(),
            vec![ask_legs(vec![Leg::Slots(run(&[(0, 1)]))], past(), 1)],
            State::Void(Why::Minutes),
        ),
    ];
    for (case, home, holder, expected) in table {
        assert_eq!(state(&week(&home, &holder), &l, 1), expected, "{case}");
    }
}

fn past() -> Span {
    Span { from: minute(7 * 1440 - 15), length_min: 30 }
}

#[test]
fn two_asks_one_winner() {
    // Goal: two points ask for one slot; the home's ledger says who has it, whoever is read first.
    let home = vec![open(), grant_for(&[(0, 1)], &right(), 1), refuse(&left(), 1)];
    let week_leaf = Leaf::Week(common::WEEK);
    let folios = [
        agency().write(week_leaf, &home),
        left().write(week_leaf, &[ask(0, 1)]),
        right().write(week_leaf, &[ask(0, 1)]),
    ];
    let week = fold(&folios);
    assert_eq!(state(&week, &right(), 1), State::Confirmed);
    assert_eq!(state(&week, &left(), 1), State::Refused { alternatives: vec![slot(5)] });
    assert!(appointment(&week, &left(), 1).needs_call_back());
    assert_eq!(week.state(&slot(0)), Some(SlotState::Booked(at(&right(), 1))));
}

#[test]
fn the_call_back_list_empties_by_a_person_only() {
    // Goal: drop leaves the person on the list; a cancel after the end says that someone called.
    let refused = [open(), refuse(&left(), 1)];
    for (case, holder, listed) in [
        ("refused", vec![ask(0, 1)], true),
        ("followed by the node", vec![ask(0, 1), Act::Drop { ask: 1 }], true),
        ("dealt with", vec![ask(0, 1), Act::Drop { ask: 1 }, cancel(1)], false),
        ("cancelled at once", vec![ask(0, 1), cancel(1)], false),
    ] {
        assert_eq!(appointment(&week(&refused, &holder), &left(), 1).needs_call_back(), listed, "{case}");
    }
    let unanswered = week(&[open()], &[ask(0, 1)]);
    assert!(!appointment(&unanswered, &left(), 1).needs_call_back(), "what waits is never listed");
}

#[test]
fn amend_arrived_outcome() {
    // Goal: corrections count in their own folio; the home's word on the outcome goes before the point's.
    let home = vec![open(), grant(&[(0, 1), (1, 1)], &left())];
    let target = at(&left(), 1);
    let amend = |booth: u8| Act::Amend { target, booth: Some(BoothId(booth)), minutes: None, envelope: None };
    let outcome = |fate: Fate| Act::Outcome { target, fate, minutes: 20 };
    let moved = week(&home, &[book(&[(0, 1)], 1), amend(2), book_at(&[(1, 1)], nine(1, 1), 1)]);
    assert_eq!(appointment(&moved, &left(), 1).booth, BoothId(2));
    assert_eq!(state(&moved, &left(), 3), State::Confirmed, "the old booth is free again");

    let into_taken = [book(&[(0, 1)], 1), book_at(&[(1, 1)], nine(0, 2), 2), amend(2)];
    let stays = week(&home, &into_taken);
    assert_eq!(appointment(&stays, &left(), 1).booth, BoothId(1), "an amend to a taken booth is void");

    let came = [book(&[(0, 1)], 1), Act::Arrived { target, at: minute(545) }, Act::Arrived { target, at: minute(600) }];
    assert_eq!(appointment(&week(&home, &came), &left(), 1).arrived, Some(minute(545)));

    let points_view = [book(&[(0, 1)], 1), outcome(Fate::NoShow)];
    let alone = week(&home, &points_view);
    assert_eq!(appointment(&alone, &left(), 1).outcome.unwrap().fate, Fate::NoShow);
    let both = week(&[home, vec![outcome(Fate::Kept)]].concat(), &points_view);
    assert_eq!(appointment(&both, &left(), 1).outcome.unwrap().fate, Fate::Kept);
}

#[test]
fn a_booking_of_no_slot_is_void() {
    // Goal: an act that names no slot passes every limit and every signature; no node falls over it.
    let leaf = Leaf::Week(common::WEEK);
    let week = fold(&[agency().write(leaf, &[open()]), left().write(leaf, &[book_at(&[], nine(0, 1), 1)])]);
    assert!(matches!(state(&week, &left(), 1), State::Void(_)), "{:?}", state(&week, &left(), 1));
}
