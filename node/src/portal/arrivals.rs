// SPDX-License-Identifier: EUPL-1.2
//! People who have arrived and wait for this agency: on every page of an advisor, which rings for them.
//!
//! Point and hour, never who: it is read across a room, and in a notification of the computer.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;

use super::App;
use super::agenda;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, show};
use crate::call::Phase;
use crate::call::calendar::call_id;

#[derive(Template)]
#[template(path = "arrivals.html")]
struct ArrivalsPage {
    page: Page,
}

/// Somebody who waits.
pub(super) struct Waiting {
    pub short: String,
    pub sentence: String,
    /// The same for a notification.
    pub notice: String,
}

/// The moving part of an advisor's page.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    Ok(show(StatusCode::OK, &ArrivalsPage { page: app.page(&visit, Door::Advisor, Key("title-advisor")) }))
}

/// Who has arrived today and is in no call, in order of time.
pub(super) fn waiting(app: &App, t: &Texts) -> Vec<Waiting> {
    let snapshot = app.replica.snapshot();
    let Some((from, to)) = app.clock.day(app.clock.local_now().date()) else { return Vec::new() };
    let sealed = BTreeMap::new();
    let today = snapshot.agenda(from, to);
    let rows =
        today.into_iter().filter(|it| it.arrived.is_some()).map(|it| agenda::row(app, t, &snapshot, it, &sealed));
    // Whose call was cut may be gone, until the booth calls again.
    let is_ringing = |row: &agenda::Row| app.calls.watch(call_id(&row.id)).borrow().phase == Phase::Ringing;
    let waiting = rows.filter(|row| row.can_call && !row.in_call && (!row.resumable || is_ringing(row)));
    let told = waiting.map(|row| Waiting {
        sentence: t.text("advisor-person-waiting", "point", &row.point),
        notice: t.texts("ring-notice", &[("point", row.point.as_str()), ("time", row.time.as_str())]),
        short: row.short.to_string(),
    });
    told.collect()
}
