// SPDX-License-Identifier: EUPL-1.2
//! Which desk of an agency sees a person: the one that was booked, or a colleague's at the same hour; and whether the hour
//! of an appointment that the agency cancelled is withdrawn.
//!
//! Pure: reads a week. The calendar itself knows the booked desk alone.

use std::collections::BTreeMap;

use crdt_calendar::act::Reason;
use crdt_calendar::fold::{Appointment, State, Week};
use crdt_calendar::ids::{ActRef, DeskId};
use crdt_calendar::time::Span;

use super::snapshot::Snapshot;

/// Whether nobody is expected at a desk in these minutes, nor may be: nothing of it is booked, kept for a point or
/// open without appointment, and no other person was passed to it. Hours at which it is not open count as free.
pub(super) fn is_free(week: &Week, colleagues: &BTreeMap<ActRef, u8>, desk: &DeskId, minutes: Span) -> bool {
    let is_meant = |of: &DeskId, its: Span| of == desk && its.overlaps(minutes);
    let mut slots = week.slots().filter(|(_, it)| !it.void && !it.closed && is_meant(&it.opening.desk, it.minutes));
    let mut windows = week.ledgers.values().flat_map(|ledger| ledger.windows.values());
    let is_passed_here = |(id, number): (&ActRef, &u8)| {
        let it = week.appointment(id).filter(|_| *number == desk.number);
        it.is_some_and(|it| !it.is_off() && it.minutes.overlaps(minutes))
    };
    slots.all(|(_, it)| it.is_at_home())
        && !windows.any(|it| !it.closed && is_meant(&it.opening.desk, it.minutes))
        && !colleagues.iter().any(is_passed_here)
}

/// Whether an agency that cancels for this reason can see nobody else at that hour either.
pub(super) fn is_withdrawn(reason: Reason) -> bool {
    matches!(reason, Reason::AdvisorAbsent | Reason::Closed)
}

impl Snapshot {
    /// Whether a colleague sees a person, at their agency.
    #[must_use]
    pub fn is_with_colleague(&self, it: &Appointment) -> bool {
        let booked = it.desk.as_ref().map(|desk| desk.number);
        self.colleagues.get(&it.id).is_some_and(|number| Some(*number) != booked)
    }

    /// Whether this agency offers the hour of an appointment that it cancelled to nobody.
    #[must_use]
    pub fn is_withdrawn(&self, it: &Appointment) -> bool {
        matches!(it.state, State::CancelledByAgency(_)) && self.colleagues.contains_key(&it.id)
    }

    /// The desk that sees a person, at its agency; elsewhere the one that is booked.
    #[must_use]
    pub fn desk_of(&self, it: &Appointment) -> Option<DeskId> {
        let booked = it.desk.clone()?;
        let number = self.colleagues.get(&it.id).copied().unwrap_or(booked.number);
        Some(DeskId { number, ..booked })
    }

    /// Desks of this agency that could see a person at the same hour, with their names.
    #[must_use]
    pub fn colleagues_for(&self, it: &Appointment) -> Vec<(u8, String)> {
        let own = self.desk_of(it).filter(|desk| Some(&desk.home) == self.member.as_ref());
        let (Some(own), Some(week)) = (own, self.weeks.get(&it.minutes.from.week())) else { return Vec::new() };
        let desks = self.own_profile().map(|profile| profile.description.desks.as_slice()).unwrap_or_default();
        let is_other = |number: u8| number != own.number;
        let could = |number: u8| {
            let desk = DeskId { number, ..own.clone() };
            it.desk.as_ref() == Some(&desk) || is_free(week, &self.colleagues, &desk, it.minutes)
        };
        desks.iter().filter(|(number, _)| is_other(*number) && could(*number)).cloned().collect()
    }
}
