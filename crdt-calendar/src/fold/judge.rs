// SPDX-License-Identifier: MIT OR Apache-2.0
//! Joins what homes granted with what holders wrote: the state of every appointment.
//!
//! A booking lives while every run of every leg bears it; otherwise it falls whole. Where several legs
//! say different things, the gravest word counts (the order of [`Verdict`]).

mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::act::{AskLeg, Copy, Leg, Run};
use crate::ids::{ActRef, FolioId, Leaf, MemberId, ServiceId, SlotId, Tenure, Writer};
use crate::plant::{self, Plant};
use crate::roster::{Roster, Standing};

use super::appointment::{Appointment, Sealed, State};
use super::before::Before;
use super::holdings::{Entry, Inherited, Wants};
use super::ledger::{Answer, Ledger, TenureRecord};
use super::marks::Marks;
use super::{SlotState, Week};
use verdict::{Verdict, WhyOrder, state};

/// One entry, where it stands, and who wrote it.
pub(super) struct Case<'a> {
    pub(super) id: ActRef,
    holder: Writer,
    pub(super) entry: Arc<Entry>,
    point: &'a MemberId,
    /// Whether a home's copy stands for what its writer wrote.
    pub(super) is_copy: bool,
}

/// What the legs say together, and the run that bears each.
struct Legs {
    verdict: Verdict,
    runs: Vec<Option<Run>>,
}

/// Judges every entry of the week, but for what is known from before; then notes which tenure bears which.
pub(super) fn judge(week: &mut Week, roster: &Roster, before: Option<&Before<'_>>) {
    let judged = cases(week, roster).into_iter().map(|case| {
        let known = before.and_then(|before| before.appointment(week, &case));
        (case.id, known.unwrap_or_else(|| Arc::new(appointment(week, roster, &case))))
    });
    let appointments: BTreeMap<ActRef, Arc<Appointment>> = judged.collect();
    let confirmed = appointments.values().filter(|it| it.is_confirmed());
    week.bookings = confirmed.flat_map(|it| it.runs.iter().flat_map(Run::each).map(|tenure| (tenure, it.id))).collect();
    week.appointments = appointments;
}

/// What holders wrote; and what homes keep of it in a copy, where the original is in doubt, is not
/// here, or stands under a key that no longer speaks for its member.
fn cases<'a>(week: &'a Week, roster: &'a Roster) -> Vec<Case<'a>> {
    let mut cases: BTreeMap<ActRef, Case<'a>> = BTreeMap::new();
    for (folio, holdings) in &week.holdings {
        let Some(point) = roster.member_of(&folio.writer.key) else { continue };
        for (&number, entry) in &holdings.entries {
            let id = ActRef { folio: *folio, act: number };
            cases.insert(id, Case { id, holder: folio.writer, entry: Arc::clone(entry), point, is_copy: false });
        }
    }
    for (id, (copy, runs)) in copies(week) {
        let holder = id.folio.writer;
        let Some(point) = roster.member_of(&holder.key) else { continue };
        // Where the writer's own register is here and undoubted, it says best what it holds: a home cannot
        // put an appointment into it.
        let is_doubted = roster.is_retired(&holder.key) || !week.has_read(&id);
        if id.folio.leaf == Leaf::Week(week.week) && is_doubted {
            let entry = Arc::new(Entry::from_copy(copy, &runs));
            cases.insert(id, Case { id, holder, entry, point, is_copy: true });
        }
    }
    cases.into_values().collect()
}

/// What homes keep, with the runs of all legs that they keep, in the order of the legs.
fn copies(week: &Week) -> BTreeMap<ActRef, (&Copy, Vec<Run>)> {
    let leg_of = |run: &Run| {
        let tenure = run.each().next()?;
        week.slot(&tenure.slot)?.tenure(tenure.number)?.ask.map(|leg| leg.leg)
    };
    let mut copies: BTreeMap<ActRef, (&Copy, Vec<Run>)> = BTreeMap::new();
    for (_, ledger) in week.ledgers.iter().filter(|(folio, _)| week.is_current(folio)) {
        for (id, (copy, runs)) in &ledger.kept {
            copies.entry(*id).or_insert((copy, Vec::new())).1.extend(runs.iter().cloned());
        }
    }
    for (copy, runs) in copies.values_mut() {
        runs.sort_by_key(leg_of);
        runs.truncate(usize::from(copy.legs).max(1));
    }
    copies
}

