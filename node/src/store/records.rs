// SPDX-License-Identifier: EUPL-1.2
//! What became of this node's calls. No person is in it, and it goes nowhere. A row that is none is passed over.

use rusqlite::params;

use super::{Store, StoreError};
use crate::record::CallRecord;

/// Records that are kept, the newest: forty a day for more than a year. No clock erases any.
const KEPT_MAX: u32 = 16_384;

impl Store {
    /// Keeps the record of a call, by the 16 bytes of its name, in the place of an earlier one: it was resumed. Beyond
    /// 16,384 the oldest go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_record(&mut self, call: [u8; 16], record: &CallRecord) -> Result<(), StoreError> {
        let Ok(told) = serde_json::to_string(record) else { return Ok(()) };
        let ended = record.ended_at.0;
        let transaction = self.connection.transaction()?;
        let query = "INSERT OR REPLACE INTO record (call, ended, told) VALUES (?1, ?2, ?3)";
        transaction.execute(query, params![call, ended, told])?;
        let query =
            "DELETE FROM record WHERE call IN (SELECT call FROM record ORDER BY ended DESC, call LIMIT -1 OFFSET ?1)";
        transaction.execute(query, params![KEPT_MAX])?;
        transaction.commit()?;
        Ok(())
    }

    /// The records, the newest first: 16,384 at most.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn records(&self) -> Result<Vec<CallRecord>, StoreError> {
        let query = "SELECT told FROM record ORDER BY ended DESC, call LIMIT ?1";
        let mut statement = self.connection.prepare(query)?;
        let rows = statement.query_map([KEPT_MAX], |row| Ok(row.get(0).ok()))?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().flatten().filter_map(|told: String| serde_json::from_str(&told).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use crdt_calendar::ids::{MemberId, ServiceId};
    use crdt_calendar::time::UtcMinute;

    use super::*;
    use crate::record::{Ended, Kind, Receipt, Record};

    #[test]
    fn the_newest_records_are_kept() {
        // Goal: the newest first; a resumed call has one; beyond the limit the oldest go; a row that is none costs itself
        // alone.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let record = |ended_at, cuts| CallRecord {
            ended_at: UtcMinute(ended_at),
            peer: MemberId::new("cpam-46").expect("a name"),
            service: ServiceId::new("carte").expect("a name"),
            ended: Ended::Interrupted,
            record: Record { cuts, rung_ms: [1, 2, 3, 4, 5], ..Record::default() },
            documents: vec![Receipt { sent: true, kind: Kind::Pdf, bytes: 7, at_ms: 8 }],
        };
        let mut store = Store::open(&path).expect("a database");
        let start = 30_000_000;
        for (call, ended_at, cuts) in [(1, start, 1), (2, start + 5, 2), (2, start + 7, 3)] {
            store.keep_record([call; 16], &record(ended_at, cuts)).expect("kept");
        }
        store.connection.execute("INSERT INTO record VALUES (x'00', 1, 'x')", []).expect("not ours");
        drop(store);
        let mut store = Store::open(&path).expect("again");
        assert_eq!(store.records().expect("read"), [record(start + 7, 3), record(start, 1)]);
        let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
                    INSERT INTO record SELECT CAST(i AS BLOB), i, 'x' FROM n";
        store.connection.execute(fill, []).expect("many");
        store.keep_record([3; 16], &record(start + 9, 4)).expect("kept");
        let count: u32 =
            store.connection.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).expect("counted");
        assert_eq!(count, KEPT_MAX);
        assert_eq!(store.records().expect("read"), [record(start + 9, 4), record(start + 7, 3), record(start, 1)]);
    }
}
