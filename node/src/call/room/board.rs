// SPDX-License-Identifier: EUPL-1.2
//! What a room shows: its state for the pages, its events for the node, and the time talked.
//!
//! Invariant: the phase is a function of the state (`CallState::phase_of`), worked out here and nowhere else.

use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use crate::call::Now;
use crate::call::documents::Listed;
use crate::call::state::{CallEvent, CallState, EndReason, Phase};
use crate::link::CallId;
use crate::reach::Reach;
use crate::record::Receipt;

/// A room's board.
pub(super) struct Board {
    call: CallId,
    /// What will be shown next.
    pub(super) state: CallState,
    shown: watch::Sender<CallState>,
    events: broadcast::Sender<CallEvent>,
    now: Now,
    talking_from: Option<Instant>,
    /// What was exchanged.
    receipts: Vec<Receipt>,
}

impl Board {
    /// A fresh board; only what was counted is kept, and that a call goes on which was cut.
    pub(super) fn new(
        call: CallId,
        shown: watch::Sender<CallState>,
        events: broadcast::Sender<CallEvent>,
        now: Now,
    ) -> Self {
        let CallState { record, phase, talking_since_ms, cut_since_ms, .. } = *shown.borrow();
        let state = CallState { record, ..CallState::default() };
        let state = match phase {
            Phase::Reconnecting => CallState { phase, talking_since_ms, cut_since_ms, ..state },
            _ => state,
        };
        Self { call, state, shown, events, now, talking_from: None, receipts: Vec::new() }
    }

    /// What there is of documents and texts.
    pub(super) fn list(&mut self, Listed { documents, look, texts, receipts }: Listed) {
        self.receipts = receipts;
        (self.state.documents, self.state.look, self.state.texts) = (documents, look, texts);
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
        self.count_cut();
        self.talking_from = (self.state.phase == Phase::Talking).then(Instant::now);
        if self.state.phase == Phase::Reconnecting {
            self.state.record.cuts += 1;
            self.state.cut_since_ms = Some((self.now)());
        }
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
    pub(super) fn count(&mut self) {
        if let Some(from) = &mut self.talking_from {
            let now = Instant::now();
            let passed = now.duration_since(std::mem::replace(from, now));
            let passed_ms = u64::try_from(passed.as_millis()).unwrap_or(0);
            let is_relayed = self.state.reach == Reach::Relayed;
            self.state.record.talk(self.state.rung.place(), is_relayed, passed_ms);
        }
    }

    /// They are not apart any more: adds the time that they were.
    fn count_cut(&mut self) {
        let cut_ms = self.cut_ms().unwrap_or(0);
        self.state.record.cut_ms = self.state.record.cut_ms.saturating_add(cut_ms);
        self.state.cut_since_ms = None;
    }

    /// For how long both have been apart who had seen each other, ms.
    pub(super) fn cut_ms(&self) -> Option<u64> {
        self.state.cut_since_ms.map(|since_ms| (self.now)().saturating_sub(since_ms))
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
        self.count_cut();
        self.talking_from = None;
        self.state.record.was_interrupted |= reason == EndReason::Interrupted;
        self.state.ended = Some(reason);
        self.state.here = false;
        self.state.peer_present = false;
        self.state.help_asked = false;
        self.emit(CallEvent::Ended {
            call: self.call,
            record: self.state.record,
            documents: self.receipts.clone(),
            reason,
        });
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::record::Record;

    const MINUTE_MS: u64 = 60_000;

    #[test]
    fn who_saw_each_other_and_are_apart_are_cut() {
        // Goal: who never saw each other are not cut; each cut is counted by itself; a new room of the same call knows
        // since when; what is over is not cut any more, and begins anew.
        let (shown, clock) = (watch::Sender::new(CallState::default()), Arc::new(AtomicU64::new(0)));
        let time = Arc::clone(&clock);
        let now: Now = Arc::new(move || time.load(Ordering::Relaxed));
        let board = || Board::new(CallId([1; 16]), shown.clone(), broadcast::Sender::new(8), Arc::clone(&now));
        let be = |board: &mut Board, both: bool| {
            clock.fetch_add(MINUTE_MS, Ordering::Relaxed);
            (board.state.here, board.state.peer_present) = (true, both);
            board.publish(both);
            board.cut_ms().map(|it| it / MINUTE_MS)
        };
        let mut before = board();
        for (both, cut_min) in
            [(false, None), (true, None), (false, Some(0)), (false, Some(1)), (true, None), (false, Some(0))]
        {
            assert_eq!(be(&mut before, both), cut_min);
        }
        let mut after = board();
        assert_eq!(be(&mut after, false), Some(1), "since the other room saw it");
        assert!(after.end(EndReason::Interrupted));
        after.publish(false);
        let Record { cuts, cut_ms, .. } = after.state.record;
        assert_eq!((after.cut_ms(), cuts, cut_ms), (None, 2, 3 * MINUTE_MS));
        assert_eq!(board().cut_ms(), None, "what is over begins anew");
    }
}
