// SPDX-License-Identifier: EUPL-1.2
//! One direction of a line, as a pure machine: a packet and an instant go in, the instant of its arrival comes out.
//!
//! In this order: a finite queue before the line, the line's rate, loss (a packet that is lost has used the line),
//! delay and jitter. Packets keep their order, but for those that are drawn to be overtaken. All chance comes from one
//! seed, so that two runs over the same packets at the same instants are alike.

use std::time::Duration;

use super::condition::Condition;
use crate::dice::Dice;

/// How much later than its turn an overtaken packet comes, in jitters.
const OVERTAKEN_JITTERS: u32 = 2;

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives, so long after the beginning.
    Arrives(Duration),
    /// The line lost it.
    Lost,
    /// The queue was full, or the line is dead.
    Dropped,
}

/// What went through, in packets and bytes with their IP headers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) offered_bytes: u64,
    pub(crate) arrived_packets: u64,
    pub(crate) arrived_bytes: u64,
    pub(crate) lost_packets: u64,
    pub(crate) dropped_packets: u64,
}

/// One direction.
pub(crate) struct Shaper {
    condition: Condition,
    dice: Dice,
    /// When the line has sent all that waits.
    free_at: Duration,
    /// When the last packet that keeps its order arrives.
    last_at: Duration,
    in_burst: bool,
    counts: Counts,
}

impl Shaper {
    /// A line of this kind.
    pub(crate) fn new(condition: Condition, dice: Dice) -> Self {
        Self {
            condition,
            dice,
            free_at: Duration::ZERO,
            last_at: Duration::ZERO,
            in_burst: false,
            counts: Counts::default(),
        }
    }

    /// From now on it is of another kind; what is on its way still arrives.
    pub(crate) fn change(&mut self, condition: Condition) {
        self.condition = condition;
        self.in_burst = false;
    }

    /// What went through so far.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// A packet of `bytes` comes at `now`, which does not go back.
    pub(crate) fn offer(&mut self, now: Duration, bytes: usize) -> Fate {
        let bytes = bytes as u64;
        self.counts.offered_bytes += bytes;
        let rate = self.condition.rate_bit_s;
        if rate == 0 || bytes_in(self.free_at.saturating_sub(now), rate) + bytes > self.condition.queue_bytes {
            self.counts.dropped_packets += 1;
            return Fate::Dropped;
        }
        self.free_at = self.free_at.max(now) + Duration::from_nanos(bytes * 8 * 1_000_000_000 / rate);
        if self.loses() {
            self.counts.lost_packets += 1;
            return Fate::Lost;
        }
        self.counts.arrived_packets += 1;
        self.counts.arrived_bytes += bytes;
        Fate::Arrives(self.arrival())
    }

    /// Two states (Gilbert 1960): in a burst all is lost; it ends after `burst_packets` in the mean. It begins so often
    /// that `lost` packets in a thousand fall into bursts: p = lost / (1000 burst - lost (burst - 1)).
    fn loses(&mut self) -> bool {
        let Condition { lost_per_mille: lost, burst_packets: burst, .. } = self.condition;
        let goes_on = self.in_burst && self.dice.below(burst) > 0;
        self.in_burst = goes_on || self.dice.below(1000 * burst - lost * (burst - 1)) < lost;
        self.in_burst
    }

    fn arrival(&mut self) -> Duration {
        let Condition { delay, jitter, overtaken_per_mille, .. } = self.condition;
        let spread = self.dice.between(0, 2 * micros(jitter));
        let at = (self.free_at + delay + Duration::from_micros(spread)).saturating_sub(jitter);
        if self.dice.chance(overtaken_per_mille) {
            return at + jitter * OVERTAKEN_JITTERS;
        }
        self.last_at = self.last_at.max(at);
        self.last_at
    }
}

