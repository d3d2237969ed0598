// SPDX-License-Identifier: EUPL-1.2
//! Takes official files in: the annuaire's JSON, and folders of the comarquage, told apart by what they are.
//!
//! All of a command is one transaction. What it brings replaces what was there of its kind: branches by branches, sheets
//! by sheets. Of the branches only those of the territory's départements are taken, with the communes that they serve
//! there. A sheet that cannot be read is left with its reason; a JSON file that cannot be read to its end ends it all, for
//! nobody knows what it would still have said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Transaction, params};

use super::FILE;
use super::annuaire::{self, Broken};
use super::branch::{Branch, Entry, Unfit as BranchUnfit};
use super::comarquage::{Publication, Unfit};
use super::database::{Database, DirectoryError};
use super::element::{Element, Unread};
use super::outline::Outline;
use super::report::{ImportError, Report};
use super::sheet::Sheet;
use super::territory::Territory;
use crate::lang::either;
use crate::query::stems;
use crate::words::words;

/// Files of a folder that are looked at: all three collections have some 12,000.
const FILES_MAX: usize = 60_000;
/// Branches that are taken: the largest département has some 3,000.
pub(super) const BRANCHES_MAX: usize = 20_000;
/// Stems of one sheet's text that are indexed, in bytes.
const BODY_BYTES_MAX: usize = 60_000;

/// What one official file holds, wherever it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Official {
    /// The branches of an annuaire that have a name and a kind.
    Branches(Vec<Branch>),
    /// A sheet.
    Sheet(Box<Sheet>),
    /// So many topics.
    Topics(usize),
}

/// Reads one file without taking it anywhere.
///
/// # Errors
/// The sentence that says what is wrong with it.
pub fn look(bytes: &[u8]) -> Result<Official, String> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'<') {
        let mut branches = Vec::new();
        let read = annuaire::records(bytes, |record| {
            branches.extend(Entry::read(&record).ok().map(|entry| entry.branch));
            Ok(())
        });
        return read.map(|()| Official::Branches(branches)).map_err(|broken| broken.to_string());
    }
    let tree = Element::read(bytes).map_err(|why| why.to_string())?;
    match Publication::read(&tree) {
        Ok(Publication::Sheet(sheet)) => Ok(Official::Sheet(sheet)),
        Ok(Publication::Topic(topic)) => Ok(Official::Topics(topic.topics.len())),
        Err(_) => Err(Unread::Form(0).to_string()),
    }
}

/// Takes files into the directory of a box's folder, at this second since 1970 UTC. All or nothing.
///
/// # Errors
/// [`ImportError`]; what was there is there still.
pub fn import(home: &Path, files: &[PathBuf], territory: &Territory, at: i64) -> Result<Report, ImportError> {
    let mut database = Database::open_or_make(&home.join(FILE))?;
    let transaction = database.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut intake = Intake { transaction, territory, report: Report::default(), has_branches: false, outline: None };
    for file in files {
        intake.take(file)?;
    }
    intake.end(at)
}

/// An import under way.
struct Intake<'a> {
    transaction: Transaction<'a>,
    territory: &'a Territory,
    report: Report,
    has_branches: bool,
    outline: Option<Outline>,
}

