// SPDX-License-Identifier: EUPL-1.2
//! What people do: they book in bursts, click twice, change their minds, come or do not come.
//!
//! People use only what a page would offer them; a refusal is told and nothing more. What the clerk
//! accepts is a promise, and the oracle holds the node to it.

use crdt_calendar::act::{Fate, Reason, Role};
use crdt_calendar::clerk::{Patch, Request};
use crdt_calendar::fold::appointment::Appointment;
use crdt_calendar::ids::{ActRef, BoothId, SlotId};
use crdt_calendar::roster::Standing;
use crdt_calendar::time::UtcMinute;

use crate::oracle::Violation;
use crate::territory;
use crate::world::{Event, World};

impl World {
    /// Somebody somewhere does something.
    pub(crate) fn somebody_acts(&mut self) -> Result<(), Violation> {
        let role = if self.dice.chance(200) { Role::Agency } else { Role::Point };
        let places: Vec<usize> = (0..self.nodes.len()).filter(|place| self.nodes[*place].role == role).collect();
        let Some(place) = self.dice.place(places.len()).map(|choice| places[choice]) else { return Ok(()) };
        if self.nodes[place].clerk.is_none() {
            return Ok(());
        }
        match (role, self.dice.below(100)) {
            (Role::Agency, 0..45) => self.reserve(place),
            (Role::Agency, 45..60) => {
                let day = self.dice.below(4);
                self.open_desks(place, u32::try_from(day).unwrap_or(0))
            }
            (Role::Agency, 60..85) => self.cancel(place, Reason::AdvisorAbsent),
            (_, 0..55) => self.book(place, 1),
            (_, 55..63) => self.book(place, 2),
            (Role::Point, 63..70) => self.rush(&places),
            (_, 70..82) => self.cancel(place, Reason::ByThePerson),
            (_, 82..88) => self.amend(place),
            (_, 88..94) => self.arrived(place),
            _ => self.outcome(place),
        }
    }

    /// Several people at several points want the same time at the same moment.
    fn rush(&mut self, places: &[usize]) -> Result<(), Violation> {
        for place in places {
            if self.nodes[*place].clerk.is_some() {
                let request = self.wish(*place, true);
                self.try_to_book(*place, request)?;
            }
        }
        Ok(())
    }

    /// One person books; twice when the finger slips.
    fn book(&mut self, place: usize, clicks: u32) -> Result<(), Violation> {
        let request = self.wish(place, false);
        for _ in 0..clicks {
            self.try_to_book(place, request.clone())?;
        }
        Ok(())
    }

    /// A time that the page offers. `first` asks for the very first; else one of the first few.
    fn wish(&mut self, place: usize, first: bool) -> Option<Request> {
        let homes: Vec<_> =
            self.nodes.iter().filter(|node| node.role == Role::Agency).map(|node| node.member.clone()).collect();
        let home = homes[if first { 0 } else { self.dice.place(homes.len())? }].clone();
        let services = territory::services();
        let service = services[if first { 0 } else { self.dice.place(services.len())? }].0.clone();
        let week = self.weeks()[usize::from(self.dice.chance(300))];
        let booth = if self.dice.chance(200) { Some(BoothId(1)) } else { None };
        let node = &self.nodes[place];
        let now = node.now(self.start, self.now_ms);
        let offers = node.clerk.as_ref()?.week(week)?.offers(node.writer(), &home, &service, now.minute);
        let choice = if first { 0 } else { self.dice.place(offers.len().min(6))? };
        let run = &offers.get(choice)?.run;
        let slot = SlotId { open: run.open, index: run.tenures.first()?.0 };
        Some(Request { slot, service, booth, details: b"Jeanne Exemple".to_vec() })
    }

    fn try_to_book(&mut self, place: usize, request: Option<Request>) -> Result<(), Violation> {
        let Some(request) = request else { return Ok(()) };
        let mut rng = self.dice.0.clone();
        let answer = self.call(place, |clerk, now| clerk.book(now, &request, &mut rng))?;
        self.dice.0 = rng;
        let member = self.nodes[place].member.clone();
        match answer {
            Ok(id) => {
                self.tell(|| format!("{member} books slot {}: act {}", request.slot.index, id.act));
                self.nodes[place].waiting.push(id);
            }
            Err(error) => self.tell(|| format!("{member} cannot book: {error}")),
        }
        Ok(())
    }

    /// One of this node's appointments, as its point or its agency.
    fn some_appointment(&mut self, place: usize, fits: impl Fn(&Appointment) -> bool) -> Option<ActRef> {
        let node = &self.nodes[place];
        let clerk = node.clerk.as_ref()?;
        let ours = |it: &&Appointment| it.holder == node.writer() || it.home.as_ref() == Some(&node.member);
        let ids: Vec<ActRef> = clerk
            .weeks()
            .values()
            .flat_map(|week| week.appointments.values())
            .filter(ours)
            .filter(|it| fits(it))
            .map(|it| it.id)
            .collect();
        self.dice.place(ids.len()).map(|choice| ids[choice])
    }

