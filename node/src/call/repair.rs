// SPDX-License-Identifier: EUPL-1.2
//! Packets of picture that the line lost, asked for again by the receiving node and sent again by the other.
//!
//! Pure. Sound is not asked for again: it is said again before anybody asks (`sound`). A browser's own requests reach
//! its node only, over a line that loses nothing. Invariant: at most [`MISSING_MAX`] packets are waited for, each asked
//! for [`ASKED_MAX`] times at most, and none after [`AGE_MS_MAX`].

use std::collections::{BTreeMap, VecDeque};

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// What is missing at once, at most. Beyond, a whole picture is cheaper.
const MISSING_MAX: usize = 64;
/// How often one packet is asked for.
const ASKED_MAX: u32 = 4;
/// How often one packet is given, whoever asks; and no sooner again than this, ms: an honest one waits for a round trip.
const GIVEN_MAX: u8 = 4;
const AGAIN_MS_MIN: u64 = 30;
/// What came later than this after its turn would be shown to nobody, ms.
const AGE_MS_MAX: u64 = 2_000;
/// A repeat takes a round trip and this, ms, before it is asked for once more.
const PATIENCE_MS: u64 = 40;
/// Packets that can be sent again: two seconds of a large picture.
const KEPT_MAX: usize = 256;

/// Transport feedback, generic (RFC 4585, 6.2.1), its two sources left at zero as in [`super::rtp::KEYFRAME_REQUEST`].
const NACK: [u8; 2] = [0x81, 205];
const HEADER_BYTES: usize = 12;

/// What is missing of the picture that comes.
#[derive(Debug, Default)]
pub(super) struct Missing {
    source: u32,
    newest: Option<u16>,
    /// Number, counted on over the end of its 16 bits: when it was missed, and when and how often it was asked for.
    missing: BTreeMap<u16, Asked>,
    lost: bool,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    since_ms: u64,
    last_ms: Option<u64>,
    times: u32,
}

impl Missing {
    /// A packet came.
    pub(super) fn came(&mut self, source: u32, sequence: u16, now_ms: u64) {
        let newest = match self.newest.filter(|_| source == self.source) {
            Some(newest) => newest,
            None => {
                *self = Self { source, newest: Some(sequence), ..Self::default() };
                return;
            }
        };
        self.missing.remove(&sequence);
        let steps = usize::from(sequence.wrapping_sub(newest));
        if steps == 0 || steps >= 0x8000 {
            return;
        }
        self.newest = Some(sequence);
        if steps - 1 + self.missing.len() > MISSING_MAX {
            self.missing.clear();
            self.lost = true;
            return;
        }
        for number in 1..steps {
            let number = newest.wrapping_add(u16::try_from(number).unwrap_or(0));
            self.missing.insert(number, Asked { since_ms: now_ms, last_ms: None, times: 0 });
        }
    }

    /// What to ask for now.
    pub(super) fn ask(&mut self, rtt_ms: u64, now_ms: u64) -> Vec<u16> {
        let before = self.missing.len();
        self.missing.retain(|_, it| {
            let waits = it.times < ASKED_MAX || it.last_ms.is_some_and(|at| now_ms < at + rtt_ms + PATIENCE_MS);
            waits && now_ms.saturating_sub(it.since_ms) < AGE_MS_MAX
        });
        self.lost |= self.missing.len() < before;
        let due = |it: &Asked| it.times < ASKED_MAX && it.last_ms.is_none_or(|at| now_ms >= at + rtt_ms + PATIENCE_MS);
        let due = self.missing.iter_mut().filter(|(_, it)| due(it));
        due.map(|(number, it)| {
            (it.last_ms, it.times) = (Some(now_ms), it.times + 1);
            *number
        })
        .collect()
    }

    /// Whether something was given up since this was last asked: then only a whole picture helps.
    pub(super) fn gave_up(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    /// Whether anything is waited for.
    pub(super) fn waits(&self) -> bool {
        !self.missing.is_empty()
    }
}

/// The request for these packets.
pub(super) fn request(numbers: &[u16]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(HEADER_BYTES + 4 * numbers.len());
    bytes.put_slice(&NACK);
    bytes.put_u16(u16::try_from(2 + numbers.len()).unwrap_or(0));
    bytes.put_bytes(0, 8);
    for number in numbers {
        bytes.put_u16(*number);
        bytes.put_u16(0);
    }
    bytes.freeze()
}

/// The packets that are asked for; `None` when it is no such request.
pub(super) fn requested(bytes: &Bytes) -> Option<Vec<u16>> {
    let body = bytes.get(HEADER_BYTES..)?;
    if bytes[..2] != NACK || body.len() % 4 != 0 || body.len() / 4 > MISSING_MAX {
        return None;
    }
    Some(body.chunks_exact(4).map(|mut it| it.get_u16()).collect())
}

/// A packet that was sent.
#[derive(Debug)]
struct Sent {
    sequence: u16,
    at_ms: u64,
    bytes: Bytes,
    /// How often it was given again, and when last.
    given: u8,
    given_ms: u64,
}

/// The last packets that were sent.
#[derive(Debug, Default)]
pub(super) struct Kept {
    packets: VecDeque<Sent>,
}

impl Kept {
    /// Keeps a packet.
    pub(super) fn keep(&mut self, sequence: u16, packet: Bytes, now_ms: u64) {
        if self.packets.len() == KEPT_MAX {
            self.packets.pop_front();
        }
        self.packets.push_back(Sent { sequence, at_ms: now_ms, bytes: packet, given: 0, given_ms: now_ms });
    }

