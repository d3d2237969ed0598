// SPDX-License-Identifier: EUPL-1.2
//! A node's calendar clock, which may be wrong in every way that clocks are.
//!
//! The other clock, that does not go back, is the world's own since the node's start. No clock takes
//! part in who owns a slot; here is what would show it if one did.

use crdt_calendar::time::UtcMinute;

use crate::dice::Dice;
use crate::weather::{Fault, Weather};

/// 7 February 2106, 05:00 UTC: an hour and a half before 32 bits of seconds end.
const YEAR_2106: UtcMinute = UtcMinute(71_582_700);

/// How one calendar clock is wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    /// Off by so much.
    skew_min: i64,
    /// Runs fast or slow, in thousandths.
    drift_per_mille: i64,
    /// Shows this instead of any time near the true one.
    jumped_to: Option<UtcMinute>,
    /// Flickers: period in milliseconds, and by how much.
    strobe: Option<(u64, i64)>,
}

impl Clock {
    /// A clock as the weather makes them.
    pub(crate) fn draw(dice: &mut Dice, weather: &Weather) -> Self {
        let mut either_way = |most: u64| {
            let drawn = i64::try_from(dice.below(2 * most + 1)).unwrap_or(0);
            drawn - i64::try_from(most).unwrap_or(0)
        };
        let skew_min = either_way(weather.of(Fault::Skew, 0, [5, 120, 600]));
        let drift_per_mille = either_way(weather.of(Fault::Drift, 0, [1, 10, 50]));
        let strobe_per_mille = weather.of(Fault::Strobe, 0, [200, 500, 800]);
        // Jepsen's strobe: 4 ms to 262 s.
        let strobe = dice.chance(strobe_per_mille).then(|| (4 << dice.below(17), 1 + dice.below(1440)));
        let strobe = strobe.map(|(period_ms, by_min)| (period_ms, i64::try_from(by_min).unwrap_or(0)));
        Self { skew_min, drift_per_mille, jumped_to: None, strobe }
    }

    /// Jumps to another age.
    pub(crate) fn jump(&mut self, dice: &mut Dice) {
        self.jumped_to = Some(dice.one_of([UtcMinute(0), YEAR_2106]));
    }

    /// Somebody sets it nearly right again.
    pub(crate) fn set(&mut self) {
        self.jumped_to = None;
    }

    /// What it shows, `now_ms` after the world's `start`.
    pub(crate) fn minute(&self, start: UtcMinute, now_ms: u64) -> UtcMinute {
        let passed_min = i64::try_from(now_ms / 60_000).unwrap_or(0);
        if let Some(there) = self.jumped_to {
            return there.plus_min(u32::try_from(passed_min).unwrap_or(0));
        }
        let wrong = self.skew_min + passed_min * self.drift_per_mille / 1000;
        let flicker = match self.strobe {
            Some((period_ms, by_min)) if now_ms / period_ms.max(1) % 2 == 1 => by_min,
            _ => 0,
        };
        UtcMinute(u32::try_from(i64::from(start.0) + passed_min + wrong + flicker).unwrap_or(0))
    }
}
