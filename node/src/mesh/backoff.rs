// SPDX-License-Identifier: EUPL-1.2
//! How long to wait before trying again: from half a second to a minute, doubling, never in step with others.
//!
//! Reads no clock and draws no number: the roll comes in, a wait comes out.
//! Invariant: a wait lies between half its rung and the whole of it (checked below).

use std::time::Duration;

/// The lowest rung.
const FIRST: Duration = Duration::from_millis(500);
/// The highest rung.
const LAST: Duration = Duration::from_secs(60);

/// The waits before the next attempts at one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait before the next attempt; `roll` is any number, all alike. Climbs one rung.
    pub(super) fn next(&mut self, roll: u32) -> Duration {
        let rung = FIRST.saturating_mul(1_u32 << self.failures.min(7)).min(LAST);
        self.failures = self.failures.saturating_add(1);
        let half = rung / 2;
        half + half.mul_f64(f64::from(roll) / f64::from(u32::MAX))
    }

    /// Back to the lowest rung.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A number that others cannot know, so that boxes cut off together do not come back together.
/// Where the system gives none, the middle: waiting works without chance too.
pub(super) fn roll() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_a_minute() {
        // Goal: rung by rung, the lowest and the highest wait that chance allows.
        let rungs_ms = [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
        for (roll, share) in [(0, 2), (u32::MAX, 1)] {
            let mut backoff = Backoff::default();
            for rung_ms in rungs_ms {
                assert_eq!(backoff.next(roll), Duration::from_millis(rung_ms / share), "roll {roll}");
            }
        }
    }

    #[test]
    fn starts_low_again() {
        let mut backoff = Backoff { failures: u32::MAX };
        assert_eq!(backoff.next(u32::MAX), LAST);
        backoff.reset();
        assert_eq!(backoff.next(u32::MAX), FIRST);
    }
}
