// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boxes of one member in their order.
//!
//! Within one key, each box begins after another or after none; a key that follows another by the
//! roster begins anew. Two beginnings at one place: nobody can say which box is the member's, and
//! the line is frozen until the coordination names a new key. What an earlier key did in its line is
//! past either way.

use std::collections::BTreeMap;

use crate::act::Act;
use crate::folio::Folio;
use crate::ids::{PublicKey, Writer};
use crate::limits::LINE_WRITERS_MAX;

use super::Standing;

/// A member's boxes in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// It has not begun: no profile is here.
    NotBegun,
    /// One after the other; the last is the current one.
    Writers(Vec<Writer>),
    /// These were its boxes; its key was revoked, or its new key has not begun.
    Ended(Vec<Writer>),
    /// Two beginnings at one place: nothing it writes counts until the coordination names a new key.
    Frozen(Vec<Writer>),
}

impl Line {
    /// The current box.
    #[must_use]
    pub fn current(&self) -> Option<Writer> {
        match self {
            Self::Writers(writers) => writers.last().copied(),
            Self::NotBegun | Self::Ended(_) | Self::Frozen(_) => None,
        }
    }

    /// All boxes that have begun.
    #[must_use]
    pub fn writers(&self) -> &[Writer] {
        match self {
            Self::NotBegun => &[],
            Self::Writers(writers) | Self::Ended(writers) | Self::Frozen(writers) => writers,
        }
    }

    pub(super) fn standing(&self, writer: &Writer) -> Standing {
        if self.current() == Some(*writer) {
            Standing::Current
        } else if self.writers().contains(writer) {
            Standing::Past
        } else {
            Standing::Unknown
        }
    }

    pub(super) fn follows(&self, later: &Writer, earlier: &Writer) -> bool {
        let place = |wanted: &Writer| self.writers().iter().position(|it| it == wanted);
        matches!((place(earlier), place(later)), (Some(earlier), Some(later)) if earlier < later)
    }
}

/// The beginnings that are held, by key.
#[derive(Debug, Default)]
pub(super) struct Begins {
    by_key: BTreeMap<PublicKey, Vec<(Writer, Option<Writer>)>>,
}

impl Begins {
    /// A beginning of which there are two versions is none.
    pub(super) fn read(&mut self, profile: &Folio) {
        if profile.is_suspended(1) {
            return;
        }
        if let Some((1, Act::Begin { previous })) = profile.acts().next() {
            let writer = profile.id().writer;
            self.by_key.entry(writer.key).or_default().push((writer, previous));
        }
    }

    /// The line of a member with these keys.
    pub(super) fn line(&self, keys: &[PublicKey], is_revoked: bool) -> Line {
        let Some((last, earlier)) = keys.split_last() else { return Line::NotBegun };
        let mut writers: Vec<Writer> = earlier.iter().flat_map(|key| self.boxes(key).0).collect();
        let (boxes, forked) = self.boxes(last);
        let has_begun = !boxes.is_empty();
        writers.extend(boxes);
        if writers.is_empty() {
            Line::NotBegun
        } else if forked {
            Line::Frozen(writers)
        } else if has_begun && !is_revoked {
            Line::Writers(writers)
        } else {
            Line::Ended(writers)
        }
    }

    /// The boxes of one key in their order, and whether two of them began at one place. Then all that
    /// began are given, those of the undisputed part first.
    fn boxes(&self, key: &PublicKey) -> (Vec<Writer>, bool) {
        let begins = self.by_key.get(key).map_or(&[][..], Vec::as_slice);
        let after = |wanted: Option<Writer>| {
            // A first box of a key may follow a box of an earlier key, or none.
            begins.iter().filter(move |(_, previous)| previous.filter(|it| it.key == *key) == wanted)
        };
        let mut writers: Vec<Writer> = Vec::new();
        let mut last = None;
        while writers.len() < LINE_WRITERS_MAX {
            let mut next = after(last).map(|(writer, _)| *writer).filter(|writer| !writers.contains(writer));
            let Some(writer) = next.next() else { break };
            if next.next().is_some() {
                let disputed: Vec<Writer> =
                    begins.iter().map(|(writer, _)| *writer).filter(|writer| !writers.contains(writer)).collect();
                writers.extend(disputed);
                return (writers, true);
            }
            writers.push(writer);
            last = Some(writer);
        }
        (writers, false)
    }
}
