// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sealed details: name, telephone, subject, readable by the agency and by the point that booked.
//!
//! A random content key seals the padded details (ChaCha20-Poly1305, RFC 8439); HPKE (RFC 9180: base
//! mode, X25519HkdfSha256, HkdfSha256, ChaCha20Poly1305) wraps that key twice: to the home's public
//! key of the week, and to the writer's own. Associated data binds the folio, the act's number and
//! what is asked or booked, so an envelope moved elsewhere does not open; and the mark of the key.
//!
//! Layout: version (1 byte), the first bytes of the home's key (8), wrap to the home (80), wrap to the
//! writer (80), sealed details.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hpke::aead::ChaCha20Poly1305 as HpkeAead;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::ids::{ActRef, FolioId, ServiceId, SlotId};
use crate::limits::DETAILS_BYTES_MAX;
use crate::time::Span;

const VERSION: u8 = 1;
/// Bytes of the home's key that tell it from the keys before. They are public.
const KEY_MARK_BYTES: usize = 8;
const INFO: &[u8] = b"hameau/envelope/1";
const WRAP_BYTES: usize = 32 + 32 + 16;
const PADDING_BYTES: usize = 256;

/// The secret of one ISO week: 32 random bytes. Destroyed when the week's retention ends.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct WeekSecret([u8; 32]);

/// What an envelope is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The folio of the `book` or `ask`.
    pub folio: FolioId,
    /// The number of the act that carries the envelope.
    pub act: u32,
    /// The appointment it speaks of: the act itself, or the one that an `amend` corrects.
    pub appointment: ActRef,
    /// The minutes.
    pub minutes: Span,
    /// What it is about.
    pub service: ServiceId,
    /// The slots asked or booked; empty for a pool.
    pub slots: Vec<SlotId>,
}

/// Why an envelope was not sealed or opened. Nothing of its content is in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Too long.
    #[error("the details are longer than {DETAILS_BYTES_MAX} bytes")]
    TooLong,
    /// The home's key of the week is not a key.
    #[error("the agency's key of that week is not a key")]
    Key,
    /// It does not open here.
    #[error("the envelope does not open")]
    Closed,
}

/// Who opens: the home it is addressed to, or the writer that sealed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// The home.
    Home,
    /// The writer.
    Writer,
}

impl WeekSecret {
    /// From 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key of the week, 32 bytes: what rides in `open`.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        let (_, public) = X25519HkdfSha256::derive_keypair(&self.0);
        public.to_bytes().into()
    }
}

impl Binding {
    fn bytes(&self, mark: &[u8]) -> Vec<u8> {
        let it = (self.folio, self.act, self.appointment, self.minutes, &self.service, &self.slots);
        let mut bytes = postcard::to_stdvec(&it).expect("plain values always encode into memory");
        bytes.extend(mark);
        bytes
    }
}

/// Seals `details` to the home and to the writer.
///
/// # Errors
/// [`EnvelopeError::TooLong`], [`EnvelopeError::Key`].
pub fn seal(
    details: &[u8],
    binding: &Binding,
    home_key: &[u8; 32],
    own: &WeekSecret,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, EnvelopeError> {
    let mark = &home_key[..KEY_MARK_BYTES];
    let mut envelope = [&[VERSION], mark].concat();
    let bound = binding.bytes(mark);
    let padded = pad(details)?;
    let mut content_key = Zeroizing::new([0_u8; 32]);
    rng.fill_bytes(content_key.as_mut_slice());
    for recipient in [*home_key, own.public()] {
        envelope.extend(wrap(&content_key, &recipient, &bound, rng)?);
    }
    let cipher = ChaCha20Poly1305::new(&Key::from(*content_key));
    // The key is used once, so the nonce may be zero.
    let sealed =
        cipher.encrypt(&Nonce::default(), Payload { msg: &padded, aad: &bound }).map_err(|_| EnvelopeError::TooLong)?;
    envelope.extend(sealed);
    Ok(envelope)
}

/// Opens an envelope.
///
/// # Errors
/// [`EnvelopeError::Closed`]: not for this key, moved, or damaged.
pub fn open(
    envelope: &[u8],
    binding: &Binding,
    opener: Opener,
    secret: &WeekSecret,
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let (mark, rest) = mark_of(envelope).ok_or(EnvelopeError::Closed)?;
    let bound = binding.bytes(mark);
    let (to_home, rest) = rest.split_at_checked(WRAP_BYTES).ok_or(EnvelopeError::Closed)?;
    let (to_writer, sealed) = rest.split_at_checked(WRAP_BYTES).ok_or(EnvelopeError::Closed)?;
    let wrapped = match opener {
        Opener::Home => to_home,
        Opener::Writer => to_writer,
    };
    let content_key = unwrap(wrapped, secret, &bound)?;
    let cipher = ChaCha20Poly1305::new(&Key::from(*content_key));
    let padded = cipher
        .decrypt(&Nonce::default(), Payload { msg: sealed, aad: &bound })
        .map(Zeroizing::new)
        .map_err(|_| EnvelopeError::Closed)?;
    unpad(&padded)
}

/// Whether an envelope says that it is sealed to this key of its home.
#[must_use]
pub fn is_sealed_to(envelope: &[u8], home_key: &[u8; 32]) -> bool {
    mark_of(envelope).is_some_and(|(mark, _)| home_key.starts_with(mark))
}

/// The mark of the key that it is sealed to, and what follows.
fn mark_of(envelope: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&version, rest) = envelope.split_first()?;
    if version == VERSION { rest.split_at_checked(KEY_MARK_BYTES) } else { None }
}

