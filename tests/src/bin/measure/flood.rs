// SPDX-License-Identifier: EUPL-1.2
//! An honest pair that goes on booking while somebody floods the point's node with 10,000 messages a second: a member
//! gone bad, one whose acts are all in order, strangers who shake hands, noise on the port; and what refusing costs an idle node.
//!
//! The node has a core of its own, where there are two; who books, the agency and the flooder share the other. Each
//! turn has a village of its own, for a fuller week books slower.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hameau_tests::hand::{reaches, ready, stopped};
use hameau_tests::load::{Load, agenda, visitor};
use hameau_tests::statistics::{Better, ratio, summary};
use hameau_tests::terminal;
use hameau_tests::tight::of_process;
use serde_json::{Map, Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use hameau_tests::header::{header, keep};

const FLOODS: [&str; 5] = ["none", "member", "acts", "strangers", "noise"];
/// Bookings under way at once.
const AT_ONCE: usize = 4;
/// A flood of an idle node, whose cost is counted.
const FLOOD_OF_IDLE: Duration = Duration::from_secs(10);
/// Before the first booking the flood has begun.
const BEGINS: Duration = Duration::from_millis(500);
/// Clock ticks a second in `/proc/PID/stat`, as Linux shows them to programs.
const TICKS_A_SECOND: f64 = 100.0;

/// How much.
#[derive(clap::Args)]
pub(crate) struct Flood {
    /// How often each flood has its turn.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// Bookings under each flood.
    #[arg(long, default_value_t = 400)]
    bookings: usize,
    /// Where all rounds are written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// A point and an agency that run.
struct Pair {
    load: Load,
    point: Child,
    agency: Child,
}

impl Pair {
    async fn start() -> Self {
        let mut load = Load::reserved().await;
        let free = std::mem::take(&mut load.free);
        load.free = free.into_iter().skip(4 * 84).step_by(2).collect();
        let point = ready(on_core(0), &load.point(), &[]).await;
        let agency = ready(on_core(1), &load.agency(), &[]).await;
        reaches(&load.point(), "caisse").await;
        Self { load, point, agency }
    }

    fn pid(&self) -> Result<u32, Box<dyn Error>> {
        Ok(self.point.id().ok_or("the node has ended")?)
    }

    /// Books, and waits until the agency shows the last.
    async fn book(&mut self, count: usize) -> Result<Value, Box<dyn Error>> {
        let session = visitor(&self.load.point()).await;
        let mut hands = Vec::new();
        for _ in 0..AT_ONCE {
            let forms: Vec<_> = (0..count / AT_ONCE).map(|_| self.load.form()).collect();
            hands.push((session.line().await?, forms));
        }
        let begun = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for (mut line, forms) in hands {
            let session = session.clone();
            tasks.spawn(async move {
                let mut last = String::new();
                for form in &forms {
                    last = session.book_over(&mut line, form).await?.map_err(|answer| answer.text)?;
                }
                Ok::<_, String>(last)
            });
        }
        let mut last = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            last.push(ended??);
        }
        let booked_s = begun.elapsed().as_secs_f64();
        while !seen(&agenda(&self.load.agency()).await, &last) {
            if begun.elapsed() > Duration::from_secs(60) {
                return Err("the agency never hears of it".into());
            }
        }
        let per_s = count as f64 / booked_s;
        Ok(json!({ "per_s": per_s, "seen_at_agency_s": begun.elapsed().as_secs_f64() }))
    }

    fn flooder(&self, kind: &str) -> Result<Option<Child>, Box<dyn Error>> {
        if kind == "none" {
            return Ok(None);
        }
        let mut command = pinned(1, &std::env::current_exe()?);
        command.args(["flooder", kind]).arg(self.load.village.at("centre")).arg(self.load.point());
        Ok(Some(command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?))
    }

    async fn stop(self) {
        stopped(self.point).await;
        stopped(self.agency).await;
    }
}

fn seen(agenda: &BTreeMap<String, String>, wanted: &[String]) -> bool {
    wanted.iter().all(|it| agenda.get(it).is_some_and(|state| state == "confirmed"))
}

/// What a flooder sent, once it is told to end.
async fn ended(flooder: Option<Child>) -> Result<Value, Box<dyn Error>> {
    let Some(mut flooder) = flooder else { return Ok(Value::Null) };
    drop(flooder.stdin.take());
    let mut text = String::new();
    flooder.stdout.take().ok_or("no words")?.read_to_string(&mut text).await?;
    flooder.wait().await?;
    Ok(serde_json::from_str(&text)?)
}

fn pinned(core: usize, program: &std::path::Path) -> Command {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}

fn on_core(core: usize) -> Command {
    terminal::french(pinned(core, &terminal::binary()))
}

/// Processor time of a process so far, in seconds.
fn cpu_s(pid: u32) -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(") ").ok_or("no name")?.1.split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<f64>().ok()).ok_or("no ticks");
    Ok((ticks(11)? + ticks(12)?) / TICKS_A_SECOND)
}

impl Flood {
    pub(crate) async fn run(&self) -> Result<(), Box<dyn Error>> {
        let mut run = header("cargo measure");
        let mut rounds: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for round in 0..self.rounds {
            for kind in FLOODS {
                let mut pair = Pair::start().await;
                rounds.entry(kind).or_default().push(self.under(&mut pair, kind).await?);
                pair.stop().await;
            }
            println!("round {round} of {}", self.rounds);
        }
        let rates = |kind: &str| rounds[kind].iter().filter_map(|it| it["per_s"].as_f64()).collect::<Vec<_>>();
        let mut told = Map::new();
        for kind in FLOODS {
            let (rate, kept) = (rates(kind), ratio(&rates(kind), &rates("none"), Better::Higher));
            println!("{kind:10} {} bookings a second; {kept} of those without", summary(&rate, Better::Higher));
            told.insert(
                kind.to_owned(),
                json!({ "per_s": summary(&rate, Better::Higher).json(), "kept": kept.json(), "rounds": rounds[kind],
                    "idle": idle(kind).await? }),
            );
        }
        run["floods"] = Value::Object(told);
        keep(self.json.as_deref(), &run)?;
        Ok(())
    }

    async fn under(&self, pair: &mut Pair, kind: &str) -> Result<Value, Box<dyn Error>> {
        let flooder = pair.flooder(kind)?;
        tokio::time::sleep(BEGINS).await;
        let before = of_process(pair.pid()?, "VmRSS");
        let mut booked = pair.book(self.bookings).await?;
        let after = of_process(pair.pid()?, "VmRSS");
        booked["flood"] = ended(flooder).await?;
        booked["rss_kib"] = json!([before, after]);
        Ok(booked)
    }
}

/// What a flood costs a node that does nothing else.
async fn idle(kind: &str) -> Result<Value, Box<dyn Error>> {
    let pair = Pair::start().await;
    let (pid, cpu, rss) = (pair.pid()?, cpu_s(pair.pid()?)?, of_process(pair.pid()?, "VmRSS"));
    let flooder = pair.flooder(kind)?;
    tokio::time::sleep(FLOOD_OF_IDLE).await;
    let flood = ended(flooder).await?;
    let cpu = cpu_s(pid)? - cpu;
    let rss = [rss, of_process(pid, "VmRSS")];
    println!("{kind:10} idle: {cpu:.2} s of processor in {FLOOD_OF_IDLE:?}, {rss:?} KiB, {flood}");
    pair.stop().await;
    Ok(json!({ "seconds": FLOOD_OF_IDLE.as_secs(), "cpu_s": cpu, "rss_kib": rss, "flood": flood }))
}
