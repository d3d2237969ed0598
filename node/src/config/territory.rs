// SPDX-License-Identifier: EUPL-1.2
//! A territory in one file, from which a demonstration is set up: `territory/lot.toml`.

use std::collections::BTreeSet;
use std::path::Path;

use crdt_calendar::act::Place;
use crdt_calendar::ids::MemberId;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::coherence::named;
use super::member::{BoothEntry, DeskEntry, MemberFile, ProcedureEntry, QuotaEntry, ReservedEntry, ServiceEntry};
use super::{ConfigError, parse, short_name_remedy, text_of, wrong};
use crate::clock::unknown_zone;
use crate::lang::either;

/// A territory and its members.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerritoryFile {
    /// The territory.
    pub territory: TerritoryEntry,
    /// The coordination.
    pub coordination: CoordinationEntry,
    /// Its points.
    #[serde(default)]
    pub point: Vec<PointEntry>,
    /// Its agencies.
    #[serde(default)]
    pub agency: Vec<AgencyEntry>,
}

/// The territory itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerritoryEntry {
    /// Its name.
    pub name: String,
    /// Time zone of its people.
    pub timezone: String,
}

/// The coordination.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoordinationEntry {
    /// Its short name.
    pub id: String,
    /// Its name for people.
    pub name: String,
}

/// A point.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointEntry {
    /// Its short name.
    pub id: String,
    /// Its commune's name.
    pub name: String,
    /// INSEE code of the commune.
    pub insee: String,
    /// Latitude in degrees, WGS 84.
    pub lat: f64,
    /// Longitude in degrees, WGS 84.
    pub lon: f64,
    /// Its booths.
    pub booth: Vec<BoothEntry>,
}

/// An agency.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyEntry {
    /// Its short name.
    pub id: String,
    /// The name that people use.
    pub sigle: String,
    /// Its full name.
    pub name: String,
    /// Official site.
    pub home_page: String,
    /// What that site is called.
    #[serde(default)]
    pub home_page_name: String,
    /// Its desks.
    pub desk: Vec<DeskEntry>,
    /// Its services.
    pub service: Vec<ServiceEntry>,
    /// Its online procedures.
    #[serde(default)]
    pub procedure: Vec<ProcedureEntry>,
    /// Slots reserved to points.
    #[serde(default)]
    pub reserved: Vec<ReservedEntry>,
    /// Limits on what points may ask.
    #[serde(default)]
    pub quota: Vec<QuotaEntry>,
}

impl PointEntry {
    /// What this point's `member.toml` says.
    #[must_use]
    pub fn member_file(&self) -> MemberFile {
        MemberFile { booth: self.booth.clone(), ..MemberFile::default() }
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { insee: self.insee.clone(), lat_e5: degrees_e5(self.lat), lon_e5: degrees_e5(self.lon) }
    }
}

impl AgencyEntry {
    /// What this agency's `member.toml` says.
    #[must_use]
    pub fn member_file(&self) -> MemberFile {
        MemberFile {
            home_page: Some(self.home_page.clone()),
            desk: self.desk.clone(),
            service: self.service.clone(),
            procedure: self.procedure.clone(),
            reserved: self.reserved.clone(),
            quota: self.quota.clone(),
            ..MemberFile::default()
        }
    }
}

/// Degrees, already checked to lie within +-180, in units of 1e-5.
fn degrees_e5(degrees: f64) -> i32 {
    #[allow(clippy::cast_possible_truncation, reason = "within +-18,000,000 after the check")]
    let value = (degrees * 100_000.0).round() as i32;
    value
}

impl TerritoryFile {
    /// Reads and checks a territory's file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &text_of(path)?)
    }

    /// Reads and checks a territory's text; `path` is for messages.
    ///
    /// # Errors
    /// [`ConfigError`] with line, field and remedy.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file: Self = parse(path, text)?;
        file.check(path).map_err(|error| error.found_in(text))?;
        Ok(file)
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let file = self;
        let zone = &file.territory.timezone;
        if TimeZone::get(zone).is_err() {
            return Err(wrong(path, "[territory] timezone", zone, unknown_zone(zone)));
        }
        for (field, name) in
            [("[territory] name", &file.territory.name), ("[coordination] name", &file.coordination.name)]
        {
            named(path, field, name)?;
        }
        let mut names = BTreeSet::new();
        let points = file.point.iter().map(|it| &it.id);
        let agencies = file.agency.iter().map(|it| &it.id);
        for id in points.chain(agencies).chain([&file.coordination.id]) {
            MemberId::new(id).map_err(|_| wrong(path, "id", id, short_name_remedy(id)))?;
            if !names.insert(id.clone()) {
                let remedy =
                    either("ce nom sert deux fois : donnez-en un autre", "this name is used twice: give another");
                return Err(wrong(path, format!("id « {id} »"), id, remedy));
            }
        }
        for point in &file.point {
            check_point(path, point)?;
        }
        for agency in &file.agency {
            for (field, name) in [("sigle", &agency.sigle), ("name", &agency.name)] {
                named(path, format!("agency « {} », {field}", agency.id), name)?;
            }
            agency.member_file().check(path, &format!("agency « {} », ", agency.id))?;
            for reserved in &agency.reserved {
                if !file.point.iter().any(|point| point.id == reserved.point) {
                    let field = format!("agency « {} », reserved", agency.id);
                    let remedy =
                        either("ce point n'existe pas : corrigez point", "there is no such point: correct point");
                    return Err(wrong(path, field, &reserved.point, format!("« {} » : {remedy}", reserved.point)));
                }
            }
        }
        Ok(())
    }
}

fn check_point(path: &Path, point: &PointEntry) -> Result<(), ConfigError> {
    let place = format!("point « {} », ", point.id);
    named(path, format!("{place}name"), &point.name)?;
    if point.insee.len() != 5 {
        let remedy = either(
            "un code INSEE a cinq caractères, par exemple 46231",
            "an INSEE code has five characters, for instance 46231",
        );
        return Err(wrong(path, format!("{place}insee"), &point.insee, remedy));
    }
    if !(-90.0..=90.0).contains(&point.lat) || !(-180.0..=180.0).contains(&point.lon) {
        let remedy = either(
            "écrivez des degrés, par exemple lat = 44.5, lon = 1.1",
            "write degrees, for instance lat = 44.5, lon = 1.1",
        );
        return Err(wrong(path, format!("{place}lat, lon"), point.lat, remedy));
    }
    if point.booth.is_empty() {
        let remedy = either(
            "un point a au moins une cabine : ajoutez [[point.booth]]",
            "a point has at least one booth: add [[point.booth]]",
        );
        return Err(wrong(path, format!("{place}booth"), "", remedy));
    }
    point.member_file().check(path, &place)
}
