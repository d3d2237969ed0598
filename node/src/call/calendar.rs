// SPDX-License-Identifier: EUPL-1.2
//! What the calendar says of calls: which call an appointment is, when its room is open, who may enter.
//!
//! Invariant: both nodes of a booking derive the same call from it, and nobody else is let in.

use crdt_calendar::fold::{Appointment, State};
use crdt_calendar::ids::{ActRef, MemberId};
use crdt_calendar::time::{Span, UtcMinute};
use sha2::{Digest, Sha256};

use super::gate::{Gate, Refusal, Ticket};
use crate::clock::Clock;
use crate::link::CallId;
use crate::replica::{Replica, Snapshot};

/// The room opens so many minutes before the appointment.
pub const OPENS_BEFORE_MIN: u32 = 15;
/// It closes so many minutes after its end.
pub const CLOSES_AFTER_MIN: u32 = 30;

/// The call of an appointment: the first 16 bytes of SHA-256 over its `book` or `ask`.
#[must_use]
pub fn call_id(appointment: &ActRef) -> CallId {
    let bytes = postcard::to_stdvec(appointment).unwrap_or_default();
    let digest = Sha256::new().chain_update(b"hameau/call/1").chain_update(bytes).finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    CallId(id)
}

/// The first minute of the room.
#[must_use]
pub fn opens_at(minutes: Span) -> UtcMinute {
    UtcMinute(minutes.from.0.saturating_sub(OPENS_BEFORE_MIN))
}

/// The minute after its last.
#[must_use]
pub fn closes_at(minutes: Span) -> UtcMinute {
    minutes.end().plus_min(CLOSES_AFTER_MIN)
}

/// Who was called in from a walk-in window is seen, also when that was in its last minute: so long after the window.
pub const CLOSES_AFTER_WALK_IN_MIN: u32 = 120;

/// The first minute of an appointment's room, and the minute after its last. Who waits in a walk-in window has a room from
/// their place in it on; it is open once they are called.
#[must_use]
pub fn room(snapshot: &Snapshot, it: &Appointment) -> (UtcMinute, UtcMinute) {
    let closes = snapshot.window_of(it).map(|it| it.window.minutes.end().plus_min(CLOSES_AFTER_WALK_IN_MIN));
    (opens_at(it.minutes), closes.unwrap_or_else(|| closes_at(it.minutes)))
}

/// The appointment of a call, if it is here.
#[must_use]
pub fn appointment_of(snapshot: &Snapshot, call: CallId) -> Option<&Appointment> {
    let mut all = snapshot.weeks.values().flat_map(|week| week.appointments());
    all.find(|it| call_id(&it.id) == call)
}

/// The calendar at the door of the calls.
#[derive(Debug, Clone)]
pub struct CalendarGate {
    replica: Replica,
    clock: Clock,
}

impl CalendarGate {
    /// A gate over this node's calendar.
    #[must_use]
    pub fn new(replica: Replica, clock: Clock) -> Self {
        Self { replica, clock }
    }
}

impl Gate for CalendarGate {
    fn admit(&self, call: CallId) -> Result<Ticket, Refusal> {
        let snapshot = self.replica.snapshot();
        let appointment = appointment_of(&snapshot, call).ok_or(Refusal::Unknown)?;
        let (other, we_dial) = other_side(&snapshot, appointment)?;
        may_be_held(&appointment.state)?;
        let (opens, closes) = room(&snapshot, appointment);
        let now = self.clock.minute();
        if now < opens {
            return Err(Refusal::TooEarly);
        }
        if now >= closes {
            return Err(Refusal::TooLate);
        }
        let peer = snapshot.roster.key(&other).ok_or(Refusal::Unknown)?;
        Ok(Ticket {
            peer,
            peer_addrs: snapshot.call_addresses(&other),
            we_dial,
            opens_at: unix_ms(opens),
            closes_at: unix_ms(closes),
        })
    }
}

/// The other member, and whether this node is the point's.
fn other_side(snapshot: &Snapshot, appointment: &Appointment) -> Result<(MemberId, bool), Refusal> {
    let own = snapshot.member.as_ref();
    match &appointment.home {
        Some(home) if own == Some(&appointment.point) => Ok((home.clone(), true)),
        home if own.is_some() && own == home.as_ref() => Ok((appointment.point.clone(), false)),
        _ => Err(Refusal::NotYours),
    }
}

fn may_be_held(state: &State) -> Result<(), Refusal> {
    match state {
        State::Confirmed | State::Called => Ok(()),
        State::Asked | State::Queued { .. } | State::Waiting | State::Suspended => Err(Refusal::Unknown),
        State::Refused { .. } | State::CancelledByPoint(_) | State::CancelledByAgency(_) | State::Void(_) => {
            Err(Refusal::Cancelled)
        }
    }
}

fn unix_ms(minute: UtcMinute) -> u64 {
    u64::from(minute.0) * 60_000
}
