// SPDX-License-Identifier: EUPL-1.2
//! Takes the addresses to listen on, all of them or none: a node that hears at half its doors is a riddle.
//!
//! Serves nobody: the task does. Every refusal names its address.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

use futures::StreamExt as _;
use libp2p::core::transport::{ListenerId, TransportError};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm, mdns};
use tokio::time::timeout;

use super::MeshError;
use super::behaviour::{Behaviour, BehaviourEvent};
use super::limits::{LAN_PEERS_MAX, LISTEN_MAX};

/// Listens on every address, and returns once each has reported one of its own (a port, where 0 was asked for).
/// What was heard on the local network meanwhile is handed over: it is said only once.
pub(super) async fn listen(swarm: &mut Swarm<Behaviour>, addrs: &[Multiaddr]) -> Result<Vec<mdns::Event>, MeshError> {
    let mut meanwhile = Vec::new();
    let mut waiting: Vec<(ListenerId, Multiaddr)> = Vec::new();
    for addr in addrs {
        probe(addr)?;
        let id = swarm.listen_on(addr.clone()).map_err(|error| refused(addr, error))?;
        waiting.push((id, addr.clone()));
    }
    let mut heard = HashSet::new();
    while heard.len() < waiting.len() {
        let Ok(event) = timeout(LISTEN_MAX, swarm.select_next_some()).await else {
            let silent = waiting.into_iter().find(|(id, _)| !heard.contains(id));
            let addr = silent.map(|(_, addr)| addr).unwrap_or_else(Multiaddr::empty);
            return Err(broken(addr, io::ErrorKind::TimedOut.into()));
        };
        let (id, error) = match event {
            SwarmEvent::NewListenAddr { listener_id, .. } => {
                heard.insert(listener_id);
                continue;
            }
            SwarmEvent::ListenerError { listener_id, error } => (listener_id, error),
            SwarmEvent::ListenerClosed { listener_id, reason, .. } => {
                (listener_id, reason.err().unwrap_or_else(|| io::ErrorKind::NotConnected.into()))
            }
            SwarmEvent::Behaviour(BehaviourEvent::Mdns(event)) => {
                if meanwhile.len() < LAN_PEERS_MAX {
                    meanwhile.push(event);
                }
                continue;
            }
            _ => continue,
        };
        if let Some((_, addr)) = waiting.into_iter().find(|(listener, _)| *listener == id) {
            return Err(broken(addr, error));
        }
        return Err(MeshError::Setup(error));
    }
    Ok(meanwhile)
}

/// Asks the system itself. The library lets two listeners of one user share a TCP port, so that connections reach
/// either; and it wraps the refusal of a UDP port until its kind cannot be read.
fn probe(addr: &Multiaddr) -> Result<(), MeshError> {
    let asked = match socket(addr) {
        Some((_, socket)) if socket.port() == 0 => return Ok(()),
        Some((Kind::Tcp, socket)) => TcpListener::bind(socket).map(drop),
        Some((Kind::Udp, socket)) => UdpSocket::bind(socket).map(drop),
        None => return Ok(()),
    };
    asked.map_err(|error| broken(addr.clone(), error))
}

enum Kind {
    Tcp,
    Udp,
}

fn socket(addr: &Multiaddr) -> Option<(Kind, SocketAddr)> {
    let mut parts = addr.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::V4(ip),
        Protocol::Ip6(ip) => IpAddr::V6(ip),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some((Kind::Tcp, SocketAddr::new(ip, port))),
        Protocol::Udp(port) => Some((Kind::Udp, SocketAddr::new(ip, port))),
        _ => None,
    }
}

fn refused(addr: &Multiaddr, error: TransportError<io::Error>) -> MeshError {
    match error {
        TransportError::MultiaddrNotSupported(addr) => MeshError::Address { addr },
        TransportError::Other(error) => broken(addr.clone(), error),
    }
}

fn broken(addr: Multiaddr, source: io::Error) -> MeshError {
    match source.kind() {
        io::ErrorKind::AddrInUse => MeshError::Taken { addr },
        _ => MeshError::Listen { addr, source },
    }
}
