// SPDX-License-Identifier: EUPL-1.2
//! Official topics and procedure sheets, read off the box's own disk: by touch alone, and without network.
//!
//! A sheet's page leads to the competent branch, to its official addresses, and to the animateur, who is told that somebody
//! at the screen asks. Its texts are the State's own, in French whatever language the page speaks.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use crdt_calendar::act::Role;

use super::App;
use super::blocks::{self, PartView};
use super::branches::{self, BranchView};
use super::guard::Visit;
use super::i18n::Key;
use super::page::{Answer, Door, Page, is_safe, not_found_for, show};
use crate::directory::{Commune, Online, Sheet, Source, Topic, TopicPage};

#[derive(Template)]
#[template(path = "topic.html")]
struct TopicView {
    page: Page,
    above: Option<Topic>,
    summary: String,
    under: Vec<Topic>,
}

/// Which agency helps.
struct Helps {
    kind: String,
    label: String,
    branches: Vec<BranchView>,
}

#[derive(Template)]
#[template(path = "official.html")]
struct SheetView {
    page: Page,
    sheet: Sheet,
    above: Option<Topic>,
    parts: Vec<PartView>,
    number: usize,
    pages: usize,
    commune: Option<Commune>,
    helps: Vec<Helps>,
    /// Titles and addresses.
    online: Vec<(String, String)>,
    at_point: bool,
    is_asked: bool,
    source: Option<String>,
}

/// A topic, with what lies under it.
pub(super) async fn topic(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Answer {
    let found = app.directory.ask(move |directory| directory.topic(&id)).await.flatten();
    let Some(TopicPage { topic, above, under }) = found else { return Ok(not_found_for(&app, &visit)) };
    let page = app.page(&visit, Door::Citizen, Key("title-citizen")).with_title(topic.title);
    Ok(show(StatusCode::OK, &TopicView { page, above, summary: topic.summary, under }))
}

/// A sheet, its first page.
pub(super) async fn sheet(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Answer {
    shown(&app, &visit, id, 1, false).await
}

/// A later page of a long sheet.
pub(super) async fn part(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((id, part)): Path<(String, String)>,
) -> Answer {
    shown(&app, &visit, id, part.parse().unwrap_or(0), false).await
}

/// Somebody in front of the screen asks for an appointment about a sheet: the animateur hears of the sheet.
pub(super) async fn wish(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Answer {
    shown(&app, &visit, id, 1, true).await
}

/// What a sheet's page is made of.
struct Asked {
    sheet: Sheet,
    commune: Option<Commune>,
    helps: Vec<Helps>,
    source: Source,
}

async fn shown(app: &App, visit: &Visit, id: String, number: usize, is_asked: bool) -> Answer {
    let chosen = app.screen.commune(&visit.session);
    let t = visit.t;
    let asked = app.directory.ask(move |directory| {
        let Some(sheet) = directory.sheet(&id)? else { return Ok(None) };
        let commune = directory.chosen(chosen.as_deref())?;
        let mut helps = Vec::new();
        for kind in &sheet.kinds {
            let Some(found) = directory.kind(kind)? else { continue };
            let branches = match &commune {
                Some(commune) => directory.competent(kind, &commune.insee)?,
                None => Vec::new(),
            };
            let branches = branches.iter().map(|it| branches::view(t, it)).collect();
            helps.push(Helps { kind: kind.clone(), label: found.label, branches });
        }
        Ok(Some(Asked { sheet, commune, helps, source: directory.source()? }))
    });
    let Some(Asked { sheet, commune, helps, source }) = asked.await.flatten() else {
        return Ok(not_found_for(app, visit));
    };
    let mut all = blocks::pages(&sheet.parts);
    let pages = all.len();
    if !(1..=pages).contains(&number) {
        return Ok(not_found_for(app, visit));
    }
    let mut page = app.page(visit, Door::Citizen, Key("title-citizen")).with_title(sheet.title.clone());
    if is_asked {
        app.screen.request(&sheet.title, app.clock.minute());
        page.notice = Some(t.say("screen-asked"));
    }
    let view = SheetView {
        above: sheet.steps.last().map(|it| Topic {
            id: it.id.clone(),
            title: it.title.clone(),
            summary: String::new(),
            is_sheet: false,
        }),
        parts: all.swap_remove(number - 1),
        number,
        pages,
        commune,
        helps,
        online: links(&sheet.online),
        at_point: app.replica.snapshot().role() == Some(Role::Point),
        is_asked,
        source: branches::source(app, t, source.sheets),
        sheet,
        page,
    };
    Ok(show(StatusCode::OK, &view))
}

/// Addresses that a browser opens safely.
fn links(all: &[Online]) -> Vec<(String, String)> {
    let safe = |it: &Online| Some((it.title.clone(), it.url.clone().filter(|url| is_safe(url))?));
    all.iter().filter_map(safe).collect()
}
