// SPDX-License-Identifier: EUPL-1.2
//! `cargo sim bench replication`: contenders in turn (A B A B), every run kept.

use std::path::PathBuf;
use std::process::ExitCode;

use hameau_tests::statistics::{Better, Summary, ratio, summary};
use serde::Serialize;
use serde_json::{Value, json};

use super::document::{self, Document};
use super::end::{Cost, End, converse};
use super::folios::{Calendar, Node};
use super::{over_line, repository};
use crate::emulator::{Condition, condition_of};

/// An Ed25519 signature.
pub(super) const SIGNATURE_BYTES: usize = 64;
/// Details as a real form seals them: padded, with two wrapped keys.
const ENVELOPE_BYTES: usize = 433;

/// What is compared.
#[derive(clap::Args)]
pub(crate) struct Replication {
    /// Bookings that both sides hold.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    counts: Vec<usize>,
    /// Bookings that one side lacks; more than one are shared out among both.
    #[arg(long, value_delimiter = ',', default_value = "1,20,200")]
    differences: Vec<usize>,
    /// How often each contender runs, in turn.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// A line over which 400 differences and a first join are timed too: root and namespaces are needed.
    #[arg(long, value_parser = condition_of)]
    line: Option<Condition>,
    /// Where all runs are written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// All runs of one contender at one task.
#[derive(Serialize)]
struct Row {
    task: &'static str,
    bookings: usize,
    differences: usize,
    contender: &'static str,
    runs: Vec<Cost>,
}

impl Replication {
    pub(crate) fn run(&self) -> ExitCode {
        let mut rows = Vec::new();
        let mut bounds = Vec::new();
        for bookings in &self.counts {
            let calendar = Calendar::new(*bookings, 0);
            let shared = document::document(*bookings, 0);
            for differences in &self.differences {
                bounds.push(bound(&calendar, *bookings, *differences));
                for (task, is_warm) in [("cold", false), ("warm", true)] {
                    let found = self.compare(task, *bookings, *differences, is_warm, &calendar, &shared);
                    tell(&found, bounds.last());
                    rows.extend(found);
                }
            }
        }
        let live = self.live();
        tell(&live, None);
        rows.extend(live);
        let over_line = match self.line.map(|line| over_line::measure(line, self.rounds)).transpose() {
            Ok(measured) => measured,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        };
        let all = json!({ "rows": summed(&rows), "bounds": bounds, "over_line": over_line });
        self.keep(&all)
    }

    fn keep(&self, all: &Value) -> ExitCode {
        let Some(path) = &self.json else { return ExitCode::SUCCESS };
        match std::fs::write(path, format!("{all:#}\n")) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                ExitCode::FAILURE
            }
        }
    }

    fn compare(
        &self,
        task: &'static str,
        bookings: usize,
        differences: usize,
        is_warm: bool,
        calendar: &Calendar,
        shared: &automerge::Automerge,
    ) -> [Row; 3] {
        let row = |contender| Row { task, bookings, differences, contender, runs: Vec::new() };
        let mut rows = [row("hameau"), row("automerge"), row("samod")];
        for _ in 0..self.rounds {
            let [a, b] = calendar.ends();
            rows[0].runs.push(reconcile(a, b, differences, is_warm));
            let [a, b] = document::ends(shared, bookings, 0);
            rows[1].runs.push(reconcile(a, b, differences, is_warm));
            let [a, b] = repository::ends(shared, bookings);
            rows[2].runs.push(reconcile(a, b, differences, is_warm));
        }
        rows
    }

    /// One booking with sealed details, written while the connection stands; automerge's document has 30 heads, as
    /// when 30 points have booked since they last heard of each other.
    fn live(&self) -> [Row; 2] {
        let bookings = 1_000;
        let calendar = Calendar::new(bookings, ENVELOPE_BYTES);
        let apart = document::diverge(&document::document(bookings, ENVELOPE_BYTES), bookings);
        let row = |contender| Row { task: "live", bookings, differences: 1, contender, runs: Vec::new() };
        let mut rows = [row("hameau"), row("automerge")];
        for _ in 0..self.rounds {
            let [mut a, mut b] = calendar.ends();
            // The folio of that week has begun: the second booking is the ordinary one.
            rows[0].runs.push(one_more(&mut a, &mut b));
            let [mut a, mut b]: [Document; 2] = document::ends(&apart, bookings, ENVELOPE_BYTES);
            rows[1].runs.push(one_more(&mut a, &mut b));
        }
        rows
    }
}

