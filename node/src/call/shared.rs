// SPDX-License-Identifier: EUPL-1.2
//! What all handles of the calls share: which calls are known here, and the room of each that is open.
//!
//! Invariant: a call has one room at most, and never more than [`ROOMS_MAX`] are open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::Now;
use super::documents::Documents;
use super::gate::{Gate, Refusal, Ticket};
use super::leg::LegMaker;
use super::room::{Command, Room, RoomConfig};
use super::state::{CallEvent, CallState, Phase};
use crate::link::{CallId, Knock, Link};

/// Rooms at once. An agency with so many advisors has two nodes. Beyond: [`Refusal::Full`].
pub const ROOMS_MAX: usize = 64;
/// Calls that are watched without a room. Beyond: the page of the newest shows an empty room.
const WATCHED_MAX: usize = 512;
/// Commands that wait for one room. Beyond: the page waits.
const COMMANDS_MAX: usize = 32;
/// How long a room may take to end when the node stops.
const FAREWELL_TIME: Duration = Duration::from_secs(5);

/// See the head of this file.
pub(super) struct Shared {
    pub(super) link: Link,
    pub(super) gate: Arc<dyn Gate>,
    pub(super) legs: Arc<dyn LegMaker>,
    pub(super) documents: Documents,
    pub(super) now: Now,
    pub(super) events: broadcast::Sender<CallEvent>,
    pub(super) rooms: Mutex<HashMap<CallId, Entry>>,
    /// Calls of browsers with themselves.
    pub(super) rehearsals: Mutex<JoinSet<()>>,
    pub(super) doorman: Mutex<Option<AbortOnDropHandle<()>>>,
}

/// What is kept of a call: its state while anyone looks, its room while it is open.
pub(super) struct Entry {
    state: watch::Sender<CallState>,
    room: Option<OpenRoom>,
}

/// A room's task, and the way to it.
pub(super) struct OpenRoom {
    commands: mpsc::Sender<Command>,
    task: AbortOnDropHandle<()>,
}

impl OpenRoom {
    /// Lets go of the line without hanging up, and waits until what was talked is counted.
    pub(super) async fn close(self) {
        let Self { commands, task } = self;
        // Without anyone to command it, a room ends.
        drop(commands);
        if !matches!(timeout(FAREWELL_TIME, task).await, Ok(Ok(()))) {
            tracing::warn!("a call was cut while it was counted");
        }
    }
}

impl Shared {
    fn rooms(&self) -> MutexGuard<'_, HashMap<CallId, Entry>> {
        self.rooms.lock().expect("no panic under this lock")
    }

    /// Where a call stands; `None` of one that is unknown here.
    pub(super) fn phase(&self, call: CallId) -> Option<Phase> {
        self.rooms().get(&call).map(|entry| entry.state.borrow().phase)
    }

    /// A call is as it was before a restart, until its room is opened.
    pub(super) fn restore(&self, call: CallId, state: CallState) {
        self.rooms().entry(call).or_insert_with(|| Entry { state: watch::Sender::new(state), room: None });
    }

    /// All rooms that are open; nobody else has them any more.
    pub(super) fn take_rooms(&self) -> Vec<OpenRoom> {
        self.rooms().values_mut().filter_map(|entry| entry.room.take()).collect()
    }

    /// The room of a call, if it is open.
    pub(super) fn open_room(&self, call: CallId) -> Option<mpsc::Sender<Command>> {
        let rooms = self.rooms();
        let room = rooms.get(&call)?.room.as_ref()?;
        (!room.commands.is_closed()).then(|| room.commands.clone())
    }

    /// The state of a call from now on.
    pub(super) fn watch(&self, call: CallId) -> watch::Receiver<CallState> {
        let mut rooms = self.rooms();
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
    pub(super) fn room(&self, call: CallId, ticket: &Ticket) -> Result<mpsc::Sender<Command>, Refusal> {
        if let Some(room) = self.open_room(call) {
            return Ok(room);
        }
        let mut rooms = self.rooms();
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
            documents: self.documents.keep(call, ticket.we_dial, Arc::clone(&self.now)),
            state: entry.state.clone(),
            events: self.events.clone(),
        });
        let task = AbortOnDropHandle::new(tokio::spawn(room.run(orders)));
        entry.room = Some(OpenRoom { commands: commands.clone(), task });
        Ok(commands)
    }

    /// Whether the member at the door may enter the call that it names.
    pub(super) fn check(&self, knock: &Knock) -> Result<(Ticket, mpsc::Sender<Command>), Refusal> {
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
