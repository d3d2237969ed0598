// SPDX-License-Identifier: EUPL-1.2
//! What other members' boxes have said that they keep of this one's folios, so that "kept at N" is still known after a
//! restart without network. Not truth: a row that is lost or damaged is said again when its peer is next heard.

use std::collections::BTreeMap;

use crdt_calendar::ids::PublicKey;
use crdt_calendar::replicator::Receipts;
use rusqlite::params;

use super::folios::bytes_of;
use super::{Store, StoreError};

impl Store {
    /// Writes where `now` differs from `before`, which is what was written last. One commit.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; nothing was written then.
    pub fn keep_receipts(&mut self, before: &Receipts, now: &Receipts) -> Result<(), StoreError> {
        let none = BTreeMap::new();
        let transaction = self.connection.transaction()?;
        for (peer, kept) in before {
            let still = now.get(peer).unwrap_or(&none);
            for folio in kept.keys().filter(|folio| !still.contains_key(folio)) {
                transaction
                    .execute("DELETE FROM receipt WHERE peer = ?1 AND folio = ?2", params![peer.0, bytes_of(folio)])?;
            }
        }
        for (peer, kept) in now {
            let known = before.get(peer).unwrap_or(&none);
            for (folio, acts) in kept.iter().filter(|(folio, acts)| known.get(folio) != Some(acts)) {
                transaction.execute(
                    "INSERT OR REPLACE INTO receipt VALUES (?1, ?2, ?3)",
                    params![peer.0, bytes_of(folio), acts],
                )?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// All that was written. A row that is not one of those is passed over.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn receipts(&self) -> Result<Receipts, StoreError> {
        let mut statement = self.connection.prepare("SELECT peer, folio, acts FROM receipt")?;
        let mut receipts = Receipts::new();
        for row in statement.query_map([], |row| Ok((row.get(0).ok(), row.get(1).ok(), row.get(2).ok())))? {
            let (peer, folio, acts): (Option<[u8; 32]>, Option<Vec<u8>>, Option<u32>) = row?;
            let folio = folio.and_then(|folio| postcard::from_bytes(&folio).ok());
            if let (Some(peer), Some(folio), Some(acts)) = (peer, folio, acts) {
                receipts.entry(PublicKey(peer)).or_default().insert(folio, acts);
            }
        }
        Ok(receipts)
    }
}

#[cfg(test)]
mod tests {
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, Writer};
    use crdt_calendar::time::IsoWeek;

    use super::*;

    fn of(week: u16) -> FolioId {
        let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
        FolioId { writer, leaf: Leaf::Week(IsoWeek(week)) }
    }

    #[test]
    fn receipts_are_as_they_were_said_last() {
        // Goal: more, less and nothing any more of a folio; a damaged row takes no other one with it.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let mut store = Store::open(&path).expect("opened");
        let (one, two) = (PublicKey([2; 32]), PublicKey([3; 32]));
        let first: Receipts = [(one, [(of(10), 3), (of(11), 5)].into()), (two, [(of(10), 1)].into())].into();
        let then: Receipts = [(one, [(of(10), 4)].into()), (two, [(of(10), 1), (of(12), 2)].into())].into();
        store.keep_receipts(&Receipts::new(), &first).expect("kept");
        store.keep_receipts(&first, &then).expect("kept");
        drop(store);
        let mut store = Store::open(&path).expect("opened");
        assert_eq!(store.receipts().expect("read"), then);
        let bad = "INSERT INTO receipt VALUES (x'02', x'00', 7), (zeroblob(32), x'ff', 7), (zeroblob(32), x'', -1)";
        store.connection.execute_batch(bad).expect("written");
        assert_eq!(store.receipts().expect("read"), then);
        store.keep_receipts(&then, &Receipts::new()).expect("kept");
        assert_eq!(store.receipts().expect("read"), Receipts::new());
    }
}
