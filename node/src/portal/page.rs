// SPDX-License-Identifier: EUPL-1.2
//! What all pages share: the frame around them, faults as pages, and which door is open on this node.

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use crdt_calendar::act::Role;

use super::App;
use super::arrivals::{self, Waiting};
use super::entrance::Entrance;
use super::guard::Visit;
use super::i18n::{Key, Lang, Texts};
use super::screen::Idle;
use super::trouble::{self, Told};
use super::{assets, format};
use crate::account::AccountRole;

/// What a handler gives: a page, or a page that says what went wrong.
pub(super) type Answer = Result<Response, Response>;

/// The frame around a page.
pub(super) struct Page {
    pub t: &'static Texts,
    pub title: String,
    /// Whose box it is.
    pub place: String,
    /// The time of the demonstration, where the clock is shifted.
    pub shifted: Option<String>,
    pub demo: bool,
    /// All of it is for practice.
    pub practice: bool,
    /// Why the disk refuses, if it does: what is shown is the last that it kept.
    pub disk_refuses: Option<String>,
    /// What is wrong with this box, for those who work here.
    pub damage: Vec<String>,
    /// What waits for a person at an agency, for those who work here.
    pub unsettled: Vec<String>,
    /// This box lives anew: what to do, for those who work with it.
    pub anew: Option<Told>,
    pub token: String,
    pub base: &'static str,
    /// The door, for the style and the navigation.
    pub door: Door,
    pub nav: Vec<Link>,
    /// What has just been done.
    pub notice: Option<String>,
    /// What went wrong.
    pub fault: Option<String>,
    /// Who is signed in, on a door of those who work here.
    pub signed: Option<SignedView>,
    /// People who have arrived and wait, on an advisor's page.
    pub waiting: Vec<Waiting>,
    /// When it clears itself, on a public screen.
    pub idle: Option<Idle>,
    path: String,
    /// What stands behind its path, on a door of those who work here: numbers and names of agencies, no person.
    query: String,
}

/// Who is signed in.
pub(super) struct SignedView {
    pub name: String,
    pub role: String,
}

/// A link of the navigation.
pub(super) struct Link {
    pub href: &'static str,
    pub label: String,
    pub here: bool,
}

/// A door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Citizen,
    Booth,
    Animateur,
    Advisor,
    Coordination,
}

impl Door {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Booth => "booth",
            Self::Animateur => "animateur",
            Self::Advisor => "advisor",
            Self::Coordination => "coordination",
        }
    }

    /// Where its first page is.
    pub(super) fn home(self) -> &'static str {
        match self {
            Self::Citizen => "/",
            Self::Booth => "/cabine",
            Self::Animateur => "/animateur",
            Self::Advisor => "/conseiller",
            Self::Coordination => "/coordination",
        }
    }

    /// Whether those who work here look at it: a citizen is not told of what only they can mend.
    fn is_of_staff(self) -> bool {
        matches!(self, Self::Animateur | Self::Advisor | Self::Coordination)
    }

    fn links(self) -> &'static [(&'static str, Key)] {
        match self {
            Self::Animateur => &[
                ("/animateur", Key("nav-agenda")),
                ("/animateur/rendez-vous/nouveau", Key("nav-book")),
                ("/animateur/essai", Key("nav-trial")),
                ("/", Key("nav-portal")),
            ],
            Self::Advisor => &[
                ("/conseiller", Key("nav-agenda")),
                ("/conseiller/semaine", Key("nav-week")),
                ("/conseiller/bulletin", Key("nav-slip")),
                ("/conseiller/essai", Key("nav-trial")),
                ("/", Key("nav-portal")),
            ],
            Self::Coordination => &[
                ("/coordination", Key("nav-members")),
                ("/coordination/nombres", Key("nav-numbers")),
                ("/", Key("nav-portal")),
            ],
            // A citizen's screen and the booth lead nowhere else.
            Self::Citizen | Self::Booth => &[],
        }
    }
}

impl Page {
    pub(super) fn lang(&self) -> &'static str {
        self.t.lang().code()
    }

    pub(super) fn other_lang(&self) -> &'static str {
        self.t.lang().other().code()
    }

    /// The same page in the other language; what was searched on the public screen is left behind.
    pub(super) fn other_href(&self) -> String {
        let kept =
            self.query.split('&').filter(|it| !it.is_empty() && !it.starts_with("lang=") && !it.starts_with("fait="));
        let kept: String = kept.map(|it| format!("&{it}")).collect();
        format!("{}?lang={}{kept}", self.path, self.other_lang())
    }

    /// Whether an advisor sits in front of it: it says that somebody is there, and rings for who arrives.
    pub(super) fn attends(&self) -> bool {
        self.door == Door::Advisor && self.signed.is_some()
    }

    pub(super) fn with_title(mut self, title: String) -> Self {
        self.title = title;
        self
    }
}

