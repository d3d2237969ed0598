// SPDX-License-Identifier: EUPL-1.2
//! The same person's duplicate: a coming appointment at this point, with the same agency or at the same hour, under
//! the same name.
//!
//! Details are opened here, compared, and dropped; what leaves is the appointment's id alone. It is never logged.

use crdt_calendar::fold::Appointment;
use crdt_calendar::fold::offers::duration;
use crdt_calendar::ids::{ActRef, Leaf, MemberId};
use crdt_calendar::time::Span;

use super::Keeper;
use crate::replica::command::BookOrder;
use crate::replica::details::Details;

impl Keeper {
    /// The first such appointment that whoever books does not know of. Cost: one envelope opened for each coming
    /// appointment of the point with that agency, or at that hour.
    pub(super) fn double(&self, order: &BookOrder) -> Option<ActRef> {
        let known = order.despite.as_ref()?;
        let Leaf::Week(week) = order.slot.open.folio.leaf else { return None };
        let week = self.clerk.week(week)?;
        let (slot, home) = (week.slot(&order.slot)?, week.home(&order.slot)?);
        let length_min = duration(slot, &order.service).unwrap_or(slot.minutes.length_min);
        let minutes = Span { from: slot.minutes.from, length_min };
        let now = self.clock.minute();
        let weeks = self.clerk.weeks().range(now.week()..).flat_map(|(_, week)| week.appointments());
        let mut near: Vec<&Appointment> = weeks
            .filter(|it| Some(&it.point) == self.clerk.member() && !known.contains(&it.id))
            .filter(|it| it.is_coming(now) && is_near(it, home, minutes))
            .collect();
        near.sort_by_key(|it| (it.minutes.from, it.id));
        near.into_iter().map(|it| it.id).find(|id| self.is_of(id, &order.details))
    }

    fn is_of(&self, id: &ActRef, details: &Details) -> bool {
        let bytes = self.clerk.open_details(id).ok();
        bytes.and_then(|bytes| Details::from_bytes(&bytes).ok()).is_some_and(|other| other.is_same_person(details))
    }
}

fn is_near(it: &Appointment, home: &MemberId, minutes: Span) -> bool {
    it.home.as_ref() == Some(home) || it.minutes.overlaps(minutes)
}
