// SPDX-License-Identifier: EUPL-1.2
//! `member.toml`: what a member says of itself. A point lists its booths; an agency its desks with
//! their weekly hours, its services, its online procedures, the slots that it reserves to points, and what it lays down:
//! delays, instructions, buffers, how many appointments it allows, whom points may call; a point where it is called itself.

mod entries;
mod fields;
mod openings;
mod terms;

pub use entries::{
    AbsenceEntry, BoothEntry, CounterpartEntry, DayName, DeskEntry, HoursEntry, ProcedureEntry, QuotaEntry,
    ReservedEntry, ServiceEntry,
};

use std::path::Path;

use crdt_calendar::act::{Description, Procedure, Service};
use crdt_calendar::clerk::Policy;
use crdt_calendar::ids::{BoothId, ServiceId};
use serde::{Deserialize, Serialize};

use super::{ConfigError, parse, text_of, wrong};
use crate::lang::either;
use crate::replica::is_telephone;
use fields::{https, service_id};

/// Reserved slots that nobody booked may go back two weeks before, at the earliest.
const RELEASE_BEFORE_HOURS_MAX: u16 = 14 * 24;
/// From when on a point's cancel is late, if it says nothing else.
const CANCEL_BEFORE_HOURS: u16 = 4;
const CANCEL_BEFORE_HOURS_MAX: u16 = 7 * 24;
/// Most entries of one kind in a file.
const ENTRIES_MAX: usize = 64;

/// What a member says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberFile {
    /// Official site, `https://` only.
    pub home_page: Option<String>,
    /// Weeks that an agency publishes ahead, 1 to 4; 4 if nothing is said.
    pub weeks_ahead: Option<u16>,
    /// Hours before they begin at which reserved slots that nobody booked go back, 1 to 336; 48 if nothing
    /// is said.
    pub release_before_hours: Option<u16>,
    /// Hours before an appointment from which a point's cancel is late and asks twice, 0 to 168; 4 if nothing is said.
    pub cancel_before_hours: Option<u16>,
    /// Where a point is called: printed on the slip. Nothing is printed if nothing is said.
    pub telephone: Option<String>,
    /// Booths of a point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub booth: Vec<BoothEntry>,
    /// Desks of an agency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub desk: Vec<DeskEntry>,
    /// Services of an agency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service: Vec<ServiceEntry>,
    /// Online procedures of an agency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub procedure: Vec<ProcedureEntry>,
    /// Slots reserved to points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<ReservedEntry>,
    /// Whether an agency is open on public holidays as on other days.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub open_on_holidays: bool,
    /// Days on which desks are closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absence: Vec<AbsenceEntry>,
    /// Limits on what points may ask of an agency. Where several apply, all of them do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quota: Vec<QuotaEntry>,
    /// Whom those who work at points may call at an agency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counterpart: Vec<CounterpartEntry>,
}

