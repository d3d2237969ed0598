// SPDX-License-Identifier: EUPL-1.2
//! The shape of the database, version after version. A migration is never edited, only followed by
//! another; each runs in a transaction of its own.

use rusqlite::Connection;

use super::StoreError;

/// `MIGRATIONS[n]` leads from schema `n` to `n + 1`.
const MIGRATIONS: [&str; 12] = [
    "
    CREATE TABLE folio (
        id           BLOB PRIMARY KEY,
        document     BLOB NOT NULL,
        document_seq INTEGER NOT NULL,
        head         BLOB NOT NULL,
        fork         BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE change (
        folio BLOB NOT NULL REFERENCES folio (id) ON DELETE CASCADE,
        seq   INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (folio, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE week_secret (
        week  INTEGER PRIMARY KEY,
        bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE nonce (
        nonce TEXT PRIMARY KEY,
        act   BLOB NOT NULL,
        at    INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE VIRTUAL TABLE procedure USING fts5 (
        title, keywords, summary, member UNINDEXED, url UNINDEXED, service UNINDEXED,
        tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    );
",
    "
    CREATE TABLE statement (
        frame BLOB PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE tally (
        month   TEXT NOT NULL,
        agency  TEXT NOT NULL,
        service TEXT NOT NULL,
        kind    TEXT NOT NULL,
        value   INTEGER NOT NULL,
        count   INTEGER NOT NULL,
        PRIMARY KEY (month, agency, service, kind, value)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE floor (
        term TEXT PRIMARY KEY,
        week INTEGER NOT NULL,
        day  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE counted (
        month   TEXT NOT NULL,
        agency  TEXT NOT NULL,
        service TEXT NOT NULL,
        point   TEXT NOT NULL,
        figure  TEXT NOT NULL,
        count   INTEGER NOT NULL,
        PRIMARY KEY (month, agency, service, point, figure)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE account (
        name       TEXT PRIMARY KEY,
        role       TEXT NOT NULL,
        memory_kib INTEGER NOT NULL,
        passes     INTEGER NOT NULL,
        salt       BLOB NOT NULL,
        hash       BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE access (
        number       INTEGER PRIMARY KEY,
        at           INTEGER NOT NULL,
        who          TEXT NOT NULL,
        page         TEXT NOT NULL,
        appointments TEXT NOT NULL,
        hash         BLOB NOT NULL
    ) STRICT;
    CREATE INDEX access_at ON access (at);
    CREATE TABLE access_chain (
        id     INTEGER PRIMARY KEY CHECK (id = 1),
        first  INTEGER NOT NULL,
        anchor BLOB NOT NULL,
        last   INTEGER NOT NULL,
        head   BLOB NOT NULL
    ) STRICT;
",
    "
    CREATE TABLE intent (
        act      BLOB PRIMARY KEY,
        moved_to BLOB,
        reason   TEXT,
        at       INTEGER
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE note (
        act    BLOB PRIMARY KEY,
        sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE counted_by_week (
        month   TEXT NOT NULL,
        week    INTEGER NOT NULL,
        agency  TEXT NOT NULL,
        service TEXT NOT NULL,
        point   TEXT NOT NULL,
        figure  TEXT NOT NULL,
        count   INTEGER NOT NULL,
        PRIMARY KEY (month, week, agency, service, point, figure)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO counted_by_week SELECT month, 0, agency, service, point, figure, count FROM counted;
    DROP TABLE counted;
    ALTER TABLE counted_by_week RENAME TO counted;
",
    "
    CREATE TABLE wish (
        act    BLOB PRIMARY KEY,
        since  INTEGER NOT NULL,
        waits  INTEGER NOT NULL,
        passed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE proposal (
        act    BLOB NOT NULL REFERENCES wish (act) ON DELETE CASCADE,
        at     INTEGER NOT NULL,
        time   INTEGER NOT NULL,
        answer TEXT NOT NULL,
        PRIMARY KEY (act, at, time)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE receipt (
        peer  BLOB NOT NULL,
        folio BLOB NOT NULL,
        acts  INTEGER NOT NULL,
        PRIMARY KEY (peer, folio)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE seeker (
        act     BLOB PRIMARY KEY REFERENCES wish (act) ON DELETE CASCADE,
        agency  TEXT NOT NULL,
        service TEXT NOT NULL,
        sealed  BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE colleague (
        act  BLOB PRIMARY KEY,
        desk INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE underway (
        call BLOB PRIMARY KEY,
        told BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE record (
        call  BLOB PRIMARY KEY,
        ended INTEGER NOT NULL,
        told  TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
];

/// Brings the database to the newest schema.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let newest = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if version > newest {
        return Err(StoreError::TooNew(version));
    }
    migrate_to(connection, version, newest)
}

fn migrate_to(connection: &mut Connection, version: u32, newest: u32) -> Result<(), StoreError> {
    let to_come = (1..=newest).zip(MIGRATIONS).filter(|(number, _)| *number > version);
    for (number, statements) in to_come {
        let transaction = connection.transaction()?;
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Names of tables, and the statements that made them.
type Described = Vec<(Option<String>, Option<String>)>;

/// Whether the tables of truth are described as the migrations wrote them: a name in there that was damaged would show
/// first where it is read. The index's own tables are SQLite's business. Cost: a database in memory is made.
pub(super) fn is_as_written(connection: &Connection) -> Result<bool, StoreError> {
    let mut fresh = Connection::open_in_memory()?;
    migrate(&mut fresh)?;
    Ok(described(connection)? == described(&fresh)?)
}

/// What the database says of its own tables; nothing of what is no text.
fn described(connection: &Connection) -> Result<Described, StoreError> {
    let query = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT GLOB 'procedure*' \
                 AND name NOT GLOB 'sqlite_*' ORDER BY name";
    let mut statement = connection.prepare(query)?;
    Ok(statement.query_map([], |row| Ok((row.get(0).ok(), row.get(1).ok())))?.collect::<Result<_, _>>()?)
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::Store;

    /// A database as the version of this schema left it.
    pub(in crate::store) fn at_version(path: &Path, version: u32) -> Store {
        let mut connection = Connection::open(path).expect("a database");
        migrate_to(&mut connection, 0, version).expect("an earlier schema");
        Store { connection, log_is_cut: true }
    }
}
