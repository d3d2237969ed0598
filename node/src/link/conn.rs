// SPDX-License-Identifier: EUPL-1.2
//! One link of one call: signals in order, sound and picture as they come.
//!
//! Refuses nothing by appointment; cuts whoever sends a frame that is none. Invariant: everything that
//! comes in waits in a bounded queue; when the room is slow, media is dropped and counted, signals wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use crdt_calendar::ids::PublicKey;
use iroh::endpoint::{Connection, ConnectionError, RecvStream, SendStream, VarInt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::aside::{BLOCK_BYTES_MAX, read_blocks, write_blocks};
use super::media::{Cutter, Flow, Joiner};
use super::path::reach_of;
use super::socket::DATAGRAM_SEND_BYTES;
use super::wire::{self, Presence, Signal};
use crate::reach::Reach;

/// The link is not needed any more, or the other side is replaced by a newer one.
pub(super) const CLOSE_DONE: VarInt = VarInt::from_u32(0);
/// A person hung up.
pub(super) const CLOSE_HUNG_UP: VarInt = VarInt::from_u32(1);
/// The bytes that came were no signals.
pub(super) const CLOSE_GARBAGE: VarInt = VarInt::from_u32(2);
/// The node was cut off by hand.
pub(super) const CLOSE_OFFLINE: VarInt = VarInt::from_u32(3);
/// The node is in a call, or in another trial.
pub(super) const CLOSE_BUSY: VarInt = VarInt::from_u32(4);
/// The other node is not enrolled here.
pub(super) const CLOSE_NOT_MEMBER: VarInt = VarInt::from_u32(403);

/// What waits for the room: 256 packets are more than a second of sound and picture.
const INBOX_MAX: usize = 256;
/// Signals that wait for the line. A room says a few an hour; beyond, the line is as good as dead.
const SIGNALS_MAX: usize = 32;
/// What the library counts of an empty buffer as taken.
const DATAGRAM_OVERHEAD_BYTES: usize = 64;
/// What the secret of a line is asked for.
const PHRASE_LABEL: &[u8] = b"hameau check phrase 1";
/// How long a last word may take.
const LINGER_TIME: Duration = Duration::from_secs(2);

/// What came over the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// A signal.
    Signal(Signal),
    /// A packet of a flow, unchecked: RTP or RTCP as the other node sent it.
    Media(Flow, Bytes),
    /// A block of what passes beside the call, unchecked.
    Aside(Bytes),
    /// The link is over. Nothing follows.
    Closed(CloseCause),
}

/// Why a link is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseCause {
    /// A person hung up at the other side.
    HungUp,
    /// This node does not count there as a member, or no longer.
    NotMember,
    /// It was cut because of bytes that were no signals.
    Garbage,
    /// All else: the line, the other node, a newer link.
    Lost,
}

/// What the line was like, counted from the link's beginning; rtt now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineSample {
    /// Round trip of the path in use, ms.
    pub rtt_ms: u32,
    /// QUIC packets sent.
    pub sent: u64,
    /// Of these, lost; probes of the path's largest packet left out.
    pub lost: u64,
    /// Datagrams from the other side that were of no use.
    pub useless: u64,
    /// Packets dropped because the room was slow.
    pub dropped: u64,
    /// Bytes of UDP sent.
    pub bytes: u64,
    /// What the congestion controller has seen pass, kbit/s; `None` before it has.
    pub seen_kbps: Option<u32>,
}

/// One link. Dropped: closed.
pub struct CallLink {
    peer: PublicKey,
    theirs: Presence,
    conn: Connection,
    cutter: Cutter,
    signals: mpsc::Sender<Signal>,
    asides: mpsc::Sender<Bytes>,
    inbox: mpsc::Receiver<LinkEvent>,
    counters: Arc<Counters>,
    writer: AbortOnDropHandle<Control>,
    _tasks: [AbortOnDropHandle<()>; 4],
}

#[derive(Default)]
struct Counters {
    useless: AtomicU64,
    dropped: AtomicU64,
}

/// Both directions of the signal stream.
pub(super) struct Control {
    conn: Connection,
    send: SendStream,
    recv: Option<RecvStream>,
}

/// The stream ended, or spoke nonsense.
#[derive(Debug, thiserror::Error)]
pub(super) enum ControlError {
    #[error("the signal stream ended")]
    Ended,
    #[error(transparent)]
    Frame(#[from] wire::FrameError),
}

impl Control {
    pub(super) fn new(conn: Connection, (send, recv): (SendStream, RecvStream)) -> Self {
        Self { conn, send, recv: Some(recv) }
    }

