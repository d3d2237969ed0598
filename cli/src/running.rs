// SPDX-License-Identifier: EUPL-1.2
//! `hameau run`: one node until Ctrl-C.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use hameau_node::config::MemberFile;
use hameau_node::control::OfficeView;
use hameau_node::events;
use hameau_node::home::Home;
use hameau_node::lang::either;
use hameau_node::run::{self, RunError, RunOptions};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::arguments::Run;
use crate::{certificate, hints, show};

/// The folder given, else `$HAMEAU_HOME`, else the current one. A demonstration does not ask here: the variable
/// names one box's folder, which is no place for eleven others.
pub(crate) fn home_or_here(home: Option<PathBuf>) -> PathBuf {
    let variable = || std::env::var_os("HAMEAU_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    home.or_else(variable).unwrap_or_else(|| PathBuf::from("."))
}

/// Runs a node until Ctrl-C or SIGTERM.
pub(crate) fn run(home: &Path, options: &Run) -> anyhow::Result<()> {
    let home = Home::open(home)?;
    events::init(Some(home.file("journal.log")), tracing::Level::INFO)?;
    // Two workers: a point's mini-PC has two cores, and the replica has a thread of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(until_stopped(&home, options))
}

async fn until_stopped(home: &Home, options: &Run) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let running = run::start(home, &run_options(options)).await?;
    let portal = format!("http://{}/", running.portal);
    if options.json {
        show::json(&serde_json::json!({ "portal": portal, "pid": std::process::id() }))?;
    } else {
        show::print(&format!("{} {portal}", either("la boîte tourne ; pages :", "the node runs; pages:")))?;
        if let Some(certificates) = &running.certificates {
            certificate::office(&OfficeView::of(certificates))?;
        }
        show::print(either("Ctrl-C pour arrêter", "Ctrl-C to stop"))?;
    }
    for hint in hints::of(&MemberFile::read(&home.file("member.toml"))?, &running.replica.snapshot()) {
        eprintln!("hameau : {hint}");
    }
    let closed = async { if options.with_parent { input_closed().await } else { std::future::pending().await } };
    let by_itself = tokio::select! {
        _ = interrupt.recv() => false,
        _ = terminate.recv() => false,
        () = running.stop.cancelled() => true,
        Ok(()) = closed => false,
    };
    running.stop().await;
    if by_itself { Err(RunError::Ended.into()) } else { Ok(()) }
}

fn run_options(options: &Run) -> RunOptions {
    RunOptions { shift_ms: options.shift_ms, demo: options.demo, practice: options.practice }
}

/// Tells when standard input ends: whoever held it is gone. The thread ends with the process.
fn input_closed() -> oneshot::Receiver<()> {
    let (closed, tell) = oneshot::channel();
    std::thread::spawn(move || {
        let mut sink = [0; 64];
        let mut input = std::io::stdin();
        while matches!(input.read(&mut sink), Ok(length) if length > 0) {}
        closed.send(())
    });
    tell
}
