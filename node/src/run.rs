// SPDX-License-Identifier: EUPL-1.2
//! One node, running: puts the rooms together, and carries what passes between them.
//!
//! Every task has an owner here; [`Running::stop`] ends them in the order of the data, and returns when
//! the last booking is on the disk.

mod addresses;
mod attending;
mod error;
mod following;
mod heard;
mod knocks;
mod neighbours;
mod network;
mod passage;
mod reachable;
mod relaying;
#[cfg(test)]
mod tests;

pub use error::RunError;
pub use knocks::{Barred, Knock};
pub use network::Network;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crdt_calendar::ids::Writer;
use libp2p::Multiaddr;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::{CancellationToken, DropGuard};
use zeroize::Zeroizing;

use crate::call::calendar::CalendarGate;
use crate::call::documents::Documents;
use crate::call::{Calls, CallsConfig, rtc::RtcLegs};
use crate::certificate::Certificates;
use crate::clock::Clock;
use crate::config::{MemberFile, NodeFile};
use crate::control;
use crate::devices::Devices;
use crate::directory::Directory;
use crate::home::{Held, Home};
use crate::link::{Link, LinkConfig};
use crate::mesh::{Mesh, MeshConfig, MeshEvent, MeshHandle};
use crate::papers::{Papers, PapersFile};
use crate::portal::{self, Portal, PortalConfig};
use crate::presence::Presence;
pub use crate::reach::HeardAt;
use crate::replica::{Outgoing, Replica, ReplicaConfig};
use following::{Reached, Struck, follow_members};
use heard::Heard;
use knocks::Knocks;
use reachable::Reachable;

/// How long the mesh and the link may take to say where they listen.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

/// What browsers are given to take their last answers.
const PORTAL_STOPS_WITHIN: Duration = Duration::from_secs(25);
/// How soon a changed certificate of the administration is read, and a clock that was put right is noticed.
const CERTIFICATE_TENDED_EVERY: Duration = Duration::from_secs(60);

/// How to run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Milliseconds by which the clock is moved: demonstrations and trials.
    pub shift_ms: i64,
    /// Pages say that agencies and hours are invented.
    pub demo: bool,
    /// Pages say that all of it is for practice.
    pub practice: bool,
}

/// A node that runs.
pub struct Running {
    /// Where the pages are.
    pub portal: std::net::SocketAddr,
    /// What they open under on the office network, if there.
    pub certificates: Option<Certificates>,
    /// The calendar.
    pub replica: Replica,
    /// Ends when the node is to stop by itself: a room ended that it cannot do without.
    pub stop: CancellationToken,
    mesh: MeshHandle,
    calls: Calls,
    link: Link,
    tasks: JoinSet<()>,
    portal_task: JoinHandle<()>,
    thread: std::thread::JoinHandle<()>,
    _held: Held,
}

/// Opens the replica of a box that has joined, without any network: for `enrol` while no node runs.
///
/// # Errors
/// [`RunError`].
pub fn open_replica(
    home: &Home,
    clock: &Clock,
    papers: &Papers,
) -> Result<(Replica, mpsc::Receiver<Outgoing>, std::thread::JoinHandle<()>), RunError> {
    replica_of(home, clock, papers, &MemberFile::read(&home.file("member.toml"))?)
}

/// The replica of a box whose member's file is `member`.
fn replica_of(
    home: &Home,
    clock: &Clock,
    papers: &Papers,
    member: &MemberFile,
) -> Result<(Replica, mpsc::Receiver<Outgoing>, std::thread::JoinHandle<()>), RunError> {
    let path = home.file("member.toml");
    let (key, folder, seen) = (home.public_key()?, home.clone(), home.clone());
    Ok(Replica::start(ReplicaConfig {
        database: home.file("hameau.db"),
        key: home.key()?,
        incarnation: home.incarnation()?,
        previous: home.previous_incarnation()?.map(|incarnation| Writer { key, incarnation }),
        genesis: papers.genesis.clone(),
        statement: papers.statement.clone(),
        earlier: papers.earlier.clone(),
        rosters: papers.rosters.clone(),
        description: member.description(&path, "")?,
        openings: member.openings(&path, "")?,
        policy: member.policy(&path, "")?,
        clock: clock.clone(),
        anew: home.anew()?,
        keep_seen: Box::new(move || {
            let seen = seen.anew_seen();
            seen.inspect_err(|error| tracing::error!(%error, "that it was seen cannot be kept")).is_ok()
        }),
        keep_life: Box::new(move |new| folder.keep_life(&new)),
    })?)
}

