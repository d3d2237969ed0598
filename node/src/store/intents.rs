// SPDX-License-Identifier: EUPL-1.2
//! What this box is going to do with appointments of its own, on disk before it is promised.
//!
//! It is this box's alone and goes nowhere: the calendar has the act once it is done. A row that is none is passed over.

use std::collections::BTreeMap;

use crdt_calendar::act::Reason;
use crdt_calendar::ids::ActRef;
use rusqlite::{Row, params};

use super::folios::bytes_of;
use super::{Store, StoreError};

/// What is going to become of an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// It is cancelled once this other one is confirmed; afterwards, that this one took its place.
    Move(ActRef),
    /// It is cancelled for this reason, in this second since 1970 UTC.
    Cancel(Reason, i64),
}

/// A row as it lies there.
type Kept = (Vec<u8>, Option<Vec<u8>>, Option<String>, Option<i64>);

impl Store {
    /// Keeps what is going to become of an appointment, in place of what was.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn keep_intent(&mut self, id: &ActRef, intent: &Intent) -> Result<(), StoreError> {
        let (moved_to, reason, at) = match intent {
            Intent::Move(other) => (Some(bytes_of(other)), None, None),
            Intent::Cancel(reason, at) => (None, Some(reason.word()), Some(at)),
        };
        self.connection.execute(
            "INSERT OR REPLACE INTO intent (act, moved_to, reason, at) VALUES (?1, ?2, ?3, ?4)",
            params![bytes_of(id), moved_to, reason, at],
        )?;
        Ok(())
    }

    /// Forgets it.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn drop_intent(&mut self, id: &ActRef) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM intent WHERE act = ?1", params![bytes_of(id)])?;
        Ok(())
    }

    /// All of them.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn intents(&self) -> Result<BTreeMap<ActRef, Intent>, StoreError> {
        let mut statement = self.connection.prepare("SELECT act, moved_to, reason, at FROM intent")?;
        let rows = statement.query_map([], |row| Ok(kept(row).ok()))?.collect::<Result<Vec<Option<Kept>>, _>>()?;
        Ok(rows.into_iter().flatten().filter_map(read).collect())
    }
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn read((act, moved_to, reason, at): Kept) -> Option<(ActRef, Intent)> {
    let intent = match (moved_to, reason, at) {
        (Some(other), None, None) => Intent::Move(postcard::from_bytes(&other).ok()?),
        (None, Some(reason), Some(at)) => Intent::Cancel(Reason::named(&reason)?, at),
        _ => return None,
    };
    Some((postcard::from_bytes(&act).ok()?, intent))
}

#[cfg(test)]
mod tests {
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, Writer};
    use crdt_calendar::time::IsoWeek;

    use super::*;
    use crate::store::folios::delete_weeks;

    #[test]
    fn an_intent_survives_a_restart_and_goes_with_its_week() {
        // Goal: both kinds are read back as they were kept, the last word counts, and what is erased or dropped is gone.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let act = |week: u16, act: u32| {
            let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
            ActRef { folio: FolioId { writer, leaf: Leaf::Week(IsoWeek(week)) }, act }
        };
        let mut store = Store::open(&path).expect("a database");
        store.keep_intent(&act(10, 1), &Intent::Move(act(11, 2))).expect("kept");
        store.keep_intent(&act(12, 3), &Intent::Move(act(12, 4))).expect("kept");
        store.keep_intent(&act(12, 3), &Intent::Cancel(Reason::Closed, 1_800_000_000)).expect("kept");
        drop(store);
        let mut store = Store::open(&path).expect("again");
        let (moved, cancelled) = (Intent::Move(act(11, 2)), Intent::Cancel(Reason::Closed, 1_800_000_000));
        assert_eq!(store.intents().expect("read"), [(act(10, 1), moved), (act(12, 3), cancelled)].into());
        let transaction = store.connection.transaction().expect("begun");
        // The week of the floor itself is still shared.
        delete_weeks(&transaction, "intent", |week| week >= IsoWeek(12)).expect("deleted");
        transaction.commit().expect("done");
        assert_eq!(store.intents().expect("read"), [(act(12, 3), cancelled)].into());
        store.drop_intent(&act(12, 3)).expect("dropped");
        assert_eq!(store.intents().expect("read"), BTreeMap::new());
    }
}
