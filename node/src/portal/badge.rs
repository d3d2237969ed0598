// SPDX-License-Identifier: EUPL-1.2
//! What an appointment is, in a word that stands beside it and a sentence: one table for all pages.

use crdt_calendar::act::{Fate, Reason};
use crdt_calendar::fold::{Appointment, State, Why};
use crdt_calendar::time::UtcMinute;

use super::App;
use super::format;
use super::i18n::{Key, Texts};
use super::terms;
use crate::replica::{Snapshot, is_walk_in};

/// What an appointment is, in a word and a sentence.
pub(super) struct Badge {
    /// For the style and for tests.
    pub code: &'static str,
    pub word: String,
    pub help: String,
}

/// It is being cancelled, and can be taken back until this minute.
pub(super) fn cancelling(app: &App, t: &Texts, at: UtcMinute) -> Badge {
    let time = format::time(t, &app.clock.local(at));
    Badge { code: "cancelling", word: t.say("state-cancelling"), help: t.text("undo-cancel", "time", &time) }
}

/// What it is for whoever works with the person: beside its state, which list says what to do.
pub(super) fn of(app: &App, t: &Texts, snapshot: &Snapshot, it: &Appointment, in_call: bool) -> Badge {
    if it.needs_call_back() && !snapshot.is_called_back(it) {
        return Badge { code: "listed", word: t.say("state-listed"), help: t.say("state-listed-help") };
    }
    if snapshot.is_left_in_queue(it, app.clock.minute()) {
        return Badge { code: "refused", word: t.say("state-refused"), help: t.say("queue-over") };
    }
    badge(app, t, it, in_call)
}

/// The state in a word, and what to make of it.
pub(super) fn badge(app: &App, t: &Texts, it: &Appointment, in_call: bool) -> Badge {
    let (code, word, help) = match &it.state {
        State::Asked if is_walk_in(it) => ("asked", Key("state-asked"), Key("state-queue-asked-help")),
        State::Asked => ("asked", Key("state-asked"), Key("state-asked-help")),
        State::Confirmed => confirmed(it, in_call),
        State::Refused { .. } if it.settled => ("settled", Key("state-settled"), Key("state-settled-help")),
        State::Refused { .. } if it.bar.is_some() => {
            ("refused", Key("state-refused"), it.bar.map_or(Key("state-refused-help"), terms::refused))
        }
        State::Refused { alternatives } if alternatives.is_empty() => {
            ("refused", Key("state-refused"), Key("state-refused-none-help"))
        }
        State::Refused { .. } => ("refused", Key("state-refused"), Key("state-refused-help")),
        State::CancelledByPoint(_) if it.moved => ("moved", Key("state-moved"), Key("state-moved-help")),
        State::CancelledByPoint(_) => {
            ("cancelled-point", Key("state-cancelled-point"), Key("state-cancelled-point-help"))
        }
        State::CancelledByAgency(_) | State::Void(Why::Taken) => {
            ("cancelled-agency", Key("state-cancelled-agency"), Key("state-cancelled-agency-help"))
        }
        State::Suspended if it.kept => ("suspended", Key("state-suspended"), Key("state-orphaned-help")),
        State::Suspended => ("suspended", Key("state-suspended"), Key("state-suspended-help")),
        State::Queued { .. } => ("queued", Key("state-queued"), Key("state-queued-help")),
        State::Called if it.outcome.is_some() || in_call => confirmed(it, in_call),
        State::Called => ("called", Key("state-called"), Key("state-called-help")),
        State::Waiting => ("waiting", Key("state-waiting"), Key("state-waiting-help")),
        State::Void(_) => ("void", Key("state-void"), Key("state-void-help")),
    };
    let help = match (&it.state, it.outcome) {
        (State::Queued { ahead }, _) => t.count(help.0, "ahead", usize::from(*ahead)),
        (State::CancelledByAgency(reason), _) => t.text(help.0, "reason", &t.of(reason_word(*reason))),
        (State::Void(Why::Taken), _) => t.text(help.0, "reason", &t.say("reason-other")),
        (State::Confirmed | State::Called, Some(outcome)) => t.count(help.0, "minutes", usize::from(outcome.minutes)),
        _ => t.of(help),
    };
    let help = match (code, it.arrived) {
        ("arrived", Some(at)) => {
            let time = format::time(t, &app.clock.local(at));
            t.text("state-waiting-room-since", "time", &time)
        }
        _ => help,
    };
    Badge { code, word: t.of(word), help }
}

fn confirmed(it: &Appointment, in_call: bool) -> (&'static str, Key, Key) {
    match it.outcome.map(|outcome| outcome.fate) {
        Some(Fate::Kept) => ("kept", Key("state-kept"), Key("state-kept-help")),
        Some(Fate::NoShow) => ("no-show", Key("state-no-show"), Key("state-no-show-help")),
        Some(Fate::Interrupted) => ("interrupted", Key("state-interrupted"), Key("state-interrupted-help")),
        None if in_call => ("in-call", Key("state-in-call"), Key("state-in-call-help")),
        None if it.arrived.is_some() => ("arrived", Key("state-waiting-room"), Key("state-waiting-room-help")),
        None => ("confirmed", Key("state-confirmed"), Key("state-confirmed-help")),
    }
}

/// A reason in words.
pub(super) fn reason_word(reason: Reason) -> Key {
    match reason {
        Reason::ByThePerson => Key("reason-person"),
        Reason::AdvisorAbsent => Key("reason-absent"),
        Reason::Closed => Key("reason-closed"),
        Reason::Mistake => Key("reason-mistake"),
        Reason::Other => Key("reason-other"),
    }
}