impl MemberFile {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &text_of(path)?)
    }

    /// Reads and checks the file's text; `path` is for messages.
    ///
    /// # Errors
    /// [`ConfigError`] with line, field and remedy.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file: Self = parse(path, text)?;
        file.check(path, "").map_err(|error| error.found_in(text))?;
        Ok(file)
    }

    /// Checks every value; `place` says which entry of a larger file this is.
    pub(super) fn check(&self, path: &Path, place: &str) -> Result<(), ConfigError> {
        let kinds = [self.booth.len(), self.desk.len(), self.service.len(), self.procedure.len(), self.quota.len()];
        let kinds = kinds.into_iter().chain([self.absence.len(), self.counterpart.len()]);
        if kinds.into_iter().any(|entries| entries > ENTRIES_MAX) {
            let remedy = either("64 entrées au plus de chaque sorte", "64 entries of each kind at most");
            return Err(wrong(path, place, "", remedy));
        }
        self.description(path, place)?;
        let openings = self.openings(path, place)?;
        self.policy(path, place)?;
        self.cancel_before_hours(path, place)?;
        self.check_telephone(path, place)?;
        self.check_entries(path, place, &openings)?;
        Ok(())
    }

    /// What goes into the profile.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn description(&self, path: &Path, place: &str) -> Result<Description, ConfigError> {
        if let Some(url) = &self.home_page {
            https(path, place, "home_page", url)?;
        }
        let services = self.service.iter().map(|it| {
            Ok(Service {
                id: service_id(path, place, &it.id)?,
                name: it.name.clone(),
                duration_min: it.duration_min,
                papers: it.papers.clone(),
            })
        });
        let procedures = self.procedure.iter().map(|it| {
            if let Some(url) = &it.url {
                https(path, place, &format!("procedure « {} »", it.id), url)?;
            }
            let field = format!("{place}procedure");
            let service = it.service.as_deref().map(|id| self.known_service(path, &field, id)).transpose()?;
            Ok(Procedure {
                title: it.title.clone(),
                keywords: it.keywords.clone(),
                summary: it.summary.clone(),
                url: it.url.clone(),
                service,
            })
        });
        Ok(Description {
            home_page: self.home_page.clone(),
            booths: self.booth.iter().map(|it| (BoothId(it.number), it.name.clone())).collect(),
            desks: self.desk.iter().map(|it| (it.number, it.name.clone())).collect(),
            services: services.collect::<Result<_, ConfigError>>()?,
            procedures: procedures.collect::<Result<_, ConfigError>>()?,
        })
    }

    /// What the member decides for its own box.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn policy(&self, path: &Path, place: &str) -> Result<Policy, ConfigError> {
        let mut policy = Policy { terms: self.terms(path, place)?, ..Policy::default() };
        if let Some(hours) = self.release_before_hours {
            if !(1..=RELEASE_BEFORE_HOURS_MAX).contains(&hours) {
                let remedy = either(
                    "release_before_hours va de 1 à 336 heures (deux semaines)",
                    "release_before_hours goes from 1 to 336 hours (two weeks)",
                );
                return Err(wrong(path, format!("{place}release_before_hours"), hours, remedy));
            }
            policy.release_before_min = u32::from(hours) * 60;
        }
        Ok(policy)
    }

    /// Hours before an appointment from which a point's cancel is late.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn cancel_before_hours(&self, path: &Path, place: &str) -> Result<u16, ConfigError> {
        let hours = self.cancel_before_hours.unwrap_or(CANCEL_BEFORE_HOURS);
        if hours > CANCEL_BEFORE_HOURS_MAX {
            let remedy = either(
                "cancel_before_hours va de 0 à 168 heures (une semaine)",
                "cancel_before_hours goes from 0 to 168 hours (a week)",
            );
            return Err(wrong(path, format!("{place}cancel_before_hours"), hours, remedy));
        }
        Ok(hours)
    }

    fn check_telephone(&self, path: &Path, place: &str) -> Result<(), ConfigError> {
        match &self.telephone {
            Some(telephone) if !is_telephone(telephone) => {
                let remedy = either(
                    "ce n'est pas un numéro : 10 chiffres en France, par exemple \"05 65 00 00 00\"",
                    "this is not a number: 10 digits in France, for instance \"05 65 00 00 00\"",
                );
                Err(wrong(path, format!("{place}telephone"), telephone, format!("« {telephone} » : {remedy}")))
            }
            _ => Ok(()),
        }
    }

    fn known_service(&self, path: &Path, field: &str, id: &str) -> Result<ServiceId, ConfigError> {
        if !self.service.iter().any(|it| it.id == id) {
            let remedy = either(
                "ce service n'existe pas : ajoutez un [[service]]",
                "there is no such service: add a [[service]]",
            );
            return Err(wrong(path, field, id, format!("« {id} » : {remedy}")));
        }
        service_id(path, field, id)
    }
}

#[cfg(test)]
mod tests {
    use crdt_calendar::act::Quota;
    use crdt_calendar::ids::MemberId;

    use super::*;

    #[test]
    fn what_a_member_decides_is_read_within_bounds() {
        // Goal: what is said is what the clerk gets; nothing said, the calendar's own defaults; beyond the
        // bounds, the line is named and the bounds are said.
        let service = "[[service]]\nid = \"carte\"\nname = \"Carte\"\nduration_min = 30\n";
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("member.toml");
        let read = |head: &str, tail: &str| {
            std::fs::write(&path, format!("{head}{service}{tail}")).expect("written");
            MemberFile::read(&path).map(|file| {
                let openings = file.openings(&path, "").expect("checked");
                (file.policy(&path, "").expect("checked"), openings.weeks_ahead)
            })
        };
        assert_eq!(read("", "").expect("nothing said"), (Policy::default(), 4));
        let quotas = "[[quota]]\npoint = \"bourg\"\nper_week = 3\n[[quota]]\nservice = \"carte\"\nper_week = 0\n";
        let (policy, weeks_ahead) = read("weeks_ahead = 2\nrelease_before_hours = 24\n", quotas).expect("said");
        assert_eq!((policy.release_before_min, weeks_ahead), (24 * 60, 2));
        let name = |it: &str| MemberId::new(it).expect("a name");
        let each = Quota { point: None, service: Some(name("carte")), per_week: 0 };
        assert_eq!(policy.terms.quotas, [Quota { point: Some(name("bourg")), service: None, per_week: 3 }, each]);
        for (head, tail, line, said) in [
            ("weeks_ahead = 0\n", "", 1, "1 à 4 semaines"),
            ("weeks_ahead = 5\n", "", 1, "1 à 4 semaines"),
            ("release_before_hours = 0\n", "", 1, "1 à 336 heures"),
            ("release_before_hours = 337\n", "", 1, "1 à 336 heures"),
            ("cancel_before_hours = 169\n", "", 1, "0 à 168 heures"),
            ("telephone = \"05 65 00 00 00 0\"\n", "", 1, "10 chiffres"),
            ("", "[[quota]]\nper_week = 1001\n", 6, "0 à 1000 rendez-vous"),
            ("", "[[quota]]\nper_week = 1\nservice = \"coiffure\"\n", 7, "ce service n'existe pas"),
            ("", "[[quota]]\nper_week = 1\npoint = \"Le Bourg\"\n", 7, "n'est pas un nom court"),
            ("", "[[quota]]\nper_day = 1\n", 6, "ce champ n'existe pas"),
        ] {
            let sentence = read(head, tail).expect_err(tail).to_string();
            assert!(
                sentence.contains(&format!("ligne {line},")) && sentence.contains(said),
                "{head}{tail}: {sentence}"
            );
        }
    }
}