fn appointment(week: &Week, roster: &Roster, case: &Case<'_>) -> Appointment {
    let entry = &case.entry;
    let legs = legs(week, roster, case);
    let kept = is_kept(week, case, &legs);
    // A copy of what the point's own box, which speaks, did not write as far as it was read: more of its
    // register may come, or a home invented it. Nobody is called back for it.
    let is_unwritten = case.is_copy && roster.standing(&case.holder) == Standing::Current;
    let inherited = inherited(week, case);
    let homes = homes(roster, entry);
    let first = legs.runs.first().and_then(|run| run.as_ref()?.slots().next());
    let first = first.or_else(|| entry.first_leg_slot());
    let home = homes.first().cloned().flatten();
    let ledger = home.as_ref().and_then(|home| week.currents.get(home)).and_then(|folio| week.ledgers.get(folio));
    let marks = ledger.map(|ledger| &ledger.marks);
    // To where it is already: the home takes back what it said.
    let is_elsewhere = |to: &&(MemberId, ServiceId)| Some(&to.0) != home.as_ref() || to.1 != entry.service;
    let referral = marks.and_then(|marks| marks.referral(&case.id)).filter(is_elsewhere).cloned().map(Box::new);
    let bar = ledger.and_then(|ledger| ledger.bars.get(&AskLeg { ask: case.id, leg: 0 })).copied();
    let verdict = standing_of(week, roster, case, legs.verdict, kept, inherited);
    let state = state(entry, verdict, inherited.and_then(|it| it.withdrawn));
    Appointment {
        id: case.id,
        holder: case.holder,
        point: case.point.clone(),
        desk: first.and_then(|id| week.slot(&id)).map(|slot| slot.opening.desk.clone()),
        home,
        others: homes.into_iter().skip(1).flatten().collect(),
        minutes: entry.minutes,
        booth: inherited.and_then(|it| it.booth).map_or(entry.booth, |(booth, _)| booth),
        service: entry.service.clone(),
        bar: bar.filter(|_| matches!(state, State::Refused { .. })),
        state,
        runs: legs.runs.into_iter().flatten().collect(),
        slots: entry.slots().collect(),
        envelope: sealed(week, case, marks, inherited),
        arrived: entry.arrived.or(inherited.and_then(|it| it.arrived)),
        outcome: marks.and_then(|marks| marks.fate(&case.id)).or(inherited.and_then(|it| it.outcome)).or(entry.outcome),
        kept: kept && !is_unwritten,
        referral,
        moved: entry.moved,
        ended: entry.ended.is_some() || inherited.is_some_and(|it| it.withdrawn.is_some()),
        settled: entry.settled,
    }
}

/// The newest envelope: the home's correction, else that of the point's current box, else its own.
fn sealed(week: &Week, case: &Case<'_>, marks: Option<&Marks>, inherited: Option<&Inherited>) -> Sealed {
    if let Some((carried_by, bytes)) = marks.and_then(|marks| marks.envelope(&case.id)) {
        return Sealed { carried_by, bytes: bytes.into() };
    }
    let corrected = inherited.and_then(|it| it.envelope.as_ref()).zip(week.currents.get(case.point));
    let (folio, (act, bytes)) = match corrected {
        Some((envelope, folio)) => (*folio, envelope),
        None => (case.id.folio, &case.entry.envelope),
    };
    Sealed { carried_by: ActRef { folio, act: *act }, bytes: Arc::clone(bytes) }
}

/// What the point's current box says of a booking of an earlier one.
fn inherited<'a>(week: &'a Week, case: &Case<'_>) -> Option<&'a Inherited> {
    let current = week.currents.get(case.point).filter(|folio| **folio != case.id.folio)?;
    week.holdings.get(current)?.inherited.get(&case.id)
}

/// Whether every run of it was taken, and kept: it no longer depends on the tenure.
fn is_kept(week: &Week, case: &Case<'_>, legs: &Legs) -> bool {
    let is_kept = |tenure: Tenure| {
        let record = week.slot(&tenure.slot).and_then(|slot| slot.tenure(tenure.number));
        record.is_some_and(|record| record.taken && record.keeps == Some(case.id))
    };
    let complete = !legs.runs.is_empty() && legs.runs.iter().all(Option::is_some);
    complete && legs.runs.iter().flatten().flat_map(Run::each).all(is_kept)
}

