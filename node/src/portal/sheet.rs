// SPDX-License-Identifier: EUPL-1.2
//! The day's list of a point, on paper: who comes when, in which booth, with room for a signature. One day a page.
//!
//! What does not take place is left out. It says when it was printed: paper does not bring itself up to date.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::App;
use super::agenda::{self, Day};
use super::animateur::{self, Cut};
use super::format;
use super::guard::Visit;
use super::i18n::Key;
use super::page::{Answer, Door, Page, show};

/// Which day.
#[derive(Deserialize)]
pub(super) struct Which {
    jour: Option<String>,
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct SheetPage {
    page: Page,
    day: Day,
    /// The day with its year.
    full: String,
    count: String,
    printed: String,
    /// Agencies that are not heard: what they have changed is not on it.
    cut: Option<Cut>,
}

/// The sheet of a day.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let t = visit.t;
    let (date, fault) = agenda::chosen_day(&app, t, which.jour.as_deref());
    let mut page = app.page(&visit, Door::Animateur, Key("title-sheet"));
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.fault = fault;
    let day = agenda::day_on_paper(&app, &visit, "sheet", date).await;
    let view = SheetPage {
        full: format::day_full(t, date),
        count: t.count("sheet-count", "count", day.rows.len()),
        printed: format::when_full(t, &app.clock, app.clock.minute()),
        cut: animateur::cut(&app, t),
        day,
        page,
    };
    Ok(show(status, &view))
}
