// SPDX-License-Identifier: EUPL-1.2
//! An agency's note on an appointment: on a page of its own, for reading it leaves a line in the access journal.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::fold::Appointment;
use serde::Deserialize;

use super::App;
use super::agenda::Row;
use super::appointment::{found, no, settle, shown};
use super::guard::Visit;
use super::i18n::Key;
use super::page::{Answer, Door, Page, go, oops, show};
use crate::replica::{NOTE_CHARS_MAX, Note};

/// What was written.
#[derive(Deserialize)]
pub(super) struct Written {
    #[serde(default)]
    note: String,
}

#[derive(Template)]
#[template(path = "note.html")]
struct NotePage {
    page: Page,
    row: Row,
    text: String,
    chars_max: usize,
}

/// The note, and the form that changes it.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    let closed = |_| oops(&app, &visit, StatusCode::SERVICE_UNAVAILABLE, visit.t.say("error-journal"));
    let who = visit.signed.as_ref().map(|signed| signed.account.as_str()).unwrap_or_default();
    let note = app.replica.open_note(who, it.id).await.map_err(closed)?;
    let text = note.map(|note| note.text().to_owned()).unwrap_or_default();
    Ok(note_page(&app, &visit, StatusCode::OK, &it, text, None).await)
}

async fn note_page(
    app: &App,
    visit: &Visit,
    status: StatusCode,
    it: &Appointment,
    text: String,
    fault: Option<String>,
) -> Response {
    let row = shown(app, visit, "note", it).await;
    let mut page = app.page(visit, Door::Advisor, Key("title-note"));
    page.fault = fault;
    show(status, &NotePage { page, row, text, chars_max: NOTE_CHARS_MAX })
}

/// Keeps what was written in place of what was; nothing written lets it go.
pub(super) async fn write(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(written): Form<Written>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let Some(note) = Note::new(&written.note) else {
        let max = NOTE_CHARS_MAX.to_string();
        let fault = Some(visit.t.text("error-note", "max", &max));
        return Ok(note_page(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, &it, written.note, fault).await);
    };
    let done = if note.text().is_empty() { "note-vide" } else { "note" };
    settle(&app, app.replica.keep_note(it.id, note)).await.map_err(|it| no(&app, &visit, it))?;
    let date = app.clock.local(it.minutes.from).date();
    Ok(go(&format!("/conseiller?jour={date}&fait={done}#rdv-{short}")))
}
