// SPDX-License-Identifier: EUPL-1.2
//! One document of a call: where it stands, as both nodes keep it, as pages show it, and as the record counts it.

use serde::{Deserialize, Serialize};

use super::frame::Hash;
use super::kind::Kind;
use crate::record::Receipt;
use crate::replica::is_direction_mark;

/// The longest name, characters.
pub const NAME_CHARS_MAX: usize = 80;

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// It was offered, and nobody has said yes yet.
    Asked,
    /// It is wanted, and comes when the line has room.
    Moving,
    /// All of it is there.
    There,
    /// It will not be.
    Declined(Declined),
}

/// Why a document is not wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Declined {
    /// The person in the booth said no.
    Person,
    /// It is not what it was said to be, or none that may be exchanged.
    Unfit,
    /// There are too many in this call.
    TooMany,
    /// The other computer cannot keep it.
    Disk,
}

/// A document of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) hash: Hash,
    /// This side gave it.
    pub(super) from_here: bool,
    pub(super) name: String,
    /// Of what comes: unknown until it is there.
    pub(super) kind: Option<Kind>,
    pub(super) bytes: u32,
    /// How much of it the side that gets it has, as far as this one knows.
    #[serde(skip)]
    pub(super) have: u32,
    pub(super) stand: Stand,
    /// When it was there, unix ms.
    pub(super) there_ms: Option<u64>,
    /// The call is over: what the record counts is left.
    pub(super) is_gone: bool,
}

/// A document as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Its name in addresses: 32 hexadecimal digits, and which side gave it.
    pub id: String,
    /// This side gave it.
    pub from_here: bool,
    /// The name that people read, of at most [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// What it is, once that is known.
    pub kind: Option<Kind>,
    /// Its size.
    pub bytes: u32,
    /// How much of it has come, in hundredths.
    pub percent: u8,
    /// Where it stands.
    pub stand: Stand,
}

impl Declined {
    /// Its number between nodes.
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    /// The reason of this number; one of a later version reads as "unfit".
    pub(super) fn from_code(code: u8) -> Self {
        let all = [Self::Person, Self::Unfit, Self::TooMany, Self::Disk];
        all.into_iter().find(|it| it.code() == code).unwrap_or(Self::Unfit)
    }
}

impl Item {
    pub(super) fn id(&self) -> String {
        id_of(&self.hash, self.from_here)
    }

    /// Whether it can be looked at.
    pub(super) fn is_open(&self) -> bool {
        self.stand == Stand::There && !self.is_gone
    }

    pub(super) fn shown(&self) -> Document {
        Document {
            id: self.id(),
            from_here: self.from_here,
            name: self.name.clone(),
            kind: self.kind,
            bytes: self.bytes,
            percent: u8::try_from(u64::from(self.have) * 100 / u64::from(self.bytes.max(1))).unwrap_or(100),
            stand: self.stand,
        }
    }

    pub(super) fn receipt(&self) -> Option<Receipt> {
        let (kind, at_ms) = (self.kind?, self.there_ms?);
        Some(Receipt { sent: self.from_here, kind, bytes: self.bytes, at_ms })
    }
}

/// A document's name in addresses.
pub(super) fn id_of(hash: &Hash, from_here: bool) -> String {
    let way = if from_here { "s" } else { "g" };
    format!("{way}{}", data_encoding::HEXLOWER.encode(&hash[..16]))
}

/// Whether a sign shows, and does nothing else: it does not turn the text round, and hides nothing.
pub(super) fn is_shown(it: &char) -> bool {
    let parts_lines = matches!(*it, '\u{2028}' | '\u{2029}');
    !it.is_control() && !parts_lines && !is_direction_mark(*it)
}

/// A name that people can read in one line: no signs that turn the text round or do anything else but show, no path.
pub(super) fn readable(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(is_shown).take(NAME_CHARS_MAX).collect();
    let name = name.trim();
    if name.is_empty() { "document".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable() {
        // Goal: what the other side calls its file can neither lead elsewhere nor look like something else.
        for (name, expect) in [
            ("carte.pdf", "carte.pdf"),
            ("C:\\Users\\x\\RIB.pdf", "RIB.pdf"),
            ("../../etc/passwd", "passwd"),
            ("facture\u{202e}fdp.exe", "facturefdp.exe"),
            ("a\nb\0c", "abc"),
            ("", "document"),
            ("///", "document"),
            ("  ", "document"),
        ] {
            assert_eq!(readable(name), expect, "{name:?}");
        }
        assert_eq!(readable(&"é".repeat(500)).chars().count(), NAME_CHARS_MAX);
    }
}
