// SPDX-License-Identifier: EUPL-1.2
//! A point and an agency, each a keeper over its own folder; what they say to each other passes by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crdt_calendar::act::{Act, Description, Enrolment, Role};
use crdt_calendar::clerk::Policy;
use crdt_calendar::fold::offers::Way;
use crdt_calendar::folio::{Batch, Folio};
use crdt_calendar::ids::{BoothId, Incarnation, MemberId, PublicKey, SlotId, Writer};
use crdt_calendar::roster::{Genesis, RootStatement, roster_folio};
use crdt_calendar::time::UtcMinute;
use ed25519_dalek::SigningKey;
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::home::Home;
use crate::replica::command::{BookOrder, Command, Outgoing};
use crate::replica::keeper::Keeper;
use crate::replica::keeper::group::Group;
use crate::replica::{Details, Openings, ReplicaConfig, Reserved, Snapshot, StartError, Weekday};
use crate::replica::{Refusal, WeeklyOpening};

/// A Monday, local: the whole week lies ahead.
const NOW: &str = "2027-03-01T07:00:00Z";
/// Frames that wait between two boxes: more than they ever say.
const FRAMES_MAX: usize = 65_536;
/// Rounds of a conversation: more than any takes.
const ROUNDS_MAX: usize = 10_000;

/// The papers, and the folders of two members.
pub(super) struct Village {
    pub(super) folder: tempfile::TempDir,
    genesis: Genesis,
    statement: RootStatement,
    roster: Batch,
}

/// A box that runs.
pub(super) struct Running {
    pub(super) home: Home,
    pub(super) keeper: Keeper,
    outgoing: mpsc::Receiver<Outgoing>,
    snapshots: watch::Sender<Arc<Snapshot>>,
}

pub(super) fn id(name: &str) -> MemberId {
    MemberId::new(name).expect("a name")
}

fn root() -> SigningKey {
    SigningKey::from_bytes(&[200; 32])
}

fn clock() -> Clock {
    let at: jiff::Timestamp = NOW.parse().expect("a time");
    let system = Clock::new(0, "Europe/Paris").expect("a zone").unix_ms();
    Clock::new(at.as_millisecond() - system, "Europe/Paris").expect("a zone")
}

/// The minute in which all of it happens.
pub(super) fn now() -> UtcMinute {
    clock().minute()
}

impl Village {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let genesis = Genesis { name: "Lot".to_owned(), root: PublicKey(root().verifying_key().to_bytes()) };
        let centre = SigningKey::from_bytes(&[1; 32]);
        let writer = Writer { key: PublicKey(centre.verifying_key().to_bytes()), incarnation: Incarnation([1; 8]) };
        let statement = RootStatement::sign(genesis.territory(), 1, writer, None, &root());
        let mut roster = Folio::new(genesis.territory(), roster_folio(writer));
        let mut enrol = |name: &str, role, key| {
            let enrolment = Enrolment { member: id(name), role, name: name.to_owned(), place: None, key };
            roster.append(&Act::Enrol(enrolment), &centre).expect("room");
        };
        enrol("centre", Role::Coordination, writer.key);
        for (name, role) in [("bourg", Role::Point), ("caisse", Role::Agency)] {
            let home = Home::create(&folder.path().join(name)).expect("a box");
            enrol(name, role, home.public_key().expect("a key"));
        }
        let roster = roster.after(0).expect("a head");
        Self { folder, genesis, statement, roster }
    }

    pub(super) fn home(&self, name: &str) -> Home {
        Home::open(&self.folder.path().join(name)).expect("a box")
    }

    /// What the root said after the papers.
    pub(super) fn later_statement(&self) -> RootStatement {
        RootStatement::sign(self.genesis.territory(), 2, self.statement.coordination, None, &root())
    }

    /// Starts a box as a node does. `kept` is called once a new life is durable, before anything else.
    pub(super) fn try_start(
        &self,
        home: Home,
        is_point: bool,
        kept: impl Fn() + Send + 'static,
    ) -> Result<Running, StartError> {
        let (folder, seen) = (home.clone(), home.clone());
        let key = home.public_key().expect("a key");
        let config = ReplicaConfig {
            database: home.file("hameau.db"),
            key: home.key().expect("a key"),
            incarnation: home.incarnation().expect("a life"),
            previous: home.previous_incarnation().expect("readable").map(|incarnation| Writer { key, incarnation }),
            genesis: self.genesis.clone(),
            statement: self.statement.clone(),
            earlier: Vec::new(),
            rosters: vec![self.roster.clone()],
            description: description(is_point),
            openings: openings(is_point),
            policy: Policy::default(),
            clock: clock(),
            anew: home.anew().expect("readable"),
            keep_seen: Box::new(move || seen.anew_seen().is_ok()),
            keep_life: Box::new(move |new| folder.keep_life(&new).inspect(|()| kept())),
        };
        let (outbox, outgoing) = mpsc::channel(FRAMES_MAX);
        let mut keeper = Keeper::open(config, outbox)?;
        let snapshots = watch::Sender::new(Arc::new(keeper.snapshot()));
        keeper.begin(&snapshots)?;
        Ok(Running { home, keeper, outgoing, snapshots })
    }

    pub(super) fn start(&self, name: &str) -> Running {
        self.try_start(self.home(name), name != "caisse", || {}).expect("it starts")
    }
}

