// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which slots an act means: one run of them, or all that an act of a later version touches.

use crate::ids::{ActRef, BoothId, SlotId, Tenure};
use crate::limits::RUN_SLOTS_MAX;
use crate::time::Span;

/// Consecutive slots of one `open`, each with the tenure that is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The act that cut them.
    pub open: ActRef,
    /// (index of the slot, number of the tenure), in the order of time.
    pub tenures: Vec<(u16, u16)>,
}

impl Run {
    /// The slots of this run.
    pub fn slots(&self) -> impl Iterator<Item = SlotId> + '_ {
        self.tenures.iter().map(|&(index, _)| SlotId { open: self.open, index })
    }

    /// The tenures of this run.
    pub fn each(&self) -> impl Iterator<Item = Tenure> + '_ {
        self.tenures.iter().map(|&(index, number)| Tenure { slot: SlotId { open: self.open, index }, number })
    }

    /// Adds the slot that follows the last one; false, and nothing is added: it does not follow, or the run
    /// is full.
    pub fn extend(&mut self, id: SlotId, number: u16) -> bool {
        let follows = self.tenures.last().is_some_and(|(index, _)| u32::from(*index) + 1 == u32::from(id.index));
        let fits = self.open == id.open && follows && self.tenures.len() < RUN_SLOTS_MAX;
        if fits {
            self.tenures.push((id.index, number));
        }
        fits
    }

    /// Whether it names at least one slot, none twice, each following the one before.
    #[must_use]
    pub fn is_consecutive(&self) -> bool {
        !self.tenures.is_empty() && self.tenures.windows(2).all(|pair| u32::from(pair[1].0) == u32::from(pair[0].0) + 1)
    }
}

/// What an act touches, in a form that every version reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touches {
    /// Slots.
    pub slots: Vec<Run>,
    /// Booth of the writer's point.
    pub booth: Option<BoothId>,
    /// Minutes.
    pub minutes: Option<Span>,
}
