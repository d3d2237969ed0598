// SPDX-License-Identifier: EUPL-1.2
//! One call on this node: joins a browser's leg and the line to the other node, from the first join or
//! caller until the window closes.
//!
//! One task owns all of it. It dials (at the point), and passes packets without looking into them. It
//! never decides who may be here: tickets come from the gate, callers are checked before they reach it.
//! Invariant: at most one leg and one line; a newer one replaces it.

mod board;
mod command;
mod dialer;
mod incoming;
mod outgoing;
mod peer;
mod seat;
mod trunk;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

use super::Now;
use super::documents::{Keeper, Kept, Order};
use super::gate::{Gate, Ticket};
use super::leg::LegEvent;
use super::state::EndReason;
use crate::link::{CallId, Knock, Link, Presence, Signal};
use crate::reach::Reach;
use board::Board;
pub(super) use command::{Command, RoomConfig};
use dialer::{Dialer, Dialled};
use seat::Seat;
use trunk::{Looked, Trunk};

/// How often a room looks at its line, its clock and its redialling.
const TICK: Duration = Duration::from_millis(500);
/// How often a room that is open asks the calendar whether it may stay so.
const GATE_PERIOD: Duration = Duration::from_secs(10);
/// What the sound waits is shown in steps, ms.
const WAIT_SHOWN_MS: u64 = 50;
/// A call that is cut for so long is over, ms. The other side's word may come a little before.
const CUT_MS_MAX: u64 = 600_000;
const CUT_SLACK_MS: u64 = 30_000;
/// A line that joins two empty chairs is given up after so long.
const EMPTY_TIME: Duration = Duration::from_secs(60);

/// The room of one call.
pub(super) struct Room {
    call: CallId,
    ticket: Ticket,
    link: Link,
    gate: Arc<dyn Gate>,
    now: Now,
    board: Board,
    started: Instant,
    gate_asked: Instant,
    seat: Option<Seat>,
    trunk: Option<Trunk>,
    dialer: Dialer,
    documents: Keeper,
    /// The other person was there when last heard.
    peer_was_here: bool,
    empty_since: Option<Instant>,
    farewell: Option<AbortOnDropHandle<()>>,
    closed: bool,
}

impl Room {
    pub(super) fn new(config: RoomConfig) -> Self {
        let RoomConfig { call, ticket, link, gate, now, documents, state, events } = config;
        let started = Instant::now();
        let mut board = Board::new(call, state, events, Arc::clone(&now));
        board.list(documents.listed());
        Self {
            call,
            ticket,
            link,
            gate,
            board,
            now,
            started,
            gate_asked: started,
            seat: None,
            trunk: None,
            dialer: Dialer::new(),
            documents,
            peer_was_here: false,
            empty_since: None,
            farewell: None,
            closed: false,
        }
    }