    pub(super) async fn write(&mut self, signal: Signal) -> Result<(), ControlError> {
        self.send.write_all(&wire::encode(signal)).await.map_err(|_| ControlError::Ended)
    }

    pub(super) async fn read(&mut self) -> Result<Signal, ControlError> {
        read(self.recv.as_mut().ok_or(ControlError::Ended)?).await
    }

    /// Ends the stream and waits a moment for the other side to have it all.
    pub(super) async fn linger(&mut self) {
        if self.send.finish().is_ok() && timeout(LINGER_TIME, self.send.stopped()).await.is_err() {
            tracing::debug!("a last word did not arrive in time");
        }
    }

    /// Closes the connection on account of what came over it.
    pub(super) fn cut(&self) {
        self.conn.close(CLOSE_GARBAGE, b"not a signal");
    }
}

async fn read(recv: &mut RecvStream) -> Result<Signal, ControlError> {
    let mut prefix = [0; 2];
    recv.read_exact(&mut prefix).await.map_err(|_| ControlError::Ended)?;
    let mut frame = [0; wire::FRAME_BYTES_MAX];
    let frame = &mut frame[..wire::frame_length(prefix)?];
    recv.read_exact(frame).await.map_err(|_| ControlError::Ended)?;
    Ok(wire::decode(frame)?)
}

impl CallLink {
    pub(super) fn new(peer: PublicKey, mut control: Control, theirs: Presence) -> Self {
        let conn = control.conn.clone();
        let recv = control.recv.take();
        let (signals, outbox) = mpsc::channel(SIGNALS_MAX);
        let (inbox_in, inbox) = mpsc::channel(INBOX_MAX);
        let (asides, blocks) = mpsc::channel(1);
        let counters = Arc::new(Counters::default());
        let writer = AbortOnDropHandle::new(tokio::spawn(write_signals(control, outbox)));
        let tasks = [
            tokio::spawn(read_signals(conn.clone(), recv, inbox_in.clone())),
            tokio::spawn(read_blocks(conn.clone(), inbox_in.clone())),
            tokio::spawn(read_media(conn.clone(), inbox_in, Arc::clone(&counters))),
            tokio::spawn(write_blocks(conn.clone(), blocks)),
        ];
        let tasks = tasks.map(AbortOnDropHandle::new);
        Self { peer, theirs, conn, cutter: Cutter::default(), signals, asides, inbox, counters, writer, _tasks: tasks }
    }

    /// Whose node is at the other end.
    #[must_use]
    pub fn peer(&self) -> PublicKey {
        self.peer
    }

    /// Who was there when the link came up.
    #[must_use]
    pub fn first_presence(&self) -> Presence {
        self.theirs
    }

    /// What both ends of this line alone can know, the same at both: for a check by people. Nothing if the line is over.
    #[must_use]
    pub fn secret(&self) -> Option<[u8; 8]> {
        let mut secret = [0; 8];
        self.conn.export_keying_material(&mut secret, PHRASE_LABEL, b"").ok().map(|()| secret)
    }

    /// What comes next; cancel safe. `None` after [`LinkEvent::Closed`].
    pub async fn recv(&mut self) -> Option<LinkEvent> {
        self.inbox.recv().await
    }

    /// Queues a signal. `false`: the line is dead or does not keep up; the link should be dropped.
    #[must_use]
    pub fn signal(&self, signal: Signal) -> bool {
        self.signals.try_send(signal).is_ok()
    }

    /// Sends a packet at once or never: what does not fit the send buffer pushes the oldest out.
    /// `false`: it was of no use, or the link is over.
    pub fn send_media(&mut self, flow: Flow, packet: &[u8]) -> bool {
        let Some(limit) = self.conn.max_datagram_size() else {
            return false;
        };
        let Ok(datagrams) = self.cutter.cut(flow, packet, limit) else {
            return false;
        };
        datagrams.into_iter().all(|datagram| self.conn.send_datagram(datagram).is_ok())
    }

    /// Sends a block of up to [`BLOCK_BYTES_MAX`] bytes behind all else; `false`: the one before has not left yet.
    pub fn send_aside(&self, block: &Bytes) -> bool {
        debug_assert!(block.len() <= BLOCK_BYTES_MAX, "who makes blocks keeps to their length");
        self.asides.try_send(block.clone()).is_ok()
    }

