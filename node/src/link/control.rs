// SPDX-License-Identifier: EUPL-1.2
//! The congestion control of calls: counts what passes, and closes nothing for what is lost.
//!
//! A poor line loses one packet in ten whatever is sent; controls that answer to loss kept a call on it at half its rate
//! (docs/calls.md). How much is sent is decided above, by the round trip (`call::rate`); here is only the last bound.
//! Invariant: in flight is at most what the best half second of late passes in two round trips and [`QUEUE_TIME`], or
//! [`LEAST_BYTES`] where that is more. Where a queue stands, the last half second is the best: what it passed is all
//! that the line carries.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iroh::endpoint::{Controller, ControllerFactory, ControllerMetrics, RttEstimator};

/// What may be in flight before anything was seen to pass, and on the thinnest line, bytes.
const LEAST_BYTES: u64 = 10_000;
/// Round trips of what was seen to pass that may be in flight: with one, no more would ever be seen.
const ROUND_TRIPS: u32 = 2;
/// The queue that is filled before sending stops. `call::rate` sees a shorter one, and sends less.
const QUEUE_TIME: Duration = Duration::from_millis(300);
/// A round trip longer than the shortest by this: a queue stands.
const STANDS_TIME: Duration = Duration::from_millis(150);
/// What passes is counted over so long, or a little more: from one acknowledgement to another.
const COUNTED_TIME: Duration = Duration::from_millis(500);
/// For one to two of these the best that passed and the shortest round trip are remembered.
const REMEMBERED_TIME: Duration = Duration::from_secs(10);
/// IPv4 and UDP of each packet, which QUIC does not count.
const HEADERS_BYTES: u64 = 28;

/// Makes one for each path.
#[derive(Debug, Default)]
pub(super) struct Passing;

impl ControllerFactory for Passing {
    fn build(self: Arc<Self>, now: Instant, _current_mtu: u16) -> Box<dyn Controller> {
        Box::new(Path::new(now))
    }
}

/// What a path's acknowledgements of the last half second say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Late {
    /// What passed, kbit/s with all headers.
    pub(super) passing_kbps: u32,
    /// The shortest round trip, ms: what is longer than the shortest ever has stood before the line all the time.
    pub(super) least_rtt_ms: u32,
}

impl Late {
    /// Of a path's controller; `None` before there is half a second to tell from.
    pub(super) fn of(controller: Box<dyn Controller>) -> Option<Self> {
        let path = controller.into_any().downcast::<Path>().ok()?;
        let passing_kbps = u32::try_from(path.passing_bit_s? / 1000).unwrap_or(u32::MAX);
        let least_rtt_ms = u32::try_from(path.least().as_millis()).unwrap_or(u32::MAX);
        Some(Self { passing_kbps, least_rtt_ms })
    }
}

#[derive(Debug, Clone)]
struct Path {
    /// Bytes acknowledged since the beginning, with all headers.
    passed_bytes: u64,
    /// The shortest round trip of what is being acknowledged.
    round_trip: Option<Duration>,
    /// The acknowledgements of the last half second, and the one before.
    acks: VecDeque<Ack>,
    /// What passed in the last half second, with all headers.
    passing_bit_s: Option<u64>,
    /// The best, and the shortest round trip, of this period and of the one before.
    best_bit_s: (u64, u64),
    shortest: (Duration, Duration),
    since: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Ack {
    at: Instant,
    passed_bytes: u64,
    round_trip: Duration,
}

impl Path {
    fn new(now: Instant) -> Self {
        Self {
            passed_bytes: 0,
            round_trip: None,
            acks: VecDeque::new(),
            passing_bit_s: None,
            best_bit_s: (0, 0),
            shortest: (Duration::MAX, Duration::MAX),
            since: now,
        }
    }

    fn best_bit_s(&self) -> u64 {
        self.best_bit_s.0.max(self.best_bit_s.1)
    }

    fn shortest(&self) -> Duration {
        self.shortest.0.min(self.shortest.1)
    }

    /// The shortest round trip of the last half second.
    fn least(&self) -> Duration {
        self.acks.iter().map(|ack| ack.round_trip).min().unwrap_or_default()
    }

    /// Counts what has passed from the last acknowledgement that is half a second old until this one.
    fn count(&mut self, ack: Ack) {
        self.acks.push_back(ack);
        let is_old = |it: &Ack| ack.at.saturating_duration_since(it.at) >= COUNTED_TIME;
        while self.acks.get(1).is_some_and(is_old) {
            self.acks.pop_front();
        }
        if let Some(before) = self.acks.front().filter(|it| is_old(it)) {
            let passed_us = u64::try_from(ack.at.saturating_duration_since(before.at).as_micros()).unwrap_or(u64::MAX);
            let passed_bits = (ack.passed_bytes - before.passed_bytes) * 8;
            self.passing_bit_s = Some(passed_bits.saturating_mul(1_000_000) / passed_us);
        }
    }

