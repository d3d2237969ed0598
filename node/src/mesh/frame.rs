// SPDX-License-Identifier: EUPL-1.2
//! Frames on a stream of bytes: four bytes of length, big-endian, then the bytes. Length 0 is a **mark**: "I am here".
//!
//! Knows no peer and no library of networks. Invariant: no more is reserved than has been received, one chunk ahead;
//! a length above the limit is refused before its bytes are read (checked below).

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::limits::{CHUNK_BYTES, FRAME_BYTES_MAX, JOINED_BYTES_MAX};

/// Why no further frame comes.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    /// The header announces more than [`FRAME_BYTES_MAX`].
    #[error("a frame of {bytes} bytes was announced")]
    Oversize {
        /// What the header says.
        bytes: u32,
    },
    /// Closed, broken, or silent for too long.
    #[error(transparent)]
    Lost(#[from] io::Error),
}

/// Reads one frame; an empty one is a mark. Lost when no byte comes for `patience`. Not to be dropped half-way: the
/// stream would be out of step.
pub(super) async fn read(from: &mut (impl AsyncRead + Unpin), patience: Duration) -> Result<Bytes, FrameError> {
    let mut header = [0_u8; 4];
    fill(from, &mut header, patience).await?;
    let bytes = u32::from_be_bytes(header);
    let length = bytes as usize;
    if length > FRAME_BYTES_MAX {
        return Err(FrameError::Oversize { bytes });
    }
    let mut body = BytesMut::new();
    while body.len() < length {
        let start = body.len();
        body.resize(length.min(start + CHUNK_BYTES), 0);
        fill(from, &mut body[start..], patience).await?;
    }
    Ok(body.freeze())
}

/// Writes one frame of at most [`FRAME_BYTES_MAX`] bytes; the caller has checked it. It leaves at the next flush.
pub(super) async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    assert!(bytes.len() <= FRAME_BYTES_MAX, "frames are measured before they are queued");
    let header = (bytes.len() as u32).to_be_bytes();
    if bytes.len() <= JOINED_BYTES_MAX {
        let mut joined = Vec::with_capacity(header.len() + bytes.len());
        joined.extend_from_slice(&header);
        joined.extend_from_slice(bytes);
        return to.write_all(&joined).await;
    }
    to.write_all(&header).await?;
    to.write_all(bytes).await
}

/// Fills the buffer. The term counts from the last byte that came: a slow line is not a dead one.
async fn fill(from: &mut (impl AsyncRead + Unpin), mut buffer: &mut [u8], patience: Duration) -> io::Result<()> {
    while !buffer.is_empty() {
        let read =
            timeout(patience, from.read(buffer)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = &mut buffer[read..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::io::Cursor;

    #[tokio::test]
    async fn what_is_written_is_read() {
        for length in [0, 1, JOINED_BYTES_MAX, JOINED_BYTES_MAX + 1, CHUNK_BYTES + 1, FRAME_BYTES_MAX] {
            let sent = vec![7_u8; length];
            let mut line = Vec::new();
            write(&mut line, &sent).await.expect("memory takes all");
            assert_eq!(line.len(), length + 4);
            let got = read(&mut Cursor::new(line), Duration::MAX).await.expect("whole");
            assert_eq!(got, sent, "{length} bytes");
        }
    }

    #[tokio::test]
    async fn an_oversize_header_is_refused_before_its_bytes() {
        for announced in [FRAME_BYTES_MAX as u32 + 1, u32::MAX] {
            let mut line = Cursor::new([announced.to_be_bytes(), [0; 4]].concat());
            let refused = read(&mut line, Duration::MAX).await;
            assert!(matches!(refused, Err(FrameError::Oversize { bytes }) if bytes == announced));
            assert_eq!(line.position(), 4, "nothing is read behind the header");
        }
    }

    #[tokio::test]
    async fn a_cut_frame_is_lost() {
        for cut in [0, 3, 4, 9] {
            let mut line = Vec::new();
            write(&mut line, b"bonjour").await.expect("memory takes all");
            line.truncate(cut);
            assert!(
                matches!(read(&mut Cursor::new(line), Duration::MAX).await, Err(FrameError::Lost(_))),
                "cut at {cut}"
            );
        }
    }
}
