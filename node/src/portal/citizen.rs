// SPDX-License-Identifier: EUPL-1.2
//! The citizen's screen: all agencies' procedures in one place, searched in everyday words.
//!
//! It leads to official sites and to the animateur; it books nothing and asks for no name. What is searched
//! comes in the body of a POST and is written nowhere, a public screen's history of addresses included.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use crdt_calendar::act::{Procedure, Role};
use crdt_calendar::ids::{MemberId, ServiceId};
use serde::Deserialize;

use super::App;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, go, oops, show};
use super::{format, slots};
use crate::replica::Snapshot;
use crate::store::ProcedureHit;

/// Longest search, in characters; the rest is not read.
const WORDS_CHARS_MAX: usize = 100;

/// What is searched.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

struct Found {
    title: String,
    summary: String,
    agency: String,
    url: Option<String>,
    service: Option<String>,
    next: Option<String>,
    papers: Vec<String>,
}

struct Agency {
    id: String,
    name: String,
    home_page: Option<String>,
    procedures: Vec<Listed>,
}

struct Listed {
    title: String,
    url: Option<String>,
}

#[derive(Template)]
#[template(path = "citizen.html")]
struct CitizenPage {
    page: Page,
    words: String,
    count: String,
    found: Vec<Found>,
    agencies: Vec<Agency>,
    /// The animateur is in the same building.
    at_point: bool,
}

/// The citizen's page.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    answer(&app, &visit, "").await
}

/// What a search finds.
pub(super) async fn search(State(app): State<Arc<App>>, visit: Visit, Form(asked): Form<Asked>) -> Answer {
    answer(&app, &visit, &asked.q).await
}

async fn answer(app: &App, visit: &Visit, asked: &str) -> Answer {
    let snapshot = app.replica.snapshot();
    match snapshot.role() {
        Some(Role::Point | Role::Agency) => {}
        Some(Role::Coordination) => return Ok(go("/coordination")),
        None => return Err(oops(app, visit, StatusCode::NOT_FOUND, visit.t.say("error-not-member"))),
    }
    let words: String = asked.trim().chars().take(WORDS_CHARS_MAX).collect();
    let hits = if words.is_empty() { Vec::new() } else { app.replica.search(words.clone()).await };
    let found: Vec<Found> = hits.into_iter().map(|hit| one(app, visit.t, &snapshot, hit)).collect();
    let view = CitizenPage {
        page: app.page(visit, Door::Citizen, Key("title-citizen")),
        count: visit.t.count("citizen-search-count", "count", found.len()),
        agencies: agencies(&snapshot),
        at_point: snapshot.role() == Some(Role::Point),
        found,
        words,
    };
    Ok(show(StatusCode::OK, &view))
}

fn one(app: &App, t: &Texts, snapshot: &Snapshot, hit: ProcedureHit) -> Found {
    let home = MemberId::new(&hit.member).ok();
    let service = hit.service.as_deref().and_then(|id| ServiceId::new(id).ok());
    let both = home.as_ref().zip(service.as_ref());
    let next = both.and_then(|(home, service)| slots::firsts(app, home, service).first);
    let described = both
        .and_then(|(home, service)| snapshot.profile(home)?.description.services.iter().find(|it| it.id == *service));
    Found {
        agency: home.as_ref().map_or_else(|| hit.member.clone(), |home| snapshot.name_of(home)),
        title: hit.title,
        summary: hit.summary,
        url: hit.url.filter(|url| url.starts_with("https://")),
        service: described.map(|service| service.name.clone()),
        papers: described.map(|service| service.papers.clone()).unwrap_or_default(),
        next: next.map(|offered| format::when(t, &app.clock, offered.offer.minutes.from)),
    }
}

fn agencies(snapshot: &Snapshot) -> Vec<Agency> {
    let one = |(id, member): (&MemberId, &crdt_calendar::roster::Member)| {
        let description = snapshot.profile(id).map(|profile| &profile.description);
        let listed = |it: &Procedure| Listed { title: it.title.clone(), url: safe(it.url.as_ref()) };
        Agency {
            id: id.to_string(),
            name: member.enrolment.name.clone(),
            home_page: description.and_then(|it| safe(it.home_page.as_ref())),
            procedures: description.map(|it| it.procedures.iter().map(listed).collect()).unwrap_or_default(),
        }
    };
    snapshot.agencies().map(one).collect()
}

/// Addresses come from other members: only what a browser opens safely is a link.
fn safe(url: Option<&String>) -> Option<String> {
    url.filter(|url| url.starts_with("https://")).cloned()
}
