// SPDX-License-Identifier: EUPL-1.2
//! When a demonstration takes place: the moment asked for, or the next working Tuesday at 09:50.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// Public holidays of fixed date in France (code du travail, article L3133-1). The movable ones fall on
/// a Monday or a Thursday, never on a Tuesday.
const HOLIDAYS: [(i8, i8); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];

/// Milliseconds from the system's clock to the demonstration's.
pub(crate) fn shift_ms(at: Option<Timestamp>, timezone: &str) -> anyhow::Result<i64> {
    let now = Timestamp::now();
    let moment = match at {
        Some(moment) => moment,
        None => {
            let zone = TimeZone::get(timezone)?;
            let today = now.to_zoned_datetime(zone.clone()).date();
            next_working_tuesday(today)?.at(9, 50, 0, 0).to_zoned_datetime(zone)?.timestamp()
        }
    };
    Ok(moment.as_millisecond() - now.as_millisecond())
}

/// The moment that a clock moved by so many milliseconds shows now, as people there read it.
pub(crate) fn shown(shift_ms: i64, timezone: &str) -> anyhow::Result<String> {
    let now = Timestamp::now().as_millisecond().saturating_add(shift_ms);
    let there = Timestamp::from_millisecond(now)?.to_zoned_datetime(TimeZone::get(timezone)?);
    Ok(there.strftime("%Y-%m-%dT%H:%M%:z").to_string())
}

fn next_working_tuesday(today: Date) -> anyhow::Result<Date> {
    let mut day = today.checked_add(1.day())?;
    while day.weekday() != Weekday::Tuesday || HOLIDAYS.contains(&(day.month(), day.day())) {
        day = day.checked_add(1.day())?;
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_next_tuesday_that_people_work() {
        for (today, tuesday) in [
            (date(2026, 11, 23), date(2026, 11, 24)),
            (date(2026, 11, 24), date(2026, 12, 1)),
            // 2029-05-01 and 2029-05-08 are both public holidays on a Tuesday.
            (date(2029, 4, 27), date(2029, 5, 15)),
        ] {
            assert_eq!(next_working_tuesday(today).unwrap(), tuesday, "from {today}");
        }
    }
}
