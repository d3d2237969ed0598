// SPDX-License-Identifier: EUPL-1.2
//! Who may speak to the portal: its own pages on this computer and on the office network, and nobody through them; and
//! of those who sit there, who may open which door.
//!
//! Every request names a host of its own listener with its port (no DNS rebinding); every POST comes from one of our
//! pages (Origin, Sec-Fetch-Site), with a token bound to the browser's session, in at most 64 kB, within
//! 20 s, unless it is a file. Then its row of [`routes`] says who may use it. It is all done here, before anything is routed: a new route
//! cannot forget it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use super::App;
use super::entrance::{Entrance, Names, accepted_language};
use super::i18n::{Key, Lang, Texts};
use super::routes::{self, Access, Judged, Route};
use super::session::{Signed, Standing};
use super::{assets, page, signin};
use crate::config::OfficeSettings;

/// The largest POST: a browser's session description has some 6 kB, a form less.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// The longest time for an answer; live pages begin theirs at once.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// ... to a file: the largest over 4 Mbit/s of a building's network.
const FILE_ANSWER_MAX: Duration = Duration::from_secs(60);

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of every answer. `same-origin` keeps the Origin of our own forms readable (with `no-referrer`
/// browsers send `null`) and tells other sites as little: nothing.
const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(self), microphone=(self), geolocation=(), display-capture=(self), payment=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

/// The portal's secret and its names.
pub(super) struct Guard {
    secret: [u8; 32],
    loopback: Names,
    office: Option<Names>,
}

/// Who looks at a page: a browser's session, and the language it reads.
#[derive(Clone)]
pub(super) struct Visit {
    /// The sentences.
    pub t: &'static Texts,
    /// They are in another language than the browser's own.
    pub is_translated: bool,
    /// What every form sends back.
    pub token: String,
    /// Whether only the moving part of the page is wanted.
    pub fragment: bool,
    /// The address without its query, for links that keep the page.
    pub path: String,
    /// The address with its query.
    pub address: String,
    /// Who is signed in, with an open session.
    pub signed: Option<Signed>,
    /// The browser's session, signed in or not; empty for a request that came round the guard.
    pub session: String,
    /// Where it came in.
    pub entrance: Entrance,
    /// Where it speaks from.
    pub peer: IpAddr,
    /// The address of this machine that it speaks to.
    pub reached: IpAddr,
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub from: IpAddr,
    pub reached: IpAddr,
}

/// The browser has another session from now on.
#[derive(Debug, Clone)]
pub(super) struct Renewed(pub String);

/// A form that met a closed session, to be carried out now.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    pub path: String,
    pub body: String,
    pub signed: Signed,
}

#[derive(Deserialize, Default)]
struct Asked {
    lang: Option<String>,
    fragment: Option<String>,
}

impl Guard {
    /// A new secret; tokens of an earlier run are worth nothing.
    pub(super) fn new(port: u16, office: Option<&OfficeSettings>) -> Self {
        Self { secret: random(), loopback: Names::of_loopback(port), office: office.map(Names::of_office) }
    }

    /// `None` where nobody can have come in.
    fn names(&self, entrance: Entrance) -> Option<&Names> {
        match entrance {
            Entrance::Loopback => Some(&self.loopback),
            Entrance::Office => self.office.as_ref(),
        }
    }

    /// Another word after each start of the node.
    pub(super) fn run(&self) -> String {
        self.token("run")
    }

    /// What a form of this session must carry.
    pub(super) fn token(&self, session: &str) -> String {
        HEXLOWER.encode(&self.mac(session).finalize().into_bytes())
    }

    /// Proof that a form which waits for a password was sent by this account to this address.
    pub(super) fn seal(&self, account: &str, path: &str, body: &str) -> String {
        let length = account.len();
        self.token(&format!("form/{length}/{account}/{}/{path}/{body}", path.len()))
    }

    /// The browser speaks the first language again.
    pub(super) fn forget_language(&self, entrance: Entrance, response: &mut Response) {
        if let Some(names) = self.names(entrance) {
            set_cookie(response, &format!("{}=; Max-Age=0; {}", names.lang_cookie, names.attributes));
        }
    }

