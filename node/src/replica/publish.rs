// SPDX-License-Identifier: EUPL-1.2
//! From an agency's weekly hours to openings and reserved slots in the calendar, some weeks ahead; and the days on which
//! desks are closed.
//!
//! Idempotent: slots that a desk has are left alone, and a slot is passed on in advance once.
//! Local hours become UTC here, so a day with a change of clock has the hours people expect.

use std::collections::BTreeSet;
use std::sync::Arc;

use crdt_calendar::act::{Reason, Role};
use crdt_calendar::clerk::{Clerk, Now, OpeningPlan, PublishError};
use crdt_calendar::fold::ledger::Slot;
use crdt_calendar::ids::{ActRef, DeskId, MemberId, ServiceId, SlotId, Writer};
use crdt_calendar::time::{IsoWeek, Span, UtcMinute};
use jiff::civil::{Date, Time};
use jiff::{ToSpan, ZonedDateTime};
use rand_core::CryptoRng;

use super::closed::ClosedDays;
use crate::clock::{Clock, minute_of};

/// A day of the week.
pub use jiff::civil::Weekday;

/// An agency's weekly hours.
#[derive(Debug, Clone, Default)]
pub struct Openings {
    /// How many weeks ahead are published.
    pub weeks_ahead: u16,
    /// Hours of each desk.
    pub weekly: Vec<WeeklyOpening>,
    /// Services taken, each with its duration in minutes.
    pub services: Vec<(ServiceId, u16)>,
    /// Slots passed on in advance.
    pub reserved: Vec<Reserved>,
    /// Days on which desks are closed all the same.
    pub closed: Arc<ClosedDays>,
}

/// One opening that comes back every week.
#[derive(Debug, Clone)]
pub struct WeeklyOpening {
    /// The desk's number.
    pub desk: u8,
    /// Its days.
    pub days: Vec<Weekday>,
    /// From, local time.
    pub from: Time,
    /// To, local time.
    pub to: Time,
    /// Length of a slot in minutes; 0 is a walk-in window, which has no slots.
    pub step_min: u16,
}

/// Slots of a desk that a point holds in advance, every week.
#[derive(Debug, Clone)]
pub struct Reserved {
    /// The point.
    pub point: MemberId,
    /// The desk's number.
    pub desk: u8,
    /// The day.
    pub day: Weekday,
    /// The first slot, local time.
    pub from: Time,
    /// How many slots.
    pub count: u16,
}

/// Publishes what is missing, but for minutes that a desk keeps for one appointment, or withdrew with it; what is refused
/// costs itself alone. Returns how many acts were written.
pub(super) fn publish(
    clerk: &mut Clerk,
    openings: &Openings,
    passed: &[(u8, Span)],
    clock: &Clock,
    rng: &mut impl CryptoRng,
) -> u32 {
    let Some(home) = own_agency(clerk) else { return 0 };
    let (now, today) = (clock.now(), clock.local_now());
    let mut written = 0;
    for days_ahead in 0..i64::from(openings.weeks_ahead) * 7 {
        let Ok(date) = today.date().checked_add(days_ahead.days()) else { continue };
        written += shut(clerk, openings, now, &today, date);
        let is_open = |desk: u8| !openings.closed.is_closed(desk, date);
        for opening in openings.weekly.iter().filter(|it| it.days.contains(&date.weekday()) && is_open(it.desk)) {
            let Some(minutes) = span(&today, date, opening.from, opening.to) else { continue };
            if minutes.end() <= now.minute {
                continue;
            }
            let mut standing = standing(clerk, &home, opening.desk, minutes.from.week());
            standing.extend(passed.iter().filter(|(desk, _)| *desk == opening.desk).map(|(_, minutes)| *minutes));
            for minutes in gaps(&standing, minutes, opening.step_min) {
                let (desk, step_min, services) = (opening.desk, opening.step_min, openings.services.clone());
                match clerk.open(now, &OpeningPlan { desk, minutes, step_min, services }, rng) {
                    Ok(_) => written += 1,
                    Err(error) => tracing::warn!(%error, %date, desk, "an opening is not published"),
                }
            }
        }
        for reserved in openings.reserved.iter().filter(|it| it.day == date.weekday() && is_open(it.desk)) {
            match pass_on(clerk, &home, reserved, now, &today, date) {
                Ok(acts) => written += acts,
                Err(error) => tracing::warn!(%error, %date, point = %reserved.point, "slots are not passed on"),
            }
        }
    }
    written
}

