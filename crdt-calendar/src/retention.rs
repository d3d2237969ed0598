// SPDX-License-Identifier: MIT OR Apache-2.0
//! Retention: which weeks are past their term here, so that what is held of them goes.
//!
//! Three terms, one rule. A week is past its term once the own clock says so *and* two other members' signatures
//! do: each wrote in a week that no right clock would have let it write in before. A box whose clock is wrong
//! therefore erases nothing, and neither one clock of another's nor one liar erases anything. Each term has a floor,
//! the first week that is not erased: it moves by the lowest week that is held, once a day, never back.
//!
//! Pure: from what is held to what goes. Who carries it out keeps counts, floors and deletion in one commit
//! ([`crate::clerk::Effect::Erase`]). Invariant: nothing goes without its witnesses and the clock (oracle:
//! `simulations::oracle::erased`).

use std::collections::BTreeMap;

use crate::fold::Appointment;
use crate::folio::Folio;
use crate::ids::{FolioId, Leaf, MemberId};
use crate::limits::{TERM_OTHERS_WEEKS, TERM_ROWS_WEEKS, TERM_SEALED_WEEKS, WEEKS_AHEAD, WITNESSES};
use crate::plant::{self, Plant};
use crate::roster::Roster;
use crate::time::{IsoWeek, UtcMinute};

/// Minutes of a day.
const DAY_MINUTES: u32 = 24 * 60;

/// What has a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// What others did among themselves: their folios, and what they say of no appointment of this member.
    Others,
    /// The secret of a week: whoever has the envelopes reads them no more.
    Sealed,
    /// All that is left of a week.
    Rows,
}

/// How far one term has erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Floor {
    /// The first week that is not erased.
    pub week: IsoWeek,
    /// The day on which it last moved, counted from 1970-01-01; 0 if it never did.
    pub day: u32,
}

/// How far each term has erased. Below the first, nothing is taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Floors {
    /// Of [`Term::Others`].
    pub others: Floor,
    /// Of [`Term::Sealed`].
    pub sealed: Floor,
    /// Of [`Term::Rows`].
    pub rows: Floor,
}

/// What goes of one week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Why it goes.
    pub term: Term,
    /// The week. Secrets up to it go too, unless only others' folios do.
    pub week: IsoWeek,
    /// The folios.
    pub folios: Vec<FolioId>,
    /// What the calendar can count no more: to be added up in the same commit.
    pub counted: Vec<Appointment>,
    /// The floors as they stand then.
    pub floors: Floors,
}

impl Term {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Others, Self::Sealed, Self::Rows];

    /// How long after a week has begun, in weeks.
    #[must_use]
    pub fn weeks(self) -> u16 {
        match self {
            Self::Others => TERM_OTHERS_WEEKS,
            Self::Sealed => TERM_SEALED_WEEKS,
            Self::Rows => TERM_ROWS_WEEKS,
        }
    }
}

impl Floors {
    /// The floor of a term.
    #[must_use]
    pub fn of(&self, term: Term) -> Floor {
        match term {
            Term::Others => self.others,
            Term::Sealed => self.sealed,
            Term::Rows => self.rows,
        }
    }

    /// After a floor moved. What has no rows has no secret and nothing of others either.
    #[must_use]
    pub fn moved(mut self, term: Term, to: Floor) -> Self {
        match term {
            Term::Others => self.others = to,
            Term::Sealed => self.sealed = to,
            Term::Rows => {
                self.rows = to;
                self.sealed.week = self.sealed.week.max(to.week);
                self.others.week = self.others.week.max(to.week);
            }
        }
        self
    }
}

impl Floor {
    /// The floor above `lowest`, the lowest week held at or above this floor, if that week's term is over: by `now`
    /// and by `witnessed` ([`witnessed`]). `None` leaves all as it is.
    ///
    /// It moves on a later day than it last did, whatever the clock showed in between, so a clock that jumps gains
    /// nothing. No day is noted that lies beyond what the witnesses can vouch for, or a clock that was wrong once
    /// would stop it for good.
    #[must_use]
    pub fn above(self, term: Term, lowest: IsoWeek, witnessed: IsoWeek, now: UtcMinute) -> Option<Self> {
        let over = lowest.0.checked_add(term.weeks())?;
        let is_over = over <= now.week().0 && over <= witnessed.0.checked_sub(WEEKS_AHEAD)?;
        let vouched = IsoWeek(witnessed.0.saturating_add(WEEKS_AHEAD)).start();
        let day = now.min(vouched).0 / DAY_MINUTES;
        let next = Self { week: IsoWeek(lowest.0.checked_add(1)?), day };
        (is_over && lowest >= self.week && day > self.day).then_some(next)
    }
}

/// The latest week in which at least two ([`WITNESSES`]) members other than `own` have signed something that is held
/// here: of the box that speaks for each. `None` while there are not so many. Cost: linear in the folios.
#[must_use]
pub fn witnessed<'a>(roster: &Roster, own: &MemberId, folios: impl Iterator<Item = &'a Folio>) -> Option<IsoWeek> {
    if plant::active(Plant::EraseByTheClock) {
        return Some(IsoWeek(u16::MAX));
    }
    let mut latest: BTreeMap<&MemberId, IsoWeek> = BTreeMap::new();
    for folio in folios.filter(|folio| folio.seq() > 0) {
        let (Leaf::Week(week), Some(member)) = (folio.id().leaf, roster.member_of(&folio.id().writer.key)) else {
            continue;
        };
        if member == own || roster.current(member) != Some(folio.id().writer) {
            continue;
        }
        let known = latest.entry(member).or_insert(week);
        *known = (*known).max(week);
    }
    let mut weeks: Vec<IsoWeek> = latest.into_values().collect();
    weeks.sort_unstable();
    weeks.iter().rev().nth(WITNESSES - 1).copied()
}
