// SPDX-License-Identifier: EUPL-1.2
//! Who is there, between this box and its peers: asks agencies, answers whoever asked, at most once in a while.
//!
//! Invariant: a point asks agencies, once a connection; only who asked on it is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use crdt_calendar::act::Role;
use crdt_calendar::ids::PublicKey;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::mesh::MeshHandle;
use crate::presence::{AtDesk, Presence, Word, read, write};
use crate::replica::Snapshot;

/// A peer that asked is told anew at most this often: somebody who comes and goes costs no more.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// What a peer tells is taken at most this often; of what comes in between, the last.
const HEAR_EVERY: Duration = Duration::from_secs(2);
/// How often what waits is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the network has heard that is of concern here.
pub(super) enum Heard {
    Up(PublicKey),
    Down(PublicKey),
    Frame(PublicKey, Bytes),
}

/// The way here from the network.
pub(super) struct Way {
    pub(super) presence: Presence,
    pub(super) heard: mpsc::Sender<Heard>,
}

impl Way {
    /// A connection begins or ends: nothing of this room is on the way.
    pub(super) async fn pass(&self, peer: PublicKey, heard: Heard) {
        self.presence.begin(&peer);
        if self.heard.send(heard).await.is_err() {
            tracing::debug!("nobody attends any more");
        }
    }

    /// What was said on presence. Whoever floods it is not waited for: replication comes by the same way.
    pub(super) fn hear(&self, peer: PublicKey, bytes: Bytes) {
        if self.heard.try_send(Heard::Frame(peer, bytes)).is_err() {
            tracing::debug!(?peer, "too much said on who is there: passed over");
        }
    }
}

/// A peer whose connection stands.
#[derive(Default)]
struct Peer {
    /// It was asked.
    is_asked: bool,
    /// It has asked.
    asks: bool,
    /// What it was told, and when.
    told: Option<(Vec<AtDesk>, Instant)>,
    /// What it told and is not taken yet.
    waiting: Option<Vec<AtDesk>>,
    heard: Option<Instant>,
}

struct Attending {
    presence: Presence,
    mesh: MeshHandle,
    peers: BTreeMap<PublicKey, Peer>,
}

/// Until the network ends.
pub(super) async fn attend(
    presence: Presence,
    mut heard: mpsc::Receiver<Heard>,
    mesh: MeshHandle,
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
) {
    let mut own = presence.watch_own();
    let mut attending = Attending { presence, mesh, peers: BTreeMap::new() };
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            word = heard.recv() => match word {
                None => return,
                Some(Heard::Up(peer)) => {
                    attending.forget(&peer);
                    attending.peers.insert(peer, Peer::default());
                }
                Some(Heard::Down(peer)) => attending.forget(&peer),
                Some(Heard::Frame(peer, bytes)) => attending.take(&snapshots.borrow(), peer, &bytes),
            },
            changed = own.changed() => if changed.is_err() {
                return;
            },
            changed = snapshots.changed() => if changed.is_err() {
                return;
            },
            _ = look.tick() => {}
        }
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        attending.ask(&snapshot);
        let told = own.borrow_and_update().clone();
        attending.tell(&told);
        attending.hear();
    }
}

impl Attending {
    fn forget(&mut self, peer: &PublicKey) {
        self.peers.remove(peer);
        self.presence.forget(peer);
    }

    fn take(&mut self, snapshot: &Snapshot, peer: PublicKey, bytes: &[u8]) {
        let member = snapshot.roster.member_of(&peer).and_then(|id| snapshot.roster.member(id));
        let is_point = member.is_some_and(|member| member.enrolment.role == Role::Point);
        let Some(state) = self.peers.get_mut(&peer) else { return };
        match read(bytes) {
            Ok(Word::Asked) => state.asks = is_point,
            // Only who was asked is believed: an agency.
            Ok(Word::Told(desks)) if state.is_asked => state.waiting = Some(desks),
            Ok(Word::Told(_)) => {}
            Err(error) => tracing::debug!(?peer, %error, "passed over"),
        }
    }

    /// A point asks every agency whose connection stands, once.
    fn ask(&mut self, snapshot: &Snapshot) {
        if snapshot.role() != Some(Role::Point) {
            return;
        }
        for (peer, state) in self.peers.iter_mut().filter(|(_, state)| !state.is_asked) {
            let member = snapshot.roster.member_of(peer).and_then(|id| snapshot.roster.member(id));
            if member.is_some_and(|member| member.enrolment.role == Role::Agency) {
                state.is_asked = true;
                send(&self.mesh, &self.presence, *peer, &Word::Asked);
            }
        }
    }

    fn tell(&mut self, own: &[AtDesk]) {
        let now = Instant::now();
        for (peer, state) in self.peers.iter_mut().filter(|(_, state)| state.asks) {
            let is_due = state.told.as_ref().is_none_or(|(told, at)| told != own && now >= *at + TELL_EVERY);
            if is_due {
                state.told = Some((own.to_vec(), now));
                send(&self.mesh, &self.presence, *peer, &Word::Told(own.to_vec()));
            }
        }
    }

    fn hear(&mut self) {
        let now = Instant::now();
        for (peer, state) in &mut self.peers {
            if state.heard.is_none_or(|at| now >= at + HEAR_EVERY)
                && let Some(desks) = state.waiting.take()
            {
                state.heard = Some(now);
                self.presence.hear(*peer, desks);
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
