// SPDX-License-Identifier: EUPL-1.2
//! Where others reach this node: what it publishes of itself in its profile.
//!
//! A socket bound to "all addresses" has none that could be dialled; the mesh says which addresses this
//! machine has, now and when they change. Written when an address is new, not when one goes: a cable that is
//! pulled and put back would write in the profile each time, and nobody could be told anyway.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;

use crate::replica::{Refusal, Replica};

/// Addresses of one kind that are published at most; further ones are left out.
const ADDRESSES_MAX: usize = 16;

/// What is published, and what was heard since.
pub(super) struct Reachable {
    replica: Replica,
    /// Where the sockets of calls are bound.
    calls: Vec<SocketAddr>,
    /// Heard, and not yet looked at: addresses come one by one, and are published together.
    heard: Option<Vec<Multiaddr>>,
    published: BTreeSet<String>,
}

impl Reachable {
    pub(super) fn new(replica: Replica, calls: Vec<SocketAddr>) -> Self {
        let snapshot = replica.snapshot();
        let profile = snapshot.own_profile();
        let published = profile.map(|it| it.mesh.iter().chain(&it.link).cloned().collect()).unwrap_or_default();
        Self { replica, calls, heard: None, published }
    }

    /// The addresses that the mesh listens on now.
    pub(super) fn hear(&mut self, addresses: Vec<Multiaddr>) {
        self.heard = Some(addresses);
    }

    /// Publishes what was heard, if it holds an address that is new.
    ///
    /// # Errors
    /// [`Refusal`]; nothing was published then.
    pub(super) async fn publish(&mut self) -> Result<(), Refusal> {
        // A restored box writes nothing before it has heard a member.
        if self.replica.snapshot().anew.is_some_and(|it| it.waits()) {
            return Ok(());
        }
        let Some(heard) = self.heard.take() else { return Ok(()) };
        let link: Vec<String> = call_addresses(&self.calls, &heard).iter().map(ToString::to_string).collect();
        let mesh: Vec<String> = heard.iter().take(ADDRESSES_MAX).map(ToString::to_string).collect();
        let now: BTreeSet<String> = mesh.iter().chain(&link).cloned().collect();
        if now.is_subset(&self.published) {
            return Ok(());
        }
        self.replica.reachable(mesh, link).await?;
        self.published = now;
        Ok(())
    }
}

/// Where calls are dialled: the sockets as they are bound, and for one bound to all addresses those of the
/// mesh of its kind, with its port. The machine's own loopback only where it has nothing else.
fn call_addresses(bound: &[SocketAddr], mesh: &[Multiaddr]) -> Vec<SocketAddr> {
    let ips: BTreeSet<IpAddr> = mesh.iter().filter_map(ip).filter(|ip| !ip.is_unspecified()).collect();
    let (near, far): (Vec<IpAddr>, Vec<IpAddr>) = ips.into_iter().partition(IpAddr::is_loopback);
    let all = if far.is_empty() { near } else { far };
    let mut addresses = Vec::new();
    for socket in bound {
        if socket.ip().is_unspecified() {
            let same = all.iter().filter(|ip| ip.is_ipv4() == socket.is_ipv4());
            addresses.extend(same.map(|ip| SocketAddr::new(*ip, socket.port())));
        } else {
            addresses.push(*socket);
        }
    }
    addresses.truncate(ADDRESSES_MAX);
    addresses
}

fn ip(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_dialled_where_the_machine_is() {
        // Goal: never "0.0.0.0", which is the dialler's own machine; loopback only on a machine without a network.
        let mesh = |all: &[&str]| all.iter().map(|it| it.parse().expect("an address")).collect::<Vec<Multiaddr>>();
        let one =
            mesh(&["/ip4/127.0.0.1/udp/4646/quic-v1", "/ip4/10.0.0.7/udp/4646/quic-v1", "/ip4/10.0.0.7/tcp/4646"]);
        let alone = mesh(&["/ip4/127.0.0.1/tcp/4646"]);
        let two = mesh(&["/ip4/10.0.0.7/tcp/4646", "/ip6/2001:db8::7/tcp/4646"]);
        for (bound, mesh, expected) in [
            ("0.0.0.0:4647", &one, vec!["10.0.0.7:4647"]),
            ("0.0.0.0:4647", &alone, vec!["127.0.0.1:4647"]),
            ("0.0.0.0:4647", &two, vec!["10.0.0.7:4647"]),
            ("[::]:4647", &two, vec!["[2001:db8::7]:4647"]),
            ("192.0.2.1:4647", &one, vec!["192.0.2.1:4647"]),
        ] {
            let bound: SocketAddr = bound.parse().expect("an address");
            let published: Vec<String> = call_addresses(&[bound], mesh).iter().map(ToString::to_string).collect();
            assert_eq!(published, expected, "{bound} over {mesh:?}");
        }
    }
}
