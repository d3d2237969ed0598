// SPDX-License-Identifier: MIT OR Apache-2.0
//! One booking or ask of a holder: what it wants, and what its own folio says became of it.

use std::sync::Arc;

use crate::act::{Copy, Leg, Reason, Run};
use crate::fold::marks::Outcome;
use crate::ids::{BoothId, ServiceId, SlotId};
use crate::time::{Span, UtcMinute};

/// A booking or an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is wanted.
    pub wants: Wants,
    /// The minutes.
    pub minutes: Span,
    /// The booth.
    pub booth: BoothId,
    /// What it is about.
    pub service: ServiceId,
    /// The slots that it named, where that is not what it wants: a home's copy.
    pub named: Option<Vec<SlotId>>,
    /// The newest envelope of the holder, and the act that carries it.
    pub envelope: (u32, Arc<[u8]>),
    /// The newest act of its folio about it.
    pub newest: u32,
    /// Why it never counted.
    pub void: Option<Clash>,
    /// How it ended in this folio.
    pub ended: Option<Ended>,
    /// Whether the person has another time instead.
    pub moved: bool,
    /// Whether a person has dealt with it after its end: it leaves the call-back list.
    pub settled: bool,
    /// When the person came.
    pub arrived: Option<UtcMinute>,
    /// The point's own view of what became of it.
    pub outcome: Option<Outcome>,
}

/// What an entry wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wants {
    /// Slots held here.
    Booked(Run),
    /// What is not held here.
    Asked(Vec<Leg>),
}

/// How an entry ended in its own folio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By a person.
    Cancelled(Reason),
    /// By the node, after a refusal.
    Dropped,
}

/// Why an entry never counted, seen from its own folio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The booth is taken at that time.
    Booth,
    /// The slot bears another booking of this folio.
    Slot,
    /// The tenure had been given back.
    Released,
    /// The minutes leave the folio's week, or the run is none.
    Form,
}

impl Entry {
    /// Whether it holds its booth and slots.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.void.is_none() && self.ended.is_none()
    }

    /// The entry that a home's copy stands for.
    pub(in crate::fold) fn from_copy(copy: &Copy, runs: &[Run]) -> Self {
        let wants = match runs {
            [run] if copy.legs == 1 => Wants::Booked(run.clone()),
            runs => {
                let mut legs: Vec<Leg> = runs.iter().cloned().map(Leg::Slots).collect();
                // A leg that its home does not keep: nobody answers for it, and the whole does not live.
                legs.resize(usize::from(copy.legs), Leg::Slots(Run { open: copy.target, tenures: Vec::new() }));
                Wants::Asked(legs)
            }
        };
        let named = Some(copy.slots.clone());
        let (act, bytes) = &copy.envelope;
        let envelope = (*act, bytes.as_slice().into());
        Self { named, ..entry(wants, copy.minutes, copy.booth, copy.service.clone(), envelope) }
    }

    /// The first slot that the first leg names.
    pub(in crate::fold) fn first_leg_slot(&self) -> Option<SlotId> {
        match &self.wants {
            Wants::Booked(run) => run.slots().next(),
            Wants::Asked(legs) => leg_slots(legs.first()?).first().copied(),
        }
    }

    /// Whether it asks for a place in a walk-in window: it holds no minute of the booth.
    #[must_use]
    pub fn is_walk_in(&self) -> bool {
        let pools = |legs: &[Leg]| legs.iter().all(|leg| matches!(leg, Leg::Pool { .. }));
        self.minutes.length_min == 0 && matches!(&self.wants, Wants::Asked(legs) if pools(legs))
    }

    /// The slots it names.
    pub fn slots(&self) -> impl Iterator<Item = SlotId> + '_ {
        let wanted = || match &self.wants {
            Wants::Booked(run) => run.slots().collect(),
            Wants::Asked(legs) => legs.iter().flat_map(leg_slots).collect(),
        };
        self.named.clone().unwrap_or_else(wanted).into_iter()
    }
}

/// A new entry: nothing has become of it.
pub(super) fn entry(
    wants: Wants,
    minutes: Span,
    booth: BoothId,
    service: ServiceId,
    envelope: (u32, Arc<[u8]>),
) -> Entry {
    Entry {
        wants,
        minutes,
        booth,
        service,
        named: None,
        newest: envelope.0,
        envelope,
        void: None,
        ended: None,
        moved: false,
        settled: false,
        arrived: None,
        outcome: None,
    }
}

fn leg_slots(leg: &Leg) -> Vec<SlotId> {
    match leg {
        Leg::Slots(run) => run.slots().collect(),
        Leg::Pool { .. } => Vec::new(),
    }
}
