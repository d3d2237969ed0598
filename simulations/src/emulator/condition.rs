// SPDX-License-Identifier: EUPL-1.2
//! What a line is like, under names that tests and benchmarks share.

use std::time::Duration;

/// A line in one direction; both directions are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Its name.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) about: &'static str,
    /// Bits a second, headers of IP included. 0: nothing passes.
    pub(crate) rate_bit_s: u64,
    /// One way, without queueing.
    pub(crate) delay: Duration,
    /// Each packet comes up to this much sooner or later than `delay`.
    pub(crate) jitter: Duration,
    /// Packets lost in a thousand.
    pub(crate) lost_per_mille: u64,
    /// How many packets one loss takes, in the mean: 1 is at random.
    pub(crate) burst_packets: u64,
    /// Packets in a thousand that are overtaken by those behind them.
    pub(crate) overtaken_per_mille: u64,
    /// What the queue before the line holds: what comes on top is dropped.
    pub(crate) queue_bytes: u64,
}

const fn line(name: &'static str, about: &'static str, rate_kbit_s: u64, delay_ms: u64) -> Condition {
    Condition {
        name,
        about,
        rate_bit_s: rate_kbit_s * 1000,
        delay: Duration::from_millis(delay_ms),
        jitter: Duration::ZERO,
        lost_per_mille: 0,
        burst_packets: 1,
        overtaken_per_mille: 0,
        queue_bytes: queue_bytes(rate_kbit_s * 1000),
    }
}

/// Half a second of the line, as cheap modems hold, and never less than ten whole packets.
const fn queue_bytes(rate_bit_s: u64) -> u64 {
    let half_a_second = rate_bit_s / 16;
    if half_a_second > 15_000 { half_a_second } else { 15_000 }
}

/// Lines by name. The figures are decided for this project: what its points were seen to have.
pub(crate) const ALL: [Condition; 9] = [
    line("clean", "fibre: 100 Mbit/s, 5 ms one way", 100_000, 5),
    line("megabit", "1 Mbit/s, 25 ms, nothing lost", 1000, 25),
    Condition {
        jitter: Duration::from_millis(3),
        lost_per_mille: 10,
        ..line("adsl", "long copper: 512 kbit/s, 20 ms, 1 % lost", 512, 20)
    },
    Condition {
        jitter: Duration::from_millis(15),
        lost_per_mille: 50,
        ..line("edge4g", "the edge of a cell: 256 kbit/s, 60 ms, 5 % lost", 256, 60)
    },
    Condition {
        jitter: Duration::from_millis(5),
        lost_per_mille: 20,
        ..line("satellite", "1 Mbit/s, 300 ms, 2 % lost", 1000, 300)
    },
    Condition {
        jitter: Duration::from_millis(20),
        lost_per_mille: 100,
        ..line("whitezone", "64 kbit/s, 150 ms, 10 % lost at random", 64, 150)
    },
    Condition {
        jitter: Duration::from_millis(20),
        lost_per_mille: 100,
        burst_packets: 6,
        ..line("bursts", "as whitezone, but what is lost is lost together", 64, 150)
    },
    Condition {
        jitter: Duration::from_millis(40),
        overtaken_per_mille: 100,
        ..line("shuffled", "2 Mbit/s, 60 ms, one packet in ten is overtaken", 2000, 60)
    },
    line("dead", "nothing passes", 0, 0),
];

impl Condition {
    /// The line of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|it| it.name == name).copied()
    }

    /// Whether anything passes.
    pub(crate) fn is_alive(&self) -> bool {
        self.rate_bit_s > 0
    }
}
