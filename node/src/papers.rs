// SPDX-License-Identifier: EUPL-1.2
//! The files that go between a member and the coordination: a request, and the papers it answers with.
//!
//! JSON, version 1. Papers are believed only as far as signatures carry: the root's statement, the
//! coordination's signed roster, and this box's own key in it.

use std::path::Path;

use crdt_calendar::act::{Enrolment, Place, Role};
use crdt_calendar::folio::Batch;
use crdt_calendar::ids::{Incarnation, MemberId, PublicKey, Writer};
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};

use crate::lang::{either, system_words};

/// A file of these is read up to this size, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
const VERSION: u32 = 1;

/// A member's request to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestFile {
    /// Format version.
    pub hameau_request: u32,
    /// Its short name.
    pub member: String,
    /// `point`, `agency` or `coordination`.
    pub role: RoleName,
    /// Its name for people.
    pub name: String,
    /// INSEE code of the commune, 5 characters.
    pub insee: Option<String>,
    /// Latitude in 1e-5 degree.
    pub lat_e5: Option<i32>,
    /// Longitude in 1e-5 degree.
    pub lon_e5: Option<i32>,
    /// Its box's key, 64 hexadecimal digits.
    pub key: String,
}

/// What the coordination answers with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PapersFile {
    /// Format version.
    pub hameau_papers: u32,
    /// The territory's name.
    pub territory: String,
    /// Its root key.
    pub root: String,
    /// Number of the root's statement.
    pub number: u32,
    /// The coordination's key.
    pub coordination: String,
    /// Its life.
    pub incarnation: String,
    /// The root's signature.
    pub signature: String,
    /// The roster, signed by the coordination.
    pub roster: String,
    /// Members to connect with first.
    #[serde(default)]
    pub neighbours: Vec<NeighbourEntry>,
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

/// A role in files and on command lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    /// A point.
    Point,
    /// An agency.
    Agency,
    /// The coordination.
    Coordination,
}

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub enum PapersError {
    /// It cannot be read.
    #[error("{}", either(
        format!("« {} » ne se lit pas : {}", .0, system_words(.1)),
        format!("“{}” cannot be read: {}", .0, system_words(.1))))]
    Read(String, std::io::Error),
    /// It is not such a file.
    #[error("{}", either(
        format!("« {} » n'est pas un fichier de ce genre : {}. Demandez-le de nouveau à qui vous l'a donné", .0, .1),
        format!("“{}” is not such a file: {}. Ask whoever gave it to you for another", .0, .1)))]
    Form(String, String),
    /// A signature is wrong.
    #[error(
        "{}",
        either(
            "la signature du territoire est fausse : ce fichier a été modifié ou ne vient pas de la coordination",
            "the territory's signature is wrong: the file was changed or does not come from the coordination"
        )
    )]
    Signature,
    /// It is for another box.
    #[error(
        "{}",
        either(
            "cette boîte n'est pas dans le registre de ce fichier : il a été fait pour une autre boîte",
            "this node is not in the roster of this file: it was made for another node"
        )
    )]
    Foreign,
}

/// Papers that were checked.
#[derive(Debug, Clone)]
pub struct Papers {
    /// The territory.
    pub genesis: Genesis,
    /// What names the coordination.
    pub statement: RootStatement,
    /// The roster.
    pub roster: Batch,
    /// Members to connect with first.
    pub neighbours: Vec<(PublicKey, Vec<String>)>,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Point => Self::Point,
            RoleName::Agency => Self::Agency,
            RoleName::Coordination => Self::Coordination,
        }
    }
}

impl RequestFile {
    /// A request for this member.
    #[must_use]
    pub fn new(member: &MemberId, role: RoleName, name: &str, place: Option<&Place>, key: PublicKey) -> Self {
        Self {
            hameau_request: VERSION,
            member: member.to_string(),
            role,
            name: name.to_owned(),
            insee: place.map(|it| it.insee.clone()),
            lat_e5: place.map(|it| it.lat_e5),
            lon_e5: place.map(|it| it.lon_e5),
            key: key.to_string(),
        }
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`PapersError`].
    pub fn read(path: &Path) -> Result<Self, PapersError> {
        read(path)
    }

