// SPDX-License-Identifier: EUPL-1.2
//! How frames of sound are packed: how many in a datagram, and which are said again, by what the line carries and loses.
//!
//! Pure. Figures with all headers are in docs/calls.md; [`Framing::kbps`] computes them.

use super::FRAME_MS;

/// From this loss on, in a thousand, each frame is said twice: below it, the browser conceals what is missing.
const TWICE_PER_MILLE: u32 = 4;
/// ... and three times.
const THRICE_PER_MILLE: u32 = 80;
/// A line of less, kbit/s, that also loses `THIN_PER_MILLE` takes three frames a datagram (design: 128 kbit/s, 2 %).
const THIN_KBPS: u32 = 128;
const THIN_PER_MILLE: u32 = 20;

/// IPv4 and UDP, then QUIC's short header (flags, 8 bytes of connection id, 2 of number), its tag of 16 bytes, and the
/// DATAGRAM frame's type and length (RFC 9000, 17.3; RFC 9221, 4).
const WRAPPING_BYTES: u32 = 28 + 11 + 16 + 3;
/// Flow, page, number and time of the newest frame; and of each frame its place and length.
const PACK_BYTES: u32 = 8;
const FRAME_BYTES: u32 = 2;

/// One way to pack sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::call) struct Framing {
    /// Frames that are new in a datagram.
    pub(in crate::call) frames: u8,
    /// Which datagrams before are said again in it, counted backwards.
    pub(in crate::call) again: &'static [u8],
}

impl Framing {
    /// What surrounds a datagram on the line.
    pub(in crate::call) const WRAPPING_BYTES: u32 = WRAPPING_BYTES;
    /// Nothing is said twice.
    pub(in crate::call) const ONCE: Self = Self { frames: 1, again: &[] };
    /// The frame before is said again: what a single loss takes comes 20 ms later.
    pub(in crate::call) const TWICE: Self = Self { frames: 1, again: &[1] };
    /// Two of those before, not next to each other: a short burst takes neither.
    pub(in crate::call) const THRICE: Self = Self { frames: 1, again: &[1, 3] };
    /// Three frames, and those of three datagrams before.
    pub(in crate::call) const THIN: Self = Self { frames: 3, again: &[3] };

    /// What suits a line that carries `kbps` and loses `per_mille`.
    pub(in crate::call) fn suited(kbps: u32, per_mille: u32) -> Self {
        if kbps < THIN_KBPS && per_mille >= THIN_PER_MILLE {
            Self::THIN
        } else if kbps < THIN_KBPS || per_mille < TWICE_PER_MILLE {
            Self::ONCE
        } else if per_mille < THRICE_PER_MILLE {
            Self::TWICE
        } else {
            Self::THRICE
        }
    }

    /// What the line carries for it, kbit/s with all headers, when the browser spends `opus_kbps`.
    pub(in crate::call) fn kbps(self, opus_kbps: u32) -> u32 {
        let said = u32::from(self.frames) * (1 + u32::try_from(self.again.len()).unwrap_or(0));
        let frame_ms = u32::try_from(FRAME_MS).unwrap_or(20);
        let frame_bytes = opus_kbps * frame_ms / 8 + FRAME_BYTES;
        let datagram_bytes = WRAPPING_BYTES + PACK_BYTES + said * frame_bytes;
        (datagram_bytes * 8).div_ceil(frame_ms * u32::from(self.frames))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_as_the_line_is() {
        // Goal: a good line says nothing twice, a bad one does, and a thin one saves its headers.
        for (kbps, per_mille, framing) in [
            (1000, 0, Framing::ONCE),
            (1000, 3, Framing::ONCE),
            (1000, 10, Framing::TWICE),
            (200, 50, Framing::TWICE),
            (1000, 100, Framing::THRICE),
            (127, 19, Framing::ONCE),
            (127, 20, Framing::THIN),
            (128, 20, Framing::TWICE),
            (40, 100, Framing::THIN),
        ] {
            assert_eq!(Framing::suited(kbps, per_mille), framing, "{kbps} kbit/s, {per_mille} in a thousand");
        }
    }

    #[test]
    fn what_each_costs() {
        // Goal: the figures that docs/calls.md publishes, with all headers.
        for (framing, opus_kbps, kbps) in [
            (Framing::ONCE, 32, 60),
            (Framing::TWICE, 32, 92),
            (Framing::THRICE, 32, 125),
            (Framing::TWICE, 24, 76),
            (Framing::ONCE, 12, 40),
            (Framing::THIN, 12, 35),
            (Framing::THIN, 16, 43),
        ] {
            assert_eq!(framing.kbps(opus_kbps), kbps, "{framing:?} at {opus_kbps} kbit/s");
        }
    }
}
