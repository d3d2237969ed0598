// SPDX-License-Identifier: EUPL-1.2
//! The one place where time comes in. A demonstration shifts every node's clock by one offset.
//!
//! Refuses to take part in who owns a slot: the calendar's rules never read it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crdt_calendar::fold::terms::Days;
use crdt_calendar::limits::{WEEKS_AHEAD, WEEKS_PAST};
use crdt_calendar::time::{IsoWeek, UtcMinute};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, ZonedDateTime};

use crate::lang::either;

/// The node's clock.
#[derive(Debug, Clone)]
pub struct Clock {
    started: Instant,
    offset_ms: i64,
    zone: TimeZone,
}

/// When something is counted: a month as people have it, and the calendar's week; a week at a month's end has two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// `YYYY-MM`.
    pub month: String,
    /// The week; `None` of what was counted by an earlier version, which kept the month alone.
    pub week: Option<IsoWeek>,
}

/// A clock that cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("{}", unknown_zone(.0))]
pub struct ZoneError(String);

/// What is said of a time zone that does not exist.
pub(crate) fn unknown_zone(written: &str) -> String {
    either(
        format!("le fuseau horaire « {written} » est inconnu : écrivez par exemple Europe/Paris"),
        format!("the time zone “{written}” is unknown: write for instance Europe/Paris"),
    )
}

impl Clock {
    /// The system's clock, moved by `offset_ms` milliseconds, read in the zone of that name.
    ///
    /// # Errors
    /// [`ZoneError`] when the zone is not in the embedded tz database.
    pub fn new(offset_ms: i64, zone: &str) -> Result<Self, ZoneError> {
        let zone = TimeZone::get(zone).map_err(|_| ZoneError(zone.to_owned()))?;
        Ok(Self { started: Instant::now(), offset_ms, zone })
    }

    /// Milliseconds since 1970 UTC, offset included.
    #[must_use]
    pub fn unix_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX).saturating_add(self.offset_ms)
    }

    /// Seconds since 1970 UTC by the system's clock, whatever a demonstration says: other machines judge certificates
    /// by theirs.
    #[must_use]
    pub fn system_s(&self) -> i64 {
        self.unix_ms().saturating_sub(self.offset_ms).div_euclid(1000)
    }

    /// Milliseconds of a clock that does not go back, from the node's start.
    #[must_use]
    pub fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The calendar's minute.
    #[must_use]
    pub fn minute(&self) -> UtcMinute {
        UtcMinute(u32::try_from(self.unix_ms().max(0) / 60_000).unwrap_or(u32::MAX))
    }

    /// Both, as the clerk wants them.
    #[must_use]
    pub fn now(&self) -> crdt_calendar::clerk::Now {
        crdt_calendar::clerk::Now { monotonic_ms: self.monotonic_ms(), minute: self.minute() }
    }

    /// Whether a demonstration moved it.
    #[must_use]
    pub fn is_shifted(&self) -> bool {
        self.offset_ms != 0
    }

    /// Where people live.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Now, as people read it.
    #[must_use]
    pub fn local_now(&self) -> ZonedDateTime {
        Timestamp::from_millisecond(self.unix_ms())
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_zoned_datetime(self.zone.clone())
    }

    /// The calendar's minutes of a local day: its first, and the first of the next.
    #[must_use]
    pub fn day(&self, date: Date) -> Option<(UtcMinute, UtcMinute)> {
        let start = |date: Date| minute_of(&date.to_zoned_datetime(self.zone.clone()).ok()?);
        start(date).zip(start(date.tomorrow().ok()?))
    }

    /// The days that the calendar holds now, the first and the last: whole weeks around this one.
    #[must_use]
    pub fn held_days(&self) -> (Date, Date) {
        let monday = self.local(self.minute().week().start()).date();
        let first = monday.checked_sub(i64::from(WEEKS_PAST).weeks());
        let last = monday.checked_add((i64::from(WEEKS_AHEAD) + 1).weeks()).and_then(Date::yesterday);
        (first.unwrap_or(monday), last.unwrap_or(monday))
    }

    /// When each of the days that the calendar holds begins, and the one after them.
    #[must_use]
    pub fn days(&self) -> Days {
        let (first, last) = self.held_days();
        let dates = first.series(1.day()).take_while(|date| *date <= last);
        Days::new(dates.filter_map(|date| self.day(date)).flat_map(|(from, to)| [from, to]).collect())
    }

    /// The month of a minute where people live, `YYYY-MM`.
    #[must_use]
    pub fn month(&self, minute: UtcMinute) -> String {
        self.local(minute).strftime("%Y-%m").to_string()
    }

    /// What a minute is counted under.
    #[must_use]
    pub fn period(&self, minute: UtcMinute) -> Period {
        Period { month: self.month(minute), week: Some(minute.week()) }
    }

    /// A minute of the calendar as people read it.
    #[must_use]
    pub fn local(&self, minute: UtcMinute) -> ZonedDateTime {
        local(minute, &self.zone)
    }
}

/// Whether a text is a month, `YYYY-MM`.
#[must_use]
pub fn is_month(text: &str) -> bool {
    text.len() == 7 && format!("{text}-01").parse::<Date>().is_ok()
}

/// A minute of the calendar as people in `zone` read it.
#[must_use]
pub fn local(minute: UtcMinute, zone: &TimeZone) -> ZonedDateTime {
    let seconds = i64::from(minute.0) * 60;
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(zone.clone())
}

/// The calendar's minute of a local time; `None` before 1970 or after the calendar ends.
#[must_use]
pub fn minute_of(zoned: &ZonedDateTime) -> Option<UtcMinute> {
    u32::try_from(zoned.timestamp().as_second().div_euclid(60)).ok().map(UtcMinute)
}
