// SPDX-License-Identifier: MIT OR Apache-2.0
//! Replication as a machine without sockets or clock: inputs come in, effects come out.
//!
//! The contract, in the order of one conversation:
//! 1. [`Replicator::handle`] takes one [`Input`]; after each, the caller drains [`Replicator::poll`].
//! 2. Effects are carried out in their order. A [`Effect::Keep`] is durable before any later
//!    [`Effect::Send`] leaves: nothing is passed on that a power cut could take back.
//! 3. [`Replicator::deadline`] says when to hand in [`Input::Tick`], at the latest; it may change after
//!    any input.
//! 4. While [`Replicator::owes`] a peer, [`Input::Room`] follows once all that was sent to it has left:
//!    who catches up with a territory over a poor line is never sent more at once than a window.
//!
//! Between two peers: a digest each way; if they differ, all heads each way; then exactly the acts
//! that each lacks, nearest weeks first. Afterwards every new act is pushed; who keeps it says so to its
//! writer, and there is silence until something changes. Frames on one connection arrive in order or the connection ends; after a new
//! connection all begins again. Total: whatever a peer sends ends in an effect or a charge, and what it
//! can ask for between two comparisons is bounded: small frames are no lever on a large calendar.

mod budget;
mod receipts;
mod sending;
mod statements;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sha2::{Digest as _, Sha256};

use crate::folio::{Accepted, Batch, GateError};
use crate::ids::{FolioId, Leaf, PublicKey};
use crate::limits::{COMPARE_AGAIN_MS, FOLIOS_MAX};
use crate::roster::RootStatement;
use crate::shelf::Shelf;
use crate::time::IsoWeek;
use crate::wire::frame::{self, Frame, HeadLine};
use budget::{Ask, Budget};
use receipts::Receipts;

/// What happens to a replicator.
#[derive(Debug, Clone)]
pub enum Input {
    /// A connection to a member stands.
    Up(PublicKey),
    /// It is gone.
    Down(PublicKey),
    /// A frame came.
    Frame(PublicKey, Vec<u8>),
    /// Own acts were written in this folio, and kept.
    Written(FolioId),
    /// All frames for this peer have left: there is room for more.
    Room(PublicKey),
    /// Time passed.
    Tick,
}

/// What must be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make durable what this folio holds beyond its first `held` acts, its head, and its
    /// [`evidence`](crate::folio::Folio::evidence) if it has any.
    Keep {
        /// The folio.
        folio: FolioId,
        /// Acts that were durable before.
        held: u32,
    },
    /// Make this statement of the territory's root durable.
    KeepStatement(RootStatement),
    /// Send a frame.
    Send {
        /// To whom.
        peer: PublicKey,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The peer sends what it must not: end its connection.
    Cut(PublicKey),
}

/// The replication machine of one territory.
#[derive(Debug)]
pub struct Replicator {
    own: PublicKey,
    shelf: Shelf,
    peers: BTreeMap<PublicKey, Peer>,
    receipts: Receipts,
    effects: VecDeque<Effect>,
    compare_at_ms: Option<u64>,
}

/// What is known of a connected peer.
#[derive(Debug, Default)]
struct Peer {
    /// Acts that it holds or is being sent, by folio. `None` until it has said so.
    held: Option<BTreeMap<FolioId, u32>>,
    /// Lines of its heads that came, while more are to come.
    arriving: BTreeMap<FolioId, u32>,
    /// Folios of which those lines show another history.
    suspicious: BTreeSet<FolioId>,
    /// Folios that it may lack, nearest first, while they wait for room.
    owed: VecDeque<FolioId>,
    /// A window is on its way.
    is_flowing: bool,
    /// Whether it has been told all heads of this side in this conversation.
    told: bool,
    budget: Budget,
}

impl Replicator {
    /// The machine of the box with this key, around its shelf, with no peer.
    #[must_use]
    pub fn new(own: PublicKey, shelf: Shelf) -> Self {
        let receipts = Receipts::default();
        Self { own, shelf, peers: BTreeMap::new(), receipts, effects: VecDeque::new(), compare_at_ms: None }
    }

    /// What is held.
    #[must_use]
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// For own acts: write, keep, then hand in [`Input::Written`].
    pub fn shelf_mut(&mut self) -> &mut Shelf {
        &mut self.shelf
    }

