// SPDX-License-Identifier: EUPL-1.2
//! What a room is made with, and what it is told. Plain values.

use std::sync::Arc;

use tokio::sync::{broadcast, mpsc, watch};

use crate::call::Now;
use crate::call::documents::{Keeper, Order};
use crate::call::gate::{Gate, Ticket};
use crate::call::leg::{BrowserLeg, LegEvent};
use crate::call::state::{CallEvent, CallState};
use crate::call::wish::Wish;
use crate::link::{CallId, Knock, Link};

/// What a room is told.
pub(in crate::call) enum Command {
    /// A browser was answered.
    Join { leg: Box<dyn BrowserLeg>, events: mpsc::Receiver<LegEvent>, ticket: Ticket },
    /// The other member's node is at the door; the gate has said yes.
    Knock { knock: Knock, ticket: Ticket },
    /// The browser went away.
    Leave,
    /// The person hung up.
    HangUp,
    /// The person cut the microphone, or opened it.
    Mute(bool),
    /// The person switched the camera off, or on.
    Dark(bool),
    /// The person in the booth asked for help, or has it.
    Help(bool),
    /// The person chose of picture and sound.
    Wish(Wish),
    /// Something about the documents.
    Document(Order),
}

/// What a room is made with.
pub(in crate::call) struct RoomConfig {
    pub(in crate::call) call: CallId,
    pub(in crate::call) ticket: Ticket,
    pub(in crate::call) link: Link,
    pub(in crate::call) gate: Arc<dyn Gate>,
    pub(in crate::call) now: Now,
    pub(in crate::call) documents: Keeper,
    pub(in crate::call) state: watch::Sender<CallState>,
    pub(in crate::call) events: broadcast::Sender<CallEvent>,
}
