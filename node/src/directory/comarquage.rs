// SPDX-License-Identifier: EUPL-1.2
//! The comarquage's files: what one XML file of `vosdroits` is, a sheet or a topic with what lies under it.
//!
//! Elements as they stand in DILA's files of version 3 (`Publication` with `dc:title`, `FilDAriane` or `Theme` and
//! `DossierPere` above, `Introduction`, `Texte`, `ListeSituations`, `ServiceEnLigne`, `OuSAdresser` in it; topics with
//! their `Dossier`, `SousDossier`, `Fiche`; `arborescence.xml` with nested `Item`). What is not named here is passed over
//! with all that is in it, so that nothing is shown of which the sense is not known; text around it stays. The file's own
//! words are kept, its order too.

use super::branch::{is_kind, is_site};
use super::element::{Content, Element};
use super::sheet::{Block, Online, Part, Sheet, Step, said};
use crate::words::words;

/// Longest title, and longest paragraph, in characters.
const TITLE_CHARS_MAX: usize = 300;
const TEXT_CHARS_MAX: usize = 8_000;
/// Kinds of branch, online services, papers of one sheet.
const LISTED_MAX: usize = 40;
/// Parts of a sheet; blocks of a part.
const PARTS_MAX: usize = 60;
const BLOCKS_MAX: usize = 2_000;
/// What lies under one topic.
const CHILDREN_MAX: usize = 2_000;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Publication {
    Sheet(Box<Sheet>),
    /// A topic with its title, and what lies under it, topic by topic.
    Topic(TopicFile),
}

/// A topic, or the whole tree of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TopicFile {
    /// Topics with their titles and sentences.
    pub topics: Vec<(Step, String)>,
    /// Above, and under it; in the file's order.
    pub under: Vec<(String, String)>,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Another root than a publication's.
    Other,
    /// No name or title.
    NoTitle,
    /// A publication of a kind that is not shown: a form, a glossary.
    Kind,
}

impl Publication {
    /// Reads the tree of a file.
    pub(super) fn read(root: &Element) -> Result<Self, Unfit> {
        if root.name == "Arborescence" {
            let mut file = TopicFile::default();
            items(root, None, &mut file);
            return Ok(Self::Topic(file));
        }
        if root.name != "Publication" {
            return Err(Unfit::Other);
        }
        let id = root.attribute("ID").filter(|id| is_id(id)).ok_or(Unfit::NoTitle)?.to_owned();
        let title = line(root, "title").ok_or(Unfit::NoTitle)?;
        let summary = line(root, "description").unwrap_or_default();
        let kind = words(root.attribute("type").unwrap_or_default());
        let is = |word: &str| kind.iter().any(|it| it == word);
        if is("fiche") || is("question") || (kind.is_empty() && id.starts_with('F')) {
            return Ok(Self::Sheet(Box::new(sheet(root, id, title, summary))));
        }
        if is("theme") || is("dossier") || (kind.is_empty() && id.starts_with('N')) {
            return Ok(Self::Topic(topic(root, id, title, summary)));
        }
        Err(Unfit::Kind)
    }
}

