// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one peer may cost: faults until its connection is cut, and questions between two comparisons.
//!
//! It slows a peer down and never decides what is stored: what goes unanswered today is compared again
//! after the next tick, or on the next connection.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{FolioId, ShortId};
use crate::limits::{CHARGES_MAX, COMPARE_AGAIN_MS, GAPS_MAX, QUESTIONS_MAX};

/// The budget of one connection.
#[derive(Debug, Default)]
pub(super) struct Budget {
    charges: u32,
    comparisons: u32,
    /// What it wanted of a folio.
    wanted: BTreeMap<FolioId, Wanted>,
    /// Folios that were wanted of it from their beginning.
    asked: BTreeSet<ShortId>,
    renewed_ms: u64,
}

/// What a peer wanted of one folio.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    /// How often it wanted what it was sent already, and the first time.
    times: u32,
    /// Up to which act it was sent.
    sent: u32,
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

    /// Its connection is being cut.
    pub(super) fn spend(&mut self) {
        self.charges = CHARGES_MAX;
    }

    /// After the time between two comparisons questions are free again; faults stay.
    pub(super) fn renew(&mut self, now_ms: u64) {
        if now_ms.saturating_sub(self.renewed_ms) >= COMPARE_AGAIN_MS {
            *self = Self { charges: self.charges, renewed_ms: now_ms, ..Self::default() };
        }
    }

    /// Counts a comparison, which costs a walk over all folios and may ask for all of them.
    pub(super) fn may_compare(&mut self) -> bool {
        self.comparisons = self.comparisons.saturating_add(1);
        self.comparisons <= QUESTIONS_MAX
    }

    /// Counts a wish for what a folio holds beyond `held`, up to `seq`: it may cost a megabyte. What was never sent is
    /// free, for it costs no more than it is: a neighbour that comes and goes brings news by bits, and whoever hears of
    /// them from us wants each.
    pub(super) fn may_have(&mut self, folio: FolioId, held: u32, seq: u32) -> bool {
        let wanted = self.wanted.entry(folio).or_default();
        let is_news = wanted.sent > 0 && held >= wanted.sent && seq > wanted.sent;
        if !is_news {
            wanted.times = wanted.times.saturating_add(1);
        }
        let may = is_news || wanted.times <= QUESTIONS_MAX;
        if may {
            wanted.sent = wanted.sent.max(seq);
        }
        may
    }

    /// Whether to ask it for a folio; once, until something of the folio comes or the next comparison.
    pub(super) fn ask(&mut self, folio: ShortId) -> Ask {
        if self.asked.contains(&folio) {
            return Ask::Asked;
        }
        if self.asked.len() >= GAPS_MAX {
            return Ask::TooMany;
        }
        self.asked.insert(folio);
        Ask::Now
    }

    /// Whether it was asked for this folio from its beginning, and nothing of it has come since.
    pub(super) fn has_asked(&self, folio: &ShortId) -> bool {
        self.asked.contains(folio)
    }

    /// Something of this folio came and fits.
    pub(super) fn came(&mut self, folio: &ShortId) {
        self.asked.remove(folio);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, Leaf, PublicKey, Writer};

    #[test]
    fn what_was_never_sent_is_free_and_the_rest_is_counted() {
        let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
        let folio = FolioId { writer, leaf: Leaf::Profile };
        let mut budget = Budget::default();
        assert!(budget.may_have(folio, 0, 1));
        for seq in 2..5 * QUESTIONS_MAX {
            assert!(budget.may_have(folio, seq - 1, seq), "news");
        }
        let seq = 5 * QUESTIONS_MAX;
        for again in 1..QUESTIONS_MAX {
            assert!(budget.may_have(folio, 0, seq), "{again} times more");
        }
        assert!(!budget.may_have(folio, 0, seq), "too often");
        assert!(!budget.may_have(folio, seq, seq), "nothing is new");
        assert!(budget.may_have(folio, seq, seq + 1), "news are free all the same");
    }
}
