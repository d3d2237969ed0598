// SPDX-License-Identifier: EUPL-1.2
//! The day of a point, asked of a calendar in memory: our snapshot, which every page reads, beside an indexed `SELECT`
//! in SQLite on the same rows, and beside a scan of one shared automerge document.
//!
//! Each has all bookings in memory (SQLite in its page cache) before it is asked; each returns the same appointments.

use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use automerge::Automerge;
use crdt_calendar::time::UtcMinute;
use hameau_node::clock::Clock;
use hameau_node::home::Home;
use hameau_node::run::{open_replica, papers};
use hameau_tests::header::{header, keep};
use hameau_tests::statistics::{Better, ratio, summary};
use rusqlite::{Connection, params};
use serde_json::json;

use super::document;
use super::territory::{Booked, Territory};

/// The point whose day is asked.
const READER: usize = 0;
/// Asked so often in a turn, of which the mean counts: one alone is shorter than a clock's grain.
const ASKED: u32 = 200;
/// A scan takes so long that a few do.
const SCANNED: u32 = 3;

/// How much.
#[derive(clap::Args)]
pub(crate) struct Day {
    /// Bookings in the calendar.
    #[arg(long, default_value_t = 100_000)]
    bookings: usize,
    /// How often each has its turn.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// Where all rounds are written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Day {
    pub(crate) async fn run(&self) -> Result<(), Box<dyn Error>> {
        let mut run = header("cargo measure");
        let territory = Territory::new(self.bookings).await?;
        let clock = Clock::new(0, "Europe/Paris")?;
        let (from, to) = clock.day(clock.local_now().date()).ok_or("no such day")?;
        let today = territory.booked.iter().filter(|it| it.point == READER && (from..to).contains(&it.from));
        let wanted = today.count();
        if wanted == 0 {
            return Err("nothing is booked today: measure on a working day".into());
        }
        let home = Home::open(&territory.lay(READER)?)?;
        let (replica, _outgoing, thread) = open_replica(&home, &clock, &papers(&home)?)?;
        let snapshot = replica.snapshot();
        let sqlite = rows(&territory.booked)?;
        let file = territory.file("bare.automerge");
        document::write(&file, &territory.booked, false)?;
        let shared = Automerge::load(&std::fs::read(&file)?)?;

        let [mut ours, mut select, mut scan] = [const { Vec::new() }; 3];
        for _ in 0..self.rounds {
            ours.push(timed(ASKED, wanted, || Ok(snapshot.agenda(from, to).len()))?);
            select.push(timed(ASKED, wanted, || selected(&sqlite, from, to))?);
            scan.push(timed(SCANNED, wanted, || document::day(&shared, READER as u64, from.0, to.0))?);
        }
        let mut told = json!({ "bookings": self.bookings, "rows_of_the_day": wanted, "sqlite": rusqlite::version() });
        for (name, runs) in [("ours", &ours), ("sqlite_select", &select), ("automerge_scan", &scan)] {
            let compared = ratio(&ours, runs, Better::Lower);
            println!("{name}: {} µs; ours {compared} of it", summary(runs, Better::Lower));
            told[name] = json!({ "us": summary(runs, Better::Lower).json(), "rounds_us": runs,
                "ours_to_it": compared.json() });
        }
        run["told"] = told;
        drop(replica);
        thread.join().map_err(|_| "the replica fails")?;
        Ok(keep(self.json.as_deref(), &run)?)
    }
}

/// Microseconds that one question takes, in the mean; each must find as many rows.
fn timed(
    times: u32,
    wanted: usize,
    mut ask: impl FnMut() -> Result<usize, Box<dyn Error>>,
) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    for _ in 0..times {
        let found = black_box(ask()?);
        if found != wanted {
            return Err(format!("{found} rows, and not {wanted}").into());
        }
    }
    Ok(begun.elapsed().as_secs_f64() * 1_000_000.0 / f64::from(times))
}

/// One table, with the index that one would give it.
fn rows(booked: &[Booked]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    connection.execute_batch(
        "CREATE TABLE booking (
             id INTEGER PRIMARY KEY, point INTEGER NOT NULL, desk INTEGER NOT NULL, from_min INTEGER NOT NULL,
             service TEXT NOT NULL, booth INTEGER NOT NULL, envelope BLOB NOT NULL
         ) STRICT;
         CREATE INDEX booking_day ON booking (point, from_min);",
    )?;
    let transaction = connection.transaction()?;
    for it in booked {
        let desk = it.agency * 8 + usize::from(it.desk);
        transaction
            .prepare_cached(
                "INSERT INTO booking (point, desk, from_min, service, booth, envelope)
                 VALUES (?1, ?2, ?3, 'carte', ?4, ?5)",
            )?
            .execute(params![as_row(it.point), as_row(desk), it.from.0, it.booth, it.envelope])?;
    }
    transaction.commit()?;
    connection.execute_batch("ANALYZE;")?;
    Ok(connection)
}

/// What a page of the day reads of each row; the sealed details are left where they are.
fn selected(sqlite: &Connection, from: UtcMinute, to: UtcMinute) -> Result<usize, Box<dyn Error>> {
    let mut statement = sqlite.prepare_cached(
        "SELECT id, desk, from_min, service, booth FROM booking
         WHERE point = ?1 AND from_min >= ?2 AND from_min < ?3 ORDER BY from_min, id",
    )?;
    let read = statement.query_map(params![as_row(READER), from.0, to.0], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, u32>(2)?,
            row.get::<_, String>(3)?,
            row.get::<_, u8>(4)?,
        ))
    })?;
    Ok(black_box(read.collect::<Result<Vec<_>, _>>()?).len())
}

/// A number as SQLite keeps it.
fn as_row(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
