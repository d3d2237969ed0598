// SPDX-License-Identifier: EUPL-1.2
//! Plays worlds over the calendar's core, seed by seed, and says which promise broke where.
//!
//! A failure prints its seed and step, and the one line that plays it again.

mod disk;
mod lines;
mod network;
mod node;
mod oracle;
mod people;
mod seeds;
mod territory;
mod world;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use oracle::Violation;
use world::Story;

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
}

#[derive(clap::Args)]
struct Run {
    /// Seeds to play, the last one excluded: 0..40.
    #[arg(long, value_parser = seeds_of)]
    seeds: Range<u64>,
    /// Simulated days of faults.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=30))]
    days: u64,
    /// One line a seed.
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

fn main() -> ExitCode {
    let Command::Run(run) = Cli::parse().command;
    let (mut passed, mut failed) = (0_u64, 0_u64);
    for seed in run.seeds.clone() {
        match play(seed, &run) {
            Ok(line) => {
                passed += 1;
                if run.verbose {
                    println!("seed {seed}: {line}");
                }
            }
            Err((step, violation)) => {
                failed += 1;
                println!("seed {seed} step {step} {}: {}", violation.oracle, violation.text);
                println!("  replay: cargo sim run --seeds {seed}..{} --days {} --trace", seed + 1, run.days);
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays one seed. A panic in the core is a finding like any other.
fn play(seed: u64, run: &Run) -> Result<String, (u64, Violation)> {
    let story = Story { is_told: run.trace };
    let mut world = territory::build(seed, story).map_err(|violation| (0, violation))?;
    let played = catch_unwind(AssertUnwindSafe(|| world.run(run.days)));
    match played {
        Ok(Ok(())) => Ok(world.summary()),
        Ok(Err(violation)) => Err((world.step, violation)),
        Err(_) => Err((world.step, Violation::new("panic", "the core panicked, see above".into()))),
    }
}
