// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the evaluation counts of a calendar: what was asked, confirmed, refused, cancelled and why, and
//! what became of it. By month, agency, service and point; never by person.
//!
//! Pure: nodes that hold the same weeks count the same. Raw: small counts are the business of whoever
//! publishes them. Not here, because no act says when it was written: days from booking to appointment,
//! minutes from arrival to the call, searches that found nothing; each node counts those of its own.
//!
//! What goes at its term ([`crate::retention`]) is counted as it goes; [`remaining`] passes over it from then on, so
//! each appointment is counted once, before its erasure and after.

use std::collections::BTreeMap;

use crate::act::{Fate, Reason};
use crate::fold::{Appointment, State, Week, Why};
use crate::ids::{MemberId, ServiceId};
use crate::retention::Floors;
use crate::time::UtcMinute;

/// What is counted apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell<M> {
    /// The month of the appointment.
    pub month: M,
    /// The agency; `None` while nothing tells which.
    pub agency: Option<MemberId>,
    /// The service.
    pub service: ServiceId,
    /// The point.
    pub point: MemberId,
}

/// Appointments of one cell. Each stands in one of the first counts; arrivals are counted besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Asked and not answered, in a queue, or waiting for what is not here.
    pub asked: u32,
    /// Confirmed; nobody has said yet what became of it.
    pub confirmed: u32,
    /// It took place.
    pub kept: u32,
    /// Nobody came.
    pub no_show: u32,
    /// It began and could not be finished.
    pub interrupted: u32,
    /// Refused by the agency.
    pub refused: u32,
    /// Cancelled by the point, for the person has another time: no cancellation.
    pub moved: u32,
    /// Cancelled by the point, by reason.
    pub by_point: BTreeMap<Reason, u32>,
    /// Cancelled by the agency, by reason.
    pub by_agency: BTreeMap<Reason, u32>,
    /// Fallen with a tenure that a person took back.
    pub taken: u32,
    /// In doubt until a home or the coordination decides.
    pub suspended: u32,
    /// Minutes of those that took place or began.
    pub minutes: u32,
    /// People who came.
    pub arrived: u32,
    /// Minutes by which they were there before the hour; who came late adds none.
    pub early_min: u32,
}

/// The appointments of these weeks that were not counted when something of their week went: all of a week of
/// which nothing is gone, of the others those of `own`.
pub fn remaining<'a>(
    weeks: impl IntoIterator<Item = &'a Week>,
    floors: Floors,
    own: Option<&MemberId>,
) -> impl Iterator<Item = &'a Appointment> {
    let is_whole = move |week: &Week| week.week >= floors.others.week;
    weeks.into_iter().flat_map(move |week| {
        let all = week.appointments();
        all.filter(move |it| is_whole(week) || it.parties().any(|party| Some(party) == own))
    })
}

/// Counts appointments. `month` reads a minute where people live: a time zone is not the calendar's
/// business. Cost: linear in the appointments.
#[must_use]
pub fn count<'a, M: Ord>(
    appointments: impl IntoIterator<Item = &'a Appointment>,
    month: impl Fn(UtcMinute) -> M,
) -> BTreeMap<Cell<M>, Counts> {
    let mut cells: BTreeMap<Cell<M>, Counts> = BTreeMap::new();
    for it in appointments.into_iter().filter(|it| is_one(it)) {
        let cell = Cell {
            month: month(it.minutes.from),
            agency: it.home.clone(),
            service: it.service.clone(),
            point: it.point.clone(),
        };
        cells.entry(cell).or_default().add(it);
    }
    cells
}

/// Whether it ever was an appointment, or the wish for one, by the rules.
fn is_one(it: &Appointment) -> bool {
    !matches!(it.state, State::Void(why) if why != Why::Taken)
}

impl Counts {
    /// Adds what was counted elsewhere of other appointments.
    pub fn merge(&mut self, other: &Self) {
        let Self { asked, confirmed, kept, no_show, interrupted, refused, .. } = other;
        self.asked += asked;
        self.confirmed += confirmed;
        self.kept += kept;
        self.no_show += no_show;
        self.interrupted += interrupted;
        self.refused += refused;
        self.moved += other.moved;
        for (reason, count) in &other.by_point {
            *self.by_point.entry(*reason).or_default() += count;
        }
        for (reason, count) in &other.by_agency {
            *self.by_agency.entry(*reason).or_default() += count;
        }
        self.taken += other.taken;
        self.suspended += other.suspended;
        self.minutes = self.minutes.saturating_add(other.minutes);
        self.arrived += other.arrived;
        self.early_min = self.early_min.saturating_add(other.early_min);
    }

    fn add(&mut self, it: &Appointment) {
        let place = match (&it.state, it.outcome.map(|outcome| outcome.fate)) {
            (State::Confirmed | State::Called, Some(Fate::Kept)) => &mut self.kept,
            (State::Confirmed | State::Called, Some(Fate::NoShow)) => &mut self.no_show,
            (State::Confirmed | State::Called, Some(Fate::Interrupted)) => &mut self.interrupted,
            (State::Confirmed | State::Called, None) => &mut self.confirmed,
            (State::Asked | State::Queued { .. } | State::Waiting, _) => &mut self.asked,
            (State::Refused { .. }, _) => &mut self.refused,
            (State::CancelledByPoint(_), _) if it.moved => &mut self.moved,
            (State::CancelledByPoint(reason), _) => self.by_point.entry(*reason).or_default(),
            (State::CancelledByAgency(reason), _) => self.by_agency.entry(*reason).or_default(),
            (State::Suspended, _) => &mut self.suspended,
            (State::Void(_), _) => &mut self.taken,
        };
        *place += 1;
        let lasted = it.outcome.filter(|_| it.will_be_seen()).map_or(0, |outcome| outcome.minutes);
        self.minutes = self.minutes.saturating_add(u32::from(lasted));
        if let Some(at) = it.arrived {
            self.arrived += 1;
            self.early_min = self.early_min.saturating_add(it.minutes.from.0.saturating_sub(at.0));
        }
    }
}
