// SPDX-License-Identifier: EUPL-1.2
//! The whole database as bytes, for a backup, and back. In memory only: what a backup seals lies nowhere in clear
//! beside the database itself.

use std::path::Path;

use crdt_calendar::time::IsoWeek;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use zeroize::Zeroizing;

use super::schema;
use super::{Store, StoreError};

/// Where SQLite's header says how the file is written: 2, 2 for a log beside it, 1, 1 for none
/// (<https://www.sqlite.org/fileformat2.html>, 1.3.3). A file alone has none.
const LOG_MODE: std::ops::Range<usize> = 18..20;

impl Store {
    /// The database as it stands after its last commit, while a node may be writing in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn copy(path: &Path) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        match beside_a_node(path).and_then(|source| copied(&source)) {
            // Without a node there is no index of the log beside it, and a full disk has no room for one.
            Err(StoreError::Sqlite(first)) if first.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) => {
                alone(path).and_then(|source| copied(&source)).map_err(|_| first.into())
            }
            done => done,
        }
    }

    /// The same in a database of its own, in memory, in the schema of today: what is written in it goes nowhere.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::TooNew`] when a later version wrote it.
    pub fn in_memory(path: &Path) -> Result<Self, StoreError> {
        let copy = Self::copy(path)?;
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact(c"main", &copy[..], copy.len(), false)?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection, log_is_cut: true })
    }

    /// A copy without the secrets of weeks before `first`, in the schema of today.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::TooNew`] when a later version made the copy.
    pub fn without_secrets_before(copy: &[u8], first: IsoWeek) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let mut memory = Connection::open_in_memory()?;
        memory.deserialize_read_exact(c"main", copy, copy.len(), false)?;
        memory.execute_batch("PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;")?;
        schema::migrate(&mut memory)?;
        memory.execute("DELETE FROM week_secret WHERE week < ?1", params![first.0])?;
        memory.execute_batch("VACUUM")?;
        bytes_of(&mut memory)
    }
}

fn copied(source: &Connection) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut memory = Connection::open_in_memory()?;
    // All pages in one step: one commit of the node's is seen whole, or not at all.
    let step = Backup::new(source, &mut memory)?.step(-1)?;
    if step != StepResult::Done {
        return Err(busy());
    }
    bytes_of(&mut memory)
}

/// The database as others have it too: a node may be writing in it.
fn beside_a_node(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.execute_batch("PRAGMA busy_timeout = 5000")?;
    Ok(connection)
}

/// The database for nobody else meanwhile: the index of its log lies in memory then
/// (<https://www.sqlite.org/wal.html>, 8). The log is left as it is.
fn alone(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch("PRAGMA busy_timeout = 5000; PRAGMA locking_mode = EXCLUSIVE;")?;
    Ok(connection)
}

fn bytes_of(memory: &mut Connection) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut bytes = Zeroizing::new(memory.serialize(c"main")?.to_vec());
    if let Some(mode) = bytes.get_mut(LOG_MODE) {
        mode.fill(1);
    }
    Ok(bytes)
}

fn busy() -> StoreError {
    let busy = rusqlite::ffi::Error { code: ErrorCode::DatabaseBusy, extended_code: rusqlite::ffi::SQLITE_BUSY };
    StoreError::Sqlite(rusqlite::Error::SqliteFailure(busy, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_taken_beside_a_writer_and_forgets_what_is_past_its_term() {
        // Goal: what is committed is in it while the database is open elsewhere; brought back, old secrets are not,
        // and their bytes neither.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let mut store = Store::open(&path).expect("a database");
        let secrets: Vec<(u16, [u8; 32])> = (1..=40_u8).map(|week| (u16::from(week), [week + 100; 32])).collect();
        store.keep([], &secrets, None).expect("kept");
        let copy = Store::copy(&path).expect("a copy");
        let holds = |bytes: &[u8], week: u8| bytes.windows(32).any(|window| window == [week + 100; 32]);
        assert!((1..=40).all(|week| holds(&copy, week)), "all secrets are in the copy");

        let back = Store::without_secrets_before(&copy, IsoWeek(30)).expect("read again");
        assert!((1..30).all(|week| !holds(&back, week)) && (30..=40).all(|week| holds(&back, week)));
        let restored = folder.path().join("restored.db");
        std::fs::write(&restored, &*back).expect("written");
        let weeks: Vec<u16> =
            Store::open(&restored).expect("opens").secrets().expect("read").keys().map(|it| it.0).collect();
        assert_eq!(weeks, (30..=40).collect::<Vec<_>>());
        assert!(Store::without_secrets_before(b"no database at all", IsoWeek(0)).is_err());
    }
}
