// SPDX-License-Identifier: MIT OR Apache-2.0
//! Settlement: a later word says which history of a folio stands, and up to where.
//!
//! A stolen key can go on signing: without this, a second history that parts at an early act would
//! suspend everything after it, for ever, although the line or the root has long spoken. The word
//! comes from outside the folio (an `adopt` of the same line, a root statement: [`crate::shelf`]), so
//! it is itself replicated and all nodes that hold it agree.
//! Invariant: what is held up to the word is the history of the word, once that history has come.

use super::{Accepted, Batch, Folio, GateError, Hash};
use crate::limits::FOLIO_BYTES_MAX;
use crate::wire;

/// Up to where, and on which history, a later word of the same line (or of the territory's root) has
/// said that this folio stands. A second history that parts at or below it is of no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settled {
    /// Acts that stand.
    pub seq: u32,
    /// Hash of the last of them.
    pub hash: Hash,
}

impl Folio {
    /// Whether what is held is, as far as it was settled, the history that was settled upon.
    #[must_use]
    pub fn is_as_settled(&self) -> bool {
        self.settled.is_none_or(|it| self.hash_at(it.seq) == Some(it.hash))
    }

    /// Says which history stands, up to where. The furthest word counts; said twice, nothing changes.
    /// Returns whether the acts held here became others: then all of them must be kept anew.
    pub fn settle(&mut self, word: Settled) -> bool {
        if self.settled.is_some_and(|known| known >= word) {
            return false;
        }
        self.settled = Some(word);
        if self.hash_at(word.seq) == Some(word.hash) {
            self.fork = self.fork.take().filter(|fork| fork.at > word.seq);
            return false;
        }
        let Some(batch) = self.evidence() else { return false };
        let chain = self.chain_of(&batch).filter(|chain| leads_to(batch.first, chain, word));
        chain.is_some_and(|chain| self.take_settled(&batch, &chain).is_ok())
    }

    /// What a batch is to a settled folio, where that decides: it parts from what stands at act
    /// `parts_at` (from 0).
    pub(super) fn accept_settled(
        &mut self,
        batch: &Batch,
        chain: &[Hash],
        parts_at: usize,
    ) -> Option<Result<Accepted, GateError>> {
        let word = self.settled?;
        if usize::try_from(word.seq).map_or(true, |settled| parts_at >= settled) {
            return None;
        }
        if self.is_as_settled() {
            return (parts_at < self.hashes.len()).then_some(Ok(Accepted::Known));
        }
        if parts_at == self.hashes.len() && self.fork.is_none() {
            return None;
        }
        leads_to(batch.first, chain, word).then(|| self.take_settled(batch, chain))
    }

    /// Takes the settled history in the place of what was held.
    fn take_settled(&mut self, batch: &Batch, chain: &[Hash]) -> Result<Accepted, GateError> {
        let known = usize::try_from(batch.first - 1).map_err(|_| GateError::Limit)?;
        let size: usize = self.acts[..known].iter().chain(&batch.acts).map(|act| act.len()).sum();
        if size > FOLIO_BYTES_MAX {
            return Err(GateError::Limit);
        }
        if batch.acts.iter().any(|act| wire::act::decode(act).is_err()) {
            return Err(GateError::Act);
        }
        self.replace(batch, chain);
        Ok(Accepted::Replaced)
    }

    fn replace(&mut self, batch: &Batch, chain: &[Hash]) {
        let known = usize::try_from(batch.first - 1).unwrap_or(0).min(self.acts.len());
        self.acts.truncate(known);
        self.hashes.truncate(known);
        self.bytes = self.acts.iter().map(|act| act.len()).sum();
        self.fork = None;
        for (act, hash) in batch.acts.iter().zip(chain) {
            self.push(act.clone(), *hash);
        }
        self.head = Some(batch.head);
    }
}

/// Whether a chain of hashes after acts `first`, `first + 1`... goes through what was settled upon.
fn leads_to(first: u32, chain: &[Hash], word: Settled) -> bool {
    let place = word.seq.checked_sub(first).and_then(|place| usize::try_from(place).ok());
    place.and_then(|place| chain.get(place)) == Some(&word.hash)
}
