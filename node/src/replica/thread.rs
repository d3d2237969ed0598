// SPDX-License-Identifier: EUPL-1.2
//! The replica's one thread: takes a command, lets the clerk act, keeps, sends, answers.
//!
//! Order is the promise: fsync, then send, then answer. When the disk refuses once, nothing more is
//! acknowledged, sent or shown until the node is started again: what is in memory may not be on the disk.
//! The last snapshot that the disk kept stays in sight, and says so.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use crdt_calendar::act::Description;
use crdt_calendar::clerk::{Clerk, Effect, Patch, Request};
use crdt_calendar::folio::{Accepted, Batch, Folio, GateError};
use crdt_calendar::ids::{ActRef, FolioId, Incarnation, Leaf, MemberId, PublicKey, Writer};
use crdt_calendar::profile::Profile;
use crdt_calendar::replicator::{self, Input};
use crdt_calendar::roster::{Genesis, RootStatement, Roster, roster_folio};
use crdt_calendar::shelf::{Shelf, StatementError};
use crdt_calendar::time::IsoWeek;
use ed25519_dalek::SigningKey;
use tokio::sync::{mpsc, oneshot, watch};

use super::details::Details;
use super::handle::{BookOrder, Command, Outgoing, Refusal, Replica, Reply};
use super::publish::{self, Openings};
use super::snapshot::Snapshot;
use crate::clock::Clock;
use crate::lang::either;
use crate::store::{ProcedureHit, ProcedureRow, Store, StoreError};

/// Commands waiting for the replica. Beyond it, askers wait their turn.
const COMMANDS_MAX: usize = 256;
/// Frames waiting for the network. Beyond it, the replica waits.
const OUTGOING_MAX: usize = 1024;
/// Openings are looked over again this often, in milliseconds: a new week comes into sight at midnight.
const PUBLISH_EVERY_MS: u64 = 10 * 60 * 1000;

/// What a replica needs to start.
pub struct ReplicaConfig {
    /// The database file.
    pub database: PathBuf,
    /// The box's key.
    pub key: SigningKey,
    /// The box's life.
    pub incarnation: Incarnation,
    /// The box that this one follows in its line, if any.
    pub previous: Option<Writer>,
    /// The territory.
    pub genesis: Genesis,
    /// What names the coordination.
    pub statement: RootStatement,
    /// The roster as it came with the enrolment.
    pub roster: Option<Batch>,
    /// What the member says of itself.
    pub description: Description,
    /// An agency's hours.
    pub openings: Openings,
    /// The clock.
    pub clock: Clock,
}

/// Why a replica does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The territory's papers.
    #[error("{}", either(
        format!("les papiers de cette boîte sont faux : {} ; redemandez-les à la coordination", .0),
        format!("this node's papers are wrong: {}; ask the coordination for them again", .0)))]
    Statement(#[from] StatementError),
    /// The roster in them.
    #[error("{}", either(
        format!("les papiers de cette boîte sont faux : leur registre ne se vérifie pas ({}) ; redemandez-les", .0),
        format!("this node's papers are wrong: their roster does not verify ({}); ask for them again", .0)))]
    Roster(#[from] GateError),
    /// Its own first words cannot be kept.
    #[error("{}", either(
        format!("la boîte ne peut pas écrire son registre : {}", .0),
        format!("the node cannot write its register: {}", .0)))]
    Write(String),
    /// The system refuses a thread.
    #[error("{}", either(
        format!("le système refuse de lancer le registre : {}", .0),
        format!("the system refuses to start the register: {}", .0)))]
    Thread(#[from] std::io::Error),
}

impl Replica {
    /// Reads what was kept, says the box's first words if it has not begun, and starts the thread. The
    /// thread ends when every handle is gone.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(config: ReplicaConfig) -> Result<(Self, mpsc::Receiver<Outgoing>, JoinHandle<()>), StartError> {
        let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
        let (outbox, outgoing) = mpsc::channel(OUTGOING_MAX);
        let mut keeper = Keeper::open(config, outbox)?;
        let (publisher, snapshots) = watch::channel(Arc::new(keeper.snapshot()));
        keeper.begin(&publisher)?;
        let thread =
            std::thread::Builder::new().name("replica".to_owned()).spawn(move || keeper.run(inbox, &publisher))?;
        Ok((Self { commands, snapshots }, outgoing, thread))
    }
}

struct Keeper {
    clerk: Clerk,
    store: Store,
    clock: Clock,
    previous: Option<Writer>,
    description: Description,
    openings: Openings,
    outbox: mpsc::Sender<Outgoing>,
    rng: SystemRng,
    broken: bool,
    published_at_ms: Option<u64>,
    /// Frames sent to each peer since its last Up, and not yet written.
    on_the_way: BTreeMap<PublicKey, u32>,
    roster: Arc<Roster>,
    profiles: Arc<BTreeMap<MemberId, Profile>>,
}

