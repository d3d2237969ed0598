// SPDX-License-Identifier: EUPL-1.2
//! How soon a call comes back once its line has (docs/calls.md): the line of a point dies for some seconds, again and
//! again, and what is counted is the time from its return to the first sound and the first picture at both ends.
//!
//! Not a test: a time depends on the machine, which each run names.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use hameau_tests::header::{header, keep};
use hameau_tests::lines::Lines;
use hameau_tests::person::Person;
use hameau_tests::rough::{PLACE, connected};
use serde_json::{Value, json};

/// What has not come back by then never does.
const BACK_WITHIN: Duration = Duration::from_secs(60);
/// A call goes on so long before its line dies again.
const BETWEEN: Duration = Duration::from_secs(8);
const ASK_EVERY: Duration = Duration::from_millis(100);

/// A call whose line dies and returns.
#[derive(Parser)]
#[command(name = "bench-return", version)]
struct Cli {
    /// The line, when it is there (docs/lines.md).
    #[arg(long, default_value = "adsl")]
    line: String,
    /// For how many seconds it dies, one time after the other.
    #[arg(long, value_delimiter = ',', default_value = "5,20,60")]
    dead: Vec<u64>,
    /// How often all of that.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// The line's luck.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the run is written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// What a browser has heard that was said, samples; and seen, pictures.
#[derive(Clone, Copy, PartialEq)]
struct Got {
    samples: f64,
    frames: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let mut run = header("bench-return");
    let mut lines = Lines::seeded(&[&cli.line], cli.seed).await.ok_or("no poor lines on this machine")?;
    let call = connected(&mut lines, &cli.line).await;
    let mut rows = Vec::new();
    for dead_s in (0..cli.rounds).flat_map(|_| cli.dead.clone()) {
        tokio::time::sleep(BETWEEN).await;
        lines.change(PLACE, "dead").await;
        tokio::time::sleep(Duration::from_secs(dead_s)).await;
        let before = [got(&call.booth).await, got(&call.advisor).await];
        lines.change(PLACE, &cli.line).await;
        let mut row = json!({ "dead_s": dead_s });
        let came = back([&call.booth, &call.advisor], before).await;
        row.as_object_mut().ok_or("an object")?.extend(came.as_object().ok_or("an object")?.clone());
        println!("{row}");
        rows.push(row);
    }
    call.ended().await;
    lines.close().await;
    run["line"] = cli.line.into();
    run["seed"] = cli.seed.into();
    run["rows"] = rows.into();
    Ok(keep(cli.json.as_deref(), &run)?)
}

/// Milliseconds until both hear, and until both see, what was sent after the line's return; null: never.
async fn back(people: [&Person; 2], before: [Got; 2]) -> Value {
    let began = Instant::now();
    let (mut heard, mut seen) = ([None; 2], [None; 2]);
    while began.elapsed() < BACK_WITHIN && (heard.contains(&None) || seen.contains(&None)) {
        for (place, person) in people.iter().enumerate() {
            let (now, after) = (got(person).await, began.elapsed().as_millis());
            // A browser that was connected anew counts from nothing.
            let is_new = now.samples < before[place].samples;
            if heard[place].is_none() && (is_new || now.samples > before[place].samples) && now.samples > 0.0 {
                heard[place] = Some(after);
            }
            if seen[place].is_none() && (is_new || now.frames > before[place].frames) && now.frames > 0 {
                seen[place] = Some(after);
            }
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    let both =
        |came: [Option<u128>; 2]| came[0].zip(came[1]).and_then(|(one, other)| u64::try_from(one.max(other)).ok());
    json!({ "heard_ms": both(heard), "seen_ms": both(seen) })
}

async fn got(person: &Person) -> Got {
    let (played, invented) = person.played().await;
    Got { samples: played - invented, frames: person.media().await.frames }
}
