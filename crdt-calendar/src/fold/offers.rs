// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be booked: for one agency and service, the free times by day, and how each would be had.

use std::collections::BTreeMap;

use crate::act::Run;
use crate::ids::{DeskId, FolioId, MemberId, ServiceId, SlotId, Writer};
use crate::plant::{self, Plant};
use crate::time::{Span, UtcMinute};

use super::ledger::Slot;
use super::{SlotState, Week};

/// How a time would be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Held here: booked at once, even while cut off.
    Held,
    /// At home: asked for, confirmed by the agency's node.
    Asked,
}

/// One time that can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its home.
    pub home: MemberId,
    /// The desk.
    pub desk: DeskId,
    /// The minutes.
    pub minutes: Span,
    /// The slots, with the tenure held, or the next one.
    pub run: Run,
    /// How it would be had.
    pub way: Way,
    /// The home's key of the week.
    pub week_key: [u8; 32],
}

impl Week {
    /// What `holder` could book of `service` from minute `from` on, in order of time; where two desks
    /// offer the same minutes, the one that is held here, once. Cost: linear in the week's slots.
    #[must_use]
    pub fn offers(&self, holder: Writer, home: &MemberId, service: &ServiceId, from: UtcMinute) -> Vec<Offer> {
        self.offers_among(holder, home, service, from, |_| true)
    }

    /// The same of those of which `may` says that they may be had: a desk that may not does not hide another.
    #[must_use]
    pub fn offers_among(
        &self,
        holder: Writer,
        home: &MemberId,
        service: &ServiceId,
        from: UtcMinute,
        may: impl Fn(&Offer) -> bool,
    ) -> Vec<Offer> {
        let mut best: BTreeMap<Span, Offer> = BTreeMap::new();
        for (folio, ledger) in &self.ledgers {
            if ledger.home != *home || !self.is_current(folio) {
                continue;
            }
            for (first, slot) in ledger.slots() {
                let Some(duration_min) = duration(slot, service) else { continue };
                if slot.minutes.from < from {
                    continue;
                }
                let offer = self.offer(holder, home, first, slot, duration_min);
                let Some(offer) = offer.filter(|offer| may(offer)) else { continue };
                let kept = best.entry(offer.minutes).or_insert_with(|| offer.clone());
                if offer.way < kept.way {
                    *kept = offer;
                }
            }
        }
        best.into_values().collect()
    }

    /// The offer that begins at this very slot, if it can be had.
    #[must_use]
    pub fn offer_at(&self, holder: Writer, home: &MemberId, first: &SlotId, service: &ServiceId) -> Option<Offer> {
        let slot = self.slot(first)?;
        self.offer(holder, home, *first, slot, duration(slot, service)?)
    }

    /// The offer that begins at this slot, if every slot it needs can be had in one way.
    fn offer(&self, holder: Writer, home: &MemberId, first: SlotId, slot: &Slot, duration_min: u16) -> Option<Offer> {
        let way = self.way(holder, &first)?;
        let step = slot.opening.step_min;
        let count = duration_min.div_ceil(step);
        let mut tenures = Vec::with_capacity(usize::from(count));
        for index in first.index..first.index.checked_add(count)? {
            let id = SlotId { index, ..first };
            if self.way(holder, &id) != Some(way) {
                return None;
            }
            tenures.push((index, self.tenure_for(&id, way)?));
        }
        Some(Offer {
            home: home.clone(),
            desk: slot.opening.desk.clone(),
            minutes: Span { from: slot.minutes.from, length_min: step.checked_mul(count)? },
            run: Run { open: first.open, tenures },
            way,
            week_key: self.week_key(&first)?,
        })
    }

    fn way(&self, holder: Writer, id: &SlotId) -> Option<Way> {
        match self.state(id)? {
            SlotState::Free if !self.is_asked_by(holder, id) => Some(Way::Asked),
            SlotState::Held(_) if self.unbooked_tenure(holder, id).is_some() => Some(Way::Held),
            _ => None,
        }
    }

    fn tenure_for(&self, id: &SlotId, way: Way) -> Option<u16> {
        let count = u16::try_from(self.slot(id)?.tenures.len()).ok()?;
        match way {
            Way::Held => Some(count),
            Way::Asked => count.checked_add(1),
        }
    }

    /// The tenure of this slot that was given to this holder in advance, and is neither given back nor
    /// named by one of its standing entries.
    #[must_use]
    pub fn unbooked_tenure(&self, holder: Writer, id: &SlotId) -> Option<u16> {
        let (number, record) = self.slot(id).and_then(Slot::open_tenure)?;
        let tenure = crate::ids::Tenure { slot: *id, number };
        let released = self.holding(holder).is_some_and(|it| it.released.contains(&tenure));
        let is_holders =
            record.to == holder || (plant::active(Plant::InheritAfterRestore) && record.to.key == holder.key);
        let is_reserved = is_holders && record.ask.is_none() && record.voided.is_none();
        (is_reserved && !released && !self.is_asked_by(holder, id)).then_some(number)
    }

    /// Whether a standing entry of this holder names the slot.
    fn is_asked_by(&self, holder: Writer, id: &SlotId) -> bool {
        self.holding(holder).is_some_and(|it| it.stands_in(id))
    }

    /// What this box wrote this week.
    #[must_use]
    pub fn holding(&self, holder: Writer) -> Option<&super::holdings::Holdings> {
        self.holdings.get(&FolioId { writer: holder, leaf: crate::ids::Leaf::Week(self.week) }).map(AsRef::as_ref)
    }
}

/// How long the service takes at this slot's desk, if it is taken there.
#[must_use]
pub fn duration(slot: &Slot, service: &ServiceId) -> Option<u16> {
    slot.opening.services.iter().find(|(id, _)| id == service).map(|(_, minutes)| *minutes).filter(|it| *it > 0)
}
