// SPDX-License-Identifier: EUPL-1.2
//! A member's request to be enrolled: JSON, version 1. It carries no signature: the coordination reads
//! it with its own eyes before it enrols.

use std::path::Path;

use crdt_calendar::act::{Enrolment, Place, Role};
use crdt_calendar::ids::{MemberId, PublicKey};
use serde::{Deserialize, Serialize};

use super::{PapersError, VERSION, parse, text_of};

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
        let name = path.display().to_string();
        Self::parse(&name, &text_of(path)?)
    }

    /// Reads the text of a request.
    ///
    /// # Errors
    /// [`PapersError::Form`].
    pub fn parse(name: &str, text: &str) -> Result<Self, PapersError> {
        parse(name, text)
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
