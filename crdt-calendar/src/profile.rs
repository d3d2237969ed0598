// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a member says of itself: its booths, desks, services and procedures, what it lays down, and where it listens.
//!
//! Shown to people, never part of the ledger: no booking that counts depends on it. What an agency lays down is kept by
//! its node, which refuses, and by points' nodes, which do not ask ([`crate::fold::terms`]).

use crate::act::{Act, Description, Terms};
use crate::folio::Folio;

/// The newest word of a member's current box.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// What it is.
    pub description: Description,
    /// What it lays down.
    pub terms: Terms,
    /// Addresses for replication.
    pub mesh: Vec<String>,
    /// Addresses for calls.
    pub link: Vec<String>,
    /// The version of the program; nothing of a box that runs one from before it was said.
    pub program: Option<String>,
}

impl Profile {
    /// Reads a profile folio; the last act of each kind counts.
    #[must_use]
    pub fn read(folio: &Folio) -> Self {
        let mut profile = Self::default();
        for (number, act) in folio.acts() {
            if folio.is_suspended(number) {
                break;
            }
            match act {
                Act::Describe(description) => profile.description = description,
                Act::Terms(terms) => profile.terms = terms,
                Act::Reachable { mesh, link } => {
                    profile.mesh = mesh;
                    profile.link = link;
                }
                Act::Runs { program } => profile.program = Some(program),
                _ => {}
            }
        }
        profile
    }
}
