// SPDX-License-Identifier: EUPL-1.2
//! The link: one QUIC connection (iroh, dialled by key) between the two nodes of a call, for as long
//! as the call needs it.
//!
//! Before a call the line can be tried ([`Link::try_line`]). Besides calls it carries the calendar's frames where only a
//! relay leads to a member ([`Passage`]).
//!
//! It carries signals on one stream, sound and picture in datagrams, and what passes beside the call on a stream behind
//! both. It knows members, not appointments: who may be in which call is decided above (`call::gate`). It speaks to no lookup service or
//! router, and to no relay but those that the node's settings name: it dials the addresses that it is given, by way of the
//! relays too, and the two nodes may then tell each other of better ones.

mod aside;
mod conn;
mod control;
mod door;
mod endpoint;
pub mod media;
mod members;
mod passage;
mod path;
mod relays;
mod socket;
#[cfg(test)]
mod tests;
mod trial;
mod watchdog;
pub mod wire;

pub use aside::BLOCK_BYTES_MAX;
pub use conn::{CallLink, CloseCause, LineSample, LinkEvent};
pub use door::{Incoming, Knock};
pub use endpoint::{ALPN, BindError, DialError, Link, LinkConfig};
pub use media::Flow;
pub use passage::{Passage, Passages};
pub use relays::{RelayAddress, RelayAddressError, RelayStanding, Relays};
pub use trial::{Came, LineTrial, TrialError};
pub use wire::{CallId, Presence, Signal};
