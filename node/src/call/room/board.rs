// SPDX-License-Identifier: EUPL-1.2
//! What a room shows: its state for the pages, its events for the node, and the time talked.
//!
//! Invariant: the phase is a function of the state (`CallState::phase_of`), worked out here and nowhere else.

use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use crate::call::Now;
use crate::call::state::{CallEvent, CallState, EndReason, Phase};
use crate::link::CallId;

/// A room's board.
pub(super) struct Board {
    call: CallId,
    /// What will be shown next.
    pub(super) state: CallState,
    shown: watch::Sender<CallState>,
    events: broadcast::Sender<CallEvent>,
    now: Now,
    talking_from: Option<Instant>,
}

impl Board {
    /// A fresh board; only the time already talked is kept.
    pub(super) fn new(
        call: CallId,
        shown: watch::Sender<CallState>,
        events: broadcast::Sender<CallEvent>,
        now: Now,
    ) -> Self {
        let talked_ms = shown.borrow().talked_ms;
        let state = CallState { talked_ms, ..CallState::default() };
        Self { call, state, shown, events, now, talking_from: None }
    }

    /// Shows the state, and says what has changed. `linked`: the line between the nodes is up.
    pub(super) fn publish(&mut self, linked: bool) {
        let phase = self.state.phase_of(linked);
        if phase != self.state.phase {
            self.state.phase = phase;
            self.turn();
        }
        let state = &self.state;
        self.shown.send_if_modified(|shown| {
            let changed = shown != state;
            if changed {
                shown.clone_from(state);
            }
            changed
        });
    }

    /// The phase has changed.
    fn turn(&mut self) {
        self.count_talk();
        self.talking_from = (self.state.phase == Phase::Talking).then(Instant::now);
        let call = self.call;
        match self.state.phase {
            Phase::Talking => {
                self.state.talking_since_ms.get_or_insert_with(|| (self.now)());
                self.emit(CallEvent::BothTalking { call });
            }
            Phase::Ringing => self.emit(CallEvent::PersonArrived { call }),
            Phase::Waiting | Phase::Reconnecting | Phase::Ended => {}
        }
    }

    /// Adds the time that both have been there since it was last counted.
    pub(super) fn count_talk(&mut self) {
        if let Some(from) = &mut self.talking_from {
            let now = Instant::now();
            let passed = u64::try_from(now.duration_since(*from).as_millis()).unwrap_or(0);
            self.state.talked_ms = self.state.talked_ms.saturating_add(passed);
            *from = now;
        }
    }

    /// The person of this side asked for help, or has it.
    pub(super) fn help(&mut self, asked: bool) {
        if asked && !self.state.help_asked {
            self.emit(CallEvent::HelpAsked { call: self.call });
        }
        self.state.help_asked = asked;
    }

    /// The call is over. `false`: it was already.
    pub(super) fn end(&mut self, reason: EndReason) -> bool {
        if self.state.ended.is_some() {
            return false;
        }
        self.count_talk();
        self.talking_from = None;
        self.state.ended = Some(reason);
        self.state.here = false;
        self.state.peer_present = false;
        self.state.help_asked = false;
        self.emit(CallEvent::Ended { call: self.call, minutes: self.state.minutes(), reason });
        true
    }

    /// A call that was over begins again.
    pub(super) fn revive(&mut self) {
        if self.state.ended.take().is_some() {
            self.state.talking_since_ms = None;
        }
        self.state.refusal = None;
    }

    fn emit(&self, event: CallEvent) {
        if self.events.send(event).is_err() {
            tracing::trace!("nobody listens to calls");
        }
    }
}
