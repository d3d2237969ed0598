// SPDX-License-Identifier: EUPL-1.2
//! The call beside what one would use instead: two browsers through two nodes, and two browsers alone (plain WebRTC),
//! over the same emulated line with the same seed (docs/calls.md).
//!
//! Not a test: a figure depends on the machine, which each run names. Both contenders have the browser's invented
//! camera and microphone, 640 x 480 at 20 frames a second, and both directions are loaded. What is counted is what the
//! receiving browsers count themselves, from three seconds after both ends are connected.

mod counted;
mod plain;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use hameau_tests::header::{header, keep};
use hameau_tests::lines::Lines;
use hameau_tests::person::{Person, pdf};
use hameau_tests::rough::{self, PLACE};
use serde_json::{Value, json};

use counted::{Counted, difference, end_of};

/// What a young connection does is not what a call is like.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// Two browsers through two nodes beside two browsers alone, over an emulated line (docs/lines.md).
#[derive(Parser)]
#[command(name = "bench-call", version)]
struct Cli {
    /// A line's name (`cargo sim list`).
    #[arg(long)]
    line: String,
    /// How long each contender is counted.
    #[arg(long, default_value_t = 40)]
    seconds: u64,
    /// The line's luck.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Both sides of ours give a document of so many kB meanwhile.
    #[arg(long, default_value_t = 0)]
    document_kb: usize,
    /// One of them alone.
    #[arg(long)]
    only: Option<Contender>,
    /// Where the run is written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Contender {
    /// Two browsers, plain WebRTC.
    Plain,
    /// Two browsers, each with its node.
    Ours,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let mut run = header("bench-call");
    let mut rows = Vec::new();
    for contender in [Contender::Plain, Contender::Ours] {
        if cli.only.is_none_or(|only| only == contender) {
            rows.push(measured(&cli, contender).await?);
        }
    }
    run["rows"] = rows.into();
    Ok(keep(cli.json.as_deref(), &run)?)
}

async fn measured(cli: &Cli, contender: Contender) -> Result<Value, Box<dyn Error>> {
    let mut lines = Lines::seeded(&[&cli.line], cli.seed).await.ok_or("no poor lines on this machine")?;
    let seconds = Duration::from_secs(cli.seconds);
    let told = match contender {
        Contender::Plain => {
            let call = plain::connected(&lines).await?;
            watched(&mut lines, seconds, "window.pc", &call.booth, &call.advisor).await
        }
        Contender::Ours => {
            let call = rough::connected(&mut lines, &cli.line).await;
            let pc = "(window.hameauCall && window.hameauCall.pc)";
            let watched = watched(&mut lines, seconds, pc, &call.booth, &call.advisor);
            let mut told = if cli.document_kb > 0 {
                let (mut told, there_s) = tokio::join!(watched, exchanged(&call, cli.document_kb * 1000, seconds));
                told["document_kb"] = cli.document_kb.into();
                told["documents_there_s"] = there_s;
                told
            } else {
                watched.await
            };
            told["said"] = [call.booth.texts("line").await, call.booth.texts("rung").await].concat().into();
            call.ended().await;
            told
        }
    };
    lines.close().await;
    let mut row = json!({ "contender": format!("{contender:?}").to_lowercase(), "line": cli.line, "seed": cli.seed,
        "seconds": cli.seconds });
    row.as_object_mut().expect("an object").extend(told.as_object().expect("an object").clone());
    println!("{row}");
    Ok(row)
}

/// Each side gives a document; after how many seconds it was at the other, `null` where not within the time.
async fn exchanged(call: &rough::Call, bytes: usize, within: Duration) -> Value {
    tokio::time::sleep(SETTLED_AFTER).await;
    let document = pdf(1, bytes);
    let begun = Instant::now();
    call.booth.gives("scan.pdf", &document).await;
    call.advisor.gives("notice.pdf", &document).await;
    let mut there = [None, None];
    let mut looks = tokio::time::interval(Duration::from_millis(500));
    while begun.elapsed() < within && there.contains(&None) {
        looks.tick().await;
        call.booth.eval("document.querySelector('[data-test=document-want]')?.click()").await;
        for (there, by) in there.iter_mut().zip([&call.advisor, &call.booth]) {
            // The list is hidden while a page is read.
            let is_there =
                by.eval("document.getElementById('document-list').textContent.includes(', reçu')").await == true;
            *there = there.or(is_there.then(|| begun.elapsed().as_secs_f64()));
        }
    }
    json!({ "at_advisor": there[0], "at_booth": there[1] })
}

/// Lets both ends talk for so long; what each received meanwhile, and what the line carried.
async fn watched(lines: &mut Lines, seconds: Duration, pc: &str, booth: &Person, advisor: &Person) -> Value {
    tokio::time::sleep(SETTLED_AFTER).await;
    let before = [end_of(booth, pc).await, end_of(advisor, pc).await];
    let carried_before = lines.count(PLACE).await;
    tokio::time::sleep(seconds).await;
    let after = [end_of(booth, pc).await, end_of(advisor, pc).await];
    let carried = lines.count(PLACE).await;
    let ends = [0, 1].map(|end| difference(&before[end], &after[end]));
    let mean = |of: fn(&Counted) -> f64| (of(&ends[0]) + of(&ends[1])) / 2.0;
    let passed = |way: &str, what: &str| {
        let count = |it: &Value| it[way][what].as_u64().unwrap_or(0);
        count(&carried).saturating_sub(count(&carried_before))
    };
    let ways = ["up", "down"].map(|way| {
        json!({ "bytes": passed(way, "arrived_bytes"), "offered_bytes": passed(way, "offered_bytes"),
            "lost_packets": passed(way, "lost_packets"), "dropped_packets": passed(way, "dropped_packets") })
    });
    json!({
        "concealed_percent": mean(Counted::concealed_percent),
        "frozen_s": mean(Counted::frozen_s),
        "frames": mean(|it| it.frames),
        "width": mean(|it| it.width),
        "bytes_up": ways[0]["bytes"], "bytes_down": ways[1]["bytes"],
        "line_up": ways[0], "line_down": ways[1],
        "at_booth": ends[0].json(), "at_advisor": ends[1].json(),
    })
}
