// SPDX-License-Identifier: MIT OR Apache-2.0
//! Joins what homes granted with what holders wrote: the state of every appointment.
//!
//! A booking lives while every run of every leg bears it; otherwise it falls whole. Where several legs
//! say different things, the gravest word counts (the order of [`Verdict`]).

use crate::act::{AskLeg, Leg, Reason, Run};
use crate::ids::{ActRef, FolioId, Leaf, MemberId, SlotId, Tenure, Writer};
use crate::plant::{self, Plant};
use crate::roster::{Roster, Standing};

use super::appointment::{Appointment, Sealed, State, Why};
use super::holdings::{Clash, Ended, Entry, Wants};
use super::ledger::{Answer, Ledger, TenureRecord};
use super::{SlotState, Week};

/// What one tenure or one leg says of a booking; a later one outweighs an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Bears,
    Asked,
    Waits,
    Suspended,
    Refused(Vec<SlotId>),
    Voided(Reason),
    Void(WhyOrder),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum WhyOrder {
    NotHeld,
    NoSlot,
    Minutes,
    Taken,
}

/// One entry, where it stands, and who wrote it.
struct Case<'a> {
    id: ActRef,
    holder: Writer,
    entry: &'a Entry,
}

/// Judges every entry of the week, then notes which tenure bears which.
pub(super) fn judge(week: &mut Week, roster: &Roster) {
    let mut judged = Vec::new();
    for (folio, holdings) in &week.holdings {
        let Some(point) = roster.member_of(&folio.writer.key) else { continue };
        for (&number, entry) in &holdings.entries {
            let id = ActRef { folio: *folio, act: number };
            let case = Case { id, holder: folio.writer, entry };
            judged.push(appointment(week, roster, point, &case));
        }
    }
    for appointment in judged {
        if appointment.is_confirmed() {
            let tenures: Vec<Tenure> = appointment.runs.iter().flat_map(Run::each).collect();
            week.bookings.extend(tenures.into_iter().map(|tenure| (tenure, appointment.id)));
        }
        week.appointments.insert(appointment.id, appointment);
    }
}

fn appointment(week: &Week, roster: &Roster, point: &MemberId, case: &Case<'_>) -> Appointment {
    let entry = case.entry;
    let slots: Vec<SlotId> = entry.slots().collect();
    let (verdict, runs) = verdict(week, roster, case);
    let first = runs.first().map(|run| SlotId { open: run.open, index: run.tenures[0].0 }).or(slots.first().copied());
    let home = first.and_then(|id| week.home(&id)).cloned().or_else(|| pool_home(entry));
    let marks = first.and_then(|id| week.ledgers.get(&id.open.folio)).map(|ledger| &ledger.marks);
    let own =
        Sealed { carried_by: ActRef { folio: case.id.folio, act: entry.envelope.0 }, bytes: entry.envelope.1.clone() };
    let corrected = marks.zip(first).and_then(|(marks, id)| {
        let (act, bytes) = marks.envelope(&case.id)?;
        Some(Sealed { carried_by: ActRef { folio: id.open.folio, act }, bytes: bytes.to_vec() })
    });
    Appointment {
        id: case.id,
        holder: case.holder,
        point: point.clone(),
        home,
        desk: first.and_then(|id| week.slot(&id)).map(|slot| slot.opening.desk.clone()),
        minutes: entry.minutes,
        booth: entry.booth,
        service: entry.service.clone(),
        state: state(entry, verdict),
        runs,
        slots,
        envelope: corrected.unwrap_or(own),
        arrived: entry.arrived,
        outcome: marks.and_then(|marks| marks.fate(&case.id)).or(entry.outcome),
        ended: entry.ended.is_some(),
        settled: entry.settled,
    }
}

