// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an agency's people do: publish openings, pass slots on in advance.

use rand_core::CryptoRng;

use super::{Clerk, Now};
use crate::act::{Act, Run};
use crate::folio::AppendError;
use crate::ids::{ActRef, DeskId, Leaf, ServiceId, Writer};
use crate::roster::Standing;
use crate::time::Span;

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
