// SPDX-License-Identifier: EUPL-1.2
//! The public screen: what it remembers of whoever is in front of it, and how it forgets.
//!
//! Of a person it knows the commune that was chosen, in memory alone, and that somebody asks for an appointment about a
//! sheet: no name, no hour beyond the minute. A screen that nobody touches asks whether one is still there, then clears
//! itself: the page goes first, then the node forgets and gives the browser another session. Where that fails nothing of
//! the last person is shown, and the page says it (`idle.js`). Without scripts a refresh does the same.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Json, Response};
use crdt_calendar::act::Role;
use crdt_calendar::time::UtcMinute;
use data_encoding::HEXLOWER;
use serde::Deserialize;
use tokio::sync::watch;

use super::App;
use super::entrance::Entrance;
use super::guard::{Renewed, Visit, is_script, random};
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, go, show};
use super::{format, routes};

/// Seconds for which a screen asks whether somebody is there, before it clears itself.
const ASKS_FOR_SEC: u16 = 20;
/// Browsers that have chosen a commune. A point has a screen or two; beyond, the oldest is forgotten.
const VISITORS_MAX: usize = 64;
/// What is asked for at once. Beyond, the oldest goes: the animateur sees that people wait.
const REQUESTS_MAX: usize = 5;

/// When an untouched screen clears itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Idle {
    /// Seconds without a hand after which it asks.
    pub after_sec: u16,
    /// Seconds for which it asks.
    pub within_sec: u16,
    /// There is nothing to forget.
    pub is_clean: bool,
}

/// Somebody at the screen asks for an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    number: u64,
    title: String,
    at: UtcMinute,
}

/// The same, as the animateur sees it.
pub(super) struct RequestView {
    pub number: u64,
    pub sentence: String,
    pub time: String,
}

/// How long a request is shown that nobody has seen to: the person has gone.
const REQUEST_STANDS_MIN: u32 = 120;

/// What the public screens of this box remember.
pub(super) struct Screen {
    idle_after_sec: u16,
    /// Session and INSEE code, the latest last.
    communes: Mutex<VecDeque<(String, String)>>,
    requests: watch::Sender<(u64, VecDeque<Request>)>,
}

impl Screen {
    pub(super) fn new(idle_after_sec: u16) -> Self {
        Self { idle_after_sec, communes: Mutex::default(), requests: watch::Sender::default() }
    }

    /// The commune that was chosen in this browser.
    pub(super) fn commune(&self, session: &str) -> Option<String> {
        let communes = self.communes.lock().unwrap_or_else(PoisonError::into_inner);
        communes.iter().find(|(own, _)| own == session).map(|(_, insee)| insee.clone())
    }

    /// Chooses a commune, or none.
    pub(super) fn choose(&self, session: &str, insee: Option<String>) {
        let mut communes = self.communes.lock().unwrap_or_else(PoisonError::into_inner);
        communes.retain(|(own, _)| own != session);
        if let Some(insee) = insee {
            communes.push_back((session.to_owned(), insee));
        }
        while communes.len() > VISITORS_MAX {
            communes.pop_front();
        }
    }

    /// Somebody asks for an appointment about this; asked twice it is one.
    pub(super) fn request(&self, title: &str, at: UtcMinute) {
        self.requests.send_modify(|(last, requests)| {
            requests.retain(|it| it.title != title);
            *last += 1;
            requests.push_back(Request { number: *last, title: title.to_owned(), at });
            while requests.len() > REQUESTS_MAX {
                requests.pop_front();
            }
        });
    }

    fn seen(&self, number: u64) {
        self.requests.send_modify(|(_, requests)| requests.retain(|it| it.number != number));
    }

    /// Tells when a request comes or goes.
    pub(super) fn watch(&self) -> watch::Receiver<(u64, VecDeque<Request>)> {
        self.requests.subscribe()
    }
}

impl App {
    /// When a page clears itself: at a public screen alone, which is on this computer.
    pub(super) fn idle(&self, visit: &Visit, door: Door) -> Option<Idle> {
        let is_public = door == Door::Citizen && visit.entrance == Entrance::Loopback;
        let is_open = matches!(self.replica.snapshot().role(), Some(Role::Point | Role::Agency));
        (is_public && is_open).then(|| Idle {
            after_sec: self.screen.idle_after_sec,
            within_sec: ASKS_FOR_SEC,
            is_clean: visit.path == "/" && !visit.is_translated && self.screen.commune(&visit.session).is_none(),
        })
    }

