// SPDX-License-Identifier: EUPL-1.2
//! How another member is reached, in the one word that people see. Nothing above this speaks of stacks.

use std::collections::BTreeMap;
use std::sync::Arc;

use crdt_calendar::ids::PublicKey;
use crdt_calendar::time::UtcMinute;
use serde::Serialize;

/// The last minute in which each member was heard, by its box's key.
pub type HeardAt = Arc<BTreeMap<PublicKey, UtcMinute>>;

/// How another member is reached at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// On the same local network.
    Lan,
    /// Straight to its address.
    Direct,
    /// Through a relay.
    Relayed,
    /// By a neighbour that has said that it hears it: folios take one step more.
    Through,
    /// Not at all.
    Unheard,
}
