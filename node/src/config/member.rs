// SPDX-License-Identifier: EUPL-1.2
//! `member.toml`: what a member says of itself. A point lists its booths; an agency its desks with
//! their weekly hours, its services, its online procedures, the slots that it reserves to points, and what it lays down:
//! delays, instructions, buffers, how many appointments it allows, whom points may call.

mod entries;

pub use entries::{
    AbsenceEntry, BoothEntry, CounterpartEntry, DayName, DeskEntry, HoursEntry, ProcedureEntry, QuotaEntry,
    ReservedEntry, ServiceEntry,
};

use std::path::Path;

use crdt_calendar::act::{Act, Counterpart, Description, DeskTerms, Procedure, Quota, Service, ServiceTerms, Terms};
use crdt_calendar::clerk::Policy;
use crdt_calendar::ids::{BoothId, MemberId, ServiceId};
use crdt_calendar::limits::ACT_BYTES_MAX;
use crdt_calendar::wire::act;
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
/// A shortest delay goes to a week, a longest to four: no more is published.
const SHORTEST_DELAY_HOURS_MAX: u16 = 7 * 24;
const LONGEST_DELAY_DAYS_MAX: u16 = 28;
/// Longest instructions, in characters.
const INSTRUCTIONS_CHARS_MAX: usize = 400;
/// Longest name, line and hours of a counterpart, in characters.
const COUNTERPART_CHARS_MAX: usize = 80;
/// Most minutes between two appointments of a desk.
const BUFFER_MIN_MAX: u16 = 120;
/// More appointments in a day than any desk has slots.
const PER_DAY_MAX: u16 = 288;
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

    /// What an agency lays down.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn terms(&self, path: &Path, place: &str) -> Result<Terms, ConfigError> {
        let services = self.service.iter().filter(|it| it.has_terms());
        let services = services.map(|it| service_terms(path, place, it)).collect::<Result<_, _>>()?;
        let desks = self.desk.iter().filter(|it| it.has_terms());
        let terms = Terms {
            services,
            desks: desks.map(|it| desk_terms(path, place, it)).collect::<Result<_, _>>()?,
            quotas: self.quota.iter().map(|it| self.quota(path, place, it)).collect::<Result<_, _>>()?,
            counterparts: self.counterpart.iter().map(|it| counterpart(path, place, it)).collect::<Result<_, _>>()?,
        };
        if act::encode(&Act::Terms(terms.clone())).len() > ACT_BYTES_MAX {
            let remedy = either(
                "les consignes sont trop longues ensemble : raccourcissez before et after (16 kilooctets en tout)",
                "the instructions are too long together: shorten before and after (16 kilobytes in all)",
            );
            return Err(wrong(path, format!("{place}service"), "", remedy));
        }
        Ok(terms)
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

fn service_terms(path: &Path, place: &str, it: &ServiceEntry) -> Result<ServiceTerms, ConfigError> {
    let field = format!("{place}service « {} »", it.id);
    let shortest = it.shortest_delay_hours.unwrap_or(0);
    if shortest > SHORTEST_DELAY_HOURS_MAX {
        let remedy = either(
            "shortest_delay_hours va de 0 à 168 heures (une semaine)",
            "shortest_delay_hours goes from 0 to 168 hours (a week)",
        );
        return Err(wrong(path, field, shortest, remedy));
    }
    if let Some(days) = it.longest_delay_days.filter(|days| !(1..=LONGEST_DELAY_DAYS_MAX).contains(days)) {
        let remedy = either(
            "longest_delay_days va de 1 à 28 jours (quatre semaines)",
            "longest_delay_days goes from 1 to 28 days (four weeks)",
        );
        return Err(wrong(path, field, days, remedy));
    }
    if it.longest_delay_days.is_some_and(|days| u32::from(shortest) >= u32::from(days) * 24) {
        let remedy = either(
            "aucune heure n'est assez loin et assez proche à la fois : augmentez longest_delay_days",
            "no time is far enough and near enough at once: raise longest_delay_days",
        );
        return Err(wrong(path, field, shortest, remedy));
    }
    Ok(ServiceTerms {
        service: service_id(path, place, &it.id)?,
        shortest_delay_min: u32::from(shortest) * 60,
        longest_delay_min: it.longest_delay_days.map(|days| u32::from(days) * 24 * 60),
        before: words(path, &field, it.before.as_deref(), INSTRUCTIONS_CHARS_MAX)?,
        after: words(path, &field, it.after.as_deref(), INSTRUCTIONS_CHARS_MAX)?,
    })
}

fn desk_terms(path: &Path, place: &str, it: &DeskEntry) -> Result<DeskTerms, ConfigError> {
    let field = format!("{place}desk {}", it.number);
    let buffer_min = it.buffer_min.unwrap_or(0);
    if buffer_min > BUFFER_MIN_MAX {
        let remedy = either("buffer_min va de 0 à 120 minutes", "buffer_min goes from 0 to 120 minutes");
        return Err(wrong(path, field, buffer_min, remedy));
    }
    if let Some(most) = it.per_day.filter(|most| !(1..=PER_DAY_MAX).contains(most)) {
        let remedy = either("per_day va de 1 à 288 rendez-vous", "per_day goes from 1 to 288 appointments");
        return Err(wrong(path, field, most, remedy));
    }
    Ok(DeskTerms { desk: it.number, buffer_min, per_day: it.per_day })
}

