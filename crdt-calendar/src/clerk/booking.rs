// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a point's people do: book or ask, amend, cancel, say that the person came, what became of it.

use rand_core::CryptoRng;

use super::{Clerk, Now};
use crate::act::{Act, Bar, Fate, Leg, Reason};
use crate::envelope::{self, Binding, EnvelopeError};
use crate::fold::appointment::{Appointment, State};
use crate::fold::offers::{Offer, Way};
use crate::folio::AppendError;
use crate::ids::{ActRef, BoothId, FolioId, Leaf, MemberId, ServiceId, SlotId};
use crate::roster::Standing;
use crate::time::{Span, UtcMinute};

/// What a person wants to book.
#[derive(Debug, Clone)]
pub struct Request {
    /// The first slot.
    pub slot: SlotId,
    /// What it is about.
    pub service: ServiceId,
    /// The booth; `None` takes the first that is free.
    pub booth: Option<BoothId>,
    /// The person's details as the node writes them; sealed here.
    pub details: Vec<u8>,
}

/// Why nothing was booked. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BookError {
    /// No such slot is published.
    #[error("this time is not published: choose one of the list")]
    NoSlot,
    /// It is not free any more.
    #[error("this time has just been taken: choose another")]
    Taken,
    /// It has begun.
    #[error("this time is past: choose a later one")]
    Past,
    /// The agency does not take that service there.
    #[error("the agency does not take this subject at that time: choose another time or subject")]
    Service,
    /// The agency lays down terms that it breaks.
    #[error("the agency takes nobody at that time by its own terms: choose another time")]
    Barred(Bar),
    /// Every booth is taken at that time.
    #[error("no booth is free at that time: choose another time")]
    Booth,
    /// This box is not a current member.
    #[error("this node is not a member of the territory yet: join it first")]
    NotMember,
    /// The details do not fit.
    #[error("the details cannot be sealed: {0}")]
    Details(#[from] EnvelopeError),
    /// The register refuses.
    #[error(transparent)]
    Register(#[from] AppendError),
}

/// Why an appointment was not changed. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// It is not here.
    #[error("this appointment is not known here")]
    Unknown,
    /// It belongs to others.
    #[error("this appointment belongs to another point and another agency")]
    NotOurs,
    /// It is over.
    #[error("this appointment is already cancelled or over")]
    Over,
    /// The booth is taken.
    #[error("this booth is taken at that time")]
    Booth,
    /// The details do not fit, or cannot be sealed.
    #[error("the details cannot be sealed: {0}")]
    Details(#[from] EnvelopeError),
    /// The register refuses.
    #[error(transparent)]
    Register(#[from] AppendError),
}

impl Clerk {
    /// Books what is held here, asks for what is not. One act; durable once its `Keep` is done.
    ///
    /// # Errors
    /// [`BookError`]; nothing was written then.
    pub fn book(&mut self, now: Now, request: &Request, rng: &mut impl CryptoRng) -> Result<ActRef, BookError> {
        let offer = self.offer(now.minute, request)?;
        let Leaf::Week(week) = request.slot.open.folio.leaf else { return Err(BookError::NoSlot) };
        let booth = self.free_booth(offer.minutes, request.booth)?;
        let own = self.week_secret(week, rng)?;
        let folio = FolioId { writer: self.writer, leaf: Leaf::Week(week) };
        let act = self.own_folio(week).map_or(0, crate::folio::Folio::seq) + 1;
        let binding = Binding {
            folio,
            act,
            appointment: ActRef { folio, act },
            minutes: offer.minutes,
            service: request.service.clone(),
            slots: offer.run.slots().collect(),
        };
        let envelope = envelope::seal(&request.details, &binding, &offer.week_key, &own, rng)?;
        let (minutes, service) = (offer.minutes, request.service.clone());
        let act = match offer.way {
            Way::Held => Act::Book { run: offer.run, minutes, booth, service, envelope },
            Way::Asked => Act::Ask { legs: vec![Leg::Slots(offer.run)], minutes, booth, service, envelope },
        };
        Ok(self.write(now, Leaf::Week(week), &act)?)
    }

    fn offer(&self, now: UtcMinute, request: &Request) -> Result<Offer, BookError> {
        if self.roster().standing(&self.writer) != Standing::Current {
            return Err(BookError::NotMember);
        }
        let Leaf::Week(week) = request.slot.open.folio.leaf else { return Err(BookError::NoSlot) };
        let week = self.week(week).ok_or(BookError::NoSlot)?;
        let slot = week.slot(&request.slot).ok_or(BookError::NoSlot)?;
        let home = week.home(&request.slot).ok_or(BookError::NoSlot)?;
        if slot.minutes.from < now {
            return Err(BookError::Past);
        }
        if crate::fold::offers::duration(slot, &request.service).is_none() {
            return Err(BookError::Service);
        }
        let offer = week.offer_at(self.writer, home, &request.slot, &request.service).ok_or(BookError::Taken)?;
        match self.barred_here(now, week, &offer, &request.service) {
            Some(bar) => Err(BookError::Barred(bar)),
            None => Ok(offer),
        }
    }

    /// A booth that is free at these minutes; a walk-in holds none, and takes the first.
    pub(super) fn free_booth(&self, minutes: Span, wanted: Option<BoothId>) -> Result<BoothId, BookError> {
        let week = self.week(minutes.from.week());
        let holding = week.and_then(|week| week.holding(self.writer));
        let is_walk_in = minutes.length_min == 0;
        let is_free = |booth: &BoothId| is_walk_in || holding.is_none_or(|it| it.booth_is_free(*booth, minutes, None));
        let profile = self.shelf().profile(self.writer).unwrap_or_default();
        let booths = profile.description.booths.iter().map(|(booth, _)| *booth);
        let mut suitable = booths.filter(|booth| wanted.is_none_or(|wanted| wanted == *booth));
        suitable.find(is_free).ok_or(BookError::Booth)
    }

    /// Cancels: a point its own booking or ask; an agency an appointment at its desks (`void`); a
    /// point's second cancel of what the agency ended says that the person was called back.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written then.
    pub fn cancel(&mut self, now: Now, id: &ActRef, reason: Reason) -> Result<(), ChangeError> {
        let appointment = self.ours(id)?;
        if self.is_inherited(appointment) {
            if appointment.ended && !appointment.needs_call_back() {
                return Err(ChangeError::Over);
            }
            self.write(now, id.folio.leaf, &Act::Withdraw { target: *id, reason })?;
            return Ok(());
        }
        if appointment.holder == self.writer {
            let open = appointment.needs_call_back() || !appointment.ended;
            if !open || matches!(appointment.state, State::CancelledByPoint(_)) {
                return Err(ChangeError::Over);
            }
            self.write(now, id.folio.leaf, &Act::Cancel { target: id.act, reason })?;
            return Ok(());
        }
        if !appointment.is_confirmed() {
            return Err(ChangeError::Over);
        }
        for run in appointment.runs.clone() {
            if run.open.folio.writer == self.writer {
                self.write(now, id.folio.leaf, &Act::Void { run, reason })?;
            }
        }
        Ok(())
    }

    /// Cancels an own booking or ask, for the person has another one instead.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn cancel_moved(&mut self, now: Now, id: &ActRef) -> Result<(), ChangeError> {
        let appointment = self.ours(id)?;
        if appointment.holder == self.writer && !appointment.ended {
            self.write(now, id.folio.leaf, &Act::Moved { target: id.act })?;
        }
        self.cancel(now, id, Reason::ByThePerson)
    }

    /// Says that another agency, or another service, is the right one for an appointment at this agency's desks. It stands
    /// until its point has moved it. Its own agency and service take back what was said; boxes of before read that as a
    /// referral to where it is.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn refer(&mut self, now: Now, id: &ActRef, to: MemberId, service: ServiceId) -> Result<(), ChangeError> {
        let appointment = self.ours(id)?;
        if appointment.home.as_ref() != self.member() {
            return Err(ChangeError::NotOurs);
        }
        if !appointment.is_confirmed() {
            return Err(ChangeError::Over);
        }
        self.write(now, id.folio.leaf, &Act::Refer { target: *id, to, service })?;
        Ok(())
    }

    /// The person is here. Only the point says so.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn arrived(&mut self, now: Now, id: &ActRef) -> Result<(), ChangeError> {
        let appointment = self.ours(id)?;
        if appointment.holder != self.writer && !self.is_inherited(appointment) {
            return Err(ChangeError::NotOurs);
        }
        if appointment.arrived.is_some() {
            return Ok(());
        }
        if !appointment.will_be_seen() && !matches!(appointment.state, State::Queued { .. }) {
            return Err(ChangeError::Over);
        }
        self.write(now, id.folio.leaf, &Act::Arrived { target: *id, at: now.minute })?;
        Ok(())
    }

    /// What became of it, said by either side.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn outcome(&mut self, now: Now, id: &ActRef, fate: Fate, minutes: u16) -> Result<(), ChangeError> {
        let appointment = self.ours(id)?;
        if !appointment.will_be_seen() {
            return Err(ChangeError::Over);
        }
        self.write(now, id.folio.leaf, &Act::Outcome { target: *id, fate, minutes })?;
        Ok(())
    }

    /// An appointment of this box, as its point or as its agency.
    pub(super) fn ours(&self, id: &ActRef) -> Result<&Appointment, ChangeError> {
        let Leaf::Week(week) = id.folio.leaf else { return Err(ChangeError::Unknown) };
        let found = self.week(week).and_then(|week| week.appointment(id)).ok_or(ChangeError::Unknown)?;
        let homes = found.home.iter().chain(&found.others);
        let is_home = homes.into_iter().any(|home| Some(home) == self.member());
        let is_point = found.holder == self.writer || self.is_inherited(found);
        if is_point || is_home { Ok(found) } else { Err(ChangeError::NotOurs) }
    }

    /// A booking that an earlier box of this point made, and that its home keeps.
    pub(super) fn is_inherited(&self, appointment: &Appointment) -> bool {
        let own_point = Some(&appointment.point) == self.member();
        own_point && appointment.holder != self.writer && self.roster().follows(&self.writer, &appointment.holder)
    }
}
