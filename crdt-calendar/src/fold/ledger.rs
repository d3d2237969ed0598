// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ledger of one home for one week: who owns each slot, tenure by tenure.
//!
//! Read from the home's folio alone, in its order, and from what that adopts of earlier folios of its
//! own line; no other folio and no clock takes part.
//! Invariant: a slot has at most one open tenure, and the unclosed slots of a desk do not overlap
//! (oracles: `simulations::oracle`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::act::{Act, AskLeg, Copy, Reason, Run, Upto};
use crate::folio::Folio;
use crate::ids::{ActRef, DeskId, FolioId, Leaf, MemberId, ServiceId, SlotId, Tenure, Writer};
use crate::limits::{OPEN_SLOTS_MAX, RUN_SLOTS_MAX, TICKETS_MAX};
use crate::plant::{self, Plant};
use crate::time::{Span, UtcMinute};

use super::marks::Marks;

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
    /// Slots.
    pub slots: BTreeMap<SlotId, Slot>,
    /// Walk-in windows, by their `open`.
    pub windows: BTreeMap<ActRef, Window>,
    /// First answers.
    pub answers: BTreeMap<AskLeg, Answer>,
    /// Bookings that live on in a copy, with the runs that bear them.
    pub kept: BTreeMap<ActRef, (Copy, Vec<Run>)>,
    /// What the home wrote about appointments.
    pub marks: Marks,
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
            slots: BTreeMap::new(),
            windows: BTreeMap::new(),
            answers: BTreeMap::new(),
            kept: BTreeMap::new(),
            marks: Marks::default(),
        };
        let mut reading = Reading { ledger, standing: BTreeMap::new(), earlier };
        let end = folio.fork().map_or(folio.seq(), |fork| fork.at - 1);
        reading.ledger.waits = !reading.folio(folio, end);
        reading.ledger
    }

    /// A slot of this ledger.
    #[must_use]
    pub fn slot(&self, id: &SlotId) -> Option<&Slot> {
        self.slots.get(id)
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

struct Reading<'f, 'a> {
    ledger: Ledger,
    /// Per desk, start of each unclosed slot: they do not overlap, so the neighbour before tells all.
    standing: BTreeMap<(DeskId, UtcMinute), Span>,
    earlier: &'f Earlier<'f, 'a>,
}

impl<'a> Reading<'_, 'a> {
    /// Reads a folio on, up to act `end`; tells whether all of it could be read.
    fn folio(&mut self, folio: &'a Folio, end: u32) -> bool {
        let id = folio.id();
        let done = self.ledger.read.get(&id).copied().unwrap_or(0);
        for (number, act) in folio.acts().filter(|(number, _)| (done + 1..=end).contains(number)) {
            if let Act::Adopt { upto } = act {
                if !self.adopt(&id, &upto) {
                    return false;
                }
            } else {
                self.act(ActRef { folio: id, act: number }, act);
            }
            self.ledger.read.insert(id, number);
        }
        let read = self.ledger.read.entry(id).or_insert(0);
        *read = end.max(*read);
        true
    }

    /// The acts of an earlier folio stand at this place. False: they are not here, the rest waits.
    fn adopt(&mut self, by: &FolioId, upto: &Upto) -> bool {
        if upto.folio.leaf != by.leaf || upto.seq == 0 {
            return true;
        }
        match (self.earlier)(&by.writer, &upto.folio) {
            Found::Foreign => true,
            Found::Here(folio) if folio.hash_at(upto.seq) == Some(upto.hash) => {
                let end = if plant::active(Plant::IgnoreUpto) { folio.seq() } else { upto.seq };
                self.folio(folio, end)
            }
            Found::Here(_) | Found::Awaited => false,
        }
    }

    fn act(&mut self, place: ActRef, act: Act) {
        match act {
            Act::Open { desk, minutes, step_min, services, week_key } => {
                let opening = Opening { desk, services, week_key, step_min };
                self.open(place, minutes, opening);
            }
            Act::Grant { run, to, ask } => self.grant(&run, to, ask),
            Act::Take { run, keeps, .. } => {
                self.take(&run, keeps);
            }
            Act::Keep { run, copy, .. } => self.keep(run, copy),
            Act::Void { run, reason } => self.void(&run, reason),
            Act::Close { run } => self.close(&run),
            Act::Refuse { leg, alternatives } => {
                self.ledger.answers.entry(leg).or_insert(Answer::Refused(alternatives));
            }
            Act::Ticket { leg, window } => self.ticket(leg, window),
            Act::Called { leg } => self.called(leg),
            Act::Amend { target, envelope: Some(envelope), .. } => {
                self.ledger.marks.amend(target, place, envelope);
            }
            Act::Outcome { target, fate, minutes } => self.ledger.marks.outcome(target, fate, minutes),
            Act::Unknown { touches, .. } => {
                for id in touches.slots.iter().flat_map(Run::slots) {
                    if let Some(slot) = self.ledger.slots.get_mut(&id) {
                        slot.unreadable = true;
                    }
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, place: ActRef, minutes: Span, opening: Opening) {
        let Leaf::Week(week) = place.folio.leaf else { return };
        if opening.desk.home != self.ledger.home || !minutes.within_week(week) {
            return;
        }
        let step = opening.step_min;
        if step == 0 {
            self.open_window(place, minutes, opening);
            return;
        }
        let count = usize::from(minutes.length_min.checked_div(step).unwrap_or(0));
        let room = LEDGER_SLOTS_MAX.saturating_sub(self.ledger.slots.len());
        if count == 0 || count > OPEN_SLOTS_MAX.min(room) {
            return;
        }
        let opening = Arc::new(opening);
        let mut from = minutes.from;
        for index in 0..u16::try_from(count).unwrap_or(0) {
            let span = Span { from, length_min: step };
            let void = self.overlaps_standing(&opening.desk, span);
            if !void {
                self.standing.insert((opening.desk.clone(), from), span);
            }
            let slot = Slot {
                opening: Arc::clone(&opening),
                minutes: span,
                void,
                closed: false,
                unreadable: false,
                tenures: Vec::new(),
            };
            self.ledger.slots.insert(SlotId { open: place, index }, slot);
            from = span.end();
        }
    }

    fn open_window(&mut self, place: ActRef, minutes: Span, opening: Opening) {
        if self.overlaps_standing(&opening.desk, minutes) || self.ledger.windows.len() >= OPEN_SLOTS_MAX {
            return;
        }
        self.standing.insert((opening.desk.clone(), minutes.from), minutes);
        let opening = Arc::new(opening);
        let window = Window { opening, minutes, closed: false, tickets: Vec::new(), called: BTreeSet::new() };
        self.ledger.windows.insert(place, window);
    }

    fn overlaps_standing(&self, desk: &DeskId, span: Span) -> bool {
        let before = (desk.clone(), UtcMinute(0))..(desk.clone(), span.end());
        let overlaps = self.standing.range(before).next_back().is_some_and(|(_, other)| other.overlaps(span));
        overlaps && !plant::active(Plant::OverlapOpenings)
    }

    fn grant(&mut self, run: &Run, to: Writer, ask: Option<AskLeg>) {
        let answered = ask.is_some_and(|leg| self.ledger.answers.contains_key(&leg));
        let answered = answered && !plant::active(Plant::AnswerAskTwice);
        let next = |reading: &Self, tenure: Tenure| {
            reading
                .ledger
                .slot(&tenure.slot)
                .is_some_and(|slot| slot.is_at_home() && usize::from(tenure.number) == slot.tenures.len() + 1)
        };
        if answered || !is_run(run) || !run.each().all(|tenure| next(self, tenure)) {
            return;
        }
        for id in run.slots() {
            if let Some(slot) = self.ledger.slots.get_mut(&id) {
                slot.tenures.push(TenureRecord { to, ask, taken: false, keeps: None, voided: None });
            }
        }
        if let Some(leg) = ask {
            self.ledger.answers.insert(leg, Answer::Granted(run.clone()));
        }
    }

    /// Ends tenures that are open, all of them or none; tells whether it did.
    fn take(&mut self, run: &Run, keeps: Option<ActRef>) -> bool {
        let is_open = |tenure: Tenure| {
            let open = self.ledger.slot(&tenure.slot).and_then(Slot::open_tenure);
            open.is_some_and(|(number, _)| number == tenure.number)
        };
        if !is_run(run) || !run.each().all(is_open) {
            return false;
        }
        for id in run.slots() {
            if let Some(last) = self.ledger.slots.get_mut(&id).and_then(|slot| slot.tenures.last_mut()) {
                last.taken = true;
                last.keeps = keeps;
            }
        }
        true
    }

    fn keep(&mut self, run: Run, copy: Copy) {
        if self.take(&run, Some(copy.target)) {
            self.ledger.kept.entry(copy.target).or_insert_with(|| (copy, Vec::new())).1.push(run);
        }
    }

    fn void(&mut self, run: &Run, reason: Reason) {
        if !is_run(run) {
            return;
        }
        for tenure in run.each() {
            let place = usize::from(tenure.number).wrapping_sub(1);
            let slot = self.ledger.slots.get_mut(&tenure.slot);
            if let Some(record) = slot.and_then(|slot| slot.tenures.get_mut(place)) {
                record.voided.get_or_insert(reason);
            }
        }
    }

    fn close(&mut self, run: &Run) {
        if let Some(window) = self.ledger.windows.get_mut(&run.open) {
            window.closed = true;
            return;
        }
        if !is_run(run) || !run.slots().all(|id| self.ledger.slot(&id).is_some_and(Slot::is_at_home)) {
            return;
        }
        for id in run.slots() {
            let Some(slot) = self.ledger.slots.get_mut(&id) else { continue };
            slot.closed = true;
            let place = (slot.opening.desk.clone(), slot.minutes.from);
            self.standing.remove(&place);
        }
    }

    fn ticket(&mut self, leg: AskLeg, window: ActRef) {
        let Some(found) = self.ledger.windows.get_mut(&window) else { return };
        if found.closed || found.tickets.len() >= TICKETS_MAX || self.ledger.answers.contains_key(&leg) {
            return;
        }
        found.tickets.push(leg);
        self.ledger.answers.insert(leg, Answer::Ticket(window));
    }

    fn called(&mut self, leg: AskLeg) {
        let Some(Answer::Ticket(window)) = self.ledger.answers.get(&leg) else { return };
        if let Some(window) = self.ledger.windows.get_mut(window) {
            window.called.insert(leg);
        }
    }
}

fn is_run(run: &Run) -> bool {
    run.is_consecutive() && run.tenures.len() <= RUN_SLOTS_MAX
}
