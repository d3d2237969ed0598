// SPDX-License-Identifier: EUPL-1.2
//! What became of appointments, in numbers: by week, month, point, agency or service, on a page and on paper; `numbers` is
//! the file for a spreadsheet. No person in any of it; small numbers are the business of whoever publishes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use crdt_calendar::counts::{Cell, Counts};
use crdt_calendar::time::IsoWeek;
use serde::Deserialize;

use super::App;
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::numbers::{self, Column};
use super::page::{Answer, Door, Page, show};
use crate::clock::{Clock, Period};
use crate::replica::Snapshot;

/// Which months, and what a row is.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Which {
    de: String,
    a: String,
    par: String,
}

/// What a row of the table stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Week,
    Month,
    Point,
    Agency,
    Service,
}

const ALL: [(By, &str, Key); 5] = [
    (By::Week, "semaine", Key("by-week")),
    (By::Month, "mois", Key("by-month")),
    (By::Point, "point", Key("by-point")),
    (By::Agency, "organisme", Key("by-agency")),
    (By::Service, "motif", Key("by-service")),
];

/// What the table counts, in the order of its columns.
const HEADS: [Key; 11] = [
    Key("state-asked"),
    Key("count-confirmed"),
    Key("count-kept"),
    Key("count-no-show"),
    Key("count-interrupted"),
    Key("count-refused"),
    Key("count-moved"),
    Key("count-cancelled-point"),
    Key("count-cancelled-agency"),
    Key("count-minutes"),
    Key("count-arrived"),
];

struct Choice {
    value: &'static str,
    word: String,
    here: bool,
}

/// The counts of one row, in the order of [`HEADS`].
struct Row {
    what: String,
    counts: [u32; HEADS.len()],
}

#[derive(Template)]
#[template(path = "evaluation.html")]
struct EvaluationPage {
    page: Page,
    from: String,
    to: String,
    by: Vec<Choice>,
    by_word: String,
    heads: [String; HEADS.len()],
    rows: Vec<Row>,
    all: Row,
    /// Where the file is, and what its columns are.
    file: String,
    columns: Vec<Column>,
    printed: String,
}

/// The months asked for: both in, `YYYY-MM`; empty is without end.
pub(super) struct Months {
    pub from: String,
    pub to: String,
}

/// The page.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let t = visit.t;
    let (months, fault) = months(t, &which);
    let (by, value, word) = ALL.into_iter().find(|(_, value, _)| *value == which.par).unwrap_or(ALL[0]);
    let snapshot = app.replica.snapshot();
    let mut rows: BTreeMap<(String, String), Counts> = BTreeMap::new();
    let mut sum = Counts::default();
    for (cell, counts) in counted(&app, &snapshot, &months) {
        rows.entry(row_of(t, &app.clock, &snapshot, by, &cell)).or_default().merge(&counts);
        sum.merge(&counts);
    }
    let mut page = app.page(&visit, Door::Coordination, Key("title-evaluation"));
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.fault = fault;
    let view = EvaluationPage {
        page,
        by: ALL.into_iter().map(|(_, it, word)| Choice { value: it, word: t.of(word), here: it == value }).collect(),
        by_word: t.of(word),
        heads: HEADS.map(|head| t.of(head)),
        rows: rows.into_iter().map(|((_, what), counts)| Row { what, counts: columns(&counts) }).collect(),
        all: Row { what: t.say("evaluation-all"), counts: columns(&sum) },
        file: format!("/coordination/nombres.csv?de={}&a={}", months.from, months.to),
        columns: numbers::columns(t),
        printed: format::when_full(t, &app.clock, app.clock.minute()),
        from: months.from,
        to: months.to,
    };
    Ok(show(status, &view))
}

pub(super) fn counted(app: &App, snapshot: &Snapshot, months: &Months) -> impl Iterator<Item = (Cell<Period>, Counts)> {
    let (from, to) = (months.from.clone(), months.to.clone());
    let is_in = move |month: &String| (from.is_empty() || *month >= from) && (to.is_empty() || *month <= to);
    snapshot.counts(|minute| app.clock.period(minute)).into_iter().filter(move |(cell, _)| is_in(&cell.month.month))
}

pub(super) fn months(t: &Texts, which: &Which) -> (Months, Option<String>) {
    let is_good = |month: &&String| month.is_empty() || crate::clock::is_month(month);
    let months = Months { from: which.de.clone(), to: which.a.clone() };
    let are_good = [&months.from, &months.to].iter().all(is_good);
    if !are_good {
        return (Months { from: String::new(), to: String::new() }, Some(t.say("error-month")));
    }
    let is_backwards = !months.from.is_empty() && !months.to.is_empty() && months.from > months.to;
    let fault = is_backwards.then(|| t.say("error-months-backwards"));
    (months, fault)
}

/// By what rows are ordered, and what people read.
fn row_of(t: &Texts, clock: &Clock, snapshot: &Snapshot, by: By, cell: &Cell<Period>) -> (String, String) {
    let unknown = || t.say("evaluation-unknown");
    match by {
        By::Month => (cell.month.month.clone(), format::month_of(t, &cell.month.month)),
        By::Week => {
            let name = cell.month.week.map(|week| week_name(clock, week)).unwrap_or_default();
            let read = name.split_once("-W").map(|(year, week)| format::week_of(t, year, week));
            (name, read.unwrap_or_else(unknown))
        }
        By::Point => by_name(snapshot.name_of(&cell.point)),
        By::Agency => by_name(cell.agency.as_ref().map_or_else(unknown, |agency| snapshot.name_of(agency))),
        By::Service => by_name(match &cell.agency {
            Some(agency) => {
                format!("{} – {}", snapshot.name_of(agency), snapshot.service_name(agency, &cell.service))
            }
            None => cell.service.to_string(),
        }),
    }
}

fn by_name(name: String) -> (String, String) {
    (crate::words::words(&name).join(" "), name)
}

/// `2027-W09`, as ISO 8601 names the week that begins on that Monday.
pub(super) fn week_name(clock: &Clock, week: IsoWeek) -> String {
    // The middle of its Monday is Monday everywhere that Hameau is for.
    let monday = clock.local(week.start().plus_min(12 * 60)).date().iso_week_date();
    format!("{:04}-W{:02}", monday.year(), monday.week())
}

fn columns(it: &Counts) -> [u32; HEADS.len()] {
    [
        it.asked + it.suspended,
        it.confirmed,
        it.kept,
        it.no_show,
        it.interrupted,
        it.refused,
        it.moved,
        it.by_point.values().sum(),
        it.by_agency.values().sum::<u32>() + it.taken,
        it.minutes,
        it.arrived,
    ]
}
