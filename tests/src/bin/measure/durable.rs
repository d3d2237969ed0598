// SPDX-License-Identifier: EUPL-1.2
//! Bookings that are acknowledged once they are durable: the real program through its pages, beside SQLite, PostgreSQL
//! and the bare disk, all in folders of one disk, in turn.
//!
//! Ours does more for a booking: it reads a form, seals the person's details to two keys (HPKE), signs, folds the week
//! anew, makes a page. The others get the same bytes in the place of what is sealed. The point is alone: nobody's
//! acknowledgement waits for another node, and the others have none.

use std::collections::VecDeque;
use std::error::Error;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hameau_tests::hand::stopped;
use hameau_tests::load::{Load, open};
use hameau_tests::statistics::{Better, Summary, pooled, quantile, ratio, summary};
use hameau_tests::visitor::{Booking, Visitor};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::fdatasync::Disk;
use super::postgres::Postgres;
use super::sqlite::Sqlite;
use hameau_tests::header::{header, keep, said};

/// What a booking's sealed details take.
pub(crate) const ENVELOPE_BYTES: usize = 433;

/// Times of the days that are taken last, or given back: not held by the point.
const FREE_DAYS: usize = 4;
const TIMES_A_DAY: usize = 84;

/// How much is booked.
#[derive(clap::Args)]
pub(crate) struct Durable {
    /// How often each contender's turn comes.
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// Bookings of a round, one at a time.
    #[arg(long, default_value_t = 200)]
    single: usize,
    /// Bookings of a round, many at once.
    #[arg(long, default_value_t = 640)]
    together: usize,
    /// How many at once.
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// Where all rounds are written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// What one round took.
pub(crate) struct Times {
    /// Each acknowledgement, in milliseconds.
    pub(crate) each_ms: Vec<f64>,
    /// All of them, in seconds.
    pub(crate) all_s: f64,
}

impl Times {
    fn per_s(&self) -> f64 {
        self.each_ms.len() as f64 / self.all_s
    }
}

/// All rounds of one contender.
struct Row {
    contender: &'static str,
    rounds: Vec<Times>,
}

impl Row {
    fn part(&self, part: f64) -> Summary {
        let rounds: Vec<Vec<f64>> = self.rounds.iter().map(|round| round.each_ms.clone()).collect();
        pooled(&rounds, part, Better::Lower)
    }

    fn rates(&self) -> Vec<f64> {
        self.rounds.iter().map(Times::per_s).collect()
    }

    fn medians(&self) -> Vec<f64> {
        self.rounds.iter().map(|round| quantile(round.each_ms.clone(), 0.5)).collect()
    }

    fn tell(&self) -> Value {
        let (median, p99, rate) = (self.part(0.5), self.part(0.99), summary(&self.rates(), Better::Higher));
        println!("  {:20} median {median} ms, p99 {p99} ms, {rate} a second", self.contender);
        let round = |it: &Times| {
            let at = |part| quantile(it.each_ms.clone(), part);
            json!({ "count": it.each_ms.len(), "median_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99),
                "max_ms": at(1.0), "per_s": it.per_s() })
        };
        json!({ "median_ms": median.json(), "p99_ms": p99.json(), "per_s": rate.json(),
            "rounds": self.rounds.iter().map(round).collect::<Vec<_>>() })
    }
}

/// A point that runs, and forms for times that it holds.
struct Point {
    load: Load,
    node: tokio::process::Child,
    session: Visitor,
    forms: VecDeque<Booking>,
}

impl Point {
    async fn start() -> Self {
        let mut load = Load::reserved().await;
        let free = std::mem::take(&mut load.free);
        // Every second time, so that all weeks fill alike.
        load.free = free.into_iter().skip(FREE_DAYS * TIMES_A_DAY).step_by(2).collect();
        let forms = (0..load.free.len()).map(|_| load.form()).collect();
        let (node, session) = open(&load.point()).await;
        Self { load, node, session, forms }
    }

    fn next(&mut self, count: usize) -> Result<Vec<Booking>, Box<dyn Error>> {
        if self.forms.len() < count {
            return Err(format!("only {} times are left: ask for fewer bookings", self.forms.len()).into());
        }
        Ok(self.forms.drain(..count).collect())
    }

