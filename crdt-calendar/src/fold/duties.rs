// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a node does by itself: answers asks, follows refusals and voids, takes back what was released.
//!
//! Pure: from the week and who one is to the acts to write. It only ever takes after having read the
//! release; what a person must decide is not here. Idempotent: once its acts are written and folded,
//! nothing is due.

use crate::act::{Act, AskLeg, Leg, Reason, Run, Upto};
use crate::folio::Folio;
use crate::ids::{ActRef, DeskId, FolioId, Leaf, SlotId, Tenure, Writer};
use crate::limits::TICKETS_MAX;
use crate::plant::{self, Plant};
use crate::time::Span;

use super::Week;
use super::appointment::{Appointment, State};
use super::holdings::{Entry, Wants};
use super::judge::is_free;
use super::ledger::{Ledger, Slot};
use super::offers::duration;

/// Alternatives offered with a refusal.
const ALTERNATIVES: usize = 2;

/// One act that is due to an ask. The caller opens the envelope first: one that does not open is
/// refused (ledger, 4), and no slot is spent on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The ask.
    pub ask: ActRef,
    /// The leg.
    pub leg: AskLeg,
    /// What to write if its envelope opens.
    pub act: Act,
}

impl Week {
    /// The next answer that `me` owes as a home, first asked first served in the order given by
    /// `heard` (lower is earlier); `None` when all are answered. One at a time: each changes the rest.
    pub fn next_answer(&self, me: Writer, heard: impl Fn(&ActRef) -> u64) -> Option<Answer> {
        let folio = FolioId { writer: me, leaf: Leaf::Week(self.week) };
        let ledger = self.ledgers.get(&folio).filter(|ledger| !ledger.frozen && self.is_current(&folio))?;
        let owed = |appointment: &&Appointment| self.owes(ledger, appointment).is_some();
        let first = self.appointments().filter(owed).min_by_key(|it| (heard(&it.id), it.id))?;
        let leg = self.owes(ledger, first)?;
        let entry = self.holdings.get(&first.id.folio)?.entries.get(&first.id.act)?;
        let act = self.answer(ledger, first, entry, leg);
        Some(Answer { ask: first.id, leg, act })
    }

    /// The leg of this appointment that is asked of this home and has no answer.
    fn owes(&self, ledger: &Ledger, appointment: &Appointment) -> Option<AskLeg> {
        let entry = self.holdings.get(&appointment.id.folio)?.entries.get(&appointment.id.act)?;
        let Wants::Asked(legs) = &entry.wants else { return None };
        let open = matches!(appointment.state, State::Asked | State::Refused { .. });
        if !open || !entry.stands() || !self.is_current(&appointment.id.folio) {
            return None;
        }
        (0_u8..).zip(legs).find_map(|(number, wanted)| {
            let here = match wanted {
                Leg::Slots(run) => run.slots().all(|id| ledger.slot(&id).is_some()),
                Leg::Pool { home } => *home == ledger.home,
            };
            let leg = AskLeg { ask: appointment.id, leg: number };
            let once_more = plant::active(Plant::AnswerAskTwice)
                && matches!(wanted, Leg::Slots(run) if self.next_tenures(run).is_some());
            (here && (once_more || !ledger.answers.contains_key(&leg))).then_some(leg)
        })
    }

    fn answer(&self, ledger: &Ledger, appointment: &Appointment, entry: &Entry, leg: AskLeg) -> Act {
        let Wants::Asked(legs) = &entry.wants else { return self.refuse(ledger, appointment, leg) };
        let refused = matches!(appointment.state, State::Refused { .. });
        let run = match legs.get(usize::from(leg.leg)) {
            Some(Leg::Slots(run)) => self.next_tenures(run).filter(|run| serves(ledger, run, entry, leg)),
            Some(Leg::Pool { .. }) if entry.is_walk_in() => {
                return walk_in(ledger, entry, leg).unwrap_or_else(|| self.refuse(ledger, appointment, leg));
            }
            Some(Leg::Pool { .. }) => self.in_pool(ledger, entry, leg),
            None => None,
        };
        match run {
            // A sibling leg was refused: the whole has fallen, so no slot is spent on this one.
            Some(run) if !refused || plant::active(Plant::AnswerAskTwice) => {
                Act::Grant { run, to: appointment.holder, ask: Some(leg) }
            }
            _ => self.refuse(ledger, appointment, leg),
        }
    }

    /// The refusal of a leg, with the two free times nearest to what was asked of which `may` says that they may be had, by
    /// desk and minutes.
    #[must_use]
    pub fn refusal_among(&self, me: Writer, leg: AskLeg, may: impl Fn(&DeskId, Span) -> bool) -> Option<Act> {
        let folio = FolioId { writer: me, leaf: Leaf::Week(self.week) };
        let appointment = self.appointment(&leg.ask)?;
        Some(self.refuse_among(self.ledgers.get(&folio)?, appointment, leg, may))
    }

