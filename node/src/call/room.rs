// SPDX-License-Identifier: EUPL-1.2
//! One call on this node: joins a browser's leg and the link to the other node, from the first join or
//! caller until the window closes.
//!
//! One task owns all of it. It dials (at the point), redials every 2 s, and passes packets without
//! looking into them. It never decides who may be here: tickets come from the gate, callers are
//! checked before they reach it. Invariant: at most one leg and one link; a newer one replaces it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

use super::gate::{Gate, Refusal, Ticket};
use super::keyframe::Keyframes;
use super::leg::{BrowserLeg, LegEvent, Media};
use super::line::{Gauge, picture_kbps};
use super::rtp::{KEYFRAME_REQUEST, RtpPacket, Splice};
use super::state::{CallEvent, CallState, EndReason, Line, Phase};
use super::{Now, STATE_PERIOD};
use crate::link::{
    CallId, CallLink, CloseCause, DialError, Flow, Knock, Link, LinkEvent, Presence, Signal,
};
use crate::reach::Reach;

/// A lost line is dialled again so soon, and again.
const REDIAL: Duration = Duration::from_secs(2);
/// A line that joins two empty chairs is given up after so long.
const EMPTY_TIME: Duration = Duration::from_secs(60);

/// What a room is told.
pub(super) enum Command {
    /// A browser was answered.
    Join {
        leg: Box<dyn BrowserLeg>,
        events: mpsc::Receiver<LegEvent>,
        ticket: Ticket,
    },
    /// The other member's node is at the door; the gate has said yes.
    Knock { knock: Knock, ticket: Ticket },
    /// The browser went away.
    Leave,
    /// The person hung up.
    HangUp,
    /// The person cut the microphone, or opened it.
    Mute(bool),
    /// The person asked for help, or has it.
    Help(bool),
}

/// What a room is made with.
pub(super) struct RoomConfig {
    pub(super) call: CallId,
    pub(super) ticket: Ticket,
    pub(super) link: Link,
    pub(super) gate: Arc<dyn Gate>,
    pub(super) now: Now,
    pub(super) state: watch::Sender<CallState>,
    pub(super) events: broadcast::Sender<CallEvent>,
}

pub(super) struct Room {
    config: RoomConfig,
    state: CallState,
    started: Instant,
    talking_from: Option<Instant>,
    seat: Option<Seat>,
    line: Option<Wire>,
    dialing: Option<AbortOnDropHandle<Result<CallLink, DialError>>>,
    dial_after: Instant,
    /// The other node said no, and will not say otherwise by itself.
    dial_stopped: bool,
    /// The other person was there when last heard.
    peer_was_here: bool,
    empty_since: Option<Instant>,
    farewell: Option<AbortOnDropHandle<()>>,
    closed: bool,
}

/// The browser of this side.
struct Seat {
    leg: Box<dyn BrowserLeg>,
    events: mpsc::Receiver<LegEvent>,
    up: bool,
    sound: Splice,
    picture: Splice,
    /// Whole pictures asked of this browser.
    asked: Keyframes,
}

/// The link to the other node.
struct Wire {
    link: CallLink,
    gauge: Gauge,
    ours: Line,
    theirs: Line,
    /// Whole pictures asked of the other side.
    asking: Keyframes,
}

impl Room {
    pub(super) fn new(config: RoomConfig) -> Self {
        let state = CallState {
            talked_ms: config.state.borrow().talked_ms,
            ..CallState::default()
        };
        let started = Instant::now();
        Self {
            config,
            state,
            started,
            talking_from: None,
            seat: None,
            line: None,
            dialing: None,
            dial_after: started,
            dial_stopped: false,
            peer_was_here: false,
            empty_since: None,
            farewell: None,
            closed: false,
        }
    }

