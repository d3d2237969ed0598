// SPDX-License-Identifier: EUPL-1.2
//! An agency's notes on appointments, sealed before they come here. They are this box's alone and go nowhere.

use std::collections::BTreeSet;

use crdt_calendar::ids::ActRef;
use rusqlite::{OptionalExtension as _, params};

use super::folios::bytes_of;
use super::{Store, StoreError};

impl Store {
    /// Keeps a note in place of what was; `None` lets it go.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn keep_note(&mut self, id: &ActRef, sealed: Option<&[u8]>) -> Result<(), StoreError> {
        match sealed {
            Some(sealed) => self
                .connection
                .execute("INSERT OR REPLACE INTO note (act, sealed) VALUES (?1, ?2)", params![bytes_of(id), sealed])?,
            None => self.connection.execute("DELETE FROM note WHERE act = ?1", params![bytes_of(id)])?,
        };
        Ok(())
    }

    /// The note on an appointment, sealed.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn note(&self, id: &ActRef) -> Result<Option<Vec<u8>>, StoreError> {
        let query = "SELECT sealed FROM note WHERE act = ?1";
        Ok(self.connection.query_row(query, params![bytes_of(id)], |row| row.get(0)).optional()?)
    }

    /// Which appointments have one. A row that is none is passed over.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn noted(&self) -> Result<BTreeSet<ActRef>, StoreError> {
        let mut statement = self.connection.prepare("SELECT act FROM note")?;
        let rows = statement.query_map([], |row| Ok(row.get::<_, Vec<u8>>(0).ok()))?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().flatten().filter_map(|act| postcard::from_bytes(&act).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, Writer};
    use crdt_calendar::time::IsoWeek;

    use super::*;
    use crate::store::folios::delete_weeks;

    #[test]
    fn a_note_survives_a_restart_and_goes_with_its_week() {
        // Goal: the last word counts, what is emptied or erased is gone, and nothing of a later week with it.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let act = |week: u16, act: u32| {
            let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
            ActRef { folio: FolioId { writer, leaf: Leaf::Week(IsoWeek(week)) }, act }
        };
        let mut store = Store::open(&path).expect("a database");
        for (week, sealed) in [(10, b"a"), (11, b"b"), (12, b"c"), (12, b"d")] {
            store.keep_note(&act(week, 1), Some(sealed)).expect("kept");
        }
        drop(store);
        let mut store = Store::open(&path).expect("again");
        assert_eq!(store.noted().expect("read"), [10, 11, 12].map(|week| act(week, 1)).into());
        assert_eq!(store.note(&act(12, 1)).expect("read").as_deref(), Some(&b"d"[..]));
        let transaction = store.connection.transaction().expect("begun");
        delete_weeks(&transaction, "note", |week| week > IsoWeek(10)).expect("deleted");
        transaction.commit().expect("done");
        store.keep_note(&act(11, 1), None).expect("let go");
        assert_eq!(store.noted().expect("read"), [act(12, 1)].into());
        assert_eq!(store.note(&act(10, 1)).expect("read"), None);
    }
}
