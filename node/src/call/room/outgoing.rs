// SPDX-License-Identifier: EUPL-1.2
//! What leaves over one line: the rung that it carries, sound packed for it, picture within what is left.
//!
//! Pure. Sound never waits here; picture does, in its own outbox and to its own budget.

use bytes::Bytes;

use crate::call::evidence::Figures;
use crate::call::ladder::{Ladder, Rung};
use crate::call::outbox::{MOVING_MS, Outbox, STILL_MS};
use crate::call::rate::Rate;
use crate::call::repair::Kept;
use crate::call::rtp::RtpPacket;
use crate::call::sound::{Framing, Packer};
use crate::call::still::{Stills, begins_whole_picture};

/// Of a picture's budget, hundredths that a browser may fill: the rest is the headers of its packets.
const PAYLOAD_HUNDREDTHS: u32 = 90;
/// A round trip from which a repeat that is asked for comes too late, ms: picture is sent twice, where there is room.
const FAR_MS: u32 = 250;
/// Where so much is left for a still picture, kbit/s, it is sent twice: who is silent shows what the line carries by that
/// alone.
const STILL_TWICE_KBPS: u32 = 30;
/// From this loss on, in a thousand, what is asked for is asked for and sent twice: a second round trip comes too late.
const TWICE_PER_MILLE: u32 = 10;
/// Sound is counted over so long at least, ms.
const COUNTED_MS: u64 = 400;

/// The way out.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    rate: Rate,
    ladder: Ladder,
    packer: Packer,
    spent: Spent,
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

/// What sound takes of the line.
#[derive(Debug, Default)]
struct Spent {
    bits: u64,
    /// When counting began: at the first look, for a link may come long after its room.
    since_ms: Option<u64>,
    kbps: Option<u32>,
}

impl Spent {
    fn add(&mut self, pack: &Bytes) {
        self.bits += 8 * (pack.len() as u64 + u64::from(Framing::WRAPPING_BYTES));
    }

    /// Of late, kbit/s; `None` before it was counted.
    fn kbps(&mut self, now_ms: u64) -> Option<u32> {
        let Some(since_ms) = self.since_ms else {
            (self.bits, self.since_ms) = (0, Some(now_ms));
            return None;
        };
        let passed_ms = now_ms.saturating_sub(since_ms);
        if passed_ms >= COUNTED_MS {
            self.kbps = u32::try_from(self.bits / passed_ms).ok();
            (self.bits, self.since_ms) = (0, Some(now_ms));
        }
        self.kbps
    }
}

impl Outgoing {
    /// Takes a packet of sound; gives what is to be sent at once.
    pub(super) fn sound(&mut self, packet: &RtpPacket) -> Vec<Bytes> {
        let packs = self.packer.push(packet, Framing::suited(self.rate.kbps(), self.rate.lost_per_mille()));
        packs.iter().for_each(|pack| self.spent.add(pack));
        packs
    }

    /// Takes a packet of picture. Whether a picture ended with it that is sent.
    pub(super) fn picture(&mut self, packet: &RtpPacket, now_ms: u64) -> bool {
        if self.page.replace(packet.source) != Some(packet.source) {
            self.begin_page();
        }
        self.outbox.drop_stale(now_ms);
        self.leave_out_dropped();
        let rung = self.ladder.rung();
        let passes = match rung {
            Rung::Sound => false,
            Rung::Still => self.stills.passes(packet, self.outbox.is_empty(), now_ms),
            Rung::P480 | Rung::P360 | Rung::P180 => !self.until_whole || begins_whole_picture(&packet.payload),
        };
        self.until_whole = !passes;
        if !passes {
            self.left_out = self.left_out.wrapping_add(1);
            return false;
        }
        let sequence = packet.sequence.wrapping_sub(self.left_out);
        let bytes = RtpPacket { sequence, ..packet.clone() }.to_bytes();
        let is_still = rung == Rung::Still;
        let term_ms = if is_still { STILL_MS } else { MOVING_MS };
        // Nothing follows the last packet of a still picture for seconds: nobody would see that it is missing.
        let twice = self.twice || (is_still && packet.marker);
        self.kept.keep(sequence, bytes.clone(), term_ms, now_ms);
        self.outbox.push(bytes, twice, term_ms, now_ms);
        !self.leave_out_dropped() && packet.marker
    }

    /// Another page's picture has other numbers: nothing of the one before may come among them.
    fn begin_page(&mut self) {
        self.outbox.clear();
        self.outbox.take_dropped();
        (self.kept, self.stills, self.left_out, self.until_whole) = (Kept::default(), Stills::default(), 0, true);
    }