impl Intake<'_> {
    fn take(&mut self, path: &Path) -> Result<(), ImportError> {
        let unread = |source| ImportError::Unread { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(unread)?.is_dir() {
            return self.take_folder(path);
        }
        let mut file = BufReader::with_capacity(64 * 1024, File::open(path).map_err(unread)?);
        let beginning = file.fill_buf().map_err(unread)?;
        if beginning.starts_with(b"\xEF\xBB\xBF") {
            file.consume(3);
        }
        let first = file.fill_buf().map_err(unread)?.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        match first {
            Some(b'<') => self.take_sheets(path, &[path.to_owned()]),
            _ => self.take_annuaire(path, file),
        }
    }

    fn take_annuaire(&mut self, path: &Path, file: impl Read) -> Result<(), ImportError> {
        if !std::mem::replace(&mut self.has_branches, true) {
            self.transaction
                .execute_batch("DELETE FROM branch; DELETE FROM kind; DELETE FROM serves; DELETE FROM commune;")?;
        }
        let mut failed = None;
        let read = annuaire::records(file, |record| {
            self.report.records += 1;
            match Entry::read(&record) {
                Ok(entry) => self.keep_branch(&entry).map_err(|error| {
                    failed = Some(error);
                    Broken::TooLarge
                }),
                Err(BranchUnfit::NoName | BranchUnfit::NoKind) => {
                    self.report.nameless += 1;
                    Ok(())
                }
            }
        });
        match (read, failed) {
            (_, Some(error)) => Err(error),
            (Err(broken), None) => Err(ImportError::Broken { path: path.to_owned(), why: broken.to_string() }),
            (Ok(()), None) => Ok(()),
        }
    }

    fn keep_branch(&mut self, entry: &Entry) -> Result<(), ImportError> {
        let branch = &entry.branch;
        let serves: BTreeSet<&(String, String)> =
            entry.serves.iter().filter(|(_, insee)| self.territory.has(insee)).collect();
        let is_here = branch.insee.as_deref().is_some_and(|insee| self.territory.has(insee));
        if serves.is_empty() && !is_here {
            self.report.elsewhere += 1;
            return Ok(());
        }
        if self.report.branches >= BRANCHES_MAX {
            self.report.too_many += 1;
            return Ok(());
        }
        let text = serde_json::to_string(branch).map_err(DirectoryError::from)?;
        let kept = self
            .transaction
            .prepare_cached("INSERT OR IGNORE INTO branch (id, name, text) VALUES (?1, ?2, ?3)")?
            .execute(params![branch.id, branch.name, text])?;
        if kept == 0 {
            self.report.branches_twice += 1;
            return Ok(());
        }
        self.report.branches += 1;
        let mut kind = self.transaction.prepare_cached("INSERT OR IGNORE INTO kind (kind, branch) VALUES (?1, ?2)")?;
        for it in &branch.kinds {
            kind.execute(params![it, branch.id])?;
        }
        let mut serve = self
            .transaction
            .prepare_cached("INSERT OR IGNORE INTO serves (kind, insee, branch) VALUES (?1, ?2, ?3)")?;
        for (kind, insee) in serves {
            serve.execute(params![kind, insee, branch.id])?;
        }
        if let Some((insee, name)) = commune_of(entry).filter(|(insee, _)| self.territory.has(insee)) {
            let codes: BTreeSet<&str> =
                branch.addresses.iter().map(|it| it.postcode.as_str()).filter(|it| !it.is_empty()).collect();
            let codes = codes.into_iter().collect::<Vec<_>>().join(" ");
            self.transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO commune (insee, name, plain, postcodes) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![insee, name, words(&name).join(" "), codes])?;
        }
        Ok(())
    }

    fn take_folder(&mut self, path: &Path) -> Result<(), ImportError> {
        let mut files = Vec::new();
        gather(path, 0, &mut files)?;
        files.sort();
        let (json, xml): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(|it| has_end(it, "json"));
        if xml.is_empty() && json.is_empty() {
            return Err(ImportError::Nothing(path.to_owned()));
        }
        for file in json {
            self.take(&file)?;
        }
        if xml.is_empty() { Ok(()) } else { self.take_sheets(path, &xml) }
    }

    fn take_sheets(&mut self, of: &Path, files: &[PathBuf]) -> Result<(), ImportError> {
        if self.outline.is_none() {
            self.transaction.execute_batch(
                "DELETE FROM sheet; DELETE FROM topic; DELETE FROM under;
                 INSERT INTO sheet_stems (sheet_stems) VALUES ('delete-all');",
            )?;
        }
        let mut outline = self.outline.take().unwrap_or_default();
        let before = (self.report.sheets, outline.topics.len());
        for file in files {
            self.report.files += 1;
            let tree = match File::open(file) {
                Ok(file) => Element::read(BufReader::new(file)),
                Err(_) => Err(Unread::Form(0)),
            };
            match tree.map(|tree| Publication::read(&tree)) {
                Err(why) => self.report.leave(file, &why),
                Ok(Err(Unfit::NoTitle)) => self.report.leave(file, &Unread::Form(0)),
                Ok(Err(Unfit::Other | Unfit::Kind)) => self.report.other_kinds += 1,
                Ok(Ok(Publication::Topic(topic))) => outline.topic(topic),
                Ok(Ok(Publication::Sheet(sheet))) => self.keep_sheet(&mut outline, &sheet)?,
            }
        }
        let is_nothing = before == (self.report.sheets, outline.topics.len());
        self.outline = Some(outline);
        if is_nothing { Err(ImportError::Nothing(of.to_owned())) } else { Ok(()) }
    }

    fn keep_sheet(&mut self, outline: &mut Outline, sheet: &Sheet) -> Result<(), ImportError> {
        if !outline.ids.insert(sheet.id.clone()) {
            self.report.twice += 1;
            return Ok(());
        }
        let text = serde_json::to_string(sheet).map_err(DirectoryError::from)?;
        self.transaction
            .prepare_cached("INSERT INTO sheet (id, title, summary, text) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![sheet.id, sheet.title, sheet.summary, text])?;
        let number = self.transaction.last_insert_rowid();
        let mut body = stems(&sheet.body());
        if body.len() > BODY_BYTES_MAX {
            body.truncate((0..=BODY_BYTES_MAX).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0));
        }
        self.transaction
            .prepare_cached("INSERT INTO sheet_stems (rowid, title, summary, body) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![number, stems(&sheet.title), stems(&sheet.summary), body])?;
        outline.kinds.extend(sheet.kinds.iter().cloned());
        outline.steps(sheet);
        self.report.sheets += 1;
        Ok(())
    }

    fn end(mut self, at: i64) -> Result<Report, ImportError> {
        if self.has_branches && self.report.branches == 0 {
            return Err(ImportError::Elsewhere);
        }
        if self.has_branches {
            self.mark("branches", at)?;
        }
        if let Some(outline) = self.outline.take() {
            self.keep_topics(&outline)?;
            self.mark("sheets", at)?;
            self.report.unknown_kinds = self.unknown(&outline.kinds)?;
        }
        let communes: u32 = self.transaction.query_row("SELECT count(*) FROM commune", [], |row| row.get(0))?;
        self.report.communes = communes as usize;
        // `data_version` changes with this commit: whoever has it open reads the vocabulary anew.
        self.transaction.commit()?;
        Ok(self.report)
    }

    fn mark(&self, what: &str, at: i64) -> Result<(), ImportError> {
        self.transaction.execute("INSERT OR REPLACE INTO source (what, at) VALUES (?1, ?2)", params![what, at])?;
        Ok(())
    }

    /// Topics that lead to a sheet, and what lies under each. A circle leads to none.
    fn keep_topics(&mut self, outline: &Outline) -> Result<(), ImportError> {
        let leading = outline.leading();
        let mut topic =
            self.transaction.prepare_cached("INSERT INTO topic (id, title, summary) VALUES (?1, ?2, ?3)")?;
        for (id, (title, summary)) in outline.topics.iter().filter(|(id, _)| leading.contains(id.as_str())) {
            topic.execute(params![id, title, summary])?;
            self.report.topics += 1;
        }
        let mut places: BTreeMap<&str, u32> = BTreeMap::new();
        let mut under =
            self.transaction.prepare_cached("INSERT INTO under (parent, place, child) VALUES (?1, ?2, ?3)")?;
        let mut placed: BTreeSet<&str> = BTreeSet::new();
        for (parent, child) in &outline.under {
            let is_shown = outline.ids.contains(child) || leading.contains(child.as_str());
            if !is_shown || !leading.contains(parent.as_str()) {
                continue;
            }
            let place = places.entry(parent).or_default();
            under.execute(params![parent, *place, child])?;
            *place += 1;
            placed.insert(child);
        }
        self.report.without_topic = outline.ids.iter().filter(|id| !placed.contains(id.as_str())).count();
        Ok(())
    }

    fn unknown(&self, kinds: &BTreeSet<String>) -> Result<Vec<String>, ImportError> {
        let mut is_there = self.transaction.prepare_cached("SELECT EXISTS (SELECT 1 FROM kind WHERE kind = ?1)")?;
        let mut unknown = Vec::new();
        for kind in kinds {
            if !is_there.query_row([kind], |row| row.get::<_, bool>(0))? {
                unknown.push(kind.clone());
            }
        }
        Ok(unknown)
    }
}

