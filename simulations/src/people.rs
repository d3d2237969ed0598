// SPDX-License-Identifier: EUPL-1.2
//! What people do: they book in bursts, click twice, change their minds, come or do not come.
//!
//! People use only what a page would offer them; a refusal is told and nothing more. What the clerk
//! accepts is a promise, and the oracle holds the node to it.

use crdt_calendar::act::{Fate, Reason, Role};
use crdt_calendar::clerk::{Patch, PoolRequest, Request};
use crdt_calendar::fold::appointment::Appointment;
use crdt_calendar::ids::{ActRef, BoothId, MemberId, SlotId, Writer};
use crdt_calendar::roster::Standing;
use crdt_calendar::time::{Span, UtcMinute};

use crate::oracle::Violation;
use crate::territory;
use crate::weather::Fault;
use crate::world::{DAY_MS, Event, HOUR_MS, World};

/// When doors open and close, in hours of the day.
const OPEN_H: u64 = 8;
const CLOSE_H: u64 = 18;

impl World {
    /// Draws when people come: in bursts, mostly in opening hours, and at nine when the lines are long.
    pub(crate) fn foresee_people(&mut self, days: u64) {
        let end_ms = days * DAY_MS;
        let mut left = self.weather.deeds_a_day * days;
        while left > 0 {
            let at_ms = self.some_time(days);
            let burst = self.luck.people.between(1, 8).min(left);
            for _ in 0..burst {
                let apart = self.luck.people.one_of([0, 50, 3_000, 60_000]);
                let at_ms = (at_ms + self.luck.people.below(apart + 1)).min(end_ms - 1);
                self.at(at_ms, Event::Deed);
            }
            left -= burst;
        }
        for day in 0..days {
            let nine_ms = self.hour_of(day, OPEN_H + 1);
            for _ in 0..self.weather.of(Fault::Crowd, 0, [5, 15, 40]) {
                let at_ms = nine_ms + self.luck.people.below(180_000);
                self.at(at_ms, Event::Script(Self::crowd));
            }
            for _ in 0..self.weather.of(Fault::Illness, 0, [1, 1, 2]) {
                let at_ms = nine_ms + self.luck.people.below(2 * HOUR_MS);
                self.at(at_ms, Event::Script(Self::illness));
            }
        }
        // Agencies publish three days ahead.
        for place in 0..self.nodes.len() {
            for day in 3..days + 2 {
                let event = Event::Opening { node: place, day: u32::try_from(day).unwrap_or(0) };
                self.at((day - 3) * DAY_MS + 2 * HOUR_MS, event);
            }
        }
    }

    /// The time of an hour of a day, as the world counts; now, if that is past.
    pub(crate) fn hour_of(&self, day: u64, hour: u64) -> u64 {
        let began_ms = u64::from(self.start.0 % 1440) * 60_000;
        (day * DAY_MS + hour * HOUR_MS).saturating_sub(began_ms)
    }

    fn some_time(&mut self, days: u64) -> u64 {
        let day = self.luck.people.below(days);
        if self.luck.people.chance(700) {
            let in_ms = self.luck.people.below((CLOSE_H - OPEN_H) * HOUR_MS);
            return (self.hour_of(day, OPEN_H) + in_ms).min(days * DAY_MS - 1);
        }
        day * DAY_MS + self.luck.people.below(DAY_MS)
    }

    /// Somebody somewhere does something.
    pub(crate) fn somebody_acts(&mut self) -> Result<(), Violation> {
        let role = if self.luck.people.chance(200) { Role::Agency } else { Role::Point };
        let places: Vec<usize> = (0..self.nodes.len()).filter(|place| self.nodes[*place].role == role).collect();
        let Some(place) = self.luck.people.pick(&places) else { return Ok(()) };
        if !self.is_awake(place) {
            return Ok(());
        }
        let doubt = self.weather.of(Fault::Doubt, 0, [5, 10, 15]);
        let twice = if self.weather.has(Fault::DoubleClick) { 2 } else { 1 };
        match (role, self.luck.people.below(100 + 2 * doubt)) {
            (Role::Agency, 0..45) => self.reserve(place, None),
            (Role::Agency, 45..60) => {
                let today = self.now_ms / DAY_MS;
                let day = today + self.luck.people.below(4);
                self.open_desks(place, u32::try_from(day).unwrap_or(0))
            }
            (Role::Agency, 60..80) => self.cancel(place, Reason::AdvisorAbsent),
            (Role::Agency, 80..85) => self.call_in(place),
            (_, 0..55) => self.book(place, 1),
            (_, 55..63) => self.book(place, twice),
            (Role::Point, 63..70) => self.book_today(place),
            (_, 70..82) => self.cancel(place, Reason::ByThePerson),
            (_, 82..88) => self.amend(place),
            (_, 88..94) => self.arrived(place),
            (_, 94..100) => self.outcome(place),
            (_, past) if past < 100 + doubt => self.cancel(place, Reason::ByThePerson),
            _ => self.amend(place),
        }
    }

    /// Whether somebody sits before this node's page.
    fn is_awake(&self, place: usize) -> bool {
        self.nodes[place].clerk.is_some() && !self.is_paused(place)
    }

