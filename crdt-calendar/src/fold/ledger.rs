// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ledger of one home for one week: who owns each slot, tenure by tenure.
//!
//! Read from the home's folio alone, in its order, and from what that adopts of earlier folios of its
//! own line; no other folio and no clock takes part.
//! Invariant: a slot has at most one open tenure, and the unclosed slots of a desk do not overlap
//! (oracles: `simulations::oracle`).

mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::act::{AskLeg, Bar, Copy, Reason, Run};
use crate::folio::Folio;
use crate::ids::{ActRef, DeskId, FolioId, MemberId, ServiceId, SlotId, Writer};
use crate::plant::{self, Plant};
use crate::time::{Span, UtcMinute};

use super::marks::Marks;
use reading::Reading;

/// Slots in one ledger. 40 desks of 90 openings; beyond it an `open` is void.
const LEDGER_SLOTS_MAX: usize = 16_384;

/// What an `open` says of all its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The desk.
    pub desk: DeskId,
    /// Services taken, each with its duration in minutes.
    pub services: Vec<(ServiceId, u16)>,
    /// The home's public key of the week.
    pub week_key: [u8; 32],
    /// Length of a slot in minutes; 0 for a walk-in window.
    pub step_min: u16,
}

/// One slot in its home's ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// What it was cut from.
    pub opening: Arc<Opening>,
    /// Its minutes.
    pub minutes: Span,
    /// Whether it overlapped an earlier slot: void for ever.
    pub void: bool,
    /// Whether it was closed.
    pub closed: bool,
    /// Whether an act of an unknown kind touched it.
    pub unreadable: bool,
    /// Its tenures, the first has number 1.
    pub tenures: Vec<TenureRecord>,
}

/// One tenure of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenureRecord {
    /// Who may book.
    pub to: Writer,
    /// The ask that it answers, if it does.
    pub ask: Option<AskLeg>,
    /// Whether a `take` ended it.
    pub taken: bool,
    /// The booking that lives on after the take.
    pub keeps: Option<ActRef>,
    /// Why nothing of it counts any more.
    pub voided: Option<Reason>,
}

/// A walk-in window: no slots, people are seen in the order in which the desk heard of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// What its `open` says.
    pub opening: Arc<Opening>,
    /// When people are seen.
    pub minutes: Span,
    /// Whether no more people are taken.
    pub closed: bool,
    /// Who waits or was called, in order.
    pub tickets: Vec<AskLeg>,
    /// Who was called.
    pub called: BTreeSet<AskLeg>,
}

/// A home's first answer to one leg of an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These tenures were granted for it.
    Granted(Run),
    /// A place in this walk-in window.
    Ticket(ActRef),
    /// No.
    Refused(Vec<SlotId>),
}

/// One home's ledger of one week: its current box's folio, and what that adopts of earlier ones.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Whose it is.
    pub home: MemberId,
    /// How many acts were read of each folio; an act beyond them may still come.
    pub read: BTreeMap<FolioId, u32>,
    /// Whether it stopped at a second history: nothing of it is offered.
    pub frozen: bool,
    /// Whether it stopped at an adoption of acts that are not here: the rest waits.
    pub waits: bool,
    /// Slots, by the `open` that cut them; shared with the ledger that this one has grown from.
    opens: BTreeMap<ActRef, Arc<[Slot]>>,
    /// How many slots there are.
    slot_count: usize,
    /// Per desk, start of each unclosed slot: they do not overlap, so the neighbour before tells all.
    standing: BTreeMap<(DeskId, UtcMinute), Span>,
    /// Whether it adopts anything: then it rests on other folios than its home's.
    adopts: bool,
    /// Walk-in windows, by their `open`.
    pub windows: BTreeMap<ActRef, Window>,
    /// First answers.
    pub answers: BTreeMap<AskLeg, Answer>,
    /// By which of its terms the home refuses, where it says so: the first word.
    pub bars: BTreeMap<AskLeg, Bar>,
    /// Bookings that live on in a copy, with the runs that bear them.
    pub kept: BTreeMap<ActRef, (Copy, Vec<Run>)>,
    /// What the home wrote about appointments.
    pub marks: Marks,
    /// The home's key of the week, in the first `open` of this very folio. It goes before those of adopted
    /// folios: the box that could open what is sealed to them is gone. The first, for one life has one key.
    pub week_key: Option<[u8; 32]>,
}