/// A town hall says which commune there is, and how it is written.
fn commune_of(entry: &Entry) -> Option<(String, String)> {
    if !entry.branch.kinds.iter().any(|kind| kind == "mairie") {
        return None;
    }
    let own = entry.branch.insee.clone();
    let insee =
        own.or_else(|| entry.serves.iter().find(|(kind, _)| kind == "mairie").map(|(_, insee)| insee.clone()))?;
    let named = entry.branch.name.split_once(" - ").map(|(_, name)| name.trim().to_owned());
    let name = named.filter(|it| !it.is_empty()).or_else(|| Some(entry.branch.addresses.first()?.city.clone()))?;
    (!name.is_empty()).then_some((insee, name))
}

/// The XML and JSON files of a folder and of those in it.
fn gather(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), ImportError> {
    let unread = |source| ImportError::Unread { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(unread)?);
        // A link may lead anywhere, and in a circle.
        if kind.is_dir() && depth < 8 {
            gather(&path, depth + 1, files)?;
        } else if kind.is_file() && (has_end(&path, "xml") || has_end(&path, "json")) {
            files.push(path);
        }
        if files.len() > FILES_MAX {
            return Err(unread(std::io::Error::other(either("trop de fichiers", "too many files"))));
        }
    }
    Ok(())
}

fn has_end(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case(end))
}
