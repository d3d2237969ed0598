// SPDX-License-Identifier: EUPL-1.2
//! Follows the roster: whom the networks let in, whom they stay connected with, and who stays out for a while.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crdt_calendar::ids::PublicKey;
use tokio::sync::watch;

use super::addresses::Addresses;
use super::neighbours::Chooser;
use crate::clock::Clock;
use crate::mesh::{self, MeshHandle};
use crate::presence::Presence;
use crate::reach::Reach;
use crate::replica::Snapshot;

/// A member whose node sends what it must not stays out so long.
const STRUCK_FOR: Duration = Duration::from_secs(600);

/// Members that are out for a while, and since when.
pub(super) type Struck = BTreeMap<PublicKey, Instant>;

/// What neighbours are chosen by.
pub(super) struct Reached {
    pub(super) mesh: MeshHandle,
    pub(super) presence: Presence,
    /// Whether this box pays for what passes.
    pub(super) metered: bool,
}

/// Tells the networks who is a member and whom to stay connected with.
pub(super) async fn follow_members(
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    mut struck: watch::Receiver<Struck>,
    reached: Reached,
    keys: watch::Sender<Arc<HashSet<PublicKey>>>,
    first: Vec<(PublicKey, Vec<String>)>,
    mut addresses: Addresses,
    clock: Clock,
) {
    let Reached { mesh, presence, metered } = reached;
    let mut known: Option<(BTreeSet<PublicKey>, BTreeSet<PublicKey>, _)> = None;
    let mut again = tokio::time::interval(STRUCK_FOR / 10);
    let (mut near, mut attempt) = (presence.watch_near(), 0);
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        let mut members = snapshot.roster.keys();
        members.remove(&snapshot.writer.key);
        let is_struck = |key: &PublicKey| struck.borrow().get(key).is_some_and(|since| since.elapsed() < STRUCK_FOR);
        // A fault of replication ends no call.
        let callers = members.clone();
        members.retain(|key| !is_struck(key));
        let chooser = Chooser { reach: presence.reach(mesh.reach()), attempt, now: clock.minute(), metered };
        addresses.note(&snapshot).await;
        let neighbours = chooser.choose(&snapshot, &first, addresses.known());
        let now = (members, callers, neighbours);
        if known.as_ref() != Some(&now) {
            mesh.set_members(now.0.iter().copied().collect());
            mesh.set_neighbours(now.2.clone());
            keys.send_replace(Arc::new(now.1.iter().copied().collect()));
            known = Some(now.clone());
        }
        let (_, _, neighbours) = now;
        tokio::select! {
            changed = snapshots.changed() => if changed.is_err() {
                return;
            },
            Ok(()) = struck.changed() => {}
            Ok(()) = near.changed() => {}
            _ = again.tick() => {
                let reach = mesh.reach();
                let heard = |it: &mesh::Neighbour| reach.get(&it.key).is_some_and(|reach| *reach != Reach::Unheard);
                attempt += usize::from(!neighbours.iter().all(heard));
            }
        }
    }
}