fn description(is_point: bool) -> Description {
    if is_point {
        return Description { booths: vec![(BoothId(1), "Cabine".to_owned())], ..Description::default() };
    }
    Description { desks: vec![(1, "Guichet 1".to_owned())], ..Description::default() }
}

/// Two days of half hours, all of them passed on to the point in advance.
fn openings(is_point: bool) -> Openings {
    if is_point {
        return Openings::default();
    }
    let time = |text: &str| text.parse().expect("a time");
    let days = vec![Weekday::Thursday, Weekday::Friday];
    let reserved =
        days.iter().map(|day| Reserved { point: id("bourg"), desk: 1, day: *day, from: time("09:00"), count: 16 });
    Openings {
        weeks_ahead: 1,
        reserved: reserved.collect(),
        weekly: vec![WeeklyOpening { desk: 1, days, from: time("09:00"), to: time("17:00"), step_min: 30 }],
        services: vec![(id("carte"), 30)],
        closed: Arc::default(),
    }
}

impl Running {
    pub(super) fn writer(&self) -> Writer {
        self.keeper.clerk.writer()
    }

    /// Obeys commands as one group.
    pub(super) fn obey(&mut self, commands: impl IntoIterator<Item = Command>) {
        let mut group = Group::default();
        for command in commands {
            self.keeper.obey(command, &mut group, &self.snapshots);
        }
        self.keeper.finish(group, &self.snapshots);
    }

    /// Slots that this point holds and has not booked.
    pub(super) fn free(&self) -> Vec<SlotId> {
        let snapshot = self.keeper.snapshot();
        let offers = snapshot.offers(&id("caisse"), &id("carte"), clock().minute(), 100);
        let held = offers.iter().filter(|it| it.offer.way == Way::Held);
        held.map(|it| snapshot.slot(it.slot).expect("offered")).collect()
    }

    /// A form, and where its answer comes.
    pub(super) fn form(slot: SlotId) -> (Command, oneshot::Receiver<Result<crdt_calendar::ids::ActRef, Refusal>>) {
        let details = Details::new("Rose", "", &"s".repeat(300)).expect("details");
        let nonce = Some(format!("form of slot {}", slot.index));
        let order = BookOrder { slot, service: id("carte"), booth: None, details, nonce, despite: None };
        let (reply, answer) = oneshot::channel();
        (Command::Book(Box::new(order), reply), answer)
    }

    pub(super) fn book(&mut self, slot: SlotId) -> Result<crdt_calendar::ids::ActRef, Refusal> {
        let (form, mut answer) = Self::form(slot);
        self.obey([form]);
        answer.try_recv().expect("answered")
    }
}

/// Both connect and say all, or until the first has had enough.
pub(super) fn meet(one: &mut Running, other: &mut Running, enough: impl Fn(&Running) -> bool) {
    let keys = [one.writer().key, other.writer().key];
    for (running, peer) in [(&mut *one, keys[1]), (&mut *other, keys[0])] {
        while running.outgoing.try_recv().is_ok() {}
        running.obey([Command::Down(peer)]);
        running.obey([Command::Up(peer)]);
    }
    for _ in 0..ROUNDS_MAX {
        if enough(one) {
            return;
        }
        let said = say(one, other) + say(other, one);
        if said == 0 {
            return;
        }
    }
    panic!("they talk for ever");
}

/// What one box has to say reaches the other; tells how many frames.
fn say(from: &mut Running, to: &mut Running) -> u32 {
    let (own, peer) = (from.writer().key, to.writer().key);
    let mut frames = 0;
    while let Ok(outgoing) = from.outgoing.try_recv() {
        match outgoing {
            Outgoing::Frame(_, bytes) => {
                frames += 1;
                to.obey([Command::Frame(own, bytes)]);
            }
            Outgoing::Anew(_) => {}
            Outgoing::Cut(peer, why) => panic!("{own} cuts {peer}: {why:?}"),
        }
    }
    from.obey([Command::Written(peer, frames)]);
    frames
}

/// A folder as a kill would leave it now.
pub(super) fn copied(from: &Path, into: PathBuf) -> PathBuf {
    std::fs::create_dir(&into).expect("made");
    for file in std::fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        if !file.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(file.path(), into.join(file.file_name())).expect("copied");
        }
    }
    into
}
