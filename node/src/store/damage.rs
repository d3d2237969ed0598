// SPDX-License-Identifier: EUPL-1.2
//! A database whose bytes are not those that were written: found when it is opened, set aside, and saved from.
//!
//! What only touches registers of others is dropped: any peer has it. What may touch this box's own registers or its
//! week secrets ends its life: it must not write a second history. The file is then kept under another name, never
//! deleted; what verifies in it goes into a new one, and the box goes on in a new life that inherits no tenure.
//!
//! Checked when it opens: the structure of each table of truth (`quick_check`: one pass over its pages), each
//! folio (signature and chain), each week secret (its check), and that the registers of this life have not vanished.
//! Not seen here: a log that lost its end, for that is what a power cut leaves. Peers tell a box that was set back.
//! A form nonce or a count has no check of its own: one that is wrong is only a form sent twice, or a number.

mod aside;
mod log;
mod salvage;
#[cfg(test)]
pub(super) mod tests;

pub use aside::{remove_expired, set_aside_files};

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, Incarnation, Leaf, TerritoryId, Writer};
use data_encoding::HEXLOWER;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, ffi};

use super::folios::Read;
use super::{Store, StoreError, schema};

/// Room for a commit of many bookings: some 4 KiB each.
const ROOM_BYTES: usize = 256 * 1024;

/// What a box finds on its disk when it starts.
#[derive(Debug)]
pub struct Found {
    /// The database, whole.
    pub store: Store,
    /// The folios in it, verified. Of a life that is over, the profile is here and not yet on the disk.
    pub folios: Vec<Folio>,
    /// Registers of others that were damaged, and are to be fetched again.
    pub dropped: Vec<FolioId>,
    /// This box's own registers or secrets were damaged, or are gone: it must go on in a new life.
    pub is_over: bool,
    /// The life that has begun in this folder, if it is known.
    pub begun: Option<Incarnation>,
}

impl StoreError {
    /// Whether there was no room on the disk.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code() == Some(ErrorCode::DiskFull),
            Self::File(error) => is_full(error),
            Self::Own | Self::TooNew(_) | Self::Rotten => false,
        }
    }

    /// Whether the file's content is to blame, and not the system around it.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Own => true,
            Self::File(_) | Self::TooNew(_) | Self::Rotten => false,
            Self::Sqlite(error) => match (error.sqlite_error_code(), error.sqlite_error()) {
                // The file was just opened for writing: that it may not be written stands in its header.
                (Some(ErrorCode::ReadOnly), Some(error)) => error.extended_code == ffi::SQLITE_READONLY,
                // It ends within a page: a disk that does not answer says something else.
                (Some(ErrorCode::SystemIoFailure), Some(error)) => error.extended_code == ffi::SQLITE_IOERR_SHORT_READ,
                (Some(code), _) => !is_of_the_system(code),
                // A value of another type or size than was written.
                (None, _) => true,
            },
        }
    }
}

/// Whether the system says that there is no room.
#[must_use]
pub fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

fn is_of_the_system(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::OutOfMemory
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::NoLargeFileSupport
    )
}

