// SPDX-License-Identifier: EUPL-1.2
//! When an agency sees people, as its file says it: weekly hours, slots reserved to points, days on which desks are
//! closed.

use std::path::Path;

use crdt_calendar::ids::MemberId;
use jiff::civil::Time;

use super::fields::{date, service_id, time};
use super::{AbsenceEntry, HoursEntry, MemberFile, ReservedEntry};
use crate::config::{ConfigError, short_name_remedy, wrong};
use crate::lang::either;
use crate::replica::{Absence, ClosedDays, Openings, Reserved, WeeklyOpening};

/// Weeks that an agency publishes ahead, if it says nothing else; and at most: pages show no more.
const WEEKS_AHEAD: u16 = 4;

impl MemberFile {
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
}
