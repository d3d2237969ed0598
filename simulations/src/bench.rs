// SPDX-License-Identifier: EUPL-1.2
//! What replication costs beside what one would use instead: automerge's own sync on one shared document, samod, and
//! the bound (the payload, and one signature for each folio that it touches). And how one booking spreads, beside
//! gossipsub.
//!
//! All contenders are ends of a conversation that take frames and give frames ([`end::End`]): in one process, bytes
//! and processor time counted; or in two namespaces over one of the [`crate::emulator`]'s lines, with the clock. Every
//! frame costs the 4 bytes of length that a stream needs.

mod document;
mod end;
mod folios;
mod gossip;
mod over_line;
mod replication;
mod repository;
mod spread;

use std::process::ExitCode;

pub(crate) use over_line::Side;

/// What can be measured.
#[derive(clap::Subcommand)]
pub(crate) enum Bench {
    /// Bytes and time until two calendars are the same.
    Replication(replication::Replication),
    /// One booking on its way to 50 nodes, beside gossipsub.
    Spread(spread::Spread),
}

pub(crate) fn run(bench: &Bench) -> ExitCode {
    match bench {
        Bench::Replication(replication) => replication.run(),
        Bench::Spread(spread) => spread.run(),
    }
}

/// One end of a conversation over a line.
pub(crate) fn side(side: &Side) -> ExitCode {
    over_line::run(side)
}
