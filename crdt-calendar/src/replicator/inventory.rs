// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is held, as it is compared: lines by leaf, their digests, and the acts held by folio.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::Replicator;
use crate::folio::Folio;
use crate::ids::{Leaf, ShortId};
use crate::time::IsoWeek;
use crate::wire::frame::{Digest, HeadLine};

/// Acts held by folio, and which leaf it is about.
pub(super) type Inventory = BTreeMap<ShortId, (Leaf, u32)>;

/// A digest for each leaf of which something is held.
pub(super) type LeafDigests = BTreeMap<Leaf, Digest>;

impl Replicator {
    /// The folios that are compared and passed on.
    pub(super) fn shared(&self) -> impl Iterator<Item = &Folio> {
        self.shelf.folios().filter(|folio| folio.line().is_some() && self.shelf.is_shared(&folio.id()))
    }

    /// What is held now.
    pub(super) fn inventory(&self) -> Inventory {
        let line = |folio: &Folio| Some((folio.short(), (folio.id().leaf, folio.line()?.0)));
        self.shared().filter_map(line).collect()
    }

    /// For each leaf, the first 16 bytes of SHA-256 over its folios in the order of their short ids: short id, acts,
    /// whole hash of the last. The roster's begins with the signatures of the root's statements.
    pub(super) fn leaf_digests(&self) -> LeafDigests {
        let mut leaves: BTreeMap<Leaf, BTreeMap<ShortId, (u32, [u8; 32])>> = BTreeMap::new();
        for folio in self.shared() {
            let Some(line) = folio.line() else { continue };
            leaves.entry(folio.id().leaf).or_default().insert(folio.short(), line);
        }
        leaves.entry(Leaf::Roster).or_default();
        let digest = |(leaf, lines): (Leaf, BTreeMap<ShortId, (u32, [u8; 32])>)| {
            let mut hash = Sha256::new();
            if leaf == Leaf::Roster {
                self.shelf.statements().all().for_each(|statement| hash.update(statement.signature));
            }
            for (short, (seq, head)) in lines {
                hash.update(short.0);
                hash.update(seq.to_be_bytes());
                hash.update(head);
            }
            (leaf, first_sixteen(hash))
        };
        leaves.into_iter().map(digest).collect()
    }

    /// How the folios of one leaf are held, under a salt.
    pub(super) fn lines_of(&self, leaf: Leaf, salt: &Digest) -> Vec<HeadLine> {
        self.shared()
            .filter(|folio| folio.id().leaf == leaf)
            .filter_map(|folio| HeadLine::salted(folio, salt))
            .collect()
    }
}

/// One digest over the window and all leaves.
pub(super) fn digest(window: (IsoWeek, IsoWeek), leaves: &LeafDigests) -> Digest {
    let mut hash = Sha256::new();
    hash.update(window.0.0.to_be_bytes());
    hash.update(window.1.0.to_be_bytes());
    for (leaf, digest) in leaves {
        let (kind, week) = match leaf {
            Leaf::Roster => (0_u8, 0),
            Leaf::Profile => (1, 0),
            Leaf::Week(week) => (2, week.0),
        };
        hash.update([kind]);
        hash.update(week.to_be_bytes());
        hash.update(digest);
    }
    first_sixteen(hash)
}

fn first_sixteen(hash: Sha256) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}
