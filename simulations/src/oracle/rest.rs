// SPDX-License-Identifier: EUPL-1.2
//! Liveness: once all is healed, one calendar everywhere, every ask answered, nothing due.

use std::collections::BTreeMap;

use crdt_calendar::fold::appointment::{Appointment, State};
use crdt_calendar::fold::{Week, duties};
use crdt_calendar::folio::Hash;
use crdt_calendar::ids::{FolioId, Leaf};
use crdt_calendar::limits::TERM_SEALED_WEEKS;
use crdt_calendar::time::{IsoWeek, UtcMinute};

use super::union::Union;
use super::{Oracle, Violation, double, same};
use crate::dice::Dice;
use crate::node::Node;
use crate::successions::INTRUDER;

impl Oracle {
    /// The world is healed and has come to rest.
    pub(crate) fn at_rest(&self, nodes: &[Node], dice: &mut Dice, at: UtcMinute) -> Result<(), Violation> {
        let now = at.week();
        let present: Vec<&Node> = nodes.iter().filter(|node| !node.is_retired()).collect();
        let Some((first, _)) = present.split_first() else { return Ok(()) };
        let all = held(first, now);
        for node in &present {
            let theirs = held(node, now);
            if let Some(id) = difference(&all, &theirs) {
                let acts = [&all, &theirs].map(|held| held.get(&id).map(|(seq, _)| *seq));
                let text = format!("{} and {} do not hold the same of {id:?}: {acts:?}", first.member, node.member);
                return Err(Violation::new("rest", text));
            }
            no_intruder(node)?;
            self.holds_promises(node, |_| true)?;
            self.old_weeks_went(node, at)?;
            if self.is_trusted(&node.public()) {
                nothing_due(node)?;
                self.details_open(node, at)?;
            }
        }
        for week in Union::of(&present, now).weeks().filter(|week| is_near(week.week, now)) {
            double::none(&week, &"the union")?;
            self.words_stand(&present, &week)?;
            let expected = format!("{:?}", week.appointments);
            for node in &present {
                let Some(own) = node.clerk.as_ref().and_then(|clerk| clerk.week(week.week)) else { continue };
                if format!("{:?}", own.appointments) != expected || same::shown(own) != same::shown(&week) {
                    let text = format!("{} shows {:?} unlike the union", node.member, week.week);
                    return Err(Violation::new("P3", text));
                }
                same::order_is_nothing(node, own, dice)?;
            }
            self.answered(&week)?;
        }
        Ok(())
    }

    /// Whoever is concerned by an appointment reads its details, after all crashes.
    fn details_open(&self, node: &Node, now: UtcMinute) -> Result<(), Violation> {
        let Some(clerk) = &node.clerk else { return Ok(()) };
        // A box whose enrolment fell with the coordination's power is nobody's yet.
        let is_members = clerk.roster().current(&node.member) == Some(node.writer());
        for it in clerk.weeks().values().flat_map(|week| week.appointments()) {
            // What is sealed to a box that is gone does not open for the next one, which refuses it.
            let as_home = is_members && it.home.as_ref() == Some(&node.member) && it.is_confirmed();
            let concerned = it.holder == node.writer() || as_home;
            let is_sound = self.is_between_honest(it) || as_home && self.is_sealed_again(it, now);
            // Its key went at its term.
            let is_old = it.minutes.from.week().0 + TERM_SEALED_WEEKS <= now.week().0;
            if !concerned || !is_sound || is_old {
                continue;
            }
            if let Err(error) = clerk.open_details(&it.id) {
                return Err(Violation::new("P5", format!("{} does not open {:?}: {error}", node.member, it.id)));
            }
        }
        Ok(())
    }

    /// Whether it is to be readable at an honest home's box although an earlier one, which could read it,
    /// is lost: it is still to come, and its point, with one box and one history, seals it again.
    fn is_sealed_again(&self, it: &Appointment, now: UtcMinute) -> bool {
        let is_suspect = it.home.iter().any(|home| self.suspects.contains(home));
        it.minutes.from > now && self.is_trusted(&it.holder.key) && !is_suspect
    }

    fn answered(&self, week: &Week) -> Result<(), Violation> {
        for it in week.appointments().filter(|it| self.is_between_honest(it)) {
            let open = matches!(it.state, State::Asked | State::Waiting | State::Suspended);
            if open && !is_unreadable(week, it) {
                return Err(Violation::new("rest", format!("{:?} is still {:?}", it.id, it.state)));
            }
        }
        Ok(())
    }
}

/// Whom a stolen coordination enrolled after the root's word is nobody.
fn no_intruder(node: &Node) -> Result<(), Violation> {
    let Some(clerk) = &node.clerk else { return Ok(()) };
    if clerk.roster().members().any(|(id, _)| id.as_str() == INTRUDER) {
        return Err(Violation::new("P4", format!("{} knows a member that a thief enrolled", node.member)));
    }
    Ok(())
}

/// An act of a later version stands in its way: it waits for a box that understands.
fn is_unreadable(week: &Week, it: &Appointment) -> bool {
    let by_point = week.holding(it.holder).map(|holding| &holding.unreadable);
    it.slots
        .iter()
        .any(|id| by_point.is_some_and(|slots| slots.contains(id)) || week.slot(id).is_some_and(|slot| slot.unreadable))
}

fn is_near(week: IsoWeek, now: IsoWeek) -> bool {
    week.0.abs_diff(now.0) <= 2
}

/// What is shared of what a node holds near today.
fn held(node: &Node, now: IsoWeek) -> BTreeMap<FolioId, (u32, Hash)> {
    let Some(clerk) = &node.clerk else { return BTreeMap::new() };
    let near = |id: FolioId| match id.leaf {
        Leaf::Week(week) => is_near(week, now),
        Leaf::Roster | Leaf::Profile => true,
    };
    let folios = clerk.shelf().folios().filter(|folio| near(folio.id()) && clerk.shelf().is_shared(&folio.id()));
    folios.filter_map(|folio| Some((folio.id(), folio.line()?))).collect()
}

fn difference(a: &BTreeMap<FolioId, (u32, Hash)>, b: &BTreeMap<FolioId, (u32, Hash)>) -> Option<FolioId> {
    a.keys().chain(b.keys()).find(|id| a.get(id) != b.get(id)).copied()
}

fn nothing_due(node: &Node) -> Result<(), Violation> {
    let Some(clerk) = &node.clerk else { return Ok(()) };
    for week in clerk.weeks().values() {
        let due = week.due(clerk.writer(), |id| clerk.shelf().folio(id).and_then(duties::upto));
        let answer = week.next_answer(clerk.writer(), |_| 0);
        if !due.is_empty() || answer.is_some() {
            return Err(Violation::new("rest", format!("{} still owes {due:?} {answer:?}", node.member)));
        }
    }
    Ok(())
}

/// How many appointments a node shows in each state: a world in which nothing is refused proves little.
pub(crate) fn states(node: &Node) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::new();
    let weeks = node.clerk.iter().flat_map(|clerk| clerk.weeks().values());
    for it in weeks.flat_map(|week| week.appointments()) {
        let state = match it.state {
            State::Confirmed => "confirmed",
            State::Refused { .. } => "refused",
            State::CancelledByPoint(_) => "cancelled by the point",
            State::CancelledByAgency(_) => "cancelled by the agency",
            State::Suspended => "suspended",
            State::Asked | State::Waiting => "open",
            State::Void(_) => "void",
            State::Queued { .. } => "queued",
            State::Called => "called",
        };
        *counts.entry(state).or_default() += 1;
    }
    counts
}
