// SPDX-License-Identifier: EUPL-1.2
//! Agencies compared by their first free time, for one subject or for all.
//!
//! A subject is said in everyday words, as on the citizen's page, and comes in the body of a POST; the session remembers
//! it, so that the page with its times is one to come back to. Each line leads into
//! the booking form with its time; nothing is held meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::act::Service;
use crdt_calendar::fold::offers::Way;
use crdt_calendar::ids::{MemberId, ServiceId};
use crdt_calendar::time::UtcMinute;
use serde::Deserialize;

use super::App;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, go, show};
use super::slots::{self, Firsts, Slot};
use super::{agenda, booking};
use crate::replica::{Offered, Snapshot};
use crate::words::words;

/// Longest subject, in characters; the rest is not read.
const SUBJECT_CHARS_MAX: usize = 100;

/// Which subject.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    sujet: String,
}

/// A time and where it is booked.
struct First {
    slot: Slot,
    desk: String,
    href: String,
}

/// One service of one agency.
struct Line {
    agency: String,
    service: String,
    duration: String,
    first: Option<First>,
    /// The first time that is confirmed at once, where an earlier one has to be asked for.
    at_once: Option<First>,
    from: Option<UtcMinute>,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    page: Page,
    subject: String,
    subjects: Vec<String>,
    count: String,
    lines: Vec<Line>,
}

/// Where the subject that was asked for last is compared.
const OF_SUBJECT: &str = "/animateur/rendez-vous/comparer?sujet=dernier";

/// Which comparison.
#[derive(Deserialize)]
pub(super) struct Which {
    sujet: Option<String>,
}

/// All services by their first free time, or those of the subject that was asked for last.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let subject = which.sujet.map(|_| app.sessions.subject(&visit.session)).unwrap_or_default();
    compared(&app, &visit, &subject).await
}

/// Those of a subject.
pub(super) async fn of_subject(State(app): State<Arc<App>>, visit: Visit, Form(asked): Form<Asked>) -> Response {
    app.sessions.set_subject(&visit.session, asked.sujet.trim().chars().take(SUBJECT_CHARS_MAX).collect());
    go(OF_SUBJECT)
}

async fn compared(app: &App, visit: &Visit, asked: &str) -> Answer {
    let t = visit.t;
    let subject = asked.to_owned();
    let found = found_by_procedure(app, &subject).await;
    let asked = words(&subject);
    let snapshot = app.replica.snapshot();
    let is_meant = |home: &MemberId, service: &Service| {
        asked.is_empty() || is_named(&asked, &service.name) || found.contains(&(home.clone(), service.id.clone()))
    };
    let services = services(&snapshot).filter(|(home, service)| is_meant(home, service));
    let mut lines: Vec<Line> = services.map(|(home, service)| line(app, t, &snapshot, home, service)).collect();
    lines.sort_by_key(|line| (line.from.is_none(), line.from, line.agency.clone(), line.service.clone()));
    let view = ComparePage {
        page: app.page(visit, Door::Animateur, Key("title-compare")),
        subjects: subjects(&snapshot),
        count: t.count("compare-count", "count", lines.len()),
        subject,
        lines,
    };
    Ok(show(StatusCode::OK, &view))
}

/// What people may choose among: the names of all services, each once.
pub(super) fn subjects(snapshot: &Snapshot) -> Vec<String> {
    let names: BTreeSet<&str> = services(snapshot).map(|(_, service)| service.name.as_str()).collect();
    names.into_iter().map(ToOwned::to_owned).collect()
}

fn services(snapshot: &Snapshot) -> impl Iterator<Item = (&MemberId, &Service)> {
    snapshot.agencies().flat_map(|(id, _)| {
        let services = snapshot.profile(id).map(|it| it.description.services.as_slice()).unwrap_or_default();
        services.iter().map(move |service| (id, service))
    })
}

/// Services whose procedures have these words: what the citizen's page finds.
async fn found_by_procedure(app: &App, subject: &str) -> BTreeSet<(MemberId, ServiceId)> {
    if subject.is_empty() {
        return BTreeSet::new();
    }
    let hits = app.replica.search(subject.to_owned()).await;
    let service = |id: Option<String>| id.and_then(|id| ServiceId::new(&id).ok());
    hits.into_iter().filter_map(|hit| MemberId::new(&hit.member).ok().zip(service(hit.service))).collect()
}

/// Whether each of these words begins one of the name's.
fn is_named(asked: &[String], name: &str) -> bool {
    let own = words(name);
    asked.iter().all(|asked| own.iter().any(|own| own.starts_with(asked.as_str())))
}

fn line(app: &App, t: &Texts, snapshot: &Snapshot, home: &MemberId, service: &Service) -> Line {
    let Firsts { first, at_once } = slots::firsts(app, home, &service.id);
    let is_asked = first.as_ref().is_some_and(|it| it.offer.way == Way::Asked);
    let shown = |offered: &Offered| First {
        slot: slots::slot(app, t, offered),
        desk: agenda::desk_named(snapshot, &offered.offer.desk),
        href: format!("{}&creneau={}", booking::address(home, &service.id), offered.slot),
    };
    Line {
        agency: snapshot.name_of(home),
        service: service.name.clone(),
        duration: t.count("minutes", "minutes", usize::from(service.duration_min)),
        from: first.as_ref().map(|it| it.offer.minutes.from),
        first: first.as_ref().map(shown),
        at_once: at_once.as_ref().filter(|_| is_asked).map(shown),
    }
}