/// From what the legs say and how the entry ended to the one word that is shown.
fn state(entry: &Entry, verdict: Verdict) -> State {
    if let Some(clash) = entry.void {
        return State::Void(match clash {
            Clash::Booth => Why::Booth,
            Clash::Slot => Why::Slot,
            Clash::Released => Why::NotHeld,
            Clash::Form => Why::Minutes,
        });
    }
    match (verdict, entry.ended) {
        (Verdict::Voided(reason), _) => State::CancelledByAgency(reason),
        (Verdict::Refused(alternatives), ended) if !matches!(ended, Some(Ended::Cancelled(_))) => {
            State::Refused { alternatives }
        }
        (Verdict::Void(WhyOrder::Taken), None) => State::Void(Why::Taken),
        (_, Some(Ended::Cancelled(reason))) => State::CancelledByPoint(reason),
        (_, Some(Ended::Dropped)) => State::CancelledByPoint(Reason::Other),
        (Verdict::Void(why), None) => State::Void(match why {
            WhyOrder::NotHeld => Why::NotHeld,
            WhyOrder::NoSlot => Why::NoSlot,
            WhyOrder::Minutes => Why::Minutes,
            WhyOrder::Taken => Why::Taken,
        }),
        (Verdict::Refused(alternatives), None) => State::Refused { alternatives },
        (Verdict::Bears, None) => State::Confirmed,
        (Verdict::Asked, None) => State::Asked,
        (Verdict::Waits, None) => State::Waiting,
        (Verdict::Suspended, None) => State::Suspended,
    }
}

fn verdict(week: &Week, roster: &Roster, case: &Case<'_>) -> (Verdict, Vec<Run>) {
    let (mut verdict, runs) = match &case.entry.wants {
        Wants::Booked(run) => (booked(week, roster, case, run), vec![run.clone()]),
        Wants::Asked(legs) => asked(week, roster, case, legs),
    };
    let past = roster.standing(&case.holder) != Standing::Current;
    let unread = case.entry.slots().any(|id| week.holdings[&case.id.folio].unreadable.contains(&id));
    if past || unread {
        verdict = verdict.max(Verdict::Suspended);
    }
    (verdict, runs)
}

fn booked(week: &Week, roster: &Roster, case: &Case<'_>, run: &Run) -> Verdict {
    let ledger = match current_ledger(week, roster, &run.open.folio) {
        Ok(ledger) => ledger,
        Err(verdict) => return verdict,
    };
    let verdict = run.each().map(|tenure| bears(week, ledger, case, &tenure, None)).max();
    let here = ledger.minutes(run).is_none_or(|minutes| minutes == case.entry.minutes);
    match verdict {
        Some(Verdict::Bears) if !here => Verdict::Void(WhyOrder::Minutes),
        Some(verdict) => verdict,
        None => Verdict::Void(WhyOrder::NoSlot),
    }
}

fn asked(week: &Week, roster: &Roster, case: &Case<'_>, legs: &[Leg]) -> (Verdict, Vec<Run>) {
    let mut worst = Verdict::Bears;
    let mut runs = Vec::new();
    for (number, leg) in (0_u8..).zip(legs) {
        let (verdict, run) = leg_verdict(week, roster, case, AskLeg { ask: case.id, leg: number }, leg);
        worst = worst.max(verdict);
        runs.extend(run);
    }
    (worst, runs)
}

fn leg_verdict(week: &Week, roster: &Roster, case: &Case<'_>, leg: AskLeg, wants: &Leg) -> (Verdict, Option<Run>) {
    let folio = match wants {
        Leg::Slots(run) => run.open.folio,
        Leg::Pool { home } => match roster.current(home) {
            Some(writer) => FolioId { writer, leaf: Leaf::Week(week.week) },
            None => return (Verdict::Waits, None),
        },
    };
    let ledger = match current_ledger(week, roster, &folio) {
        Ok(ledger) => ledger,
        // Nothing was promised: an ask to a home that is not heard is simply unanswered.
        Err(Verdict::Waits) => return (Verdict::Asked, None),
        Err(verdict) => return (verdict, None),
    };
    match ledger.answers.get(&leg) {
        None => (unanswered(ledger, wants), None),
        Some(Answer::Refused(alternatives)) => (Verdict::Refused(alternatives.clone()), None),
        Some(Answer::Granted(run)) => {
            let verdict = run.each().map(|tenure| bears(week, ledger, case, &tenure, Some(leg))).max();
            let within = ledger.minutes(run).is_some_and(|minutes| case.entry.minutes.contains(minutes));
            let verdict = if within { verdict.unwrap_or(Verdict::Asked) } else { Verdict::Void(WhyOrder::Minutes) };
            (verdict, Some(run.clone()))
        }
    }
}