    /// Forgets the last ones: they were never sent.
    pub(super) fn forget(&mut self, count: u16) {
        self.packets.truncate(self.packets.len().saturating_sub(count.into()));
    }

    /// The packet of this number, where it is not too old, and was not given again a moment ago or often enough: whoever
    /// asks for more gets no more.
    pub(super) fn give(&mut self, sequence: u16, now_ms: u64) -> Option<Bytes> {
        let sent = self.packets.iter_mut().rev().find(|sent| sent.sequence == sequence)?;
        let is_fresh = now_ms.saturating_sub(sent.at_ms) < AGE_MS_MAX;
        let is_soon = sent.given > 0 && now_ms.saturating_sub(sent.given_ms) < AGAIN_MS_MIN;
        if !is_fresh || is_soon || sent.given >= GIVEN_MAX {
            return None;
        }
        (sent.given, sent.given_ms) = (sent.given + 1, now_ms);
        Some(sent.bytes.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_asked_for_a_few_times() {
        // Goal: at once, then after each round trip, then never; what comes is not asked for.
        let mut missing = Missing::default();
        missing.came(1, 65_534, 0);
        missing.came(1, 2, 10);
        assert_eq!(missing.ask(100, 10), [0, 1, 65_535]);
        missing.came(1, 0, 50);
        assert!(missing.ask(100, 149).is_empty());
        assert_eq!(missing.ask(100, 150), [1, 65_535]);
        assert_eq!(missing.ask(100, 290), [1, 65_535]);
        assert_eq!(missing.ask(100, 430), [1, 65_535]);
        assert!(!missing.gave_up());
        assert!(missing.ask(100, 570).is_empty());
        assert!(missing.gave_up() && !missing.waits());
    }

    #[test]
    fn too_much_is_given_up() {
        // Goal: a long gap and a long wait end in a whole picture; another page begins anew.
        let mut missing = Missing::default();
        missing.came(1, 10, 0);
        missing.came(1, 10 + 66, 0);
        assert!(missing.gave_up() && !missing.waits());
        missing.came(1, 78, 0);
        assert_eq!(missing.ask(5_000, 0), [77]);
        assert!(missing.ask(5_000, AGE_MS_MAX).is_empty());
        assert!(missing.gave_up());
        missing.came(1, 80, 0);
        missing.came(2, 500, 0);
        assert!(missing.ask(0, 0).is_empty());
        assert!(!missing.gave_up());
    }

    #[test]
    fn requests_come_back_and_garbage_does_not() {
        for numbers in [vec![], vec![7], (0..64).collect()] {
            assert_eq!(requested(&request(&numbers)), Some(numbers));
        }
        let long: Vec<u16> = (0..65).collect();
        assert_eq!(requested(&request(&long)), None);
        for (case, bytes) in [("nothing", vec![]), ("another kind", vec![0x81, 206, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0])] {
            assert_eq!(requested(&Bytes::from(bytes)), None, "{case}");
        }
        assert_eq!(requested(&request(&[1]).slice(..14)), None, "cut short");
    }

    #[test]
    fn old_packets_are_not_sent_again() {
        let mut kept = Kept::default();
        for number in 0..300_u16 {
            kept.keep(number, Bytes::from_static(b"x"), u64::from(number));
        }
        let gives = |kept: &mut Kept, number, now_ms| kept.give(number, now_ms).is_some();
        assert!(gives(&mut kept, 299, 300) && gives(&mut kept, 44, 300));
        assert!(!gives(&mut kept, 43, 300), "too many came after");
        kept.forget(2);
        assert!(gives(&mut kept, 297, 300) && !gives(&mut kept, 298, 300), "never sent");
        assert!(!gives(&mut kept, 297, 300 + AGAIN_MS_MIN - 1), "a moment ago");
        for again in 1..u64::from(GIVEN_MAX) {
            assert!(gives(&mut kept, 297, 300 + again * AGAIN_MS_MIN));
        }
        assert!(!gives(&mut kept, 297, 1_000), "often enough");
        assert!(!gives(&mut kept, 296, 296 + AGE_MS_MAX), "too old");
    }
}