fn bytes_in(waiting: Duration, rate_bit_s: u64) -> u64 {
    micros(waiting).saturating_mul(rate_bit_s) / 8_000_000
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What became of packets of 1,000 bytes, one every `every_us`.
    fn run(name: &str, packets: u64, every_us: u64, seed: u64) -> (Vec<(Duration, Fate)>, Counts) {
        let mut shaper = Shaper::new(Condition::named(name).unwrap(), Dice::new(seed, 0));
        let at = |number: u64| Duration::from_micros(number * every_us);
        let fates = (0..packets).map(|number| (at(number), shaper.offer(at(number), 1000))).collect();
        (fates, shaper.counts())
    }

    fn arrivals(fates: &[(Duration, Fate)]) -> Vec<(Duration, Duration)> {
        let arrival = |(sent, fate): &(Duration, Fate)| match fate {
            Fate::Arrives(at) => Some((*sent, *at)),
            Fate::Lost | Fate::Dropped => None,
        };
        fates.iter().filter_map(arrival).collect()
    }

    #[test]
    fn a_line_keeps_its_rate_and_its_queue() {
        // Goal: offered twice what passes, the line is never faster than it is, and nobody waits longer than the
        // queue is long: half a second, and 15 kB at the least.
        for (name, every_us, wait_ms) in [("adsl", 7_800, 500), ("whitezone", 62_500, 1_875), ("clean", 40, 500)] {
            let line = Condition::named(name).unwrap();
            let (fates, counts) = run(name, 20_000, every_us, 1);
            let arrived = arrivals(&fates);
            assert!(counts.dropped_packets > 3_000, "{name}: {counts:?}");
            let longest = arrived.iter().map(|(sent, at)| *at - *sent).max().unwrap();
            let limit = line.delay + line.jitter + Duration::from_millis(wait_ms);
            assert!(longest <= limit, "{name}: {longest:?} > {limit:?}");
            let last = arrived.iter().map(|(_, at)| *at).max().unwrap();
            let passed = (counts.arrived_packets + counts.lost_packets) * 8_000;
            let took = (last - line.delay + line.jitter).as_secs_f64();
            assert!(passed as f64 <= line.rate_bit_s as f64 * took, "{name}: {passed} bits in {took} s");
        }
    }

    #[test]
    fn loses_what_it_says_and_together_where_it_says() {
        // Goal: of 100,000 packets as many are lost as named, in runs of the length that is named.
        for (name, per_mille, burst) in
            [("adsl", 10.0, 1.0), ("whitezone", 100.0, 1.1), ("bursts", 100.0, 6.1), ("clean", 0.0, 0.0)]
        {
            let (fates, counts) = run(name, 100_000, 200_000, 7);
            let lost = counts.lost_packets as f64 / 100.0;
            assert!((lost - per_mille).abs() <= per_mille * 0.1, "{name}: {lost} in a thousand");
            let runs = fates.windows(2).filter(|pair| pair[0].1 != Fate::Lost && pair[1].1 == Fate::Lost).count();
            let length = counts.lost_packets as f64 / (runs as f64).max(1.0);
            assert!((length - burst).abs() <= burst * 0.15 + 0.05, "{name}: bursts of {length}");
        }
    }

    #[test]
    fn keeps_the_order_but_for_the_overtaken() {
        for (name, is_shuffled) in [("whitezone", false), ("satellite", false), ("shuffled", true)] {
            let arrived = arrivals(&run(name, 5_000, 5_000, 3).0);
            let late = arrived.windows(2).filter(|pair| pair[1].1 < pair[0].1).count();
            assert_eq!(late > 0, is_shuffled, "{name}: {late} out of order");
        }
    }

    #[test]
    fn one_seed_is_one_line_and_a_dead_one_lets_nothing_through() {
        assert_eq!(run("whitezone", 2_000, 30_000, 5), run("whitezone", 2_000, 30_000, 5));
        assert_ne!(run("whitezone", 2_000, 30_000, 5), run("whitezone", 2_000, 30_000, 6));
        let (fates, counts) = run("dead", 100, 1_000, 5);
        assert_eq!((arrivals(&fates), counts.dropped_packets), (Vec::new(), 100));
        // What was on its way still arrives, and the line comes back as it was named.
        let mut shaper = Shaper::new(Condition::named("adsl").unwrap(), Dice::new(1, 0));
        shaper.change(Condition::named("dead").unwrap());
        assert_eq!(shaper.offer(Duration::ZERO, 100), Fate::Dropped);
        shaper.change(Condition::named("clean").unwrap());
        assert!(matches!(shaper.offer(Duration::ZERO, 100), Fate::Arrives(_)));
    }
}
