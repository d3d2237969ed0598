// SPDX-License-Identifier: EUPL-1.2
//! A territory's papers: what the root said, one statement after the other, and the rosters that it let
//! stand. Whoever joins later verifies the whole from one file.
//!
//! JSON, version 1; the fields of a territory whose root spoke once are those of the first files.
//! Invariant: [`Papers`] that came from a file were checked ([`Papers::shelf`]).

use std::path::Path;

use crdt_calendar::folio::Batch;
use crdt_calendar::ids::{Incarnation, PublicKey, Writer};
use crdt_calendar::limits::STATEMENTS_MAX;
use crdt_calendar::roster::{Genesis, RootStatement, Statements};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};

use crate::replica::TerritoryHeld;

use super::{PapersError, VERSION, parse, text_of};

/// What the coordination answers a request with, and what a member hands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PapersFile {
    /// Format version.
    pub hameau_papers: u32,
    /// The territory's name.
    pub territory: String,
    /// Its root key.
    pub root: String,
    /// Number of the root's last statement.
    pub number: u32,
    /// The coordination's key.
    pub coordination: String,
    /// Its life.
    pub incarnation: String,
    /// Where the roster before it ends; not in the first statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<EndsEntry>,
    /// The root's signature.
    pub signature: String,
    /// The roster, signed by the coordination.
    pub roster: String,
    /// The root's other statements: earlier ones, and those that contradict each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<StatementEntry>,
    /// Rosters of earlier coordinations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_rosters: Vec<String>,
    /// Members to connect with first.
    #[serde(default)]
    pub neighbours: Vec<NeighbourEntry>,
}

/// One statement of the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementEntry {
    /// Its number.
    pub number: u32,
    /// The coordination's key.
    pub coordination: String,
    /// Its life.
    pub incarnation: String,
    /// Where the roster before it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<EndsEntry>,
    /// The root's signature.
    pub signature: String,
}

/// Where a roster ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndsEntry {
    /// How many of its acts stand.
    pub acts: u32,
    /// Hash of the last of them, 64 hexadecimal digits.
    pub hash: String,
}

/// Where a member is found at first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeighbourEntry {
    /// Its key.
    pub key: String,
    /// Addresses for replication.
    pub mesh: Vec<String>,
}

/// Papers that were checked.
#[derive(Debug, Clone)]
pub struct Papers {
    /// The territory.
    pub genesis: Genesis,
    /// The root's last statement.
    pub statement: RootStatement,
    /// Its other statements, by number.
    pub earlier: Vec<RootStatement>,
    /// The rosters, the last coordination's last. At least one.
    pub rosters: Vec<Batch>,
    /// Members to connect with first.
    pub neighbours: Vec<(PublicKey, Vec<String>)>,
}

impl PapersFile {
    /// Writes papers.
    #[must_use]
    pub fn new(papers: &Papers) -> Self {
        let last = StatementEntry::from(&papers.statement);
        let mut rosters: Vec<String> =
            papers.rosters.iter().map(|it| BASE64.encode(&frame::encode_batch(it))).collect();
        Self {
            hameau_papers: VERSION,
            territory: papers.genesis.name.clone(),
            root: papers.genesis.root.to_string(),
            number: last.number,
            coordination: last.coordination,
            incarnation: last.incarnation,
            ends: last.ends,
            signature: last.signature,
            roster: rosters.pop().unwrap_or_default(),
            earlier: papers.earlier.iter().map(StatementEntry::from).collect(),
            earlier_rosters: rosters,
            neighbours: papers
                .neighbours
                .iter()
                .map(|(key, mesh)| NeighbourEntry { key: key.to_string(), mesh: mesh.clone() })
                .collect(),
        }
    }

    /// Reads papers and checks them for the box with this key.
    ///
    /// # Errors
    /// [`PapersError`].
    pub fn read(path: &Path, own: PublicKey) -> Result<Papers, PapersError> {
        let papers = Self::read_any(path)?;
        if papers.shelf()?.roster().member_of(&own).is_none() {
            return Err(PapersError::Foreign);
        }
        Ok(papers)
    }

    /// Reads papers of whichever box, and checks them.
    ///
    /// # Errors
    /// [`PapersError`].
    pub fn read_any(path: &Path) -> Result<Papers, PapersError> {
        let name = path.display().to_string();
        Self::parse(&name, &text_of(path)?)
    }

    /// Reads the text of a file, and checks it.
    ///
    /// # Errors
    /// [`PapersError`].
    pub fn parse(name: &str, text: &str) -> Result<Papers, PapersError> {
        let papers = parse::<Self>(name, text)?.papers(name)?;
        papers.shelf()?;
        Ok(papers)
    }