/// An ask for a slot that can never exist is void, not pending.
fn unanswered(ledger: &Ledger, wants: &Leg) -> Verdict {
    let Leg::Slots(run) = wants else { return Verdict::Asked };
    let exists = |id: SlotId| id.open.act > ledger.seq || ledger.slot(&id).is_some();
    if run.slots().all(exists) { Verdict::Asked } else { Verdict::Void(WhyOrder::NoSlot) }
}

fn bears(week: &Week, ledger: &Ledger, case: &Case<'_>, tenure: &Tenure, leg: Option<AskLeg>) -> Verdict {
    let Some(slot) = ledger.slot(&tenure.slot) else {
        return match tenure.slot.open.act > ledger.seq {
            true if ledger.frozen => Verdict::Suspended,
            true => Verdict::Waits,
            false => Verdict::Void(WhyOrder::NoSlot),
        };
    };
    if slot.void {
        return Verdict::Void(WhyOrder::NoSlot);
    }
    let Some(record) = slot.tenure(tenure.number) else {
        return if ledger.frozen { Verdict::Suspended } else { Verdict::Waits };
    };
    let released = week.holdings.get(&case.id.folio).is_some_and(|it| it.released.contains(tenure));
    let verdict = record_bears(record, case, leg);
    if verdict == Verdict::Bears && released {
        return Verdict::Void(WhyOrder::NotHeld);
    }
    if verdict == Verdict::Bears && slot.unreadable { Verdict::Suspended } else { verdict }
}

fn record_bears(record: &TenureRecord, case: &Case<'_>, leg: Option<AskLeg>) -> Verdict {
    let is_holder = record.to == case.holder || plant::active(Plant::BookWithoutTenure);
    if !is_holder || record.ask != leg {
        Verdict::Void(WhyOrder::NotHeld)
    } else if let Some(reason) = record.voided {
        Verdict::Voided(reason)
    } else if record.taken && record.keeps != Some(case.id) {
        Verdict::Void(WhyOrder::Taken)
    } else {
        Verdict::Bears
    }
}

/// The ledger at this folio, if it is its member's current one.
fn current_ledger<'a>(week: &'a Week, roster: &Roster, folio: &FolioId) -> Result<&'a Ledger, Verdict> {
    if folio.leaf != Leaf::Week(week.week) {
        return Err(Verdict::Void(WhyOrder::Minutes));
    }
    match roster.standing(&folio.writer) {
        Standing::Unknown => Err(Verdict::Waits),
        Standing::Past => Err(Verdict::Suspended),
        Standing::Current if plant::active(Plant::MissingReadAsVoid) => {
            week.ledgers.get(folio).ok_or(Verdict::Void(WhyOrder::NoSlot))
        }
        Standing::Current => week.ledgers.get(folio).ok_or(Verdict::Waits),
    }
}

fn pool_home(entry: &Entry) -> Option<MemberId> {
    let Wants::Asked(legs) = &entry.wants else { return None };
    legs.iter().find_map(|leg| match leg {
        Leg::Pool { home } => Some(home.clone()),
        Leg::Slots(_) => None,
    })
}

/// Whether a slot's state lets its home give it away.
pub(super) fn is_free(week: &Week, id: &SlotId) -> bool {
    week.state(id) == Some(SlotState::Free)
}