impl Keeper {
    fn open(config: ReplicaConfig, outbox: mpsc::Sender<Outgoing>) -> Result<Self, StartError> {
        let mut store = Store::open(&config.database)?;
        let territory = config.genesis.territory();
        let mut shelf = Shelf::new(config.genesis, config.statement, config.clock.minute().week())?;
        let writer = Writer { key: PublicKey(config.key.verifying_key().to_bytes()), incarnation: config.incarnation };
        let (folios, damaged) = store.folios(territory, writer)?;
        if damaged > 0 {
            tracing::warn!(damaged, "damaged folios were dropped; peers have them");
        }
        for folio in folios {
            shelf.restore(folio);
        }
        if let Some(batch) = &config.roster {
            let held = shelf.folio(&batch.folio).map_or(0, Folio::seq);
            if let Accepted::New(_) = shelf.accept(batch)? {
                store.keep(shelf.folio(&batch.folio).map(|folio| (folio, held)), &[], None)?;
            }
        }
        let secrets = store.secrets()?;
        let clerk = Clerk::new(config.key, config.incarnation, shelf, secrets);
        let mut keeper = Self {
            clerk,
            store,
            clock: config.clock,
            previous: config.previous,
            description: config.description,
            openings: config.openings,
            outbox,
            rng: SystemRng,
            broken: false,
            published_at_ms: None,
            on_the_way: BTreeMap::new(),
            roster: Arc::default(),
            profiles: Arc::default(),
        };
        keeper.read_members();
        Ok(keeper)
    }

    fn begin(&mut self, snapshots: &watch::Sender<Arc<Snapshot>>) -> Result<(), StartError> {
        let now = self.clock.now();
        let written =
            self.clerk.begin(now, self.previous).and_then(|()| self.clerk.describe(now, self.description.clone()));
        written.map_err(|error| StartError::Write(error.to_string()))?;
        self.publish();
        self.carry_out(None).map_err(|refusal| StartError::Write(refusal.to_string()))?;
        self.read_members();
        snapshots.send_replace(Arc::new(self.snapshot()));
        Ok(())
    }