/// The papers of a box, checked.
///
/// # Errors
/// [`RunError::NotJoined`] when there are none; [`RunError::Papers`].
pub fn papers(home: &Home) -> Result<Papers, RunError> {
    let path = home.file("papers.json");
    if !path.exists() {
        return Err(RunError::NotJoined(home.file("request.json")));
    }
    Ok(PapersFile::read(&path, home.public_key()?)?)
}

/// Starts a node.
///
/// # Errors
/// [`RunError`]; nothing is left running then.
pub async fn start(home: &Home, options: &RunOptions) -> Result<Running, RunError> {
    let held = home.hold()?;
    let path = home.file("node.toml");
    let settings = NodeFile::read(&path)?;
    let clock = Clock::new(options.shift_ms, &settings.timezone)?;
    let papers = papers(home)?;
    let relays = settings.relays(&path)?;
    let certificates = settings.office(&path)?.map(|office| Certificates::new(home, office, clock.clone()));
    let path = home.file("member.toml");
    let member = MemberFile::read(&path)?;
    let cancel_before_hours = member.cancel_before_hours(&path, "")?;
    let secret = home.key()?.to_bytes();
    let listen = settings.mesh_listen.iter().filter_map(|it| it.parse().ok()).collect();
    let config = MeshConfig { secret: Zeroizing::new(secret), listen, mdns: settings.local_discovery };
    let (mesh, mut heard) = Mesh::start(config).await?;
    let (members, member_keys) = watch::channel(Arc::new(HashSet::new()));
    let link = LinkConfig { secret, listen: settings.call_listen, members: member_keys, relays };
    let (link, incoming, passages) = Link::bind(link).await?;
    let addresses = listening(&mut heard).await?;
    let (replica, outgoing, thread) = replica_of(home, &clock, &papers, &member)?;
    let mut reachable = Reachable::new(replica.clone(), link.local_addrs());
    reachable.hear(addresses);
    reachable.publish().await?;
    let calls = calls(&link, incoming, &replica, &clock, Documents::new(&home.file("documents")));
    // What can still fail comes before what runs on by itself.
    let socket = control::listen(&home.file("control.sock"))?;
    let stop = CancellationToken::new();
    let (reaches, reach_watch) = watch::channel(mesh.reach());
    let heard_at = Heard::read(home);
    let presence = Presence::default();
    let portal = portal::serve(PortalConfig {
        listen: settings.portal_listen,
        certificates: certificates.clone(),
        replica: replica.clone(),
        calls: calls.clone(),
        reaches: reach_watch,
        heard_at: heard_at.watch(),
        presence: presence.clone(),
        clock: clock.clone(),
        demo: options.demo,
        practice: options.practice,
        lock_after_min: settings.lock_after_min,
        citizen_idle_sec: settings.citizen_idle_sec,
        devices: Devices { printer: settings.printer.clone(), scanner: settings.scanner.clone() },
        directory: Directory::of(home.path()),
        cancel_before_hours,
        telephone: member.telephone.clone(),
        stop: stop.clone(),
    });
    let Portal { local_addr, task: portal_task } = portal.await?;
    let (offline, knocks) = (watch::Sender::new(false), Knocks::default());
    let network = Network {
        mesh: mesh.clone(),
        calls: calls.clone(),
        link: link.clone(),
        presence: presence.clone(),
        offline,
        heard_at: heard_at.watch(),
        knocks: knocks.clone(),
    };
    let mut tasks = JoinSet::new();
    let desk = control::Desk {
        replica: replica.clone(),
        network,
        clock: clock.clone(),
        portal: local_addr,
        certificates: certificates.clone(),
    };
    // A room that ends, or panics, ends the node: without one of them pages would show yesterday.
    let ends = || stop.clone().drop_guard();
    tasks.spawn(ending(ends(), control::serve(socket, desk, stop.clone())));
    let (way, attended) = attending::way(presence.clone());
    let rooms = passage::Rooms { replica: replica.clone(), mesh: mesh.clone(), way, knocks: knocks.clone() };
    tasks.spawn(ending(ends(), passage::hear(heard, rooms, reaches, reachable, heard_at, clock.clone())));
    tasks.spawn(ending(ends(), attending::attend(presence.clone(), attended, mesh.clone(), replica.watch())));
    let (strikes, struck) = watch::channel(Struck::new());
    tasks.spawn(ending(ends(), passage::send(outgoing, mesh.clone(), strikes, knocks, clock.clone())));
    let reached = Reached { mesh: mesh.clone(), presence: presence.clone(), metered: settings.metered };
    let following = follow_members(
        replica.watch(),
        struck,
        reached,
        members,
        papers.neighbours,
        addresses::Addresses::read(home),
        clock,
    );
    tasks.spawn(ending(ends(), following));
    tasks.spawn(ending(ends(), relaying::relay(mesh.clone(), link.clone(), passages)));
    tasks.spawn(ending(ends(), tick(replica.clone(), stop.clone())));
    if let Some(certificates) = certificates.clone() {
        tasks.spawn(ending(ends(), tend(certificates, stop.clone())));
    }
    Ok(Running {
        portal: local_addr,
        certificates,
        replica,
        stop,
        mesh,
        calls,
        link,
        tasks,
        portal_task,
        thread,
        _held: held,
    })
}

