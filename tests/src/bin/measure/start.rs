// SPDX-License-Identifier: EUPL-1.2
//! From the start of a node to its first right page, beside automerge's `load` and a scan of one shared document with
//! the same bookings; and the memory of an agency's node with 20 points connected.
//!
//! Each is a process of its own, the files are in the page cache for all. Ours verifies every register, folds all
//! weeks, opens its sockets, lets the animateur sign in (19 MiB of Argon2id) and answers a page with the names of the day; the other loads and lists.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use hameau_node::clock::Clock;
use hameau_tests::hand::{PASSWORD, STAFF, staffed, started, stopped};
use hameau_tests::load::status;
use hameau_tests::statistics::{Better, ratio, summary};
use hameau_tests::terminal;
use hameau_tests::tight::of_process;
use hameau_tests::visitor::Visitor;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::document;
use super::territory::{POINTS, Territory};
use hameau_tests::header::{header, keep};

/// The point whose day is read.
const READER: usize = 0;
const PEERS: usize = 20;
/// What members say of themselves.
const POINT: &str = "[[booth]]\nnumber = 1\nname = \"Cabine 1\"\n[[booth]]\nnumber = 2\nname = \"Cabine 2\"\n";
/// A node that has just begun to talk is not idle.
const SETTLED_AFTER: Duration = Duration::from_secs(60);
const CONNECTED_WITHIN: Duration = Duration::from_secs(240);

/// How much.
#[derive(clap::Args)]
pub(crate) struct Start {
    /// Bookings in the calendar.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    counts: Vec<usize>,
    /// How often each starts, in turn.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// The memory of a node with neighbours, and no starts.
    #[arg(long)]
    memory: bool,
    /// Where all rounds are written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Start {
    pub(crate) async fn run(&self) -> Result<(), Box<dyn Error>> {
        let mut run = header("cargo measure");
        let mut counts = Vec::new();
        for bookings in &self.counts {
            let mut territory = Territory::new(*bookings).await?;
            println!("{bookings} bookings");
            let mut told = if self.memory { memory(&mut territory).await? } else { self.start(&territory).await? };
            told["bookings"] = json!(bookings);
            counts.push(told);
        }
        run["counts"] = Value::Array(counts);
        keep(self.json.as_deref(), &run)?;
        Ok(())
    }

    async fn start(&self, territory: &Territory) -> Result<Value, Box<dyn Error>> {
        let home = territory.lay(READER)?;
        fs::write(home.join("member.toml"), POINT)?;
        staffed(&home, "animateur").await;
        let clock = Clock::new(0, "Europe/Paris")?;
        let (from, to) = clock.day(clock.local_now().date()).ok_or("no such day")?;
        let today = |it: &&super::territory::Booked| it.point == READER && (from..to).contains(&it.from);
        let names: Vec<String> = territory.booked.iter().filter(today).map(|it| it.name.clone()).collect();
        if names.is_empty() {
            return Err("nothing is booked today: measure on a working day".into());
        }
        let files =
            [("automerge", territory.file("whole.automerge")), ("automerge-bare", territory.file("bare.automerge"))];
        document::write(&files[0].1, &territory.booked, true)?;
        document::write(&files[1].1, &territory.booked, false)?;
        // Once for the page cache, and for what a node writes when it first runs.
        first_page(&home, &names).await?;
        let (mut ours, mut theirs) = (Vec::new(), [Vec::new(), Vec::new()]);
        for _ in 0..self.rounds {
            ours.push(first_page(&home, &names).await?);
            for ((_, file), runs) in files.iter().zip(&mut theirs) {
                let read = scan(file, from.0, to.0).await?;
                if read["rows"] != names.len() {
                    return Err(format!("{} rows, and not {}", read["rows"], names.len()).into());
                }
                runs.push(read);
            }
        }
        let mut told =
            json!({ "rows_of_the_day": names.len(), "database_bytes": fs::metadata(home.join("hameau.db"))?.len() });
        let times = |runs: &[Value], key: &str| runs.iter().filter_map(|run| run[key].as_f64()).collect::<Vec<_>>();
        let mine = times(&ours, "page_ms");
        println!("  hameau: first page after {} ms", summary(&mine, Better::Lower));
        told["hameau"] = json!({ "page_ms": summary(&mine, Better::Lower).json(), "rounds": ours,
            "rss_max_kib": summary(&times(&ours, "rss_max_kib"), Better::Lower).json() });
        for ((name, file), runs) in files.iter().zip(&theirs) {
            let all = times(runs, "all_ms");
            let compared = ratio(&mine, &all, Better::Lower);
            println!("  {name}: {} ms; ours {compared} of it", summary(&all, Better::Lower));
            told[*name] = json!({ "all_ms": summary(&all, Better::Lower).json(), "rounds": runs,
                "rss_max_kib": summary(&times(runs, "rss_max_kib"), Better::Lower).json(),
                "file_bytes": fs::metadata(file)?.len(), "hameau_to_it": compared.json() });
        }
        Ok(told)
    }
}

