// SPDX-License-Identifier: EUPL-1.2
//! The path of a connection that is in use, of the several that it may have: where it leads, and how long it is.

use std::net::IpAddr;

use iroh::TransportAddr;
use iroh::endpoint::{Connection, Path};

use crate::reach::Reach;

/// How the other end of a connection is reached now.
pub(super) fn reach_of(conn: &Connection) -> Reach {
    match path_of(conn, |path| path.remote_addr().clone()) {
        None => Reach::Unheard,
        Some(TransportAddr::Ip(at)) if is_near(at.ip()) => Reach::Lan,
        Some(TransportAddr::Ip(_)) => Reach::Direct,
        Some(_) => Reach::Relayed,
    }
}

/// The round trip of the path in use, ms.
pub(super) fn rtt_ms_of(conn: &Connection) -> u32 {
    path_of(conn, |path| u32::try_from(path.stats().rtt.as_millis()).unwrap_or(u32::MAX)).unwrap_or(0)
}

/// Something of the path in use.
fn path_of<T>(conn: &Connection, read: impl FnOnce(&Path<'_>) -> T) -> Option<T> {
    let paths = conn.paths();
    let chosen = paths.iter().find(|path| path.is_selected()).or_else(|| paths.iter().next());
    chosen.as_ref().map(read)
}

/// Loopback, private, link-local: within the building.
fn is_near(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_within_the_building() {
        // Goal: the word that people read about the way taken.
        for (ip, near) in [
            ("127.0.0.1", true),
            ("192.168.1.20", true),
            ("10.0.0.3", true),
            ("169.254.1.1", true),
            ("::1", true),
            ("fd00::1", true),
            ("fe80::1", true),
            ("::ffff:192.168.1.20", true),
            ("81.2.69.142", false),
            ("2a01::1", false),
        ] {
            assert_eq!(is_near(ip.parse().unwrap()), near, "{ip}");
        }
    }
}
