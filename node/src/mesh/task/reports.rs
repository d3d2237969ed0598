// SPDX-License-Identifier: EUPL-1.2
//! What the network reports to the task: connections that come, go or fail, and addresses, ours and others'.
//!
//! Notes and cuts; whatever is to be tried again is left to `attempts`.

use libp2p::core::ConnectedPoint;
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{PeerId, mdns};
use tokio::time::Instant;

use super::Task;
use crate::mesh::Refusal;
use crate::mesh::behaviour::BehaviourEvent;
use crate::mesh::identity::public_key;
use crate::mesh::peer::Connection;
use crate::reach::Reach;

impl Task {
    pub(super) fn on_network(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_connected(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => self.on_closed(peer_id, connection_id),
            SwarmEvent::OutgoingConnectionError { peer_id: Some(id), connection_id, error } => {
                tracing::debug!(peer = %id, %error, "not reached");
                self.on_not_reached(id, connection_id);
            }
            SwarmEvent::IncomingConnectionError { peer_id: Some(id), send_back_addr, .. } if !self.is_member(&id) => {
                self.notices.refused(Refusal::Stranger, None);
                if let Some(key) = public_key(id).filter(|key| *key != self.own) {
                    self.notices.knocked(key, send_back_addr);
                }
            }
            SwarmEvent::Behaviour(BehaviourEvent::Mdns(event)) => self.on_local(event),
            SwarmEvent::NewListenAddr { .. } | SwarmEvent::ExpiredListenAddr { .. } => self.on_addresses(),
            SwarmEvent::ListenerClosed { addresses, reason, .. } => {
                tracing::warn!(?addresses, ?reason, "no longer listening there");
                self.on_addresses();
            }
            _ => {}
        }
    }

    fn is_member(&self, id: &PeerId) -> bool {
        self.peers.get(id).is_some_and(|peer| peer.member)
    }

    fn on_connected(&mut self, id: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let now = Instant::now();
        let Some(peer) = self.peers.get_mut(&id).filter(|peer| peer.member) else {
            self.swarm.close_connection(connection);
            return;
        };
        if peer.dialling == Some(connection) {
            peer.dialling = None;
        }
        let outlived = peer.take_outlived(now);
        if peer.connections.is_empty() {
            peer.end_session();
            peer.opens.afresh(now);
        }
        let remote = endpoint.get_remote_address().clone();
        let way = self.lan.way(&id, &remote);
        if endpoint.is_dialer() && peer.steady.is_none() && way != Reach::Lan {
            // Dialled for a neighbour that is none any more.
            self.swarm.close_connection(connection);
        }
        peer.connections.insert(connection, Connection { since: now, remote, way, dialled: endpoint.is_dialer() });
        self.board.set_way(peer.key, peer.way());
        for old in outlived {
            self.swarm.close_connection(old);
        }
    }

    fn on_closed(&mut self, id: PeerId, connection: ConnectionId) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.connections.remove(&connection);
        if peer.member {
            self.board.set_way(peer.key, peer.way());
        }
        if peer.connections.is_empty() {
            peer.end_session();
            peer.dials.later(Instant::now());
        }
    }

    fn on_not_reached(&mut self, id: PeerId, connection: ConnectionId) {
        if let Some(peer) = self.peers.get_mut(&id)
            && peer.dialling == Some(connection)
        {
            peer.dialling = None;
            peer.dials.later(Instant::now());
        }
    }

    /// Members heard near by, or no longer.
    pub(in crate::mesh) fn on_local(&mut self, event: mdns::Event) {
        match event {
            mdns::Event::Discovered(found) => {
                for (id, addr) in found {
                    if self.lan.heard(id, addr) {
                        self.on_neighbourhood(&id, true);
                    }
                }
            }
            mdns::Event::Expired(gone) => {
                for (id, addr) in gone {
                    self.lan.expired(id, &addr);
                    self.on_neighbourhood(&id, false);
                }
            }
        }
    }

    /// A member was heard near by, or no longer: its connections may bear another word, and news are worth a dial.
    fn on_neighbourhood(&mut self, id: &PeerId, news: bool) {
        let Some(peer) = self.peers.get_mut(id).filter(|peer| peer.member) else {
            return;
        };
        for connection in peer.connections.values_mut() {
            connection.way = self.lan.way(id, &connection.remote);
        }
        self.board.set_way(peer.key, peer.way());
        if news {
            peer.dials.afresh(Instant::now());
        }
    }

    /// Our own addresses changed: another network, perhaps one that leads somewhere.
    fn on_addresses(&mut self) {
        let now = Instant::now();
        self.notices.listening(self.swarm.listeners().cloned().collect());
        self.peers.values_mut().for_each(|peer| peer.dials.afresh(now));
    }
}
