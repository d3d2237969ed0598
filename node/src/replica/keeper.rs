// SPDX-License-Identifier: EUPL-1.2
//! The keeper on the replica's thread: takes the commands that wait, lets the clerk act, keeps, sends, answers.
//!
//! Order is the promise: fsync, then send, then answer (`group`, `effects`). What it knows is read in `knowledge`,
//! what it stands on in `ground`, and what it does without room on the disk in `room`.

mod access;
mod accounts;
mod carried;
mod double;
mod effects;
mod ground;
mod group;
mod intents;
mod knowledge;
mod room;
mod tallies;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crdt_calendar::act::Description;
use crdt_calendar::clerk::{Clerk, Patch, Request};
use crdt_calendar::ids::{ActRef, FolioId, MemberId, PublicKey, Writer};
use crdt_calendar::profile::Profile;
use crdt_calendar::replicator::Input;
use crdt_calendar::roster::Roster;
use tokio::sync::{mpsc, oneshot, watch};

use super::handle::{BookOrder, Command, Outgoing, Refusal};
use super::publish::{self, Openings};
use super::randomness::SystemRng;
use super::snapshot::Snapshot;
use super::thread::{ReplicaConfig, Restoration, StartError};
use crate::account::{Account, AccountName};
use crate::clock::Clock;
use crate::store::{Counted, Intent, Store, set_aside_files};
use ground::{Ground, Read};
use group::{GROUP_MAX, Group};
use room::Disk;

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
    restoration: Option<Restoration>,
    rng: SystemRng,
    disk: Disk,
    /// Peers whose connection stands.
    peers: BTreeSet<PublicKey>,
    /// Whether this box found its own registers damaged, or gone, when it started.
    began_anew: bool,
    /// Registers of others that were damaged on this disk.
    dropped: Vec<FolioId>,
    published_at_ms: Option<u64>,
    /// Frames sent to each peer since its last Up, and not yet written.
    on_the_way: BTreeMap<PublicKey, u32>,
    roster: Arc<Roster>,
    profiles: Arc<BTreeMap<MemberId, Profile>>,
    /// What was counted before it was erased.
    counted: Arc<Counted>,
    /// Names of damaged databases that are set aside, as they were a second ago.
    aside: Vec<String>,
    /// Counted, and not kept yet.
    counts_waiting: Vec<tallies::Count>,
    /// Who may open the staff doors.
    accounts: Arc<BTreeMap<AccountName, Account>>,
    /// What is going to become of appointments of this point.
    intents: Arc<BTreeMap<ActRef, Intent>>,
    /// When lines of the access journal were last let go, on the monotonic clock.
    access_cut_at_ms: Option<u64>,
}

impl Keeper {
    /// Reads what was kept.
    ///
    /// # Errors
    /// [`StartError`].
    pub(super) fn open(config: ReplicaConfig, outbox: mpsc::Sender<Outgoing>) -> Result<Self, StartError> {
        let ReplicaConfig { database, key, incarnation, previous, genesis, statement, earlier, rosters, .. } = config;
        let ReplicaConfig { description, openings, policy, clock, keep_life, restoration, .. } = config;
        let ticking = clock.clone();
        let mut ground = Ground {
            database,
            key,
            life: incarnation,
            genesis,
            statement,
            earlier,
            rosters,
            policy,
            clock: ticking,
            keep_life,
        };
        let Read { clerk, store, over, last, dropped } = ground.read()?;
        let (counted, accounts) = (Arc::new(store.counted()?), Arc::new(store.accounts()?));
        let aside = set_aside_files(&ground.database);
        let mut keeper = Self {
            clerk,
            store,
            ground,
            clock,
            previous: over.or(last).or(previous),
            description,
            openings,
            outbox,
            restoration,
            rng: SystemRng,
            disk: Disk::Keeps,
            peers: BTreeSet::new(),
            began_anew: over.is_some() || (last.is_some() && last != previous),
            dropped,
            published_at_ms: None,
            on_the_way: BTreeMap::new(),
            roster: Arc::default(),
            profiles: Arc::default(),
            counted,
            aside,
            counts_waiting: Vec::new(),
            accounts,
            intents: Arc::default(),
            access_cut_at_ms: None,
        };
        keeper.read_intents()?;
        keeper.read_members();
        Ok(keeper)
    }

