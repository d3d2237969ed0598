// SPDX-License-Identifier: EUPL-1.2
//! Moving an appointment in one step: another time of the same agency and service, under the same details.
//!
//! The old one stands until the new one is confirmed; the rows of both say so. The replica links them and cancels the
//! old one, cut off and after a restart too.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::fold::{Appointment, State as What};
use crdt_calendar::ids::{ActRef, ServiceId, SlotId};
use serde::Deserialize;

use super::App;
use super::agenda::Row;
use super::appointment::{found, refused, settle, shown};
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, go, oops, show};
use super::slots::{self, SlotDay};
use super::typed::{is_nonce, nonce};
use crate::replica::{BookOrder, Offered, Refusal, ShortId, Snapshot, short_act};
use crate::store::Intent;

/// Which time.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Take {
    creneau: String,
    nonce: String,
}

#[derive(Template)]
#[template(path = "move.html")]
struct MovePage {
    page: Page,
    row: Row,
    days: Vec<SlotDay>,
    nonce: String,
}

/// The other appointment of a move, as a row says it.
pub(super) struct Moved {
    pub sentence: String,
    pub other: ShortId,
    pub stage: Stage,
}

/// How far a move is, for one of its two appointments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The other one is still to be confirmed: this one must not be moved or cancelled meanwhile.
    Waits,
    /// The other one still stands, and this one must not be moved on.
    Replaces,
    /// One of the two is gone, as it should be.
    Done,
}

impl Moved {
    /// Whether one of the two is gone, as it should be.
    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }
}

/// The times that an appointment can be moved to.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = movable(&app, &visit, &short)?;
    Ok(move_page(&app, &visit, StatusCode::OK, &it, None).await)
}

async fn move_page(app: &App, visit: &Visit, status: StatusCode, it: &Appointment, fault: Option<String>) -> Response {
    let row = shown(app, visit, "move", it).await;
    // Where its agency refers it elsewhere, that is where its times are; while there are none, its own agency's.
    let referred = it.referral.as_deref().map(|(home, service)| (home, service));
    let ways = [referred, it.home.as_ref().map(|home| (home, &it.service))].into_iter().flatten();
    let days = ways.map(|(home, service)| slots::by_day(app, visit.t, home, service)).find(|days| !days.is_empty());
    let days = days.unwrap_or_default();
    let mut page = app.page(visit, Door::Animateur, Key("title-move"));
    page.fault = fault;
    show(status, &MovePage { page, row, days, nonce: nonce() })
}

/// Moves it to this time. The same form sent twice moves once.
pub(super) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(take): Form<Take>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let snapshot = app.replica.snapshot();
    let slot = take.creneau.parse().ok().and_then(|slot| snapshot.slot(slot));
    // Its service is that of the agency whose time it is: of its own, or of the one to which it is referred.
    let service_at = |slot: &SlotId| {
        let home = snapshot.home_of(slot)?;
        let referred = it.referral.as_deref().filter(|(to, _)| to == home).map(|(_, service)| service);
        referred.or_else(|| Some(&it.service).filter(|_| it.home.as_ref() == Some(home)))
    };
    let chosen = slot.and_then(|slot| Some((slot, service_at(&slot)?)));
    let Some((slot, service)) = chosen.filter(|_| is_nonce(&take.nonce)) else {
        let it = movable(&app, &visit, &short)?;
        let fault = Some(visit.t.say("error-slot-unknown"));
        return Ok(move_page(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, &it, fault).await);
    };
    match under_same_details(&app, &visit, it.id, (slot, service), format!("move-{}", take.nonce)).await? {
        Ok(new) => {
            // The form of a move that was made already makes it no younger.
            if snapshot.appointment_by_id(&new).is_none() {
                app.booked.note(new, app.now_ms());
            }
            Ok(go(&format!("/animateur/rendez-vous/{}?fait=deplace", short_act(&new))))
        }
        Err(refusal) => {
            let it = movable(&app, &visit, &short)?;
            let fault = Some(visit.t.of(refused(refusal)));
            Ok(move_page(&app, &visit, StatusCode::CONFLICT, &it, fault).await)
        }
    }
}

/// Moves an appointment to this slot for this service, or gives its first one to a person who waits; the same nonce does
/// once.
pub(super) async fn under_same_details(
    app: &App,
    visit: &Visit,
    id: ActRef,
    (slot, service): (SlotId, &ServiceId),
    nonce: String,
) -> Result<Result<ActRef, Refusal>, Response> {
    let order = same_details(app, visit, id, (slot, service), nonce).await?;
    Ok(settle(app, app.replica.move_to(id, order)).await)
}

