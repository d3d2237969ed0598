// SPDX-License-Identifier: EUPL-1.2
//! Real nodes over poor lines (docs/lines.md): a newcomer's first page, ten bookings until the agency shows them, and
//! what a point's line carries in an hour in which nothing happens.
//!
//! Each place is a network namespace; commands reach their node through its folder, whatever its line does.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hameau_node::clock::Clock;
use hameau_tests::hand::{Village, always_open, hameau, piped, settings, stopped};
use hameau_tests::lines::Lines;
use hameau_tests::statistics::{Better, summary};
use hameau_tests::wait::until;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::territory::{AGENCIES, FREE_A_DAY, Shape, Territory};
use hameau_tests::header::{header, keep};

/// Times of a day that all agencies keep, at one of their desks.
const FREE: usize = AGENCIES * FREE_A_DAY as usize;
const POINT: &str = "[[booth]]\nnumber = 1\nname = \"Cabine 1\"\n";
const WHO: &str = r#"{"name":"Marie Demo","telephone":"","subject":"une carte"}"#;
/// What nodes say to each other when they have just met is not idle.
const SETTLED_AFTER: Duration = Duration::from_secs(180);
/// Bookings of one round.
const TOGETHER: usize = 10;

/// What is measured over a line.
#[derive(clap::Args)]
pub(crate) struct Line {
    #[command(subcommand)]
    what: What,
    /// Where all rounds are written, as JSON.
    #[arg(long, global = true)]
    json: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum What {
    /// A new point joins a territory with 100,000 bookings: until it lists today's free times of all agencies.
    Join {
        /// A line's name.
        #[arg(long, default_value = "satellite")]
        line: String,
        /// Bookings in the calendar.
        #[arg(long, default_value_t = 100_000)]
        bookings: usize,
        /// How often a point joins.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
        rounds: u32,
    },
    /// Ten bookings at a point, until its agency shows them confirmed.
    Ten {
        /// A line's name.
        #[arg(long, default_value = "whitezone")]
        line: String,
        /// How often.
        #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=20))]
        rounds: u32,
    },
    /// A point with three agencies as its neighbours: all bytes of its line, with the headers of IP.
    Idle {
        /// How long.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
}

impl Line {
    pub(crate) async fn run(&self) -> Result<(), Box<dyn Error>> {
        let mut run = header("cargo measure");
        let told = match &self.what {
            What::Join { line, bookings, rounds } => join(line, *bookings, *rounds).await?,
            What::Ten { line, rounds } => ten(line, *rounds).await?,
            What::Idle { minutes } => idle(Duration::from_secs(minutes * 60)).await?,
        };
        run["told"] = told;
        Ok(keep(self.json.as_deref(), &run)?)
    }
}

async fn opened(line: &str) -> Result<Lines, Box<dyn Error>> {
    Ok(Lines::open(&[line]).await.ok_or("no poor lines on this machine")?)
}

fn listens(home: &Path, address: IpAddr, port: u16) {
    let at = |port| SocketAddr::new(address, port);
    settings(home, at(port), at(port + 1), SocketAddr::from((Ipv4Addr::LOCALHOST, port + 2)));
}

async fn join(line: &str, bookings: usize, rounds: u32) -> Result<Value, Box<dyn Error>> {
    let territory = Territory::with(bookings, Shape { has_evenings: true, desks: 5 }).await?;
    territory.lay_at_centre()?;
    let village = territory.village();
    let centre = village.at("centre");
    // On a Wednesday morning, whenever it is measured: this week has past days and coming ones.
    let system = Clock::new(0, "Europe/Paris")?;
    let wednesday = system.minute().week().start().plus_min(2 * 1440 + 9 * 60);
    let shift_ms = i64::from(wednesday.0) * 60_000 - system.unix_ms();
    let day = Clock::new(shift_ms, "Europe/Paris")?.local_now().date().to_string();
    let shift = shift_ms.to_string();
    let options = ["--shift-ms", shift.as_str()];
    let mut runs = Vec::new();
    for round in 0..rounds {
        let lines = opened(line).await?;
        listens(&centre, lines.address("x"), 4700);
        let coordination = lines.started("x", &centre, &options).await;
        let name = format!("nouveau-{round}");
        village.enrolled(&name, "point", &centre).await;
        let home = village.at(&name);
        std::fs::write(home.join("member.toml"), POINT)?;
        listens(&home, lines.address("a"), 4720);
        // The emulator has measured the line with packets of its own.
        let before = bytes(&lines, "a").await?;
        let begun = Instant::now();
        let node = lines.started("a", &home, &options).await;
        let ready_s = begun.elapsed().as_secs_f64();
        until("the newcomer lists the day's free times", async || match free_times(&home, &day).await {
            FREE => Ok(()),
            now => Err(now.to_string()),
        })
        .await;
        let page_s = begun.elapsed().as_secs_f64();
        let now = bytes(&lines, "a").await?;
        let [received, sent] = [0, 1].map(|way| now[way] - before[way]);
        println!("  round {round}: today's free times after {page_s:.1} s, {} kB later", received / 1000);
        runs.push(json!({ "ready_s": ready_s, "page_s": page_s, "received_bytes": received, "sent_bytes": sent }));
        stopped(node).await;
        stopped(coordination).await;
        lines.close().await;
    }
    let all = summed(&runs, "page_s");
    println!("today's page of a newcomer, {line}: {all} s");
    Ok(json!({ "line": line, "bookings": bookings, "page_s": all.json(), "rounds": runs }))
}

/// How many times this node lists as free on a day.
async fn free_times(home: &Path, day: &str) -> usize {
    let said = hameau(home, &["slots", "--day", day, "--json"]).await;
    if said.code == 0 { said.json().as_array().map_or(0, Vec::len) } else { 0 }
}

async fn ten(line: &str, rounds: u32) -> Result<Value, Box<dyn Error>> {
    let lines = opened(line).await?;
    let village = Village::founded().await;
    let [centre, town, home] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
    listens(&centre, lines.address("x"), 4700);
    let coordination = lines.started("x", &centre, &[]).await;
    for (name, role, file) in [("caisse", "agency", always_open(Some("bourg"))), ("bourg", "point", POINT.to_owned())] {
        village.enrolled(name, role, &centre).await;
        std::fs::write(village.at(name).join("member.toml"), file)?;
    }
    listens(&home, lines.address("x"), 4710);
    listens(&town, lines.address("a"), 4720);
    let nodes = [lines.started("x", &home, &[]).await, lines.started("a", &town, &[]).await];
    let wanted = TOGETHER * rounds as usize;
    let mut held = until("the point holds times of the agency", async || {
        let slots = hameau(&town, &["slots", "--agency", "caisse", "--json"]).await.json();
        let held = slots.as_array().into_iter().flatten().filter(|it| it["way"] == "held");
        let held: Vec<String> = held.filter_map(|it| it["slot"].as_str()).map(str::to_owned).collect();
        if held.len() > wanted { Ok(held) } else { Err(held.len().to_string()) }
    })
    .await;
    let mut runs = Vec::new();
    for round in 0..rounds {
        let before = confirmed(&home).await;
        let begun = Instant::now();
        for slot in held.split_off(held.len() - TOGETHER) {
            let said = piped(&town, &["book", &slot, "--details", "-"], WHO).await;
            if said.code != 0 {
                return Err(format!("{said:?}").into());
            }
        }
        let booked_s = begun.elapsed().as_secs_f64();
        until("the agency shows all of them", async || match confirmed(&home).await {
            now if now >= before + TOGETHER => Ok(()),
            now => Err(format!("{now} after {before}")),
        })
        .await;
        let shown_s = begun.elapsed().as_secs_f64();
        println!("  round {round}: booked in {booked_s:.2} s, shown after {shown_s:.2} s");
        runs.push(json!({ "booked_s": booked_s, "shown_s": shown_s }));
        // What the agency says in return has come before the next ten leave.
        until("the point knows that they are kept there", async || {
            let rows = hameau(&town, &["agenda", "--all", "--json"]).await.json();
            let is_kept = |it: &Value| it["kept_at"].as_u64().is_some_and(|boxes| boxes > 0);
            if rows.as_array().is_some_and(|rows| rows.iter().all(is_kept)) { Ok(()) } else { Err(rows.to_string()) }
        })
        .await;
    }
    for node in nodes.into_iter().chain([coordination]) {
        stopped(node).await;
    }
    lines.close().await;
    let all = summed(&runs, "shown_s");
    println!("ten bookings, {line}: {all} s until the agency shows them");
    Ok(json!({ "line": line, "bookings": TOGETHER, "shown_s": all.json(), "rounds": runs }))
}

async fn confirmed(home: &Path) -> usize {
    let states = names(&hameau(home, &["agenda", "--all", "--json"]).await.json(), "state");
    states.iter().filter(|state| *state == "confirmed").count()
}

fn names(list: &Value, key: &str) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|it| it[key].as_str()).map(str::to_owned).collect()
}

