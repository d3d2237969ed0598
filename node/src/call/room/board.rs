// SPDX-License-Identifier: EUPL-1.2
//! What a room shows: its state for the pages, its events for the node, and the time talked.
//!
//! Invariant: the phase is a function of the state (`CallState::phase_of`), worked out here and nowhere else.

use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use crate::call::Now;
use crate::call::state::{CallEvent, CallState, EndReason, Phase};
use crate::link::CallId;
use crate::reach::Reach;

/// A room's board.
pub(super) struct Board {
    call: CallId,
    /// What will be shown next.
    pub(super) state: CallState,
    shown: watch::Sender<CallState>,
    events: broadcast::Sender<CallEvent>,
    now: Now,
    talking_from: Option<Instant>,
    cut_from: Option<Instant>,
    /// How far that is counted.
    cut_counted: Option<Instant>,
}

impl Board {
    /// A fresh board; only what was talked is kept, and that a call goes on which a restart cut.
    pub(super) fn new(
        call: CallId,
        shown: watch::Sender<CallState>,
        events: broadcast::Sender<CallEvent>,
        now: Now,
    ) -> Self {
        let before = shown.borrow().clone();
        let talking_since_ms = before.talking_since_ms.filter(|_| before.ended.is_none());
        let CallState { talked_ms, record, cut_since_ms: before_cut, .. } = before;
        let cut_since_ms = before_cut.filter(|_| talking_since_ms.is_some());
        let state = CallState { talked_ms, record, talking_since_ms, cut_since_ms, ..CallState::default() };
        // A restart cut it.
        let apart_ms = before.cut_since_ms.map(|since| now().saturating_sub(since));
        let apart = talking_since_ms.and(apart_ms).map(Duration::from_millis);
        let cut_from = apart.map(|apart| Instant::now().checked_sub(apart).unwrap_or_else(Instant::now));
        Self { call, state, shown, events, now, talking_from: None, cut_from, cut_counted: cut_from }
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
        self.count();
        self.state.record.cuts += u32::from(self.state.phase == Phase::Reconnecting);
        self.talking_from = (self.state.phase == Phase::Talking).then(Instant::now);
        self.cut_from = (self.state.phase == Phase::Reconnecting).then(Instant::now);
        self.cut_counted = self.cut_from;
        self.state.cut_since_ms = self.cut_from.map(|_| (self.now)());
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

    /// Adds the time that both have been there, or apart, since it was last counted.
    pub(super) fn count(&mut self) {
        if let Some(passed_ms) = lap_ms(&mut self.talking_from) {
            let is_relayed = self.state.reach == Reach::Relayed;
            self.state.record.talk(self.state.rung.place(), is_relayed, passed_ms);
            self.state.talked_ms = self.state.record.talked_ms();
        }
        if let Some(passed_ms) = lap_ms(&mut self.cut_counted) {
            self.state.record.cut_ms = self.state.record.cut_ms.saturating_add(passed_ms);
        }
    }

    /// For how long both have been apart who had seen each other.
    pub(super) fn cut_for(&self) -> Option<Duration> {
        self.cut_from.map(|from| from.elapsed())
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
        self.count();
        (self.talking_from, self.cut_from, self.cut_counted) = (None, None, None);
        self.state.record.was_interrupted |= reason == EndReason::Interrupted;
        self.state.ended = Some(reason);
        self.state.here = false;
        self.state.peer_present = false;
        self.state.help_asked = false;
        let (minutes, record) = (self.state.minutes(), self.state.record);
        self.emit(CallEvent::Ended { call: self.call, minutes, record, reason });
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

/// Milliseconds since an instant, which becomes now.
fn lap_ms(from: &mut Option<Instant>) -> Option<u64> {
    let now = Instant::now();
    let from = from.as_mut()?;
    let passed = now.duration_since(std::mem::replace(from, now));
    Some(u64::try_from(passed.as_millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn board(shown: &watch::Sender<CallState>) -> Board {
        Board::new(CallId([1; 16]), shown.clone(), broadcast::Sender::new(8), Arc::new(|| 0))
    }

    #[test]
    fn who_saw_each_other_and_are_apart_are_cut() {
        // Goal: who never saw each other are not cut; a new room of the same call knows that it was cut; what is over is
        // not cut any more, and begins anew.
        let shown = watch::Sender::new(CallState::default());
        let mut board = board(&shown);
        let be = |board: &mut Board, both: bool| {
            (board.state.here, board.state.peer_present) = (true, both);
            board.publish(both);
            board.cut_for().is_some()
        };
        for (both, is_cut) in [(false, false), (true, false), (false, true), (true, false), (false, true)] {
            assert_eq!(be(&mut board, both), is_cut);
        }
        let mut after = self::board(&shown);
        assert!(after.cut_for().is_some());
        assert!(after.end(EndReason::Interrupted));
        after.publish(false);
        assert!(after.cut_for().is_none());
        assert!(self::board(&shown).cut_for().is_none());
    }
}