impl Store {
    /// Opens the database of the box `own`, whatever its bytes are. Of a life that is over it says so each time,
    /// until its profile is [kept](Self::keep_last_words).
    ///
    /// # Errors
    /// [`StoreError`] of the system around the file, of a later version, or when it was damaged too often.
    pub fn recover(path: &Path, territory: TerritoryId, own: Writer) -> Result<Found, StoreError> {
        let begun = read_begun(path);
        if let Some(aside) = aside::unfinished(path)? {
            tracing::error!("saving from the damaged database was stopped: it is done again");
            return saved(path, &aside, territory, own, begun.unwrap_or(own.incarnation));
        }
        let existed = std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
        match whole(path, territory, own) {
            Ok(mut found) => {
                let has_profile = found.folios.iter().any(|folio| folio.id() == profile_of(own));
                found.is_over = begun == Some(own.incarnation) && !has_profile;
                found.begun = begun;
                Ok(found)
            }
            Err(error) if existed && error.is_damage() => {
                tracing::error!(%error, "the database is damaged: it is set aside");
                // Of a database of an earlier version too it must be known that this life had begun.
                let begun = begun.unwrap_or(own.incarnation);
                mark_begun(path, begun)?;
                let aside = aside::set_aside(path)?;
                saved(path, &aside, territory, own, begun)
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps the profile of a life that is over, which was saved from a damaged database: once the new life is
    /// durable, and not before, for with it on the disk the old one would go on. Then all is saved.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_last_words(&mut self, path: &Path, folios: &[Folio], over: Writer) -> Result<(), StoreError> {
        let profile = folios.iter().filter(|folio| folio.id() == profile_of(over));
        self.keep(profile.map(|folio| (folio, 0)), &[], None)?;
        #[cfg(test)]
        tests::stopped::look(path);
        aside::done(path)
    }

    /// Whether the disk has room for a commit or two, once the log was folded in: tried, for no number that a system
    /// gives is a promise.
    pub fn has_room(&self, path: &Path) -> bool {
        let folded = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = folded {
            tracing::debug!(%error, "the log is not folded in");
        }
        let trial = with_end(path, ".room");
        let written = std::fs::write(&trial, vec![0x55; ROOM_BYTES])
            .and_then(|()| std::fs::File::open(&trial))
            .and_then(|file| file.sync_all());
        written.and(std::fs::remove_file(&trial)).is_ok()
    }

    /// From now on this file is left as it is, even when it is closed: after a write of which nobody knows whether
    /// it is on the platter, more writing could only spoil what is.
    pub fn leave_alone(&self) {
        if let Err(error) = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
            tracing::warn!(%error, "the database's log is folded in when it is closed");
        }
    }
}

fn profile_of(writer: Writer) -> FolioId {
    FolioId { writer, leaf: Leaf::Profile }
}

fn whole(path: &Path, territory: TerritoryId, own: Writer) -> Result<Found, StoreError> {
    if log::is_broken(&with_end(path, "-wal")) {
        return Err(StoreError::Own);
    }
    let mut store = Store::open(path)?;
    if !schema::is_as_written(&store.connection)? {
        tracing::error!("the description of a table is damaged");
        return Err(StoreError::Own);
    }
    check_structure(&store.connection)?;
    let Read { folios, dropped } = store.folios(territory, own)?;
    store.secrets()?;
    Ok(Found { store, folios, dropped, is_over: false, begun: None })
}

/// What verifies in a database that was set aside, in a new one. Of a life that is over the profile is held back.
fn saved(
    path: &Path,
    aside: &Path,
    territory: TerritoryId,
    own: Writer,
    begun: Incarnation,
) -> Result<Found, StoreError> {
    let mut store = Store::open(path)?;
    #[cfg(test)]
    tests::stopped::look(path);
    let is_over = begun == own.incarnation;
    let folios = salvage::salvage(aside, &mut store, territory, is_over.then(|| profile_of(own)))?;
    #[cfg(test)]
    tests::stopped::look(path);
    if !is_over {
        aside::done(path)?;
    }
    Ok(Found { store, folios, dropped: Vec::new(), is_over, begun: Some(begun) })
}

/// One pass over the pages of every table of truth; the index of procedures is made anew anyway, and what others keep is
/// said anew by them.
fn check_structure(connection: &Connection) -> Result<(), StoreError> {
    for table in tables(connection)? {
        let mut statement = connection.prepare(&format!("PRAGMA quick_check('{table}')"))?;
        let said: String = statement.query_row([], |row| row.get(0))?;
        if said != "ok" {
            tracing::error!(table, said, "a table is damaged");
            return Err(StoreError::Own);
        }
    }
    Ok(())
}

fn tables(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'procedure%' AND name <> 'receipt' \
                 ORDER BY name";
    let mut statement = connection.prepare(query)?;
    let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn begun_file(path: &Path) -> PathBuf {
    path.with_extension("begun")
}

/// The life whose registers have begun in the database, if any has: were the database to vanish, the same
/// life must not begin again. A file that is no life says nothing.
fn read_begun(path: &Path) -> Option<Incarnation> {
    let text = std::fs::read_to_string(begun_file(path)).ok()?;
    HEXLOWER.decode(text.trim().as_bytes()).ok()?.try_into().ok().map(Incarnation)
}

/// Remembers, beside the database, that this life has begun in it; nothing is written twice.
///
/// # Errors
/// [`StoreError::File`].
pub fn mark_begun(path: &Path, life: Incarnation) -> Result<(), StoreError> {
    if read_begun(path) == Some(life) {
        return Ok(());
    }
    write_whole(&begun_file(path), HEXLOWER.encode(&life.0).as_bytes())
}

/// Writes a little file whole or not at all.
fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let beside = with_end(file, ".new");
    std::fs::write(&beside, bytes)?;
    std::fs::File::open(&beside)?.sync_all()?;
    std::fs::rename(&beside, file)?;
    sync_folder(file)
}

fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(std::fs::File::open(folder)?.sync_all()?)
}
