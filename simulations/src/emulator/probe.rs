// SPDX-License-Identifier: EUPL-1.2
//! What a line really is: a probe in one namespace asks another in a second one.
//!
//! Over UDP: small packets that come back (round trip, loss), then more than the line carries (rate). Each runs as a
//! process of its own, for a namespace belongs to a process.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// UDP and IPv4 headers (RFC 768, RFC 791).
pub(crate) const HEADERS_BYTES: u64 = 28;
/// Bytes of a packet that comes back.
pub(crate) const PING_BYTES: u64 = 32;
/// Packets that come back.
pub(crate) const PINGS: u32 = 200;
const PING_EVERY: Duration = Duration::from_millis(20);
const FLOOD_BYTES: usize = 1400;
const FLOOD_FOR: Duration = Duration::from_millis(2_500);
/// A second passes before counting: the queue fills.
const WARM_UP: Duration = Duration::from_millis(1_000);
/// Longest wait for an answer; a full queue of the slowest line holds two seconds.
const PATIENCE: Duration = Duration::from_secs(4);
const ASKED_AGAIN_MAX: u32 = 12;

const PING: u8 = b'p';
const FLOOD: u8 = b'f';
const COUNT: u8 = b'c';

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Median of the round trips, in milliseconds; nothing came back: `None`.
    pub(crate) round_trip_ms: Option<f64>,
    /// Of small packets that were sent and did not come back: lost there, or on the way back.
    pub(crate) round_trips_lost_per_mille: f64,
    /// What arrived of more than the line carries, in bits a second with IP headers.
    pub(crate) rate_bit_s: f64,
}

/// Answers probes until it is ended.
///
/// # Errors
/// When it cannot listen.
pub(crate) fn serve(port: u16) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port))?;
    println!("ready");
    let mut buffer = [0; 2048];
    let (mut first, mut last, mut bytes) = (None, Instant::now(), 0_u64);
    loop {
        let (length, from) = socket.recv_from(&mut buffer)?;
        match buffer[0] {
            PING => drop(socket.send_to(&buffer[..length], from)),
            FLOOD => {
                let now = Instant::now();
                let since = *first.get_or_insert(now);
                if now - since >= WARM_UP {
                    last = now;
                    bytes += length as u64 + HEADERS_BYTES;
                }
            }
            COUNT => {
                let took = first.map_or(0, |first: Instant| (last - first).saturating_sub(WARM_UP).as_micros());
                let said = format!("{bytes} {took}");
                drop(socket.send_to(said.as_bytes(), from));
            }
            _ => {}
        }
    }
}

/// Asks a probe that serves, over a line of about this rate.
///
/// # Errors
/// When sockets fail. A line that carries nothing is no error.
pub(crate) fn ask(server: SocketAddr, rate_bit_s: u64) -> io::Result<Measured> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect(server)?;
    let trips = pings(&socket)?;
    let rate_bit_s = if trips.is_empty() { 0.0 } else { flood(&socket, rate_bit_s)? };
    Ok(Measured {
        round_trip_ms: trips.get(trips.len() / 2).map(|trip| trip.as_secs_f64() * 1000.0),
        round_trips_lost_per_mille: 1000.0 * (1.0 - trips.len() as f64 / f64::from(PINGS)),
        rate_bit_s,
    })
}

/// The round trips of those that came back, shortest first.
fn pings(socket: &UdpSocket) -> io::Result<Vec<Duration>> {
    let begin = Instant::now();
    let mut trips = Vec::new();
    let mut sent = 0;
    let end = PING_EVERY * PINGS + Duration::from_secs(1);
    while begin.elapsed() < end {
        if sent < PINGS && begin.elapsed() >= PING_EVERY * sent {
            let mut packet = [0; PING_BYTES as usize];
            packet[0] = PING;
            packet[1..9].copy_from_slice(&micros(begin.elapsed()).to_be_bytes());
            send(socket, &packet)?;
            sent += 1;
        }
        socket.set_read_timeout(Some(Duration::from_millis(1)))?;
        let mut packet = [0; PING_BYTES as usize];
        if let Some(length) = receive(socket, &mut packet)?
            && length == packet.len()
        {
            let sent = u64::from_be_bytes(packet[1..9].try_into().unwrap_or_default());
            trips.push(begin.elapsed().saturating_sub(Duration::from_micros(sent)));
        }
    }
    trips.sort_unstable();
    Ok(trips)
}

fn flood(socket: &UdpSocket, rate_bit_s: u64) -> io::Result<f64> {
    let mut packet = [0; FLOOD_BYTES];
    packet[0] = FLOOD;
    // A third more than passes, and on a slow line a few packets more in any case.
    let every = Duration::from_nanos(FLOOD_BYTES as u64 * 8 * 1_000_000_000 / (rate_bit_s + rate_bit_s / 3).max(1));
    let least = every * 24;
    let begin = Instant::now();
    let mut sent = 0;
    while begin.elapsed() < FLOOD_FOR.max(WARM_UP + least) {
        if begin.elapsed() >= every * sent {
            send(socket, &packet)?;
            sent += 1;
        } else {
            std::thread::sleep(every.min(Duration::from_micros(200)));
        }
    }
    socket.set_read_timeout(Some(PATIENCE))?;
    for _ in 0..ASKED_AGAIN_MAX {
        send(socket, &[COUNT])?;
        let mut answer = [0; 64];
        if let Some(length) = receive(socket, &mut answer)?
            && let Some((bytes, took_us)) =
                std::str::from_utf8(&answer[..length]).ok().and_then(|it| it.split_once(' '))
            && let (Ok(bytes), Ok(took_us)) = (bytes.parse::<f64>(), took_us.parse::<f64>())
        {
            return Ok(if took_us > 0.0 { bytes * 8_000_000.0 / took_us } else { 0.0 });
        }
    }
    Ok(0.0)
}

/// A full queue of this computer is no error: the packet is dropped, as on the way.
fn send(socket: &UdpSocket, packet: &[u8]) -> io::Result<()> {
    match socket.send(packet) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.raw_os_error() == Some(NO_BUFFERS) => Ok(()),
        Err(error) => Err(error),
    }
}

/// `ENOBUFS` on Linux.
const NO_BUFFERS: i32 = 105;

fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match socket.recv(buffer) {
        Ok(length) => Ok(Some(length)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::ConnectionRefused
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
