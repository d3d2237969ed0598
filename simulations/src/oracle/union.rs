// SPDX-License-Identifier: EUPL-1.2
//! All folios of all nodes together: what everybody would show if everybody met now.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crdt_calendar::fold::Week;
use crdt_calendar::fold::appointment::State;
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, Leaf};
use crdt_calendar::roster::Roster;
use crdt_calendar::time::IsoWeek;

use super::{Oracle, Violation, double};
use crate::dice::Dice;
use crate::node::Node;

/// The join of every folio, over all nodes.
pub(super) struct Union<'a> {
    roster: Roster,
    folios: BTreeMap<FolioId, Cow<'a, Folio>>,
}

impl<'a> Union<'a> {
    /// Joins what all nodes hold.
    pub(super) fn of(nodes: &'a [Node]) -> Self {
        let mut folios: BTreeMap<FolioId, Cow<'a, Folio>> = BTreeMap::new();
        for folio in nodes.iter().filter_map(|node| node.clerk.as_ref()).flat_map(|clerk| clerk.shelf().folios()) {
            match folios.get_mut(&folio.id()) {
                Some(known) => join(known, folio),
                None => {
                    folios.insert(folio.id(), Cow::Borrowed(folio));
                }
            }
        }
        let roster = Roster::read(nodes[0].writer(), folios.values().map(Cow::as_ref));
        Self { roster, folios }
    }

    /// The weeks that all of it shows.
    pub(super) fn weeks(&self) -> impl Iterator<Item = Week> + '_ {
        let weeks: BTreeSet<IsoWeek> = self
            .folios
            .keys()
            .filter_map(|id| match id.leaf {
                Leaf::Week(week) => Some(week),
                Leaf::Roster | Leaf::Profile => None,
            })
            .collect();
        weeks.into_iter().map(|week| Week::fold(week, &self.roster, self.folios.values().map(Cow::as_ref)))
    }
}

/// The longer of two, if one continues the other; else both, and the proof that they differ.
fn join<'a>(known: &mut Cow<'a, Folio>, other: &'a Folio) {
    let both = known.seq().min(other.seq());
    let agree = known.hash_at(both) == other.hash_at(both);
    if agree && known.fork().is_none() && other.fork().is_none() {
        if other.seq() > known.seq() {
            *known = Cow::Borrowed(other);
        }
        return;
    }
    for batch in [other.after(0), other.evidence()].into_iter().flatten() {
        // What one node accepted another accepts; a refusal would show as a difference at rest.
        known.to_mut().accept(&batch).ok();
    }
}

impl Oracle {
    /// All folios of all nodes together: no double, no promise of a point refuted, no void word taken back.
    pub(super) fn union(&mut self, nodes: &[Node], dice: &mut Dice) -> Result<(), Violation> {
        let admitted: u64 = nodes.iter().map(|node| node.disk.admitted).sum();
        if admitted == self.admitted || !dice.chance(500 / nodes.len() as u64) {
            return Ok(());
        }
        self.admitted = admitted;
        for week in Union::of(nodes).weeks() {
            double::none(&week, &"the union")?;
            self.words_stand(nodes, &week)?;
        }
        Ok(())
    }

    /// What nodes said of appointments holds when all is known.
    pub(super) fn words_stand(&self, nodes: &[Node], week: &Week) -> Result<(), Violation> {
        for node in nodes {
            let Some(own) = node.clerk.as_ref().and_then(|clerk| clerk.week(week.week)) else { continue };
            self.keeps_word(node, own, week)?;
        }
        for (id, member) in &self.called_void {
            let Some(it) = week.appointments.get(id).filter(|it| it.is_confirmed()) else { continue };
            if self.is_between_honest(it) {
                return Err(Violation::new("P4 waits", format!("{member} called {id:?} void, and it is confirmed")));
            }
        }
        Ok(())
    }

    /// What a point shows as confirmed and its own can only be undone by a word of the agency. An act of
    /// a later version may put it in doubt.
    fn keeps_word(&self, node: &Node, own: &Week, union: &Week) -> Result<(), Violation> {
        let mine = own.appointments.values().filter(|it| it.holder == node.writer() && it.is_confirmed());
        for it in mine.filter(|it| self.is_between_honest(it)) {
            let now = union.appointments.get(&it.id).map(|it| &it.state);
            let unreadable = it.slots.iter().any(|id| union.slot(id).is_some_and(|slot| slot.unreadable));
            let stands = matches!(now, Some(State::Confirmed | State::CancelledByAgency(_)));
            if !stands && !(unreadable && now == Some(&State::Suspended)) {
                let text = format!("{} promised {:?}, which is {now:?}", node.member, it.id);
                return Err(Violation::new("P2 promise", text));
            }
        }
        Ok(())
    }
}
