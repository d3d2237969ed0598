// SPDX-License-Identifier: EUPL-1.2
//! The access journal on disk: a line and the chain's end are kept in one commit, before anything is opened.

use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::{Store, StoreError};
use crate::access::{Chain, Line, Link, Opening};

/// Lines that are read at once.
const LINES_MAX: usize = 2000;

/// Which lines are asked for; at most 2000 of them, the first.
#[derive(Debug, Clone, Copy)]
pub enum AccessAsked {
    /// From one second, since 1970 UTC, to before another.
    Between(i64, i64),
    /// Those after this number.
    After(u32),
}

impl Store {
    /// Keeps a line.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; nothing may be opened then.
    pub fn keep_access(&mut self, opening: &Opening, at: i64) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        let (chain, line) = chain(&transaction)?.followed_by(opening, at);
        transaction.execute(
            "INSERT INTO access (number, at, who, page, appointments, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![line.number, line.at, line.who, line.page, line.appointments, line.hash],
        )?;
        keep(&transaction, &chain)?;
        transaction.commit()?;
        Ok(())
    }

    /// The chain, and lines of it.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn access(&self, asked: AccessAsked) -> Result<(Chain, Vec<Line>), StoreError> {
        // One reading of both: a line that is kept in between is in neither or in both.
        let transaction = self.connection.unchecked_transaction()?;
        let chain = chain(&transaction)?;
        let (filter, one, two) = match asked {
            AccessAsked::Between(from, to) => ("at >= ?1 AND at < ?2", from, to),
            AccessAsked::After(number) => ("number > ?1 AND number <= ?2", i64::from(number), i64::MAX),
        };
        let query = format!(
            "SELECT number, at, who, page, appointments, hash FROM access WHERE {filter} ORDER BY number LIMIT {LINES_MAX}"
        );
        let mut statement = transaction.prepare(&query)?;
        let lines = statement.query_map(params![one, two], read)?.collect::<Result<_, _>>()?;
        Ok((chain, lines))
    }

    /// Lets lines go that were written before this second, since 1970 UTC, from the beginning on; the chain begins
    /// after them. Tells how many.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn drop_access_before(&mut self, at: i64) -> Result<u32, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut chain = chain(&transaction)?;
        let kept = "SELECT min(number) FROM access WHERE at >= ?1";
        let kept: Option<u32> = transaction.query_row(kept, params![at], |row| row.get(0))?;
        let first = kept.unwrap_or(chain.last + 1);
        let hash = "SELECT hash FROM access WHERE number = ?1";
        let anchor: Option<Link> =
            transaction.query_row(hash, params![first.saturating_sub(1)], |row| row.get(0)).optional()?;
        let Some(anchor) = anchor.filter(|_| first > chain.first) else { return Ok(0) };
        let gone = first - chain.first;
        transaction.execute("DELETE FROM access WHERE number < ?1", params![first])?;
        (chain.first, chain.anchor) = (first, anchor);
        keep(&transaction, &chain)?;
        transaction.commit()?;
        Ok(gone)
    }
}

fn chain(transaction: &Transaction<'_>) -> Result<Chain, StoreError> {
    let query = "SELECT first, anchor, last, head FROM access_chain WHERE id = 1";
    let row =
        |row: &Row<'_>| Ok(Chain { first: row.get(0)?, anchor: row.get(1)?, last: row.get(2)?, head: row.get(3)? });
    Ok(transaction.query_row(query, [], row).optional()?.unwrap_or_default())
}

fn keep(transaction: &Transaction<'_>, chain: &Chain) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT OR REPLACE INTO access_chain (id, first, anchor, last, head) VALUES (1, ?1, ?2, ?3, ?4)",
        params![chain.first, chain.anchor, chain.last, chain.head],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        number: row.get(0)?,
        at: row.get(1)?,
        who: row.get(2)?,
        page: row.get(3)?,
        appointments: row.get(4)?,
        hash: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Break;

    fn verified(store: &Store) -> Result<(), Break> {
        let (chain, lines) = store.access(AccessAsked::After(0)).expect("read");
        let mut walk = chain.walk();
        lines.iter().try_for_each(|line| walk.step(line)).and_then(|()| walk.end())
    }

    #[test]
    fn what_is_done_to_the_table_is_found() {
        // Goal: the chain survives a restart and its own cutting; SQL that changes, deletes or renumbers is found.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let opening = |who: &str| Opening { who: who.to_owned(), page: "agenda", appointments: vec!["0a".to_owned()] };
        for at in 0..20 {
            Store::open(&path).expect("a database").keep_access(&opening("claire"), at).expect("kept");
        }
        let mut store = Store::open(&path).expect("again");
        assert_eq!(verified(&store), Ok(()));
        assert_eq!(store.drop_access_before(5).expect("cut"), 5);
        assert_eq!(store.drop_access_before(5).expect("cut"), 0, "once");
        assert_eq!(verified(&store), Ok(()));
        let (_, day) = store.access(AccessAsked::Between(7, 9)).expect("read");
        assert_eq!(day.iter().map(|it| (it.number, it.at)).collect::<Vec<_>>(), [(8, 7), (9, 8)]);
        drop(store);
        for (sql, found) in [
            ("UPDATE access SET who = 'autre' WHERE number = 9", Break::Changed(9)),
            ("UPDATE access SET at = at + 1 WHERE number = 20", Break::Changed(20)),
            ("DELETE FROM access WHERE number = 6", Break::Missing(6)),
            ("DELETE FROM access WHERE number = 12", Break::Missing(12)),
            ("DELETE FROM access WHERE number = 20", Break::Missing(20)),
            ("DELETE FROM access", Break::Missing(6)),
            ("UPDATE access SET number = 99 WHERE number = 20", Break::Missing(20)),
            (
                "INSERT INTO access SELECT 21, at, who, page, appointments, hash FROM access WHERE number = 20",
                Break::Beyond(21),
            ),
            ("DELETE FROM access_chain", Break::Beyond(6)),
        ] {
            let trial = folder.path().join("trial.db");
            std::fs::write(&trial, &*Store::copy(&path).expect("a copy")).expect("written");
            let store = Store::open(&trial).expect("opened");
            store.connection.execute_batch(sql).expect("done");
            assert_eq!(verified(&store), Err(found), "{sql}");
            drop(store);
            std::fs::remove_file(trial).expect("gone");
        }
        assert_eq!(verified(&Store::open(&path).expect("again")), Ok(()));
    }
}
