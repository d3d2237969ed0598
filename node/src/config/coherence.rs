// SPDX-License-Identifier: EUPL-1.2
//! What the entries of a member's file must be together: each with a name, each number once, every service
//! a whole number of slots, every reserved time a slot that exists.
//!
//! Invariant: what is accepted here is published as it stands; nothing of it is rounded or left out in silence.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Time;

use super::member::MemberFile;
use super::{ConfigError, wrong};
use crate::lang::either;
use crate::replica::{Openings, Reserved, WeeklyOpening};

/// A name for people: something stands in it.
pub(super) fn named(path: &Path, field: impl Into<String>, name: &str) -> Result<(), ConfigError> {
    if name.trim().is_empty() {
        return Err(wrong(path, field, "", either("il n'y a rien : écrivez un nom", "there is nothing: write a name")));
    }
    Ok(())
}

impl MemberFile {
    /// Checks the entries against each other; `openings` are this file's own.
    pub(super) fn check_entries(&self, path: &Path, place: &str, openings: &Openings) -> Result<(), ConfigError> {
        let booths = self.booth.iter().map(|it| (format!("{place}booth {}", it.number), it.name.as_str()));
        let desks = self.desk.iter().map(|it| (format!("{place}desk {}", it.number), it.name.as_str()));
        let services = self.service.iter().map(|it| (format!("{place}service « {} »", it.id), it.name.as_str()));
        let mut fields = BTreeSet::new();
        for (field, name) in booths.chain(desks).chain(services) {
            named(path, format!("{field}, name"), name)?;
            if !fields.insert(field.clone()) {
                let remedy = either("il est écrit deux fois : donnez-en un autre", "it stands twice: give another");
                return Err(wrong(path, field, "", remedy));
            }
        }
        for it in &self.procedure {
            named(path, format!("{place}procedure « {} », title", it.id), &it.title)?;
        }
        self.check_durations(path, place)?;
        self.check_room(path, place, openings)?;
        check_walk_ins(path, place, openings)?;
        self.reserved.iter().zip(&openings.reserved).try_for_each(|(it, read)| {
            let field = format!("{place}reserved « {} » {} {}", it.point, it.weekday.word(), it.from);
            check_reserved(path, field, read, openings)
        })
    }

    /// What is reserved of a day fits into what a desk takes of it, and two points' times leave its buffer between them: a
    /// point books its own without asking.
    fn check_room(&self, path: &Path, place: &str, openings: &Openings) -> Result<(), ConfigError> {
        let minute = |time: Time| u32::from(time.hour().unsigned_abs()) * 60 + u32::from(time.minute().unsigned_abs());
        for (it, read) in self.reserved.iter().zip(&openings.reserved) {
            let Some(desk) = self.desk.iter().find(|desk| desk.number == it.desk) else { continue };
            let of_day = || openings.reserved.iter().filter(|other| (other.desk, other.day) == (read.desk, read.day));
            let field = format!("{place}reserved « {} » {} {}", it.point, it.weekday.word(), it.from);
            let most = desk.per_day.unwrap_or(u16::MAX);
            let minutes = of_day().map(|other| u32::from(other.count) * u32::from(desk.step_min)).sum::<u32>();
            let shortest = self.service.iter().map(|it| it.duration_min).min().unwrap_or(desk.step_min).max(1);
            if minutes.div_ceil(u32::from(shortest)) > u32::from(most) {
                let remedy = either(
                    format!(
                        "ce jour-là, plus de {most} rendez-vous tiennent dans les heures gardées au guichet {} : corrigez per_day",
                        it.desk
                    ),
                    format!(
                        "more than {most} appointments fit into the times kept at desk {} on that day: correct per_day",
                        it.desk
                    ),
                );
                return Err(wrong(path, field, "", remedy));
            }
            let end = |it: &Reserved| minute(it.from) + u32::from(it.count) * u32::from(desk.step_min);
            let buffer = u32::from(desk.buffer_min.unwrap_or(0));
            let is_close = |other: &&Reserved| {
                let apart = minute(read.from) >= end(other) + buffer || minute(other.from) >= end(read) + buffer;
                other.point != read.point && !apart
            };
            if buffer > 0 && of_day().any(|other| is_close(&other)) {
                let remedy = either(
                    format!(
                        "une heure gardée pour un autre point est à moins de {buffer} minutes (buffer_min) : écartez-les"
                    ),
                    format!("a time kept for another point is within {buffer} minutes (buffer_min): move them apart"),
                );
                return Err(wrong(path, field, "", remedy));
            }
        }
        Ok(())
    }

