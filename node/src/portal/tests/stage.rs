// SPDX-License-Identifier: EUPL-1.2
//! A territory of four members in a temporary folder, at 09:50 on Tuesday 2 March 2027.

mod restarts;
mod territory;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crdt_calendar::act::{Role, Terms};
use crdt_calendar::fold::offers::Way;
use crdt_calendar::ids::PublicKey;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::browser::ACCOUNTS;
pub(super) use super::browser::{Browser, DEADLINE, OFFICE, PASSWORD, PORT, Page};
pub(super) use territory::{CPAM, GRAMAT, LOT, PUY, agency_with, new_key};
use territory::{MEMBERS, RESERVED, clock, config, founded, id, pool, writer};

use crate::account::AccountRole;
use crate::call::calendar::CalendarGate;
use crate::call::documents::Documents;
use crate::call::rtc::RtcLegs;
use crate::call::{Calls, CallsConfig};
use crate::certificate::Certificates;
use crate::clock::Clock;
use crate::config::{OfficeName, OfficeSettings};
use crate::devices::Devices;
use crate::directory::Directory;
use crate::home::Home;
use crate::link::{Link, LinkConfig, Relays};
use crate::portal::entrance::Entrance;
use crate::portal::{App, PortalConfig};
use crate::presence::Presence;
use crate::reach::Reach;
use crate::replica::{Outgoing, Replica, ReplicaConfig, Snapshot, WeeklyOpening};

/// The territory, running.
pub(super) struct Stage {
    pub replicas: BTreeMap<&'static str, Replica>,
    apps: BTreeMap<&'static str, Arc<App>>,
    _reaches: Vec<watch::Sender<BTreeMap<PublicKey, Reach>>>,
    stop: CancellationToken,
    folder: tempfile::TempDir,
}

/// Who works at a member of this kind.
fn staff(role: Role) -> AccountRole {
    match role {
        Role::Point => AccountRole::Animateur,
        Role::Agency => AccountRole::Advisor,
        Role::Coordination => AccountRole::Coordination,
    }
}

impl Stage {
    /// Starts everyone, connected to everyone, and waits until the points see free times.
    pub(super) async fn set() -> Self {
        Self::built(|_| {}).await
    }

    /// The same where the agency lays this down; nothing of it takes away a free time yet.
    pub(super) async fn set_with(terms: Terms) -> Self {
        Self::built(|config| config.policy.terms = terms.clone()).await
    }

    /// The same with further hours of the agency.
    pub(super) async fn with(more: Vec<WeeklyOpening>) -> Self {
        Self::built(|config| config.openings.weekly.extend(more.iter().cloned())).await
    }

    /// The same where the agency has a second desk on two days, and a second service that both take.
    pub(super) async fn pooled() -> Self {
        Self::built(pool).await
    }

    async fn built(change: impl Fn(&mut ReplicaConfig)) -> Self {
        crate::install_crypto().expect("one provider");
        let folder = tempfile::tempdir().expect("a folder");
        let (genesis, statement, roster) = founded();
        let stop = CancellationToken::new();
        let mut replicas = BTreeMap::new();
        let mut outgoing = Vec::new();
        let mut apps = BTreeMap::new();
        let mut reaches = Vec::new();
        for (name, role, seed) in MEMBERS {
            let papers = (genesis.clone(), statement.clone(), roster.clone());
            let mut config = config(folder.path(), (name, role, seed), papers);
            if role == Role::Agency {
                change(&mut config);
            }
            let (replica, frames, _thread) = Replica::start(config).expect("a replica");
            outgoing.push((writer(seed).key, frames));
            for account in ACCOUNTS.iter() {
                assert_eq!(replica.add_account(account.clone()).await, Ok(true));
            }
            let (sender, reached) = watch::channel(MEMBERS.iter().map(|it| (writer(it.2).key, Reach::Lan)).collect());
            reaches.push(sender);
            let mut portal = portal(&replica, seed, &stop, reached).await;
            portal.directory = Directory::of(folder.path());
            portal.telephone = (name == PUY).then(|| "05 65 00 00 99".to_owned());
            portal.certificates = Some(certificates(&folder.path().join(format!("box of {name}"))));
            apps.insert(name, Arc::new(App::new(portal, PORT)));
            replicas.insert(name, replica);
        }
        let by_key: BTreeMap<PublicKey, Replica> =
            MEMBERS.iter().map(|(name, _, seed)| (writer(*seed).key, replicas[name].clone())).collect();
        for (own, replica) in &by_key {
            for peer in by_key.keys().filter(|peer| *peer != own) {
                replica.up(*peer).await;
            }
        }
        // As the mesh promises: both sides know of a connection before the first frame passes it.
        for (own, frames) in outgoing {
            tokio::spawn(carry(own, frames, by_key.clone()));
        }
        let stage = Self { replicas, apps, _reaches: reaches, stop, folder };
        // The agency has passed the reserved times on; then both points have heard all of its weeks.
        let offers = |it: &Snapshot| it.offers(&id(CPAM), &id("carte-vitale"), clock().minute(), 400);
        let held = |it: &Snapshot| offers(it).iter().filter(|it| it.offer.way == Way::Held).count();
        stage.until(PUY, |it| held(it) == RESERVED).await;
        // What is free reads alike everywhere, whatever a point is offered of it.
        let free = |it: &Snapshot| {
            let slots = it.weeks.values().flat_map(|week| week.slots());
            slots.filter(|(_, slot)| !slot.void && slot.is_at_home()).count()
        };
        for point in [GRAMAT, PUY] {
            stage.until(point, |it| free(it) == free(&stage.replicas[CPAM].snapshot())).await;
        }
        stage
    }

