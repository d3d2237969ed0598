// SPDX-License-Identifier: EUPL-1.2
//! The ladder: what of picture and sound a line carries, from a moving picture of 480 lines down to sound alone.
//!
//! Pure. Down as soon as the line is seen to carry too little; up one rung when it has carried a fifth more than that
//! rung needs for four seconds, and twice as long after each time that this was a mistake. Sound is on every rung: what
//! it costs is taken away before the picture gets anything. Invariant: a rung's sound and least picture fit what the
//! line carries, or it is the lowest (checked in the table below).

use serde::Serialize;

use super::sound::Framing;

/// What is sent, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// Sound, and a picture of 640 x 480.
    P480,
    /// ... of 480 x 360.
    P360,
    /// ... of 240 x 180.
    P180,
    /// Sound, and a still picture every few seconds: how a call begins, until the line is known.
    #[default]
    Still,
    /// Sound alone.
    Sound,
}

/// A rung's figures, kbit/s.
struct Costs {
    /// What the browser spends on sound, and what on a line that is thinner than [`WIDE_KBPS`].
    opus: (u32, u32),
    /// The least that makes such a picture, with all headers, and the most that it gets.
    picture: (u32, u32),
}

/// Headroom of a rung to which one climbs, in tenths.
const HEADROOM_TENTHS: u32 = 12;
/// How long it must be there, ms; doubled after each mistake, up to the second. Before the first fall, so long.
const FIRST_CLIMB_MS: u64 = 1_000;
const CLIMB_MS: u64 = 4_000;
const CLIMB_MS_MAX: u64 = 64_000;
/// Mistakes that are remembered, each of which doubles the wait.
const MISTAKES_MAX: u32 = 4;
/// A rung from which one fell so soon after climbing was a mistake, ms; and a rung held so long makes up for one.
const MISTAKE_MS: u64 = 15_000;
const HELD_MS: u64 = 120_000;
/// From here on a line has room for a clear voice on every rung.
const WIDE_KBPS: u32 = 128;
/// Of what the line carries, hundredths that are used: the rest is for repeats and for what browsers spend too much.
const USED_HUNDREDTHS: u32 = 85;

impl Rung {
    /// All of them, best first.
    pub const ALL: [Self; 5] = [Self::P480, Self::P360, Self::P180, Self::Still, Self::Sound];

    /// Its place among them.
    #[must_use]
    pub fn place(self) -> usize {
        Self::ALL.iter().position(|it| *it == self).unwrap_or_default()
    }

    fn costs(self) -> Costs {
        match self {
            Self::P480 => Costs { opus: (32, 32), picture: (200, 800) },
            Self::P360 => Costs { opus: (32, 32), picture: (100, 350) },
            Self::P180 => Costs { opus: (24, 24), picture: (40, 150) },
            Self::Still => Costs { opus: (24, 12), picture: (8, 30) },
            Self::Sound => Costs { opus: (24, 12), picture: (0, 0) },
        }
    }

    /// What this rung takes at least, kbit/s with all headers, on a line of `kbps` that loses `per_mille`.
    #[must_use]
    pub fn least_kbps(self, kbps: u32, per_mille: u32) -> u32 {
        self.sound_kbps(kbps, per_mille) + self.least_picture_kbps()
    }

    /// What the browser spends on its sound, on a line of `kbps`.
    #[must_use]
    pub fn opus_kbps(self, kbps: u32) -> u32 {
        let (wide, thin) = self.costs().opus;
        if kbps >= WIDE_KBPS { wide } else { thin }
    }

    /// What its sound costs there.
    #[must_use]
    pub fn sound_kbps(self, kbps: u32, per_mille: u32) -> u32 {
        Framing::suited(kbps, per_mille).kbps(self.opus_kbps(kbps))
    }

    /// The least that makes its picture, kbit/s.
    #[must_use]
    pub fn least_picture_kbps(self) -> u32 {
        self.costs().picture.0
    }

    /// What is left for its picture there, kbit/s.
    #[must_use]
    pub fn picture_kbps(self, kbps: u32, per_mille: u32) -> u32 {
        let (least, most) = self.costs().picture;
        let left = (kbps * USED_HUNDREDTHS / 100).saturating_sub(self.sound_kbps(kbps, per_mille));
        left.clamp(least, most)
    }

    /// The next better one.
    #[must_use]
    pub fn above(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|it| *it < self)
    }

    /// Its number between nodes, best is 0.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The rung of this number; of a later version's, sound alone.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        Self::ALL.into_iter().find(|it| it.code() == code).unwrap_or(Self::Sound)
    }
}

/// Where one side stands on it. A new line, a new ladder.
#[derive(Debug, Default)]
pub(super) struct Ladder {
    rung: Rung,
    /// Since when the line has carried more than the rung above needs, ms.
    enough_since: Option<u64>,
    climbed: Option<u64>,
    changed_ms: u64,
    /// Mistakes that are not made up for.
    mistakes: u32,
    has_fallen: bool,
}

impl Ladder {
    /// The rung.
    pub(super) fn rung(&self) -> Rung {
        self.rung
    }

    /// Looks at what the line carries and loses, at least twice a second; nobody wants better than `best`.
    pub(super) fn read(&mut self, kbps: u32, per_mille: u32, best: Rung, now_ms: u64) -> Rung {
        let fits = |rung: &Rung| rung.least_kbps(kbps, per_mille) <= kbps;
        if self.rung < best || !fits(&self.rung) {
            let mut lower = Rung::ALL.into_iter().filter(|rung| *rung >= best.max(self.rung));
            let fitting = lower.find(fits).unwrap_or(Rung::Sound);
            self.fall(fitting, self.rung >= best, now_ms);
        } else if let Some(above) = self.rung.above().filter(|above| *above >= best) {
            self.climb(above, above.least_kbps(kbps, per_mille) * HEADROOM_TENTHS <= kbps * 10, now_ms);
        }
        if self.mistakes > 0 && now_ms.saturating_sub(self.changed_ms) >= HELD_MS {
            self.mistakes -= 1;
            self.changed_ms = now_ms;
        }
        self.rung
    }

