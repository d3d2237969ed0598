// SPDX-License-Identifier: EUPL-1.2
//! One key, two spellings: the project's [`PublicKey`] and the network's peer id. No other file converts them.
//!
//! Invariant: a peer id read from a key reads back as that key (checked below).

use crdt_calendar::ids::PublicKey;
use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey as NetworkKey, ed25519};
use zeroize::Zeroizing;

/// The pair that signs the handshakes. `None` never happens for 32 bytes; the library says it may.
pub(super) fn keypair(secret: &Zeroizing<[u8; 32]>) -> Option<Keypair> {
    let mut copy = secret.clone();
    Keypair::ed25519_from_bytes(copy.as_mut_slice()).ok()
}

/// The peer id of a key; `None` when the 32 bytes are no point of the curve.
pub(super) fn peer_id(key: PublicKey) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(&key.0).ok()?;
    Some(NetworkKey::from(key).to_peer_id())
}

/// The key of a peer id; `None` for peers whose key is of another kind.
pub(super) fn public_key(peer: PeerId) -> Option<PublicKey> {
    let key = NetworkKey::try_decode_protobuf(peer.as_ref().digest()).ok()?;
    Some(PublicKey(key.try_into_ed25519().ok()?.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for seed in [[1_u8; 32], [77; 32], [255; 32]] {
            let pair = keypair(&Zeroizing::new(seed)).expect("32 bytes");
            let id = pair.public().to_peer_id();
            let key = public_key(id).expect("an Ed25519 key");
            assert_eq!(peer_id(key), Some(id));
            let signing = ed25519_dalek::SigningKey::from_bytes(&seed);
            assert_eq!(signing.verifying_key().to_bytes(), key.0);
        }
    }

    #[test]
    fn foreign_ids_have_no_key() {
        assert_eq!(public_key(PeerId::random()), None);
    }
}