    /// Several people at several points want the same time at the same moment.
    fn crowd(&mut self) -> Result<(), Violation> {
        for place in 0..self.nodes.len() {
            if self.nodes[place].role == Role::Point && self.is_awake(place) {
                let request = self.wish(place, true);
                self.try_to_book(place, request)?;
            }
        }
        Ok(())
    }

    /// Somebody without appointment wants the next time there is, a place in a walk-in window, or any
    /// desk at some time.
    fn book_today(&mut self, place: usize) -> Result<(), Violation> {
        let kind = self.luck.people.below(3);
        if kind == 0 || !self.weather.has(Fault::WalkIn) {
            let request = self.wish(place, self.weather.has(Fault::WalkIn));
            return self.try_to_book(place, request);
        }
        let Some(request) = self.pool_wish(place, kind == 1) else { return Ok(()) };
        let mut rng = self.luck.secrets.0.clone();
        let answer = self.call(place, |clerk, now| clerk.ask(now, &request, &mut rng))?;
        self.luck.secrets.0 = rng;
        match answer {
            Ok(id) => self.promise_asked(place, id, "asks for any desk"),
            Err(error) => self.tell(|| format!("{} cannot ask: {error}", self.nodes[place].member)),
        }
        Ok(())
    }

    /// Any desk at the minutes of some slot; or a place in the window that is open now.
    fn pool_wish(&mut self, place: usize, walk_in: bool) -> Option<PoolRequest> {
        let node = &self.nodes[place];
        let now = node.now(self.start, self.now_ms).minute;
        let week = node.clerk.as_ref()?.week(self.weeks()[0])?;
        let spans: Vec<(MemberId, Span)> = if walk_in {
            let windows = week.ledgers.values().flat_map(|it| it.windows.values());
            windows.map(|it| (it.opening.desk.home.clone(), Span { from: it.minutes.from, length_min: 0 })).collect()
        } else {
            week.slots().map(|(_, slot)| (slot.opening.desk.home.clone(), slot.minutes)).collect()
        };
        let spans: Vec<(MemberId, Span)> = spans.into_iter().filter(|(_, span)| span.from >= now).collect();
        let (home, minutes) = spans.get(self.luck.people.place(spans.len())?)?.clone();
        let service = territory::services().swap_remove(0).0;
        Some(PoolRequest {
            home,
            others: Vec::new(),
            minutes,
            service,
            booth: None,
            details: b"Jeanne Exemple".to_vec(),
        })
    }

    fn promise_asked(&mut self, place: usize, id: ActRef, verb: &str) {
        self.tell(|| format!("{} {verb}: act {}", self.nodes[place].member, id.act));
        if !self.nodes[place].is_villain {
            self.nodes[place].waiting.push(id);
        }
    }

    /// An advisor calls in who waits in a window.
    fn call_in(&mut self, place: usize) -> Result<(), Violation> {
        let node = &self.nodes[place];
        let Some(week) = node.clerk.as_ref().and_then(|clerk| clerk.week(self.weeks()[0])) else { return Ok(()) };
        let ledgers = week.ledgers.iter().filter(|(folio, _)| folio.writer == node.writer());
        let windows: Vec<ActRef> = ledgers.flat_map(|(_, ledger)| ledger.windows.keys().copied()).collect();
        let Some(window) = self.luck.people.pick(&windows) else { return Ok(()) };
        let answer = self.call(place, |clerk, now| clerk.call_next(now, &window))?;
        self.tell(|| format!("{} calls in {answer:?}", self.nodes[place].member));
        Ok(())
    }

    /// An advisor is ill: every appointment of one desk on one day is voided.
    fn illness(&mut self) -> Result<(), Violation> {
        let places: Vec<usize> =
            (0..self.nodes.len()).filter(|place| self.nodes[*place].role == Role::Agency).collect();
        let Some(place) = self.luck.people.pick(&places).filter(|place| self.is_awake(*place)) else { return Ok(()) };
        let desk = self.luck.people.one_of([1, 2]);
        let node = &self.nodes[place];
        let today = node.now(self.start, self.now_ms).minute.0 / 1440;
        let Some(clerk) = &node.clerk else { return Ok(()) };
        let on_desk = |it: &&Appointment| {
            let is_here = it.desk.as_ref().is_some_and(|it| it.home == node.member && it.number == desk);
            is_here && it.minutes.from.0 / 1440 == today && it.is_confirmed()
        };
        let weeks = clerk.weeks().values();
        let ids: Vec<ActRef> = weeks.flat_map(|week| week.appointments()).filter(on_desk).map(|it| it.id).collect();
        self.tell(|| format!("{} voids {} appointments of desk {desk}", self.nodes[place].member, ids.len()));
        for id in ids {
            let answer = self.call(place, |clerk, now| clerk.cancel(now, &id, Reason::AdvisorAbsent))?;
            self.tell_deed(place, "voids", id, answer);
        }
        Ok(())
    }