    /// The next effect, in order; `None` when there is nothing to do.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to hand in [`Input::Tick`], in the milliseconds of `handle`'s `now_ms`; `None` before the
    /// first input.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.compare_at_ms
    }

    /// Peers whose connection stands.
    pub fn peers(&self) -> impl Iterator<Item = &PublicKey> {
        self.peers.keys()
    }

    /// Whether this peer has said, on the connection that stands, all that it holds.
    #[must_use]
    pub fn is_heard(&self, peer: &PublicKey) -> bool {
        self.peers.get(peer).is_some_and(|state| state.held.is_some())
    }

    /// Whether this peer has said all that it holds, and nothing of it that was written under `key` is
    /// lacking here.
    #[must_use]
    pub fn is_heard_out(&self, peer: &PublicKey, key: &PublicKey) -> bool {
        let held = self.peers.get(peer).and_then(|state| state.held.as_ref());
        let is_here = |(id, seq): (&FolioId, &u32)| self.shelf.folio(id).is_some_and(|folio| folio.seq() >= *seq);
        held.is_some_and(|held| held.iter().filter(|(id, _)| id.writer.key == *key).all(is_here))
    }

    /// Whether there is more for this peer as soon as there is room.
    #[must_use]
    pub fn owes(&self, peer: &PublicKey) -> bool {
        self.peers.get(peer).is_some_and(|peer| !peer.owed.is_empty())
    }

    /// Takes one input. `now_ms` is any clock that does not go back; `week` what the calendar says.
    pub fn handle(&mut self, now_ms: u64, week: IsoWeek, input: Input) {
        self.shelf.set_now(week);
        self.compare_at_ms.get_or_insert(now_ms + COMPARE_AGAIN_MS);
        match input {
            Input::Up(peer) => {
                self.peers.insert(peer, Peer::default());
                self.send_digest(peer);
            }
            Input::Down(peer) => {
                self.peers.remove(&peer);
            }
            Input::Frame(peer, bytes) => self.on_frame(peer, &bytes),
            Input::Written(folio) if folio.leaf == Leaf::Roster => self.spread_all(),
            Input::Written(folio) => self.spread(folio),
            Input::Room(peer) => {
                if let Some(state) = self.peers.get_mut(&peer) {
                    state.is_flowing = false;
                }
                self.send_window(peer);
            }
            Input::Tick => self.on_tick(now_ms),
        }
    }

    fn on_tick(&mut self, now_ms: u64) {
        if self.compare_at_ms.is_some_and(|at| now_ms < at) {
            return;
        }
        self.compare_at_ms = Some(now_ms + COMPARE_AGAIN_MS);
        for peer in self.peers.values_mut() {
            peer.told = false;
            peer.budget.renew();
            peer.is_flowing = false;
        }
        let peers: Vec<PublicKey> = self.peers.keys().copied().collect();
        for peer in peers {
            self.send_digest(peer);
        }
    }

    fn on_frame(&mut self, peer: PublicKey, bytes: &[u8]) {
        if self.peers.get(&peer).is_none_or(|state| state.budget.is_spent()) {
            return;
        }
        match frame::decode(bytes) {
            Ok(Frame::Digest { territory, window, digest }) => {
                if territory != self.shelf.territory() {
                    self.effects.push_back(Effect::Cut(peer));
                } else if !self.may_compare(peer) {
                    self.charge(peer);
                } else if (window, digest) == (self.shelf.window(), self.digest()) {
                    self.peer_holds_all(peer);
                } else {
                    self.send_heads(peer);
                }
            }
            Ok(Frame::Heads { lines, last }) => self.on_heads(peer, &lines, last),
            Ok(Frame::Acts(batch)) => self.on_acts(peer, &batch),
            Ok(Frame::Statement(statement)) => self.on_statement(peer, statement),
            Ok(Frame::Whole(folio)) => self.on_whole(peer, folio),
            Ok(Frame::Held(line)) => self.on_held(peer, &line),
            Err(_) => self.charge(peer),
        }
    }

    fn may_compare(&mut self, peer: PublicKey) -> bool {
        self.peers.get_mut(&peer).is_some_and(|state| state.budget.may_compare())
    }

    /// SHA-256 over all root statements and all shared heads in order, its first 16 bytes.
    fn digest(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        for statement in self.shelf.statements().all() {
            hash.update(statement.signature);
        }
        for line in self.lines() {
            hash.update(postcard::to_stdvec(&line).expect("plain values always encode into memory"));
        }
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.finalize()[..16]);
        digest
    }

    fn lines(&self) -> impl Iterator<Item = HeadLine> + '_ {
        self.shelf.folios().filter(|folio| self.shelf.is_shared(&folio.id())).filter_map(HeadLine::of)
    }

    /// Whether a peer's line shows another history than is held here, or ignores a fork.
    fn differs(&self, line: &HeadLine) -> bool {
        let Some(folio) = self.shelf.folio(&line.folio) else { return false };
        let ours = match folio.fork() {
            Some(_) => folio.line().filter(|(seq, _)| *seq == line.seq).map(|(_, hash)| hash).or(Some([0; 32])),
            None => folio.hash_at(line.seq),
        };
        ours.is_some_and(|hash| hash[..8] != line.hash)
    }

    fn on_heads(&mut self, peer: PublicKey, lines: &[HeadLine], last: bool) {
        let Some(state) = self.peers.get_mut(&peer) else { return };
        if state.arriving.len() + lines.len() > FOLIOS_MAX {
            self.charge(peer);
            return;
        }
        let mut suspicious = Vec::new();
        for line in lines {
            state.arriving.insert(line.folio, line.seq);
        }
        suspicious.extend(lines.iter().filter(|line| self.differs(line)).map(|line| line.folio));
        let Some(state) = self.peers.get_mut(&peer) else { return };
        state.suspicious.extend(suspicious);
        if !last {
            return;
        }
        let (arrived, suspicious) = (core::mem::take(&mut state.arriving), core::mem::take(&mut state.suspicious));
        if !self.may_compare(peer) {
            self.charge(peer);
            return;
        }
        self.note_told(peer, &arrived, &suspicious);
        let Some(state) = self.peers.get_mut(&peer) else { return };
        state.held = Some(arrived);
        self.send_heads(peer);
        self.send_all_lacking(peer);
        for folio in suspicious {
            // Two histories under one key: each side needs the other's, from the beginning.
            self.send(peer, &Frame::Whole(folio));
            self.send_whole(peer, folio);
        }
    }

    fn on_whole(&mut self, peer: PublicKey, folio: FolioId) {
        let Some(state) = self.peers.get_mut(&peer) else { return };
        if self.shelf.folio(&folio).is_some() && state.budget.may_have_whole(folio) {
            self.send_whole(peer, folio);
        } else {
            self.charge(peer);
        }
    }

    fn ask_whole(&mut self, peer: PublicKey, folio: FolioId) {
        let Some(state) = self.peers.get_mut(&peer) else { return };
        match state.budget.ask(folio) {
            Ask::Now => self.send(peer, &Frame::Whole(folio)),
            Ask::Asked => {}
            Ask::TooMany => self.charge(peer),
        }
    }

    fn on_acts(&mut self, peer: PublicKey, batch: &Batch) {
        let held = self.shelf.folio(&batch.folio).map_or(0, crate::folio::Folio::seq);
        let is_of_week = matches!(batch.folio.leaf, Leaf::Week(_));
        let before = (!is_of_week).then(|| self.shelf.roster().clone());
        let accepted = self.shelf.accept(batch);
        if let (Ok(_), Some(state)) = (&accepted, self.peers.get_mut(&peer)) {
            state.budget.came(&batch.folio);
        }
        match accepted {
            Ok((Accepted::Known, _)) => {
                self.note_held(peer, batch.folio, batch.head.seq);
                self.send_receipt(peer, batch.folio);
            }
            Ok((accepted, replaced)) => {
                let held = if accepted == Accepted::Replaced { 0 } else { held };
                self.effects.push_back(Effect::Keep { folio: batch.folio, held });
                self.note_held(peer, batch.folio, batch.head.seq);
                match accepted {
                    Accepted::Forked | Accepted::Replaced => self.spread_proof(batch.folio),
                    Accepted::New(_) | Accepted::Known => self.spread(batch.folio),
                }
                self.keep_replaced(&replaced);
                self.send_receipt(peer, batch.folio);
                if before.is_some_and(|before| before != *self.shelf.roster()) {
                    self.spread_all();
                }
            }
            Err(GateError::Gap) => self.ask_whole(peer, batch.folio),
            // A neighbour whose clock shows another week sends folios that are not held here; and what there
            // is no room for is its writer's fault, not the neighbour's.
            Err(GateError::Room) => {}
            Err(GateError::Limit) if !self.shelf.is_shared(&batch.folio) => {}
            Err(_) => self.charge(peer),
        }
    }

    /// Folios of which another history is held now than before: all of them must be kept anew.
    pub fn keep_replaced(&mut self, replaced: &BTreeSet<FolioId>) {
        for folio in replaced {
            self.effects.push_back(Effect::Keep { folio: *folio, held: 0 });
            self.spread_proof(*folio);
        }
    }

    fn note_held(&mut self, peer: PublicKey, folio: FolioId, seq: u32) {
        let Some(held) = self.peers.get_mut(&peer).and_then(|state| state.held.as_mut()) else { return };
        let known = held.entry(folio).or_insert(0);
        *known = (*known).max(seq);
    }

    fn peer_holds_all(&mut self, peer: PublicKey) {
        let all = self.lines().map(|line| (line.folio, line.seq)).collect();
        self.note_told(peer, &all, &BTreeSet::new());
        if let Some(state) = self.peers.get_mut(&peer) {
            state.held = Some(all);
        }
    }

    fn send(&mut self, peer: PublicKey, frame: &Frame) {
        self.effects.push_back(Effect::Send { peer, bytes: frame::encode(frame) });
    }

    fn charge(&mut self, peer: PublicKey) {
        if self.peers.get_mut(&peer).is_some_and(|state| state.budget.charge()) {
            self.effects.push_back(Effect::Cut(peer));
        }
    }
}
