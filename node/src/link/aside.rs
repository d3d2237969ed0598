// SPDX-License-Identifier: EUPL-1.2
//! What passes beside a call over its link: blocks of bytes in order, behind all else that the link carries.
//!
//! One stream each way, opened by whoever has something to say; a block is `u16 length (big endian) || bytes`. What a block
//! says is decided above (`call::documents`). Invariant: one block waits before the line and one behind it, none longer than
//! [`BLOCK_BYTES_MAX`]; who sends another length is cut.

use bytes::{BufMut as _, Bytes, BytesMut};
use iroh::endpoint::{Connection, RecvStream};
use tokio::sync::mpsc;

use super::conn::{CLOSE_GARBAGE, LinkEvent};

/// Largest block: less than two datagrams, so that no block keeps sound waiting.
pub const BLOCK_BYTES_MAX: usize = 1400;
/// Signals have priority 0: a block never goes before one.
const PRIORITY: i32 = -1;

/// Writes what is queued, in order, until nobody queues any more or the line is gone.
pub(super) async fn write_blocks(conn: Connection, mut blocks: mpsc::Receiver<Bytes>) {
    // A line on which nothing is said has no stream.
    let Some(mut block) = blocks.recv().await else { return };
    let Ok(mut send) = conn.open_uni().await else { return };
    if send.set_priority(PRIORITY).is_err() {
        return;
    }
    loop {
        let Ok(length) = u16::try_from(block.len()) else { return };
        let mut framed = BytesMut::with_capacity(block.len() + 2);
        framed.put_u16(length);
        framed.put_slice(&block);
        if send.write_all(&framed).await.is_err() {
            return;
        }
        let Some(next) = blocks.recv().await else { return };
        block = next;
    }
}

/// Reads blocks until the line is gone; cuts whoever sends what is none.
pub(super) async fn read_blocks(conn: Connection, inbox: mpsc::Sender<LinkEvent>) {
    let Ok(mut recv) = conn.accept_uni().await else { return };
    loop {
        match read_block(&mut recv).await {
            Ok(Some(block)) => {
                if inbox.send(LinkEvent::Aside(block)).await.is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(length) => {
                tracing::warn!(length, "a link is cut: no block has this length");
                conn.close(CLOSE_GARBAGE, b"not a block");
                return;
            }
        }
    }
}

/// The next block; `None`: the stream is over. The error is the length that is none.
async fn read_block(recv: &mut RecvStream) -> Result<Option<Bytes>, usize> {
    let mut prefix = [0; 2];
    if recv.read_exact(&mut prefix).await.is_err() {
        return Ok(None);
    }
    let length = usize::from(u16::from_be_bytes(prefix));
    if !(1..=BLOCK_BYTES_MAX).contains(&length) {
        return Err(length);
    }
    let mut block = BytesMut::zeroed(length);
    Ok(recv.read_exact(&mut block).await.is_ok().then(|| block.freeze()))
}
