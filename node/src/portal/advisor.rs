// SPDX-License-Identifier: EUPL-1.2
//! The advisor's day: the appointments of the agency with their details opened, who has arrived, the call,
//! and what became of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use crdt_calendar::act::{Fate, Reason};
use jiff::civil::Date;
use serde::Deserialize;

use super::App;
use super::agenda::{self, Day, Row};
use super::appointment::{Why, found, no, papers, settle};
use super::calls::{self, Offer};
use super::changed;
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::in_call::InCall;
use super::opening;
use super::page::{Answer, Door, Page, go, oops, show};
use super::presence::OwnPlace;
use super::queue::{self, DeskQueue};
use super::referral::{self, Choice};
use crate::call::Side;

/// Which day.
#[derive(Deserialize)]
pub(super) struct Which {
    jour: Option<String>,
    fait: Option<String>,
}

/// What became of an appointment.
#[derive(Deserialize)]
pub(super) struct Issue {
    #[serde(default)]
    issue: String,
}

#[derive(Template)]
#[template(path = "advisor.html", blocks = ["live"])]
struct AdvisorPage {
    page: Page,
    day: Day,
    /// To whom an appointment may be passed on.
    choices: Vec<Choice>,
    /// Whether the points are told that this person is there.
    place: OwnPlace,
    /// The walk-in windows of today.
    queues: Vec<DeskQueue>,
    /// Days on which people would come in vain.
    closed: Vec<ClosedDay>,
    src: String,
}

/// A day on which a desk is closed, and people are booked there.
struct ClosedDay {
    href: String,
    sentence: String,
}

#[derive(Template)]
#[template(path = "advisor_call.html")]
struct CallPage {
    page: Page,
    row: Row,
    papers: Vec<String>,
    with: String,
}

/// The agenda of a day.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let t = visit.t;
    let (date, fault) = agenda::chosen_day(&app, t, which.jour.as_deref());
    let mut page = app.page(&visit, Door::Advisor, Key("title-advisor"));
    page.title = t.text("title-advisor", "agency", &page.place);
    page.notice = which.fait.as_deref().and_then(done).map(|key| t.of(key));
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.fault = fault;
    let mut day = agenda::day(&app, &visit, date).await;
    changed::tell(&app, t, &mut day.rows).await;
    let queues = if day.today { queue::desks(&app, t, &mut day.rows) } else { Vec::new() };
    let closed = closed_days(&app, visit.t);
    let view = AdvisorPage {
        choices: referral::choices(&app.replica.snapshot()),
        place: app.own_place(&visit),
        queues,
        closed,
        src: format!("/conseiller?jour={date}"),
        day,
        page,
    };
    Ok(if visit.fragment { show(status, &view.as_live()) } else { show(status, &view) })
}

/// Days to come on which people are booked at desks that are closed then.
fn closed_days(app: &App, t: &Texts) -> Vec<ClosedDay> {
    let snapshot = app.replica.snapshot();
    let mut days: BTreeMap<Date, usize> = BTreeMap::new();
    for it in snapshot.appointments_from(app.clock.minute(), |it| agenda::is_on_closed_day(app, &snapshot, it)) {
        *days.entry(app.clock.local(it.minutes.from).date()).or_default() += 1;
    }
    let told = |(date, count): (Date, usize)| ClosedDay {
        href: format!("/conseiller?jour={date}"),
        sentence: format!("{} : {}", format::day(t, date), t.count("advisor-closed-days", "count", count)),
    };
    days.into_iter().map(told).collect()
}

fn done(what: &str) -> Option<Key> {
    Some(match what {
        "annule" => Key("advisor-void-done"),
        "issue" => Key("advisor-outcome-done"),
        "appelee" => Key("queue-called"),
        "bulletin" => Key("slip-read-done"),
        "note" => Key("note-done"),
        "note-vide" => Key("note-gone"),
        "passe" => Key("referral-done"),
        "garde" => Key("referral-taken-back"),
        "collegue" => Key("colleague-done"),
        "reouvert" => Key("advisor-offered-again"),
        _ => return None,
    })
}

/// Cancels for the agency.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(why): Form<Why>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let missing = || oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, visit.t.say("error-reason-missing"));
    let reason = Reason::named(&why.raison).ok_or_else(missing)?;
    settle(&app, app.replica.cancel(it.id, reason)).await.map_err(|it| no(&app, &visit, it))?;
    app.calls.hang_up(calls::call_of(&it)).await;
    Ok(back(&app, &it, "annule"))
}

/// The hour of an appointment that was cancelled because nobody could be there is offered again.
pub(super) async fn offer_again(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    settle(&app, app.replica.offer_again(it.id)).await.map_err(|it| no(&app, &visit, it))?;
    Ok(back(&app, &it, "reouvert"))
}

/// Writes what became of an appointment, with the minutes of its call.
pub(super) async fn outcome(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(issue): Form<Issue>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let unknown = || oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, visit.t.say("error-outcome-missing"));
    let fate = match issue.issue.as_str() {
        "honore" => Fate::Kept,
        "absent" => Fate::NoShow,
        "interrompu" => Fate::Interrupted,
        _ => return Err(unknown()),
    };
    let talked = app.calls.watch(calls::call_of(&it)).borrow().record.minutes();
    let known = it.outcome.map_or(talked, |outcome| outcome.minutes.max(talked));
    let minutes = if fate == Fate::NoShow { 0 } else { known };
    settle(&app, app.replica.outcome(it.id, fate, minutes)).await.map_err(|it| no(&app, &visit, it))?;
    Ok(back(&app, &it, "issue"))
}

/// The agenda of the appointment's day.
fn back(app: &App, it: &crdt_calendar::fold::Appointment, done: &str) -> Response {
    let date = app.clock.local(it.minutes.from).date();
    go(&format!("/conseiller?jour={date}&fait={done}"))
}

/// The call's page.
pub(super) async fn call_page(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    calls::may_open(&app, &visit, &it)?;
    let details = opening::open(&app, &visit, "call", vec![it.id]).await;
    let row = agenda::row(&app, visit.t, &app.replica.snapshot(), &it, &details);
    let with = visit.t.text("call-at", "point", &row.point);
    let page = app.page(&visit, Door::Advisor, Key("title-call"));
    Ok(show(StatusCode::OK, &CallPage { page, papers: papers(&app, &it), with, row }))
}

/// The state of the call, for its page.
pub(super) async fn state(State(app): State<Arc<App>>, visit: Visit, it: InCall) -> Response {
    // Names of documents and texts are a person's too.
    opening::open_once(&app, &visit, "call", it.appointment).await;
    let state = app.calls.watch(it.call).borrow().clone();
    let call = calls::view(visit.t, &state, Side::Advisor);
    let (token, run) = (&visit.token, app.guard.run());
    Json(serde_json::json!({ "called": true, "turn": 1, "call": call, "token": token, "run": run })).into_response()
}

/// The advisor's browser enters the call.
pub(super) async fn offer(State(app): State<Arc<App>>, visit: Visit, it: InCall, Json(offer): Json<Offer>) -> Response {
    // Who talks is there, without a hand on the keyboard.
    app.sessions.set_call(&visit.session, Some(it.call));
    calls::offer(&app, &visit, it.call, Side::Advisor, offer).await
}

/// The advisor hung up.
pub(super) async fn hang_up(State(app): State<Arc<App>>, it: InCall) -> StatusCode {
    app.calls.hang_up(it.call).await;
    StatusCode::NO_CONTENT
}
