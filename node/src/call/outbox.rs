// SPDX-License-Identifier: EUPL-1.2
//! What waits for the line: picture, paced to its own budget behind the sound, which waits for nothing.
//!
//! Pure. Repeats go before new picture, which is of no use without them. Invariant: nothing stays longer than
//! [`AGE_MS_MAX`]: a picture that would come too late is dropped with all behind it, and a whole one is asked for.

use std::collections::VecDeque;

use bytes::Bytes;

use super::sound::Framing;

/// What has waited longer is stale, ms: a whole picture of 15 kB takes that on a line of 80 kbit/s.
const AGE_MS_MAX: u64 = 1_500;
/// Packets that wait, at most.
const WAITING_MAX: usize = 256;
/// What is kept saved of an unused budget, bits: two packets.
const SAVED_BITS_MAX: i64 = 2 * 1500 * 8;

/// The picture's way out.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    repeats: VecDeque<(u64, Bytes)>,
    fresh: VecDeque<Fresh>,
    kbps: u32,
    /// What may be sent now, bits; below zero it is owed.
    saved_bits: i64,
    at_ms: u64,
}

#[derive(Debug)]
struct Fresh {
    since_ms: u64,
    packet: Bytes,
    /// It leaves, and leaves again at once.
    twice: bool,
}

impl Outbox {
    /// What may leave from now on, kbit/s with all headers.
    pub(super) fn pace(&mut self, kbps: u32, now_ms: u64) {
        self.save(now_ms);
        self.kbps = kbps.max(1);
    }

    /// Takes a packet of picture, to be sent once or twice. How many were dropped, this one among them: what follows
    /// them shows nothing.
    pub(super) fn push(&mut self, packet: Bytes, twice: bool, now_ms: u64) -> u16 {
        self.fresh.push_back(Fresh { since_ms: now_ms, packet, twice });
        let is_stale = self.fresh.front().is_some_and(|it| now_ms.saturating_sub(it.since_ms) > AGE_MS_MAX);
        if !is_stale && self.fresh.len() <= WAITING_MAX {
            return 0;
        }
        u16::try_from(self.fresh.drain(..).count()).unwrap_or(u16::MAX)
    }

    /// Takes a packet that is sent once more.
    pub(super) fn push_repeat(&mut self, packet: Bytes, now_ms: u64) {
        if self.repeats.len() < WAITING_MAX {
            self.repeats.push_back((now_ms, packet));
        }
    }

    /// The next packet that may leave.
    pub(super) fn pop(&mut self, now_ms: u64) -> Option<Bytes> {
        self.save(now_ms);
        if self.saved_bits < 0 {
            return None;
        }
        while self.repeats.front().is_some_and(|(since, _)| now_ms.saturating_sub(*since) > AGE_MS_MAX) {
            self.repeats.pop_front();
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
        if std::mem::take(&mut front.twice) {
            return Some(front.packet.clone());
        }
        self.fresh.pop_front().map(|it| it.packet)
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
                dropped += outbox.push(packet(942), false, now_ms);
            }
            while let Some(packet) = outbox.pop(now_ms) {
                sent += (packet.len() + 58) * 8;
            }
        }
        assert!((sent as i64 - 1_000_000).abs() <= SAVED_BITS_MAX, "{sent} bits in 10 s");
        assert!((100..150).contains(&dropped), "twice as much was offered: {dropped} of 250");
    }

    #[test]
    fn repeats_go_first_and_nothing_stale_goes() {
        let mut outbox = Outbox::default();
        outbox.pace(1_000_000, 0);
        outbox.push(packet(10), true, 0);
        outbox.push_repeat(packet(20), 0);
        assert_eq!(outbox.due_ms(), Some(0));
        let sent = [0; 3].map(|_| outbox.pop(1).map(|it| it.len()));
        assert_eq!(sent, [Some(20), Some(10), Some(10)]);
        assert_eq!((outbox.pop(1), outbox.due_ms()), (None, None));
        outbox.push(packet(10), false, 5);
        outbox.push_repeat(packet(20), 5);
        assert_eq!(outbox.push(packet(11), false, 6 + AGE_MS_MAX), 2);
        assert_eq!(outbox.pop(6 + AGE_MS_MAX), None);
    }

    #[test]
    fn says_when_to_look_again() {
        let mut outbox = Outbox::default();
        outbox.pace(100, 0);
        outbox.push(packet(942), false, 0);
        outbox.push(packet(942), false, 0);
        assert!(outbox.pop(0).is_some());
        assert_eq!(outbox.due_ms(), Some(80));
        assert_eq!(outbox.pop(79), None);
        assert!(outbox.pop(80).is_some());
    }
}
