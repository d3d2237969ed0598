// SPDX-License-Identifier: EUPL-1.2
//! What this node counts itself, for the evaluation. Counts wait for the next second and are kept by one commit: nobody's
//! booking waits for a statistic, nor does the one after it. Those of a second are lost when the node is killed in it, and
//! those that the disk refuses, which the journal says. A disk that fails under them fails for all.

use crdt_calendar::ids::{ActRef, MemberId, ServiceId};

use super::Keeper;
use super::room::Disk;
use crate::store::{Tally, TallyKind};

/// A count: agency, service, and what happened there.
pub(super) type Count = (MemberId, ServiceId, TallyKind);

/// Counts that wait at most; they are kept at once then.
const WAITING_MAX: usize = 1_024;

impl Keeper {
    pub(super) fn tally(&mut self, agency: MemberId, service: ServiceId, kind: TallyKind) {
        self.counts_waiting.push((agency, service, kind));
        if self.counts_waiting.len() >= WAITING_MAX {
            self.keep_tallies();
        }
    }

    /// Days from today to the days of appointments that were just booked or asked for.
    pub(super) fn tally_bookings(&mut self, booked: &[ActRef]) {
        let waits: Vec<Count> = booked.iter().filter_map(|booked| self.wait(booked)).collect();
        waits.into_iter().for_each(|(agency, service, kind)| self.tally(agency, service, kind));
    }

    fn wait(&self, booked: &ActRef) -> Option<Count> {
        let found = self.clerk.weeks().values().find_map(|week| week.appointment(booked));
        let (agency, it) = found.and_then(|it| Some((it.home.clone()?, it)))?;
        let day = self.clock.local(it.minutes.from).date();
        let days = self.clock.local_now().date().until(day).map_or(0, |wait| wait.get_days());
        Some((agency, it.service.clone(), TallyKind::WaitDays(u16::try_from(days).unwrap_or(0))))
    }

    /// Makes durable what waits.
    pub(super) fn keep_tallies(&mut self) {
        if self.counts_waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut self.counts_waiting);
        let month = self.clock.month(self.clock.minute());
        let counted = waiting.iter().map(|(agency, service, kind)| (agency.as_str(), service.as_str(), *kind));
        if let Err(error) = self.store.tally(&month, counted) {
            tracing::warn!(%error, counts = waiting.len(), "counts are lost");
            self.break_off_unless_full(&error);
        }
    }

    /// All counts, those that waited too.
    pub(super) fn tallies(&mut self) -> Vec<Tally> {
        if self.disk == Disk::Keeps {
            self.keep_tallies();
        }
        self.store.tallies().unwrap_or_else(|error| {
            tracing::warn!(%error, "the counts cannot be read");
            Vec::new()
        })
    }
}
