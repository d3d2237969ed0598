// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is sent to peers: what they want, by windows; new acts, at once; word of what came in bulk.

use super::{Effect, HeadLine, Replicator};
use crate::folio::Folio;
use crate::ids::{FolioId, Leaf, PublicKey, ShortId};
use crate::limits::{WANTS_MAX, WINDOW_BYTES_MAX};
use crate::wire::frame::{Frame, More};

impl Replicator {
    /// A peer wants folios: they wait for room. What is not here it is told.
    pub(super) fn on_want(&mut self, peer: PublicKey, folios: &[(ShortId, u32)]) {
        for (short, held) in folios {
            let folio = self.folio(short).map(|it| (it.id(), it.seq())).filter(|(id, _)| self.shelf.is_shared(id));
            let Some((id, seq)) = folio else {
                self.send_nothing(peer, *short);
                continue;
            };
            let Some(state) = self.peers.get_mut(&peer) else { return };
            if state.owed.len() < 2 * WANTS_MAX && state.budget.may_have(id, *held, seq) {
                state.owed.push_back((id, *held));
            } else {
                self.charge(peer);
            }
        }
        self.send_window(peer);
    }

    fn send_nothing(&mut self, peer: PublicKey, short: ShortId) {
        self.send(peer, &Frame::Held(Leaf::Profile, HeadLine::none(short)));
    }

    /// Sends of what this peer is owed as much as fits in a window, unless one is on its way.
    pub(super) fn send_window(&mut self, peer: PublicKey) {
        while let Some(state) = self.peers.get_mut(&peer).filter(|state| !state.is_flowing)
            && let Some((folio, held)) = state.owed.pop_front()
        {
            let before = self.effects.len();
            self.answer(peer, folio, held);
            let sent = self.effects.iter().skip(before).map(|effect| match effect {
                Effect::Send { bytes, .. } => bytes.len(),
                Effect::Keep { .. } | Effect::KeepStatement(_) | Effect::Cut(..) => 0,
            });
            let sent: usize = sent.sum();
            let Some(state) = self.peers.get_mut(&peer) else { return };
            state.window_bytes += sent;
            state.is_flowing = state.window_bytes >= WINDOW_BYTES_MAX;
        }
    }

    fn answer(&mut self, peer: PublicKey, id: FolioId, held: u32) {
        let Some(folio) = self.shelf.folio(&id) else { return };
        if folio.fork().is_some() || held == 0 {
            self.send_whole(peer, id);
        } else if folio.after(held).is_some() {
            self.send_acts(peer, id, held);
        } else {
            self.send_nothing(peer, id.short());
        }
    }

    /// Sends a folio from its beginning, and the other history if there is one.
    fn send_whole(&mut self, peer: PublicKey, folio: FolioId) {
        self.send_acts(peer, folio, 0);
        let evidence = self.shelf.folio(&folio).and_then(Folio::evidence);
        if let Some(batch) = evidence.filter(|_| self.shelf.is_shared(&folio)) {
            self.send(peer, &Frame::Acts(batch));
        }
    }

    fn send_acts(&mut self, peer: PublicKey, folio: FolioId, held: u32) {
        if !self.shelf.is_shared(&folio) {
            return;
        }
        let Some(batch) = self.shelf.folio(&folio).and_then(|folio| folio.after(held)) else { return };
        self.note_held(peer, folio, batch.head.seq);
        let frame = match held {
            0 => Frame::Acts(batch),
            _ => Frame::More(More {
                folio: folio.short(),
                first: batch.first,
                acts: batch.acts,
                signature: batch.head.signature,
            }),
        };
        self.send(peer, &frame);
    }

    /// A peer holds this, or is being sent it.
    pub(super) fn note_held(&mut self, peer: PublicKey, folio: FolioId, seq: u32) {
        let Some(held) = self.peers.get_mut(&peer).and_then(|state| state.held.as_mut()) else { return };
        let known = held.entry(folio.short()).or_insert((folio.leaf, 0));
        known.1 = known.1.max(seq);
    }

    /// What a peer holds of a folio; `None` while it has not said what it holds.
    fn held_at(&self, peer: PublicKey, short: ShortId) -> Option<u32> {
        let held = self.peers.get(&peer)?.held.as_ref()?;
        Some(held.get(&short).map_or(0, |(_, seq)| *seq))
    }

    /// Sends what this peer lacks of a folio; nothing while it has not said what it holds. Nothing beyond a fork
    /// counts: who has a line of it is told when the lines differ.
    pub(super) fn push_to(&mut self, peer: PublicKey, folio: FolioId) {
        let Some(held) = self.held_at(peer, folio.short()) else { return };
        match self.shelf.folio(&folio).and_then(Folio::fork) {
            Some(_) if held > 0 => {}
            Some(_) => self.send_whole(peer, folio),
            None => self.send_acts(peer, folio, held),
        }
    }

    fn connected(&self) -> Vec<PublicKey> {
        self.peers.keys().copied().collect()
    }

    /// Pushes a folio to every connected peer that lacks part of it.
    pub(super) fn push(&mut self, folio: FolioId) {
        for peer in self.connected() {
            self.push_to(peer, folio);
        }
    }

    /// Shows both histories to every connected peer, the sender too: it may know one of them only.
    pub(super) fn push_proof(&mut self, folio: FolioId) {
        for peer in self.connected() {
            self.send_whole(peer, folio);
        }
    }

    /// Tells every connected peer that lacks part of a folio that it is here.
    pub(super) fn announce(&mut self, folio: FolioId) {
        for peer in self.connected() {
            self.announce_to(peer, folio);
        }
    }

    fn announce_to(&mut self, peer: PublicKey, folio: FolioId) {
        let Some(held) = self.held_at(peer, folio.short()).filter(|_| self.shelf.is_shared(&folio)) else { return };
        let line = self.shelf.folio(&folio).and_then(HeadLine::of);
        if let Some(line) = line.filter(|line| held < line.seq) {
            self.send(peer, &Frame::Held(folio.leaf, line));
        }
    }

    /// New members: what they wrote before they were known here is shared from now on.
    pub(super) fn announce_all(&mut self) {
        let folios: Vec<FolioId> = self.shared().map(Folio::id).collect();
        for folio in folios {
            self.announce(folio);
        }
    }
}
