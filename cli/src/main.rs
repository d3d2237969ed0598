// SPDX-License-Identifier: EUPL-1.2
//! `hameau`: the one binary that people type.
//!
//! Exit codes: 0 done, 1 refused with a reason, 2 wrong use.

mod accounts;
mod arguments;
mod asking;
mod carrying;
mod certificate;
mod demo;
mod desk;
mod directory;
mod form;
mod hints;
mod joining;
mod journal;
mod keeping;
mod kiosk;
mod running;
mod secret;
mod show;
mod succeeding;
mod usage;
mod whole;

use std::process::ExitCode;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = match Arguments::typed() {
        Ok(arguments) => arguments,
        Err(error) => return usage::refuse(&error),
    };
    // Two rustls providers are compiled in; without a choice the first handshake would panic.
    if hameau_node::install_crypto().is_err() {
        eprintln!("hameau: another TLS provider was installed first");
        return ExitCode::FAILURE;
    }
    match act(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Each sentence is whole: what the system said of it stands in it already, in people's words.
            eprintln!("hameau : {error}");
            if error.is::<usage::WrongUse>() { ExitCode::from(usage::WRONG) } else { ExitCode::FAILURE }
        }
    }
}

fn act(arguments: Arguments) -> anyhow::Result<()> {
    let home = arguments.home;
    match arguments.command {
        Command::Demo(options) => demo::demo(home, options),
        Command::Practice(options) => demo::practice(home.as_deref(), &options),
        Command::Run(options) => running::run(&running::home_or_here(home), &options),
        Command::Init(options) => joining::init(&running::home_or_here(home), &options),
        Command::Enrol(options) => joining::enrol(&running::home_or_here(home), &options),
        Command::Papers(options) => joining::papers(&running::home_or_here(home), &options),
        Command::Succeed(options) => succeeding::succeed(&running::home_or_here(home), &options),
        Command::Join(options) => joining::join(&running::home_or_here(home), &options),
        Command::Export(options) => carrying::export(&running::home_or_here(home), &options),
        Command::Import(options) => carrying::import(&running::home_or_here(home), &options),
        Command::Backup(options) => keeping::backup(&running::home_or_here(home), &options),
        Command::Restore(options) => keeping::restore(&running::home_or_here(home), &options),
        Command::Account(options) => accounts::account(&running::home_or_here(home), options),
        Command::Journal(options) => journal::journal(&running::home_or_here(home), &options),
        Command::Certificate(options) => certificate::certificate(&running::home_or_here(home), &options),
        Command::Directory(options) => directory::directory(&running::home_or_here(home), &options),
        Command::Kiosk(options) => kiosk::kiosk(&running::home_or_here(home), &options),
        other => asking::ask(&running::home_or_here(home), other),
    }
}
