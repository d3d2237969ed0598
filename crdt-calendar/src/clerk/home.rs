// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an agency's people do: publish openings, pass slots on in advance, close desks for some days.

use std::collections::BTreeSet;

use rand_core::CryptoRng;

use super::{Clerk, Now};
use crate::act::{Act, Reason, Run};
use crate::fold::ledger::{Slot, Window};
use crate::folio::AppendError;
use crate::ids::{ActRef, DeskId, FolioId, Leaf, ServiceId, SlotId, Tenure, Writer};
use crate::roster::Standing;
use crate::time::{IsoWeek, Span, UtcMinute};

/// One opening to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningPlan {
    /// The desk's number at home.
    pub desk: u8,
    /// When it is open.
    pub minutes: Span,
    /// Length of a slot in minutes; 0 for a walk-in window.
    pub step_min: u16,
    /// Services taken, each with its duration in minutes.
    pub services: Vec<(ServiceId, u16)>,
}

/// Why nothing was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// This box is not a current member.
    #[error("this node is not a member of the territory yet: join it first")]
    NotMember,
    /// It crosses the end of the week, Monday 00:00 UTC.
    #[error("an opening must lie within one week, cut on Monday 00:00 UTC")]
    Week,
    /// An earlier box of this agency may have opened and granted there.
    #[error("the registers of this agency's earlier box are not taken up yet: settle this agency first")]
    NotTakenUp,
    /// It cuts no slot, or too many.
    #[error("an opening must hold from 1 to 288 slots")]
    Slots,
    /// The slots to pass on are not free at home.
    #[error("these slots are not free at home")]
    NotFree,
    /// The register refuses.
    #[error(transparent)]
    Register(#[from] AppendError),
}

impl Clerk {
    /// Publishes an opening: cuts its slots.
    ///
    /// # Errors
    /// [`PublishError`]; nothing was written then.
    pub fn open(&mut self, now: Now, plan: &OpeningPlan, rng: &mut impl CryptoRng) -> Result<ActRef, PublishError> {
        if self.roster().standing(&self.writer) != Standing::Current {
            return Err(PublishError::NotMember);
        }
        let home = self.member().cloned().ok_or(PublishError::NotMember)?;
        let week = plan.minutes.from.week();
        if !plan.minutes.within_week(week) {
            return Err(PublishError::Week);
        }
        // A step of 0 opens a walk-in window, which cuts no slot.
        if !self.has_taken_up(week) {
            return Err(PublishError::NotTakenUp);
        }
        let count = usize::from(plan.minutes.length_min.checked_div(plan.step_min).unwrap_or(1));
        if count == 0 || count > crate::limits::OPEN_SLOTS_MAX {
            return Err(PublishError::Slots);
        }
        let week_key = self.week_secret(week, rng)?.public();
        let act = Act::Open {
            desk: DeskId { home, number: plan.desk },
            minutes: plan.minutes,
            step_min: plan.step_min,
            services: plan.services.clone(),
            week_key,
        };
        Ok(self.write(now, Leaf::Week(week), &act)?)
    }

    /// Closes the coming slots and walk-in windows of a desk in these minutes, as far as nobody is booked there: what is free at home is closed;
    /// what was passed on in advance, and bears nothing that is known here, is called back, comes home when its holder
    /// has heard of it, and is closed by the next call. Appointments stay: a person cancels them. Idempotent; returns
    /// how many acts were written.
    ///
    /// # Errors
    /// [`PublishError`]; what was written before it stays.
    pub fn shut(&mut self, now: Now, desk: u8, minutes: Span, reason: Reason) -> Result<u32, PublishError> {
        let home = self.member().cloned().ok_or(PublishError::NotMember)?;
        let desk = DeskId { home, number: desk };
        let mut written = 0;
        let weeks = [minutes.from.week(), UtcMinute(minutes.end().0.saturating_sub(1)).week()];
        for week in BTreeSet::from(weeks) {
            for act in self.shutting(now, week, &desk, minutes, reason) {
                self.write(now, Leaf::Week(week), &act)?;
                written += 1;
            }
        }
        Ok(written)
    }

    fn shutting(&self, now: Now, week: IsoWeek, desk: &DeskId, minutes: Span, reason: Reason) -> Vec<Act> {
        let own = FolioId { writer: self.writer, leaf: Leaf::Week(week) };
        let Some((folded, ledger)) = self.week(week).and_then(|it| Some((it, it.ledgers.get(&own)?))) else {
            return Vec::new();
        };
        let is_meant =
            |it: &Slot| it.opening.desk == *desk && it.minutes.overlaps(minutes) && it.minutes.from >= now.minute;
        // A window is named by its `open` alone. Who has a place in it keeps it.
        let is_shut = |it: &Window| {
            !it.closed && it.opening.desk == *desk && it.minutes.overlaps(minutes) && it.minutes.end() > now.minute
        };
        let windows = ledger.windows.iter().filter(|(_, it)| is_shut(it));
        let windows: Vec<Run> = windows.map(|(open, _)| Run { open: *open, tenures: Vec::new() }).collect();
        let (mut closed, mut called_back): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
        for (id, slot) in ledger.slots().filter(|(_, slot)| is_meant(slot)) {
            if slot.is_at_home() {
                extend(&mut closed, id, 1);
            } else if let Some((number, record)) = slot.open_tenure()
                && record.ask.is_none()
                && record.voided.is_none()
                && folded.booking(&Tenure { slot: id, number }).is_none()
            {
                extend(&mut called_back, id, number);
            }
        }
        let close = windows.into_iter().chain(closed).map(|run| Act::Close { run });
        close.chain(called_back.into_iter().map(|run| Act::Void { run, reason })).collect()
    }

    /// Passes slots of one opening on in advance: their holder books them even while cut off.
    ///
    /// # Errors
    /// [`PublishError`]; nothing was written then.
    pub fn reserve(&mut self, now: Now, open: ActRef, indexes: &[u16], to: Writer) -> Result<ActRef, PublishError> {
        let Leaf::Week(week) = open.folio.leaf else { return Err(PublishError::NotFree) };
        let folded = self.week(week).ok_or(PublishError::NotFree)?;
        let mut tenures = Vec::with_capacity(indexes.len());
        for &index in indexes {
            let slot = folded.slot(&crate::ids::SlotId { open, index }).filter(|slot| slot.is_at_home());
            let count = slot.ok_or(PublishError::NotFree)?.tenures.len();
            tenures.push((index, u16::try_from(count + 1).map_err(|_| PublishError::NotFree)?));
        }
        let run = Run { open, tenures };
        if open.folio.writer != self.writer || !run.is_consecutive() {
            return Err(PublishError::NotFree);
        }
        Ok(self.write(now, Leaf::Week(week), &Act::Grant { run, to, ask: None })?)
    }
}

/// Adds a slot to the run before it, where it follows; else to one of its own.
fn extend(runs: &mut Vec<Run>, id: SlotId, number: u16) {
    if !runs.last_mut().is_some_and(|run| run.extend(id, number)) {
        runs.push(Run { open: id.open, tenures: vec![(id.index, number)] });
    }
}
