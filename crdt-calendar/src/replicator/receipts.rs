// SPDX-License-Identifier: MIT OR Apache-2.0
//! What others have said themselves that they keep of this box's own folios: "kept at N", "not yet received".
//!
//! Only a peer's own words count: its heads, an equal digest, a receipt. What was merely sent may have been lost on
//! the way. It is remembered when the peer is gone, until the box starts anew; its next heads replace it, for a disk
//! may have been lost.

use std::collections::{BTreeMap, BTreeSet};

use super::{HeadLine, Replicator};
use crate::folio::Folio;
use crate::ids::{FolioId, PublicKey};
use crate::wire::frame::Frame;

/// Acts kept, by peer and own folio.
pub(super) type Receipts = BTreeMap<PublicKey, BTreeMap<FolioId, u32>>;

impl Replicator {
    /// How many acts of one of this box's own folios each peer, here or gone, has said that it keeps.
    pub fn kept_at(&self, folio: FolioId) -> impl Iterator<Item = (PublicKey, u32)> {
        self.receipts.iter().filter_map(move |(peer, kept)| Some((*peer, *kept.get(&folio)?)))
    }

    /// A peer has said all that it holds.
    pub(super) fn note_told(&mut self, peer: PublicKey, held: &BTreeMap<FolioId, u32>, suspicious: &BTreeSet<FolioId>) {
        let is_ours = |folio: &FolioId| folio.writer.key == self.own && !suspicious.contains(folio);
        let ours = held.iter().filter(|(id, _)| is_ours(id));
        let kept = ours.map(|(id, seq)| (*id, (*seq).min(self.shelf.folio(id).map_or(0, Folio::seq)))).collect();
        self.receipts.insert(peer, kept);
    }

    /// Tells a folio's writer that what came from it is kept: after the effect that keeps it.
    pub(super) fn send_receipt(&mut self, peer: PublicKey, folio: FolioId) {
        if folio.writer.key != peer {
            return;
        }
        let line = self.shelf.folio(&folio).filter(|folio| folio.fork().is_none()).and_then(HeadLine::of);
        if let Some(line) = line {
            self.send(peer, &Frame::Held(line));
        }
    }

    /// A receipt for what this box never wrote is a fault.
    pub(super) fn on_held(&mut self, peer: PublicKey, line: &HeadLine) {
        let folio = self.shelf.folio(&line.folio).filter(|folio| folio.id().writer.key == self.own);
        let is_true = folio.and_then(|folio| folio.hash_at(line.seq)).is_some_and(|hash| hash[..8] == line.hash);
        if !is_true {
            self.charge(peer);
            return;
        }
        let kept = self.receipts.entry(peer).or_default().entry(line.folio).or_insert(0);
        *kept = (*kept).max(line.seq);
    }
}