async fn idle(duration: Duration) -> Result<Value, Box<dyn Error>> {
    let lines = opened("clean").await?;
    let village = Village::founded().await;
    let centre = village.at("centre");
    listens(&centre, lines.address("x"), 4700);
    let coordination = lines.started("x", &centre, &[]).await;
    let agencies = ["caisse-1", "caisse-2", "caisse-3"];
    for name in agencies {
        village.enrolled(name, "agency", &centre).await;
        std::fs::write(village.at(name).join("member.toml"), always_open(None))?;
    }
    village.enrolled("bourg", "point", &centre).await;
    let town = village.at("bourg");
    std::fs::write(town.join("member.toml"), POINT)?;
    let mut nodes: Vec<Child> = Vec::new();
    for (name, port) in agencies.into_iter().zip([4710, 4730, 4740]) {
        listens(&village.at(name), lines.address("x"), port);
        nodes.push(lines.started("x", &village.at(name), &[]).await);
    }
    listens(&town, lines.address("a"), 4720);
    nodes.push(lines.started("a", &town, &[]).await);
    until("the point has three neighbours", async || {
        let members = hameau(&town, &["members", "--json"]).await.json();
        let reached = names(&members, "reach").iter().filter(|reach| *reach == "direct").count();
        if reached >= agencies.len() { Ok(()) } else { Err(members.to_string()) }
    })
    .await;
    // Beyond three neighbours a point keeps none; the coordination goes, so that it is agencies whom it has.
    stopped(coordination).await;
    tokio::time::sleep(SETTLED_AFTER).await;
    let before = bytes(&lines, "a").await?;
    let minutes = duration.as_secs() / 60;
    let mut each = Vec::new();
    for _ in 0..minutes {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let now = bytes(&lines, "a").await?;
        each.push(now[0] - before[0] + now[1] - before[1]);
    }
    let members = hameau(&town, &["members", "--json"]).await.json();
    let reach = names(&members, "reach").into_iter().filter(|reach| reach == "direct").count();
    for node in nodes {
        stopped(node).await;
    }
    lines.close().await;
    let all = each.last().copied().unwrap_or(0);
    println!("idle, {reach} neighbours, {minutes} minutes: {all} bytes in all");
    Ok(json!({ "minutes": minutes, "neighbours": reach, "bytes": all, "bytes_after_each_minute": each }))
}

/// Bytes that a place's line has brought and taken, with the headers of IP.
async fn bytes(lines: &Lines, place: &str) -> Result<[u64; 2], Box<dyn Error>> {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", lines.namespace(place), "cat", "/proc/net/dev"]);
    let table = String::from_utf8(command.output().await?.stdout)?;
    let mut sums = [0, 0];
    for row in table.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| name.trim() != "lo") {
        let numbers: Vec<u64> = row.1.split_whitespace().filter_map(|it| it.parse().ok()).collect();
        sums[0] += numbers.first().ok_or("no such counter")?;
        sums[1] += numbers.get(8).ok_or("no such counter")?;
    }
    Ok(sums)
}

fn summed(runs: &[Value], key: &str) -> hameau_tests::statistics::Summary {
    let figures: Vec<f64> = runs.iter().filter_map(|run| run[key].as_f64()).collect();
    summary(&figures, Better::Lower)
}
