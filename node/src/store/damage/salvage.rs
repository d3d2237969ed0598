// SPDX-License-Identifier: EUPL-1.2
//! What a damaged database still holds that verifies, read into a new one. The damaged file is only read.
//!
//! Each table by itself, from both ends: behind a page that cannot be read lie rows that can.

use std::collections::BTreeMap;
use std::path::Path;

use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, TerritoryId};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use crate::store::{Store, StoreError};

/// Tables of which a row stands for itself and is copied as it is, with their columns. What is wrong in a row is
/// found by whoever reads it: a week secret by its check, a statement by its signature, the access journal by its chain;
/// a nonce or a count has none.
const PLAIN: [(&str, &str, usize); 17] = [
    ("week_secret", "week, bytes", 2),
    ("nonce", "nonce, act, at", 3),
    ("statement", "frame", 1),
    ("tally", "month, agency, service, kind, value, count", 6),
    ("floor", "term, week, day", 3),
    ("counted", "month, week, agency, service, point, figure, count", 7),
    ("account", "name, role, memory_kib, passes, salt, hash", 6),
    ("access", "number, at, who, page, appointments, hash", 6),
    ("access_chain", "id, first, anchor, last, head", 5),
    ("intent", "act, moved_to, reason, at", 4),
    ("note", "act, sealed", 2),
    ("wish", "act, since, waits, passed", 4),
    ("proposal", "act, at, time, answer", 4),
    ("seeker", "act, agency, service, sealed", 4),
    ("colleague", "act, desk", 2),
    ("underway", "call, told", 2),
    ("record", "call, ended, told", 3),
];

/// How counts are read from a database in which they had no week yet.
const COUNTED_BEFORE: &str = "month, 0, agency, service, point, figure, count";

/// Copies what verifies; returns the folios among it. One of them may be held back.
pub(super) fn salvage(
    aside: &Path,
    store: &mut Store,
    territory: TerritoryId,
    held_back: Option<FolioId>,
) -> Result<Vec<Folio>, StoreError> {
    let damaged = Connection::open_with_flags(aside, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if let Err(error) = damaged.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::debug!(%error, "the damaged file is opened all the same");
    }
    let damaged = Store { connection: damaged, log_is_cut: true };
    let mut folios: BTreeMap<FolioId, Folio> = BTreeMap::new();
    for order in ["ASC", "DESC"] {
        let rows =
            rows(&damaged.connection, &format!("SELECT id, document, head, fork FROM folio ORDER BY id {order}"), 4);
        for row in rows.into_iter().filter_map(folio_row) {
            if let Ok(Some(folio)) = damaged.folio(territory, &row) {
                folios.insert(folio.id(), folio);
            }
        }
    }
    let kept = folios.values().filter(|folio| Some(folio.id()) != held_back);
    store.keep(kept.map(|folio| (folio, 0)), &[], None)?;
    #[cfg(test)]
    super::tests::stopped::look(aside);
    copy_plain(&damaged.connection, store)?;
    #[cfg(test)]
    super::tests::stopped::look(aside);
    store.drop_damaged_secrets()?;
    tracing::warn!(folios = folios.len(), "saved from the damaged database");
    Ok(folios.into_values().collect())
}

fn copy_plain(damaged: &Connection, store: &mut Store) -> Result<(), StoreError> {
    let transaction = store.connection.transaction()?;
    for (table, columns, count) in PLAIN {
        let marks = vec!["?"; count].join(", ");
        let is_before = table == "counted" && damaged.prepare("SELECT week FROM counted").is_err();
        let read = if is_before { COUNTED_BEFORE } else { columns };
        let insert = format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})");
        for order in ["ASC", "DESC"] {
            for row in rows(damaged, &format!("SELECT {read} FROM {table} ORDER BY 1 {order}"), count) {
                match transaction.execute(&insert, params_from_iter(row)).map_err(StoreError::from) {
                    Ok(_) => {}
                    // A row that the new table does not take is not one that was written.
                    Err(error) if error.is_damage() => tracing::warn!(%error, table, "a row is left behind"),
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(transaction.commit()?)
}

/// Rows until the first that cannot be read.
fn rows(connection: &Connection, query: &str, columns: usize) -> Vec<Vec<Value>> {
    let Ok(mut statement) = connection.prepare(query) else { return Vec::new() };
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>();
    let Ok(found) = statement.query_map([], row) else { return Vec::new() };
    found.map_while(Result::ok).collect()
}

fn folio_row(row: Vec<Value>) -> Option<super::super::folios::Row> {
    let mut row = row.into_iter();
    let mut bytes = || match row.next() {
        Some(Value::Blob(bytes)) => Some(bytes),
        _ => None,
    };
    Some((bytes()?, bytes()?, bytes()?, bytes()))
}
