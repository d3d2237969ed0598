// SPDX-License-Identifier: EUPL-1.2
//! One state: what each wrote, and how much of it each other one holds.
//!
//! A folio only grows at its end and every prefix of it that was sent may arrive, or not, at any time and in
//! any order. So a network that loses, repeats, delays and reorders is exactly this: a node may come to hold
//! any longer prefix. The agency's folio is cut by slot, which lets more happen than the real one does.

use crate::deed::Chain;
use crate::folios::Held;

pub(crate) const POINTS: usize = 3;
pub(crate) const SLOTS: usize = 2;
/// The agency's place among the nodes, after the points.
pub(crate) const AGENCY: usize = POINTS;

/// What was written, and who holds how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State {
    /// What the agency wrote, by slot.
    pub(crate) home: [Chain; SLOTS],
    /// What each point wrote.
    pub(crate) points: [Chain; POINTS],
    /// How much of the agency's each point holds, by slot.
    pub(crate) heard: [[u8; SLOTS]; POINTS],
    /// How much of each point's the agency holds.
    pub(crate) read: [u8; POINTS],
    /// Which points have used their ask.
    pub(crate) asked: [bool; POINTS],
    /// Whether the one crash has been.
    pub(crate) crashed: bool,
}

impl State {
    /// Both slots are open, everybody knows it, nothing else has happened.
    pub(crate) const FIRST: Self = Self {
        home: [Chain::EMPTY; SLOTS],
        points: [Chain::EMPTY; POINTS],
        heard: [[0; SLOTS]; POINTS],
        read: [0; POINTS],
        asked: [false; POINTS],
        crashed: false,
    };

    /// What the agency holds.
    pub(crate) fn at_agency(&self) -> Held {
        let points = core::array::from_fn(|point| self.points[point].prefix(self.read[point]));
        self.held(self.home, points)
    }

    /// What a point needs of what it holds: the agency's and its own. That the rest changes nothing for it is
    /// a property of the model.
    pub(crate) fn at_point(&self, point: usize) -> Held {
        let mut points = [Chain::EMPTY; POINTS];
        points[point] = self.points[point];
        self.held(self.heard_home(point), points)
    }

    /// What a point holds that has everything of the points, and of the agency what `point` has heard.
    pub(crate) fn at_gossip(&self, point: usize) -> Held {
        self.held(self.heard_home(point), self.points)
    }

    /// Everything that was written.
    pub(crate) fn together(&self) -> Held {
        self.held(self.home, self.points)
    }

    fn heard_home(&self, point: usize) -> [Chain; SLOTS] {
        core::array::from_fn(|slot| self.home[slot].prefix(self.heard[point][slot]))
    }

    fn held(&self, home: [Chain; SLOTS], points: [Chain; POINTS]) -> Held {
        // Where nothing of a point is held, the number of its ask is nothing to anybody.
        let asks = core::array::from_fn(|point| match self.points[point].ask() {
            Some((at, _)) if points[point].len() > 0 => at + 1,
            _ => 1,
        });
        Held { home, points, asks }
    }
}
