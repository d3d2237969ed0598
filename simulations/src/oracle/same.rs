// SPDX-License-Identifier: EUPL-1.2
//! P3: the same folios show the same calendar, at any two times and nodes, in whatever order.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crdt_calendar::fold::Week;
use crdt_calendar::fold::appointment::State;
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::Leaf;
use crdt_calendar::roster::Roster;
use crdt_calendar::time::IsoWeek;

use super::{Oracle, Violation};
use crate::dice::Dice;
use crate::node::Node;

impl Oracle {
    /// Same folios, same calendar: at any two times, at any two nodes.
    pub(super) fn same_for_same(&mut self, node: &Node, place: usize, week: &Week) -> Result<(), Violation> {
        let Some(clerk) = &node.clerk else { return Ok(()) };
        let mut held = DefaultHasher::new();
        week.week.hash(&mut held);
        for folio in clerk.shelf().folios().filter(|folio| is_read_by(folio, week.week)) {
            (folio.id(), folio.line()).hash(&mut held);
        }
        let shown = shown(week);
        let (before, at) = *self.shown.entry(held.finish()).or_insert((shown, place));
        if before != shown {
            let text = format!("places {at} and {place} hold the same folios and show {:?} differently", week.week);
            return Err(Violation::new("P3", text));
        }
        Ok(())
    }
}

fn is_read_by(folio: &Folio, week: IsoWeek) -> bool {
    let is_of = match folio.id().leaf {
        Leaf::Week(it) => it == week,
        Leaf::Roster | Leaf::Profile => true,
    };
    folio.seq() > 0 && is_of
}

/// A week that was folded on, as its folios came, is the same as one folded at once, in whatever order these are read.
pub(super) fn order_is_nothing(node: &Node, week: &Week, dice: &mut Dice) -> Result<(), Violation> {
    let Some(clerk) = &node.clerk else { return Ok(()) };
    let mut folios: Vec<&Folio> = clerk.shelf().folios().collect();
    for last in (1..folios.len()).rev() {
        folios.swap(last, usize::try_from(dice.below(last as u64 + 1)).unwrap_or(0));
    }
    let roster = Roster::read(&clerk.shelf().statements().keepers(), folios.iter().copied());
    let again = Week::fold(week.week, &roster.into(), folios.into_iter());
    if shown(&again) != shown(week) || format!("{again:?}") != format!("{week:?}") {
        return Err(Violation::new("P3", format!("{} shows {:?} by the order of arrival", node.member, week.week)));
    }
    Ok(())
}

/// A short form of what a week shows.
pub(super) fn shown(week: &Week) -> u64 {
    let mut hash = DefaultHasher::new();
    for it in week.appointments() {
        (it.id, it.minutes, it.booth, it.arrived, it.ended, it.settled, it.envelope.carried_by).hash(&mut hash);
        (&it.home, &it.desk, &it.slots).hash(&mut hash);
        core::mem::discriminant(&it.state).hash(&mut hash);
        match &it.state {
            State::Refused { alternatives } => alternatives.hash(&mut hash),
            State::CancelledByPoint(reason) | State::CancelledByAgency(reason) => {
                core::mem::discriminant(reason).hash(&mut hash);
            }
            State::Void(why) => core::mem::discriminant(why).hash(&mut hash),
            _ => {}
        }
        if let Some(outcome) = it.outcome {
            (core::mem::discriminant(&outcome.fate), outcome.minutes).hash(&mut hash);
        }
    }
    for (id, slot) in week.slots() {
        (id, slot.minutes, slot.tenures.len()).hash(&mut hash);
        let state = week.state(&id);
        core::mem::discriminant(&state).hash(&mut hash);
        match state {
            Some(crdt_calendar::fold::SlotState::Held(writer)) => writer.hash(&mut hash),
            Some(crdt_calendar::fold::SlotState::Booked(id)) => id.hash(&mut hash),
            other => other.map(|it| core::mem::discriminant(&it)).hash(&mut hash),
        }
    }
    hash.finish()
}