    /// Lives until the window closes, or nobody can command it any more.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut tick = interval(STATE_PERIOD);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.closed {
            let changed = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.on_command(command).await,
                    None => break,
                },
                event = next_of_leg(&mut self.seat) => self.on_leg(event),
                event = next_of_link(&mut self.line) => self.on_link(event),
                dialled = next_dialled(&mut self.dialing) => self.on_dialled(dialled),
                _ = tick.tick() => self.on_tick(),
            };
            if changed {
                self.publish();
            }
        }
        if let Some(farewell) = self.farewell.take()
            && farewell.await.is_err()
        {
            tracing::debug!("a last word was not said");
        }
    }

    async fn on_command(&mut self, command: Command) -> bool {
        match command {
            Command::Join {
                leg,
                events,
                ticket,
            } => self.on_join(leg, events, ticket),
            Command::Knock { knock, ticket } => self.on_knock(knock, ticket).await,
            Command::Leave => self.stand_up(),
            Command::HangUp => self.end(EndReason::HungUpHere),
            Command::Mute(muted) => {
                self.state.muted = muted;
                self.tell_presence();
            }
            Command::Help(asked) => {
                if asked && !self.state.help_asked {
                    self.emit(CallEvent::HelpAsked {
                        call: self.config.call,
                    });
                }
                self.state.help_asked = asked;
                self.tell_presence();
            }
        }
        true
    }

    fn on_join(
        &mut self,
        leg: Box<dyn BrowserLeg>,
        events: mpsc::Receiver<LegEvent>,
        ticket: Ticket,
    ) {
        self.revive(ticket);
        self.state.muted = false;
        let mut asked = Keyframes::default();
        asked.want();
        self.seat = Some(Seat {
            leg,
            events,
            up: false,
            sound: Splice::new(48),
            picture: Splice::new(90),
            asked,
        });
        self.state.here = false;
        self.dial_stopped = false;
        self.allow_picture();
        self.dial_if_due();
    }

    async fn on_knock(&mut self, knock: Knock, ticket: Ticket) {
        if self.state.ended.is_some() && !knock.presence.here {
            return;
        }
        self.revive(ticket);
        if let Some(link) = knock.accept(self.presence()).await {
            self.dialing = None;
            self.link_up(link);
        }
    }

    /// A call that was over begins again.
    fn revive(&mut self, ticket: Ticket) {
        self.config.ticket = ticket;
        if self.state.ended.take().is_some() {
            self.state.talking_since_ms = None;
            self.state.help_asked = false;
        }
        self.state.refusal = None;
    }

    fn on_leg(&mut self, event: Option<LegEvent>) -> bool {
        let Some(seat) = &mut self.seat else {
            return false;
        };
        match event {
            Some(LegEvent::Packet(media, packet)) => {
                self.pass_on(media, &packet);
                return false;
            }
            Some(LegEvent::KeyframeWanted) => {
                self.ask_keyframe();
                return false;
            }
            Some(LegEvent::Up) => {
                seat.up = true;
                self.state.here = true;
                self.ask_keyframe();
            }
            Some(LegEvent::Down) => {
                seat.up = false;
                self.state.here = false;
            }
            None => self.seat = None,
        }
        self.state.here = self.seat.as_ref().is_some_and(|seat| seat.up);
        self.tell_presence();
        true
    }

    /// From our browser to the other node.
    fn pass_on(&mut self, media: Media, packet: &RtpPacket) {
        let Some(wire) = &mut self.line else { return };
        let flow = match media {
            Media::Sound => Flow::Sound,
            Media::Picture => Flow::Picture,
        };
        let sent = wire.link.send_media(flow, &packet.to_bytes());
        if sent && media == Media::Picture && packet.marker {
            self.state.pictures_sent += 1;
        }
    }

    fn on_link(&mut self, event: Option<LinkEvent>) -> bool {
        match event {
            Some(LinkEvent::Media(flow, bytes)) => {
                self.on_media(flow, &bytes);
                return false;
            }
            Some(LinkEvent::Signal(Signal::Presence(theirs))) => self.on_presence(theirs),
            Some(LinkEvent::Signal(Signal::Line(code))) => {
                if let Some(wire) = &mut self.line {
                    wire.theirs = Line::from_code(code);
                }
            }
            Some(LinkEvent::Signal(Signal::HangUp) | LinkEvent::Closed(CloseCause::HungUp)) => {
                self.end(EndReason::HungUpThere);
            }
            // Once said, not to be said again: no harm, no use.
            Some(LinkEvent::Signal(
                Signal::Hello(..) | Signal::Accepted(_) | Signal::Refused(_),
            )) => return false,
            Some(LinkEvent::Closed(cause)) => self.link_down(cause),
            None => self.link_down(CloseCause::Lost),
        }
        true
    }

    /// From the other node to our browser.
    fn on_media(&mut self, flow: Flow, bytes: &Bytes) {
        let now_ms = self.steady_ms();
        let Some(seat) = self.seat.as_mut().filter(|seat| seat.up) else {
            return;
        };
        let media = match flow {
            Flow::Sound => Media::Sound,
            Flow::Picture => Media::Picture,
            Flow::PictureControl if bytes[..] == KEYFRAME_REQUEST => {
                seat.asked.want();
                seat.ask_if_due(now_ms);
                return;
            }
            Flow::SoundControl | Flow::PictureControl => return,
        };
        let Some(mut packet) = RtpPacket::parse(bytes) else {
            return;
        };
        let splice = if media == Media::Sound {
            &mut seat.sound
        } else {
            &mut seat.picture
        };
        splice.renumber(&mut packet, now_ms);
        if media == Media::Picture && packet.marker {
            self.state.pictures_received += 1;
        }
        if !seat.leg.send(media, packet) {
            tracing::trace!("a browser does not keep up");
        }
    }

    fn on_presence(&mut self, theirs: Presence) {
        if theirs.here
            && !self.state.peer_present
            && let Some(seat) = &mut self.seat
        {
            seat.asked.want();
        }
        self.peer_was_here = theirs.here;
        self.state.peer_present = theirs.here;
        self.state.peer_muted = theirs.muted;
        self.state.help_asked =
            theirs.help || (self.config.ticket.we_dial && self.state.help_asked);
    }

    fn on_dialled(&mut self, dialled: Option<Result<CallLink, DialError>>) -> bool {
        self.dialing = None;
        self.dial_after = Instant::now() + REDIAL;
        match dialled {
            Some(Ok(link)) => self.link_up(link),
            Some(Err(DialError::Refused(code))) => {
                let refusal = Refusal::from_code(code);
                self.state.refusal = Some(refusal);
                self.dial_stopped = !refusal.may_pass();
            }
            Some(Err(DialError::NotMember(_) | DialError::Stranger)) => {
                self.state.refusal = Some(Refusal::NotYours)
            }
            Some(Err(DialError::Offline | DialError::Unreachable)) | None => {}
        }
        true
    }

    fn link_up(&mut self, link: CallLink) {
        let theirs = link.first_presence();
        self.state.refusal = None;
        self.line = Some(Wire {
            link,
            gauge: Gauge::default(),
            ours: Line::Good,
            theirs: Line::Good,
            asking: Keyframes::default(),
        });
        self.state.peer_present = false;
        self.on_presence(theirs);
        self.tell_presence();
        self.allow_picture();
        self.ask_keyframe();
    }

    fn link_down(&mut self, cause: CloseCause) {
        self.line = None;
        self.state.peer_present = false;
        if cause == CloseCause::NotMember {
            self.state.refusal = Some(Refusal::NotYours);
        }
        self.dial_after = Instant::now();
        self.dial_if_due();
    }

    fn stand_up(&mut self) {
        self.seat = None;
        self.state.here = false;
        self.tell_presence();
    }

    fn end(&mut self, reason: EndReason) {
        if self.state.ended.is_some() {
            return;
        }
        self.count_talk();
        self.talking_from = None;
        self.seat = None;
        self.dialing = None;
        self.peer_was_here = false;
        self.state.here = false;
        self.state.peer_present = false;
        self.state.help_asked = false;
        self.state.ended = Some(reason);
        if let Some(wire) = self.line.take() {
            if reason == EndReason::HungUpHere {
                self.farewell = Some(AbortOnDropHandle::new(tokio::spawn(wire.link.hang_up())));
            }
        }
        let minutes = self.state.minutes();
        self.emit(CallEvent::Ended {
            call: self.config.call,
            minutes,
            reason,
        });
    }

    fn on_tick(&mut self) -> bool {
        if (self.config.now)() >= self.config.ticket.closes_at {
            self.end(EndReason::WindowClosed);
            self.closed = true;
            return true;
        }
        self.count_talk();
        self.read_line();
        self.ask_due();
        self.leave_empty();
        self.dial_if_due();
        true
    }

    fn read_line(&mut self) {
        let Some(wire) = &mut self.line else {
            self.state.reach = Reach::Unheard;
            return;
        };
        self.state.reach = wire.link.reach();
        let ours = wire.gauge.read(wire.link.sample());
        if ours != wire.ours {
            wire.ours = ours;
            if !wire.link.signal(Signal::Line(ours.code())) {
                tracing::debug!("the line takes no word about itself");
            }
        }
        self.state.line = wire.ours.max(wire.theirs);
        self.allow_picture();
    }

    /// Tells our browser what its picture may cost on this line.
    fn allow_picture(&self) {
        if let (Some(seat), Some(wire)) = (&self.seat, &self.line) {
            seat.leg.allow_picture(picture_kbps(wire.ours));
        }
    }

    /// Our browser needs a whole picture from the other side.
    fn ask_keyframe(&mut self) {
        if let Some(wire) = &mut self.line {
            wire.asking.want();
        }
        self.ask_due();
    }

    /// Sends the requests for whole pictures whose time has come.
    fn ask_due(&mut self) {
        let now_ms = self.steady_ms();
        if let (Some(wire), true) = (&mut self.line, self.state.here)
            && wire.asking.due(now_ms)
            && !wire
                .link
                .send_media(Flow::PictureControl, &KEYFRAME_REQUEST)
        {
            wire.asking.want();
        }
        if let Some(seat) = &mut self.seat {
            seat.ask_if_due(now_ms);
        }
    }

    fn leave_empty(&mut self) {
        if self.line.is_none() || self.seat.is_some() || self.state.peer_present {
            self.empty_since = None;
        } else if self.empty_since.get_or_insert_with(Instant::now).elapsed() >= EMPTY_TIME {
            self.line = None;
        }
    }

    fn dial_if_due(&mut self) {
        let wanted = self.config.ticket.we_dial && (self.seat.is_some() || self.peer_was_here);
        let free = self.line.is_none()
            && self.dialing.is_none()
            && self.state.ended.is_none()
            && !self.dial_stopped;
        if !wanted || !free || Instant::now() < self.dial_after {
            return;
        }
        match self.config.gate.admit(self.config.call) {
            Ok(ticket) => self.config.ticket = ticket,
            Err(refusal) if refusal.may_pass() => {
                self.state.refusal = Some(refusal);
                self.dial_after = Instant::now() + REDIAL;
                return;
            }
            Err(refusal) => return self.end(EndReason::Refused(refusal)),
        }
        let (link, call, presence) = (self.config.link.clone(), self.config.call, self.presence());
        let Ticket {
            peer, peer_addrs, ..
        } = self.config.ticket.clone();
        let dialing = async move { link.dial(peer, &peer_addrs, call, presence).await };
        self.dialing = Some(AbortOnDropHandle::new(tokio::spawn(dialing)));
    }

    fn presence(&self) -> Presence {
        let ours = self.config.ticket.we_dial;
        Presence {
            here: self.state.here,
            muted: self.state.muted,
            help: ours && self.state.help_asked,
        }
    }

    fn tell_presence(&mut self) {
        let presence = self.presence();
        if let Some(wire) = &self.line
            && !wire.link.signal(Signal::Presence(presence))
        {
            self.link_down(CloseCause::Lost);
        }
    }

    /// Adds the time that both have been there since last counted.
    fn count_talk(&mut self) {
        if let Some(from) = &mut self.talking_from {
            let now = Instant::now();
            self.state.talked_ms +=
                u64::try_from(now.duration_since(*from).as_millis()).unwrap_or(0);
            *from = now;
        }
    }

    /// Shows the state, and says what has changed.
    fn publish(&mut self) {
        let before = self.state.phase;
        self.state.phase = self.state.phase_of(self.line.is_some());
        if self.state.phase != before {
            self.count_talk();
            self.talking_from = (self.state.phase == Phase::Talking).then(Instant::now);
            let call = self.config.call;
            match self.state.phase {
                Phase::Talking => {
                    self.state
                        .talking_since_ms
                        .get_or_insert_with(|| (self.config.now)());
                    self.emit(CallEvent::BothTalking { call });
                }
                Phase::Ringing => self.emit(CallEvent::PersonArrived { call }),
                Phase::Waiting | Phase::Reconnecting | Phase::Ended => {}
            }
        }
        let state = &self.state;
        self.config.state.send_if_modified(|shown| {
            let changed = shown != state;
            if changed {
                shown.clone_from(state);
            }
            changed
        });
    }

    fn emit(&self, event: CallEvent) {
        if self.config.events.send(event).is_err() {
            tracing::trace!("nobody listens to calls");
        }
    }

    fn steady_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Seat {
    fn ask_if_due(&mut self, now_ms: u64) {
        if self.up && self.asked.due(now_ms) {
            self.leg.want_keyframe();
        }
    }
}

async fn next_of_leg(seat: &mut Option<Seat>) -> Option<LegEvent> {
    match seat {
        Some(seat) => seat.events.recv().await,
        None => std::future::pending().await,
    }
}

async fn next_of_link(line: &mut Option<Wire>) -> Option<LinkEvent> {
    match line {
        Some(wire) => wire.link.recv().await,
        None => std::future::pending().await,
    }
}

/// `None`: the dialling broke off.
async fn next_dialled(
    dialing: &mut Option<AbortOnDropHandle<Result<CallLink, DialError>>>,
) -> Option<Result<CallLink, DialError>> {
    match dialing {
        Some(dialing) => dialing.await.ok(),
        None => std::future::pending().await,
    }
}
