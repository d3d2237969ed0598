// SPDX-License-Identifier: MIT OR Apache-2.0
//! The acts: everything that can be written in a folio, as values.
//!
//! An act says what its writer wants to be true. Whether it *counts* is the fold's business.
//! Their bytes are in [`crate::wire::act`]; kinds that this version does not know are kept as
//! [`Act::Unknown`] with what they touch, so that they travel on and their slots are not offered.

mod leg;
mod member;
mod run;
mod word;

pub use leg::{AskLeg, Leg};
pub use member::{
    Counterpart, Description, DeskTerms, Enrolment, Place, Procedure, Quota, Role, Service, ServiceTerms, Terms,
};
pub use run::{Run, Touches};
pub use word::{Bar, Fate, Reason};

use crate::ids::{ActRef, BoothId, DeskId, MemberId, PublicKey, ServiceId, SlotId, Writer};
use crate::time::{Span, UtcMinute};

/// What a home had read of a holder's folio when it decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upto {
    /// The holder's folio.
    pub folio: crate::ids::FolioId,
    /// Acts read.
    pub seq: u32,
    /// Hash of the last one.
    pub hash: [u8; 32],
}

/// A booking as its home keeps it when the tenure that bore it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The `book` or `ask`.
    pub target: ActRef,
    /// Its minutes.
    pub minutes: Span,
    /// Its booth when it was read.
    pub booth: BoothId,
    /// What it is about.
    pub service: ServiceId,
    /// The legs that it had: all of them must be kept for it to live. 1 for a `book`.
    pub legs: u8,
    /// The slots that it named; what its envelope is bound to.
    pub slots: Vec<SlotId>,
    /// The number of the act that carries the envelope, and the envelope.
    pub envelope: (u32, Vec<u8>),
}

