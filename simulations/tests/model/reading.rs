// SPDX-License-Identifier: EUPL-1.2
//! What the real fold makes of what is held, cut down to what this small world asks of it.
//!
//! Every answer comes from `Week`: its slots, offers, duties, answers and appointments. Nothing is judged here.

use crdt_calendar::act::{Act, Run};
use crdt_calendar::fold::Week;
use crdt_calendar::fold::appointment::State as Appointed;
use crdt_calendar::fold::duties;
use crdt_calendar::fold::ledger::Slot;
use crdt_calendar::fold::offers::Way;
use crdt_calendar::ids::{ActRef, SlotId, Tenure};

use crate::deed::Deed;
use crate::folios::{BOOTH, Cast, Held, WEEK, minutes};
use crate::state::{AGENCY, POINTS, SLOTS};

/// What must never be, as bits.
pub(crate) const DESK_TWICE: u8 = 1;
pub(crate) const BOOTH_TWICE: u8 = 2;
pub(crate) const TENURE_TWICE: u8 = 4;

/// What one point may do and must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mine {
    /// Slots it may ask for.
    pub(crate) free: [bool; SLOTS],
    /// The tenure that it may book, by slot; 0 if none.
    pub(crate) bookable: [u8; SLOTS],
    /// The open tenure that is its own and not given back, with no entry on the slot; 0 if none.
    pub(crate) idle: [u8; SLOTS],
    /// The entry that holds booth and slot.
    pub(crate) standing: Option<u8>,
    /// Slots in which it shows a confirmed appointment.
    pub(crate) confirmed: [bool; SLOTS],
    /// What its node does next by itself.
    pub(crate) due: Option<Deed>,
}

/// What the agency may do and must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Home {
    /// Slots at home.
    pub(crate) at_home: [bool; SLOTS],
    /// Slots with an open tenure that is not voided.
    pub(crate) voidable: [bool; SLOTS],
    /// What its node does next by itself, and about which slot.
    pub(crate) due: Option<(u8, Deed)>,
    /// Its next answer, if this point was heard first.
    pub(crate) answers: [Option<(u8, Deed)>; POINTS],
}

/// What is shown for what is held.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    pub(crate) mine: [Mine; POINTS],
    pub(crate) home: Home,
    /// What must never be.
    pub(crate) wrong: u8,
    /// Whether something waits for what is not here.
    pub(crate) waits: bool,
    /// The highest tenure that bears a confirmed appointment.
    pub(crate) tenure: u16,
}

/// Folds what is held and reads it.
pub(crate) fn read(cast: &Cast, held: &Held) -> Reading {
    let folios = cast.folios(held);
    let week = Week::fold(WEEK, &cast.roster, folios.iter().map(AsRef::as_ref));
    let mut reading = Reading::default();
    for point in 0..POINTS {
        reading.mine[point] = mine(cast, &week, point);
    }
    let upto = |id: &crdt_calendar::ids::FolioId| {
        folios.iter().find(|folio| folio.id() == *id).and_then(|folio| duties::upto(folio))
    };
    reading.home.due = week.due(cast.writer(AGENCY), upto).first().map(home_deed);
    for slot in 0..SLOTS {
        let Some(record) = week.slot(&slot_id(cast, slot)) else { continue };
        reading.home.at_home[slot] = record.is_at_home();
        reading.home.voidable[slot] = record.open_tenure().is_some_and(|(_, tenure)| tenure.voided.is_none());
    }
    for point in 0..POINTS {
        let heard = |ask: &ActRef| u64::from(ask.folio.writer != cast.writer(point));
        let answer = week.next_answer(cast.writer(AGENCY), heard);
        reading.home.answers[point] = answer.map(|answer| match answer.act {
            Act::Grant { run, to, .. } => (slot_of(&run), Deed::Answer { to: point_of(cast, to) }),
            Act::Refuse { leg, alternatives } => {
                let of = point_of(cast, leg.ask.folio.writer);
                (asked(held, of), Deed::Refuse { of, alternative: !alternatives.is_empty() })
            }
            other => unreachable!("{other:?} is no answer"),
        });
    }
    judge(&week, &mut reading);
    reading
}

