// SPDX-License-Identifier: EUPL-1.2
//! Walk-in windows (*permanences*): no hour, people are seen in the order in which the agency heard of them.
//!
//! At the point a person is entered, sees how many are before, and is put in whichever booth is free once called. At the
//! agency stands the live desk: who waits, and one button for the next. Nobody who waits holds a booth; nothing here
//! changes the order.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::fold::{Appointment, State as What};
use crdt_calendar::ids::{BoothId, MemberId, ServiceId};
use crdt_calendar::time::Span;
use serde::Deserialize;

use super::App;
use super::agenda::{self, Row};
use super::appointment::{no, refused, settle};
use super::booking::named;
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, go, oops, show};
use super::typed::{BoothChoice, Typed, nonce};
use crate::replica::{QueueOrder, ShortId, Snapshot, WalkIn, is_walk_in, short_act, waits_in_queue};

/// What a row says of a place in a queue.
pub(super) struct Queue {
    /// "de 9 h 30 à 12 h 00".
    pub window: String,
    /// The person waits, or asked for a place.
    pub waits: bool,
    /// The person is called in, and was not seen yet.
    pub called: bool,
}

/// Queues on the animateur's day.
#[derive(Default)]
pub(super) struct PointQueue {
    /// Windows of today that are open or will be.
    pub windows: Vec<PointWindow>,
    /// People of this point who wait.
    pub waiting: Vec<Row>,
    /// People of this point who are called, and for whom no booth is awake.
    pub called: Vec<Called>,
}

/// A window as the animateur sees it.
pub(super) struct PointWindow {
    pub agency: String,
    pub window: String,
    pub count: String,
    pub services: Vec<Choice>,
}

/// A service of a window, and where a person is entered for it.
pub(super) struct Choice {
    pub id: ServiceId,
    pub name: String,
    pub href: String,
}

/// A person who is called.
pub(super) struct Called {
    pub short: ShortId,
    pub name: Option<String>,
    pub sentence: String,
    pub can_call: bool,
}

/// A window as its agency sees it.
pub(super) struct DeskQueue {
    pub short: ShortId,
    pub desk: String,
    pub window: String,
    pub count: String,
    /// Who waits, in order.
    pub rows: Vec<Row>,
    /// Nobody is called in any more.
    pub is_past: bool,
}

/// Which agency and service.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    agence: String,
    #[serde(default)]
    motif: String,
}

/// Whom whoever calls saw at the head of the queue.
#[derive(Deserialize)]
pub(super) struct Seen {
    #[serde(default)]
    personne: String,
}

/// The window that a form is for.
struct Chosen {
    home: MemberId,
    service: ServiceId,
    agency: String,
    name: String,
    window: String,
    count: String,
    span: Span,
}

#[derive(Template)]
#[template(path = "queue_form.html")]
struct FormPage {
    page: Page,
    chosen: Chosen,
    booths: Vec<BoothChoice>,
    typed: Typed,
    error_title: Option<String>,
}

/// What a row says, where it is about a place in a queue.
pub(super) fn queue(app: &App, t: &Texts, snapshot: &Snapshot, it: &Appointment) -> Option<Queue> {
    if !is_walk_in(it) {
        return None;
    }
    let minutes = snapshot.window_asked(it).map(|it| it.window.minutes);
    Some(Queue {
        window: minutes.map(|minutes| between(app, t, minutes)).unwrap_or_default(),
        waits: waits_in_queue(it) && !snapshot.is_left_in_queue(it, app.clock.minute()),
        called: it.state == What::Called && it.outcome.is_none(),
    })
}

fn between(app: &App, t: &Texts, minutes: Span) -> String {
    let [from, to] = [minutes.from, minutes.end()].map(|minute| format::time(t, &app.clock.local(minute)));
    t.texts("queue-window", &[("from", &from), ("to", &to)])
}

fn count(t: &Texts, snapshot: &Snapshot, it: &WalkIn<'_>) -> String {
    t.count("queue-waiting", "count", snapshot.waiting(it).count())
}

/// Windows of today that are not over.
fn today<'a>(app: &App, snapshot: &'a Snapshot) -> Vec<WalkIn<'a>> {
    let end = app.clock.day(app.clock.local_now().date()).map(|(_, end)| end);
    end.map(|end| snapshot.walk_ins(app.clock.minute(), end)).unwrap_or_default()
}

