// SPDX-License-Identifier: EUPL-1.2
//! Sound as it comes from the other node: packs opened, doubles dropped, frames laid out in time for the browser.
//!
//! Pure. Invariant: on a line that loses nothing, no frame waits longer than its pack is long.

use bytes::Bytes;

use super::FRAME_MS;
use super::pack::{Unpacked, unpack};
use crate::call::playout::Playout;
use crate::call::rtp::RtpPacket;

/// So long after the last frame that was had only because it was said again, the line is taken for whole again, ms.
const MEMORY_MS: u64 = 15_000;
/// How far back packs reached is remembered for so long, ms: another packing needs another wait.
const REACH_MS: u64 = 2_000;
/// The unsteadiness that the wait makes up for, ms: what is beyond is the browser's.
const UNSTEADY_MS_MAX: u64 = 100;
const TICKS_PER_MS: u32 = 48;

/// The sound of one line.
#[derive(Debug)]
pub(in crate::call) struct Inlet {
    playout: Playout,
    /// How many frames lie between the newest and the oldest of a pack, the most of late, and when that was, ms.
    reach: (u8, u64),
    repaired_ms: Option<u64>,
    begun: bool,
}

impl Inlet {
    pub(in crate::call) fn new() -> Self {
        Self { playout: Playout::new(TICKS_PER_MS), reach: (0, 0), repaired_ms: None, begun: false }
    }

    /// Takes a pack; what is none is dropped.
    pub(in crate::call) fn push(&mut self, pack: Bytes, now_ms: u64) {
        let Some(Unpacked { fresh, frames }) = unpack(pack) else { return };
        let oldest = frames[0].back;
        if oldest >= self.reach.0 || now_ms.saturating_sub(self.reach.1) > REACH_MS {
            self.reach = (oldest, now_ms);
        }
        for frame in frames {
            let is_new = self.playout.push(frame.packet, frame.back == 0, now_ms);
            // The first pack says again what nobody heard.
            if is_new && frame.back >= fresh && self.begun {
                self.repaired_ms = Some(now_ms);
            }
        }
        self.begun = true;
        self.playout.want(self.wanted_ms(fresh, now_ms));
    }

    /// What leaves room for what is said again, where the line is seen to lose; else for the pack alone.
    fn wanted_ms(&self, fresh: u8, now_ms: u64) -> u64 {
        let loses = self.repaired_ms.is_some_and(|at| now_ms.saturating_sub(at) < MEMORY_MS);
        let frames = if loses { self.reach.0 } else { fresh - 1 };
        match u64::from(frames) * FRAME_MS {
            0 => 0,
            span => span + self.playout.unsteady_ms().min(UNSTEADY_MS_MAX),
        }
    }

    /// The next frame that is due.
    pub(in crate::call) fn pop(&mut self, now_ms: u64) -> Option<RtpPacket> {
        self.playout.pop(now_ms)
    }

    /// Frames that passed since this was last asked, and that never came.
    pub(in crate::call) fn heard(&mut self) -> (u64, u64) {
        self.playout.passed()
    }

    /// What frames wait here, ms.
    pub(in crate::call) fn wait_ms(&self) -> u64 {
        self.playout.wait_ms()
    }

    /// When to look again.
    pub(in crate::call) fn due_ms(&self) -> Option<u64> {
        self.playout.due_ms()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::sound::{FRAME_TICKS, Framing, Packer};

    /// Frames of a minute that arrive in their place, in a thousand, over a line that loses every `one_in`th pack;
    /// and what the last ones waited, ms.
    fn heard(framing: Framing, one_in: usize) -> (usize, u64) {
        let (mut packer, mut inlet) = (Packer::default(), Inlet::new());
        let (mut packs, mut last, mut played) = (0, None, 0);
        for now_ms in (0..60_000).step_by(5) {
            if now_ms % 20 == 0 {
                let sequence = u16::try_from(now_ms / 20).unwrap();
                let timestamp = u32::from(sequence) * FRAME_TICKS;
                let payload = Bytes::from_static(b"opus");
                let frame = RtpPacket { marker: false, sequence, timestamp, source: 1, payload };
                if let Some(pack) = packer.push(&frame, framing) {
                    packs += 1;
                    if packs % one_in != 0 {
                        inlet.push(pack, now_ms);
                    }
                }
            }
            while let Some(frame) = inlet.pop(now_ms) {
                played += u64::from(last.is_none_or(|last| frame.sequence > last));
                last = last.max(Some(frame.sequence));
            }
        }
        let (passed, missing) = inlet.heard();
        assert!(passed >= played, "all that came is counted");
        assert!(passed + missing <= 3_000 && passed + missing >= 2_980, "{missing} of {passed}");
        (usize::try_from(played).unwrap() / 3, inlet.wait_ms())
    }

    #[test]
    fn what_is_said_again_is_heard_in_its_place() {
        // Goal: single losses cost nothing but the wait that repairs them; without losses there is none.
        for (case, framing, one_in, heard_of_thousand, wait_ms) in [
            ("a good line", Framing::TWICE, usize::MAX, 999, 0),
            ("nothing is said again", Framing::ONCE, 10, 899, 0),
            ("twice", Framing::TWICE, 10, 999, 20),
            ("thrice, two of three lost", Framing::THRICE, 2, 999, 60),
            ("thin, a good line", Framing::THIN, usize::MAX, 998, 40),
            ("thin", Framing::THIN, 10, 994, 220),
        ] {
            let (played, waited) = heard(framing, one_in);
            assert!(played >= heard_of_thousand, "{case}: {played} of 1000");
            assert!(waited.abs_diff(wait_ms) <= 45, "{case}: waits {waited} ms instead of {wait_ms}");
        }
    }
}
