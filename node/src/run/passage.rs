// SPDX-License-Identifier: EUPL-1.2
//! What passes between the network and the replica, both ways.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crdt_calendar::ids::PublicKey;
use crdt_calendar::replicator::CutReason;
use tokio::sync::{mpsc, watch};

use super::Struck;
use super::attending::Way;
use super::heard::Heard as HeardAt;
use super::knocks::{Barred, Knocks};
use super::reachable::Reachable;
use crate::clock::Clock;
use crate::lang::either;
use crate::mesh::{MeshEvent, MeshHandle, SendError};
use crate::presence::{self, Read};
use crate::reach::Reach;
use crate::replica::{Outgoing, Replica};

/// How often reach is looked at, besides when a connection comes or goes.
const REACH_EVERY: Duration = Duration::from_secs(2);

/// The rooms that hear from the network.
pub(super) struct Rooms {
    pub(super) replica: Replica,
    pub(super) mesh: MeshHandle,
    pub(super) way: Way,
    pub(super) knocks: Knocks,
}

/// From the network to the replica, and to whoever follows who is there.
pub(super) async fn hear(
    mut heard: mpsc::Receiver<MeshEvent>,
    rooms: Rooms,
    reaches: watch::Sender<BTreeMap<PublicKey, Reach>>,
    mut reachable: Reachable,
    mut heard_at: HeardAt,
    clock: Clock,
) {
    let Rooms { replica, mesh, way, knocks } = rooms;
    let mut near = way.presence.watch_near();
    let mut look = tokio::time::interval(REACH_EVERY);
    loop {
        tokio::select! {
            event = heard.recv() => match event {
                None => {
                    let gone = mesh.reach().into_keys().map(|key| (key, Reach::Unheard)).collect();
                    heard_at.note(&gone, clock.minute()).await;
                    return;
                }
                Some(MeshEvent::Up { peer, .. }) => {
                    way.pass(peer, true);
                    replica.up(peer).await;
                }
                Some(MeshEvent::Down { peer }) => {
                    way.pass(peer, false);
                    replica.down(peer).await;
                }
                Some(MeshEvent::Frame { peer, bytes }) => {
                    match presence::read(&bytes) {
                        Read::Word(word) => {
                            way.hear(peer, word);
                            continue;
                        }
                        Read::Later => continue,
                        Read::Other => {}
                    }
                    tracing::trace!(?peer, kind = bytes.get(1), bytes = bytes.len(), "heard");
                    replica.frame(peer, bytes).await;
                    continue;
                }
                Some(MeshEvent::Written { peer, frames }) => {
                    let frames = way.presence.others_written(&peer, frames);
                    if frames > 0 {
                        replica.written(peer, frames).await;
                    }
                    continue;
                }
                Some(MeshEvent::Knocked { key, from }) => {
                    knocks.note(key, Barred::Stranger, Some(from.to_string()), clock.minute());
                    continue;
                }
                Some(MeshEvent::Refused { why, count, .. }) => tracing::warn!(?why, count, "refused at the door"),
                Some(MeshEvent::Listening(addresses)) => reachable.hear(addresses),
            },
            // Whom neighbours hear is as much a way as a connection.
            Ok(()) = near.changed() => {}
            _ = look.tick() => if let Err(refusal) = reachable.publish().await {
                tracing::warn!(%refusal, "this node's addresses are not published");
            },
        }
        let now = way.presence.reach(mesh.reach());
        heard_at.note(&now, clock.minute()).await;
        reaches.send_if_modified(|known| {
            let changed = *known != now;
            if changed {
                *known = now;
            }
            changed
        });
    }
}

/// From the replica to the network. A peer that is gone, or reads too slowly, has its conversation ended; it
/// begins anew with the next connection, so nothing is lost. A frame that is too long would never pass: an error.
pub(super) async fn send(
    mut outgoing: mpsc::Receiver<Outgoing>,
    mesh: MeshHandle,
    struck: watch::Sender<Struck>,
    knocks: Knocks,
    clock: Clock,
) {
    while let Some(outgoing) = outgoing.recv().await {
        if let Outgoing::Frame(peer, bytes) = &outgoing {
            tracing::trace!(?peer, kind = bytes.get(1), bytes = bytes.len(), "said");
        }
        match outgoing {
            Outgoing::Frame(peer, bytes) => match mesh.send(peer, bytes) {
                Ok(()) => {}
                Err(error @ SendError::Length { .. }) => tracing::error!(?peer, %error, "not sent, and never will be"),
                Err(error) => tracing::debug!(?peer, %error, "not sent"),
            },
            Outgoing::Anew(peer) => mesh.begin_anew(peer),
            Outgoing::Cut(peer, reason) => {
                tracing::warn!(?peer, "{}", cut_words(reason));
                knocks.note(peer, Barred::Cut(reason), None, clock.minute());
                struck.send_modify(|struck| {
                    struck.insert(peer, Instant::now());
                });
            }
        }
    }
}

fn cut_words(reason: CutReason) -> String {
    match reason {
        CutReason::Faults => {
            let french = "ce voisin envoie ce qu'il ne doit pas : coupé quelques minutes";
            either(french, "this neighbour sends what it must not: cut off for some minutes").to_owned()
        }
        CutReason::Territory => {
            let french =
                "ce voisin est d'un autre territoire : coupé ; vérifiez que « papers.json » est de votre territoire";
            let english =
                "this neighbour is of another territory: cut off; check that “papers.json” is of your territory";
            either(french, english).to_owned()
        }
        CutReason::Version(version) => either(
            format!(
                "ce voisin parle la version {version} du protocole, inconnue ici : mettez à jour le plus ancien des deux"
            ),
            format!(
                "this neighbour speaks version {version} of the protocol, unknown here: update the older of the two"
            ),
        ),
    }
}
