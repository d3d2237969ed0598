// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one peer may cost: faults until its connection is cut, and questions between two comparisons.
//!
//! It slows a peer down and never decides what is stored: what goes unanswered today is compared again
//! after the next tick, or on the next connection.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::FolioId;
use crate::limits::{CHARGES_MAX, GAPS_MAX, QUESTIONS_MAX};

/// The budget of one connection.
#[derive(Debug, Default)]
pub(super) struct Budget {
    charges: u32,
    comparisons: u32,
    /// How often it asked for a folio from its beginning.
    wholes: BTreeMap<FolioId, u32>,
    /// Folios that were asked of it from their beginning.
    asked: BTreeSet<FolioId>,
}

/// Whether a peer is asked for a folio from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Yes.
    Now,
    /// It was asked already: wait for the answer.
    Asked,
    /// It showed too many gaps.
    TooMany,
}

impl Budget {
    /// One fault; `true` when it is the one that ends the connection.
    pub(super) fn charge(&mut self) -> bool {
        self.charges = self.charges.saturating_add(1);
        self.charges == CHARGES_MAX
    }

    /// Whether its connection is being cut: what it sent before that is done is not read.
    pub(super) fn is_spent(&self) -> bool {
        self.charges >= CHARGES_MAX
    }

    /// A new comparison of ours: questions are free again, faults stay.
    pub(super) fn renew(&mut self) {
        *self = Self { charges: self.charges, ..Self::default() };
    }

    /// Counts a comparison, which costs a walk over all folios and may ask for all of them.
    pub(super) fn may_compare(&mut self) -> bool {
        self.comparisons = self.comparisons.saturating_add(1);
        self.comparisons <= QUESTIONS_MAX
    }

    /// Counts a question for a whole folio that is held here: it may cost a megabyte.
    pub(super) fn may_have_whole(&mut self, folio: FolioId) -> bool {
        let asked = self.wholes.entry(folio).or_insert(0);
        *asked = asked.saturating_add(1);
        *asked <= QUESTIONS_MAX
    }

    /// Whether to ask it for a folio; once, until something of the folio comes or the next comparison.
    pub(super) fn ask(&mut self, folio: FolioId) -> Ask {
        if self.asked.contains(&folio) {
            return Ask::Asked;
        }
        if self.asked.len() >= GAPS_MAX {
            return Ask::TooMany;
        }
        self.asked.insert(folio);
        Ask::Now
    }

    /// Something of this folio came and fits.
    pub(super) fn came(&mut self, folio: &FolioId) {
        self.asked.remove(folio);
    }
}
