// SPDX-License-Identifier: EUPL-1.2
//! The life of one stream with one peer: first mark, Up, frames both ways, Down.
//!
//! Opens and retries nothing. Invariant: the events of one peer's sessions never mix; each session takes its **turn**,
//! so that one's Down comes before the next one's Up.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use crdt_calendar::ids::PublicKey;
use futures::FutureExt as _;
use futures::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::MeshEvent;
use super::board::{Board, Parcel, SessionId};
use super::frame::{self, FrameError};
use super::limits::{MARK_EVERY, MARKLESS_MAX, OPEN_MAX};
use super::stream::PeerStream;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    /// We ended it: cut off, replaced, its queue full, its member revoked, or the mesh stopping.
    #[error("ended here")]
    Cut,
    /// The stream is gone.
    #[error("lost: {0}")]
    Lost(io::Error),
    /// The peer announced a frame above the limit.
    #[error("a frame of {bytes} bytes was announced")]
    Oversize {
        /// What its header said.
        bytes: u32,
    },
    /// The peer did not begin with a mark.
    #[error("no mark at the beginning")]
    NoMark,
    /// A fault of this program in what it did with this peer.
    #[error("a fault of this program")]
    Fault,
}

/// What the task hears when a session is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) peer: PublicKey,
    pub(super) id: SessionId,
    pub(super) end: End,
    /// How long it was up; zero when it never was.
    pub(super) up_for: Duration,
}

/// All that a session needs.
pub(super) struct Session {
    pub(super) peer: PublicKey,
    pub(super) id: SessionId,
    pub(super) stream: PeerStream,
    /// Whether QUIC carries it, which notices by itself that a peer is gone.
    pub(super) is_quic: bool,
    pub(super) stop: CancellationToken,
    /// One permit a peer.
    pub(super) turn: Arc<Semaphore>,
    pub(super) board: Arc<Board>,
    pub(super) events: mpsc::Sender<MeshEvent>,
}

/// Runs a session to its end.
pub(super) async fn run(session: Session) -> Ended {
    let Session { peer, id, stream, is_quic, stop, turn, board, events } = session;
    let (mark_every, patience) = if is_quic { (Duration::MAX, Duration::MAX) } else { (MARK_EVERY, MARKLESS_MAX) };
    let (mut from, mut to) = stream.split();
    let ended = |end, up_for| Ended { peer, id, end, up_for };
    let begun = tokio::select! {
        () = stop.cancelled() => Err(End::Cut),
        begun = begin(&mut from, &mut to) => begun,
    };
    if let Err(end) = begun {
        return ended(end, Duration::ZERO);
    }
    let turn = tokio::select! {
        () = stop.cancelled() => None,
        turn = turn.acquire() => turn.ok(),
    };
    let Some(turn) = turn else {
        return ended(End::Cut, Duration::ZERO);
    };
    let parcels = board.open(peer, id, stop.clone());
    let up = MeshEvent::Up { peer, reach: board.way(peer) };
    let since = Instant::now();
    let end = if events.send(up).await.is_err() {
        End::Cut
    } else {
        apart(peer, async {
            tokio::select! {
                () = stop.cancelled() => End::Cut,
                end = listen(&mut from, patience, peer, &events) => end,
                end = speak(&mut to, mark_every, parcels, peer, &events) => end,
            }
        })
        .await
    };
    board.close(peer, id);
    let up_for = since.elapsed();
    if events.send(MeshEvent::Down { peer }).await.is_err() {
        tracing::debug!(?peer, "nobody hears the mesh any more");
    }
    drop(turn);
    ended(end, up_for)
}

/// A panic ends the conversation with this peer, and nobody else's: it is dialled again later, as after a cut.
async fn apart(peer: PublicKey, talk: impl Future<Output = End>) -> End {
    AssertUnwindSafe(talk).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(?peer, "the conversation ended by a fault of this program");
        End::Fault
    })
}

/// Each side marks first: an opener learns that it was accepted, not only that a connection stands.
async fn begin(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> Result<(), End> {
    let marks = async {
        frame::write(to, &[]).await.map_err(End::Lost)?;
        to.flush().await.map_err(End::Lost)?;
        let first = frame::read(from, OPEN_MAX).await.map_err(End::from)?;
        if first.is_empty() { Ok(()) } else { Err(End::NoMark) }
    };
    timeout(OPEN_MAX, marks).await.unwrap_or_else(|_| Err(End::Lost(io::ErrorKind::TimedOut.into())))
}

/// Hands frames up until the stream ends, or was silent for too long: over TCP both sides mark from the beginning. A slow
/// owner holds the stream back, and by it the peer.
async fn listen(
    from: &mut (impl AsyncRead + Unpin),
    patience: Duration,
    peer: PublicKey,
    events: &mpsc::Sender<MeshEvent>,
) -> End {
    loop {
        let bytes = match frame::read(from, patience).await {
            Ok(bytes) if bytes.is_empty() => continue,
            Ok(bytes) => bytes,
            Err(error) => return error.into(),
        };
        if events.send(MeshEvent::Frame { peer, bytes }).await.is_err() {
            return End::Cut;
        }
    }
}

/// Writes what is queued, and says so when no more is; a mark when nothing was for a while.
async fn speak(
    to: &mut (impl AsyncWrite + Unpin),
    mark_every: Duration,
    mut parcels: mpsc::Receiver<Parcel>,
    peer: PublicKey,
    events: &mpsc::Sender<MeshEvent>,
) -> End {
    let mut frames = 0;
    loop {
        let written = match timeout(mark_every, parcels.recv()).await {
            Ok(Some(parcel)) => {
                frames += 1;
                frame::write(to, &parcel.bytes).await
            }
            Ok(None) => return End::Cut,
            Err(_) => frame::write(to, &[]).await,
        };
        let flushed = match written {
            Ok(()) if parcels.is_empty() => to.flush().await,
            other => other,
        };
        if let Err(error) = flushed {
            return End::Lost(error);
        }
        if parcels.is_empty() && frames > 0 {
            let written = MeshEvent::Written { peer, frames: core::mem::take(&mut frames) };
            if events.send(written).await.is_err() {
                return End::Cut;
            }
        }
    }
}

impl From<FrameError> for End {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Oversize { bytes } => Self::Oversize { bytes },
            FrameError::Lost(error) => Self::Lost(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_silent_stream_is_dead_though_its_peer_never_marked() {
        let (ours, _theirs) = tokio::io::duplex(64);
        let mut from = tokio_util::compat::TokioAsyncReadCompatExt::compat(ours);
        let (events, _inbox) = mpsc::channel(1);
        let listening = listen(&mut from, Duration::from_millis(20), PublicKey([3; 32]), &events);
        let end = timeout(OPEN_MAX, listening).await.expect("it gives up");
        assert!(matches!(end, End::Lost(error) if error.kind() == io::ErrorKind::TimedOut));
    }

    #[tokio::test]
    async fn a_fault_ends_one_conversation() {
        let peer = PublicKey([3; 32]);
        assert!(matches!(apart(peer, async { panic!("a fault") }).await, End::Fault));
        assert!(matches!(apart(peer, async { End::NoMark }).await, End::NoMark));
    }
}
