// SPDX-License-Identifier: EUPL-1.2
//! Whose call a request is about, by its address: the one that a booth is awake for, or the one of an advisor's appointment;
//! and what either page of a call sends the same way.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use crdt_calendar::ids::{ActRef, BoothId};
use serde::Deserialize;

use super::App;
use super::appointment::found;
use super::guard::Visit;
use super::page::json_fault;
use crate::call::calendar::call_id;
use crate::call::{CallId, Wish};

/// The call of an address with `{booth}`, or with `{short}`. Rejected with a sentence where there is none.
pub(super) struct InCall {
    pub appointment: ActRef,
    pub call: CallId,
}

/// What a person has switched off.
#[derive(Deserialize)]
pub(super) struct Off {
    /// The microphone.
    muted: bool,
    /// The camera.
    dark: bool,
}

/// What was chosen of picture and sound.
#[derive(Deserialize)]
pub(super) struct Chosen {
    wish: Wish,
}

impl FromRequestParts<Arc<App>> for InCall {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let Ok(visit) = Visit::from_request_parts(parts, app).await;
        let named = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let Path(named) = named.map_err(|error| error.into_response())?;
        let appointment = match named.get("booth") {
            Some(booth) => of_booth(app, &visit, booth)?,
            None => found(app, &visit, named.get("short").map_or("", String::as_str))?.id,
        };
        Ok(Self { appointment, call: call_id(&appointment) })
    }
}

/// The appointment that a booth is awake for.
fn of_booth(app: &App, visit: &Visit, booth: &str) -> Result<ActRef, Response> {
    let scene = booth.parse().ok().and_then(|number| app.booths.scene(BoothId(number)));
    let asleep = || json_fault(StatusCode::CONFLICT, &visit.t.say("call-refused-asleep"));
    scene.map(|scene| scene.appointment).ok_or_else(asleep)
}

/// Shows both sides what the person here has switched off, or on again.
pub(super) async fn switch(State(app): State<Arc<App>>, it: InCall, Json(off): Json<Off>) -> StatusCode {
    app.calls.set_muted(it.call, off.muted).await;
    app.calls.set_dark(it.call, off.dark).await;
    StatusCode::NO_CONTENT
}

/// The person chose of picture and sound.
pub(super) async fn choose(State(app): State<Arc<App>>, it: InCall, Json(chosen): Json<Chosen>) -> StatusCode {
    app.calls.choose(it.call, chosen.wish).await;
    StatusCode::NO_CONTENT
}

/// The page was closed or loaded anew; the call goes on when it comes back.
pub(super) async fn leave(State(app): State<Arc<App>>, it: InCall) -> StatusCode {
    app.calls.leave(it.call).await;
    StatusCode::NO_CONTENT
}
