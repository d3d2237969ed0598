// SPDX-License-Identifier: EUPL-1.2
//! `hameau-relay`: a meeting point for members' nodes that cannot reach each other directly.
//!
//! Exit codes: 0 done, 1 refused with a reason, 2 wrong use.

mod certificate;
mod config;
mod door;
mod lang;
mod members;
mod server;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use config::{ConfigError, Settings};
use lang::either;
use server::{Relay, StartError};

/// Where the settings are when nobody says it.
const SETTINGS: &str = "/etc/hameau-relay/relais.toml";
/// What is written into the journal: of the library only what goes wrong.
const JOURNAL: &str = "warn,hameau_relay=info";

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Help,
    Version,
    Check(PathBuf),
    Run(PathBuf),
    Wrong,
}

/// Why it ends.
#[derive(Debug, thiserror::Error)]
enum MainError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{}", either(
        format!("le système refuse de quoi tourner : {}", lang::system_words(.0)),
        format!("the system refuses what is needed to run: {}", lang::system_words(.0))))]
    System(#[from] std::io::Error),
}

fn main() -> ExitCode {
    // Two TLS providers may be compiled in; without a choice the first handshake would panic. Nothing chose before.
    drop(rustls::crypto::ring::default_provider().install_default());
    let done = match typed(std::env::args().skip(1)) {
        Typed::Help => say(&help()),
        Typed::Version => say(concat!("hameau-relay ", env!("CARGO_PKG_VERSION"))),
        Typed::Check(path) => check(&path),
        Typed::Run(path) => run(&path),
        Typed::Wrong => {
            eprintln!("{}", help());
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hameau-relay : {error}");
            ExitCode::FAILURE
        }
    }
}

fn typed(words: impl Iterator<Item = String>) -> Typed {
    let (options, files): (Vec<_>, Vec<_>) = words.partition(|word| word.starts_with('-'));
    let path = || PathBuf::from(files.first().map_or(SETTINGS, String::as_str));
    match options.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        _ if files.len() > 1 => Typed::Wrong,
        [] => Typed::Run(path()),
        ["--check"] => Typed::Check(path()),
        ["--help" | "-h"] => Typed::Help,
        ["--version" | "-V"] => Typed::Version,
        _ => Typed::Wrong,
    }
}

fn help() -> String {
    either(
        format!(
            "Relais de Hameau : un point de rencontre pour les boîtes qui ne se joignent pas directement\n\n\
             Utilisation : hameau-relay [--check] [RÉGLAGES]\n\n\
             RÉGLAGES     le fichier des réglages (défaut : {SETTINGS})\n\
             --check      vérifie les réglages, le certificat et la liste des membres, sans écouter\n\
             --help       affiche cette aide\n\
             --version    affiche la version"
        ),
        format!(
            "Hameau's relay: a meeting point for nodes that cannot reach each other directly\n\n\
             Usage: hameau-relay [--check] [SETTINGS]\n\n\
             SETTINGS     the file of settings (default: {SETTINGS})\n\
             --check      checks the settings, the certificate and the list of members, without listening\n\
             --help       shows this help\n\
             --version    shows the version"
        ),
    )
}

fn check(path: &Path) -> Result<(), MainError> {
    let members = server::check(&Settings::read(path)?)?;
    say(&either(format!("tout est en ordre ; membres : {members}"), format!("all is well; members: {members}")))
}

fn run(path: &Path) -> Result<(), MainError> {
    let settings = Settings::read(path)?;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(JOURNAL)))
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let relay = Relay::start(&settings).await?;
        say(&either(format!("à l'écoute : {}", relay.address()), format!("listening: {}", relay.address())))?;
        let stop = async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        Ok(relay.run(stop).await?)
    })
}

/// Prints a line; a reader that has gone is not an error of ours.
fn say(line: &str) -> Result<(), MainError> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed() {
        // Goal: an option that does not exist starts nothing.
        let at = |path: &str| PathBuf::from(path);
        for (line, expected) in [
            ("", Typed::Run(at(SETTINGS))),
            ("a.toml", Typed::Run(at("a.toml"))),
            ("--check", Typed::Check(at(SETTINGS))),
            ("--check a.toml", Typed::Check(at("a.toml"))),
            ("a.toml --check", Typed::Check(at("a.toml"))),
            ("--help", Typed::Help),
            ("-V", Typed::Version),
            ("--chek a.toml", Typed::Wrong),
            ("a.toml b.toml", Typed::Wrong),
        ] {
            assert_eq!(typed(line.split_whitespace().map(str::to_owned)), expected, "{line}");
        }
    }
}
