// SPDX-License-Identifier: EUPL-1.2
//! A browser at one member's portal: its session, its requests, and the answers, read whole.

use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use tower::Service as _;

use crate::account::{Account, AccountName, AccountRole, Password};
use crate::portal::entrance::Entrance;
use crate::portal::{App, router};

/// Longer than anything takes on a busy machine.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);
/// The port that the browser believes in.
pub(super) const PORT: u16 = 8046;
/// The name that people of the office type.
pub(super) const OFFICE: &str = "caisse.lan:4649";

/// The password of every account of the stage.
pub(super) const PASSWORD: &str = "quatre mots à retenir";

/// An account of each role, named like it.
pub(super) static ACCOUNTS: LazyLock<Vec<Account>> = LazyLock::new(|| {
    let password = Password::typed(PASSWORD).expect("short enough");
    let account = |role: AccountRole| {
        let name = AccountName::new(role.word()).expect("a name");
        Account::new(name, role, &password).expect("made")
    };
    AccountRole::ALL.into_iter().map(account).collect()
});

/// A browser at one member's portal.
pub(super) struct Browser {
    pub app: Arc<App>,
    router: Router,
    entrance: Entrance,
    cookie: String,
    token: String,
}

/// An answer, read whole.
pub(super) struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Browser {
    /// A browser that has opened its first page by this listener.
    pub(super) async fn at(app: Arc<App>, entrance: Entrance) -> Self {
        let router = router(&app, entrance);
        let mut browser = Self { router, app, entrance, cookie: String::new(), token: String::new() };
        let first = browser.get("/evenements-rien").await;
        let cookie = first.headers[header::SET_COOKIE].to_str().expect("text");
        browser.cookie = cookie.split(';').next().expect("a pair").to_owned();
        let session = browser.cookie.split_once('=').expect("a pair").1.to_owned();
        browser.token = browser.app.guard.token(&session);
        browser
    }

    /// As after the page of signing in, without the time that a password takes.
    pub(super) fn signed_in(mut self, role: AccountRole) -> Self {
        let account = ACCOUNTS.iter().find(|it| it.role == role).expect("one of each role");
        let signed = self.app.sessions.begin(account, self.entrance, None, self.app.now_ms());
        self.take(&signed.id);
        self
    }

    /// The session that the browser has from now on.
    pub(super) fn take(&mut self, id: &str) {
        self.cookie = format!("{}={id}", self.cookie.split('=').next().expect("a name"));
        self.token = self.app.guard.token(id);
    }

    /// Takes the cookie of an answer, as a browser does; tells whether there was one.
    pub(super) fn keep_cookie(&mut self, page: &Page) -> bool {
        let cookies = page.headers.get_all(header::SET_COOKIE).iter().filter_map(|it| it.to_str().ok());
        let own = format!("{}=", self.cookie.split('=').next().expect("a name"));
        let found = cookies.filter_map(|it| it.strip_prefix(&own)).next_back();
        let id = found.map(|it| it.split(';').next().expect("a value").to_owned());
        if let Some(id) = &id {
            self.take(id);
        }
        id.is_some()
    }

    /// As if so long had passed in all sessions of this portal.
    pub(super) fn let_pass(&self, ms: u64) {
        self.app.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// The session's id.
    pub(super) fn session(&self) -> &str {
        self.cookie.split_once('=').expect("a pair").1
    }

    /// A request as our own pages send it.
    pub(super) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let (scheme, host) = match self.entrance {
            Entrance::Loopback => ("http", format!("127.0.0.1:{PORT}")),
            Entrance::Office => ("https", OFFICE.to_owned()),
        };
        let builder = Request::builder().method(method).uri(path).header(header::HOST, &host);
        let builder = if self.cookie.is_empty() { builder } else { builder.header(header::COOKIE, &self.cookie) };
        if method == "POST" { builder.header(header::ORIGIN, format!("{scheme}://{host}")) } else { builder }
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// The raw answer, its body not yet read.
    pub(super) async fn send(&self, request: Request<Body>) -> Response {
        let answer = tokio::time::timeout(DEADLINE, self.router.clone().call(request)).await;
        answer.expect("an answer in time").expect("infallible")
    }

    pub(super) async fn read(&self, request: Request<Body>) -> Page {
        let (parts, body) = self.send(request).await.into_parts();
        let bytes = to_bytes(body, 10_000_000).await.expect("a whole body");
        // No-break spaces stand in hours and before signs.
        let text = String::from_utf8(bytes.to_vec()).expect("text").replace('\u{a0}', " ");
        Page { status: parts.status, headers: parts.headers, text }
    }

    pub(super) async fn get(&self, path: &str) -> Page {
        self.read(self.request("GET", path).body(Body::empty()).expect("a request")).await
    }

    /// Sends a form with its token.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = format!("csrf={}", self.token);
        for (name, value) in fields {
            body += &format!("&{name}={}", encoded(value));
        }
        let request = self.request("POST", path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.read(request.body(Body::from(body)).expect("a request")).await
    }
}

impl Page {
    /// Where it leads.
    pub(super) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().expect("text"))
    }

    /// The text between two marks.
    pub(super) fn between(&self, before: &str, after: &str) -> &str {
        let rest = self.text.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.text)).1;
        rest.split_once(after).expect("closed").0
    }
}

/// Percent-encoding of every byte.
fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
