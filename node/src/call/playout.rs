// SPDX-License-Identifier: EUPL-1.2
//! Lays packets out in time again: in the order of their numbers, each at the instant that its time stamp gives plus a
//! wait that leaves room for what comes late.
//!
//! Pure. A browser that is handed a repaired packet late takes the line for an unsteady one, or has played over it
//! already; what it is handed from here is steady. With a wait of 0 all passes at once, in the order in which it comes.
//! Invariant: at most [`WAITING_MAX`] packets wait, none longer than its wait; a packet passes once.

use std::collections::{BTreeMap, VecDeque};

use super::rtp::RtpPacket;

/// Packets that wait: a second of a large picture. Beyond: the oldest passes early.
const WAITING_MAX: usize = 256;
/// Longest wait, ms: a repeat over a satellite; beyond, people speak at the same time.
const WAIT_MS_MAX: u64 = 800;
/// How much the wait grows and shrinks from one packet to the next, ms: a browser stretches and shortens sound that
/// much without anyone hearing it.
const GROW_MS: u64 = 4;
const SHRINK_MS: u64 = 1;
/// Arrivals from which the unsteadiness of the line is told: two seconds of sound.
const ARRIVALS: usize = 100;
/// The shortest way is forgotten after one to two of these, ms: clocks drift, lines change.
const SHORTEST_MS: u64 = 10_000;
/// A jump of more packets than this is a new beginning.
const JUMP_MAX: i64 = 500;

/// The layout of one stream.
#[derive(Debug)]
pub(super) struct Playout {
    ticks_per_ms: u32,
    stream: Option<Stream>,
    wanted_ms: u64,
    wait_ms: u64,
    /// Packets that passed, and numbers before them that have not, since they were last asked for.
    counted: (u64, i64),
}

#[derive(Debug)]
struct Stream {
    source: u32,
    /// Number and time of the newest packet seen, unwrapped.
    newest: (i64, i64),
    waiting: BTreeMap<i64, (i64, RtpPacket)>,
    /// The newest number that passed, and which of the 64 before it did.
    passed: Option<(i64, u64)>,
    /// Arrival less time stamp, ms: the least of this period and of the one before.
    shortest: (i64, i64),
    since_ms: u64,
    /// How much later than the shortest way the last ones came, ms.
    late: VecDeque<u64>,
}

impl Playout {
    /// For a stream whose clock makes so many ticks in a millisecond.
    pub(super) fn new(ticks_per_ms: u32) -> Self {
        Self { ticks_per_ms, stream: None, wanted_ms: 0, wait_ms: 0, counted: (0, 0) }
    }

    /// From now on packets wait so long after the shortest way; reached step by step.
    pub(super) fn want(&mut self, wait_ms: u64) {
        self.wanted_ms = wait_ms.min(WAIT_MS_MAX);
    }

    /// What packets wait now, ms.
    pub(super) fn wait_ms(&self) -> u64 {
        self.wait_ms
    }

    /// How unsteady the line is: nineteen of twenty came at most so much later than the fastest, ms.
    pub(super) fn unsteady_ms(&self) -> u64 {
        let Some(stream) = &self.stream else { return 0 };
        let mut late: Vec<u64> = stream.late.iter().copied().collect();
        late.sort_unstable();
        late.get(late.len() * 19 / 20).copied().unwrap_or(0)
    }

    /// Takes a packet. `fresh`: it came as it was sent, so that its arrival tells of the line. Whether it is new.
    pub(super) fn push(&mut self, packet: RtpPacket, fresh: bool, now_ms: u64) -> bool {
        let ticks_per_ms = i64::from(self.ticks_per_ms);
        let known = self.stream.as_mut().and_then(|stream| Some((stream.place(&packet)?, stream)));
        let ((number, time), stream) = match known {
            Some((place, stream)) => (place, stream),
            None => {
                let stream = self.stream.insert(Stream::beginning_with(&packet, now_ms, ticks_per_ms));
                (stream.newest, stream)
            }
        };
        if stream.has_passed(number) || stream.waiting.contains_key(&number) {
            return false;
        }
        if number > stream.newest.0 {
            stream.newest = (number, time);
        }
        if fresh {
            stream.arrived(now_ms, time / ticks_per_ms);
        }
        stream.waiting.insert(number, (time / ticks_per_ms, packet));
        true
    }

