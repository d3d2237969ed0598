// SPDX-License-Identifier: EUPL-1.2
//! An agency's note on an appointment, in the short time it is in clear. Never in a log: it shows nothing of itself.

use std::fmt;

use crdt_calendar::limits::DETAILS_BYTES_MAX;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 1_000;

/// A note.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Note(String);

impl Note {
    /// A note of what was written; `None`: it is too long, or holds what cannot be shown. Lines may be broken.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim().replace("\r\n", "\n");
        let is_shown = |c: char| c == '\n' || !c.is_control();
        let fits = text.chars().count() <= NOTE_CHARS_MAX && text.len() <= DETAILS_BYTES_MAX;
        (fits && text.chars().all(is_shown)).then_some(Self(text))
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note(…)")
    }
}