    /// The clock of every box.
    pub(super) fn clock(&self) -> Clock {
        clock()
    }

    /// Waits until a member's calendar is so.
    pub(super) async fn until(&self, name: &str, is_so: impl Fn(&Snapshot) -> bool) {
        let mut snapshots = self.replicas[name].watch();
        let seen = tokio::time::timeout(DEADLINE, snapshots.wait_for(|snapshot| is_so(snapshot))).await;
        assert!(matches!(seen, Ok(Ok(_))), "{name} never saw it");
    }

    /// From now on this member's disk keeps nothing: SQLite itself refuses every act.
    pub(super) fn refuse_disk(&self, name: &str) {
        self.sql(name, "CREATE TRIGGER full BEFORE INSERT ON change BEGIN SELECT RAISE(ABORT, 'full'); END");
    }

    /// Whether these bytes lie on a member's disk.
    pub(super) fn holds(&self, name: &str, bytes: &[u8]) -> bool {
        let is_in = |end: &str| {
            let file = std::fs::read(self.folder.path().join(format!("{name}.{end}"))).expect("it is there");
            file.windows(bytes.len()).any(|it| it == bytes)
        };
        ["db", "db-wal"].into_iter().any(is_in)
    }

    /// Takes official files into the directory of all members' portals.
    pub(super) fn import(&self, files: &[PathBuf]) {
        let territory = crate::directory::Territory::new(["46"], []);
        crate::directory::import(self.folder.path(), files, &territory, 1_803_900_000).expect("taken");
    }

    /// Does something in a member's database behind its back.
    pub(super) fn sql(&self, name: &str, sql: &str) {
        let database = rusqlite::Connection::open(self.folder.path().join(format!("{name}.db"))).expect("a database");
        database.execute_batch(sql).expect("done");
    }

    /// A browser at a member's portal, in which someone who works there is signed in.
    pub(super) async fn browser(&self, name: &str) -> Browser {
        let role = MEMBERS.into_iter().find(|it| it.0 == name).expect("a member").1;
        self.signed_in(name, staff(role)).await
    }

    /// A browser in which this role is signed in, whether it fits the member or not.
    pub(super) async fn signed_in(&self, name: &str, role: AccountRole) -> Browser {
        self.by(Entrance::Loopback, name, Some(role)).await
    }

    /// A browser that comes in by this listener, in which this role is signed in, or nobody.
    pub(super) async fn by(&self, entrance: Entrance, name: &str, role: Option<AccountRole>) -> Browser {
        let browser = Browser::at(Arc::clone(&self.apps[name]), entrance).await;
        match role {
            Some(role) => browser.signed_in(role),
            None => browser,
        }
    }

    /// The key of a member's box.
    pub(super) fn key(name: &str) -> PublicKey {
        writer(MEMBERS.into_iter().find(|it| it.0 == name).expect("a member").2).key
    }

    /// Nobody works at any member any more.
    pub(super) async fn dismiss_everybody(&self) {
        for replica in self.replicas.values() {
            for account in ACCOUNTS.iter() {
                assert_eq!(replica.remove_account(account.name.clone()).await, Ok(true));
            }
        }
    }

    /// A browser in which nobody is signed in.
    pub(super) async fn stranger(&self, name: &str) -> Browser {
        self.by(Entrance::Loopback, name, None).await
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn carry(
    own: PublicKey,
    mut frames: tokio::sync::mpsc::Receiver<Outgoing>,
    replicas: BTreeMap<PublicKey, Replica>,
) {
    while let Some(outgoing) = frames.recv().await {
        match outgoing {
            Outgoing::Frame(peer, bytes) => replicas[&peer].frame(own, bytes).await,
            Outgoing::Anew(peer) => panic!("{own} has forgotten {peer}"),
            Outgoing::Cut(peer, _) => panic!("{own} cuts {peer}"),
        }
    }
}

/// A box's folder, and the certificate of its pages at the office.
fn certificates(folder: &Path) -> Certificates {
    let home = Home::create(folder).expect("a box");
    let names = vec![OfficeName::Dns("caisse.lan".to_owned()), OfficeName::Ip([192, 168, 1, 10].into())];
    let listen = SocketAddr::from(([192, 168, 1, 10], 4649));
    Certificates::new(&home, OfficeSettings { listen, names, given: None }, clock())
}

async fn portal(
    replica: &Replica,
    seed: u8,
    stop: &CancellationToken,
    reaches: watch::Receiver<BTreeMap<PublicKey, Reach>>,
) -> PortalConfig {
    let (_, members) = watch::channel(Arc::default());
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (link, incoming, _) = Link::bind(LinkConfig { secret: [seed; 32], listen, members, relays: Relays::default() })
        .await
        .expect("a free port");
    let now = clock();
    let calls = Calls::new(CallsConfig {
        link,
        incoming,
        gate: Arc::new(CalendarGate::new(replica.clone(), clock())),
        legs: Arc::new(RtcLegs::default()),
        documents: Documents::new(Path::new("/nowhere")),
        now: Arc::new(move || u64::try_from(now.unix_ms()).unwrap_or(0)),
    });
    PortalConfig {
        listen,
        certificates: None,
        replica: replica.clone(),
        calls,
        reaches,
        heard_at: watch::channel(Arc::default()).1,
        presence: Presence::default(),
        clock: clock(),
        demo: true,
        practice: false,
        lock_after_min: 5,
        citizen_idle_sec: 90,
        devices: Devices::default(),
        directory: Directory::of(Path::new("/nowhere")),
        cancel_before_hours: 4,
        telephone: None,
        stop: stop.clone(),
    }
}
