// SPDX-License-Identifier: EUPL-1.2
//! The entries of a member's file, as they are written. What they mean, and their bounds, is the file's
//! business.

use serde::{Deserialize, Serialize};

use crate::replica::Weekday;

/// A booth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoothEntry {
    /// Its number, from 1.
    pub number: u8,
    /// Its name.
    pub name: String,
    /// Invented for a demonstration.
    #[serde(default)]
    pub demo: bool,
}

/// A desk and its weekly hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskEntry {
    /// Its number, from 1.
    pub number: u8,
    /// Its name.
    pub name: String,
    /// Invented for a demonstration.
    #[serde(default)]
    pub demo: bool,
    /// Length of a slot in minutes.
    pub step_min: u16,
    /// Minutes that stay free between two of its appointments, 0 to 120; none if nothing is said.
    pub buffer_min: Option<u16>,
    /// Appointments in one day, at most, 1 to 288; as many as there is time for if nothing is said.
    pub per_day: Option<u16>,
    /// When it is open.
    #[serde(default)]
    pub openings: Vec<HoursEntry>,
    /// When people are seen there without an appointment, in the order in which they come (*permanence*).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub walk_in: Vec<HoursEntry>,
}

/// Hours of some days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursEntry {
    /// The days.
    pub days: Vec<DayName>,
    /// From, `HH:MM` local time.
    pub from: String,
    /// To, `HH:MM` local time.
    pub to: String,
}

/// A day of the week in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum DayName {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A service (*motif*).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceEntry {
    /// Its short name.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Duration in minutes.
    pub duration_min: u16,
    /// Invented for a demonstration.
    #[serde(default)]
    pub demo: bool,
    /// Papers to bring.
    #[serde(default)]
    pub papers: Vec<String>,
    /// Nothing is booked that begins sooner than in so many hours, 0 to 168; 0 if nothing is said.
    pub shortest_delay_hours: Option<u16>,
    /// Nothing is booked that begins later than in so many days, 1 to 28; all that is published if nothing is said.
    pub longest_delay_days: Option<u16>,
    /// What to do before the appointment, for the person.
    pub before: Option<String>,
    /// What to do after it.
    pub after: Option<String>,
    /// Which interpreter may be had, and how: said with what to do before.
    pub interpreter: Option<String>,
}

impl DeskEntry {
    /// Whether anything is laid down for it.
    pub(super) fn has_terms(&self) -> bool {
        self.buffer_min.is_some() || self.per_day.is_some()
    }
}

impl ServiceEntry {
    /// Whether anything is laid down for it.
    pub(super) fn has_terms(&self) -> bool {
        let has_delay = self.shortest_delay_hours.is_some() || self.longest_delay_days.is_some();
        has_delay || self.before.is_some() || self.after.is_some() || self.interpreter.is_some()
    }
}

/// Whom those who work at points may call at an agency: a person or a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterpartEntry {
    /// The person or the function.
    pub name: String,
    /// The direct line.
    pub line: Option<String>,
    /// When it is answered.
    pub hours: Option<String>,
    /// Invented for a demonstration.
    #[serde(default)]
    pub demo: bool,
}

/// An online procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcedureEntry {
    /// Its short name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Other words under which people look for it.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Two sentences at most.
    pub summary: String,
    /// The official page, when it is known.
    pub url: Option<String>,
    /// The service that helps with it.
    pub service: Option<String>,
}

/// Slots that a point holds in advance, every week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservedEntry {
    /// The point.
    pub point: String,
    /// The day.
    pub weekday: DayName,
    /// The first slot, `HH:MM` local time.
    pub from: String,
    /// How many slots.
    pub count: u16,
    /// The desk.
    pub desk: u8,
    /// Invented for a demonstration.
    #[serde(default)]
    pub demo: bool,
}

/// Some days on which a desk, or all of them, are closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsenceEntry {
    /// The desk; all of them if nothing is said.
    pub desk: Option<u8>,
    /// The first day, `YYYY-MM-DD`.
    pub from: String,
    /// The last day; the first if nothing is said.
    pub to: Option<String>,
}

/// At most so many appointments in a week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaEntry {
    /// For this point; for each point if nothing is said.
    pub point: Option<String>,
    /// For this service; for all together if nothing is said.
    pub service: Option<String>,
    /// How many. 0: none is confirmed.
    pub per_week: u16,
}

impl DayName {
    /// As it is written.
    pub(in crate::config) fn word(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }

    pub(super) fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}
