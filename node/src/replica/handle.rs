// SPDX-License-Identifier: EUPL-1.2
//! How the rest of the node speaks to the replica: commands in, snapshots out. Cheap to clone.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use crdt_calendar::act::{Enrolment, Fate, Reason};
use crdt_calendar::clerk::{BookError, ChangeError, Settlement};
use crdt_calendar::folio::Batch;
use crdt_calendar::ids::{ActRef, BoothId, FolioId, MemberId, PublicKey, ServiceId, SlotId};
use crdt_calendar::replicator::CutReason;
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::time::IsoWeek;
use tokio::sync::{mpsc, oneshot, watch};

use super::details::{Details, DetailsError};
use super::short::short_act;
use super::snapshot::Snapshot;
use crate::access::{Chain, Line, Opening};
use crate::account::{Account, AccountName};
use crate::store::{AccessAsked, ProcedureHit, Tally, TallyKind};

/// What leaves the replica for the network.
#[derive(Debug)]
pub enum Outgoing {
    /// A frame to a peer.
    Frame(PublicKey, Bytes),
    /// The peer is to be cut, and why.
    Cut(PublicKey, CutReason),
    /// What was said with this peer is forgotten here: let the conversation begin anew on both sides.
    Anew(PublicKey),
}

/// What a person wants to book.
#[derive(Debug, Clone)]
pub struct BookOrder {
    /// The first slot.
    pub slot: SlotId,
    /// What it is about.
    pub service: ServiceId,
    /// The booth; `None` takes the first that is free.
    pub booth: Option<BoothId>,
    /// The person's details.
    pub details: Details,
    /// The form's nonce: the same form sent twice books once.
    pub nonce: Option<String>,
    /// Coming appointments of the same person of which whoever books knows; `None` does not look for any.
    pub despite: Option<Vec<ActRef>>,
}

/// Why something was not done. Nothing was written then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The booking.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The change.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The details.
    #[error(transparent)]
    Details(#[from] DetailsError),
    /// The same person has this appointment with the same agency, or at the same hour.
    #[error("this person has an appointment already: say that another is wanted")]
    Double(ActRef),
    /// It is being moved or cancelled already.
    #[error("this appointment is being moved or cancelled already")]
    Intended,
    /// The disk does not keep what is written.
    #[error("the disk does not keep what is written: nothing was booked, call for help")]
    Disk,
    /// The disk has no room.
    #[error("the disk is full: nothing was booked, make room")]
    Full,
    /// This box began a new life meanwhile.
    #[error("this node has just begun a new life: nothing of it stands, do it again")]
    Anew,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
}

/// What makes a territory, as far as it is held here.
#[derive(Debug, Clone)]
pub struct TerritoryHeld {
    /// Its first word.
    pub genesis: Genesis,
    /// What its root said, by number. At least one.
    pub statements: Vec<RootStatement>,
    /// The rosters that follow from it, the last coordination's last. At least one.
    pub rosters: Vec<Batch>,
}

/// A piece of what an export file holds.
#[derive(Debug, Clone)]
pub struct Exported {
    /// Frames of the wire, in their order.
    pub frames: Vec<Vec<u8>>,
    /// Where the next piece goes on; `None` when this was the last.
    pub after: Option<FolioId>,
}

/// What came of the frames of an export file, counted in registers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Nothing of it was here.
    pub new: usize,
    /// It continues what was here.
    pub grown: usize,
    /// All of it was here.
    pub known: usize,
    /// It shows another history of a register that was here.
    pub doubled: usize,
    /// Statements of the root that were new.
    pub statements: usize,
    /// Of a week that is not held here.
    pub outside: usize,
    /// There is no room for more of this writer, or at all.
    pub no_room: usize,
    /// The gate refuses it for another reason.
    pub refused: usize,
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

