// SPDX-License-Identifier: EUPL-1.2
//! What the call tests share: two nodes' calls with a calendar of one appointment, on loopback.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

pub mod browser;
pub mod page;

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use crdt_calendar::ids::PublicKey;
use hameau_node::call::documents::Documents;
use hameau_node::call::rtc::RtcLegs;
use hameau_node::call::{CallId, CallState, Calls, CallsConfig, Gate, Refusal, Ticket};
use hameau_node::link::{Incoming, Link, LinkConfig, Relays};
use tempfile::TempDir;
use tokio::sync::watch;

/// The appointment of all tests: from minute 0 to minute 45.
pub const CALL: CallId = CallId([9; 16]);
pub const OPENS_AT: u64 = 1_000_000_000_000;
pub const CLOSES_AT: u64 = OPENS_AT + 45 * 60_000;
/// Longer than anything takes on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A clock that the test sets.
#[derive(Clone)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    pub fn at(now_ms: u64) -> Self {
        Self(Arc::new(AtomicU64::new(now_ms)))
    }

    pub fn set(&self, now_ms: u64) {
        self.0.store(now_ms, Ordering::SeqCst);
    }

    pub fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A calendar of a few appointments, each open between its two times.
pub struct Diary {
    pub clock: Clock,
    pub tickets: Mutex<HashMap<CallId, Ticket>>,
}

impl Gate for Diary {
    fn admit(&self, call: CallId) -> Result<Ticket, Refusal> {
        let tickets = self.tickets.lock().expect("no panic under this lock");
        let ticket = tickets.get(&call).ok_or(Refusal::Unknown)?;
        match self.clock.now() {
            now if now < ticket.opens_at => Err(Refusal::TooEarly),
            now if now >= ticket.closes_at => Err(Refusal::TooLate),
            _ => Ok(ticket.clone()),
        }
    }
}

/// One node's part that calls need.
pub struct Node {
    pub link: Link,
    pub calls: Calls,
    pub clock: Clock,
    pub diary: Arc<Diary>,
    /// Where its documents lie.
    pub folder: Arc<TempDir>,
}

pub type Members = watch::Sender<Arc<HashSet<PublicKey>>>;

/// First thing of every test: two TLS providers are compiled in, one is to be used.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().expect("first of its process");
        tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_test_writer()
            .init();
    });
}

pub fn members(seeds: &[u8]) -> Members {
    let keys = seeds.iter().map(|seed| key_of(*seed)).collect();
    watch::Sender::new(Arc::new(keys))
}

pub fn key_of(seed: u8) -> PublicKey {
    PublicKey(*iroh::SecretKey::from_bytes(&[seed; 32]).public().as_bytes())
}

pub async fn link_of(seed: u8, members: &Members) -> (Link, Incoming) {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = LinkConfig { secret: [seed; 32], listen, members: members.subscribe(), relays: Relays::default() };
    let (link, incoming, _) = Link::bind(config).await.expect("a free port");
    (link, incoming)
}

pub fn node_of(own: (Link, Incoming), peer: &Link, we_dial: bool) -> Node {
    node_in(Arc::new(TempDir::new().expect("a folder")), own, peer, we_dial)
}

/// The same with documents of an earlier one.
pub fn node_in(folder: Arc<TempDir>, (link, incoming): (Link, Incoming), peer: &Link, we_dial: bool) -> Node {
    let clock = Clock::at(OPENS_AT + 60_000);
    let ticket =
        Ticket { peer: peer.key(), peer_addrs: peer.local_addrs(), we_dial, opens_at: OPENS_AT, closes_at: CLOSES_AT };
    let diary = Arc::new(Diary { clock: clock.clone(), tickets: Mutex::new(HashMap::from([(CALL, ticket)])) });
    let time = clock.clone();
    let calls = Calls::new(CallsConfig {
        link: link.clone(),
        incoming,
        gate: Arc::clone(&diary) as Arc<dyn Gate>,
        legs: Arc::new(RtcLegs::default()),
        documents: Documents::new(folder.path()),
        now: Arc::new(move || time.now()),
    });
    Node { link, calls, clock, diary, folder }
}

/// The point's node, whose seed is 1, and the agency's, whose seed is 2.
pub async fn point_and_agency(members: &Members) -> (Node, Node) {
    let point = link_of(1, members).await;
    let agency = link_of(2, members).await;
    let (point_link, agency_link) = (point.0.clone(), agency.0.clone());
    (node_of(point, &agency_link, true), node_of(agency, &point_link, false))
}

/// Waits until the state is so; panics with the last one at the deadline.
pub async fn until(
    states: &mut watch::Receiver<CallState>,
    what: &str,
    so: impl FnMut(&CallState) -> bool,
) -> CallState {
    let reached =
        tokio::time::timeout(DEADLINE, states.wait_for(so)).await.map(|state| state.map(|state| state.clone()));
    match reached {
        Ok(Ok(state)) => {
            tracing::info!("{what}");
            state
        }
        Ok(Err(_)) | Err(_) => panic!("never: {what}; last state {:?}", *states.borrow()),
    }
}

/// UDP sockets that this process holds: their inodes stand both in its file table and in the kernel's.
pub fn udp_sockets() -> usize {
    let kernel = std::fs::read_to_string("/proc/self/net/udp").expect("Linux");
    let inodes: HashSet<&str> = kernel.lines().skip(1).filter_map(|line| line.split_whitespace().nth(9)).collect();
    let files = std::fs::read_dir("/proc/self/fd").expect("Linux");
    let held = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    held.filter(|target| {
        let target = target.to_string_lossy();
        target
            .strip_prefix("socket:[")
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|inode| inodes.contains(inode))
    })
    .count()
}

/// Waits until no more than so many are held.
pub async fn until_udp_sockets(count: usize) {
    let mut every = tokio::time::interval(Duration::from_millis(100));
    let freed = tokio::time::timeout(DEADLINE, async {
        while udp_sockets() > count {
            every.tick().await;
        }
    });
    assert!(freed.await.is_ok(), "{} sockets are still held instead of {count}", udp_sockets());
}
