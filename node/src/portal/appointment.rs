// SPDX-License-Identifier: EUPL-1.2
//! One appointment at its point: see, correct, cancel, mark arrived, start the call.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::act::Reason;
use crdt_calendar::clerk::{BookError, ChangeError};
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::BoothId;
use serde::Deserialize;

use super::App;
use super::agenda::{self, Row};
use super::animateur::done;
use super::badge;
use super::callback;
use super::calls;
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::opening;
use super::page::{Answer, Door, Page, go, oops, show};
use super::papers::{Paper, ticked};
use super::queue;
use super::terms::{self, Conditions};
use super::typed::{BoothChoice, Typed, booths};
use super::undo::{self, Undo};
use super::waiting::{self, Place};
use crate::replica::{Refusal, ShortId, is_walk_in};

/// How long a page waits for the calendar to show what was just written.
pub(super) const SETTLE_MAX: Duration = Duration::from_secs(1);

/// What was done just before.
#[derive(Deserialize)]
pub(super) struct Since {
    fait: Option<String>,
    /// The reason that was chosen before it was said that it is late.
    raison: Option<String>,
}

/// Why an appointment is cancelled.
#[derive(Deserialize)]
pub(super) struct Why {
    #[serde(default)]
    pub raison: String,
}

#[derive(Template)]
#[template(path = "appointment.html", blocks = ["live"])]
struct AppointmentPage {
    page: Page,
    row: Row,
    when: String,
    duration: String,
    papers: Vec<Paper>,
    conditions: Conditions,
    /// It is over: what is to be done after it is said.
    is_over: bool,
    /// Where another time is booked, once its call was cut.
    again: Option<String>,
    undo: Option<Undo>,
    /// The call-back list says what to do.
    is_called_back: bool,
    /// What it says of the waiting list.
    place: Place,
    /// Why a cancel is late, if it is.
    late: Option<String>,
    /// The form that cancels is open, for it was sent without saying that it is late.
    is_asked_again: bool,
    reasons: Vec<ReasonChoice>,
    src: String,
}

