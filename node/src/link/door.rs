// SPDX-License-Identifier: EUPL-1.2
//! The door: hears members' nodes that dial, until they have named a call.
//!
//! Whether they may have it is decided above. Invariant: handshakes and callers that wait are bounded, each
//! for a bounded time.

use std::sync::Arc;

use crdt_calendar::ids::PublicKey;
use iroh::Endpoint;
use iroh::endpoint::{Accepting, Connection, RecvStream, SendStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::conn::{CLOSE_OFFLINE, CallLink, Control};
use super::endpoint::{HANDSHAKE_TIME, Shared};
use super::passage::{PASSAGE_ALPN, PASSAGES_MAX, Passage, Passages};
use super::trial::{self, TRIAL_ALPN};
use super::wire::{CallId, Presence, Signal};

/// Handshakes at once from outside. Beyond: refused; a member's node comes back 2 s later.
const HANDSHAKES_MAX: usize = 32;
/// Callers that wait to be heard by the rooms. Beyond: the handshakes wait.
const KNOCKS_MAX: usize = 16;

/// What comes from outside, in turn. One a [`Link`].
pub struct Incoming {
    knocks: mpsc::Receiver<Knock>,
    _listener: AbortOnDropHandle<()>,
}

/// A member's node at the door: it has named a call, and waits for an answer.
pub struct Knock {
    /// Whose node it is, proven by the handshake.
    pub peer: PublicKey,
    /// The call that it names.
    pub call: CallId,
    /// Who is in front of its browser.
    pub presence: Presence,
    control: Control,
}

impl Incoming {
    /// Starts listening: for calls, and for what is none.
    pub(super) fn new(shared: Arc<Shared>) -> (Self, Passages) {
        let (heard, knocks) = mpsc::channel(KNOCKS_MAX);
        let (opened, passages) = mpsc::channel(PASSAGES_MAX);
        let listener = AbortOnDropHandle::new(tokio::spawn(hear(shared, Guests { heard, opened })));
        (Self { knocks, _listener: listener }, Passages(passages))
    }

    /// The next member at the door; `None` once the socket is closed.
    pub async fn next(&mut self) -> Option<Knock> {
        self.knocks.recv().await
    }
}

impl Knock {
    /// Takes the caller in, and says who is here; `None` when it has gone, or does not take the word for
    /// [`HANDSHAKE_TIME`]: its node alone decides whether our stream moves.
    pub async fn accept(mut self, presence: Presence) -> Option<CallLink> {
        timeout(HANDSHAKE_TIME, self.control.write(Signal::Accepted(presence))).await.ok()?.ok()?;
        Some(CallLink::new(self.peer, self.control, self.presence))
    }

    /// Says no, and why; waits a moment (2 s at most) for the word to arrive.
    pub async fn refuse(mut self, reason: u8) {
        let said = timeout(HANDSHAKE_TIME, self.control.write(Signal::Refused(reason))).await;
        if matches!(said, Ok(Ok(()))) {
            self.control.linger().await;
        }
    }
}

/// Where those who come are taken.
#[derive(Clone)]
struct Guests {
    heard: mpsc::Sender<Knock>,
    opened: mpsc::Sender<(PublicKey, Passage)>,
}

/// Hears whoever comes. Ends with the socket, or when nobody takes the knocks any more.
async fn hear(shared: Arc<Shared>, guests: Guests) {
    let mut handshakes = JoinSet::new();
    while let Some(endpoint) = shared.socket.bound().await {
        hear_at(&endpoint, &shared, &guests, &mut handshakes).await;
    }
}

/// Hears whoever comes to this endpoint, until it is closed.
async fn hear_at(endpoint: &Endpoint, shared: &Arc<Shared>, guests: &Guests, handshakes: &mut JoinSet<()>) {
    while let Some(incoming) = endpoint.accept().await {
        while handshakes.try_join_next().is_some() {}
        if *shared.offline.borrow() {
            incoming.ignore();
        } else if handshakes.len() >= HANDSHAKES_MAX || guests.heard.is_closed() {
            incoming.refuse();
        } else if let Ok(accepting) = incoming.accept() {
            let (shared, guests) = (Arc::clone(shared), guests.clone());
            handshakes.spawn(async move {
                let came = timeout(HANDSHAKE_TIME * 2, listen_to(&shared, accepting)).await;
                let taken = match came {
                    Ok(Some(Guest::Caller(knock))) => guests.heard.send(knock).await.is_ok(),
                    Ok(Some(Guest::Passage(peer, passage))) => guests.opened.try_send((peer, passage)).is_ok(),
                    Ok(Some(Guest::Trial(conn, streams))) => {
                        trial::answer(shared, conn, streams).await;
                        return;
                    }
                    Ok(None) | Err(_) => return,
                };
                if !taken {
                    tracing::debug!("who came is not taken in now");
                }
            });
        }
    }
}

/// What a member's node comes for.
enum Guest {
    Caller(Knock),
    Passage(PublicKey, Passage),
    Trial(Connection, (SendStream, RecvStream)),
}

/// Handshake and first words of the node that was dialled.
async fn listen_to(shared: &Shared, accepting: Accepting) -> Option<Guest> {
    let conn = accepting.await.ok()?;
    let peer = PublicKey(*conn.remote_id().as_bytes());
    shared.remember(peer, &conn);
    if *shared.offline.borrow() {
        conn.close(CLOSE_OFFLINE, b"");
        return None;
    }
    let streams = conn.accept_bi().await.ok()?;
    if conn.alpn() == PASSAGE_ALPN {
        return Some(Guest::Passage(peer, Passage::new(conn, streams)));
    }
    if conn.alpn() == TRIAL_ALPN {
        return Some(Guest::Trial(conn, streams));
    }
    let mut control = Control::new(conn, streams);
    match control.read().await {
        Ok(Signal::Hello(call, presence)) => Some(Guest::Caller(Knock { peer, call, presence, control })),
        Ok(_) | Err(_) => {
            control.cut();
            None
        }
    }
}
