// SPDX-License-Identifier: EUPL-1.2
//! A trial of the line to another member's node: for four seconds both send what a call would, as much as sound alone and
//! then as sound with a small picture, and each tells the other how much of it came.
//!
//! Nothing of a person is in it: numbers and zeros. Invariant: one trial at a time at a node, and none during a call.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use crdt_calendar::ids::PublicKey;
use iroh::endpoint::{Connection, ConnectionError, RecvStream, SendStream};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::conn::{CLOSE_BUSY, CLOSE_DONE};
use super::endpoint::{DialError, Link, Shared};
use super::path::{reach_of, rtt_ms_of};
use crate::reach::Reach;

/// The protocol's name in the TLS handshake.
pub(super) const TRIAL_ALPN: &[u8] = b"hameau/trial/1";
/// The byte that opens the stream.
const BEGIN: u8 = 1;

/// What is sent: 71 kbit/s with all headers as sound is, then 212 as sound with a picture of 180 lines (docs/calls.md).
const LOADS: [Load; 2] =
    [Load { packets: 100, bytes: 120, every_ms: 20 }, Load { packets: 50, bytes: 1000, every_ms: 40 }];
/// What is on its way may still come for so long: more than a satellite's round trip.
const SETTLE_TIME: Duration = Duration::from_secs(2);
/// A trial that takes longer is broken off.
const TRIAL_TIME_MAX: Duration = Duration::from_secs(15);

/// So many packets of so many bytes, one each so many milliseconds.
struct Load {
    packets: u16,
    bytes: usize,
    every_ms: u64,
}

/// How much of a load came, both ways, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// From here to there.
    pub there: u16,
    /// From there to here.
    pub here: u16,
}

/// What a trial found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTrial {
    /// How the other node is reached.
    pub reach: Reach,
    /// A round trip, ms, while the line was busy.
    pub rtt_ms: u32,
    /// Sound alone.
    pub sound: Came,
    /// Sound with a small picture.
    pub picture: Came,
}

/// Why there was no trial.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// A call or another trial is under way, here or there.
    #[error("a call or another trial is under way")]
    Busy,
    /// No line, or it went during the trial.
    #[error(transparent)]
    Dial(#[from] DialError),
}

impl Link {
    /// Tries the line to a member's node, at these addresses and by way of the relays. Takes some 7 s, 20 s at most.
    ///
    /// # Errors
    /// [`TrialError`].
    pub async fn try_line(&self, peer: PublicKey, addrs: &[SocketAddr]) -> Result<LineTrial, TrialError> {
        let _one = self.shared.trial.try_acquire().map_err(|_| TrialError::Busy)?;
        if self.shared.has_links() {
            return Err(TrialError::Busy);
        }
        let dialled = async {
            let conn = self.connect(peer, addrs, TRIAL_ALPN).await?;
            let found = timeout(TRIAL_TIME_MAX, begin(&conn)).await.ok().flatten();
            let is_busy = conn.close_reason().is_some_and(|error| is_busy(&error));
            conn.close(CLOSE_DONE, b"");
            Ok((found, is_busy))
        };
        match self.while_online(dialled).await? {
            (Some(found), _) => Ok(found),
            (None, true) => Err(TrialError::Busy),
            (None, false) => Err(DialError::Unreachable.into()),
        }
    }
}

fn is_busy(error: &ConnectionError) -> bool {
    matches!(error, ConnectionError::ApplicationClosed(it) if it.error_code == CLOSE_BUSY)
}

/// The dialling side.
async fn begin(conn: &Connection) -> Option<LineTrial> {
    let (mut send, mut recv) = conn.open_bi().await.ok()?;
    send.write_all(&[BEGIN]).await.ok()?;
    let mut word = [0];
    recv.read_exact(&mut word).await.ok()?;
    exchange(conn, &mut send, &mut recv).await
}

