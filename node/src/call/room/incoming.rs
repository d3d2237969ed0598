// SPDX-License-Identifier: EUPL-1.2
//! What comes over one line, until the browser is shown it: sound and picture laid out in time, what is missing asked
//! for.
//!
//! Pure. Invariant: on a line that loses nothing, nothing waits here.

use bytes::Bytes;

use crate::call::leg::Media;
use crate::call::playout::Playout;
use crate::call::repair::{Missing, request};
use crate::call::rtp::RtpPacket;
use crate::call::sound::Inlet;

/// Ticks of the picture's clock in a millisecond (RFC 7741, 4.1).
const PICTURE_TICKS: u32 = 90;
/// So long after the last packet that was missing, the line is taken for whole again, ms.
const MEMORY_MS: u64 = 10_000;
/// What a repeat takes more than a round trip, ms: until the gap is seen, and its turn has come.
const REPEAT_MS: u64 = 60;

/// The way in.
#[derive(Debug)]
pub(super) struct Incoming {
    sound: Inlet,
    picture: Playout,
    missing: Missing,
    /// The last two times that something was missing, ms.
    missed_ms: [Option<u64>; 2],
    rtt_ms: u64,
}

impl Incoming {
    pub(super) fn new() -> Self {
        let (sound, picture) = (Inlet::new(), Playout::new(PICTURE_TICKS));
        Self { sound, picture, missing: Missing::default(), missed_ms: [None; 2], rtt_ms: 0 }
    }

    /// Takes a pack of sound; what is none is dropped.
    pub(super) fn sound(&mut self, pack: Bytes, now_ms: u64) {
        self.sound.push(pack, now_ms);
    }

    /// Takes a packet of picture; what is none is dropped.
    pub(super) fn picture(&mut self, bytes: &Bytes, now_ms: u64) {
        let Some(packet) = RtpPacket::parse(bytes) else { return };
        let waited = self.missing.waits();
        self.missing.came(packet.source, packet.sequence, now_ms);
        if self.missing.waits() && !waited {
            self.missed_ms = [self.missed_ms[1], Some(now_ms)];
        }
        // Once is chance.
        let loses = self.missed_ms[0].is_some_and(|at| now_ms.saturating_sub(at) < MEMORY_MS);
        self.picture.want(if loses { self.rtt_ms + REPEAT_MS } else { 0 });
        self.picture.push(packet, !self.missing.waits(), now_ms);
    }

    /// The round trip now.
    pub(super) fn look(&mut self, rtt_ms: u32) {
        self.rtt_ms = u64::from(rtt_ms);
    }

    /// What to ask the other node for, where something is missing.
    pub(super) fn ask(&mut self, now_ms: u64) -> Option<Bytes> {
        let numbers = self.missing.ask(self.rtt_ms, now_ms);
        (!numbers.is_empty()).then(|| request(&numbers))
    }

    /// Whether something of the picture is lost for good, since this was last asked.
    pub(super) fn gave_up(&mut self) -> bool {
        self.missing.gave_up()
    }

    /// What sound waits here, ms.
    pub(super) fn sound_wait_ms(&self) -> u64 {
        self.sound.wait_ms()
    }

    /// Frames of sound that came since this was last asked, and that never did.
    pub(super) fn heard(&mut self) -> (u64, u64) {
        self.sound.heard()
    }

    /// The next packet for the browser.
    pub(super) fn pop(&mut self, now_ms: u64) -> Option<(Media, RtpPacket)> {
        let sound = self.sound.pop(now_ms).map(|packet| (Media::Sound, packet));
        sound.or_else(|| self.picture.pop(now_ms).map(|packet| (Media::Picture, packet)))
    }

    /// When to look again; `None`: nothing waits.
    pub(super) fn due_ms(&self) -> Option<u64> {
        [self.sound.due_ms(), self.picture.due_ms()].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::repair::requested;

    #[test]
    fn a_lost_picture_is_asked_for_and_shown_in_its_place() {
        // Goal: once the line is seen to lose, what is missing comes in time and the browser sees no gap.
        let mut incoming = Incoming::new();
        incoming.look(100);
        let packet = |number: u64| {
            let sequence = u16::try_from(number).unwrap();
            let payload = Bytes::from_static(b"vp8");
            RtpPacket { marker: true, sequence, timestamp: sequence.into(), source: 1, payload }
        };
        let timed = |number: u64| RtpPacket { timestamp: u32::try_from(number * 50 * 90).unwrap(), ..packet(number) };
        let (mut repeats, mut shown) = (Vec::<(u64, u64)>::new(), Vec::new());
        for now_ms in 0..10_000 {
            if now_ms % 50 == 0 && now_ms % 250 != 0 {
                incoming.picture(&timed(now_ms / 50).to_bytes(), now_ms);
            }
            for number in incoming.ask(now_ms).and_then(|it| requested(&it)).into_iter().flatten() {
                repeats.push((now_ms + 100, number.into()));
            }
            for (_, number) in repeats.extract_if(.., |(at, _)| *at == now_ms) {
                incoming.picture(&timed(number).to_bytes(), now_ms);
            }
            shown.extend(std::iter::from_fn(|| incoming.pop(now_ms)).map(|(_, packet)| packet.sequence));
        }
        let settled: Vec<u16> = shown.into_iter().filter(|number| *number > 60).collect();
        assert!(settled.len() > 100);
        assert!(settled.windows(2).all(|pair| pair[1] == pair[0] + 1), "{settled:?}");
        assert!(!incoming.gave_up());
    }
}
