// SPDX-License-Identifier: EUPL-1.2
//! Members only: the check at both moments that iroh offers, and the watch over those who are struck off.
//!
//! Knows keys, not appointments. Invariant: a connection with a key that is not enrolled is closed before
//! anything is read from it.

use std::collections::HashSet;
use std::sync::{Arc, Weak};

use crdt_calendar::ids::PublicKey;
use iroh::endpoint::{AfterHandshakeOutcome, BeforeConnectOutcome, Connection, EndpointHooks};
use iroh::{EndpointAddr, EndpointId};
use tokio::sync::watch;

use super::conn::CLOSE_NOT_MEMBER;
use super::endpoint::Shared;

/// The membership check, at both moments that iroh offers.
#[derive(Debug)]
pub(super) struct MembersOnly {
    pub(super) members: watch::Receiver<Arc<HashSet<PublicKey>>>,
}

impl MembersOnly {
    fn knows(&self, id: EndpointId) -> bool {
        self.members.borrow().contains(&PublicKey(*id.as_bytes()))
    }
}

impl EndpointHooks for MembersOnly {
    async fn before_connect<'a>(&'a self, remote: &'a EndpointAddr, _alpn: &'a [u8]) -> BeforeConnectOutcome {
        if self.knows(remote.id) { BeforeConnectOutcome::Accept } else { BeforeConnectOutcome::Reject }
    }

    async fn after_handshake<'a>(&'a self, conn: &'a Connection) -> AfterHandshakeOutcome {
        if self.knows(conn.remote_id()) {
            return AfterHandshakeOutcome::Accept;
        }
        AfterHandshakeOutcome::Reject { error_code: CLOSE_NOT_MEMBER, reason: b"not a member".to_vec() }
    }
}

/// Closes the links of members that are struck off, for as long as the node lives.
pub(super) async fn strike_off(shared: Weak<Shared>) {
    let Some(mut members) = shared.upgrade().map(|shared| shared.members.clone()) else {
        return;
    };
    while members.changed().await.is_ok() {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let known = Arc::clone(&members.borrow_and_update());
        shared.close_where(|peer| !known.contains(peer), CLOSE_NOT_MEMBER);
    }
}
