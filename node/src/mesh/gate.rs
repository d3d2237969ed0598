// SPDX-License-Identifier: EUPL-1.2
//! The gate before every connection. Trials shut it: nothing comes in or goes out then, as if the line were cut. And of
//! one host a few handshakes are under way at once, so that nobody who connects and then says nothing keeps others out;
//! several boxes behind one address come in one after the other, for who was refused tries again.
//!
//! It closes nothing that stands: the task does, so that it can say so.

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

/// Refuses every connection while shut, and of one host what is too many.
#[derive(Debug, Default)]
pub(super) struct Gate {
    shut: bool,
    /// Handshakes that others have begun, and their hosts.
    waiting: HashMap<ConnectionId, IpAddr>,
}

/// Why the gate refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("this node is kept off the network")]
    Shut,
    #[error("this host has too many handshakes under way")]
    Crowded,
}

impl Gate {
    /// Shuts or opens it, for connections to come.
    pub(super) fn set(&mut self, shut: bool) {
        self.shut = shut;
    }

    /// Whether it is shut.
    pub(super) fn is_shut(&self) -> bool {
        self.shut
    }

    fn pass(&self) -> Result<(), ConnectionDenied> {
        if self.shut { Err(ConnectionDenied::new(Refused::Shut)) } else { Ok(()) }
    }

    /// Somebody begins a handshake from this address.
    fn comes(&mut self, connection: ConnectionId, from: &Multiaddr) -> Result<(), Refused> {
        let Some(host) = host(from) else { return Ok(()) };
        if self.waiting.values().filter(|it| **it == host).count() >= HOST_PENDING_MAX {
            return Err(Refused::Crowded);
        }
        self.waiting.insert(connection, host);
        Ok(())
    }

    /// A handshake is over, well or not.
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

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.pass()?;
        self.comes(connection, from).map_err(ConnectionDenied::new)
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.pass().map(|()| dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        self.pass().map(|()| Vec::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.pass().map(|()| dummy::ConnectionHandler)
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
    fn one_host_does_not_fill_the_gate() {
        let mut gate = Gate::default();
        let address = |text: &str| text.parse::<Multiaddr>().expect("an address");
        let comes = |gate: &mut Gate, number: usize, text: &str| {
            gate.comes(ConnectionId::new_unchecked(number), &address(text)).is_ok()
        };
        for number in 0..HOST_PENDING_MAX {
            assert!(comes(&mut gate, number, "/ip6/2001:db8:0:1::7/tcp/4001"));
        }
        assert!(!comes(&mut gate, 90, "/ip6/2001:db8:0:1:ffff::9/udp/4001/quic-v1"), "the same network");
        assert!(comes(&mut gate, 91, "/ip6/2001:db8:0:2::7/tcp/4001"), "another's");
        assert!(comes(&mut gate, 92, "/ip4/192.0.2.1/udp/4001/quic-v1"), "another's");
        gate.leaves(ConnectionId::new_unchecked(0));
        assert!(comes(&mut gate, 93, "/ip6/2001:db8:0:1::7/tcp/4002"), "one has left");
    }
}
