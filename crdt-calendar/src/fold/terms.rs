// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an agency lays down, against one week: which of its terms a time would break.
//!
//! No part of what counts. Points ask it before they offer and before they write, the agency's node before it grants; the
//! agency's is the word that binds. What a point holds in advance it may promise at any moment, cut off too: for whoever
//! asks, such a time is as good as taken.

use crate::act::{Bar, Quota, Terms};
use crate::ids::{ActRef, DeskId, MemberId, ServiceId};
use crate::time::{Span, UtcMinute};

use super::ledger::Slot;
use super::offers::Way;
use super::{Appointment, SlotState, State, Week};

/// Minutes of a UTC day, where nothing is known of the days of a place.
const DAY_MINUTES: u32 = 24 * 60;

/// When days begin where people live. A time zone is not the calendar's business.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Days(Vec<UtcMinute>);

impl Days {
    /// Days that begin at these minutes.
    #[must_use]
    pub fn new(mut begin: Vec<UtcMinute>) -> Self {
        begin.sort_unstable();
        begin.dedup();
        Self(begin)
    }

    /// The first minute of the day that holds this one, and that of the next day. Beyond the days that are known, days of
    /// UTC.
    #[must_use]
    pub fn of(&self, minute: UtcMinute) -> (UtcMinute, UtcMinute) {
        let next = self.0.partition_point(|begin| *begin <= minute);
        let known = next.checked_sub(1).and_then(|place| self.0.get(place)).zip(self.0.get(next));
        let utc = UtcMinute(minute.0 / DAY_MINUTES * DAY_MINUTES);
        known.map_or((utc, utc.plus_min(DAY_MINUTES)), |(from, to)| (*from, *to))
    }
}

/// A time that somebody wants, or has asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The point.
    pub point: &'a MemberId,
    /// What it is about.
    pub service: &'a ServiceId,
    /// The desk.
    pub desk: &'a DeskId,
    /// The minutes.
    pub minutes: Span,
    /// How it would be had.
    pub way: Way,
    /// The ask, where the agency judges it: it does not stand in its own way, and those that wait beside it do not
    /// count, for each is judged in its turn. `None` at a point: what waits there comes before.
    pub ask: Option<&'a ActRef>,
}

/// An agency's terms and what of a week they are held against.
#[derive(Debug)]
pub struct Rulings<'a> {
    terms: &'a Terms,
    days: &'a Days,
    /// Appointments with this agency that stand or are asked for.
    standing: Vec<Standing<'a>>,
    /// Times at its desks that points hold and have not booked.
    held: Vec<Held>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    desk: u8,
    minutes: Span,
    /// Minutes of the shortest service that is taken there.
    shortest_min: u16,
}

#[derive(Debug)]
struct Standing<'a> {
    id: &'a ActRef,
    point: &'a MemberId,
    service: &'a ServiceId,
    desk: Option<u8>,
    minutes: Span,
    is_confirmed: bool,
}

/// Whether it stands at this agency, or is asked of it: what quotas and desks count.
fn stands_at(it: &Appointment, home: &MemberId) -> bool {
    it.home.as_ref() == Some(home) && (it.state == State::Asked || it.will_be_seen())
}

/// How much of a quota a point uses in a week.
#[must_use]
pub fn used(week: &Week, home: &MemberId, quota: &Quota, point: &MemberId) -> usize {
    let is_about = |it: &Appointment| quota.service.as_ref().is_none_or(|service| *service == it.service);
    let counts = |it: &&Appointment| stands_at(it, home) && it.point == *point && is_about(it);
    week.appointments().filter(counts).count()
}

