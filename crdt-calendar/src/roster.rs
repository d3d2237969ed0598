// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who belongs to a territory: the genesis, the root's statements, and the members they lead to.
//!
//! The territory's id is the hash of its genesis, so a territory cannot be forged. The root key, kept
//! on paper, does one thing: it names the coordination's box. The roster is that box's folio, after
//! what the root let stand of the rosters before it.
//! Invariant: the view is a function of the statements and folios held; an unenrolled key belongs to
//! nobody.

mod genesis;
mod line;
mod statements;

pub use genesis::{Genesis, RootStatement};
pub use line::Line;
pub use statements::{Keeper, StatementError, Statements};

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Enrolment};
use crate::folio::Folio;
use crate::ids::{FolioId, Leaf, MemberId, PublicKey, Writer};
use crate::limits::MEMBERS_MAX;

/// One member, as the roster and its own profiles say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its entry.
    pub enrolment: Enrolment,
    /// The keys of its boxes in their order; the last is the one that speaks for it, unless revoked.
    pub keys: Vec<PublicKey>,
    /// Its boxes, one after the other.
    pub line: Line,
}

/// The members of a territory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    members: BTreeMap<MemberId, Member>,
    by_key: BTreeMap<PublicKey, MemberId>,
    revoked: BTreeSet<PublicKey>,
}

/// What a writer is to the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The current box of a member.
    Current,
    /// An earlier box of a member whose line has gone on, whose key was replaced or revoked, or whose
    /// line is frozen.
    Past,
    /// Not enrolled, or not begun: what it writes waits.
    Unknown,
}

impl Roster {
    /// Reads the roster from what is held. `keepers` is what the root's statements lead to.
    /// Cost: linear in the acts of the rosters and of the profiles.
    #[must_use]
    pub fn read<'a>(keepers: &[Keeper], folios: impl Iterator<Item = &'a Folio>) -> Self {
        let mut begins = line::Begins::default();
        let mut rosters: BTreeMap<Writer, &Folio> = BTreeMap::new();
        for folio in folios {
            match folio.id().leaf {
                Leaf::Roster => {
                    rosters.insert(folio.id().writer, folio);
                }
                Leaf::Profile => begins.read(folio),
                Leaf::Week(_) => {}
            }
        }
        let mut roster = Self::default();
        for keeper in keepers {
            if let Some(folio) = rosters.get(&keeper.writer) {
                roster.read_acts(folio, keeper);
            }
        }
        for member in roster.members.values_mut() {
            let is_revoked = member.keys.last().is_some_and(|key| roster.revoked.contains(key));
            member.line = begins.line(&member.keys, is_revoked);
        }
        roster
    }

    fn read_acts(&mut self, folio: &Folio, keeper: &Keeper) {
        for (number, act) in folio.acts() {
            if folio.is_suspended(number) || keeper.ends.is_some_and(|ends| number > ends.seq) {
                break;
            }
            match act {
                Act::Enrol(enrolment) => self.enrol(enrolment),
                Act::Replace { member, key } => self.replace(&member, key),
                Act::Revoke { key } if self.by_key.contains_key(&key) => {
                    self.revoked.insert(key);
                }
                _ => {}
            }
        }
    }

    /// The first enrolment of a name and of a key counts; later ones that clash are void.
    fn enrol(&mut self, enrolment: Enrolment) {
        let clash = self.members.contains_key(&enrolment.member) || self.by_key.contains_key(&enrolment.key);
        if clash || self.members.len() >= MEMBERS_MAX {
            return;
        }
        self.by_key.insert(enrolment.key, enrolment.member.clone());
        let member = Member { keys: vec![enrolment.key], enrolment, line: Line::NotBegun };
        self.members.insert(member.enrolment.member.clone(), member);
    }

    /// A key that is new to the territory follows the member's last one. The old one speaks no more.
    fn replace(&mut self, member: &MemberId, key: PublicKey) {
        let Some(found) = self.members.get_mut(member) else { return };
        if self.by_key.contains_key(&key) || found.keys.len() >= crate::limits::LINE_WRITERS_MAX {
            return;
        }
        self.by_key.insert(key, member.clone());
        found.keys.push(key);
    }

    /// All members, by name.
    pub fn members(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.members.iter()
    }

    /// One member.
    #[must_use]
    pub fn member(&self, id: &MemberId) -> Option<&Member> {
        self.members.get(id)
    }

    /// Whose box has this key, or had it.
    #[must_use]
    pub fn member_of(&self, key: &PublicKey) -> Option<&MemberId> {
        self.by_key.get(key)
    }

    /// The key that speaks for a member now; `None` when it was revoked.
    #[must_use]
    pub fn key(&self, id: &MemberId) -> Option<PublicKey> {
        self.members.get(id)?.keys.last().copied().filter(|key| !self.revoked.contains(key))
    }

    /// The keys that may connect.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<PublicKey> {
        self.members.keys().filter_map(|id| self.key(id)).collect()
    }

    /// Whether this key once spoke for a member and does no more: replaced or revoked.
    #[must_use]
    pub fn is_retired(&self, key: &PublicKey) -> bool {
        self.by_key.get(key).is_some_and(|member| self.key(member) != Some(*key))
    }

    /// The current box of a member.
    #[must_use]
    pub fn current(&self, id: &MemberId) -> Option<Writer> {
        self.members.get(id)?.line.current()
    }

    /// What a writer is now.
    #[must_use]
    pub fn standing(&self, writer: &Writer) -> Standing {
        let Some(member) = self.by_key.get(&writer.key).and_then(|id| self.members.get(id)) else {
            return Standing::Unknown;
        };
        member.line.standing(writer)
    }

    /// Whether `later` comes after `earlier` in the line of one member: it may then settle what the
    /// earlier one wrote.
    #[must_use]
    pub fn follows(&self, later: &Writer, earlier: &Writer) -> bool {
        let line = self.by_key.get(&later.key).and_then(|id| self.members.get(id)).map(|member| &member.line);
        line.is_some_and(|line| line.follows(later, earlier))
    }
}

/// The folio in which a coordination writes its roster.
#[must_use]
pub fn roster_folio(coordination: Writer) -> FolioId {
    FolioId { writer: coordination, leaf: Leaf::Roster }
}
