// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a member decides for its own box: how early unused reserved slots go back, and what it lays down for
//! appointments with it.

use super::{Clerk, Now};
use crate::act::{Act, Bar, Run, Terms};
use crate::fold::Week;
use crate::fold::duties::Answer;
use crate::fold::offers::{Offer, Way};
use crate::fold::terms::{Days, Rulings, Wanted};
use crate::ids::{DeskId, Leaf, ServiceId};
use crate::time::{IsoWeek, Span, UtcMinute};

/// Two days, in minutes: how early unused reserved slots go back when nothing else is said.
const RELEASE_BEFORE_MIN: u32 = 2 * 24 * 60;
/// So many minutes pass while a form that was offered is filled in.
const FORM_MIN: u32 = 15;
/// And so many until the agency's node judges what came of it.
const ANSWER_MIN: u32 = 30;

/// What a member decides for its own box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Reserved slots that nobody booked go back this many minutes before they begin. Nobody else's business: it is not
    /// replicated.
    pub release_before_min: u32,
    /// What an agency lays down. It is published with [`Clerk::lay_down`].
    pub terms: Terms,
}

impl Default for Policy {
    fn default() -> Self {
        Self { release_before_min: RELEASE_BEFORE_MIN, terms: Terms::default() }
    }
}

impl Clerk {
    /// Says what the member decides.
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// Says when days begin where people live: so many appointments in a day, at most, are counted by them.
    pub fn set_days(&mut self, days: Days) {
        self.days = days;
    }

    /// Its own terms against a week; nothing where it lays down none.
    pub(super) fn rulings<'a>(&'a self, week: &'a Week) -> Option<Rulings<'a>> {
        let home = self.member().filter(|_| !self.policy.terms.is_empty())?;
        Some(Rulings::of(week, home, &self.policy.terms, &self.days))
    }

    /// Which of its own terms the agency's answer to an ask would break, if any.
    pub(super) fn barred(&self, rulings: &Rulings<'_>, now: UtcMinute, week: &Week, answer: &Answer) -> Option<Bar> {
        let asked = week.appointment(&answer.ask)?;
        asked.home.as_ref().filter(|home| self.member() == Some(home))?;
        let (point, service, ask) = (&asked.point, &asked.service, Some(&answer.ask));
        let granted = match &answer.act {
            Act::Grant { run, .. } => run.slots().next().and_then(|id| week.slot(&id)),
            _ => None,
        };
        match granted {
            Some(slot) => {
                let (desk, minutes) = (&slot.opening.desk, asked.minutes);
                rulings.bar(&Wanted { point, service, desk, minutes, way: Way::Asked, ask }, now, ANSWER_MIN)
            }
            // It is refused all the same, or waits in a walk-in window: the quota is another word to be told.
            None => rulings.quota(point, service, Way::Asked, ask),
        }
    }

    /// The refusal of an ask, with what breaks none of the agency's terms.
    pub(super) fn refusal(
        &self,
        rulings: Option<&Rulings<'_>>,
        now: UtcMinute,
        week: &Week,
        answer: &Answer,
    ) -> Option<Act> {
        let asked = week.appointment(&answer.ask)?;
        let may = |desk: &DeskId, minutes: Span| {
            let (point, service, ask) = (&asked.point, &asked.service, Some(&answer.ask));
            let wanted = Wanted { point, service, desk, minutes, way: Way::Asked, ask };
            rulings.is_none_or(|rulings| rulings.bar(&wanted, now, 0).is_none())
        };
        week.refusal_among(self.writer, answer.leg, may)
    }

    /// Which of its agency's terms a booking of this point would break, if any.
    pub(super) fn barred_here(&self, now: UtcMinute, week: &Week, offer: &Offer, service: &ServiceId) -> Option<Bar> {
        let point = self.member()?;
        let agency = self.shelf().profile(self.roster().current(&offer.home)?)?;
        let rulings = Rulings::of(week, &offer.home, &agency.terms, &self.days);
        let wanted = Wanted { point, service, desk: &offer.desk, minutes: offer.minutes, way: offer.way, ask: None };
        rulings.bar(&wanted, now, FORM_MIN)
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
