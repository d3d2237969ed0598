// SPDX-License-Identifier: EUPL-1.2
//! Which desk of this agency is closed to others in the minutes of an appointment: it sees a person who is booked at
//! another, or the hour was withdrawn when the appointment was cancelled.
//!
//! It is this box's alone and goes nowhere: the calendar has the desk that was booked. A row that is none is passed over.

use std::collections::BTreeMap;

use crdt_calendar::ids::ActRef;
use rusqlite::{Row, params};

use super::folios::bytes_of;
use super::{Store, StoreError};

impl Store {
    /// Keeps the number of the desk; `None` lets it go.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn keep_colleague(&mut self, id: &ActRef, desk: Option<u8>) -> Result<(), StoreError> {
        match desk {
            Some(desk) => self
                .connection
                .execute("INSERT OR REPLACE INTO colleague (act, desk) VALUES (?1, ?2)", params![bytes_of(id), desk])?,
            None => self.connection.execute("DELETE FROM colleague WHERE act = ?1", params![bytes_of(id)])?,
        };
        Ok(())
    }

    /// All of them.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn colleagues(&self) -> Result<BTreeMap<ActRef, u8>, StoreError> {
        let mut statement = self.connection.prepare("SELECT act, desk FROM colleague")?;
        let rows = statement.query_map([], |it| Ok(colleague(it).ok()))?.collect::<Result<Vec<_>, _>>()?;
        let named = |(act, desk): (Vec<u8>, u8)| Some((postcard::from_bytes(&act).ok()?, desk));
        Ok(rows.into_iter().flatten().filter_map(named).collect())
    }
}

fn colleague(row: &Row<'_>) -> rusqlite::Result<(Vec<u8>, u8)> {
    Ok((row.get(0)?, row.get(1)?))
}

#[cfg(test)]
mod tests {
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, Writer};
    use crdt_calendar::time::IsoWeek;

    use super::*;
    use crate::store::folios::delete_weeks;

    #[test]
    fn who_sees_a_person_survives_a_restart_and_goes_with_the_week() {
        // Goal: the last word counts, what is taken back or erased is gone, and a row that is none costs itself alone.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let at = |week: u16, act: u32| {
            let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
            ActRef { folio: FolioId { writer, leaf: Leaf::Week(IsoWeek(week)) }, act }
        };
        let mut store = Store::open(&path).expect("a database");
        for (id, desk) in [(at(10, 1), Some(2)), (at(12, 1), Some(2)), (at(12, 1), Some(3)), (at(12, 2), Some(2))] {
            store.keep_colleague(&id, desk).expect("kept");
        }
        store.keep_colleague(&at(12, 2), None).expect("let go");
        store.connection.execute("INSERT INTO colleague VALUES (x'00', 1)", []).expect("not ours");
        store.connection.execute("INSERT INTO colleague VALUES (x'01', 999)", []).expect("not ours");
        drop(store);
        let mut store = Store::open(&path).expect("again");
        assert_eq!(store.colleagues().expect("read"), [(at(10, 1), 2), (at(12, 1), 3)].into());
        let transaction = store.connection.transaction().expect("begun");
        delete_weeks(&transaction, "colleague", |week| week > IsoWeek(10)).expect("deleted");
        transaction.commit().expect("done");
        assert_eq!(store.colleagues().expect("read"), [(at(12, 1), 3)].into());
    }
}
