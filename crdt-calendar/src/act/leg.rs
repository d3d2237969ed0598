// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is asked of each home, and how a home names what it answers.

use super::Run;
use crate::ids::{ActRef, MemberId};

/// Which answer of which ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskLeg {
    /// The `ask` act, in the holder's folio.
    pub ask: ActRef,
    /// Its leg, from 0.
    pub leg: u8,
}

/// One thing asked for, of one home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leg {
    /// These slots. The tenure numbers are what the asker had read; the home gives the next ones.
    Slots(Run),
    /// Any desk of this home that takes the service at these minutes.
    Pool {
        /// The home asked.
        home: MemberId,
    },
}
