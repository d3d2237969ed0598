// SPDX-License-Identifier: EUPL-1.2
//! Measures the real program beside what one would use instead (docs/benchmarks.md).
//!
//! Not a test: a figure depends on the machine, which each run names. Contenders take turns in every round.

mod durable;
mod fdatasync;
mod header;
mod postgres;
mod sqlite;

use clap::{Parser, Subcommand};

/// Measures the real program beside what one would use instead. Needs release builds of both.
#[derive(Parser)]
#[command(name = "measure", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bookings that are acknowledged once they are durable: one at a time, and 64 at once.
    Durable(durable::Durable),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Cli::parse().command {
        Command::Durable(durable) => durable.run().await,
    }
}
