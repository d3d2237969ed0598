// SPDX-License-Identifier: EUPL-1.2
//! Erasure on disk: what went is counted, deleted, and leaves no bytes in the file or in its log.
//!
//! One commit holds all of it: a kill leaves the week as it was, or erased and counted once. Then the file gives its
//! free pages back and the log is cut; a kill before that is made good when the database is next opened.
//! What the file system or the drive keeps of freed blocks is beyond a program: encrypt the disk (docs/threats.md).

use std::collections::BTreeMap;

use crdt_calendar::act::Reason;
use crdt_calendar::counts::{Cell, Counts, count};
use crdt_calendar::ids::{ActRef, Leaf, MemberId, ServiceId};
use crdt_calendar::retention::{Erasure, Floor, Floors, Term};
use crdt_calendar::time::{IsoWeek, UtcMinute};
use rusqlite::{Connection, Row, Transaction, params};

use super::folios::bytes_of;
use super::{Store, StoreError};

/// Rows of counts: 100 points, 10 agencies of 10 services each, for years. Beyond, what is new is counted under the
/// service `autres`: a member that invents services fills no disk.
const ROWS_MAX: u32 = 200_000;
const OTHERS: &str = "autres";

/// What was counted before it was erased.
pub type Counted = BTreeMap<Cell<String>, Counts>;

impl Store {
    /// Counts and deletes what went, in one commit; then gives back what the file holds free. `month` reads a minute
    /// where people live, `YYYY-MM`.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; nothing is erased then, or all of it.
    pub fn erase(&mut self, erasure: &Erasure, month: impl Fn(UtcMinute) -> String) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for (cell, counts) in count(&erasure.counted, month) {
            add(&transaction, &cell, &counts)?;
        }
        for id in &erasure.folios {
            transaction.execute("DELETE FROM folio WHERE id = ?1", params![bytes_of(id)])?;
        }
        if erasure.term != Term::Others {
            transaction.execute("DELETE FROM week_secret WHERE week <= ?1", params![erasure.week.0])?;
        }
        delete_nonces(&transaction, erasure.floors.others.week)?;
        for term in Term::ALL {
            let Floor { week, day } = erasure.floors.of(term);
            transaction.execute(
                "INSERT INTO floor (term, week, day) VALUES (?1, ?2, ?3)
                 ON CONFLICT (term) DO UPDATE SET week = excluded.week, day = excluded.day",
                params![name(term), week.0, day],
            )?;
        }
        transaction.commit()?;
        shrink(&self.connection)
    }

    /// How far this box has erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn floors(&self) -> Result<Floors, StoreError> {
        let mut floors = Floors::default();
        let mut statement = self.connection.prepare("SELECT term, week, day FROM floor")?;
        let row =
            |row: &Row<'_>| Ok((row.get::<_, String>(0)?, Floor { week: IsoWeek(row.get(1)?), day: row.get(2)? }));
        for row in statement.query_map([], row)? {
            let (kept, floor) = row?;
            match Term::ALL.into_iter().find(|term| name(*term) == kept) {
                Some(Term::Others) => floors.others = floor,
                Some(Term::Sealed) => floors.sealed = floor,
                Some(Term::Rows) => floors.rows = floor,
                None => {}
            }
        }
        Ok(floors)
    }

    /// All that was counted before it was erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn counted(&self) -> Result<Counted, StoreError> {
        let mut all = Counted::new();
        let mut statement =
            self.connection.prepare("SELECT month, agency, service, point, figure, count FROM counted")?;
        let texts =
            |row: &Row<'_>| Ok(([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?], row.get(5)?));
        for row in statement.query_map([], texts)? {
            let ([month, agency, service, point, figure], count): ([String; 5], u32) = row?;
            let Ok(service) = ServiceId::new(&service) else { continue };
            let Ok(point) = MemberId::new(&point) else { continue };
            let cell = Cell { month, agency: MemberId::new(&agency).ok(), service, point };
            put(all.entry(cell).or_default(), &figure, count);
        }
        Ok(all)
    }
}

