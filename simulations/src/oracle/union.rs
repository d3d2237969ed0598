// SPDX-License-Identifier: EUPL-1.2
//! All folios of all nodes together: what everybody would show if everybody met now.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crdt_calendar::fold::Week;
use crdt_calendar::fold::appointment::State;
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, Leaf};
use crdt_calendar::roster::Roster;
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::IsoWeek;

use super::{Oracle, Violation, double};
use crate::dice::Dice;
use crate::node::Node;

/// The join of every folio, over all nodes.
pub(super) struct Union<'a> {
    roster: Arc<Roster>,
    folios: BTreeMap<FolioId, Cow<'a, Folio>>,
}

impl<'a> Union<'a> {
    /// Joins what all nodes hold.
    pub(super) fn of(nodes: &[&'a Node], now: IsoWeek) -> Self {
        let shelves: Vec<&Shelf> = nodes.iter().filter_map(|node| Some(node.clerk.as_ref()?.shelf())).collect();
        let mut folios: BTreeMap<FolioId, Cow<'a, Folio>> = BTreeMap::new();
        for folio in shelves.iter().flat_map(|shelf| shelf.folios()) {
            let known = folios.entry(folio.id()).or_insert(Cow::Borrowed(folio));
            if !agree(known, folio) {
                return Self::of_contradictions(&shelves, now);
            }
            if folio.seq() > known.seq() {
                *known = Cow::Borrowed(folio);
            }
        }
        let said = shelves.iter().max_by_key(|shelf| shelf.statements().current().map(|it| it.number));
        let keepers = said.map(|shelf| shelf.statements().keepers()).unwrap_or_default();
        Self { roster: Roster::read(&keepers, folios.values().map(Cow::as_ref)).into(), folios }
    }

    /// Where histories contradict each other, all of them go through one gate, as they would at a node
    /// that hears everybody. What one node accepted another accepts; a refusal shows as a difference.
    fn of_contradictions(shelves: &[&Shelf], now: IsoWeek) -> Self {
        let Some((first, others)) = shelves.split_first() else {
            return Self { roster: Arc::default(), folios: BTreeMap::new() };
        };
        let mut all = (*first).clone();
        all.set_now(now);
        for shelf in others {
            shelf.statements().all().for_each(|statement| drop(all.state(statement.clone())));
            for batch in shelf.folios().flat_map(|folio| [folio.after(0), folio.evidence()]).flatten() {
                drop(all.accept(&batch));
            }
        }
        let folios = all.folios().map(|folio| (folio.id(), Cow::Owned(folio.clone()))).collect();
        Self { roster: Arc::clone(all.roster()), folios }
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

/// Whether one continues the other, and nobody has told of a second history.
fn agree(one: &Folio, other: &Folio) -> bool {
    let both = one.seq().min(other.seq());
    one.hash_at(both) == other.hash_at(both) && one.fork().is_none() && other.fork().is_none()
}

impl Oracle {
    /// All folios of all nodes together: no double, no promise of a point refuted, no void word taken back.
    pub(super) fn union(&mut self, nodes: &[Node], now: IsoWeek, dice: &mut Dice) -> Result<(), Violation> {
        let admitted: u64 = nodes.iter().map(|node| node.disk.admitted).sum();
        if admitted == self.admitted || !dice.chance(500 / nodes.len() as u64) {
            return Ok(());
        }
        self.admitted = admitted;
        let present: Vec<&Node> = nodes.iter().filter(|node| !node.is_retired()).collect();
        for week in Union::of(&present, now).weeks() {
            double::none(&week, &"the union")?;
            self.words_stand(&present, &week)?;
        }
        Ok(())
    }

    /// What nodes said of appointments holds when all is known.
    pub(super) fn words_stand(&self, nodes: &[&Node], week: &Week) -> Result<(), Violation> {
        for node in nodes {
            let Some(own) = node.clerk.as_ref().and_then(|clerk| clerk.week(week.week)) else { continue };
            self.keeps_word(node, own, week)?;
        }
        for (id, member) in &self.called_void {
            let Some(it) = week.appointment(id).filter(|it| it.is_confirmed()) else { continue };
            if self.is_between_honest(it) {
                return Err(Violation::new("P4 waits", format!("{member} called {id:?} void, and it is confirmed")));
            }
        }
        Ok(())
    }

    /// What a point shows as confirmed and its own can only be undone by a word of the agency. An act of
    /// a later version may put it in doubt.
    fn keeps_word(&self, node: &Node, own: &Week, union: &Week) -> Result<(), Violation> {
        let mine = own.appointments().filter(|it| it.holder == node.writer() && it.is_confirmed());
        for it in mine.filter(|it| self.is_between_honest(it)) {
            let now = union.appointment(&it.id).map(|it| &it.state);
            let unreadable = it.slots.iter().any(|id| union.slot(id).is_some_and(|slot| slot.unreadable));
            let stands = matches!(now, Some(State::Confirmed | State::CancelledByAgency(_)));
            if !(stands || unreadable && now == Some(&State::Suspended)) {
                let text = format!("{} promised {:?}, which is {now:?}", node.member, it.id);
                return Err(Violation::new("P2 promise", text));
            }
        }
        Ok(())
    }
}
