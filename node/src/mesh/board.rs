// SPDX-License-Identifier: EUPL-1.2
//! What the handle, the task and the sessions see in common: who is up, how, and the queue towards each.
//!
//! Holds no lock across a wait. Invariant: a peer has an outlet exactly while its session stands between Up and Down,
//! and what waits in an outlet is bounded in frames and in bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use crdt_calendar::ids::PublicKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::SendError;
use super::limits::{FRAME_BYTES_MAX, QUEUE_BYTES_MAX, QUEUE_FRAMES_MAX};
use crate::reach::Reach;

/// One session among all of this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionId(pub(super) u64);

/// A frame on its way out, with the room that it takes until it is written.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) bytes: Bytes,
    /// Given back when the parcel is dropped.
    _room: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Outlet {
    session: SessionId,
    queue: mpsc::Sender<Parcel>,
    room: Arc<Semaphore>,
    stop: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    outlets: HashMap<PublicKey, Outlet>,
    /// Every member, and how its connections reach it; [`Reach::Unheard`] without any.
    ways: BTreeMap<PublicKey, Reach>,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Board(RwLock<State>);

impl Board {
    /// Queues a frame, or says why not. A full queue ends the session: better afresh than ever later.
    pub(super) fn send(&self, peer: PublicKey, bytes: Bytes) -> Result<(), SendError> {
        if bytes.is_empty() || bytes.len() > FRAME_BYTES_MAX {
            return Err(SendError::Length { bytes: bytes.len() });
        }
        let (session, queued) = {
            let state = self.read();
            let outlet = state.outlets.get(&peer).ok_or(SendError::Down)?;
            (outlet.session, outlet.queue(bytes))
        };
        if queued.is_err()
            && let Some(outlet) = self.take(peer, session)
        {
            outlet.stop.cancel();
        }
        queued
    }

    /// Ends the session with a member, if there is one: the next begins afresh.
    pub(super) fn end(&self, peer: PublicKey) {
        if let Some(outlet) = self.write().outlets.remove(&peer) {
            outlet.stop.cancel();
        }
    }

    /// How each member is reached now: a connection without a stream is not yet a way.
    pub(super) fn reach(&self) -> BTreeMap<PublicKey, Reach> {
        let state = self.read();
        let seen = |key: &PublicKey, way: Reach| {
            if state.outlets.contains_key(key) { way } else { Reach::Unheard }
        };
        state.ways.iter().map(|(key, way)| (*key, seen(key, *way))).collect()
    }

    /// How a member's connections reach it.
    pub(super) fn way(&self, peer: PublicKey) -> Reach {
        self.read().ways.get(&peer).copied().unwrap_or(Reach::Unheard)
    }

    /// Notes it.
    pub(super) fn set_way(&self, peer: PublicKey, way: Reach) {
        self.write().ways.insert(peer, way);
    }

    /// Forgets someone who is no longer a member.
    pub(super) fn forget(&self, peer: PublicKey) {
        self.write().ways.remove(&peer);
    }

    /// Opens the outlet of a session; the queue ends when it is closed.
    pub(super) fn open(&self, peer: PublicKey, session: SessionId, stop: CancellationToken) -> mpsc::Receiver<Parcel> {
        let (queue, parcels) = mpsc::channel(QUEUE_FRAMES_MAX);
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX));
        self.write().outlets.insert(peer, Outlet { session, queue, room, stop });
        parcels
    }

    /// Closes the outlet, if it is still this session's.
    pub(super) fn close(&self, peer: PublicKey, session: SessionId) {
        drop(self.take(peer, session));
    }

    fn take(&self, peer: PublicKey, session: SessionId) -> Option<Outlet> {
        let mut state = self.write();
        let own = state.outlets.get(&peer).is_some_and(|outlet| outlet.session == session);
        if own { state.outlets.remove(&peer) } else { None }
    }

    // Nothing here panics while it holds the lock, so a poisoned lock still guards a whole state.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet {
    fn queue(&self, bytes: Bytes) -> Result<(), SendError> {
        let size = bytes.len() as u32;
        let room = Arc::clone(&self.room).try_acquire_many_owned(size).map_err(|_| SendError::Full)?;
        let parcel = Parcel { bytes, _room: room };
        self.queue.try_send(parcel).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => SendError::Full,
            mpsc::error::TrySendError::Closed(_) => SendError::Down,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PublicKey = PublicKey([9; 32]);

    fn opened() -> (Board, mpsc::Receiver<Parcel>, CancellationToken) {
        let board = Board::default();
        let stop = CancellationToken::new();
        let parcels = board.open(PEER, SessionId(1), stop.clone());
        (board, parcels, stop)
    }

    #[test]
    fn a_full_queue_ends_the_session() {
        // Goal: by frames and by bytes, the first one too many stops the session and leaves nothing to send to.
        for (size, fits) in [(1, QUEUE_FRAMES_MAX), (FRAME_BYTES_MAX, QUEUE_BYTES_MAX / FRAME_BYTES_MAX)] {
            let (board, _parcels, stop) = opened();
            let frame = Bytes::from(vec![1; size]);
            for _ in 0..fits {
                assert_eq!(board.send(PEER, frame.clone()), Ok(()));
            }
            assert!(!stop.is_cancelled());
            assert_eq!(board.send(PEER, frame.clone()), Err(SendError::Full));
            assert!(stop.is_cancelled());
            assert_eq!(board.send(PEER, frame), Err(SendError::Down));
        }
    }

    #[tokio::test]
    async fn written_frames_give_their_room_back() {
        let (board, mut parcels, stop) = opened();
        let frame = Bytes::from(vec![1; FRAME_BYTES_MAX]);
        for _ in 0..3 * QUEUE_BYTES_MAX / FRAME_BYTES_MAX {
            assert_eq!(board.send(PEER, frame.clone()), Ok(()));
            drop(parcels.recv().await.expect("queued"));
        }
        assert!(!stop.is_cancelled());
    }

    #[test]
    fn no_frame_is_empty_or_too_long() {
        let (board, _parcels, _stop) = opened();
        for bytes in [0, FRAME_BYTES_MAX + 1] {
            assert_eq!(board.send(PEER, Bytes::from(vec![0; bytes])), Err(SendError::Length { bytes }));
        }
    }

    #[test]
    fn the_longest_frame_of_the_calendar_fits() {
        // Goal: a full folio is one frame; a mesh that takes less would never deliver it.
        let (board, _parcels, _stop) = opened();
        assert_eq!(board.send(PEER, Bytes::from(vec![0; crdt_calendar::limits::FRAME_BYTES_MAX])), Ok(()));
    }

    #[test]
    fn an_old_session_does_not_close_its_successor() {
        let (board, _parcels, _stop) = opened();
        board.set_way(PEER, Reach::Direct);
        board.close(PEER, SessionId(0));
        assert_eq!(board.reach()[&PEER], Reach::Direct);
        board.close(PEER, SessionId(1));
        assert_eq!(board.reach()[&PEER], Reach::Unheard);
    }
}