/// What passes until both hold everything. Warm: they are connected, and were the same before.
fn reconcile(mut a: impl End, mut b: impl End, differences: usize, is_warm: bool) -> Cost {
    let all = a.bookings() + differences;
    let (of_a, of_b) = (differences / 2, differences - differences / 2);
    let cost = if is_warm {
        let said = [a.start(), b.start()];
        converse([&mut a, &mut b], said);
        let said = [a.write(of_a), b.write(of_b)];
        converse([&mut a, &mut b], said)
    } else {
        a.write(of_a);
        b.write(of_b);
        let said = [a.start(), b.start()];
        converse([&mut a, &mut b], said)
    };
    assert_eq!((a.bookings(), b.bookings()), (all, all), "both hold everything");
    cost
}

fn one_more(a: &mut impl End, b: &mut impl End) -> Cost {
    let said = [a.start(), b.start()];
    converse([a, b], said);
    let all = b.bookings() + 1;
    let said = [a.write(1), Vec::new()];
    let cost = converse([a, b], said);
    assert_eq!((a.bookings(), b.bookings()), (all, all), "both hold everything");
    cost
}

/// The payload, and one signature for each folio that it touches.
fn bound(calendar: &Calendar, bookings: usize, differences: usize) -> Value {
    let [mut a, mut b] = calendar.ends();
    a.write(differences / 2);
    b.write(differences - differences / 2);
    let parts = [a, b].map(|node: Node| node.payload());
    let payload: usize = parts.iter().map(|(bytes, _)| bytes).sum();
    let folios: usize = parts.iter().map(|(_, folios)| folios).sum();
    let bytes = payload + folios * SIGNATURE_BYTES;
    json!({ "bookings": bookings, "differences": differences, "payload_bytes": payload, "folios": folios, "bytes": bytes })
}

/// Rows, each with what its rounds come to.
fn summed(rows: &[Row]) -> Value {
    let told = rows.iter().map(|row| {
        let mut told = json!(row);
        told["bytes"] = row.bytes().json();
        told["cpu_ms"] = row.cpu_ms().json();
        told
    });
    told.collect()
}

impl Row {
    fn bytes(&self) -> Summary {
        summary(&self.values(|run| run.bytes as f64), Better::Lower)
    }

    fn cpu_ms(&self) -> Summary {
        summary(&self.values(|run| run.cpu_ms), Better::Lower)
    }

    fn values(&self, of: impl Fn(&Cost) -> f64) -> Vec<f64> {
        self.runs.iter().map(of).collect()
    }
}

/// Medians with their intervals, and the worst round; ratios round by round.
fn tell(rows: &[Row], bound: Option<&Value>) {
    let bytes = |row: &Row| row.values(|run| run.bytes as f64);
    for row in rows {
        println!(
            "{:5} {:>6} bookings, {:>3} apart: {:10} {:.0} bytes, {:>3} frames, {:.2} ms; ours {:.3} of its bytes",
            row.task,
            row.bookings,
            row.differences,
            row.contender,
            row.bytes(),
            row.runs.first().map_or(0, |run| run.frames),
            row.cpu_ms(),
            ratio(&bytes(&rows[0]), &bytes(row), Better::Lower),
        );
    }
    if let Some(bound) = bound.and_then(|bound| bound["bytes"].as_f64()) {
        println!("      the bound is {bound} bytes: ours {:.2} of it", rows[0].bytes().median / bound);
    }
}