/// Everything that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Profile: a box begins, after this one.
    Begin {
        /// The box of the same line that this one follows.
        previous: Option<Writer>,
    },
    /// Profile: what the member says of itself.
    Describe(Description),
    /// Profile: what the agency lays down.
    Terms(Terms),
    /// Profile: where its box listens.
    Reachable {
        /// Addresses for replication, as multiaddresses.
        mesh: Vec<String>,
        /// Addresses for calls, as `host:port`.
        link: Vec<String>,
    },
    /// Profile: which version of the program its box runs.
    Runs {
        /// As the program calls itself, at most [`crate::limits::PROGRAM_BYTES_MAX`] bytes.
        program: String,
    },
    /// Roster: a member is enrolled.
    Enrol(Enrolment),
    /// Roster: a member's box is replaced by one with another key. What the old key writes from now on
    /// counts as far as homes settle it.
    Replace {
        /// The member.
        member: MemberId,
        /// The key of its new box.
        key: PublicKey,
    },
    /// Roster: this key speaks for nobody any more.
    Revoke {
        /// The key.
        key: PublicKey,
    },
    /// Home: cuts slots.
    Open {
        /// The desk.
        desk: DeskId,
        /// The opening.
        minutes: Span,
        /// Length of a slot in minutes; 0 cuts no slot: a walk-in window, first come first served.
        step_min: u16,
        /// Services taken there, each with its duration in minutes.
        services: Vec<(ServiceId, u16)>,
        /// The home's public key of the week: envelopes are sealed to it.
        week_key: [u8; 32],
    },
    /// Home: gives tenure of slots.
    Grant {
        /// The slots, with the tenures they enter.
        run: Run,
        /// Who may book.
        to: Writer,
        /// The ask that this answers: then the grant is the booking.
        ask: Option<AskLeg>,
    },
    /// Home: ends tenures.
    Take {
        /// The tenures that end.
        run: Run,
        /// What was read of the holder's folio.
        upto: Upto,
        /// The only booking that lives on.
        keeps: Option<ActRef>,
    },
    /// Home: ends tenures like [`Act::Take`], and copies the one booking that lives on, so that it no
    /// longer depends on its writer's folio (ledger, 3: "the booking that `keeps` copies").
    Keep {
        /// The tenures that end.
        run: Run,
        /// What was read of the holder's folio.
        upto: Upto,
        /// The booking that lives on.
        copy: Copy,
    },
    /// Home: the acts of an earlier folio of the own line stand at this place.
    Adopt {
        /// Which folio, and how far.
        upto: Upto,
    },
    /// Home: this person waits in a walk-in window, behind those that have a ticket already.
    Ticket {
        /// The ask of a pool in the window.
        leg: AskLeg,
        /// The `open` with step 0 that is the window.
        window: ActRef,
    },
    /// Home: this person is called in.
    Called {
        /// The ask that has a ticket.
        leg: AskLeg,
    },
    /// Home: nothing of these tenures counts any more.
    Void {
        /// The tenures.
        run: Run,
        /// Why.
        reason: Reason,
    },
    /// Home: these slots exist no more.
    Close {
        /// The slots; tenure numbers are 0.
        run: Run,
    },
    /// Home: no.
    Refuse {
        /// What is refused.
        leg: AskLeg,
        /// What could be had instead.
        alternatives: Vec<SlotId>,
    },
    /// Home: by which of its terms it refuses this leg. Stands before the refusal; decides nothing.
    Explain {
        /// What is refused.
        leg: AskLeg,
        /// Why.
        bar: Bar,
    },
    /// Home: another agency, or another service, is the right one for this appointment. It stands; its point moves it.
    Refer {
        /// The `book` or `ask`.
        target: ActRef,
        /// The agency.
        to: MemberId,
        /// And its service.
        service: ServiceId,
    },
    /// Holder: a booking in slots held here.
    Book {
        /// The tenures.
        run: Run,
        /// The minutes of the slots.
        minutes: Span,
        /// The booth that is held.
        booth: BoothId,
        /// What it is about.
        service: ServiceId,
        /// Sealed details.
        envelope: Vec<u8>,
    },
    /// Holder: a request for what is not held here.
    Ask {
        /// What is asked of whom.
        legs: Vec<Leg>,
        /// The minutes.
        minutes: Span,
        /// The booth that is held.
        booth: BoothId,
        /// What it is about.
        service: ServiceId,
        /// Sealed details.
        envelope: Vec<u8>,
    },
    /// Holder: the booking or ask is gone.
    Cancel {
        /// Number of the `book` or `ask` in this folio.
        target: u32,
        /// Why.
        reason: Reason,
    },
    /// Holder: the person has another time instead; which one is the point's own business. Stands before the cancel that
    /// follows from it; decides nothing.
    Moved {
        /// Number of the `book` or `ask` in this folio.
        target: u32,
    },
    /// Holder: the ask is gone, answered or not.
    Drop {
        /// Number of the `ask` in this folio.
        ask: u32,
    },
    /// Holder: the booking of an earlier folio of the line is gone.
    Withdraw {
        /// The `book` or `ask`.
        target: ActRef,
        /// Why.
        reason: Reason,
    },
    /// Holder: gives tenures back.
    Release {
        /// The tenures.
        run: Run,
    },
    /// Corrects the booth (its point only) or the envelope.
    Amend {
        /// The `book` or `ask`.
        target: ActRef,
        /// The new booth.
        booth: Option<BoothId>,
        /// For a booking of an earlier folio of the line: its minutes, during which the booth is held.
        minutes: Option<Span>,
        /// The new envelope.
        envelope: Option<Vec<u8>>,
    },
    /// Holder: the person is here.
    Arrived {
        /// The `book` or `ask`.
        target: ActRef,
        /// When.
        at: UtcMinute,
    },
    /// Both: what became of it.
    Outcome {
        /// The `book` or `ask`.
        target: ActRef,
        /// What became of it.
        fate: Fate,
        /// Minutes it took.
        minutes: u16,
    },
    /// Written by a later version.
    Unknown {
        /// Its kind.
        kind: u8,
        /// What it touches: not bookable here.
        touches: Touches,
        /// Its body, as it came.
        body: Vec<u8>,
    },
}

impl Act {
    /// Whether it only gives back or takes away: such acts may use a folio's last eighth.
    #[must_use]
    pub fn gives_back(&self) -> bool {
        matches!(
            self,
            Self::Take { .. }
                | Self::Keep { .. }
                | Self::Void { .. }
                | Self::Close { .. }
                | Self::Refuse { .. }
                | Self::Explain { .. }
                | Self::Cancel { .. }
                | Self::Moved { .. }
                | Self::Drop { .. }
                | Self::Withdraw { .. }
                | Self::Release { .. }
        )
    }
}
