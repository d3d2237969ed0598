// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a member decides for its own box: how early unused reserved slots go back, how many
//! appointments a point may have.

use super::{Clerk, Now};
use crate::act::{Act, Run};
use crate::fold::Week;
use crate::ids::{ActRef, Leaf, MemberId, ServiceId};
use crate::time::{IsoWeek, UtcMinute};

/// Two days, in minutes: how early unused reserved slots go back when nothing else is said.
const RELEASE_BEFORE_MIN: u32 = 2 * 24 * 60;

/// What a member decides for its own box. It is nobody else's business and is not replicated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Reserved slots that nobody booked go back this many minutes before they begin.
    pub release_before_min: u32,
    /// An agency's limits; where several apply, all of them do.
    pub quotas: Vec<Quota>,
}

/// At most so many appointments in a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// For this point; `None`: for each point.
    pub point: Option<MemberId>,
    /// For this service; `None`: for all together.
    pub service: Option<ServiceId>,
    /// How many.
    pub per_week: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self { release_before_min: RELEASE_BEFORE_MIN, quotas: Vec::new() }
    }
}

impl Clerk {
    /// Says what the member decides.
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// Whether an ask goes beyond what the agency allows its point.
    pub(super) fn is_over_quota(&self, week: &Week, ask: &ActRef) -> bool {
        let Some(asked) = week.appointment(ask) else { return false };
        let applies = |quota: &&Quota| {
            quota.point.as_ref().is_none_or(|point| *point == asked.point)
                && quota.service.as_ref().is_none_or(|service| *service == asked.service)
        };
        self.policy.quotas.iter().filter(applies).any(|quota| {
            let same = |it: &&crate::fold::Appointment| {
                it.is_confirmed()
                    && it.id != *ask
                    && it.home.as_ref() == self.member()
                    && it.point == asked.point
                    && quota.service.as_ref().is_none_or(|service| *service == it.service)
            };
            week.appointments().filter(same).count() >= usize::from(quota.per_week)
        })
    }

    /// Gives back reserved slots that nobody booked and that begin soon, to homes that are being heard:
    /// while a point is cut off they stay usable (ledger, 4).
    pub(super) fn release_unused(&mut self, now: Now) {
        let until = now.minute.plus_min(self.policy.release_before_min);
        let weeks: Vec<_> = self.weeks.keys().copied().filter(|week| week.start() <= until).collect();
        for week in weeks {
            for run in self.unused(&week, now, until) {
                if self.append(now, Leaf::Week(week), &Act::Release { run }).is_err() {
                    return;
                }
            }
        }
    }

    fn unused(&self, week: &IsoWeek, now: Now, until: UtcMinute) -> Vec<Run> {
        let Some(week) = self.weeks.get(week) else { return Vec::new() };
        let mut runs: Vec<Run> = Vec::new();
        for (id, slot) in week.slots() {
            let soon = now.minute < slot.minutes.from && slot.minutes.from <= until;
            let home = self.roster().key(&slot.opening.desk.home);
            if !soon || !home.is_some_and(|key| self.replicator.is_heard(&key)) {
                continue;
            }
            let Some(number) = week.unbooked_tenure(self.writer, &id) else { continue };
            if !runs.last_mut().is_some_and(|run| run.extend(id, number)) {
                runs.push(Run { open: id.open, tenures: vec![(id.index, number)] });
            }
        }
        runs
    }
}
