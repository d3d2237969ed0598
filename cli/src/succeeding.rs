// SPDX-License-Identifier: EUPL-1.2
//! `hameau succeed`: with the root key, this box becomes the coordination. The key is asked for, or read
//! from standard input; it never stands on a command line.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::bail;
use crdt_calendar::act::{Act, Role};
use crdt_calendar::ids::PublicKey;
use hameau_node::home::Home;
use hameau_node::lang::either;
use hameau_node::papers::PapersFile;
use hameau_node::succession::{RootKey, Succession};

use crate::arguments::Succeed;
use crate::{joining, show};

/// Names this box the coordination.
pub(crate) fn succeed(path: &Path, options: &Succeed) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    let _held = home.hold()?;
    let succession = Succession::new(&home, &options.file)?;
    let member = succession.member().clone();
    let root = if options.root.is_some() {
        RootKey::read(std::io::stdin().lock())?
    } else {
        prompted(&succession, options.upto)?
    };
    let papers = succession.sign(&home, &root, options.upto)?;
    let output = options.output.clone().unwrap_or_else(|| PathBuf::from(format!("papers-{member}.json")));
    joining::write(&output, &PapersFile::new(&papers))?;
    if options.json {
        let upto = papers.statement.ends.map(|(acts, _)| acts);
        let said = serde_json::json!({
            "member": member.as_str(), "number": papers.statement.number, "upto": upto, "papers": output
        });
        return show::json(&said);
    }
    show::print(&format!(
        "{}\n{} {}",
        either(
            "Cette boîte est la coordination. Complétez node.toml et lancez-la.",
            "This node is the coordination. Complete node.toml and start it."
        ),
        either(
            "Donnez ce fichier à un membre au moins, pour « hameau join » : les autres l'apprendront de lui.",
            "Give this file to one member at least, for “hameau join”: the others will hear it from that one."
        ),
        output.display()
    ))
}

/// Shows what the old coordination wrote before it asks for the key: what a thief enrolled is among it.
fn prompted(succession: &Succession, upto: Option<u32>) -> anyhow::Result<RootKey> {
    if !std::io::stdin().is_terminal() {
        bail!("{}", either("donnez la clé racine sur l'entrée : --root -", "give the root key on the input: --root -"));
    }
    let mut out = std::io::stderr();
    writeln!(out, "{}", either("Registre de l'ancienne coordination :", "Roster of the old coordination:"))?;
    for (number, act) in succession.acts() {
        let ends = upto.is_some_and(|upto| number > upto);
        let void = if ends { either("  [nul]", "  [void]") } else { "" };
        writeln!(out, "  {number:>4}  {}{void}", said(succession, &act))?;
    }
    let remedy = either(
        "Si un voleur en a écrit une partie : Ctrl-C, puis --upto avec le numéro du dernier acte honnête.",
        "If a thief wrote part of it: Ctrl-C, then --upto with the number of the last honest act.",
    );
    write!(out, "{remedy}\n{}", either("Clé racine : ", "Root key: "))?;
    out.flush()?;
    Ok(RootKey::read(std::io::stdin().lock())?)
}

fn said(succession: &Succession, act: &Act) -> String {
    let whose = |key: &PublicKey| succession.member_of(key).map_or_else(|| key.to_string(), ToString::to_string);
    match act {
        Act::Enrol(it) => {
            let role = match it.role {
                Role::Point => "point",
                Role::Agency => either("organisme", "agency"),
                Role::Coordination => "coordination",
            };
            // A thief chose this name: it must not write on the screen around it.
            let name: String = it.name.chars().filter(|letter| !letter.is_control() && !is_turning(*letter)).collect();
            format!("{} {} ({role}, {name})", either("enrôle", "enrols"), it.member)
        }
        Act::Replace { member, .. } => format!("{} {member}", either("remplace la boîte de", "replaces the node of")),
        Act::Revoke { key } => format!("{} {}", either("révoque une boîte de", "revokes a node of"), whose(key)),
        _ => either("autre acte", "another act").to_owned(),
    }
}

/// Whether it turns the direction of what follows (Unicode, UAX 9).
fn is_turning(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
