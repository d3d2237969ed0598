// SPDX-License-Identifier: EUPL-1.2
//! The calls of this node: browser - node (WebRTC) - node (QUIC) - browser, one room an appointment.
//!
//! There is no room server: both nodes derive the same room from the same booking, each asks its own
//! [`Gate`] who may enter and when, and each closes it by itself. Nothing is ever recorded: packets of sound and picture pass,
//! and no file of them, no buffer longer than two seconds, no decoder is anywhere in this module.
//! Reads no clock but the one that it is given.

pub mod calendar;
pub mod documents;
mod echo;
pub mod gate;
mod keyframe;
pub mod ladder;
pub mod leg;
mod line;
mod outbox;
pub mod phrase;
mod playout;
mod rate;
mod repair;
mod room;
pub mod rtc;
mod rtp;
mod shared;
mod sound;
pub mod state;
mod still;
pub mod wish;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, Weak};

use crdt_calendar::ids::PublicKey;
use futures::future::join_all;
use serde::Serialize;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

pub use crate::link::CallId;
use crate::link::{Incoming, LineTrial, Link, TrialError};
use crate::record::Record;
use documents::{Documents, Given, Look, NotExchanged, Order};
pub use gate::{Gate, Refusal, Ticket};
use leg::{LegError, LegMaker, NewLeg};
use room::Command;
pub use shared::ROOMS_MAX;
use shared::{OpenRoom, Shared};
pub use state::{CallEvent, CallState, EndReason, Line, Phase};
pub use wish::Wish;

/// The node's clock: unix ms. Offset in demonstrations.
pub type Now = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Events that a slow listener may be behind.
const EVENTS_MAX: usize = 128;
/// Calls with oneself at once. Beyond: [`Refusal::Full`].
const REHEARSALS_MAX: usize = 4;
/// Callers who are told no at once. Beyond: they hear nothing and come back.
const REFUSALS_MAX: usize = 32;

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
    /// What is exchanged in them.
    pub documents: Documents,
    /// The node's clock.
    pub now: Now,
}

/// All calls of this node. A cheap handle; the rooms end with the last one.
#[derive(Clone)]
pub struct Calls {
    shared: Arc<Shared>,
}

impl Calls {
    /// Starts hearing callers.
    #[must_use]
    pub fn new(config: CallsConfig) -> Self {
        let shared = Arc::new(Shared {
            link: config.link,
            gate: config.gate,
            legs: config.legs,
            documents: config.documents,
            now: config.now,
            events: broadcast::Sender::new(EVENTS_MAX),
            rooms: Mutex::default(),
            rehearsals: Mutex::default(),
            doorman: Mutex::default(),
        });
        let doorman = tokio::spawn(open_doors(Arc::downgrade(&shared), config.incoming));
        *shared.doorman.lock().expect("no panic under this lock") = Some(AbortOnDropHandle::new(doorman));
        Self { shared }
    }

    /// A call that goes on when its browser comes back, although this node was restarted meanwhile: what was counted of it
    /// before, when both first saw each other, and since when they have been apart, unix ms.
    pub fn resume(&self, call: CallId, record: Record, [since_ms, apart_ms]: [u64; 2]) {
        let (phase, talking_since_ms, cut_since_ms) = (Phase::Reconnecting, Some(since_ms), Some(apart_ms));
        self.shared.restore(call, CallState { phase, record, talking_since_ms, cut_since_ms, ..CallState::default() });
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
        if join.again && self.shared.phase(join.call) == Some(Phase::Ended) {
            return Err(JoinError::Over);
        }
        let NewLeg { answer, leg, events } = self.shared.legs.answer(&join.offer, join.reached).await?;
        let room = self.shared.room(join.call, &ticket)?;
        room.send(Command::Join { leg, events, ticket }).await.map_err(|_| JoinError::Over)?;
        Ok(answer)
    }

    /// A browser calls itself, for a minute at most: what it sends comes back to it. Gives the answer for it.
    ///
    /// # Errors
    /// [`JoinError`]: the text is for the page, nothing is left open.
    pub async fn rehearse(&self, offer: &str, reached: IpAddr) -> Result<String, JoinError> {
        let NewLeg { answer, leg, events } = self.shared.legs.answer(offer, reached).await?;
        let mut rehearsals = self.shared.rehearsals.lock().expect("no panic under this lock");
        while rehearsals.try_join_next().is_some() {}
        if rehearsals.len() >= REHEARSALS_MAX {
            return Err(Refusal::Full.into());
        }
        rehearsals.spawn(echo::echo(leg, events));
        Ok(answer)
    }

