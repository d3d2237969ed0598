// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is lacking here and held by neighbours: each folio is wanted of one of them at a time, nearest weeks first, so
//! several share the work and nothing comes twice.

use std::collections::{BTreeSet, VecDeque};

use super::budget::Ask;
use super::{Peer, Replicator};
use crate::ids::{FolioId, Leaf, PublicKey, ShortId};
use crate::limits::{WANT_PATIENCE_MS, WANTS_MAX};
use crate::time::IsoWeek;
use crate::wire::frame::Frame;

/// Folios wanted elsewhere that are passed over in search of one that is not.
const LOOK_AHEAD: usize = 256;

/// What is wanted of one peer.
#[derive(Debug, Default)]
pub(super) struct Wants {
    /// Folios of which it holds more, nearest first, not yet wanted.
    offers: VecDeque<ShortId>,
    /// Wanted, and not yet come.
    waiting: BTreeSet<ShortId>,
    /// When something last came, or was first wanted.
    progress_ms: u64,
}

impl Wants {
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// When patience ends.
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.is_waiting().then_some(self.progress_ms.saturating_add(WANT_PATIENCE_MS))
    }

    /// Something of this folio came; whether it was wanted.
    pub(super) fn came(&mut self, short: &ShortId, now_ms: u64) -> bool {
        self.progress_ms = now_ms;
        self.waiting.remove(short)
    }

    /// Ends the waiting; what was wanted in vain.
    pub(super) fn give_up(&mut self) -> BTreeSet<ShortId> {
        core::mem::take(&mut self.waiting)
    }
}

impl Replicator {
    /// Makes the list of what a peer holds and is lacking here, and wants the first of it.
    pub(super) fn offer(&mut self, peer: PublicKey) {
        let Some(held) = self.peers.get(&peer).and_then(|state| state.held.as_ref()) else { return };
        let own = self.own_shorts();
        let lacking = held.iter().filter(|(short, (_, seq))| self.lacks(short, *seq));
        let mut offers: Vec<(u16, bool, ShortId)> =
            lacking.map(|(short, (leaf, _))| (self.shelf.nearness(*leaf), !own.contains(short), *short)).collect();
        offers.sort_unstable();
        if let Some(state) = self.peers.get_mut(&peer) {
            state.wants.offers = offers.into_iter().map(|(_, _, short)| short).collect();
        }
        self.want(peer);
    }

    /// A peer says that it holds this folio so far: news, while no list is made.
    pub(super) fn offer_one(&mut self, peer: PublicKey, short: ShortId) {
        if let Some(state) = self.peers.get_mut(&peer)
            && !state.wants.offers.contains(&short)
        {
            state.wants.offers.push_back(short);
        }
        self.want(peer);
    }

    /// After a peer is gone or gave nothing: what was wanted of it is wanted of others.
    pub(super) fn want_of_all(&mut self) {
        for peer in self.peers.keys().copied().collect::<Vec<_>>() {
            self.offer(peer);
        }
    }

    /// Short ids that folios of this box's line have or may have: a new disk wants its own first.
    fn own_shorts(&self) -> BTreeSet<ShortId> {
        let roster = self.shelf.roster();
        let line = roster.member_of(&self.own).and_then(|member| roster.member(member)).map(|it| it.line.writers());
        let (first, last) = self.shelf.window();
        let weeks = (first.0..=last.0).map(|week| Leaf::Week(IsoWeek(week)));
        let leaves: Vec<Leaf> = weeks.chain([Leaf::Profile]).collect();
        let id = |writer, leaf: &Leaf| FolioId { writer, leaf: *leaf }.short();
        line.into_iter().flatten().flat_map(|writer| leaves.iter().map(move |leaf| id(*writer, leaf))).collect()
    }

    /// Wants more of every peer that has more to give.
    pub(super) fn want_more(&mut self) {
        let has_offers = |(_, state): &(&PublicKey, &Peer)| !state.wants.offers.is_empty();
        for peer in self.peers.iter().filter(has_offers).map(|(peer, _)| *peer).collect::<Vec<_>>() {
            self.want(peer);
        }
    }

    /// Wants more of a peer, once half of what was wanted has come. What is wanted elsewhere stays on the list: the
    /// other may hold less of it.
    fn want(&mut self, peer: PublicKey) {
        let Some(state) = self.peers.get_mut(&peer) else { return };
        if state.wants.offers.is_empty() || state.wants.waiting.len() > WANTS_MAX / 2 {
            return;
        }
        let mut offers = core::mem::take(&mut state.wants.offers);
        let room = WANTS_MAX - state.wants.waiting.len();
        let mut wanted = Vec::new();
        let mut elsewhere = Vec::new();
        while wanted.len() < room
            && elsewhere.len() < LOOK_AHEAD
            && let Some(short) = offers.pop_front()
        {
            if !self.holds_more(peer, &short) {
                continue;
            }
            if self.peers.values().any(|state| state.wants.waiting.contains(&short)) {
                elsewhere.push(short);
            } else {
                wanted.push((short, self.seq(&short)));
            }
        }
        elsewhere.into_iter().rev().for_each(|short| offers.push_front(short));
        let now_ms = self.now_ms;
        let Some(state) = self.peers.get_mut(&peer) else { return };
        state.wants.offers = offers;
        if wanted.is_empty() {
            return;
        }
        if state.wants.waiting.is_empty() {
            state.wants.progress_ms = now_ms;
        }
        state.wants.waiting.extend(wanted.iter().map(|(short, _)| *short));
        self.send(peer, &Frame::Want(wanted));
    }

    /// A folio with two histories lacks nothing: what differs is wanted whole.
    fn holds_more(&self, peer: PublicKey, short: &ShortId) -> bool {
        let held = self.peers.get(&peer).and_then(|state| state.held.as_ref()?.get(short));
        held.is_some_and(|(_, seq)| self.lacks(short, *seq))
    }

    fn lacks(&self, short: &ShortId, seq: u32) -> bool {
        self.folio(short).is_none_or(|folio| folio.fork().is_none() && folio.seq() < seq)
    }

    /// Another history, or a gap: the folio from its beginning, with the proof of what differs.
    pub(super) fn want_whole(&mut self, peer: PublicKey, short: ShortId) {
        let now_ms = self.now_ms;
        let Some(state) = self.peers.get_mut(&peer) else { return };
        match state.budget.ask(short) {
            Ask::Now => {
                state.wants.progress_ms = now_ms;
                self.send(peer, &Frame::Want(vec![(short, 0)]));
            }
            Ask::Asked => {}
            Ask::TooMany => self.charge(peer),
        }
    }
}