/// A name of the comarquage: a letter or two and digits.
pub(super) fn is_id(text: &str) -> bool {
    (2..=16).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

fn cut(text: String, chars_max: usize) -> String {
    if text.chars().count() <= chars_max { text } else { text.chars().take(chars_max).chain(['…']).collect() }
}

/// The text of an element in it, if it says something.
fn line(element: &Element, name: &str) -> Option<String> {
    let text = cut(element.child(name)?.text(), TITLE_CHARS_MAX);
    (!text.is_empty()).then_some(text)
}

/// An element that stands for a topic or a sheet: its name and title.
fn step(element: &Element) -> Option<Step> {
    let id = element.attribute("ID").filter(|id| is_id(id))?;
    let title = line(element, "Titre").or_else(|| {
        let own: String = element
            .content
            .iter()
            .filter_map(|it| if let Content::Text(text) = it { Some(text.as_str()) } else { None })
            .collect();
        let own = own.split_whitespace().collect::<Vec<_>>().join(" ");
        (!own.is_empty()).then(|| cut(own, TITLE_CHARS_MAX))
    })?;
    Some(Step { id: id.to_owned(), title })
}

/// The topics above a publication, outermost first.
fn steps(root: &Element, own: &str) -> Vec<Step> {
    let is_above = |step: &Step| step.id.starts_with('N') && step.id != own;
    if let Some(way) = root.child("FilDAriane") {
        let all: Vec<Step> = way.elements().filter_map(step).filter(is_above).collect();
        if !all.is_empty() {
            return all;
        }
    }
    let names = ["Theme", "SousThemePere", "DossierPere", "SousDossierPere"];
    names.iter().filter_map(|name| step(root.child(name)?)).filter(is_above).collect()
}

fn topic(root: &Element, id: String, title: String, summary: String) -> TopicFile {
    let mut file = TopicFile::default();
    above(&steps(root, &id), &id, &mut file);
    file.topics.push((Step { id: id.clone(), title }, summary));
    for child in root.elements() {
        listed(child, &id, &mut file);
    }
    file
}

/// That one lies under the last of these, and each of them under the one before.
fn above(steps: &[Step], id: &str, file: &mut TopicFile) {
    file.topics.extend(steps.iter().map(|it| (it.clone(), String::new())));
    let ids: Vec<&str> = steps.iter().map(|it| it.id.as_str()).chain([id]).collect();
    file.under.extend(ids.windows(2).map(|it| (it[0].to_owned(), it[1].to_owned())));
}

/// What a topic's file lists: topics within topics, and sheets.
fn listed(element: &Element, parent: &str, file: &mut TopicFile) {
    let is_topic = matches!(element.name.as_str(), "Dossier" | "SousTheme" | "SousDossier");
    if !is_topic && element.name != "Fiche" || file.under.len() >= CHILDREN_MAX {
        return;
    }
    let own = step(element);
    if let Some(own) = &own {
        file.under.push((parent.to_owned(), own.id.clone()));
        if is_topic {
            file.topics.push((own.clone(), String::new()));
        }
    }
    let inner = own.as_ref().map_or(parent, |it| it.id.as_str());
    for child in element.elements() {
        listed(child, inner, file);
    }
}

/// The whole tree: items within items.
fn items(element: &Element, parent: Option<&str>, file: &mut TopicFile) {
    for child in element.elements() {
        if child.name != "Item" || file.under.len() >= 20 * CHILDREN_MAX {
            continue;
        }
        let Some(own) = step(child) else {
            items(child, parent, file);
            continue;
        };
        if let Some(parent) = parent {
            file.under.push((parent.to_owned(), own.id.clone()));
        }
        items(child, Some(&own.id), file);
        if own.id.starts_with('N') {
            file.topics.push((own, String::new()));
        }
    }
}

fn sheet(root: &Element, id: String, title: String, summary: String) -> Sheet {
    let mut parts = Vec::new();
    for child in root.elements() {
        match child.name.as_str() {
            "Introduction" | "Texte" => chapters(child, "", &mut parts),
            "ListeSituations" => situations(child, &mut parts),
            _ => {}
        }
    }
    parts.retain(|it: &Part| !it.blocks.is_empty());
    parts.truncate(PARTS_MAX);
    let (kinds, agencies) = agencies(root);
    let mut services = Vec::new();
    root.all("ServiceEnLigne", &mut services);
    let mut online: Vec<Online> = Vec::new();
    for service in services {
        let title = line(service, "Titre").unwrap_or_else(|| cut(service.text(), TITLE_CHARS_MAX));
        let url = service.attribute("URL").filter(|it| is_official(it)).map(ToOwned::to_owned);
        let it = Online { title, url };
        if it.url.is_some() && !it.title.is_empty() && online.len() < LISTED_MAX && !online.contains(&it) {
            online.push(it);
        }
    }
    let official = root.attribute("spUrl").filter(|it| is_official(it)).map(ToOwned::to_owned);
    let steps = steps(root, &id);
    let papers = papers(&parts);
    Sheet { id, title, summary, steps, parts, papers, kinds, agencies, online, official }
}

/// Only what a browser opens safely is an address.
fn is_official(url: &str) -> bool {
    url.starts_with("https://") && is_site(url) && url.len() <= 500
}

/// Which branches help, and which agencies are named without.
fn agencies(root: &Element) -> (Vec<String>, Vec<Online>) {
    let (mut kinds, mut named) = (Vec::new(), Vec::new());
    let mut all = Vec::new();
    root.all("OuSAdresser", &mut all);
    for it in all.into_iter().take(LISTED_MAX) {
        let mut pivots = Vec::new();
        it.all("PivotLocal", &mut pivots);
        let own: Vec<String> = pivots.iter().map(|it| it.text()).filter(|it| is_kind(it)).collect();
        if own.is_empty() {
            let mut addresses = Vec::new();
            it.all("RessourceWeb", &mut addresses);
            let url = addresses.iter().find_map(|it| it.attribute("URL")).filter(|it| is_official(it));
            if let Some(title) = line(it, "Titre") {
                named.push(Online { title, url: url.map(ToOwned::to_owned) });
            }
        }
        for kind in own {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    named.dedup();
    (kinds, named)
}

fn situations(list: &Element, parts: &mut Vec<Part>) {
    for child in list.elements() {
        match child.name.as_str() {
            "Introduction" => chapters(child, "", parts),
            "Situation" => {
                let title = line(child, "Titre").unwrap_or_default();
                let mut own = Vec::new();
                child.elements().filter(|it| it.name == "Texte").for_each(|it| chapters(it, "", &mut own));
                // A situation is one part: its chapters are titles in it.
                let mut part = Part { title, blocks: Vec::new() };
                for chapter in own {
                    if !chapter.title.is_empty() {
                        part.blocks.push(Block::Heading(chapter.title));
                    }
                    part.blocks.extend(chapter.blocks);
                }
                parts.push(part);
            }
            _ => {}
        }
    }
}

/// The chapters of a text; what stands outside of them is a part of its own.
fn chapters(text: &Element, title: &str, parts: &mut Vec<Part>) {
    let mut before = Part { title: title.to_owned(), blocks: Vec::new() };
    for child in text.elements() {
        match child.name.as_str() {
            "Texte" => chapters(child, title, parts),
            "Chapitre" => {
                if !before.blocks.is_empty() {
                    parts.push(std::mem::take(&mut before));
                }
                let mut part = Part { title: line(child, "Titre").unwrap_or_default(), blocks: Vec::new() };
                child.elements().filter(|it| it.name != "Titre").for_each(|it| block(it, &mut part.blocks));
                parts.push(part);
            }
            _ => block(child, &mut before.blocks),
        }
    }
    if !before.blocks.is_empty() {
        parts.push(before);
    }
}

/// One element of text.
fn block(element: &Element, into: &mut Vec<Block>) {
    if into.len() >= BLOCKS_MAX {
        return;
    }
    let inner = |element: &Element| {
        let mut blocks = Vec::new();
        element.elements().filter(|it| it.name != "Titre").for_each(|it| block(it, &mut blocks));
        blocks
    };
    match element.name.as_str() {
        "Paragraphe" => {
            let text = cut(element.text(), TEXT_CHARS_MAX);
            if !text.is_empty() {
                into.push(Block::Text(text));
            }
        }
        "SousChapitre" | "Chapitre" => {
            into.extend(line(element, "Titre").map(Block::Heading));
            into.extend(inner(element));
        }
        "Liste" => {
            let items: Vec<_> =
                element.elements().filter(|it| it.name == "Item").map(item).filter(|it| !it.is_empty()).collect();
            if !items.is_empty() {
                into.push(Block::List(items));
            }
        }
        "BlocCas" => element.elements().filter(|it| it.name == "Cas").for_each(|it| block(it, into)),
        "Cas" => {
            let blocks = inner(element);
            if !blocks.is_empty() {
                into.push(Block::Case(line(element, "Titre").unwrap_or_default(), blocks));
            }
        }
        "Attention" | "ASavoir" | "ANoter" | "Rappel" | "Exemple" => {
            let blocks = inner(element);
            if !blocks.is_empty() {
                into.push(Block::Note(line(element, "Titre").unwrap_or_default(), blocks));
            }
        }
        "Tableau" => {
            let rows: Vec<Vec<String>> =
                element.elements().filter(|it| matches!(it.name.as_str(), "Rangée" | "Rangee")).map(cells).collect();
            if !rows.is_empty() {
                into.push(Block::Table(rows));
            }
        }
        "Texte" | "Introduction" => into.extend(inner(element)),
        _ => {}
    }
}

fn item(element: &Element) -> Vec<Block> {
    let mut blocks = Vec::new();
    element.elements().for_each(|it| block(it, &mut blocks));
    if blocks.is_empty() {
        let text = cut(element.text(), TEXT_CHARS_MAX);
        blocks.extend((!text.is_empty()).then_some(Block::Text(text)));
    }
    blocks
}

fn cells(row: &Element) -> Vec<String> {
    row.elements().filter(|it| it.name == "Cellule").map(|it| cut(it.text(), TEXT_CHARS_MAX)).collect()
}

/// What to bring: the lists under titles that speak of papers.
fn papers(parts: &[Part]) -> Vec<String> {
    let mut papers = Vec::new();
    for part in parts {
        gather(&part.blocks, is_of_papers(&part.title), &mut papers);
    }
    papers.truncate(LISTED_MAX);
    papers
}

fn gather(blocks: &[Block], mut is_meant: bool, papers: &mut Vec<String>) {
    let outer = is_meant;
    for block in blocks {
        match block {
            Block::Heading(title) => is_meant = outer || is_of_papers(title),
            Block::Case(title, inner) => gather(inner, is_meant || is_of_papers(title), papers),
            Block::Note(..) | Block::Table(_) => {}
            Block::Text(text) => is_meant = is_meant || text.ends_with(':') && is_of_papers(text),
            Block::List(items) if is_meant => {
                for item in items {
                    let mut text = String::new();
                    said(item, &mut text);
                    let text = text.trim().to_owned();
                    if !papers.contains(&text) {
                        papers.push(text);
                    }
                }
                is_meant = outer;
            }
            Block::List(_) => {}
        }
    }
}

/// Whether a title says that papers follow: "Pièces justificatives", "Documents à fournir", "Quels documents présenter ?".
fn is_of_papers(title: &str) -> bool {
    let words = words(title);
    let is = |starts: &[&str]| words.iter().any(|word| starts.iter().any(|start| word.starts_with(start)));
    let is_paper = is(&["piece", "document", "papiers"]);
    is(&["justificati"])
        || is_paper && is(&["fourni", "joindre", "presente", "apport", "necessaire", "demande", "quels", "quelles"])
}
