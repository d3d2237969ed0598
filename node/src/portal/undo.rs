// SPDX-License-Identifier: EUPL-1.2
//! Cancelling at the point, and the minute in which it is taken back.
//!
//! What was written in the calendar stays written. So a cancel waits a minute on this box's disk before it is written;
//! a booking is written at once, and what takes it back within a minute is a cancel; of a move, another move, to the time
//! that was left, while it is free. The pages say which.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::act::Reason;
use crdt_calendar::clerk::BookError;
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::ActRef;
use crdt_calendar::time::UtcMinute;
use serde::Deserialize;

use super::App;
use super::appointment::{found, no, settle};
use super::calls;
use super::format;
use super::guard::Visit;
use super::i18n::Texts;
use super::moving::{self, Stage, moved};
use super::page::{Answer, go, oops};
use crate::replica::{Snapshot, short_act};
use crate::store::Intent;

/// How long what was done can be taken back, in seconds.
const UNDO_S: u64 = 60;

/// Why an appointment is cancelled, and what was confirmed on the way.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Cancel {
    pub raison: String,
    /// It is late, and that is known.
    tard: String,
    /// Without the minute.
    maintenant: String,
}

/// What can be taken back of an appointment.
pub(super) struct Undo {
    pub sentence: String,
    /// Where the form goes.
    pub action: &'static str,
    /// How its button looks: a booking is rarely taken back.
    pub style: &'static str,
    /// It waits to be cancelled, and may be at once.
    pub waits: bool,
}

/// What was booked or moved here within the last minute. In memory: after a restart nothing is taken back.
#[derive(Default)]
pub(super) struct Booked(Mutex<BTreeMap<ActRef, u64>>);

impl Booked {
    /// This was booked now.
    pub(super) fn note(&self, id: ActRef, now_ms: u64) {
        let mut booked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        booked.retain(|_, at| now_ms.saturating_sub(*at) < UNDO_S * 1000);
        booked.insert(id, now_ms);
    }

    fn is_recent(&self, id: &ActRef, now_ms: u64) -> bool {
        let booked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        booked.get(id).is_some_and(|at| now_ms.saturating_sub(*at) < UNDO_S * 1000)
    }
}

/// Whether the agency is told so late that the hour will hardly serve another person.
pub(super) fn is_late(app: &App, it: &Appointment) -> bool {
    let left = it.minutes.from.0.saturating_sub(app.clock.minute().0);
    it.is_confirmed() && left < u32::from(app.cancel_before_hours) * 60
}

/// What can be taken back.
pub(super) fn undo(app: &App, t: &Texts, snapshot: &Snapshot, it: &Appointment) -> Option<Undo> {
    if let Some(at) = cancelled_at(snapshot, it) {
        let time = format::time(t, &app.clock.local(at));
        return Some(Undo {
            sentence: t.text("undo-cancel", "time", &time),
            action: "reprendre",
            style: "button",
            waits: true,
        });
    }
    if !app.booked.is_recent(&it.id, app.now_ms()) || !it.is_coming(app.clock.minute()) {
        return None;
    }
    let (sentence, action) = match moving::left_for(app, snapshot, it) {
        Some(old) => {
            moving::way_back(app, snapshot, old)?;
            (t.text("undo-move", "when", &format::when(t, &app.clock, old.minutes.from)), "revenir")
        }
        None => (t.say("undo-booking"), "defaire"),
    };
    Some(Undo { sentence, action, style: "button quiet", waits: false })
}

/// The minute in which it is going to be cancelled.
pub(super) fn cancelled_at(snapshot: &Snapshot, it: &Appointment) -> Option<UtcMinute> {
    match snapshot.intents.get(&it.id) {
        // The next full minute: by then it is done.
        Some(Intent::Cancel(_, at)) => u32::try_from((at + 59).div_euclid(60)).ok().map(UtcMinute),
        _ => None,
    }
}

