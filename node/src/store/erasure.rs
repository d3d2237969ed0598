// SPDX-License-Identifier: EUPL-1.2
//! Erasure on disk: what went is counted, deleted, and leaves no bytes in the file or in its log.
//!
//! One commit holds all of it: a kill leaves the week as it was, or erased and counted once. Then the file gives its
//! free pages back and the log is cut; a kill before that is made good when the database is next opened, a reader
//! that is in the way when it is gone.
//! What the file system or the drive keeps of freed blocks is beyond a program: encrypt the disk (docs/threats.md).

use std::collections::BTreeMap;
use std::time::Duration;

use crdt_calendar::act::Reason;
use crdt_calendar::counts::{Cell, Counts, count};
use crdt_calendar::ids::{MemberId, ServiceId};
use crdt_calendar::retention::{Erasure, Floor, Floors, Term};
use crdt_calendar::time::{IsoWeek, UtcMinute};
use rusqlite::{Connection, Row, Transaction, params};
use sha2::{Digest as _, Sha256};

use super::folios::{bytes_of, delete_weeks};
use super::{BUSY_TIMEOUT, Store, StoreError};
use crate::clock::Period;

/// Rows of counts, one a figure, some 80 bytes each: 100 points with 20 services a week and three figures of each fill them
/// in three years. Beyond, what is new is counted under the service `autres`: a member that invents services fills no disk.
const ROWS_MAX: u32 = 1_000_000;
const OTHERS: &str = "autres";
/// Written where the week is not known: no calendar reaches back to 1970.
const WEEK_UNKNOWN: IsoWeek = IsoWeek(0);

/// What was counted before it was erased.
pub type Counted = BTreeMap<Cell<Period>, Counts>;

impl Store {
    /// Counts and deletes what went, in one commit; then gives back what the file holds free. `period` reads a
    /// minute where people live.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; nothing is erased then, or all of it.
    pub fn erase(&mut self, erasure: &Erasure, period: impl Fn(UtcMinute) -> Period) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for (cell, counts) in count(&erasure.counted, period) {
            add(&transaction, &cell, &counts)?;
        }
        for id in &erasure.folios {
            transaction.execute("DELETE FROM folio WHERE id = ?1", params![bytes_of(id)])?;
        }
        if erasure.term != Term::Others {
            transaction.execute("DELETE FROM week_secret WHERE week <= ?1", params![erasure.week.0])?;
            delete_weeks(&transaction, "note", |week| week > erasure.week)?;
        }
        // A form is sent again within minutes; what it led to is needed no longer than its week is shared.
        for table in ["nonce", "intent", "wish", "colleague"] {
            delete_weeks(&transaction, table, |week| week >= erasure.floors.others.week)?;
        }
        for term in Term::ALL {
            keep_floor(&transaction, term, erasure.floors.of(term))?;
        }
        transaction.commit()?;
        self.log_is_cut = shrink(&self.connection)?;
        Ok(())
    }

    /// Cuts the log after an erasure that could not, for somebody was reading the database then. Called now and then;
    /// costs nothing when it is cut.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn cut_log(&mut self) -> Result<(), StoreError> {
        if !self.log_is_cut {
            self.log_is_cut = shrink(&self.connection)?;
        }
        Ok(())
    }

    /// How far this box has erased. A floor that is not what was written reads as one that never moved: that erases
    /// again what is gone, where a wrong one would refuse what others have for ever.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn floors(&self) -> Result<Floors, StoreError> {
        let mut statement = self.connection.prepare("SELECT term, week, day FROM floor")?;
        // What is no text or number in a row says as little as a row that is not there.
        let rows = statement.query_map([], |row| Ok(floor_row(row).ok()))?.collect::<Result<Vec<_>, _>>()?;
        let rows: FloorRows = rows.into_iter().flatten().collect();
        let [others, sealed, rows] = Term::ALL.map(|term| floor(&rows, term));
        Ok(Floors { others, sealed, rows })
    }

    /// All that was counted before it was erased. A row that is not one that was written is passed over.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn counted(&self) -> Result<Counted, StoreError> {
        let mut all = Counted::new();
        let mut statement =
            self.connection.prepare("SELECT month, agency, service, point, figure, week, count FROM counted")?;
        let mut passed_over = 0;
        for row in statement.query_map([], |row| Ok(counted_row(row).ok()))? {
            let Some(([month, agency, service, point, figure], week, count)) = row? else {
                passed_over += 1;
                continue;
            };
            let Ok(service) = ServiceId::new(&service) else { continue };
            let Ok(point) = MemberId::new(&point) else { continue };
            let month = Period { month, week: Some(IsoWeek(week)).filter(|it| *it != WEEK_UNKNOWN) };
            let cell = Cell { month, agency: MemberId::new(&agency).ok(), service, point };
            put(all.entry(cell).or_default(), &figure, count);
        }
        if passed_over > 0 {
            tracing::warn!(passed_over, "damaged counts are passed over");
        }
        Ok(all)
    }
}

