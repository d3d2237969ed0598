// SPDX-License-Identifier: EUPL-1.2
//! The same person's duplicate: a coming appointment at this point, with the same agency or at the same hour, under
//! the same name.
//!
//! Details are opened here once, and of each person two hashes stay in memory, under keys of this process; what leaves
//! is the appointment's id alone. Nothing of it is ever logged.

use std::collections::HashMap;
use std::hash::RandomState;

use crdt_calendar::clerk::Clerk;
use crdt_calendar::fold::Appointment;
use crdt_calendar::fold::offers::duration;
use crdt_calendar::ids::{ActRef, Leaf, MemberId};
use crdt_calendar::time::{IsoWeek, Span};

use super::Keeper;
use crate::replica::command::BookOrder;
use crate::replica::details::{Details, Likeness};

/// Whom the point expects, by the act that carries the person's details: a correction is another act.
#[derive(Default)]
pub(super) struct Expected {
    keys: RandomState,
    people: HashMap<ActRef, Likeness>,
}

impl Expected {
    /// The person of an appointment; `None` where its details do not open. Cost: an envelope opened, the first time.
    fn person(&mut self, clerk: &Clerk, it: &Appointment) -> Option<Likeness> {
        let act = it.envelope.carried_by;
        if let Some(person) = self.people.get(&act) {
            return Some(*person);
        }
        let bytes = clerk.open_details(&it.id).ok()?;
        let person = Details::from_bytes(&bytes).ok()?.likeness(&self.keys);
        self.people.insert(act, person);
        Some(person)
    }

    /// Forgets those of weeks that are over.
    fn forget_before(&mut self, week: IsoWeek) {
        self.people.retain(|act, _| matches!(act.folio.leaf, Leaf::Week(its) if its >= week));
    }
}

impl Keeper {
    /// The first such appointment that whoever books does not know of. Cost: linear in the coming appointments, and an
    /// envelope opened for each of the point that was not looked at before.
    pub(super) fn double(&mut self, order: &BookOrder) -> Option<ActRef> {
        let known = order.despite.as_ref()?;
        let Leaf::Week(week) = order.slot.open.folio.leaf else { return None };
        let week = self.clerk.week(week)?;
        let (slot, home) = (week.slot(&order.slot)?, week.home(&order.slot)?);
        let length_min = duration(slot, &order.service).unwrap_or(slot.minutes.length_min);
        let minutes = Span { from: slot.minutes.from, length_min };
        let now = self.clock.minute();
        self.expected.forget_before(now.week());
        let weeks = self.clerk.weeks().range(now.week()..).flat_map(|(_, week)| week.appointments());
        let mut near: Vec<&Appointment> = weeks
            .filter(|it| Some(&it.point) == self.clerk.member() && !known.contains(&it.id))
            .filter(|it| it.is_coming(now) && is_near(it, home, minutes))
            .collect();
        near.sort_by_key(|it| (it.minutes.from, it.id));
        let who = order.details.likeness(&self.expected.keys);
        let is_same =
            |it: &&Appointment| self.expected.person(&self.clerk, it).is_some_and(|other| other.is_same_person(who));
        near.into_iter().find(is_same).map(|it| it.id)
    }
}

fn is_near(it: &Appointment, home: &MemberId, minutes: Span) -> bool {
    it.home.as_ref() == Some(home) || it.minutes.overlaps(minutes)
}
