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
//! Between two peers: a digest each way; if they differ, one side tells its digests leaf by leaf, the other its heads
//! of the leaves that differ, and the first what it holds otherwise. Then each **wants** of the other what it lacks,
//! nearest weeks first, and of several neighbours each folio once. Afterwards new acts are **pushed**; who keeps them
//! says so to their writer, and there is silence until something changes. `docs/protocol.md` has the bytes.
//!
//! Frames on one connection arrive in order or the connection ends; after a new connection all begins again. Total:
//! whatever a peer sends ends in an effect or a charge, and what it can ask for between two comparisons is bounded:
//! small frames are no lever on a large calendar.

mod budget;
mod comparing;
mod inventory;
mod receipts;
mod sending;
mod statements;
mod wanting;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::folio::{Accepted, Batch, Folio, GateError};
use crate::ids::{FolioId, Leaf, PublicKey, ShortId};
use crate::roster::{RootStatement, Roster};
use crate::shelf::Shelf;
use crate::time::IsoWeek;
use crate::wire::frame::{self, Frame, FrameError, HeadLine, More};
use budget::Budget;
use comparing::Comparison;
use inventory::Inventory;
pub use receipts::Receipts;
use wanting::Wants;

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
    /// End the connection with this peer.
    Cut(PublicKey, CutReason),
}

/// Why a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutReason {
    /// It sends what it must not, again and again.
    Faults,
    /// It is of another territory.
    Territory,
    /// It speaks another version of the protocol.
    Version(u8),
}

/// The replication machine of one territory.
#[derive(Debug)]
pub struct Replicator {
    own: PublicKey,
    shelf: Shelf,
    /// The folios by their short ids; some may be gone.
    shorts: BTreeMap<ShortId, FolioId>,
    peers: BTreeMap<PublicKey, Peer>,
    receipts: Receipts,
    effects: VecDeque<Effect>,
    now_ms: u64,
    /// The members by whom what is to be wanted was put in order.
    ordered_by: Arc<Roster>,
}

/// What is known of a connected peer.
#[derive(Debug, Default)]
struct Peer {
    /// Acts that it holds or is being sent, by folio. `None` until it has said so.
    held: Option<Inventory>,
    comparison: Comparison,
    /// When to compare again.
    compare_at_ms: u64,
    wants: Wants,
    /// Folios that it wants, and after which act, while they wait for room.
    owed: VecDeque<(FolioId, u32)>,
    /// Bytes that left of what it is owed since it had room.
    window_bytes: usize,
    /// A window is on its way.
    is_flowing: bool,
    budget: Budget,
}