    /// What people at the screen ask for.
    pub(super) fn requests(&self, t: &Texts) -> Vec<RequestView> {
        let requests = self.screen.requests.borrow();
        let view = |it: &Request| RequestView {
            number: it.number,
            sentence: t.text("screen-wish", "title", &it.title),
            time: format::time(t, &self.clock.local(it.at)),
        };
        let now = self.clock.minute();
        requests.1.iter().filter(|it| now.0.saturating_sub(it.at.0) < REQUEST_STANDS_MIN).map(view).collect()
    }
}

/// Which request the animateur has seen.
#[derive(Deserialize)]
pub(super) struct Seen {
    #[serde(default)]
    numero: u64,
}

/// The animateur goes to whoever asked.
pub(super) async fn request_seen(State(app): State<Arc<App>>, Form(seen): Form<Seen>) -> Response {
    app.screen.seen(seen.numero);
    go("/animateur")
}

/// Forgets whoever was in front of this browser. A session in which somebody works here stays: it locks by itself.
pub(super) async fn wipe(State(app): State<Arc<App>>, visit: Visit, headers: HeaderMap) -> Response {
    app.screen.choose(&visit.session, None);
    let mut response =
        if is_script(&headers) { Json(serde_json::json!({ "cleared": true })).into_response() } else { go("/") };
    if visit.signed.is_none() {
        response.extensions_mut().insert(Renewed(HEXLOWER.encode(&random())));
        app.guard.forget_language(visit.entrance, &mut response);
    }
    response
}

#[derive(Template)]
#[template(path = "still_there.html")]
struct StillTherePage {
    page: Page,
    within_sec: u16,
    back: String,
}

/// Where a screen without scripts asks whether somebody is there.
pub(super) async fn still_there(State(app): State<Arc<App>>, visit: Visit, headers: HeaderMap) -> Answer {
    let mut page = app.page(&visit, Door::Citizen, Key("idle-title"));
    page.idle = None;
    let view = StillTherePage { page, within_sec: ASKS_FOR_SEC, back: left_page(&headers) };
    Ok(show(StatusCode::OK, &view))
}

/// The citizen's page from which one came; the first where it is not known.
fn left_page(headers: &HeaderMap) -> String {
    let from = headers.get(header::REFERER).and_then(|it| it.to_str().ok());
    let path = from.and_then(|it| it.split_once("://")?.1.split_once('/')).map(|(_, path)| format!("/{path}"));
    path.filter(|path| is_citizens(path)).unwrap_or_else(|| "/".to_owned())
}

/// Whether an address is one of the citizen's pages, and nothing else.
pub(super) fn is_citizens(path: &str) -> bool {
    let begins = ["/themes/", "/fiches/", "/annuaire"].iter().any(|it| path.starts_with(it));
    let is_plain = !path.contains("..") && path.bytes().all(|it| it.is_ascii_alphanumeric() || b"/_-.".contains(&it));
    path == "/" || begins && is_plain && routes::find(&axum::http::Method::GET, path).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_remembers_little_and_forgets_it() {
        // Goal: one commune a browser, forgotten when told; requests are few, the same is one.
        let screen = Screen::new(90);
        for number in 0..200 {
            screen.choose(&format!("session {number}"), Some(format!("{number:05}")));
        }
        assert_eq!(screen.commune("session 199").as_deref(), Some("00199"));
        assert_eq!(screen.commune("session 1"), None);
        screen.choose("session 199", None);
        assert_eq!(screen.commune("session 199"), None);
        for title in ["a", "b", "a", "c", "d", "e", "f"] {
            screen.request(title, UtcMinute(1));
        }
        let titles: Vec<String> = screen.requests.borrow().1.iter().map(|it| it.title.clone()).collect();
        assert_eq!(titles, ["a", "c", "d", "e", "f"]);
        let number = screen.requests.borrow().1[0].number;
        screen.seen(number);
        assert_eq!(screen.requests.borrow().1.len(), 4);
    }

    #[test]
    fn only_citizens_pages_are_gone_back_to() {
        for (path, is) in [
            ("/", true),
            ("/fiches/F1", true),
            ("/themes/N1", true),
            ("/annuaire", true),
            ("/animateur", false),
            ("//evil.example/fiches/", false),
            ("/fiches/../animateur", false),
            ("/fiches/F1?x=1", false),
            ("", false),
        ] {
            assert_eq!(is_citizens(path), is, "{path}");
        }
    }
}
