// SPDX-License-Identifier: EUPL-1.2
//! Days and hours as people read them.
//!
//! Refuses to know time zones by itself: it is given local times, from the one clock.

use crdt_calendar::time::UtcMinute;
use fluent_bundle::FluentArgs;
use jiff::ZonedDateTime;
use jiff::civil::{Date, Weekday};

use super::i18n::{Key, Texts};
use crate::clock::Clock;

/// "mardi 2 mars".
#[must_use]
pub(super) fn day(t: &Texts, date: Date) -> String {
    dated(t, Key("date-day"), date)
}

/// "mardi 2 mars 2027".
#[must_use]
pub(super) fn day_full(t: &Texts, date: Date) -> String {
    dated(t, Key("date-full"), date)
}

/// "10 h 00".
#[must_use]
pub(super) fn time(t: &Texts, at: &ZonedDateTime) -> String {
    let (hour, minute) = (at.hour().to_string(), format!("{:02}", at.minute()));
    t.texts("time-of-day", &[("hour", &hour), ("minute", &minute)])
}

/// "mardi 2 mars à 10 h 00", "aujourd'hui à 10 h 00".
#[must_use]
pub(super) fn when(t: &Texts, clock: &Clock, minute: UtcMinute) -> String {
    let at = clock.local(minute);
    let today = clock.local_now().date();
    let date = if at.date() == today {
        t.say("today")
    } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == at.date()) {
        t.say("tomorrow")
    } else {
        day(t, at.date())
    };
    t.texts("date-at", &[("date", &date), ("time", &time(t, &at))])
}

/// "mardi 2 mars 2027 à 10 h 00": what stands on paper must not depend on the day it is read.
#[must_use]
pub(super) fn when_full(t: &Texts, clock: &Clock, minute: UtcMinute) -> String {
    let at = clock.local(minute);
    t.texts("date-at", &[("date", &day_full(t, at.date())), ("time", &time(t, &at))])
}

/// "mars 2027", of a month as `2027-03`.
#[must_use]
pub(super) fn month_of(t: &Texts, month: &str) -> String {
    let of_year = |(year, number): (&str, &str)| {
        let name = t.of(self::month(number.parse().ok()?));
        Some(t.texts("month-of-year", &[("month", &name), ("year", year)]))
    };
    month.split_once('-').and_then(of_year).unwrap_or_else(|| month.to_owned())
}

/// "semaine 9 de 2027", of the year and the number that ISO 8601 gives it.
#[must_use]
pub(super) fn week_of(t: &Texts, year: &str, week: &str) -> String {
    t.texts("week-of-year", &[("week", week.trim_start_matches('0')), ("year", year)])
}

fn dated(t: &Texts, key: Key, date: Date) -> String {
    let mut args = FluentArgs::new();
    args.set("weekday", t.of(weekday(date.weekday())));
    args.set("day", i64::from(date.day()));
    args.set("month", t.of(month(date.month())));
    args.set("year", date.year().to_string());
    t.fill(key.0, &args)
}

fn weekday(day: Weekday) -> Key {
    match day {
        Weekday::Monday => Key("weekday-mon"),
        Weekday::Tuesday => Key("weekday-tue"),
        Weekday::Wednesday => Key("weekday-wed"),
        Weekday::Thursday => Key("weekday-thu"),
        Weekday::Friday => Key("weekday-fri"),
        Weekday::Saturday => Key("weekday-sat"),
        Weekday::Sunday => Key("weekday-sun"),
    }
}

fn month(month: i8) -> Key {
    match month {
        1 => Key("month-1"),
        2 => Key("month-2"),
        3 => Key("month-3"),
        4 => Key("month-4"),
        5 => Key("month-5"),
        6 => Key("month-6"),
        7 => Key("month-7"),
        8 => Key("month-8"),
        9 => Key("month-9"),
        10 => Key("month-10"),
        11 => Key("month-11"),
        _ => Key("month-12"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::minute_of;
    use crate::portal::i18n::Lang;

    #[test]
    fn days_read_as_people_say_them() {
        // Goal: French first of the month, two-digit minutes, English beside, and days of 23 hours.
        let fr = Lang::French.texts();
        let date = |text: &str| text.parse::<Date>().expect("a date");
        assert_eq!(day(fr, date("2027-03-02")), "mardi 2 mars");
        assert_eq!(day(fr, date("2027-03-01")), "lundi 1er mars");
        assert_eq!(day_full(Lang::English.texts(), date("2027-03-01")), "Monday 1 March 2027");
        let clock = Clock::new(0, "Europe/Paris").expect("a zone");
        let at = date("2027-03-02").at(9, 5, 0, 0).to_zoned_datetime(clock.zone().clone()).expect("a time");
        assert_eq!(time(fr, &at), "9\u{a0}h\u{a0}05", "no line breaks in an hour");
        assert_eq!(when_full(fr, &clock, minute_of(&at).expect("in range")), "mardi 2 mars 2027 à 9\u{a0}h\u{a0}05");
        assert_eq!(
            (month_of(fr, "2027-03"), week_of(fr, "2027", "09")),
            ("mars 2027".into(), "semaine 9 de 2027".into())
        );
    }

    #[test]
    fn days_on_which_clocks_change_read_as_clocks_show_them() {
        // Goal: days of 23 and 25 hours; on both, nine in the morning is nine whatever went before, an hour that is not
        // there is not read, and one that comes twice is.
        let fr = Lang::French.texts();
        let clock = Clock::new(0, "Europe/Paris").expect("a zone");
        for (day, hours, after, minutes, read) in [
            ("2027-03-28", 23, [60, 119, 120], 480, ["1 h 00", "1 h 59", "3 h 00"]),
            ("2027-10-31", 25, [120, 180, 240], 600, ["2 h 00", "2 h 00", "3 h 00"]),
        ] {
            let date: Date = day.parse().expect("a date");
            let (from, to) = clock.day(date).expect("in range");
            assert_eq!(to.0 - from.0, hours * 60, "{day}");
            assert_eq!(time(fr, &clock.local(from)), "0\u{a0}h\u{a0}00", "{day} begins at midnight");
            let said = after.map(|minutes| time(fr, &clock.local(from.plus_min(minutes))).replace('\u{a0}', " "));
            assert_eq!(said, read, "{day}");
            let nine = minute_of(&date.at(9, 0, 0, 0).to_zoned_datetime(clock.zone().clone()).expect("a time"));
            assert_eq!(nine, Some(from.plus_min(minutes)), "{day}");
            let said = when_full(fr, &clock, from.plus_min(minutes));
            assert!(said.ends_with("2027 à 9\u{a0}h\u{a0}00"), "{said}");
        }
    }
}
