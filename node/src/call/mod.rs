// SPDX-License-Identifier: EUPL-1.2
//! The calls of this node: browser - node (WebRTC) - node (QUIC) - browser, one room an appointment.
//!
//! There is no room server: both nodes derive the same room from the same booking, each asks its own
//! [`Gate`] who may enter and when, and each closes it by itself. Nothing is ever recorded: packets pass,
//! and no file, no buffer longer than a second, no decoder is anywhere in this module.
//! Reads no clock but the one that it is given.

pub mod calendar;
pub mod gate;
mod keyframe;
pub mod ladder;
pub mod leg;
mod line;
mod outbox;
mod playout;
mod rate;
mod repair;
mod room;
pub mod rtc;
mod rtp;
mod sound;
pub mod state;
mod still;
pub mod wish;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use futures::future::join_all;
use serde::Serialize;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

pub use crate::link::CallId;
use crate::link::{Incoming, Knock, Link};
use crate::record::Record;
pub use gate::{Gate, Refusal, Ticket};
use leg::{LegError, LegMaker, NewLeg};
use room::{Command, Room, RoomConfig};
pub use state::{CallEvent, CallState, EndReason, Line, Phase};
pub use wish::Wish;

/// The node's clock: unix ms. Offset in demonstrations.
pub type Now = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Rooms at once. An agency with so many advisors has two nodes. Beyond: [`Refusal::Full`].
pub const ROOMS_MAX: usize = 64;
/// Calls that are watched without a room. Beyond: the page of the newest shows an empty room.
const WATCHED_MAX: usize = 512;
/// Events that a slow listener may be behind.
const EVENTS_MAX: usize = 128;
/// Commands that wait for one room. Beyond: the page waits.
const COMMANDS_MAX: usize = 32;
/// Callers who are told no at once. Beyond: they hear nothing and come back.
const REFUSALS_MAX: usize = 32;

/// How long a room may take to end when the node stops.
const FAREWELL_TIME: Duration = Duration::from_secs(5);

/// Which chair a browser takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The point's booth; its node dials.
    Booth,
    /// The agency's advisor.
    Advisor,
}

/// A browser's wish to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Which appointment.
    pub call: CallId,
    /// Which chair.
    pub side: Side,
    /// The browser's session description, complete with its candidates.
    pub offer: String,
    /// The address of this machine on which the browser reached the node: its leg is there.
    pub reached: IpAddr,
    /// The page offers again by itself after a fault: a call that was hung up is not to begin anew.
    pub again: bool,
}

/// Why a browser does not enter. The text is for the page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The calendar says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The offer is of no use.
    #[error(transparent)]
    Leg(#[from] LegError),
    /// It was hung up meanwhile.
    #[error("L'appel est terminé. Pour le reprendre, rejoignez-le de nouveau.")]
    Over,
}

/// What the calls need.
pub struct CallsConfig {
    /// This node's end of the links.
    pub link: Link,
    /// Who comes over them.
    pub incoming: Incoming,
    /// Who may be in which call.
    pub gate: Arc<dyn Gate>,
    /// Answers browsers.
    pub legs: Arc<dyn LegMaker>,
    /// The node's clock.
    pub now: Now,
}

/// All calls of this node. A cheap handle; the rooms end with the last one.
#[derive(Clone)]
pub struct Calls {
    shared: Arc<Shared>,
}

struct Shared {
    link: Link,
    gate: Arc<dyn Gate>,
    legs: Arc<dyn LegMaker>,
    now: Now,
    events: broadcast::Sender<CallEvent>,
    rooms: Mutex<HashMap<CallId, Entry>>,
    doorman: Mutex<Option<AbortOnDropHandle<()>>>,
}

/// What is kept of a call: its state while anyone looks, its room while it is open.
struct Entry {
    state: watch::Sender<CallState>,
    room: Option<OpenRoom>,
}

struct OpenRoom {
    commands: mpsc::Sender<Command>,
    task: AbortOnDropHandle<()>,
}

impl OpenRoom {
    /// Lets go of the line without hanging up, and waits until what was talked is counted.
    async fn close(self) {
        let Self { commands, task } = self;
        // Without anyone to command it, a room ends.
        drop(commands);
        if !matches!(timeout(FAREWELL_TIME, task).await, Ok(Ok(()))) {
            tracing::warn!("a call was cut while it was counted");
        }
    }
}

impl Calls {
    /// Starts hearing callers.
    #[must_use]
    pub fn new(config: CallsConfig) -> Self {
        let shared = Arc::new(Shared {
            link: config.link,
            gate: config.gate,
            legs: config.legs,
            now: config.now,
            events: broadcast::Sender::new(EVENTS_MAX),
            rooms: Mutex::default(),
            doorman: Mutex::default(),
        });
        let doorman = tokio::spawn(open_doors(Arc::downgrade(&shared), config.incoming));
        *shared.doorman.lock().expect("no panic under this lock") = Some(AbortOnDropHandle::new(doorman));
        Self { shared }
    }