    /// Says the box's first words if it has not begun.
    ///
    /// # Errors
    /// [`StartError::Write`].
    pub(super) fn begin(&mut self, snapshots: &watch::Sender<Arc<Snapshot>>) -> Result<(), StartError> {
        self.say_first_words()?;
        snapshots.send_replace(Arc::new(self.snapshot()));
        Ok(())
    }

    /// Obeys until every handle is gone.
    pub(super) fn run(mut self, mut inbox: mpsc::Receiver<Command>, snapshots: &watch::Sender<Arc<Snapshot>>) {
        while let Some(command) = inbox.blocking_recv() {
            let mut group = Group::default();
            self.obey(command, &mut group, snapshots);
            while group.size < GROUP_MAX
                && let Ok(command) = inbox.try_recv()
            {
                self.obey(command, &mut group, snapshots);
            }
            self.finish(group, snapshots);
        }
        if self.disk == Disk::Keeps {
            self.keep_tallies();
        }
    }

    fn obey(&mut self, command: Command, group: &mut Group, snapshots: &watch::Sender<Arc<Snapshot>>) {
        match &command {
            Command::Up(peer) => drop(self.peers.insert(*peer)),
            Command::Down(peer) => drop(self.peers.remove(peer)),
            Command::Tick => self.look_for_room(snapshots),
            _ => {}
        }
        // What leaves on a file was kept before, and a peer that comes or goes has got what it was owed.
        if matches!(
            command,
            Command::Up(_) | Command::Down(_) | Command::Written(..) | Command::Export(..) | Command::Territory(_)
        ) {
            self.finish(std::mem::take(group), snapshots);
        }
        let command = match self.disk.refusal() {
            Some(refusal) => refuse(command, refusal),
            None => Some(command),
        };
        let Some(command) = command else { return };
        group.size += 1;
        let now = self.clock.now();
        match command {
            Command::Details(ids, reply) => answer(reply, self.details(ids)),
            Command::Search(words, reply) => answer(reply, self.search(&words)),
            Command::Territory(reply) => answer(reply, self.territory()),
            Command::Tallies(reply) => answer(reply, self.tallies()),
            Command::Tally(agency, service, kind) => self.tally(agency, service, kind),
            Command::Up(peer) => {
                self.on_the_way.remove(&peer);
                self.replicate(Input::Up(peer));
                group.changes = true;
            }
            Command::Down(peer) => {
                self.replicate(Input::Down(peer));
                group.changes = true;
            }
            Command::Written(peer, frames) => {
                if self.has_room(peer, frames) {
                    self.replicate(Input::Room(peer));
                    group.changes = true;
                }
            }
            Command::Frame(peer, bytes) => {
                self.replicate(Input::Frame(peer, bytes.to_vec()));
                group.changes = true;
            }
            Command::Book(order, reply) => {
                // A form that was kept is answered, whatever becomes of the rest.
                if let Some(kept) = order.nonce.as_deref().and_then(|nonce| self.known_nonce(nonce)) {
                    answer(reply, Ok(kept));
                    return;
                }
                let booked = self.book(&order, group);
                group.owe(reply, booked);
            }
            Command::Move(old, order, reply) => {
                if let Some(kept) = order.nonce.as_deref().and_then(|nonce| self.known_nonce(nonce)) {
                    answer(reply, Ok(kept));
                    return;
                }
                let moved = self.move_to(&old, &order, group);
                group.owe(reply, moved);
            }
            Command::CancelAt(id, reason, at, reply) => {
                let done = self.cancel_at(&id, reason, at);
                group.owe(reply, done);
            }
            Command::TakeBack(id, reply) => {
                let done = self.take_back(&id);
                group.owe(reply, done);
            }
            Command::Cancel(id, reason, reply) => {
                let done = self.clerk.cancel(now, &id, reason);
                group.owe(reply, done.map_err(Refusal::from));
            }
            Command::Amend(id, booth, details, reply) => {
                let patch = Patch { booth, details: details.map(|it| it.to_bytes()) };
                let done = self.clerk.amend(now, &id, patch, &mut self.rng);
                group.owe(reply, done.map_err(Refusal::from));
            }
            Command::Arrived(id, reply) => {
                let done = self.clerk.arrived(now, &id);
                group.owe(reply, done.map_err(Refusal::from));
            }
            Command::Outcome(id, fate, minutes, reply) => {
                let done = self.clerk.outcome(now, &id, fate, minutes);
                group.owe(reply, done.map_err(Refusal::from));
            }
            Command::Reachable { mesh, link, reply } => {
                let done = self.clerk.reachable(now, mesh, link);
                group.owe_in_any_life(reply, done.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Enrol(enrolment, reply) => {
                let done = self.clerk.enrol(now, *enrolment);
                group.owe(reply, done.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Replace(member, key, reply) => {
                let done = self.clerk.replace(now, member, key);
                group.owe(reply, done.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Revoke(key, reply) => {
                let done = self.clerk.revoke(now, key);
                group.owe(reply, done.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Settle(member, forced, reply) => {
                let settled = self.clerk.settle(now, &member, forced);
                self.clerk.renew(now, &mut self.rng);
                group.owe(reply, settled.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Export(since, after, reply) => answer(reply, Ok(self.export(since, after))),
            Command::Slip(id, reader, bytes_max, reply) => answer(reply, Ok(self.clerk.slip(id, reader, bytes_max))),
            Command::Import(frames, whole_by, reply) => {
                let imported = self.import(&frames, whole_by);
                group.owe_in_any_life(reply, Ok(imported));
            }
            Command::RestorationSeen(reply) => {
                let seen = self.restoration_seen();
                group.owe_in_any_life(reply, seen);
            }
            Command::AddAccount(account, reply) => {
                let added = self.add_account(*account);
                self.answer_shown(reply, added, snapshots);
            }
            Command::ChangeAccount(account, reply) => {
                let changed = self.change_account(*account);
                self.answer_shown(reply, changed, snapshots);
            }
            Command::RemoveAccount(name, reply) => {
                let removed = self.remove_account(&name);
                self.answer_shown(reply, removed, snapshots);
            }
            Command::Opening(opening, reply) => answer(reply, self.keep_opening(&opening)),
            Command::Access(asked, reply) => answer(reply, self.access(asked)),
            Command::Tick => group.changes |= self.tick(),
        }
    }

    /// Shows the calendar as it is now; of a disk that refuses, no more than what it kept.
    fn show(&self, snapshots: &watch::Sender<Arc<Snapshot>>) {
        if self.disk == Disk::Keeps {
            snapshots.send_replace(Arc::new(self.snapshot()));
            return;
        }
        let is_full = self.disk == Disk::Full;
        snapshots.send_if_modified(|kept| {
            let is_told = (kept.disk_refuses, kept.disk_is_full) == (true, is_full);
            if !is_told {
                let kept = Arc::make_mut(kept);
                (kept.disk_refuses, kept.disk_is_full) = (true, is_full);
            }
            !is_told
        });
    }

    /// Frames have left; tells whether all have, and the peer is owed more.
    fn has_room(&mut self, peer: PublicKey, frames: u32) -> bool {
        let waiting = self.on_the_way.entry(peer).or_default();
        *waiting = waiting.saturating_sub(frames);
        *waiting == 0 && self.clerk.replicator().owes(&peer)
    }

    /// Does what time brings; tells whether anything was due.
    fn tick(&mut self) -> bool {
        if let Err(error) = self.store.cut_log() {
            self.break_off_unless_full(&error);
        }
        let now_ms = self.clock.monotonic_ms();
        let compare = self.clerk.deadline().is_some_and(|at| now_ms >= at);
        let publish = self.published_at_ms.is_none_or(|at| now_ms >= at + PUBLISH_EVERY_MS);
        // A box that hears of others on a USB key alone has no peer to compare with, and its weeks end all the same.
        if compare || publish {
            self.replicate(Input::Tick);
            self.clerk.renew(self.clock.now(), &mut self.rng);
        }
        if publish {
            self.publish();
        }
        self.keep_tallies();
        self.cut_access();
        let carried_out = self.carry_out_intents();
        self.look_aside() || carried_out || compare || publish
    }

    /// Looks which damaged databases are still there; tells whether a person has moved one away, or one has come.
    fn look_aside(&mut self) -> bool {
        let before = std::mem::replace(&mut self.aside, set_aside_files(&self.ground.database));
        before != self.aside
    }

    fn replicate(&mut self, input: Input) {
        let members = self.clerk.roster().clone();
        self.clerk.handle(self.clock.now(), input);
        if *self.clerk.roster() != members {
            // A new member may be one to whom slots are passed on in advance.
            self.publish();
        }
    }

    fn publish(&mut self) {
        self.published_at_ms = Some(self.clock.monotonic_ms());
        let acts = publish::publish(&mut self.clerk, &self.openings, &self.clock, &mut self.rng);
        if acts > 0 {
            tracing::info!(acts, "openings published");
        }
    }

    fn book(&mut self, order: &BookOrder, group: &mut Group) -> Result<ActRef, Refusal> {
        if let Some(known) = order.nonce.as_deref().and_then(|nonce| group.known_nonce(nonce)) {
            return Ok(known);
        }
        if let Some(refusal) = self.disk.refusal() {
            return Err(refusal);
        }
        if let Some(double) = self.double(order) {
            return Err(Refusal::Double(double));
        }
        let request = Request {
            slot: order.slot,
            service: order.service.clone(),
            booth: order.booth,
            details: order.details.to_bytes(),
        };
        let booked = self.clerk.book(self.clock.now(), &request, &mut self.rng)?;
        group.nonces.extend(order.nonce.clone().map(|nonce| (nonce, booked)));
        group.booked.push(booked);
        Ok(booked)
    }

    fn known_nonce(&self, nonce: &str) -> Option<ActRef> {
        let act = self.store.nonce(nonce).ok().flatten()?;
        postcard::from_bytes(&act).ok()
    }
}

/// Once the disk refuses: what would change the calendar is refused before the clerk hears of it. The rest
/// comes back: a form that was kept is still answered with its appointment, and what is there can be read.
fn refuse(command: Command, refusal: Refusal) -> Option<Command> {
    match command {
        Command::Move(_, _, reply) => answer(reply, Err(refusal)),
        Command::Cancel(_, _, reply)
        | Command::CancelAt(_, _, _, reply)
        | Command::TakeBack(_, reply)
        | Command::Amend(_, _, _, reply)
        | Command::Arrived(_, reply)
        | Command::Outcome(_, _, _, reply)
        | Command::Reachable { reply, .. }
        | Command::Enrol(_, reply)
        | Command::Replace(_, _, reply)
        | Command::Revoke(_, reply) => answer(reply, Err(refusal)),
        Command::Settle(_, _, reply) => answer(reply, Err(refusal)),
        Command::Territory(reply) => answer(reply, Err(refusal)),
        Command::Export(_, _, reply) => answer(reply, Err(refusal)),
        Command::Slip(_, _, _, reply) => answer(reply, Err(refusal)),
        Command::Import(_, _, reply) => answer(reply, Err(refusal)),
        Command::RestorationSeen(reply) | Command::Opening(_, reply) => answer(reply, Err(refusal)),
        Command::AddAccount(_, reply) | Command::ChangeAccount(_, reply) | Command::RemoveAccount(_, reply) => {
            answer(reply, Err(refusal));
        }
        Command::Up(_)
        | Command::Down(_)
        | Command::Frame(..)
        | Command::Written(..)
        | Command::Tally(..)
        | Command::Tick => {}
        Command::Book(..) | Command::Details(..) | Command::Search(..) | Command::Tallies(_) | Command::Access(..) => {
            return Some(command);
        }
    }
    None
}

fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("who asked has gone");
    }
}
