// SPDX-License-Identifier: EUPL-1.2
//! Commands that are kept by one commit: what waits when the thread is free is done together, and each is answered
//! after the one fsync. Under load the disk sets the size of a group, so nobody waits for a timer.
//!
//! Refuses to mix connections: what is owed to a peer leaves before that peer comes, goes, or has room again.

use std::sync::Arc;

use crdt_calendar::ids::ActRef;
use tokio::sync::watch;

use super::Keeper;
use super::obeying::answer;
use crate::replica::command::{Refusal, Reply};
use crate::replica::snapshot::Snapshot;

/// Commands in one commit at most: bounds what waits in memory and how long the first one waits.
pub(super) const GROUP_MAX: usize = 64;

/// An answer that waits for the commit.
type Owed = Box<dyn FnOnce(Kept) + Send>;

/// What became of a group.
#[derive(Clone, Copy)]
struct Kept {
    /// Whether it is on the disk.
    kept: Result<(), Refusal>,
    /// Whether it is, and the life in which it was done goes on: what was written in one that is over is in doubt.
    stands: Result<(), Refusal>,
}

/// Commands that were obeyed and are not yet kept.
#[derive(Default)]
pub(super) struct Group {
    pub(super) size: usize,
    /// Whether the calendar may show differently.
    pub(super) changes: bool,
    answers: Vec<Owed>,
    pub(super) nonces: Vec<(String, ActRef)>,
    pub(super) booked: Vec<ActRef>,
}

impl Group {
    /// Owes an answer of what was written in this life: given after the commit, and only then.
    pub(super) fn owe<T: Send + 'static>(&mut self, reply: Reply<T>, done: Result<T, Refusal>) {
        self.changes = true;
        self.answers.push(Box::new(move |all| answer(reply, done.and_then(|done| all.stands.map(|()| done)))));
    }

    /// Owes an answer of what is so in any life: given after the commit, and only then.
    pub(super) fn owe_in_any_life<T: Send + 'static>(&mut self, reply: Reply<T>, done: Result<T, Refusal>) {
        self.changes = true;
        self.answers.push(Box::new(move |all| answer(reply, done.and_then(|done| all.kept.map(|()| done)))));
    }

    /// What a form of this group, not yet kept, led to.
    pub(super) fn known_nonce(&self, nonce: &str) -> Option<ActRef> {
        self.nonces.iter().find(|(known, _)| known == nonce).map(|(_, booked)| *booked)
    }
}

impl Keeper {
    /// Keeps what the group did, shows it, then answers: who asked finds what was done. What is counted of it
    /// is kept later (`tallies`).
    pub(super) fn finish(&mut self, group: Group, snapshots: &watch::Sender<Arc<Snapshot>>) {
        let Group { changes, answers, nonces, booked, .. } = group;
        if !changes {
            return;
        }
        let before = self.clerk.writer();
        let kept = self.carry_out(&nonces);
        if let Err(refusal) = kept {
            tracing::error!(%refusal, "not kept");
        }
        let lives_on = self.clerk.writer() == before;
        let stands = kept.and(if lives_on { Ok(()) } else { Err(Refusal::Anew) });
        self.show(snapshots);
        for answer in answers {
            answer(Kept { kept, stands });
        }
        if stands.is_ok() {
            self.tally_bookings(&booked);
        }
    }
}
