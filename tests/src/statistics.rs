// SPDX-License-Identifier: EUPL-1.2
//! What a series of rounds comes to: the median, its interval, the worst round.
//!
//! Intervals are the percentile bootstrap (Efron 1979): rounds are drawn again with replacement, 2,000 times, by a
//! generator with a fixed seed, so that the same rounds give the same interval. They tell how rounds of this run differ,
//! not how another machine would.

use serde_json::{Value, json};

const RESAMPLES: usize = 2_000;

/// Which side is the better one: of times and bytes the lower, of rates the higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The least is best.
    Lower,
    /// The most is best.
    Higher,
}

/// A series of rounds, one value each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// The median.
    pub median: f64,
    /// Where 95 % of the medians of rounds drawn again lie: from here
    pub low: f64,
    /// to here.
    pub high: f64,
    /// The worst round.
    pub worst: f64,
    /// How many there were.
    pub rounds: usize,
}

/// The median of rounds, with its interval. Not a number, if there are none.
#[must_use]
pub fn summary(rounds: &[f64], better: Better) -> Summary {
    summary_of(rounds, better, |drawn| quantile(drawn.iter().map(|it| **it).collect(), 0.5))
}

/// Ratios of ours to theirs, round by round: what disturbed one round disturbed both.
///
/// # Panics
/// When one has more rounds than the other.
#[must_use]
pub fn ratio(ours: &[f64], theirs: &[f64], better: Better) -> Summary {
    assert_eq!(ours.len(), theirs.len(), "as many rounds of both");
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    summary(&ratios, better)
}

/// A quantile of all that was measured in all rounds; drawn again are whole rounds, for what lies in one is alike.
#[must_use]
pub fn pooled(rounds: &[Vec<f64>], part: f64, better: Better) -> Summary {
    let all = |drawn: &[&Vec<f64>]| quantile(drawn.iter().flat_map(|it| it.iter().copied()).collect(), part);
    let worst = rounds.iter().map(|round| quantile(round.clone(), part));
    Summary { worst: worst_of(worst, better), ..summary_of(rounds, better, all) }
}

/// A quantile: the least value that so great a part does not exceed.
#[must_use]
pub fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let (count, at) = (values.len(), values.len() as f64 * part);
    if part == 0.5 && count > 0 && count.is_multiple_of(2) {
        return f64::midpoint(values[count / 2 - 1], values[count / 2]);
    }
    let at = (at.ceil() as usize).clamp(1, count.max(1)) - 1;
    values.get(at).copied().unwrap_or(f64::NAN)
}

fn worst_of(values: impl Iterator<Item = f64>, better: Better) -> f64 {
    match better {
        Better::Lower => values.fold(f64::NAN, f64::max),
        Better::Higher => values.fold(f64::NAN, f64::min),
    }
}

fn summary_of<T>(rounds: &[T], better: Better, of: impl Fn(&[&T]) -> f64) -> Summary {
    let told: Vec<&T> = rounds.iter().collect();
    let mut state = 0x5eed_u64;
    let resamples = if rounds.is_empty() { 0 } else { RESAMPLES };
    let again = |_| {
        let drawn: Vec<&T> = told.iter().map(|_| told[draw(&mut state, told.len())]).collect();
        of(&drawn)
    };
    let medians: Vec<f64> = (0..resamples).map(again).collect();
    Summary {
        median: of(&told),
        low: quantile(medians.clone(), 0.025),
        high: quantile(medians, 0.975),
        worst: worst_of(rounds.iter().map(|round| of(&[round])), better),
        rounds: rounds.len(),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), scaled to a number below `count`.
fn draw(state: &mut u64, count: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let scaled = u128::from(word ^ (word >> 31)) * count as u128;
    (scaled >> 64) as usize
}

impl Summary {
    /// For a run's file.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { median, low, high, worst, rounds } = self;
        json!({ "median": median, "interval_95": [low, high], "worst_round": worst, "rounds": rounds })
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { median, low, high, worst, .. } = self;
        let places = f.precision().unwrap_or(3);
        write!(f, "{median:.places$} ({low:.places$} to {high:.places$}; worst {worst:.places$})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_told_by_their_middle_and_by_their_worst() {
        // Goal: the median whatever the order; the interval holds it, narrow where rounds agree; the worst by the side
        // that is better.
        let numbers = |values: [f64; 9]| values.to_vec();
        let cases = [
            ("all alike", numbers([4.0; 9]), Better::Lower, (4.0, 4.0), 4.0),
            ("times", numbers([9.0, 1.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]), Better::Lower, (5.0, 5.0), 9.0),
            ("rates", numbers([9.0, 1.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]), Better::Higher, (5.0, 5.0), 1.0),
            // Five or more of nine draws are 1 or 2 with a chance of 3 %, and 1 with one of 0.1 %: 2.5 % lie at 2.
            ("apart", (1..=9).map(f64::from).collect(), Better::Lower, (2.0, 8.0), 9.0),
        ];
        for (case, rounds, better, (low, high), worst) in cases {
            let told = summary(&rounds, better);
            assert_eq!((told.median, told.worst, told.rounds), (quantile(rounds.clone(), 0.5), worst, 9), "{case}");
            assert_eq!((told.low, told.high), (low, high), "{case}");
        }
        assert!(summary(&[], Better::Lower).median.is_nan());
    }

    #[test]
    fn the_hundredth_part_and_ratios() {
        // Goal: p99 of a hundred is the 99th; pooled rounds are one series; ratios pair what ran together.
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantile(hundred.clone(), 0.99), 99.0);
        assert_eq!(quantile(vec![1.0, 2.0, 4.0, 8.0], 0.5), 3.0);
        let (first, second) = hundred.split_at(50);
        let told = pooled(&[first.to_vec(), second.to_vec()], 0.99, Better::Lower);
        assert_eq!((told.median, told.worst, told.rounds), (99.0, 100.0, 2));
        assert_eq!(ratio(&[2.0, 30.0, 8.0], &[1.0, 10.0, 2.0], Better::Lower).median, 3.0);
    }
}
