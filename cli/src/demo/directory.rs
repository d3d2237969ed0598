// SPDX-License-Identifier: EUPL-1.2
//! A small directory for a demonstration, so that its public screens have themes, sheets, branches and communes.
//!
//! It is made of the territory's file alone: its agencies, their procedures and papers, the hours that are invented there.
//! It is written as files in the official structure, beside the members' folders, and taken in as `hameau directory import`
//! takes the State's. Whatever it names carries the word "démonstration", and pages say the same in place of its source.
//! A box that has a directory keeps it.

use std::path::{Path, PathBuf};

use hameau_node::config::{AgencyEntry, DayName, DeskEntry, PointEntry, ProcedureEntry, TerritoryFile};
use hameau_node::directory::{self, INVENTED_AT, Territory};
use serde_json::{Value, json};

use super::stage::Actor;

/// Where the files lie, beside the members' folders.
const FOLDER: &str = "annuaire-demonstration";

/// The days of a week as the annuaire writes them.
const WEEK: [(DayName, &str); 7] = [
    (DayName::Mon, "Lundi"),
    (DayName::Tue, "Mardi"),
    (DayName::Wed, "Mercredi"),
    (DayName::Thu, "Jeudi"),
    (DayName::Fri, "Vendredi"),
    (DayName::Sat, "Samedi"),
    (DayName::Sun, "Dimanche"),
];

/// Writes the files, and takes them into the boxes that have no directory yet.
pub(super) fn lay(folder: &Path, territory: &TerritoryFile, cast: &[Actor]) -> anyhow::Result<()> {
    let place = Territory::new([], territory.point.iter().map(|it| it.insee.as_str()));
    let bare: Vec<&Actor> = cast.iter().filter(|it| !it.home.join(directory::FILE).exists()).collect();
    if bare.is_empty() || place.is_empty() {
        return Ok(());
    }
    let files = [write(&folder.join(FOLDER), territory)?];
    for actor in bare {
        directory::import(&actor.home, &files, &place, INVENTED_AT)?;
    }
    Ok(())
}

/// Writes the annuaire and the sheets; gives their folder.
fn write(folder: &Path, territory: &TerritoryFile) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let halls = territory.point.iter().map(town_hall);
    let branches = territory.agency.iter().map(|it| branch(it, &territory.point));
    let annuaire = json!({ "service": halls.chain(branches).collect::<Vec<Value>>() });
    std::fs::write(folder.join("annuaire.json"), serde_json::to_string_pretty(&annuaire)?)?;
    let mut number = 0;
    for (agency, theme) in territory.agency.iter().zip(1..) {
        let first = number + 1;
        for procedure in &agency.procedure {
            number += 1;
            std::fs::write(folder.join(format!("F{number}.xml")), sheet(number, theme, agency, procedure))?;
        }
        if first <= number {
            std::fs::write(folder.join(format!("N{theme}.xml")), topic(theme, first, agency))?;
        }
    }
    Ok(folder.to_owned())
}

/// A point's town hall: what names a commune in the annuaire.
fn town_hall(point: &PointEntry) -> Value {
    json!({
        "id": format!("demonstration-mairie-{}", point.insee),
        "nom": format!("Mairie (démonstration) - {}", point.name),
        "code_insee_commune": point.insee,
        "pivot": [{ "type_service_local": "mairie", "code_insee_commune": [point.insee] }],
        "adresse": [{ "complement1": "Adresse de démonstration", "nom_commune": point.name }],
    })
}

/// An agency's branch, which serves the communes of all points at the hours of its first desk.
fn branch(agency: &AgencyEntry, points: &[PointEntry]) -> Value {
    let communes: Vec<&str> = points.iter().map(|it| it.insee.as_str()).collect();
    let hours = agency.desk.first().map(hours).unwrap_or_default();
    json!({
        "id": format!("demonstration-{}", agency.id),
        "nom": format!("{} (démonstration)", agency.sigle),
        "pivot": [{ "type_service_local": kind(agency), "code_insee_commune": communes }],
        "adresse": [{ "complement1": "Adresse de démonstration" }],
        "site_internet": [{ "libelle": agency.home_page_name, "valeur": agency.home_page }],
        "plage_ouverture": hours,
    })
}

/// What the annuaire calls such an agency: `cpam` of `cpam-46`.
fn kind(agency: &AgencyEntry) -> &str {
    agency.id.split('-').next().unwrap_or(&agency.id)
}

/// A desk's hours, day by day.
fn hours(desk: &DeskEntry) -> Vec<Value> {
    let of_day = |(day, name): (DayName, &str)| {
        let spans: Vec<_> = desk.openings.iter().filter(|it| it.days.contains(&day)).take(2).collect();
        let mut line = json!({ "nom_jour_debut": name, "nom_jour_fin": name, "commentaire": "démonstration" });
        for (span, number) in spans.iter().zip(1..) {
            line[format!("valeur_heure_debut_{number}")] = format!("{}:00", span.from).into();
            line[format!("valeur_heure_fin_{number}")] = format!("{}:00", span.to).into();
        }
        (!spans.is_empty()).then_some(line)
    };
    WEEK.into_iter().filter_map(of_day).collect()
}

