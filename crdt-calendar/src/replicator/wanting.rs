// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is lacking here and held by neighbours: each folio is wanted of one of them at a time, nearest weeks first, so
//! several share the work and nothing comes twice.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::budget::Ask;
use super::inventory::Inventory;
use super::{Peer, Replicator};
use crate::act::Role;
use crate::ids::{FolioId, Leaf, PublicKey, ShortId};
use crate::limits::{WANT_PATIENCE_MS, WANTED_ACTS_MAX, WANTS_MAX};
use crate::time::IsoWeek;
use crate::wire::frame::Frame;

/// Folios wanted elsewhere that are passed over in search of one that is not.
const LOOK_AHEAD: usize = 4 * WANTS_MAX;
/// The longest wait for one folio while others come: what may be wanted at once takes half of it on a poor line.
const FOLIO_PATIENCE_MS: u64 = 2 * WANT_PATIENCE_MS;

/// What goes first within a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// What boxes of this member wrote: a new disk wants its own first.
    Own,
    /// Agencies' times and answers are small, and show what is free and what is confirmed.
    Agency,
    /// Other members' bookings.
    Other,
}

/// What is wanted of one peer.
#[derive(Debug, Default)]
pub(super) struct Wants {
    /// Folios of which it holds more, nearest first, not yet wanted.
    offers: VecDeque<ShortId>,
    /// Wanted, and not yet come.
    waiting: BTreeMap<ShortId, Waiting>,
    /// When something last came, or was first wanted.
    progress_ms: u64,
    /// Wanted, and not given: not wanted again before the peer says anew what it holds.
    in_vain: BTreeSet<ShortId>,
}

/// What is waited for of one folio.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// Acts that are lacking.
    acts: u32,
    since_ms: u64,
}

impl Wants {
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// When patience ends: with the peer, or with one folio for which others came.
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        let oldest = self.waiting.values().map(|it| it.since_ms.saturating_add(FOLIO_PATIENCE_MS)).min();
        oldest.map(|at| at.min(self.progress_ms.saturating_add(WANT_PATIENCE_MS)))
    }

    /// Something of this folio came; whether it was wanted. Nothing else is progress: who sends what nobody wants does
    /// not hold up what is wanted.
    pub(super) fn came(&mut self, short: &ShortId, now_ms: u64) -> bool {
        let was_wanted = self.waiting.remove(short).is_some();
        if was_wanted {
            self.progress_ms = now_ms;
        }
        was_wanted
    }

    /// Ends the waiting for what is late.
    pub(super) fn give_up(&mut self, now_ms: u64) {
        let is_silent = now_ms >= self.progress_ms.saturating_add(WANT_PATIENCE_MS);
        let is_late = |it: &Waiting| is_silent || now_ms >= it.since_ms.saturating_add(FOLIO_PATIENCE_MS);
        let late: Vec<ShortId> = self.waiting.iter().filter(|(_, it)| is_late(it)).map(|(short, _)| *short).collect();
        late.iter().for_each(|short| self.note_in_vain(short));
    }

    /// This folio does not come from this peer.
    pub(super) fn note_in_vain(&mut self, short: &ShortId) {
        self.waiting.remove(short);
        self.in_vain.insert(*short);
    }

    /// The peer has said anew what it holds.
    pub(super) fn begin_anew(&mut self) {
        self.in_vain.clear();
    }

    fn acts(&self) -> u32 {
        self.waiting.values().fold(0, |sum, it| sum.saturating_add(it.acts))
    }

    fn is_half_done(&self) -> bool {
        self.waiting.len() <= WANTS_MAX / 2 && self.acts() <= WANTED_ACTS_MAX / 2
    }
}

