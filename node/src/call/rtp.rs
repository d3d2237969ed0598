// SPDX-License-Identifier: EUPL-1.2
//! RTP as it travels between nodes: the fixed header of RFC 3550, 5.1, and the payload. No extension,
//! no contributing source, no padding: what only means something between a browser and its node stays there.
//!
//! Reads no socket. Invariant: [`RtpPacket::parse`] is total; no other parser sees a remote node's bytes.
//!
//! [`Splice`] keeps one browser's stream whole although what feeds it changes: a reloaded page starts
//! with another source, another sequence, another clock, and the receiving browser's SRTP would take
//! a jump back for an old packet (RFC 3711, 3.3.2).

use bytes::{BufMut, Bytes, BytesMut};

/// The fixed header.
const HEADER_BYTES: usize = 12;
/// A jump of more packets than this, either way, is a new beginning: 10 s of sound.
const JUMP_PACKETS_MAX: u16 = 500;

/// One RTP packet, payload type left to each browser's own numbering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtpPacket {
    /// The last packet of a picture, or the first of a talk.
    pub marker: bool,
    /// Number in its stream.
    pub sequence: u16,
    /// Sampling instant, in 1/48000 s for sound, 1/90000 s for picture.
    pub timestamp: u32,
    /// Which stream of which page.
    pub source: u32,
    /// Opus or VP8, as the browser packed it.
    pub payload: Bytes,
}

impl RtpPacket {
    /// As bytes between nodes.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(HEADER_BYTES + self.payload.len());
        bytes.put_u8(0x80);
        bytes.put_u8(u8::from(self.marker) << 7);
        bytes.put_u16(self.sequence);
        bytes.put_u32(self.timestamp);
        bytes.put_u32(self.source);
        bytes.put_slice(&self.payload);
        bytes.freeze()
    }

    /// Reads what [`RtpPacket::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse(bytes: &Bytes) -> Option<Self> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
        if header[0] != 0x80 || header[1] & 0x7f != 0 {
            return None;
        }
        Some(Self {
            marker: header[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([header[2], header[3]]),
            timestamp: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            source: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
            payload: bytes.slice(HEADER_BYTES..),
        })
    }
}

/// A request for a whole picture: the PLI of RFC 4585, 6.3.1, its two sources left at zero.
pub(super) const KEYFRAME_REQUEST: [u8; 12] = [0x81, 206, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0];

/// Makes one stream of what several sources send one after the other.
#[derive(Debug)]
pub(super) struct Splice {
    /// Ticks of the stream's clock in a millisecond.
    ticks_per_ms: u32,
    state: Option<Spliced>,
}

#[derive(Debug)]
struct Spliced {
    source: u32,
    /// Highest number seen of the source.
    seen: u16,
    sequence_shift: u16,
    timestamp_shift: u32,
    /// Highest number written, with its timestamp and when it was written, ms.
    last: (u16, u32, u64),
}

impl Splice {
    /// For a stream whose clock makes so many ticks in a millisecond: 48 for sound, 90 for picture.
    #[must_use]
    pub(super) fn new(ticks_per_ms: u32) -> Self {
        Self { ticks_per_ms, state: None }
    }

    /// The packet's number and timestamp in the spliced stream. `now_ms`: any steady clock.
    pub(super) fn renumber(&mut self, packet: &mut RtpPacket, now_ms: u64) {
        let spliced = match &mut self.state {
            Some(spliced) if spliced.continues(packet) => spliced,
            state => {
                let ticks_per_ms = self.ticks_per_ms;
                state.insert(Spliced::after(state.as_ref(), packet, now_ms, ticks_per_ms))
            }
        };
        let forward = packet.sequence.wrapping_sub(spliced.seen) < 0x8000;
        if forward {
            spliced.seen = packet.sequence;
        }
        packet.sequence = packet.sequence.wrapping_add(spliced.sequence_shift);
        packet.timestamp = packet.timestamp.wrapping_add(spliced.timestamp_shift);
        if forward {
            spliced.last = (packet.sequence, packet.timestamp, now_ms);
        }
    }
}

impl Spliced {
    fn continues(&self, packet: &RtpPacket) -> bool {
        let ahead = packet.sequence.wrapping_sub(self.seen);
        let behind = self.seen.wrapping_sub(packet.sequence);
        packet.source == self.source && (ahead <= JUMP_PACKETS_MAX || behind <= JUMP_PACKETS_MAX)
    }

    /// The next number after what was written, and the time that has passed since.
    fn after(before: Option<&Self>, packet: &RtpPacket, now_ms: u64, ticks_per_ms: u32) -> Self {
        let (sequence, timestamp) = match before {
            None => (packet.sequence, packet.timestamp),
            Some(Self { last: (sequence, timestamp, written_ms), .. }) => {
                let passed = u32::try_from(now_ms.saturating_sub(*written_ms).max(1)).unwrap_or(u32::MAX);
                (sequence.wrapping_add(1), timestamp.wrapping_add(passed.wrapping_mul(ticks_per_ms)))
            }
        };
        Self {
            source: packet.source,
            seen: packet.sequence,
            sequence_shift: sequence.wrapping_sub(packet.sequence),
            timestamp_shift: timestamp.wrapping_sub(packet.timestamp),
            last: (sequence, timestamp, now_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(source: u32, sequence: u16, timestamp: u32) -> RtpPacket {
        RtpPacket { marker: false, sequence, timestamp, source, payload: Bytes::from_static(b"x") }
    }

    #[test]
    fn bytes_come_back_and_garbage_does_not() {
        // Goal: one form on the wire, nothing else passes.
        let mut whole = packet(7, 65_535, u32::MAX);
        whole.marker = true;
        assert_eq!(RtpPacket::parse(&whole.to_bytes()), Some(whole.clone()));
        for length in 0..HEADER_BYTES {
            assert_eq!(RtpPacket::parse(&whole.to_bytes().slice(..length)), None, "{length} bytes");
        }
        for (case, at, byte) in [
            ("another version", 0, 0x40),
            ("an extension", 0, 0x90),
            ("sources", 0, 0x81),
            ("padding", 0, 0xa0),
            ("a payload type", 1, 96),
        ] {
            let mut bytes = whole.to_bytes().to_vec();
            bytes[at] = byte;
            assert_eq!(RtpPacket::parse(&Bytes::from(bytes)), None, "{case}");
        }
    }

    #[test]
    fn a_reloaded_page_goes_on_where_the_last_one_stopped() {
        // Goal: numbers go up by one across a change of source, time by what has passed; gaps within a source stay.
        let mut splice = Splice::new(48);
        let mut check = |given: (u32, u16, u32), now_ms, expect: (u16, u32), case: &str| {
            let mut moved = packet(given.0, given.1, given.2);
            splice.renumber(&mut moved, now_ms);
            assert_eq!((moved.sequence, moved.timestamp), expect, "{case}");
        };
        check((1, 65_534, 1000), 0, (65_534, 1000), "first");
        check((1, 0, 1960), 40, (0, 1960), "one lost, over the end");
        check((1, 65_535, 1480), 41, (65_535, 1480), "the lost one, late");
        check((2, 30_000, 9), 1040, (1, 1960 + 48_000), "another page");
        check((2, 30_003, 969), 1060, (4, 1960 + 48_960), "a gap stays a gap");
        check((2, 10_000, 5), 2060, (5, 1960 + 48_960 + 48_000), "a jump is a new beginning");
        check((1, 3, 0), 2060, (6, 1960 + 48_960 + 48_000 + 48), "time never stands still");
    }
}
