// SPDX-License-Identifier: EUPL-1.2
//! SQLite as one would use it: one row a transaction, which first looks whether the desk is free.
//!
//! WAL, `synchronous = FULL`, statements prepared once, one connection. More connections do not commit together: each
//! waits for the one writer, so its rate for many at once is its rate for one.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, TransactionBehavior, params};

use super::durable::{ENVELOPE_BYTES, Times};

/// A slot, and the longest appointment, in minutes.
const STEP_MIN: i64 = 10;
const LONGEST_MIN: i64 = 480;
const DESKS: i64 = 8;

/// One database.
pub(crate) struct Sqlite {
    connection: Connection,
    booked: i64,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             CREATE TABLE booking (
                 id INTEGER PRIMARY KEY, desk INTEGER NOT NULL, from_min INTEGER NOT NULL, to_min INTEGER NOT NULL,
                 point TEXT NOT NULL, service TEXT NOT NULL, booth INTEGER NOT NULL, envelope BLOB NOT NULL
             ) STRICT;
             CREATE INDEX booking_desk ON booking (desk, from_min);",
        )?;
        Ok(Self { connection, booked: 0 })
    }

    /// Its version.
    pub(crate) fn version() -> &'static str {
        rusqlite::version()
    }

    /// Books one after the other.
    pub(crate) fn round(&mut self, count: usize) -> rusqlite::Result<Times> {
        let begun = Instant::now();
        let mut each_ms = Vec::with_capacity(count);
        for _ in 0..count {
            let since = Instant::now();
            self.book()?;
            each_ms.push(since.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(Times { each_ms, all_s: begun.elapsed().as_secs_f64() })
    }

    fn book(&mut self) -> rusqlite::Result<()> {
        self.booked += 1;
        let (desk, from) = (self.booked % DESKS, self.booked / DESKS * STEP_MIN);
        let envelope = [u8::try_from(self.booked % 251).unwrap_or(0); ENVELOPE_BYTES];
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_taken: bool = transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM booking
                 WHERE desk = ?1 AND from_min > ?2 - ?4 AND from_min < ?3 AND to_min > ?2)",
            )?
            .query_row(params![desk, from, from + STEP_MIN, LONGEST_MIN], |row| row.get(0))?;
        assert!(!is_taken, "a free time");
        transaction
            .prepare_cached(
                "INSERT INTO booking (desk, from_min, to_min, point, service, booth, envelope)
                 VALUES (?1, ?2, ?3, 'bourg', 'carte', 1, ?4)",
            )?
            .execute(params![desk, from, from + STEP_MIN, envelope.as_slice()])?;
        transaction.commit()
    }
}
