// SPDX-License-Identifier: EUPL-1.2
//! Still pictures: of a browser's moving picture only a whole one every few seconds.
//!
//! Pure. Reads of VP8 whether a packet begins a whole picture (RFC 7741, 4.2 and 4.3), and nothing else.

use super::rtp::RtpPacket;

/// A still picture is wanted so often, ms.
const EVERY_MS: u64 = 4_000;
/// One that comes much sooner is left out.
const SOONEST_MS: u64 = 3_000;

/// The still pictures of one line.
#[derive(Debug, Default)]
pub(super) struct Stills {
    last_ms: Option<u64>,
    passing: Option<u32>,
}

impl Stills {
    /// Whether this packet belongs to a still picture that is sent.
    pub(super) fn passes(&mut self, packet: &RtpPacket, now_ms: u64) -> bool {
        if self.passing == Some(packet.timestamp) {
            return true;
        }
        let soon = self.last_ms.is_some_and(|at| now_ms.saturating_sub(at) < SOONEST_MS);
        if soon || !begins_whole_picture(&packet.payload) {
            return false;
        }
        (self.last_ms, self.passing) = (Some(now_ms), Some(packet.timestamp));
        true
    }

    /// Whether the browser should be asked for the next one.
    pub(super) fn is_due(&self, now_ms: u64) -> bool {
        self.last_ms.is_none_or(|at| now_ms.saturating_sub(at) >= EVERY_MS)
    }
}

/// Whether a VP8 packet is the first of a picture that needs no other.
pub(super) fn begins_whole_picture(payload: &[u8]) -> bool {
    let Some(&first) = payload.first() else { return false };
    // S set and partition 0: the packet begins a picture.
    if first & 0x17 != 0x10 {
        return false;
    }
    let mut at = 1;
    if first & 0x80 != 0 {
        let Some(&extensions) = payload.get(1) else { return false };
        at = 2;
        if extensions & 0x80 != 0 {
            at += if payload.get(2).is_some_and(|it| it & 0x80 != 0) { 2 } else { 1 };
        }
        at += usize::from(extensions & 0x40 != 0) + usize::from(extensions & 0x30 != 0);
    }
    payload.get(at).is_some_and(|header| header & 1 == 0)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn knows_the_first_packet_of_a_whole_picture() {
        for (case, payload, whole) in [
            ("nothing", vec![], false),
            ("whole, bare", vec![0x10, 0x50], true),
            ("a change, bare", vec![0x10, 0x51], false),
            ("not the first packet", vec![0x00, 0x50], false),
            ("another partition", vec![0x11, 0x50], false),
            ("whole, long number", vec![0x90, 0x80, 0x81, 0x02, 0x50], true),
            ("whole, short number, layers", vec![0x90, 0xf0, 0x01, 0x02, 0x03, 0x50], true),
            ("a change, long number", vec![0x90, 0x80, 0x81, 0x02, 0x51], false),
            ("cut short", vec![0x90, 0x80, 0x81], false),
        ] {
            assert_eq!(begins_whole_picture(&payload), whole, "{case}");
        }
    }

    #[test]
    fn one_whole_picture_every_few_seconds() {
        let packet = |timestamp, payload: &'static [u8]| RtpPacket {
            marker: false,
            sequence: 1,
            timestamp,
            source: 1,
            payload: Bytes::from_static(payload),
        };
        let (whole, change): (&[u8], &[u8]) = (&[0x10, 0x50], &[0x10, 0x51]);
        let mut stills = Stills::default();
        assert!(stills.is_due(0));
        assert!(!stills.passes(&packet(1, change), 0));
        assert!(stills.passes(&packet(2, whole), 10));
        assert!(stills.passes(&packet(2, &[0x00, 9]), 12), "its second packet");
        assert!(!stills.passes(&packet(3, whole), 1_000), "too soon");
        assert!(!stills.is_due(4_009));
        assert!(stills.is_due(4_010));
        assert!(stills.passes(&packet(4, whole), 4_050));
    }
}
