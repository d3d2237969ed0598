// SPDX-License-Identifier: EUPL-1.2
//! P2 in one view: no desk and no booth twice, one open tenure a slot, one answer an ask.

use core::fmt::{Debug, Display};

use crdt_calendar::act::{Act, Upto};
use crdt_calendar::fold::Week;
use crdt_calendar::fold::appointment::Appointment;
use crdt_calendar::fold::ledger::Answer;
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{ActRef, DeskId, Tenure};
use crdt_calendar::roster::{Roster, Standing};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::Span;

use super::{Oracle, Violation};
use crate::node::Node;

/// When each desk is taken by this appointment, read from the slots themselves.
pub(super) fn desk_times(week: &Week, appointment: &Appointment) -> Vec<(DeskId, Span, ActRef)> {
    let slots = appointment.runs.iter().flat_map(|run| run.slots().collect::<Vec<_>>());
    slots
        .filter_map(|id| week.slot(&id))
        .map(|slot| (slot.opening.desk.clone(), slot.minutes, appointment.id))
        .collect()
}

fn once_each<T: Ord + Debug>(
    oracle: &'static str,
    whose: &dyn Display,
    mut taken: Vec<(T, Span, ActRef)>,
) -> Result<(), Violation> {
    taken.sort();
    for pair in taken.windows(2) {
        let ((a, first, one), (b, second, other)) = (&pair[0], &pair[1]);
        if a == b && first.overlaps(*second) {
            let text = format!("{whose}: {a:?} at {first:?} and {second:?} by {one:?} and {other:?}");
            return Err(Violation::new(oracle, text));
        }
    }
    Ok(())
}

/// No desk and no booth twice at one time; one open tenure a slot; slots of a desk apart.
pub(super) fn none(week: &Week, whose: &dyn Display) -> Result<(), Violation> {
    let confirmed = || week.appointments().filter(|it| it.is_confirmed());
    once_each("P2 desk", whose, confirmed().flat_map(|it| desk_times(week, it)).collect())?;
    let booths = confirmed().map(|it| ((&it.point, it.booth), it.minutes, it.id)).collect();
    once_each("P2 booth", whose, booths)?;
    let slots: Vec<_> = week.slots().filter(|(_, slot)| !slot.void && !slot.closed).collect();
    let times = slots.iter().map(|(id, slot)| (&slot.opening.desk, slot.minutes, id.open)).collect();
    once_each("P2 slots", whose, times)?;
    for (id, slot) in slots {
        let open = slot.tenures.iter().filter(|it| !it.taken).count();
        if open > 1 {
            return Err(Violation::new("P2 tenure", format!("{whose}: {open} open tenures of {id:?}")));
        }
    }
    for it in confirmed() {
        is_its_holder(week, it, whose)?;
        let minutes: u32 = desk_times(week, it).iter().map(|(_, span, _)| u32::from(span.length_min)).sum();
        if minutes != u32::from(it.minutes.length_min) {
            return Err(Violation::new("P2 minutes", format!("{whose}: {:?} is confirmed beside its slots", it.id)));
        }
    }
    Ok(())
}

/// Each tenure under a confirmed appointment was granted to this very box, in this very life.
fn is_its_holder(week: &Week, it: &Appointment, whose: &dyn Display) -> Result<(), Violation> {
    for tenure in it.runs.iter().flat_map(|run| run.each().collect::<Vec<_>>()) {
        let record = week.slot(&tenure.slot).and_then(|slot| slot.tenure(tenure.number));
        if record.is_none_or(|record| record.to != it.holder) {
            return Err(Violation::new("P2 holder", format!("{whose}: {:?} stands in {tenure:?} of another", it.id)));
        }
    }
    Ok(())
}

/// Of an earlier box of its line a home's ledger reads as much as was adopted, and nothing beyond.
pub(super) fn only_adopted(shelf: &Shelf, week: &Week, whose: &dyn Display) -> Result<(), Violation> {
    for (current, ledger) in week.ledgers.iter().filter(|(id, ledger)| ledger.read.len() > 1 && week.is_current(id)) {
        let read = ledger.read.keys().filter_map(|id| shelf.folio(id));
        let adopted: Vec<Upto> = read.flat_map(Folio::acts).filter_map(|(_, act)| adoption(act)).collect();
        for (id, seq) in ledger.read.iter().filter(|(id, _)| *id != current) {
            let until = adopted.iter().filter(|upto| upto.folio == *id).map(|upto| upto.seq).max();
            if until.is_none_or(|until| *seq > until) {
                let text = format!("{whose} reads {id:?} up to act {seq}, adopted up to {until:?}");
                return Err(Violation::new("P4 settled", text));
            }
        }
    }
    Ok(())
}

fn adoption(act: Act) -> Option<Upto> {
    match act {
        Act::Adopt { upto } => Some(upto),
        _ => None,
    }
}

impl Oracle {
    /// Of a box that its member's line has left behind, only what homes keep counts.
    pub(super) fn only_settled(&self, roster: &Roster, week: &Week, node: &Node) -> Result<(), Violation> {
        let past = |it: &&Appointment| it.is_confirmed() && roster.standing(&it.holder) != Standing::Current;
        for it in week.appointments().filter(past) {
            let mut tenures = it.runs.iter().flat_map(|run| run.each().collect::<Vec<_>>());
            let is_kept = |tenure: Tenure| {
                let record = week.slot(&tenure.slot).and_then(|slot| slot.tenure(tenure.number));
                record.is_some_and(|record| record.taken && record.keeps == Some(it.id))
            };
            if !tenures.all(is_kept) {
                let text = format!("{} shows {:?} of a past box, which no home keeps", node.member, it.id);
                return Err(Violation::new("P4 settled", text));
            }
        }
        Ok(())
    }

    /// A home's first answer to a leg is its only one, as others see it: an answer that it has not kept yet
    /// may fall with its power, and nobody was told.
    pub(super) fn one_answer(&mut self, week: &Week, node: &Node) -> Result<(), Violation> {
        for (folio, ledger) in &week.ledgers {
            if folio.writer == node.writer() || !self.is_trusted(&folio.writer.key) {
                continue;
            }
            for (leg, answer) in &ledger.answers {
                let is_granted = matches!(answer, Answer::Granted(_));
                let first = *self.answers.entry((*folio, leg.ask, leg.leg)).or_insert(is_granted);
                if first != is_granted {
                    let text = format!("{} answered {:?} twice", ledger.home, leg.ask);
                    return Err(Violation::new("P2 answer", text));
                }
            }
        }
        Ok(())
    }
}
