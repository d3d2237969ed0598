// SPDX-License-Identifier: EUPL-1.2
//! A box that lives anew: restored from a backup, or told by others that somebody else writes in its name. Told to those
//! who work with it until one of them has said that it is seen; the box's folder keeps it until then.

use crdt_calendar::time::UtcMinute;

/// Why a box lives anew, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anew {
    /// Why.
    pub why: Why,
    /// Of a backup when it was made, else when the box was told.
    pub at: UtcMinute,
}

/// Why a box lives anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was restored, has not heard anybody yet, and writes nothing.
    Waits,
    /// It was restored, and lives again.
    Restored,
    /// Others hold words of it that it did not write: its folder was copied, or an older state of it put back.
    Copied,
}

impl Anew {
    /// Whether it writes nothing yet.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.why == Why::Waits
    }

    /// What is told once a new life is drawn at `now`: the one that a restored box waited for, or the answer to another
    /// that writes in its name.
    pub(super) fn drawn(told: Option<Self>, now: UtcMinute) -> Self {
        match told {
            Some(it) if it.waits() => Self { why: Why::Restored, ..it },
            _ => Self { why: Why::Copied, at: now },
        }
    }
}
