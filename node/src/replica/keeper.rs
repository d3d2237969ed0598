// SPDX-License-Identifier: EUPL-1.2
//! The keeper on the replica's thread: takes a command, lets the clerk act, keeps, sends, answers.
//!
//! Order is the promise: fsync, then send, then answer (`effects`). What it knows is read in `knowledge`.

mod effects;
mod ground;
mod knowledge;
mod tallies;

use std::collections::BTreeMap;
use std::sync::Arc;

use crdt_calendar::act::Description;
use crdt_calendar::clerk::{Clerk, Patch, Request};
use crdt_calendar::ids::{ActRef, FolioId, MemberId, PublicKey, Writer};
use crdt_calendar::profile::Profile;
use crdt_calendar::replicator::Input;
use crdt_calendar::roster::Roster;
use tokio::sync::{mpsc, oneshot, watch};

use super::handle::{BookOrder, Command, Outgoing, Refusal, Reply};
use super::publish::{self, Openings};
use super::randomness::SystemRng;
use super::snapshot::Snapshot;
use super::thread::{ReplicaConfig, StartError};
use crate::clock::Clock;
use crate::store::{Store, mark_begun};
use ground::{Ground, Read};

/// Openings are looked over again this often, in milliseconds: a new week comes into sight at midnight.
const PUBLISH_EVERY_MS: u64 = 10 * 60 * 1000;

/// The clerk, its disk, and what is told of them.
pub(super) struct Keeper {
    clerk: Clerk,
    store: Store,
    ground: Ground,
    clock: Clock,
    previous: Option<Writer>,
    description: Description,
    openings: Openings,
    outbox: mpsc::Sender<Outgoing>,
    rng: SystemRng,
    broken: bool,
    /// Whether this box found its own registers damaged, or gone, when it started.
    began_anew: bool,
    /// Registers of others that were damaged on this disk.
    dropped: Vec<FolioId>,
    published_at_ms: Option<u64>,
    /// Frames sent to each peer since its last Up, and not yet written.
    on_the_way: BTreeMap<PublicKey, u32>,
    roster: Arc<Roster>,
    profiles: Arc<BTreeMap<MemberId, Profile>>,
}

impl Keeper {
    /// Reads what was kept.
    ///
    /// # Errors
    /// [`StartError`].
    pub(super) fn open(config: ReplicaConfig, outbox: mpsc::Sender<Outgoing>) -> Result<Self, StartError> {
        let ReplicaConfig { database, key, incarnation, previous, genesis, statement, earlier, rosters, .. } = config;
        let ReplicaConfig { description, openings, policy, clock, keep_life, .. } = config;
        let ground =
            Ground { database, key, genesis, statement, earlier, rosters, policy, clock: clock.clone(), keep_life };
        let Read { clerk, store, over, dropped } = ground.read(incarnation)?;
        let mut keeper = Self {
            clerk,
            store,
            ground,
            clock,
            previous: over.or(previous),
            description,
            openings,
            outbox,
            rng: SystemRng,
            broken: false,
            began_anew: over.is_some(),
            dropped,
            published_at_ms: None,
            on_the_way: BTreeMap::new(),
            roster: Arc::default(),
            profiles: Arc::default(),
        };
        keeper.read_members();
        Ok(keeper)
    }

    /// Says the box's first words if it has not begun.
    ///
    /// # Errors
    /// [`StartError`].
    pub(super) fn begin(&mut self, snapshots: &watch::Sender<Arc<Snapshot>>) -> Result<(), StartError> {
        let now = self.clock.now();
        let written =
            self.clerk.begin(now, self.previous).and_then(|()| self.clerk.describe(now, self.description.clone()));
        written.map_err(|error| StartError::Write(error.to_string()))?;
        self.publish();
        self.carry_out(None).map_err(|refusal| StartError::Write(refusal.to_string()))?;
        mark_begun(&self.ground.database, self.clerk.writer().incarnation)?;
        self.read_members();
        snapshots.send_replace(Arc::new(self.snapshot()));
        Ok(())
    }

    /// Obeys until every handle is gone.
    pub(super) fn run(mut self, mut inbox: mpsc::Receiver<Command>, snapshots: &watch::Sender<Arc<Snapshot>>) {
        while let Some(command) = inbox.blocking_recv() {
            self.obey(command, snapshots);
        }
    }

