// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes: how acts, heads, statements and frames look on the wire and on disk.
//!
//! Encoding: postcard 1 (little-endian variable-length integers, length-prefixed sequences). Every
//! form carries a version or a kind; what does not decode *exactly*, to the last byte, is refused.
//! The vectors in `tests/vectors.txt` pin it.

pub mod act;
pub mod frame;
