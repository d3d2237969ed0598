// SPDX-License-Identifier: EUPL-1.2
//! P2 over all points: what each shows as its own confirmed appointments, indexed by desk and minute.
//!
//! The index changes with the week that changed, so its cost does not grow with the world.

use std::collections::BTreeMap;

use crdt_calendar::fold::Week;
use crdt_calendar::ids::{ActRef, DeskId};
use crdt_calendar::time::{IsoWeek, Span, UtcMinute};

use super::double::desk_times;
use super::{Oracle, Violation};
use crate::node::Node;

/// A slot is no longer than this: where to begin looking for an overlap.
const SLOT_MIN_MAX: u32 = 1_440;

/// A desk at some minutes, and for which appointment.
type Taken = (DeskId, Span, ActRef);

/// When which desk is taken, in whose words.
#[derive(Default)]
pub(super) struct Times {
    taken: BTreeMap<(DeskId, UtcMinute, ActRef, usize), Span>,
    by_place: BTreeMap<(usize, IsoWeek), Vec<Taken>>,
}

impl Times {
    /// What a place shows of a week from now on. The first of another appointment that overlaps.
    fn replace(&mut self, place: usize, week: IsoWeek, own: Vec<Taken>) -> Option<[ActRef; 2]> {
        let before = self.by_place.get(&(place, week)).cloned().unwrap_or_default();
        if before == own {
            return None;
        }
        for (desk, span, id) in before {
            self.taken.remove(&(desk, span.from, id, place));
        }
        let mut clash = None;
        for (desk, span, id) in &own {
            clash = clash.or_else(|| self.other(desk, *span, *id).map(|other| [*id, other]));
            self.taken.insert((desk.clone(), span.from, *id, place), *span);
        }
        self.by_place.insert((place, week), own);
        clash
    }

    fn other(&self, desk: &DeskId, span: Span, id: ActRef) -> Option<ActRef> {
        let least = ActRef { act: 0, ..id };
        let start = (desk.clone(), UtcMinute(span.from.0.saturating_sub(SLOT_MIN_MAX)), least, 0);
        let near = self.taken.range(start..).take_while(|((other, from, ..), _)| other == desk && *from < span.end());
        near.filter(|(_, other)| other.overlaps(span)).map(|((_, _, other, _), _)| *other).find(|other| *other != id)
    }

    /// A place shows nothing now.
    pub(super) fn forget(&mut self, place: usize) {
        self.by_place.retain(|(of, _), _| *of != place);
        self.taken.retain(|(_, _, _, of), _| *of != place);
    }
}

impl Oracle {
    /// What each point shows as its own confirmed appointments, over all points: no desk twice.
    pub(super) fn no_double_promise(&mut self, node: &Node, place: usize, week: &Week) -> Result<(), Violation> {
        let own = week.appointments().filter(|it| it.holder == node.writer() && it.is_confirmed());
        let own: Vec<_> = own.flat_map(|it| desk_times(week, it)).collect();
        let Some([one, other]) = self.times.replace(place, week.week, own) else { return Ok(()) };
        let home = week.appointment(&one).and_then(|it| it.slots.first()).map(|slot| slot.open.folio.writer.key);
        let keys = [Some(one.folio.writer.key), Some(other.folio.writer.key), home];
        let point = |id: ActRef| week.appointment(&id).map(|it| (it.home.clone(), it.point.clone()));
        let is_forced = [one, other]
            .into_iter()
            .filter_map(point)
            .any(|(home, point)| home.is_some_and(|home| self.forced.contains(&(home, point))));
        if is_forced {
            *self.exceptions.entry("double through a person's forced take").or_default() += 1;
            return Ok(());
        }
        if keys.into_iter().flatten().any(|key| self.doubted.contains(&key)) {
            *self.exceptions.entry("double through two histories of one key").or_default() += 1;
            return Ok(());
        }
        Err(Violation::new("P2 desk", format!("over all points: {one:?} and {other:?} at one desk and time")))
    }
}