/// What the animateur's day shows of queues; those who wait are taken out of its rows.
pub(super) fn at_point(app: &App, t: &Texts, rows: &mut Vec<Row>) -> PointQueue {
    let snapshot = app.replica.snapshot();
    let (waiting, rest): (Vec<Row>, Vec<Row>) = std::mem::take(rows).into_iter().partition(is_waiting);
    *rows = rest;
    let called = rows.iter().filter(|row| row.queue.as_ref().is_some_and(|it| it.called) && !row.awake && !row.in_call);
    let called = called.map(|row| Called {
        short: row.short,
        name: row.person.as_ref().map(|person| person.name.clone()),
        sentence: t.text("queue-is-called", "agency", &row.agency),
        can_call: row.can_call,
    });
    let open = today(app, &snapshot).into_iter().filter(|it| !it.window.closed);
    let windows = open.map(|it| PointWindow {
        agency: snapshot.name_of(it.home),
        window: between(app, t, it.window.minutes),
        count: count(t, &snapshot, &it),
        services: it.window.opening.services.iter().map(|(id, _)| choice(&snapshot, it.home, id)).collect(),
    });
    PointQueue { windows: windows.collect(), called: called.collect(), waiting }
}

fn is_waiting(row: &Row) -> bool {
    row.queue.as_ref().is_some_and(|queue| queue.waits)
}

fn choice(snapshot: &Snapshot, home: &MemberId, id: &ServiceId) -> Choice {
    Choice { id: id.clone(), name: snapshot.service_name(home, id), href: address(home, id) }
}

/// The live desk: this agency's windows of today with who waits in each, taken out of the day's rows.
pub(super) fn desks(app: &App, t: &Texts, rows: &mut Vec<Row>) -> Vec<DeskQueue> {
    let snapshot = app.replica.snapshot();
    let Some((from, to)) = app.clock.day(app.clock.local_now().date()) else { return Vec::new() };
    let now = app.clock.minute();
    let own = snapshot.walk_ins(from, to).into_iter().filter(|it| Some(it.home) == snapshot.member.as_ref());
    // One that is over stays as long as people wait.
    let shown = own.filter(|it| it.window.minutes.end() > now || snapshot.waiting(it).next().is_some());
    let desk = |it: WalkIn<'_>| {
        let waiting = snapshot.waiting(&it).map(|it| short_act(&it.id));
        let in_order = waiting.filter_map(|short| take(rows, short)).collect();
        DeskQueue {
            short: short_act(&it.id),
            desk: agenda::desk_named(&snapshot, &it.window.opening.desk),
            window: between(app, t, it.window.minutes),
            count: count(t, &snapshot, &it),
            rows: in_order,
            is_past: it.is_past(now),
        }
    };
    shown.map(desk).collect()
}

fn take(rows: &mut Vec<Row>, short: ShortId) -> Option<Row> {
    let place = rows.iter().position(|row| row.short == short)?;
    Some(rows.remove(place))
}

/// Where a person is entered for a service, if a window of today takes it.
pub(super) fn way_in(app: &App, t: &Texts, home: &MemberId, service: &ServiceId) -> Option<(String, String)> {
    let chosen = chosen_in(app, t, home, service)?;
    let sentence = format!("{} {}", chosen.window, chosen.count);
    Some((sentence, address(home, service)))
}

fn address(home: &MemberId, service: &ServiceId) -> String {
    format!("/animateur/file?agence={home}&motif={service}")
}

fn chosen_in(app: &App, t: &Texts, home: &MemberId, service: &ServiceId) -> Option<Chosen> {
    let snapshot = app.replica.snapshot();
    let fits = |it: &WalkIn<'_>| it.home == home && !it.window.closed && it.serves(service);
    let it = today(app, &snapshot).into_iter().find(fits)?;
    Some(Chosen {
        agency: snapshot.name_of(home),
        name: snapshot.service_name(home, service),
        window: between(app, t, it.window.minutes),
        count: count(t, &snapshot, &it),
        span: it.window.minutes,
        home: home.clone(),
        service: service.clone(),
    })
}

fn chosen(app: &App, visit: &Visit, agency: &str, service: &str) -> Result<Chosen, Response> {
    let found = named(agency, service).and_then(|(home, service)| chosen_in(app, visit.t, &home, &service));
    found.ok_or_else(|| oops(app, visit, StatusCode::NOT_FOUND, visit.t.say("error-queue-closed")))
}

/// The form that enters a person.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let chosen = chosen(&app, &visit, &which.agence, &which.motif)?;
    let typed = Typed { nonce: nonce(), ..Typed::default() };
    Ok(form_page(&app, &visit, StatusCode::OK, chosen, typed))
}

