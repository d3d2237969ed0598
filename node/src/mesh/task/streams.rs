// SPDX-License-Identifier: EUPL-1.2
//! Streams as they come: those that peers open, those that we opened, and those that are over.
//!
//! Reads and writes nothing on them: `session` does, in a job of its own.

use std::io;
use std::sync::Arc;

use crdt_calendar::ids::PublicKey;
use libp2p::PeerId;
use tokio::task::JoinError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Done, Task};
use crate::mesh::Refusal;
use crate::mesh::board::SessionId;
use crate::mesh::identity::peer_id;
use crate::mesh::peer::Current;
use crate::mesh::session::{self, End, Ended, Session};
use crate::mesh::stream::{PeerStream, opens};

impl Task {
    pub(super) fn on_stream(&mut self, id: PeerId, stream: PeerStream) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if peer.connections.is_empty() {
            return;
        }
        if !opens(peer.key, self.own) || !peer.accepts(Instant::now()) {
            self.notices.refused(Refusal::Stream, Some(peer.key));
            return;
        }
        self.begin(id, stream);
    }

    /// A stream that was connected elsewhere serves a member to whom no connection stands.
    pub(super) fn on_brought(&mut self, key: PublicKey, stream: PeerStream) {
        let is_shut = self.swarm.behaviour().gate.is_shut();
        let Some(id) = peer_id(key) else { return };
        let Some(peer) = self.peers.get_mut(&id).filter(|peer| peer.connections.is_empty() && !is_shut) else {
            return;
        };
        if !peer.accepts(Instant::now()) {
            return;
        }
        let session = self.begin(id, stream);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.carried = session;
            self.board.set_way(key, peer.way());
        }
    }

    /// A new stream replaces the former: its opener knows of no other.
    fn begin(&mut self, id: PeerId, stream: PeerStream) -> Option<SessionId> {
        let peer = self.peers.get_mut(&id)?;
        peer.end_session();
        self.sessions += 1;
        let (number, stop) = (SessionId(self.sessions), CancellationToken::new());
        peer.current = Some(Current { id: number, stop: stop.clone() });
        peer.running += 1;
        let session = Session {
            peer: peer.key,
            id: number,
            stream,
            is_quic: peer.is_quic(),
            stop,
            turn: Arc::clone(&peer.turn),
            board: Arc::clone(&self.board),
            events: self.events.clone(),
        };
        self.jobs.spawn(async move { Done::Ended(id, session::run(session).await) });
        Some(number)
    }

    pub(super) fn on_done(&mut self, done: Result<Done, JoinError>) {
        match done {
            Ok(Done::Opened(id, opened)) => self.on_opened(id, opened),
            Ok(Done::Ended(id, ended)) => self.on_ended(id, ended),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }

    fn on_opened(&mut self, id: PeerId, opened: io::Result<PeerStream>) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.opening = false;
        match opened {
            Ok(stream) if peer.member && !peer.connections.is_empty() => {
                self.begin(id, stream);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(peer = ?peer.key, %error, "no stream");
                peer.opens.later(Instant::now());
            }
        }
    }

    fn on_ended(&mut self, id: PeerId, ended: Ended) {
        let now = Instant::now();
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        tracing::debug!(peer = ?ended.peer, end = %ended.end, up_for = ?ended.up_for, "stream over");
        peer.session_ended(ended.id, ended.up_for, now);
        if peer.member {
            self.board.set_way(peer.key, peer.way());
        }
        if let End::Oversize { bytes } = ended.end {
            tracing::warn!(peer = ?ended.peer, bytes, "a frame above the limit was refused");
            peer.charge(now);
            self.notices.refused(Refusal::Oversize, Some(ended.peer));
        }
    }
}
