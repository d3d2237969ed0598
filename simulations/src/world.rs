// SPDX-License-Identifier: EUPL-1.2
//! One world: some nodes, lines between them, people, and faults, on one virtual clock.
//!
//! No real clock, socket, file or thread: a seed gives the same story every time. Two phases: first
//! everything may break and only safety is asked; then all is healed and liveness is asked too.

use std::collections::{BTreeMap, BTreeSet};

use crdt_calendar::clerk::{Clerk, Effect, Now};
use crdt_calendar::replicator::{self, Input};
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::time::{IsoWeek, UtcMinute};

use crate::network::{Link, Transit};
use crate::node::Node;
use crate::oracle::{Oracle, Violation};
use crate::seeds::{Dice, Weather};

/// Milliseconds of a day.
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How long the healed world may take to come to rest.
const REST_MS: u64 = 2 * 60 * 60 * 1000;
/// Effects of one input: more means that a clerk talks to itself.
const EFFECTS_MAX: usize = 4_000;

/// What can happen.
pub(crate) enum Event {
    /// The node carries out its next effect.
    Effect { node: usize, life: u32 },
    /// A frame arrives.
    Arrive(Transit),
    /// A line tries to connect.
    Connect(usize),
    /// A connection ends, if it still stands.
    Cut { link: usize, connection: u64 },
    /// A node notices that a connection is gone.
    Notice { node: usize, peer: usize, connection: u64 },
    /// A connection is given up if a direction is still blocked.
    GiveUp { link: usize, connection: u64 },
    /// A split ends: these directions open.
    Heal(Vec<(usize, usize)>),
    /// A split begins.
    Split,
    /// The clerk asked to be called at this time.
    Tick { node: usize, life: u32 },
    /// Somebody does something.
    Deed,
    /// An agency publishes a day.
    Opening { node: usize, day: u32 },
    /// Power cut.
    Crash,
    /// Power comes back.
    Start(usize),
}

/// One world.
pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) weather: Weather,
    pub(crate) now_ms: u64,
    pub(crate) start: UtcMinute,
    pub(crate) nodes: Vec<Node>,
    pub(crate) links: Vec<Link>,
    pub(crate) papers: (Genesis, RootStatement),
    pub(crate) oracle: Oracle,
    /// Whether nothing breaks any more.
    pub(crate) is_healed: bool,
    pub(crate) story: Story,
    events: BTreeMap<(u64, u64), Event>,
    count: u64,
    pub(crate) connections: u64,
    /// Events so far.
    pub(crate) step: u64,
}

/// Tells what happens, if somebody listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Story {
    /// Whether to print.
    pub(crate) is_told: bool,
}

impl World {
    /// A world of which nothing has happened yet.
    pub(crate) fn empty(
        dice: Dice,
        weather: Weather,
        papers: (Genesis, RootStatement),
        start: UtcMinute,
        story: Story,
    ) -> Self {
        Self {
            dice,
            weather,
            now_ms: 0,
            start,
            nodes: Vec::new(),
            links: Vec::new(),
            papers,
            oracle: Oracle::default(),
            is_healed: false,
            story,
            events: BTreeMap::new(),
            count: 0,
            connections: 0,
            step: 0,
        }
    }

    /// Plays `days` of faults, then heals all and waits for rest.
    pub(crate) fn run(&mut self, days: u64) -> Result<(), Violation> {
        self.foresee(days);
        self.play_until(days * DAY_MS)?;
        self.heal_all()?;
        self.play_until(days * DAY_MS + REST_MS)?;
        self.check_rest()
    }

    /// Puts an event on the clock.
    pub(crate) fn at(&mut self, at_ms: u64, event: Event) {
        self.count += 1;
        self.events.insert((at_ms.max(self.now_ms), self.count), event);
    }

    /// Puts an event on the clock, so many milliseconds from now.
    pub(crate) fn later(&mut self, in_ms: u64, event: Event) {
        self.at(self.now_ms + in_ms, event);
    }

    /// Tells something.
    pub(crate) fn tell(&self, what: impl FnOnce() -> String) {
        if self.story.is_told {
            let s = self.now_ms / 1000;
            println!("{:5} {:02}:{:02}:{:02} {}", self.step, s / 3600, s / 60 % 60, s % 60, what());
        }
    }