impl App {
    /// The frame of a page.
    pub(super) fn page(&self, visit: &Visit, door: Door, title: Key) -> Page {
        let snapshot = self.replica.snapshot();
        let t = visit.t;
        let query = visit.address.split_once('?').map_or("", |(_, query)| query);
        let place = snapshot.own().map_or_else(|| t.say("site-name"), |member| member.enrolment.name.clone());
        let shifted = self.clock.is_shifted().then(|| {
            let now = self.clock.local_now();
            let (date, time) = (format::day_full(t, now.date()), format::time(t, &now));
            t.texts("date-at", &[("date", &date), ("time", &time)])
        });
        let signed = visit.signed.as_ref().filter(|_| door.is_of_staff());
        let reads_journal = signed.is_some_and(|it| it.role == AccountRole::Manager);
        let sets_up = self.certificates.is_some()
            && signed.is_some_and(|it| matches!(it.role, AccountRole::Manager | AccountRole::Coordination));
        let own = if signed.is_some() || !door.is_of_staff() { door.links() } else { &[] };
        let links = own.iter().chain(reads_journal.then_some(&("/journal", Key("nav-journal"))));
        let links = links.chain(sets_up.then_some(&("/confiance", Key("nav-trust"))));
        let nav = links.map(|&(href, key)| Link { href, label: t.of(key), here: visit.path == href }).collect();
        Page {
            t,
            title: t.of(title),
            place,
            shifted,
            demo: self.demo,
            practice: self.practice,
            disk_refuses: snapshot
                .disk_refuses
                .then(|| t.of(if snapshot.disk_is_full { Key("error-disk-full") } else { Key("error-disk-refuses") })),
            damage: if signed.is_some() { trouble::damage(t, &snapshot) } else { Vec::new() },
            unsettled: if signed.is_some() { trouble::unsettled(self, t, &snapshot) } else { Vec::new() },
            anew: if signed.is_some() { trouble::anew(self, t, door, &snapshot) } else { None },
            token: visit.token.clone(),
            base: assets::base(),
            door,
            nav,
            notice: None,
            fault: None,
            waiting: if signed.is_some() && door == Door::Advisor { arrivals::waiting(self, t) } else { Vec::new() },
            signed: signed.map(|it| SignedView { name: it.account.to_string(), role: t.of(account_word(it.role)) }),
            idle: self.idle(visit, door),
            path: visit.path.clone(),
            query: if door.is_of_staff() { query.to_owned() } else { String::new() },
        }
    }
}

/// An account's role in one word.
pub(super) fn account_word(role: AccountRole) -> Key {
    match role {
        AccountRole::Animateur => Key("account-animateur"),
        AccountRole::Advisor => Key("account-advisor"),
        AccountRole::Manager => Key("account-manager"),
        AccountRole::Coordination => Key("account-coordination"),
    }
}

/// The door of those who work on this box.
pub(super) fn staff_door(app: &App) -> Door {
    match app.replica.snapshot().role() {
        Some(Role::Point) => Door::Animateur,
        Some(Role::Agency) => Door::Advisor,
        _ => Door::Coordination,
    }
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        // The guard has put it there; a request that came round it gets a session that no form fits.
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self {
            t: Lang::French.texts(),
            is_translated: false,
            token: app.guard.token(""),
            fragment: false,
            path: parts.uri.path().to_owned(),
            address: parts.uri.path().to_owned(),
            signed: None,
            session: String::new(),
            entrance: Entrance::Loopback,
            peer: std::net::Ipv4Addr::LOCALHOST.into(),
            reached: std::net::Ipv4Addr::LOCALHOST.into(),
        }))
    }
}

/// A page as an answer.
pub(super) fn show(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Goes on to another page after a form.
pub(super) fn go(to: &str) -> Response {
    Redirect::to(to).into_response()
}

#[derive(Template)]
#[template(path = "error.html")]
struct Fault {
    page: Page,
    sentence: String,
    home: &'static str,
}

/// A fault as a page: what happened, what to do next.
pub(super) fn oops(app: &App, visit: &Visit, status: StatusCode, sentence: String) -> Response {
    let door = match app.replica.snapshot().role() {
        Some(Role::Point) if visit.path.starts_with("/animateur") || visit.path == "/journal" => Door::Animateur,
        Some(Role::Agency) if visit.path.starts_with("/conseiller") || visit.path == "/journal" => Door::Advisor,
        Some(Role::Coordination) => Door::Coordination,
        _ => Door::Citizen,
    };
    let page = app.page(visit, door, Key("title-error"));
    show(status, &Fault { page, sentence, home: door.home() })
}

/// A file that a browser keeps, under this name.
pub(super) fn download(kind: &'static str, name: &str, body: impl IntoResponse) -> Response {
    let name = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], body).into_response()
}

/// An address of others, if a browser opens it safely.
pub(super) fn is_safe(url: &str) -> bool {
    url.starts_with("https://")
}

/// A fault for a script: the sentence that it shows.
pub(super) fn json_fault(status: StatusCode, sentence: &str) -> Response {
    let body = serde_json::json!({ "error": sentence }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// No such page.
pub(super) async fn not_found(State(app): State<Arc<App>>, visit: Visit) -> Response {
    not_found_for(&app, &visit)
}

/// The same, for whoever answers before anything is routed.
pub(super) fn not_found_for(app: &App, visit: &Visit) -> Response {
    oops(app, visit, StatusCode::NOT_FOUND, visit.t.say("error-page-not-found"))
}

/// The answer of a door that is on the boxes of other members; `None` where it is here.
pub(super) fn elsewhere(app: &App, visit: &Visit, at: &[Role]) -> Option<Response> {
    let role = app.replica.snapshot().role();
    let is_anywhere = at.len() == 3;
    if is_anywhere || role.is_some_and(|role| at.contains(&role)) {
        return None;
    }
    let sentence = match role {
        Some(role) => visit.t.text("error-door-elsewhere", "role", &visit.t.of(role_word(role))),
        None => visit.t.say("error-not-member"),
    };
    Some(oops(app, visit, StatusCode::NOT_FOUND, sentence))
}

/// A role in one word.
pub(super) fn role_word(role: Role) -> Key {
    match role {
        Role::Point => Key("role-point"),
        Role::Agency => Key("role-agency"),
        Role::Coordination => Key("role-coordination"),
    }
}