/// Floors as they lie in the database, and their checks.
type FloorRows = BTreeMap<String, (i64, i64)>;

fn floor_row(row: &Row<'_>) -> rusqlite::Result<(String, (i64, i64))> {
    Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))
}

fn counted_row(row: &Row<'_>) -> rusqlite::Result<([String; 5], u16, u32)> {
    Ok(([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?], row.get(5)?, row.get(6)?))
}

/// A floor and, in a row of its own, its check.
fn keep_floor(transaction: &Transaction<'_>, term: Term, floor: Floor) -> Result<(), StoreError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO floor (term, week, day) VALUES (?1, ?2, ?3)
         ON CONFLICT (term) DO UPDATE SET week = excluded.week, day = excluded.day",
    )?;
    insert.execute(params![name(term), floor.week.0, floor.day])?;
    insert.execute(params![check_name(term), check(term, floor), 0])?;
    Ok(())
}

/// The floor of a term, if it is what was written. One without a check was written by an earlier version.
fn floor(rows: &FloorRows, term: Term) -> Floor {
    let Some((week, day)) = rows.get(name(term)) else { return Floor::default() };
    let floor = u16::try_from(*week).ok().zip(u32::try_from(*day).ok());
    let floor = floor.map(|(week, day)| Floor { week: IsoWeek(week), day });
    let sum = rows.get(&check_name(term)).map(|(sum, _)| *sum);
    floor.filter(|floor| sum.is_none_or(|sum| sum == check(term, *floor))).unwrap_or_else(|| {
        tracing::warn!(?term, "how far this term has erased is damaged: it begins anew");
        Floor::default()
    })
}

/// The first 8 bytes of SHA-256 over a name, the term and the floor.
fn check(term: Term, floor: Floor) -> i64 {
    let hash = Sha256::new().chain_update(b"hameau/floor/1").chain_update(name(term));
    let hash = hash.chain_update(floor.week.0.to_be_bytes()).chain_update(floor.day.to_be_bytes()).finalize();
    hash.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

fn check_name(term: Term) -> String {
    format!("{}-check", name(term))
}

/// Gives free pages back to the system and cuts the log, so that neither holds what was deleted; tells whether the log
/// is cut. It is not while another process reads the database (a backup). Cost: the pages that changed.
pub(super) fn shrink(connection: &Connection) -> Result<bool, StoreError> {
    // One page a step: the statement must be read to its end.
    let mut statement = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    // Nobody waits for who reads: it is tried again.
    connection.busy_timeout(Duration::ZERO)?;
    let is_busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(!is_busy?)
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

fn add(transaction: &Transaction<'_>, cell: &Cell<Period>, counts: &Counts) -> Result<(), StoreError> {
    let agency = cell.agency.as_ref().map_or("", MemberId::as_str);
    let rows: u32 = transaction.query_row("SELECT count(*) FROM counted", [], |row| row.get(0))?;
    let (month, week) = (&cell.month.month, cell.month.week.unwrap_or(WEEK_UNKNOWN).0);
    let is_known = || {
        transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM counted
             WHERE month = ?1 AND week = ?2 AND agency = ?3 AND service = ?4 AND point = ?5)",
            params![month, week, agency, cell.service.as_str(), cell.point.as_str()],
            |row| row.get::<_, bool>(0),
        )
    };
    let service = if rows < ROWS_MAX || is_known()? { cell.service.as_str() } else { OTHERS };
    let mut insert = transaction.prepare_cached(
        "INSERT INTO counted (month, week, agency, service, point, figure, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (month, week, agency, service, point, figure) DO UPDATE SET count = count + excluded.count",
    )?;
    for (figure, count) in figures(counts).into_iter().filter(|(_, count)| *count > 0) {
        insert.execute(params![month, week, agency, service, cell.point.as_str(), figure, count])?;
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
        ("moved", it.moved),
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
        "moved" => &mut it.moved,
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
