// SPDX-License-Identifier: EUPL-1.2
//! By hand, with files: `init`, `enrol`, `papers`, `join`.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use crdt_calendar::act::Place;
use data_encoding::HEXUPPER;
use hameau_node::config::{BoothEntry, MemberFile, NodeFile};
use hameau_node::control::Request;
use hameau_node::found::{self, NewMember};
use hameau_node::home::Home;
use hameau_node::lang::{either, system_words};
use hameau_node::papers::{PapersFile, RequestFile, RoleName};

use crate::arguments::{Enrol, Init, Join, Papers, Role};
use crate::{desk, show};

/// Prepares a box.
pub(crate) fn init(path: &Path, options: &Init) -> anyhow::Result<()> {
    let role = match options.role {
        Some(Role::Point) => RoleName::Point,
        Some(Role::Agency) => RoleName::Agency,
        Some(Role::Coordination) | None => RoleName::Coordination,
    };
    let new = NewMember {
        member: options.member.clone(),
        role,
        name: options.name.clone(),
        place: place(options),
        node: NodeFile::default(),
        file: first_file(role),
    };
    let home = Home::create(path)?;
    found::member(&home, &new)?;
    let request = home.file("request.json");
    if let Some(territory) = &options.territory {
        let root = found::territory(&home, territory, &new)?;
        return said_root(path, territory, &HEXUPPER.encode(root.as_slice()), options.json);
    }
    if options.json {
        return show::json(&serde_json::json!({ "home": path, "request": request }));
    }
    show::print(&format!(
        "{} {}\n{}",
        either("Boîte prête. Donnez ce fichier à la coordination :", "Node ready. Give this file to the coordination:"),
        request.display(),
        either(
            "Complétez member.toml et node.toml dans le même dossier avant de la lancer.",
            "Complete member.toml and node.toml in the same folder before you start it."
        ),
    ))
}

/// The root key is shown once: on paper it outlives every box.
fn said_root(path: &Path, territory: &str, root: &str, json: bool) -> anyhow::Result<()> {
    let groups: Vec<&str> = (0..root.len() / 4).map(|place| &root[place * 4..place * 4 + 4]).collect();
    let root = groups.join(" ");
    if json {
        return show::json(&serde_json::json!({ "home": path, "territory": territory, "root": root }));
    }
    show::print(&format!(
        "{}\n\n  {root}\n\n{}",
        either(
            "Territoire fondé. Recopiez sur papier sa clé racine, elle n'est écrite nulle part :",
            "Territory founded. Copy its root key on paper, it is written nowhere:"
        ),
        either(
            "Elle seule nommera une autre coordination si cette boîte est perdue.",
            "It alone can name another coordination if this node is lost."
        ),
    ))
}

fn place(options: &Init) -> Option<Place> {
    let ((insee, lat), lon) = options.insee.clone().zip(options.lat).zip(options.lon)?;
    #[allow(clippy::cast_possible_truncation, reason = "within +-180 degrees: their form was checked")]
    let e5 = |degrees: f64| (degrees * 100_000.0).round() as i32;
    Some(Place { insee, lat_e5: e5(lat), lon_e5: e5(lon) })
}

/// A point has a booth from the start; an agency writes its desks itself.
fn first_file(role: RoleName) -> MemberFile {
    let booth = BoothEntry { number: 1, name: either("Cabine", "Booth").to_owned(), demo: false };
    let booths = if role == RoleName::Point { vec![booth] } else { Vec::new() };
    MemberFile { booth: booths, ..MemberFile::default() }
}

/// Enrols a member, through the running node or, if none runs, on its folder.
pub(crate) fn enrol(path: &Path, options: &Enrol) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    let request = RequestFile::read(&options.file)?;
    let member = request.enrolment()?.member;
    let replaces = options.replaces;
    let papers: PapersFile = desk::with(&home, async |desk| desk.ask(Request::Enrol { request, replaces }).await)?;
    let output = options.output.clone().unwrap_or_else(|| PathBuf::from(format!("papers-{member}.json")));
    write(&output, &papers)?;
    if options.json {
        return show::json(&serde_json::json!({ "member": member.as_str(), "papers": output }));
    }
    if papers.neighbours.is_empty() {
        show::print(either(
            "Ces papiers ne portent aucune adresse, car la coordination ne tourne pas : ils suffisent sur un même réseau \
             local. Sinon, lancez-la par « hameau run », puis refaites la même commande.",
            "These papers carry no address, for the coordination does not run: they suffice on one local network. Else \
             start it with “hameau run”, then give the same command again.",
        ))?;
    }
    show::print(&format!(
        "{member} {} {}",
        either(
            "est membre. Donnez-lui ce fichier, pour « hameau join » :",
            "is a member. Give it this file, for “hameau join”:"
        ),
        output.display()
    ))
}

/// Hands the territory's papers out, as far as this box knows them.
pub(crate) fn papers(path: &Path, options: &Papers) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    let papers: PapersFile = desk::with(&home, async |desk| desk.ask(Request::Papers).await)?;
    write(&options.output, &papers)?;
    if options.json {
        return show::json(&serde_json::json!({ "papers": options.output, "number": papers.number }));
    }
    show::print(&format!(
        "{} {}",
        either(
            "Donnez ce fichier à qui garde la clé racine, pour « hameau succeed » :",
            "Give this file to whoever keeps the root key, for “hameau succeed”:"
        ),
        options.output.display()
    ))
}

/// Writes papers where they were asked for.
pub(crate) fn write(output: &Path, papers: &PapersFile) -> anyhow::Result<()> {
    std::fs::write(output, found::json(papers)?).map_err(|error| {
        let why = either("ne s'écrit pas", "cannot be written");
        anyhow!("« {} » {why} ({})", output.display(), system_words(&error))
    })
}

/// Joins the territory with the papers received, or takes newer ones.
pub(crate) fn join(path: &Path, options: &Join) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    let _held = home.hold()?;
    let papers = found::join(&home, &options.file)?;
    if options.json {
        let (territory, number) = (&papers.genesis.name, papers.statement.number);
        return show::json(&serde_json::json!({ "territory": territory, "number": number }));
    }
    show::print(&format!("{} {}", either("Membre du territoire :", "Member of the territory:"), papers.genesis.name))
}
