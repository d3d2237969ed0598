// SPDX-License-Identifier: EUPL-1.2
//! The dice of a seed: everything random in a world comes from here, so a seed is a whole story.
//!
//! Each part of a world throws dice of its own. Switching one fault off leaves the luck of the others
//! as it was, so that a failure can be shrunk; and what oracles sample changes nothing in the world.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// One source of chance.
#[derive(Clone)]
pub(crate) struct Dice(pub(crate) ChaCha8Rng);

/// The dice of one world, by who throws them.
pub(crate) struct Luck {
    /// Who is there, and where lines run.
    pub(crate) cast: Dice,
    /// Which faults are on, and how hard.
    pub(crate) weather: Dice,
    /// What lines do to frames.
    pub(crate) lines: Dice,
    /// When lines split, clog and burst.
    pub(crate) storms: Dice,
    /// When machines crash, pause, come back.
    pub(crate) machines: Dice,
    /// What clocks say.
    pub(crate) clocks: Dice,
    /// When people come and what they do.
    pub(crate) people: Dice,
    /// The keys and envelopes that honest nodes draw.
    pub(crate) secrets: Dice,
    /// What villains do.
    pub(crate) villains: Dice,
    /// What oracles look at.
    pub(crate) oracles: Dice,
    /// What happened before the world began.
    pub(crate) history: Dice,
}

impl Luck {
    /// The dice of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            cast: Dice::new(seed, 0),
            weather: Dice::new(seed, 1),
            lines: Dice::new(seed, 2),
            storms: Dice::new(seed, 3),
            machines: Dice::new(seed, 4),
            clocks: Dice::new(seed, 5),
            people: Dice::new(seed, 6),
            secrets: Dice::new(seed, 7),
            villains: Dice::new(seed, 8),
            oracles: Dice::new(seed, 9),
            history: Dice::new(seed, 10),
        }
    }
}

impl Dice {
    /// One stream of a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(stream);
        Self(chance)
    }

    /// A number from 0 to `n - 1`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.0.next_u64() % n }
    }

    /// A place in a list of `length` things; `None` when it is empty.
    pub(crate) fn place(&mut self, length: usize) -> Option<usize> {
        (length > 0).then(|| usize::try_from(self.below(length as u64)).unwrap_or(0))
    }

    /// One thing of a list; `None` when it is empty.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        self.place(of.len()).map(|place| of[place])
    }

    /// A number from `low` to `high`, both in.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Whether something that happens `per_mille` times in a thousand happens.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        per_mille > 0 && self.below(1000) < per_mille
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
