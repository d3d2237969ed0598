// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one holder wrote of one week: its bookings and asks, its booths, what it gave back.
//!
//! Booths are judged here, in the point's folio alone: what stands holds its booth and its slots until
//! `cancel` or `drop` in this folio, whatever homes say.
//! Invariant: standing entries of one booth do not overlap (oracle: `simulations::oracle`).

mod entry;

pub use entry::{Clash, Ended, Entry, Wants};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::act::{Act, Leg, Reason, Run};
use crate::folio::Folio;
use crate::ids::{ActRef, BoothId, FolioId, Leaf, SlotId, Tenure};
use crate::plant::{self, Plant};
use crate::time::{Span, UtcMinute};

use super::marks::Outcome;
use entry::entry;

/// What a box says of a booking that an earlier box of its line made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inherited {
    /// The booth that it is given, and for which minutes.
    pub booth: Option<(BoothId, Span)>,
    /// A corrected envelope, and the number of the act that carries it.
    pub envelope: Option<(u32, Arc<[u8]>)>,
    /// When the person came.
    pub arrived: Option<UtcMinute>,
    /// What became of it.
    pub outcome: Option<Outcome>,
    /// Why it is gone.
    pub withdrawn: Option<Reason>,
}

/// One holder's week.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    /// Bookings and asks by act number; each is shared with what was read before, until a new act changes it.
    pub entries: BTreeMap<u32, Arc<Entry>>,
    /// How many acts were read: up to a second history, if there is one.
    pub read: u32,
    /// Tenures given back.
    pub released: BTreeSet<Tenure>,
    /// Bookings of earlier boxes of the line.
    pub inherited: BTreeMap<ActRef, Inherited>,
    /// Slots touched by acts of an unknown kind.
    pub unreadable: BTreeSet<SlotId>,
    booths: BTreeMap<(BoothId, UtcMinute), (Span, ActRef)>,
    slots: BTreeMap<SlotId, u32>,
    blocked: Vec<(BoothId, Span)>,
}

impl Holdings {
    /// Reads the holder's folio, up to where a second history puts it in doubt. Cost: linear in its acts.
    #[must_use]
    pub fn read(folio: &Folio) -> Self {
        Self::read_to(folio, folio.fork().map_or(u32::MAX, |fork| fork.at - 1))
    }

    /// Reads the history that is held here, doubtful or not: what a home goes by when a person lets it
    /// settle its slots.
    #[must_use]
    pub fn read_whole(folio: &Folio) -> Self {
        Self::read_to(folio, u32::MAX)
    }

    fn read_to(folio: &Folio, end: u32) -> Self {
        let mut holdings = Self::default();
        holdings.read_from(folio, end);
        holdings
    }

    /// Reads on where the folio, with one history, has grown since. Cost: linear in the new acts and in the entries.
    #[must_use]
    pub(super) fn read_on(&self, folio: &Folio) -> Self {
        let mut holdings = self.clone();
        holdings.read_from(folio, u32::MAX);
        holdings
    }

    fn read_from(&mut self, folio: &Folio, end: u32) {
        for (number, act) in folio.acts_from(self.read + 1).take_while(|(number, _)| *number <= end) {
            self.act(folio, number, act);
        }
        self.read = folio.seq().min(end);
    }

    /// Whether a standing entry names this slot: then a release of any of its tenures is void.
    #[must_use]
    pub fn stands_in(&self, slot: &SlotId) -> bool {
        self.slots.contains_key(slot)
    }

    /// Whether a booth is free at these minutes, apart from entry `except`.
    #[must_use]
    pub fn booth_is_free(&self, booth: BoothId, minutes: Span, except: Option<ActRef>) -> bool {
        if plant::active(Plant::ForgetBooth) {
            return true;
        }
        let from_start = (booth, UtcMinute(0))..(booth, minutes.end());
        // Standing entries do not overlap each other, so two neighbours suffice when one is excepted.
        let taken = self
            .booths
            .range(from_start)
            .rev()
            .filter(|(_, (_, entry))| Some(*entry) != except)
            .take(1)
            .any(|(_, (span, _))| span.overlaps(minutes));
        let blocked = self.blocked.iter().any(|(other, span)| *other == booth && span.overlaps(minutes));
        !taken && !blocked
    }

