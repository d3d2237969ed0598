// SPDX-License-Identifier: EUPL-1.2
//! Streams to peers. The one file that knows libp2p-stream, an alpha: what replaces it one day replaces this.
//!
//! Decides nothing: who opens, and what a stream is for, is said elsewhere.

use std::io;

use crdt_calendar::ids::PublicKey;
use futures::StreamExt as _;
use libp2p::{PeerId, StreamProtocol};
use libp2p_stream::{Behaviour, Control, IncomingStreams, OpenStreamError};
use tokio::time::timeout;

use super::Carrier;
use super::limits::OPEN_MAX;

/// The protocol's name on the wire; a change that old boxes cannot read takes another number.
const PROTOCOL: StreamProtocol = StreamProtocol::new("/hameau/replication/1");

/// Bytes both ways with one peer, over one of its connections or brought from elsewhere.
pub(super) type PeerStream = Box<dyn Carrier>;

/// The part of the network's behaviour that carries streams.
pub(super) type StreamBehaviour = Behaviour;

/// Makes that part.
pub(super) fn behaviour() -> StreamBehaviour {
    Behaviour::new()
}

/// The streams that peers open.
pub(super) struct Incoming(IncomingStreams);

/// Opens streams. Cheap to clone.
#[derive(Clone)]
pub(super) struct Opener(Control);

/// Both ends of the door; `None` when it is already held.
pub(super) fn doors(behaviour: &StreamBehaviour) -> Option<(Opener, Incoming)> {
    let mut control = behaviour.new_control();
    let incoming = control.accept(PROTOCOL).ok()?;
    Some((Opener(control), Incoming(incoming)))
}

impl Incoming {
    /// The next stream that a peer opened. Dropping the wait loses nothing. When two come before one is fetched,
    /// the library drops the second: its peer sees it closed before the first mark, and tries again.
    pub(super) async fn next(&mut self) -> Option<(PeerId, PeerStream)> {
        let (peer, stream) = self.0.next().await?;
        Some((peer, Box::new(stream)))
    }
}

impl Opener {
    /// Opens a stream over any of the connections to the peer.
    pub(super) async fn open(mut self, peer: PeerId) -> io::Result<PeerStream> {
        match timeout(OPEN_MAX, self.0.open_stream(peer, PROTOCOL)).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(OpenStreamError::Io(error))) => Err(error),
            Ok(Err(other)) => Err(io::Error::new(io::ErrorKind::Unsupported, other.to_string())),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// Which of two members opens their stream: the one with the lower key. So there is one, even if both connect at once.
pub(super) fn opens(own: PublicKey, other: PublicKey) -> bool {
    own < other
}