    /// The enrolment it asks for.
    ///
    /// # Errors
    /// [`PapersError::Form`].
    pub fn enrolment(&self) -> Result<Enrolment, PapersError> {
        let form = |what: &str| PapersError::Form("request".to_owned(), what.to_owned());
        if self.hameau_request != VERSION || self.name.trim().is_empty() || self.name.chars().count() > 120 {
            return Err(form("version, name"));
        }
        let place = self.insee.clone().zip(self.lat_e5).zip(self.lon_e5);
        Ok(Enrolment {
            member: MemberId::new(&self.member).map_err(|_| form("member"))?,
            role: self.role.into(),
            name: self.name.clone(),
            place: place.map(|((insee, lat_e5), lon_e5)| Place { insee, lat_e5, lon_e5 }),
            key: PublicKey::from_hex(&self.key).ok_or_else(|| form("key"))?,
        })
    }
}

impl PapersFile {
    /// Writes papers.
    #[must_use]
    pub fn new(papers: &Papers) -> Self {
        let statement = &papers.statement;
        Self {
            hameau_papers: VERSION,
            territory: papers.genesis.name.clone(),
            root: papers.genesis.root.to_string(),
            number: statement.number,
            coordination: statement.coordination.key.to_string(),
            incarnation: HEXLOWER.encode(&statement.coordination.incarnation.0),
            signature: HEXLOWER.encode(&statement.signature),
            roster: BASE64.encode(&frame::encode_batch(&papers.roster)),
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
        let file: Self = read(path)?;
        let papers = file.papers(&path.display().to_string())?;
        let mut shelf = Shelf::new(papers.genesis.clone(), papers.statement.clone(), IsoWeek(0))
            .map_err(|_| PapersError::Signature)?;
        shelf.accept(&papers.roster).map_err(|_| PapersError::Signature)?;
        if shelf.roster().member_of(&own).is_none() {
            return Err(PapersError::Foreign);
        }
        Ok(papers)
    }

    fn papers(&self, name: &str) -> Result<Papers, PapersError> {
        let form = |what: &str| PapersError::Form(name.to_owned(), what.to_owned());
        if self.hameau_papers != VERSION {
            return Err(form("version"));
        }
        let key = |text: &str, field: &str| PublicKey::from_hex(text).ok_or_else(|| form(field));
        let roster = BASE64.decode(self.roster.as_bytes()).map_err(|_| form("roster"))?;
        let Ok(Frame::Acts(roster)) = frame::decode(&roster) else { return Err(form("roster")) };
        let coordination = Writer {
            key: key(&self.coordination, "coordination")?,
            incarnation: Incarnation(hex(&self.incarnation).ok_or_else(|| form("incarnation"))?),
        };
        let signature = hex(&self.signature).ok_or_else(|| form("signature"))?;
        let neighbours = self
            .neighbours
            .iter()
            .map(|it| Ok((key(&it.key, "neighbours")?, it.mesh.clone())))
            .collect::<Result<_, PapersError>>()?;
        Ok(Papers {
            genesis: Genesis { name: self.territory.clone(), root: key(&self.root, "root")? },
            statement: RootStatement { number: self.number, coordination, ends: None, signature },
            roster,
            neighbours,
        })
    }
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, PapersError> {
    let name = path.display().to_string();
    let unreadable = |error| PapersError::Read(name.clone(), error);
    if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(PapersError::Form(name, either("trop long", "too long").to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let unlike = |error: serde_json::Error| {
        let line = error.line();
        let words = either(format!("ligne {line}, autre chose que prévu"), format!("line {line}: {error}"));
        PapersError::Form(name.clone(), words)
    };
    serde_json::from_str(&text).map_err(unlike)
}
