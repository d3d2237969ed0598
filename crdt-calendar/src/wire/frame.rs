// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames between two nodes: one version byte, then the frame. Batches carry their acts compressed
//! (deflate, RFC 1951) under a cap, and never automerge's own bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::folio::{Batch, Folio, Hash, Head};
use crate::ids::{FolioId, Leaf, ShortId, TerritoryId, Writer};
use crate::limits::{
    FOLIO_ACTS_MAX, FRAME_BYTES_MAX, HEADS_PER_FRAME_MAX, INFLATED_BYTES_MAX, LEAVES_MAX, TALK_BYTES_MAX, WANTS_MAX,
};
use crate::roster::RootStatement;
use crate::time::IsoWeek;

const VERSION: u8 = 1;
/// Deflate level 6: 79 acts of 300 bytes shrink by a tenth; higher levels gain nothing on sealed bytes.
const DEFLATE_LEVEL: u8 = 6;

/// First 16 bytes of SHA-256 over what is held.
pub type Digest = [u8; 16];

/// Folios by leaf, each as it is held. A leaf may come with none.
pub type LeafLines = Vec<(Leaf, Vec<HeadLine>)>;

/// What one node says to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// All that is held, in one hash. Equal digests end the conversation.
    Digest {
        /// The territory.
        territory: TerritoryId,
        /// Over the window and all leaves.
        digest: Digest,
        /// Whether it answers the other's; else it wants an answer.
        is_answer: bool,
    },
    /// All that is held, leaf by leaf: what is here compares it with its own, and tells of the leaves that differ.
    Leaves {
        /// First and last week that it covers.
        window: (IsoWeek, IsoWeek),
        /// One digest a leaf; leaves of which nothing is held are left out.
        digests: Vec<(Leaf, Digest)>,
    },
    /// All folios of the leaves that differ.
    Heads {
        /// The lines, their hashes salted with the digest that the other gave of the leaf.
        leaves: LeafLines,
        /// Whether these are all; else another frame follows.
        last: bool,
    },
    /// Which of these folios are held otherwise, or are missing in them; 0 acts where none are held.
    Differences {
        /// The lines, salted as the heads were.
        leaves: LeafLines,
        /// Whether these are all; else another frame follows.
        last: bool,
    },
    /// Send these folios, each after the number of acts that is held.
    Want(Vec<(ShortId, u32)>),
    /// Acts that the other lacks.
    Acts(Batch),
    /// Acts that follow what the other holds of a folio.
    More(More),
    /// A statement of the territory's root: who keeps the roster.
    Statement(RootStatement),
    /// So much of this folio is held here: news, or 0 acts for who wanted it in vain.
    Held(Leaf, HeadLine),
    /// So many acts of this folio, which its writer sent, are kept here. Said to the writer alone.
    Kept(ShortId, u32),
}

/// Acts that continue a folio held by who gets them. Its long id and the hash of the last act are left out: the
/// receiver knows the one and computes the other, and the signature covers both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct More {
    /// The folio.
    pub folio: ShortId,
    /// Number of the first act, from 2.
    pub first: u32,
    /// Their bytes.
    pub acts: Vec<Box<[u8]>>,
    /// The writer's signature on the last.
    pub signature: [u8; 64],
}

/// One folio as it is held: acts, and 8 bytes for the head's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HeadLine {
    /// The folio.
    pub folio: ShortId,
    /// Acts held.
    pub seq: u32,
    /// First 8 bytes of the hash of the last; salted where folios are compared.
    pub hash: [u8; 8],
}

impl HeadLine {
    /// That nothing of a folio is held.
    #[must_use]
    pub fn none(folio: ShortId) -> Self {
        Self { folio, seq: 0, hash: [0; 8] }
    }

    /// Whether it says so.
    #[must_use]
    pub fn is_none(&self) -> bool {
        (self.seq, self.hash) == (0, [0; 8])
    }

    /// How a folio is held; `None` while nothing of it is.
    #[must_use]
    pub fn of(folio: &Folio) -> Option<Self> {
        let (seq, hash) = folio.line()?;
        Some(Self { folio: folio.short(), seq, hash: first_eight(&hash) })
    }

    /// The same for a comparison. Salted with a digest that depends on what many writers wrote: no writer can
    /// prepare two histories that show the same 8 bytes to everybody.
    #[must_use]
    pub fn salted(folio: &Folio, salt: &Digest) -> Option<Self> {
        let (seq, hash) = folio.line()?;
        Some(Self { folio: folio.short(), seq, hash: salted(&hash, salt) })
    }
}

/// 8 bytes for a hash, under a salt.
#[must_use]
pub fn salted(hash: &Hash, salt: &Digest) -> [u8; 8] {
    first_eight(&Sha256::new().chain_update(salt).chain_update(hash).finalize().into())
}

fn first_eight(hash: &Hash) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.copy_from_slice(&hash[..8]);
    eight
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

/// Places of the acts among the kinds of frames: the only kinds that may be long.
const ACTS: [u8; 2] = [2, 8];

