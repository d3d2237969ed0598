// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ledger of one home for one week: who owns each slot, tenure by tenure.
//!
//! Read from the home's folio alone, in its order; no other folio and no clock takes part.
//! Invariant: a slot has at most one open tenure, and the unclosed slots of a desk do not overlap
//! (oracles: `simulations::oracle`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::act::{Act, AskLeg, Reason, Run};
use crate::folio::Folio;
use crate::ids::{ActRef, DeskId, MemberId, ServiceId, SlotId, Tenure, Writer};
use crate::limits::{OPEN_SLOTS_MAX, RUN_SLOTS_MAX};
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
    /// Length of a slot in minutes.
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

/// A home's first answer to one leg of an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These tenures were granted for it.
    Granted(Run),
    /// No.
    Refused(Vec<SlotId>),
}

/// One home's ledger of one week.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Whose it is.
    pub home: MemberId,
    /// Acts read, up to a fork if there is one; an act beyond them may still come.
    pub seq: u32,
    /// Whether it stopped at a second history: nothing of it is offered.
    pub frozen: bool,
    /// Slots by (open, index).
    pub slots: BTreeMap<(u32, u16), Slot>,
    /// First answers.
    pub answers: BTreeMap<AskLeg, Answer>,
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
    /// Reads the home's folio. Cost: linear in its acts, logarithmic in its slots.
    #[must_use]
    pub fn read(home: MemberId, folio: &Folio) -> Self {
        let mut reading = Reading {
            ledger: Self {
                home,
                seq: folio.fork().map_or(folio.seq(), |fork| fork.at - 1),
                frozen: folio.fork().is_some(),
                slots: BTreeMap::new(),
                answers: BTreeMap::new(),
                marks: Marks::default(),
            },
            folio,
            standing: BTreeMap::new(),
        };
        for (number, act) in folio.acts() {
            if folio.is_suspended(number) {
                break;
            }
            reading.act(number, act);
        }
        reading.ledger
    }

    /// A slot of this ledger.
    #[must_use]
    pub fn slot(&self, id: &SlotId) -> Option<&Slot> {
        self.slots.get(&(id.open.act, id.index))
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

struct Reading<'a> {
    ledger: Ledger,
    folio: &'a Folio,
    /// Per desk, start of each unclosed slot: they do not overlap, so the neighbour before tells all.
    standing: BTreeMap<(DeskId, UtcMinute), Span>,
}

impl Reading<'_> {
    fn act(&mut self, number: u32, act: Act) {
        match act {
            Act::Open { desk, minutes, step_min, services, week_key } => {
                let opening = Opening { desk, services, week_key, step_min };
                self.open(number, minutes, opening);
            }
            Act::Grant { run, to, ask } => self.grant(&run, to, ask),
            Act::Take { run, keeps, .. } => self.take(&run, keeps),
            Act::Void { run, reason } => self.void(&run, reason),
            Act::Close { run } => self.close(&run),
            Act::Refuse { leg, alternatives } => {
                self.ledger.answers.entry(leg).or_insert(Answer::Refused(alternatives));
            }
            Act::Amend { target, envelope: Some(envelope), .. } => {
                self.ledger.marks.amend(target, number, envelope);
            }
            Act::Outcome { target, fate, minutes } => self.ledger.marks.outcome(target, fate, minutes),
            Act::Unknown { touches, .. } => {
                for id in touches.slots.iter().flat_map(Run::slots) {
                    if let Some(slot) = self.own_mut(&id) {
                        slot.unreadable = true;
                    }
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, number: u32, minutes: Span, opening: Opening) {
        let crate::ids::Leaf::Week(week) = self.folio.id().leaf else { return };
        let step = opening.step_min;
        let count = usize::from(minutes.length_min.checked_div(step).unwrap_or(0));
        let room = LEDGER_SLOTS_MAX.saturating_sub(self.ledger.slots.len());
        let ours = opening.desk.home == self.ledger.home && minutes.within_week(week);
        if !ours || count == 0 || count > OPEN_SLOTS_MAX.min(room) {
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
            self.ledger.slots.insert((number, index), slot);
            from = span.end();
        }
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
                .own(&tenure.slot)
                .is_some_and(|slot| slot.is_at_home() && usize::from(tenure.number) == slot.tenures.len() + 1)
        };
        if answered || !self.is_ours(run) || !run.each().all(|tenure| next(self, tenure)) {
            return;
        }
        for id in run.slots() {
            if let Some(slot) = self.own_mut(&id) {
                slot.tenures.push(TenureRecord { to, ask, taken: false, keeps: None, voided: None });
            }
        }
        if let Some(leg) = ask {
            self.ledger.answers.insert(leg, Answer::Granted(run.clone()));
        }
    }

    fn take(&mut self, run: &Run, keeps: Option<ActRef>) {
        let is_open = |tenure: Tenure| {
            self.own(&tenure.slot).and_then(Slot::open_tenure).is_some_and(|(number, _)| number == tenure.number)
        };
        if !self.is_ours(run) || !run.each().all(is_open) {
            return;
        }
        for id in run.slots() {
            if let Some(last) = self.own_mut(&id).and_then(|slot| slot.tenures.last_mut()) {
                last.taken = true;
                last.keeps = keeps;
            }
        }
    }

    fn void(&mut self, run: &Run, reason: Reason) {
        if !self.is_ours(run) {
            return;
        }
        for tenure in run.each() {
            let place = usize::from(tenure.number).wrapping_sub(1);
            if let Some(record) = self.own_mut(&tenure.slot).and_then(|slot| slot.tenures.get_mut(place)) {
                record.voided.get_or_insert(reason);
            }
        }
    }

    fn close(&mut self, run: &Run) {
        if !self.is_ours(run) || !run.slots().all(|id| self.own(&id).is_some_and(Slot::is_at_home)) {
            return;
        }
        for id in run.slots() {
            let Some(slot) = self.own_mut(&id) else { continue };
            slot.closed = true;
            let place = (slot.opening.desk.clone(), slot.minutes.from);
            self.standing.remove(&place);
        }
    }

    fn is_ours(&self, run: &Run) -> bool {
        run.open.folio == self.folio.id() && run.is_consecutive() && run.tenures.len() <= RUN_SLOTS_MAX
    }

    fn own(&self, id: &SlotId) -> Option<&Slot> {
        (id.open.folio == self.folio.id()).then(|| self.ledger.slot(id)).flatten()
    }

    fn own_mut(&mut self, id: &SlotId) -> Option<&mut Slot> {
        if id.open.folio != self.folio.id() {
            return None;
        }
        self.ledger.slots.get_mut(&(id.open.act, id.index))
    }
}