/// The home that each leg is asked of.
fn homes(roster: &Roster, entry: &Entry) -> Vec<Option<MemberId>> {
    let of = |run: &Run| roster.member_of(&run.open.folio.writer.key).cloned();
    match &entry.wants {
        Wants::Booked(run) => vec![of(run)],
        Wants::Asked(legs) => legs
            .iter()
            .map(|leg| match leg {
                Leg::Slots(run) => of(run),
                Leg::Pool { home } => Some(home.clone()),
            })
            .collect(),
    }
}

/// The legs' verdict, weighed with what its writer is now: a booking of an earlier box lives when its
/// home keeps it and the point's current box gives it a booth for its minutes.
fn standing_of(
    week: &Week,
    roster: &Roster,
    case: &Case<'_>,
    verdict: Verdict,
    kept: bool,
    inherited: Option<&Inherited>,
) -> Verdict {
    let housed = inherited.and_then(|it| it.booth).is_some_and(|(_, minutes)| minutes == case.entry.minutes);
    let unread = week.holdings.get(&case.id.folio).map(|it| &it.unreadable);
    let is_unread = unread.is_some_and(|unread| case.entry.slots().any(|id| unread.contains(&id)));
    match roster.standing(&case.holder) {
        _ if is_unread => verdict.max(Verdict::Suspended),
        // Booths are judged in the point's register alone: a copy has none until a later box gives it one.
        Standing::Current if case.is_copy => verdict.max(Verdict::Suspended),
        Standing::Current => verdict,
        Standing::Past if kept && housed => verdict,
        Standing::Past => verdict.max(Verdict::Suspended),
        Standing::Unknown => verdict.max(Verdict::Waits),
    }
}

fn legs(week: &Week, roster: &Roster, case: &Case<'_>) -> Legs {
    match &case.entry.wants {
        Wants::Booked(run) => Legs { verdict: booked(week, roster, case, run), runs: vec![Some(run.clone())] },
        Wants::Asked(legs) => asked(week, roster, case, legs),
    }
}