struct ReasonChoice {
    word: &'static str,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "amend.html")]
struct AmendPage {
    page: Page,
    row: Row,
    typed: Typed,
    booths: Vec<BoothChoice>,
    error_title: Option<String>,
}

/// The appointment of this short name at this point.
pub(super) fn found(app: &App, visit: &Visit, short: &str) -> Result<Appointment, Response> {
    let snapshot = app.replica.snapshot();
    let appointment = short.parse::<ShortId>().ok().and_then(|short| snapshot.appointment(short));
    let Some(appointment) = appointment else {
        return Err(oops(app, visit, StatusCode::NOT_FOUND, visit.t.say("error-booking-unknown")));
    };
    if !snapshot.is_ours(appointment) {
        return Err(oops(app, visit, StatusCode::FORBIDDEN, visit.t.say("error-not-yours")));
    }
    Ok(appointment.clone())
}

/// Does something, and waits until the calendar shows it, so that the next page does.
pub(super) async fn settle<T>(app: &App, work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let mut snapshots = app.replica.watch();
    snapshots.mark_unchanged();
    let done = work.await?;
    if tokio::time::timeout(SETTLE_MAX, snapshots.changed()).await.is_err() {
        tracing::warn!("the calendar is slow to show what was written");
    }
    Ok(done)
}

/// A refusal as a page.
pub(super) fn no(app: &App, visit: &Visit, refusal: Refusal) -> Response {
    oops(app, visit, StatusCode::CONFLICT, visit.t.of(refused(refusal)))
}

/// A refusal as a sentence that says what to do next.
pub(super) fn refused(refusal: Refusal) -> Key {
    match refusal {
        Refusal::Book(BookError::NoSlot) => Key("error-slot-unknown"),
        Refusal::Book(BookError::Taken) => Key("error-slot-taken"),
        Refusal::Book(BookError::Past) => Key("error-slot-past"),
        Refusal::Book(BookError::Service) => Key("error-slot-service"),
        Refusal::Book(BookError::Barred(bar)) => terms::barred(bar),
        Refusal::Book(BookError::Booth) | Refusal::Change(ChangeError::Booth) => Key("error-booth-taken"),
        Refusal::Book(BookError::NotMember) => Key("error-not-member"),
        Refusal::Book(BookError::Details(_)) | Refusal::Change(ChangeError::Details(_)) | Refusal::Details(_) => {
            Key("error-details")
        }
        Refusal::Change(ChangeError::Unknown) => Key("error-booking-unknown"),
        Refusal::Change(ChangeError::NotOurs) => Key("error-not-yours"),
        Refusal::Change(ChangeError::Over) => Key("error-booking-over"),
        Refusal::Book(_) | Refusal::Change(_) | Refusal::Disk => Key("error-store"),
        Refusal::Intended => Key("error-intended"),
        Refusal::Double(_) => Key("error-double"),
        Refusal::ListFull => Key("error-waiting-full"),
        Refusal::Told => Key("error-proposal-gone"),
        Refusal::QueueMoved => Key("error-queue-moved"),
        Refusal::Full => Key("error-full"),
        Refusal::Anew => Key("error-anew"),
        Refusal::Stopping => Key("error-stopping"),
    }
}

/// The papers to bring, as the agency says.
pub(super) fn papers(app: &App, it: &Appointment) -> Vec<String> {
    let snapshot = app.replica.snapshot();
    let profile = it.home.as_ref().and_then(|home| snapshot.profile(home));
    let services = profile.map(|profile| profile.description.services.as_slice()).unwrap_or_default();
    services.iter().find(|service| service.id == it.service).map(|it| it.papers.clone()).unwrap_or_default()
}

pub(super) async fn shown(app: &App, visit: &Visit, page: &'static str, it: &Appointment) -> Row {
    let details = opening::open(app, visit, page, vec![it.id]).await;
    agenda::row(app, visit.t, &app.replica.snapshot(), it, &details)
}

/// The appointment's page.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Query(since): Query<Since>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let row = shown(&app, &visit, "appointment", &it).await;
    let mut page = app.page(&visit, Door::Animateur, Key("title-appointment"));
    page.notice = since.fait.as_deref().and_then(|what| notice(visit.t, what, &row));
    if since.fait.as_deref() == Some("tard") && undo::is_late(&app, &it) {
        page.fault = Some(visit.t.say("cancel-late-again"));
    }
    let view = AppointmentPage {
        when: when(&app, &visit, &it, &row),
        duration: duration(&app, visit.t, &it),
        papers: ticked(
            papers(&app, &it),
            row.person.as_ref().map(|person| person.papers.as_slice()).unwrap_or_default(),
        ),
        conditions: terms::of_appointment(&app, visit.t, &it),
        is_over: it.will_be_seen() && (it.outcome.is_some() || it.minutes.end() <= app.clock.minute()),
        again: row.resumable.then(|| callback::others(&it)),
        is_called_back: callback::is_on_list(&app, &it),
        place: waiting::place(&app, visit.t, &app.replica.snapshot(), &it),
        undo: undo::undo(&app, visit.t, &app.replica.snapshot(), &it),
        late: undo::is_late(&app, &it)
            .then(|| visit.t.count("cancel-late", "hours", usize::from(app.cancel_before_hours))),
        is_asked_again: since.fait.as_deref() == Some("tard"),
        reasons: reasons(visit.t, since.raison.as_deref()),
        src: format!("/animateur/rendez-vous/{short}"),
        row,
        page,
    };
    Ok(if visit.fragment { show(StatusCode::OK, &view.as_live()) } else { show(StatusCode::OK, &view) })
}

/// When it is, in words; of a place in a queue, when people are seen there.
pub(super) fn when(app: &App, visit: &Visit, it: &Appointment, row: &Row) -> String {
    match &row.queue {
        Some(queue) => {
            format!("{}, {}", format::day_full(visit.t, app.clock.local(it.minutes.from).date()), queue.window)
        }
        None => format::when_full(visit.t, &app.clock, it.minutes.from),
    }
}

/// How long it takes; of a place in a queue, how long the service does.
pub(super) fn duration(app: &App, t: &Texts, it: &Appointment) -> String {
    let snapshot = app.replica.snapshot();
    let of_service = || {
        let services = &snapshot.profile(it.home.as_ref()?)?.description.services;
        services.iter().find(|service| service.id == it.service).map(|service| service.duration_min)
    };
    let minutes = if is_walk_in(it) { of_service().unwrap_or_default() } else { it.minutes.length_min };
    t.count("minutes", "minutes", usize::from(minutes))
}

