// SPDX-License-Identifier: EUPL-1.2
//! The access journal on the replica's thread: a line is kept before what it tells of is opened.
//!
//! Lines go a year after they were written, by the rule of the calendar's terms: by the own clock *and* by what two
//! other members have signed, so a clock that jumps erases nothing.

use crdt_calendar::limits::WEEKS_AHEAD;
use crdt_calendar::retention::witnessed;
use crdt_calendar::time::IsoWeek;

use super::Keeper;
use crate::access::{Chain, Line, Opening, TERM_WEEKS};
use crate::replica::command::Refusal;
use crate::store::{AccessAsked, StoreError};

/// How often it is asked whether lines are past their term, in milliseconds.
const CUT_EVERY_MS: u64 = 3_600_000;

impl Keeper {
    pub(super) fn keep_opening(&mut self, opening: &Opening) -> Result<(), Refusal> {
        let at = self.clock.unix_ms().div_euclid(1000);
        self.store.keep_access(opening, at).map_err(|error| self.refused_by_journal(&error))
    }

    pub(super) fn access(&mut self, asked: AccessAsked) -> Result<(Chain, Vec<Line>), Refusal> {
        self.store.access(asked).map_err(|error| self.refused_by_journal(&error))
    }

    /// A journal that somebody has spoilt stops no booking: details stay closed until it is whole again.
    fn refused_by_journal(&mut self, error: &StoreError) -> Refusal {
        if error.is_damage() {
            tracing::error!(%error, "the access journal is damaged: no details are opened");
            return Refusal::Disk;
        }
        self.refused(error)
    }

    /// Lets lines go that are past their term, once an hour at most.
    pub(super) fn cut_access(&mut self) {
        let now = self.clock.monotonic_ms();
        if self.access_cut_at_ms.is_some_and(|at| now < at + CUT_EVERY_MS) {
            return;
        }
        self.access_cut_at_ms = Some(now);
        let Some(week) = self.first_access_week() else { return };
        match self.store.drop_access_before(i64::from(week.start().0) * 60) {
            Ok(0) => {}
            Ok(lines) => tracing::info!(lines, "lines of the access journal are past their year"),
            Err(error) => drop(self.refused_by_journal(&error)),
        }
    }

    /// The first week whose lines are kept; `None` while too few others have signed anything.
    fn first_access_week(&self) -> Option<IsoWeek> {
        let own = self.clerk.member()?;
        let seen = witnessed(self.clerk.roster(), own, self.clerk.shelf().folios())?;
        let now = self.clock.minute().week();
        let vouched = seen.0.saturating_sub(WEEKS_AHEAD).min(now.0);
        vouched.checked_sub(TERM_WEEKS).map(IsoWeek)
    }
}