    fn obey(&mut self, command: Command, snapshots: &watch::Sender<Arc<Snapshot>>) {
        let Some(command) = (if self.broken { refuse(command) } else { Some(command) }) else { return };
        let now = self.clock.now();
        match command {
            Command::Details(ids, reply) => {
                let details = self.details(ids);
                answer(reply, details);
                return;
            }
            Command::Search(words, reply) => {
                let hits = self.search(&words);
                answer(reply, hits);
                return;
            }
            Command::Up(peer) => {
                self.on_the_way.remove(&peer);
                self.replicate(Input::Up(peer));
            }
            Command::Down(peer) => self.replicate(Input::Down(peer)),
            Command::Written(peer, frames) if !self.has_room(peer, frames) => return,
            Command::Written(peer, _) => self.replicate(Input::Room(peer)),
            Command::Frame(peer, bytes) => self.replicate(Input::Frame(peer, bytes.to_vec())),
            Command::Book(order, reply) => {
                let booked = self.book(&order);
                self.answer(snapshots, reply, booked);
                return;
            }
            Command::Cancel(id, reason, reply) => {
                let done = self.clerk.cancel(now, &id, reason).map_err(Refusal::from);
                let done = self.done(done);
                self.answer(snapshots, reply, done);
                return;
            }
            Command::Amend(id, booth, details, reply) => {
                let patch = Patch { booth, details: details.map(|it| it.to_bytes()) };
                let done = self.clerk.amend(now, &id, patch, &mut self.rng).map_err(Refusal::from);
                let done = self.done(done);
                self.answer(snapshots, reply, done);
                return;
            }
            Command::Arrived(id, reply) => {
                let done = self.clerk.arrived(now, &id).map_err(Refusal::from);
                let done = self.done(done);
                self.answer(snapshots, reply, done);
                return;
            }
            Command::Outcome(id, fate, minutes, reply) => {
                let done = self.clerk.outcome(now, &id, fate, minutes).map_err(Refusal::from);
                let done = self.done(done);
                self.answer(snapshots, reply, done);
                return;
            }
            Command::Reachable { mesh, link, reply } => {
                let done = self.clerk.reachable(now, mesh, link);
                let done = done.map_err(|error| Refusal::Change(error.into()));
                let done = self.done(done);
                self.answer(snapshots, reply, done);
                return;
            }
            Command::Enrol(enrolment, reply) => {
                let done = self.clerk.enrol(now, *enrolment).map_err(|error| Refusal::Change(error.into()));
                let done = self.done(done);
                self.answer(snapshots, reply, done);
                return;
            }
            Command::Replace(member, key, reply) => {
                let done = self.clerk.replace(now, member, key).map_err(|error| Refusal::Change(error.into()));
                let done = self.done(done);
                self.answer(snapshots, reply, done);
                return;
            }
            Command::Revoke(key, reply) => {
                let done = self.clerk.revoke(now, key).map_err(|error| Refusal::Change(error.into()));
                let done = self.done(done);
                self.answer(snapshots, reply, done);
                return;
            }
            Command::Settle(member, forced, reply) => {
                let settled = self.clerk.settle(now, &member, forced);
                self.clerk.renew(now, &mut self.rng);
                let settled = settled.map_err(|error| Refusal::Change(error.into()));
                let kept = self.carry_out(None);
                self.answer(snapshots, reply, settled.and_then(|done| kept.map(|()| done)));
                return;
            }
            Command::Territory(reply) => {
                let held = self.territory();
                answer(reply, held);
                return;
            }
            Command::Tally(agency, service, kind) => {
                self.tally(&agency, &service, kind);
                return;
            }
            Command::Tallies(reply) => {
                let tallies = self.tallies();
                answer(reply, tallies);
                return;
            }
            Command::Tick if !self.tick() => return,
            Command::Tick => {}
        }
        self.show(snapshots);
    }

