// SPDX-License-Identifier: EUPL-1.2
//! What is due: which member to dial and to which to open, now or later.
//!
//! Decides from what `peer` holds alone, so that the loop sleeps exactly until the next attempt.

use libp2p::PeerId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use tokio::time::Instant;

use super::{Done, Task};
use crate::mesh::stream::opens;

impl Task {
    pub(super) fn attempt(&mut self, now: Instant) {
        self.peers.retain(|_, peer| !peer.is_over());
        if self.swarm.behaviour().gate.is_shut() {
            return;
        }
        let all: Vec<PeerId> = self.peers.keys().copied().collect();
        for id in all {
            if self.dial_due(&id).is_some_and(|due| due <= now) {
                self.dial(id, now);
            }
            if self.open_due(&id).is_some_and(|due| due <= now) {
                self.open(id);
            }
        }
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        if self.swarm.behaviour().gate.is_shut() {
            return None;
        }
        self.peers.keys().flat_map(|id| [self.dial_due(id), self.open_due(id)]).flatten().min()
    }

    /// When to dial: a neighbour, or a member heard near by, without connection.
    fn dial_due(&self, id: &PeerId) -> Option<Instant> {
        let peer = self.peers.get(id)?;
        let wanted = peer.member && (peer.steady.is_some() || !self.lan.addrs(id).is_empty());
        let idle = peer.connections.is_empty() && peer.dialling.is_none();
        (wanted && idle).then(|| peer.dials.due())
    }

    /// When to open: the stream is ours to open, and none is there or on its way.
    fn open_due(&self, id: &PeerId) -> Option<Instant> {
        let peer = self.peers.get(id)?;
        let ours = peer.member && opens(self.own, peer.key) && !peer.connections.is_empty();
        let idle = peer.current.is_none() && !peer.opening;
        (ours && idle).then(|| peer.opens.due())
    }

    /// From a port of its own: were both to dial from where they listen, TCP would take the two dials for one.
    fn dial(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let mut addrs = peer.steady.clone().unwrap_or_default();
        addrs.extend(self.lan.addrs(&id).iter().cloned());
        let dial = DialOpts::peer_id(id).condition(PeerCondition::Always).addresses(addrs).allocate_new_port().build();
        peer.dialling = Some(dial.connection_id());
        if let Err(error) = self.swarm.dial(dial) {
            tracing::debug!(peer = ?peer.key, %error, "not dialled");
            peer.dialling = None;
            peer.dials.later(now);
        }
    }

    fn open(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.opening = true;
        let opening = self.opener.clone().open(id);
        self.jobs.spawn(async move { Done::Opened(id, opening.await) });
    }
}
