// SPDX-License-Identifier: EUPL-1.2
//! Signals on the wire: what two nodes say to each other about one call, beside sound and picture.
//!
//! A frame is `u16 length (big endian) || version byte || postcard`. Nothing here reads a socket.
//! Invariant: [`decode`] is total; a frame that is not exactly one signal of this version is an
//! error, and the caller closes the link. A later version comes with another ALPN.

use serde::{Deserialize, Serialize};

/// Largest frame, version byte included. No signal needs more than 40 bytes; what claims more is cut.
pub const FRAME_BYTES_MAX: usize = 256;
/// The version byte that opens each frame.
pub const VERSION: u8 = 1;

/// A call, named by its appointment: 16 bytes that both nodes derive from the booking.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub [u8; 16]);

/// What one node says of its own side when it comes to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Presence {
    /// A person is in front of the browser.
    pub here: bool,
    /// That person has cut the microphone.
    pub muted: bool,
    /// That person has switched the camera off.
    pub dark: bool,
    /// That person asked for help.
    pub help: bool,
}

/// One signal between the two nodes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// First frame, from the node that dialled: which call, and who is there.
    Hello(CallId, Presence),
    /// The answer: the other node has the same appointment, and who is there.
    Accepted(Presence),
    /// The answer: no. The number is a reason that `call` gives a sentence to.
    Refused(u8),
    /// Something changed in front of the browser.
    Presence(Presence),
    /// How well the sender of this receives, 0 good, 1 fair, 2 poor; more counts as poor.
    Line(u8),
    /// The person hung up: the call is over for both.
    HangUp,
    /// What the sender of this sends of picture and sound, 0 best; more than 4 counts as sound alone.
    Rung(u8),
    /// What the person chose: 0 all that the line carries, 1 small pictures, 2 none from here; more counts as 1.
    Wish(u8),
}

/// A frame that is not a signal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Its length is zero or more than [`FRAME_BYTES_MAX`].
    #[error("a signal of {0} bytes: between 2 and {FRAME_BYTES_MAX} are allowed")]
    Length(usize),
    /// It was written by another version.
    #[error("a signal of version {0}: this node speaks version {VERSION}")]
    Version(u8),
    /// The bytes are not a signal.
    #[error("bytes that are not a signal")]
    Garbage,
}

#[derive(Serialize, Deserialize)]
struct WirePresence {
    here: bool,
    muted: bool,
    dark: bool,
    help: bool,
}

#[derive(Serialize, Deserialize)]
enum WireSignal {
    Hello([u8; 16], WirePresence),
    Accepted(WirePresence),
    Refused(u8),
    Presence(WirePresence),
    Line(u8),
    HangUp,
    Rung(u8),
    Wish(u8),
}

/// Writes a signal as one frame, length included: at most `2 + FRAME_BYTES_MAX` bytes.
#[must_use]
pub fn encode(signal: Signal) -> Vec<u8> {
    let body = postcard::to_allocvec(&WireSignal::from(signal)).expect("signals have no unbounded part");
    let length = u16::try_from(body.len() + 1).expect("a signal is some bytes long");
    let mut frame = Vec::with_capacity(body.len() + 3);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.push(VERSION);
    frame.extend_from_slice(&body);
    frame
}

/// Reads the length that opens a frame.
///
/// # Errors
/// [`FrameError::Length`] when nothing may follow it.
pub fn frame_length(prefix: [u8; 2]) -> Result<usize, FrameError> {
    let length = usize::from(u16::from_be_bytes(prefix));
    if (2..=FRAME_BYTES_MAX).contains(&length) { Ok(length) } else { Err(FrameError::Length(length)) }
}

/// Reads a frame without its length.
///
/// # Errors
/// When it is not exactly one signal of this version.
pub fn decode(frame: &[u8]) -> Result<Signal, FrameError> {
    let (&version, body) = frame.split_first().ok_or(FrameError::Length(0))?;
    if version != VERSION {
        return Err(FrameError::Version(version));
    }
    let (wire, rest) = postcard::take_from_bytes::<WireSignal>(body).map_err(|_| FrameError::Garbage)?;
    if rest.is_empty() { Ok(wire.into()) } else { Err(FrameError::Garbage) }
}