/// Cancels for the point: in a minute, or at once if that is asked.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(asked): Form<Cancel>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let here = format!("/animateur/rendez-vous/{short}");
    let missing = || oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, visit.t.say("error-reason-missing"));
    let snapshot = app.replica.snapshot();
    let is_coming = it.is_coming(app.clock.minute());
    let waiting = match snapshot.intents.get(&it.id) {
        Some(Intent::Cancel(reason, _)) if is_coming => Some(*reason),
        _ => None,
    };
    let reason = waiting.or_else(|| Reason::named(&asked.raison)).ok_or_else(missing)?;
    if waiting.is_none() && is_coming {
        if moved(&app, visit.t, &snapshot, &it).is_some_and(|moved| moved.stage == Stage::Waits) {
            return Err(oops(&app, &visit, StatusCode::CONFLICT, visit.t.say("error-intended")));
        }
        if is_late(&app, &it) && asked.tard.is_empty() {
            return Ok(go(&format!("{here}?fait=tard&raison={}", reason.word())));
        }
    }
    let is_now = !asked.maintenant.is_empty() || !is_coming;
    let cancelled = if is_now {
        settle(&app, app.replica.cancel(it.id, reason)).await
    } else {
        let at = app.clock.unix_ms() / 1000 + i64::try_from(UNDO_S).unwrap_or(0);
        settle(&app, app.replica.cancel_at(it.id, reason, at)).await
    };
    cancelled.map_err(|it| no(&app, &visit, it))?;
    leave_booth(&app, &it).await;
    Ok(go(&if is_now { format!("{here}?fait=annule") } else { here }))
}

/// It is not cancelled after all.
pub(super) async fn take_back(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    settle(&app, app.replica.take_back(it.id)).await.map_err(|_| too_late(&app, &visit))?;
    Ok(go(&format!("/animateur/rendez-vous/{short}?fait=repris")))
}

/// It was booked by mistake a moment ago.
pub(super) async fn unbook(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    let is_recent = app.booked.is_recent(&it.id, app.now_ms()) && it.is_coming(app.clock.minute());
    // Whoever has left another time for this one would have none: they go back to it.
    if !is_recent || moving::left_for(&app, &app.replica.snapshot(), &it).is_some() {
        return Err(too_late(&app, &visit));
    }
    settle(&app, app.replica.cancel(it.id, Reason::Mistake)).await.map_err(|it| no(&app, &visit, it))?;
    leave_booth(&app, &it).await;
    Ok(go(&format!("/animateur/rendez-vous/{}?fait=defait", short_act(&it.id))))
}

/// It was moved by mistake a moment ago: back to the time that it had, which is still free. Twice is once.
pub(super) async fn back(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    let snapshot = app.replica.snapshot();
    let old = moving::left_for(&app, &snapshot, &it).filter(|_| app.booked.is_recent(&it.id, app.now_ms()));
    let old = old.ok_or_else(|| too_late(&app, &visit))?;
    let slot = match snapshot.intents.get(&it.id) {
        // It is on its way back already.
        Some(Intent::Move(again)) => {
            return Ok(go(&format!("/animateur/rendez-vous/{}?fait=deplace", short_act(again))));
        }
        _ => moving::way_back(&app, &snapshot, old).ok_or_else(|| no(&app, &visit, BookError::Taken.into()))?,
    };
    let once = format!("back-{}", short_act(&it.id));
    let moved = moving::under_same_details(&app, &visit, it.id, (slot, &old.service), once).await?;
    let new = moved.map_err(|refusal| no(&app, &visit, refusal))?;
    Ok(go(&format!("/animateur/rendez-vous/{}?fait=deplace", short_act(&new))))
}

fn too_late(app: &App, visit: &Visit) -> Response {
    oops(app, visit, StatusCode::CONFLICT, visit.t.say("error-undo-late"))
}

async fn leave_booth(app: &App, it: &Appointment) {
    app.booths.end(&it.id, false);
    app.calls.hang_up(calls::call_of(it)).await;
}
