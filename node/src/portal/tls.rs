// SPDX-License-Identifier: EUPL-1.2
//! The portal's socket on the office network: TLS and nothing else, with limits on handshakes, on connections, and on
//! those of one address.
//!
//! Apart from loopback's: who fills this one leaves the kiosk its own. A browser that was told an address without
//! `https://` is sent on to it, and learns nothing else in clear.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::guard::Peer;
use super::listener::{ACCEPT_PAUSE, Connection, PortalError};
use crate::certificate::Certificates;
use crate::config::{OfficeName, OfficeSettings};

/// Connections at once. A browser opens six; beyond, the next one waits.
const CONNECTIONS_MAX: usize = 256;
/// Of one address: ten advisors on one terminal server. Beyond, the next one is closed.
const FROM_ONE_MAX: usize = 64;
/// Handshakes at once: each costs a signature. Beyond, the next one waits. Eight addresses must do their worst to fill it.
const HANDSHAKES_MAX: usize = 128;
/// Of one address. Beyond, the next one is closed: who begins many and ends none keeps nobody else out.
const HANDSHAKES_OF_ONE_MAX: usize = 16;
/// A handshake takes two round trips of a local network.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Connections that the system keeps for us until they are accepted.
const BACKLOG: i32 = 256;
/// What a request without TLS may be long, before it is answered.
const PLAIN_BYTES_MAX: usize = 4096;
/// What a TLS connection begins with: a record of the handshake (RFC 8446, 5.1).
const HANDSHAKE_RECORD: u8 = 22;

/// A place among all, and one among those of an address.
pub(super) type Place = (OwnedSemaphorePermit, Seat);
pub(super) type Encrypted = TlsStream<Connection<Place>>;

/// Opens the socket.
///
/// # Errors
/// [`PortalError`].
pub(super) fn bind(certificates: Certificates, stop: CancellationToken) -> Result<Office, PortalError> {
    let listen = certificates.settings().listen;
    let listener = listener(listen).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => PortalError::PortTaken(listen.port()),
        _ => PortalError::Bind(listen, error),
    })?;
    let acceptor = TlsAcceptor::from(Arc::new(certificates.tls().map_err(PortalError::Tls)?));
    let (ready, connections) = mpsc::channel(1);
    let task = AbortOnDropHandle::new(tokio::spawn(accept(listener, acceptor, certificates, ready, stop)));
    Ok(Office { listen, connections, _task: task })
}

/// A listener on an address that this machine may get only later: a box starts before its network is up.
fn listener(listen: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(listen), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    if listen.is_ipv6() { socket.set_freebind_v6(true) } else { socket.set_freebind_v4(true) }?;
    socket.bind(&listen.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// The office's listener: what it gives has shaken hands.
pub(super) struct Office {
    listen: SocketAddr,
    connections: mpsc::Receiver<(Encrypted, SocketAddr)>,
    _task: AbortOnDropHandle<()>,
}

impl Listener for Office {
    type Io = Encrypted;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Encrypted, SocketAddr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            // The task that accepts ended by a panic, and ends the portal.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.listen)
    }
}

impl Connected<IncomingStream<'_, Office>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Office>) -> Self {
        stream.io().get_ref().0.peer(*stream.remote_addr())
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    certificates: Certificates,
    ready: mpsc::Sender<(Encrypted, SocketAddr)>,
    stop: CancellationToken,
) {
    let _ends = stop.drop_guard();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let (seats, shaking) = (Seats::new(FROM_ONE_MAX), Seats::new(HANDSHAKES_OF_ONE_MAX));
    let mut handshakes = JoinSet::new();
    loop {
        while handshakes.len() >= HANDSHAKES_MAX {
            handshakes.join_next().await;
        }
        while handshakes.try_join_next().is_some() {}
        let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a browser of the office could not connect");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let address = from.ip().to_canonical();
        let (Some(seat), Some(turn)) = (seats.take(address), shaking.take(address)) else {
            tracing::debug!("an address of the office has too many connections");
            continue;
        };
        if !certificates.is_there() {
            continue;
        }
        let (acceptor, settings, ready) = (acceptor.clone(), certificates.clone(), ready.clone());
        handshakes.spawn(async move {
            let shaken = timeout(HANDSHAKE_TIME, shake(stream, (place, seat), acceptor, settings.settings())).await;
            drop(turn);
            if let Ok(Some(encrypted)) = shaken
                && ready.send((encrypted, from)).await.is_err()
            {
                tracing::debug!("a browser came when the portal ended");
            }
        });
    }
}

/// The handshake. `None` for whoever does not speak TLS, or gives up.
async fn shake(
    mut stream: TcpStream,
    place: Place,
    acceptor: TlsAcceptor,
    settings: &OfficeSettings,
) -> Option<Encrypted> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    if first[0] != HANDSHAKE_RECORD {
        send_on(&mut stream, settings).await.ok()?;
        return None;
    }
    // What a browser has against a certificate that it does not know yet is no fault of ours.
    let shaken = acceptor.accept(Connection::new(stream, place)).await;
    shaken.inspect_err(|error| tracing::debug!(%error, "a browser of the office did not shake hands")).ok()
}

/// Answers a request in clear with the address that it should have had.
async fn send_on(stream: &mut TcpStream, settings: &OfficeSettings) -> io::Result<()> {
    let mut heard = Vec::new();
    let mut piece = [0; 1024];
    while !heard.windows(4).any(|it| it == b"\r\n\r\n") {
        let length = stream.read(&mut piece).await?;
        heard.extend_from_slice(&piece[..length]);
        if length == 0 || heard.len() > PLAIN_BYTES_MAX {
            return Ok(());
        }
    }
    let reached = OfficeName::Ip(stream.local_addr()?.ip().to_canonical());
    // The administration's certificate need not hold the address of `listen`.
    let is_known = settings.given.is_none() && settings.names.contains(&reached);
    let to = if is_known { settings.address_of(&reached) } else { settings.address() };
    let answer = format!(
        "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// Connections by address, so many of each.
struct Seats {
    each_max: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// One of them; free again when it is dropped.
pub(super) struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Seats {
    fn new(each_max: usize) -> Arc<Self> {
        Arc::new(Self { each_max, taken: Mutex::default() })
    }

    fn take(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        if *count >= self.each_max {
            return None;
        }
        *count += 1;
        Some(Seat { seats: Arc::clone(self), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}
