// SPDX-License-Identifier: EUPL-1.2
//! A backup: all files of a box's folder, sealed with a passphrase, for a disk that is lost.
//!
//! | bytes | what |
//! |---|---|
//! | 14 + 1 | `hameau-backup\n`, version 1 |
//! | 16 | salt |
//! | n + 16 | [`Content`], ChaCha20-Poly1305 under Argon2id of passphrase and salt, the bytes before as associated data |
//! | 32 | SHA-256 of everything before: tells a damaged file from a wrong passphrase |
//!
//! It expires: restored later than [`TERM_SEALED_WEEKS`] after it was made, it is refused; before, the secrets of weeks past
//! that term are left out. A restored box has the same key and begins a new life (`crdt_calendar::clerk`): it is
//! marked as restored until that life has begun and a person has seen what to do.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use crdt_calendar::limits::TERM_SEALED_WEEKS;
use crdt_calendar::time::{IsoWeek, UtcMinute};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::home::{Home, HomeError};
use crate::lang::either;
use crate::store::{Store, StoreError};

const MAGIC: &[u8; 14] = b"hameau-backup\n";
const VERSION: u8 = 1;
const SALT_BYTES: usize = 16;
const HEAD_BYTES: usize = MAGIC.len() + 1 + SALT_BYTES;
const SUM_BYTES: usize = 32;

/// A whole backup, in memory once. A box that holds 100,000 bookings has some 50 MB. More: refused.
pub const BACKUP_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Shortest passphrase, in characters: four words.
const PASSPHRASE_CHARS_MIN: usize = 12;
/// Argon2id as RFC 9106 recommends it where memory is scarce: 64 MiB, three passes; one lane, for one core.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// What a box is made of. `key` is last: a folder without it is no box.
const FILES: [&str; 8] =
    ["life", "life.before", "node.toml", "member.toml", "request.json", "papers.json", "authority.pem", "key"];
const DATABASE: &str = "hameau.db";

/// What opens a backup. Never logged or shown.
pub struct Passphrase(Zeroizing<String>);

/// The files of a box at one moment.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Content {
    /// When, in minutes since 1970 UTC.
    written: u32,
    /// Name and bytes of each.
    files: Vec<(String, Vec<u8>)>,
}

/// Why a box is not backed up, or not restored. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// Its database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A passphrase that is guessed too soon.
    #[error("{}", either(
        format!("cette phrase est trop courte : {PASSPHRASE_CHARS_MIN} caractères au moins, par exemple quatre mots"),
        format!("this passphrase is too short: {PASSPHRASE_CHARS_MIN} characters at least, for instance four words")))]
    Short,
    /// The passphrase does not open it.
    #[error(
        "{}",
        either(
            "cette phrase n'ouvre pas la sauvegarde : vérifiez majuscules et accents",
            "this passphrase does not open the backup: check capitals and accents"
        )
    )]
    Passphrase,
    /// Another kind of file.
    #[error("{}", either("ce n'est pas un fichier de « hameau backup »", "this is no file of “hameau backup”"))]
    Foreign,
    /// Another version wrote it.
    #[error("{}", either(
        format!("cette sauvegarde est dans une version que ce hameau ne connaît pas ({}) : mettez-le à jour", .0),
        format!("this backup is of a version that this hameau does not know ({}): update it", .0)))]
    Version(u8),
    /// Not as it was written.
    #[error(
        "{}",
        either(
            "cette sauvegarde est coupée ou abîmée : prenez-en une autre copie",
            "this backup is cut short or damaged: take another copy of it"
        )
    )]
    Damaged,
    /// Too long.
    #[error(
        "{}",
        either(
            "cette sauvegarde dépasse 512 Mo : elle ne peut pas être traitée ici",
            "this backup exceeds 512 MB: it cannot be handled here"
        )
    )]
    Limit,
    /// Too old.
    #[error("{}", either(
        format!("cette sauvegarde a plus de {TERM_SEALED_WEEKS} semaines, elle ne sert plus : préparez une boîte neuve par « hameau \
                 init », et demandez à la coordination de l'enrôler avec --replaces"),
        format!("this backup is more than {TERM_SEALED_WEEKS} weeks old, it serves no more: prepare a new node with “hameau init”, \
                 and ask the coordination to enrol it with --replaces")))]
    Expired,
    /// No randomness, or no memory for the key.
    #[error(
        "{}",
        either(
            "le système ne donne pas ce qu'il faut pour chiffrer : libérez de la mémoire et recommencez",
            "the system does not give what encryption needs: free some memory and try again"
        )
    )]
    System,
}