fn booked(week: &Week, roster: &Roster, case: &Case<'_>, run: &Run) -> Verdict {
    let ledger = match speaking_ledger(week, roster, &run.open.folio) {
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

fn asked(week: &Week, roster: &Roster, case: &Case<'_>, legs: &[Leg]) -> Legs {
    let mut together = Legs { verdict: Verdict::Bears, runs: Vec::new() };
    let mut refused = None;
    for (number, leg) in (0_u8..).zip(legs) {
        let (verdict, run) = leg_verdict(week, roster, case, AskLeg { ask: case.id, leg: number }, leg);
        if matches!(verdict, Verdict::Refused(_)) {
            refused = refused.max(Some(verdict.clone()));
        }
        together.verdict = together.verdict.max(verdict);
        together.runs.push(run);
    }
    // After a refusal the other legs' tenures go back and are taken: that is its consequence, not a reason.
    together.verdict = refused.unwrap_or(together.verdict);
    together
}

fn leg_verdict(week: &Week, roster: &Roster, case: &Case<'_>, leg: AskLeg, wants: &Leg) -> (Verdict, Option<Run>) {
    let folio = match wants {
        Leg::Slots(run) => run.open.folio,
        Leg::Pool { home } => match roster.current(home) {
            Some(writer) => FolioId { writer, leaf: Leaf::Week(week.week) },
            None => return (Verdict::Waits, None),
        },
    };
    let ledger = match speaking_ledger(week, roster, &folio) {
        Ok(ledger) => ledger,
        // Nothing was promised: an ask to a home that is not heard is simply unanswered.
        Err(Verdict::Waits) => return (Verdict::Asked, None),
        Err(verdict) => return (verdict, None),
    };
    match ledger.answers.get(&leg) {
        None => (unanswered(ledger, wants), None),
        Some(Answer::Refused(alternatives)) => (Verdict::Refused(alternatives.clone()), None),
        Some(Answer::Ticket(window)) => (ticketed(week, ledger, window, leg), None),
        Some(Answer::Granted(run)) => {
            let verdict = run.each().map(|tenure| bears(week, ledger, case, &tenure, Some(leg))).max();
            let within = ledger.minutes(run).is_some_and(|minutes| case.entry.minutes.contains(minutes));
            let verdict = if within { verdict.unwrap_or(Verdict::Asked) } else { Verdict::Void(WhyOrder::Minutes) };
            (verdict, Some(run.clone()))
        }
    }
}

/// The place in a walk-in window: those before who were neither called nor went away.
fn ticketed(week: &Week, ledger: &Ledger, window: &ActRef, leg: AskLeg) -> Verdict {
    let Some(window) = ledger.windows.get(window) else { return Verdict::Asked };
    if window.called.contains(&leg) {
        return Verdict::Called;
    }
    let waits = |other: &&AskLeg| {
        let entry = week.holdings.get(&other.ask.folio).and_then(|it| it.entries.get(&other.ask.act));
        !window.called.contains(other) && entry.is_none_or(|entry| entry.stands())
    };
    let ahead = window.tickets.iter().take_while(|other| **other != leg).filter(waits).count();
    Verdict::Queued(u16::try_from(ahead).unwrap_or(u16::MAX))
}

/// An ask for a slot that can never exist is void, not pending.
fn unanswered(ledger: &Ledger, wants: &Leg) -> Verdict {
    let Leg::Slots(run) = wants else { return Verdict::Asked };
    let exists = |id: SlotId| !ledger.has_read(&id.open) || ledger.slot(&id).is_some();
    if run.slots().all(exists) { Verdict::Asked } else { Verdict::Void(WhyOrder::NoSlot) }
}

fn bears(week: &Week, ledger: &Ledger, case: &Case<'_>, tenure: &Tenure, leg: Option<AskLeg>) -> Verdict {
    let in_doubt = ledger.frozen || !week.is_current(&tenure.slot.open.folio);
    let missing = if in_doubt { Verdict::Suspended } else { Verdict::Waits };
    let Some(slot) = ledger.slot(&tenure.slot) else {
        return if ledger.has_read(&tenure.slot.open) { Verdict::Void(WhyOrder::NoSlot) } else { missing };
    };
    if slot.void {
        return Verdict::Void(WhyOrder::NoSlot);
    }
    let Some(record) = slot.tenure(tenure.number) else { return missing };
    let released = week.holdings.get(&case.id.folio).is_some_and(|it| it.released.contains(tenure));
    let verdict = record_bears(record, case, leg);
    let is_kept = record.taken && record.keeps == Some(case.id);
    // What was granted for an ask is given back only after the ask's own end, which says more.
    if verdict == Verdict::Bears && released && !is_kept && leg.is_none() {
        return Verdict::Void(WhyOrder::NotHeld);
    }
    if verdict == Verdict::Bears && slot.unreadable { Verdict::Suspended } else { verdict }
}

fn record_bears(record: &TenureRecord, case: &Case<'_>, leg: Option<AskLeg>) -> Verdict {
    let is_kept = record.taken && record.keeps == Some(case.id);
    let is_holder = record.to == case.holder
        || plant::active(Plant::BookWithoutTenure)
        || (plant::active(Plant::InheritAfterRestore) && record.to.key == case.holder.key);
    if !is_holder || (record.ask != leg && !is_kept) {
        Verdict::Void(WhyOrder::NotHeld)
    } else if let Some(reason) = record.voided {
        Verdict::Voided(reason)
    } else if record.taken && !is_kept {
        Verdict::Void(WhyOrder::Taken)
    } else {
        Verdict::Bears
    }
}

/// The ledger that speaks for this folio: its own while its box is current, else that of the box that
/// follows it, which counts it as far as it adopts it.
fn speaking_ledger<'a>(week: &'a Week, roster: &Roster, folio: &FolioId) -> Result<&'a Ledger, Verdict> {
    if folio.leaf != Leaf::Week(week.week) {
        return Err(Verdict::Void(WhyOrder::Minutes));
    }
    match roster.standing(&folio.writer) {
        Standing::Unknown => Err(Verdict::Waits),
        Standing::Past => {
            let member = roster.member_of(&folio.writer.key).ok_or(Verdict::Suspended)?;
            let current = week.currents.get(member).ok_or(Verdict::Suspended)?;
            week.ledgers.get(current).map(Arc::as_ref).ok_or(Verdict::Suspended)
        }
        Standing::Current if plant::active(Plant::MissingReadAsVoid) => {
            week.ledgers.get(folio).map(Arc::as_ref).ok_or(Verdict::Void(WhyOrder::NoSlot))
        }
        Standing::Current => week.ledgers.get(folio).map(Arc::as_ref).ok_or(Verdict::Waits),
    }
}

/// Whether a slot's state lets its home give it away.
pub(super) fn is_free(week: &Week, id: &SlotId) -> bool {
    week.state(id) == Some(SlotState::Free)
}