    /// The next packet that is due.
    pub(super) fn pop(&mut self, now_ms: u64) -> Option<RtpPacket> {
        let due = self.due_ms()?;
        let stream = self.stream.as_mut()?;
        if due > now_ms && stream.waiting.len() <= WAITING_MAX {
            return None;
        }
        let (number, (_, packet)) = stream.waiting.pop_first()?;
        self.counted.0 += 1;
        self.counted.1 += stream.pass(number);
        self.wait_ms = if self.wait_ms < self.wanted_ms {
            (self.wait_ms + GROW_MS).min(self.wanted_ms)
        } else {
            self.wait_ms.saturating_sub(SHRINK_MS).max(self.wanted_ms)
        };
        Some(packet)
    }

    /// Packets that passed since this was last asked, and that have not come until now.
    pub(super) fn passed(&mut self) -> (u64, u64) {
        let (passed, missing) = self.counted;
        // One that was missing when this was last asked may have passed since.
        self.counted = (0, missing.min(0));
        (passed, u64::try_from(missing).unwrap_or(0))
    }

    /// When to look again; `None`: nothing waits.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let stream = self.stream.as_ref()?;
        let (time_ms, _) = stream.waiting.first_key_value()?.1;
        if self.wait_ms == 0 && self.wanted_ms == 0 {
            return Some(0);
        }
        let due = time_ms + stream.shortest.0.min(stream.shortest.1) + i64::try_from(self.wait_ms).unwrap_or(0);
        Some(u64::try_from(due).unwrap_or(0))
    }
}

impl Stream {
    fn beginning_with(packet: &RtpPacket, now_ms: u64, ticks_per_ms: i64) -> Self {
        let newest = (i64::from(packet.sequence), i64::from(packet.timestamp));
        let way = i64::try_from(now_ms).unwrap_or(i64::MAX) - newest.1 / ticks_per_ms;
        let (waiting, late) = (BTreeMap::new(), VecDeque::with_capacity(ARRIVALS));
        Self { source: packet.source, newest, waiting, passed: None, shortest: (way, way), since_ms: now_ms, late }
    }

    /// Number and time, unwrapped; `None` for another stream, or after a jump.
    fn place(&self, packet: &RtpPacket) -> Option<(i64, i64)> {
        let (number, time) = self.newest;
        // What wraps is read as the nearer way round.
        let steps = packet.sequence.wrapping_sub(number as u16) as i16;
        let ticks = packet.timestamp.wrapping_sub(time as u32) as i32;
        let near = packet.source == self.source && i64::from(steps).abs() <= JUMP_MAX;
        near.then_some((number + i64::from(steps), time + i64::from(ticks)))
    }

    fn arrived(&mut self, now_ms: u64, time_ms: i64) {
        let way = i64::try_from(now_ms).unwrap_or(i64::MAX) - time_ms;
        if now_ms.saturating_sub(self.since_ms) >= SHORTEST_MS {
            self.shortest = (way, self.shortest.0);
            self.since_ms = now_ms;
        }
        self.shortest.0 = self.shortest.0.min(way);
        if self.late.len() == ARRIVALS {
            self.late.pop_front();
        }
        self.late.push_back(u64::try_from(way - self.shortest.0.min(self.shortest.1)).unwrap_or(0));
    }

    fn has_passed(&self, number: i64) -> bool {
        match self.passed {
            None => false,
            Some((last, _)) if number > last => false,
            Some((last, before)) => {
                let back = last - number;
                back == 0 || back > 64 || (before >> (back - 1)) & 1 == 1
            }
        }
    }