    /// Shows the calendar as it is now; of a disk that refuses, no more than what it kept.
    fn show(&self, snapshots: &watch::Sender<Arc<Snapshot>>) {
        if self.broken {
            snapshots.send_if_modified(|kept| {
                let told = kept.disk_refuses;
                Arc::make_mut(kept).disk_refuses = true;
                !told
            });
        } else {
            snapshots.send_replace(Arc::new(self.snapshot()));
        }
    }

    /// Publishes what changed, then answers: who asked finds what was done.
    fn answer<T>(&self, snapshots: &watch::Sender<Arc<Snapshot>>, reply: Reply<T>, value: Result<T, Refusal>) {
        self.show(snapshots);
        answer(reply, value);
    }

    /// Frames have left; tells whether all have, and the peer is owed more.
    fn has_room(&mut self, peer: PublicKey, frames: u32) -> bool {
        let waiting = self.on_the_way.entry(peer).or_default();
        *waiting = waiting.saturating_sub(frames);
        *waiting == 0 && self.clerk.replicator().owes(&peer)
    }

    /// Does what time brings; tells whether anything was due.
    fn tick(&mut self) -> bool {
        let now_ms = self.clock.monotonic_ms();
        let compare = self.clerk.deadline().is_some_and(|at| now_ms >= at);
        let publish = self.published_at_ms.is_none_or(|at| now_ms >= at + PUBLISH_EVERY_MS);
        if compare {
            self.replicate(Input::Tick);
            self.clerk.renew(self.clock.now(), &mut self.rng);
        }
        if publish {
            self.publish();
            self.log_refusal();
        }
        compare || publish
    }

    fn replicate(&mut self, input: Input) {
        let members = self.clerk.roster().clone();
        self.clerk.handle(self.clock.now(), input);
        if *self.clerk.roster() != members {
            // A new member may be one to whom slots are passed on in advance.
            self.publish();
        }
        self.log_refusal();
    }

    fn publish(&mut self) {
        self.published_at_ms = Some(self.clock.monotonic_ms());
        let acts = publish::publish(&mut self.clerk, &self.openings, &self.clock, &mut self.rng);
        if acts > 0 {
            tracing::info!(acts, "openings published");
        }
    }

    fn book(&mut self, order: &BookOrder) -> Result<ActRef, Refusal> {
        if let Some(known) = order.nonce.as_deref().and_then(|nonce| self.known_nonce(nonce)) {
            return Ok(known);
        }
        let request = Request {
            slot: order.slot,
            service: order.service.clone(),
            booth: order.booth,
            details: order.details.to_bytes(),
        };
        if self.broken {
            return Err(Refusal::Disk);
        }
        let booked = self.clerk.book(self.clock.now(), &request, &mut self.rng)?;
        let act = postcard::to_stdvec(&booked).map_err(|_| Refusal::Disk)?;
        self.carry_out(order.nonce.as_deref().map(|nonce| (nonce, act.as_slice())))?;
        self.tally_booking(&booked);
        Ok(booked)
    }

    fn known_nonce(&self, nonce: &str) -> Option<ActRef> {
        let act = self.store.nonce(nonce).ok().flatten()?;
        postcard::from_bytes(&act).ok()
    }
}

/// Once the disk refuses: what would change the calendar is refused before the clerk hears of it. The rest
/// comes back: a form that was kept is still answered with its appointment, and what is there can be read.
fn refuse(command: Command) -> Option<Command> {
    match command {
        Command::Cancel(_, _, reply)
        | Command::Amend(_, _, _, reply)
        | Command::Arrived(_, reply)
        | Command::Outcome(_, _, _, reply)
        | Command::Reachable { reply, .. }
        | Command::Enrol(_, reply)
        | Command::Replace(_, _, reply)
        | Command::Revoke(_, reply) => answer(reply, Err(Refusal::Disk)),
        Command::Settle(_, _, reply) => answer(reply, Err(Refusal::Disk)),
        Command::Territory(reply) => answer(reply, Err(Refusal::Disk)),
        Command::Up(_)
        | Command::Down(_)
        | Command::Frame(..)
        | Command::Written(..)
        | Command::Tally(..)
        | Command::Tick => {}
        Command::Book(..) | Command::Details(..) | Command::Search(..) | Command::Tallies(_) => return Some(command),
    }
    None
}

fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("who asked has gone");
    }
}