pub(super) enum Command {
    Up(PublicKey),
    Down(PublicKey),
    Frame(PublicKey, Bytes),
    Written(PublicKey, u32),
    Book(Box<BookOrder>, Reply<ActRef>),
    Move(ActRef, Box<BookOrder>, Reply<ActRef>),
    Cancel(ActRef, Reason, Reply<()>),
    CancelAt(ActRef, Reason, i64, Reply<()>),
    TakeBack(ActRef, Reply<()>),
    Amend(ActRef, Option<BoothId>, Option<Details>, Reply<()>),
    Arrived(ActRef, Reply<()>),
    Outcome(ActRef, Fate, u16, Reply<()>),
    Details(Vec<ActRef>, oneshot::Sender<BTreeMap<ActRef, Details>>),
    Search(String, oneshot::Sender<Vec<ProcedureHit>>),
    Reachable { mesh: Vec<String>, link: Vec<String>, reply: Reply<()> },
    Enrol(Box<Enrolment>, Reply<()>),
    Replace(MemberId, PublicKey, Reply<()>),
    Revoke(PublicKey, Reply<()>),
    Settle(MemberId, bool, Reply<Settlement>),
    Territory(Reply<TerritoryHeld>),
    Export(Option<IsoWeek>, Option<FolioId>, Reply<Exported>),
    Import(Vec<Vec<u8>>, Option<PublicKey>, Reply<Imported>),
    Slip(ActRef, Option<PublicKey>, usize, Reply<Option<Vec<Vec<u8>>>>),
    RestorationSeen(Reply<()>),
    Tally(MemberId, ServiceId, TallyKind),
    Tallies(oneshot::Sender<Vec<Tally>>),
    AddAccount(Box<Account>, Reply<bool>),
    ChangeAccount(Box<Account>, Reply<bool>),
    RemoveAccount(AccountName, Reply<bool>),
    Opening(Opening, Reply<()>),
    Access(AccessAsked, Reply<(Chain, Vec<Line>)>),
    Tick,
}

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

    /// A person has seen what to do after this box was restored. While it waits for a member, nothing changes.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn restoration_seen(&self) -> Result<(), Refusal> {
        self.ask(Command::RestorationSeen).await
    }

    /// Counts one more of this for an agency and a service.
    pub async fn tally(&self, agency: MemberId, service: ServiceId, kind: TallyKind) {
        self.tell(Command::Tally(agency, service, kind)).await;
    }

    /// What this node counted itself.
    pub async fn tallies(&self) -> Vec<Tally> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::Tallies(reply)).await;
        answer.await.unwrap_or_default()
    }

    /// Keeps a new account; `false` when there is one of that name, or no room for more.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn add_account(&self, account: Account) -> Result<bool, Refusal> {
        self.ask(|reply| Command::AddAccount(Box::new(account), reply)).await
    }

    /// Puts an account in the place of the one of its name; `false` when there is none.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_account(&self, account: Account) -> Result<bool, Refusal> {
        self.ask(|reply| Command::ChangeAccount(Box::new(account), reply)).await
    }

    /// Takes an account out; `false` when there is none.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn remove_account(&self, name: AccountName) -> Result<bool, Refusal> {
        self.ask(|reply| Command::RemoveAccount(name, reply)).await
    }

    /// The details of those of these appointments that open here, once it is on the disk who opens them. Those of
    /// `seen` were opened by the same session in the same place, and need no line any more.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is opened then.
    pub async fn open_details(
        &self,
        who: &str,
        page: &'static str,
        ids: Vec<ActRef>,
        seen: impl Fn(&ActRef) -> bool,
    ) -> Result<BTreeMap<ActRef, Details>, Refusal> {
        let details = self.details(ids).await;
        let new: Vec<String> = details.keys().filter(|id| !seen(id)).map(|id| short_act(id).to_string()).collect();
        if !new.is_empty() {
            let opening = Opening { who: who.to_owned(), page, appointments: new };
            self.ask(|reply| Command::Opening(opening, reply)).await?;
        }
        Ok(details)
    }

    /// The access journal's chain, and the lines asked for.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn access(&self, asked: AccessAsked) -> Result<(Chain, Vec<Line>), Refusal> {
        self.ask(|reply| Command::Access(asked, reply)).await
    }

    /// Time passed: called about once a second.
    pub async fn tick(&self) {
        self.tell(Command::Tick).await;
    }

    async fn tell(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the replica has stopped");
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| Refusal::Stopping)?;
        answer.await.map_err(|_| Refusal::Stopping)?
    }
}
