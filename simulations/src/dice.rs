// SPDX-License-Identifier: EUPL-1.2
//! What one seed decides: the dice, and how rough its world is.
//!
//! Everything random in a world comes from one ChaCha stream, so a seed is a whole story.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// The only source of chance in a world.
pub(crate) struct Dice(pub(crate) ChaCha8Rng);

impl Dice {
    /// The dice of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from 0 to `n - 1`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.0.next_u64() % n }
    }

    /// A place in a list of `length` things; `None` when it is empty.
    pub(crate) fn place(&mut self, length: usize) -> Option<usize> {
        (length > 0).then(|| usize::try_from(self.below(length as u64)).unwrap_or(0))
    }

    /// A number from `low` to `high`, both in.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Whether something that happens `per_mille` times in a thousand happens.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of several.
    pub(crate) fn one_of<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        of[usize::try_from(self.below(N as u64)).unwrap_or(0)]
    }

    /// Random bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// How rough a world is. Seeds differ in kind, not only in luck: some have no loss and many crashes,
/// others the reverse, so that one fault does not hide another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    /// Points, from 2 to 5.
    pub(crate) points: usize,
    /// Agencies, 1 or 2.
    pub(crate) agencies: usize,
    /// Frames lost in a thousand: each cuts its connection.
    pub(crate) lost_per_mille: u64,
    /// Frames that come a second time, in a thousand.
    pub(crate) replayed_per_mille: u64,
    /// Frames that a liar changes on the way and sends as well, in a thousand.
    pub(crate) forged_per_mille: u64,
    /// Splits of the mesh in a day.
    pub(crate) splits_a_day: u64,
    /// Crashes in a day, over all nodes.
    pub(crate) crashes_a_day: u64,
    /// The most that a clock is wrong, in minutes, either way.
    pub(crate) skew_min: u64,
    /// What people do in a day, over all nodes.
    pub(crate) deeds_a_day: u64,
    /// Slowest line, one way, in milliseconds.
    pub(crate) delay_ms: u64,
}

impl Weather {
    /// The weather of a seed.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        Self {
            points: usize::try_from(dice.between(2, 5)).unwrap_or(2),
            agencies: usize::try_from(dice.between(1, 2)).unwrap_or(1),
            lost_per_mille: dice.one_of([0, 2, 10, 50]),
            replayed_per_mille: dice.one_of([0, 20, 200, 500]),
            forged_per_mille: dice.one_of([0, 5, 20]),
            splits_a_day: dice.one_of([0, 2, 6, 16]),
            crashes_a_day: dice.one_of([0, 2, 8, 24]),
            skew_min: dice.one_of([0, 5, 120, 600]),
            deeds_a_day: dice.between(60, 140),
            delay_ms: dice.one_of([30, 600, 3_000]),
        }
    }
}