    /// Whoever offers a service at some desk offers it without a remainder.
    fn check_durations(&self, path: &Path, place: &str) -> Result<(), ConfigError> {
        let steps: BTreeSet<u16> = self.desk.iter().map(|desk| desk.step_min).collect();
        let fits = |duration: u16| steps.iter().any(|step| duration.is_multiple_of(*step));
        let Some(it) = self.service.iter().find(|it| !steps.is_empty() && !fits(it.duration_min)) else {
            return Ok(());
        };
        let steps = steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let duration = it.duration_min;
        let remedy = either(
            format!(
                "{duration} minutes ne font pas un nombre entier de créneaux (step_min = {steps}) : écrivez un multiple"
            ),
            format!("{duration} minutes are not a whole number of slots (step_min = {steps}): write a multiple"),
        );
        Err(wrong(path, format!("{place}service « {} », duration_min", it.id), "", remedy))
    }
}

/// A walk-in window has its desk to itself: one that overlapped other hours would never be.
fn check_walk_ins(path: &Path, place: &str, openings: &Openings) -> Result<(), ConfigError> {
    let windows = openings.weekly.iter().enumerate().filter(|(_, it)| it.step_min == 0);
    for (number, it) in windows {
        let others = openings.weekly.iter().enumerate().filter(|(other, _)| *other != number);
        let overlaps = |other: &WeeklyOpening| {
            let is_same_day = other.days.iter().any(|day| it.days.contains(day));
            other.desk == it.desk && is_same_day && other.from < it.to && it.from < other.to
        };
        if others.map(|(_, other)| other).any(overlaps) {
            let remedy = either(
                "cette permanence recouvre d'autres heures du même guichet : corrigez-la, ou donnez-lui un guichet à elle",
                "this walk-in window overlaps other hours of its desk: correct it, or give it a desk of its own",
            );
            return Err(wrong(path, format!("{place}desk {}, walk_in", it.desk), "", remedy));
        }
    }
    Ok(())
}

