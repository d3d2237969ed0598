// SPDX-License-Identifier: EUPL-1.2
//! Worlds with a name: a weather that is chosen, and steps that are written down.
//!
//! A seed still draws the luck, so that one story is many.

mod rush;
mod storm;
mod theft;
mod upgrade;
mod valley;
mod village;

use crate::weather::{Fault, Hardness, Weather};
use crate::world::World;

/// A story.
pub(crate) struct Story {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it tells, in one line.
    pub(crate) about: &'static str,
    /// Days of the first phase.
    pub(crate) days: u64,
    /// Points and agencies.
    pub(crate) cast: (usize, usize),
    /// What people do in a day.
    pub(crate) deeds_a_day: u64,
    /// Whether each node has two neighbours only, one after the other along a valley.
    pub(crate) is_chain: bool,
    /// What can go wrong, and how hard.
    pub(crate) faults: &'static [(Fault, Hardness)],
    /// What happens in any case.
    pub(crate) script: fn(&mut World),
}

/// All stories.
pub(crate) const ALL: &[Story] =
    &[village::STORY, valley::STORY, storm::STORY, theft::STORY, upgrade::STORY, rush::STORY];

impl Story {
    /// The story of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|story| story.name == name)
    }

    /// Its weather.
    pub(crate) fn weather(&self) -> Weather {
        let mut weather = Weather::calm(self.cast.0, self.cast.1);
        weather.deeds_a_day = self.deeds_a_day;
        weather.is_chain = self.is_chain;
        weather.faults = self.faults.iter().copied().collect();
        weather
    }
}