    async fn single(&mut self, count: usize) -> Result<Times, Box<dyn Error>> {
        let mut line = self.session.line().await?;
        let forms = self.next(count)?;
        let (begun, mut each_ms) = (Instant::now(), Vec::with_capacity(count));
        for form in &forms {
            let since = Instant::now();
            self.session.book_over(&mut line, form).await?.map_err(|answer| answer.text)?;
            each_ms.push(since.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(Times { each_ms, all_s: begun.elapsed().as_secs_f64() })
    }

    async fn together(&mut self, at_once: usize, count: usize) -> Result<Times, Box<dyn Error>> {
        let mut hands = Vec::new();
        for _ in 0..at_once {
            hands.push((self.session.line().await?, self.next(count / at_once)?));
        }
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for (mut line, forms) in hands {
            let session = self.session.clone();
            tasks.spawn(async move {
                let mut each_ms = Vec::with_capacity(forms.len());
                for form in &forms {
                    let since = Instant::now();
                    session.book_over(&mut line, form).await?.map_err(|answer| answer.text)?;
                    each_ms.push(since.elapsed().as_secs_f64() * 1000.0);
                }
                Ok::<_, String>(each_ms)
            });
        }
        let mut each_ms = Vec::with_capacity(count);
        while let Some(ended) = tasks.join_next().await {
            each_ms.extend(ended??);
        }
        Ok(Times { each_ms, all_s: begun.elapsed().as_secs_f64() })
    }

    async fn stop(self) {
        stopped(self.node).await;
        drop(self.load);
    }
}

impl Durable {
    pub(crate) async fn run(&self) -> Result<(), Box<dyn Error>> {
        let mut run = header("cargo measure");
        let folder = tempfile::tempdir()?;
        // The server's own account must reach what is below.
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711))?;
        let names = ["hameau", "sqlite", "postgresql", "append-fdatasync", "rewrite-fdatasync"];
        let rows = || names.map(|contender| Row { contender, rounds: Vec::new() });
        let (mut single, mut together) = (rows(), rows());
        let mut sqlite = Sqlite::open(&folder.path().join("booking.db"))?;
        let mut postgres = Postgres::start(&folder.path().join("pg"))?;
        let mut disks = [("append", true), ("rewrite", false)].map(|(name, is_appended)| {
            Disk::open(&folder.path().join(name), is_appended).map_err(|error| error.to_string())
        });
        for round in 0..self.rounds {
            let mut point = Point::start().await;
            same_disk(&point.load.point(), folder.path())?;
            single[0].rounds.push(point.single(self.single).await?);
            single[1].rounds.push(sqlite.round(self.single)?);
            single[2].rounds.push(postgres.round(1, self.single)?);
            for (row, disk) in single[3..].iter_mut().zip(&mut disks) {
                row.rounds.push(disk.as_mut().map_err(|error| error.clone())?.round(self.single)?);
            }
            together[0].rounds.push(point.together(self.at_once, self.together).await?);
            together[2].rounds.push(postgres.round(self.at_once, self.together)?);
            point.stop().await;
            println!("round {round} of {}", self.rounds);
        }
        run["rivals"] = json!({ "sqlite": Sqlite::version(), "postgresql": said("/usr/lib/postgresql/15/bin/postgres", &["--version"]) });
        run["single"] = self.tell("one at a time", &single);
        run["together"] = self.tell(&format!("{} at once", self.at_once), &together);
        run["ratios"] = ratios(&single, &together);
        keep(self.json.as_deref(), &run)?;
        Ok(())
    }

    fn tell(&self, what: &str, rows: &[Row]) -> Value {
        println!("{what}");
        let told = rows.iter().filter(|row| !row.rounds.is_empty());
        Value::Object(told.map(|row| (row.contender.to_owned(), row.tell())).collect::<Map<_, _>>())
    }
}

/// What the goals are about.
fn ratios(single: &[Row], together: &[Row]) -> Value {
    let p99 = |row: &Row| row.rounds.iter().map(|it| quantile(it.each_ms.clone(), 0.99)).collect::<Vec<_>>();
    let all = [
        ("single_median_to_append_fdatasync", ratio(&single[0].medians(), &single[3].medians(), Better::Lower)),
        ("single_p99_to_append_fdatasync_median", ratio(&p99(&single[0]), &single[3].medians(), Better::Lower)),
        ("single_p99_to_append_fdatasync_p99", ratio(&p99(&single[0]), &p99(&single[3]), Better::Lower)),
        ("together_rate_to_sqlite", ratio(&together[0].rates(), &single[1].rates(), Better::Higher)),
        ("together_rate_to_postgresql", ratio(&together[0].rates(), &together[2].rates(), Better::Higher)),
    ];
    for (name, ratio) in &all {
        println!("{name}: {ratio}");
    }
    Value::Object(all.iter().map(|(name, ratio)| ((*name).to_owned(), ratio.json())).collect())
}

fn same_disk(one: &Path, other: &Path) -> Result<(), Box<dyn Error>> {
    let (one, other) = (std::fs::metadata(one)?.dev(), std::fs::metadata(other)?.dev());
    if one == other { Ok(()) } else { Err("the folders lie on two disks: set TMPDIR".into()) }
}
