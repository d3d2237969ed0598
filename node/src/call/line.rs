// SPDX-License-Identifier: EUPL-1.2
//! The state of the line in one word, from what QUIC counts.
//!
//! Pure. What is sent over it is the ladder's.

use std::collections::VecDeque;

use super::state::Line;
use crate::link::LineSample;

/// The word is of the last so many samples, two a second.
const WINDOW_SAMPLES: usize = 10;
/// Below, nothing can be said of loss.
const PACKETS_MIN: u64 = 20;
/// Loss in percent and round trip in ms from which the picture suffers: one packet in fifty.
const FAIR: (u64, u32) = (2, 300);
/// ... and from which the sound may: beyond what the browser's Opus conceals well.
const POOR: (u64, u32) = (8, 800);

/// The last few samples of a link. A new link, a new gauge.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    samples: VecDeque<LineSample>,
}

impl Gauge {
    /// Takes the newest sample; gives the word.
    pub(super) fn read(&mut self, sample: LineSample) -> Line {
        if self.samples.len() == WINDOW_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        let oldest = self.samples[0];
        let sent = sample.sent.saturating_sub(oldest.sent);
        let lost = sample.lost.saturating_sub(oldest.lost);
        let percent = if sent < PACKETS_MIN { 0 } else { lost * 100 / sent };
        if percent >= POOR.0 || sample.rtt_ms >= POOR.1 {
            Line::Poor
        } else if percent >= FAIR.0 || sample.rtt_ms >= FAIR.1 {
            Line::Fair
        } else {
            Line::Good
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        // Goal: the word follows loss and delay, and forgets.
        for (case, samples, word) in [
            ("quiet", vec![(0, 0, 0), (3, 3, 10)], Line::Good),
            ("fine", vec![(0, 0, 40), (500, 4, 40)], Line::Good),
            ("some loss", vec![(0, 0, 40), (500, 10, 40)], Line::Fair),
            ("satellite", vec![(0, 0, 600), (500, 0, 600)], Line::Fair),
            ("heavy loss", vec![(0, 0, 40), (500, 50, 40)], Line::Poor),
            ("far too slow", vec![(0, 0, 900)], Line::Poor),
            ("not forgotten yet", (0..10).map(|i| (i * 100, if i == 0 { 0 } else { 90 }, 9)).collect(), Line::Poor),
            ("forgotten", (0..11).map(|i| (i * 100, if i == 0 { 0 } else { 90 }, 9)).collect(), Line::Good),
        ] {
            let mut gauge = Gauge::default();
            let last = samples
                .into_iter()
                .map(|(sent, lost, rtt_ms)| gauge.read(LineSample { rtt_ms, sent, lost, ..LineSample::default() }))
                .last();
            assert_eq!(last, Some(word), "{case}");
        }
    }
}
