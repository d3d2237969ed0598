// SPDX-License-Identifier: EUPL-1.2
//! Days on which an agency's desks are closed, whatever their weekly hours say: absences, and public holidays.

use jiff::civil::Date;

use crate::holidays::is_public_holiday;

/// Days on which desks are closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClosedDays {
    /// Whether the agency is closed on public holidays.
    pub on_holidays: bool,
    /// Absences.
    pub absences: Vec<Absence>,
}

/// Some days without a desk, or without any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// The desk; all of them if nothing is said.
    pub desk: Option<u8>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// Why a desk is closed on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedWhy {
    /// It is a public holiday.
    Holiday,
    /// The agency says that it is absent.
    Absence,
}

impl ClosedDays {
    /// Whether a desk is closed on this day.
    #[must_use]
    pub fn is_closed(&self, desk: u8, date: Date) -> bool {
        self.why(desk, date).is_some()
    }

    /// Why it is closed, if it is.
    #[must_use]
    pub fn why(&self, desk: u8, date: Date) -> Option<ClosedWhy> {
        let is_absent = |it: &Absence| it.desk.is_none_or(|of| of == desk) && (it.from..=it.to).contains(&date);
        if self.on_holidays && is_public_holiday(date) {
            return Some(ClosedWhy::Holiday);
        }
        self.absences.iter().any(is_absent).then_some(ClosedWhy::Absence)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_desk_is_closed_on_its_own_days_and_on_everybodys() {
        // Goal: first and last day are both closed; another desk's absence closes nothing here.
        let one = Absence { desk: Some(1), from: date(2026, 12, 21), to: date(2026, 12, 22) };
        let all = Absence { desk: None, from: date(2026, 12, 28), to: date(2026, 12, 28) };
        let closed = |on_holidays| ClosedDays { on_holidays, absences: vec![one.clone(), all.clone()] };
        for (day, desk, on_holidays, expected) in [
            (20, 1, true, false),
            (21, 1, true, true),
            (22, 1, true, true),
            (22, 2, true, false),
            (23, 1, true, false),
            (25, 2, true, true),
            (25, 2, false, false),
            (28, 2, false, true),
        ] {
            assert_eq!(closed(on_holidays).is_closed(desk, date(2026, 12, day)), expected, "{day}, desk {desk}");
        }
    }
}