fn mine(cast: &Cast, week: &Week, point: usize) -> Mine {
    let me = cast.writer(point);
    let mut mine = Mine::default();
    let holding = week.holding(me);
    let booth_is_free = holding.is_none_or(|it| it.booth_is_free(BOOTH, minutes(), None));
    for slot in 0..SLOTS {
        let id = slot_id(cast, slot);
        match week.offer_at(me, &cast.agency, &id, &cast.service).filter(|_| booth_is_free) {
            Some(offer) if offer.way == Way::Held => mine.bookable[slot] = small(offer.run.tenures[0].1),
            Some(_) => mine.free[slot] = true,
            None => {}
        }
        let open = week.slot(&id).and_then(Slot::open_tenure).filter(|(_, record)| record.to == me);
        if let Some((number, _)) = open {
            let given = holding.is_some_and(|it| it.released.contains(&Tenure { slot: id, number }));
            let stands = holding.is_some_and(|it| it.stands_in(&id));
            mine.idle[slot] = if given || stands { 0 } else { small(number) };
        }
    }
    let entries = holding.into_iter().flat_map(|it| &it.entries);
    mine.standing = entries.filter(|(_, entry)| entry.stands()).map(|(number, _)| place(*number)).next();
    for appointment in week.appointments().filter(|it| it.holder == me && it.is_confirmed()) {
        appointment.runs.iter().for_each(|run| mine.confirmed[usize::from(slot_of(run))] = true);
    }
    mine.due = week.due(me, |_| None).first().map(point_deed);
    mine
}

/// No desk and no booth twice at one time, one open tenure a slot.
fn judge(week: &Week, reading: &mut Reading) {
    let confirmed: Vec<_> = week.appointments().filter(|it| it.is_confirmed()).collect();
    let mut taken = Vec::new();
    for appointment in &confirmed {
        for tenure in appointment.runs.iter().flat_map(Run::each) {
            reading.tenure = reading.tenure.max(tenure.number);
            let Some(slot) = week.slot(&tenure.slot) else { continue };
            taken.push((&slot.opening.desk, slot.minutes));
        }
    }
    let pairs = |count: usize| (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)));
    if pairs(taken.len()).any(|(a, b)| taken[a].0 == taken[b].0 && taken[a].1.overlaps(taken[b].1)) {
        reading.wrong |= DESK_TWICE;
    }
    let same_booth = |(a, b): (usize, usize)| {
        let (a, b) = (confirmed[a], confirmed[b]);
        (&a.point, a.booth) == (&b.point, b.booth) && a.minutes.overlaps(b.minutes)
    };
    if pairs(confirmed.len()).any(same_booth) {
        reading.wrong |= BOOTH_TWICE;
    }
    if week.slots().any(|(_, slot)| slot.tenures.iter().filter(|it| !it.taken).count() > 1) {
        reading.wrong |= TENURE_TWICE;
    }
    reading.waits = week.appointments().any(|it| it.state == Appointed::Waiting);
}

fn home_deed(act: &Act) -> (u8, Deed) {
    match act {
        Act::Take { run, keeps: None, .. } if run.tenures.len() == 1 => (slot_of(run), Deed::Take),
        other => unreachable!("{other:?} is not due in this world"),
    }
}

fn point_deed(act: &Act) -> Deed {
    match act {
        Act::Drop { ask } => Deed::Drop { at: place(*ask) },
        Act::Cancel { target, .. } => Deed::Cancel { at: place(*target) },
        Act::Release { run } => Deed::Release { slot: slot_of(run), tenure: small(run.tenures[0].1) },
        other => unreachable!("{other:?} is not due in this world"),
    }
}

/// The slot that this point asks for.
fn asked(held: &Held, point: u8) -> u8 {
    held.points[usize::from(point)].ask().map_or(0, |(_, slot)| slot)
}

fn slot_id(cast: &Cast, slot: usize) -> SlotId {
    SlotId { open: cast.open(u8::try_from(slot).unwrap_or(0)), index: 0 }
}

fn slot_of(run: &Run) -> u8 {
    place(run.open.act)
}

/// From an act's number, from 1, to its place, from 0.
fn place(number: u32) -> u8 {
    u8::try_from(number - 1).expect("a short folio")
}

fn small(number: u16) -> u8 {
    u8::try_from(number).expect("few tenures")
}

fn point_of(cast: &Cast, writer: crdt_calendar::ids::Writer) -> u8 {
    let place = (0..POINTS).find(|point| cast.writer(*point) == writer).expect("a point");
    u8::try_from(place).unwrap_or(0)
}