    /// A call that goes on when its browser comes back, although this node was restarted meanwhile: what was counted of it
    /// before, and when both first saw each other and last did, unix ms.
    pub fn resume(&self, call: CallId, record: Record, [since_ms, until_ms]: [u64; 2]) {
        let (talked_ms, talking_since_ms, cut_since_ms) = (record.talked_ms(), Some(since_ms), Some(until_ms));
        let state = CallState { record, talked_ms, talking_since_ms, cut_since_ms, ..CallState::default() };
        let state = CallState { phase: state.phase_of(false), ..state };
        let mut rooms = self.shared.rooms.lock().expect("no panic under this lock");
        rooms.entry(call).or_insert_with(|| Entry { state: watch::Sender::new(state), room: None });
    }

    /// Lets a browser in; gives the answer for it. A browser that was in the same chair is replaced.
    ///
    /// # Errors
    /// [`JoinError`]: the text is for the page, nothing is left open.
    pub async fn join(&self, join: Join) -> Result<String, JoinError> {
        let ticket = self.shared.gate.admit(join.call)?;
        if ticket.we_dial != (join.side == Side::Booth) {
            return Err(Refusal::NotYours.into());
        }
        if join.again && self.shared.is_over(join.call) {
            return Err(JoinError::Over);
        }
        let NewLeg { answer, leg, events } = self.shared.legs.answer(&join.offer, join.reached).await?;
        let room = self.shared.room(join.call, &ticket)?;
        room.send(Command::Join { leg, events, ticket }).await.map_err(|_| JoinError::Over)?;
        Ok(answer)
    }

    /// The browser's page was closed. The other side sees it gone; the room stays.
    pub async fn leave(&self, call: CallId) {
        self.command(call, Command::Leave).await;
    }

    /// The person hung up: the call is over for both.
    pub async fn hang_up(&self, call: CallId) {
        if !self.shared.end_restored(call) {
            self.command(call, Command::HangUp).await;
        }
    }

    /// Whether this node has a room open for a call.
    #[must_use]
    pub fn is_open(&self, call: CallId) -> bool {
        self.shared.open_room(call).is_some()
    }

    /// Shows both sides whether the microphone here is cut. The page cuts it.
    pub async fn set_muted(&self, call: CallId, muted: bool) {
        self.command(call, Command::Mute(muted)).await;
    }

    /// What this side's person chose of picture and sound; both sides are held to it and shown it.
    pub async fn choose(&self, call: CallId, wish: Wish) {
        self.command(call, Command::Wish(wish)).await;
    }

    /// Calls the animateur of this point back to the booth ([`CallEvent::HelpAsked`]), and lets the other
    /// side know. A booth whose camera does not open has no room yet: the room is opened for that word.
    pub async fn ask_help(&self, call: CallId) {
        let ticket = self.shared.gate.admit(call).ok().filter(|ticket| ticket.we_dial);
        if let Some(Err(refusal)) = ticket.map(|ticket| self.shared.room(call, &ticket)) {
            tracing::warn!(?call, ?refusal, "no room to ask for help in");
        }
        self.command(call, Command::Help(true)).await;
    }

    /// The animateur has come.
    pub async fn help_given(&self, call: CallId) {
        self.command(call, Command::Help(false)).await;
    }

    /// The state of a call, now and from now on. A call without a room reads as an empty room. At most two
    /// changes a second while nothing but counters move.
    #[must_use]
    pub fn watch(&self, call: CallId) -> watch::Receiver<CallState> {
        self.shared.watch(call)
    }

    /// What happens in all calls from now on. A listener that is more than 128 events behind loses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<CallEvent> {
        self.shared.events.subscribe()
    }

    /// For trials: cuts all calls of this node off, or lets them back.
    pub fn set_offline(&self, offline: bool) {
        self.shared.link.set_offline(offline);
    }

    /// Lets go of all calls and gives the socket back: nobody has hung up, so that the other side waits for this node to
    /// come back ([`Self::resume`]). When it returns, [`Self::watch`] tells all that was talked.
    pub async fn close(&self) {
        let rooms: Vec<_> = {
            let mut entries = self.shared.rooms.lock().expect("no panic under this lock");
            entries.values_mut().filter_map(|entry| entry.room.take()).collect()
        };
        join_all(rooms.into_iter().map(OpenRoom::close)).await;
        self.shared.link.close().await;
    }

    async fn command(&self, call: CallId, command: Command) {
        let room = self.shared.open_room(call);
        if let Some(room) = room
            && room.send(command).await.is_err()
        {
            tracing::debug!(?call, "a room closed meanwhile");
        }
    }
}

