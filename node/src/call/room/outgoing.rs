// SPDX-License-Identifier: EUPL-1.2
//! What leaves over one line: the rung that it carries, sound packed for it, picture within what is left.
//!
//! Pure. Sound never waits here; picture does, in its own outbox and to its own budget.

use bytes::Bytes;

use crate::call::ladder::{Ladder, Rung};
use crate::call::outbox::Outbox;
use crate::call::rate::{Figures, Rate};
use crate::call::repair::Kept;
use crate::call::rtp::RtpPacket;
use crate::call::sound::{Framing, Packer};
use crate::call::still::{Stills, begins_whole_picture};

/// Of a picture's budget, hundredths that a browser may fill: the rest is the headers of its packets.
const PAYLOAD_HUNDREDTHS: u32 = 90;

/// A round trip from which a repeat that is asked for comes too late, ms: picture is sent twice, where there is room.
const FAR_MS: u32 = 250;

/// The way out.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    rate: Rate,
    ladder: Ladder,
    packer: Packer,
    outbox: Outbox,
    kept: Kept,
    stills: Stills,
    /// The page whose picture passes, and how many of its packets were left out: the others close ranks.
    page: Option<u32>,
    left_out: u16,
    /// What comes now rests on pictures that were left out: nothing passes before a whole one.
    until_whole: bool,
    wants_whole: bool,
    /// Each packet of picture is sent twice.
    twice: bool,
}

impl Outgoing {
    /// Takes a packet of sound; gives what is to be sent at once.
    pub(super) fn sound(&mut self, packet: &RtpPacket) -> Option<Bytes> {
        self.packer.push(packet, Framing::suited(self.rate.kbps(), self.rate.lost_per_mille()))
    }

    /// Takes a packet of picture. Whether a picture ended with it that is sent.
    pub(super) fn picture(&mut self, packet: &RtpPacket, now_ms: u64) -> bool {
        if self.page.replace(packet.source) != Some(packet.source) {
            self.left_out = 0;
        }
        let passes = match self.ladder.rung() {
            Rung::Sound => false,
            Rung::Still => self.stills.passes(packet, now_ms),
            Rung::P480 | Rung::P360 | Rung::P180 => !self.until_whole || begins_whole_picture(&packet.payload),
        };
        self.until_whole = !passes;
        if !passes {
            self.left_out = self.left_out.wrapping_add(1);
            return false;
        }
        let sequence = packet.sequence.wrapping_sub(self.left_out);
        let bytes = RtpPacket { sequence, ..packet.clone() }.to_bytes();
        self.kept.keep(sequence, bytes.clone(), now_ms);
        let dropped = self.outbox.push(bytes, self.twice, now_ms);
        if dropped > 0 {
            self.kept.forget(dropped);
            self.left_out = self.left_out.wrapping_add(dropped);
            (self.until_whole, self.wants_whole) = (true, true);
        }
        packet.marker && dropped == 0
    }

    /// The other node has missed these.
    pub(super) fn repeat(&mut self, numbers: &[u16], now_ms: u64) {
        for packet in numbers.iter().filter_map(|number| self.kept.give(*number, now_ms)) {
            self.outbox.push_repeat(packet, now_ms);
        }
    }

    /// The next packet of picture that may leave.
    pub(super) fn pop(&mut self, now_ms: u64) -> Option<Bytes> {
        self.outbox.pop(now_ms)
    }

    /// When to look again; `None`: nothing waits.
    pub(super) fn due_ms(&self) -> Option<u64> {
        self.outbox.due_ms()
    }

    /// Takes the line's figures, twice a second; nobody wants better than `best`. The rung from now on.
    pub(super) fn look(&mut self, figures: Figures, best: Rung) -> Rung {
        let now_ms = figures.at_ms;
        let before = self.ladder.rung();
        self.rate.read(figures);
        let (kbps, lost) = (self.rate.kbps(), self.rate.lost_per_mille());
        let rung = self.ladder.read(kbps, lost, best, now_ms);
        self.outbox.pace(kbps.saturating_sub(rung.sound_kbps(kbps, lost)), now_ms);
        let half_kbps = rung.picture_kbps(kbps, lost) / 2;
        self.twice = figures.rtt_ms >= FAR_MS && lost > 0 && half_kbps >= rung.least_picture_kbps();
        let moves = rung < Rung::Still;
        self.until_whole |= moves && before >= Rung::Still;
        self.wants_whole |= if moves { self.until_whole } else { rung == Rung::Still && self.stills.is_due(now_ms) };
        rung
    }

    /// Whether the browser has to be asked for a whole picture, since this was last asked.
    pub(super) fn wants_whole(&mut self) -> bool {
        std::mem::take(&mut self.wants_whole)
    }

    /// What the browser may spend on sound, kbit/s.
    pub(super) fn opus_kbps(&self) -> u32 {
        self.ladder.rung().opus_kbps(self.rate.kbps())
    }

    /// What the browser may spend on its picture, kbit/s.
    pub(super) fn picture_kbps(&self) -> u32 {
        let all = self.ladder.rung().picture_kbps(self.rate.kbps(), self.rate.lost_per_mille());
        all * PAYLOAD_HUNDREDTHS / if self.twice { 200 } else { 100 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u16, payload: &'static [u8]) -> RtpPacket {
        let timestamp = u32::from(sequence) * 4500;
        RtpPacket { marker: true, sequence, timestamp, source: 1, payload: Bytes::from_static(payload) }
    }

    #[test]
    fn what_is_left_out_leaves_no_gap() {
        // Goal: a viewer of still pictures misses nothing, and sees a whole one when the picture moves again.
        let mut outgoing = Outgoing::default();
        let look = |outgoing: &mut Outgoing, at_ms, best| {
            outgoing.look(Figures { at_ms, rtt_ms: 20, seen_kbps: Some(200), ..Figures::default() }, best)
        };
        assert_eq!(look(&mut outgoing, 0, Rung::Still), Rung::Still);
        assert!(outgoing.wants_whole() && !outgoing.wants_whole());
        let (whole, change): (&[u8], &[u8]) = (&[0x10, 0x50], &[0x10, 0x51]);
        let mut sent = Vec::new();
        for (sequence, payload, now_ms) in [(1, change, 1), (2, whole, 2), (3, change, 3), (4, whole, 4_000)] {
            outgoing.picture(&packet(sequence, payload), now_ms);
            sent.extend(outgoing.pop(now_ms + 900).and_then(|bytes| RtpPacket::parse(&bytes)).map(|it| it.sequence));
        }
        assert_eq!(sent, [1, 2]);
        let mut rung = Rung::Still;
        for at_ms in (4_500..12_000).step_by(500) {
            rung = look(&mut outgoing, at_ms, Rung::P480);
        }
        assert!(rung < Rung::Still && outgoing.wants_whole());
        outgoing.repeat(&[2], 5_000);
        assert!(outgoing.pop(5_500).is_some());
    }
}
