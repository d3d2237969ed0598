// SPDX-License-Identifier: EUPL-1.2
//! P6: every queue and store keeps its limit, whatever others send.

use crdt_calendar::clerk::Effect;
use crdt_calendar::limits::{FOLIOS_MAX, UNENROLLED_FOLIOS_MAX};
use crdt_calendar::replicator;
use crdt_calendar::roster::Standing;

use super::Violation;
use crate::node::Node;

/// Effects of one input: more means that a clerk talks to itself.
const EFFECTS_MAX: usize = 4_000;
/// Bytes that wait to be sent. A first exchange with each of a few neighbours fits.
const QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What waits to be done.
pub(super) fn queue(node: &Node) -> Result<(), Violation> {
    if node.queue.len() > EFFECTS_MAX {
        return Err(Violation::new("livelock", format!("{} effects wait at {}", node.queue.len(), node.member)));
    }
    if node.queue.len() < 64 {
        return Ok(());
    }
    let bytes: usize = node.queue.iter().map(bytes_of).sum();
    if bytes > QUEUE_BYTES_MAX {
        return Err(Violation::new("P6", format!("{bytes} bytes wait to leave {}", node.member)));
    }
    Ok(())
}

fn bytes_of(effect: &Effect) -> usize {
    match effect {
        Effect::Replicate(replicator::Effect::Send { bytes, .. }) => bytes.len(),
        _ => 0,
    }
}

/// What is held.
pub(super) fn shelf(node: &Node) -> Result<(), Violation> {
    let Some(clerk) = &node.clerk else { return Ok(()) };
    let (roster, mut all, mut strangers) = (clerk.roster(), 0, 0);
    for folio in clerk.shelf().folios() {
        all += 1;
        let unknown = roster.member_of(&folio.id().writer.key).is_none();
        strangers += usize::from(unknown && roster.standing(&folio.id().writer) == Standing::Unknown);
    }
    // What waited when the roster came may belong to more strangers than would be let in now.
    if all > FOLIOS_MAX || strangers > UNENROLLED_FOLIOS_MAX + 64 {
        return Err(Violation::new("P6", format!("{} holds {all} folios, {strangers} of strangers", node.member)));
    }
    Ok(())
}
