// SPDX-License-Identifier: EUPL-1.2
//! Measures the real program beside what one would use instead (docs/benchmarks.md).
//!
//! Not a test: a figure depends on the machine, which each run names. Contenders take turns in every round.

mod day;
mod document;
mod durable;
mod fdatasync;
mod flood;
mod flooder;
mod line;
mod pages;
mod postgres;
mod search;
mod sqlite;
mod start;
mod territory;

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
    /// From the start of a node to its first right page, and the memory that it takes with neighbours.
    Start(start::Start),
    /// Real nodes over poor lines: a newcomer's first page, ten bookings, an idle hour.
    Line(line::Line),
    /// An honest pair beside somebody who floods its node.
    Flood(flood::Flood),
    /// What pages cost on a box with a full calendar.
    Pages(pages::Pages),
    /// The day of a point out of a full calendar, in memory.
    Day(day::Day),
    /// Search in the official sheets.
    Search(search::Search),
    #[command(hide = true)]
    Flooder(flooder::Flooder),
    /// The same day out of one shared document, in a process of its own.
    #[command(hide = true)]
    Document(document::Reading),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Cli::parse().command {
        Command::Durable(durable) => durable.run().await,
        Command::Start(start) => start.run().await,
        Command::Line(line) => line.run().await,
        Command::Flood(flood) => flood.run().await,
        Command::Pages(pages) => pages.run().await,
        Command::Day(day) => day.run().await,
        Command::Search(search) => search.run(),
        Command::Flooder(flooder) => flooder.run().await,
        Command::Document(reading) => reading.run(),
    }
}
