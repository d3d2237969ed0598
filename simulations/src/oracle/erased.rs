// SPDX-License-Identifier: EUPL-1.2
//! Retention: nothing goes without two other members' word and the clock, and what is one's own reads as before.
//!
//! With means of their own: what a node held before and holds no more, against what it still holds of others.

use std::collections::BTreeSet;

use crdt_calendar::clerk::Clerk;
use crdt_calendar::fold::Week;
use crdt_calendar::fold::appointment::{Appointment, State};
use crdt_calendar::ids::{FolioId, Leaf, MemberId};
use crdt_calendar::limits::{TERM_OTHERS_WEEKS, TERM_ROWS_WEEKS, TERM_SEALED_WEEKS, WEEKS_AHEAD};
use crdt_calendar::roster::Standing;
use crdt_calendar::time::{IsoWeek, UtcMinute};

use super::{Oracle, Violation};
use crate::node::Node;

/// What a node holds that has a term.
#[derive(Default)]
pub(super) struct Holds {
    folios: BTreeSet<FolioId>,
    secrets: BTreeSet<IsoWeek>,
}

impl Oracle {
    /// Whatever is not there any more had its time. `at` is what the node's own clock shows.
    pub(super) fn nothing_goes_early(&mut self, node: &Node, place: usize, at: UtcMinute) -> Result<(), Violation> {
        let Some(clerk) = &node.clerk else { return Ok(()) };
        let known = self.holds.entry(place).or_default();
        if clerk.shelf().folios().len() == known.folios.len() && clerk.secret_weeks().len() == known.secrets.len() {
            return Ok(());
        }
        let folios: BTreeSet<FolioId> = clerk.shelf().folios().map(crdt_calendar::folio::Folio::id).collect();
        let secrets: BTreeSet<IsoWeek> = clerk.secret_weeks().collect();
        let before = core::mem::replace(known, Holds { folios, secrets });
        let known = &self.holds[&place];
        let mut weeks = BTreeSet::new();
        for id in before.folios.difference(&known.folios) {
            let Leaf::Week(week) = id.leaf else { continue };
            // A life that never began gives way to one that does.
            if clerk.roster().standing(&id.writer) == Standing::Unknown {
                continue;
            }
            let term = if self.concerns(node, place, clerk, id, week) { TERM_ROWS_WEEKS } else { TERM_OTHERS_WEEKS };
            is_over(node, clerk, week, term, at, "a folio")?;
            weeks.insert(week);
            self.erased += 1;
        }
        for week in before.secrets.difference(&known.secrets) {
            is_over(node, clerk, *week, TERM_SEALED_WEEKS, at, "the secret")?;
            self.erased += 1;
        }
        for week in weeks {
            if let (Some(now), Some(before)) = (clerk.week(week), self.seen.get(&(place, week))) {
                reads_as_before(node, before, now)?;
            }
        }
        Ok(())
    }

    /// Whether an appointment of this node's member rests on a folio: as the week read before it went.
    fn concerns(&self, node: &Node, place: usize, clerk: &Clerk, id: &FolioId, week: IsoWeek) -> bool {
        let member = clerk.roster().member_of(&id.writer.key);
        let before = self.seen.get(&(place, week)).into_iter().flat_map(|week| week.appointments());
        let is_party = |it: &Appointment, of: &MemberId| it.parties().any(|party| party == of);
        member.is_some_and(|member| {
            *member == node.member || before.into_iter().any(|it| is_party(it, &node.member) && is_party(it, member))
        })
    }

    /// A healed node that holds what tells of time has let something go, and its disk has nothing that it has not.
    pub(super) fn old_weeks_went(&self, node: &Node, at: UtcMinute) -> Result<(), Violation> {
        let Some(clerk) = &node.clerk else { return Ok(()) };
        let shelf = clerk.shelf();
        for id in shelf.folios().map(crdt_calendar::folio::Folio::id) {
            let Leaf::Week(week) = id.leaf else { continue };
            let is_due = is_over(node, clerk, week, TERM_ROWS_WEEKS, at, "a folio").is_ok();
            // A week a day: what is due and still there was not the first.
            if is_due && shelf.floors().rows.week == IsoWeek::default() {
                return Err(Violation::new("erasure", format!("{} keeps {id:?} for ever", node.member)));
            }
        }
        let began = |id: &FolioId| clerk.roster().standing(&id.writer) != Standing::Unknown;
        if let Some(id) = node.disk.ids().find(|id| began(id) && shelf.folio(id).is_none()) {
            return Err(Violation::new("erasure", format!("{} has {id:?} on its disk alone", node.member)));
        }
        if let Some(week) = node.disk.secrets().into_keys().find(|week| clerk.secret(*week).is_none()) {
            let text = format!("{} has the secret of {week:?} on its disk alone", node.member);
            return Err(Violation::new("erasure", text));
        }
        Ok(())
    }
}

/// Whether the term of a week is over: by the node's clock, and by two other members whose words it holds.
fn is_over(node: &Node, clerk: &Clerk, week: IsoWeek, term: u16, at: UtcMinute, what: &str) -> Result<(), Violation> {
    let roster = clerk.roster();
    let tells = |id: FolioId| {
        let Leaf::Week(of) = id.leaf else { return None };
        let member = roster.member_of(&id.writer.key)?;
        (of.0 >= week.0 + term + WEEKS_AHEAD && *member != node.member).then_some(member)
    };
    let witnesses: BTreeSet<&MemberId> =
        clerk.shelf().folios().map(crdt_calendar::folio::Folio::id).filter_map(tells).collect();
    if witnesses.len() >= 2 && week.0 + term <= at.week().0 {
        return Ok(());
    }
    let text = format!("{} let {what} of {week:?} go in {:?} by the word of {witnesses:?}", node.member, at.week());
    Err(Violation::new("erasure", text))
}

/// The node's own appointments of a week from which others' went.
fn reads_as_before(node: &Node, before: &Week, now: &Week) -> Result<(), Violation> {
    for was in before.appointments().filter(|it| it.parties().any(|party| *party == node.member)) {
        let is = now.appointment(&was.id);
        // People who waited before this one may be others', and forgotten.
        let both_wait = |is: &Appointment| [&was.state, &is.state].iter().all(|it| matches!(it, State::Queued { .. }));
        if is != Some(was) && !is.is_some_and(both_wait) {
            let text = format!("{} read {was:?}, and when others' went {is:?}", node.member);
            return Err(Violation::new("erasure", text));
        }
    }
    Ok(())
}