impl Replicator {
    /// Makes the list of what a peer holds and is lacking here, and wants the first of it.
    pub(super) fn offer(&mut self, peer: PublicKey) {
        let Some(held) = self.peers.get(&peer).and_then(|state| state.held.as_ref()) else { return };
        let first = self.first_wanted();
        let rank = |short: &ShortId| first.get(short).copied().unwrap_or(Rank::Other);
        let lacking = held.iter().filter(|(short, (_, seq))| self.lacks(short, *seq));
        let mut offers: Vec<(u16, Rank, ShortId)> =
            lacking.map(|(short, (leaf, _))| (self.shelf.nearness(*leaf), rank(short), *short)).collect();
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

    /// A folio does not come from a peer, whatever it said: others are asked. What it said still stands, so that it is
    /// not taken for heard out.
    pub(super) fn wanted_in_vain(&mut self, peer: PublicKey, short: &ShortId) {
        let said_so = |held: &Inventory| held.contains_key(short);
        if let Some(state) = self.peers.get_mut(&peer).filter(|state| state.held.as_ref().is_some_and(said_so)) {
            state.wants.note_in_vain(short);
        }
        self.want_more();
    }

    /// After the members changed, and no more of them are on their way: what is not yet wanted is put in order anew.
    pub(super) fn order_offers(&mut self) {
        let is_in_order = Arc::ptr_eq(&self.ordered_by, self.shelf.roster());
        if is_in_order || self.peers.keys().any(|peer| self.awaits_members(peer)) {
            return;
        }
        self.ordered_by = Arc::clone(self.shelf.roster());
        let has_offers = |(_, state): &(&PublicKey, &Peer)| !state.wants.offers.is_empty();
        for peer in self.peers.iter().filter(has_offers).map(|(peer, _)| *peer).collect::<Vec<_>>() {
            self.offer(peer);
        }
    }

    /// What short ids stand for that go before others of their week. Cost: a hash for each of these members' boxes
    /// and weeks.
    fn first_wanted(&self) -> BTreeMap<ShortId, Rank> {
        let roster = self.shelf.roster();
        let own = roster.member_of(&self.own);
        let (first, last) = self.shelf.window();
        let weeks = (first.0..=last.0).map(|week| Leaf::Week(IsoWeek(week)));
        let leaves: Vec<Leaf> = weeks.chain([Leaf::Profile]).collect();
        let mut ranks = BTreeMap::new();
        for (id, member) in roster.members() {
            let rank = match member.enrolment.role {
                _ if Some(id) == own => Rank::Own,
                Role::Agency => Rank::Agency,
                _ => continue,
            };
            for writer in member.line.writers() {
                ranks.extend(leaves.iter().map(|leaf| (FolioId { writer: *writer, leaf: *leaf }.short(), rank)));
            }
        }
        ranks
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
        if state.wants.offers.is_empty() || !state.wants.is_half_done() {
            return;
        }
        let mut offers = core::mem::take(&mut state.wants.offers);
        let room = WANTS_MAX - state.wants.waiting.len();
        let mut acts = state.wants.acts();
        let mut wanted = Vec::new();
        let mut elsewhere = Vec::new();
        // Who the members are decides what goes first of all else: it is waited for.
        let mut members_come = self.awaits_members(&peer);
        while wanted.len() < room
            && acts < WANTED_ACTS_MAX
            && elsewhere.len() < LOOK_AHEAD
            && let Some(short) = offers.pop_front()
        {
            let Some(lacking) = self.lacking(peer, &short) else { continue };
            let is_of_members = self.is_of_members(peer, &short);
            if members_come && !is_of_members {
                offers.push_front(short);
                break;
            }
            if self.peers.values().any(|state| state.wants.waiting.contains_key(&short)) {
                elsewhere.push(short);
            } else {
                acts = acts.saturating_add(lacking);
                members_come |= is_of_members;
                wanted.push((short, lacking));
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
        let waiting = |(short, acts): &(ShortId, u32)| (*short, Waiting { acts: *acts, since_ms: now_ms });
        state.wants.waiting.extend(wanted.iter().map(waiting));
        let wanted = wanted.into_iter().map(|(short, _)| (short, self.seq(&short))).collect();
        self.send(peer, &Frame::Want(wanted));
    }

    /// Whether rosters or profiles are wanted of a peer, and have not come.
    fn awaits_members(&self, peer: &PublicKey) -> bool {
        self.peers.get(peer).is_some_and(|it| it.wants.waiting.keys().any(|short| self.is_of_members(*peer, short)))
    }

    /// Whether it is a roster or a profile.
    fn is_of_members(&self, peer: PublicKey, short: &ShortId) -> bool {
        let held = self.peers.get(&peer).and_then(|state| state.held.as_ref()?.get(short));
        held.is_some_and(|(leaf, _)| !matches!(leaf, Leaf::Week(_)))
    }

    /// How many acts of a folio a peer holds and are lacking here. A folio with two histories lacks nothing: what
    /// differs is wanted whole.
    fn lacking(&self, peer: PublicKey, short: &ShortId) -> Option<u32> {
        let state = self.peers.get(&peer).filter(|state| !state.wants.in_vain.contains(short))?;
        let (_, seq) = state.held.as_ref()?.get(short)?;
        self.lacks(short, *seq).then(|| seq - self.seq(short))
    }

    pub(super) fn lacks(&self, short: &ShortId, seq: u32) -> bool {
        self.folio(short).is_none_or(|folio| folio.fork().is_none() && folio.seq() < seq)
    }

    /// Another history, or a gap: the folio from its beginning, with the proof of what differs.
    pub(super) fn want_whole(&mut self, peer: PublicKey, short: ShortId) {
        let Some(state) = self.peers.get_mut(&peer) else { return };
        match state.budget.ask(short) {
            Ask::Now => self.send(peer, &Frame::Want(vec![(short, 0)])),
            Ask::Asked => {}
            Ask::TooMany => self.charge(peer),
        }
    }
}