/// An agency's procedures as a theme of the public screen, from this sheet on.
fn topic(theme: usize, first: usize, agency: &AgencyEntry) -> String {
    let sheets = agency.procedure.iter().zip(first..);
    let sheets = sheets.map(|(it, number)| format!("<Fiche ID=\"F{number}\">{}</Fiche>", title(it)));
    format!(
        "<Publication ID=\"N{theme}\" type=\"Theme\"><title>{} (démonstration)</title><description>{}</description>{}\
         </Publication>",
        escaped(&agency.sigle),
        escaped(&agency.name),
        sheets.collect::<String>()
    )
}

fn title(procedure: &ProcedureEntry) -> String {
    format!("{} (démonstration)", escaped(&procedure.title))
}

/// A procedure as a sheet.
fn sheet(number: usize, theme: usize, agency: &AgencyEntry, procedure: &ProcedureEntry) -> String {
    let service = procedure.service.as_ref().and_then(|id| agency.service.iter().find(|it| it.id == *id));
    let papers = service.map(|it| it.papers.as_slice()).unwrap_or_default();
    let papers: String =
        papers.iter().map(|it| format!("<Item><Paragraphe>{}</Paragraphe></Item>", escaped(it))).collect();
    let papers = if papers.is_empty() {
        papers
    } else {
        format!("<Chapitre><Titre>Pièces à fournir</Titre><Liste>{papers}</Liste></Chapitre>")
    };
    let official = procedure.url.as_ref().map(|url| format!(" spUrl=\"{}\"", escaped(url))).unwrap_or_default();
    format!(
        "<Publication ID=\"F{number}\" type=\"Fiche\"{official}><title>{}</title><description>{}</description>\
         <FilDAriane><Niveau ID=\"N{theme}\" type=\"Theme\">{sigle} (démonstration)</Niveau></FilDAriane>\
         <Texte><Chapitre><Titre>À savoir</Titre><Paragraphe>Cette fiche est une démonstration, dans la forme des fiches \
         officielles. Celle qui fait foi est sur le site officiel.</Paragraphe></Chapitre>{papers}</Texte>\
         <OuSAdresser ID=\"R{number}\" type=\"Local\"><Titre>{sigle}</Titre><PivotLocal>{}</PivotLocal></OuSAdresser>\
         </Publication>",
        title(procedure),
        escaped(&procedure.summary),
        kind(agency),
        sigle = escaped(&agency.sigle),
    )
}

/// Text as XML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hameau_node::papers::RoleName;

    #[tokio::test]
    async fn a_directory_of_the_territory_itself() {
        // Goal: every agency's branch and procedure and every point's commune are there, nothing is left unread, all of it
        // says that it is a demonstration; a box that has a directory keeps it.
        let territory = TerritoryFile::parse(Path::new("territory/lot.toml"), super::super::LOT).expect("our own");
        let folder = tempfile::tempdir().expect("a folder");
        let files = [write(&folder.path().join("files"), &territory).expect("written")];
        let (home, place) = (folder.path().join("point"), Territory::new(["46"], []));
        std::fs::create_dir(&home).expect("a folder");
        let report = directory::import(&home, &files, &place, INVENTED_AT).expect("taken");
        let procedures: usize = territory.agency.iter().map(|it| it.procedure.len()).sum();
        let (agencies, points) = (territory.agency.len(), territory.point.len());
        assert_eq!((report.branches, report.communes, report.sheets), (agencies + points, points, procedures));
        assert_eq!((report.topics, report.unread_count, report.without_topic), (agencies, 0, 0), "{report:?}");
        assert!(report.unknown_kinds.is_empty(), "{report:?}");

        let kept = directory::Directory::of(&home);
        let asked = kept.ask(|it| {
            let themes = it.themes()?.into_iter().map(|it| it.title);
            let mut named: Vec<String> = themes.chain(it.kinds()?.into_iter().map(|it| it.label)).collect();
            for number in 1.. {
                let Some(sheet) = it.sheet(&format!("F{number}"))? else { break };
                assert!(!sheet.papers.is_empty() || sheet.parts.len() == 1, "{sheet:?}");
                named.push(sheet.title);
            }
            Ok((named, it.branch("demonstration-cpam-46")?, it.source()?))
        });
        let (named, branch, source) = asked.await.expect("it is there");
        assert_eq!(named.len(), 2 * agencies + 1 + procedures);
        assert!(named.iter().all(|it| it.contains("démonstration")), "{named:?}");
        assert_eq!((source.branches, source.sheets), (Some(INVENTED_AT), Some(INVENTED_AT)));
        let hours = branch.expect("a branch").hours;
        assert!(hours.len() == 5 && hours.iter().all(|it| it.comment == "démonstration"), "{hours:?}");

        let before = std::fs::metadata(home.join(directory::FILE)).expect("there").modified().expect("a time");
        let cast = [Actor { member: "puy-leveque".to_owned(), role: RoleName::Point, home: home.clone() }];
        lay(folder.path(), &territory, &cast).expect("laid");
        let after = std::fs::metadata(home.join(directory::FILE)).expect("there").modified().expect("a time");
        assert_eq!(before, after, "it is kept");
        assert!(!folder.path().join(FOLDER).exists());
    }
}
