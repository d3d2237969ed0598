// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two histories of one folio: kept as proof, compared as one, passed on whole. The lowest fork rules.

use sha2::{Digest as _, Sha256};

use super::{Accepted, Batch, Folio, GateError, Hash, Head};

/// Two histories under one key: proof that the writer is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The lowest act that differs. From it on, acts are suspended.
    pub at: u32,
    /// The other history from there.
    pub acts: Vec<Box<[u8]>>,
    /// Its signed head.
    pub head: Head,
}

impl Folio {
    /// The proof of a second history, if there is one.
    #[must_use]
    pub fn fork(&self) -> Option<&Fork> {
        self.fork.as_ref()
    }

    /// Whether act `number` lies in the part that a second history puts in doubt.
    #[must_use]
    pub fn is_suspended(&self, number: u32) -> bool {
        self.fork.as_ref().is_some_and(|fork| number >= fork.at)
    }

    /// The second history from its beginning, to keep on disk and to pass on: [`Folio::accept`] takes it
    /// in wherever the first, or any other history of this folio, is held.
    #[must_use]
    pub fn evidence(&self) -> Option<Batch> {
        let fork = self.fork.as_ref()?;
        let common = usize::try_from(fork.at).ok()?.checked_sub(1)?;
        let acts = self.acts.get(..common)?.iter().chain(&fork.acts).cloned().collect();
        Some(Batch { folio: self.id, first: 1, acts, head: fork.head })
    }

    /// What two nodes compare: acts, and the hash of the last. Of a forked folio only what both sides
    /// share, marked as forked: whoever knows of the fork says the same, whichever side it met first.
    #[must_use]
    pub fn line(&self) -> Option<(u32, Hash)> {
        let Some(fork) = &self.fork else { return self.head.map(|head| (head.seq, head.hash)) };
        let shared = fork.at.checked_sub(1)?;
        let marked = Sha256::new().chain_update(b"hameau/fork/1").chain_update(self.hash_at(shared)?);
        Some((shared, marked.finalize().into()))
    }

    pub(super) fn keep_evidence(&mut self, batch: &Batch, common: usize) -> Result<Accepted, GateError> {
        let at = batch.first + u32::try_from(common).map_err(|_| GateError::Limit)?;
        let fork = Fork { at, acts: batch.acts[common..].to_vec(), head: batch.head };
        let better = self.fork.as_ref().is_none_or(|kept| (fork.at, fork.head.hash) < (kept.at, kept.head.hash));
        if better {
            self.fork = Some(fork);
            return Ok(Accepted::Forked);
        }
        Ok(Accepted::Known)
    }

    /// Puts back the proof of a second history that was kept on disk, checked again.
    ///
    /// # Errors
    /// [`GateError`]: it proves nothing.
    pub fn restore_fork(&mut self, fork: Fork) -> Result<(), GateError> {
        let first = fork.at;
        match self.accept(&Batch { folio: self.id, first, acts: fork.acts, head: fork.head })? {
            Accepted::Forked => Ok(()),
            Accepted::New(_) | Accepted::Known | Accepted::Replaced => Err(GateError::Document),
        }
    }
}
