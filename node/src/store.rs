// SPDX-License-Identifier: EUPL-1.2
//! The node's disk: one SQLite file, one writer, every commit on the platter before it is answered.
//!
//! Truth is folios, week secrets, form nonces, what is going to become of appointments, who waits for an earlier or a first one,
//! an agency's notes and which desk sees whom, calls under way and what became of calls, this node's own counts, how far it has erased and what it counted before;
//! procedures are an index that can be made anew, and what others keep is said again by them.
//! Refuses to interpret: what a folio means is the calendar's business. Folios are checked again when
//! they are read, as if they came from a stranger; a database that is damaged is set aside and saved from (`damage`).

mod access;
mod accounts;
mod colleagues;
mod copy;
mod damage;
mod erasure;
mod folios;
#[cfg(test)]
mod golden;
mod intents;
mod notes;
mod procedures;
mod receipts;
mod records;
mod schema;
mod secrets;
mod seekers;
mod statements;
mod tallies;
mod underway;
mod wishes;

pub use access::AccessAsked;
pub use damage::{Found, is_full, mark_begun, remove_expired, set_aside_files};
pub use erasure::Counted;
pub use intents::Intent;
pub use procedures::{ProcedureHit, ProcedureRow};
pub use seekers::{SEEKER_DAYS_MAX, Seeker};
pub use tallies::{Tally, TallyKind};
pub use underway::{Seat, Underway};
pub use wishes::{Answer, PROPOSALS_MAX, Proposal, Wish};

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::lang::{either, system_words};

/// How long a statement waits for another process that has the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The node's database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// Whether the log holds nothing of what was erased.
    log_is_cut: bool,
}

/// Why the disk refuses.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite says no.
    #[error("{}", either(
        format!("la base « hameau.db » refuse : {}. Vérifiez la place libre, les droits et l'état du disque", sqlite_words(.0)),
        format!("the database “hameau.db” refuses: {}. Check free space, permissions and the disk", .0)))]
    Sqlite(#[from] rusqlite::Error),
    /// The system does not give the file.
    #[error("{}", either(
        format!("la base « hameau.db » ne s'ouvre pas : {}. Vérifiez la place libre, les droits et l'état du disque", system_words(.0)),
        format!("the database “hameau.db” does not open: {}. Check free space, permissions and the disk", .0)))]
    File(#[from] std::io::Error),
    /// A later version wrote it.
    #[error("{}", either(
        format!("la base « hameau.db » a été écrite par une version plus récente (schéma {}) : mettez hameau à jour", .0),
        format!("the database “hameau.db” was written by a later version (schema {}): update hameau", .0)))]
    TooNew(u32),
    /// This box's own registers or secrets are damaged: going on would write a second history.
    #[error(
        "{}",
        either(
            "la base « hameau.db » est abîmée : le registre de cette boîte ne se vérifie plus",
            "the database “hameau.db” is damaged: this node's own register does not verify any more"
        )
    )]
    Own,
    /// It was damaged too often in this folder.
    #[error(
        "{}",
        either(
            "la base « hameau.db » s'est abîmée trop souvent : changez le disque, puis rangez ailleurs les fichiers « hameau.db.damaged »",
            "the database “hameau.db” was damaged too often: replace the disk, then move the files “hameau.db.damaged” elsewhere"
        )
    )]
    Rotten,
}

/// SQLite's usual refusals in French; of the rare ones its number, by which they can be looked up.
fn sqlite_words(error: &rusqlite::Error) -> String {
    let Some(code) = error.sqlite_error_code() else { return "son contenu n'est pas celui qui est attendu".to_owned() };
    let words = match code {
        ErrorCode::NotADatabase => "ce fichier n'est pas une base de données",
        ErrorCode::DatabaseCorrupt => "elle est abîmée",
        ErrorCode::CannotOpen => "elle ne s'ouvre pas",
        ErrorCode::PermissionDenied => "l'accès est refusé",
        ErrorCode::ReadOnly => "elle est en lecture seule",
        ErrorCode::DiskFull => "il n'y a plus de place sur le disque",
        ErrorCode::SystemIoFailure => "le disque ne répond pas comme il faut",
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => "un autre programme s'en sert",
        _ => return format!("erreur {} de SQLite", error.sqlite_error().map_or(0, |it| it.extended_code)),
    };
    words.to_owned()
}

impl Store {
    /// Opens or creates the database, brings its schema up to date, and checks it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        close_to_others(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "secure_delete", true)?;
        erasure::let_shrink(&connection)?;
        // FULL: a booking is acknowledged after its fsync. secure_delete: what is erased is overwritten.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -2000;
             PRAGMA trusted_schema = OFF;",
        )?;
        schema::migrate(&mut connection)?;
        let log_is_cut = erasure::shrink(&connection)?;
        Ok(Self { connection, log_is_cut })
    }
}

#[cfg(test)]
impl Store {
    /// Leaves no room: SQLite refuses every page more, and those it has are filled.
    pub(crate) fn fill(&mut self) {
        let pages: u32 = self.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).expect("counted");
        self.connection.pragma_update(None, "max_page_count", pages).expect("set");
        let forms = (0..).map(|number| format!("{number:0400}"));
        let kept = forms.map(|form| self.keep([], &[], Some((form.as_str(), &b"act"[..], 1))));
        let full = kept.filter_map(Result::err).next().expect("it fills");
        assert!(full.is_full(), "{full}");
    }
}

/// SQLite makes its files with the process's mask. The database exists before it comes, for its owner alone,
/// and the log takes the database's mode.
fn close_to_others(path: &Path) -> Result<(), StoreError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_reads_the_database() {
        // Goal: week secrets lie in it. The database and its log are closed, a database of an earlier version too.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        for made_before in [false, true] {
            if made_before {
                std::fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("ours");
            }
            let mut store = Store::open(&path).expect("a database");
            store.keep([], &[(1, [7; 32])], None).expect("kept");
            for file in std::fs::read_dir(folder.path()).expect("a folder") {
                let file = file.expect("a file");
                let mode = file.metadata().expect("there").permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{:?}, made before: {made_before}", file.file_name());
            }
        }
    }
}
