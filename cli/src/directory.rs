// SPDX-License-Identifier: EUPL-1.2
//! `hameau directory`: official files into the box's own directory. Works whether its node runs or not; pages show the old
//! one until the new one is whole.

use std::path::Path;

use anyhow::bail;
use hameau_node::control::Request;
use hameau_node::directory::{self, Report, Territory};
use hameau_node::home::Home;
use hameau_node::lang::{counted, either};
use jiff::Timestamp;

use crate::arguments::{Directory, DirectoryImport};
use crate::{desk, show};

/// Does what was typed.
pub(crate) fn directory(path: &Path, options: &Directory) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    match options {
        Directory::Import(options) => import(&home, options),
    }
}

fn import(home: &Home, options: &DirectoryImport) -> anyhow::Result<()> {
    let named = options.departments.iter().map(String::as_str);
    let territory = if options.departments.is_empty() {
        let communes: Vec<String> = desk::with(home, async |desk| desk.ask(Request::Communes).await)?;
        Territory::new([], communes.iter().map(String::as_str))
    } else {
        Territory::new(named, [])
    };
    if territory.is_empty() {
        bail!(
            "{}",
            either(
                "aucun point de ce territoire n'a de commune : dites le département, par exemple --department 46",
                "no point of this territory has a commune: say the département, for instance --department 46"
            )
        );
    }
    let report = directory::import(home.path(), &options.files, &territory, Timestamp::now().as_second())?;
    if options.json { show::json(&report) } else { show::print(&lines(&report).join("\n")) }
}

/// The report, as people read it: what was taken, what was left, and why.
fn lines(it: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    if it.records > 0 {
        lines.push(format!(
            "{}{} {} {}",
            either("guichets : ", "branches: "),
            counted(it.branches, ["repris, sur"; 2], ["taken, of"; 2]),
            it.records,
            either(if it.records < 2 { "lu" } else { "lus" }, "read"),
        ));
        left(
            &mut lines,
            it.elsewhere,
            [
                "laissé : il ne sert aucune commune du territoire",
                "laissés : ils ne servent aucune commune du territoire",
            ],
            "left: they serve no commune of the territory",
        );
        left(
            &mut lines,
            it.too_many,
            [
                "laissé : une boîte n'en garde pas autant ; nommez moins de départements avec --department",
                "laissés : une boîte n'en garde pas autant ; nommez moins de départements avec --department",
            ],
            "left: a node does not keep so many; name fewer départements with --department",
        );
        left(
            &mut lines,
            it.branches_twice,
            [
                "laissé : un guichet du même identifiant est déjà repris",
                "laissés : un guichet du même identifiant est déjà repris",
            ],
            "left: a branch of the same id was taken",
        );
        left(
            &mut lines,
            it.nameless,
            ["laissé : sans nom ou sans type", "laissés : sans nom ou sans type"],
            "left: without a name or a kind",
        );
    }
    if it.files > 0 {
        lines.push(format!(
            "{}{}{}, {} {}",
            either("fiches : ", "sheets: "),
            counted(it.sheets, ["reprise, sous ", "reprises, sous "], ["taken, under "; 2]),
            counted(it.topics, ["thème", "thèmes"], ["topic", "topics"]),
            either("sur", "of"),
            counted(it.files, ["fichier lu", "fichiers lus"], ["file read", "files read"]),
        ));
        left(
            &mut lines,
            it.other_kinds,
            ["laissé : formulaire ou autre sorte de fichier", "laissés : formulaires et autres sortes de fichiers"],
            "left: forms and other kinds of files",
        );
        left(
            &mut lines,
            it.twice,
            ["laissée : une fiche du même nom est déjà reprise", "laissées : une fiche du même nom est déjà reprise"],
            "left: a sheet of the same name was taken",
        );
        left(
            &mut lines,
            it.without_topic,
            ["sous aucun thème : la recherche la trouve", "sous aucun thème : la recherche les trouve"],
            "under no topic: search finds them",
        );
        if it.unread_count > 0 {
            let names = it.unread.join(", ");
            lines.push(either(
                format!("  illisibles, laissés : {names} ({}). Décompressez le zip de nouveau", it.unread_count),
                format!("  unreadable, left: {names} ({}). Unpack the zip again", it.unread_count),
            ));
        }
        if !it.unknown_kinds.is_empty() {
            let kinds = it.unknown_kinds.join(", ");
            lines.push(either(
                format!("  types de guichet que des fiches nomment et que l'annuaire n'a pas ici : {kinds}"),
                format!("  kinds of branch that sheets name and the directory does not have here: {kinds}"),
            ));
        }
    }
    lines
}

fn left(lines: &mut Vec<String>, count: usize, french: [&str; 2], english: &str) {
    if count > 0 {
        lines.push(format!("  {}", counted(count, french, [english; 2])));
    }
}
