// SPDX-License-Identifier: EUPL-1.2
//! What an agency lays down, as its file says it: delays, instructions, buffers, quotas, whom points may call. Each has
//! its bounds here.

use std::path::Path;

use crdt_calendar::act::{Act, Counterpart, DeskTerms, Quota, ServiceTerms, Terms};
use crdt_calendar::ids::MemberId;
use crdt_calendar::limits::ACT_BYTES_MAX;
use crdt_calendar::wire::act;

use super::fields::service_id;
use super::{CounterpartEntry, DeskEntry, MemberFile, QuotaEntry, ServiceEntry};
use crate::config::{ConfigError, coherence, short_name_remedy, wrong};
use crate::lang::either;

/// More appointments in a week than any desk has slots.
const PER_WEEK_MAX: u16 = 1_000;
/// A shortest delay goes to a week, a longest to four: no more is published.
const SHORTEST_DELAY_HOURS_MAX: u16 = 7 * 24;
const LONGEST_DELAY_DAYS_MAX: u16 = 28;
/// Longest instructions, in characters.
const INSTRUCTIONS_CHARS_MAX: usize = 400;
/// Longest words about interpreters, in characters.
const INTERPRETER_CHARS_MAX: usize = 120;
/// Longest name, line and hours of a counterpart, in characters.
const COUNTERPART_CHARS_MAX: usize = 80;
/// Most minutes between two appointments of a desk.
const BUFFER_MIN_MAX: u16 = 120;
/// More appointments in a day than any desk has slots.
const PER_DAY_MAX: u16 = 288;

impl MemberFile {
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
        before: before(path, &field, it)?,
        after: words(path, &field, it.after.as_deref(), INSTRUCTIONS_CHARS_MAX)?,
    })
}

/// What to do before, and which interpreter may be had: persons read both in one place.
fn before(path: &Path, field: &str, it: &ServiceEntry) -> Result<String, ConfigError> {
    let before = words(path, field, it.before.as_deref(), INSTRUCTIONS_CHARS_MAX)?;
    let interpreter = words(path, field, it.interpreter.as_deref(), INTERPRETER_CHARS_MAX)?;
    Ok(match (before.as_str(), interpreter.as_str()) {
        (_, "") => before,
        ("", _) => format!("Interprète\u{a0}: {interpreter}"),
        _ => format!("{before} Interprète\u{a0}: {interpreter}"),
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
    coherence::named(path, format!("{place}counterpart, name"), &it.name)?;
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

#[cfg(test)]
mod tests {
    use super::*;

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
        for (head, said) in [("", "Interprète : LSF."), ("before = \"Venez tôt.\"\n", "Venez tôt. Interprète : LSF.")]
        {
            let terms = read("", &format!("{head}interpreter = \"LSF.\"\n"), "").expect("said");
            assert_eq!(terms.services[0].before.replace('\u{a0}', " "), said);
        }
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
}
