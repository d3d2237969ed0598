// SPDX-License-Identifier: EUPL-1.2
//! Counts for the evaluation: what the calendar tells of every member, and what this node counted itself.
//!
//! No person in any of it. Raw: whoever publishes them leaves out what is below five.

use std::collections::BTreeMap;

use crdt_calendar::act::Reason;
use crdt_calendar::counts::{Cell, Counts};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Desk;
use super::answer::{Said, Words, json};
use crate::clock::is_month;
use crate::store::{Tally, TallyKind};

const BAD_MONTH: Words =
    ("ce mois n'existe pas : écrivez-le comme 2027-03", "there is no such month: write it like 2027-03");

/// Both kinds of counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountsView {
    /// From the calendar, of all members: by the month of the appointment.
    pub calendar: Vec<CalendarCounts>,
    /// From this node alone: by the month in which it was counted.
    pub node: Vec<NodeCounts>,
}

/// Appointments of one month, agency, service and point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in `crdt_calendar::counts::Counts`")]
pub struct CalendarCounts {
    pub month: String,
    pub agency: Option<String>,
    pub service: String,
    pub point: String,
    pub asked: u32,
    pub confirmed: u32,
    pub kept: u32,
    pub no_show: u32,
    pub interrupted: u32,
    pub refused: u32,
    pub moved: u32,
    /// By reason, as in `hameau cancel --reason`.
    pub cancelled_by_point: BTreeMap<String, u32>,
    pub cancelled_by_agency: BTreeMap<String, u32>,
    pub taken: u32,
    pub suspended: u32,
    pub minutes: u32,
    pub arrived: u32,
    pub early_min: u32,
}

/// What one node counted of one month, agency and service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCounts {
    /// The month.
    pub month: String,
    /// The agency.
    pub agency: String,
    /// The service.
    pub service: String,
    /// Searches that found no slot.
    pub searches_without_slot: u32,
    /// Bookings by days from the booking to the appointment.
    pub wait_days: BTreeMap<u16, u32>,
    /// Calls by minutes from the arrival to the call.
    pub wait_min: BTreeMap<u16, u32>,
}

/// The counts of a month, or all.
pub(super) async fn counts(desk: &Desk, month: Option<String>) -> Result<Value, Said> {
    if month.as_deref().is_some_and(|it| !is_month(it)) {
        return Err(BAD_MONTH.into());
    }
    let wanted = |it: &String| month.as_ref().is_none_or(|month| month == it);
    let calendar = by_month(desk).into_iter().filter(|(cell, _)| wanted(&cell.month)).map(calendar_counts).collect();
    let tallies = desk.replica.tallies().await.into_iter().filter(|it| wanted(&it.month));
    json(&CountsView { calendar, node: node_counts(tallies) })
}

fn by_month(desk: &Desk) -> BTreeMap<Cell<String>, Counts> {
    let mut months: BTreeMap<Cell<String>, Counts> = BTreeMap::new();
    for (Cell { month, agency, service, point }, counts) in desk.replica.snapshot().counts(|it| desk.clock.period(it)) {
        months.entry(Cell { month: month.month, agency, service, point }).or_default().merge(&counts);
    }
    months
}

fn calendar_counts((cell, it): (Cell<String>, Counts)) -> CalendarCounts {
    CalendarCounts {
        month: cell.month,
        agency: cell.agency.as_ref().map(ToString::to_string),
        service: cell.service.to_string(),
        point: cell.point.to_string(),
        asked: it.asked,
        confirmed: it.confirmed,
        kept: it.kept,
        no_show: it.no_show,
        interrupted: it.interrupted,
        refused: it.refused,
        moved: it.moved,
        cancelled_by_point: by_name(&it.by_point),
        cancelled_by_agency: by_name(&it.by_agency),
        taken: it.taken,
        suspended: it.suspended,
        minutes: it.minutes,
        arrived: it.arrived,
        early_min: it.early_min,
    }
}

fn by_name(counts: &BTreeMap<Reason, u32>) -> BTreeMap<String, u32> {
    counts.iter().map(|(reason, count)| (reason.word().to_owned(), *count)).collect()
}

/// One line for each month, agency and service; the tallies come in that order.
fn node_counts(tallies: impl Iterator<Item = Tally>) -> Vec<NodeCounts> {
    let mut all: BTreeMap<(String, String, String), NodeCounts> = BTreeMap::new();
    for Tally { month, agency, service, kind, count } in tallies {
        let line = all.entry((month.clone(), agency.clone(), service.clone())).or_default();
        (line.month, line.agency, line.service) = (month, agency, service);
        match kind {
            TallyKind::NoSlot => line.searches_without_slot += count,
            TallyKind::WaitDays(days) => *line.wait_days.entry(days).or_default() += count,
            TallyKind::WaitMin(minutes) => *line.wait_min.entry(minutes).or_default() += count,
        }
    }
    all.into_values().collect()
}
