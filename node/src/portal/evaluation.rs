// SPDX-License-Identifier: EUPL-1.2
//! What became of appointments, in numbers: by week, month, point, agency or service, on a page, on paper and as a file
//! for a spreadsheet. No person in any of it; small numbers are the business of whoever publishes them.
//!
//! The file is CSV (RFC 4180), UTF-8 with a byte order mark, `;` between the columns: what spreadsheets set to French
//! open without a question. Columns: see [`COLUMNS`]; one row a week, month, agency, service and point.

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
use super::page::{Answer, Door, Page, download, oops, show};
use crate::clock::{Clock, Period};
use crate::replica::Snapshot;

/// The columns of the file. `week` is `2027-W09` (ISO 8601), empty of what an earlier version counted; names follow the
/// ids of which they are; the counts exclude each other but for the last three: minutes of appointments that took place
/// or began, people who came, and the minutes by which they came early.
const COLUMNS: [&str; 23] = [
    "month",
    "week",
    "agency_id",
    "agency",
    "service_id",
    "service",
    "point_id",
    "point",
    "insee",
    "asked",
    "confirmed",
    "kept",
    "no_show",
    "interrupted",
    "refused",
    "moved",
    "cancelled_by_point",
    "cancelled_by_agency",
    "taken_back",
    "suspended",
    "minutes",
    "arrived",
    "early_min",
];
const FILE: &str = "hameau-rendez-vous.csv";
/// Before names that a spreadsheet would take for a formula.
const NO_FORMULA: char = '\'';

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
    /// Where the file is.
    file: String,
    printed: String,
}

/// The months asked for: both in, `YYYY-MM`; empty is without end.
struct Months {
    from: String,
    to: String,
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
        printed: format::when_full(t, &app.clock, app.clock.minute()),
        from: months.from,
        to: months.to,
    };
    Ok(show(status, &view))
}

/// The same for a spreadsheet, in full.
pub(super) async fn file(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let (months, fault) = months(visit.t, &which);
    if let Some(fault) = fault {
        return Err(oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, fault));
    }
    let snapshot = app.replica.snapshot();
    let mut rows = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let written = std::iter::once(Ok(COLUMNS.map(ToOwned::to_owned)))
        .chain(counted(&app, &snapshot, &months).map(|(cell, it)| Ok(line(&app.clock, &snapshot, &cell, &it))))
        .try_for_each(|line: Result<_, csv::Error>| rows.write_record(line?));
    let text = written.map_err(|error| error.to_string()).and_then(|()| rows.into_inner().map_err(|it| it.to_string()));
    let text = text.map_err(|error| {
        tracing::error!(%error, "the counts could not be written");
        oops(&app, &visit, StatusCode::INTERNAL_SERVER_ERROR, visit.t.say("error-internal"))
    })?;
    Ok(download("text/csv; charset=utf-8", FILE, text))
}

fn counted(app: &App, snapshot: &Snapshot, months: &Months) -> impl Iterator<Item = (Cell<Period>, Counts)> {
    let (from, to) = (months.from.clone(), months.to.clone());
    let is_in = move |month: &String| (from.is_empty() || *month >= from) && (to.is_empty() || *month <= to);
    snapshot.counts(|minute| app.clock.period(minute)).into_iter().filter(move |(cell, _)| is_in(&cell.month.month))
}

fn months(t: &Texts, which: &Which) -> (Months, Option<String>) {
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
fn week_name(clock: &Clock, week: IsoWeek) -> String {
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

fn line(clock: &Clock, snapshot: &Snapshot, cell: &Cell<Period>, it: &Counts) -> [String; 23] {
    let agency = cell.agency.as_ref();
    let place = snapshot.roster.member(&cell.point).and_then(|member| member.enrolment.place.as_ref());
    let service = agency.map(|agency| snapshot.service_name(agency, &cell.service));
    let [asked, confirmed, kept, no_show, interrupted, refused, moved] =
        [it.asked, it.confirmed, it.kept, it.no_show, it.interrupted, it.refused, it.moved].map(|it| it.to_string());
    [
        cell.month.month.clone(),
        cell.month.week.map(|week| week_name(clock, week)).unwrap_or_default(),
        agency.map(ToString::to_string).unwrap_or_default(),
        agency.map(|agency| harmless(snapshot.name_of(agency))).unwrap_or_default(),
        cell.service.to_string(),
        service.map(harmless).unwrap_or_default(),
        cell.point.to_string(),
        harmless(snapshot.name_of(&cell.point)),
        place.map(|place| harmless(place.insee.clone())).unwrap_or_default(),
        asked,
        confirmed,
        kept,
        no_show,
        interrupted,
        refused,
        moved,
        it.by_point.values().sum::<u32>().to_string(),
        it.by_agency.values().sum::<u32>().to_string(),
        it.taken.to_string(),
        it.suspended.to_string(),
        it.minutes.to_string(),
        it.arrived.to_string(),
        it.early_min.to_string(),
    ]
}

/// A member's own words, of which a spreadsheet makes no formula (OWASP, "CSV Injection").
fn harmless(text: String) -> String {
    let first = text.chars().next();
    if first.is_some_and(|it| "=+-@\t\r".contains(it)) { format!("{NO_FORMULA}{text}") } else { text }
}
