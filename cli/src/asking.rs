// SPDX-License-Identifier: EUPL-1.2
//! Commands for a node that runs: they go through its local socket.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use hameau_node::control::{self, Request, Response};
use hameau_node::lang::either;
use hameau_node::replica::Details;

use crate::arguments::{Command, Switch};
use crate::show;

/// Details on standard input are read up to this size, in bytes.
const DETAILS_BYTES_MAX: u64 = 64 * 1024;

/// Asks, and shows the answer.
pub(crate) fn ask(home: &Path, command: Command) -> anyhow::Result<()> {
    let keys = matches!(&command, Command::Members(it) if it.keys);
    let (request, json) = match command {
        Command::Status(it) => (Request::Status, it.json),
        Command::Members(it) => (Request::Members, it.json),
        Command::Slots(it) => (Request::Slots { agency: it.agency, service: it.service, day: it.day }, it.json),
        Command::Book(it) => {
            let details = if it.details.is_some() { piped()? } else { prompted()? };
            (Request::Book { slot: it.slot, service: it.service, booth: it.booth, details }, it.json)
        }
        Command::Cancel(it) => (Request::Cancel { appointment: it.appointment, reason: it.reason }, it.json),
        Command::Agenda(it) => (Request::Agenda { day: it.day, all: it.all }, it.json),
        Command::Revoke(it) => (Request::Revoke { member: it.member }, it.json),
        Command::Settle(it) => (Request::Settle { member: it.member, force: it.force }, it.json),
        Command::Counts(it) => (Request::Counts { month: it.month }, it.json),
        Command::Calls(it) => (Request::Calls, it.json),
        Command::Offline(it) => (Request::Offline { on: it.switch == Switch::On }, it.json),
        Command::Demo(_)
        | Command::Practice(_)
        | Command::Run(_)
        | Command::Init(_)
        | Command::Enrol(_)
        | Command::Papers(_)
        | Command::Export(_)
        | Command::Import(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Account(_)
        | Command::Journal(_)
        | Command::Certificate(_)
        | Command::Directory(_)
        | Command::Kiosk(_)
        | Command::Succeed(_)
        | Command::Join(_) => {
            bail!("{}", either("cette commande ne passe pas par la prise", "this command does not use the socket"))
        }
    };
    let what = if keys { show::What::Keys } else { show::What::of(&request) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(control::ask(home, request))? {
        Response::Refused(why) => bail!(why),
        Response::Ok(value) if json => show::json(&value),
        Response::Ok(value) => show::people(what, value),
    }
}

/// Details as JSON on standard input.
fn piped() -> anyhow::Result<Details> {
    let mut text = String::new();
    std::io::stdin().take(DETAILS_BYTES_MAX).read_to_string(&mut text).context(either(
        "l'entrée ne se lit pas : donnez les renseignements en JSON, en UTF-8",
        "standard input cannot be read: give the details as JSON, in UTF-8",
    ))?;
    Ok(Details::from_json(text.trim())?)
}

/// Details typed by a person.
fn prompted() -> anyhow::Result<Details> {
    if !std::io::stdin().is_terminal() {
        bail!(
            "{}",
            either(
                "donnez les renseignements en JSON par un tube, sans les écrire sur le disque : … | hameau book … --details -",
                "give the details as JSON through a pipe, without writing them to the disk: … | hameau book … --details -"
            )
        );
    }
    let name = line(either("Nom : ", "Name: "))?;
    let telephone = line(either("Téléphone (ou rien) : ", "Telephone (or nothing): "))?;
    let subject = line(either("Objet (ou rien) : ", "Subject (or nothing): "))?;
    Ok(Details::typed(&name, &telephone, &subject)?)
}

fn line(label: &str) -> anyhow::Result<String> {
    let mut out = std::io::stderr();
    out.write_all(label.as_bytes())?;
    out.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}
