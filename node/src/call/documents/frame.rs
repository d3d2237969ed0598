// SPDX-License-Identifier: EUPL-1.2
//! What two nodes say to each other of documents and texts: one block of the link each (`link/aside.rs`).
//!
//! A block is `version byte || postcard`. Reads no socket. Invariant: [`decode`] is total, and a block that is not exactly one
//! frame of this version is an error.

use serde::{Deserialize, Serialize};

use crate::link::BLOCK_BYTES_MAX;

/// The version byte that opens each block.
const VERSION: u8 = 1;
/// Bytes of a document in one block: with its head it is no longer than a block may be.
pub(super) const PART_BYTES_MAX: usize = 1024;
const _: () = assert!(PART_BYTES_MAX + 64 <= BLOCK_BYTES_MAX);

/// A document's name between the nodes: SHA-256 of all that it holds.
pub(super) type Hash = [u8; 32];

/// See the head of this file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Frame {
    /// From the side that has it: a document of so many bytes, with the name that people read.
    Offer { hash: Hash, bytes: u32, name: String },
    /// From the side that gets it: it is wanted, and so much of it is there. Said again as it comes.
    Wanted { hash: Hash, have: u32 },
    /// Its bytes from there on.
    Part { hash: Hash, at: u32, bytes: Vec<u8> },
    /// All of it is there, and is what it was said to be.
    There { hash: Hash },
    /// It is not wanted, for this reason of [`super::Declined`].
    Declined { hash: Hash, why: u8 },
    /// What both look at, and where one of them points, in thousandths of the page; nothing: the page is closed.
    Look(Option<LookFrame>),
    /// What a person has written; numbers grow.
    Text { number: u64, text: String },
    /// All texts up to this one were heard.
    Heard { number: u64 },
}

/// A page that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LookFrame {
    pub(super) hash: Hash,
    /// The sender of this has sent the document too, not got it.
    pub(super) is_senders: bool,
    pub(super) page: u16,
    pub(super) point: Option<(u16, u16)>,
}

pub(super) fn encode(frame: &Frame) -> Vec<u8> {
    let mut block = vec![VERSION];
    block.extend(postcard::to_allocvec(frame).expect("frames are plain values"));
    block
}

/// The frame of a block; `None` of what is none.
pub(super) fn decode(block: &[u8]) -> Option<Frame> {
    let body = block.strip_prefix(&[VERSION])?;
    let (frame, rest) = postcard::take_from_bytes::<Frame>(body).ok()?;
    rest.is_empty().then_some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_comes_back_in_one_block() {
        // Goal: what is written is read; the longest frames fit a block; garbage is nothing.
        let hash = [255; 32];
        let every = [
            Frame::Offer { hash, bytes: u32::MAX, name: "é".repeat(super::super::NAME_CHARS_MAX) },
            Frame::Wanted { hash, have: u32::MAX },
            Frame::Part { hash, at: u32::MAX, bytes: vec![255; PART_BYTES_MAX] },
            Frame::There { hash },
            Frame::Declined { hash, why: 255 },
            Frame::Look(Some(LookFrame { hash, is_senders: true, page: 999, point: Some((1000, 1000)) })),
            Frame::Look(None),
            Frame::Text { number: u64::MAX, text: "日".repeat(super::super::TEXT_CHARS_MAX) },
            Frame::Heard { number: u64::MAX },
        ];
        for frame in every {
            let block = encode(&frame);
            assert!(block.len() <= BLOCK_BYTES_MAX, "{} bytes", block.len());
            assert_eq!(decode(&block).as_ref(), Some(&frame));
            assert_eq!(decode(&[&block[..], &[0]].concat()), None, "something after {frame:?}");
            assert_eq!(decode(&block[..block.len() - 1]), None, "cut short {frame:?}");
        }
        for garbage in [&[][..], &[VERSION], &[2, 5], &[VERSION, 9]] {
            assert_eq!(decode(garbage), None, "{garbage:?}");
        }
    }
}
