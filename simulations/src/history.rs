// SPDX-License-Identifier: EUPL-1.2
//! What happened before a world begins: days of two years ago, of last winter, of last month, so that weeks are past
//! their terms on its first day.
//!
//! The same clerks lived them, at the time, over lines on which nothing was lost; people booked, came, or cancelled.
//! What tells of time comes within the world: agencies open a day thirteen weeks ahead, points book in it, and that
//! travels as everything does. So a node erases when the words have reached it, and under all faults.

use std::collections::VecDeque;

use crdt_calendar::act::{Fate, Reason, Role};
use crdt_calendar::clerk::{Clerk, Effect, Now, Request};
use crdt_calendar::fold::offers::Offer;
use crdt_calendar::ids::{ActRef, SlotId};
use crdt_calendar::limits::WEEKS_AHEAD;
use crdt_calendar::replicator::{self, Input};
use crdt_calendar::time::{IsoWeek, UtcMinute};

use crate::oracle::Violation;
use crate::territory;
use crate::weather::Fault;
use crate::world::{Event, HOUR_MS, World};

/// How many weeks ago: before both terms, before the first, near it, and within the window at its edge.
const AGES_WEEKS: [u16; 7] = [121, 106, 104, 40, 27, 8, 3];
/// Frames of one day of history: beyond it, someone talks for ever.
const FRAMES_MAX: usize = 20_000;

/// A day thirteen weeks ahead.
const FAR_DAY: u32 = 7 * WEEKS_AHEAD as u32;

impl World {
    /// Lives through the days before, if this world is old.
    pub(crate) fn remember(&mut self) -> Result<(), Violation> {
        let ages = self.weather.of(Fault::Age, 0, [3, 5, 7]);
        if ages == 0 {
            return Ok(());
        }
        let today = self.start;
        self.meet(true)?;
        for age in AGES_WEEKS.into_iter().take(ages) {
            self.start = IsoWeek(today.week().0 - age).start().plus_min(6 * 60);
            self.live_a_day()?;
        }
        self.start = today;
        self.meet(false)?;
        for place in 0..self.nodes.len() {
            self.later(180_000, Event::Opening { node: place, day: FAR_DAY });
        }
        for _ in 0..24 {
            let at_ms = HOUR_MS / 4 + self.luck.history.below(8 * HOUR_MS);
            self.at(at_ms, Event::Script(Self::book_far_ahead));
        }
        Ok(())
    }

    /// Somebody wants the first time that there is in thirteen weeks.
    fn book_far_ahead(&mut self) -> Result<(), Violation> {
        let points = self.places(Role::Point);
        let Some(place) = self.luck.history.pick(&points).filter(|_| !self.is_healed) else { return Ok(()) };
        let from = self.start.plus_min((FAR_DAY - 1) * 1440);
        self.book_first(place, from)?;
        Ok(())
    }

    /// All lines stand, or end: everybody speaks with everybody.
    fn meet(&mut self, is_up: bool) -> Result<(), Violation> {
        for place in 0..self.nodes.len() {
            for other in (0..self.nodes.len()).filter(|other| *other != place) {
                let peer = self.nodes[other].public();
                let input = if is_up { Input::Up(peer) } else { Input::Down(peer) };
                self.call(place, |clerk, now| clerk.handle(now, input))?;
            }
        }
        self.deliver()
    }

    fn live_a_day(&mut self) -> Result<(), Violation> {
        for place in self.places(Role::Agency) {
            self.open_desks(place, 0)?;
        }
        self.deliver()?;
        let mut booked = Vec::new();
        for place in self.places(Role::Point) {
            for _ in 0..2 {
                booked.extend(self.book_first(place, self.start)?.map(|id| (place, id)));
            }
            self.deliver()?;
        }
        for (place, id) in booked {
            let came = self.luck.history.chance(700);
            self.call(place, |clerk, now| tell(clerk, now, &id, came))?;
        }
        self.deliver()
    }

    /// The first time from then on, at any agency.
    fn book_first(&mut self, place: usize, from: UtcMinute) -> Result<Option<ActRef>, Violation> {
        let service = territory::services().swap_remove(0).0;
        let node = &self.nodes[place];
        let Some(clerk) = &node.clerk else { return Ok(None) };
        let homes = self.nodes.iter().filter(|node| node.role == Role::Agency).map(|node| &node.member);
        let weeks = clerk.weeks().range(from.week()..);
        let offers: Vec<Offer> = weeks
            .flat_map(|(_, week)| homes.clone().flat_map(|home| week.offers(node.writer(), home, &service, from)))
            .collect();
        let Some(first) = self.luck.history.place(offers.len().min(4)).map(|choice| &offers[choice].run) else {
            return Ok(None);
        };
        let Some((index, _)) = first.tenures.first() else { return Ok(None) };
        let slot = SlotId { open: first.open, index: *index };
        let request = Request { slot, service, booth: None, details: b"Jeanne Exemple".to_vec() };
        let mut rng = self.luck.history.0.clone();
        let booked = self.call(place, |clerk, now| clerk.book(now, &request, &mut rng))?;
        self.luck.history.0 = rng;
        Ok(booked.ok())
    }

    /// Carries out everything at once, over lines that lose nothing.
    fn deliver(&mut self) -> Result<(), Violation> {
        let mut frames: VecDeque<(usize, usize, Vec<u8>)> = VecDeque::new();
        for _ in 0..FRAMES_MAX {
            for place in 0..self.nodes.len() {
                self.carry_out_all(place, &mut frames)?;
            }
            let Some((from, to, bytes)) = frames.pop_front() else { return Ok(()) };
            let peer = self.nodes[from].public();
            self.call(to, |clerk, now| clerk.handle(now, Input::Frame(peer, bytes)))?;
        }
        Err(Violation::new("livelock", "the days before never came to rest".into()))
    }

    fn carry_out_all(&mut self, place: usize, frames: &mut VecDeque<(usize, usize, Vec<u8>)>) -> Result<(), Violation> {
        while let Some(effect) = self.nodes[place].queue.pop_front() {
            let node = &mut self.nodes[place];
            let Some(clerk) = &node.clerk else { return Ok(()) };
            match effect {
                Effect::KeepSecret(week) => {
                    clerk.secret(week).into_iter().for_each(|secret| node.disk.write_secret(week, secret));
                }
                Effect::Replicate(replicator::Effect::Keep { folio, .. }) => {
                    clerk.shelf().folio(&folio).into_iter().for_each(|folio| node.disk.write(folio));
                }
                Effect::Replicate(replicator::Effect::Send { peer, bytes }) => {
                    let to = (0..self.nodes.len()).find(|to| self.nodes[*to].public() == peer);
                    frames.extend(to.map(|to| (place, to, bytes)));
                }
                other => return Err(Violation::new("world", format!("{other:?} in the days before"))),
            }
            self.nodes[place].disk.sync().map_err(|text| Violation::new("P7", text))?;
        }
        Ok(())
    }

    fn places(&self, role: Role) -> Vec<usize> {
        (0..self.nodes.len()).filter(|place| self.nodes[*place].role == role).collect()
    }
}

fn tell(clerk: &mut Clerk, now: Now, id: &ActRef, came: bool) {
    // One that was refused has no outcome, and nothing to cancel.
    if came {
        clerk.outcome(now, id, Fate::Kept, 25).ok();
    } else {
        clerk.cancel(now, id, Reason::ByThePerson).ok();
    }
}
