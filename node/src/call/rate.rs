// SPDX-License-Identifier: EUPL-1.2
//! What the path to the other node carries, by what its figures show ([`Evidence`]).
//!
//! Pure. A line's queue is the evidence: a round trip that grows says that more is sent than passes. Loss alone is not:
//! poor lines lose one packet in ten whatever is sent; loss that comes with what is sent is. What has not been seen to
//! pass is believed only a little: the figure grows to less than one and a half times of it. Invariant: half a second
//! after a queue was seen that has stood for half a second, no more is believed than what passed meanwhile.

use super::evidence::{Evidence, Figures, QUEUE_MS, Way};

/// What is believed of a line that nothing is known of, kbit/s: sound and a still picture, as on the poorest. So much is
/// believed of any line without a queue: who is silent on one shows no more of it.
const FIRST_KBPS: f64 = 64.0;
/// Limits, kbit/s: sound alone in its thinnest packing, and twice the largest picture.
const LEAST_KBPS: f64 = 36.0;
const MOST_KBPS: f64 = 2_000.0;
/// Below this, ms, the queue is taken for empty.
const EMPTY_MS: u32 = 50;
/// A look without a queue adds this until the first queue was seen, then this; near the rate that was too much, this.
const FIRST_GROW: f64 = 1.25;
const GROW: f64 = 1.06;
const CREEP: f64 = 1.01;
/// Of what was seen to pass, so much more is believed while no queue is remembered, and else.
const WIDE_BELIEVED: f64 = 1.4;
const BELIEVED: f64 = 1.05;
/// How long one is, ms.
const QUEUE_MEMORY_MS: u64 = 15_000;
/// How near, and for how long that rate is remembered, ms.
const NEAR: f64 = 0.9;
const CEILING_MS: u64 = 30_000;
/// A look with one takes away.
const SHRINK: f64 = 0.85;
/// ... and what is left of what a full line carries: the queue has to become shorter.
const OF_FULL: f64 = 0.9;
/// A step down is seen after a round trip, at most the first, and the second, ms.
const ROUND_TRIP_MS_MAX: u32 = 1_000;
const SETTLE_MS: u64 = 250;

/// What is known of one line. A new line, a new one.
#[derive(Debug)]
pub(super) struct Rate {
    kbps: f64,
    evidence: Evidence,
    /// When the last step down was, and until when it cannot be seen, ms.
    stepped_ms: u64,
    settled_ms: u64,
    /// A rate that was too much, and when.
    ceiling: Option<(f64, u64)>,
    queue_ms: Option<u64>,
    /// What was believed before the queue that is there now.
    doubted: Option<f64>,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            kbps: FIRST_KBPS,
            evidence: Evidence::default(),
            stepped_ms: 0,
            settled_ms: 0,
            ceiling: None,
            queue_ms: None,
            doubted: None,
        }
    }
}

impl Rate {
    /// One that believes so much, kbit/s, until it sees a full line.
    #[cfg(test)]
    pub(super) fn of(kbps: u32) -> Self {
        Self { kbps: f64::from(kbps), settled_ms: u64::MAX, ..Self::default() }
    }

    /// Takes the newest figures, two a second.
    pub(super) fn read(&mut self, now: Figures) {
        match self.evidence.read(now) {
            Way::Same => {}
            Way::Other => self.begin_anew(),
            Way::Longer => {
                self.kbps = self.doubted.map_or(self.kbps, |doubted| doubted.max(self.kbps));
                self.begin_anew();
            }
        }
        let queue_ms = self.evidence.queue_ms();
        if queue_ms > QUEUE_MS || self.evidence.overflows() {
            self.shrink(now);
        } else if queue_ms < EMPTY_MS {
            self.doubted = None;
            self.grow(now);
        }
    }

    /// What passes, kbit/s with all headers.
    pub(super) fn kbps(&self) -> u32 {
        self.kbps as u32
    }

    /// Packets lost in a thousand, over 8 s; before, no fewer than a poor line loses.
    pub(super) fn lost_per_mille(&self) -> u32 {
        self.evidence.lost_per_mille()
    }

    /// What was too much is no more, on another way.
    fn begin_anew(&mut self) {
        (self.ceiling, self.queue_ms, self.doubted, self.settled_ms) = (None, None, None, 0);
    }

