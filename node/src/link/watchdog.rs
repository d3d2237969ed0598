// SPDX-License-Identifier: EUPL-1.2
//! The watch over the way to the relays: a socket that no longer finds to one that answers is bound anew.
//!
//! The library is known to stay "connecting" for hours (n0-computer/iroh#4476). Invariant: nothing is bound anew during a
//! call, nor because a line or a relay is down.

use std::sync::Weak;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, interval, timeout};

use super::endpoint::Shared;
use super::relays::{RelayAddress, RelayStanding};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// So long the library may try by itself: it waits up to 16 s between two attempts.
const PATIENCE: Duration = Duration::from_secs(180);
/// Twice as long each time that it did not help, up to this: a wrong certificate does not mend by it.
const PATIENCE_MAX: Duration = Duration::from_secs(3_600);
/// A relay that does not take a connection within this does not answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// How long there has been no relay.
#[derive(Debug)]
struct Patience {
    silent_since: Option<Instant>,
    lasts: Duration,
    was_refused: bool,
}

impl Default for Patience {
    fn default() -> Self {
        Self { silent_since: None, lasts: PATIENCE, was_refused: false }
    }
}

impl Patience {
    /// Whether it has lasted too long. Begins to count anew then, with twice the patience.
    fn is_over(&mut self, standing: RelayStanding, now: Instant) -> bool {
        if standing != RelayStanding::Silent {
            (self.silent_since, self.lasts) = (None, PATIENCE);
            return false;
        }
        let is_over = now.duration_since(*self.silent_since.get_or_insert(now)) >= self.lasts;
        if is_over {
            (self.silent_since, self.lasts) = (Some(now), (2 * self.lasts).min(PATIENCE_MAX));
        }
        is_over
    }

    /// Whether it is refused, and was not at the last look.
    fn is_newly_refused(&mut self, standing: RelayStanding) -> bool {
        let is_refused = standing == RelayStanding::Refused;
        let was_refused = std::mem::replace(&mut self.was_refused, is_refused);
        is_refused && !was_refused
    }
}

/// Watches for as long as the node lives.
pub(super) async fn watch(shared: Weak<Shared>) {
    let mut every = interval(LOOK_EVERY);
    let mut patience = Patience::default();
    loop {
        every.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        let standing = shared.socket.standing();
        if patience.is_newly_refused(standing) {
            tracing::warn!("a relay does not know this node as a member: give it a new list (hameau members --keys)");
        }
        let is_wedged = patience.is_over(standing, Instant::now()) && !shared.has_links();
        let is_lost = shared.socket.endpoint().is_none();
        // A call may have begun while the relays were asked.
        let is_wedged =
            is_wedged && some_answers(&shared.socket.config().relays.addresses).await && !shared.has_links();
        if is_wedged {
            tracing::warn!("a relay answers and this node does not find to it: the socket of calls is bound anew");
        }
        if (is_lost || is_wedged)
            && let Err(error) = shared.socket.rebind().await
        {
            tracing::error!(%error, "the socket of calls");
        }
    }
}

async fn some_answers(relays: &[RelayAddress]) -> bool {
    for relay in relays {
        if matches!(timeout(ANSWERS_WITHIN, TcpStream::connect(relay.host_and_port())).await, Ok(Ok(_))) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience() {
        // Goal: three minutes of silence on end, and six more before the next time; a word of the relay is no silence.
        let begin = Instant::now();
        let mut patience = Patience::default();
        for (after_s, standing, is_over) in [
            (0, RelayStanding::Silent, false),
            (179, RelayStanding::Silent, false),
            (180, RelayStanding::Silent, true),
            (195, RelayStanding::Silent, false),
            (539, RelayStanding::Silent, false),
            (540, RelayStanding::Silent, true),
            (550, RelayStanding::Connected, false),
            (600, RelayStanding::Silent, false),
            (700, RelayStanding::Refused, false),
            (800, RelayStanding::Silent, false),
            (979, RelayStanding::Silent, false),
            (980, RelayStanding::Silent, true),
        ] {
            assert_eq!(patience.is_over(standing, begin + Duration::from_secs(after_s)), is_over, "{after_s} s");
        }
    }

    #[test]
    fn a_refusal_is_told_once() {
        // Goal: a line in the journal each time that it begins, not each time that it is seen.
        let mut patience = Patience::default();
        for (standing, told) in [
            (RelayStanding::Refused, true),
            (RelayStanding::Refused, false),
            (RelayStanding::Connected, false),
            (RelayStanding::Refused, true),
        ] {
            assert_eq!(patience.is_newly_refused(standing), told);
        }
    }
}