impl Passphrase {
    /// What a person typed, without the end of the line.
    ///
    /// # Errors
    /// [`BackupError::Short`].
    pub fn new(typed: &str) -> Result<Self, BackupError> {
        let text = typed.trim_end_matches(['\r', '\n']);
        if text.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(BackupError::Short);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The key under this salt. Cost: 64 MiB and some tenths of a second.
    fn key(&self, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, BackupError> {
        let mut key = Zeroizing::new([0; 32]);
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(|_| BackupError::System)?;
        let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        hash.hash_password_into(self.0.as_bytes(), salt, key.as_mut_slice()).map_err(|_| BackupError::System)?;
        Ok(key)
    }
}

impl Content {
    /// The files of a box, whose node may be running.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn of(home: &Home, now: UtcMinute) -> Result<Self, BackupError> {
        let mut files = Vec::new();
        for name in FILES {
            match std::fs::read(home.file(name)) {
                Ok(bytes) => files.push((name.to_owned(), bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(HomeError::Io { path: home.file(name), source }.into()),
            }
        }
        let database = home.file(DATABASE);
        if database.exists() {
            files.insert(0, (DATABASE.to_owned(), Store::copy(&database)?.to_vec()));
        }
        Ok(Self { written: now.0, files })
    }

    /// When it was made.
    #[must_use]
    pub fn written(&self) -> UtcMinute {
        UtcMinute(self.written)
    }

    /// Seals it.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn seal(&self, passphrase: &Passphrase) -> Result<Vec<u8>, BackupError> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|_| BackupError::System)?;
        let key = passphrase.key(&salt)?;
        let plain = Zeroizing::new(postcard::to_stdvec(self).map_err(|_| BackupError::System)?);
        let mut bytes = [MAGIC.as_slice(), &[VERSION], &salt].concat();
        // One file a salt, one salt a key: the nonce never comes twice.
        let sealed = cipher(&key).encrypt(&Nonce::default(), Payload { msg: &plain, aad: &bytes });
        bytes.extend(sealed.map_err(|_| BackupError::System)?);
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        if bytes.len() as u64 > BACKUP_BYTES_MAX {
            return Err(BackupError::Limit);
        }
        Ok(bytes)
    }

    /// Opens a sealed one.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn open(bytes: &[u8], passphrase: &Passphrase) -> Result<Self, BackupError> {
        let body = whole(bytes)?;
        let (head, sealed) = body.split_at_checked(HEAD_BYTES).ok_or(BackupError::Damaged)?;
        let key = passphrase.key(&head[HEAD_BYTES - SALT_BYTES..])?;
        let opened = cipher(&key).decrypt(&Nonce::default(), Payload { msg: sealed, aad: head });
        let plain = Zeroizing::new(opened.map_err(|_| BackupError::Passphrase)?);
        postcard::from_bytes(&plain).map_err(|_| BackupError::Damaged)
    }

    /// Puts a box into a folder that holds none. It is whole there, or not there.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn restore(&self, path: &Path, now: UtcMinute) -> Result<Home, BackupError> {
        let this_week = now.week();
        if this_week.0 > self.written().week().0.saturating_add(TERM_SEALED_WEEKS) {
            return Err(BackupError::Expired);
        }
        let first = IsoWeek(this_week.0.saturating_sub(TERM_SEALED_WEEKS));
        let mut files: Vec<(&str, Zeroizing<Vec<u8>>)> = Vec::new();
        // In the order of this list: whatever else a file names is none of a box's.
        for name in [DATABASE].into_iter().chain(FILES) {
            let Some((_, bytes)) = self.files.iter().find(|(it, _)| it == name) else { continue };
            let bytes = match name {
                DATABASE => Store::without_secrets_before(bytes, first)?,
                _ => Zeroizing::new(bytes.clone()),
            };
            files.push((name, bytes));
        }
        if files.last().is_none_or(|(name, _)| *name != "key") {
            return Err(BackupError::Damaged);
        }
        Ok(Home::restore(path, self.written(), &files)?)
    }
}

/// The bytes before the sum, if it is right and they are a backup.
fn whole(bytes: &[u8]) -> Result<&[u8], BackupError> {
    let rest = bytes.strip_prefix(MAGIC.as_slice()).ok_or(BackupError::Foreign)?;
    match rest.first() {
        Some(&VERSION) => {}
        Some(version) => return Err(BackupError::Version(*version)),
        None => return Err(BackupError::Damaged),
    }
    let (body, sum) = bytes.split_last_chunk::<SUM_BYTES>().ok_or(BackupError::Damaged)?;
    if Sha256::digest(body).as_slice() == sum { Ok(body) } else { Err(BackupError::Damaged) }
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(*key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_past_its_term_is_refused() {
        // Goal: what was made half a year ago would bring back names that all others have erased.
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::create(&folder.path().join("box")).expect("created");
        let made = IsoWeek(2_900).start().plus_min(60);
        let content = Content::of(&home, made).expect("read");
        let at = |weeks: u16| IsoWeek(2_900 + weeks).start();
        let late = content.restore(&folder.path().join("late"), at(TERM_SEALED_WEEKS + 1));
        assert!(matches!(late, Err(BackupError::Expired)), "{late:?}");
        assert!(!folder.path().join("late").exists(), "nothing is left of it");
        let restored = content.restore(&folder.path().join("in time"), at(TERM_SEALED_WEEKS)).expect("within its term");
        assert_eq!(restored.public_key().expect("a key"), home.public_key().expect("a key"));
    }
}
