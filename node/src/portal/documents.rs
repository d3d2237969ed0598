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
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;

use super::App;
use super::appointment::found;
use super::booth;
use super::calls::call_of;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::opening;
use super::page::{Answer, json_fault};
use crate::call::documents::{
    self, DOCUMENT_BYTES_MAX, Declined, Document, Kind, Look, NotExchanged, PagesError, Stand, TEXT_CHARS_MAX,
};
use crate::call::{CallId, CallState};
use crate::devices::DeviceError;

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

/// What is to be said of a device.
#[derive(Serialize)]
struct Device {
    says: String,
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

/// The person in the booth gives one.
pub(super) async fn booth_gives(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(number): Path<u8>,
    request: Request,
) -> Answer {
    Ok(give(&app, visit.t, booth::current(&app, &visit, number)?, request).await)
}

/// The advisor gives one.
pub(super) async fn advisor_gives(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    request: Request,
) -> Answer {
    Ok(give(&app, visit.t, call_of(&found(&app, &visit, &short)?), request).await)
}

/// The person in the booth wants one, or does not.
pub(super) async fn booth_answers(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((number, id)): Path<(u8, String)>,
    Json(answer): Json<Wanted>,
) -> Answer {
    let call = booth::current(&app, &visit, number)?;
    app.calls.answer_document(call, id, answer.wanted).await;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The person in the booth lays a sheet on the scanner.
pub(super) async fn booth_scans(State(app): State<Arc<App>>, visit: Visit, Path(number): Path<u8>) -> Answer {
    let call = booth::current(&app, &visit, number)?;
    let t = visit.t;
    if !app.calls.is_open(call) {
        return Ok(json_fault(StatusCode::CONFLICT, &t.say("error-document-early")));
    }
    let sheet = match app.devices.scan().await {
        Ok(sheet) => sheet,
        Err(error) => return Ok(json_fault(StatusCode::CONFLICT, &device(t, error))),
    };
    let given = async {
        let mut given = app.calls.documents().give(call)?;
        given.write(&sheet)?;
        app.calls.give(call, given, t.say("document-scan")).await
    };
    Ok(match given.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => json_fault(StatusCode::UNPROCESSABLE_ENTITY, &sentence(t, error)),
    })
}

/// The person in the booth prints one.
pub(super) async fn booth_prints(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((number, id)): Path<(u8, String)>,
) -> Answer {
    let t = visit.t;
    let gone = || json_fault(StatusCode::NOT_FOUND, &t.say("error-document-gone"));
    let (_, _, path) = there(&app, booth::current(&app, &visit, number)?, &id).ok_or_else(gone)?;
    Ok(match app.devices.print(&path).await {
        Ok(()) => Json(Device { says: t.say("printed") }).into_response(),
        Err(error) => json_fault(StatusCode::CONFLICT, &device(t, error)),
    })
}

fn device(t: &Texts, error: DeviceError) -> String {
    t.of(match error {
        DeviceError::None => Key("error-device-none"),
        DeviceError::NoProgram => Key("error-device-program"),
        DeviceError::NoPaper => Key("error-device-paper"),
        DeviceError::Stopped => Key("error-device-stopped"),
        DeviceError::Slow => Key("error-device-slow"),
        DeviceError::Faulty => Key("error-device-faulty"),
    })
}

/// The booth looks at one.
pub(super) async fn booth_looks(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(number): Path<u8>,
    Json(looking): Json<Looking>,
) -> Answer {
    Ok(look(&app, booth::current(&app, &visit, number)?, looking).await)
}

/// The advisor looks at one.
pub(super) async fn advisor_looks(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Json(looking): Json<Looking>,
) -> Answer {
    Ok(look(&app, call_of(&found(&app, &visit, &short)?), looking).await)
}

/// A page of one, for the booth.
pub(super) async fn booth_page(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((number, id, page)): Path<(u8, String, u16)>,
) -> Answer {
    Ok(page_of(&app, visit.t, booth::current(&app, &visit, number)?, &id, page).await)
}

/// A page of one, for the advisor.
pub(super) async fn advisor_page(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((short, id, page)): Path<(String, String, u16)>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    opening::open_once(&app, &visit, "call", it.id).await;
    Ok(page_of(&app, visit.t, call_of(&it), &id, page).await)
}

/// The file itself, for the advisor to keep: the person has given it.
pub(super) async fn advisor_file(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((short, id)): Path<(String, String)>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    opening::open_once(&app, &visit, "call", it.id).await;
    let call = call_of(&it);
    let gone = || json_fault(StatusCode::NOT_FOUND, &visit.t.say("error-document-gone"));
    let (document, kind, path) = there(&app, call, &id).ok_or_else(gone)?;
    let file = tokio::fs::File::open(path).await.map_err(|_| gone())?;
    let mut answer = Response::new(Body::from_stream(ReaderStream::new(file)));
    let kept = format!("attachment; filename*=UTF-8''{}", encoded(&kind.named(&document.name)));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type()));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&kept).map_err(|_| gone())?);
    Ok(answer)
}