/// The slots that are reserved exist, all of them.
fn check_reserved(path: &Path, field: String, it: &Reserved, openings: &Openings) -> Result<(), ConfigError> {
    let minute = |time: Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
    let is_meant = |open: &&WeeklyOpening| open.step_min > 0 && open.desk == it.desk && open.days.contains(&it.day);
    let of_day = openings.weekly.iter().filter(is_meant);
    let slots: BTreeSet<i32> = of_day
        .flat_map(|open| {
            let step = i32::from(open.step_min);
            let last = minute(open.to) - step;
            (minute(open.from)..=last).step_by(usize::from(open.step_min))
        })
        .collect();
    let from = minute(it.from);
    if !slots.contains(&from) {
        let remedy = either(
            format!(
                "aucun créneau du guichet {} ne commence à cette heure ce jour-là : corrigez from ou weekday",
                it.desk
            ),
            format!("no slot of desk {} begins at that time on that day: correct from or weekday", it.desk),
        );
        return Err(wrong(path, field, "", remedy));
    }
    let left = slots.range(from..).count();
    if it.count == 0 || usize::from(it.count) > left {
        let remedy = either(
            format!("count va de 1 à {left} : ce sont les créneaux de ce jour à partir de cette heure"),
            format!("count goes from 1 to {left}: these are the slots of that day from that time on"),
        );
        return Err(wrong(path, field, "", remedy));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESK: &str = "[[desk]]\nnumber = 1\nname = \"Guichet\"\nstep_min = 30\n\
        openings = [{ days = [\"mon\"], from = \"09:00\", to = \"10:10\" }, \
        { days = [\"mon\"], from = \"14:00\", to = \"15:00\" }]\n";
    const SERVICE: &str = "[[service]]\nid = \"carte\"\nname = \"Carte\"\nduration_min = 30\n";

    fn read(text: &str) -> Result<MemberFile, String> {
        MemberFile::parse(Path::new("member.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_would_be_left_out_in_silence_is_refused() {
        // Goal: file, field and remedy of whatever the calendar would round, skip or mix up.
        let service = |from: &str, to: &str| SERVICE.replace(from, to);
        let desk = |from: &str, to: &str| format!("{DESK}{}", DESK.replace(from, to));
        for (text, field, remedy) in [
            ("[[booth]]\nnumber = 1\nname = \"A\"\n".repeat(2), "booth 1", "écrit deux fois"),
            (desk("\"Guichet\"", "\"Autre\""), "desk 1", "écrit deux fois"),
            (desk("number = 1\nname = \"Guichet\"", "number = 2\nname = \" \""), "desk 2, name", "écrivez un nom"),
            (SERVICE.repeat(2), "service « carte »", "écrit deux fois"),
            (service("\"Carte\"", "\"\""), "service « carte », name", "écrivez un nom"),
            (
                format!("{DESK}{}", service("= 30", "= 45")),
                "service « carte », duration_min",
                "45 minutes ne font pas un nombre entier de créneaux (step_min = 30)",
            ),
            (
                "[[procedure]]\nid = \"a\"\ntitle = \"\"\nsummary = \"A.\"\n".to_owned(),
                "procedure « a », title",
                "écrivez un nom",
            ),
        ] {
            let said = read(&text).expect_err(&text);
            assert!(said.contains(&format!("« member.toml », {field} :")) && said.contains(remedy), "{said}");
        }
        for (text, case) in [
            (format!("{DESK}{}", service("= 30", "= 60")), "two slots"),
            (service("= 30", "= 45"), "no desk yet"),
            (
                format!("{}{}", desk("number = 1", "number = 2").replace("= 30", "= 20"), service("= 30", "= 40")),
                "other",
            ),
        ] {
            assert!(read(&text).is_ok(), "{case}: {:?}", read(&text));
        }
    }

    #[test]
    fn walk_in_hours_have_their_desk_to_themselves() {
        // Goal: hours that the calendar would leave out in silence are refused; beside others, on another day or at
        // another desk they are taken, with no slot of their own.
        let with = |walk_in: &str| format!("{DESK}walk_in = [{walk_in}]\n{SERVICE}");
        let hours =
            |day: &str, from: &str, to: &str| format!("{{ days = [\"{day}\"], from = \"{from}\", to = \"{to}\" }}");
        for (walk_in, refused) in [
            (hours("mon", "10:10", "14:00"), None),
            (hours("tue", "09:00", "12:00"), None),
            (hours("mon", "10:00", "11:00"), Some("recouvre d'autres heures")),
            (hours("mon", "08:00", "16:00"), Some("recouvre d'autres heures")),
            (hours("mon", "11:00", "11:00"), Some("finit avant de commencer")),
            (
                format!("{}, {}", hours("wed", "09:00", "11:00"), hours("wed", "10:00", "12:00")),
                Some("recouvre d'autres heures"),
            ),
        ] {
            let said = read(&with(&walk_in)).err();
            let is_so = said.as_ref().map(|said| said.contains(refused.unwrap_or("?")));
            assert_eq!(is_so, refused.map(|_| true), "{walk_in}: {said:?}");
        }
        let file = read(&with(&hours("tue", "09:00", "12:00"))).expect("taken");
        let openings = file.openings(Path::new("member.toml"), "").expect("checked");
        let steps: Vec<u16> = openings.weekly.iter().map(|it| it.step_min).collect();
        assert_eq!(steps, [30, 30, 0]);
        let reserved = "[[reserved]]\npoint = \"bourg\"\nweekday = \"tue\"\nfrom = \"09:00\"\ncount = 1\ndesk = 1\n";
        let said = read(&format!("{}{reserved}", with(&hours("tue", "09:00", "12:00")))).expect_err("no slots");
        assert!(said.contains("aucun créneau du guichet 1"), "{said}");
    }

    #[test]
    fn reserved_times_are_slots_that_exist() {
        // Goal: of 09:00-10:10 and 14:00-15:00, cut by thirty minutes, four slots can be reserved and no other.
        let reserved = |day: &str, from: &str, count: u16| {
            let entry = format!("weekday = \"{day}\"\nfrom = \"{from}\"\ncount = {count}\ndesk = 1\n");
            read(&format!("{DESK}[[reserved]]\npoint = \"bourg\"\n{entry}"))
        };
        for (day, from, count, refused) in [
            ("mon", "09:00", 4, None),
            ("mon", "09:30", 3, None),
            ("mon", "14:30", 1, None),
            ("mon", "03:00", 1, Some("aucun créneau du guichet 1 ne commence à cette heure")),
            ("mon", "09:15", 1, Some("aucun créneau du guichet 1 ne commence à cette heure")),
            ("mon", "10:00", 1, Some("aucun créneau du guichet 1 ne commence à cette heure")),
            ("tue", "09:00", 1, Some("aucun créneau du guichet 1 ne commence à cette heure")),
            ("mon", "09:00", 99, Some("count va de 1 à 4")),
            ("mon", "14:30", 2, Some("count va de 1 à 1")),
            ("mon", "09:00", 0, Some("count va de 1 à 4")),
        ] {
            let said = reserved(day, from, count).err();
            let field = format!("reserved « bourg » {day} {from} :");
            let is_so = said.as_ref().map(|said| (said.contains(&field), refused.is_some_and(|it| said.contains(it))));
            assert_eq!(is_so, refused.map(|_| (true, true)), "{day} {from} {count}: {said:?}");
        }
    }
}
