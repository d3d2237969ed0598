// SPDX-License-Identifier: EUPL-1.2
//! What the task knows of one member: its connections, its one session, and when to try again.
//!
//! Pure bookkeeping: reads no clock, touches no network. Invariant: at most one session and one opening at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crdt_calendar::ids::PublicKey;
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backoff::{Backoff, roll};
use super::board::SessionId;
use super::limits::{ACCEPT_EVERY, STEADY, TWIN_WINDOW};
use crate::reach::Reach;

/// One standing connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) since: Instant,
    pub(super) remote: Multiaddr,
    pub(super) way: Reach,
    /// Whether this box dialled it; else the peer keeps it.
    pub(super) dialled: bool,
}

/// The session of the moment, begun or on its way.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) id: SessionId,
    pub(super) stop: CancellationToken,
}

/// Something to try again: when, and how long to wait after that.
#[derive(Debug)]
pub(super) struct Attempts {
    at: Instant,
    backoff: Backoff,
}

/// One member.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) key: PublicKey,
    pub(super) member: bool,
    /// Where a steady neighbour is to be found; `None` when it is not one.
    pub(super) steady: Option<Vec<Multiaddr>>,
    pub(super) connections: HashMap<ConnectionId, Connection>,
    /// The dial that counts; an older one may still end, unheeded.
    pub(super) dialling: Option<ConnectionId>,
    pub(super) dials: Attempts,
    pub(super) opening: bool,
    pub(super) opens: Attempts,
    pub(super) current: Option<Current>,
    /// The session whose stream was brought from elsewhere.
    pub(super) carried: Option<SessionId>,
    /// Sessions that have not ended yet, the current one and those being replaced.
    pub(super) running: usize,
    pub(super) turn: Arc<Semaphore>,
    /// No stream of this peer is accepted before.
    accept_from: Instant,
    charges: Backoff,
}

impl Attempts {
    fn now(now: Instant) -> Self {
        Self { at: now, backoff: Backoff::default() }
    }

    /// When the next attempt is due.
    pub(super) fn due(&self) -> Instant {
        self.at
    }

    /// Waits before the next attempt, longer each time.
    pub(super) fn later(&mut self, now: Instant) {
        self.at = now + self.backoff.next(roll());
    }

    /// Starts afresh, at once.
    pub(super) fn afresh(&mut self, now: Instant) {
        *self = Self::now(now);
    }

    /// The last attempt was a good one: the next wait is the shortest.
    fn went_well(&mut self) {
        self.backoff.reset();
    }
}

impl Peer {
    /// A member of whom nothing else is known.
    pub(super) fn new(key: PublicKey, now: Instant) -> Self {
        Self {
            key,
            member: true,
            steady: None,
            connections: HashMap::new(),
            dialling: None,
            dials: Attempts::now(now),
            opening: false,
            opens: Attempts::now(now),
            current: None,
            carried: None,
            running: 0,
            turn: Arc::new(Semaphore::new(1)),
            accept_from: now,
            charges: Backoff::default(),
        }
    }

    /// The best way among its connections; without any, a stream that was brought is one.
    pub(super) fn way(&self) -> Reach {
        let without = if self.carried.is_some() { Reach::Relayed } else { Reach::Unheard };
        self.connections.values().map(|one| one.way).min().unwrap_or(without)
    }

    /// Whether all its connections are QUIC's.
    pub(super) fn is_quic(&self) -> bool {
        self.connections.values().all(|one| one.remote.iter().any(|part| part == Protocol::QuicV1))
    }

    /// Connections to close when this box needs the peer no more: those that it dialled. One that the peer dialled is the
    /// peer's to close, and on the local network they stand.
    pub(super) fn needless(&self) -> impl Iterator<Item = ConnectionId> {
        self.connections.iter().filter(|(_, one)| one.dialled && one.way != Reach::Lan).map(|(id, _)| *id)
    }

    /// The connections that a newer one proves dead; taken off the list.
    pub(super) fn take_outlived(&mut self, now: Instant) -> Vec<ConnectionId> {
        let old = |one: &Connection| now.duration_since(one.since) > TWIN_WINDOW;
        let outlived: Vec<_> = self.connections.iter().filter(|(_, one)| old(one)).map(|(id, _)| *id).collect();
        for id in &outlived {
            self.connections.remove(id);
        }
        outlived
    }

    /// Ends the session of the moment, if any; it says Down by itself.
    pub(super) fn end_session(&mut self) {
        if let Some(current) = self.current.take() {
            current.stop.cancel();
        }
    }

    /// A session is over: chooses the next moment to open one and to dial.
    pub(super) fn session_ended(&mut self, id: SessionId, up_for: Duration, now: Instant) {
        self.running = self.running.saturating_sub(1);
        self.carried = self.carried.filter(|carried| *carried != id);
        if up_for >= STEADY {
            self.dials.went_well();
            self.opens.went_well();
        }
        if self.current.as_ref().is_some_and(|current| current.id == id) {
            self.current = None;
            self.opens.later(now);
        }
    }

    /// Whether a stream of this peer is taken now; taking one counts.
    pub(super) fn accepts(&mut self, now: Instant) -> bool {
        let taken = self.member && now >= self.accept_from;
        if taken {
            self.accept_from = now + ACCEPT_EVERY;
        }
        taken
    }

    /// It broke a rule: it waits before its next stream, longer each time, and so do we before ours.
    pub(super) fn charge(&mut self, now: Instant) {
        self.accept_from = now + self.charges.next(roll());
        self.opens.at = self.opens.at.max(self.accept_from);
    }

    /// Whether nothing keeps this entry.
    pub(super) fn is_over(&self) -> bool {
        !self.member && self.running == 0 && self.connections.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(now: Instant) -> Peer {
        Peer::new(PublicKey([1; 32]), now)
    }

    #[test]
    fn a_newcomer_outlives_old_connections_and_not_twins() {
        let start = Instant::now();
        let mut peer = peer(start);
        let (old, twin) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        peer.connections
            .insert(old, Connection { since: start, remote: Multiaddr::empty(), way: Reach::Direct, dialled: true });
        let later = start + TWIN_WINDOW + Duration::from_secs(1);
        peer.connections
            .insert(twin, Connection { since: later, remote: Multiaddr::empty(), way: Reach::Lan, dialled: true });
        assert_eq!(peer.way(), Reach::Lan);
        assert_eq!(peer.take_outlived(later), vec![old]);
        assert_eq!(peer.connections.keys().copied().collect::<Vec<_>>(), vec![twin]);
    }

    #[test]
    fn a_charged_peer_waits() {
        let start = Instant::now();
        let mut peer = peer(start);
        assert!(peer.accepts(start));
        assert!(!peer.accepts(start), "two at once");
        assert!(peer.accepts(start + ACCEPT_EVERY));
        for _ in 0..8 {
            peer.charge(start);
        }
        assert!(!peer.accepts(start + Duration::from_secs(29)), "the eighth charge costs half a minute or more");
        assert!(peer.accepts(start + Duration::from_secs(60)));
    }

    #[test]
    fn a_steady_session_brings_the_waits_down() {
        let start = Instant::now();
        let mut peer = peer(start);
        for _ in 0..9 {
            peer.opens.later(start);
        }
        assert!(peer.opens.due() >= start + Duration::from_secs(30));
        peer.current = Some(Current { id: SessionId(4), stop: CancellationToken::new() });
        peer.session_ended(SessionId(4), STEADY, start);
        assert!(peer.opens.due() <= start + Duration::from_millis(500));
        assert!(peer.current.is_none());
    }
}
