// SPDX-License-Identifier: EUPL-1.2
//! Documents and texts in a call, for the two pages of it: giving one, saying yes or no to one, looking at one together.
//!
//! What they are and how they travel is in [`crate::call::documents`]. No name of one is in an address or a log.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;

use super::App;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::in_call::InCall;
use super::opening;
use super::page::{Answer, json_fault};
use crate::call::documents::{
    self, DOCUMENT_BYTES_MAX, Declined, Document, Kind, Look, NotExchanged, PagesError, Stand, TEXT_CHARS_MAX,
};
use crate::call::{CallId, CallState};

/// The header that carries a document's name, percent-encoded: addresses and logs hold none.
const NAME_HEADER: &str = "x-document-name";

/// A document as a page lists it.
#[derive(Debug, Serialize)]
pub(super) struct DocumentView {
    id: String,
    name: String,
    from_here: bool,
    /// What it is, how large, and where it stands.
    says: String,
    /// The person here is asked whether it may come.
    asks: bool,
    /// It can be looked at.
    opens: bool,
}

/// Which one.
#[derive(Deserialize)]
pub(super) struct Which {
    pub id: String,
}

/// Which page of it.
#[derive(Deserialize)]
pub(super) struct Numbered {
    page: u16,
}

/// What the person in the booth says to one.
#[derive(Deserialize)]
pub(super) struct Wanted {
    wanted: bool,
}

/// What is looked at; without an id, nothing.
#[derive(Deserialize)]
pub(super) struct Looking {
    id: Option<String>,
    #[serde(default)]
    page: u16,
    point: Option<(u16, u16)>,
}

/// What a person writes to the other side.
#[derive(Deserialize)]
pub(super) struct Written {
    text: String,
}

/// The documents of a call.
pub(super) fn views(t: &Texts, state: &CallState) -> Vec<DocumentView> {
    state.documents.iter().map(|it| view(t, it)).collect()
}

fn view(t: &Texts, it: &Document) -> DocumentView {
    let stand = match (it.stand, it.from_here) {
        (Stand::Asked, true) => t.say("document-asked"),
        (Stand::Asked, false) => t.say("document-asks"),
        (Stand::Moving, _) => t.text("document-moving", "percent", &it.percent.to_string()),
        (Stand::There, true) => t.say("document-sent"),
        (Stand::There, false) => t.say("document-came"),
        (Stand::Declined(why), _) => t.of(match why {
            Declined::Person => Key("document-declined"),
            Declined::Unfit => Key("document-unfit"),
            Declined::TooMany => Key("error-documents-many"),
            Declined::Disk => Key("error-document-disk"),
        }),
    };
    DocumentView {
        id: it.id.clone(),
        name: it.name.clone(),
        from_here: it.from_here,
        says: format!("{}, {stand}", size(t, it.bytes)),
        asks: !it.from_here && it.stand == Stand::Asked,
        opens: it.stand == Stand::There,
    }
}

/// A size as people read it.
fn size(t: &Texts, bytes: u32) -> String {
    let kilo = bytes.div_ceil(1000);
    if kilo < 1000 {
        return t.text("size-kilo", "size", &kilo.to_string());
    }
    let tenths = bytes.div_ceil(100_000);
    t.texts("size-mega", &[("whole", &(tenths / 10).to_string()), ("tenth", &(tenths % 10).to_string())])
}

/// A person gives one.
pub(super) async fn gives(State(app): State<Arc<App>>, visit: Visit, it: InCall, request: Request) -> Response {
    if !app.calls.is_open(it.call) {
        return json_fault(StatusCode::CONFLICT, &visit.t.say("error-document-early"));
    }
    answered(visit.t, keep(&app, it.call, request).await)
}

/// What became of giving one.
pub(super) fn answered(t: &Texts, given: Result<(), NotExchanged>) -> Response {
    match given {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => json_fault(StatusCode::UNPROCESSABLE_ENTITY, &sentence(t, error)),
    }
}

/// The person in the booth wants one, or does not.
pub(super) async fn answers(
    State(app): State<Arc<App>>,
    it: InCall,
    Path(which): Path<Which>,
    Json(answer): Json<Wanted>,
) -> StatusCode {
    app.calls.answer_document(it.call, which.id, answer.wanted).await;
    StatusCode::NO_CONTENT
}

/// A person looks at one, or at none any more.
pub(super) async fn looks(State(app): State<Arc<App>>, it: InCall, Json(looking): Json<Looking>) -> StatusCode {
    let look = looking.id.map(|id| Look { id, page: looking.page, point: looking.point });
    app.calls.look(it.call, look).await;
    StatusCode::NO_CONTENT
}