    fn act(&mut self, folio: &Folio, number: u32, act: Act) {
        if let Some(entry) = entry_of(folio.id(), &act).and_then(|entry| self.entry_mut(entry)) {
            entry.newest = number;
        }
        match act {
            Act::Book { run, minutes, booth, service, envelope } => {
                let entry = entry(Wants::Booked(run), minutes, booth, service, (number, envelope.into()));
                self.enter(folio, number, entry);
            }
            Act::Ask { legs, minutes, booth, service, envelope } => {
                let entry = entry(Wants::Asked(legs), minutes, booth, service, (number, envelope.into()));
                self.enter(folio, number, entry);
            }
            Act::Cancel { target, reason } => self.end(target, Ended::Cancelled(reason)),
            Act::Moved { target } => {
                if let Some(entry) = self.entry_mut(target).filter(|entry| entry.stands()) {
                    entry.moved = true;
                }
            }
            Act::Drop { ask } => self.end(ask, Ended::Dropped),
            Act::Release { run } => self.release(&run),
            Act::Amend { target, booth, minutes, envelope } => {
                let envelope = envelope.map(|envelope| (number, envelope.into()));
                if target.folio == folio.id() {
                    self.amend(target, booth, envelope);
                } else if may_inherit(folio, &target) {
                    self.inherit(target, booth.zip(minutes), envelope);
                }
            }
            Act::Withdraw { target, reason } if may_inherit(folio, &target) => self.withdraw(target, reason),
            Act::Arrived { target, at } => {
                if let Some(entry) = self.own_mut(folio, &target) {
                    entry.arrived.get_or_insert(at);
                } else if let Some(inherited) = self.inherited.get_mut(&target) {
                    inherited.arrived.get_or_insert(at);
                }
            }
            Act::Outcome { target, fate, minutes } => {
                let outcome = Some(Outcome { fate, minutes });
                if let Some(entry) = self.own_mut(folio, &target) {
                    entry.outcome = outcome;
                } else if let Some(inherited) = self.inherited.get_mut(&target) {
                    inherited.outcome = outcome;
                }
            }
            Act::Unknown { touches, .. } => {
                self.unreadable.extend(touches.slots.iter().flat_map(Run::slots));
                self.blocked.extend(touches.booth.zip(touches.minutes));
            }
            _ => {}
        }
    }

    fn enter(&mut self, folio: &Folio, number: u32, mut entry: Entry) {
        entry.void = self.clash(folio, &entry);
        if entry.void.is_none() {
            if entry.minutes.length_min > 0 {
                let id = ActRef { folio: folio.id(), act: number };
                self.booths.insert((entry.booth, entry.minutes.from), (entry.minutes, id));
            }
            self.slots.extend(entry.slots().map(|id| (id, number)));
        }
        self.entries.insert(number, Arc::new(entry));
    }

    fn clash(&self, folio: &Folio, entry: &Entry) -> Option<Clash> {
        let Leaf::Week(week) = folio.id().leaf else { return Some(Clash::Form) };
        let in_week = entry.minutes.within_week(week) || (entry.is_walk_in() && entry.minutes.from.week() == week);
        let consecutive = match &entry.wants {
            Wants::Booked(run) => run.is_consecutive(),
            Wants::Asked(legs) => legs.iter().all(|leg| match leg {
                Leg::Slots(run) => run.is_consecutive(),
                Leg::Pool { .. } => true,
            }),
        };
        let released = match &entry.wants {
            Wants::Booked(run) => run.each().any(|tenure| self.released.contains(&tenure)),
            Wants::Asked(_) => false,
        };
        if !in_week || !consecutive {
            Some(Clash::Form)
        } else if entry.minutes.length_min > 0 && !self.booth_is_free(entry.booth, entry.minutes, None) {
            // A place in a walk-in queue holds no booth.
            Some(Clash::Booth)
        } else if entry.slots().any(|id| self.slots.contains_key(&id)) {
            Some(Clash::Slot)
        } else if released {
            Some(Clash::Released)
        } else {
            None
        }
    }

