// SPDX-License-Identifier: MIT OR Apache-2.0
//! The signed head of a folio: one signature covers all its acts.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::Hash;
use crate::ids::{FolioId, Leaf, TerritoryId};

/// What every signature of a folio begins with: it can be taken for nothing else.
const DOMAIN: &[u8] = b"hameau/folio/1";

/// The newest change of a folio, signed by its writer. 100 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of acts.
    pub seq: u32,
    /// Hash of the last change.
    pub hash: Hash,
    /// Ed25519 over domain, territory, folio, seq and hash.
    pub signature: [u8; 64],
}

impl Head {
    /// Signs. Deterministic (RFC 8032).
    pub(super) fn sign(territory: TerritoryId, folio: FolioId, seq: u32, hash: Hash, key: &SigningKey) -> Self {
        let signature = key.sign(&message(territory, folio, seq, hash)).to_bytes();
        Self { seq, hash, signature }
    }

    /// Whether the folio's writer signed it. `verify_strict`: weak keys and malleable forms are refused.
    /// What is plainly no signature is refused before any curve arithmetic: all zeros, or a scalar that is
    /// not below 2^253 (RFC 8032, 5.1.7, wants it below the group's order).
    #[must_use]
    pub fn verify(&self, territory: TerritoryId, folio: FolioId) -> bool {
        if self.signature == [0; 64] || self.signature[63] & 0xe0 != 0 {
            return false;
        }
        let Ok(key) = VerifyingKey::from_bytes(&folio.writer.key.0) else { return false };
        let signature = Signature::from_bytes(&self.signature);
        key.verify_strict(&message(territory, folio, self.seq, self.hash), &signature).is_ok()
    }
}

/// Fixed widths, so that no two things read alike: 14 + 32 + 32 + 8 + 1 + 2 + 4 + 32 bytes.
fn message(territory: TerritoryId, folio: FolioId, seq: u32, hash: Hash) -> Vec<u8> {
    let (leaf, week) = match folio.leaf {
        Leaf::Roster => (0_u8, 0),
        Leaf::Profile => (1, 0),
        Leaf::Week(week) => (2, week.0),
    };
    let mut bytes = Vec::with_capacity(125);
    bytes.extend_from_slice(DOMAIN);
    bytes.extend_from_slice(&territory.0);
    bytes.extend_from_slice(&folio.writer.key.0);
    bytes.extend_from_slice(&folio.writer.incarnation.0);
    bytes.push(leaf);
    bytes.extend_from_slice(&week.to_be_bytes());
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes.extend_from_slice(&hash);
    bytes
}
