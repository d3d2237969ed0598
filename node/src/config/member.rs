// SPDX-License-Identifier: EUPL-1.2
//! `member.toml`: what a member says of itself. A point lists its booths; an agency its desks with
//! their weekly hours, its services, its online procedures, the slots that it reserves to points, and
//! how many appointments it allows them.

mod entries;

pub use entries::{
    AbsenceEntry, BoothEntry, DayName, DeskEntry, HoursEntry, ProcedureEntry, QuotaEntry, ReservedEntry, ServiceEntry,
};

use std::path::Path;

use crdt_calendar::act::{Description, Procedure, Service};
use crdt_calendar::clerk::{Policy, Quota};
use crdt_calendar::ids::{BoothId, MemberId, ServiceId};
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::{ConfigError, parse, short_name_remedy, text_of, wrong};
use crate::lang::either;
use crate::replica::{Absence, ClosedDays, Openings, Reserved, WeeklyOpening};

/// Weeks that an agency publishes ahead, if it says nothing else; and at most: pages show no more.
const WEEKS_AHEAD: u16 = 4;
/// Reserved slots that nobody booked may go back two weeks before, at the earliest.
const RELEASE_BEFORE_HOURS_MAX: u16 = 14 * 24;
/// From when on a point's cancel is late, if it says nothing else.
const CANCEL_BEFORE_HOURS: u16 = 4;
const CANCEL_BEFORE_HOURS_MAX: u16 = 7 * 24;
/// More appointments in a week than any desk has slots.
const PER_WEEK_MAX: u16 = 1_000;
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
        let kinds = kinds.into_iter().chain([self.absence.len()]);
        if kinds.into_iter().any(|entries| entries > ENTRIES_MAX) {
            let remedy = either("64 entrées au plus de chaque sorte", "64 entries of each kind at most");
            return Err(wrong(path, place, "", remedy));
        }
        self.description(path, place)?;
        let openings = self.openings(path, place)?;
        self.policy(path, place)?;
        self.cancel_before_hours(path, place)?;
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

    /// The weekly hours.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn openings(&self, path: &Path, place: &str) -> Result<Openings, ConfigError> {
        let mut weekly = Vec::new();
        for desk in &self.desk {
            let field = format!("{place}desk {}", desk.number);
            if !(5..=240).contains(&desk.step_min) {
                let remedy = either("step_min va de 5 à 240 minutes", "step_min goes from 5 to 240 minutes");
                return Err(wrong(path, field, desk.step_min, remedy));
            }
            for hours in &desk.openings {
                let opening = weekly_opening(path, &field, desk.number, hours, desk.step_min)?;
                if minutes_between(opening.from, opening.to) < i64::from(desk.step_min) {
                    let remedy = either(
                        format!(
                            "l'ouverture est plus courte qu'un créneau (step_min = {}) : corrigez to",
                            desk.step_min
                        ),
                        format!("it is shorter than a slot (step_min = {}): correct to", desk.step_min),
                    );
                    return Err(wrong(path, field, &hours.to, remedy));
                }
                weekly.push(opening);
            }
            for hours in &desk.walk_in {
                weekly.push(weekly_opening(path, &field, desk.number, hours, 0)?);
            }
        }
        let mut services = Vec::new();
        for service in &self.service {
            if !(5..=240).contains(&service.duration_min) {
                let remedy = either("duration_min va de 5 à 240 minutes", "duration_min goes from 5 to 240 minutes");
                return Err(wrong(path, format!("{place}service {}", service.id), service.duration_min, remedy));
            }
            services.push((service_id(path, place, &service.id)?, service.duration_min));
        }
        let reserved = self.reserved.iter().map(|it| self.reserved(path, place, it)).collect::<Result<_, _>>()?;
        let weeks_ahead = self.weeks_ahead.unwrap_or(WEEKS_AHEAD);
        if !(1..=WEEKS_AHEAD).contains(&weeks_ahead) {
            let remedy =
                either("un organisme publie de 1 à 4 semaines à l'avance", "an agency publishes 1 to 4 weeks ahead");
            return Err(wrong(path, format!("{place}weeks_ahead"), weeks_ahead, remedy));
        }
        let absences = self.absence.iter().map(|it| self.absence(path, place, it)).collect::<Result<_, _>>()?;
        let closed = ClosedDays { on_holidays: !self.open_on_holidays, absences }.into();
        Ok(Openings { weeks_ahead, weekly, services, reserved, closed })
    }

    /// What the member decides for its own box.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn policy(&self, path: &Path, place: &str) -> Result<Policy, ConfigError> {
        let quotas = self.quota.iter().map(|it| self.quota(path, place, it)).collect::<Result<_, _>>()?;
        let mut policy = Policy { quotas, ..Policy::default() };
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

    fn quota(&self, path: &Path, place: &str, entry: &QuotaEntry) -> Result<Quota, ConfigError> {
        let field = format!("{place}quota");
        if entry.per_week > PER_WEEK_MAX {
            let remedy = either("per_week va de 0 à 1000 rendez-vous", "per_week goes from 0 to 1000 appointments");
            return Err(wrong(path, field, entry.per_week, remedy));
        }
        let named = |id: &String| MemberId::new(id).map_err(|_| wrong(path, &field, id, short_name_remedy(id)));
        Ok(Quota {
            point: entry.point.as_ref().map(named).transpose()?,
            service: entry.service.as_deref().map(|id| self.known_service(path, &field, id)).transpose()?,
            per_week: entry.per_week,
        })
    }

    fn absence(&self, path: &Path, place: &str, entry: &AbsenceEntry) -> Result<Absence, ConfigError> {
        let field = format!("{place}absence");
        if let Some(desk) = entry.desk.filter(|desk| !self.desk.iter().any(|it| it.number == *desk)) {
            let remedy = either(
                "ce guichet n'existe pas : corrigez desk, ou ôtez-le si tous sont fermés",
                "there is no such desk: correct desk, or leave it out if all are closed",
            );
            return Err(wrong(path, field, desk, remedy));
        }
        let from = date(path, &field, &entry.from)?;
        let to = entry.to.as_ref().map_or(Ok(from), |to| date(path, &field, to))?;
        if to < from {
            let remedy = either(
                "l'absence finit avant de commencer : corrigez to",
                "the absence ends before it begins: correct to",
            );
            return Err(wrong(path, field, to, remedy));
        }
        Ok(Absence { desk: entry.desk, from, to })
    }

    fn reserved(&self, path: &Path, place: &str, entry: &ReservedEntry) -> Result<Reserved, ConfigError> {
        let field = format!("{place}reserved « {} »", entry.point);
        if !self.desk.iter().any(|desk| desk.number == entry.desk) {
            let remedy = either(
                "ce guichet n'existe pas : ajoutez-le ou corrigez desk",
                "there is no such desk: add it or correct desk",
            );
            return Err(wrong(path, field, entry.desk, remedy));
        }
        let point = MemberId::new(&entry.point)
            .map_err(|_| wrong(path, &field, &entry.point, short_name_remedy(&entry.point)))?;
        let from = time(path, &field, &entry.from)?;
        Ok(Reserved { point, desk: entry.desk, day: entry.weekday.weekday(), from, count: entry.count })
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

/// Hours of a desk; a step of 0 makes a walk-in window of them.
fn weekly_opening(
    path: &Path,
    field: &str,
    desk: u8,
    hours: &HoursEntry,
    step_min: u16,
) -> Result<WeeklyOpening, ConfigError> {
    let (from, to) = (time(path, field, &hours.from)?, time(path, field, &hours.to)?);
    if from >= to {
        let remedy =
            either("l'ouverture finit avant de commencer : corrigez to", "it ends before it begins: correct to");
        return Err(wrong(path, field, &hours.to, remedy));
    }
    let days = hours.days.iter().map(|day| day.weekday()).collect();
    Ok(WeeklyOpening { desk, days, from, to, step_min })
}

/// Minutes of the clock on the wall; `to` is after `from`.
fn minutes_between(from: Time, to: Time) -> i64 {
    let minute = |time: Time| i64::from(time.hour()) * 60 + i64::from(time.minute());
    minute(to) - minute(from)
}

fn service_id(path: &Path, place: &str, id: &str) -> Result<ServiceId, ConfigError> {
    ServiceId::new(id).map_err(|_| wrong(path, format!("{place}service.id"), id, short_name_remedy(id)))
}

fn https(path: &Path, place: &str, field: &str, url: &str) -> Result<(), ConfigError> {
    if url.starts_with("https://") && url.len() <= 500 && !url.chars().any(char::is_whitespace) {
        return Ok(());
    }
    let remedy = either("écrivez une adresse qui commence par https://", "write an address that begins with https://");
    Err(wrong(path, format!("{place}{field}"), url, format!("« {url} » : {remedy}")))
}

fn time(path: &Path, field: &str, text: &str) -> Result<Time, ConfigError> {
    let parsed = Time::strptime("%H:%M", text);
    let remedy =
        either("ce n'est pas une heure : écrivez par exemple 09:30", "this is not a time: write for instance 09:30");
    parsed.map_err(|_| wrong(path, field, text, format!("« {text} » : {remedy}")))
}

fn date(path: &Path, field: &str, text: &str) -> Result<Date, ConfigError> {
    let parsed = Date::strptime("%Y-%m-%d", text);
    let remedy = either(
        "ce n'est pas un jour : écrivez par exemple 2026-12-24",
        "this is not a day: write for instance 2026-12-24",
    );
    parsed.map_err(|_| wrong(path, field, text, format!("« {text} » : {remedy}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_shorter_than_a_slot_is_refused() {
        // Goal: hours of which no slot can be cut are named with their line, before they reach the calendar.
        let text = |to: &str| {
            format!(
                "[[desk]]\nnumber = 1\nname = \"Guichet\"\nstep_min = 20\n\
                 openings = [{{ days = [\"mon\"], from = \"09:00\", to = \"{to}\" }}]\n"
            )
        };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("member.toml");
        for (to, fits) in [("09:10", false), ("09:19", false), ("09:20", true), ("12:00", true)] {
            std::fs::write(&path, text(to)).expect("written");
            let read = MemberFile::read(&path);
            assert_eq!(read.is_ok(), fits, "09:00-{to}");
            if let Err(error) = read {
                let sentence = error.to_string();
                assert!(sentence.contains("step_min") && sentence.contains("20"), "{sentence}");
            }
        }
    }

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
        assert_eq!(policy.quotas, [Quota { point: Some(name("bourg")), service: None, per_week: 3 }, each]);
        for (head, tail, line, said) in [
            ("weeks_ahead = 0\n", "", 1, "1 à 4 semaines"),
            ("weeks_ahead = 5\n", "", 1, "1 à 4 semaines"),
            ("release_before_hours = 0\n", "", 1, "1 à 336 heures"),
            ("release_before_hours = 337\n", "", 1, "1 à 336 heures"),
            ("cancel_before_hours = 169\n", "", 1, "0 à 168 heures"),
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