/// Gives free pages back to the system and cuts the log, so that neither holds what was deleted. Cost: the pages
/// that changed.
pub(super) fn shrink(connection: &Connection) -> Result<(), StoreError> {
    // One page a step: the statement must be read to its end.
    let mut statement = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Lets the file shrink page by page. A database of an earlier version is written anew once, in memory: no temporary
/// file may hold its secrets.
pub(super) fn let_shrink(connection: &Connection) -> Result<(), StoreError> {
    const INCREMENTAL: u32 = 2;
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA temp_store = MEMORY;")?;
    let mode: u32 = connection.query_row("PRAGMA auto_vacuum", [], |row| row.get(0))?;
    if mode != INCREMENTAL {
        connection.execute_batch("VACUUM")?;
    }
    Ok(())
}

/// A form is sent again within minutes; what it led to is needed no longer than its week is shared.
fn delete_nonces(transaction: &Transaction<'_>, floor: IsoWeek) -> Result<(), StoreError> {
    let mut statement = transaction.prepare("SELECT nonce, act FROM nonce")?;
    let rows: Vec<(String, Vec<u8>)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (nonce, act) in rows {
        let leaf = postcard::from_bytes::<ActRef>(&act).map(|act| act.folio.leaf);
        if !matches!(leaf, Ok(Leaf::Week(week)) if week >= floor) {
            transaction.execute("DELETE FROM nonce WHERE nonce = ?1", params![nonce])?;
        }
    }
    Ok(())
}

fn add(transaction: &Transaction<'_>, cell: &Cell<String>, counts: &Counts) -> Result<(), StoreError> {
    let agency = cell.agency.as_ref().map_or("", MemberId::as_str);
    let rows: u32 = transaction.query_row("SELECT count(*) FROM counted", [], |row| row.get(0))?;
    let is_known = || {
        transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM counted WHERE month = ?1 AND agency = ?2 AND service = ?3 AND point = ?4)",
            params![cell.month, agency, cell.service.as_str(), cell.point.as_str()],
            |row| row.get::<_, bool>(0),
        )
    };
    let service = if rows < ROWS_MAX || is_known()? { cell.service.as_str() } else { OTHERS };
    let mut insert = transaction.prepare_cached(
        "INSERT INTO counted (month, agency, service, point, figure, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (month, agency, service, point, figure) DO UPDATE SET count = count + excluded.count",
    )?;
    for (figure, count) in figures(counts).into_iter().filter(|(_, count)| *count > 0) {
        insert.execute(params![cell.month, agency, service, cell.point.as_str(), figure, count])?;
    }
    Ok(())
}

/// The figures of a cell by their names on disk.
fn figures(it: &Counts) -> Vec<(String, u32)> {
    let plain = [
        ("asked", it.asked),
        ("confirmed", it.confirmed),
        ("kept", it.kept),
        ("no-show", it.no_show),
        ("interrupted", it.interrupted),
        ("refused", it.refused),
        ("taken", it.taken),
        ("suspended", it.suspended),
        ("minutes", it.minutes),
        ("arrived", it.arrived),
        ("early-min", it.early_min),
    ];
    let by = |who: &str, reasons: &BTreeMap<Reason, u32>| -> Vec<(String, u32)> {
        reasons.iter().map(|(reason, count)| (format!("{who}:{}", reason.word()), *count)).collect()
    };
    let plain = plain.map(|(figure, count)| (figure.to_owned(), count));
    plain.into_iter().chain(by("point", &it.by_point)).chain(by("agency", &it.by_agency)).collect()
}

fn put(it: &mut Counts, figure: &str, count: u32) {
    let place = match figure {
        "asked" => &mut it.asked,
        "confirmed" => &mut it.confirmed,
        "kept" => &mut it.kept,
        "no-show" => &mut it.no_show,
        "interrupted" => &mut it.interrupted,
        "refused" => &mut it.refused,
        "taken" => &mut it.taken,
        "suspended" => &mut it.suspended,
        "minutes" => &mut it.minutes,
        "arrived" => &mut it.arrived,
        "early-min" => &mut it.early_min,
        _ => {
            let Some((who, word)) = figure.split_once(':') else { return };
            let Some(reason) = Reason::named(word) else { return };
            let reasons = if who == "point" { &mut it.by_point } else { &mut it.by_agency };
            reasons.entry(reason).or_default()
        }
    };
    *place = count;
}

fn name(term: Term) -> &'static str {
    match term {
        Term::Others => "others",
        Term::Sealed => "sealed",
        Term::Rows => "rows",
    }
}

#[cfg(test)]
mod tests;
