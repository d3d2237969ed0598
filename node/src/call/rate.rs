// SPDX-License-Identifier: EUPL-1.2
//! What the path to the other node carries, from the path's own figures: round trip, packets lost, bytes sent, and the
//! bandwidth that QUIC's BBR has seen.
//!
//! Pure. A line's queue is the evidence: a round trip that grows says that more is sent than passes. Loss alone is not:
//! poor lines lose one packet in ten whatever is sent. What has not been seen to pass is believed only a little: the
//! figure grows to less than one and a half times of it. So whoever uses little of a line never learns that it carries more:
//! where that is all that keeps the picture back, the line is tried now and then ([`Rate::may_try`]).

use std::collections::VecDeque;

/// What is believed of a line that nothing is known of, kbit/s: sound and a still picture, as on the poorest.
const FIRST_KBPS: f64 = 64.0;
/// ... and what is taken for lost on it, in a thousand.
const FIRST_PER_MILLE: u32 = 20;
/// Limits, kbit/s: sound alone in its thinnest packing; and what a document of 30 MB takes in a quarter minute.
const LEAST_KBPS: f64 = 36.0;
const MOST_KBPS: f64 = 20_000.0;
/// A round trip so much longer than the shortest, ms: the queue grows; and below this it is taken for empty. Jitter and
/// acknowledgements that wait make up less.
const QUEUE_MS: u32 = 90;
const EMPTY_MS: u32 = 50;
/// Of loss beyond this, in a thousand, the queue's end is taken for the cause.
const OVERFLOW_PER_MILLE: u32 = 250;
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
/// ... and down to this of what BBR saw pass.
const OF_SEEN: f64 = 0.9;
/// After a queue a line is not tried for so long, ms; twice as long after each trial that met one, so often at most.
const TRY_AFTER_MS: u64 = QUEUE_MEMORY_MS;
const TRIES_MAX: u32 = 2;
/// Looks in the window of loss and bytes: 8 s, two a second.
const WINDOW: usize = 16;
/// Looks in the window of the shortest round trip: a minute.
const SHORTEST_WINDOW: usize = 120;
/// Packets below which nothing is said of loss.
const PACKETS_MIN: u64 = 20;
/// IPv4 and UDP of each packet, which QUIC does not count.
const HEADERS_BYTES: u64 = 28;

/// The path's figures, counted from its beginning; round trip and bandwidth now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Figures {
    pub(super) at_ms: u64,
    pub(super) rtt_ms: u32,
    pub(super) packets: u64,
    pub(super) lost: u64,
    pub(super) bytes: u64,
    /// Of BBR, kbit/s.
    pub(super) seen_kbps: Option<u32>,
}

/// What is known of one line. A new line, a new one.
#[derive(Debug)]
pub(super) struct Rate {
    kbps: f64,
    figures: VecDeque<Figures>,
    round_trips: VecDeque<u32>,
    /// No second step down before the first can be seen, ms.
    settled_ms: u64,
    ceiling: Option<(f64, u64)>,
    queue_ms: Option<u64>,
    /// Trials that met a queue, since the line was last another one.
    tries: u32,
}

impl Default for Rate {
    fn default() -> Self {
        let (figures, round_trips) = (VecDeque::new(), VecDeque::new());
        Self { kbps: FIRST_KBPS, figures, round_trips, settled_ms: 0, ceiling: None, queue_ms: None, tries: 0 }
    }
}

impl Rate {
    /// Takes the newest figures, two a second. `is_tried`: more was sent since the last than was needed.
    pub(super) fn read(&mut self, now: Figures, is_tried: bool) {
        push(&mut self.figures, now, WINDOW);
        if self.round_trips.iter().min().is_some_and(|shortest| now.rtt_ms + EMPTY_MS < *shortest) {
            // Another line: what was learned of its queue is not of this one.
            (self.ceiling, self.queue_ms, self.tries) = (None, None, 0);
            self.round_trips.clear();
        }
        push(&mut self.round_trips, now.rtt_ms, SHORTEST_WINDOW);
        let queue_ms = self.queue_ms();
        if queue_ms > QUEUE_MS || self.lost_of_late() > OVERFLOW_PER_MILLE {
            self.shrink(now, is_tried);
        } else if queue_ms < EMPTY_MS && now.at_ms >= self.settled_ms {
            self.grow(now);
        }
    }

