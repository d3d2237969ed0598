// SPDX-License-Identifier: EUPL-1.2
//! Who is there and who is heard, between this box and its peers: asks agencies and the coordination, answers whoever asked,
//! at most once in a while.
//!
//! Invariant: points are not asked; others are, once a connection; only who asked on it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crdt_calendar::act::Role;
use crdt_calendar::ids::PublicKey;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::mesh::MeshHandle;
use crate::presence::{AtDesk, NEAR_MAX, Presence, ShortKey, Word, short_key, write};
use crate::replica::Snapshot;

/// A peer that asked is told anew of desks at most this often: somebody who comes and goes costs no more.
const TELL_DESKS_EVERY: Duration = Duration::from_secs(10);
/// And of whom this box hears.
const TELL_NEAR_EVERY: Duration = Duration::from_secs(20);
/// What a peer tells is taken at most this often; of what comes in between, the last.
const HEAR_EVERY: Duration = Duration::from_secs(2);
/// How often what waits is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the network has heard of a peer and nobody has read: of each word the last, so that a flood takes no room.
#[derive(Default)]
struct Unread {
    /// A connection began, or ended, before these words.
    is_up: Option<bool>,
    has_asked: bool,
    desks: Option<Vec<AtDesk>>,
    near: Option<Vec<ShortKey>>,
}

type Inbox = Arc<Mutex<BTreeMap<PublicKey, Unread>>>;

/// The way here from the network.
pub(super) struct Way {
    pub(super) presence: Presence,
    inbox: Inbox,
    bell: mpsc::Sender<()>,
}

/// Where what came that way is read.
pub(super) struct Unheard {
    inbox: Inbox,
    bell: mpsc::Receiver<()>,
}

/// A way, and its end.
pub(super) fn way(presence: Presence) -> (Way, Unheard) {
    let (inbox, (ring, bell)) = (Inbox::default(), mpsc::channel(1));
    (Way { presence, inbox: Arc::clone(&inbox), bell: ring }, Unheard { inbox, bell })
}

impl Way {
    /// A connection begins or ends: nothing of this room is on the way, and what it said before is void.
    pub(super) fn pass(&self, peer: PublicKey, is_up: bool) {
        self.presence.begin(&peer);
        self.put(peer, |unread| *unread = Unread { is_up: Some(is_up), ..Unread::default() });
    }

    /// What was said.
    pub(super) fn hear(&self, peer: PublicKey, word: Word) {
        self.put(peer, |unread| match word {
            Word::Asked => unread.has_asked = true,
            Word::Told(desks) => unread.desks = Some(desks),
            Word::Near(near) => unread.near = Some(near),
        });
    }

    fn put(&self, peer: PublicKey, change: impl FnOnce(&mut Unread)) {
        change(self.inbox.lock().unwrap_or_else(PoisonError::into_inner).entry(peer).or_default());
        // Where it rings already, what is new is read with the rest.
        if let Err(mpsc::error::TrySendError::Closed(())) = self.bell.try_send(()) {
            tracing::debug!("nobody attends any more");
        }
    }
}

/// What two boxes have told each other of one matter.
struct Matter<T> {
    /// What it was told, and when.
    told: Option<(T, Instant)>,
    /// What it told and is not taken yet.
    waiting: Option<T>,
    heard: Option<Instant>,
}

/// A peer whose connection stands.
#[derive(Default)]
struct Peer {
    /// It was asked.
    is_asked: bool,
    /// It has asked.
    asks: bool,
    desks: Matter<Vec<AtDesk>>,
    near: Matter<Vec<ShortKey>>,
}

struct Attending {
    presence: Presence,
    mesh: MeshHandle,
    peers: BTreeMap<PublicKey, Peer>,
}

