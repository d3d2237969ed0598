// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order in which folios come is nothing: whatever members write, a week folded on as it comes is the week folded at
//! once, and never shows two people at one desk or in one booth.

use crate::common;

use common::acts::some_act;
use common::{
    Member, agency, ask, at, book_at, cancel, fold, left, minute, nine, open, open_at, papers, right, run_of, state,
};
use crdt_calendar::act::Act;
use crdt_calendar::fold::Week;
use crdt_calendar::fold::appointment::State;
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::Leaf;
use proptest::prelude::*;

#[test]
fn a_place_in_a_queue_rests_on_those_before() {
    // Goal: a home may put whom it likes into a queue, also who asked for a slot: when somebody before goes away, the week
    // folded on is the week folded anew.
    let leaf = Leaf::Week(common::WEEK);
    let window = match open_at(2, nine(0, 4)) {
        Act::Open { desk, minutes, services, week_key, .. } => {
            Act::Open { desk, minutes, services, week_key, step_min: 0 }
        }
        other => other,
    };
    let ticket = |of: &Member| Act::Ticket { leg: common::leg(of, 1, 0), window: at(&agency(), 2) };
    let mut shelf = common::full_shelf(&[
        agency().write(leaf, &[open(), window, ticket(&left()), ticket(&right())]),
        left().write(leaf, &[ask(0, 1)]),
        right().write(leaf, &[ask(1, 1)]),
    ]);
    let before = shelf.week(common::WEEK);
    assert_eq!(state(&before, &right(), 1), State::Queued { ahead: 1 });
    shelf.accept(&left().write(leaf, &[ask(0, 1), cancel(1)]).after(1).unwrap()).unwrap();
    let on = shelf.week_after(&before);
    assert_eq!(state(&on, &right(), 1), State::Queued { ahead: 0 });
    assert_eq!(format!("{on:?}"), format!("{:?}", shelf.week(common::WEEK)));
}

/// Beside any act, more of those whose order matters: third tenures, grants of later openings, arrivals.
fn contended() -> impl Strategy<Value = Act> {
    let who = || prop_oneof![Just(left()), Just(right())];
    let tenures = (0_u16..4, 1_u16..4).prop_map(|(index, number)| vec![(index, number)]);
    let later = (1_u32..4, tenures, who());
    prop_oneof![
        9 => some_act(),
        1 => later.prop_map(|(open, it, to)| Act::Grant { run: run_of(open, &it), to: to.writer, ask: None }),
        1 => Just(book_at(&[], nine(0, 1), 1)),
        1 => (who(), 1_u32..12).prop_map(|(of, act)| Act::Arrived { target: at(&of, act), at: minute(540) }),
    ]
}

/// No desk and no booth twice, whatever was written.
fn check_never_two(week: &Week) {
    let mut desks = Vec::new();
    let mut booths = Vec::new();
    for it in week.appointments().filter(|it| it.is_confirmed()) {
        booths.push(((it.point.clone(), it.booth), it.minutes, it.id));
        for id in it.runs.iter().flat_map(|run| run.slots().collect::<Vec<_>>()) {
            let slot = week.slot(&id).unwrap();
            desks.push((slot.opening.desk.clone(), slot.minutes, it.id));
        }
    }
    desks.sort();
    booths.sort();
    assert!(desks.windows(2).all(|it| it[0].0 != it[1].0 || !it[0].1.overlaps(it[1].1)), "{desks:?}");
    assert!(booths.windows(2).all(|it| it[0].0 != it[1].0 || !it[0].1.overlaps(it[1].1)), "{booths:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn order_is_nothing_and_never_two(
        home in prop::collection::vec(contended(), 0..30),
        one in prop::collection::vec(contended(), 0..20),
        other in prop::collection::vec(contended(), 0..20),
        order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 3),
    ) {
        // Goal: whatever three members write, in whatever order and pieces it comes, all see one calendar.
        let leaf = Leaf::Week(common::WEEK);
        let home = [vec![open()], home].concat();
        let written = [agency().write(leaf, &home), left().write(leaf, &one), right().write(leaf, &other)];
        let folios: Vec<Folio> = written.iter().filter(|it| it.seq() > 0).cloned().collect();
        let week = fold(&folios);
        check_never_two(&week);

        let all: Vec<Folio> = papers().into_iter().chain(folios).collect();
        let mut shelf = common::shelf();
        let mut folded_on = shelf.week(common::WEEK);
        // A first part of each week's folio, signed as its writer had it then; the rest later.
        for (whole, cut) in [&home, &one, &other].into_iter().zip(&cuts) {
            if let Some(part) = (!whole.is_empty()).then(|| &whole[..cut.index(whole.len())]).filter(|part| !part.is_empty()) {
                let writer = if core::ptr::eq(whole, &home) { agency() } else if core::ptr::eq(whole, &one) { left() } else { right() };
                shelf.accept(&writer.write(leaf, part).after(0).unwrap()).unwrap();
                folded_on = shelf.week_after(&folded_on);
            }
        }
        for place in order.into_iter().chain(0..all.len()).filter(|place| *place < all.len()) {
            let held = shelf.folio(&all[place].id()).map_or(0, Folio::seq);
            if let Some(batch) = all[place].after(held) {
                shelf.accept(&batch).unwrap();
                folded_on = shelf.week_after(&folded_on);
            }
        }
        prop_assert_eq!(format!("{:?}", shelf.week(common::WEEK)), format!("{week:?}"));
        prop_assert_eq!(format!("{folded_on:?}"), format!("{week:?}"), "folded on");
    }
}
