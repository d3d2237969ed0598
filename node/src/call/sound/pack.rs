// SPDX-License-Identifier: EUPL-1.2
//! A pack: frames of sound in one datagram, with one number and one time for all of them.
//!
//! `fresh and page || number u16 || time u32 || { frames back || length || Opus }*`, oldest first, big endian. Two bits
//! say how many frames are new in it, six tell one browser's page from the next (the lowest of its RTP source); a length
//! of 255 goes on for another byte. A frame's
//! own number and time follow from how far back it lies: frames are 20 ms, and whatever is not is packed alone.
//! Reads no socket. Invariant: [`unpack`] is total, and gives at most one frame a place.

use std::collections::VecDeque;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use super::{BACK_FRAMES_MAX, FRAME_TICKS, Framing};
use crate::call::rtp::RtpPacket;

/// Largest pack: what a young connection carries in one datagram is 1162 bytes.
const PACK_BYTES_MAX: usize = 1100;
/// Largest frame (RFC 6716, 3.2.1).
const OPUS_BYTES_MAX: usize = 1275;
/// New frames in a pack, at most; above the bits that tell the page.
const FRESH_MAX: usize = 4;
const PAGE_BITS: u8 = 6;
/// A length that goes on.
const LONG: usize = 255;

/// What a pack held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unpacked {
    /// Frames that were sent for the first time, from the newest on.
    pub(super) fresh: u8,
    pub(super) frames: Vec<Frame>,
}

/// A frame that came, and how far behind the newest of its pack it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) back: u8,
    pub(super) packet: RtpPacket,
}

/// Packs one browser's frames. One a line.
#[derive(Debug, Default)]
pub(in crate::call) struct Packer {
    /// The last frames, oldest first.
    kept: VecDeque<RtpPacket>,
    /// Of these, not sent yet.
    waiting: usize,
}

impl Packer {
    /// Takes a frame; gives a pack when one is full.
    pub(in crate::call) fn push(&mut self, packet: &RtpPacket, framing: Framing) -> Option<Bytes> {
        if self.kept.back().is_some_and(|last| last.source != packet.source) {
            *self = Self::default();
        }
        if self.kept.len() > usize::from(BACK_FRAMES_MAX) {
            self.kept.pop_front();
        }
        self.kept.push_back(packet.clone());
        self.waiting += 1;
        if self.waiting < usize::from(framing.frames) {
            return None;
        }
        let fresh = std::mem::take(&mut self.waiting);
        Some(self.pack(fresh, framing))
    }

    fn pack(&self, fresh: usize, framing: Framing) -> Bytes {
        let frames = usize::from(framing.frames);
        let again = framing.again.iter().flat_map(|&packs| (0..frames).map(move |it| usize::from(packs) * frames + it));
        let mut backs: Vec<usize> = (0..fresh).chain(again.filter(|back| *back >= fresh)).collect();
        let newest = &self.kept[self.kept.len() - 1];
        let mut size = 0;
        // What does not fit is the oldest that is said again.
        backs.retain(|&back| {
            let Some(frame) = self.frame(back, newest) else { return false };
            size += frame.payload.len() + 3;
            size <= PACK_BYTES_MAX || back == 0
        });
        backs.sort_unstable_by(|one, other| other.cmp(one));
        let mut bytes = BytesMut::with_capacity(size + 7);
        let fresh = u8::try_from(fresh.clamp(1, FRESH_MAX) - 1).unwrap_or(0);
        bytes.put_u8((fresh << PAGE_BITS) | page_of(newest));
        bytes.put_u16(newest.sequence);
        bytes.put_u32(newest.timestamp);
        for back in backs {
            if let Some(frame) = self.frame(back, newest) {
                bytes.put_u8(u8::try_from(back).unwrap_or(u8::MAX));
                put_length(&mut bytes, frame.payload.len());
                bytes.put_slice(&frame.payload);
            }
        }
        bytes.freeze()
    }

    /// The frame so far behind the newest, where its number and its time are what one would think.
    fn frame(&self, back: usize, newest: &RtpPacket) -> Option<&RtpPacket> {
        let frame = self.kept.get(self.kept.len().checked_sub(back + 1)?)?;
        let (sequence, timestamp) = place(newest.sequence, newest.timestamp, u8::try_from(back).ok()?);
        let is_so = frame.sequence == sequence && frame.timestamp == timestamp;
        (is_so && !frame.payload.is_empty() && frame.payload.len() <= OPUS_BYTES_MAX).then_some(frame)
    }
}

fn page_of(packet: &RtpPacket) -> u8 {
    packet.source.to_be_bytes()[3] & ((1 << PAGE_BITS) - 1)
}

fn place(sequence: u16, timestamp: u32, back: u8) -> (u16, u32) {
    (sequence.wrapping_sub(u16::from(back)), timestamp.wrapping_sub(u32::from(back) * FRAME_TICKS))
}

fn put_length(bytes: &mut BytesMut, mut length: usize) {
    while length >= LONG {
        bytes.put_u8(u8::MAX);
        length -= LONG;
    }
    bytes.put_u8(u8::try_from(length).unwrap_or(0));
}

