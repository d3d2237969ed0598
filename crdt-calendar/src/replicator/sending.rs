// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said to peers: digests, heads, the acts that each lacks, nearest weeks first and by windows.

use core::mem::replace;

use super::{Effect, HeadLine, Replicator};
use crate::ids::{FolioId, PublicKey};
use crate::limits::{HEADS_PER_FRAME_MAX, WINDOW_BYTES_MAX, WINDOW_FRAMES_MAX};
use crate::wire::frame::Frame;

impl Replicator {
    pub(super) fn send_digest(&mut self, peer: PublicKey) {
        let frame =
            Frame::Digest { territory: self.shelf.territory(), window: self.shelf.window(), digest: self.digest() };
        self.send(peer, &frame);
    }

    pub(super) fn send_heads(&mut self, peer: PublicKey) {
        let Some(state) = self.peers.get_mut(&peer) else { return };
        if replace(&mut state.told, true) {
            return;
        }
        self.send_statements(peer);
        let lines: Vec<HeadLine> = self.lines().collect();
        let frames = lines.chunks(HEADS_PER_FRAME_MAX).count().max(1);
        let mut chunks = lines.chunks(HEADS_PER_FRAME_MAX);
        for number in 1..=frames {
            let lines = chunks.next().unwrap_or_default().to_vec();
            self.send(peer, &Frame::Heads { lines, last: number == frames });
        }
    }

    pub(super) fn send_all_lacking(&mut self, peer: PublicKey) {
        let mut folios: Vec<FolioId> = self.lines().map(|line| line.folio).collect();
        folios.sort_by_key(|folio| self.shelf.nearness(folio));
        let Some(state) = self.peers.get_mut(&peer) else { return };
        state.owed = folios.into();
        self.send_window(peer);
    }

    /// Sends of what this peer is owed as much as fits in a window, unless one is on its way.
    pub(super) fn send_window(&mut self, peer: PublicKey) {
        let before = self.effects.len();
        loop {
            let sent = self.effects.iter().skip(before).map(|effect| match effect {
                Effect::Send { bytes, .. } => bytes.len(),
                Effect::Keep { .. } | Effect::KeepStatement(_) | Effect::Cut(_) => 0,
            });
            let is_full = self.effects.len() - before >= WINDOW_FRAMES_MAX || sent.sum::<usize>() >= WINDOW_BYTES_MAX;
            let Some(state) = self.peers.get_mut(&peer).filter(|state| !state.is_flowing) else { return };
            if is_full {
                state.is_flowing = true;
                return;
            }
            let Some(folio) = state.owed.pop_front() else { return };
            self.send_lacking(peer, folio);
        }
    }

    /// Sends what this peer lacks of a folio; nothing while it has not said what it holds.
    pub(super) fn send_lacking(&mut self, peer: PublicKey, folio: FolioId) {
        let held = self.peers.get(&peer).and_then(|state| state.held.as_ref());
        let Some(held) = held.map(|held| held.get(&folio).copied()) else { return };
        let forked = self.shelf.folio(&folio).is_some_and(|folio| folio.fork().is_some());
        match held {
            // Nothing beyond a fork counts: who has a line of it is told when the lines differ.
            Some(_) if forked => {}
            None if forked => self.send_whole(peer, folio),
            held => self.send_acts(peer, folio, held.unwrap_or(0)),
        }
    }

    /// Sends a folio from its beginning, and the other history if there is one.
    pub(super) fn send_whole(&mut self, peer: PublicKey, folio: FolioId) {
        self.send_acts(peer, folio, 0);
        let evidence = self.shelf.folio(&folio).and_then(crate::folio::Folio::evidence);
        if let Some(batch) = evidence.filter(|_| self.shelf.is_shared(&folio)) {
            self.send(peer, &Frame::Acts(batch));
        }
    }

    pub(super) fn send_acts(&mut self, peer: PublicKey, folio: FolioId, held: u32) {
        if !self.shelf.is_shared(&folio) {
            return;
        }
        let Some(batch) = self.shelf.folio(&folio).and_then(|folio| folio.after(held)) else { return };
        self.note_held(peer, folio, batch.head.seq);
        self.send(peer, &Frame::Acts(batch));
    }

    /// Pushes a folio to every connected peer that lacks part of it.
    pub(super) fn spread(&mut self, folio: FolioId) {
        let peers: Vec<PublicKey> = self.peers.keys().copied().collect();
        for peer in peers {
            self.send_lacking(peer, folio);
        }
    }

    /// Shows both histories to every connected peer, the sender too: it may know one of them only.
    pub(super) fn spread_proof(&mut self, folio: FolioId) {
        let peers: Vec<PublicKey> = self.peers.keys().copied().collect();
        for peer in peers {
            self.send_whole(peer, folio);
        }
    }

    /// New members: what they wrote before they were known here is shared from now on.
    pub(super) fn spread_all(&mut self) {
        let peers: Vec<PublicKey> = self.peers.keys().copied().collect();
        for peer in peers {
            self.send_all_lacking(peer);
        }
    }
}
