// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names of things: keys, writers, folios, acts, slots. Small values that compare, hash and order.
//!
//! Nothing here checks a signature or reads a calendar; an id says *which*, never *whether*.

use core::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::limits::NAME_BYTES_MAX;
use crate::time::IsoWeek;

/// An Ed25519 public key, 32 bytes: a box's name on every network and under every signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PublicKey(pub [u8; 32]);

/// Eight random bytes drawn when a box starts a new life: after a restore, a roll-back, a full folio.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Incarnation(pub [u8; 8]);

/// A territory: SHA-256 of its genesis statement, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TerritoryId(pub [u8; 32]);

/// One box in one life. All that it writes, it writes alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Writer {
    /// The box's key.
    pub key: PublicKey,
    /// Its life.
    pub incarnation: Incarnation,
}

/// What a folio is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Leaf {
    /// The coordination's roster of members.
    Roster,
    /// What a member says of itself, without date.
    Profile,
    /// The appointments of one ISO week, cut in UTC.
    Week(IsoWeek),
}

/// One folio: one writer, one leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FolioId {
    /// Who writes it, alone.
    pub writer: Writer,
    /// What it is about.
    pub leaf: Leaf,
}

/// What stands for a folio where its holders compare what they have: the first 8 bytes of SHA-256 over its id. Two
/// folios of one short id: whoever grinds keys for it (2^64 tries) hides its own folio behind another's, no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShortId(pub [u8; 8]);

/// One act: the folio and its number there, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActRef {
    /// The folio that holds it.
    pub folio: FolioId,
    /// Its number, from 1.
    pub act: u32,
}

/// A slot: the `open` that cut it, and its place there, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlotId {
    /// The `open` act, in the home's folio of the week.
    pub open: ActRef,
    /// Its place among the slots that this act cut, from 0.
    pub index: u16,
}

/// Tenure `number` of a slot, counted from 1: who may book it, for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tenure {
    /// The slot.
    pub slot: SlotId,
    /// The tenure's number, from 1.
    pub number: u16,
}

/// A member's stable name, such as `puy-leveque`: 1 to 32 bytes of `a-z`, `0-9` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MemberId(String);

/// A desk of a member: `cpam-46/1`. The member's line alone opens it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeskId {
    /// The desk's home.
    pub home: MemberId,
    /// Its number at home.
    pub number: u8,
}

/// A service of an agency, such as `carte-vitale`: the same letters as a member's name.
pub type ServiceId = MemberId;

/// A booth, by its number at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BoothId(pub u8);

/// A name that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("« {0} » is not a name: write 1 to 32 letters a-z, digits or hyphens, for instance puy-leveque")]
pub struct NameError(pub String);

impl FolioId {
    /// Its short id. One hash.
    ///
    /// # Panics
    /// Never: plain values always encode into memory.
    #[must_use]
    pub fn short(&self) -> ShortId {
        let id = postcard::to_stdvec(self).expect("plain values always encode into memory");
        let hash = Sha256::new().chain_update(b"hameau/short/1").chain_update(id).finalize();
        let mut short = [0; 8];
        short.copy_from_slice(&hash[..8]);
        ShortId(short)
    }
}

impl MemberId {
    /// Checks and keeps a name.
    ///
    /// # Errors
    /// [`NameError`] when it is empty, too long, or has another character.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(letters) {
            let shown: String = name.chars().take(40).collect();
            return Err(NameError(shown));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for MemberId {
    fn deserialize<D: serde::Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        let name = String::deserialize(de)?;
        Self::new(&name).map_err(serde::de::Error::custom)
    }
}

impl PublicKey {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.trim().to_lowercase().as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}", HEXLOWER.encode(&self.0[..4]))
    }
}

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "life {}", HEXLOWER.encode(&self.0[..4]))
    }
}

impl fmt::Display for TerritoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for TerritoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "territory {}", HEXLOWER.encode(&self.0[..4]))
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for DeskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.home, self.number)
    }
}

impl fmt::Debug for DeskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