    /// Passes a number; how many more are missing than before: those jumped over, or one less.
    fn pass(&mut self, number: i64) -> i64 {
        let more = self.passed.map_or(0, |(last, _)| if number > last { number - last - 1 } else { -1 });
        self.passed = Some(match self.passed {
            None => (number, 0),
            Some((last, before)) if number > last => {
                let steps = number - last;
                let shifted = if steps >= 64 { 0 } else { before << steps };
                (number, if steps > 64 { 0 } else { shifted | (1 << (steps - 1)) })
            }
            Some((last, before)) => (last, before | (1 << (last - number - 1))),
        });
        more
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn packet(sequence: u16) -> RtpPacket {
        let timestamp = u32::from(sequence) * 960;
        RtpPacket { marker: false, sequence, timestamp, source: 1, payload: Bytes::from_static(b"x") }
    }

    /// What passes between two looks, with the instant.
    fn passed(playout: &mut Playout, now_ms: u64) -> Vec<(u64, u16)> {
        std::iter::from_fn(|| playout.pop(now_ms)).map(|it| (now_ms, it.sequence)).collect()
    }

    #[test]
    fn without_a_wait_all_passes_as_it_comes() {
        // Goal: nothing is held, nothing twice; what comes late comes late.
        let mut playout = Playout::new(48);
        for (at, number, expect) in [(0, 10, true), (20, 11, true), (60, 13, true), (61, 12, true), (62, 13, false)] {
            assert_eq!(playout.push(packet(number), true, at), expect, "{number}");
            assert_eq!(passed(&mut playout, at).len(), usize::from(expect), "{number}");
        }
    }

    #[test]
    fn a_repaired_one_is_in_its_place() {
        // Goal: with a wait, what comes 60 ms late passes in order, each 20 ms after the one before.
        let mut playout = Playout::new(48);
        playout.want(80);
        let mut out = Vec::new();
        for now_ms in (0..4000).step_by(5) {
            if now_ms % 20 == 0 {
                let number = u16::try_from(now_ms / 20).unwrap();
                if number % 7 != 0 {
                    playout.push(packet(number), true, now_ms);
                }
                if number >= 3 && (number - 3) % 7 == 0 {
                    playout.push(packet(number - 3), false, now_ms);
                }
            }
            out.extend(passed(&mut playout, now_ms));
        }
        assert_eq!(playout.wait_ms(), 80);
        let settled: Vec<_> = out.into_iter().filter(|(at, _)| *at > 1000).collect();
        assert!(settled.len() > 100);
        for pair in settled.windows(2) {
            assert_eq!((pair[1].0 - pair[0].0, pair[1].1 - pair[0].1), (20, 1), "{pair:?}");
        }
    }

    #[test]
    fn what_never_comes_holds_nothing_up() {
        // Goal: a gap costs its own place only, and memory stays bounded.
        let mut playout = Playout::new(48);
        playout.want(600);
        for number in 0..200 {
            if number % 2 == 0 {
                playout.push(packet(number), true, u64::from(number) * 20);
                drop(passed(&mut playout, u64::from(number) * 20));
            }
        }
        assert_eq!(passed(&mut playout, 10_000).last(), Some(&(10_000, 198)));
        for number in 200..1000_u16 {
            playout.push(packet(number), true, 20_000);
        }
        assert!(passed(&mut playout, 0).len() >= 800 - WAITING_MAX);
    }

    #[test]
    fn another_page_is_another_stream() {
        // Goal: a reloaded page and a jump begin anew, over the end of the numbers it goes on.
        let mut playout = Playout::new(48);
        for (case, source, sequence) in
            [("first", 1, 65_535), ("over the end", 1, 0), ("another page", 2, 40_000), ("a jump", 2, 20_000)]
        {
            let one = RtpPacket { source, sequence, ..packet(1) };
            assert!(playout.push(one.clone(), true, 5), "{case}");
            assert_eq!(playout.pop(5), Some(one), "{case}");
        }
    }

    #[test]
    fn tells_how_unsteady_the_line_is() {
        let mut playout = Playout::new(48);
        for number in 0..200_u16 {
            let late = if number % 10 == 0 { 30 } else { u64::from(number % 3) };
            playout.push(packet(number), true, u64::from(number) * 20 + late);
            drop(passed(&mut playout, 1_000_000));
        }
        assert_eq!(playout.unsteady_ms(), 30);
    }
}
