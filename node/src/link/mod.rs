// SPDX-License-Identifier: EUPL-1.2
//! The link: one QUIC connection (iroh, dialled by key) between the two nodes of a call, for as long
//! as the call needs it.
//!
//! It carries signals on one stream and sound and picture in datagrams. It knows members, not
//! appointments: who may be in which call is decided above (`call::gate`). It never speaks to a relay,
//! a lookup service or a router; it reaches the addresses that it is given, and no other.

mod conn;
mod endpoint;
pub mod media;
pub mod wire;

pub use conn::{CallLink, CloseCause, LineSample, LinkEvent};
pub use endpoint::{ALPN, BindError, DialError, Incoming, Knock, Link, LinkConfig};
pub use media::Flow;
pub use wire::{CallId, Presence, Signal};
