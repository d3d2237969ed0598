// SPDX-License-Identifier: MIT OR Apache-2.0
//! Years of a village: what goes was counted, and own appointments read as before.

use crate::common;

use std::collections::BTreeMap;

use common::village::Village;
use common::{Member, WEEK, agency, coordination, everybody, left, nine, right, service};
use crdt_calendar::act::{Fate, Reason};
use crdt_calendar::clerk::{OpenError, OpeningPlan};
use crdt_calendar::counts::{Cell, Counts, count, remaining};
use crdt_calendar::fold::State;
use crdt_calendar::ids::ActRef;
use crdt_calendar::limits::{TERM_ROWS_WEEKS, TERM_SEALED_WEEKS, WEEKS_AHEAD};
use crdt_calendar::time::{IsoWeek, Span, UtcMinute, WEEK_MINUTES};

/// Two points and an agency for years: each week the agency opens the thirteenth from now, the left point books two
/// and the right one two of it, and what became of this week's is said.
struct Years {
    village: Village,
    booked: BTreeMap<u16, Vec<ActRef>>,
    stored: BTreeMap<usize, BTreeMap<Cell<IsoWeek>, Counts>>,
}

impl Years {
    fn new() -> Self {
        Self { village: Village::new(&everybody()), booked: BTreeMap::new(), stored: BTreeMap::new() }
    }

    fn play_week(&mut self, number: u16) {
        let far = number + WEEKS_AHEAD;
        let from = UtcMinute(nine(0, 1).from.0 + u32::from(far) * WEEK_MINUTES);
        let minutes = Span { from, length_min: 8 * 30 };
        let plan = OpeningPlan { desk: 1, minutes, step_min: 30, services: vec![(service(), 30)] };
        let opened = self.village.act(&agency(), |clerk, now, rng| clerk.open(now, &plan, rng)).unwrap();
        let of = [(left(), 0), (left(), 1), (right(), 2), (right(), 3)];
        let booked: Vec<ActRef> = of.iter().map(|(point, slot)| self.village.book(point, opened, *slot)).collect();
        if let Some(due) = self.booked.get(&number) {
            let (kept, gone) = (due[0], due[2]);
            self.village.act(&left(), |clerk, now, _| clerk.outcome(now, &kept, Fate::Kept, 25)).unwrap();
            self.village.act(&right(), |clerk, now, _| clerk.cancel(now, &gone, Reason::ByThePerson)).unwrap();
        }
        self.booked.insert(far, booked);
        self.village.wait_min(WEEK_MINUTES);
        self.add_up();
    }

    /// What a node does with an erasure.
    fn add_up(&mut self) {
        for (key, erasure) in core::mem::take(&mut self.village.erased) {
            let place = everybody().iter().position(|it| it.writer.key == key).unwrap();
            let stored = self.stored.entry(place).or_default();
            for (cell, counts) in count(&erasure.counted, UtcMinute::week) {
                stored.entry(cell).or_default().merge(&counts);
            }
        }
    }

    /// What a member counts: what it still holds, and what it added up before.
    fn counted(&self, place: usize) -> BTreeMap<Cell<IsoWeek>, Counts> {
        let member = &everybody()[place];
        let clerk = self.village.at(member);
        let held = remaining(clerk.weeks().values().map(AsRef::as_ref), clerk.floors(), Some(&member.name));
        let mut all = count(held, UtcMinute::week);
        for (cell, counts) in self.stored.get(&place).into_iter().flatten() {
            all.entry(cell.clone()).or_default().merge(counts);
        }
        all
    }
}

#[test]
fn counts_stay_as_they_were_before_the_rows_went() {
    // Goal: two and a half years. At any time each member counts what all have ever booked, each once and each as it
    // ended, although the coordination holds no old week, points only their own, and nobody one after two years.
    let mut years = Years::new();
    let weeks = TERM_ROWS_WEEKS + 26;
    for number in 0..weeks {
        years.play_week(number);
        let counts = years.counted(1);
        if number % 10 == 0 || number + 1 == weeks {
            for place in [0, 2, 3] {
                assert_eq!(years.counted(place), counts, "week {number}, as {:?} counts", everybody()[place].name);
            }
        }
        let total: u32 = counts.values().map(|it| it.kept + it.confirmed + it.by_point.values().sum::<u32>()).sum();
        assert_eq!(total, 4 * u32::from(number + 1), "week {number}");
        let kept: u32 = counts.values().map(|it| it.kept).sum();
        assert_eq!(kept, u32::from((number + 1).saturating_sub(WEEKS_AHEAD)), "week {number}");
    }
    let held = |member: &Member| years.village.at(member).weeks().keys().next().copied().unwrap();
    // The week whose words are the newest witnesses.
    let now = WEEK.0 + weeks - 1;
    assert_eq!(held(&coordination()), IsoWeek(now - 2), "what others did is gone when it is shared no more");
    for member in [agency(), left(), right()] {
        assert_eq!(held(&member), IsoWeek(now - TERM_ROWS_WEEKS + 1), "{:?} keeps its own two years", member.name);
        let secret = years.village.at(&member).secret_weeks().next().unwrap();
        assert_eq!(secret, IsoWeek(now - TERM_SEALED_WEEKS + 1), "{:?} reads them half a year", member.name);
    }
}

#[test]
fn own_appointments_read_as_before_when_others_go() {
    // Goal: when a week is shared no more, a point's own appointments keep their state and their details; others'
    // leave its shelf. After half a year the details are closed, here and at the agency; the state stays.
    let mut years = Years::new();
    for number in 0..WEEKS_AHEAD + 3 {
        years.play_week(number);
    }
    let first = WEEKS_AHEAD;
    let own = years.booked[&first][0];
    let other = years.booked[&first][3];
    let seen = |years: &Years, at: &Member, id: ActRef| {
        let week = years.village.at(at).week(IsoWeek(WEEK.0 + first))?;
        week.appointment(&id).cloned()
    };
    let before = seen(&years, &left(), own).unwrap();
    assert_eq!((before.state.clone(), seen(&years, &left(), other).is_some()), (State::Confirmed, true));
    years.play_week(WEEKS_AHEAD + 3);
    assert_eq!(seen(&years, &left(), own), Some(before.clone()), "its own");
    assert_eq!(seen(&years, &left(), other), None, "the other point's");
    assert_eq!(seen(&years, &coordination(), own), None, "at the coordination");
    assert!(seen(&years, &agency(), own).is_some() && seen(&years, &agency(), other).is_some());
    for member in [left(), agency()] {
        assert!(years.village.at(&member).open_details(&own).is_ok(), "{:?} reads it", member.name);
    }
    for number in WEEKS_AHEAD + 4..WEEKS_AHEAD + TERM_SEALED_WEEKS {
        years.play_week(number);
    }
    assert!(years.village.at(&left()).open_details(&own).is_ok(), "it is not half a year old");
    years.play_week(WEEKS_AHEAD + TERM_SEALED_WEEKS);
    for member in [left(), agency()] {
        let opened = years.village.at(&member).open_details(&own).map(|_| ());
        assert_eq!(opened, Err(OpenError::NoKey), "{:?} reads it no more", member.name);
    }
    assert_eq!(seen(&years, &left(), own), Some(before));
}