impl Slot {
    /// Whether the home may grant it: never granted, or taken with nothing kept, or the kept one voided.
    #[must_use]
    pub fn is_at_home(&self) -> bool {
        let last_is_over = self.tenures.last().is_none_or(|it| it.taken && (it.keeps.is_none() || it.voided.is_some()));
        let is_over = last_is_over || plant::active(Plant::GrantTwice);
        !self.void && !self.closed && !self.unreadable && is_over
    }

    /// The tenure that is open, with its number.
    #[must_use]
    pub fn open_tenure(&self) -> Option<(u16, &TenureRecord)> {
        let last = self.tenures.last().filter(|it| !it.taken)?;
        Some((u16::try_from(self.tenures.len()).ok()?, last))
    }

    /// The tenure of this number.
    #[must_use]
    pub fn tenure(&self, number: u16) -> Option<&TenureRecord> {
        self.tenures.get(usize::from(number).checked_sub(1)?)
    }
}

impl Ledger {
    /// Reads the home's folio; `earlier` finds the folios of its line. Cost: linear in the acts,
    /// logarithmic in the slots.
    #[must_use]
    pub fn read<'a>(home: MemberId, folio: &'a Folio, earlier: &Earlier<'_, 'a>) -> Self {
        let ledger = Self {
            home,
            read: BTreeMap::new(),
            frozen: folio.fork().is_some(),
            waits: false,
            opens: BTreeMap::new(),
            slot_count: 0,
            standing: BTreeMap::new(),
            adopts: false,
            windows: BTreeMap::new(),
            answers: BTreeMap::new(),
            bars: BTreeMap::new(),
            kept: BTreeMap::new(),
            marks: Marks::default(),
            week_key: None,
        };
        let mut reading = Reading::new(ledger, folio.id(), earlier);
        let end = folio.fork().map_or(folio.seq(), |fork| fork.at - 1);
        reading.ledger.waits = !reading.folio(folio, end);
        reading.ledger
    }

    /// Reads on where the folio, with one history, has grown since. Cost: linear in the new acts, and a copy of the ledger
    /// but for the slots of openings that they do not touch.
    #[must_use]
    pub(super) fn read_on<'a>(&self, folio: &'a Folio, earlier: &Earlier<'_, 'a>) -> Self {
        let mut reading = Reading::new(self.clone(), folio.id(), earlier);
        reading.ledger.waits = !reading.folio(folio, folio.seq());
        reading.ledger
    }

    /// Whether it rests on its home's folio alone.
    pub(super) fn is_alone(&self) -> bool {
        !self.adopts
    }

    /// A slot of this ledger.
    #[must_use]
    pub fn slot(&self, id: &SlotId) -> Option<&Slot> {
        self.opens.get(&id.open)?.get(usize::from(id.index))
    }

    /// All slots with their ids, in the order of these.
    pub fn slots(&self) -> impl Iterator<Item = (SlotId, &Slot)> {
        self.opens.iter().flat_map(|(open, slots)| {
            (0..).zip(slots.iter()).map(|(index, slot)| (SlotId { open: *open, index }, slot))
        })
    }

    fn slot_mut(&mut self, id: &SlotId) -> Option<&mut Slot> {
        Arc::make_mut(self.opens.get_mut(&id.open)?).get_mut(usize::from(id.index))
    }

    /// What envelopes for what this opening cut are sealed to.
    #[must_use]
    pub fn key_for(&self, opening: &Opening) -> [u8; 32] {
        self.week_key.unwrap_or(opening.week_key)
    }

    /// Whether this act was read: what it did not do, it never will.
    #[must_use]
    pub fn has_read(&self, act: &ActRef) -> bool {
        self.read.get(&act.folio).is_some_and(|seq| act.act <= *seq)
    }

    /// The minutes from the first to the last slot of a run, if all of them exist.
    #[must_use]
    pub fn minutes(&self, run: &Run) -> Option<Span> {
        let mut spans = run.slots().map(|id| self.slot(&id).map(|slot| slot.minutes));
        let first = spans.next()??;
        let last = spans.last().map_or(Some(first), |last| last)?;
        let length_min = u16::try_from(last.end().0.checked_sub(first.from.0)?).ok()?;
        Some(Span { from: first.from, length_min })
    }
}

/// Where a folio that is adopted is found.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    /// Here.
    Here(&'a Folio),
    /// It belongs to the line, and is not here yet.
    Awaited,
    /// It is not of an earlier box of this line: adopting it says nothing.
    Foreign,
}

/// From the box that adopts and the folio that it names to where that is found.
pub type Earlier<'f, 'a> = dyn Fn(&Writer, &FolioId) -> Found<'a> + 'f;
