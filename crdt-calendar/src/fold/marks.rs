// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a home writes about other members' appointments: a corrected envelope, what became of it.

use std::collections::BTreeMap;

use crate::act::Fate;
use crate::ids::{ActRef, MemberId, ServiceId};

/// What became of an appointment, and the minutes it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub fate: Fate,
    /// Minutes.
    pub minutes: u16,
}

/// A home's words about appointments; the last of each kind counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    envelopes: BTreeMap<ActRef, (ActRef, Vec<u8>)>,
    outcomes: BTreeMap<ActRef, Outcome>,
    referrals: BTreeMap<ActRef, (MemberId, ServiceId)>,
}

impl Marks {
    pub(super) fn amend(&mut self, target: ActRef, act: ActRef, envelope: Vec<u8>) {
        self.envelopes.insert(target, (act, envelope));
    }

    pub(super) fn outcome(&mut self, target: ActRef, fate: Fate, minutes: u16) {
        self.outcomes.insert(target, Outcome { fate, minutes });
    }

    pub(super) fn refer(&mut self, target: ActRef, to: MemberId, service: ServiceId) {
        self.referrals.insert(target, (to, service));
    }

    /// To which agency and service it is referred.
    #[must_use]
    pub fn referral(&self, target: &ActRef) -> Option<&(MemberId, ServiceId)> {
        self.referrals.get(target)
    }

    /// The corrected envelope, with the act that carries it.
    #[must_use]
    pub fn envelope(&self, target: &ActRef) -> Option<(ActRef, &[u8])> {
        self.envelopes.get(target).map(|(act, envelope)| (*act, envelope.as_slice()))
    }

    /// What became of it.
    #[must_use]
    pub fn fate(&self, target: &ActRef) -> Option<Outcome> {
        self.outcomes.get(target).copied()
    }
}