    fn refuse(&self, ledger: &Ledger, appointment: &Appointment, leg: AskLeg) -> Act {
        self.refuse_among(ledger, appointment, leg, |_, _| true)
    }

    fn refuse_among(
        &self,
        ledger: &Ledger,
        appointment: &Appointment,
        leg: AskLeg,
        may: impl Fn(&DeskId, Span) -> bool,
    ) -> Act {
        let is_allowed = |slot: &Slot| {
            let minutes = Span { from: slot.minutes.from, length_min: appointment.minutes.length_min };
            may(&slot.opening.desk, minutes)
        };
        let mut near: Vec<(u32, Span, SlotId, &Slot)> = ledger
            .slots()
            .filter(|(id, slot)| duration(slot, &appointment.service).is_some() && is_free(self, id))
            .map(|(id, slot)| (slot.minutes.from.0.abs_diff(appointment.minutes.from.0), slot.minutes, id, slot))
            .collect();
        near.sort_unstable_by_key(|(far, minutes, id, _)| (*far, *minutes, *id));
        let mut found: Vec<(Span, SlotId)> = Vec::with_capacity(ALTERNATIVES);
        for (_, minutes, id, slot) in near {
            if found.len() == ALTERNATIVES {
                break;
            }
            if found.iter().all(|(other, _)| *other != minutes) && is_allowed(slot) {
                found.push((minutes, id));
            }
        }
        Act::Refuse { leg, alternatives: found.into_iter().map(|(_, id)| id).collect() }
    }

    /// The asked slots with the tenures that come next, if all are at home.
    fn next_tenures(&self, run: &Run) -> Option<Run> {
        let mut tenures = Vec::with_capacity(run.tenures.len());
        for id in run.slots() {
            if !is_free(self, &id) {
                return None;
            }
            let count = self.slot(&id)?.tenures.len();
            tenures.push((id.index, u16::try_from(count + 1).ok()?));
        }
        Some(Run { open: run.open, tenures })
    }

    /// A run of free slots for a pool: the asked minutes exactly, at any desk that takes the service.
    fn in_pool(&self, ledger: &Ledger, entry: &Entry, leg: AskLeg) -> Option<Run> {
        ledger.slots().find_map(|(id, slot)| {
            if slot.minutes.from != entry.minutes.from || slot.opening.step_min == 0 {
                return None;
            }
            let count = entry.minutes.length_min / slot.opening.step_min;
            let tenures = (id.index..id.index.checked_add(count)?).map(|index| (index, 0)).collect();
            let run = self.next_tenures(&Run { open: id.open, tenures })?;
            serves(ledger, &run, entry, leg).then_some(run)
        })
    }

    /// What `me` owes besides answers: follow refusals and voids, give back, take back.
    #[must_use]
    pub fn due(&self, me: Writer, folios: impl Fn(&FolioId) -> Option<Upto>) -> Vec<Act> {
        let mut acts = self.due_as_holder(me);
        acts.extend(self.due_as_home(me, folios));
        acts
    }

    fn due_as_holder(&self, me: Writer) -> Vec<Act> {
        let mut acts = Vec::new();
        let Some(holding) = self.holding(me) else { return acts };
        let mine = self.appointments().filter(|it| it.holder == me);
        for appointment in mine {
            let Some(entry) = holding.entries.get(&appointment.id.act) else { continue };
            match &appointment.state {
                State::Refused { .. } if entry.stands() => acts.push(Act::Drop { ask: appointment.id.act }),
                State::CancelledByAgency(_) if entry.stands() => {
                    acts.push(Act::Cancel { target: appointment.id.act, reason: Reason::Other });
                }
                _ => {}
            }
            if entry.ended.is_some() {
                acts.extend(self.releases(me, appointment));
            }
        }
        acts.extend(self.voided_unbooked(me));
        acts
    }

    /// Tenures given in advance and voided before anybody booked in them: they bear nothing, and their slots
    /// come home.
    fn voided_unbooked(&self, me: Writer) -> Vec<Act> {
        let voided = |slot: &Slot| {
            let (number, record) = slot.open_tenure()?;
            (record.to == me && record.ask.is_none() && record.voided.is_some()).then_some(number)
        };
        let mut acts = Vec::new();
        for (id, number) in self.slots().filter_map(|(id, slot)| Some((id, voided(slot)?))) {
            if self.must_give_back(me, &Tenure { slot: id, number }) {
                acts.push(Act::Release { run: Run { open: id.open, tenures: vec![(id.index, number)] } });
            }
        }
        acts
    }

    /// After its end, an appointment's tenures that are bound to it, or voided, are given back.
    fn releases(&self, me: Writer, appointment: &Appointment) -> Vec<Act> {
        let mut acts = Vec::new();
        for run in &appointment.runs {
            let due = run.each().all(|tenure| self.must_give_back(me, &tenure));
            if due {
                acts.push(Act::Release { run: run.clone() });
            }
        }
        acts
    }

