// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shared calendar of a territory: a pure fold over folios that each have one writer.

pub mod act;
pub mod clerk;
pub mod envelope;
pub mod fold;
pub mod folio;
pub mod ids;
pub mod limits;
pub mod profile;
pub mod replicator;
pub mod roster;
pub mod shelf;
pub mod time;
pub mod wire;
