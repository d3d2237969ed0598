// SPDX-License-Identifier: EUPL-1.2
//! The keeper on the replica's thread: takes the commands that wait, lets the clerk act, keeps, sends, answers.
//!
//! Order is the promise: fsync, then send, then answer (`group`, `effects`). What it knows is read in `knowledge`,
//! what it stands on in `ground`, what each command comes to in `obeying`, and what it does without room on the disk in
//! `room`.

mod access;
mod accounts;
mod calls;
mod carried;
mod colleagues;
mod double;
mod effects;
mod ground;
mod group;
mod intents;
mod knowledge;
mod notes;
mod obeying;
mod pace;
mod queue;
mod receipts;
mod room;
mod seekers;
mod tallies;
#[cfg(test)]
mod tests;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crdt_calendar::act::Description;
use crdt_calendar::clerk::Clerk;
use crdt_calendar::fold::terms::Days;
use crdt_calendar::ids::{ActRef, FolioId, MemberId, PublicKey, Writer};
use crdt_calendar::profile::Profile;
use crdt_calendar::replicator::{Input, Receipts};
use tokio::sync::{mpsc, watch};

use super::anew::Anew;
use super::command::{Command, Outgoing};
use super::publish::{self, Openings};
use super::randomness::SystemRng;
use super::snapshot::Snapshot;
use super::thread::{ReplicaConfig, StartError};
use crate::account::{Account, AccountName};
use crate::clock::Clock;
use crate::store::{Counted, Intent, Seeker, Store, Wish, set_aside_files};
use ground::{Ground, Read};
use group::{GROUP_MAX, Group};
use pace::Pace;
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
    /// Why this box lives anew, while nobody has seen what to do; and what keeps that somebody has.
    anew: Option<Anew>,
    keep_seen: Box<dyn Fn() -> bool + Send>,
    rng: SystemRng,
    disk: Disk,
    pace: Pace,
    /// Peers whose connection stands.
    peers: BTreeSet<PublicKey>,
    /// Whether this box found its own registers damaged, or gone, when it started.
    began_anew: bool,
    /// Registers of others that were damaged on this disk.
    dropped: Vec<FolioId>,
    published_at_ms: Option<u64>,
    /// Frames sent to each peer since its last Up, and not yet written.
    on_the_way: BTreeMap<PublicKey, u32>,
    profiles: Arc<BTreeMap<MemberId, Profile>>,
    /// When days begin here.
    days: Arc<Days>,
    /// What was counted before it was erased.
    counted: Arc<Counted>,
    /// Names of damaged databases that are set aside, as they were a second ago.
    aside: Vec<String>,
    /// Counted, and not kept yet.
    counts_waiting: Vec<tallies::Count>,
    /// What peers keep of this box's folios, as it was written last.
    receipts_written: Receipts,
    /// When that was, on the monotonic clock.
    receipts_kept_at_ms: u64,
    /// Who may open the staff doors.
    accounts: Arc<BTreeMap<AccountName, Account>>,
    /// What is going to become of appointments of this point.
    intents: Arc<BTreeMap<ActRef, Intent>>,
    /// The people of coming appointments, to know them again.
    expected: double::Expected,
    /// Appointments on which this agency has a note.
    noted: Arc<BTreeSet<ActRef>>,
    /// Who waits for an earlier time.
    wishes: Arc<BTreeMap<ActRef, Wish>>,
    /// For what, of those who have no appointment.
    seekers: Arc<BTreeMap<ActRef, Seeker>>,
    /// Desks of this agency that are closed to others in the minutes of an appointment: see `colleagues`.
    colleagues: Arc<BTreeMap<ActRef, u8>>,
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
        let ReplicaConfig { description, openings, policy, clock, keep_life, anew, keep_seen, .. } = config;
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
            anew,
            keep_seen,
            rng: SystemRng,
            disk: Disk::Keeps,
            pace: Pace::default(),
            peers: BTreeSet::new(),
            began_anew: over.is_some() || (last.is_some() && last != previous),
            dropped,
            published_at_ms: None,
            on_the_way: BTreeMap::new(),
            profiles: Arc::default(),
            days: Arc::default(),
            counted,
            aside,
            counts_waiting: Vec::new(),
            receipts_written: Receipts::new(),
            receipts_kept_at_ms: 0,
            accounts,
            intents: Arc::default(),
            expected: double::Expected::default(),
            noted: Arc::default(),
            wishes: Arc::default(),
            seekers: Arc::default(),
            colleagues: Arc::default(),
            access_cut_at_ms: None,
        };
        keeper.read_wishes()?;
        keeper.read_intents()?;
        keeper.read_colleagues()?;
        keeper.read_receipts();
        keeper.read_notes();
        keeper.read_profiles();
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
        self.keep_receipts();
    }

    /// Shows the calendar as it is now; of a disk that refuses, no more than what it kept.
    fn show(&self, snapshots: &watch::Sender<Arc<Snapshot>>) {
        if self.disk == Disk::Keeps {
            let mut new = self.snapshot();
            new.names = snapshots.borrow().names.of(&new.weeks);
            snapshots.send_replace(Arc::new(new));
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
        self.tend_receipts();
        self.cut_access();
        let carried_out = self.carry_out_intents();
        let ended = self.end_wishes() | self.end_colleagues();
        // What was passed or withdrawn may have been kept, and its closing not: the power went in between.
        let shut = self.shut_for_one() > 0;
        self.look_aside() || carried_out || ended || shut || compare || publish
    }

    /// Looks which damaged databases are still there; tells whether a person has moved one away, or one has come.
    fn look_aside(&mut self) -> bool {
        let before = std::mem::replace(&mut self.aside, set_aside_files(&self.ground.database));
        before != self.aside
    }

    fn replicate(&mut self, input: Input) {
        let members = Arc::clone(self.clerk.roster());
        self.clerk.handle(self.clock.now(), input);
        if !Arc::ptr_eq(self.clerk.roster(), &members) {
            // A new member may be one to whom slots are passed on in advance.
            self.publish();
        }
    }

    fn publish(&mut self) {
        self.published_at_ms = Some(self.clock.monotonic_ms());
        self.days = Arc::new(self.clock.days());
        self.clerk.set_days(Days::clone(&self.days));
        let passed = self.passed();
        let acts = self.shut_for_one()
            + publish::publish(&mut self.clerk, &self.openings, &passed, &self.clock, &mut self.rng);
        if acts > 0 {
            tracing::info!(acts, "openings published");
        }
    }
}