    /// Minds what the outbox has dropped. Whether that was anything.
    fn leave_out_dropped(&mut self) -> bool {
        let dropped = self.outbox.take_dropped();
        if dropped > 0 {
            self.kept.forget(dropped);
            self.stills.drop_last();
            self.left_out = self.left_out.wrapping_add(dropped);
            (self.until_whole, self.wants_whole) = (true, self.ladder.rung() < Rung::Sound);
        }
        dropped > 0
    }

    /// The other node has missed these.
    pub(super) fn repeat(&mut self, numbers: &[u16], now_ms: u64) {
        let given: Vec<Bytes> = numbers.iter().filter_map(|number| self.kept.give(*number, now_ms)).collect();
        for packet in given.iter().cycle().take(given.len() * self.times()) {
            self.outbox.push_repeat(packet.clone(), now_ms);
        }
    }

    /// How often is sent what the line should not lose again.
    pub(super) fn times(&self) -> usize {
        if self.rate.lost_per_mille() >= TWICE_PER_MILLE { 2 } else { 1 }
    }

    /// The next packet of picture that may leave.
    pub(super) fn pop(&mut self, now_ms: u64) -> Option<Bytes> {
        let packet = self.outbox.pop(now_ms);
        self.leave_out_dropped();
        packet
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
        if rung == Rung::Sound {
            self.outbox.clear();
            self.leave_out_dropped();
        }
        let sound_kbps = self.spent.kbps(now_ms).unwrap_or(rung.sound_kbps(kbps, lost));
        let left_kbps = kbps.saturating_sub(sound_kbps);
        self.outbox.pace(left_kbps, now_ms);
        let half_kbps = rung.picture_kbps(kbps, lost) / 2;
        let moves = rung < Rung::Still;
        self.twice = match moves {
            true => figures.rtt_ms >= FAR_MS && lost > 0 && half_kbps >= rung.least_picture_kbps(),
            false => left_kbps >= STILL_TWICE_KBPS,
        };
        self.until_whole |= moves && before >= Rung::Still;
        let is_still_due = rung == Rung::Still && self.outbox.is_empty() && self.stills.is_due(now_ms);
        self.wants_whole |= if moves { self.until_whole } else { is_still_due };
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
        let rung = self.ladder.rung();
        let all = rung.picture_kbps(self.rate.kbps(), self.rate.lost_per_mille());
        all * PAYLOAD_HUNDREDTHS / if self.twice && rung < Rung::Still { 200 } else { 100 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] = &[0x10, 0x50];
    const CHANGE: &[u8] = &[0x10, 0x51];

    fn packet(sequence: u16, payload: &'static [u8]) -> RtpPacket {
        let timestamp = u32::from(sequence) * 4500;
        RtpPacket { marker: true, sequence, timestamp, source: 1, payload: Bytes::from_static(payload) }
    }

    /// A look at a line without a queue, over which so much passes.
    fn look(outgoing: &mut Outgoing, at_ms: u64, passing_kbps: u32, best: Rung) -> Rung {
        let passing_kbps = Some(passing_kbps);
        outgoing.look(Figures { at_ms, rtt_ms: 20, passing_kbps, ..Figures::default() }, best)
    }

    /// The numbers of the packets that leave until then.
    fn leaves(outgoing: &mut Outgoing, until_ms: u64) -> Vec<u16> {
        let left = std::iter::from_fn(|| {
            let due_ms = outgoing.due_ms().filter(|at| *at <= until_ms)?;
            Some(outgoing.pop(due_ms).and_then(|bytes| RtpPacket::parse(&bytes)).map(|it| it.sequence))
        });
        left.flatten().collect()
    }

    /// A voice of so many frames, of so many bytes each.
    fn voice(outgoing: &mut Outgoing, frames: u16, bytes: usize) {
        for number in 0..frames {
            let timestamp = u32::from(number) * 960;
            outgoing.sound(&RtpPacket { timestamp, payload: Bytes::from(vec![1; bytes]), ..packet(number, &[]) });
        }
    }

    /// One on a line that carries so much, as far as is known, after half a second of a voice of 12 kbit/s.
    fn steady(kbps: u32) -> Outgoing {
        let mut outgoing = Outgoing { rate: Rate::of(kbps), ..Outgoing::default() };
        look(&mut outgoing, 0, kbps, Rung::Still);
        voice(&mut outgoing, 25, 30);
        look(&mut outgoing, 500, kbps, Rung::Still);
        outgoing
    }

    /// A whole picture of so many packets with 1,000 bytes each, as the browser sends it.
    fn whole_picture(outgoing: &mut Outgoing, first: u16, packets: u16, source: u32, now_ms: u64) {
        for number in 0..packets {
            let head: &[u8] = if number == 0 { WHOLE } else { &[0x00, 0x50] };
            let payload = Bytes::from([head, &[1; 998]].concat());
            let (sequence, timestamp) = (first + number, u32::from(first) * 4500);
            let marker = number + 1 == packets;
            outgoing.picture(&RtpPacket { marker, sequence, timestamp, source, payload }, now_ms);
        }
    }

    #[test]
    fn a_still_picture_has_the_time_that_it_takes() {
        // Goal: at 15 kbit/s beside the sound, 12 kB leave whole, and no other picture comes between.
        let mut outgoing = steady(48);
        whole_picture(&mut outgoing, 1, 12, 1, 500);
        let mut sent = leaves(&mut outgoing, 5_000);
        whole_picture(&mut outgoing, 13, 12, 1, 5_000);
        sent.extend(leaves(&mut outgoing, 10_000));
        sent.dedup();
        assert_eq!(sent, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        outgoing.repeat(&[12], 10_000);
        assert!(outgoing.pop(11_000).is_some(), "the last one, sent seconds after it came");
    }

    #[test]
    fn nothing_of_a_picture_leaves_after_a_fall_to_sound() {
        // Goal: what waits is dropped at once; when still pictures come again, the first is whole and has the next number.
        let mut outgoing = steady(64);
        whole_picture(&mut outgoing, 1, 8, 1, 500);
        let sent = leaves(&mut outgoing, 1_000);
        assert!((1..8).contains(&sent.len()), "{sent:?}");
        look(&mut outgoing, 1_000, 64, Rung::Sound);
        assert_eq!((outgoing.due_ms(), outgoing.pop(1_001)), (None, None));
        let (mut at_ms, mut rung) = (1_000, Rung::Sound);
        while rung == Rung::Sound {
            at_ms += 500;
            rung = look(&mut outgoing, at_ms, 64, Rung::Still);
            assert!(at_ms < 60_000);
        }
        outgoing.picture(&packet(9, CHANGE), at_ms);
        whole_picture(&mut outgoing, 10, 1, 1, at_ms);
        let next = sent.last().unwrap() + 1;
        assert_eq!(leaves(&mut outgoing, at_ms + 900).first(), Some(&next));
    }

    #[test]
    fn nothing_of_another_page_comes_back() {
        // Goal: after a page was loaded anew, neither what waited nor what was sent of the one before leaves.
        let mut outgoing = steady(100);
        whole_picture(&mut outgoing, 1, 8, 1, 500);
        assert_eq!(leaves(&mut outgoing, 550).first(), Some(&1));
        whole_picture(&mut outgoing, 500, 2, 2, 600);
        let mut sent = leaves(&mut outgoing, 5_000);
        sent.dedup();
        assert_eq!(sent, [500, 501]);
        outgoing.repeat(&[1], 5_000);
        assert_eq!(outgoing.pop(6_000), None);
    }

    #[test]
    fn a_picture_may_use_what_sound_leaves() {
        // Goal: of who is silent, a still picture is sent as fast as the line carries, which shows that it does.
        let mut outgoing = steady(64);
        voice(&mut outgoing, 50, 3);
        look(&mut outgoing, 1_500, 64, Rung::Still);
        whole_picture(&mut outgoing, 1, 8, 1, 1_500);
        let bits = leaves(&mut outgoing, 2_500).len() * 8 * (1_012 + 58);
        assert!((68_000..90_000).contains(&bits), "{bits} in a second, two packets of it saved");
    }

    #[test]
    fn what_is_left_out_leaves_no_gap() {
        // Goal: a viewer of still pictures misses no number, and sees a whole one when the picture moves again.
        let mut outgoing = Outgoing::default();
        assert_eq!(look(&mut outgoing, 0, 200, Rung::Still), Rung::Still);
        assert!(outgoing.wants_whole() && !outgoing.wants_whole());
        let mut sent = Vec::new();
        for (sequence, payload, now_ms) in [(1, CHANGE, 1), (2, WHOLE, 2), (3, CHANGE, 3), (4, WHOLE, 4_000)] {
            outgoing.picture(&packet(sequence, payload), now_ms);
            sent.extend(leaves(&mut outgoing, now_ms + 900));
        }
        sent.dedup();
        assert_eq!(sent, [1, 2]);
        let mut rung = Rung::Still;
        for at_ms in (5_000..12_000).step_by(500) {
            rung = look(&mut outgoing, at_ms, 200, Rung::P480);
        }
        assert!(rung < Rung::Still && outgoing.wants_whole());
        for (sequence, payload) in [(5, CHANGE), (6, WHOLE), (7, CHANGE)] {
            outgoing.picture(&packet(sequence, payload), 12_000);
        }
        assert_eq!(
            leaves(&mut outgoing, 13_000),
            [3, 4],
            "6 is the first that can be shown, and the third that leaves"
        );
        outgoing.repeat(&[3], 12_100);
        assert_eq!(leaves(&mut outgoing, 13_000)[0], 3);
    }
}
