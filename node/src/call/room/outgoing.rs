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

/// Of what is believed of a line, hundredths that a trial fills.
const TRIED_HUNDREDTHS: u32 = 95;

/// Of what is believed of a line, hundredths that sound, picture and blocks take together.
const BLOCKS_HUNDREDTHS: u32 = 85;

/// What blocks may take on any line, kbit/s: a word about a document gets through.
const BLOCKS_KBPS_MIN: u32 = 6;

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
    /// Sound that is sent again for nothing but to see whether the line carries more.
    filler: Share,
    /// What passes beside the call.
    blocks: Share,
    has_blocks: bool,
}

/// What may be sent of something, in its own pace.
#[derive(Debug, Default)]
struct Share {
    kbps: u32,
    bits: u64,
    filled_ms: u64,
}

impl Share {
    /// From now on so much, kbit/s.
    fn pace(&mut self, kbps: u32, now_ms: u64) {
        self.fill(now_ms);
        self.kbps = kbps;
        self.bits = if kbps == 0 { 0 } else { self.bits };
    }

    fn fill(&mut self, now_ms: u64) {
        let since_ms = now_ms.saturating_sub(std::mem::replace(&mut self.filled_ms, now_ms));
        self.bits += u64::from(self.kbps) * since_ms;
    }

    /// Whether a packet of so many bytes is due, which then leaves.
    fn takes(&mut self, bytes: usize, now_ms: u64) -> bool {
        let bits = Self::bits_of(bytes);
        self.fill(now_ms);
        // No more is owed than two packets: what was not sent in time is not made up for.
        self.bits = self.bits.min(bits * 2);
        let is_due = self.kbps > 0 && self.bits >= bits;
        self.bits -= if is_due { bits } else { 0 };
        is_due
    }

    /// When a packet of so many bytes is due, ms.
    fn due_ms(&self, bytes: usize) -> u64 {
        let lacking = Self::bits_of(bytes).saturating_sub(self.bits);
        self.filled_ms + lacking.div_ceil(u64::from(self.kbps.max(1)))
    }

    fn bits_of(bytes: usize) -> u64 {
        (bytes as u64 + u64::from(Framing::WRAPPING_BYTES)) * 8
    }
}

impl Outgoing {
    /// Takes a packet of sound; gives what is to be sent at once.
    pub(super) fn sound(&mut self, packet: &RtpPacket) -> Option<Bytes> {
        self.packer.push(packet, Framing::suited(self.rate.kbps(), self.rate.lost_per_mille()))
    }