impl<'a> Rulings<'a> {
    /// The terms of `home` against a week. Cost: linear in its appointments and, where a desk has terms, in its slots.
    #[must_use]
    pub fn of(week: &'a Week, home: &MemberId, terms: &'a Terms, days: &'a Days) -> Self {
        let standing = |it: &'a Appointment| Standing {
            id: &it.id,
            point: &it.point,
            service: &it.service,
            desk: it.desk.as_ref().filter(|desk| desk.home == *home).map(|desk| desk.number),
            minutes: it.minutes,
            is_confirmed: it.will_be_seen(),
        };
        let is_held = |id| matches!(week.state(&id), Some(SlotState::Held(_)));
        let held = |slot: &Slot| {
            let durations = slot.opening.services.iter().map(|(_, minutes)| *minutes).filter(|minutes| *minutes > 0);
            let shortest_min = durations.min().unwrap_or(slot.opening.step_min).max(1);
            Held { desk: slot.opening.desk.number, minutes: slot.minutes, shortest_min }
        };
        let slots = week.slots().filter(|(_, slot)| slot.opening.desk.home == *home && !terms.desks.is_empty());
        Self {
            terms,
            days,
            standing: week.appointments().filter(|it| stands_at(it, home)).map(standing).collect(),
            held: slots.filter(|(id, _)| is_held(*id)).map(|(_, slot)| held(slot)).collect(),
        }
    }

    /// Which of the terms this time would break, if any. Delays are judged with so many minutes of indulgence: between a
    /// page that offers and the agency that hears of it, time goes by.
    #[must_use]
    pub fn bar(&self, wanted: &Wanted<'_>, now: UtcMinute, indulgence_min: u32) -> Option<Bar> {
        let Wanted { point, service, desk, minutes, way, ask } = *wanted;
        let delay = self.delay(wanted, now, indulgence_min);
        let quota = || self.quota(point, service, way, ask);
        delay.or_else(quota).or_else(|| self.desk(desk.number, minutes, way, ask, now))
    }

    fn delay(&self, wanted: &Wanted<'_>, now: UtcMinute, indulgence_min: u32) -> Option<Bar> {
        let terms = self.terms.service(wanted.service)?;
        let from = wanted.minutes.from;
        if terms.shortest_delay_min > 0 && from.plus_min(indulgence_min) < now.plus_min(terms.shortest_delay_min) {
            return Some(Bar::TooSoon);
        }
        let last = now.plus_min(terms.longest_delay_min?).plus_min(indulgence_min);
        (from > last).then_some(Bar::TooFar)
    }

    /// Quotas bind what is asked for: what was reserved to a point was given to it.
    #[must_use]
    pub fn quota(&self, point: &MemberId, service: &ServiceId, way: Way, ask: Option<&ActRef>) -> Option<Bar> {
        let mut quotas = self.terms.quotas_of(point, service).filter(|_| way == Way::Asked);
        let is_full = quotas.any(|quota| {
            let used = self.counted(ask).filter(|it| it.point == point);
            let used = used.filter(|it| quota.service.as_ref().is_none_or(|service| service == it.service));
            used.count() >= usize::from(quota.per_week)
        });
        is_full.then_some(Bar::Quota)
    }

    /// What of a desk alone stands against a time there: its buffer, or its day.
    #[must_use]
    pub fn desk(&self, number: u8, minutes: Span, way: Way, ask: Option<&ActRef>, now: UtcMinute) -> Option<Bar> {
        let terms = self.terms.desk(number)?;
        let of_desk = || self.counted(ask).filter(|it| it.desk == Some(number));
        let held = || self.held.iter().filter(|it| it.desk == number && way == Way::Asked);
        let (from, to) = self.days.of(minutes.from);
        let is_of_day = |minutes: Span| from <= minutes.from && minutes.from < to;
        // What is held and has not begun may become as many appointments as fit in.
        let held_of_day = || held().filter(|it| is_of_day(it.minutes) && it.minutes.from >= now);
        let held_min: u32 = held_of_day().map(|it| u32::from(it.minutes.length_min)).sum();
        let may_become = held_min.div_ceil(held_of_day().map(|it| u32::from(it.shortest_min)).min().unwrap_or(1));
        let of_day = of_desk().filter(|it| is_of_day(it.minutes)).count() + usize::try_from(may_become).unwrap_or(0);
        if terms.per_day.is_some_and(|most| of_day >= usize::from(most)) {
            return Some(Bar::DayFull);
        }
        let is_close = |other: Span| {
            let buffer = u32::from(terms.buffer_min);
            minutes.from < other.end().plus_min(buffer) && other.from < minutes.end().plus_min(buffer)
        };
        let mut near =
            of_desk().map(|it| it.minutes).chain(held().map(|it| it.minutes)).filter(|_| terms.buffer_min > 0);
        near.any(is_close).then_some(Bar::TooClose)
    }

    /// What counts against a time, or against an ask for it.
    fn counted(&self, own: Option<&ActRef>) -> impl Iterator<Item = &Standing<'a>> {
        self.standing.iter().filter(move |it| own != Some(it.id) && (it.is_confirmed || own.is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_that_are_known_and_else_utcs() {
        // Goal: a day of 23 hours keeps its own end; before and after what is known, midnight in Greenwich.
        let days = Days::new(vec![UtcMinute(1380), UtcMinute(2820), UtcMinute(4200)]);
        for (minute, from, to) in
            [(1379, 0, 1440), (1380, 1380, 2820), (2819, 1380, 2820), (2820, 2820, 4200), (4200, 2880, 4320)]
        {
            assert_eq!(days.of(UtcMinute(minute)), (UtcMinute(from), UtcMinute(to)), "{minute}");
        }
    }
}
