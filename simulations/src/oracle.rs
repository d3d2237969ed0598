// SPDX-License-Identifier: EUPL-1.2
//! The oracles: what must never be seen, looked for after every step, with means of their own.
//!
//! They read what nodes show and hold, never how it was computed, and change nothing. What they check
//! grows with what changed in a step, not with the world ([`times`](times) keeps an index). One key
//! with two histories (a clone, a restored backup, a liar) is the exception that no software excludes:
//! it is counted, shown, and may cost nobody else a booking.

mod double;
mod erased;
mod held;
mod limits;
mod rest;
mod same;
mod times;
mod union;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crdt_calendar::fold::Week;
use crdt_calendar::fold::appointment::{Appointment, State};
use crdt_calendar::folio::Hash;
use crdt_calendar::ids::{ActRef, FolioId, MemberId, PublicKey};
use crdt_calendar::time::{IsoWeek, UtcMinute};

use crate::dice::Dice;
use crate::node::Node;
use times::Times;

pub(crate) use rest::states;

/// What must never be seen was seen.
#[derive(Debug)]
pub(crate) struct Violation {
    /// Which oracle saw it.
    pub(crate) oracle: &'static str,
    /// What it saw.
    pub(crate) text: String,
}

impl Violation {
    /// A violation.
    pub(crate) fn new(oracle: &'static str, text: String) -> Self {
        Self { oracle, text }
    }

    /// What was promised.
    pub(crate) fn promise(&self) -> &'static str {
        match self.oracle {
            "P1" => "an acknowledged booking survives; nobody holds what its writer may still lose",
            "P2 desk" => "never two confirmed appointments on one desk at one time",
            "P2 booth" => "never two confirmed appointments in one booth at one time",
            "P2 slots" => "the unclosed slots of a desk do not overlap",
            "P2 tenure" => "a slot has at most one open tenure",
            "P4 settled" => "of a box that speaks no more only what was kept of it, or adopted, counts",
            "P2 holder" => "only the box that a tenure was granted to books in it",
            "P2 minutes" => "a confirmed appointment has the minutes of its slots",
            "P2 promise" => "what a point confirmed is only undone by a word of its agency",
            "P2 answer" => "the first answer to an ask is the only one",
            "P3" => "nodes that hold the same show the same, whatever the order",
            "P4" => "nothing counts or is held under a name whose key did not sign it",
            "P4 waits" => "what waits for a missing folio is never called void",
            "P5" => "the two members concerned open what was sealed",
            "P6" => "every queue and store keeps its limit",
            "erasure" => "nothing goes without two other members' word and the clock; one's own reads as before",
            "P7" => "a node starts from any bytes on its disk, and cuts what is torn",
            "livelock" => "one input leads to a bounded number of effects",
            "rest" => "a healed world comes to rest in two hours",
            "panic" => "the core never panics",
            _ => "the world can be built",
        }
    }
}

/// What the oracles remember.
#[derive(Default)]
pub(crate) struct Oracle {
    /// Acknowledged bookings and asks, with the hash of their act.
    promised: BTreeMap<ActRef, Hash>,
    /// What was shown for what was held, over all nodes and all times.
    shown: BTreeMap<u64, (u64, usize)>,
    /// The weeks that were looked at last.
    seen: BTreeMap<(usize, IsoWeek), Arc<Week>>,
    /// Heads that were checked, by who holds them.
    heads: BTreeMap<(usize, FolioId), (u32, Hash)>,
    /// What points show as their own, over all points.
    times: Times,
    /// First answers of honest homes.
    answers: BTreeMap<(FolioId, ActRef, u8), bool>,
    /// Appointments that some honest point called void.
    called_void: BTreeMap<ActRef, MemberId>,
    /// Members that mean harm.
    villains: BTreeSet<PublicKey>,
    /// Keys with two histories.
    doubted: BTreeSet<PublicKey>,
    /// The members of both.
    suspects: BTreeSet<MemberId>,
    /// Each key's place, of so many nodes.
    places: (usize, BTreeMap<PublicKey, usize>),
    /// Acts on all disks when the union was last folded.
    admitted: u64,
    /// Which agency took slots back from which point.
    pub(crate) forced: BTreeSet<(MemberId, MemberId)>,
    exceptions: BTreeMap<&'static str, u64>,
    /// What each node holds that has a term.
    holds: BTreeMap<usize, erased::Holds>,
    /// Folios and secrets that went at their term.
    pub(crate) erased: u64,
    /// What was looked at, to tell in the end.
    pub(crate) looks: u64,
}

impl Oracle {
    /// From now on a key has, or may have, two histories.
    pub(crate) fn doubt(&mut self, key: PublicKey, member: &MemberId) {
        self.doubted.insert(key);
        self.suspects.insert(member.clone());
        let before = self.promised.len();
        self.promised.retain(|id, _| id.folio.writer.key != key);
        let gone = before - self.promised.len();
        *self.exceptions.entry("promises of a doubted key").or_default() += gone as u64;
    }