    /// Draws when faults and deeds happen.
    fn foresee(&mut self, days: u64) {
        let end = days * DAY_MS;
        for _ in 0..self.weather.splits_a_day * days {
            let at_ms = self.dice.below(end);
            self.at(at_ms, Event::Split);
        }
        for _ in 0..self.weather.crashes_a_day * days {
            let at_ms = self.dice.below(end);
            self.at(at_ms, Event::Crash);
        }
        let mut left = self.weather.deeds_a_day * days;
        while left > 0 {
            // People come in bursts: opening hours, several at one desk.
            let at_ms = self.dice.below(end);
            let burst = self.dice.between(1, 8).min(left);
            for _ in 0..burst {
                let apart = self.dice.one_of([0, 50, 3_000, 60_000]);
                let at_ms = (at_ms + self.dice.below(apart + 1)).min(end - 1);
                self.at(at_ms, Event::Deed);
            }
            left -= burst;
        }
    }

    fn play_until(&mut self, end_ms: u64) -> Result<(), Violation> {
        while let Some(entry) = self.events.first_entry() {
            let at_ms = entry.key().0;
            if at_ms >= end_ms {
                break;
            }
            let event = entry.remove();
            self.now_ms = at_ms;
            self.step += 1;
            self.happen(event)?;
        }
        self.now_ms = end_ms;
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Effect { node, life } if self.nodes[node].life == life => self.carry_out(node),
            Event::Arrive(transit) => self.arrive(transit),
            Event::Connect(link) => self.connect(link),
            Event::Cut { link, connection } => {
                self.cut(link, connection);
                Ok(())
            }
            Event::Notice { node, peer, connection } => self.notice(node, peer, connection),
            Event::GiveUp { link, connection } => {
                if !self.links[link].is_open() {
                    self.cut(link, connection);
                }
                Ok(())
            }
            Event::Heal(ways) => {
                self.heal(&ways);
                Ok(())
            }
            Event::Split if !self.is_healed => {
                self.split();
                Ok(())
            }
            Event::Tick { node, life } if self.nodes[node].life == life => {
                self.nodes[node].tick_ms = None;
                self.call(node, |clerk, now| clerk.handle(now, Input::Tick))
            }
            Event::Deed => self.somebody_acts(),
            Event::Opening { node, day } => self.first_opening(node, day),
            Event::Crash if !self.is_healed => self.crash(),
            Event::Start(node) => self.start_node(node),
            Event::Effect { .. } | Event::Tick { .. } | Event::Split | Event::Crash => Ok(()),
        }
    }

    /// Calls a node's clerk, queues what it wants done, and lets the oracles look.
    pub(crate) fn call<T>(&mut self, place: usize, ask: impl FnOnce(&mut Clerk, Now) -> T) -> Result<T, Violation>
    where
        T: Sized,
    {
        let (start, now_ms) = (self.start, self.now_ms);
        let node = &mut self.nodes[place];
        let now = node.now(start, now_ms);
        let clerk =
            node.clerk.as_mut().ok_or_else(|| Violation::new("world", "a node that is off was called".into()))?;
        let answer = ask(clerk, now);
        let was_idle = node.queue.is_empty();
        node.queue.extend(core::iter::from_fn(|| clerk.poll()));
        let life = node.life;
        let deadline_ms = clerk.deadline().map(|at| at + node.boot_ms);
        if node.queue.len() > EFFECTS_MAX {
            return Err(Violation::new("livelock", format!("{} effects wait at {}", node.queue.len(), node.member)));
        }
        let has_work = was_idle && !node.queue.is_empty();
        if let Some(at_ms) = deadline_ms.filter(|at| node.tick_ms.is_none_or(|tick| tick > *at)) {
            node.tick_ms = Some(at_ms);
            self.at(at_ms, Event::Tick { node: place, life });
        }
        if has_work {
            let in_ms = self.dice.below(3);
            self.later(in_ms, Event::Effect { node: place, life });
        }
        self.oracle.look(&self.nodes, place, self.start, &mut self.dice)?;
        Ok(answer)
    }

    /// Carries out one effect: this is where a crash may fall between keeping and sending.
    fn carry_out(&mut self, place: usize) -> Result<(), Violation> {
        let node = &mut self.nodes[place];
        let (Some(clerk), Some(effect)) = (node.clerk.as_ref(), node.queue.pop_front()) else { return Ok(()) };
        let mut took_ms = 0;
        match effect {
            Effect::KeepSecret(week) => {
                if let Some(secret) = clerk.secret(week) {
                    node.disk.keep_secret(week, secret);
                }
                took_ms = self.dice.between(1, 20);
            }
            Effect::Replicate(replicator::Effect::Keep { folio, .. }) => {
                if let Some(folio) = clerk.shelf().folio(&folio) {
                    node.disk.keep(folio).map_err(|text| Violation::new("disk", text))?;
                }
                self.oracle.kept(node);
                took_ms = self.dice.between(1, 20);
            }
            Effect::Replicate(replicator::Effect::Send { peer, bytes }) => {
                Oracle::sends(node, &bytes)?;
                if let Some(to) = self.nodes.iter().position(|node| node.public() == peer) {
                    self.send(place, to, &bytes);
                }
            }
            Effect::StartOver(_) | Effect::Replicate(replicator::Effect::KeepStatement(_)) => {}
            Effect::Replicate(replicator::Effect::Cut(peer)) => self.cut_peer(place, peer),
        }
        let node = &self.nodes[place];
        if !node.queue.is_empty() {
            let life = node.life;
            self.later(took_ms, Event::Effect { node: place, life });
        }
        Ok(())
    }

    fn crash(&mut self) -> Result<(), Violation> {
        let Some(place) = self.dice.place(self.nodes.len()) else { return Ok(()) };
        if self.nodes[place].clerk.is_none() {
            return Ok(());
        }
        let (member, effects) = (self.nodes[place].member.clone(), self.nodes[place].queue.len());
        self.tell(|| format!("{member} loses power with {effects} effects undone"));
        self.nodes[place].crash();
        self.lose_connections(place);
        let off_ms = self.dice.one_of([1_000, 60_000, 7_200_000]);
        let off_ms = self.dice.between(500, off_ms);
        self.later(off_ms, Event::Start(place));
        Ok(())
    }

    fn start_node(&mut self, place: usize) -> Result<(), Violation> {
        if self.nodes[place].clerk.is_some() {
            return Ok(());
        }
        let skew = i64::try_from(self.weather.skew_min).unwrap_or(0);
        let drift = i64::try_from(self.dice.below(self.weather.skew_min * 2 + 1)).unwrap_or(0) - skew;
        let node = &mut self.nodes[place];
        node.skew_min = if self.is_healed { 0 } else { drift };
        node.start(&self.papers, self.start, self.now_ms).map_err(|text| Violation::new("P7", text))?;
        self.tell(|| format!("{} starts", self.nodes[place].member));
        self.oracle.started(&self.nodes[place])
    }

    /// The second phase begins: lines open, clocks are set right, every node is on.
    fn heal_all(&mut self) -> Result<(), Violation> {
        self.tell(|| "all is healed".into());
        self.is_healed = true;
        for place in 0..self.nodes.len() {
            self.nodes[place].skew_min = 0;
            self.start_node(place)?;
        }
        let ways: BTreeSet<(usize, usize)> = (0..self.links.len()).flat_map(|link| [(link, 0), (link, 1)]).collect();
        for (link, way) in &ways {
            self.links[*link].blocked[*way] = 0;
        }
        self.heal(&ways.into_iter().collect::<Vec<_>>());
        Ok(())
    }

    fn check_rest(&mut self) -> Result<(), Violation> {
        let now = self.nodes[0].now(self.start, self.now_ms);
        self.oracle.at_rest(&self.nodes, &mut self.dice, now.minute.week())
    }

    /// One line about a world that went well.
    pub(crate) fn summary(&self) -> String {
        let acts: u32 = self.nodes.iter().map(Node::acts_written).sum();
        let (nodes, steps, looks) = (self.nodes.len(), self.step, self.oracle.looks);
        let states = crate::oracle::states(&self.nodes[0]);
        format!(
            "{nodes} nodes, {steps} steps, {acts} acts, {looks} looks, {} connections, {states:?}",
            self.connections
        )
    }

    /// The weeks that people book in.
    pub(crate) fn weeks(&self) -> [IsoWeek; 2] {
        let week = self.start.week();
        [week, IsoWeek(week.0 + 1)]
    }
}