    fn run(mut self, mut inbox: mpsc::Receiver<Command>, snapshots: &watch::Sender<Arc<Snapshot>>) {
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
            Command::Roster(reply) => {
                let roster = self.roster_batch();
                answer(reply, roster);
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
        Ok(booked)
    }

    fn known_nonce(&self, nonce: &str) -> Option<ActRef> {
        let act = self.store.nonce(nonce).ok().flatten()?;
        postcard::from_bytes(&act).ok()
    }

    /// What the clerk said, if the disk keeps it.
    fn done(&mut self, done: Result<(), Refusal>) -> Result<(), Refusal> {
        let kept = self.carry_out(None);
        done.and(kept)
    }

    fn log_refusal(&mut self) {
        if let Err(refusal) = self.carry_out(None) {
            tracing::error!(%refusal, "not kept");
        }
    }

    /// Carries out the clerk's effects: one commit for all that must be kept, then what is sent.
    fn carry_out(&mut self, nonce: Option<(&str, &[u8])>) -> Result<(), Refusal> {
        let mut keep: BTreeMap<FolioId, u32> = BTreeMap::new();
        let mut secrets = Vec::new();
        let mut sends = Vec::new();
        while let Some(effect) = self.clerk.poll() {
            match effect {
                Effect::KeepSecret(week) => {
                    secrets.extend(self.clerk.secret(week).map(|secret| (week.0, *secret.bytes())));
                }
                Effect::Replicate(replicator::Effect::Keep { folio, held }) => {
                    let first = keep.entry(folio).or_insert(held);
                    *first = held.min(*first);
                }
                Effect::Replicate(replicator::Effect::Send { peer, bytes }) => {
                    sends.push(Outgoing::Frame(peer, Bytes::from(bytes)));
                }
                Effect::Replicate(replicator::Effect::Cut(peer)) => sends.push(Outgoing::Cut(peer)),
            }
        }
        if self.broken {
            return Err(Refusal::Disk);
        }
        if !(keep.is_empty() && secrets.is_empty() && nonce.is_none()) {
            self.keep(&keep, &secrets, nonce)?;
        }
        for outgoing in sends {
            if let Outgoing::Frame(peer, _) = &outgoing {
                *self.on_the_way.entry(*peer).or_default() += 1;
            }
            if self.outbox.blocking_send(outgoing).is_err() {
                tracing::debug!("the network has stopped");
                break;
            }
        }
        Ok(())
    }

    fn keep(
        &mut self,
        keep: &BTreeMap<FolioId, u32>,
        secrets: &[(u16, [u8; 32])],
        nonce: Option<(&str, &[u8])>,
    ) -> Result<(), Refusal> {
        let shelf = self.clerk.shelf();
        let folios = keep.iter().filter_map(|(id, held)| shelf.folio(id).map(|folio| (folio, *held)));
        let nonce = nonce.map(|(nonce, act)| (nonce, act, self.clock.unix_ms() / 1000));
        if let Err(error) = self.store.keep(folios, secrets, nonce) {
            tracing::error!(%error, "the disk refuses: nothing more is acknowledged until the node is started again");
            self.broken = true;
            return Err(Refusal::Disk);
        }
        if keep.keys().any(|id| !matches!(id.leaf, Leaf::Week(_))) {
            self.read_members();
        }
        Ok(())
    }

    /// Reads roster and profiles anew, and the index of procedures that rests on them.
    fn read_members(&mut self) {
        let shelf = self.clerk.shelf();
        let roster = Arc::new(shelf.roster().clone());
        let current = |id: &MemberId| Some((id.clone(), shelf.profile(roster.current(id)?)?));
        let profiles: BTreeMap<MemberId, Profile> = roster.members().filter_map(|(id, _)| current(id)).collect();
        if profiles == *self.profiles && roster == self.roster {
            return;
        }
        let rows = procedure_rows(&profiles);
        if let Err(error) = self.store.index_procedures(&rows) {
            tracing::warn!(%error, "the index of procedures is not up to date");
        }
        self.roster = roster;
        self.profiles = Arc::new(profiles);
    }

    fn roster_batch(&self) -> Result<(Genesis, RootStatement, Batch), Refusal> {
        let shelf = self.clerk.shelf();
        let folio = roster_folio(shelf.statement().coordination);
        let batch = shelf.folio(&folio).and_then(|folio| folio.after(0)).ok_or(Refusal::Stopping)?;
        Ok((shelf.genesis().clone(), shelf.statement().clone(), batch))
    }

    fn details(&self, ids: Vec<ActRef>) -> BTreeMap<ActRef, Details> {
        let open = |id: ActRef| {
            let bytes = self.clerk.open_details(&id).ok()?;
            Some((id, Details::from_bytes(&bytes).ok()?))
        };
        ids.into_iter().filter_map(open).collect()
    }

    fn search(&self, words: &str) -> Vec<ProcedureHit> {
        self.store.search_procedures(words).unwrap_or_else(|error| {
            tracing::warn!(%error, "the index of procedures does not answer");
            Vec::new()
        })
    }

    fn snapshot(&self) -> Snapshot {
        let shelf = self.clerk.shelf();
        Snapshot {
            territory_name: shelf.genesis().name.clone(),
            territory: shelf.territory(),
            writer: self.clerk.writer(),
            member: self.clerk.member().cloned(),
            roster: Arc::clone(&self.roster),
            profiles: Arc::clone(&self.profiles),
            weeks: self.clerk.weeks().clone(),
            known_at: self.known_at(),
            disk_refuses: self.broken,
        }
    }

    fn known_at(&self) -> BTreeMap<IsoWeek, Vec<PublicKey>> {
        let own = |week: &IsoWeek| FolioId { writer: self.clerk.writer(), leaf: Leaf::Week(*week) };
        let replicator = self.clerk.replicator();
        let holders = |week: &IsoWeek| {
            let seq = self.clerk.shelf().folio(&own(week))?.seq();
            let peers = replicator.peers().filter(|peer| replicator.is_held_by(peer, &own(week), seq));
            Some((*week, peers.copied().collect()))
        };
        self.clerk.weeks().keys().filter_map(holders).collect()
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
        | Command::Enrol(_, reply) => answer(reply, Err(Refusal::Disk)),
        Command::Roster(reply) => answer(reply, Err(Refusal::Disk)),
        Command::Up(_) | Command::Down(_) | Command::Frame(..) | Command::Written(..) | Command::Tick => {}
        Command::Book(..) | Command::Details(..) | Command::Search(..) => return Some(command),
    }
    None
}

fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("who asked has gone");
    }
}

fn procedure_rows(profiles: &BTreeMap<MemberId, Profile>) -> Vec<ProcedureRow> {
    let mut rows = Vec::new();
    for (member, profile) in profiles {
        for procedure in &profile.description.procedures {
            // Addresses come from another member: only what a browser opens safely is shown.
            let url = procedure.url.clone().filter(|url| url.starts_with("https://"));
            rows.push(ProcedureRow {
                keywords: procedure.keywords.join(" "),
                hit: ProcedureHit {
                    member: member.to_string(),
                    title: procedure.title.clone(),
                    summary: procedure.summary.clone(),
                    url,
                    service: procedure.service.as_ref().map(ToString::to_string),
                },
            });
        }
    }
    rows
}

/// The system's randomness.
struct SystemRng;

impl rand_core::TryRng for SystemRng {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        // A system without randomness cannot seal anything: stopping is the only safe answer.
        getrandom::fill(bytes).expect("the system has randomness");
        Ok(())
    }
}

impl rand_core::TryCryptoRng for SystemRng {}