    fn remember(&mut self, ack: Ack) {
        if ack.at.saturating_duration_since(self.since) >= REMEMBERED_TIME {
            self.best_bit_s = (0, self.best_bit_s.0);
            self.shortest = (ack.round_trip, self.shortest.0);
            self.since = ack.at;
        }
        self.shortest.0 = self.shortest.0.min(ack.round_trip);
        if self.least().saturating_sub(self.shortest()) > STANDS_TIME {
            self.best_bit_s = (0, 0);
        }
        self.best_bit_s.0 = self.best_bit_s.0.max(self.passing_bit_s.unwrap_or(0));
    }
}

impl Controller for Path {
    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, _: u64, _: bool, _: &RttEstimator) {
        self.passed_bytes += bytes + HEADERS_BYTES;
        let round_trip = now.saturating_duration_since(sent);
        self.round_trip = Some(self.round_trip.map_or(round_trip, |it| it.min(round_trip)));
    }

    fn on_end_acks(&mut self, at: Instant, _: u64, _: bool, _: Option<u64>) {
        let Some(round_trip) = self.round_trip.take() else { return };
        let ack = Ack { at, passed_bytes: self.passed_bytes, round_trip };
        self.count(ack);
        self.remember(ack);
    }

    /// Loss closes nothing.
    fn on_congestion_event(&mut self, _: Instant, _: Instant, _: bool, _: bool, _: u64, _: u64) {}

    fn on_mtu_update(&mut self, _new_mtu: u16) {}

    fn window(&self) -> u64 {
        if self.best_bit_s() == 0 {
            return LEAST_BYTES;
        }
        let held = self.shortest() * ROUND_TRIPS + QUEUE_TIME;
        let millis = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
        LEAST_BYTES.max(self.best_bit_s().saturating_mul(millis) / 8_000)
    }

    fn metrics(&self) -> ControllerMetrics {
        let mut metrics = ControllerMetrics::default();
        metrics.congestion_window = self.window();
        metrics.bandwidth_estimate = self.passing_bit_s;
        metrics
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        LEAST_BYTES
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many packets of 1,172 bytes (1,200 with headers) are acknowledged, one every `every_ms`, each after a round
    /// trip of `rtt_ms`.
    fn acknowledged(path: &mut Path, from: Instant, packets: u32, every_ms: u64, rtt_ms: u64) -> Instant {
        let mut at = from;
        for _ in 0..packets {
            at += Duration::from_millis(every_ms);
            path.passed_bytes += 1_200;
            path.round_trip = Some(Duration::from_millis(rtt_ms));
            path.on_end_acks(at, 0, true, None);
        }
        at
    }

    fn late(path: &Path) -> Late {
        Late::of(path.clone_box()).unwrap()
    }

    #[test]
    fn loss_alone_closes_nothing() {
        // Goal: however much is lost, what was seen to pass may be in flight for two round trips and a queue.
        let mut path = Path::new(Instant::now());
        assert_eq!((path.window(), Late::of(path.clone_box())), (LEAST_BYTES, None));
        let now = acknowledged(&mut path, Instant::now(), 100, 12, 200);
        for number in 0..1_000 {
            path.on_packet_lost(1_172, number, now);
            path.on_congestion_event(now, now, true, false, 1_172, number);
        }
        assert_eq!(late(&path), Late { passing_kbps: 800, least_rtt_ms: 200 });
        assert_eq!(path.window(), 70_000);
        acknowledged(&mut path, now, 100, 12, 200);
        assert_eq!(path.window(), 70_000);
    }

    #[test]
    fn what_passes_no_longer_is_forgotten_after_half_a_second() {
        // Goal: 800 kbit/s become 80: the figure follows at once, and the window where a queue stands. Without one it
        // may be that less was sent.
        for (case, rtt_ms, window) in [("a queue", 600, LEAST_BYTES), ("less was sent", 200, 70_000)] {
            let mut path = Path::new(Instant::now());
            let now = acknowledged(&mut path, Instant::now(), 100, 12, 200);
            acknowledged(&mut path, now, 6, 120, rtt_ms);
            assert_eq!(late(&path), Late { passing_kbps: 80, least_rtt_ms: rtt_ms.try_into().unwrap() }, "{case}");
            assert_eq!(path.window(), window, "{case}");
        }
    }

    #[test]
    fn a_longer_way_is_no_queue_for_ever() {
        // Goal: where the round trip has grown for good, the window grows with it.
        let mut path = Path::new(Instant::now());
        let now = acknowledged(&mut path, Instant::now(), 100, 12, 100);
        acknowledged(&mut path, now, 2_000, 12, 700);
        assert_eq!(path.window(), 170_000);
    }
}