/// Closes what was published of a day before it was known that a desk is closed then. Appointments stay.
fn shut(clerk: &mut Clerk, openings: &Openings, now: Now, today: &ZonedDateTime, date: Date) -> u32 {
    let desks: BTreeSet<u8> = openings.weekly.iter().map(|it| it.desk).collect();
    let Some(minutes) = span(today, date, Time::MIN, Time::MAX) else { return 0 };
    let mut written = 0;
    for desk in desks.into_iter().filter(|desk| openings.closed.is_closed(*desk, date)) {
        match clerk.shut(now, desk, minutes, Reason::Closed) {
            Ok(acts) => written += acts,
            Err(error) => tracing::warn!(%error, %date, desk, "a desk is not closed"),
        }
    }
    written
}

fn own_agency(clerk: &Clerk) -> Option<MemberId> {
    let member = clerk.member()?;
    let entry = clerk.roster().member(member)?;
    (entry.enrolment.role == Role::Agency && clerk.roster().current(member) == Some(clerk.writer()))
        .then(|| member.clone())
}

fn span(today: &ZonedDateTime, date: Date, from: Time, to: Time) -> Option<Span> {
    let at = |time: Time| minute_of(&date.to_datetime(time).to_zoned_datetime(today.time_zone().clone()).ok()?);
    let (from, to) = (at(from)?, at(to)?);
    Some(Span { from, length_min: u16::try_from(to.0.checked_sub(from.0)?).ok()? })
}

/// Slots of a desk in one week, in order of time.
fn desk_slots(clerk: &Clerk, home: &MemberId, desk: u8, week: IsoWeek) -> Vec<(SlotId, Slot)> {
    let desk = DeskId { home: home.clone(), number: desk };
    let Some(folded) = clerk.week(week) else { return Vec::new() };
    let mut slots: Vec<_> = folded
        .slots()
        .filter(|(_, slot)| slot.opening.desk == desk && !slot.void && !slot.closed)
        .map(|(id, slot)| (id, slot.clone()))
        .collect();
    slots.sort_by_key(|(_, slot)| slot.minutes);
    slots
}

/// What stands at a desk in one week: slots, and walk-in windows. Those that were closed too: the ledger lets nothing be
/// opened in their minutes.
fn standing(clerk: &Clerk, home: &MemberId, desk: u8, week: IsoWeek) -> Vec<Span> {
    let slots = desk_slots(clerk, home, desk, week).into_iter().map(|(_, slot)| slot.minutes);
    let desk = DeskId { home: home.clone(), number: desk };
    let ledgers = clerk.week(week).into_iter().flat_map(|week| week.ledgers.values());
    let windows = ledgers.flat_map(|ledger| ledger.windows.values()).filter(|it| it.opening.desk == desk);
    slots.chain(windows.map(|it| it.minutes)).collect()
}

/// The parts of an opening in which nothing stands at the desk, in whole steps: all of it at first, nothing later; after
/// a day was closed and is open again, what lies between the appointments that stayed. A walk-in window has no steps.
fn gaps(standing: &[Span], opening: Span, step_min: u16) -> Vec<Span> {
    let mut gaps: Vec<Span> = Vec::new();
    let step_min = step_min.max(1);
    let steps = opening.length_min.checked_div(step_min).unwrap_or(0);
    for step in 0..steps {
        let cell = Span { from: opening.from.plus_min(u32::from(step) * u32::from(step_min)), length_min: step_min };
        if standing.iter().any(|it| it.overlaps(cell)) {
            continue;
        }
        match gaps.last_mut().filter(|gap| gap.end() == cell.from) {
            Some(gap) => gap.length_min += step_min,
            None => gaps.push(cell),
        }
    }
    gaps
}