// The order is the format: kinds 2 and 4 also lie in databases, papers and export files.
#[derive(Serialize, Deserialize)]
enum WireFrame {
    Digest(TerritoryId, Digest, bool),
    Heads(LeafLines, bool),
    Acts(WireBatch),
    Want(Vec<(ShortId, u32)>),
    Statement(WireStatement),
    Held(Leaf, HeadLine),
    Leaves((IsoWeek, IsoWeek), Vec<(Leaf, Digest)>),
    Differences(LeafLines, bool),
    More(WireMore),
    Kept(ShortId, u32),
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

#[derive(Serialize, Deserialize)]
struct WireMore {
    folio: ShortId,
    first: u32,
    signature: Halves,
    acts: WireActs,
}

/// One act as it is: sealed bytes do not shrink. Several together.
#[derive(Serialize, Deserialize)]
enum WireActs {
    One(Box<[u8]>),
    Deflated(Vec<u8>),
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
        Frame::Digest { territory, digest, is_answer } => WireFrame::Digest(*territory, *digest, *is_answer),
        Frame::Leaves { window, digests } => WireFrame::Leaves(*window, digests.clone()),
        Frame::Heads { leaves, last } => WireFrame::Heads(leaves.clone(), *last),
        Frame::Differences { leaves, last } => WireFrame::Differences(leaves.clone(), *last),
        Frame::Want(folios) => WireFrame::Want(folios.clone()),
        Frame::Acts(batch) => WireFrame::Acts(wire_batch(batch)),
        Frame::More(more) => WireFrame::More(WireMore {
            folio: more.folio,
            first: more.first,
            signature: halves(&more.signature),
            acts: match more.acts.as_slice() {
                [one] => WireActs::One(one.clone()),
                several => WireActs::Deflated(deflated(several)),
            },
        }),
        Frame::Kept(folio, seq) => WireFrame::Kept(*folio, *seq),
        Frame::Held(leaf, line) => WireFrame::Held(*leaf, *line),
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
    if body.len() > TALK_BYTES_MAX && !body.first().is_some_and(|kind| ACTS.contains(kind)) {
        return Err(FrameError::Limit);
    }
    let (wire, rest) = postcard::take_from_bytes(body).map_err(|_| FrameError::Form)?;
    if !rest.is_empty() {
        return Err(FrameError::Form);
    }
    match wire {
        WireFrame::Digest(territory, digest, is_answer) => Ok(Frame::Digest { territory, digest, is_answer }),
        WireFrame::Leaves(_, digests) if digests.len() > LEAVES_MAX => Err(FrameError::Limit),
        WireFrame::Leaves(window, digests) => Ok(Frame::Leaves { window, digests }),
        WireFrame::Heads(leaves, last) => Ok(Frame::Heads { leaves: within_limits(leaves)?, last }),
        WireFrame::Differences(leaves, last) => Ok(Frame::Differences { leaves: within_limits(leaves)?, last }),
        WireFrame::Want(folios) if folios.len() > WANTS_MAX => Err(FrameError::Limit),
        WireFrame::Want(folios) => Ok(Frame::Want(folios)),
        WireFrame::Acts(wire) => batch(wire).map(Frame::Acts),
        WireFrame::More(it) => {
            let (folio, first, signature) = (it.folio, it.first, joined(&it.signature));
            let acts = match it.acts {
                WireActs::One(act) => vec![act],
                WireActs::Deflated(deflated) => inflated(&deflated)?,
            };
            Ok(Frame::More(More { folio, first, acts, signature }))
        }
        WireFrame::Kept(folio, seq) => Ok(Frame::Kept(folio, seq)),
        WireFrame::Held(leaf, line) => Ok(Frame::Held(leaf, line)),
        WireFrame::Statement(it) => Ok(Frame::Statement(RootStatement {
            number: it.number,
            coordination: it.coordination,
            ends: it.ends,
            signature: joined(&it.signature),
        })),
    }
}

fn within_limits(leaves: LeafLines) -> Result<LeafLines, FrameError> {
    let lines: usize = leaves.iter().map(|(_, lines)| lines.len()).sum();
    if leaves.len() > LEAVES_MAX || lines > HEADS_PER_FRAME_MAX {
        return Err(FrameError::Limit);
    }
    Ok(leaves)
}

/// Batches outside frames: a roster in an enrolment file.
#[must_use]
pub fn encode_batch(batch: &Batch) -> Vec<u8> {
    encode(&Frame::Acts(batch.clone()))
}

fn wire_batch(batch: &Batch) -> WireBatch {
    WireBatch {
        folio: batch.folio,
        first: batch.first,
        head: WireHead::from(&batch.head),
        deflated: deflated(&batch.acts),
    }
}

fn batch(wire: WireBatch) -> Result<Batch, FrameError> {
    let acts = inflated(&wire.deflated)?;
    Ok(Batch { folio: wire.folio, first: wire.first, acts, head: wire.head.into() })
}

fn deflated(acts: &[Box<[u8]>]) -> Vec<u8> {
    let plain = postcard::to_stdvec(acts).expect("plain values always encode into memory");
    miniz_oxide::deflate::compress_to_vec(&plain, DEFLATE_LEVEL)
}

fn inflated(deflated: &[u8]) -> Result<Vec<Box<[u8]>>, FrameError> {
    let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(deflated, INFLATED_BYTES_MAX)
        .map_err(|_| FrameError::Limit)?;
    // The count first: a million empty acts would cost twenty times their bytes before they are refused.
    let (count, _): (u64, _) = postcard::take_from_bytes(&plain).map_err(|_| FrameError::Form)?;
    if usize::try_from(count).map_or(true, |count| count > FOLIO_ACTS_MAX) {
        return Err(FrameError::Limit);
    }
    let (acts, rest): (Vec<Box<[u8]>>, _) = postcard::take_from_bytes(&plain).map_err(|_| FrameError::Form)?;
    if rest.is_empty() { Ok(acts) } else { Err(FrameError::Form) }
}
