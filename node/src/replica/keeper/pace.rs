// SPDX-License-Identifier: EUPL-1.2
//! Whether the disk is slow: a disk that is about to fail, or a card that wears out, often answers late before it answers no.

use std::collections::VecDeque;

/// A commit that takes longer is a slow one. Sound disks take 1 to 30 ms, cards up to 100 ms; people notice from here on.
const SLOW_MS: u64 = 200;
/// A commit of more acts may well take long: catching up is no sign of anything.
pub(super) const ACTS_MAX: u32 = 64;
/// So many commits of the last ones are looked at.
const LOOKED_AT: usize = 8;
/// So many slow ones among them make a slow disk, and none at all a sound one again.
const SLOW_ENOUGH: usize = 4;

/// How long the last commits took.
#[derive(Debug, Default)]
pub(super) struct Pace {
    last: VecDeque<bool>,
    is_slow: bool,
}

impl Pace {
    /// A commit took so long.
    pub(super) fn note(&mut self, took_ms: u64) {
        self.last.push_back(took_ms >= SLOW_MS);
        if self.last.len() > LOOKED_AT {
            self.last.pop_front();
        }
        let slow = self.last.iter().filter(|it| **it).count();
        let was_slow = self.is_slow;
        self.is_slow = slow >= SLOW_ENOUGH || (was_slow && slow > 0);
        match (was_slow, self.is_slow) {
            (false, true) => tracing::warn!(took_ms, "the disk is slow"),
            (true, false) => tracing::info!("the disk is no longer slow"),
            _ => {}
        }
    }

    pub(super) fn is_slow(&self) -> bool {
        self.is_slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_slow_once_half_of_its_commits_are() {
        // Goal: a moment's delay is no warning; a warning stays until all of the last ones were quick.
        let mut pace = Pace::default();
        for (took_ms, times, is_slow) in
            [(20, 8, false), (300, 3, false), (300, 1, true), (20, 7, true), (20, 1, false)]
        {
            for _ in 0..times {
                pace.note(took_ms);
            }
            assert_eq!(pace.is_slow(), is_slow, "{took_ms} ms, {times} times");
        }
    }
}
