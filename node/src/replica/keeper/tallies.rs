// SPDX-License-Identifier: EUPL-1.2
//! What this node counts itself, for the evaluation. A count that the disk refuses is lost, and said so in
//! the journal: nobody's booking waits for a statistic. A disk that fails under it fails for all.

use crdt_calendar::ids::{ActRef, MemberId, ServiceId};

use super::Keeper;
use crate::store::{Tally, TallyKind};

impl Keeper {
    pub(super) fn tally(&mut self, agency: &MemberId, service: &ServiceId, kind: TallyKind) {
        self.count(&[(agency.clone(), service.clone(), kind)]);
    }

    /// Days from today to the days of appointments that were just booked or asked for.
    pub(super) fn tally_bookings(&mut self, booked: &[ActRef]) {
        let waits: Vec<_> = booked.iter().filter_map(|booked| self.wait(booked)).collect();
        if !waits.is_empty() {
            self.count(&waits);
        }
    }

    fn wait(&self, booked: &ActRef) -> Option<(MemberId, ServiceId, TallyKind)> {
        let found = self.clerk.weeks().values().find_map(|week| week.appointments.get(booked));
        let (agency, it) = found.and_then(|it| Some((it.home.clone()?, it)))?;
        let day = self.clock.local(it.minutes.from).date();
        let days = self.clock.local_now().date().until(day).map_or(0, |wait| wait.get_days());
        Some((agency, it.service.clone(), TallyKind::WaitDays(u16::try_from(days).unwrap_or(0))))
    }

    fn count(&mut self, counted: &[(MemberId, ServiceId, TallyKind)]) {
        let month = self.clock.month(self.clock.minute());
        let counted = counted.iter().map(|(agency, service, kind)| (agency.as_str(), service.as_str(), *kind));
        if let Err(error) = self.store.tally(&month, counted) {
            tracing::warn!(%error, "a count is lost");
            self.break_off_unless_full(&error);
        }
    }

    pub(super) fn tallies(&self) -> Vec<Tally> {
        self.store.tallies().unwrap_or_else(|error| {
            tracing::warn!(%error, "the counts cannot be read");
            Vec::new()
        })
    }
}