impl From<Presence> for WirePresence {
    fn from(Presence { here, muted, dark, help }: Presence) -> Self {
        Self { here, muted, dark, help }
    }
}

impl From<WirePresence> for Presence {
    fn from(WirePresence { here, muted, dark, help }: WirePresence) -> Self {
        Self { here, muted, dark, help }
    }
}

impl From<Signal> for WireSignal {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Hello(call, presence) => Self::Hello(call.0, presence.into()),
            Signal::Accepted(presence) => Self::Accepted(presence.into()),
            Signal::Refused(reason) => Self::Refused(reason),
            Signal::Presence(presence) => Self::Presence(presence.into()),
            Signal::Line(word) => Self::Line(word),
            Signal::HangUp => Self::HangUp,
            Signal::Rung(rung) => Self::Rung(rung),
            Signal::Wish(wish) => Self::Wish(wish),
        }
    }
}

impl From<WireSignal> for Signal {
    fn from(wire: WireSignal) -> Self {
        match wire {
            WireSignal::Hello(call, presence) => Self::Hello(CallId(call), presence.into()),
            WireSignal::Accepted(presence) => Self::Accepted(presence.into()),
            WireSignal::Refused(reason) => Self::Refused(reason),
            WireSignal::Presence(presence) => Self::Presence(presence.into()),
            WireSignal::Line(word) => Self::Line(word),
            WireSignal::HangUp => Self::HangUp,
            WireSignal::Rung(rung) => Self::Rung(rung),
            WireSignal::Wish(wish) => Self::Wish(wish),
        }
    }
}

impl core::fmt::Display for CallId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl core::fmt::Debug for CallId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "call {}", data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: [Signal; 8] = [
        Signal::Hello(CallId([7; 16]), Presence { here: true, muted: false, dark: true, help: true }),
        Signal::Accepted(Presence { here: false, muted: true, dark: false, help: false }),
        Signal::Refused(3),
        Signal::Presence(Presence { here: true, muted: true, dark: true, help: true }),
        Signal::Line(2),
        Signal::HangUp,
        Signal::Rung(4),
        Signal::Wish(2),
    ];

    #[test]
    fn every_signal_comes_back() {
        // Goal: what is written is read, and the first version's bytes stay as they are.
        for signal in EVERY {
            let frame = encode(signal);
            let length = frame_length([frame[0], frame[1]]).unwrap();
            assert_eq!(length, frame.len() - 2, "{signal:?}");
            assert_eq!(decode(&frame[2..]), Ok(signal));
        }
        assert_eq!(encode(Signal::Refused(3)), [0, 3, 1, 2, 3]);
        assert_eq!(encode(Signal::HangUp), [0, 2, 1, 5]);
    }

    #[test]
    fn garbage_is_an_error() {
        // Goal: no bytes panic, and none but an exact signal pass.
        for (case, frame) in [
            ("nothing", vec![]),
            ("version alone", vec![1]),
            ("another version", vec![2, 5]),
            ("an unknown kind", vec![1, 9]),
            ("cut short", encode(EVERY[0])[2..12].to_vec()),
            ("something after", [&encode(Signal::HangUp)[2..], &[0]].concat()),
            ("not a truth value", vec![1, 1, 7, 7, 7, 7]),
        ] {
            assert!(decode(&frame).is_err(), "{case}");
        }
        for (prefix, fine) in
            [([0, 0], false), ([0, 1], false), ([0, 2], true), ([1, 0], true), ([1, 1], false), ([255, 255], false)]
        {
            assert_eq!(frame_length(prefix).is_ok(), fine, "{prefix:?}");
        }
        for seed in 0..4000_u32 {
            let bytes: Vec<u8> =
                (0..seed % 40).map(|i| (seed.wrapping_mul(2_654_435_761).rotate_left(i) >> 7) as u8).collect();
            if let Ok(signal) = decode(&bytes) {
                assert_eq!(encode(signal)[2..], bytes, "seed {seed}: an accepted frame has one form");
            }
        }
    }
}
