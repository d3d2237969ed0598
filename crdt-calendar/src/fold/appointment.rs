// SPDX-License-Identifier: MIT OR Apache-2.0
//! One appointment as everyone sees it: minutes, desk, service, point and state; never who.

use std::sync::Arc;

use crate::act::{Bar, Reason, Run};
use crate::envelope::Binding;
use crate::ids::{ActRef, BoothId, DeskId, MemberId, ServiceId, SlotId, Writer};
use crate::time::{Span, UtcMinute};

use super::marks::Outcome;

/// An appointment, or the wish for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Its `book` or `ask`.
    pub id: ActRef,
    /// The box that wrote it.
    pub holder: Writer,
    /// The point.
    pub point: MemberId,
    /// The agency that the first leg is asked of; `None` while nothing tells which.
    pub home: Option<MemberId>,
    /// The homes of the other legs, such as an interpreter's. They see minutes and service, not who.
    pub others: Vec<MemberId>,
    /// The desk, when the slots are here.
    pub desk: Option<DeskId>,
    /// The minutes.
    pub minutes: Span,
    /// The booth.
    pub booth: BoothId,
    /// What it is about.
    pub service: ServiceId,
    /// The tenures that bear it: one run a leg. Empty while it is only asked.
    pub runs: Vec<Run>,
    /// The slots that were asked for or booked.
    pub slots: Vec<SlotId>,
    /// What it is now.
    pub state: State,
    /// By which of its terms its agency refuses it, where it does and says so.
    pub bar: Option<Bar>,
    /// The sealed details, and the act that carries them.
    pub envelope: Sealed,
    /// When the person came.
    pub arrived: Option<UtcMinute>,
    /// What became of it, in the home's words if it spoke, else in the point's.
    pub outcome: Option<Outcome>,
    /// Whether its home keeps it although the tenure that bore it was ended.
    pub kept: bool,
    /// The agency and service to which its own agency refers it.
    pub referral: Option<Box<(MemberId, ServiceId)>>,
    /// Whether the person has another time instead.
    pub moved: bool,
    /// Whether it ended in its own folio.
    pub ended: bool,
    /// Whether a person dealt with its end.
    pub settled: bool,
}

/// A sealed envelope and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The act that carries it.
    pub carried_by: ActRef,
    /// Its bytes, shared with what its holder is read to have written.
    pub bytes: Arc<[u8]>,
}

/// What an appointment is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Asked, not answered.
    Asked,
    /// It will take place.
    Confirmed,
    /// The person waits in a walk-in window, behind so many others.
    Queued {
        /// People before this one who were not called yet.
        ahead: u16,
    },
    /// The person is called in from a walk-in window.
    Called,
    /// The agency said no.
    Refused {
        /// What could be had instead.
        alternatives: Vec<SlotId>,
    },
    /// Cancelled by its point.
    CancelledByPoint(Reason),
    /// Cancelled by the agency.
    CancelledByAgency(Reason),
    /// In doubt until a home or the coordination decides.
    Suspended,
    /// It speaks of what is not here yet.
    Waiting,
    /// It never counted, or counts no more.
    Void(Why),
}

/// Why an appointment does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The booth was taken.
    Booth,
    /// The slot bore another booking of the point.
    Slot,
    /// The point did not hold the slot.
    NotHeld,
    /// The slot does not exist, or is void.
    NoSlot,
    /// The minutes are not the slot's, or leave the week.
    Minutes,
    /// The tenure was taken back by a person.
    Taken,
}

impl Appointment {
    /// Whether it will take place, as far as is known here.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.state == State::Confirmed
    }

    /// Whether the person is, or was, to be seen: at a time, or called in from a walk-in window.
    #[must_use]
    pub fn will_be_seen(&self) -> bool {
        matches!(self.state, State::Confirmed | State::Called)
    }

    /// Whether it is still to take place, as far as is known here.
    #[must_use]
    pub fn is_coming(&self, now: UtcMinute) -> bool {
        matches!(self.state, State::Asked | State::Confirmed) && self.outcome.is_none() && self.minutes.end() > now
    }

    /// Whether it does not take place: refused, cancelled, or void.
    #[must_use]
    pub fn is_off(&self) -> bool {
        matches!(
            self.state,
            State::Refused { .. } | State::CancelledByPoint(_) | State::CancelledByAgency(_) | State::Void(_)
        )
    }

    /// Whether the person must be called back: refused or cancelled by the agency, or kept by it while
    /// the point's new box has given no booth; and not dealt with.
    #[must_use]
    pub fn needs_call_back(&self) -> bool {
        let by_agency =
            matches!(self.state, State::Refused { .. } | State::CancelledByAgency(_) | State::Void(Why::Taken));
        (by_agency || self.is_orphaned()) && !self.settled
    }

    /// Whether its agency keeps it, while the point's new box has given it no booth.
    #[must_use]
    pub fn is_orphaned(&self) -> bool {
        self.kept && self.state == State::Suspended
    }

    /// Whether whoever has it may wait for another time: it is to come, and an earlier one will do; or the agency refused or
    /// cancelled it, and any will.
    #[must_use]
    pub fn may_wait(&self, now: UtcMinute) -> bool {
        self.is_coming(now) || (self.needs_call_back() && !self.is_orphaned())
    }

    /// The members that it is about: the point, the agency, and the homes of other legs.
    pub fn parties(&self) -> impl Iterator<Item = &MemberId> {
        core::iter::once(&self.point).chain(&self.home).chain(&self.others)
    }

    /// What its envelope is bound to.
    #[must_use]
    pub fn binding(&self) -> Binding {
        Binding {
            folio: self.envelope.carried_by.folio,
            act: self.envelope.carried_by.act,
            appointment: self.id,
            minutes: self.minutes,
            service: self.service.clone(),
            slots: self.slots.clone(),
        }
    }
}