    /// One person books; twice when the finger slips.
    pub(crate) fn book(&mut self, place: usize, clicks: u32) -> Result<(), Violation> {
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
        let home = homes[if first { 0 } else { self.luck.people.place(homes.len())? }].clone();
        let services = territory::services();
        let service = services[if first { 0 } else { self.luck.people.place(services.len())? }].0.clone();
        let week = self.weeks()[usize::from(self.luck.people.chance(300))];
        let booth = if self.luck.people.chance(200) { Some(BoothId(1)) } else { None };
        let node = &self.nodes[place];
        let now = node.now(self.start, self.now_ms);
        let offers = node.clerk.as_ref()?.week(week)?.offers(node.writer(), &home, &service, now.minute);
        let choice = if first { 0 } else { self.luck.people.place(offers.len().min(6))? };
        let run = &offers.get(choice)?.run;
        let slot = SlotId { open: run.open, index: run.tenures.first()?.0 };
        Some(Request { slot, service, booth, details: b"Jeanne Exemple".to_vec() })
    }

    fn try_to_book(&mut self, place: usize, request: Option<Request>) -> Result<(), Violation> {
        let Some(request) = request else { return Ok(()) };
        let mut rng = self.luck.secrets.0.clone();
        let answer = self.call(place, |clerk, now| clerk.book(now, &request, &mut rng))?;
        self.luck.secrets.0 = rng;
        let member = self.nodes[place].member.clone();
        match answer {
            Ok(id) => {
                self.promise_asked(place, id, "books");
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
            .flat_map(|week| week.appointments())
            .filter(ours)
            .filter(|it| fits(it))
            .map(|it| it.id)
            .collect();
        self.luck.people.pick(&ids)
    }

    fn cancel(&mut self, place: usize, reason: Reason) -> Result<(), Violation> {
        let Some(id) = self.some_appointment(place, |it| !it.ended || it.needs_call_back()) else { return Ok(()) };
        let answer = self.call(place, |clerk, now| clerk.cancel(now, &id, reason))?;
        self.tell_deed(place, "cancels", id, answer);
        Ok(())
    }

    fn amend(&mut self, place: usize) -> Result<(), Violation> {
        let Some(id) = self.some_appointment(place, |it| !it.ended) else { return Ok(()) };
        let patch = if self.luck.people.chance(500) {
            Patch { booth: Some(BoothId(self.luck.people.one_of([1, 2]))), details: None }
        } else {
            Patch { booth: None, details: Some(b"Jeanne Exemple, 05 00 00 00 00".to_vec()) }
        };
        let mut rng = self.luck.secrets.0.clone();
        let answer = self.call(place, |clerk, now| clerk.amend(now, &id, patch, &mut rng))?;
        self.luck.secrets.0 = rng;
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
        let fate = if self.weather.has(Fault::NoShow) {
            self.luck.people.one_of([Fate::NoShow, Fate::NoShow, Fate::Interrupted])
        } else {
            Fate::Kept
        };
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
        if self.nodes[place].role != Role::Agency || self.is_healed {
            return Ok(());
        }
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
        if !self.is_awake(place) {
            return Ok(());
        }
        for plan in territory::openings(self.start, day) {
            let mut rng = self.luck.secrets.0.clone();
            let answer = self.call(place, |clerk, now| clerk.open(now, &plan, &mut rng))?;
            self.luck.secrets.0 = rng;
            let member = self.nodes[place].member.clone();
            self.tell(|| match answer {
                Ok(id) => format!("{member} opens desk {} on day {day}: act {}", plan.desk, id.act),
                Err(error) => format!("{member} cannot open: {error}"),
            });
        }
        Ok(())
    }

    /// An agency passes some free slots on to a point.
    pub(crate) fn reserve(&mut self, place: usize, for_whom: Option<Writer>) -> Result<(), Violation> {
        let points: Vec<_> =
            self.nodes.iter().filter(|node| node.role == Role::Point).map(|node| node.writer()).collect();
        let Some(to) = for_whom.or_else(|| self.luck.people.pick(&points)) else { return Ok(()) };
        let week = self.weeks()[usize::from(self.luck.people.chance(300))];
        let node = &self.nodes[place];
        let Some(folded) = node.clerk.as_ref().and_then(|clerk| clerk.week(week)) else { return Ok(()) };
        let home = &node.member;
        let free: Vec<(UtcMinute, SlotId)> = folded
            .slots()
            .filter(|(_, slot)| slot.is_at_home() && slot.opening.desk.home == *home)
            .map(|(id, slot)| (slot.minutes.from, id))
            .collect();
        let Some((_, first)) = self.luck.people.pick(&free) else { return Ok(()) };
        let indexes: Vec<u16> =
            (first.index..first.index + u16::try_from(self.luck.people.between(1, 3)).unwrap_or(1)).collect();
        let answer = self.call(place, |clerk, now| clerk.reserve(now, first.open, &indexes, to))?;
        let member = self.nodes[place].member.clone();
        self.tell(|| match answer {
            Ok(_) => format!("{member} passes slots {indexes:?} of act {} on to {:?}", first.open.act, to.key),
            Err(error) => format!("{member} cannot pass slots on: {error}"),
        });
        Ok(())
    }
}
