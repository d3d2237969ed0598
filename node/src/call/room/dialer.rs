// SPDX-License-Identifier: EUPL-1.2
//! Dialling the other node, again and again: every 2 s, never backed off, since a person waits.
//!
//! Does not decide whether to dial, and asks no calendar. Invariant: one attempt at a time.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::call::gate::{Refusal, Ticket};
use crate::link::{CallId, CallLink, DialError, Link, Presence};

/// A lost line is dialled again so soon, and again.
const REDIAL: Duration = Duration::from_secs(2);

/// What came of one attempt.
pub(super) enum Dialled {
    /// A line.
    Up(CallLink),
    /// The other node said no.
    Refused(Refusal),
    /// Nobody answered.
    Nobody,
}

/// The attempts of one room.
pub(super) struct Dialer {
    attempt: Option<AbortOnDropHandle<Result<CallLink, DialError>>>,
    /// When the last attempt began.
    began: Option<Instant>,
    after: Instant,
    /// The other node said no, and will not say otherwise by itself.
    stopped: bool,
}

impl Dialer {
    pub(super) fn new() -> Self {
        Self { attempt: None, began: None, after: Instant::now(), stopped: false }
    }

    /// Whether an attempt may begin now.
    pub(super) fn is_due(&self) -> bool {
        self.attempt.is_none() && !self.stopped && Instant::now() >= self.after
    }

    /// Begins an attempt.
    pub(super) fn dial(&mut self, link: Link, call: CallId, ticket: &Ticket, presence: Presence) {
        let Ticket { peer, peer_addrs, .. } = ticket.clone();
        self.began = Some(Instant::now());
        let attempt = async move { link.dial(peer, &peer_addrs, call, presence).await };
        self.attempt = Some(AbortOnDropHandle::new(tokio::spawn(attempt)));
    }

    /// The next attempt may begin at once, unless the last one has just begun.
    pub(super) fn reset(&mut self) {
        self.after = self.began.map_or_else(Instant::now, |began| began + REDIAL);
        self.stopped = false;
    }

    /// The next attempt is for later.
    pub(super) fn wait(&mut self) {
        self.after = Instant::now() + REDIAL;
    }

    /// Breaks the attempt off: there is a line, or no need of one.
    pub(super) fn rest(&mut self) {
        self.attempt = None;
    }

    /// What comes of the attempt. Cancel safe.
    pub(super) async fn next(&mut self) -> Dialled {
        let dialled = match &mut self.attempt {
            Some(attempt) => attempt.await,
            None => std::future::pending().await,
        };
        self.attempt = None;
        self.wait();
        match dialled {
            Ok(Ok(link)) => Dialled::Up(link),
            Ok(Err(DialError::Refused(code))) => {
                let refusal = Refusal::from_code(code);
                self.stopped = !refusal.may_pass();
                Dialled::Refused(refusal)
            }
            Ok(Err(DialError::NotMember(_) | DialError::Stranger)) => Dialled::Refused(Refusal::NotYours),
            Ok(Err(DialError::Offline | DialError::Unreachable)) | Err(_) => Dialled::Nobody,
        }
    }
}
