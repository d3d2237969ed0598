// SPDX-License-Identifier: EUPL-1.2
//! A limit on everything that the mesh holds or waits for: the figure, its reason, what happens there.
//!
//! Times are made for 64 kbit/s, 600 ms and 10 % loss, not for a good line.

use std::time::Duration;

/// Bytes of one frame, as the calendar makes them. Longer: refused from its header by the receiver, who closes the
/// stream and charges the sender.
pub const FRAME_BYTES_MAX: usize = crdt_calendar::limits::FRAME_BYTES_MAX;

/// Bytes read at once, so that a header alone never makes us reserve a megabyte.
pub(super) const CHUNK_BYTES: usize = 64 * 1024;

/// Frames up to this size leave in one write with their header: one packet instead of two.
pub(super) const JOINED_BYTES_MAX: usize = 8 * 1024;

/// Frames waiting for one peer. One more: its stream is closed, the next exchange starts afresh.
pub const QUEUE_FRAMES_MAX: usize = 256;

/// Bytes waiting for one peer, the same rule: two minutes of a 256 kbit/s line.
pub const QUEUE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Streams brought from elsewhere that wait for the task. Further ones are dropped: they are brought again.
pub(super) const CARRIED_MAX: usize = 16;

/// Events waiting for the owner, each at most one frame. Full: the streams are read no further, and peers feel it.
pub const EVENTS_MAX: usize = 16;

/// Strangers who knocked and of whom the owner has not heard yet. Further ones are counted, not named.
pub(super) const KNOCKS_MAX: usize = 16;

/// Members known at once: a département has a tenth of this. Further ones are left out, with a warning.
pub const MEMBERS_MAX: usize = 1024;

/// Addresses tried for one neighbour. Further ones are left out.
pub const NEIGHBOUR_ADDRS_MAX: usize = 8;

/// Peers remembered from the local network, members or not. Further ones are not heard until others expire.
pub(super) const LAN_PEERS_MAX: usize = 256;

/// Connections of one peer: two dial each other at once, and one of each may be dying.
pub(super) const PEER_CONNECTIONS_MAX: u32 = 4;

/// Connections in all. Further ones are closed after the handshake.
pub(super) const CONNECTIONS_MAX: u32 = 512;

/// Handshakes under way in each direction. Further ones are dropped unanswered.
pub(super) const PENDING_MAX: u32 = 256;

/// Of these, handshakes that one host has begun. Further ones are dropped unanswered.
pub(super) const HOST_PENDING_MAX: usize = 8;

/// Streams that one connection may open. We use one; the rest is room for one that is dying.
pub(super) const CONNECTION_STREAMS_MAX: u32 = 32;

/// Unread bytes of one stream, then of one connection, before QUIC holds the sender back.
pub(super) const STREAM_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// See [`STREAM_WINDOW_BYTES`].
pub(super) const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// For a handshake: five round trips with losses over a satellite.
pub(super) const HANDSHAKE_MAX: Duration = Duration::from_secs(30);

/// For one dial over all its addresses.
pub(super) const DIAL_MAX: Duration = Duration::from_secs(60);

/// Without a packet for so long, a connection is dead.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(120);

/// A packet at least so often keeps the routers on the way from forgetting us (30 s is the usual term for UDP).
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(25);

/// What is added to it for each value of the key's first byte, at most 4 s: two nodes whose terms are alike both ask,
/// every time; of two that differ the sooner one's packet is the other's too.
pub(super) const KEEP_ALIVE_APART: Duration = Duration::from_millis(16);

/// A connection that carries no stream is closed after this: a twin, or one whose peer never opened.
pub(super) const STREAMLESS_MAX: Duration = Duration::from_secs(30);

/// To open a stream, and then for its first mark.
pub(super) const OPEN_MAX: Duration = Duration::from_secs(30);

/// A quiet stream over TCP carries an empty frame so often: TCP alone would not notice for hours that its peer is
/// gone. QUIC notices by itself.
pub(super) const MARK_EVERY: Duration = Duration::from_secs(55);

/// A stream over TCP without a byte for so long is dead: two marks were lost. As long as QUIC waits.
pub(super) const MARKLESS_MAX: Duration = Duration::from_secs(120);

/// A peer dials when it has no connection. So if one older than this is still here while it comes again,
/// the older is dead; a younger one means that both dialled at once.
pub(super) const TWIN_WINDOW: Duration = Duration::from_secs(10);

/// A stream that stood for so long was a good one: the waits before the next attempts start low again.
pub(super) const STEADY: Duration = Duration::from_secs(10);

/// Streams of one peer are accepted at most so often.
pub(super) const ACCEPT_EVERY: Duration = Duration::from_millis(200);

/// For the addresses asked for to be listened on.
pub(super) const LISTEN_MAX: Duration = Duration::from_secs(10);

/// For connections to say goodbye when the mesh stops.
pub(super) const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// Between two questions on the local network. The library asks no sooner once anyone answered, so whoever was not
/// heard then is met only by this one; its own figure of five minutes is long for two boxes of one town hall.
pub(super) const LAN_ASK_EVERY: Duration = Duration::from_secs(60);