    /// A box is lost: what nobody else holds of it is lost with it, and nothing else.
    pub(crate) fn lose(&mut self, nodes: &[Node], place: usize) {
        let key = nodes[place].public();
        let others = || nodes.iter().enumerate().filter(|(other, _)| *other != place);
        let before = self.promised.len();
        self.promised.retain(|id, hash| {
            let is_held = others().any(|(_, node)| node.disk.hash_at(&id.folio, id.act) == Some(*hash));
            id.folio.writer.key != key || is_held
        });
        let gone = before - self.promised.len();
        *self.exceptions.entry("promises lost with a box").or_default() += gone as u64;
        self.doubted.insert(key);
    }

    /// A member means harm.
    pub(crate) fn accuse(&mut self, key: PublicKey, member: &MemberId) {
        self.villains.insert(key);
        self.suspects.insert(member.clone());
    }

    /// A box is about to begin a new life: only one with two histories has a reason.
    pub(crate) fn may_start_over(&self, node: &Node) -> Result<(), Violation> {
        if self.is_trusted(&node.public()) {
            return Err(Violation::new("P4", format!("{} has one history and was told of two", node.member)));
        }
        Ok(())
    }

    /// Exceptions so far, by kind.
    pub(crate) fn exceptions(&self) -> &BTreeMap<&'static str, u64> {
        &self.exceptions
    }

    /// Whether a key is one honest box with one history.
    fn is_trusted(&self, key: &PublicKey) -> bool {
        !self.doubted.contains(key) && !self.villains.contains(key)
    }

    /// Whether both sides of an appointment are honest, each with one history.
    fn is_between_honest(&self, it: &Appointment) -> bool {
        let runs = it.runs.iter().map(|run| run.open).chain(it.slots.iter().map(|slot| slot.open));
        let by_key = runs.map(|open| open.folio.writer.key).all(|key| self.is_trusted(&key));
        let has_slots = !it.runs.is_empty() || !it.slots.is_empty();
        let by_name = has_slots || it.home.iter().chain(&it.others).all(|home| !self.suspects.contains(home));
        let is_forced = it.home.iter().any(|home| self.forced.contains(&(home.clone(), it.point.clone())));
        self.is_trusted(&it.holder.key) && by_key && by_name && !is_forced
    }

    /// A `Keep` was carried out: what people waited for is acknowledged now.
    pub(crate) fn kept(&mut self, node: &mut Node) {
        let trusted = self.is_trusted(&node.public());
        let disk = &node.disk;
        node.waiting.retain(|id| match disk.hash_at(&id.folio, id.act) {
            Some(hash) if trusted => {
                self.promised.insert(*id, hash);
                false
            }
            Some(_) => false,
            None => true,
        });
    }

    /// A node tells people that their booking is kept without having synced it.
    pub(crate) fn believes_kept(&mut self, node: &mut Node) {
        let Some(clerk) = &node.clerk else { return };
        for id in node.waiting.drain(..) {
            if let Some(hash) = clerk.shelf().folio(&id.folio).and_then(|folio| folio.hash_at(id.act)) {
                self.promised.insert(id, hash);
            }
        }
    }

    /// A node went off: what it shows is looked at anew when it comes back.
    pub(crate) fn forget(&mut self, place: usize) {
        self.seen.retain(|(of, _), _| *of != place);
        self.heads.retain(|(of, _), _| *of != place);
        self.times.forget(place);
        self.holds.remove(&place);
    }

    /// Looks at a node after something happened to it: when the world began, and what the node's clock shows.
    pub(crate) fn look(
        &mut self,
        nodes: &[Node],
        place: usize,
        (start, at): (UtcMinute, UtcMinute),
        dice: &mut Dice,
    ) -> Result<(), Violation> {
        let node = &nodes[place];
        let Some(clerk) = &node.clerk else { return Ok(()) };
        limits::queue(node)?;
        self.nothing_goes_early(node, place, at)?;
        let mut changed = Vec::new();
        for (week, folded) in clerk.weeks() {
            let known = self.seen.get(&(place, *week)).is_some_and(|seen| Arc::ptr_eq(seen, folded));
            if !known {
                self.seen.insert((place, *week), Arc::clone(folded));
                changed.push(Arc::clone(folded));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        self.looks += 1;
        limits::shelf(node)?;
        self.honest_chains(nodes, place)?;
        for week in &changed {
            double::none(week, &node.member)?;
            self.same_for_same(node, place, week)?;
            self.only_settled(clerk.roster(), week, node)?;
            double::only_adopted(clerk.shelf(), week, &node.member)?;
            self.one_answer(week, node)?;
            self.note_void(node, week);
            if dice.chance(30) {
                same::order_is_nothing(node, week, dice)?;
            }
            if week.week >= start.week() && self.is_trusted(&node.public()) {
                self.no_double_promise(node, place, week)?;
            }
        }
        self.union(nodes, start.week(), dice)
    }

    /// An appointment that is shown as void must be void for ever: what waits is called waiting.
    fn note_void(&mut self, node: &Node, week: &Week) {
        for it in week.appointments() {
            if matches!(it.state, State::Void(_)) && self.is_between_honest(it) {
                self.called_void.entry(it.id).or_insert_with(|| node.member.clone());
            }
        }
    }
}
