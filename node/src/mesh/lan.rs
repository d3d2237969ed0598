// SPDX-License-Identifier: EUPL-1.2
//! Who was heard on the local network, and at which addresses. Anyone there may say anything: it is a hint where to
//! dial, never who answers; the handshake proves that.
//!
//! Invariant: at most [`LAN_PEERS_MAX`] peers with [`NEIGHBOUR_ADDRS_MAX`] addresses each.

use std::collections::HashMap;
use std::net::IpAddr;

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

use super::limits::{LAN_PEERS_MAX, NEIGHBOUR_ADDRS_MAX};
use crate::reach::Reach;

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Lan(HashMap<PeerId, Vec<Multiaddr>>);

impl Lan {
    /// Notes an address; true when it is news.
    pub(super) fn heard(&mut self, peer: PeerId, addr: Multiaddr) -> bool {
        if !self.0.contains_key(&peer) && self.0.len() >= LAN_PEERS_MAX {
            return false;
        }
        let addrs = self.0.entry(peer).or_default();
        let news = addrs.len() < NEIGHBOUR_ADDRS_MAX && !addrs.contains(&addr);
        if news {
            addrs.push(addr);
        }
        news
    }

    /// Forgets an address that was not heard again.
    pub(super) fn expired(&mut self, peer: PeerId, addr: &Multiaddr) {
        if let Some(addrs) = self.0.get_mut(&peer) {
            addrs.retain(|one| one != addr);
            if addrs.is_empty() {
                self.0.remove(&peer);
            }
        }
    }

    /// Where a peer was heard.
    pub(super) fn addrs(&self, peer: &PeerId) -> &[Multiaddr] {
        self.0.get(peer).map_or(&[], Vec::as_slice)
    }

    /// The word for a connection to `peer` whose far end is `remote`.
    pub(super) fn way(&self, peer: &PeerId, remote: &Multiaddr) -> Reach {
        if remote.iter().any(|part| part == Protocol::P2pCircuit) {
            return Reach::Relayed;
        }
        let far = ip(remote);
        let near = far.is_some() && self.addrs(peer).iter().any(|addr| ip(addr) == far);
        if near { Reach::Lan } else { Reach::Direct }
    }
}

fn ip(addr: &Multiaddr) -> Option<IpAddr> {
    match addr.iter().next()? {
        Protocol::Ip4(ip) => Some(ip.into()),
        Protocol::Ip6(ip) => Some(ip.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Multiaddr {
        text.parse().expect("an address of the test")
    }

    #[test]
    fn one_word_for_a_way() {
        // Goal: the same host is near by whatever port; a relay is a relay wherever it stands.
        let mut lan = Lan::default();
        let peer = PeerId::random();
        assert!(lan.heard(peer, addr("/ip4/192.0.2.7/udp/4001/quic-v1")));
        assert!(!lan.heard(peer, addr("/ip4/192.0.2.7/udp/4001/quic-v1")), "no news");
        for (remote, way) in [
            ("/ip4/192.0.2.7/udp/50000/quic-v1", Reach::Lan),
            ("/ip4/192.0.2.7/tcp/50000", Reach::Lan),
            ("/ip4/192.0.2.8/tcp/50000", Reach::Direct),
            ("/ip4/192.0.2.7/tcp/4001/p2p-circuit", Reach::Relayed),
        ] {
            assert_eq!(lan.way(&peer, &addr(remote)), way, "{remote}");
        }
        lan.expired(peer, &addr("/ip4/192.0.2.7/udp/4001/quic-v1"));
        assert_eq!(lan.way(&peer, &addr("/ip4/192.0.2.7/tcp/50000")), Reach::Direct);
    }

    #[test]
    fn a_noisy_network_stays_bounded() {
        let mut lan = Lan::default();
        let noise = (0..2 * LAN_PEERS_MAX).filter(|_| lan.heard(PeerId::random(), addr("/ip4/192.0.2.1/tcp/1")));
        assert_eq!(noise.count(), LAN_PEERS_MAX);
        let (&peer, _) = lan.0.iter().next().expect("one was kept");
        for port in 2..100 {
            lan.heard(peer, addr(&format!("/ip4/192.0.2.1/tcp/{port}")));
        }
        assert_eq!(lan.addrs(&peer).len(), NEIGHBOUR_ADDRS_MAX);
    }
}
