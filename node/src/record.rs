// SPDX-License-Identifier: EUPL-1.2
//! What a call was like at this node, without anybody in it: how long on which rung, how often it was cut, what of the
//! sound never came.
//!
//! Pure. Counts only grow; a call that is resumed goes on with those of before.

use crdt_calendar::ids::{MemberId, ServiceId};
use crdt_calendar::time::UtcMinute;
use serde::{Deserialize, Serialize};

/// The counts of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Time talked while this side sent on each rung of the ladder, best first, ms.
    pub rung_ms: [u64; 5],
    /// Of it by way of a relay, ms.
    pub relayed_ms: u64,
    /// It was over because it was cut, and was resumed.
    pub was_interrupted: bool,
    /// How often both were apart who had seen each other.
    pub cuts: u32,
    /// How long in all, ms.
    pub cut_ms: u64,
    /// Frames of sound, of 20 ms each, that were handed to this side's browser.
    pub frames: u64,
    /// ... and that never came: the browser invented something in their place.
    pub missing: u64,
}

/// Why a call was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// A person hung up, at one of both sides.
    HungUp,
    /// The room's time was over.
    WindowClosed,
    /// It was cut and did not come back.
    Interrupted,
    /// The appointment was cancelled meanwhile.
    Refused,
}

/// What may be exchanged in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A document of pages.
    Pdf,
    /// A photograph.
    Jpeg,
    /// A scan.
    Png,
}

/// What is kept of a document that was exchanged: nothing that it holds, and no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// This side gave it.
    pub sent: bool,
    /// What it was.
    pub kind: Kind,
    /// Its size.
    pub bytes: u32,
    /// When it had come, unix ms.
    pub at_ms: u64,
}

/// A call that is over, as its node keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// When.
    pub ended_at: UtcMinute,
    /// The member at the other side.
    pub peer: MemberId,
    /// What the appointment was about.
    pub service: ServiceId,
    /// Why it was over.
    pub ended: Ended,
    /// What was counted.
    #[serde(flatten)]
    pub record: Record,
    /// What was exchanged, without contents or names.
    #[serde(default)]
    pub documents: Vec<Receipt>,
}

impl Record {
    /// For how long both were there, ms.
    #[must_use]
    pub fn talked_ms(&self) -> u64 {
        self.rung_ms.iter().fold(0, |sum, ms| sum.saturating_add(*ms))
    }

    /// Minutes of it, begun ones counted.
    #[must_use]
    pub fn minutes(&self) -> u16 {
        u16::try_from(self.talked_ms().div_ceil(60_000)).unwrap_or(u16::MAX)
    }

    /// Of the sound, hundredths of a percent that never came; `None` where nothing came.
    #[must_use]
    pub fn missing_per_myriad(&self) -> Option<u64> {
        let all = self.frames.saturating_add(self.missing);
        (all > 0).then(|| self.missing.saturating_mul(10_000) / all)
    }

    /// Both were there for so long, while this side sent on the rung of this place.
    pub(crate) fn talk(&mut self, rung: usize, is_relayed: bool, ms: u64) {
        if let Some(counted) = self.rung_ms.get_mut(rung) {
            *counted = counted.saturating_add(ms);
        }
        if is_relayed {
            self.relayed_ms = self.relayed_ms.saturating_add(ms);
        }
    }

    /// So many frames came, and so many did not.
    pub(crate) fn hear(&mut self, frames: u64, missing: u64) {
        self.frames = self.frames.saturating_add(frames);
        self.missing = self.missing.saturating_add(missing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_counted_on_its_rung() {
        let mut record = Record::default();
        for (rung, is_relayed, ms) in [(0, false, 10), (4, true, 5), (0, true, 1)] {
            record.talk(rung, is_relayed, ms);
        }
        assert_eq!((record.rung_ms, record.relayed_ms, record.talked_ms()), ([11, 0, 0, 0, 5], 6, 16));
        assert_eq!(record.missing_per_myriad(), None);
        record.hear(9_900, 100);
        assert_eq!(record.missing_per_myriad(), Some(100));
    }

    #[test]
    fn begun_minutes_count() {
        // Goal: nobody who talked is written down with no minutes, nobody who did not with one.
        for (talked_ms, minutes) in [(0, 0), (1, 1), (60_000, 1), (60_001, 2), (u64::MAX, u16::MAX)] {
            assert_eq!(Record { rung_ms: [0, 0, talked_ms, 0, 0], ..Record::default() }.minutes(), minutes);
        }
    }
}
