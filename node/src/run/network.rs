// SPDX-License-Identifier: EUPL-1.2
//! The network of a running node, as the terminal's socket sees it: cut off by hand, and how each member is reached.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crdt_calendar::ids::PublicKey;
use crdt_calendar::time::UtcMinute;
use tokio::sync::watch;

use super::knocks::{Barred, Knock, Knocks};
use crate::call::Calls;
use crate::link::{Link, RelayStanding};
use crate::mesh::MeshHandle;
use crate::presence::Presence;
use crate::reach::{HeardAt, Reach};

/// What the terminal's socket may do to the network.
#[derive(Clone)]
pub struct Network {
    pub(super) mesh: MeshHandle,
    pub(super) calls: Calls,
    pub(super) link: Link,
    pub(super) presence: Presence,
    pub(super) offline: watch::Sender<bool>,
    pub(super) heard_at: watch::Receiver<HeardAt>,
    pub(super) knocks: Knocks,
}

impl Network {
    /// Cuts everything off, or lets it come back.
    pub fn set_offline(&self, offline: bool) {
        self.mesh.set_offline(offline);
        self.calls.set_offline(offline);
        self.offline.send_replace(offline);
    }

    /// Whether it is cut off by hand.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        *self.offline.borrow()
    }

    /// When each member was last heard, by its box's key; also before this node started.
    #[must_use]
    pub fn heard_at(&self) -> HeardAt {
        Arc::clone(&self.heard_at.borrow())
    }

    /// Who was not let in within the last day: strangers, and members that were cut off and have not come back.
    #[must_use]
    pub fn knocks(&self, members: &BTreeSet<PublicKey>, now: UtcMinute) -> BTreeMap<PublicKey, Knock> {
        let mut knocks = self.knocks.all(now);
        let reach = self.mesh.reach();
        let is_here = |key: &PublicKey| reach.get(key).is_some_and(|it| *it != Reach::Unheard);
        knocks.retain(|key, it| !(it.why == Barred::Stranger && members.contains(key) || is_here(key)));
        knocks
    }

    /// How it stands with the relays; `None` where this node has none.
    #[must_use]
    pub fn relay_standing(&self) -> Option<RelayStanding> {
        self.link.relay_standing()
    }

    /// How each member is reached, by a neighbour too.
    #[must_use]
    pub fn reach(&self) -> BTreeMap<PublicKey, Reach> {
        self.presence.reach(self.mesh.reach())
    }
}
