// SPDX-License-Identifier: EUPL-1.2
//! Public holidays in France: the eleven of the Code du travail, article L3133-1. Those of Alsace-Moselle and overseas
//! are not among them; an agency there writes them as absences.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// Days of the same date each year: month, day.
const FIXED: [(i8, i8); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
/// Days after Easter Sunday: Easter Monday, Ascension, Whit Monday.
const AFTER_EASTER: [i32; 3] = [1, 39, 50];

/// Whether a day is a public holiday.
#[must_use]
pub(crate) fn is_public_holiday(date: Date) -> bool {
    let moves = |easter: Date| {
        AFTER_EASTER.iter().any(|days| easter.checked_add(days.days()).is_ok_and(|holiday| holiday == date))
    };
    FIXED.contains(&(date.month(), date.day())) || easter(date.year()).is_some_and(moves)
}

/// Easter Sunday of a year of the Gregorian calendar, by the "anonymous" rule (Nature, 20 April 1876; J. Meeus,
/// *Astronomical Algorithms*, chapter 8).
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let month_and_day = moon + weekday - 7 * late + 114;
    let (month, day) = (month_and_day / 31, month_and_day % 31 + 1);
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleven_of_three_years() {
        // Goal: the days as the ministry's calendars of 2024, 2025 and 2026 give them, and no other.
        for (year, moving) in
            [(2024, [(4, 1), (5, 9), (5, 20)]), (2025, [(4, 21), (5, 29), (6, 9)]), (2026, [(4, 6), (5, 14), (5, 25)])]
        {
            let first = Date::new(year, 1, 1).expect("a date");
            let days = first.series(1.day()).take_while(|date| date.year() == year);
            let found: Vec<(i8, i8)> =
                days.filter(|it| is_public_holiday(*it)).map(|it| (it.month(), it.day())).collect();
            let mut expected = [&FIXED[..], &moving[..]].concat();
            expected.sort_unstable();
            assert_eq!(found, expected, "{year}");
        }
    }
}
