// SPDX-License-Identifier: EUPL-1.2
//! The one task that owns the network: it dials, opens, accepts, cuts, and tries again.
//!
//! Carries no frame itself (`session` does) and waits for nobody. The loop, in numbers: (1) what the owner wants,
//! (2) what the network reports (`reports`), (3) streams that peers open, or that are brought from elsewhere, and (4)
//! what its own jobs bring back (`streams`), (5) what is to be said, (6) the next attempt that is due (`attempts`).
//! After each, `attempt` does what is due and nothing else.

mod attempts;
mod reports;
mod streams;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use crdt_calendar::ids::PublicKey;
use futures::StreamExt as _;
use libp2p::{Multiaddr, PeerId, Swarm};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::behaviour::Behaviour;
use super::board::Board;
use super::identity::peer_id;
use super::lan::Lan;
use super::limits::{GOODBYE_MAX, MEMBERS_MAX, NEIGHBOUR_ADDRS_MAX};
use super::notices::Notices;
use super::peer::Peer;
use super::session::Ended;
use super::stream::{Incoming, Opener, PeerStream, doors};
use super::{MeshError, MeshEvent, Neighbour};

/// What the owner wants, whole: the newest is what counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) members: HashSet<PublicKey>,
    pub(super) neighbours: Vec<Neighbour>,
    pub(super) offline: bool,
}

/// What a job of the task brings back.
enum Done {
    Opened(PeerId, io::Result<PeerStream>),
    Ended(PeerId, Ended),
}

/// See the head of this file.
pub(super) struct Task {
    own: PublicKey,
    swarm: Swarm<Behaviour>,
    opener: Opener,
    incoming: Incoming,
    board: Arc<Board>,
    events: mpsc::Sender<MeshEvent>,
    peers: HashMap<PeerId, Peer>,
    lan: Lan,
    notices: Notices,
    jobs: JoinSet<Done>,
    sessions: u64,
}

impl Task {
    /// Takes the network, which listens already.
    pub(super) fn new(
        own: PublicKey,
        swarm: Swarm<Behaviour>,
        board: Arc<Board>,
        events: mpsc::Sender<MeshEvent>,
    ) -> Result<Self, MeshError> {
        let held = || MeshError::Setup(io::ErrorKind::AlreadyExists.into());
        let (opener, incoming) = doors(&swarm.behaviour().stream).ok_or_else(held)?;
        let mut notices = Notices::default();
        notices.listening(swarm.listeners().cloned().collect());
        let (peers, lan, jobs) = (HashMap::new(), Lan::default(), JoinSet::new());
        Ok(Self { own, swarm, opener, incoming, board, events, peers, lan, notices, jobs, sessions: 0 })
    }

    /// Runs until it is stopped, or nobody holds the handle or the events any more.
    pub(super) async fn run(
        mut self,
        mut wanted: watch::Receiver<Wanted>,
        mut brought: mpsc::Receiver<(PublicKey, PeerStream)>,
        stop: CancellationToken,
    ) {
        let events = self.events.clone();
        loop {
            let due = self.next_due();
            tokio::select! {
                () = stop.cancelled() => break,
                () = events.closed() => break,
                changed = wanted.changed() => match changed {
                    Ok(()) => {
                        let wanted = wanted.borrow_and_update().clone();
                        self.on_wanted(&wanted);
                    }
                    Err(_) => break,
                },
                event = self.swarm.select_next_some() => self.on_network(event),
                Some((peer, stream)) = self.incoming.next() => self.on_stream(peer, stream),
                Some((peer, stream)) = brought.recv() => self.on_brought(peer, stream),
                Some(done) = self.jobs.join_next() => self.on_done(done),
                Ok(room) = events.reserve(), if self.notices.any() => {
                    if let Some(notice) = self.notices.next() {
                        room.send(notice);
                    }
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
            self.attempt(Instant::now());
        }
        self.say_goodbye().await;
    }

    /// Closes the connections, so that peers need not wait for a silence; then lets go of everything.
    async fn say_goodbye(mut self) {
        self.swarm.behaviour_mut().gate.set(true);
        self.jobs.shutdown().await;
        self.cut_all();
        let closed = async {
            while self.swarm.network_info().num_peers() > 0 {
                self.swarm.select_next_some().await;
            }
        };
        if timeout(GOODBYE_MAX, closed).await.is_err() {
            tracing::debug!("some peers were left without a goodbye");
        }
    }

    fn on_wanted(&mut self, wanted: &Wanted) {
        let now = Instant::now();
        self.set_members(&wanted.members, now);
        self.set_neighbours(&wanted.neighbours, now);
        let was_offline = self.swarm.behaviour().gate.is_shut();
        self.swarm.behaviour_mut().gate.set(wanted.offline);
        if wanted.offline && !was_offline {
            self.cut_all();
        }
        if was_offline && !wanted.offline {
            self.peers.values_mut().for_each(|peer| peer.dials.afresh(now));
        }
    }

    fn set_members(&mut self, members: &HashSet<PublicKey>, now: Instant) {
        if members.len() > MEMBERS_MAX {
            tracing::warn!(members = members.len(), max = MEMBERS_MAX, "more members than a mesh holds");
        }
        let others = members.iter().filter(|key| **key != self.own).take(MEMBERS_MAX);
        let wanted: HashMap<PeerId, PublicKey> = others.filter_map(|key| Some((peer_id(*key)?, *key))).collect();
        for (id, peer) in &mut self.peers {
            if peer.member && !wanted.contains_key(id) {
                peer.member = false;
                peer.steady = None;
                // First: whoever reads Down finds it gone already.
                self.board.forget(peer.key);
                self.notices.forget(peer.key);
                peer.end_session();
                self.swarm.behaviour_mut().allow.disallow_peer(*id);
            }
        }
        for (id, key) in wanted {
            let peer = self.peers.entry(id).or_insert_with(|| Peer::new(key, now));
            peer.member = true;
            self.board.set_way(key, peer.way());
            self.swarm.behaviour_mut().allow.allow_peer(id);
        }
    }

    fn set_neighbours(&mut self, neighbours: &[Neighbour], now: Instant) {
        let known =
            |one: &Neighbour| Some((peer_id(one.key)?, one.addrs.iter().take(NEIGHBOUR_ADDRS_MAX).cloned().collect()));
        let mut steady: HashMap<PeerId, Vec<Multiaddr>> = neighbours.iter().filter_map(known).collect();
        let mut needless = Vec::new();
        for (id, peer) in &mut self.peers {
            let addrs = steady.remove(id).filter(|_| peer.member);
            if addrs.is_some() && addrs != peer.steady {
                peer.dials.afresh(now);
                peer.dialling = None;
            }
            if addrs.is_none() && peer.steady.is_some() {
                needless.extend(peer.needless());
            }
            peer.steady = addrs;
        }
        for connection in needless {
            self.swarm.close_connection(connection);
        }
    }

    /// Cuts every connection and session.
    fn cut_all(&mut self) {
        let connected: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for id in connected.iter().chain(self.peers.keys()) {
            if self.swarm.disconnect_peer_id(*id).is_err() {
                tracing::trace!(peer = %id, "was not connected");
            }
        }
        for peer in self.peers.values_mut() {
            peer.end_session();
            peer.connections.clear();
            peer.dialling = None;
            self.board.set_way(peer.key, peer.way());
        }
    }
}