/// Until the network ends.
pub(super) async fn attend(
    presence: Presence,
    mut unheard: Unheard,
    mesh: MeshHandle,
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
) {
    let mut own = presence.watch_own();
    let mut attending = Attending { presence, mesh, peers: BTreeMap::new() };
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            rung = unheard.bell.recv() => if rung.is_none() {
                return;
            },
            changed = own.changed() => if changed.is_err() {
                return;
            },
            changed = snapshots.changed() => if changed.is_err() {
                return;
            },
            _ = look.tick() => {}
        }
        let words = std::mem::take(&mut *unheard.inbox.lock().unwrap_or_else(PoisonError::into_inner));
        words.into_iter().for_each(|(peer, unread)| attending.take(peer, unread));
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        attending.ask(&snapshot);
        let told = own.borrow_and_update().clone();
        attending.tell(&snapshot, &told);
        attending.hear();
    }
}

impl<T> Default for Matter<T> {
    fn default() -> Self {
        Self { told: None, waiting: None, heard: None }
    }
}

impl<T: PartialEq> Matter<T> {
    /// Whether this is to be said now, as something else than was said last.
    fn is_due(&self, own: &T, every: Duration, now: Instant) -> bool {
        self.told.as_ref().is_none_or(|(told, at)| told != own && now >= *at + every)
    }

    /// What was told last, if it may be taken now.
    fn take(&mut self, now: Instant) -> Option<T> {
        self.heard.is_none_or(|at| now >= at + HEAR_EVERY).then(|| self.waiting.take()).flatten().inspect(|_| {
            self.heard = Some(now);
        })
    }
}

impl Attending {
    fn take(&mut self, peer: PublicKey, unread: Unread) {
        if let Some(is_up) = unread.is_up {
            self.peers.remove(&peer);
            self.presence.forget(&peer);
            if is_up {
                self.peers.insert(peer, Peer::default());
            }
        }
        let Some(state) = self.peers.get_mut(&peer) else { return };
        state.asks |= unread.has_asked;
        // Only who was asked is believed.
        if state.is_asked {
            state.desks.waiting = unread.desks.or(state.desks.waiting.take());
            state.near.waiting = unread.near.or(state.near.waiting.take());
        }
    }

    /// Asks every agency and the coordination whose connection stands, once.
    fn ask(&mut self, snapshot: &Snapshot) {
        for (peer, state) in self.peers.iter_mut().filter(|(_, state)| !state.is_asked) {
            if snapshot.role_of(peer).is_some_and(|role| role != Role::Point) {
                state.is_asked = true;
                send(&self.mesh, &self.presence, *peer, &Word::Asked);
            }
        }
    }

    /// An agency tells points who is at its desks; it and the coordination tell everybody whom they hear.
    fn tell(&mut self, snapshot: &Snapshot, own: &Vec<AtDesk>) {
        let (now, own_role) = (Instant::now(), snapshot.role());
        if own_role.is_none_or(|role| role == Role::Point) {
            return;
        }
        let near: Vec<ShortKey> = self.peers.keys().map(short_key).take(NEAR_MAX).collect();
        for (peer, state) in self.peers.iter_mut().filter(|(_, state)| state.asks) {
            let is_of_desks = own_role == Some(Role::Agency) && snapshot.role_of(peer) == Some(Role::Point);
            if is_of_desks && state.desks.is_due(own, TELL_DESKS_EVERY, now) {
                state.desks.told = Some((own.clone(), now));
                send(&self.mesh, &self.presence, *peer, &Word::Told(own.clone()));
            }
            if state.near.is_due(&near, TELL_NEAR_EVERY, now) {
                state.near.told = Some((near.clone(), now));
                send(&self.mesh, &self.presence, *peer, &Word::Near(near.clone()));
            }
        }
    }

    fn hear(&mut self) {
        let now = Instant::now();
        for (peer, state) in &mut self.peers {
            if let Some(desks) = state.desks.take(now) {
                self.presence.hear(*peer, desks);
            }
            if let Some(near) = state.near.take(now) {
                self.presence.hear_near(*peer, near);
            }
        }
    }
}

fn send(mesh: &MeshHandle, presence: &Presence, peer: PublicKey, word: &Word) {
    // Counted before it can be written.
    presence.sent(peer);
    if let Err(error) = mesh.send(peer, write(word)) {
        presence.unsent(&peer);
        tracing::debug!(?peer, %error, "who is there was not said");
    }
}
