// SPDX-License-Identifier: EUPL-1.2
//! `hameau`: the one binary that people type.
//!
//! Exit codes: 0 done, 1 refused with a reason, 2 wrong use.

mod arguments;
mod asking;
mod demo;
mod joining;
mod running;
mod show;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            if let Err(failed) = error.print() {
                eprintln!("{failed}");
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // Two rustls providers are compiled in; without a choice the first handshake would panic.
    if hameau_node::install_crypto().is_err() {
        eprintln!("hameau: another TLS provider was installed first");
        return ExitCode::FAILURE;
    }
    match act(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hameau : {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn act(arguments: Arguments) -> anyhow::Result<()> {
    let home = arguments.home;
    match arguments.command {
        Command::Demo(options) => demo::demo(home, options),
        Command::Run(options) => running::run(&running::home_or_here(home), &options),
        Command::Init(options) => joining::init(&running::home_or_here(home), &options),
        Command::Enrol(options) => joining::enrol(&running::home_or_here(home), &options),
        Command::Join(options) => joining::join(&running::home_or_here(home), &options),
        other => asking::ask(&running::home_or_here(home), other),
    }
}
