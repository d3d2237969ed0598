// SPDX-License-Identifier: EUPL-1.2
//! The shape of the database, version after version. A migration is never edited, only followed by
//! another; each runs in a transaction of its own.

use rusqlite::Connection;

use super::StoreError;

/// `MIGRATIONS[n]` leads from schema `n` to `n + 1`.
const MIGRATIONS: [&str; 2] = [
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
];

/// Brings the database to the newest schema.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let newest = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if version > newest {
        return Err(StoreError::TooNew(version));
    }
    for (number, statements) in (1..).zip(MIGRATIONS).filter(|(number, _)| *number > version) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}
