// SPDX-License-Identifier: EUPL-1.2
//! The citizen's screen: all agencies' procedures and the State's sheets in one place, by theme with large buttons, and
//! searched in everyday words. It is used by touch alone: letters are on keys of the page.
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
use super::page::{Answer, Door, Page, go, is_safe, oops, show};
use super::{format, slots};
use crate::directory::{Commune, INVENTED_AT, SheetHit, Topic};
use crate::replica::Snapshot;
use crate::store::ProcedureHit;

/// Longest search, in characters; the rest is not read.
const WORDS_CHARS_MAX: usize = 100;

/// What is searched.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    /// A key of the page: a letter, a space, or `-` for the last one back.
    touche: Option<String>,
}

/// The keys of the page, row by row, as on French keyboards.
const KEYS: [&str; 4] = ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn'é"];

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
    official: Vec<SheetHit>,
    /// What these are.
    official_word: String,
    agencies: Vec<Agency>,
    themes: Vec<Topic>,
    /// Branches were imported.
    has_directory: bool,
    /// Communes came with them: one can be chosen.
    has_communes: bool,
    commune: Option<Commune>,
    keys: [&'static str; 4],
    /// The keys of the page are open.
    has_keys: bool,
    /// The animateur is in the same building.
    at_point: bool,
}

/// The citizen's page.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    answer(&app, &visit, String::new(), false).await
}

/// What a search finds.
pub(super) async fn search(State(app): State<Arc<App>>, visit: Visit, Form(asked): Form<Asked>) -> Answer {
    let mut words: String = asked.q.trim_start().chars().take(WORDS_CHARS_MAX).collect();
    match asked.touche.as_deref() {
        None => {}
        Some("-") => drop(words.pop()),
        Some(key) => words.extend(key.chars().take(1).filter(|c| *c == ' ' || KEYS.iter().any(|row| row.contains(*c)))),
    }
    answer(&app, &visit, words, asked.touche.is_some()).await
}

async fn answer(app: &App, visit: &Visit, words: String, has_keys: bool) -> Answer {
    let snapshot = app.replica.snapshot();
    match snapshot.role() {
        Some(Role::Point | Role::Agency) => {}
        Some(Role::Coordination) => return Ok(go("/coordination")),
        None => return Err(oops(app, visit, StatusCode::NOT_FOUND, visit.t.say("error-not-member"))),
    }
    let is_search = !words.trim().is_empty();
    let hits = if is_search { app.replica.search(words.clone()).await } else { Vec::new() };
    let (typed, chosen) = (words.clone(), app.screen.commune(&visit.session));
    let asked = app.directory.ask(move |directory| {
        let sheets = if is_search { directory.search(&typed)? } else { Vec::new() };
        let themes = if is_search { Vec::new() } else { directory.themes()? };
        let commune = directory.chosen(chosen.as_deref())?;
        let has_communes = !is_search && !directory.letters()?.is_empty();
        Ok((sheets, themes, (directory.source()?, has_communes), commune))
    });
    let (official, themes, (source, has_communes), commune) = asked.await.unwrap_or_default();
    let found: Vec<Found> = hits.into_iter().map(|hit| one(app, visit.t, &snapshot, hit)).collect();
    let mut page = app.page(visit, Door::Citizen, Key("title-citizen"));
    if let Some(idle) = page.idle.as_mut().filter(|_| is_search || has_keys) {
        idle.is_clean = false;
    }
    let view = CitizenPage {
        page,
        count: visit.t.count("citizen-search-count", "count", found.len() + official.len()),
        agencies: agencies(&snapshot),
        at_point: snapshot.role() == Some(Role::Point),
        found,
        official,
        themes,
        official_word: if source.sheets == Some(INVENTED_AT) {
            visit.t.say("official-sheet-demo")
        } else {
            visit.t.say("official-sheet")
        },
        has_directory: source.branches.is_some(),
        has_communes,
        commune,
        keys: KEYS,
        has_keys,
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
        url: hit.url.filter(|url| is_safe(url)),
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
    url.filter(|url| is_safe(url)).cloned()
}
