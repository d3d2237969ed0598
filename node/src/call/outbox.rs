// SPDX-License-Identifier: EUPL-1.2
//! What waits for the line: picture, paced to its own budget behind the sound, which waits for nothing.
//!
//! Pure. Repeats go before new picture, which is of no use without them. Invariant: nothing leaves after its term: a
//! picture that would come too late is dropped with all behind it, and [`Outbox::take_dropped`] says so.

use std::collections::VecDeque;

use bytes::Bytes;

use super::sound::Framing;

/// The term of a moving picture, ms: a whole one of 15 kB takes that on a line of 80 kbit/s. Repeats have the same.
pub(super) const MOVING_MS: u64 = 1_500;
/// ... and of a still one, which no other follows before it is gone: 10 kB take that on what the thinnest line leaves.
pub(super) const STILL_MS: u64 = 10_000;
/// Packets that wait, at most.
const WAITING_MAX: usize = 256;
/// What is kept saved of an unused budget, bits: two packets.
const SAVED_BITS_MAX: i64 = 2 * 1500 * 8;

/// The picture's way out.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    repeats: VecDeque<(u64, Bytes)>,
    fresh: VecDeque<Fresh>,
    dropped: u16,
    kbps: u32,
    /// What may be sent now, bits; below zero it is owed.
    saved_bits: i64,
    at_ms: u64,
}

#[derive(Debug)]
struct Fresh {
    /// Stale from then on, ms.
    until_ms: u64,
    packet: Bytes,
    /// It leaves, and leaves again at once.
    twice: bool,
    has_left: bool,
}

impl Outbox {
    /// What may leave from now on, kbit/s with all headers.
    pub(super) fn pace(&mut self, kbps: u32, now_ms: u64) {
        self.save(now_ms);
        self.kbps = kbps.max(1);
    }

    /// Takes a packet of picture, to be sent once or twice within `term_ms`. Where too many wait, all are dropped, this one
    /// too: what follows those that have to go shows nothing.
    pub(super) fn push(&mut self, packet: Bytes, twice: bool, term_ms: u64, now_ms: u64) {
        self.fresh.push_back(Fresh { until_ms: now_ms + term_ms, packet, twice, has_left: false });
        if self.fresh.len() > WAITING_MAX {
            self.drop_fresh();
        }
    }

    /// Takes a packet that is sent once more.
    pub(super) fn push_repeat(&mut self, packet: Bytes, now_ms: u64) {
        if self.repeats.len() < WAITING_MAX {
            self.repeats.push_back((now_ms + MOVING_MS, packet));
        }
    }

    /// The next packet that may leave.
    pub(super) fn pop(&mut self, now_ms: u64) -> Option<Bytes> {
        self.save(now_ms);
        self.drop_stale(now_ms);
        if self.saved_bits < 0 {
            return None;
        }
        let packet = match self.repeats.pop_front() {
            Some((_, packet)) => packet,
            None => self.pop_fresh()?,
        };
        let bytes = packet.len() + usize::try_from(Framing::WRAPPING_BYTES).unwrap_or(0);
        self.saved_bits -= i64::try_from(bytes * 8).unwrap_or(0);
        Some(packet)
    }

    fn pop_fresh(&mut self) -> Option<Bytes> {
        let front = self.fresh.front_mut()?;
        front.has_left = true;
        if std::mem::take(&mut front.twice) {
            return Some(front.packet.clone());
        }
        self.fresh.pop_front().map(|it| it.packet)
    }

    /// Drops all that waits.
    pub(super) fn clear(&mut self) {
        self.repeats.clear();
        self.drop_fresh();
    }

    /// How many packets were dropped of which nothing had left, since this was last asked: the last ones that came.
    pub(super) fn take_dropped(&mut self) -> u16 {
        std::mem::take(&mut self.dropped)
    }

