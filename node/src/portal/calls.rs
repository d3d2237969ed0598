// SPDX-License-Identifier: EUPL-1.2
//! The portal's side of a call: which call an appointment is, when its room is open, and what the two call
//! pages send. All of the call itself is in [`crate::call`].

use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use crdt_calendar::fold::Appointment;
use crdt_calendar::time::UtcMinute;
use serde::{Deserialize, Serialize};

use super::App;
use super::documents::{self, DocumentView};
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{json_fault, oops};
use crate::call::calendar::{call_id, room};
use crate::call::ladder::Rung;
use crate::call::leg::LegError;
use crate::call::{CallId, CallState, EndReason, Join, JoinError, Phase, Refusal, Side, Wish};
use crate::reach::Reach;

/// A browser's offer.
#[derive(Deserialize)]
pub(super) struct Offer {
    pub sdp: String,
    #[serde(default)]
    again: bool,
}

/// When a call may be held, seen from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// It opens at this minute.
    Early(UtcMinute),
    Open,
    Over,
}

/// Which call an appointment is.
pub(super) fn call_of(appointment: &Appointment) -> CallId {
    call_id(&appointment.id)
}

/// Where now stands in the appointment's window.
pub(super) fn window(app: &App, appointment: &Appointment) -> Window {
    let now = app.clock.minute();
    let (opens, closes) = room(&app.replica.snapshot(), appointment);
    if now < opens {
        Window::Early(opens)
    } else if now < closes {
        Window::Open
    } else {
        Window::Over
    }
}

/// Lets a page open a call, or says why not: it is neither confirmed nor called in, or now is outside its window.
pub(super) fn may_open(app: &App, visit: &Visit, appointment: &Appointment) -> Result<(), Response> {
    let t = visit.t;
    let sentence = match window(app, appointment) {
        _ if !appointment.will_be_seen() => t.say("call-refused-not-confirmed"),
        Window::Open => return Ok(()),
        Window::Early(at) => t.text("call-refused-too-early", "time", &format::time(t, &app.clock.local(at))),
        Window::Over => t.say("call-refused-late"),
    };
    Err(oops(app, visit, StatusCode::CONFLICT, sentence))
}

/// What a page shows of a call: of persons, what they give and write to each other.
#[derive(Serialize)]
pub(super) struct CallView {
    #[serde(flatten)]
    state: CallState,
    /// Time both were there, ms.
    talked_ms: u64,
    /// The state in a sentence.
    sentence: String,
    /// The line in a word.
    line_word: String,
    /// The way to the other node in a word, while there is one.
    way_word: Option<String>,
    /// What of the picture the line carries, where it is less than a moving picture of some size.
    rung_word: Option<String>,
    /// What was exchanged.
    papers: Vec<DocumentView>,
    /// The check phrase, while the line is up.
    phrase: Option<String>,
}

/// A call as it is now.
pub(super) fn view(t: &Texts, state: &CallState, side: Side) -> CallView {
    let key = match (state.phase, side) {
        (Phase::Waiting, Side::Booth) => Key("call-waiting-advisor"),
        (Phase::Waiting, Side::Advisor) if state.help_asked => Key("call-waiting-help"),
        (Phase::Waiting, Side::Advisor) => Key("call-waiting-person"),
        (Phase::Ringing, _) => Key("call-connecting"),
        (Phase::Talking, _) => Key("call-connected"),
        (Phase::Reconnecting, _) => Key("call-cut"),
        (Phase::Ended, Side::Booth) if state.ended == Some(EndReason::Interrupted) => Key("call-interrupted-booth"),
        (Phase::Ended, Side::Advisor) if state.ended == Some(EndReason::Interrupted) => Key("call-interrupted"),
        (Phase::Ended, Side::Booth) => Key("call-ended-thanks"),
        (Phase::Ended, Side::Advisor) => Key("call-ended"),
    };
    let line = match state.line {
        _ if state.phase == Phase::Reconnecting => Key("line-cut"),
        crate::call::Line::Good => Key("line-good"),
        crate::call::Line::Fair => Key("line-fair"),
        crate::call::Line::Poor => Key("line-poor"),
    };
    let (way_word, rung_word) = (way_word(t, state.reach), rung_key(state).map(|key| t.of(key)));
    let talked_ms = state.record.talked_ms();
    let phrase = state.phrase.filter(|_| state.phase == Phase::Talking).map(|it| it.words().join(" "));
    let (sentence, line_word) = (t.of(key), t.of(line));
    let papers = documents::views(t, state);
    CallView { state: state.clone(), talked_ms, sentence, line_word, way_word, rung_word, papers, phrase }
}

/// The way to another node in a word, while there is one.
pub(super) fn way_word(t: &Texts, reach: Reach) -> Option<String> {
    match reach {
        Reach::Relayed => Some(t.say("way-relayed")),
        Reach::Lan | Reach::Direct => Some(t.say("way-direct")),
        Reach::Through | Reach::Unheard => None,
    }
}

/// A line is known after so long.
const KNOWN_MS: u64 = 8_000;

/// What was chosen; else the worse of what this side sends and of what comes, where people notice.
fn rung_key(state: &CallState) -> Option<Key> {
    match state.rung.max(state.their_rung) {
        _ if state.phase != Phase::Talking => None,
        _ if state.wish == Wish::NoPicture => Some(Key("rung-no-picture-here")),
        _ if state.their_wish == Wish::NoPicture => Some(Key("rung-no-picture-there")),
        Rung::P180 if state.wish == Wish::Weak => Some(Key("rung-chosen-here")),
        Rung::P180 if state.their_wish != Wish::Full => Some(Key("rung-chosen-there")),
        Rung::P480 | Rung::P360 => None,
        // A call begins with a still picture.
        _ if state.line == crate::call::Line::Good && state.record.talked_ms() < KNOWN_MS => None,
        Rung::P180 if state.line == crate::call::Line::Good => None,
        Rung::P180 => Some(Key("rung-small")),
        Rung::Still => Some(Key("rung-still")),
        Rung::Sound => Some(Key("rung-sound")),
    }
}

/// Lets a browser in; the answer is its session description, or a sentence.
pub(super) async fn offer(app: &App, visit: &Visit, call: CallId, side: Side, offer: Offer) -> Response {
    let join = Join { call, side, offer: offer.sdp, reached: visit.reached, again: offer.again };
    answered(visit.t, app.calls.join(join).await)
}

/// The answer to a browser's offer.
pub(super) fn answered(t: &Texts, joined: Result<String, JoinError>) -> Response {
    match joined {
        Ok(sdp) => Json(serde_json::json!({ "sdp": sdp })).into_response(),
        Err(error) => json_fault(StatusCode::CONFLICT, &sentence(t, &error)),
    }
}

/// Why a browser does not enter, in the page's language.
fn sentence(t: &Texts, error: &JoinError) -> String {
    match error {
        JoinError::Refused(refusal) => t.of(match refusal {
            Refusal::Unknown => Key("error-booking-unknown"),
            Refusal::TooEarly => Key("call-refused-early"),
            Refusal::TooLate => Key("call-refused-late"),
            Refusal::NotYours => Key("call-refused-other"),
            Refusal::Cancelled => Key("call-refused-cancelled"),
            Refusal::Full => Key("call-refused-full"),
        }),
        JoinError::Over => t.say("call-ended"),
        JoinError::Leg(leg) => t.of(match leg {
            LegError::TooLong(_) | LegError::Unreadable => Key("call-refused-offer"),
            LegError::NoCommonMedia => Key("call-refused-browser"),
            LegError::Local => Key("call-refused"),
        }),
    }
}
