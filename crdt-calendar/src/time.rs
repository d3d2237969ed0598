// SPDX-License-Identifier: MIT OR Apache-2.0
//! Time as the calendar counts it: whole minutes and ISO weeks, both in UTC.
//!
//! There is no clock here and no time zone: what a person reads on a page is the node's business.
//! Weeks start on Monday 00:00 UTC (ISO 8601); week 0 holds 1 January 1970, a Thursday.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Minutes of a week.
pub const WEEK_MINUTES: u32 = 7 * 24 * 60;
/// 1970-01-01 was a Thursday: three days after its Monday.
const EPOCH_OFFSET_MINUTES: u32 = 3 * 24 * 60;

/// Minutes since 1970-01-01T00:00Z. Range: 1970 to the year 10136.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UtcMinute(pub u32);

/// An ISO week, counted from the one that holds 1970-01-01.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IsoWeek(pub u16);

/// A stretch of time: `from` is in, `from + length` is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First minute.
    pub from: UtcMinute,
    /// Length in minutes, from 1 to a week.
    pub length_min: u16,
}

impl UtcMinute {
    /// The week that this minute lies in; the last countable week for times after the year 3225.
    #[must_use]
    pub fn week(self) -> IsoWeek {
        let week = (u64::from(self.0) + u64::from(EPOCH_OFFSET_MINUTES)) / u64::from(WEEK_MINUTES);
        IsoWeek(u16::try_from(week).unwrap_or(u16::MAX))
    }

    /// This minute and `minutes` more, stopping at the end of time.
    #[must_use]
    pub fn plus_min(self, minutes: u32) -> Self {
        Self(self.0.saturating_add(minutes))
    }
}

impl IsoWeek {
    /// Its first minute, Monday 00:00 UTC; 1970-01-01 for week 0.
    #[must_use]
    pub fn start(self) -> UtcMinute {
        UtcMinute((u32::from(self.0) * WEEK_MINUTES).saturating_sub(EPOCH_OFFSET_MINUTES))
    }
}

impl Span {
    /// The minute after the last.
    #[must_use]
    pub fn end(self) -> UtcMinute {
        self.from.plus_min(u32::from(self.length_min))
    }

    /// Whether the two share a minute.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.end() && other.from < self.end()
    }

    /// Whether `inner` lies wholly within.
    #[must_use]
    pub fn contains(self, inner: Self) -> bool {
        self.from <= inner.from && inner.end() <= self.end()
    }

    /// Whether it has a length and lies wholly in `week`.
    #[must_use]
    pub fn within_week(self, week: IsoWeek) -> bool {
        self.length_min > 0 && self.from.week() == week && UtcMinute(self.end().0 - 1).week() == week
    }
}

impl fmt::Debug for IsoWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "week {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_start_on_monday() {
        // Goal: ISO weeks, cut at Monday 00:00 UTC. 2027-03-01 is a Monday: day 20878 of the epoch.
        let monday = UtcMinute(20_878 * 1440);
        for (case, minute, same_week) in [
            ("monday", monday, true),
            ("sunday night", UtcMinute(monday.0 + WEEK_MINUTES - 1), true),
            ("the minute before", UtcMinute(monday.0 - 1), false),
            ("next monday", UtcMinute(monday.0 + WEEK_MINUTES), false),
        ] {
            assert_eq!(minute.week() == monday.week(), same_week, "{case}");
        }
        assert_eq!(monday.week().start(), monday);
    }
}
