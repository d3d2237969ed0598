// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames between two nodes: one version byte, then the frame. Batches carry their acts compressed
//! (deflate, RFC 1951) under a cap, and never automerge's own bytes.

use serde::{Deserialize, Serialize};

use crate::folio::{Batch, Folio, Hash, Head};
use crate::ids::{FolioId, TerritoryId, Writer};
use crate::limits::{FOLIO_ACTS_MAX, FRAME_BYTES_MAX, HEADS_PER_FRAME_MAX, INFLATED_BYTES_MAX};
use crate::roster::RootStatement;
use crate::time::IsoWeek;

const VERSION: u8 = 1;
/// Deflate level 6: 79 acts of 300 bytes shrink by a tenth; higher levels gain nothing on sealed bytes.
const DEFLATE_LEVEL: u8 = 6;

/// What one node says to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// All that is held, in one hash. Equal digests end the conversation.
    Digest {
        /// The territory.
        territory: TerritoryId,
        /// First and last week that it covers.
        window: (IsoWeek, IsoWeek),
        /// First 16 bytes of SHA-256 over all heads.
        digest: [u8; 16],
    },
    /// What is held, folio by folio.
    Heads {
        /// The lines.
        lines: Vec<HeadLine>,
        /// Whether these are all; else another frame follows.
        last: bool,
    },
    /// Acts that the other lacks.
    Acts(Batch),
    /// A statement of the territory's root: who keeps the roster.
    Statement(RootStatement),
    /// Send this folio again from its beginning: what came does not follow what is here.
    Whole(FolioId),
    /// What the folio's writer sent is kept here, up to this head. Said to the writer alone.
    Held(HeadLine),
}

/// One folio as it is held: acts and the first 8 bytes of the head's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadLine {
    /// The folio.
    pub folio: FolioId,
    /// Acts held.
    pub seq: u32,
    /// First 8 bytes of the hash of the last.
    pub hash: [u8; 8],
}

impl HeadLine {
    /// How a folio is held; `None` while nothing of it is.
    #[must_use]
    pub fn of(folio: &Folio) -> Option<Self> {
        let (seq, whole) = folio.line()?;
        let mut hash = [0; 8];
        hash.copy_from_slice(&whole[..8]);
        Some(Self { folio: folio.id(), seq, hash })
    }
}

/// Why bytes are no frame. The sender is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Over a limit.
    #[error("a frame over a limit")]
    Limit,
    /// Another version.
    #[error("a frame of version {0}: this node speaks version {VERSION}")]
    Version(u8),
    /// It does not decode.
    #[error("a frame that does not decode")]
    Form,
}

#[derive(Serialize, Deserialize)]
enum WireFrame {
    Digest(TerritoryId, (IsoWeek, IsoWeek), [u8; 16]),
    Heads(Vec<HeadLine>, bool),
    Acts(WireBatch),
    Whole(FolioId),
    Statement(WireStatement),
    Held(HeadLine),
}

#[derive(Serialize, Deserialize)]
struct WireStatement {
    number: u32,
    coordination: Writer,
    ends: Option<(u32, Hash)>,
    signature: Halves,
}

/// A signature: postcard has no arrays of 64, hence two halves.
type Halves = ([u8; 32], [u8; 32]);

fn halves(signature: &[u8; 64]) -> Halves {
    let mut halves = ([0; 32], [0; 32]);
    halves.0.copy_from_slice(&signature[..32]);
    halves.1.copy_from_slice(&signature[32..]);
    halves
}

fn joined(halves: &Halves) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&halves.0);
    signature[32..].copy_from_slice(&halves.1);
    signature
}

#[derive(Serialize, Deserialize)]
struct WireBatch {
    folio: FolioId,
    first: u32,
    head: WireHead,
    deflated: Vec<u8>,
}

/// A signed head.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct WireHead {
    seq: u32,
    hash: [u8; 32],
    signature: Halves,
}

impl From<&Head> for WireHead {
    fn from(head: &Head) -> Self {
        Self { seq: head.seq, hash: head.hash, signature: halves(&head.signature) }
    }
}