    fn must_give_back(&self, me: Writer, tenure: &Tenure) -> bool {
        let Some(record) = self.slot(&tenure.slot).and_then(|slot| slot.tenure(tenure.number)) else { return false };
        let Some(holding) = self.holding(me) else { return false };
        let given = holding.released.contains(tenure);
        let bound = record.ask.is_some() || record.voided.is_some();
        // A later ask of ours for the same slot: the release would be void, and due again for ever.
        // It comes due when that ask has ended, which its answer sees to.
        record.to == me && bound && !record.taken && !given && !holding.stands_in(&tenure.slot)
    }

    fn due_as_home(&self, me: Writer, folios: impl Fn(&FolioId) -> Option<Upto>) -> Vec<Act> {
        let folio = FolioId { writer: me, leaf: Leaf::Week(self.week) };
        let Some(ledger) = self.ledgers.get(&folio).filter(|it| !it.frozen && self.is_current(&folio)) else {
            return Vec::new();
        };
        let mut acts: Vec<Act> = Vec::new();
        for (id, slot) in ledger.slots() {
            let Some(tenure) = self.released_tenure(&id, slot) else { continue };
            let holder = FolioId { writer: slot.tenures[usize::from(tenure.number) - 1].to, ..folio };
            let Some(upto) = folios(&holder) else { continue };
            take(&mut acts, id, tenure.number, upto);
        }
        acts.extend(self.voids_of_kept(ledger));
        acts
    }

    /// The open tenure of this slot, if its holder's release of it has been read.
    fn released_tenure(&self, id: &SlotId, slot: &Slot) -> Option<Tenure> {
        let (number, record) = slot.open_tenure()?;
        let tenure = Tenure { slot: *id, number };
        let released = &self.holding(record.to)?.released;
        let is_released = released.contains(&tenure);
        let is_grabbed =
            plant::active(Plant::TakeWithoutRelease) && released.iter().any(|other| other.slot.open == id.open);
        (is_released || is_grabbed).then_some(tenure)
    }

    /// A kept booking whose point cancelled it is voided, so that its slot comes home.
    fn voids_of_kept(&self, ledger: &Ledger) -> Vec<Act> {
        let cancelled = |id: &ActRef| match self.appointment(id)?.state {
            State::CancelledByPoint(reason) => Some(reason),
            _ => None,
        };
        let mut acts = Vec::new();
        for (id, slot) in self.slots().filter(|(_, slot)| slot.opening.desk.home == ledger.home) {
            let Some(record) = slot.tenures.last().filter(|it| it.taken && it.voided.is_none()) else { continue };
            let Some(reason) = record.keeps.as_ref().and_then(cancelled) else { continue };
            let number = u16::try_from(slot.tenures.len()).unwrap_or(0);
            acts.push(Act::Void { run: Run { open: id.open, tenures: vec![(id.index, number)] }, reason });
        }
        acts
    }
}

/// The upto of a folio as it is held.
#[must_use]
pub fn upto(folio: &Folio) -> Option<Upto> {
    let head = folio.head()?;
    Some(Upto { folio: folio.id(), seq: head.seq, hash: head.hash })
}

/// Ends one more tenure: with the take before it, where the slot follows and the reading is the same.
pub(super) fn take(acts: &mut Vec<Act>, id: SlotId, number: u16, upto: Upto) {
    if let Some(Act::Take { run, upto: last, .. }) = acts.last_mut()
        && *last == upto
        && run.extend(id, number)
    {
        return;
    }
    acts.push(Act::Take { run: Run { open: id.open, tenures: vec![(id.index, number)] }, upto, keeps: None });
}

/// The walk-in window of this home in which the ask falls.
fn walk_in(ledger: &Ledger, entry: &Entry, leg: AskLeg) -> Option<Act> {
    let takes = |window: &&ActRef| {
        let Some(found) = ledger.windows.get(window) else { return false };
        let open = !found.closed && found.tickets.len() < TICKETS_MAX;
        let serves = found.opening.services.iter().any(|(service, _)| *service == entry.service);
        open && serves && found.minutes.from <= entry.minutes.from && entry.minutes.from < found.minutes.end()
    };
    ledger.windows.keys().find(takes).map(|window| Act::Ticket { leg, window: *window })
}

/// Whether these slots take the service, at the minutes of the entry. The homes of further legs, such as
/// an interpreter's, lend their time to whatever it is about.
fn serves(ledger: &Ledger, run: &Run, entry: &Entry, leg: AskLeg) -> bool {
    let takes = leg.leg > 0
        || run.slots().all(|id| {
            ledger
                .slot(&id)
                .and_then(|slot| duration(slot, &entry.service))
                .is_some_and(|it| it <= entry.minutes.length_min)
        });
    takes && ledger.minutes(run) == Some(entry.minutes)
}
