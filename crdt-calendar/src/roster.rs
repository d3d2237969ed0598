// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who belongs to a territory: the genesis, the root's statements, and the members they lead to.
//!
//! The territory's id is the hash of its genesis, so a territory cannot be forged. The root key, kept
//! on paper, does one thing: it names the coordination's box. The roster is that box's folio.
//! Invariant: the view is a function of the folios held; an unenrolled key belongs to nobody.

mod genesis;

pub use genesis::{Genesis, RootStatement};

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Enrolment};
use crate::folio::Folio;
use crate::ids::{FolioId, Leaf, MemberId, PublicKey, Writer};
use crate::limits::{LINE_WRITERS_MAX, MEMBERS_MAX};

/// One member, as the roster and its own profile say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its entry.
    pub enrolment: Enrolment,
    /// Its boxes, one after the other.
    pub line: Line,
}

/// A member's boxes in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// It has not begun: no profile is here.
    NotBegun,
    /// One after the other; the last is the current one.
    Writers(Vec<Writer>),
    /// Two beginnings at one place: nothing it writes counts until the coordination names a new key.
    Frozen,
}

/// The members of a territory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    members: BTreeMap<MemberId, Member>,
    by_key: BTreeMap<PublicKey, MemberId>,
}

/// What a writer is to the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The current box of a member.
    Current,
    /// An earlier box of a member whose line has gone on, or a line that is frozen.
    Past,
    /// Not enrolled, or not begun: what it writes waits.
    Unknown,
}

impl Roster {
    /// Reads the roster from what is held. `coordination` is what the highest root statement names.
    /// Cost: linear in the acts of the roster and of the profiles.
    #[must_use]
    pub fn read<'a>(coordination: Writer, folios: impl Iterator<Item = &'a Folio>) -> Self {
        let mut begins: BTreeMap<PublicKey, Vec<(Writer, Option<Writer>)>> = BTreeMap::new();
        let mut roster = Self::default();
        for folio in folios {
            match folio.id().leaf {
                Leaf::Roster if folio.id().writer == coordination => roster.enrol_all(folio),
                // A beginning of which there are two versions is none.
                Leaf::Profile if !folio.is_suspended(1) => {
                    if let Some((1, Act::Begin { previous })) = folio.acts().next() {
                        let writer = folio.id().writer;
                        begins.entry(writer.key).or_default().push((writer, previous));
                    }
                }
                Leaf::Roster | Leaf::Profile | Leaf::Week(_) => {}
            }
        }
        for member in roster.members.values_mut() {
            member.line = line(begins.get(&member.enrolment.key).map_or(&[][..], Vec::as_slice));
        }
        roster
    }

    /// The first enrolment of a name and of a key counts; later ones that clash are void.
    fn enrol_all(&mut self, folio: &Folio) {
        for (number, act) in folio.acts() {
            let Act::Enrol(enrolment) = act else { continue };
            let clash = self.members.contains_key(&enrolment.member) || self.by_key.contains_key(&enrolment.key);
            if clash || folio.is_suspended(number) || self.members.len() >= MEMBERS_MAX {
                continue;
            }
            self.by_key.insert(enrolment.key, enrolment.member.clone());
            self.members.insert(enrolment.member.clone(), Member { enrolment, line: Line::NotBegun });
        }
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

    /// Whose box has this key.
    #[must_use]
    pub fn member_of(&self, key: &PublicKey) -> Option<&MemberId> {
        self.by_key.get(key)
    }

    /// The keys that may connect.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<PublicKey> {
        self.by_key.keys().copied().collect()
    }

    /// The current box of a member.
    #[must_use]
    pub fn current(&self, id: &MemberId) -> Option<Writer> {
        match &self.members.get(id)?.line {
            Line::Writers(writers) => writers.last().copied(),
            Line::NotBegun | Line::Frozen => None,
        }
    }

    /// What a writer is now.
    #[must_use]
    pub fn standing(&self, writer: &Writer) -> Standing {
        let Some(member) = self.by_key.get(&writer.key).and_then(|id| self.members.get(id)) else {
            return Standing::Unknown;
        };
        match &member.line {
            Line::NotBegun => Standing::Unknown,
            Line::Frozen => Standing::Past,
            Line::Writers(writers) if writers.last() == Some(writer) => Standing::Current,
            Line::Writers(writers) if writers.contains(writer) => Standing::Past,
            Line::Writers(_) => Standing::Unknown,
        }
    }
}

/// The folio in which a coordination writes its roster.
#[must_use]
pub fn roster_folio(coordination: Writer) -> FolioId {
    FolioId { writer: coordination, leaf: Leaf::Roster }
}

/// Puts the beginnings of one key in their order: one without a predecessor, each other after one.
fn line(begins: &[(Writer, Option<Writer>)]) -> Line {
    if begins.is_empty() {
        return Line::NotBegun;
    }
    let mut writers: Vec<Writer> = Vec::new();
    let mut after = None;
    while writers.len() < LINE_WRITERS_MAX {
        let mut next = begins.iter().filter(|(_, previous)| *previous == after).map(|(writer, _)| *writer);
        let Some(writer) = next.next() else { break };
        if next.next().is_some() || writers.contains(&writer) {
            return Line::Frozen;
        }
        writers.push(writer);
        after = Some(writer);
    }
    if writers.is_empty() { Line::NotBegun } else { Line::Writers(writers) }
}