fn form_page(app: &App, visit: &Visit, status: StatusCode, chosen: Chosen, typed: Typed) -> Response {
    let mut page = app.page(visit, Door::Animateur, Key("title-queue"));
    page.fault = typed.errors.general.clone();
    let error_title = typed.errors.title(visit.t);
    // A booth is found when the person is called.
    show(status, &FormPage { page, chosen, booths: Vec::new(), typed, error_title })
}

/// Enters a person, or shows the form again with what is wrong.
pub(super) async fn join(State(app): State<Arc<App>>, visit: Visit, Form(mut typed): Form<Typed>) -> Answer {
    let chosen = chosen(&app, &visit, &typed.agence, &typed.motif)?;
    let again = |typed, chosen| Ok(form_page(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, chosen, typed));
    if !typed.has_nonce(visit.t) {
        return again(typed, chosen);
    }
    // Who waits here needs no telephone.
    if typed.telephone.trim().is_empty() {
        typed.sans_telephone = "oui".to_owned();
    }
    let Some(details) = typed.details(visit.t) else { return again(typed, chosen) };
    let order = QueueOrder {
        home: chosen.home.clone(),
        service: chosen.service.clone(),
        // Before it opens, people wait for it to open.
        from: app.clock.minute().max(chosen.span.from),
        details,
        nonce: typed.nonce.clone(),
    };
    match settle(&app, app.replica.queue(order)).await {
        Ok(id) => Ok(go(&format!("/animateur/rendez-vous/{}?fait=file", short_act(&id)))),
        Err(refusal) => {
            typed.errors.general = Some(visit.t.of(refused(refusal)));
            again(typed, chosen)
        }
    }
}

/// Calls the next person in.
pub(super) async fn next(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(seen): Form<Seen>,
) -> Answer {
    let snapshot = app.replica.snapshot();
    let window = short.parse().ok().and_then(|short| snapshot.walk_in(short));
    let window = window.filter(|it| Some(it.home) == snapshot.member.as_ref());
    let unknown = || oops(&app, &visit, StatusCode::NOT_FOUND, visit.t.say("error-queue-unknown"));
    let window = window.ok_or_else(unknown)?;
    if window.is_past(app.clock.minute()) {
        return Err(oops(&app, &visit, StatusCode::CONFLICT, visit.t.say("error-queue-past")));
    }
    let window = window.id;
    let moved = || oops(&app, &visit, StatusCode::CONFLICT, visit.t.say("error-queue-moved"));
    let person = seen.personne.parse().ok().and_then(|short| snapshot.appointment(short)).ok_or_else(moved)?.id;
    settle(&app, app.replica.call_next(window, person)).await.map_err(|it| no(&app, &visit, it))?;
    Ok(go("/conseiller?fait=appelee"))
}

/// A booth for a person who is called in: the one that is awake for them already, else one that sleeps and is nobody's
/// for as long as the service takes, else one that is nobody's at this minute.
pub(super) fn free_booth(app: &App, it: &Appointment) -> Option<BoothId> {
    let snapshot = app.replica.snapshot();
    let scenes = app.booths.all();
    if let Some((booth, _)) = scenes.iter().find(|(_, scene)| scene.appointment == it.id) {
        return Some(*booth);
    }
    let profile = snapshot.own_profile()?;
    let asleep = profile.description.booths.iter().map(|(booth, _)| *booth).filter(|it| !scenes.contains_key(it));
    let asleep: Vec<BoothId> = asleep.collect();
    let services = it.home.as_ref().and_then(|home| snapshot.profile(home)).map(|it| &it.description.services);
    let service = services.and_then(|services| services.iter().find(|service| service.id == it.service));
    let from = app.clock.minute();
    let holds =
        |it: &&Appointment| Some(&it.point) == snapshot.member.as_ref() && !is_walk_in(it) && it.is_coming(from);
    let held: Vec<&Appointment> = snapshot.appointments_from(from, |it| holds(&it));
    let is_free = |booth: BoothId, length_min: u16| {
        let minutes = Span { from, length_min };
        !held.iter().any(|other| other.booth == booth && other.minutes.overlaps(minutes))
    };
    let lengths = [service.map_or(1, |service| service.duration_min), 1];
    lengths.into_iter().find_map(|length_min| asleep.iter().copied().find(|booth| is_free(*booth, length_min)))
}