    /// `is_poor`: the line was; else somebody wants less, which is no mistake.
    fn fall(&mut self, to: Rung, is_poor: bool, now_ms: u64) {
        self.enough_since = None;
        if to == self.rung {
            return;
        }
        if self.climbed.take().is_some_and(|at| is_poor && now_ms.saturating_sub(at) < MISTAKE_MS) {
            self.mistakes = (self.mistakes + 1).min(MISTAKES_MAX);
        }
        (self.rung, self.changed_ms) = (to, now_ms);
        self.has_fallen |= is_poor;
    }

    fn climb(&mut self, to: Rung, is_enough: bool, now_ms: u64) {
        if !is_enough {
            self.enough_since = None;
            return;
        }
        let since = *self.enough_since.get_or_insert(now_ms);
        let wait_ms = if !self.has_fallen { FIRST_CLIMB_MS } else { (CLIMB_MS << self.mistakes).min(CLIMB_MS_MAX) };
        if now_ms.saturating_sub(since) >= wait_ms {
            (self.rung, self.changed_ms, self.climbed) = (to, now_ms, Some(now_ms));
            self.enough_since = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds what the line carries, twice a second, for so many seconds each; the rungs and when they were reached, ms.
    fn walked(lost: u32, best: Rung, line: &[(u64, u32)]) -> Vec<(u64, Rung)> {
        let (mut ladder, mut now_ms, mut walked) = (Ladder::default(), 0, vec![]);
        for &(seconds, kbps) in line {
            for _ in 0..seconds * 2 {
                let rung = ladder.read(kbps, lost, best, now_ms);
                if walked.last().is_none_or(|(_, last)| *last != rung) {
                    walked.push((now_ms, rung));
                }
                now_ms += 500;
            }
        }
        walked
    }

    #[test]
    fn down_at_once_up_one_by_one() {
        use Rung::{P180, P360, P480, Sound, Still};
        // Goal: the rung follows what the line carries; down at the look that shows it, up after four seconds each.
        for (case, lost, line, rungs) in [
            ("fibre", 0, vec![(20, 2000)], vec![(0, Still), (1000, P180), (2500, P360), (4000, P480)]),
            ("adsl", 10, vec![(20, 450)], vec![(0, Still), (1000, P180), (2500, P360), (4000, P480)]),
            ("edge4g", 50, vec![(20, 240)], vec![(0, Still), (1000, P180), (2500, P360)]),
            ("whitezone", 100, vec![(20, 58)], vec![(0, Still)]),
            ("hardly anything", 100, vec![(20, 36)], vec![(0, Sound)]),
            ("nothing", 0, vec![(20, 0)], vec![(0, Sound)]),
            (
                "a line that fails",
                0,
                vec![(20, 2000), (5, 300), (5, 45), (10, 2000)],
                vec![(0, Still), (1000, P180), (2500, P360), (4000, P480), (25_000, Sound), (34_000, Still)],
            ),
            ("not quite enough", 50, vec![(60, 225)], vec![(0, Still), (1000, P180)]),
            (
                "enough for 7 s, after a mistake",
                50,
                vec![(2, 140), (1, 45), (7, 240), (1, 60), (7, 240)],
                vec![(0, Still), (1000, P180), (2000, Still)],
            ),
        ] {
            let mut expect: Vec<(u64, Rung)> = rungs;
            expect.dedup_by_key(|it| it.1);
            let walked = walked(lost, Rung::P480, &line);
            assert_eq!(walked[..expect.len().min(walked.len())], expect[..], "{case}: {walked:?}");
        }
    }

    #[test]
    fn a_line_that_swings_is_not_followed_for_ever() {
        // Goal: no flapping: of five minutes that swing every ten seconds, few rungs, each climb later than the last.
        let line: Vec<(u64, u32)> = (0..30).map(|it| (10, if it % 2 == 0 { 240 } else { 150 })).collect();
        let walked = walked(50, Rung::P480, &line);
        assert!(walked.len() <= 9, "{walked:?}");
    }

    #[test]
    fn nobody_gets_more_than_they_want() {
        for best in Rung::ALL {
            let walked = walked(0, best, &[(60, 2000)]);
            assert_eq!(walked.last().unwrap().1, best);
            assert!(walked.iter().all(|(_, rung)| *rung >= best), "{walked:?}");
        }
    }

    #[test]
    fn every_rung_fits_where_it_is_chosen() {
        // Goal: sound and picture together are never more than the line carries, above the lowest rung.
        for kbps in 0..1500 {
            for lost in [0, 5, 20, 50, 100, 300] {
                let mut ladder = Ladder::default();
                let rung = (0..40).map(|look| ladder.read(kbps, lost, Rung::P480, look * 500)).last().unwrap();
                let cost = rung.sound_kbps(kbps, lost) + rung.picture_kbps(kbps, lost);
                assert!(cost <= kbps || rung == Rung::Sound, "{kbps} kbit/s, {lost} in a thousand: {rung:?} {cost}");
            }
        }
    }

    #[test]
    fn numbers_come_back() {
        for code in 0..=255 {
            assert_eq!(Rung::from_code(code).code() == code, code < 5, "{code}");
        }
    }
}
