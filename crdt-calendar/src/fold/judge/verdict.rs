// SPDX-License-Identifier: MIT OR Apache-2.0
//! What legs say of a booking, in the order of their weight, and the one word that comes of it.

use crate::act::Reason;
use crate::fold::appointment::{State, Why};
use crate::fold::holdings::{Clash, Ended, Entry};
use crate::ids::SlotId;

/// What one tenure or one leg says of a booking; a later one outweighs an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Bears,
    Called,
    Queued(u16),
    Asked,
    Waits,
    Suspended,
    Refused(Vec<SlotId>),
    Voided(Reason),
    Void(WhyOrder),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WhyOrder {
    NotHeld,
    NoSlot,
    Minutes,
    Taken,
}

/// From what the legs say and how the entry ended to the one word that is shown.
pub(super) fn state(entry: &Entry, verdict: Verdict, withdrawn: Option<Reason>) -> State {
    if let Some(clash) = entry.void {
        return State::Void(match clash {
            Clash::Booth => Why::Booth,
            Clash::Slot => Why::Slot,
            Clash::Released => Why::NotHeld,
            Clash::Form => Why::Minutes,
        });
    }
    if let Some(reason) = withdrawn {
        // Its home answers with `void`; it was the point that gave it up.
        return State::CancelledByPoint(reason);
    }
    match (verdict, entry.ended) {
        (Verdict::Voided(reason), _) => State::CancelledByAgency(reason),
        (Verdict::Refused(alternatives), ended) if !matches!(ended, Some(Ended::Cancelled(_))) => {
            State::Refused { alternatives }
        }
        (Verdict::Void(WhyOrder::Taken), None) => State::Void(Why::Taken),
        (_, Some(Ended::Cancelled(reason))) => State::CancelledByPoint(reason),
        (_, Some(Ended::Dropped)) => State::CancelledByPoint(Reason::Other),
        (Verdict::Void(why), None) => State::Void(match why {
            WhyOrder::NotHeld => Why::NotHeld,
            WhyOrder::NoSlot => Why::NoSlot,
            WhyOrder::Minutes => Why::Minutes,
            WhyOrder::Taken => Why::Taken,
        }),
        (Verdict::Refused(alternatives), None) => State::Refused { alternatives },
        (Verdict::Bears, None) => State::Confirmed,
        (Verdict::Called, None) => State::Called,
        (Verdict::Queued(ahead), None) => State::Queued { ahead },
        (Verdict::Asked, None) => State::Asked,
        (Verdict::Waits, None) => State::Waiting,
        (Verdict::Suspended, None) => State::Suspended,
    }
}
