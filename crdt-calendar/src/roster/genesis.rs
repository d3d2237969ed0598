// SPDX-License-Identifier: MIT OR Apache-2.0
//! The first statement of a territory, and the root's later ones.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::folio::Hash;
use crate::ids::{PublicKey, TerritoryId, Writer};

/// What a territory is: its name, and the key kept on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// Its name, such as `Lot`.
    pub name: String,
    /// The root key.
    pub root: PublicKey,
}

/// A root statement: it names the coordination's box. The highest number counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootStatement {
    /// Its number, from 1.
    pub number: u32,
    /// The coordination's box.
    pub coordination: Writer,
    /// The end of the roster before: (acts, hash of the last).
    pub ends: Option<(u32, Hash)>,
    /// Ed25519 by the root key.
    pub signature: [u8; 64],
}

impl Genesis {
    /// The territory's id: SHA-256 over domain, root key and name.
    #[must_use]
    pub fn territory(&self) -> TerritoryId {
        let mut hash = Sha256::new();
        hash.update(b"hameau/genesis/1");
        hash.update(self.root.0);
        hash.update(self.name.as_bytes());
        TerritoryId(hash.finalize().into())
    }
}

impl RootStatement {
    /// Signs one with the root key.
    #[must_use]
    pub fn sign(
        territory: TerritoryId,
        number: u32,
        coordination: Writer,
        ends: Option<(u32, Hash)>,
        root: &SigningKey,
    ) -> Self {
        let signature = root.sign(&message(territory, number, coordination, ends)).to_bytes();
        Self { number, coordination, ends, signature }
    }

    /// Whether the territory's root signed it.
    #[must_use]
    pub fn verify(&self, genesis: &Genesis) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&genesis.root.0) else { return false };
        let message = message(genesis.territory(), self.number, self.coordination, self.ends);
        key.verify_strict(&message, &Signature::from_bytes(&self.signature)).is_ok()
    }
}

fn message(territory: TerritoryId, number: u32, coordination: Writer, ends: Option<(u32, Hash)>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(140);
    bytes.extend_from_slice(b"hameau/root/1");
    bytes.extend_from_slice(&territory.0);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&coordination.key.0);
    bytes.extend_from_slice(&coordination.incarnation.0);
    bytes.push(u8::from(ends.is_some()));
    if let Some((seq, hash)) = ends {
        bytes.extend_from_slice(&seq.to_be_bytes());
        bytes.extend_from_slice(&hash);
    }
    bytes
}
