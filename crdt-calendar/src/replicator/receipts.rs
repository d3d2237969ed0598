// SPDX-License-Identifier: MIT OR Apache-2.0
//! What others have said themselves that they keep of this box's own folios: "kept at N", "not yet received".
//!
//! Only a peer's own words count: its heads, an equal digest, a receipt. What was merely sent may have been lost on
//! the way. It is remembered when the peer is gone, and across restarts by whoever keeps [`Replicator::receipts`]; its next
//! heads replace it, for a disk may have been lost.

use std::collections::{BTreeMap, BTreeSet};

use super::inventory::Inventory;
use super::{HeadLine, Replicator};
use crate::folio::Folio;
use crate::ids::{FolioId, Leaf, PublicKey, ShortId};
use crate::limits::FOLIOS_MAX;
use crate::wire::frame::Frame;

/// Acts kept, by peer and own folio.
pub type Receipts = BTreeMap<PublicKey, BTreeMap<FolioId, u32>>;

impl Replicator {
    /// What all peers have said, to be kept and given back to [`Replicator::remember`] after a restart.
    #[must_use]
    pub fn receipts(&self) -> &Receipts {
        &self.receipts
    }

    /// Puts back what was kept; nothing of folios that are not held here as this box's own, and no more acts than they have.
    pub(crate) fn remember(&mut self, receipts: Receipts) {
        for (peer, kept) in receipts {
            for (id, acts) in kept.into_iter().filter(|(id, _)| id.writer.key == self.own) {
                let Some(folio) = self.shelf.folio(&id) else { continue };
                self.receipts.entry(peer).or_default().insert(id, acts.min(folio.seq()));
            }
        }
    }

    /// How many acts of one of this box's own folios each peer, here or gone, has said that it keeps.
    pub fn kept_at(&self, folio: FolioId) -> impl Iterator<Item = (PublicKey, u32)> {
        self.receipts.iter().filter_map(move |(peer, kept)| Some((*peer, *kept.get(&folio)?)))
    }

    /// A peer has said all that it holds.
    pub(super) fn note_told(&mut self, peer: PublicKey, held: &Inventory, suspicious: &BTreeSet<ShortId>) {
        let ours = held.iter().filter(|(short, _)| !suspicious.contains(short)).filter_map(|(short, (_, seq))| {
            let folio = self.folio(short).filter(|folio| folio.id().writer.key == self.own)?;
            Some((folio.id(), (*seq).min(folio.seq())))
        });
        let kept = ours.collect();
        self.receipts.insert(peer, kept);
    }

    /// Tells a folio's writer that what came from it is kept: after the effect that keeps it.
    pub(super) fn send_receipt(&mut self, peer: PublicKey, folio: FolioId) {
        if folio.writer.key != peer {
            return;
        }
        let seq = self.shelf.folio(&folio).filter(|folio| folio.fork().is_none()).map(Folio::seq);
        if let Some(seq) = seq {
            self.send(peer, &Frame::Kept(folio.short(), seq));
        }
    }

    /// A receipt for what this box never wrote is a fault.
    pub(super) fn on_kept(&mut self, peer: PublicKey, short: &ShortId, seq: u32) {
        let own = self.folio(short).filter(|folio| folio.id().writer.key == self.own && seq <= folio.seq());
        let Some(id) = own.map(Folio::id) else {
            self.charge(peer);
            return;
        };
        let kept = self.receipts.entry(peer).or_default().entry(id).or_insert(0);
        *kept = (*kept).max(seq);
    }

    /// News of a folio; or that what was wanted is not there.
    pub(super) fn on_held(&mut self, peer: PublicKey, leaf: Leaf, line: &HeadLine) {
        if line.is_none() {
            self.wanted_in_vain(peer, &line.folio);
        } else {
            self.on_news(peer, leaf, line);
        }
    }

    fn on_news(&mut self, peer: PublicKey, leaf: Leaf, line: &HeadLine) {
        // Before it has said all that it holds, news would only be half of it.
        let Some(held) = self.peers.get_mut(&peer).and_then(|state| state.held.as_mut()) else { return };
        if held.len() >= FOLIOS_MAX && !held.contains_key(&line.folio) {
            self.charge(peer);
            return;
        }
        let known = held.entry(line.folio).or_insert((leaf, 0));
        known.1 = known.1.max(line.seq);
        self.offer_one(peer, line.folio);
    }
}