/// The person in the booth writes.
pub(super) async fn booth_writes(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(number): Path<u8>,
    Json(written): Json<Written>,
) -> Answer {
    Ok(write(&app, visit.t, booth::current(&app, &visit, number)?, written).await)
}

/// The advisor writes.
pub(super) async fn advisor_writes(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Json(written): Json<Written>,
) -> Answer {
    Ok(write(&app, visit.t, call_of(&found(&app, &visit, &short)?), written).await)
}

async fn write(app: &App, t: &Texts, call: CallId, written: Written) -> Response {
    if written.text.chars().count() > TEXT_CHARS_MAX {
        return json_fault(StatusCode::UNPROCESSABLE_ENTITY, &t.say("error-text-long"));
    }
    if !app.calls.is_open(call) {
        return json_fault(StatusCode::CONFLICT, &t.say("error-text-early"));
    }
    app.calls.write(call, written.text).await;
    StatusCode::NO_CONTENT.into_response()
}

async fn give(app: &App, t: &Texts, call: CallId, request: Request) -> Response {
    if !app.calls.is_open(call) {
        return json_fault(StatusCode::CONFLICT, &t.say("error-document-early"));
    }
    match keep(app, call, request).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => json_fault(StatusCode::UNPROCESSABLE_ENTITY, &sentence(t, error)),
    }
}

/// Takes the body as a document, piece by piece.
async fn keep(app: &App, call: CallId, request: Request) -> Result<(), NotExchanged> {
    let name = request.headers().get(NAME_HEADER).and_then(|it| it.to_str().ok()).map(decoded).unwrap_or_default();
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

async fn look(app: &App, call: CallId, looking: Looking) -> Response {
    let look = looking.id.map(|id| Look { id, page: looking.page, point: looking.point });
    app.calls.look(call, look).await;
    StatusCode::NO_CONTENT.into_response()
}

async fn page_of(app: &App, t: &Texts, call: CallId, id: &str, number: u16) -> Response {
    let gone = || json_fault(StatusCode::NOT_FOUND, &t.say("error-document-gone"));
    let Some((_, kind, path)) = there(app, call, id) else { return gone() };
    match documents::page(&path, kind, number).await {
        Ok(page) => {
            let count = [("document-pages", page.count.to_string())];
            ([(header::CONTENT_TYPE, page.media_type)], count, page.bytes).into_response()
        }
        Err(PagesError::NoPoppler) => json_fault(StatusCode::NOT_IMPLEMENTED, &t.say("error-document-poppler")),
        Err(PagesError::NoPage) => json_fault(StatusCode::UNPROCESSABLE_ENTITY, &t.say("error-document-page")),
        Err(PagesError::Gone) => gone(),
    }
}

/// A document that can be looked at.
fn there(app: &App, call: CallId, id: &str) -> Option<(Document, Kind, PathBuf)> {
    let state = app.calls.watch(call).borrow().clone();
    let document = state.documents.into_iter().find(|it| it.id == id && it.stand == Stand::There)?;
    let path = app.calls.documents().file(call, &document)?;
    document.kind.map(|kind| (document, kind, path))
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

/// A name as a header carries it (RFC 8187): all but letters and digits in hexadecimal.
fn encoded(name: &str) -> String {
    name.bytes()
        .map(
            |it| {
                if it.is_ascii_alphanumeric() || it == b'.' { char::from(it).to_string() } else { format!("%{it:02X}") }
            },
        )
        .collect()
}

/// The name in such a header; what is no name reads as none.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next().unwrap_or(b'x'), rest.next().unwrap_or(b'x')];
            let Ok(byte) = u8::from_str_radix(&String::from_utf8_lossy(&hex), 16) else { return String::new() };
            bytes.push(byte);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::i18n::Lang;

    #[test]
    fn names_pass_through_a_header() {
        for name in ["carte d'identité.pdf", "a b%c.png", "日本.jpg", ""] {
            let header = encoded(name);
            assert!(header.is_ascii() && HeaderValue::from_str(&header).is_ok());
            assert_eq!(decoded(&header), name);
        }
        assert_eq!((decoded("%"), decoded("%f"), decoded("%zz"), decoded("%ff")), Default::default());
    }

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
