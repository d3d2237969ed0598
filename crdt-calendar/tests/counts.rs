// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts for the evaluation: real clerks book, refuse, cancel and say what became of it; all count the same.

use crate::common;

use std::collections::BTreeMap;

use common::village::Village;
use common::{Member, WEEK, agency, coordination, left, right, service};
use crdt_calendar::act::{Fate, Quota, Reason, Terms};
use crdt_calendar::clerk::Policy;
use crdt_calendar::counts::{Cell, Counts, count, remaining};
use crdt_calendar::fold::State;
use crdt_calendar::ids::{ActRef, Leaf};

type Counted = BTreeMap<Cell<u32>, Counts>;

/// As one member counts: the month is the hour of the day here, so that one week has several.
fn counted(village: &Village, at: &Member) -> Counted {
    let clerk = village.at(at);
    let all = remaining(clerk.weeks().values().map(AsRef::as_ref), clerk.floors(), Some(&at.name));
    count(all, |minute| minute.0 / 60 % 24)
}

fn cell(month: u32, point: &Member) -> Cell<u32> {
    Cell { month, agency: Some(agency().name), service: service(), point: point.name.clone() }
}

fn tells(village: &mut Village, by: &Member, id: ActRef, fate: Fate, minutes: u16) {
    village.act(by, |clerk, now, _| clerk.outcome(now, &id, fate, minutes)).unwrap();
}

#[test]
fn what_became_of_each_is_counted_alike_everywhere() {
    // Goal: two points and an agency; every ending that people can give an appointment, counted in its hour,
    // under its point, and once.
    let everybody = [coordination(), agency(), left(), right()];
    let mut village = Village::new(&everybody);
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1, 2, 3, 4, 5], &left());
    let [kept, missed, cut, gone, absent, open] = [0, 1, 2, 3, 4, 5].map(|slot| village.book(&left(), opened, slot));
    let quotas = vec![Quota { point: Some(right().name), service: None, per_week: 1 }];
    village.act(&agency(), |clerk, _, _| {
        clerk.set_policy(Policy { terms: Terms { quotas, ..Terms::default() }, ..Policy::default() })
    });
    let (granted, refused) = (village.book(&right(), opened, 6), village.book(&right(), opened, 7));

    village.act(&left(), |clerk, now, _| clerk.cancel(now, &gone, Reason::ByThePerson)).unwrap();
    village.act(&agency(), |clerk, now, _| clerk.cancel(now, &absent, Reason::AdvisorAbsent)).unwrap();
    // The person comes ten minutes before nine.
    village.wait_min(9 * 60 - 10);
    village.act(&left(), |clerk, now, _| clerk.arrived(now, &kept)).unwrap();
    village.wait_min(60);
    village.act(&left(), |clerk, now, _| clerk.arrived(now, &missed)).unwrap();
    tells(&mut village, &left(), kept, Fate::Kept, 25);
    tells(&mut village, &agency(), missed, Fate::NoShow, 0);
    tells(&mut village, &agency(), cut, Fate::Interrupted, 7);

    let counts = counted(&village, &coordination());
    for member in &everybody[1..] {
        assert_eq!(counted(&village, member), counts, "as {:?} counts", member.name);
    }
    let nine = Counts { kept: 1, no_show: 1, minutes: 25, arrived: 2, early_min: 10, ..Counts::default() };
    let by_point = BTreeMap::from([(Reason::ByThePerson, 1)]);
    let ten = Counts { interrupted: 1, minutes: 7, by_point, ..Counts::default() };
    let by_agency = BTreeMap::from([(Reason::AdvisorAbsent, 1)]);
    let eleven = Counts { confirmed: 1, by_agency, ..Counts::default() };
    let twelve = Counts { confirmed: 1, refused: 1, ..Counts::default() };
    let expected = [(9, left(), nine), (10, left(), ten), (11, left(), eleven), (12, right(), twelve)];
    assert_eq!(counts, expected.into_iter().map(|(hour, point, it)| (cell(hour, &point), it)).collect());
    for (id, state) in [(open, State::Confirmed), (granted, State::Confirmed)] {
        assert_eq!(village.state(&left(), id), state);
    }
    assert!(matches!(village.state(&left(), refused), State::Refused { .. }));
}

#[test]
fn a_move_is_no_cancellation() {
    // Goal: who has another time instead is counted as moved, at every member, and the other time as what it is.
    let mut village = Village::new(&[coordination(), agency(), left(), right()]);
    let opened = village.open(&agency(), 1);
    let [old, _] = [0, 4].map(|slot| village.book(&left(), opened, slot));
    village.act(&left(), |clerk, now, _| clerk.cancel_moved(now, &old)).unwrap();
    assert_eq!(village.state(&agency(), old), State::CancelledByPoint(Reason::ByThePerson));
    let moved = Counts { moved: 1, ..Counts::default() };
    let stands = Counts { confirmed: 1, ..Counts::default() };
    let expected = Counted::from([(cell(9, &left()), moved), (cell(11, &left()), stands)]);
    for member in [coordination(), agency(), left(), right()] {
        assert_eq!(counted(&village, &member), expected, "as {:?} counts", member.name);
    }
    village.check_same();
}

#[test]
fn what_never_counted_is_not_counted() {
    // Goal: what is asked while cut off counts where it is known; a slot booked twice is booked once.
    let mut village = Village::new(&[coordination(), agency(), left(), right()]);
    let opened = village.open(&agency(), 1);
    village.cut_off(&left());
    let asked = village.book(&left(), opened, 0);
    let waits = Counts { asked: 1, ..Counts::default() };
    assert_eq!(counted(&village, &left()), Counted::from([(cell(9, &left()), waits)]));
    assert!(counted(&village, &agency()).is_empty(), "nobody else has heard of {asked:?}");
    let held = agency().write(Leaf::Week(WEEK), &[common::open(), common::grant(&[(0, 1)], &left())]);
    let twice = left().write(Leaf::Week(WEEK), &[common::book(&[(0, 1)], 1), common::book(&[(0, 1)], 2)]);
    let week = common::fold(&[held, twice]);
    assert_eq!(week.appointments.len(), 2);
    let once = Counts { confirmed: 1, ..Counts::default() };
    assert_eq!(count(week.appointments(), |_| 9), Counted::from([(cell(9, &left()), once)]));
}