    fn papers(self, name: &str) -> Result<Papers, PapersError> {
        let form = |what: &str| PapersError::Form(name.to_owned(), what.to_owned());
        if self.hameau_papers != VERSION {
            return Err(form("version"));
        }
        // Before anything is inflated.
        if self.earlier.len() > STATEMENTS_MAX || self.earlier_rosters.len() > STATEMENTS_MAX {
            return Err(form("earlier"));
        }
        let key = |text: &str, field: &str| PublicKey::from_hex(text).ok_or_else(|| form(field));
        let genesis = Genesis { name: self.territory, root: key(&self.root, "root")? };
        let last = StatementEntry {
            number: self.number,
            coordination: self.coordination,
            incarnation: self.incarnation,
            ends: self.ends,
            signature: self.signature,
        };
        let statement = last.statement().map_err(form)?;
        let earlier = self.earlier.iter().map(|it| it.statement().map_err(form)).collect::<Result<Vec<_>, _>>()?;
        // In another order the signatures would still be true, and the next number one that was given already.
        if earlier.iter().any(|it| it.number > statement.number) {
            return Err(form("number"));
        }
        let rosters = self.earlier_rosters.iter().chain([&self.roster]);
        let rosters = rosters.map(|it| roster(it).ok_or_else(|| form("roster"))).collect::<Result<_, _>>()?;
        let neighbours = self
            .neighbours
            .iter()
            .map(|it| Ok((key(&it.key, "neighbours")?, it.mesh.clone())))
            .collect::<Result<_, PapersError>>()?;
        Ok(Papers { genesis, statement, earlier, rosters, neighbours })
    }
}

impl From<&RootStatement> for StatementEntry {
    fn from(statement: &RootStatement) -> Self {
        let ends = |(acts, hash): (u32, [u8; 32])| EndsEntry { acts, hash: HEXLOWER.encode(&hash) };
        Self {
            number: statement.number,
            coordination: statement.coordination.key.to_string(),
            incarnation: HEXLOWER.encode(&statement.coordination.incarnation.0),
            ends: statement.ends.map(ends),
            signature: HEXLOWER.encode(&statement.signature),
        }
    }
}

impl StatementEntry {
    /// Or the field that is none.
    fn statement(&self) -> Result<RootStatement, &'static str> {
        let coordination = Writer {
            key: PublicKey::from_hex(&self.coordination).ok_or("coordination")?,
            incarnation: Incarnation(hex(&self.incarnation).ok_or("incarnation")?),
        };
        let ends = match &self.ends {
            Some(it) => Some((it.acts, hex(&it.hash).ok_or("ends")?)),
            None => None,
        };
        Ok(RootStatement {
            number: self.number,
            coordination,
            ends,
            signature: hex(&self.signature).ok_or("signature")?,
        })
    }
}

impl Papers {
    /// Of what a node holds; `None` if the root has said nothing.
    #[must_use]
    pub fn of(held: TerritoryHeld, neighbours: Vec<(PublicKey, Vec<String>)>) -> Option<Self> {
        let TerritoryHeld { genesis, statements: mut earlier, rosters } = held;
        let statement = earlier.pop()?;
        Some(Self { genesis, statement, earlier, rosters, neighbours })
    }

    /// All that the root said, by number.
    pub fn statements(&self) -> impl Iterator<Item = &RootStatement> {
        self.earlier.iter().chain([&self.statement])
    }

    /// The papers on a shelf: each signature is checked on the way.
    ///
    /// # Errors
    /// [`PapersError::Signature`].
    pub fn shelf(&self) -> Result<Shelf, PapersError> {
        let wrong = |_| PapersError::Signature;
        let mut shelf = Shelf::new(self.genesis.clone(), self.statement.clone(), IsoWeek(0)).map_err(wrong)?;
        for statement in &self.earlier {
            shelf.state(statement.clone()).map_err(wrong)?;
        }
        for roster in &self.rosters {
            shelf.accept(roster).map_err(|_| PapersError::Signature)?;
        }
        Ok(shelf)
    }

    /// These papers for a member that has others and knows these statements: nothing that it knows is
    /// lost by it.
    ///
    /// # Errors
    /// [`PapersError::Elsewhere`], [`PapersError::Contradiction`], [`PapersError::Older`].
    pub fn after(mut self, known: &Self, statements: &Statements) -> Result<Self, PapersError> {
        if known.genesis != self.genesis {
            return Err(PapersError::Elsewhere);
        }
        let newest = statements.all().last().map_or(0, |it| it.number);
        let other = self.statements().find(|it| statements.contradicts(it));
        // A higher word ends a quarrel between lower ones.
        if let Some(other) = other.filter(|_| self.statement.number <= newest) {
            return Err(PapersError::Contradiction(other.number));
        }
        if self.statement.number < newest {
            return Err(PapersError::Older(self.statement.number, newest));
        }
        let missing: Vec<RootStatement> =
            statements.all().filter(|it| !self.statements().any(|own| own == *it)).cloned().collect();
        self.earlier.extend(missing);
        self.earlier.sort_by_key(|it| it.number);
        let mut missing = Vec::new();
        for held in &known.rosters {
            match self.rosters.iter_mut().find(|own| own.folio == held.folio) {
                Some(own) if own.head.seq < held.head.seq => *own = held.clone(),
                Some(_) => {}
                None => missing.push(held.clone()),
            }
        }
        self.rosters.splice(..0, missing);
        Ok(self)
    }
}

fn roster(text: &str) -> Option<Batch> {
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    let Ok(Frame::Acts(roster)) = frame::decode(&bytes) else { return None };
    Some(roster)
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}