fn counterpart(path: &Path, place: &str, it: &CounterpartEntry) -> Result<Counterpart, ConfigError> {
    let field = format!("{place}counterpart « {} »", it.name);
    super::coherence::named(path, format!("{place}counterpart, name"), &it.name)?;
    let line = |text: Option<&str>| words(path, &field, text, COUNTERPART_CHARS_MAX);
    Ok(Counterpart { name: line(Some(&it.name))?, line: line(it.line.as_deref())?, hours: line(it.hours.as_deref())? })
}

/// Words for people, on one line.
fn words(path: &Path, field: &str, text: Option<&str>, chars_max: usize) -> Result<String, ConfigError> {
    let text = text.unwrap_or_default().trim();
    if text.chars().count() > chars_max || text.chars().any(char::is_control) {
        let remedy = either(
            format!("ce texte tient sur une ligne de {chars_max} caractères au plus : raccourcissez-le"),
            format!("this text fits on one line of {chars_max} characters at most: shorten it"),
        );
        return Err(wrong(path, field, text, remedy));
    }
    Ok(text.to_owned())
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
    fn terms_are_read_within_bounds_and_hold_together() {
        // Goal: what an agency lays down is published as it is written; what could not be kept is refused with its remedy:
        // no time left between two delays, more kept in a day than the day takes, two points' times within the buffer.
        let read = |desk: &str, service: &str, tail: &str| {
            let text = format!(
                "[[desk]]\nnumber = 1\nname = \"Guichet\"\nstep_min = 10\n{desk}\
                 openings = [{{ days = [\"mon\"], from = \"09:00\", to = \"12:00\" }}]\n\
                 [[service]]\nid = \"carte\"\nname = \"Carte\"\nduration_min = 30\n{service}{tail}"
            );
            let path = Path::new("member.toml");
            let file = MemberFile::parse(path, &text).map_err(|error| error.to_string())?;
            file.policy(path, "").map(|policy| policy.terms).map_err(|error| error.to_string())
        };
        assert_eq!(read("", "", ""), Ok(Terms::default()));
        let service = "shortest_delay_hours = 48\nlongest_delay_days = 21\nbefore = \" Avoir sa carte. \"\n";
        let tail = "[[counterpart]]\nname = \"Référent\"\nline = \"01 99 00 00 00\"\n";
        let terms = read("buffer_min = 10\nper_day = 4\n", service, tail).expect("said");
        assert_eq!(terms.desks, [DeskTerms { desk: 1, buffer_min: 10, per_day: Some(4) }]);
        let said = &terms.services[0];
        assert_eq!((said.shortest_delay_min, said.longest_delay_min), (2_880, Some(30_240)));
        assert_eq!((said.before.as_str(), said.after.as_str()), ("Avoir sa carte.", ""));
        assert_eq!((terms.counterparts[0].line.as_str(), terms.counterparts[0].hours.as_str()), ("01 99 00 00 00", ""));
        let kept = |point: &str, from: &str, count: u16| {
            format!(
                "[[reserved]]\npoint = \"{point}\"\nweekday = \"mon\"\nfrom = \"{from}\"\ncount = {count}\ndesk = 1\n"
            )
        };
        let two = |from: &str| format!("{}{}", kept("bourg", "09:00", 3), kept("autre", from, 3));
        for (desk, service, tail, refused) in [
            ("", "shortest_delay_hours = 169\n", String::new(), "0 à 168 heures"),
            ("", "longest_delay_days = 0\n", String::new(), "1 à 28 jours"),
            ("", "longest_delay_days = 29\n", String::new(), "1 à 28 jours"),
            ("", "shortest_delay_hours = 24\nlongest_delay_days = 1\n", String::new(), "assez loin et assez proche"),
            ("", "before = \"a\\nb\"\n", String::new(), "une ligne de 400 caractères"),
            ("buffer_min = 121\n", "", String::new(), "0 à 120 minutes"),
            ("per_day = 0\n", "", String::new(), "1 à 288 rendez-vous"),
            ("", "", "[[counterpart]]\nname = \" \"\n".to_owned(), "écrivez un nom"),
            ("per_day = 1\n", "", kept("bourg", "09:00", 6), "plus de 1 rendez-vous"),
            ("buffer_min = 10\n", "", two("09:30"), "à moins de 10 minutes"),
        ] {
            let error = read(desk, service, &tail).expect_err(refused);
            assert!(error.contains(refused), "{desk}{service}{tail}: {error}");
        }
        for (desk, tail) in [("per_day = 2\n", kept("bourg", "09:00", 6)), ("buffer_min = 10\n", two("09:40"))] {
            assert!(read(desk, "", &tail).is_ok(), "{:?}", read(desk, "", &tail));
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
        assert_eq!(policy.terms.quotas, [Quota { point: Some(name("bourg")), service: None, per_week: 3 }, each]);
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