    fn end(&mut self, number: u32, how: Ended) {
        let Some(entry) = self.entry_mut(number) else { return };
        if !entry.stands() {
            // A person's cancel after the end says: dealt with.
            entry.settled |= matches!(how, Ended::Cancelled(_));
            return;
        }
        if how == Ended::Dropped && matches!(entry.wants, Wants::Booked(_)) {
            return;
        }
        entry.ended = Some(how);
        let (booth, minutes) = (entry.booth, entry.minutes);
        if minutes.length_min > 0 {
            self.booths.remove(&(booth, minutes.from));
        }
        self.slots.retain(|_, holder| *holder != number);
    }

    /// Counts when no booking stands in the tenure; then nothing of the tenure counts.
    fn release(&mut self, run: &Run) {
        let free = run.is_consecutive() && run.slots().all(|id| !self.stands_in(&id));
        if free {
            self.released.extend(run.each());
        }
    }

    fn amend(&mut self, target: ActRef, booth: Option<BoothId>, envelope: Option<(u32, Arc<[u8]>)>) {
        let Some(entry) = self.entries.get(&target.act).filter(|entry| entry.stands()) else { return };
        let (old, minutes) = (entry.booth, entry.minutes);
        if booth.is_some_and(|new| !self.booth_is_free(new, minutes, Some(target))) {
            return;
        }
        if let Some(new) = booth.filter(|_| minutes.length_min > 0) {
            self.booths.remove(&(old, minutes.from));
            self.booths.insert((new, minutes.from), (minutes, target));
        }
        if let Some(entry) = self.entry_mut(target.act) {
            entry.booth = booth.unwrap_or(old);
            if let Some(envelope) = envelope {
                entry.envelope = envelope;
            }
        }
    }

    /// Gives a booth to a booking of an earlier folio of the line, or corrects it: whole or not at all.
    fn inherit(&mut self, target: ActRef, booth: Option<(BoothId, Span)>, envelope: Option<(u32, Arc<[u8]>)>) {
        let known = self.inherited.get(&target).cloned().unwrap_or_default();
        let free =
            booth.is_none_or(|(new, minutes)| minutes.length_min > 0 && self.booth_is_free(new, minutes, Some(target)));
        if known.withdrawn.is_some() || !free {
            return;
        }
        if let Some((new, minutes)) = booth {
            self.leave_booth(&known);
            self.booths.insert((new, minutes.from), (minutes, target));
        }
        let inherited =
            Inherited { booth: booth.or(known.booth), envelope: envelope.or_else(|| known.envelope.clone()), ..known };
        self.inherited.insert(target, inherited);
    }

    fn withdraw(&mut self, target: ActRef, reason: Reason) {
        let known = self.inherited.get(&target).cloned().unwrap_or_default();
        self.leave_booth(&known);
        self.inherited.entry(target).or_default().withdrawn.get_or_insert(reason);
    }

    fn leave_booth(&mut self, known: &Inherited) {
        if let Some((booth, minutes)) = known.booth.filter(|_| known.withdrawn.is_none()) {
            self.booths.remove(&(booth, minutes.from));
        }
    }

    fn entry_mut(&mut self, number: u32) -> Option<&mut Entry> {
        self.entries.get_mut(&number).map(Arc::make_mut)
    }

    fn own_mut(&mut self, folio: &Folio, target: &ActRef) -> Option<&mut Entry> {
        if target.folio != folio.id() {
            return None;
        }
        self.entry_mut(target.act).filter(|entry| entry.void.is_none())
    }
}

/// The entry of this folio that an act speaks of.
fn entry_of(folio: FolioId, act: &Act) -> Option<u32> {
    match act {
        Act::Drop { ask: entry } => Some(*entry),
        Act::Cancel { target: entry, .. } => Some(*entry),
        Act::Amend { target, .. } | Act::Arrived { target, .. } | Act::Outcome { target, .. } => {
            (target.folio == folio).then_some(target.act)
        }
        _ => None,
    }
}

/// An earlier folio of the same week. Whether it is of the same line is for the judge to say.
fn may_inherit(folio: &Folio, target: &ActRef) -> bool {
    target.folio != folio.id() && target.folio.leaf == folio.id().leaf
}
