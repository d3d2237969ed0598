// SPDX-License-Identifier: EUPL-1.2
//! The directory's database: its shape, how it is opened, and the vocabulary that is read from it once an import.
//!
//! A write-ahead log lets pages read while an import writes; one transaction is one import. A file that is damaged, or of
//! another schema, is made anew by the next import: all of it can be imported again.

use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::lang::{either, system_words};
use crate::spelling::Vocabulary;

/// The only schema that is read; any other is made anew.
const SCHEMA: u32 = 1;
/// How long an import waits for another.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const TABLES: &str = "
    CREATE TABLE source (
        what TEXT PRIMARY KEY,
        at   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE branch (
        id   TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE kind (
        kind   TEXT NOT NULL,
        branch TEXT NOT NULL,
        PRIMARY KEY (kind, branch)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE serves (
        kind   TEXT NOT NULL,
        insee  TEXT NOT NULL,
        branch TEXT NOT NULL,
        PRIMARY KEY (kind, insee, branch)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE commune (
        insee     TEXT PRIMARY KEY,
        name      TEXT NOT NULL,
        plain     TEXT NOT NULL,
        postcodes TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE topic (
        id      TEXT PRIMARY KEY,
        title   TEXT NOT NULL,
        summary TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE under (
        parent TEXT NOT NULL,
        place  INTEGER NOT NULL,
        child  TEXT NOT NULL,
        PRIMARY KEY (parent, place)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX under_child ON under (child);
    CREATE TABLE sheet (
        number  INTEGER PRIMARY KEY,
        id      TEXT NOT NULL UNIQUE,
        title   TEXT NOT NULL,
        summary TEXT NOT NULL,
        text    TEXT NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE sheet_stems USING fts5 (
        title, summary, body, content = '', detail = column, prefix = '3'
    );
    CREATE VIRTUAL TABLE sheet_vocabulary USING fts5vocab (sheet_stems, row);
";

/// Why the directory is not read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// SQLite says no.
    #[error("{}", either(
        format!("l'annuaire de cette boîte ne se lit pas ({}) : refaites « hameau directory import »", .0),
        format!("this node's directory cannot be read ({}): do “hameau directory import” again", .0)))]
    Sqlite(#[from] rusqlite::Error),
    /// The system does not give the file.
    #[error("{}", either(
        format!("« directory.db » ne s'ouvre pas : {}. Vérifiez la place libre et les droits", system_words(.0)),
        format!("“directory.db” does not open: {}. Check free space and permissions", .0)))]
    File(#[from] std::io::Error),
    /// A row is not what was written.
    #[error(
        "{}",
        either(
            "l'annuaire de cette boîte est abîmé : refaites « hameau directory import »",
            "this node's directory is damaged: do “hameau directory import” again"
        )
    )]
    Row(#[from] serde_json::Error),
}

impl DirectoryError {
    /// Whether the file itself is to blame, and not the system around it.
    fn is_damage(&self) -> bool {
        match self {
            Self::Row(_) => true,
            Self::File(_) => false,
            Self::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
            }
        }
    }
}

/// The database, open.
#[derive(Debug)]
pub(super) struct Database {
    pub connection: Connection,
    /// Words of the index, as they were when another connection last wrote.
    pub vocabulary: Arc<Vocabulary>,
    version: Option<i64>,
}

impl Database {
    /// The one that is there; `None` where nothing was imported.
    pub(super) fn open_existing(path: &Path) -> Result<Option<Self>, DirectoryError> {
        if !path.try_exists()? {
            return Ok(None);
        }
        let database = Self::open(path)?;
        Ok((database.schema()? == SCHEMA).then_some(database))
    }

    /// For an import: made where there is none, and anew where it is not read any more.
    pub(super) fn open_or_make(path: &Path) -> Result<Self, DirectoryError> {
        let tried = make_file(path).and_then(|()| Self::made(path));
        match tried {
            Ok(Some(database)) => return Ok(database),
            Err(error) if !error.is_damage() => return Err(error),
            Ok(None) | Err(_) => {}
        }
        for end in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(end);
            match std::fs::remove_file(PathBuf::from(file)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        make_file(path)?;
        let made = Self::made(path)?;
        made.ok_or_else(|| DirectoryError::Sqlite(rusqlite::Error::InvalidQuery))
    }

    /// `None` where it has another schema.
    fn made(path: &Path) -> Result<Option<Self>, DirectoryError> {
        let mut database = Self::open(path)?;
        database.connection.execute_batch("PRAGMA journal_mode = WAL;")?;
        match database.schema()? {
            SCHEMA => Ok(Some(database)),
            0 => {
                let transaction = database.connection.transaction()?;
                transaction.execute_batch(TABLES)?;
                transaction.pragma_update(None, "user_version", SCHEMA)?;
                transaction.commit()?;
                Ok(Some(database))
            }
            _ => Ok(None),
        }
    }

    fn open(path: &Path) -> Result<Self, DirectoryError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // What is lost with the power is an import that was answered a moment ago: it can be done again.
        connection
            .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000; PRAGMA trusted_schema = OFF;")?;
        Ok(Self { connection, vocabulary: Arc::default(), version: None })
    }

    fn schema(&self) -> Result<u32, DirectoryError> {
        Ok(self.connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
    }

    /// Reads the vocabulary anew if an import was done since.
    pub(super) fn look_again(&mut self) -> Result<(), DirectoryError> {
        let version: i64 = self.connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        if self.version == Some(version) {
            return Ok(());
        }
        let mut statement = self.connection.prepare("SELECT term, doc FROM sheet_vocabulary")?;
        let words = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
        self.vocabulary = Arc::new(Vocabulary::new(words));
        drop(statement);
        self.version = Some(version);
        Ok(())
    }
}

/// An empty file for the folder's owner alone, whoever makes it: what SQLite puts beside it takes after it.
fn make_file(path: &Path) -> Result<(), DirectoryError> {
    if path.try_exists()? {
        return Ok(());
    }
    std::fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    let owner = path.parent().map(std::fs::metadata).transpose()?;
    let own = std::fs::metadata(path)?;
    if let Some(owner) = owner.filter(|it| (it.uid(), it.gid()) != (own.uid(), own.gid())) {
        std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}