fn notice(t: &Texts, what: &str, row: &Row) -> Option<String> {
    let values = [("agency", row.agency.as_str()), ("when", row.when.as_str())];
    match (what, row.badge.code) {
        ("file", _) if row.queue.is_some() => Some(t.text("queue-joined", "agency", &row.agency)),
        ("annule", _) if row.queue.is_some() => Some(t.say("queue-left")),
        ("pris", "asked") => Some(t.texts("animateur-asked", &values)),
        ("pris", "confirmed") => Some(t.texts("animateur-booked", &values)),
        ("attente", "listed") => Some(t.say("waiting-joined-any")),
        ("deplace", "asked") => Some(t.texts("moved-asked", &values)),
        ("deplace", "confirmed") => Some(t.texts("moved-done", &values)),
        _ => done(what).map(|key| t.of(key)),
    }
}

/// The reasons that a point may give.
fn reasons(t: &Texts, chosen: Option<&str>) -> Vec<ReasonChoice> {
    let own = [Reason::ByThePerson, Reason::Closed, Reason::Mistake, Reason::Other];
    let choice = |reason: Reason| ReasonChoice {
        word: reason.word(),
        name: t.of(badge::reason_word(reason)),
        chosen: chosen == Some(reason.word()),
    };
    own.map(choice).into()
}

/// The form that corrects details or booth.
pub(super) async fn amend_page(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    let row = shown(&app, &visit, "amend", &it).await;
    let typed = row.person.as_ref().map(|person| Typed::of(person, it.booth)).unwrap_or_default();
    Ok(amend_form(&app, &visit, StatusCode::OK, row, typed))
}

fn amend_form(app: &App, visit: &Visit, status: StatusCode, row: Row, typed: Typed) -> Response {
    let mut page = app.page(visit, Door::Animateur, Key("title-amend"));
    page.fault = typed.errors.general.clone();
    let booths = booths(app, typed.cabine.as_str());
    let error_title = typed.errors.title(visit.t);
    show(status, &AmendPage { page, row, typed, booths, error_title })
}

/// Corrects details or booth.
pub(super) async fn amend(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(mut typed): Form<Typed>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let booth = typed.cabine.parse().ok().map(BoothId).filter(|booth| *booth != it.booth);
    let refusal = match typed.details(visit.t) {
        Some(details) => {
            let known = app.replica.details(vec![it.id]).await.remove(&it.id);
            let details = details.with_papers(known.map(|known| known.papers.clone()).unwrap_or_default());
            match settle(&app, app.replica.amend(it.id, booth, Some(details))).await {
                Ok(()) => return Ok(go(&format!("/animateur/rendez-vous/{short}?fait=corrige"))),
                Err(refusal) => Some(visit.t.of(refused(refusal))),
            }
        }
        None => None,
    };
    typed.errors.general = refusal;
    let row = shown(&app, &visit, "amend", &it).await;
    Ok(amend_form(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, row, typed))
}

/// The person is here.
pub(super) async fn arrived(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    settle(&app, app.replica.arrived(it.id)).await.map_err(|it| no(&app, &visit, it))?;
    Ok(go("/animateur?fait=arrivee"))
}

/// Wakes the booth; the person is then here, if nobody had said so.
pub(super) async fn start_call(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    calls::may_open(&app, &visit, &it)?;
    let full = || oops(&app, &visit, StatusCode::CONFLICT, visit.t.say("error-booth-none"));
    let booth = if is_walk_in(&it) { queue::free_booth(&app, &it).ok_or_else(full)? } else { it.booth };
    if !app.booths.call(booth, it.id) {
        return Err(oops(&app, &visit, StatusCode::CONFLICT, visit.t.say("error-booth-busy")));
    }
    if it.arrived.is_none()
        && let Err(refusal) = settle(&app, app.replica.arrived(it.id)).await
    {
        tracing::warn!(%refusal, "a call starts without its arrival written down");
    }
    Ok(go(if app.booths.is_open(booth) { "/animateur?fait=appel" } else { "/animateur?fait=appel-ferme" }))
}

/// Ends a call from the animateur's page, for instance when the booth's screen has no camera.
pub(super) async fn stop_call(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    app.calls.hang_up(calls::call_of(&it)).await;
    app.booths.end(&it.id, false);
    Ok(go("/animateur?fait=arret"))
}
