// SPDX-License-Identifier: EUPL-1.2
//! People to call back: the agency said no, or cancelled, or a queue ended before they were called in. Each with a telephone, a reason and two other
//! times that one click books, under the same details.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::act::Reason;
use crdt_calendar::clerk::ChangeError;
use crdt_calendar::fold::{Appointment, State as What};
use crdt_calendar::ids::{ActRef, BoothId, SlotId};
use serde::Deserialize;

use super::App;
use super::agenda::{self, Row};
use super::appointment::{found, no, settle};
use super::guard::Visit;
use super::i18n::Texts;
use super::page::{Answer, go, oops};
use super::typed::booths;
use super::{format, moving, opening, slots, waiting};
use crate::replica::{Refusal, short_act, short_slot};

/// Times offered beside a call-back.
const ALTERNATIVES_MAX: usize = 2;
/// A person who is called back needs so many minutes to come.
const LEAD_MIN: u32 = 60;

/// Another time for the same person.
pub(super) struct Alternative {
    pub slot: String,
    pub when: String,
}

/// One person to call back.
pub(super) struct CallBack {
    pub row: Row,
    pub alternatives: Vec<Alternative>,
    pub alternatives_title: String,
    pub others: String,
    /// They may wait until a time is free.
    pub may_wait: bool,
    /// That as much was proposed as ever is.
    pub waited: Option<String>,
    /// The agency keeps it; what is missing is a booth of this box.
    pub wants_booth: bool,
}

/// Which time.
#[derive(Deserialize)]
pub(super) struct Take {
    #[serde(default)]
    creneau: String,
}

/// Everybody to call back from this point, whatever the day.
pub(super) async fn list(app: &App, visit: &Visit) -> Vec<CallBack> {
    let t = visit.t;
    let snapshot = app.replica.snapshot();
    let found = snapshot.call_backs(app.clock.minute());
    let details = opening::open(app, visit, "call-backs", found.iter().map(|it| it.id).collect()).await;
    let one = |it: &&Appointment| {
        let alternatives = alternatives(app, t, it);
        let place = waiting::place(app, t, &snapshot, it);
        CallBack {
            may_wait: place.may_join,
            waited: place.sentence,
            row: agenda::row(app, t, &snapshot, it, &details),
            alternatives_title: t.count("refused-alternatives", "count", alternatives.len()),
            alternatives,
            others: others(it),
            wants_booth: it.is_orphaned(),
        }
    };
    found.iter().map(one).collect()
}

/// Whether the call-back list of this point says what to do.
pub(super) fn is_on_list(app: &App, it: &Appointment) -> bool {
    let snapshot = app.replica.snapshot();
    snapshot.is_called_back(it) || snapshot.is_left_in_queue(it, app.clock.minute())
}

/// Where another time is booked under the same details.
pub(super) fn others(it: &Appointment) -> String {
    let home = it.home.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("/animateur/rendez-vous/nouveau?agence={home}&motif={}&pour={}", it.service, short_act(&it.id))
}

/// What the agency proposed and can still be had; else the next times that can.
fn alternatives(app: &App, t: &Texts, it: &Appointment) -> Vec<Alternative> {
    let Some(home) = &it.home else { return Vec::new() };
    let proposed = match &it.state {
        What::Refused { alternatives } => alternatives.as_slice(),
        _ => &[],
    };
    let mut free = slots::offers(app, home, &it.service, LEAD_MIN);
    let is_proposed = |slot| proposed.iter().any(|id| short_slot(id) == slot);
    free.sort_by_key(|offered| (!is_proposed(offered.slot), offered.offer.minutes.from));
    free.truncate(ALTERNATIVES_MAX);
    let shown = free.into_iter().map(|offered| Alternative {
        when: format::when(t, &app.clock, offered.offer.minutes.from),
        slot: offered.slot.to_string(),
    });
    shown.collect()
}

/// The person was called, and wants no other time.
pub(super) async fn called_back(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let appointment = to_call_back(&app, &visit, &short)?;
    settle(&app, app.replica.cancel(appointment.id, Reason::ByThePerson)).await.map_err(|it| no(&app, &visit, it))?;
    Ok(go("/animateur?fait=rappele"))
}

/// A booth for an appointment that an earlier box of this point made and its agency keeps: the first that is free.
pub(super) async fn give_booth(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let appointment = to_call_back(&app, &visit, &short)?;
    for booth in booths(&app, "") {
        match settle(&app, app.replica.amend(appointment.id, Some(BoothId(booth.number)), None)).await {
            Ok(()) => return Ok(go(&format!("/animateur/rendez-vous/{short}?fait=cabine"))),
            Err(Refusal::Change(ChangeError::Booth)) => {}
            Err(refusal) => return Err(no(&app, &visit, refusal)),
        }
    }
    Err(no(&app, &visit, Refusal::Change(ChangeError::Booth)))
}

/// The appointment, if its person is still to be called back: a page that is out of date must not cancel
/// what is confirmed meanwhile, nor book it twice.
fn to_call_back(app: &App, visit: &Visit, short: &str) -> Result<Appointment, Response> {
    let appointment = found(app, visit, short)?;
    let is_left = || app.replica.snapshot().is_left_in_queue(&appointment, app.clock.minute());
    if appointment.needs_call_back() || is_left() {
        return Ok(appointment);
    }
    Err(oops(app, visit, StatusCode::CONFLICT, visit.t.say("error-call-back-settled")))
}

/// Books another time under the same details, and settles the first. Whatever is clicked, however often, a
/// call-back books once: its nonce is its own name.
pub(super) async fn take_alternative(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(take): Form<Take>,
) -> Answer {
    let appointment = to_call_back(&app, &visit, &short)?;
    let unknown = || oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, visit.t.say("error-slot-unknown"));
    let slot = take.creneau.parse().ok().and_then(|slot| app.replica.snapshot().slot(slot)).ok_or_else(unknown)?;
    let booked = book_again(&app, &visit, &appointment, slot).await?;
    Ok(booked_page(&short_act(&booked).to_string()))
}

/// Books this time in place of what the agency ended, and settles that.
pub(super) async fn book_again(
    app: &App,
    visit: &Visit,
    appointment: &Appointment,
    slot: SlotId,
) -> Result<ActRef, Response> {
    let nonce = format!("call-back-{}", short_act(&appointment.id));
    let order = moving::same_details(app, visit, appointment.id, (slot, &appointment.service), nonce).await?;
    // A time that was asked in the place of another still is.
    let booked = match moving::moves_here(app, appointment) {
        Some(old) => settle(app, app.replica.move_to(old, order)).await,
        None => settle(app, app.replica.book(order)).await,
    };
    let booked = booked.map_err(|it| no(app, visit, it))?;
    if let Err(refusal) = settle(app, app.replica.cancel(appointment.id, Reason::ByThePerson)).await {
        // The new time stands; the old one stays on the list until someone settles it by hand.
        tracing::warn!(%refusal, "a call-back was booked anew but could not be settled");
    }
    Ok(booked)
}

fn booked_page(short: &str) -> Response {
    go(&format!("/animateur/rendez-vous/{short}?fait=pris"))
}