/// The side that was dialled: takes part, unless it has something better to do.
pub(super) async fn answer(shared: Arc<Shared>, conn: Connection, (mut send, mut recv): (SendStream, RecvStream)) {
    let one = shared.trial.try_acquire();
    if one.is_err() || shared.has_links() {
        conn.close(CLOSE_BUSY, b"busy");
        return;
    }
    let taking_part = async {
        let mut word = [0];
        recv.read_exact(&mut word).await.ok()?;
        send.write_all(&[BEGIN]).await.ok()?;
        exchange(&conn, &mut send, &mut recv).await?;
        // Until the other side has read it, and closes.
        send.finish().ok()?;
        Some(conn.closed().await)
    };
    if timeout(TRIAL_TIME_MAX, taking_part).await.is_err() {
        tracing::debug!("a trial of the line was not ended");
    }
    conn.close(CLOSE_DONE, b"");
}

/// Sends all loads and counts what comes; says it and hears it.
async fn exchange(conn: &Connection, send: &mut SendStream, recv: &mut RecvStream) -> Option<LineTrial> {
    let sent = async {
        send_loads(conn).await;
        let line = (reach_of(conn), rtt_ms_of(conn));
        sleep(SETTLE_TIME).await;
        line
    };
    tokio::pin!(sent);
    let mut counted = Counted::default();
    let (reach, rtt_ms) = loop {
        tokio::select! {
            line = &mut sent => break line,
            datagram = conn.read_datagram() => counted.take(&datagram.ok()?),
        }
    };
    let here = counted.counts();
    send.write_all(&here.map(u16::to_be_bytes).concat()).await.ok()?;
    let mut told = [0; 4];
    recv.read_exact(&mut told).await.ok()?;
    let there = [u16::from_be_bytes([told[0], told[1]]), u16::from_be_bytes([told[2], told[3]])];
    let is_possible = there.iter().zip(&LOADS).all(|(count, load)| *count <= load.packets);
    let came = |load: usize| Came { there: hundredths(load, there[load]), here: hundredths(load, here[load]) };
    is_possible.then(|| LineTrial { reach, rtt_ms, sound: came(0), picture: came(1) })
}

/// Sends each load in its pace. What the line does not take is lost, as a call's is.
async fn send_loads(conn: &Connection) {
    for (load, Load { packets, bytes, every_ms }) in (0..).zip(LOADS) {
        let mut pace = interval(Duration::from_millis(every_ms));
        pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in 0..packets {
            pace.tick().await;
            let mut packet = BytesMut::with_capacity(bytes);
            packet.put_u8(load);
            packet.put_u16(number);
            packet.resize(bytes, 0);
            if conn.send_datagram(packet.freeze()).is_err() {
                tracing::trace!("the line takes nothing of a trial");
            }
        }
    }
}

/// Which packets came, each once.
#[derive(Default)]
struct Counted(HashSet<(u8, u16)>);

impl Counted {
    fn take(&mut self, datagram: &Bytes) {
        let [load, high, low, ..] = datagram[..] else { return };
        let number = u16::from_be_bytes([high, low]);
        if LOADS.get(usize::from(load)).is_some_and(|load| number < load.packets) {
            self.0.insert((load, number));
        }
    }

    fn counts(&self) -> [u16; 2] {
        [0, 1].map(|load| u16::try_from(self.0.iter().filter(|(of, _)| *of == load).count()).unwrap_or(u16::MAX))
    }
}

fn hundredths(load: usize, count: u16) -> u16 {
    count * 100 / LOADS[load].packets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_counted_once() {
        // Goal: a packet that came twice counts once, and what is none of the trial's not at all.
        let mut counted = Counted::default();
        for packet in [
            &[0, 0, 1, 0][..],
            &[0, 0, 1, 0],
            &[0, 0, 99],
            &[0, 0, 100],
            &[1, 0, 49],
            &[1, 0, 50],
            &[2, 0, 0],
            &[0],
            &[],
        ] {
            counted.take(&Bytes::copy_from_slice(packet));
        }
        assert_eq!(counted.counts(), [2, 1]);
        assert_eq!([hundredths(0, 100), hundredths(0, 99), hundredths(1, 25), hundredths(1, 0)], [100, 99, 50, 0]);
    }
}
