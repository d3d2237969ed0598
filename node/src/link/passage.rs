// SPDX-License-Identifier: EUPL-1.2
//! A stream of bytes with another member's node, for what is no call: the calendar's frames where only a relay leads there.
//!
//! Knows nothing of what passes. It ends when it is dropped, when the member is struck off, and when this node is cut off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use crdt_calendar::ids::PublicKey;
use futures::io::{AsyncRead, AsyncWrite};
use iroh::endpoint::{Connection, RecvStream, SendStream};
use tokio::io::Join;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};

use super::conn::CLOSE_DONE;
use super::endpoint::{DialError, HANDSHAKE_TIME, Link};

/// The protocol's name in the TLS handshake.
pub(super) const PASSAGE_ALPN: &[u8] = b"hameau/passage/1";
/// Passages that wait to be taken. Beyond: they are dropped, and dialled again.
pub(super) const PASSAGES_MAX: usize = 16;

/// Bytes both ways with another node.
pub struct Passage {
    conn: Connection,
    both: Compat<Join<RecvStream, SendStream>>,
}

/// Members' nodes that dialled for a passage.
pub struct Passages(pub(super) mpsc::Receiver<(PublicKey, Passage)>);

impl Passages {
    /// The next one, and whose it is; `None` once the socket is closed.
    pub async fn next(&mut self) -> Option<(PublicKey, Passage)> {
        self.0.recv().await
    }
}

impl Passage {
    pub(super) fn new(conn: Connection, (send, recv): (SendStream, RecvStream)) -> Self {
        Self { conn, both: tokio::io::join(recv, send).compat() }
    }
}

impl Link {
    /// A passage to a member's node, by way of the relays. The other side has it with the first byte. Some 5 s at most.
    ///
    /// # Errors
    /// [`DialError`] when there is none afterwards.
    pub async fn passage(&self, peer: PublicKey) -> Result<Passage, DialError> {
        let opened = async {
            let conn = self.connect(peer, &[], PASSAGE_ALPN).await?;
            let streams = timeout(HANDSHAKE_TIME, conn.open_bi()).await.map_err(|_| DialError::Unreachable)?;
            Ok(Passage::new(conn.clone(), streams.map_err(|_| DialError::Unreachable)?))
        };
        self.while_online(opened).await
    }
}

impl AsyncRead for Passage {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.both).poll_read(context, to)
    }
}

impl AsyncWrite for Passage {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.both).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.both).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.both).poll_close(context)
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.conn.close(CLOSE_DONE, b"");
    }
}