    fn shrink(&mut self, now: Figures) {
        let full = self.evidence.full_kbps().map_or(f64::INFINITY, |kbps| kbps as f64);
        let step = if now.at_ms >= self.settled_ms { self.kbps * SHRINK } else { self.kbps };
        let kbps = step.min(full * OF_FULL).max(LEAST_KBPS);
        if kbps >= self.kbps {
            return;
        }
        self.doubted.get_or_insert(self.kbps);
        self.ceiling = Some((self.kbps.min(full), now.at_ms));
        self.queue_ms = Some(now.at_ms);
        self.kbps = kbps;
        self.stepped_ms = now.at_ms;
        self.settled_ms = now.at_ms + u64::from(now.rtt_ms.min(ROUND_TRIP_MS_MAX)) + SETTLE_MS;
        self.evidence.step_down(self.settled_ms);
    }

    fn grow(&mut self, now: Figures) {
        if now.at_ms < self.settled_ms {
            return;
        }
        if self.ceiling.is_some_and(|(_, since)| now.at_ms.saturating_sub(since) > CEILING_MS) {
            self.ceiling = None;
        }
        let seen = self.evidence.best_kbps(self.stepped_ms).map_or(0.0, |kbps| kbps as f64);
        let is_near = self.ceiling.is_some_and(|(kbps, _)| self.kbps >= kbps * NEAR && self.kbps >= seen * NEAR);
        let more = self.kbps
            * match (is_near, self.queue_ms.is_some()) {
                (true, _) => CREEP,
                (false, true) => GROW,
                (false, false) => FIRST_GROW,
            };
        let remembered = self.queue_ms.is_some_and(|at| now.at_ms.saturating_sub(at) < QUEUE_MEMORY_MS);
        let believed = seen * if remembered { BELIEVED } else { WIDE_BELIEVED };
        self.kbps = more.min(believed.max(FIRST_KBPS).max(self.kbps)).min(MOST_KBPS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::evidence::HEADERS_BYTES;

    /// What a line does: kbit/s, the round trip without a queue, how long that may be (beyond it packets are dropped),
    /// ms, and what is lost at random, in a thousand.
    #[derive(Clone, Copy)]
    struct Line {
        kbps: f64,
        rtt_ms: f64,
        queue_ms: f64,
        lost: f64,
    }

    const POLICED: Line = Line { kbps: 200.0, rtt_ms: 50.0, queue_ms: 0.0, lost: 0.0 };
    const WIDE: Line = Line { kbps: 1_000.0, rtt_ms: 50.0, queue_ms: 1_000.0, lost: 0.0 };

    /// A call whose packets have 1,000 bytes.
    #[derive(Default)]
    struct Call {
        rate: Rate,
        figures: Figures,
        queued_bits: f64,
        sent_bits: f64,
        lost_bits: f64,
        dropped_bits: f64,
    }

    impl Call {
        /// Half a second on that line, with `sent_kbps`; what is believed then.
        fn look(&mut self, line: Line, sent_kbps: f64) -> f64 {
            let (mut passed_bits, mut least_ms) = (0.0, f64::INFINITY);
            for _ in 0..10 {
                let offered = sent_kbps * 50.0;
                let taken = offered.min(line.kbps * (line.queue_ms + 50.0) - self.queued_bits);
                let passes = (line.kbps * 50.0).min(self.queued_bits + taken);
                self.queued_bits += taken - passes;
                passed_bits += passes * (1.0 - line.lost / 1000.0);
                self.dropped_bits += offered - taken;
                self.lost_bits += offered - taken + taken * line.lost / 1000.0;
                least_ms = (line.rtt_ms + self.queued_bits / line.kbps).min(least_ms);
            }
            self.sent_bits += sent_kbps * 500.0;
            self.figures.at_ms += 500;
            self.figures.rtt_ms = (line.rtt_ms + self.queued_bits / line.kbps) as u32;
            self.figures.packets = (self.sent_bits / 8_000.0) as u64;
            self.figures.lost = (self.lost_bits / 8_000.0) as u64;
            self.figures.bytes = self.figures.packets * (1_000 - HEADERS_BYTES);
            self.figures.passing_kbps = Some((passed_bits / 500.0) as u32);
            self.figures.least_rtt_ms = Some(least_ms as u32);
            self.rate.read(self.figures);
            self.rate.kbps
        }

        /// So many seconds, using so much of what is believed; what was believed at each look.
        fn used(&mut self, line: Line, seconds: u32, share: f64) -> Vec<f64> {
            (0..2 * seconds).map(|_| self.look(line, self.rate.kbps * share)).collect()
        }
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn finds_what_passes() {
        // Goal: within a quarter minute near the line's rate, whatever it loses at random, and it stays there.
        for (case, kbps, lost) in
            [("whitezone", 64.0, 100.0), ("edge4g", 256.0, 50.0), ("adsl", 512.0, 10.0), ("satellite", 1000.0, 20.0)]
        {
            let line = Line { kbps, rtt_ms: 200.0, queue_ms: 1_000.0, lost };
            let settled = &Call::default().used(line, 60, 1.0)[30..];
            let mean = mean(settled);
            assert!(mean > kbps * 0.65 && mean < kbps * 1.15, "{case}: {mean}");
            let highest = settled.iter().copied().fold(0.0, f64::max);
            assert!(highest < kbps * 1.6, "{case}: {highest}");
        }
    }

    #[test]
    fn what_was_sent_has_not_passed() {
        // Goal: a line that drops what is too much, and queues nothing, is not filled beyond what passes for long.
        for lost in [0.0, 20.0, 50.0, 100.0] {
            let (mut call, line) = (Call::default(), Line { lost, ..POLICED });
            call.used(line, 20, 0.85);
            let before = (call.sent_bits, call.dropped_bits);
            let believed = mean(&call.used(line, 120, 0.85));
            let dropped = (call.dropped_bits - before.1) / (call.sent_bits - before.0);
            assert!(dropped < 0.06, "{lost} in a thousand: {dropped} dropped");
            assert!(believed > 140.0, "{lost} in a thousand: {believed}");
        }
    }

    #[test]
    fn a_collapse_is_followed_half_a_second_after_it_shows() {
        // Goal: 1000 kbit/s become 64: at the look after the one that shows a queue, no more than that is believed.
        for lost in [0.0, 100.0] {
            let mut call = Call::default();
            let before = *call.used(Line { lost, ..WIDE }, 60, 0.85).last().unwrap();
            assert!(before > 650.0, "{before}");
            let believed = call.used(Line { lost, kbps: 64.0, queue_ms: 1_900.0, ..WIDE }, 20, 1.0);
            assert!(believed[1] <= 64.0, "{lost} in a thousand: {believed:?}");
            assert!(mean(&believed[10..]) > 45.0, "{lost} in a thousand: {believed:?}");
        }
    }

    #[test]
    fn a_longer_way_is_no_queue() {
        // Goal: where the round trip grows for good (a relay), what was believed is believed again after five seconds;
        // where the path is known to be another, nothing is doubted.
        let mut call = Call::default();
        let before = *call.used(WIDE, 60, 0.85).last().unwrap();
        let believed = call.used(Line { rtt_ms: 450.0, ..WIDE }, 60, 0.85);
        assert!(believed[10] >= before, "{before}: {believed:?}");
        assert!(mean(&believed[10..]) > 650.0, "{believed:?}");
        call.figures.path = 1;
        let other = call.used(Line { rtt_ms: 900.0, ..WIDE }, 3, 0.85);
        assert!(other[0] >= *believed.last().unwrap(), "{other:?}");
    }

    #[test]
    fn who_is_silent_may_try_a_still_picture() {
        // Goal: after a collapse, silence (15 kbit/s) shows nothing of the line; as much as at first is believed again.
        let mut call = Call::default();
        call.used(Line { kbps: 25.0, ..WIDE }, 20, 1.0);
        assert!(call.rate.kbps() < 45, "{}", call.rate.kbps());
        call.queued_bits = 0.0;
        for _ in 0..40 {
            call.look(WIDE, 15.0);
        }
        assert_eq!(call.rate.kbps(), 64);
    }

    #[test]
    fn believes_no_more_than_it_has_used() {
        let mut call = Call::default();
        let last =
            (0..120).map(|_| call.look(Line { kbps: 5_000.0, ..WIDE }, call.rate.kbps.min(150.0))).last().unwrap();
        assert!((200.0..=260.0).contains(&last), "{last}");
    }

    #[test]
    fn a_line_that_drops_half_is_not_used_more() {
        // Goal: loss of a half, without any queue, takes away what was believed; a tenth does not.
        for (lost, least, most) in [(100.0, 650.0, 2_000.0), (500.0, 0.0, 150.0)] {
            let mut call = Call::default();
            call.used(WIDE, 60, 0.85);
            let believed = *call.used(Line { lost, ..WIDE }, 30, 0.85).last().unwrap();
            assert!((least..=most).contains(&believed), "{lost} in a thousand: {believed}");
        }
    }
}
