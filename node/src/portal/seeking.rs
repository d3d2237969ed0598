// SPDX-License-Identifier: EUPL-1.2
//! A person without any appointment, on the waiting list: entered where no free time suits, shown on a page of their own,
//! and told of times like the others (`waiting`).
//!
//! Their details lie sealed on this box alone, for three weeks at most; whoever opens them stands in the access journal.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::ids::{ActRef, MemberId, ServiceId};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

use super::App;
use super::agenda::{self, Person};
use super::appointment::{no, refused, settle};
use super::booking;
use super::format;
use super::guard::Visit;
use super::i18n::Key;
use super::opening;
use super::page::{Answer, Door, Page, go, oops, show};
use super::slots;
use super::typed::{BoothChoice, Typed, nonce};
use super::waiting::{self, Said};
use crate::replica::{SeekOrder, ShortId, Snapshot, WishChange, short_act};
use crate::store::{SEEKER_DAYS_MAX, Wish};

/// Which agency and service.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    agence: String,
    #[serde(default)]
    motif: String,
}

/// What the form is for.
struct Chosen {
    home: MemberId,
    service: ServiceId,
    agency: String,
    name: String,
    /// The address of the free times.
    href: String,
}

#[derive(Template)]
#[template(path = "seek_form.html")]
struct FormPage {
    page: Page,
    chosen: Chosen,
    booths: Vec<BoothChoice>,
    typed: Typed,
    error_title: Option<String>,
}

#[derive(Template)]
#[template(path = "seeker.html")]
struct SeekerPage {
    page: Page,
    short: ShortId,
    person: Option<Person>,
    chosen: Chosen,
    /// Where they stand on the list.
    sentence: String,
    since: String,
    until: String,
    /// The free times, with what is known of the person.
    book: String,
}

/// The page of whoever waits under this name.
pub(super) fn address(short: ShortId) -> String {
    format!("/animateur/attente/{short}")
}

/// The last day on which they wait.
pub(super) fn until(app: &App, wish: &Wish) -> Date {
    let since = u32::try_from(wish.since.div_euclid(60_000)).unwrap_or(0);
    let first = app.clock.local(crdt_calendar::time::UtcMinute(since)).date();
    first.checked_add(i64::from(SEEKER_DAYS_MAX).days()).unwrap_or(first)
}

/// Whoever waits, or has just taken a time, under this name.
pub(super) fn named(snapshot: &Snapshot, short: &str) -> Option<ActRef> {
    let short: ShortId = short.parse().ok()?;
    let mut known = snapshot.seekers.keys().chain(snapshot.intents.keys());
    known.find(|id| short_act(id) == short).copied()
}

fn found(app: &App, visit: &Visit, short: &str) -> Result<ActRef, Response> {
    let unknown = || oops(app, visit, StatusCode::NOT_FOUND, visit.t.say("error-seeker-unknown"));
    named(&app.replica.snapshot(), short).ok_or_else(unknown)
}

/// Also of a service that its agency does not offer any more: who waits for it is shown, and taken off.
fn chosen(snapshot: &Snapshot, home: MemberId, service: ServiceId) -> Chosen {
    let (agency, name) = (snapshot.name_of(&home), snapshot.service_name(&home, &service));
    Chosen { agency, name, href: booking::address(&home, &service), home, service }
}

fn chosen_by(app: &App, visit: &Visit, agency: &str, service: &str) -> Result<Chosen, Response> {
    let snapshot = app.replica.snapshot();
    let offers = |home: &MemberId, service: &ServiceId| {
        snapshot.profile(home).is_some_and(|it| it.description.services.iter().any(|known| known.id == *service))
    };
    let found = booking::named(agency, service).filter(|(home, service)| offers(home, service));
    let found = found.map(|(home, service)| chosen(&snapshot, home, service));
    found.ok_or_else(|| oops(app, visit, StatusCode::NOT_FOUND, visit.t.say("error-service-unknown")))
}