    /// What passes, kbit/s with all headers.
    pub(super) fn kbps(&self) -> u32 {
        self.kbps as u32
    }

    /// Whether more may be sent than is needed, to see whether it passes.
    pub(super) fn may_try(&self, now_ms: u64) -> bool {
        let wait_ms = TRY_AFTER_MS << self.tries;
        self.queue_ms.is_none_or(|at| now_ms.saturating_sub(at) >= wait_ms)
    }

    /// Packets lost in a thousand, over 8 s; before, no fewer than a poor line loses: sound is said twice until it is
    /// known that it need not be.
    pub(super) fn lost_per_mille(&self) -> u32 {
        let least = if self.figures.len() < WINDOW { FIRST_PER_MILLE } else { 0 };
        self.lost_since(0).max(least)
    }

    /// How much longer the round trip is than the shortest, ms.
    fn queue_ms(&self) -> u32 {
        let shortest = self.round_trips.iter().min().copied().unwrap_or(0);
        self.round_trips.back().map_or(0, |now| now - shortest)
    }

    fn lost_of_late(&self) -> u32 {
        self.lost_since(self.figures.len().saturating_sub(5))
    }

    fn lost_since(&self, first: usize) -> u32 {
        let (Some(first), Some(last)) = (self.figures.get(first), self.figures.back()) else { return 0 };
        let sent = last.packets.saturating_sub(first.packets);
        let lost = last.lost.saturating_sub(first.lost).min(sent);
        if sent < PACKETS_MIN { 0 } else { u32::try_from(lost * 1000 / sent).unwrap_or(1000) }
    }

    /// What was sent of late, kbit/s with all headers; `None` before there is anything to tell from.
    fn sent_kbps(&self) -> Option<f64> {
        let last = self.figures.back()?;
        let first = self.figures.iter().rev().nth(4)?;
        let bytes = last.bytes.saturating_sub(first.bytes) + HEADERS_BYTES * last.packets.saturating_sub(first.packets);
        let passed_ms = last.at_ms.saturating_sub(first.at_ms).max(1);
        Some(bytes as f64 * 8.0 / passed_ms as f64)
    }

    fn shrink(&mut self, now: Figures, is_tried: bool) {
        if now.at_ms < self.settled_ms {
            return;
        }
        self.ceiling = Some((self.kbps, now.at_ms));
        self.queue_ms = Some(now.at_ms);
        self.tries = (self.tries + u32::from(is_tried)).min(TRIES_MAX);
        let seen = now.seen_kbps.map_or(f64::INFINITY, |kbps| f64::from(kbps) * OF_SEEN);
        self.kbps = (self.kbps * SHRINK).min(seen.max(self.kbps * SHRINK * SHRINK)).max(LEAST_KBPS);
        self.settled_ms = now.at_ms + u64::from(now.rtt_ms.min(1_000)) + 250;
    }

    fn grow(&mut self, now: Figures) {
        if self.ceiling.is_some_and(|(_, since)| now.at_ms.saturating_sub(since) > CEILING_MS) {
            self.ceiling = None;
        }
        let seen = now.seen_kbps.map_or(0.0, f64::from).max(self.sent_kbps().unwrap_or(FIRST_KBPS));
        let is_near = self.ceiling.is_some_and(|(kbps, _)| self.kbps >= kbps * NEAR && self.kbps >= seen * NEAR);
        let more = self.kbps
            * match (is_near, self.queue_ms.is_some()) {
                (true, _) => CREEP,
                (false, true) => GROW,
                (false, false) => FIRST_GROW,
            };
        let remembered = self.queue_ms.is_some_and(|at| now.at_ms.saturating_sub(at) < QUEUE_MEMORY_MS);
        let believed = seen * if remembered { BELIEVED } else { WIDE_BELIEVED };
        self.kbps = more.min(believed.max(self.kbps)).min(MOST_KBPS);
    }
}