fn pass_on(
    clerk: &mut Clerk,
    home: &MemberId,
    reserved: &Reserved,
    now: Now,
    today: &ZonedDateTime,
    date: Date,
) -> Result<u32, PublishError> {
    let Some(to) = clerk.roster().current(&reserved.point) else { return Ok(0) };
    let Some(minutes) = span(today, date, reserved.from, Time::MAX) else { return Ok(0) };
    let slots = desk_slots(clerk, home, reserved.desk, minutes.from.week());
    let mut written = 0;
    for (open, indexes) in untouched(&slots, minutes, reserved.count, now.minute) {
        grant(clerk, now, open, &indexes, to)?;
        written += 1;
    }
    Ok(written)
}

fn grant(clerk: &mut Clerk, now: Now, open: ActRef, indexes: &[u16], to: Writer) -> Result<(), PublishError> {
    clerk.reserve(now, open, indexes, to).map(|_| ())
}

/// The first `count` slots of these hours, of those the ones never granted and still to come, as runs.
fn untouched(slots: &[(SlotId, Slot)], hours: Span, count: u16, now: UtcMinute) -> Vec<(ActRef, Vec<u16>)> {
    let mut runs: Vec<(ActRef, Vec<u16>)> = Vec::new();
    let wanted = slots.iter().filter(|(_, slot)| hours.overlaps(slot.minutes)).take(usize::from(count));
    for (id, slot) in wanted {
        if !slot.tenures.is_empty() || slot.minutes.from < now {
            continue;
        }
        match runs.last_mut() {
            Some((open, indexes)) if *open == id.open && indexes.last().is_some_and(|it| it + 1 == id.index) => {
                indexes.push(id.index);
            }
            _ => runs.push((id.open, vec![id.index])),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use crdt_calendar::fold::ledger::Opening;
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey};

    use super::*;

    #[test]
    fn desks_open_by_the_clock_on_days_on_which_it_changes() {
        // Goal: nine to noon is three hours from nine on, the day before and the day itself; across the change it is one
        // hour less or more, as it is for whoever sits there.
        let zone = jiff::tz::TimeZone::get("Europe/Paris").expect("a zone");
        for (day, utc_hour, night_min) in
            [("2027-03-27", 8, 240), ("2027-03-28", 7, 180), ("2027-10-30", 7, 240), ("2027-10-31", 8, 300)]
        {
            let date: Date = day.parse().expect("a date");
            let midday = date.at(12, 0, 0, 0).to_zoned_datetime(zone.clone()).expect("a time");
            let utc = |hour: i8| {
                minute_of(&date.at(hour, 0, 0, 0).to_zoned_datetime(jiff::tz::TimeZone::UTC).expect("a time"))
            };
            let hours =
                |from: i8, to: i8| span(&midday, date, Time::constant(from, 0, 0, 0), Time::constant(to, 0, 0, 0));
            let morning = hours(9, 12).expect("in range");
            assert_eq!((Some(morning.from), morning.length_min), (utc(utc_hour), 180), "{day}");
            assert_eq!(hours(0, 4).map(|it| it.length_min), Some(night_min), "{day}");
        }
    }

    #[test]
    fn what_is_reserved_stays_within_its_hours() {
        // Goal: more is reserved than the day has left: the next day's slots of the same week are not passed on.
        let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
        let open = ActRef { folio: FolioId { writer, leaf: Leaf::Week(IsoWeek(2_983)) }, act: 1 };
        let monday = IsoWeek(2_983).start();
        let opening = Arc::new(Opening {
            desk: DeskId { home: MemberId::new("caisse").expect("a name"), number: 1 },
            step_min: 30,
            services: Vec::new(),
            week_key: [0; 32],
        });
        let slot = |index: u16| {
            let at = monday.plus_min(if index < 4 { 30 * u32::from(index) } else { 1440 + 30 * u32::from(index) });
            let minutes = Span { from: at, length_min: 30 };
            let (void, closed, unreadable, tenures) = (false, false, false, Vec::new());
            (SlotId { open, index }, Slot { opening: Arc::clone(&opening), minutes, void, closed, unreadable, tenures })
        };
        let slots: Vec<_> = (0..6).map(slot).collect();
        let hours = Span { from: monday.plus_min(60), length_min: 1440 - 60 };
        assert_eq!(untouched(&slots, hours, 10, monday), [(open, vec![2, 3])]);
    }
}
