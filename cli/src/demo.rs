// SPDX-License-Identifier: EUPL-1.2
//! `hameau demo`: a whole territory on one machine. Every node is a process of its own, with its own
//! folder, key, database and ports; nothing listens beyond loopback.

mod directory;
mod doors;
mod moment;
mod nodes;
mod practice;
mod stage;

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use hameau_node::config::TerritoryFile;
use hameau_node::lang::{either, system_words};
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::{Demo, Practice};
use crate::show;
use crate::usage::WrongUse;

/// The territory that is embedded.
const LOT: &str = include_str!("../../territory/lot.toml");

/// How a demonstration plays.
struct Play {
    at: Option<Timestamp>,
    open: bool,
    json: bool,
    /// It is for practice: its pages say so, and its day is not empty.
    is_practice: bool,
}

/// Sets the stage, runs the nodes, prints the doors, waits for Ctrl-C.
pub(crate) fn demo(home: Option<PathBuf>, options: Demo) -> anyhow::Result<()> {
    let territory = territory(options.territory.as_deref())?;
    let members = stage::chosen(&territory, &options.members)?;
    let Demo { at, open, json, .. } = options;
    play(home, &territory, &members, &Play { at, open, json, is_practice: false })
}

/// A demonstration of one point and one agency in a folder of its own, which goes with it: a territory that was founded
/// for it, keys that nobody else knows, addresses of this machine alone. Nothing leads from there to a real calendar.
pub(crate) fn practice(home: Option<&Path>, options: &Practice) -> anyhow::Result<()> {
    if home.is_some() {
        let words = either(
            "l'entraînement a un dossier à lui, effacé à la fin : ôtez --home",
            "practice has a folder of its own, removed at the end: leave out --home",
        );
        return Err(WrongUse(words.to_owned()).into());
    }
    let mut territory = territory(None)?;
    let members = practice::cast(&territory);
    // Nobody else is a member: whoever does not play would only be missed.
    territory.point.retain(|it| members.contains(&it.id));
    territory.agency.retain(|it| members.contains(&it.id));
    play(None, &territory, &members, &Play { at: None, open: options.open, json: options.json, is_practice: true })
}

fn play(home: Option<PathBuf>, territory: &TerritoryFile, members: &[String], play: &Play) -> anyhow::Result<()> {
    let zone = &territory.territory.timezone;
    let shift_ms = moment::shift_ms(play.at, zone)?;
    let (folder, temporary) = folder(home)?;
    if !play.json {
        announce(&folder, &moment::shown(shift_ms, zone)?)?;
        if play.is_practice {
            show::print(either(
                "entraînement : rien de ce qui est saisi n'entre dans un vrai calendrier",
                "practice: nothing that is entered reaches a real calendar",
            ))?;
        }
    }
    let cast = stage::set(&folder, territory, members)?;
    directory::lay(&folder, territory, &cast)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(run(&cast, shift_ms, play));
    match (done, temporary) {
        // What was typed in practice is not kept, whatever happens.
        (Err(error), Some(temporary)) if !play.is_practice => {
            // The journals in it say why.
            let kept = temporary.keep();
            let words = either("dossiers gardés :", "folders kept:");
            Err(anyhow!("{error}\n{words} {}", kept.display()))
        }
        (done, _) => done,
    }
}

/// Where everything is, and when it plays: the first lines of the table.
fn announce(folder: &Path, moment: &str) -> anyhow::Result<()> {
    let (folders, time) = (either("dossiers", "folders"), either("heure de démonstration", "demonstration time"));
    show::print(&format!("{folders:<22} {}", folder.display()))?;
    show::print(&format!("{time:<22} {moment}"))
}

fn territory(path: Option<&Path>) -> anyhow::Result<TerritoryFile> {
    match path {
        None => Ok(TerritoryFile::parse(Path::new("territory/lot.toml"), LOT)?),
        Some(path) => Ok(TerritoryFile::read(path)?),
    }
}

/// The folder given, or one that goes with the demonstration.
fn folder(home: Option<PathBuf>) -> anyhow::Result<(PathBuf, Option<tempfile::TempDir>)> {
    if let Some(home) = home {
        std::fs::create_dir_all(&home).map_err(|error| {
            let why = either("ce dossier ne peut pas être créé", "this folder cannot be created");
            anyhow!("« {} » : {why} ({})", home.display(), system_words(&error))
        })?;
        return Ok((home.canonicalize()?, None));
    }
    let temporary = tempfile::Builder::new().prefix("hameau-").tempdir()?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

async fn run(cast: &[stage::Actor], shift_ms: i64, play: &Play) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // A window that is closed ends it too.
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut ended = std::pin::pin!(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    });
    let started = tokio::select! {
        started = nodes::start(cast, shift_ms, play.is_practice) => started,
        () = &mut ended => return Ok(()),
    };
    let mut nodes = started?;
    if play.is_practice {
        let invented = tokio::select! {
            invented = practice::fill(cast) => Some(invented),
            () = &mut ended => None,
        };
        let Some(Ok(())) = invented else {
            nodes.stop().await;
            return invented.unwrap_or(Ok(()));
        };
    }
    doors::print(&nodes, play.json)?;
    if play.open {
        doors::open(&nodes)?;
    }
    if !play.json {
        show::print(either("Ctrl-C pour tout arrêter", "Ctrl-C to stop everything"))?;
    }
    let failed = tokio::select! {
        () = &mut ended => None,
        actor = nodes.first_to_end() => Some(actor),
    };
    nodes.stop().await;
    if let Some(actor) = failed {
        let (member, journal) = (&actor.member, actor.home.join("journal.log"));
        bail!(
            "{member} : {} {}",
            either("cette boîte s'est arrêtée ; son journal :", "this node stopped; its journal:"),
            journal.display()
        );
    }
    Ok(())
}