impl Replicator {
    /// The machine of the box with this key, around its shelf, with no peer.
    #[must_use]
    pub fn new(own: PublicKey, shelf: Shelf) -> Self {
        let shorts = shelf.folios().map(|folio| (folio.short(), folio.id())).collect();
        Self {
            own,
            ordered_by: Arc::clone(shelf.roster()),
            shelf,
            shorts,
            peers: BTreeMap::new(),
            receipts: Receipts::default(),
            effects: VecDeque::new(),
            now_ms: 0,
        }
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

    /// When to hand in [`Input::Tick`], in the milliseconds of `handle`'s `now_ms`; `None` while no peer is
    /// connected.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let at = |peer: &Peer| peer.wants.deadline_ms().map_or(peer.compare_at_ms, |at| at.min(peer.compare_at_ms));
        self.peers.values().map(at).min()
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
    /// lacking here. What is not known by its short id may have been.
    #[must_use]
    pub fn is_heard_out(&self, peer: &PublicKey, key: &PublicKey) -> bool {
        let held = self.peers.get(peer).and_then(|state| state.held.as_ref());
        let may_be_of_key = |short: &ShortId| self.shorts.get(short).is_none_or(|id| id.writer.key == *key);
        let is_lacking = |(short, (_, seq)): (&ShortId, &(Leaf, u32))| may_be_of_key(short) && self.lacks(short, *seq);
        held.is_some_and(|held| !held.iter().any(is_lacking))
    }

    /// Whether this peer waits for room: for more, or for the end of what is on its way.
    #[must_use]
    pub fn owes(&self, peer: &PublicKey) -> bool {
        self.peers.get(peer).is_some_and(|peer| peer.is_flowing || !peer.owed.is_empty())
    }

    fn folio(&self, short: &ShortId) -> Option<&Folio> {
        self.shelf.folio(self.shorts.get(short)?)
    }

    fn seq(&self, short: &ShortId) -> u32 {
        self.folio(short).map_or(0, Folio::seq)
    }

    /// Takes one input. `now_ms` is any clock that does not go back; `week` what the calendar says.
    pub fn handle(&mut self, now_ms: u64, week: IsoWeek, input: Input) {
        self.shelf.set_now(week);
        self.now_ms = now_ms;
        match input {
            Input::Up(peer) => {
                self.on_down(peer);
                self.peers.insert(peer, Peer::default());
                self.compare(peer);
            }
            Input::Down(peer) => self.on_down(peer),
            Input::Frame(peer, bytes) => self.on_frame(peer, &bytes),
            Input::Written(folio) => {
                self.shorts.insert(folio.short(), folio);
                self.push(folio);
                if folio.leaf == Leaf::Roster {
                    self.announce_all();
                }
            }
            Input::Room(peer) => {
                if let Some(state) = self.peers.get_mut(&peer) {
                    (state.is_flowing, state.window_bytes) = (false, 0);
                }
                self.send_window(peer);
            }
            Input::Tick => self.on_tick(),
        }
    }

    fn on_down(&mut self, peer: PublicKey) {
        if self.peers.remove(&peer).is_some_and(|state| state.wants.is_waiting()) {
            self.want_of_all();
        }
    }

    fn on_tick(&mut self) {
        let late = |state: &&mut Peer| state.wants.deadline_ms().is_some_and(|at| self.now_ms >= at);
        let mut gave_up = false;
        for state in self.peers.values_mut().filter(late) {
            state.wants.give_up(self.now_ms);
            gave_up = true;
        }
        if gave_up {
            self.want_of_all();
        }
        let due = self.peers.iter().filter(|(_, state)| self.now_ms >= state.compare_at_ms);
        for peer in due.map(|(peer, _)| *peer).collect::<Vec<_>>() {
            self.compare(peer);
        }
    }

    fn on_frame(&mut self, peer: PublicKey, bytes: &[u8]) {
        let now_ms = self.now_ms;
        let Some(state) = self.peers.get_mut(&peer).filter(|state| !state.budget.is_spent()) else { return };
        state.budget.renew(now_ms);
        match frame::decode(bytes) {
            Ok(Frame::Digest { territory, digest, is_answer }) => self.on_digest(peer, territory, digest, is_answer),
            Ok(Frame::Leaves { window, digests }) => self.on_leaves(peer, window, digests),
            Ok(Frame::Heads { leaves, last }) => self.on_heads(peer, leaves, last),
            Ok(Frame::Differences { leaves, last }) => self.on_differences(peer, leaves, last),
            Ok(Frame::Want(folios)) => self.on_want(peer, &folios),
            Ok(Frame::Acts(batch)) => self.on_acts(peer, &batch),
            Ok(Frame::More(more)) => self.on_more(peer, more),
            Ok(Frame::Statement(statement)) => self.on_statement(peer, statement),
            Ok(Frame::Held(leaf, line)) => self.on_held(peer, leaf, &line),
            Ok(Frame::Kept(folio, seq)) => self.on_kept(peer, &folio, seq),
            Err(FrameError::Version(version)) => self.cut(peer, CutReason::Version(version)),
            Err(FrameError::Limit | FrameError::Form) => self.charge(peer),
        }
    }

    fn on_more(&mut self, peer: PublicKey, more: More) {
        let asked = self.peers.get(&peer).is_none_or(|state| state.budget.has_asked(&more.folio));
        let folio = self.folio(&more.folio).filter(|folio| folio.fork().is_none());
        let Some(folio) = folio.filter(|_| !asked) else {
            // It comes whole, or nothing beyond its fork counts, or nothing of it is here.
            if !asked && self.folio(&more.folio).is_none() {
                self.want_whole(peer, more.folio);
            }
            return;
        };
        match folio.continued(more.first, more.acts, more.signature) {
            // The hash was computed over what is held here: a history that parts before does not fit its signature.
            Some(batch) if batch.head.verify(self.shelf.territory(), batch.folio) => self.on_acts(peer, &batch),
            _ => self.want_whole(peer, more.folio),
        }
    }

    fn on_acts(&mut self, peer: PublicKey, batch: &Batch) {
        let id = batch.folio;
        let held = self.shelf.folio(&id).map_or(0, Folio::seq);
        let was_forked = self.shelf.folio(&id).is_some_and(|folio| folio.fork().is_some());
        let before = Arc::clone(self.shelf.roster());
        let accepted = self.shelf.accept(batch);
        let now_ms = self.now_ms;
        let was_wanted = self.peers.get_mut(&peer).is_some_and(|state| state.wants.came(&id.short(), now_ms));
        if let (Ok(_), Some(state)) = (&accepted, self.peers.get_mut(&peer)) {
            state.budget.came(&id.short());
        }
        match accepted {
            Ok((Accepted::Known, _)) => {
                self.note_held(peer, id, batch.head.seq);
                self.send_receipt(peer, id);
            }
            Ok((accepted, replaced)) => {
                self.shorts.insert(id.short(), id);
                let held = if accepted == Accepted::Replaced { 0 } else { held };
                self.effects.push_back(Effect::Keep { folio: id, held });
                self.note_held(peer, id, batch.head.seq);
                match accepted {
                    // A fork further down is found by the next comparison: a writer that forks ever lower would make
                    // everybody send the whole folio each time.
                    Accepted::Forked if was_forked => {}
                    Accepted::Forked | Accepted::Replaced => self.push_proof(id),
                    // What was wanted is much, and others may want it elsewhere: they are told that it is here.
                    Accepted::New(_) | Accepted::Known if was_wanted => self.announce(id),
                    Accepted::New(_) | Accepted::Known => self.push(id),
                }
                self.keep_replaced(&replaced);
                self.send_receipt(peer, id);
                if !Arc::ptr_eq(&before, self.shelf.roster()) {
                    self.announce_all();
                }
            }
            Err(GateError::Gap) => self.want_whole(peer, id.short()),
            // A neighbour whose clock shows another week sends folios that are not held here; and what there
            // is no room for is its writer's fault, not the neighbour's.
            Err(GateError::Room) => self.wanted_in_vain(peer, &id.short()),
            Err(GateError::Limit) if !self.shelf.is_shared(&id) => self.wanted_in_vain(peer, &id.short()),
            Err(_) => {
                self.wanted_in_vain(peer, &id.short());
                self.charge(peer);
            }
        }
        self.order_offers();
        self.want_more();
    }

    /// Folios of which another history is held now than before: all of them must be kept anew.
    pub fn keep_replaced(&mut self, replaced: &BTreeSet<FolioId>) {
        for folio in replaced {
            self.effects.push_back(Effect::Keep { folio: *folio, held: 0 });
            self.push_proof(*folio);
        }
    }

    fn send(&mut self, peer: PublicKey, frame: &Frame) {
        self.effects.push_back(Effect::Send { peer, bytes: frame::encode(frame) });
    }

    fn charge(&mut self, peer: PublicKey) {
        if self.peers.get_mut(&peer).is_some_and(|state| state.budget.charge()) {
            self.effects.push_back(Effect::Cut(peer, CutReason::Faults));
        }
    }

    fn cut(&mut self, peer: PublicKey, reason: CutReason) {
        if let Some(state) = self.peers.get_mut(&peer) {
            state.budget.spend();
            self.effects.push_back(Effect::Cut(peer, reason));
        }
    }
}
