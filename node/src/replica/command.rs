// SPDX-License-Identifier: EUPL-1.2
//! What the rest of the node asks of the replica, and what comes of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use crdt_calendar::act::{Enrolment, Fate, Reason};
use crdt_calendar::clerk::{BookError, ChangeError, Settlement};
use crdt_calendar::folio::Batch;
use crdt_calendar::ids::{ActRef, BoothId, FolioId, MemberId, PublicKey, ServiceId, SlotId};
use crdt_calendar::replicator::CutReason;
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::time::{IsoWeek, UtcMinute};
use tokio::sync::oneshot;

use super::details::{Details, DetailsError};
use super::note::Note;
use crate::access::{Chain, Line, Opening};
use crate::account::{Account, AccountName};
use crate::record::CallRecord;
use crate::store::{AccessAsked, Answer, ProcedureHit, Tally, TallyKind, Underway};

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

/// A person who wants a place in a walk-in window.
#[derive(Debug, Clone)]
pub struct QueueOrder {
    /// The agency.
    pub home: MemberId,
    /// What it is about.
    pub service: ServiceId,
    /// A minute of the window: from then on the person waits.
    pub from: UtcMinute,
    /// The person's details.
    pub details: Details,
    /// The form's nonce: the same form sent twice takes one place.
    pub nonce: String,
}

/// A person who waits for a first time.
#[derive(Debug, Clone)]
pub struct SeekOrder {
    /// The agency.
    pub home: MemberId,
    /// What it is about.
    pub service: ServiceId,
    /// Times that are free already, and do not suit.
    pub passed: Vec<UtcMinute>,
    /// The person's details.
    pub details: Details,
    /// The form's nonce: the same form sent twice enters one person.
    pub nonce: String,
}

/// What becomes of a person's place on the waiting list for an earlier time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WishChange {
    /// They wait from now on. These times are free already, and do not suit.
    Join(Vec<UtcMinute>),
    /// They wait no more.
    Leave,
    /// This time was proposed to them.
    Told(UtcMinute, Answer),
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
    /// As many people wait for an earlier time as there is room for.
    #[error("the waiting list is full")]
    ListFull,
    /// A time was proposed to this person today, or as many were as ever are; or they do not wait.
    #[error("nothing more is proposed to this person today")]
    Told,
    /// Another person is the next in the queue.
    #[error("the queue has moved on: look at it again")]
    QueueMoved,
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
    Queue(Box<QueueOrder>, Reply<ActRef>),
    CallNext(ActRef, ActRef, Reply<()>),
    Cancel(ActRef, Reason, Reply<()>),
    CancelAt(ActRef, Reason, i64, Reply<()>),
    TakeBack(ActRef, Reply<()>),
    Wish(ActRef, WishChange, Reply<()>),
    Seek(Box<SeekOrder>, Reply<ActRef>),
    Amend(ActRef, Option<BoothId>, Option<Details>, Reply<()>),
    Arrived(ActRef, Reply<()>),
    Outcome(ActRef, Fate, u16, Reply<()>),
    Refer(ActRef, MemberId, ServiceId, Reply<()>),
    PassTo(ActRef, u8, Reply<()>),
    OfferAgain(ActRef, Reply<()>),
    Note(ActRef, Note, Reply<()>),
    OpenNote(ActRef, oneshot::Sender<Option<Note>>),
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
    AnewSeen(Reply<()>),
    Tally(MemberId, ServiceId, TallyKind),
    Tallies(oneshot::Sender<Vec<Tally>>),
    KeepUnderway([u8; 16], Option<Box<Underway>>),
    Underway(oneshot::Sender<BTreeMap<[u8; 16], Underway>>),
    KeepRecord([u8; 16], Box<CallRecord>),
    Records(oneshot::Sender<Vec<CallRecord>>),
    AddAccount(Box<Account>, Reply<bool>),
    ChangeAccount(Box<Account>, Reply<bool>),
    RemoveAccount(AccountName, Reply<bool>),
    Opening(Opening, Reply<()>),
    Access(AccessAsked, Reply<(Chain, Vec<Line>)>),
    Tick,
}
