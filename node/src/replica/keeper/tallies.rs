// SPDX-License-Identifier: EUPL-1.2
//! What this node counts itself, for the evaluation. A count that the disk refuses is lost, and said so in
//! the journal: nobody's booking waits for a statistic.

use crdt_calendar::ids::{ActRef, MemberId, ServiceId};

use super::Keeper;
use crate::store::{Tally, TallyKind};

impl Keeper {
    pub(super) fn tally(&mut self, agency: &MemberId, service: &ServiceId, kind: TallyKind) {
        let month = self.clock.month(self.clock.minute());
        if let Err(error) = self.store.tally(&month, agency.as_str(), service.as_str(), kind) {
            tracing::warn!(%error, "a count is lost");
        }
    }

    /// Days from today to the day of an appointment that was just booked or asked for.
    pub(super) fn tally_booking(&mut self, booked: &ActRef) {
        let found = self.clerk.weeks().values().find_map(|week| week.appointments.get(booked));
        let Some((agency, it)) = found.and_then(|it| Some((it.home.clone()?, it))) else { return };
        let day = self.clock.local(it.minutes.from).date();
        let days = self.clock.local_now().date().until(day).map_or(0, |wait| wait.get_days());
        let service = it.service.clone();
        self.tally(&agency, &service, TallyKind::WaitDays(u16::try_from(days).unwrap_or(0)));
    }

    pub(super) fn tallies(&self) -> Vec<Tally> {
        self.store.tallies().unwrap_or_else(|error| {
            tracing::warn!(%error, "the counts cannot be read");
            Vec::new()
        })
    }
}
