// SPDX-License-Identifier: EUPL-1.2
//! Calls that have begun and are not over: what a restarted node needs for them to go on by themselves.
//!
//! It is this box's alone, holds no person, and is gone when the call is over. A row that is none is passed over.

use std::collections::BTreeMap;

use crdt_calendar::ids::{ActRef, BoothId};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::record::Record;

/// A call under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Underway {
    /// Whose it is.
    pub appointment: ActRef,
    /// At a point: the booth, and which start of it this is.
    pub booth: Option<(BoothId, u64)>,
    /// When both first saw each other, unix ms.
    pub since_ms: u64,
    /// What was counted of it.
    pub record: Record,
    /// Since when both are apart, unix ms: since this was kept, where they were together.
    pub apart_ms: u64,
    /// At an agency: who is signed in at the browser that is in the call.
    pub seat: Option<Seat>,
}

/// A session that is in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Of the browser's cookie, SHA-256: what is on this disk opens nothing.
    pub hash: [u8; 32],
    /// Whose session.
    pub account: String,
    /// The account's salt: another password, another account.
    pub salt: [u8; 16],
    /// It came in from the office network, not on this machine.
    pub is_office: bool,
    /// It ends, unix ms.
    pub ends_ms: u64,
}

impl Store {
    /// Keeps a call, by the 16 bytes of its name; `None` lets it go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_underway(&mut self, call: [u8; 16], underway: Option<&Underway>) -> Result<(), StoreError> {
        match underway.and_then(|it| postcard::to_allocvec(it).ok()) {
            Some(told) => self
                .connection
                .execute("INSERT OR REPLACE INTO underway (call, told) VALUES (?1, ?2)", params![call, told])?,
            None => self.connection.execute("DELETE FROM underway WHERE call = ?1", params![call])?,
        };
        Ok(())
    }

    /// All of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn underway(&self) -> Result<BTreeMap<[u8; 16], Underway>, StoreError> {
        let mut statement = self.connection.prepare("SELECT call, told FROM underway")?;
        let rows = statement.query_map([], |it| Ok(row(it).ok()))?.collect::<Result<Vec<_>, _>>()?;
        let read = |(call, told): ([u8; 16], Vec<u8>)| Some((call, postcard::from_bytes(&told).ok()?));
        Ok(rows.into_iter().flatten().filter_map(read).collect())
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<([u8; 16], Vec<u8>)> {
    Ok((row.get(0)?, row.get(1)?))
}

#[cfg(test)]
mod tests {
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, Writer};

    use super::*;

    #[test]
    fn a_call_outlasts_a_restart_until_it_is_over() {
        // Goal: the last word counts, what is over is gone, and a row that is none costs itself alone.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
        let appointment = ActRef { folio: FolioId { writer, leaf: Leaf::Profile }, act: 7 };
        let call = |cuts| Underway {
            appointment,
            booth: Some((BoothId(1), 3)),
            since_ms: 5,
            record: Record { cuts, ..Record::default() },
            apart_ms: 6,
            seat: None,
        };
        let mut store = Store::open(&path).expect("a database");
        for (name, cuts) in [([1; 16], 10), ([2; 16], 20), ([2; 16], 30)] {
            store.keep_underway(name, Some(&call(cuts))).expect("kept");
        }
        store.keep_underway([1; 16], None).expect("let go");
        store.connection.execute("INSERT INTO underway VALUES (x'00', x'00')", []).expect("not ours");
        drop(store);
        let store = Store::open(&path).expect("again");
        assert_eq!(store.underway().expect("read"), [([2; 16], call(30))].into());
    }
}
