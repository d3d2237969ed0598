// SPDX-License-Identifier: EUPL-1.2
//! The slip: printed for the person at the point; its codes read back at the agency, where no network leads.

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
use super::appointment::{SETTLE_MAX, duration, found, no, papers, shown, when};
use super::format;
use super::guard::Visit;
use super::i18n::Key;
use super::page::{Answer, Door, Page, go, oops, show};
use super::terms;
use crate::replica::{Imported, short_act};
use crate::slip::{self, Code, CodeError};

#[derive(Template)]
#[template(path = "slip.html")]
struct SlipPage {
    page: Page,
    row: Row,
    when: String,
    duration: String,
    papers: Vec<String>,
    /// What to do before.
    before: Option<String>,
    confirmed: bool,
    printed: String,
    /// Where to call if one cannot come.
    telephone: Option<String>,
    codes: Vec<Drawing>,
}

/// A QR code, drawn.
struct Drawing {
    path: String,
    width: i32,
    /// Which one it is, where there are several.
    caption: Option<String>,
}

#[derive(Template)]
#[template(path = "slip_read.html")]
struct ReadPage {
    page: Page,
    chars_max: usize,
}

/// What a scanner typed.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    code: String,
}

/// The slip for the person, to be printed.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    let row = shown(&app, &visit, "slip", &it).await;
    if !row.alive && !row.queue.as_ref().is_some_and(|queue| queue.waits) {
        // A person who holds that paper would come.
        return Err(oops(&app, &visit, StatusCode::CONFLICT, visit.t.say("error-no-slip")));
    }
    let view = SlipPage {
        page: app.page(&visit, Door::Animateur, Key("title-slip")),
        when: when(&app, &visit, &it, &row),
        duration: duration(&app, visit.t, &it),
        printed: format::time(visit.t, &app.clock.local_now()),
        papers: papers(&app, &it),
        telephone: app.telephone.clone(),
        before: terms::of_appointment(&app, visit.t, &it).before,
        confirmed: it.is_confirmed(),
        // A queue is of today and goes on without paper.
        codes: if row.queue.is_some() { Vec::new() } else { drawings(&app, &visit, &it).await },
        row,
    };
    Ok(show(StatusCode::OK, &view))
}

/// The codes of an appointment; none where an earlier box wrote it, where there are too many for paper, or while the
/// disk refuses: what it did not keep is not to be carried about.
async fn drawings(app: &App, visit: &Visit, it: &Appointment) -> Vec<Drawing> {
    let agency = it.home.as_ref().and_then(|home| app.replica.snapshot().roster.key(home));
    let frames = app.replica.slip(it.id, agency, slip::FRAME_BYTES_MAX).await.ok().flatten().unwrap_or_default();
    let texts = slip::texts(&frames).unwrap_or_default();
    let count = texts.len();
    let drawn = (1..).zip(&texts).filter_map(|(place, text): (usize, &String)| {
        let (path, width) = slip::drawing(text)?;
        let which = [("place", place.to_string()), ("count", count.to_string())];
        let caption = || visit.t.texts("slip-code-of", &which.each_ref().map(|(key, value)| (*key, value.as_str())));
        Some(Drawing { path, width, caption: (count > 1).then(caption) })
    });
    drawn.collect()
}

/// Where a code is read.
pub(super) async fn reading(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    Ok(read_page(&app, &visit, StatusCode::OK, None, None))
}

fn read_page(app: &App, visit: &Visit, status: StatusCode, notice: Option<String>, fault: Option<String>) -> Response {
    let mut page = app.page(visit, Door::Advisor, Key("title-slip-read"));
    (page.notice, page.fault) = (notice, fault);
    show(status, &ReadPage { page, chars_max: slip::TEXT_CHARS_MAX })
}

/// Takes a code in through the gate, and shows the appointment that it is about.
pub(super) async fn read(State(app): State<Arc<App>>, visit: Visit, Form(typed): Form<Typed>) -> Answer {
    let refuse = |key| read_page(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, None, Some(visit.t.of(key)));
    let code = Code::read(&typed.code).map_err(|error| refuse(unread(error)))?;
    let snapshot = app.replica.snapshot();
    let folio = code.batch.folio;
    let is_member = snapshot.roster.member_of(&folio.writer.key).is_some();
    if !is_member || !code.batch.head.verify(snapshot.territory, folio) {
        return Err(refuse(Key("slip-read-foreign")));
    }
    // A part, never a whole file: paper may be old, and is no sign that the member was heard.
    let taken = app.replica.import(vec![code.frame.clone()], None).await.map_err(|it| no(&app, &visit, it))?;
    if let Some(key) = untaken(&taken) {
        return Err(refuse(key));
    }
    if code.place < code.count {
        let next = (code.place + 1).to_string();
        return Ok(read_page(&app, &visit, StatusCode::OK, Some(visit.t.text("slip-read-next", "place", &next)), None));
    }
    let Some(it) = appeared(&app, &code).await else { return Err(refuse(Key("slip-read-unknown"))) };
    if !app.replica.snapshot().is_ours(&it) {
        return Err(refuse(Key("slip-read-elsewhere")));
    }
    let date = app.clock.local(it.minutes.from).date();
    Ok(go(&format!("/conseiller?jour={date}&fait=bulletin#rdv-{}", short_act(&it.id))))
}

/// The appointment of a code, once the calendar shows it.
async fn appeared(app: &App, code: &Code) -> Option<Appointment> {
    let id = code.appointment();
    let mut snapshots = app.replica.watch();
    let shown = snapshots.wait_for(|snapshot| snapshot.appointment_by_id(&id).is_some());
    let snapshot = tokio::time::timeout(SETTLE_MAX, shown).await.ok()?.ok()?;
    snapshot.appointment_by_id(&id).cloned()
}

fn unread(error: CodeError) -> Key {
    match error {
        CodeError::Form => Key("slip-read-form"),
        CodeError::Version => Key("slip-read-version"),
    }
}

/// Why the gate did not take what was in a code.
fn untaken(taken: &Imported) -> Option<Key> {
    match taken {
        Imported { doubled: 1.., .. } => Some(Key("slip-read-doubled")),
        Imported { outside: 1.., .. } => Some(Key("slip-read-outside")),
        Imported { no_room: 1.., .. } => Some(Key("slip-read-no-room")),
        // Signed by a member, and does not follow what is here.
        Imported { refused: 1.., .. } => Some(Key("slip-read-gap")),
        _ => None,
    }
}
