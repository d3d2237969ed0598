// SPDX-License-Identifier: EUPL-1.2
//! Members whom nothing else reaches are reached by way of a relay: the same frames, on a passage of the link. As soon as a
//! connection of the mesh's own stands, that takes over by itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crdt_calendar::ids::PublicKey;
use tokio::task::JoinSet;

use crate::link::{DialError, Link, Passage, Passages, RelayStanding};
use crate::mesh::MeshHandle;
use crate::reach::Reach;

/// How often it is looked who is not reached.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A neighbour that is not heard for so long is dialled by way of the relays: its own addresses have been tried by then.
const UNHEARD_TIME: Duration = Duration::from_secs(15);
/// ... and again after so long, twice as long each time, up to the second.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(300);

/// A neighbour that is not heard.
struct Unheard {
    /// When it is dialled by way of the relays.
    at: Instant,
    /// How long to wait after that.
    wait: Duration,
}

/// What a dial brought.
type Dialled = (PublicKey, Result<Passage, DialError>);

/// Runs as long as the link.
pub(super) async fn relay(mesh: MeshHandle, link: Link, mut passages: Passages) {
    let mut unheard: BTreeMap<PublicKey, Unheard> = BTreeMap::new();
    let mut dials: JoinSet<Dialled> = JoinSet::new();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            came = passages.next() => {
                let Some((peer, passage)) = came else { return };
                mesh.carry(peer, Box::new(passage));
            }
            Some(Ok((peer, dialled))) = dials.join_next() => match dialled {
                Ok(passage) => mesh.carry(peer, Box::new(passage)),
                Err(error) => tracing::debug!(?peer, %error, "not reached by way of the relays"),
            },
            _ = look.tick() => {
                for peer in due(&mesh, &link, &mut unheard, Instant::now()) {
                    let link = link.clone();
                    dials.spawn(async move { (peer, link.passage(peer).await) });
                }
            }
        }
    }
}

/// Neighbours whom it is time to dial by way of the relays.
fn due(mesh: &MeshHandle, link: &Link, unheard: &mut BTreeMap<PublicKey, Unheard>, now: Instant) -> Vec<PublicKey> {
    let reach = mesh.reach();
    let is_unheard = |key: &PublicKey| reach.get(key).is_none_or(|it| *it == Reach::Unheard);
    let neighbours: Vec<PublicKey> = mesh.neighbours().into_iter().filter(is_unheard).collect();
    unheard.retain(|key, _| neighbours.contains(key));
    for key in neighbours {
        // Where both want each other the lower key dials first, and the other finds it connected.
        let after = if mesh.own() < key { UNHEARD_TIME } else { UNHEARD_TIME + 2 * LOOK_EVERY };
        unheard.entry(key).or_insert(Unheard { at: now + after, wait: AGAIN_AFTER });
    }
    if link.relay_standing() != Some(RelayStanding::Connected) {
        return Vec::new();
    }
    let due = unheard.iter_mut().filter(|(_, it)| it.at <= now);
    due.map(|(key, it)| {
        it.at = now + it.wait;
        it.wait = (it.wait * 2).min(AGAIN_AFTER_MAX);
        *key
    })
    .collect()
}
