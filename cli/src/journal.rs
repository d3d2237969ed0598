// SPDX-License-Identifier: EUPL-1.2
//! `hameau journal`: who opened the details of which appointments, and whether the journal is as it was written.
//!
//! The chain is walked here, line by line, and not where it is kept. Works whether the node runs or not.

use std::path::Path;

use anyhow::{anyhow, bail};
use hameau_node::access::{Break, Chain, Line};
use hameau_node::control::{AccessLineView, AccessView, Request};
use hameau_node::home::Home;
use hameau_node::lang::either;

use crate::arguments::Journal;
use crate::desk::{self, Desk};
use crate::show;

/// Shows a day, or verifies all of it.
pub(crate) fn journal(path: &Path, options: &Journal) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    if options.verify {
        let (chain, found) = desk::with(&home, verified)?;
        return verdict(&chain, found, options.json);
    }
    let request = Request::Journal { day: options.day.clone(), after: None };
    let day: AccessView = desk::with(&home, async |desk| desk.ask(request).await)?;
    if options.json {
        return show::json(&day.lines);
    }
    if day.lines.is_empty() {
        return show::print(either("aucun accès ce jour-là", "no access on that day"));
    }
    day.lines.iter().try_for_each(|it| {
        let page = page(&it.page);
        show::print(&format!("{:>6} {} {:<20} {page:<24} {}", it.number, it.time, it.who, it.appointments))
    })
}

/// What was opened, in words; `--json` gives the journal's own word.
fn page(word: &str) -> &str {
    match word {
        "agenda" => either("agenda", "agenda"),
        "call-backs" => either("personnes à rappeler", "people to call back"),
        "appointment" => either("rendez-vous", "appointment"),
        "slip" => either("bulletin", "slip"),
        "amend" => either("correction", "correction"),
        "book" => either("nouveau rendez-vous", "new appointment"),
        "cancel" => either("annulation", "cancelling"),
        "move" => either("déplacement", "moving"),
        "sheet" => either("feuille du jour", "sheet of the day"),
        "double" => either("rendez-vous en double", "double appointment"),
        "call" => either("appel", "call"),
        "note" => either("note", "note"),
        "waiting" => either("liste d'attente", "waiting list"),
        "suspended" => either("rendez-vous en suspens", "suspended appointments"),
        other => other,
    }
}

/// Walks along the chain as it stands now.
async fn verified(desk: &Desk<'_>) -> anyhow::Result<(Chain, Option<Break>)> {
    let mut piece: AccessView = desk.ask(Request::Journal { day: None, after: Some(0) }).await?;
    let chain = piece.chain().ok_or_else(unread)?;
    let mut walk = chain.walk();
    while let Some(last) = piece.lines.last().map(|last| last.number) {
        let lines: Option<Vec<Line>> = piece.lines.iter().map(AccessLineView::line).collect();
        let now = piece.chain().ok_or_else(unread)?;
        if let Err(found) = walk.piece(&now, &lines.ok_or_else(unread)?) {
            return Ok((chain, Some(found)));
        }
        piece = desk.ask(Request::Journal { day: None, after: Some(last) }).await?;
    }
    Ok((chain, walk.end().err()))
}

fn unread() -> anyhow::Error {
    anyhow!(either("le journal des accès ne se lit pas", "the access journal cannot be read"))
}

fn verdict(chain: &Chain, found: Option<Break>, json: bool) -> anyhow::Result<()> {
    let head: String = chain.head.iter().map(|byte| format!("{byte:02x}")).collect();
    if let Some(found) = found {
        bail!(
            "{} {}",
            broken(found),
            either(
                "Gardez cette boîte telle qu'elle est, et prévenez la coordination.",
                "Leave this node as it is, and tell the coordination."
            )
        );
    }
    let lines = (chain.last + 1).saturating_sub(chain.first);
    if json {
        return show::json(&serde_json::json!({ "whole": true, "lines": lines, "head": head }));
    }
    show::print(&format!(
        "{} {lines} {} {head}",
        either("le journal est entier :", "the journal is whole:"),
        either("lignes ; dernière empreinte :", "lines; last hash:")
    ))
}

fn broken(found: Break) -> String {
    match found {
        Break::Changed(number) => either(
            format!("le journal a été modifié à la ligne {number}."),
            format!("the journal was changed at line {number}."),
        ),
        Break::Missing(number) => either(
            format!("il manque la ligne {number} du journal."),
            format!("line {number} of the journal is missing."),
        ),
        Break::Beyond(number) => either(
            format!("la ligne {number} a été ajoutée au journal."),
            format!("line {number} was added to the journal."),
        ),
    }
}