fn wrap(
    content_key: &[u8; 32],
    recipient: &[u8; 32],
    bound: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, EnvelopeError> {
    let recipient = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(recipient).map_err(|_| EnvelopeError::Key)?;
    let (sent, sealed) = single_shot_seal_with_rng::<HpkeAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &recipient,
        INFO,
        content_key,
        bound,
        rng,
    )
    .map_err(|_| EnvelopeError::Key)?;
    let mut wrapped = sent.to_bytes().to_vec();
    wrapped.extend(sealed);
    Ok(wrapped)
}

fn unwrap(wrapped: &[u8], secret: &WeekSecret, bound: &[u8]) -> Result<Zeroizing<[u8; 32]>, EnvelopeError> {
    let (sent, sealed) = wrapped.split_at(32);
    let sent = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(sent).map_err(|_| EnvelopeError::Closed)?;
    let (private, _) = X25519HkdfSha256::derive_keypair(&secret.0);
    let opened = single_shot_open::<HpkeAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &sent,
        INFO,
        sealed,
        bound,
    )
    .map(Zeroizing::new)
    .map_err(|_| EnvelopeError::Closed)?;
    Ok(Zeroizing::new(opened.as_slice().try_into().map_err(|_| EnvelopeError::Closed)?))
}

/// Length (2 bytes), details, zeros up to a multiple of 256 bytes: sizes tell little.
fn pad(details: &[u8]) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let length = u16::try_from(details.len()).map_err(|_| EnvelopeError::TooLong)?;
    if details.len() > DETAILS_BYTES_MAX {
        return Err(EnvelopeError::TooLong);
    }
    let size = (details.len() + 2).next_multiple_of(PADDING_BYTES);
    let mut padded = Zeroizing::new(Vec::with_capacity(size));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(details);
    padded.resize(size, 0);
    Ok(padded)
}

fn unpad(padded: &[u8]) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let (length, rest) = padded.split_at_checked(2).ok_or(EnvelopeError::Closed)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    rest.get(..length).map(|details| Zeroizing::new(details.to_vec())).ok_or(EnvelopeError::Closed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, Leaf, PublicKey, Writer};
    use crate::time::{IsoWeek, UtcMinute};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    fn binding(act: u32) -> Binding {
        let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([2; 8]) };
        let folio = FolioId { writer, leaf: Leaf::Week(IsoWeek(2983)) };
        Binding {
            folio,
            act,
            appointment: ActRef { folio, act },
            minutes: Span { from: UtcMinute(30_000_000), length_min: 30 },
            service: ServiceId::new("carte-vitale").unwrap(),
            slots: vec![SlotId { open: ActRef { folio, act: 1 }, index: 0 }],
        }
    }

    #[test]
    fn opens_for_two_and_nobody_else() {
        // Goal: the home and the writer open it; another key, another place or a changed byte do not.
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (home, own, other) = (WeekSecret::new([3; 32]), WeekSecret::new([4; 32]), WeekSecret::new([5; 32]));
        let sealed = seal(b"Jeanne Demo", &binding(7), &home.public(), &own, &mut rng).unwrap();
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        for (case, envelope, bound, opener, secret, opens) in [
            ("the home", &sealed, binding(7), Opener::Home, &home, true),
            ("the writer", &sealed, binding(7), Opener::Writer, &own, true),
            ("another box", &sealed, binding(7), Opener::Home, &other, false),
            ("moved to another act", &sealed, binding(8), Opener::Home, &home, false),
            ("one byte changed", &changed, binding(7), Opener::Home, &home, false),
            ("cut short", &sealed[..90].to_vec(), binding(7), Opener::Home, &home, false),
        ] {
            let opened = open(envelope, &bound, opener, secret);
            assert_eq!(opened.is_ok_and(|details| *details == b"Jeanne Demo"), opens, "{case}");
        }
    }

    #[test]
    fn tells_which_key_it_is_sealed_to() {
        // Goal: a home that has a new key finds what was sealed to the old one; and the mark is bound, so nobody
        // makes a point seal again by changing it.
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let (home, own, other) = (WeekSecret::new([3; 32]), WeekSecret::new([4; 32]), WeekSecret::new([5; 32]));
        let sealed = seal(b"Jeanne Demo", &binding(7), &home.public(), &own, &mut rng).unwrap();
        let mut marked_otherwise = sealed.clone();
        marked_otherwise[1..=KEY_MARK_BYTES].copy_from_slice(&other.public()[..KEY_MARK_BYTES]);
        let of_another_version = [&[VERSION + 1], &sealed[1..]].concat();
        for (case, envelope, key, says_so) in [
            ("its home's", sealed.as_slice(), home.public(), true),
            ("another key", &sealed, other.public(), false),
            ("another version", &of_another_version, home.public(), false),
            ("nothing", &[], home.public(), false),
        ] {
            assert_eq!(is_sealed_to(envelope, &key), says_so, "{case}");
        }
        for (opener, secret) in [(Opener::Home, &home), (Opener::Writer, &own)] {
            assert_eq!(*open(&sealed, &binding(7), opener, secret).unwrap(), b"Jeanne Demo");
            for envelope in [&marked_otherwise, &of_another_version] {
                assert!(open(envelope, &binding(7), opener, secret).is_err());
            }
        }
    }

    #[test]
    fn lengths_are_hidden_and_bounded() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let (home, own) = (WeekSecret::new([3; 32]), WeekSecret::new([4; 32]));
        let mut size = |length: usize| {
            seal(&vec![b'a'; length], &binding(1), &home.public(), &own, &mut rng).map(|sealed| sealed.len())
        };
        assert_eq!(size(10), size(200));
        assert_eq!(size(DETAILS_BYTES_MAX + 1), Err(EnvelopeError::TooLong));
        assert!(size(DETAILS_BYTES_MAX).unwrap() < crate::limits::ENVELOPE_BYTES_MAX);
    }
}