    fn is_token(&self, session: &str, token: &str) -> bool {
        HEXLOWER.decode(token.as_bytes()).is_ok_and(|bytes| self.mac(session).verify_slice(&bytes).is_ok())
    }

    fn mac(&self, session: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("a key of any length will do");
        mac.update(session.as_bytes());
        mac
    }
}

/// 32 random bytes of the system.
pub(super) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// Lets a request in, or answers with a sentence.
pub(super) async fn admit(
    State((app, entrance)): State<(Arc<App>, Entrance)>,
    request: Request,
    next: Next,
) -> Response {
    let Some(names) = app.guard.names(entrance) else {
        tracing::error!("a request came in where there is no entrance");
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = request.headers();
    let asked: Asked = query(&request);
    let chosen = asked.lang.as_deref().and_then(Lang::from_code);
    let lang = chosen.unwrap_or_else(|| names.language(headers));
    if !names.is_host(headers) || !names.is_ours(&request) {
        return refuse(StatusCode::FORBIDDEN, lang.texts(), Key("error-foreign-request"));
    }
    // One of the other way in is none here: nothing of it can be read, and nothing ended.
    let known = names.session(headers).filter(|id| app.sessions.may_come_by(id, entrance));
    let visit = visit(&app, entrance, lang, &request, known.as_deref(), asked.fragment.is_some());
    let session = visit.session.clone();
    let mut response = answer(&app, visit, known.is_some(), request, next).await;
    let renewed = response.extensions_mut().remove::<Renewed>().map(|Renewed(id)| id);
    if let Some(id) = renewed.or_else(|| known.is_none().then_some(session)) {
        set_cookie(&mut response, &format!("{}={id}; {}", names.cookie, names.attributes));
    }
    if chosen.is_some() {
        let year = 365 * 24 * 3600;
        set_cookie(
            &mut response,
            &format!("{}={}; Max-Age={year}; {}", names.lang_cookie, lang.code(), names.attributes),
        );
    }
    response
}

fn visit(app: &App, entrance: Entrance, lang: Lang, request: &Request, known: Option<&str>, fragment: bool) -> Visit {
    let session = known.map_or_else(|| HEXLOWER.encode(&random()), ToOwned::to_owned);
    let signed = match app.standing(entrance, &session) {
        Standing::Open(signed) => Some(signed),
        _ => None,
    };
    let here = IpAddr::from(Ipv4Addr::LOCALHOST);
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    let peer = peer.map_or(Peer { from: here, reached: here }, |ConnectInfo(peer)| *peer);
    let uri = request.uri();
    Visit {
        t: lang.texts(),
        is_translated: lang != accepted_language(request.headers()),
        token: app.guard.token(&session),
        fragment,
        path: uri.path().to_owned(),
        address: uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string),
        signed,
        session,
        entrance,
        peer: peer.from,
        // A browser of this machine has its calls on the one loopback that every machine has.
        reached: if entrance == Entrance::Loopback { here } else { peer.reached },
    }
}