fn push<T>(window: &mut VecDeque<T>, newest: T, longest: usize) {
    if window.len() == longest {
        window.pop_front();
    }
    window.push_back(newest);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of so many kbit/s and a round trip of 200 ms with a queue of a second, used as far as is believed; what is
    /// believed at each look of a minute.
    fn believed(line_kbps: f64, lost_per_mille: u64, most_kbps: f64) -> Vec<u32> {
        let (mut rate, mut now, mut queued_bits) = (Rate::default(), Figures::default(), 0.0);
        let looks = (0..120).map(|_| {
            let sent_kbps = f64::from(rate.kbps()).min(most_kbps);
            queued_bits = (queued_bits + (sent_kbps - line_kbps) * 500.0).clamp(0.0, line_kbps * 1000.0);
            let packets = (sent_kbps * 500.0 / 8000.0).ceil() as u64;
            now.at_ms += 500;
            now.packets += packets;
            now.bytes += packets * (1000 - HEADERS_BYTES);
            now.lost = now.packets * lost_per_mille / 1000;
            now.seen_kbps = Some(sent_kbps.min(line_kbps) as u32);
            now.rtt_ms = 200 + (queued_bits / line_kbps) as u32;
            rate.read(now, false);
            rate.kbps()
        });
        looks.collect()
    }

    #[test]
    fn finds_what_passes() {
        // Goal: within a quarter minute near the line's rate, whatever it loses at random, and it stays there.
        for (case, line_kbps, lost) in
            [("whitezone", 64.0, 100), ("edge4g", 256.0, 50), ("adsl", 512.0, 10), ("satellite", 1000.0, 20)]
        {
            let settled = &believed(line_kbps, lost, 5_000.0)[30..];
            let mean = settled.iter().sum::<u32>() as f64 / settled.len() as f64;
            assert!(mean > line_kbps * 0.65 && mean < line_kbps * 1.15, "{case}: {mean}");
            let highest = *settled.iter().max().unwrap();
            assert!(f64::from(highest) < line_kbps * 1.6, "{case}: {highest}");
        }
    }

    #[test]
    fn believes_no_more_than_it_has_used() {
        let last = *believed(5_000.0, 0, 150.0).last().unwrap();
        assert!((200..=260).contains(&last), "{last}");
    }

    #[test]
    fn counts_loss_over_some_seconds() {
        // Goal: chance alone is no loss, and it is forgotten.
        let mut rate = Rate::default();
        for look in 0..=20_u64 {
            let lost = (look * 3).min(9);
            rate.read(Figures { at_ms: look * 500, rtt_ms: 50, packets: look * 30, lost, ..Figures::default() }, false);
            let expect = match look {
                0 => FIRST_PER_MILLE,
                1..=3 => 100,
                4..=15 => u32::try_from(9_000 / (look * 30)).unwrap().max(FIRST_PER_MILLE),
                _ => continue,
            };
            assert_eq!(rate.lost_per_mille(), expect, "look {look}");
        }
        assert_eq!(rate.lost_per_mille(), 0);
    }

    #[test]
    fn a_line_that_drops_all_is_not_used_more() {
        let mut rate = Rate::default();
        for look in 0..10_u64 {
            rate.read(
                Figures { at_ms: look * 500, rtt_ms: 50, packets: look * 30, lost: look * 15, ..Figures::default() },
                false,
            );
        }
        assert!(rate.kbps() < 100, "{}", rate.kbps());
    }
}