    /// The browser's page was closed. The other side sees it gone; the room stays.
    pub async fn leave(&self, call: CallId) {
        self.command(call, Command::Leave).await;
    }

    /// The person hung up: the call is over for both, although nobody has come back to it since a restart.
    pub async fn hang_up(&self, call: CallId) {
        if self.shared.phase(call) == Some(Phase::Reconnecting) {
            self.open(call, |_| true);
        }
        self.command(call, Command::HangUp).await;
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

    /// Shows both sides whether the camera here is switched off. The page switches it.
    pub async fn set_dark(&self, call: CallId, dark: bool) {
        self.command(call, Command::Dark(dark)).await;
    }

    /// What this side's person chose of picture and sound; both sides are held to it and shown it.
    pub async fn choose(&self, call: CallId, wish: Wish) {
        self.command(call, Command::Wish(wish)).await;
    }

    /// Calls the animateur of this point back to the booth ([`CallEvent::HelpAsked`]), and lets the other
    /// side know, also from a booth whose camera does not open.
    pub async fn ask_help(&self, call: CallId) {
        self.open(call, |ticket| ticket.we_dial);
        self.command(call, Command::Help(true)).await;
    }

    /// A call may have no room yet: it is opened for what is said in it, where the gate lets it.
    fn open(&self, call: CallId, is_meant: impl FnOnce(&Ticket) -> bool) {
        let ticket = self.shared.gate.admit(call).ok().filter(is_meant);
        if let Some(Err(refusal)) = ticket.map(|ticket| self.shared.room(call, &ticket)) {
            tracing::warn!(?call, ?refusal, "no room to speak in");
        }
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

    /// The files of what is exchanged.
    #[must_use]
    pub fn documents(&self) -> &Documents {
        &self.shared.documents
    }

    /// A person here gives a document, under this name: it is offered to the other side, now or as soon as the line is there.
    ///
    /// # Errors
    /// [`NotExchanged`]: it is none that is exchanged, or too much is there already. Nothing of it is left.
    pub async fn give(&self, call: CallId, given: Given, name: String) -> Result<(), NotExchanged> {
        if self.watch(call).borrow().documents.len() >= documents::DOCUMENTS_MAX {
            return Err(NotExchanged::TooMany);
        }
        let order = self.shared.documents.take(call, given, name).await?;
        let taken = match self.shared.open_room(call) {
            Some(room) => room.send(Command::Document(order)).await.map_err(|refused| refused.0),
            None => Err(Command::Document(order)),
        };
        if let Err(Command::Document(order)) = taken {
            self.shared.documents.untake(call, &order);
            return Err(NotExchanged::Over);
        }
        Ok(())
    }

    /// The person in the booth wants a document, or does not.
    pub async fn answer_document(&self, call: CallId, id: String, is_wanted: bool) {
        self.command(call, Command::Document(Order::Answer { id, is_wanted })).await;
    }

    /// What this side looks at, and points to: the other side looks at it too.
    pub async fn look(&self, call: CallId, look: Option<Look>) {
        self.command(call, Command::Document(Order::Look(look))).await;
    }

    /// A person here writes to the other side.
    pub async fn write(&self, call: CallId, text: String) {
        self.command(call, Command::Document(Order::Write(text))).await;
    }

    /// What happens in all calls from now on. A listener that is more than 128 events behind loses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<CallEvent> {
        self.shared.events.subscribe()
    }

    /// Tries the line to a member's node ([`Link::try_line`]).
    ///
    /// # Errors
    /// [`TrialError`].
    pub async fn try_line(&self, peer: PublicKey, addresses: &[SocketAddr]) -> Result<LineTrial, TrialError> {
        self.shared.link.try_line(peer, addresses).await
    }

    /// For trials: cuts all calls of this node off, or lets them back.
    pub fn set_offline(&self, offline: bool) {
        self.shared.link.set_offline(offline);
    }

    /// Lets go of all calls and gives the socket back: nobody has hung up, so that the other side waits for this node to
    /// come back ([`Self::resume`]). When it returns, [`Self::watch`] tells all that was talked.
    pub async fn close(&self) {
        join_all(self.shared.take_rooms().into_iter().map(OpenRoom::close)).await;
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