/// Judges a request by its row and lets it through; then what a signing-in brought along.
async fn answer(app: &Arc<App>, visit: Visit, is_known: bool, request: Request, next: Next) -> Response {
    let is_unstaffed = visit.entrance == Entrance::Office && app.replica.snapshot().accounts.is_empty();
    if is_unstaffed && !request.uri().path().starts_with(assets::base()) {
        return signin::nobody_works_here(app, &visit);
    }
    let Some(route) = routes::find(request.method(), request.uri().path()) else {
        return page::not_found_for(app, &visit);
    };
    let request = match check_post(app, &visit, route, is_known, request).await {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let mut response = judged(app, visit.clone(), route, request, next.clone()).await;
    let Some(carried) = response.extensions_mut().remove::<Carried>() else { return response };
    let renewed = response.extensions_mut().remove::<Renewed>();
    if let Some((route, visit, request)) = carried_out(app, visit, carried) {
        response = judged(app, visit, route, request, next).await;
    }
    if let Some(renewed) = renewed {
        response.extensions_mut().insert(renewed);
    }
    response
}

/// The form that waited, as if it had been sent now.
fn carried_out(app: &App, visit: Visit, carried: Carried) -> Option<(&'static Route, Visit, Request)> {
    let route = routes::find(&Method::POST, &carried.path)?;
    let request = Request::post(&carried.path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(carried.body));
    let visit = Visit {
        token: app.guard.token(&carried.signed.id),
        session: carried.signed.id.clone(),
        path: carried.path.clone(),
        address: carried.path,
        signed: Some(carried.signed),
        ..visit
    };
    Some((route, visit, request.ok()?))
}

/// Lets a request through to what answers its row, if who asks may.
async fn judged(app: &Arc<App>, visit: Visit, route: &'static Route, mut request: Request, next: Next) -> Response {
    if let Some(elsewhere) = page::elsewhere(app, &visit, route.at) {
        return elsewhere;
    }
    match (route.access(visit.entrance), &visit.signed) {
        (Access::Everyone, _) => {}
        (Access::Nobody, _) => {
            return page::oops(app, &visit, StatusCode::NOT_FOUND, visit.t.say("error-loopback-only"));
        }
        (Access::Staff(roles), Some(signed)) if roles.contains(&signed.role) => {}
        (Access::Staff(_), Some(_)) => {
            return page::oops(app, &visit, StatusCode::FORBIDDEN, visit.t.say("error-role-elsewhere"));
        }
        (Access::Staff(_), None) => return signin::ask(app, &visit, request).await,
    }
    if let Some(signed) = &visit.signed
        && route.by_hand
        && !visit.fragment
    {
        app.sessions.touch(&signed.id, app.now_ms());
    }
    let t = visit.t;
    request.extensions_mut().insert(visit);
    request.extensions_mut().insert(Judged(route));
    let answer_max = if route.is_file { FILE_ANSWER_MAX } else { ANSWER_MAX };
    let answered = tokio::time::timeout(answer_max, next.run(request)).await;
    answered.unwrap_or_else(|_| refuse(StatusCode::SERVICE_UNAVAILABLE, t, Key("error-internal")))
}

/// Puts the headers on every answer, refusals too. Nothing is kept by the browser unless it says so itself.
pub(super) async fn dress(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// For a POST: its size, its token. The body is read once and handed on; a file's is handed on unread.
async fn check_post(
    app: &App,
    visit: &Visit,
    route: &Route,
    is_known: bool,
    request: Request,
) -> Result<Request, Response> {
    if request.method() != Method::POST {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let is_script = is_script(&parts.headers);
    let no = |status, key| {
        let sentence = visit.t.of(key);
        if is_script { page::json_fault(status, &sentence) } else { page::oops(app, visit, status, sentence) }
    };
    let (token, body) = if route.is_file {
        (token_of(&parts.headers, &Bytes::new()), body)
    } else {
        let read = tokio::time::timeout(ANSWER_MAX, to_bytes(body, BODY_BYTES_MAX)).await;
        let Ok(Ok(bytes)) = read else { return Err(no(StatusCode::PAYLOAD_TOO_LARGE, Key("error-too-long"))) };
        (token_of(&parts.headers, &bytes), Body::from(bytes))
    };
    let fits = is_known && token.is_some_and(|token| app.guard.is_token(&visit.session, &token));
    if !fits {
        return Err(no(StatusCode::FORBIDDEN, Key("error-session-old")));
    }
    Ok(Request::from_parts(parts, body))
}

/// Whether a page's script asks, and reads JSON.
pub(super) fn is_script(headers: &HeaderMap) -> bool {
    let accepts_json = || headers.get(header::ACCEPT).is_some_and(|it| it.as_bytes() == b"application/json");
    headers.contains_key("x-csrf-token") || accepts_json()
}

fn token_of(headers: &HeaderMap, body: &Bytes) -> Option<String> {
    if let Some(token) = headers.get("x-csrf-token") {
        return token.to_str().ok().map(ToOwned::to_owned);
    }
    // A token is hexadecimal: nothing in it is ever percent-encoded.
    let value = body.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"csrf="))?;
    core::str::from_utf8(value).ok().map(ToOwned::to_owned)
}

fn refuse(status: StatusCode, t: &Texts, key: Key) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], t.of(key)).into_response()
}

fn query(request: &Request) -> Asked {
    Query::try_from_uri(request.uri()).map(|Query(asked)| asked).unwrap_or_default()
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