    /// Whether all of the picture has left.
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty()
    }

    /// Drops what is stale, and all behind it.
    pub(super) fn drop_stale(&mut self, now_ms: u64) {
        while self.repeats.front().is_some_and(|(until_ms, _)| now_ms > *until_ms) {
            self.repeats.pop_front();
        }
        if self.fresh.front().is_some_and(|it| now_ms > it.until_ms) {
            self.drop_fresh();
        }
    }

    fn drop_fresh(&mut self) {
        let unsent = self.fresh.drain(..).filter(|it| !it.has_left).count();
        self.dropped = self.dropped.saturating_add(u16::try_from(unsent).unwrap_or(u16::MAX));
    }

    /// When to look again; `None`: nothing waits.
    pub(super) fn due_ms(&self) -> Option<u64> {
        if self.repeats.is_empty() && self.fresh.is_empty() {
            return None;
        }
        let owed = u64::try_from(-self.saved_bits.min(0)).unwrap_or(0);
        // Bits by kbit/s are ms.
        Some(self.at_ms + owed.div_ceil(u64::from(self.kbps.max(1))))
    }

    fn save(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.at_ms);
        self.at_ms = now_ms;
        let earned = i64::try_from(passed_ms.saturating_mul(u64::from(self.kbps))).unwrap_or(SAVED_BITS_MAX);
        self.saved_bits = self.saved_bits.saturating_add(earned).min(SAVED_BITS_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(bytes: usize) -> Bytes {
        Bytes::from(vec![1; bytes])
    }

    #[test]
    fn picture_keeps_its_budget() {
        // Goal: a burst leaves at the rate that was given, headers counted.
        let mut outbox = Outbox::default();
        outbox.pace(100, 0);
        let (mut sent, mut dropped) = (0, 0);
        for now_ms in 0..10_000_u64 {
            if now_ms % 40 == 0 {
                outbox.push(packet(942), false, MOVING_MS, now_ms);
            }
            while let Some(packet) = outbox.pop(now_ms) {
                sent += (packet.len() + 58) * 8;
            }
            dropped += outbox.take_dropped();
        }
        assert!((sent as i64 - 1_000_000).abs() <= SAVED_BITS_MAX, "{sent} bits in 10 s");
        assert!((100..150).contains(&dropped), "twice as much was offered: {dropped} of 250");
    }

    #[test]
    fn repeats_go_first_and_nothing_stale_goes() {
        let mut outbox = Outbox::default();
        outbox.pace(1_000_000, 0);
        outbox.push(packet(10), true, MOVING_MS, 0);
        outbox.push_repeat(packet(20), 0);
        assert_eq!(outbox.due_ms(), Some(0));
        let sent = [0; 3].map(|_| outbox.pop(1).map(|it| it.len()));
        assert_eq!(sent, [Some(20), Some(10), Some(10)]);
        assert_eq!((outbox.pop(1), outbox.due_ms()), (None, None));
        outbox.push(packet(10), false, MOVING_MS, 5);
        outbox.push(packet(11), false, STILL_MS, 5);
        outbox.push_repeat(packet(20), 5);
        assert_eq!((outbox.pop(6 + MOVING_MS), outbox.take_dropped()), (None, 2), "with all behind it");
        assert!(outbox.is_empty());
    }

    #[test]
    fn what_has_left_once_was_sent() {
        // Goal: a packet of which one copy has left when it becomes stale keeps its number.
        let mut outbox = Outbox::default();
        outbox.pace(1, 0);
        outbox.push(packet(942), true, MOVING_MS, 0);
        outbox.push(packet(942), true, MOVING_MS, 0);
        assert!(outbox.pop(0).is_some());
        assert_eq!((outbox.pop(1 + MOVING_MS), outbox.take_dropped()), (None, 1));
    }

    #[test]
    fn says_when_to_look_again() {
        let mut outbox = Outbox::default();
        outbox.pace(100, 0);
        outbox.push(packet(942), false, MOVING_MS, 0);
        outbox.push(packet(942), false, MOVING_MS, 0);
        assert!(outbox.pop(0).is_some());
        assert_eq!(outbox.due_ms(), Some(80));
        assert_eq!(outbox.pop(79), None);
        assert!(outbox.pop(80).is_some());
    }
}
