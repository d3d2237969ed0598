// SPDX-License-Identifier: EUPL-1.2
//! A trial of the line to another member's node: for four seconds both send what a call would, sound alone and then with a
//! picture, and each tells the other how much of it came.
//!
//! Nothing of a person is in it: numbers and zeros. Invariant: one trial at a time at a node, and none during a call.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use crdt_calendar::ids::PublicKey;
use iroh::endpoint::{Connection, RecvStream, SendStream, VarInt};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::conn::{CLOSE_DONE, reach_of, rtt_ms_of};
use super::endpoint::{DialError, Link, Shared};
use crate::reach::Reach;

/// The protocol's name in the TLS handshake.
pub(super) const TRIAL_ALPN: &[u8] = b"hameau/trial/1";
/// The node is in a call, or in another trial.
const CLOSE_BUSY: VarInt = VarInt::from_u32(4);
/// The byte that opens the stream.
const BEGIN: u8 = 1;

/// What is sent: sound as a call sends it, then a small picture besides (docs/calls.md). Packets, bytes in each, and their
/// distance, ms.
const LOADS: [Load; 2] =
    [Load { packets: 100, bytes: 120, every_ms: 20 }, Load { packets: 50, bytes: 700, every_ms: 40 }];
/// What is on its way may still come for so long: more than a satellite's round trip.
const SETTLE_TIME: Duration = Duration::from_secs(2);
/// A trial that takes longer is broken off.
const TRIAL_TIME_MAX: Duration = Duration::from_secs(15);

struct Load {
    packets: u16,
    bytes: usize,
    every_ms: u64,
}

/// How much of a load came, both ways, in thousandths.
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
    /// A picture.
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

fn is_busy(error: &iroh::endpoint::ConnectionError) -> bool {
    matches!(error, iroh::endpoint::ConnectionError::ApplicationClosed(it) if it.error_code == CLOSE_BUSY)
}

/// The dialling side.
async fn begin(conn: &Connection) -> Option<LineTrial> {
    let (mut send, mut recv) = conn.open_bi().await.ok()?;
    send.write_all(&[BEGIN]).await.ok()?;
    let mut word = [0];
    recv.read_exact(&mut word).await.ok()?;
    let (here, there, reach, rtt_ms) = exchange(conn, &mut send, &mut recv).await?;
    let came = |load: usize| Came { there: thousandths(load, there[load]), here: thousandths(load, here[load]) };
    Some(LineTrial { reach, rtt_ms, sound: came(0), picture: came(1) })
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

/// Sends all loads and counts what comes; says it and hears it. What came here and there, and the line meanwhile.
async fn exchange(
    conn: &Connection,
    send: &mut SendStream,
    recv: &mut RecvStream,
) -> Option<([u16; 2], [u16; 2], Reach, u32)> {
    let sent = async {
        send_loads(conn).await;
        let line = (reach_of(conn), rtt_ms_of(conn));
        (Instant::now() + SETTLE_TIME, line)
    };
    let mut counted = Counted::default();
    tokio::pin!(sent);
    let (until, (reach, rtt_ms)) = loop {
        tokio::select! {
            done = &mut sent => break done,
            datagram = conn.read_datagram() => counted.take(&datagram.ok()?),
        }
    };
    loop {
        tokio::select! {
            () = sleep_until(until) => break,
            datagram = conn.read_datagram() => counted.take(&datagram.ok()?),
        }
    }
    let here = counted.counts();
    let mut report = BytesMut::new();
    here.iter().for_each(|count| report.put_u16(*count));
    send.write_all(&report).await.ok()?;
    let mut told = [0; 4];
    recv.read_exact(&mut told).await.ok()?;
    let there = [u16::from_be_bytes([told[0], told[1]]), u16::from_be_bytes([told[2], told[3]])];
    let is_possible = there.iter().zip(&LOADS).all(|(count, load)| *count <= load.packets);
    is_possible.then_some((here, there, reach, rtt_ms))
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

fn thousandths(load: usize, count: u16) -> u16 {
    let all = u32::from(LOADS[load].packets);
    u16::try_from(u32::from(count) * 1000 / all).unwrap_or(1000)
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
        assert_eq!(
            (thousandths(0, 100), thousandths(0, 99), thousandths(1, 25), thousandths(1, 0)),
            (1000, 990, 500, 0)
        );
    }
}
