// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shared calendar of a territory: a pure fold over folios that each have one writer.
//!
//! | room | what |
//! |---|---|
//! | [`ids`], [`time`], [`limits`], [`act`] | names, minutes, limits, and everything that can be written |
//! | [`wire`], [`folio`] | bytes; one writer's chain of acts under one signature: *stored?* |
//! | [`roster`], [`profile`] | who is a member; what members say of themselves |
//! | [`fold`] | the calendar of a week: *counts?* |
//! | [`counts`] | what the evaluation counts of it, without persons |
//! | [`retention`] | which weeks are past their term, so that what is held of them goes |
//! | [`envelope`] | a citizen's details, sealed to two members |
//! | [`shelf`], [`replicator`], [`clerk`] | all folios; what travels; what one box does |
//! | [`plant`] | bugs for the simulator's own trial; compiled away everywhere else |
//!
//! Nothing here reads a clock, a file, a socket or randomness of its own (`clippy.toml` beside this
//! crate's manifest), and what comes from outside ends in a value or an error, never in a panic.

pub mod act;
pub mod clerk;
pub mod counts;
pub mod envelope;
pub mod fold;
pub mod folio;
pub mod ids;
pub mod limits;
pub mod plant;
pub mod profile;
pub mod replicator;
pub mod retention;
pub mod roster;
pub mod shelf;
pub mod time;
pub mod wire;
