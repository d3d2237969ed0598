// SPDX-License-Identifier: EUPL-1.2
//! Plays worlds over the calendar's core, seed by seed, and says which promise broke where.
//!
//! A failure prints its seed and step, and the one line that plays it again.

#[cfg(feature = "rivals")]
mod bench;
mod by_hand;
mod clock;
mod dice;
mod disk;
mod documents;
mod emulator;
mod history;
mod lines;
mod machines;
mod network;
mod node;
mod oracle;
mod people;
mod plants;
mod run;
mod stories;
mod storms;
mod successions;
mod territory;
mod villains;
mod weather;
mod world;

use std::ops::Range;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

use plants::Planted;
use run::Play;
use stories::Story;
use weather::Fault;
use world::{DAY_MS, REST_MS};

/// Deterministic worlds over the shared calendar.
#[derive(Parser)]
#[command(name = "sim", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays a range of seeds and checks every step.
    Run(Run),
    /// Names what can be played: stories, faults, planted bugs, lines.
    List,
    /// Opens lines for real programs: a namespace each, and a shaper between them.
    Line(emulator::Line),
    #[command(hide = true)]
    Probe(emulator::Probe),
    /// Measures beside what one would use instead.
    #[cfg(feature = "rivals")]
    #[command(subcommand)]
    Bench(bench::Bench),
    #[cfg(feature = "rivals")]
    #[command(hide = true)]
    Side(bench::Side),
}

#[derive(clap::Args)]
struct Run {
    /// Seeds to play, the last one excluded: 0..40.
    #[arg(long, value_parser = seeds_of)]
    seeds: Range<u64>,
    /// Simulated days of faults; by default one, or the story's own.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=60))]
    days: Option<u64>,
    /// A story instead of the seeds' own weather.
    #[arg(long, value_parser = story_of)]
    story: Option<&'static Story>,
    /// A bug to plant: a run that finds it fails.
    #[arg(long, value_parser = plant_of)]
    plant: Option<(&'static str, Planted)>,
    /// How many nodes: one coordination, a tenth agencies, the rest points.
    #[arg(long, value_parser = clap::value_parser!(u16).range(3..=200))]
    nodes: Option<u16>,
    /// Faults to switch off, with commas between.
    #[arg(long, value_delimiter = ',', value_parser = fault_of)]
    without: Vec<Fault>,
    /// Stop at the first failure.
    #[arg(long)]
    first: bool,
    /// One line a seed, and how fast it went.
    #[arg(long)]
    verbose: bool,
    /// Tells the story of each seed.
    #[arg(long)]
    trace: bool,
}

fn seeds_of(text: &str) -> Result<Range<u64>, String> {
    let help = || "write a range such as 0..40".to_owned();
    let (from, to) = text.split_once("..").ok_or_else(help)?;
    let (from, to): (u64, u64) = (from.parse().map_err(|_| help())?, to.parse().map_err(|_| help())?);
    if from < to { Ok(from..to) } else { Err(help()) }
}

fn story_of(name: &str) -> Result<&'static Story, String> {
    Story::named(name).ok_or_else(|| "no such story: `cargo sim list` names them".to_owned())
}

fn plant_of(name: &str) -> Result<(&'static str, Planted), String> {
    plants::named(name).ok_or_else(|| "no such plant: `cargo sim list` names them".to_owned())
}

fn fault_of(name: &str) -> Result<Fault, String> {
    Fault::named(name).ok_or_else(|| "no such fault: `cargo sim list` names them".to_owned())
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(run) => play_all(&run),
        Command::List => {
            list();
            ExitCode::SUCCESS
        }
        Command::Line(line) => emulator::run(&line),
        Command::Probe(probe) => emulator::probe(&probe),
        #[cfg(feature = "rivals")]
        Command::Bench(bench) => bench::run(&bench),
        #[cfg(feature = "rivals")]
        Command::Side(side) => bench::side(&side),
    }
}

fn list() {
    println!("stories");
    stories::ALL.iter().for_each(|story| println!("  {:20} {}", story.name, story.about));
    println!("plants");
    plants::all().iter().for_each(|(name, about, _)| println!("  {name:20} {about}"));
    println!("faults");
    Fault::ALL.iter().for_each(|fault| println!("  {:20} {}", fault.name(), fault.about()));
    emulator::list();
}

fn play_all(run: &Run) -> ExitCode {
    let (mut passed, mut failed, mut admitted) = (0_u64, 0_u64, 0_u64);
    let began = Instant::now();
    for seed in run.seeds.clone() {
        let play = Play {
            seed,
            days: run.days,
            story: run.story,
            plant: run.plant,
            nodes: run.nodes.map(usize::from),
            without: run.without.clone(),
            is_told: run.trace,
        };
        let since = Instant::now();
        match play.run() {
            Ok(world) => {
                passed += 1;
                admitted += world.admitted();
                if run.verbose {
                    let real_s = since.elapsed().as_secs_f64();
                    let ratio = (play.days() * DAY_MS + REST_MS) as f64 / 1000.0 / real_s;
                    let speed = world.admitted() as f64 / real_s;
                    println!("seed {seed}: {speed:.0} changes/s, {ratio:.0} times real time; {}", world.summary());
                }
            }
            Err(failure) => {
                failed += 1;
                println!("{}", failure.tell(&play, &play.shrink(&failure)));
                if run.first {
                    break;
                }
            }
        }
    }
    if run.verbose {
        let real_s = began.elapsed().as_secs_f64();
        let days = run.days.or(run.story.map(|story| story.days)).unwrap_or(1);
        let simulated_s = (passed * (days * DAY_MS + REST_MS)) as f64 / 1000.0;
        println!(
            "{admitted} changes in {real_s:.1} s: {:.0} changes/s, {:.0} times real time",
            admitted as f64 / real_s,
            simulated_s / real_s
        );
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