    /// Whether nothing waits before the line: what is sent now leaves now.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.conn.datagram_send_buffer_space() + DATAGRAM_OVERHEAD_BYTES >= DATAGRAM_SEND_BYTES
    }

    /// How the other node is reached now.
    #[must_use]
    pub fn reach(&self) -> Reach {
        reach_of(&self.conn)
    }

    /// What the line is like.
    #[must_use]
    pub fn sample(&self) -> LineSample {
        let mut sample = LineSample {
            useless: self.counters.useless.load(Ordering::Relaxed),
            dropped: self.counters.dropped.load(Ordering::Relaxed),
            ..LineSample::default()
        };
        for path in &self.conn.paths() {
            let stats = path.stats();
            sample.sent += stats.sent_packets.saturating_sub(stats.sent_plpmtud_probes);
            sample.lost += stats.lost_packets.saturating_sub(stats.lost_plpmtud_probes);
            sample.bytes += stats.sent_bytes;
            if path.is_selected() || sample.rtt_ms == 0 {
                sample.rtt_ms = u32::try_from(stats.rtt.as_millis()).unwrap_or(u32::MAX);
                sample.seen_kbps = stats.bandwidth_estimate.and_then(|bits| u32::try_from(bits / 1000).ok());
            }
        }
        sample
    }

    /// Says that the person hung up, waits 2 s at most for the word to arrive, closes.
    pub async fn hang_up(mut self) {
        if self.signals.try_send(Signal::HangUp).is_err() {
            tracing::debug!("hanging up on a dead line");
        }
        let (closed, _) = mpsc::channel(1);
        self.signals = closed;
        if let Ok(Ok(mut control)) = timeout(LINGER_TIME, &mut self.writer).await {
            control.linger().await;
        }
        self.conn.close(CLOSE_HUNG_UP, b"");
    }
}

impl Drop for CallLink {
    fn drop(&mut self) {
        self.conn.close(CLOSE_DONE, b"");
    }
}

/// Whether the other side closed because this node is not a member there.
pub(super) fn closed_as_stranger(conn: &Connection) -> bool {
    conn.close_reason().is_some_and(|error| cause(&error) == CloseCause::NotMember)
}

fn cause(error: &ConnectionError) -> CloseCause {
    let ConnectionError::ApplicationClosed(closed) = error else {
        return CloseCause::Lost;
    };
    match closed.error_code {
        code if code == CLOSE_HUNG_UP => CloseCause::HungUp,
        code if code == CLOSE_NOT_MEMBER => CloseCause::NotMember,
        code if code == CLOSE_GARBAGE => CloseCause::Garbage,
        _ => CloseCause::Lost,
    }
}

/// Writes what is queued, in order; gives the stream back when the queue is closed.
async fn write_signals(mut control: Control, mut outbox: mpsc::Receiver<Signal>) -> Control {
    while let Some(signal) = outbox.recv().await {
        if control.write(signal).await.is_err() {
            break;
        }
    }
    control
}

async fn read_signals(conn: Connection, recv: Option<RecvStream>, inbox: mpsc::Sender<LinkEvent>) {
    let Some(mut recv) = recv else { return };
    loop {
        match read(&mut recv).await {
            Ok(signal) => {
                if inbox.send(LinkEvent::Signal(signal)).await.is_err() {
                    return;
                }
            }
            Err(ControlError::Ended) => break,
            Err(ControlError::Frame(error)) => {
                tracing::warn!(%error, "a link is cut");
                conn.close(CLOSE_GARBAGE, b"not a signal");
                break;
            }
        }
    }
}

/// Reads packets until the connection is over, and then says so: the room hears of the end once.
async fn read_media(conn: Connection, inbox: mpsc::Sender<LinkEvent>, counters: Arc<Counters>) {
    let mut joiner = Joiner::default();
    let error = loop {
        let datagram = match conn.read_datagram().await {
            Ok(datagram) => datagram,
            Err(error) => break error,
        };
        match joiner.join(datagram) {
            Ok(None) => {}
            Ok(Some((flow, packet))) => {
                if inbox.try_send(LinkEvent::Media(flow, packet)).is_err() {
                    counters.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            Err(_) => {
                counters.useless.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    if inbox.send(LinkEvent::Closed(cause(&error))).await.is_err() {
        tracing::debug!("a link ended after its room");
    }
}