    /// Lives until the window closes, or nobody can command it any more.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.closed {
            let takes_block = self.trunk.as_ref().is_some_and(Trunk::takes_block);
            let changed = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.on_command(command).await,
                    None => break,
                },
                event = Seat::next(&mut self.seat) => self.on_leg(event),
                event = Trunk::next(&mut self.trunk) => self.on_trunk(event),
                dialled = self.dialer.next() => self.on_dialled(dialled),
                kept = self.documents.next(takes_block) => self.on_kept(kept),
                _ = tick.tick() => self.on_tick(),
            };
            if changed {
                self.board.publish(self.trunk.is_some());
            }
        }
        self.board.count();
        self.board.publish(self.trunk.is_some());
        if self.closed {
            self.documents.forget().await;
        }
        if let Some(farewell) = self.farewell.take()
            && farewell.await.is_err()
        {
            tracing::debug!("a last word was not said");
        }
    }

    async fn on_command(&mut self, command: Command) -> bool {
        match command {
            Command::Join { leg, events, ticket } => self.on_join(Seat::new(leg, events), ticket),
            Command::Knock { knock, ticket } => self.on_knock(knock, ticket).await,
            Command::Leave => self.set_seat(None),
            Command::HangUp => self.end(EndReason::HungUpHere),
            Command::Mute(muted) => {
                self.board.state.muted = muted;
                self.tell_presence();
            }
            Command::Dark(dark) => {
                self.board.state.dark = dark;
                self.tell_presence();
            }
            // Help is the animateur's, at the point.
            Command::Help(asked) if self.ticket.we_dial => {
                self.board.help(asked);
                self.tell_presence();
            }
            Command::Help(_) => return false,
            Command::Document(order) => {
                self.order(order);
                return false;
            }
            Command::Wish(wish) => {
                self.board.state.wish = wish;
                self.tell_wish();
                self.look_at_line();
            }
        }
        true
    }

    fn on_join(&mut self, seat: Seat, ticket: Ticket) {
        self.ticket = ticket;
        self.board.revive();
        (self.board.state.muted, self.board.state.dark) = (false, false);
        self.set_seat(Some(seat));
        self.allow_picture();
        self.dialer.reset();
        self.dial_if_due();
    }

    async fn on_knock(&mut self, knock: Knock, ticket: Ticket) {
        if self.board.state.ended.is_some() && !knock.presence.here {
            // The other node does not know yet that it is over; with a person there, it begins again.
            return;
        }
        self.ticket = ticket;
        self.board.revive();
        if let Some(link) = knock.accept(self.presence()).await {
            self.link_up(link);
        }
    }

    fn on_leg(&mut self, event: Option<LegEvent>) -> bool {
        let now_ms = self.steady_ms();
        match event {
            Some(LegEvent::Packet(media, packet)) => {
                if self.trunk.as_mut().is_some_and(|trunk| trunk.pass(media, &packet, now_ms)) {
                    self.board.state.pictures_sent += 1;
                }
                false
            }
            Some(LegEvent::KeyframeWanted) => {
                if let Some(trunk) = &mut self.trunk {
                    trunk.want_keyframe(now_ms);
                }
                false
            }
            Some(LegEvent::Up) => self.set_up(true),
            Some(LegEvent::Down) => self.set_up(false),
            None => {
                self.set_seat(None);
                true
            }
        }
    }

    /// The browser is connected, or is not.
    fn set_up(&mut self, up: bool) -> bool {
        let now_ms = self.steady_ms();
        if let Some(seat) = &mut self.seat {
            seat.up = up;
        }
        self.board.state.here = up;
        if let (Some(trunk), true) = (&mut self.trunk, up) {
            trunk.want_keyframe(now_ms);
        }
        self.tell_presence();
        true
    }

    /// Another browser in the chair, or nobody.
    fn set_seat(&mut self, seat: Option<Seat>) {
        self.seat = seat;
        self.board.state.here = false;
        self.tell_presence();
    }

    fn on_kept(&mut self, kept: Kept) -> bool {
        let now_ms = self.steady_ms();
        match (kept, &mut self.trunk) {
            (Kept::Listed(listed), _) => self.board.list(listed),
            (Kept::Block(block), Some(trunk)) => {
                trunk.take_block(block, now_ms);
                return false;
            }
            (Kept::Block(_), None) => return false,
        }
        true
    }

    /// Tells the keeper of the documents something.
    fn order(&self, order: Order) {
        if !self.documents.order(order) {
            tracing::warn!("documents of a call are not kept up with");
        }
    }

    fn on_dialled(&mut self, dialled: Dialled) -> bool {
        match dialled {
            Dialled::Up(link) => self.link_up(link),
            Dialled::Refused(refusal) => self.board.state.refusal = Some(refusal),
            Dialled::Nobody => return false,
        }
        true
    }

    fn end(&mut self, reason: EndReason) {
        if !self.board.end(reason) {
            return;
        }
        self.seat = None;
        self.dialer.rest();
        self.peer_was_here = false;
        // The advisor files what came; in the booth the next person sits down.
        self.order(Order::End { is_cleared: self.ticket.we_dial });
        (self.board.state.reach, self.board.state.phrase) = (Reach::Unheard, None);
        let is_told = matches!(reason, EndReason::HungUpHere | EndReason::Interrupted);
        if let Some(trunk) = self.trunk.take().filter(|_| is_told) {
            self.farewell = Some(AbortOnDropHandle::new(tokio::spawn(trunk.hang_up())));
        }
    }

    fn on_tick(&mut self) -> bool {
        let cut_ms = self.board.cut_ms();
        if (self.now)() >= self.ticket.closes_at {
            self.end(if cut_ms.is_some() { EndReason::Interrupted } else { EndReason::WindowClosed });
            self.closed = true;
            return true;
        }
        if cut_ms.is_some_and(|cut_ms| cut_ms >= CUT_MS_MAX) {
            self.end(EndReason::Interrupted);
        }
        self.ask_gate();
        self.board.count();
        self.look_at_line();
        self.leave_empty();
        self.dial_if_due();
        true
    }

    /// An appointment that is cancelled meanwhile ends its call.
    fn ask_gate(&mut self) {
        if self.gate_asked.elapsed() < GATE_PERIOD || self.board.state.ended.is_some() {
            return;
        }
        self.gate_asked = Instant::now();
        match self.gate.admit(self.call) {
            Ok(ticket) => self.ticket = ticket,
            Err(refusal) if refusal.may_pass() => self.board.state.refusal = Some(refusal),
            Err(refusal) => self.end(EndReason::Refused(refusal)),
        }
    }

    fn look_at_line(&mut self) {
        let now_ms = self.steady_ms();
        if let Some(trunk) = &mut self.trunk {
            let state = &mut self.board.state;
            let best = state.wish.sends().max(state.their_wish.takes());
            let looked = trunk.look(best, now_ms);
            let Looked { line, reach, rung, their_rung, sound_kbps, sound_wait_ms, heard, blocks_kbps } = looked;
            state.record.hear(heard.0, heard.1);
            state.sound_kbps = sound_kbps;
            state.sound_wait_ms = sound_wait_ms.next_multiple_of(WAIT_SHOWN_MS);
            (state.line, state.reach, state.rung, state.their_rung) = (line, reach, rung, their_rung);
            trunk.ask_if_due(now_ms);
            self.order(Order::Pace(blocks_kbps));
        }
        self.ask_for_whole(now_ms);
        if let Some(seat) = &mut self.seat {
            seat.ask_if_due(now_ms);
        }
        self.allow_picture();
    }

    /// Asks our browser for a whole picture, where what left over the line has a gap.
    fn ask_for_whole(&mut self, now_ms: u64) {
        let wanted = self.trunk.as_mut().is_some_and(Trunk::wants_whole);
        if let (Some(seat), true) = (&mut self.seat, wanted) {
            seat.want_keyframe(now_ms);
        }
    }

    /// Tells our browser what its picture may cost on this line.
    fn allow_picture(&self) {
        if let (Some(seat), Some(trunk)) = (&self.seat, &self.trunk) {
            seat.allow_picture(trunk.picture_kbps());
        }
    }

    fn leave_empty(&mut self) {
        let state = &self.board.state;
        let empty = self.seat.is_none() && !state.peer_present && !state.help_asked;
        if self.trunk.is_none() || !empty {
            self.empty_since = None;
        } else if self.empty_since.get_or_insert_with(Instant::now).elapsed() >= EMPTY_TIME {
            self.trunk = None;
        }
    }

    fn dial_if_due(&mut self) {
        let wanted = self.seat.is_some() || self.peer_was_here || self.board.state.help_asked;
        let wanted = self.ticket.we_dial && wanted;
        let free = self.trunk.is_none() && self.board.state.ended.is_none();
        if !wanted || !free || !self.dialer.is_due() {
            return;
        }
        match self.gate.admit(self.call) {
            Ok(ticket) => {
                self.ticket = ticket;
                self.dialer.dial(self.link.clone(), self.call, &self.ticket, self.presence());
            }
            Err(refusal) if refusal.may_pass() => {
                self.board.state.refusal = Some(refusal);
                self.dialer.wait();
            }
            Err(refusal) => self.end(EndReason::Refused(refusal)),
        }
    }

    fn presence(&self) -> Presence {
        let state = &self.board.state;
        let help = self.ticket.we_dial && state.help_asked;
        Presence { here: state.here, muted: state.muted, dark: state.dark, help }
    }

    fn tell_presence(&mut self) {
        let presence = self.presence();
        if self.trunk.as_ref().is_some_and(|trunk| !trunk.tell(presence)) {
            self.link_down();
        }
    }

    fn tell_wish(&mut self) {
        if let Some(trunk) = &self.trunk {
            trunk.say(Signal::Wish(self.board.state.wish.code()));
        }
    }

    fn steady_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