/// A page of one.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    it: InCall,
    Path(Which { id }): Path<Which>,
    Path(Numbered { page }): Path<Numbered>,
) -> Answer {
    opening::open_once(&app, &visit, "call", it.appointment).await;
    let t = visit.t;
    let (_, kind, path) = there(&app, t, it.call, &id)?;
    let page = documents::page(&path, kind, page).await.map_err(|error| match error {
        PagesError::NoPoppler => json_fault(StatusCode::NOT_IMPLEMENTED, &t.say("error-document-poppler")),
        PagesError::NoPage => json_fault(StatusCode::UNPROCESSABLE_ENTITY, &t.say("error-document-page")),
        PagesError::Gone => gone(t),
    })?;
    let count = [("document-pages", page.count.to_string())];
    Ok(([(header::CONTENT_TYPE, page.media_type)], count, page.bytes).into_response())
}

/// The file itself, for the advisor to keep: the person has given it.
pub(super) async fn file(
    State(app): State<Arc<App>>,
    visit: Visit,
    it: InCall,
    Path(Which { id }): Path<Which>,
) -> Answer {
    opening::open_once(&app, &visit, "call", it.appointment).await;
    let (document, kind, path) = there(&app, visit.t, it.call, &id)?;
    let file = tokio::fs::File::open(path).await.map_err(|_| gone(visit.t))?;
    let name = kind.named(&document.name);
    let kept = format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(&name, NON_ALPHANUMERIC));
    let headers = [(header::CONTENT_TYPE, kind.media_type().to_owned()), (header::CONTENT_DISPOSITION, kept)];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}

/// A person writes to the other side.
pub(super) async fn writes(
    State(app): State<Arc<App>>,
    visit: Visit,
    it: InCall,
    Json(written): Json<Written>,
) -> Response {
    if written.text.chars().count() > TEXT_CHARS_MAX {
        return json_fault(StatusCode::UNPROCESSABLE_ENTITY, &visit.t.say("error-text-long"));
    }
    if !app.calls.is_open(it.call) {
        return json_fault(StatusCode::CONFLICT, &visit.t.say("error-text-early"));
    }
    app.calls.write(it.call, written.text).await;
    StatusCode::NO_CONTENT.into_response()
}

/// Takes the body as a document, piece by piece.
async fn keep(app: &App, call: CallId, request: Request) -> Result<(), NotExchanged> {
    let name = request.headers().get(NAME_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    let name = percent_decode(name).decode_utf8_lossy().into_owned();
    if says_too_long(request.headers()) {
        return Err(NotExchanged::TooLong);
    }
    let mut given = app.calls.documents().give(call)?;
    let mut body = request.into_body().into_data_stream();
    while let Some(piece) = body.next().await {
        // A browser that goes away in the middle has given nothing.
        given.write(&piece.map_err(|_| NotExchanged::Cut)?)?;
    }
    app.calls.give(call, given, name).await
}

fn says_too_long(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|it| it > u64::from(DOCUMENT_BYTES_MAX))
}

/// A document that can be looked at.
pub(super) fn there(app: &App, t: &Texts, call: CallId, id: &str) -> Result<(Document, Kind, PathBuf), Response> {
    let documents = app.calls.watch(call).borrow().documents.clone();
    let document = documents.into_iter().find(|it| it.id == id && it.stand == Stand::There).ok_or_else(|| gone(t))?;
    let path = app.calls.documents().file(call, &document);
    let kind = document.kind.ok_or_else(|| gone(t))?;
    Ok((document, kind, path))
}

fn gone(t: &Texts) -> Response {
    json_fault(StatusCode::NOT_FOUND, &t.say("error-document-gone"))
}

fn sentence(t: &Texts, error: NotExchanged) -> String {
    t.of(match error {
        NotExchanged::Empty => Key("error-document-empty"),
        NotExchanged::TooLong => Key("error-document-long"),
        NotExchanged::Kind => Key("error-document-kind"),
        NotExchanged::TooManyPixels => Key("error-document-pixels"),
        NotExchanged::TooMany => Key("error-documents-many"),
        NotExchanged::Disk => Key("error-document-disk"),
        NotExchanged::Over => Key("error-document-early"),
        NotExchanged::Cut => Key("error-document-cut"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::i18n::Lang;

    #[test]
    fn sizes_read_as_people_say_them() {
        let t = Lang::French.texts();
        for (bytes, says) in
            [(1, "1 ko"), (1000, "1 ko"), (999_001, "1,0 Mo"), (1_000_000, "1,0 Mo"), (2_340_000, "2,4 Mo")]
        {
            assert_eq!(size(t, bytes), says);
        }
    }
}
