// SPDX-License-Identifier: EUPL-1.2
//! The relays that a node knows, and whom it believes that it speaks with one.
//!
//! A relay passes what it cannot read between two nodes that cannot reach each other. Every node of a territory names the
//! same ones: whoever dials knocks by way of each of them, and the one dialled waits at the nearest.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use iroh::tls::CaTlsConfig;
use iroh::{EndpointAddr, RelayMap, RelayMode, RelayUrl};
use rustls::pki_types::CertificateDer;

/// Where a relay is: `https://`, a name or an address, and a port where it is not 443; `http://` on loopback, for trials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelayAddress(RelayUrl);

/// An address that is not that of a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a relay")]
pub struct RelayAddressError;

/// How it stands with the relays of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayStanding {
    /// One is connected.
    Connected,
    /// One is there, and does not know this node as a member.
    Refused,
    /// None.
    Silent,
}

/// The relays of a node; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relays {
    /// Each.
    pub addresses: Vec<RelayAddress>,
    /// Whose certificates are believed, in the place of the public authorities.
    pub roots: Option<Vec<CertificateDer<'static>>>,
}

impl FromStr for RelayAddress {
    type Err = RelayAddressError;

    fn from_str(written: &str) -> Result<Self, RelayAddressError> {
        let url: RelayUrl = written.parse().map_err(|_| RelayAddressError)?;
        let is_bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if is_bare && has_host && is_safe { Ok(Self(url)) } else { Err(RelayAddressError) }
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn is_loopback(url: &RelayUrl) -> bool {
    host(url).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// A name or an address, as the system looks it up.
fn host(url: &RelayUrl) -> &str {
    url.host_str().unwrap_or_default().trim_matches(['[', ']'])
}

impl RelayAddress {
    /// Where it listens, TCP.
    pub(super) fn host_and_port(&self) -> (&str, u16) {
        (host(&self.0), self.0.port_or_known_default().unwrap_or(443))
    }
}

impl Relays {
    /// How the library is told.
    pub(super) fn mode(&self) -> RelayMode {
        if self.addresses.is_empty() {
            return RelayMode::Disabled;
        }
        RelayMode::Custom(self.addresses.iter().map(|it| it.0.clone()).collect::<RelayMap>())
    }

    /// Whose certificates are believed.
    pub(super) fn trust(&self) -> CaTlsConfig {
        self.roots.clone().map_or_else(CaTlsConfig::default, CaTlsConfig::custom_roots)
    }

    /// Where a node may be besides.
    pub(super) fn add_to(&self, address: EndpointAddr) -> EndpointAddr {
        self.addresses.iter().fold(address, |address, relay| address.with_relay_url(relay.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_relay() {
        // Goal: nothing in clear beyond this machine, nothing that only a browser would mind.
        for (written, fine) in [
            ("https://relais.example", true),
            ("https://relais.example:8443/", true),
            ("https://192.0.2.7", true),
            ("https://[2001:db8::7]:443", true),
            ("http://127.0.0.1:3340", true),
            ("http://[::1]:3340", true),
            ("http://relais.example", false),
            ("http://192.0.2.7", false),
            ("https://relais.example/page", false),
            ("https://relais.example/?a=1", false),
            ("https://moi@relais.example", false),
            ("relais.example", false),
            ("ftp://relais.example", false),
            ("", false),
        ] {
            assert_eq!(written.parse::<RelayAddress>().is_ok(), fine, "{written}");
        }
        let at = |written: &str| written.parse::<RelayAddress>().expect("an address");
        assert_eq!(at("https://relais.example").host_and_port(), ("relais.example", 443));
        assert_eq!(at("https://[2001:db8::7]:8443").host_and_port(), ("2001:db8::7", 8443));
    }
}