impl Shared {
    fn is_over(&self, call: CallId) -> bool {
        let rooms = self.rooms.lock().expect("no panic under this lock");
        rooms.get(&call).is_some_and(|entry| entry.state.borrow().phase == Phase::Ended)
    }

    /// Ends a call to which nobody has come back since a restart; `false`: it is none.
    fn end_restored(&self, call: CallId) -> bool {
        let rooms = self.rooms.lock().expect("no panic under this lock");
        let Some(entry) = rooms.get(&call).filter(|entry| entry.room.is_none()) else { return false };
        let reason = EndReason::HungUpHere;
        let was_cut = entry.state.send_if_modified(|state| {
            let was_cut = state.phase == Phase::Reconnecting;
            if was_cut {
                (state.phase, state.ended) = (Phase::Ended, Some(reason));
            }
            was_cut
        });
        if was_cut {
            let (minutes, record) = (entry.state.borrow().minutes(), entry.state.borrow().record);
            if self.events.send(CallEvent::Ended { call, minutes, record, reason }).is_err() {
                tracing::trace!("nobody listens to calls");
            }
        }
        was_cut
    }

    fn open_room(&self, call: CallId) -> Option<mpsc::Sender<Command>> {
        let rooms = self.rooms.lock().expect("no panic under this lock");
        let room = rooms.get(&call)?.room.as_ref()?;
        (!room.commands.is_closed()).then(|| room.commands.clone())
    }

    fn watch(&self, call: CallId) -> watch::Receiver<CallState> {
        let mut rooms = self.rooms.lock().expect("no panic under this lock");
        if let Some(entry) = rooms.get(&call) {
            return entry.state.subscribe();
        }
        tidy(&mut rooms);
        let state = watch::Sender::new(CallState::default());
        let receiver = state.subscribe();
        if rooms.len() < WATCHED_MAX + ROOMS_MAX {
            rooms.insert(call, Entry { state, room: None });
        }
        receiver
    }

    /// The room of a call, opened where it is not.
    fn room(&self, call: CallId, ticket: &Ticket) -> Result<mpsc::Sender<Command>, Refusal> {
        if let Some(room) = self.open_room(call) {
            return Ok(room);
        }
        let mut rooms = self.rooms.lock().expect("no panic under this lock");
        tidy(&mut rooms);
        let open = rooms.values().filter(|entry| entry.room.is_some()).count();
        if open >= ROOMS_MAX {
            return Err(Refusal::Full);
        }
        let entry =
            rooms.entry(call).or_insert_with(|| Entry { state: watch::Sender::new(CallState::default()), room: None });
        if let Some(room) = &entry.room {
            return Ok(room.commands.clone());
        }
        let (commands, orders) = mpsc::channel(COMMANDS_MAX);
        let room = Room::new(RoomConfig {
            call,
            ticket: ticket.clone(),
            link: self.link.clone(),
            gate: Arc::clone(&self.gate),
            now: Arc::clone(&self.now),
            state: entry.state.clone(),
            events: self.events.clone(),
        });
        let task = AbortOnDropHandle::new(tokio::spawn(room.run(orders)));
        entry.room = Some(OpenRoom { commands: commands.clone(), task });
        Ok(commands)
    }

    /// Whether the member at the door may enter the call that it names.
    fn check(&self, knock: &Knock) -> Result<(Ticket, mpsc::Sender<Command>), Refusal> {
        let ticket = self.gate.admit(knock.call)?;
        if ticket.peer != knock.peer {
            return Err(Refusal::NotYours);
        }
        let room = self.room(knock.call, &ticket)?;
        Ok((ticket, room))
    }
}

/// Forgets closed rooms, and calls that nobody looks at, but those that a restart cut or is about to.
fn tidy(rooms: &mut HashMap<CallId, Entry>) {
    for entry in rooms.values_mut() {
        if entry.room.as_ref().is_some_and(|room| room.commands.is_closed()) {
            entry.room = None;
        }
    }
    rooms.retain(|_, entry| {
        let goes_on = matches!(entry.state.borrow().phase, Phase::Talking | Phase::Reconnecting);
        entry.room.is_some() || goes_on || entry.state.receiver_count() > 0
    });
}

/// Takes callers to their rooms, or tells them no, for as long as the node lives.
async fn open_doors(shared: Weak<Shared>, mut incoming: Incoming) {
    let mut refusals = JoinSet::new();
    while let Some(knock) = incoming.next().await {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        while refusals.try_join_next().is_some() {}
        match shared.check(&knock) {
            Ok((ticket, room)) => {
                if room.try_send(Command::Knock { knock, ticket }).is_err() {
                    tracing::debug!("a room is too busy for its caller");
                }
            }
            Err(refusal) if refusals.len() < REFUSALS_MAX => {
                tracing::info!(call = %knock.call, peer = ?knock.peer, ?refusal, "a caller is refused");
                refusals.spawn(knock.refuse(refusal.code()));
            }
            Err(_) => {}
        }
    }
}
