// SPDX-License-Identifier: EUPL-1.2
//! Sound between the nodes: frames of Opus packed so that headers do not eat a thin line, each said again where the line
//! loses, and laid out in time again at the receiving node.
//!
//! Decodes nothing: a frame passes as the browser packed it.

mod framing;
mod inlet;
mod pack;

pub(super) use framing::Framing;
pub(super) use inlet::Inlet;
pub(super) use pack::Packer;

/// What a browser's Opus frame lasts, ms (RFC 7587, 4.2: 20 by default).
pub(super) const FRAME_MS: u64 = 20;
/// The same in ticks of its clock of 48 kHz.
const FRAME_TICKS: u32 = 960;
/// How far back a pack may reach, in frames: 600 ms, more than which nobody waits for a word.
const BACK_FRAMES_MAX: u8 = 30;