/// Reads a pack, oldest frame first; `None` for anything else.
pub(super) fn unpack(mut bytes: Bytes) -> Option<Unpacked> {
    if bytes.len() > PACK_BYTES_MAX + OPUS_BYTES_MAX {
        return None;
    }
    let first = bytes.try_get_u8().ok()?;
    let (fresh, page) = ((first >> PAGE_BITS) + 1, first & ((1 << PAGE_BITS) - 1));
    let (number, time) = (bytes.try_get_u16().ok()?, bytes.try_get_u32().ok()?);
    let mut frames: Vec<Frame> = Vec::new();
    while !bytes.is_empty() {
        let back = bytes.try_get_u8().ok()?;
        let before = frames.last().map_or(BACK_FRAMES_MAX + 1, |it| it.back);
        let length = length(&mut bytes)?;
        if back >= before || length == 0 || length > bytes.len() {
            return None;
        }
        let (sequence, timestamp) = place(number, time, back);
        let payload = bytes.split_to(length);
        let packet = RtpPacket { marker: false, sequence, timestamp, source: u32::from(page), payload };
        frames.push(Frame { back, packet });
    }
    (!frames.is_empty()).then_some(Unpacked { fresh, frames })
}

fn length(bytes: &mut Bytes) -> Option<usize> {
    let mut length = 0;
    loop {
        let more = usize::from(bytes.try_get_u8().ok()?);
        length += more;
        if more < LONG || length > OPUS_BYTES_MAX {
            return (length <= OPUS_BYTES_MAX).then_some(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(sequence: u16, bytes: usize) -> RtpPacket {
        let timestamp = u32::from(sequence).wrapping_mul(FRAME_TICKS);
        let payload = Bytes::from(vec![sequence.to_be_bytes()[1] | 1; bytes]);
        RtpPacket { marker: false, sequence, timestamp, source: 7, payload }
    }

    /// What each pack of a long talk carries, as numbers of frames.
    fn packs(framing: Framing, frames: std::ops::Range<u16>) -> Vec<Vec<u16>> {
        let mut packer = Packer::default();
        let packs = frames.filter_map(|sequence| packer.push(&frame(sequence, 40), framing));
        packs.map(|pack| unpack(pack).unwrap().frames.iter().map(|it| it.packet.sequence).collect()).collect()
    }

    #[test]
    fn which_frames_travel_together() {
        // Goal: new frames once, those of earlier datagrams as the framing says, oldest first.
        assert_eq!(packs(Framing::ONCE, 10..13), [[10], [11], [12]]);
        assert_eq!(packs(Framing::TWICE, 10..13), [vec![10], vec![10, 11], vec![11, 12]]);
        assert_eq!(packs(Framing::THRICE, 10..14)[3], [10, 12, 13]);
        let thin = packs(Framing::THIN, 0..15);
        assert_eq!(thin[..3], [[0, 1, 2], [3, 4, 5], [6, 7, 8]]);
        assert_eq!(thin[3..], [[0, 1, 2, 9, 10, 11], [3, 4, 5, 12, 13, 14]]);
    }

    #[test]
    fn frames_come_back_as_they_were() {
        // Goal: of every length, over the end of the numbers, and none that would get another number or time.
        let mut packer = Packer::default();
        for (at, bytes) in [1, 254, 255, 256, 600, 1275].into_iter().enumerate() {
            let sent = frame(u16::try_from(65_533 + at).unwrap_or_else(|_| (at - 3).try_into().unwrap()), bytes);
            let sent = RtpPacket { timestamp: u32::try_from(at).unwrap() * FRAME_TICKS, ..sent };
            let unpacked = unpack(packer.push(&sent, Framing::TWICE).unwrap()).unwrap();
            assert_eq!(unpacked.frames.last().unwrap().packet, sent, "{bytes} bytes");
        }
        let mut packer = Packer::default();
        packer.push(&frame(1, 40), Framing::TWICE);
        let after_a_gap = unpack(packer.push(&frame(3, 40), Framing::TWICE).unwrap()).unwrap();
        assert_eq!(after_a_gap.frames.len(), 1, "frame 1 is not frame 2");
        let other_page = RtpPacket { source: 8, ..frame(4, 40) };
        assert_eq!(unpack(packer.push(&other_page, Framing::TWICE).unwrap()).unwrap().frames.len(), 1);
    }

    #[test]
    fn garbage_is_nothing() {
        // Goal: no bytes panic, and a pack has one form.
        for (case, bytes) in [
            ("nothing", vec![]),
            ("no frame", vec![7, 0, 1, 0, 0, 0, 0]),
            ("an empty frame", vec![7, 0, 1, 0, 0, 0, 0, 0, 0]),
            ("cut short", vec![7, 0, 1, 0, 0, 0, 0, 0, 3, 1, 1]),
            ("too far back", vec![7, 0, 1, 0, 0, 0, 0, 31, 1, 1]),
            ("twice the same", vec![7, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]),
            ("newest first", vec![7, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]),
            ("an endless length", [vec![7, 0, 1, 0, 0, 0, 0, 0], vec![255; 400]].concat()),
        ] {
            assert_eq!(unpack(Bytes::from(bytes)), None, "{case}");
        }
        for seed in 0..4000_u32 {
            let byte = |i: u32| (seed.wrapping_mul(2_654_435_761).rotate_left(i) >> 5) as u8 % 40;
            let bytes: Vec<u8> = (0..seed % 60).map(byte).collect();
            if let Some(pack) = unpack(Bytes::from(bytes)) {
                assert!(pack.frames.len() <= usize::from(BACK_FRAMES_MAX) + 1, "seed {seed}");
            }
        }
    }
}
