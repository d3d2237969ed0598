// SPDX-License-Identifier: EUPL-1.2
//! Short names of acts and slots for addresses, forms and terminals: 16 hexadecimal digits.
//!
//! A short name is looked up among what is held; one that two things share is refused.

use core::fmt;
use core::str::FromStr;

use crdt_calendar::ids::{ActRef, SlotId};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The first 8 bytes of SHA-256 over a full id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortId(pub [u8; 8]);

/// The short name of an appointment, by its `book` or `ask`.
#[must_use]
pub fn short_act(id: &ActRef) -> ShortId {
    short(b"act", &postcard::to_stdvec(id).unwrap_or_default())
}

/// The short name of a slot.
#[must_use]
pub fn short_slot(id: &SlotId) -> ShortId {
    short(b"slot", &postcard::to_stdvec(id).unwrap_or_default())
}

fn short(what: &[u8], bytes: &[u8]) -> ShortId {
    let digest = Sha256::new().chain_update(what).chain_update(bytes).finalize();
    let mut name = [0; 8];
    name.copy_from_slice(&digest[..8]);
    ShortId(name)
}

impl fmt::Display for ShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl FromStr for ShortId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| ())?;
        Ok(Self(bytes.try_into().map_err(|_| ())?))
    }
}
