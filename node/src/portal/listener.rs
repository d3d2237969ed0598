// SPDX-License-Identifier: EUPL-1.2
//! The portal's socket on this computer: so many connections at once, each cut when nothing is answered on it for long.
//!
//! Refuses every address that another machine could reach: pages are not encrypted here. Those of the office network are
//! another listener's ([`super::tls`]).

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

use super::guard::Peer;
use crate::lang::either;

/// Connections at once. A browser opens six; beyond, the next one waits.
const CONNECTIONS_MAX: usize = 128;
/// A connection on which nothing is answered for so long is cut, whatever comes in meanwhile. Live pages send a sign every 20 seconds.
const IDLE_MAX: Duration = Duration::from_secs(90);
/// After a failed accept: too many open files pass by themselves.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Why the portal does not open. The text tells the operator what to do.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// An address that others could reach.
    #[error("{}", either(
        format!("sans chiffrement le portail n'ouvre que sur cet ordinateur, et pas sur {}. \
                 Écrivez par exemple 127.0.0.1:8046", .0),
        format!("without encryption the portal opens on this computer only, and not on {}. \
                 Write for instance 127.0.0.1:8046", .0)))]
    NotLoopback(SocketAddr),
    /// Someone else has the port.
    #[error("{}", either(
        format!("le port {} est déjà pris : arrêtez l'autre programme, ou choisissez un autre port", .0),
        format!("port {} is already taken: stop the other program, or choose another port", .0)))]
    PortTaken(u16),
    /// The system says no.
    #[error("{}", either(
        format!("le portail ne peut pas ouvrir {} : {}", .0, .1),
        format!("the portal cannot open {}: {}", .0, .1)))]
    Bind(SocketAddr, io::Error),
    /// The encryption of the office's pages cannot be set up.
    #[error("{}", either(
        format!("les pages du bureau ne peuvent pas être chiffrées : {}", .0),
        format!("the office's pages cannot be encrypted: {}", .0)))]
    Tls(rustls::Error),
}

/// Opens the socket.
///
/// # Errors
/// [`PortalError`].
pub(super) async fn bind(listen: SocketAddr) -> Result<Loopback, PortalError> {
    if !listen.ip().is_loopback() {
        return Err(PortalError::NotLoopback(listen));
    }
    let listener = TcpListener::bind(listen).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => PortalError::PortTaken(listen.port()),
        _ => PortalError::Bind(listen, error),
    })?;
    Ok(Loopback { listener, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)) })
}

/// The portal's socket.
pub(super) struct Loopback {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl Listener for Loopback {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed");
        loop {
            match self.listener.accept().await {
                Ok((stream, from)) => {
                    return (Connection::new(stream, place), from);
                }
                Err(error) => {
                    tracing::warn!(%error, "a browser could not connect");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Loopback>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Loopback>) -> Self {
        stream.io().peer(*stream.remote_addr())
    }
}

/// One browser's connection; its place is free again when it is dropped.
pub(super) struct Connection<P = OwnedSemaphorePermit> {
    stream: TcpStream,
    idle: Pin<Box<Sleep>>,
    _place: P,
}

impl<P> Connection<P> {
    pub(super) fn new(stream: TcpStream, place: P) -> Self {
        Self { stream, idle: Box::pin(sleep(IDLE_MAX)), _place: place }
    }

    /// Both of its ends, of which `from` is the browser's.
    pub(super) fn peer(&self, from: SocketAddr) -> Peer {
        let reached = self.stream.local_addr().map_or(Ipv4Addr::LOCALHOST.into(), |it| it.ip());
        Peer { from: from.ip().to_canonical(), reached: reached.to_canonical() }
    }

    /// What was polled, or a fault when nothing has been answered for too long.
    fn watched<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            return polled;
        }
        self.idle.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<P: Unpin> AsyncRead for Connection<P> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.watched(cx, polled)
    }
}

impl<P: Unpin> AsyncWrite for Connection<P> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        // An answer is life; a request that never ends is none.
        if polled.is_ready() {
            self.idle.as_mut().reset(Instant::now() + IDLE_MAX);
        }
        self.watched(cx, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_this_computer() {
        // Goal: an address that others reach is refused with the way out; a taken port says so.
        for address in ["0.0.0.0:0", "192.168.1.5:0", "[::]:0"] {
            let refused = bind(address.parse().expect("an address")).await.err().expect("refused");
            assert!(refused.to_string().contains("127.0.0.1"), "{address}: {refused}");
        }
        let first = bind("127.0.0.1:0".parse().expect("an address")).await.expect("free");
        let taken = first.local_addr().expect("bound");
        let refused = bind(taken).await.err().expect("taken").to_string();
        assert!(refused.contains(&taken.port().to_string()), "{refused}");
    }
}