/// A booking for the person who has this appointment, or waits under this name.
pub(super) async fn same_details(
    app: &App,
    visit: &Visit,
    id: ActRef,
    (slot, service): (SlotId, &ServiceId),
    nonce: String,
) -> Result<BookOrder, Response> {
    let details = app.replica.details(vec![id]).await.remove(&id);
    let sealed = || oops(app, visit, StatusCode::CONFLICT, visit.t.say("error-details-sealed"));
    // Who has no appointment yet may have been booked by hand meanwhile; who moves has one, and is no double of it.
    let is_first = app.replica.snapshot().appointment_by_id(&id).is_none();
    Ok(BookOrder {
        slot,
        service: service.clone(),
        booth: None,
        // Another day they are brought again.
        details: details.ok_or_else(sealed)?.with_papers(Vec::new()),
        nonce: Some(nonce),
        despite: is_first.then(Vec::new),
    })
}

/// The appointment, if it can be moved: still to come, and neither being moved nor cancelled.
fn movable(app: &App, visit: &Visit, short: &str) -> Result<Appointment, Response> {
    let it = found(app, visit, short)?;
    let snapshot = app.replica.snapshot();
    let no = |key: Key| Err(oops(app, visit, StatusCode::CONFLICT, visit.t.of(key)));
    if !it.is_coming(app.clock.minute()) {
        return no(Key("error-booking-over"));
    }
    if !is_settled(app, visit.t, &snapshot, &it) {
        return no(Key("error-intended"));
    }
    Ok(it)
}

/// Whether nothing is under way with an appointment: it is neither being moved nor cancelled.
pub(super) fn is_settled(app: &App, t: &Texts, snapshot: &Snapshot, it: &Appointment) -> bool {
    let is_cancelled = matches!(snapshot.intents.get(&it.id), Some(Intent::Cancel(..)));
    !is_cancelled && moved(app, t, snapshot, it).as_ref().is_none_or(Moved::is_done)
}

/// The appointment that is to be moved to this one, and is not cancelled yet.
pub(super) fn moves_here(app: &App, it: &Appointment) -> Option<ActRef> {
    let snapshot = app.replica.snapshot();
    let old = snapshot.appointment_by_id(&old_of(&snapshot, &it.id)?)?;
    old.is_coming(app.clock.minute()).then_some(old.id)
}

fn old_of(snapshot: &Snapshot, new: &ActRef) -> Option<ActRef> {
    snapshot.intents.iter().find(|(_, intent)| **intent == Intent::Move(*new)).map(|(old, _)| *old)
}

/// The appointment that was left for this one, and stands no more.
pub(super) fn left_for<'a>(app: &App, snapshot: &'a Snapshot, it: &Appointment) -> Option<&'a Appointment> {
    let old = snapshot.appointment_by_id(&old_of(snapshot, &it.id)?)?;
    (!old.is_coming(app.clock.minute())).then_some(old)
}

/// The time of an appointment that was left, while it is free. Cost: the free times of its service.
pub(super) fn way_back(app: &App, snapshot: &Snapshot, old: &Appointment) -> Option<SlotId> {
    let offers = slots::offers(app, old.home.as_ref()?, &old.service, 0);
    let same = |it: &Offered| Some(&it.offer.desk) == old.desk.as_ref() && it.offer.minutes == old.minutes;
    snapshot.slot(offers.into_iter().find(same)?.slot)
}

/// What a row says of the move that it belongs to.
pub(super) fn moved(app: &App, t: &Texts, snapshot: &Snapshot, it: &Appointment) -> Option<Moved> {
    let now = app.clock.minute();
    let told = |stage: Stage, key: Key, other: &Appointment| Moved {
        sentence: t.text(key.0, "when", &format::when(t, &app.clock, other.minutes.from)),
        other: short_act(&other.id),
        stage,
    };
    if let Some(Intent::Move(new)) = snapshot.intents.get(&it.id) {
        let new = snapshot.appointment_by_id(new).filter(|new| !new.is_off())?;
        return match it.state {
            _ if it.is_coming(now) => Some(told(Stage::Waits, Key("moved-waits"), new)),
            What::CancelledByPoint(_) => Some(told(Stage::Done, Key("moved-away"), new)),
            _ => None,
        };
    }
    let old = snapshot.appointment_by_id(&old_of(snapshot, &it.id)?)?;
    match (&it.state, old.is_coming(now)) {
        (What::Asked | What::Confirmed, true) => Some(told(Stage::Replaces, Key("moved-replaces-when"), old)),
        (_, true) => Some(told(Stage::Replaces, Key("moved-old-stands"), old)),
        (What::Confirmed, false) => Some(told(Stage::Done, Key("moved-replaced"), old)),
        _ => None,
    }
}
