// SPDX-License-Identifier: EUPL-1.2
//! A disk that refuses: full, until there is room again; or broken, until a person has looked and starts the node anew.
//!
//! Invariant: what was not kept was answered with a refusal and sent to nobody. So when there is room the calendar is
//! read from the disk again, and is what it was; with each peer the conversation begins anew.

use std::fmt::Display;
use std::sync::Arc;

use crdt_calendar::clerk::Doubt;
use tokio::sync::watch;

use super::Keeper;
use super::ground::Read;
use crate::lang::either;
use crate::replica::command::{Outgoing, Refusal};
use crate::replica::snapshot::Snapshot;
use crate::replica::thread::StartError;
use crate::store::{StoreError, mark_begun};

/// What the disk does with what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    /// It keeps it.
    Keeps,
    /// It has no room.
    Full,
    /// It failed: nobody knows what it kept of the last write, and a second try that succeeds would prove nothing.
    Fails,
}

impl Disk {
    /// The refusal of everything that would change the calendar.
    pub(super) fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Keeps => None,
            Self::Full => Some(Refusal::Full),
            Self::Fails => Some(Refusal::Disk),
        }
    }
}

impl Keeper {
    /// From now on nothing is acknowledged, sent or shown that the disk has not.
    pub(super) fn break_off(&mut self, error: &StoreError) -> Refusal {
        self.refuse_from_now_on(error.is_full(), error)
    }

    /// The same, whatever did not keep what was written.
    pub(super) fn refuse_from_now_on(&mut self, is_full: bool, error: &dyn Display) -> Refusal {
        if is_full {
            tracing::error!(%error, "the disk is full: nothing more is acknowledged until it has room");
            self.disk = Disk::Full;
            return Refusal::Full;
        }
        tracing::error!(%error, "the disk fails: nothing more is acknowledged until the node is started again");
        self.store.leave_alone();
        self.disk = Disk::Fails;
        Refusal::Disk
    }

    /// What only failed for want of room can be missed; what failed otherwise says that the disk does.
    pub(super) fn break_off_unless_full(&mut self, error: &StoreError) {
        if !error.is_full() {
            self.break_off(error);
        }
    }

    /// Goes on if a disk that was full has room again.
    pub(super) fn look_for_room(&mut self, snapshots: &watch::Sender<Arc<Snapshot>>) {
        if self.disk != Disk::Full || !self.store.has_room(&self.ground.database) {
            return;
        }
        match self.read_again() {
            Ok(()) => tracing::info!("the disk has room again"),
            Err(error) => tracing::error!(%error, "the disk has room again, and yet"),
        }
        self.show(snapshots);
    }

    fn read_again(&mut self) -> Result<(), StartError> {
        let is_newest = self.ground.life == self.clerk.writer().incarnation;
        // The life is over, and the disk had no room for the next. A restored box waits, and hears of it again.
        if let Some(doubt) = self.clerk.doubt().filter(|doubt| is_newest && *doubt != Doubt::Restored) {
            self.draw_life(doubt).map_err(|refusal| StartError::Write(words(refusal).to_owned()))?;
        }
        let Read { clerk, store, over, last, dropped } = self.ground.read()?;
        self.counted = Arc::new(store.counted()?);
        self.accounts = Arc::new(store.accounts()?);
        (self.clerk, self.store) = (clerk, store);
        self.read_wishes()?;
        self.read_intents()?;
        self.read_colleagues()?;
        self.read_receipts();
        self.read_notes();
        self.look_aside();
        self.began_anew |= over.is_some();
        self.dropped.extend(dropped);
        self.previous = over.or(last).or(self.previous);
        self.on_the_way.clear();
        self.disk = Disk::Keeps;
        self.say_first_words()?;
        for peer in std::mem::take(&mut self.peers) {
            if self.outbox.blocking_send(Outgoing::Anew(peer)).is_err() {
                tracing::debug!("the network has stopped");
            }
        }
        Ok(())
    }

    /// Says what the member lays down and which version its box runs, if that is new. A profile that is full says no more,
    /// and the box goes on.
    pub(super) fn say_terms(&mut self) {
        let now = self.clock.now();
        let said = self.clerk.lay_down(now).and_then(|()| self.clerk.runs(now, env!("CARGO_PKG_VERSION")));
        if let Err(error) = said {
            tracing::error!(%error, "what this member lays down is not published as it is in its file");
        }
    }

    /// Says who this box is, if it has not, and what it opens.
    pub(super) fn say_first_words(&mut self) -> Result<(), StartError> {
        let now = self.clock.now();
        if self.anew.is_some_and(|it| it.waits()) {
            self.clerk.wait_restored();
        }
        // In a life that is over, or that waits, nothing is said.
        if self.clerk.doubt().is_none() {
            let begun = self.clerk.begin(now, self.previous);
            let described = begun.and_then(|()| self.clerk.describe(now, self.description.clone()));
            described.map_err(|error| StartError::Write(error.to_string()))?;
            self.say_terms();
        }
        self.publish();
        self.clerk.expire(now);
        self.carry_out(&[]).map_err(|refusal| StartError::Write(words(refusal).to_owned()))?;
        if let Err(error) = mark_begun(&self.ground.database, self.clerk.writer().incarnation) {
            self.break_off(&error);
            return Err(error.into());
        }
        self.read_profiles();
        self.remove_expired();
        Ok(())
    }
}

/// Why the first words are not kept, and what to do.
fn words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Full => either(
            "il n'y a plus de place sur le disque ; libérez-en, puis relancez la boîte",
            "there is no room left on the disk; make some, then start the node again",
        ),
        _ => either(
            "le disque ne garde pas ce qui est écrit ; faites-le vérifier, puis relancez la boîte",
            "the disk does not keep what is written; have it checked, then start the node again",
        ),
    }
}
