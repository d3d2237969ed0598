// SPDX-License-Identifier: EUPL-1.2
//! Handshakes that one host has under way: a few, so that nobody who connects and then says nothing keeps others out.
//!
//! Without it one machine fills [`PENDING_MAX`](super::limits::PENDING_MAX) alone. Several boxes behind one address are
//! let in one after the other: a handshake is short, and who was refused tries again.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::task::{Context, Poll};

use libp2p::PeerId;
use libp2p::core::transport::PortUse;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
    dummy,
};

use super::limits::HOST_PENDING_MAX;

/// Counts who stands at the door.
#[derive(Debug, Default)]
pub(super) struct Door {
    waiting: HashMap<ConnectionId, IpAddr>,
}

/// Why somebody is turned away.
#[derive(Debug, thiserror::Error)]
#[error("this host has too many handshakes under way")]
pub(super) struct Crowded;

impl Door {
    fn comes(&mut self, connection: ConnectionId, from: &Multiaddr) -> Result<(), Crowded> {
        let Some(host) = host(from) else { return Ok(()) };
        if self.waiting.values().filter(|it| **it == host).count() >= HOST_PENDING_MAX {
            return Err(Crowded);
        }
        self.waiting.insert(connection, host);
        Ok(())
    }

    fn leaves(&mut self, connection: ConnectionId) {
        self.waiting.remove(&connection);
    }
}

/// Whom an address belongs to: of IPv6 the first 64 bits, for one machine has all that follow.
fn host(address: &Multiaddr) -> Option<IpAddr> {
    address.iter().find_map(|it| match it {
        Protocol::Ip4(it) => Some(IpAddr::V4(it)),
        Protocol::Ip6(it) => Some(IpAddr::V6(Ipv6Addr::from_bits(it.to_bits() >> 64 << 64))),
        _ => None,
    })
}

impl NetworkBehaviour for Door {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.comes(connection, from).map_err(ConnectionDenied::new)
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(it) => self.leaves(it.connection_id),
            FromSwarm::ListenFailure(it) => self.leaves(it.connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_does_not_fill_the_door() {
        let mut door = Door::default();
        let address = |text: &str| text.parse::<Multiaddr>().expect("an address");
        let comes = |door: &mut Door, number: usize, text: &str| {
            door.comes(ConnectionId::new_unchecked(number), &address(text)).is_ok()
        };
        for number in 0..HOST_PENDING_MAX {
            assert!(comes(&mut door, number, "/ip6/2001:db8:0:1::7/tcp/4001"));
        }
        assert!(!comes(&mut door, 90, "/ip6/2001:db8:0:1:ffff::9/udp/4001/quic-v1"), "the same network");
        assert!(comes(&mut door, 91, "/ip6/2001:db8:0:2::7/tcp/4001"), "another's");
        assert!(comes(&mut door, 92, "/ip4/192.0.2.1/udp/4001/quic-v1"), "another's");
        door.leaves(ConnectionId::new_unchecked(0));
        assert!(comes(&mut door, 93, "/ip6/2001:db8:0:1::7/tcp/4002"), "one has left");
    }
}