/// Runs one of the node's tasks; the guard goes with it, however it ends.
async fn ending(guard: DropGuard, task: impl Future<Output = ()>) {
    task.await;
    drop(guard);
}

fn calls(
    link: &Link,
    incoming: crate::link::Incoming,
    replica: &Replica,
    clock: &Clock,
    documents: Documents,
) -> Calls {
    let now = clock.clone();
    Calls::new(CallsConfig {
        link: link.clone(),
        incoming,
        gate: Arc::new(CalendarGate::new(replica.clone(), clock.clone())),
        legs: Arc::new(RtcLegs::default()),
        documents,
        now: Arc::new(move || u64::try_from(now.unix_ms()).unwrap_or(0)),
    })
}

/// The first thing that the mesh says: where it listens, as others would dial it.
async fn listening(heard: &mut mpsc::Receiver<MeshEvent>) -> Result<Vec<Multiaddr>, RunError> {
    let first = tokio::time::timeout(LISTEN_TIMEOUT, heard.recv()).await;
    match first {
        Ok(Some(MeshEvent::Listening(addresses))) => Ok(addresses),
        _ => Err(RunError::Silent),
    }
}

async fn tick(replica: Replica, stop: CancellationToken) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    while stop.run_until_cancelled(second.tick()).await.is_some() {
        replica.tick().await;
    }
}

/// Keeps the office's certificate up to date.
async fn tend(certificates: Certificates, stop: CancellationToken) {
    let mut every = tokio::time::interval(CERTIFICATE_TENDED_EVERY);
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        let certificates = certificates.clone();
        if tokio::task::spawn_blocking(move || certificates.tend()).await.is_err() {
            tracing::error!("the certificate could not be tended");
        }
    }
}

impl Running {
    /// Stops everything and waits for it: the calls first, whose minutes the portal still writes down.
    pub async fn stop(mut self) {
        self.calls.close().await;
        self.stop.cancel();
        // A browser that never ends its request does not keep the box from stopping.
        match tokio::time::timeout(PORTAL_STOPS_WITHIN, &mut self.portal_task).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!("the portal failed"),
            Err(_) => self.portal_task.abort(),
        }
        self.mesh.stop().await;
        self.link.close().await;
        self.tasks.shutdown().await;
        drop((self.replica, self.calls));
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the replica failed");
        }
    }
}
