// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers that go and come by hand, on a USB key or in the codes of a slip: through the same gate as those of the
//! network, and with the same consequences: what is due is done, and connected peers hear of it.

use std::collections::BTreeSet;

use super::{Clerk, Now};
use crate::folio::{Accepted, Batch, Folio, GateError};
use crate::ids::{ActRef, FolioId, Leaf, PublicKey};
use crate::replicator::{self, Input};
use crate::wire::frame;

/// What came of one batch that was brought by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Nothing of the folio was here.
    New,
    /// It continues what was here.
    Grown,
    /// All of it was here.
    Known,
    /// It shows another history of the folio.
    Doubled,
}

impl Clerk {
    /// What a slip carries of an appointment that this box wrote: frames of `bytes_max` at most, to be read in their
    /// order, that lead from what `reader` has said that it keeps to the appointment. At least one; `None` where the
    /// appointment is another box's, or an act alone is longer than a frame may be.
    #[must_use]
    pub fn slip(&self, id: ActRef, reader: Option<PublicKey>, bytes_max: usize) -> Option<Vec<Vec<u8>>> {
        let folio = self.shelf().folio(&id.folio).filter(|_| id.folio.writer == self.writer)?;
        let kept = self.replicator.kept_at(id.folio).filter(|(peer, _)| Some(*peer) == reader).map(|(_, seq)| seq);
        let mut first = kept.max().unwrap_or(0).min(id.act.checked_sub(1)?) + 1;
        let mut frames = Vec::new();
        while first <= id.act {
            let part = |last| folio.part(first, last, &self.key).map(|batch| frame::encode_batch(&batch));
            // The longest that fits: each act more takes more bytes, as sealed details do not shrink.
            let fits = |last: &u32| part(*last).is_some_and(|bytes| bytes.len() <= bytes_max);
            let last = (first..=id.act).take_while(fits).last()?;
            frames.push(part(last)?);
            first = last + 1;
        }
        Some(frames)
    }

    /// Takes in batches of a file, each whole or not at all; answers in their order. Idempotent. What is refused costs
    /// nobody anything: whoever wrote the file is not who carries it. Cost: one fold of each week that changed.
    pub fn take_in(&mut self, now: Now, batches: &[Batch]) -> Vec<Result<Taken, GateError>> {
        let before = self.own_heads();
        let members = self.roster().clone();
        self.replicator.shelf_mut().set_now(now.minute.week());
        let taken: Vec<_> = batches.iter().map(|batch| self.take_in_one(now, batch)).collect();
        if *self.roster() != members {
            // New members: what they wrote before they were known here is shared from now on.
            let roster = FolioId { writer: self.writer, leaf: Leaf::Roster };
            self.replicator.handle(now.monotonic_ms, now.minute.week(), Input::Written(roster));
        }
        let mut changed = self.drain();
        let grown = batches.iter().zip(&taken).filter(|(_, taken)| matches!(taken, Ok(Taken::New | Taken::Grown)));
        changed.extend(grown.map(|(batch, _)| batch.folio));
        let weeks = self.changed_weeks(now, &changed, Some(&before));
        self.do_what_is_due(now, weeks);
        taken
    }

    /// A file that `by` wrote was taken in to its end: what it knows of this box is here, so a restored one may begin.
    pub fn has_read(&mut self, by: PublicKey) {
        self.begin_when_heard(Some(by));
    }

    fn take_in_one(&mut self, now: Now, batch: &Batch) -> Result<Taken, GateError> {
        let id = batch.folio;
        let held = self.shelf().folio(&id).map_or(0, Folio::seq);
        let (accepted, replaced) = self.replicator.shelf_mut().accept(batch)?;
        let taken = match accepted {
            Accepted::Known => return Ok(Taken::Known),
            Accepted::New(_) => {
                let keep = replicator::Effect::Keep { folio: id, held };
                self.effects.push_back(super::Effect::Replicate(keep));
                self.replicator.handle(now.monotonic_ms, now.minute.week(), Input::Written(id));
                if held == 0 { Taken::New } else { Taken::Grown }
            }
            Accepted::Forked | Accepted::Replaced => {
                self.replicator.keep_replaced(&BTreeSet::from([id]));
                Taken::Doubled
            }
        };
        self.replicator.keep_replaced(&replaced);
        Ok(taken)
    }
}
