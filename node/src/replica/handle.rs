// SPDX-License-Identifier: EUPL-1.2
//! How the rest of the node speaks to the replica: commands in, snapshots out. Cheap to clone.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use crdt_calendar::act::{Enrolment, Fate, Reason};
use crdt_calendar::clerk::Settlement;
use crdt_calendar::ids::{ActRef, BoothId, FolioId, MemberId, PublicKey, ServiceId};
use crdt_calendar::time::IsoWeek;
use tokio::sync::{mpsc, oneshot, watch};

use super::command::{
    BookOrder, Command, Exported, Imported, QueueOrder, Refusal, Reply, SeekOrder, TerritoryHeld, WishChange,
};
use super::details::Details;
use super::snapshot::Snapshot;
use crate::store::ProcedureHit;

/// A handle on the replica.
#[derive(Debug, Clone)]
pub struct Replica {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
}

impl Replica {
    /// The calendar as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    /// Tells of every new snapshot; several changes may come as one.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// Books or asks. When it returns, the booking is on the disk.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn book(&self, order: BookOrder) -> Result<ActRef, Refusal> {
        self.ask(|reply| Command::Book(Box::new(order), reply)).await
    }

    /// Asks for a place in a walk-in window. When it returns, that is on the disk; the place is the agency's to give.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn queue(&self, order: QueueOrder) -> Result<ActRef, Refusal> {
        self.ask(|reply| Command::Queue(Box::new(order), reply)).await
    }

    /// Calls in the next person of a walk-in window of this agency, if that is `seen`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn call_next(&self, window: ActRef, seen: ActRef) -> Result<(), Refusal> {
        self.ask(|reply| Command::CallNext(window, seen, reply)).await
    }

    /// Cancels, from either side; said twice of what the agency ended, it settles the call-back.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn cancel(&self, id: ActRef, reason: Reason) -> Result<(), Refusal> {
        self.ask(|reply| Command::Cancel(id, reason, reply)).await
    }

    /// Books another time for an appointment of this point. The old one is cancelled at once where the new one is
    /// confirmed at once, else when it is; it stands until then. When it returns, that is on the disk.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn move_to(&self, old: ActRef, order: BookOrder) -> Result<ActRef, Refusal> {
        self.ask(|reply| Command::Move(old, Box::new(order), reply)).await
    }

    /// Cancels an appointment of this point in this second since 1970 UTC, unless it is taken back before; kept on the
    /// disk until then.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn cancel_at(&self, id: ActRef, reason: Reason, at: i64) -> Result<(), Refusal> {
        self.ask(|reply| Command::CancelAt(id, reason, at, reply)).await
    }

    /// An appointment that was going to be cancelled stands again.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn take_back(&self, id: ActRef) -> Result<(), Refusal> {
        self.ask(|reply| Command::TakeBack(id, reply)).await
    }

    /// Changes a person's place on this point's waiting list for an earlier time. Joining or leaving twice is once.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn wish(&self, id: ActRef, change: WishChange) -> Result<(), Refusal> {
        self.ask(|reply| Command::Wish(id, change, reply)).await
    }

    /// Puts a person without an appointment on this point's waiting list; gives the name under which they are there.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn seek(&self, order: SeekOrder) -> Result<ActRef, Refusal> {
        self.ask(|reply| Command::Seek(Box::new(order), reply)).await
    }

    /// Corrects the booth or the details, at the point.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn amend(&self, id: ActRef, booth: Option<BoothId>, details: Option<Details>) -> Result<(), Refusal> {
        self.ask(|reply| Command::Amend(id, booth, details, reply)).await
    }

    /// The person is here.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn arrived(&self, id: ActRef) -> Result<(), Refusal> {
        self.ask(|reply| Command::Arrived(id, reply)).await
    }

    /// What became of an appointment.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn outcome(&self, id: ActRef, fate: Fate, minutes: u16) -> Result<(), Refusal> {
        self.ask(|reply| Command::Outcome(id, fate, minutes, reply)).await
    }

    /// The details of these appointments, of those that open here: for what shows them to nobody.
    pub(crate) async fn details(&self, ids: Vec<ActRef>) -> BTreeMap<ActRef, Details> {
        let (reply, answer) = oneshot::channel();
        if self.commands.send(Command::Details(ids, reply)).await.is_err() {
            return BTreeMap::new();
        }
        answer.await.unwrap_or_default()
    }

    /// Procedures that match a person's words; accents and case do not matter.
    pub async fn search(&self, words: String) -> Vec<ProcedureHit> {
        let (reply, answer) = oneshot::channel();
        if self.commands.send(Command::Search(words, reply)).await.is_err() {
            return Vec::new();
        }
        answer.await.unwrap_or_default()
    }

    /// A member's connection stands.
    pub async fn up(&self, peer: PublicKey) {
        self.tell(Command::Up(peer)).await;
    }

    /// It is gone.
    pub async fn down(&self, peer: PublicKey) {
        self.tell(Command::Down(peer)).await;
    }

    /// A frame came.
    pub async fn frame(&self, peer: PublicKey, bytes: Bytes) {
        self.tell(Command::Frame(peer, bytes)).await;
    }

    /// So many frames for a member have left.
    pub async fn written(&self, peer: PublicKey, frames: u32) {
        self.tell(Command::Written(peer, frames)).await;
    }

    /// Where this box listens; written in its profile if it is new.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn reachable(&self, mesh: Vec<String>, link: Vec<String>) -> Result<(), Refusal> {
        self.ask(|reply| Command::Reachable { mesh, link, reply }).await
    }

    /// Enrols a member, on the coordination's box.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn enrol(&self, enrolment: Enrolment) -> Result<(), Refusal> {
        self.ask(|reply| Command::Enrol(Box::new(enrolment), reply)).await
    }

    /// Puts a box with a new key in the place of a member's old one, on the coordination's box.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn replace(&self, member: MemberId, key: PublicKey) -> Result<(), Refusal> {
        self.ask(|reply| Command::Replace(member, key, reply)).await
    }

    /// Revokes a key, on the coordination's box.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn revoke(&self, key: PublicKey) -> Result<(), Refusal> {
        self.ask(|reply| Command::Revoke(key, reply)).await
    }

    /// Ends what a member's lost box holds of this agency's slots; of its present box, only if `forced`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn settle(&self, member: MemberId, forced: bool) -> Result<Settlement, Refusal> {
        self.ask(|reply| Command::Settle(member, forced, reply)).await
    }

    /// What a new member's papers hold.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn territory(&self) -> Result<TerritoryHeld, Refusal> {
        self.ask(Command::Territory).await
    }

    /// A piece of what an export file holds: weeks from `since` on, what follows `after`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn export(&self, since: Option<IsoWeek>, after: Option<FolioId>) -> Result<Exported, Refusal> {
        self.ask(|reply| Command::Export(since, after, reply)).await
    }

    /// Takes in frames of an export file; with the last ones, `whole_by` says which box wrote it. When it returns, what was
    /// taken is on the disk. Idempotent.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn import(&self, frames: Vec<Vec<u8>>, whole_by: Option<PublicKey>) -> Result<Imported, Refusal> {
        self.ask(|reply| Command::Import(frames, whole_by, reply)).await
    }

    /// The frames, each of `bytes_max` at most, that lead from what `reader` keeps to an appointment of this box;
    /// `None` where it is another's.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn slip(
        &self,
        id: ActRef,
        reader: Option<PublicKey>,
        bytes_max: usize,
    ) -> Result<Option<Vec<Vec<u8>>>, Refusal> {
        self.ask(|reply| Command::Slip(id, reader, bytes_max, reply)).await
    }

    /// A person has seen what to do with a box that lives anew. While it waits for a member, nothing changes.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn anew_seen(&self) -> Result<(), Refusal> {
        self.ask(Command::AnewSeen).await
    }

    /// Refers an appointment at this agency to another agency, or to another service of its own. It stands until its point
    /// has moved it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn refer(&self, id: ActRef, to: MemberId, service: ServiceId) -> Result<(), Refusal> {
        self.ask(|reply| Command::Refer(id, to, service, reply)).await
    }

    /// Lets another desk of this agency see a person at the same hour; its time is closed to others. The booked desk takes
    /// them back, and the time is open again.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn pass_to(&self, id: ActRef, desk: u8) -> Result<(), Refusal> {
        self.ask(|reply| Command::PassTo(id, desk, reply)).await
    }

    /// The hour of an appointment that this agency cancelled because nobody could be there is offered again. Twice is once.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn offer_again(&self, id: ActRef) -> Result<(), Refusal> {
        self.ask(|reply| Command::OfferAgain(id, reply)).await
    }

    /// Time passed: called about once a second.
    pub async fn tick(&self) {
        self.tell(Command::Tick).await;
    }

    pub(super) async fn tell(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the replica has stopped");
        }
    }

    pub(super) async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| Refusal::Stopping)?;
        answer.await.map_err(|_| Refusal::Stopping)?
    }
}