/// Starts a node and asks for the day until it is whole.
async fn first_page(home: &Path, names: &[String]) -> Result<Value, Box<dyn Error>> {
    let mut command = terminal::command();
    command.arg("--home").arg(home).args(["run", "--json"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let begun = Instant::now();
    let mut node = command.spawn()?;
    let mut lines = BufReader::new(node.stdout.take().ok_or("no words")?).lines();
    let ready: Value = serde_json::from_str(&lines.next_line().await?.ok_or("it does not start")?)?;
    let ready_ms = begun.elapsed().as_secs_f64() * 1000.0;
    let portal = ready["portal"].as_str().ok_or("no pages")?;
    let portal = portal.trim_start_matches("http://").trim_end_matches('/').parse()?;
    let animateur = Visitor::at(portal, STAFF, PASSWORD).await?;
    let signed_in_ms = begun.elapsed().as_secs_f64() * 1000.0;
    loop {
        let text = animateur.get("/animateur").await?.text;
        if names.iter().all(|name| text.contains(&format!(">{name}<"))) {
            break;
        }
        if begun.elapsed() > CONNECTED_WITHIN {
            return Err("the day is never whole".into());
        }
    }
    let page_ms = begun.elapsed().as_secs_f64() * 1000.0;
    let rss_max_kib = of_process(node.id().ok_or("it has ended")?, "VmHWM");
    stopped(node).await;
    Ok(json!({ "ready_ms": ready_ms, "signed_in_ms": signed_in_ms, "page_ms": page_ms, "rss_max_kib": rss_max_kib }))
}

async fn scan(file: &Path, from: u32, to: u32) -> Result<Value, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("document").arg(file).args(["--point", &READER.to_string()]);
    command.args(["--from", &from.to_string(), "--to", &to.to_string()]);
    let begun = Instant::now();
    let output = command.output().await?;
    let mut read: Value = serde_json::from_slice(&output.stdout)?;
    read["process_ms"] = json!(begun.elapsed().as_secs_f64() * 1000.0);
    Ok(read)
}

/// The memory of an agency's node, alone and with points connected: all of them real, with the same calendar.
async fn memory(territory: &mut Territory) -> Result<Value, Box<dyn Error>> {
    let hub = POINTS;
    territory.tell_address(hub)?;
    let home = territory.lay(hub)?;
    let node = started(&home, &[]).await;
    let pid = node.id().ok_or("it has ended")?;
    tokio::time::sleep(SETTLED_AFTER).await;
    let alone = used(pid)?;
    let mut peers = Vec::new();
    for number in 1..=PEERS {
        let home = territory.lay(number)?;
        fs::write(home.join("member.toml"), POINT)?;
        peers.push(started(&home, &[]).await);
    }
    let since = Instant::now();
    let reached = loop {
        let reached = status(&home).await["reached"].as_u64().unwrap_or(0);
        if reached >= PEERS as u64 || since.elapsed() > CONNECTED_WITHIN {
            break reached;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    tokio::time::sleep(SETTLED_AFTER).await;
    let together = used(pid)?;
    println!("  alone {alone}, with {reached} peers {together}");
    for peer in peers {
        stopped(peer).await;
    }
    stopped(node).await;
    Ok(json!({ "alone": alone, "peers": reached, "with_peers": together }))
}

/// Resident memory, and the part of it that is the process's own (`Pss`: shared pages are divided among those who share).
fn used(pid: u32) -> Result<Value, Box<dyn Error>> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")?.trim().split(' ').next()?.parse::<u64>().ok());
    Ok(json!({ "rss_kib": of_process(pid, "VmRSS"), "pss_kib": pss, "rss_max_kib": of_process(pid, "VmHWM"),
        "anonymous_kib": of_process(pid, "RssAnon"), "threads": of_process(pid, "Threads") }))
}