impl From<WireHead> for Head {
    fn from(wire: WireHead) -> Self {
        Self { seq: wire.seq, hash: wire.hash, signature: joined(&wire.signature) }
    }
}

/// Writes a frame.
///
/// # Panics
/// Never: plain values always encode into memory.
#[must_use]
pub fn encode(frame: &Frame) -> Vec<u8> {
    let wire = match frame {
        Frame::Digest { territory, window, digest } => WireFrame::Digest(*territory, *window, *digest),
        Frame::Heads { lines, last } => WireFrame::Heads(lines.clone(), *last),
        Frame::Acts(batch) => WireFrame::Acts(wire_batch(batch)),
        Frame::Whole(folio) => WireFrame::Whole(*folio),
        Frame::Held(line) => WireFrame::Held(*line),
        Frame::Statement(it) => WireFrame::Statement(WireStatement {
            number: it.number,
            coordination: it.coordination,
            ends: it.ends,
            signature: halves(&it.signature),
        }),
    };
    let body = postcard::to_stdvec(&wire).expect("plain values always encode into memory");
    let mut bytes = Vec::with_capacity(body.len() + 1);
    bytes.push(VERSION);
    bytes.extend(body);
    bytes
}

/// Reads a frame. Bounded work: nothing is inflated past its cap.
///
/// # Errors
/// [`FrameError`].
pub fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    if bytes.len() > FRAME_BYTES_MAX {
        return Err(FrameError::Limit);
    }
    let (&version, body) = bytes.split_first().ok_or(FrameError::Form)?;
    if version != VERSION {
        return Err(FrameError::Version(version));
    }
    let (wire, rest) = postcard::take_from_bytes(body).map_err(|_| FrameError::Form)?;
    if !rest.is_empty() {
        return Err(FrameError::Form);
    }
    match wire {
        WireFrame::Digest(territory, window, digest) => Ok(Frame::Digest { territory, window, digest }),
        WireFrame::Heads(lines, _) if lines.len() > HEADS_PER_FRAME_MAX => Err(FrameError::Limit),
        WireFrame::Heads(lines, last) => Ok(Frame::Heads { lines, last }),
        WireFrame::Acts(wire) => batch(wire).map(Frame::Acts),
        WireFrame::Whole(folio) => Ok(Frame::Whole(folio)),
        WireFrame::Held(line) => Ok(Frame::Held(line)),
        WireFrame::Statement(it) => Ok(Frame::Statement(RootStatement {
            number: it.number,
            coordination: it.coordination,
            ends: it.ends,
            signature: joined(&it.signature),
        })),
    }
}

/// Batches outside frames: a roster in an enrolment file.
#[must_use]
pub fn encode_batch(batch: &Batch) -> Vec<u8> {
    encode(&Frame::Acts(batch.clone()))
}

fn wire_batch(batch: &Batch) -> WireBatch {
    let plain = postcard::to_stdvec(&batch.acts).expect("plain values always encode into memory");
    WireBatch {
        folio: batch.folio,
        first: batch.first,
        head: WireHead::from(&batch.head),
        deflated: miniz_oxide::deflate::compress_to_vec(&plain, DEFLATE_LEVEL),
    }
}

fn batch(wire: WireBatch) -> Result<Batch, FrameError> {
    let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(&wire.deflated, INFLATED_BYTES_MAX)
        .map_err(|_| FrameError::Limit)?;
    // The count first: a million empty acts would cost twenty times their bytes before they are refused.
    let (count, _): (u64, _) = postcard::take_from_bytes(&plain).map_err(|_| FrameError::Form)?;
    if usize::try_from(count).map_or(true, |count| count > FOLIO_ACTS_MAX) {
        return Err(FrameError::Limit);
    }
    let (acts, rest): (Vec<Box<[u8]>>, _) = postcard::take_from_bytes(&plain).map_err(|_| FrameError::Form)?;
    if !rest.is_empty() {
        return Err(FrameError::Form);
    }
    Ok(Batch { folio: wire.folio, first: wire.first, acts, head: wire.head.into() })
}
