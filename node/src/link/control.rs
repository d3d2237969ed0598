// SPDX-License-Identifier: EUPL-1.2
//! The congestion control of calls: BBR3's estimate of what passes, without its answer to loss.
//!
//! BBR3 (draft-ietf-ccwg-bbr) takes more than 2 % of loss for a full path and sends less. A poor line loses that much
//! whatever is sent, and a call on it stood still at half its rate (docs/calls.md). How much is sent is decided above,
//! by the round trip (`call::rate`); here is only the last bound: what BBR has seen pass in the last seconds, for two
//! round trips and a queue. Invariant: no more than that is in flight, or some packets where nothing was seen yet.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use noq_proto::RttEstimator;
use noq_proto::congestion::{Bbr3Config, Controller, ControllerFactory, ControllerMetrics};

/// What may be in flight before anything was seen to pass, and on the thinnest line, bytes.
const LEAST_BYTES: u64 = 10_000;
/// Round trips of what was seen to pass that may be in flight, as BBR has it: with one, no more would ever be seen.
const ROUND_TRIPS: u32 = 2;
/// The queue that is filled before sending stops. `call::rate` sees a shorter one, and sends less.
const QUEUE_TIME: Duration = Duration::from_millis(300);
/// For one to two of these the best that passed is remembered.
const REMEMBERED_TIME: Duration = Duration::from_secs(5);
/// Of what was seen to pass, hundredths at which packets leave: a burst shows when more passes.
const PACE_HUNDREDTHS: u64 = 200;

/// Makes one for each path.
#[derive(Debug, Default)]
pub(super) struct Seen;

impl ControllerFactory for Seen {
    fn build(self: Arc<Self>, now: Instant, current_mtu: u16) -> Box<dyn Controller> {
        let bbr = Arc::new(Bbr3Config::default()).build(now, current_mtu);
        Box::new(Path { bbr, best: (0, 0), since: now, shortest: None })
    }
}

#[derive(Debug)]
struct Path {
    bbr: Box<dyn Controller>,
    /// Bits a second: the best of this period and of the one before.
    best: (u64, u64),
    since: Instant,
    shortest: Option<Duration>,
}

impl Path {
    fn seen_bit_s(&self) -> u64 {
        self.best.0.max(self.best.1)
    }

    fn see(&mut self, now: Instant, round_trip: Duration) {
        self.shortest = Some(self.shortest.map_or(round_trip, |it| it.min(round_trip)));
        if now.saturating_duration_since(self.since) >= REMEMBERED_TIME {
            (self.best, self.since) = ((0, self.best.0), now);
        }
        self.best.0 = self.best.0.max(self.bbr.metrics().bandwidth_estimate.unwrap_or(0));
    }
}

impl Controller for Path {
    fn on_sent(&mut self, now: Instant, bytes: u64, largest_pn: u64) {
        self.bbr.on_sent(now, bytes, largest_pn);
    }

    fn on_packet_sent(&mut self, now: Instant, bytes: u16, pn: u64) {
        self.bbr.on_packet_sent(now, bytes, pn);
    }

    fn on_cwnd_limited(&mut self) {
        self.bbr.on_cwnd_limited();
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, pn: u64, app_limited: bool, rtt: &RttEstimator) {
        self.bbr.on_ack(now, sent, bytes, pn, app_limited, rtt);
        self.see(now, rtt.get());
    }

    fn on_end_acks(&mut self, now: Instant, in_flight: u64, app_limited: bool, largest_packet_num_acked: Option<u64>) {
        self.bbr.on_end_acks(now, in_flight, app_limited, largest_packet_num_acked);
    }

    fn on_congestion_event(
        &mut self,
        now: Instant,
        sent: Instant,
        is_persistent_congestion: bool,
        is_ecn: bool,
        lost_bytes: u64,
        largest_lost_pn: u64,
    ) {
        self.bbr.on_congestion_event(now, sent, is_persistent_congestion, is_ecn, lost_bytes, largest_lost_pn);
    }

    fn on_packet_lost(&mut self, lost_bytes: u16, pn: u64, now: Instant) {
        self.bbr.on_packet_lost(lost_bytes, pn, now);
    }

    fn on_spurious_congestion_event(&mut self) {
        self.bbr.on_spurious_congestion_event();
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.bbr.on_mtu_update(new_mtu);
    }

    fn on_ack_frequency_update(&mut self, ack_eliciting_threshold: u64, requested_max_ack_delay: Duration) {
        self.bbr.on_ack_frequency_update(ack_eliciting_threshold, requested_max_ack_delay);
    }

    fn window(&self) -> u64 {
        let held = self.shortest.unwrap_or_default() * ROUND_TRIPS + QUEUE_TIME;
        let millis = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
        let bytes = self.seen_bit_s().saturating_mul(millis) / 8_000;
        bytes.max(LEAST_BYTES).max(self.bbr.window())
    }

    fn metrics(&self) -> ControllerMetrics {
        let mut metrics = self.bbr.metrics();
        metrics.congestion_window = self.window();
        let pace = self.seen_bit_s().saturating_mul(PACE_HUNDREDTHS) / 800;
        metrics.pacing_rate = metrics.pacing_rate.map(|bytes| bytes.max(pace));
        metrics.bandwidth_estimate = Some(self.seen_bit_s()).filter(|seen| *seen > 0);
        metrics
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        let Self { best, since, shortest, .. } = *self;
        Box::new(Self { bbr: self.bbr.clone_box(), best, since, shortest })
    }

    fn initial_window(&self) -> u64 {
        self.bbr.initial_window()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_alone_closes_nothing() {
        // Goal: however much is lost, what was seen to pass may be in flight for two round trips and a queue.
        let start = Instant::now();
        let mut path = Path {
            bbr: Arc::new(Bbr3Config::default()).build(start, 1200),
            best: (0, 0),
            since: start,
            shortest: None,
        };
        path.shortest = Some(Duration::from_millis(200));
        path.best = (800_000, 0);
        for number in 0..100_u64 {
            let now = start + Duration::from_millis(20 * number);
            path.on_packet_sent(now, 1200, number);
            path.on_sent(now, 1200, number);
            path.on_packet_lost(1200, number, now);
            path.on_congestion_event(now, now, false, false, 1200, number);
        }
        assert!(path.window() >= 70_000, "{}", path.window());
        assert_eq!(path.metrics().bandwidth_estimate, Some(800_000));
    }
}
