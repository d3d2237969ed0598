// SPDX-License-Identifier: EUPL-1.2
//! Nodes of the mesh on loopback, and waits that end: by what was waited for, or by a panic that says what came instead.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use crdt_calendar::ids::PublicKey;
use hameau_node::mesh::{Mesh, MeshConfig, MeshError, MeshEvent, MeshHandle, Neighbour};
use hameau_node::reach::Reach;
use libp2p::Multiaddr;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// Before this, all that is waited for has come; a box that does nothing else needs a thousandth of it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) const QUIC: &[&str] = &["/ip4/127.0.0.1/udp/0/quic-v1"];
pub(crate) const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];
pub(crate) const BOTH: &[&str] = &["/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"];

/// A running node, its addresses, and all that it has said so far.
pub(crate) struct Node {
    pub(crate) mesh: MeshHandle,
    pub(crate) key: PublicKey,
    pub(crate) addrs: Vec<Multiaddr>,
    pub(crate) said: Vec<Said>,
    pub(crate) events: mpsc::Receiver<MeshEvent>,
}

/// What a node said, short enough for a message of failure.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Said(pub(crate) MeshEvent);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            MeshEvent::Frame { peer, bytes } => {
                write!(f, "Frame {{ {peer:?}, {} bytes }}", bytes.len())
            }
            other => other.fmt(f),
        }
    }
}

pub(crate) async fn try_start(
    seed: u8,
    listen: &[Multiaddr],
) -> Result<(MeshHandle, mpsc::Receiver<MeshEvent>), MeshError> {
    start_mesh(seed, listen, false).await
}

async fn start_mesh(
    seed: u8,
    listen: &[Multiaddr],
    mdns: bool,
) -> Result<(MeshHandle, mpsc::Receiver<MeshEvent>), MeshError> {
    let secret = Zeroizing::new([seed; 32]);
    Mesh::start(MeshConfig { secret, listen: listen.to_vec(), mdns }).await
}

pub(crate) fn addrs(texts: &[&str]) -> Vec<Multiaddr> {
    texts.iter().map(|text| text.parse().expect("an address of the tests")).collect()
}

impl Node {
    pub(crate) async fn start(seed: u8, listen: &[&str]) -> Self {
        let (mesh, events) = try_start(seed, &addrs(listen)).await.expect("loopback is there");
        Self::heard(mesh, events).await
    }

    /// One that looks around on its local network.
    pub(crate) async fn start_looking(seed: u8, listen: &[&str]) -> Self {
        let (mesh, events) = start_mesh(seed, &addrs(listen), true).await.expect("a network");
        Self::heard(mesh, events).await
    }

    /// Starts again where it was; the system may need a moment to free the ports.
    pub(crate) async fn restart(seed: u8, listen: &[Multiaddr]) -> Self {
        let before = Instant::now() + DEADLINE;
        loop {
            match try_start(seed, listen).await {
                Ok((mesh, events)) => return Self::heard(mesh, events).await,
                Err(MeshError::Taken { addr }) if Instant::now() >= before => {
                    panic!("{addr} is not freed")
                }
                Err(MeshError::Taken { .. }) => tokio::task::yield_now().await,
                Err(other) => panic!("{other}"),
            }
        }
    }

    async fn heard(mesh: MeshHandle, events: mpsc::Receiver<MeshEvent>) -> Self {
        let mut node = Self { key: mesh.own(), mesh, addrs: Vec::new(), said: Vec::new(), events };
        let first = node.next("the addresses").await;
        let MeshEvent::Listening(addrs) = first else { panic!("first came {first:?}") };
        node.addrs = addrs;
        node
    }

    /// The next event, whatever it is.
    pub(crate) async fn next(&mut self, goal: &str) -> MeshEvent {
        self.until(goal, |_| true).await
    }

    /// Waits for an event; those before it are kept in `said`.
    pub(crate) async fn until(&mut self, goal: &str, wanted: impl Fn(&MeshEvent) -> bool) -> MeshEvent {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match timeout_at(deadline, self.events.recv()).await {
                Ok(Some(event)) => {
                    self.said.push(Said(event.clone()));
                    if wanted(&event) {
                        return event;
                    }
                }
                Ok(None) => panic!("waiting for {goal}: the mesh ended; said: {:?}", self.said),
                Err(_) => panic!("waiting for {goal}: nothing; said: {:?}", self.said),
            }
        }
    }

    pub(crate) async fn until_up(&mut self, peer: PublicKey) {
        self.until("Up", |event| matches!(event, MeshEvent::Up { peer: up, .. } if *up == peer)).await;
    }

    pub(crate) async fn until_down(&mut self, peer: PublicKey) {
        self.until("Down", |event| matches!(event, MeshEvent::Down { peer: down } if *down == peer)).await;
    }

    pub(crate) async fn until_frame(&mut self, peer: PublicKey, wanted: &Bytes) {
        self.until(
            "a frame",
            |event| matches!(event, MeshEvent::Frame { peer: from, bytes } if *from == peer && bytes == wanted),
        )
        .await;
    }

    /// Waits until another is reached in that way.
    pub(crate) async fn until_reached(&self, peer: PublicKey, wanted: Reach) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let reach = self.mesh.reach();
            if reach.get(&peer) == Some(&wanted) {
                return;
            }
            assert!(Instant::now() < deadline, "not reached as {wanted:?}: {reach:?}");
            tokio::task::yield_now().await;
        }
    }

    /// Makes the others members.
    pub(crate) fn knows(&self, others: &[PublicKey]) {
        self.mesh.set_members(others.iter().copied().collect::<HashSet<_>>());
    }

    /// Keeps a connection to another.
    pub(crate) fn dials(&self, other: &Self) {
        self.mesh.set_neighbours(vec![Neighbour { key: other.key, addrs: other.addrs.clone() }]);
    }

    /// What it said of one peer's coming and going, as a word of `U` and `D`.
    pub(crate) fn ups_and_downs(&self, of: PublicKey) -> String {
        let letter = |said: &Said| match said.0 {
            MeshEvent::Up { peer, .. } if peer == of => Some('U'),
            MeshEvent::Down { peer } if peer == of => Some('D'),
            _ => None,
        };
        self.said.iter().filter_map(letter).collect()
    }
}

/// Two members of each other, each where it was asked to listen.
pub(crate) async fn two(listen: &[&str]) -> (Node, Node) {
    let (one, two) = (Node::start(1, listen).await, Node::start(2, listen).await);
    one.knows(&[two.key]);
    two.knows(&[one.key]);
    (one, two)
}

/// Sends a frame each way and waits for both.
pub(crate) async fn exchange(one: &mut Node, two: &mut Node, length: usize) {
    let (there, back) = (Bytes::from(vec![3; length]), Bytes::from(vec![4; length]));
    one.mesh.send(two.key, there.clone()).expect("up");
    two.mesh.send(one.key, back.clone()).expect("up");
    two.until_frame(one.key, &there).await;
    one.until_frame(two.key, &back).await;
}