    /// Whether a packet of sound of so many bytes is to be sent once more, to try what the line carries.
    pub(super) fn fills(&mut self, bytes: usize, now_ms: u64) -> bool {
        self.filler.takes(bytes, now_ms)
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

    /// When a block of so many bytes may leave, ms.
    pub(super) fn block_due_ms(&self, bytes: usize) -> u64 {
        self.blocks.due_ms(bytes)
    }

    /// A block of so many bytes has left.
    pub(super) fn block_left(&mut self, bytes: usize, now_ms: u64) {
        self.blocks.takes(bytes, now_ms);
    }

    /// What blocks may take, kbit/s.
    pub(super) fn blocks_kbps(&self) -> u32 {
        self.blocks.kbps
    }

    /// Takes the line's figures, twice a second; nobody wants better than `best`; blocks wait beside the call, or do not. The
    /// rung from now on.
    pub(super) fn look(&mut self, figures: Figures, best: Rung, has_blocks: bool) -> Rung {
        let now_ms = figures.at_ms;
        let before = self.ladder.rung();
        self.rate.read(figures, self.filler.kbps > 0);
        let (kbps, lost) = (self.rate.kbps(), self.rate.lost_per_mille());
        let rung = self.ladder.read(kbps, lost, best, now_ms);
        self.has_blocks = has_blocks;
        let fill_kbps = self.fill_kbps(rung, best, now_ms);
        let blocks_kbps = self.share_kbps(rung).max(if has_blocks { fill_kbps } else { 0 });
        self.blocks.pace(blocks_kbps, now_ms);
        let other_kbps = rung.sound_kbps(kbps, lost) + if has_blocks { blocks_kbps } else { 0 };
        self.outbox.pace(kbps.saturating_sub(other_kbps).max(rung.least_picture_kbps()), now_ms);
        let half_kbps = rung.picture_kbps(kbps, lost) / 2;
        self.twice = figures.rtt_ms >= FAR_MS && lost > 0 && half_kbps >= rung.least_picture_kbps();
        // Blocks that wait try the line as well as sound that is said again.
        self.filler.pace(if has_blocks { 0 } else { fill_kbps }, now_ms);
        let moves = rung < Rung::Still;
        self.until_whole |= moves && before >= Rung::Still;
        self.wants_whole |= if moves { self.until_whole } else { rung == Rung::Still && self.stills.is_due(now_ms) };
        rung
    }

    /// What is to be filled in, kbit/s: the picture waits for more than is used now, and more is believed of the line.
    fn fill_kbps(&self, rung: Rung, best: Rung, now_ms: u64) -> u32 {
        let waits = rung >= Rung::Still && rung > best;
        if !waits || !self.rate.may_try(now_ms) {
            return 0;
        }
        let (kbps, lost) = (self.rate.kbps(), self.rate.lost_per_mille());
        (kbps * TRIED_HUNDREDTHS / 100).saturating_sub(rung.least_kbps(kbps, lost))
    }

    /// What blocks may take beside sound and picture, kbit/s: what these leave, and no less than an eighth of what sound leaves.
    fn share_kbps(&self, rung: Rung) -> u32 {
        let (kbps, lost) = (self.rate.kbps(), self.rate.lost_per_mille());
        let left = (kbps * BLOCKS_HUNDREDTHS / 100).saturating_sub(rung.sound_kbps(kbps, lost));
        left.saturating_sub(self.picture_with_blocks_kbps(rung)).max(left / 8).max(BLOCKS_KBPS_MIN)
    }

    /// What the picture costs while blocks wait, kbit/s: three quarters of what it may else, where it can be had for that.
    fn picture_with_blocks_kbps(&self, rung: Rung) -> u32 {
        let all = rung.picture_kbps(self.rate.kbps(), self.rate.lost_per_mille());
        (all * 3 / 4).max(rung.least_picture_kbps())
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
        let rung = self.ladder.rung();
        let all = rung.picture_kbps(self.rate.kbps(), self.rate.lost_per_mille());
        let all = if self.has_blocks { self.picture_with_blocks_kbps(rung) } else { all };
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
            outgoing.look(Figures { at_ms, rtt_ms: 20, seen_kbps: Some(200), ..Figures::default() }, best, false)
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

    /// A line used as a room uses it, sound of 20 ms a packet, twice a second: what it carries, and its round trip without
    /// a queue. At each look: the rung, and whether it was being tried.
    fn walked(seconds: &[(u64, f64, u32)]) -> Vec<(Rung, bool)> {
        let (mut outgoing, mut now, mut queued_bits) = (Outgoing::default(), Figures::default(), 0.0);
        let mut walked = Vec::new();
        for &(seconds, line_kbps, rtt_ms) in seconds {
            for _ in 0..seconds * 2 {
                let rung = outgoing.look(now, Rung::P480, false);
                let filled = f64::from(outgoing.filler.kbps);
                walked.push((rung, filled > 0.0));
                let (kbps, lost) = (outgoing.rate.kbps(), outgoing.rate.lost_per_mille());
                let sent_kbps = f64::from(rung.sound_kbps(kbps, lost) + rung.picture_kbps(kbps, lost)) + filled;
                queued_bits = f64::clamp(queued_bits + (sent_kbps - line_kbps) * 500.0, 0.0, line_kbps * 1000.0);
                let packets = (sent_kbps * 500.0 / 8000.0).ceil() as u64;
                now.at_ms += 500;
                now.packets += packets;
                now.lost = now.packets / 10;
                now.bytes += packets * 972;
                now.seen_kbps = Some(sent_kbps.min(line_kbps) as u32);
                now.rtt_ms = rtt_ms + (queued_bits / line_kbps) as u32;
            }
        }
        walked
    }

    #[test]
    fn a_line_that_gets_better_is_found_out() {
        // Goal: on a line that carries no moving picture, little time goes into trying it; once it is a good one the picture
        // moves within a quarter minute where the round trip tells, and else after the longest wait between two trials.
        for (rtt_ms, within_s) in [(20, 15), (300, 75)] {
            let walked = walked(&[(180, 64.0, 300), (90, 5_000.0, rtt_ms)]);
            let (poor, good) = walked.split_at(360);
            assert!(poor[60..].iter().all(|(rung, _)| *rung >= Rung::Still), "{poor:?}");
            let tried = poor[60..].iter().filter(|(_, tried)| *tried).count();
            assert!(tried > 0 && tried < 120, "{tried} of 300 looks");
            let moves = good.iter().position(|(rung, _)| *rung < Rung::Still).expect("in the end");
            assert!(moves / 2 <= within_s, "after {} s", moves / 2);
        }
    }
}
