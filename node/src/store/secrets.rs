// SPDX-License-Identifier: EUPL-1.2
//! Week secrets on disk: what opens the envelopes of one week. Each lies beside a check of 8 bytes: nothing else
//! would tell that one is damaged, and what was sealed to it would be refused as if others had sealed it badly.

use std::collections::BTreeMap;

use crdt_calendar::envelope::WeekSecret;
use crdt_calendar::time::IsoWeek;
use rusqlite::params;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Store, StoreError};

/// Length of a secret alone, as earlier versions wrote it.
const SECRET_BYTES: usize = 32;
/// Length with its check.
const CHECKED_BYTES: usize = 40;

/// A secret and its check: the first 8 bytes of SHA-256 over a name, the week and the secret.
pub(super) fn checked(week: u16, secret: &[u8; SECRET_BYTES]) -> Zeroizing<[u8; CHECKED_BYTES]> {
    let hash =
        Sha256::new().chain_update(b"hameau/week-secret/1").chain_update(week.to_be_bytes()).chain_update(secret);
    let mut bytes = Zeroizing::new([0; CHECKED_BYTES]);
    bytes[..SECRET_BYTES].copy_from_slice(secret);
    bytes[SECRET_BYTES..].copy_from_slice(&hash.finalize()[..CHECKED_BYTES - SECRET_BYTES]);
    bytes
}

/// The secret, if it is what was written. One without a check was written by an earlier version.
fn read(week: u16, bytes: &[u8]) -> Option<[u8; SECRET_BYTES]> {
    let secret = bytes.first_chunk::<SECRET_BYTES>()?;
    (bytes.len() == SECRET_BYTES || checked(week, secret).as_slice() == bytes).then_some(*secret)
}

/// A week and what lies there as its secret.
type Row = (u16, Zeroizing<Vec<u8>>);

impl Store {
    /// All week secrets that still exist.
    ///
    /// # Errors
    /// [`StoreError::Own`] when one is damaged; [`StoreError::Sqlite`].
    pub fn secrets(&self) -> Result<BTreeMap<IsoWeek, WeekSecret>, StoreError> {
        let mut secrets = BTreeMap::new();
        for (week, bytes) in self.secret_rows()? {
            let secret = read(week, &bytes).ok_or(StoreError::Own)?;
            secrets.insert(IsoWeek(week), WeekSecret::new(secret));
        }
        Ok(secrets)
    }

    /// Takes out secrets that are not what was written: what was sealed to them stays sealed.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(super) fn drop_damaged_secrets(&mut self) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM week_secret WHERE week NOT BETWEEN 0 AND 65535", [])?;
        for (week, bytes) in self.secret_rows()? {
            if read(week, &bytes).is_none() {
                tracing::error!(week, "a week secret is damaged: what was sealed to it stays sealed");
                self.connection.execute("DELETE FROM week_secret WHERE week = ?1", params![week])?;
            }
        }
        Ok(())
    }

    fn secret_rows(&self) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare("SELECT week, bytes FROM week_secret")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, Zeroizing::new(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, rusqlite::Error>>()?)
    }
}
