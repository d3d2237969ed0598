// SPDX-License-Identifier: EUPL-1.2
//! The file of what became of appointments, for a spreadsheet: what `evaluation` shows, in full.
//!
//! CSV (RFC 4180), UTF-8 with a byte order mark, `;` between the columns: what spreadsheets set to French open without a
//! question. Columns: see [`COLUMNS`], whatever language the page speaks; one row a week, month, agency, service and point.
//! docs/columns.md says the same to whoever has the file alone (a test compares).

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use crdt_calendar::counts::{Cell, Counts};

use super::App;
use super::evaluation::{Which, counted, months, week_name};
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, download, oops};
use crate::clock::{Clock, Period};
use crate::replica::Snapshot;

/// The columns of the file and what each means. The counts exclude each other but for the last three.
const COLUMNS: [(&str, Key); 23] = [
    ("mois", Key("column-mois")),
    ("semaine", Key("column-semaine")),
    ("organisme_id", Key("column-agency-id")),
    ("organisme", Key("column-agency")),
    ("motif_id", Key("column-service-id")),
    ("motif", Key("column-service")),
    ("point_id", Key("column-point-id")),
    ("point", Key("column-point")),
    ("insee", Key("column-insee")),
    ("a_confirmer", Key("column-asked")),
    ("confirmes", Key("column-confirmed")),
    ("honores", Key("column-kept")),
    ("absents", Key("column-no-show")),
    ("interrompus", Key("column-interrupted")),
    ("refuses", Key("column-refused")),
    ("deplaces", Key("column-moved")),
    ("annules_point", Key("column-by-point")),
    ("annules_organisme", Key("column-by-agency")),
    ("repris", Key("column-taken")),
    ("en_suspens", Key("column-suspended")),
    ("minutes", Key("column-minutes")),
    ("venus", Key("column-arrived")),
    ("avance_min", Key("column-early")),
];
const FILE: &str = "hameau-rendez-vous.csv";
/// Before names that a spreadsheet would take for a formula.
const NO_FORMULA: char = '\'';

/// A column, for people.
pub(super) struct Column {
    pub name: &'static str,
    pub meaning: String,
}

/// All of them, in their order.
pub(super) fn columns(t: &Texts) -> Vec<Column> {
    COLUMNS.iter().map(|(name, meaning)| Column { name, meaning: t.of(*meaning) }).collect()
}

/// The months asked for, as a file.
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
    let written = std::iter::once(Ok(COLUMNS.map(|(name, _)| name.to_owned())))
        .chain(counted(&app, &snapshot, &months).map(|(cell, it)| Ok(line(&app.clock, &snapshot, &cell, &it))))
        .try_for_each(|line: Result<_, csv::Error>| rows.write_record(line?));
    let text = written.map_err(|error| error.to_string()).and_then(|()| rows.into_inner().map_err(|it| it.to_string()));
    let text = text.map_err(|error| {
        tracing::error!(%error, "the counts could not be written");
        oops(&app, &visit, StatusCode::INTERNAL_SERVER_ERROR, visit.t.say("error-internal"))
    })?;
    Ok(download("text/csv; charset=utf-8", FILE, text))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::i18n::Lang;

    #[test]
    fn the_columns_are_stated() {
        // Goal: the document that explains the file names each column, in its order, with the meaning that the page says.
        let document = include_str!("../../../docs/columns.md").replace('\u{a0}', " ");
        let stated: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
        let said = |(column, english): (Column, Column)| {
            let french = column.meaning.replace('\u{a0}', " ");
            format!("| `{}` | {french} | {} |", column.name, english.meaning)
        };
        let (french, english) = (columns(Lang::French.texts()), columns(Lang::English.texts()));
        assert_eq!(stated, french.into_iter().zip(english).map(said).collect::<Vec<_>>());
    }
}