/// The form that enters a person.
pub(super) async fn form(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let chosen = chosen_by(&app, &visit, &which.agence, &which.motif)?;
    Ok(form_page(&app, &visit, StatusCode::OK, chosen, Typed { nonce: nonce(), ..Typed::default() }))
}

fn form_page(app: &App, visit: &Visit, status: StatusCode, chosen: Chosen, typed: Typed) -> Response {
    let mut page = app.page(visit, Door::Animateur, Key("title-seek"));
    page.fault = typed.errors.general.clone();
    let error_title = typed.errors.title(visit.t);
    // A booth is held by an appointment.
    show(status, &FormPage { page, chosen, booths: Vec::new(), typed, error_title })
}

/// Enters a person, or shows the form again with what is wrong. Times that are free already were let pass.
pub(super) async fn join(State(app): State<Arc<App>>, visit: Visit, Form(mut typed): Form<Typed>) -> Answer {
    let chosen = chosen_by(&app, &visit, &typed.agence, &typed.motif)?;
    let again = |typed, chosen| Ok(form_page(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, chosen, typed));
    if !typed.has_nonce(visit.t) {
        return again(typed, chosen);
    }
    let Some(details) = typed.details(visit.t) else { return again(typed, chosen) };
    let free = slots::offers(&app, &chosen.home, &chosen.service, 0);
    let order = SeekOrder {
        home: chosen.home.clone(),
        service: chosen.service.clone(),
        passed: free.into_iter().map(|offered| offered.offer.minutes.from).collect(),
        details,
        nonce: typed.nonce.clone(),
    };
    match settle(&app, app.replica.seek(order)).await {
        Ok(id) => Ok(go(&format!("{}?fait=inscrit", address(short_act(&id))))),
        Err(refusal) => {
            typed.errors.general = Some(visit.t.of(refused(refusal)));
            again(typed, chosen)
        }
    }
}

/// What was done just before.
#[derive(Deserialize)]
pub(super) struct Since {
    fait: Option<String>,
}

/// Who waits, for what, and until when.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Query(since): Query<Since>,
) -> Answer {
    let t = visit.t;
    let id = found(&app, &visit, &short)?;
    let person = opening::open(&app, &visit, "waiting", vec![id]).await.remove(&id);
    let snapshot = app.replica.snapshot();
    let kept = snapshot.seekers.get(&id).zip(snapshot.wishes.get(&id));
    let unknown = || oops(&app, &visit, StatusCode::NOT_FOUND, t.say("error-seeker-unknown"));
    let (seeker, wish) = kept.ok_or_else(unknown)?;
    let chosen = chosen(&snapshot, seeker.home.clone(), seeker.service.clone());
    let mut page = app.page(&visit, Door::Animateur, Key("title-seeker"));
    page.notice = since.fait.filter(|it| it == "inscrit").map(|_| t.say("seek-done"));
    let view = SeekerPage {
        page,
        short: short_act(&id),
        person: person.as_ref().map(agenda::person),
        sentence: if wish.is_over() { t.say("seek-over") } else { t.count("waiting-listed", "count", wish.told.len()) },
        since: waiting::since(&app, t, wish),
        until: t.text("seek-until", "date", &format::day(t, until(&app, wish))),
        book: format!("{}&pour={}", chosen.href, short_act(&id)),
        chosen,
    };
    Ok(show(StatusCode::OK, &view))
}

/// Keeps what the person said to a time; who takes it has their appointment. The same form sent twice books once.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(said): Form<Said>,
) -> Answer {
    let id = found(&app, &visit, &short)?;
    waiting::answered(&app, &visit, id, &said).await
}

/// Takes the person off the list; their details are deleted.
pub(super) async fn leave(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    // Twice is once.
    if let Some(id) = named(&app.replica.snapshot(), &short) {
        settle(&app, app.replica.wish(id, WishChange::Leave)).await.map_err(|it| no(&app, &visit, it))?;
    }
    Ok(go("/animateur?fait=plus-attente"))
}
