// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a ledger is read: each act of the home, in its place, counts or does nothing.
//!
//! Whole or not at all: an act that names several slots counts for all of them or for none.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::act::{Act, AskLeg, Copy, Reason, Run, Upto};
use crate::folio::Folio;
use crate::ids::{ActRef, DeskId, FolioId, Leaf, Tenure, Writer};
use crate::limits::{OPEN_SLOTS_MAX, RUN_SLOTS_MAX, TICKETS_MAX};
use crate::plant::{self, Plant};
use crate::time::{Span, UtcMinute};

use super::{Answer, Earlier, Found, LEDGER_SLOTS_MAX, Ledger, Opening, Slot, TenureRecord, Window};

pub(super) struct Reading<'f, 'a> {
    /// What has been read so far.
    pub(super) ledger: Ledger,
    /// The folio of the box that speaks; others are adopted.
    own: FolioId,
    earlier: &'f Earlier<'f, 'a>,
}

impl<'f, 'a> Reading<'f, 'a> {
    pub(super) fn new(ledger: Ledger, own: FolioId, earlier: &'f Earlier<'f, 'a>) -> Self {
        Self { ledger, own, earlier }
    }

    /// Reads a folio on, up to act `end`; tells whether all of it could be read.
    pub(super) fn folio(&mut self, folio: &'a Folio, end: u32) -> bool {
        let id = folio.id();
        let done = self.ledger.read.get(&id).copied().unwrap_or(0);
        for (number, act) in folio.acts_from(done.saturating_add(1)).take_while(|(number, _)| *number <= end) {
            if let Act::Adopt { upto } = act {
                self.ledger.adopts = true;
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
            Act::Explain { leg, bar } => {
                self.ledger.bars.entry(leg).or_insert(bar);
            }
            Act::Ticket { leg, window } => self.ticket(leg, window),
            Act::Called { leg } => self.called(leg),
            Act::Amend { target, envelope: Some(envelope), .. } => {
                self.ledger.marks.amend(target, place, envelope);
            }
            Act::Refer { target, to, service } => self.ledger.marks.refer(target, to, service),
            Act::Outcome { target, fate, minutes } => self.ledger.marks.outcome(target, fate, minutes),
            Act::Unknown { touches, .. } => {
                for id in touches.slots.iter().flat_map(Run::slots) {
                    if let Some(slot) = self.ledger.slot_mut(&id) {
                        slot.unreadable = true;
                    }
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, place: ActRef, minutes: Span, opening: Opening) {
        let Leaf::Week(week) = place.folio.leaf else { return };
        if opening.desk.home != self.ledger.home || minutes.from.week() != week {
            return;
        }
        if place.folio == self.own {
            self.ledger.week_key.get_or_insert(opening.week_key);
        }
        // One without length cuts nothing: it publishes the key alone.
        if !minutes.within_week(week) {
            return;
        }
        let step = opening.step_min;
        if step == 0 {
            self.open_window(place, minutes, opening);
            return;
        }
        let count = usize::from(minutes.length_min.checked_div(step).unwrap_or(0));
        let room = LEDGER_SLOTS_MAX.saturating_sub(self.ledger.slot_count);
        if count == 0 || count > OPEN_SLOTS_MAX.min(room) {
            return;
        }
        let opening = Arc::new(opening);
        let mut from = minutes.from;
        let mut slots = Vec::with_capacity(count);
        for _ in 0..count {
            let span = Span { from, length_min: step };
            let void = self.overlaps_standing(&opening.desk, span);
            if !void {
                self.ledger.standing.insert((opening.desk.clone(), from), span);
            }
            let slot = Slot {
                opening: Arc::clone(&opening),
                minutes: span,
                void,
                closed: false,
                unreadable: false,
                tenures: Vec::new(),
            };
            slots.push(slot);
            from = span.end();
        }
        self.ledger.slot_count += slots.len();
        self.ledger.opens.insert(place, slots.into());
    }

    fn open_window(&mut self, place: ActRef, minutes: Span, opening: Opening) {
        if self.overlaps_standing(&opening.desk, minutes) || self.ledger.windows.len() >= OPEN_SLOTS_MAX {
            return;
        }
        self.ledger.standing.insert((opening.desk.clone(), minutes.from), minutes);
        let opening = Arc::new(opening);
        let window = Window { opening, minutes, closed: false, tickets: Vec::new(), called: BTreeSet::new() };
        self.ledger.windows.insert(place, window);
    }

    fn overlaps_standing(&self, desk: &DeskId, span: Span) -> bool {
        let before = (desk.clone(), UtcMinute(0))..(desk.clone(), span.end());
        let overlaps = self.ledger.standing.range(before).next_back().is_some_and(|(_, other)| other.overlaps(span));
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
            if let Some(slot) = self.ledger.slot_mut(&id) {
                // Most slots have one tenure for ever, and a vector that grows by itself makes room for four.
                if slot.tenures.is_empty() {
                    slot.tenures.reserve_exact(1);
                }
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
            if let Some(last) = self.ledger.slot_mut(&id).and_then(|slot| slot.tenures.last_mut()) {
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
            let slot = self.ledger.slot_mut(&tenure.slot);
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
            let Some(slot) = self.ledger.slot_mut(&id) else { continue };
            slot.closed = true;
            let place = (slot.opening.desk.clone(), slot.minutes.from);
            self.ledger.standing.remove(&place);
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
