// SPDX-License-Identifier: EUPL-1.2
//! The codes on a printed slip: an appointment that travels in a person's pocket from a point to an agency.
//!
//! One QR code holds base32 (RFC 4648, without padding) of: version 1, its place among the slip's codes from 1, how
//! many there are, and one frame of acts as it travels on the network. Base32, because a hand scanner types what it
//! reads as if on a keyboard: capitals and digits survive. Details stay sealed, as everywhere.

use std::fmt::Write as _;

use crdt_calendar::folio::Batch;
use crdt_calendar::ids::{ActRef, Leaf};
use crdt_calendar::wire::frame::{self, Frame};
use data_encoding::BASE32_NOPAD;
use qrcodegen::{QrCode, QrCodeEcc};

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 3;

/// A frame in one code. 1,285 characters with it: a QR code of 113 modules at most, of which a seventh may be
/// unreadable (ISO/IEC 18004, level M); on 48 mm a module is 0.4 mm.
pub const FRAME_BYTES_MAX: usize = 800;
/// Codes on one slip; what takes more travels on a USB key.
pub const CODES_MAX: usize = 6;
/// Characters of a code, with those that a person may have added around and between.
pub const TEXT_CHARS_MAX: usize = 2_000;

/// One code that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Its place among the slip's codes, from 1.
    pub place: u8,
    /// How many there are.
    pub count: u8,
    /// The frame, for the gate.
    pub frame: Vec<u8>,
    /// What it holds.
    pub batch: Batch,
}

/// Why a code cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeError {
    /// It is no code of a slip, or not whole.
    Form,
    /// Another version wrote it.
    Version,
}

impl Code {
    /// The appointment that the slip is about, of its last code; of another, one that comes before it.
    #[must_use]
    pub fn appointment(&self) -> ActRef {
        ActRef { folio: self.batch.folio, act: self.batch.head.seq }
    }

    /// Reads what a scanner typed. Spaces and small letters do no harm. Nothing is believed yet but the form.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn read(text: &str) -> Result<Self, CodeError> {
        if text.len() > TEXT_CHARS_MAX {
            return Err(CodeError::Form);
        }
        let typed: String = text.split_whitespace().collect::<String>().to_ascii_uppercase();
        let bytes = BASE32_NOPAD.decode(typed.as_bytes()).map_err(|_| CodeError::Form)?;
        let (header, frame) = bytes.split_at_checked(HEADER_BYTES).ok_or(CodeError::Form)?;
        let [version, place, count] = *header else { return Err(CodeError::Form) };
        if version != VERSION {
            return Err(CodeError::Version);
        }
        if place == 0 || place > count || usize::from(count) > CODES_MAX || frame.len() > FRAME_BYTES_MAX {
            return Err(CodeError::Form);
        }
        let batch = match frame::decode(frame) {
            Ok(Frame::Acts(batch)) if matches!(batch.folio.leaf, Leaf::Week(_)) => batch,
            Err(frame::FrameError::Version(_)) => return Err(CodeError::Version),
            _ => return Err(CodeError::Form),
        };
        Ok(Self { place, count, frame: frame.to_vec(), batch })
    }
}

/// The texts of a slip's codes; `None` where there are too many.
#[must_use]
pub fn texts(frames: &[Vec<u8>]) -> Option<Vec<String>> {
    let count = u8::try_from(frames.len()).ok().filter(|count| usize::from(*count) <= CODES_MAX)?;
    let text =
        |(place, frame): (u8, &Vec<u8>)| BASE32_NOPAD.encode(&[&[VERSION, place, count], frame.as_slice()].concat());
    Some((1..=count).zip(frames).map(text).collect())
}

/// A QR code as the path of a drawing, one unit a module, and its width with the quiet zone of 4 modules around it.
#[must_use]
pub fn drawing(text: &str) -> Option<(String, i32)> {
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut rest = 0..size;
        while let Some(from) = rest.find(|x| code.get_module(*x, y)) {
            let wide = rest.find(|x| !code.get_module(*x, y)).unwrap_or(size) - from;
            write!(path, "M{} {}h{wide}v1h-{wide}z", from + QUIET, y + QUIET).ok()?;
        }
    }
    Some((path, size + 2 * QUIET))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_codes_are_read() {
        // Goal: cut at any length, changed in its head, of a later version, or no code at all: refused, never a panic.
        for text in ["", " ", "AEAQ", "é", "https://example.org/", "AEAQCAI=", &"A".repeat(TEXT_CHARS_MAX + 1)] {
            assert_eq!(Code::read(text).err(), Some(CodeError::Form), "{text:.20}");
        }
        let later = BASE32_NOPAD.encode(&[2, 1, 1, 1, 2]);
        assert_eq!(Code::read(&later).err(), Some(CodeError::Version));
        let many = vec![vec![1]; CODES_MAX + 1];
        assert_eq!(texts(&many), None);
        let (path, width) = drawing(&"A".repeat(1_285)).expect("it fits");
        assert!(path.len() > 10_000 && width == 113 + 8, "{width}");
    }
}
