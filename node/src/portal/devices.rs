// SPDX-License-Identifier: EUPL-1.2
//! The booth's scanner and printer, for the page of its call. The person's own press is the consent.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::App;
use super::documents::{self, Which};
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::in_call::InCall;
use super::page::{Answer, json_fault};
use crate::devices::DeviceError;

/// The person lays a sheet on the scanner, and gives it.
pub(super) async fn scan(State(app): State<Arc<App>>, visit: Visit, it: InCall) -> Response {
    let t = visit.t;
    if !app.calls.is_open(it.call) {
        return json_fault(StatusCode::CONFLICT, &t.say("error-document-early"));
    }
    let sheet = match app.devices.scan().await {
        Ok(sheet) => sheet,
        Err(error) => return fault(t, error),
    };
    let given = async {
        let mut given = app.calls.documents().give(it.call)?;
        given.write(&sheet)?;
        app.calls.give(it.call, given, t.say("document-scan")).await
    };
    documents::answered(t, given.await)
}

/// The person prints a document.
pub(super) async fn print(
    State(app): State<Arc<App>>,
    visit: Visit,
    it: InCall,
    Path(Which { id }): Path<Which>,
) -> Answer {
    let t = visit.t;
    let (_, _, path) = documents::there(&app, t, it.call, &id)?;
    Ok(match app.devices.print(&path).await {
        Ok(()) => Json(serde_json::json!({ "says": t.say("printed") })).into_response(),
        Err(error) => fault(t, error),
    })
}

fn fault(t: &Texts, error: DeviceError) -> Response {
    let key = match error {
        DeviceError::None => Key("error-device-none"),
        DeviceError::NoProgram => Key("error-device-program"),
        DeviceError::NoPaper => Key("error-device-paper"),
        DeviceError::Stopped => Key("error-device-stopped"),
        DeviceError::Slow => Key("error-device-slow"),
        DeviceError::Faulty => Key("error-device-faulty"),
    };
    json_fault(StatusCode::CONFLICT, &t.of(key))
}