    fn cancel(&mut self, place: usize, reason: Reason) -> Result<(), Violation> {
        let Some(id) = self.some_appointment(place, |it| !it.ended || it.needs_call_back()) else { return Ok(()) };
        let answer = self.call(place, |clerk, now| clerk.cancel(now, &id, reason))?;
        self.tell_deed(place, "cancels", id, answer);
        Ok(())
    }

    fn amend(&mut self, place: usize) -> Result<(), Violation> {
        let Some(id) = self.some_appointment(place, |it| !it.ended) else { return Ok(()) };
        let patch = if self.dice.chance(500) {
            Patch { booth: Some(BoothId(self.dice.one_of([1, 2]))), details: None }
        } else {
            Patch { booth: None, details: Some(b"Jeanne Exemple, 05 00 00 00 00".to_vec()) }
        };
        let mut rng = self.dice.0.clone();
        let answer = self.call(place, |clerk, now| clerk.amend(now, &id, patch, &mut rng))?;
        self.dice.0 = rng;
        self.tell_deed(place, "amends", id, answer);
        Ok(())
    }

    fn arrived(&mut self, place: usize) -> Result<(), Violation> {
        let Some(id) = self.some_appointment(place, Appointment::is_confirmed) else { return Ok(()) };
        let answer = self.call(place, |clerk, now| clerk.arrived(now, &id))?;
        self.tell_deed(place, "receives the person of", id, answer);
        Ok(())
    }

    fn outcome(&mut self, place: usize) -> Result<(), Violation> {
        let Some(id) = self.some_appointment(place, Appointment::is_confirmed) else { return Ok(()) };
        let fate = self.dice.one_of([Fate::Kept, Fate::NoShow, Fate::Interrupted]);
        let answer = self.call(place, |clerk, now| clerk.outcome(now, &id, fate, 25))?;
        self.tell_deed(place, "notes the outcome of", id, answer);
        Ok(())
    }

    fn tell_deed<E: core::fmt::Display>(&self, place: usize, verb: &str, id: ActRef, answer: Result<(), E>) {
        self.tell(|| {
            let end = answer.err().map(|error| format!(": {error}")).unwrap_or_default();
            format!("{} {verb} act {} of {:?}{end}", self.nodes[place].member, id.act, id.folio.writer.key)
        });
    }

    /// An agency publishes a day as soon as it is a member.
    pub(crate) fn first_opening(&mut self, place: usize, day: u32) -> Result<(), Violation> {
        let is_member = self.nodes[place]
            .clerk
            .as_ref()
            .is_some_and(|clerk| clerk.roster().standing(&clerk.writer()) == Standing::Current);
        if is_member {
            return self.open_desks(place, day);
        }
        self.later(60_000, Event::Opening { node: place, day });
        Ok(())
    }

    /// An agency publishes a day, perhaps one that it has published before.
    pub(crate) fn open_desks(&mut self, place: usize, day: u32) -> Result<(), Violation> {
        if self.nodes[place].clerk.is_none() {
            return Ok(());
        }
        for plan in territory::openings(self.start, day) {
            let mut rng = self.dice.0.clone();
            let answer = self.call(place, |clerk, now| clerk.open(now, &plan, &mut rng))?;
            self.dice.0 = rng;
            let member = self.nodes[place].member.clone();
            self.tell(|| match answer {
                Ok(id) => format!("{member} opens desk {} on day {day}: act {}", plan.desk, id.act),
                Err(error) => format!("{member} cannot open: {error}"),
            });
        }
        Ok(())
    }

    /// An agency passes some free slots on to a point.
    fn reserve(&mut self, place: usize) -> Result<(), Violation> {
        let points: Vec<_> =
            self.nodes.iter().filter(|node| node.role == Role::Point).map(|node| node.writer()).collect();
        let Some(to) = self.dice.place(points.len()).map(|choice| points[choice]) else { return Ok(()) };
        let week = self.weeks()[usize::from(self.dice.chance(300))];
        let node = &self.nodes[place];
        let Some(folded) = node.clerk.as_ref().and_then(|clerk| clerk.week(week)) else { return Ok(()) };
        let home = &node.member;
        let free: Vec<(UtcMinute, SlotId)> = folded
            .slots()
            .filter(|(_, slot)| slot.is_at_home() && slot.opening.desk.home == *home)
            .map(|(id, slot)| (slot.minutes.from, id))
            .collect();
        let Some((_, first)) = self.dice.place(free.len()).map(|choice| free[choice]) else { return Ok(()) };
        let indexes: Vec<u16> =
            (first.index..first.index + u16::try_from(self.dice.between(1, 3)).unwrap_or(1)).collect();
        let answer = self.call(place, |clerk, now| clerk.reserve(now, first.open, &indexes, to))?;
        let member = self.nodes[place].member.clone();
        self.tell(|| match answer {
            Ok(_) => format!("{member} passes slots {indexes:?} of act {} on to {:?}", first.open.act, to.key),
            Err(error) => format!("{member} cannot pass slots on: {error}"),
        });
        Ok(())
    }
}
