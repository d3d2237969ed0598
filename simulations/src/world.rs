// SPDX-License-Identifier: EUPL-1.2
//! One world: some nodes, lines between them, people, and faults, on one virtual clock.
//!
//! No real clock, socket, file or thread: a seed gives the same story every time, which the trail of
//! all steps proves. Two phases: first everything may break and only safety is asked; then all is
//! healed and liveness is asked too.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _};

use crdt_calendar::clerk::{Clerk, Now};
use crdt_calendar::replicator::Input;
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::time::{IsoWeek, UtcMinute};
use ed25519_dalek::SigningKey;

use crate::dice::Luck;
use crate::network::{Link, Transit};
use crate::node::Node;
use crate::oracle::{Oracle, Violation};
use crate::storms::Ways;
use crate::weather::Weather;

/// Milliseconds of an hour.
pub(crate) const HOUR_MS: u64 = 60 * 60 * 1000;
/// Milliseconds of a day.
pub(crate) const DAY_MS: u64 = 24 * HOUR_MS;
/// How long the healed world may take to come to rest: two simulated hours.
pub(crate) const REST_MS: u64 = 2 * HOUR_MS;

/// What can happen.
#[derive(Clone)]
pub(crate) enum Event {
    /// The node carries out its next effect.
    Effect { node: usize, life: u32 },
    /// A frame arrives.
    Arrive(Transit),
    /// A frame has left a node for good.
    Room { node: usize, peer: usize },
    /// A line tries to connect.
    Connect { link: usize, tries: u32 },
    /// A connection ends, if it still stands.
    Cut { link: usize, connection: u64 },
    /// A node notices that a connection is gone.
    Notice { node: usize, peer: usize, connection: u64 },
    /// A connection is given up if a direction is still blocked.
    GiveUp { link: usize, connection: u64 },
    /// These directions open.
    Heal(Ways),
    /// A split begins.
    Split { one_way: bool },
    /// Some directions stop.
    Clog,
    /// A line loses nearly everything.
    Burst,
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
    /// A box does nothing for a while.
    Pause,
    /// Somebody copies a disk.
    Backup,
    /// A copied disk runs in a second box.
    Clone,
    /// A calendar clock jumps.
    Jump,
    /// Somebody sets it right.
    SetClock(usize),
    /// A box writes an act of a later version.
    Novelty,
    /// A villain does something.
    Mischief,
    /// A story goes on.
    Script(Script),
}

/// One step that a story wants.
pub(crate) type Script = fn(&mut World) -> Result<(), Violation>;

/// One world.
pub(crate) struct World {
    pub(crate) luck: Luck,
    pub(crate) weather: Weather,
    pub(crate) now_ms: u64,
    pub(crate) start: UtcMinute,
    pub(crate) nodes: Vec<Node>,
    pub(crate) links: Vec<Link>,
    pub(crate) papers: (Genesis, RootStatement),
    /// The root's key, on paper.
    pub(crate) root: SigningKey,
    /// Where a stolen coordination's roster ends.
    pub(crate) ends: Option<(u32, [u8; 32])>,
    pub(crate) oracle: Oracle,
    /// Whether nothing breaks any more.
    pub(crate) is_healed: bool,
    /// Whether to tell what happens.
    pub(crate) is_told: bool,
    /// Bugs that are planted in nodes and disks.
    pub(crate) plants: crate::plants::NodePlants,
    events: BTreeMap<(u64, u64), Event>,
    count: u64,
    pub(crate) connections: u64,
    /// Events so far.
    pub(crate) step: u64,
    /// A hash over all that happened.
    pub(crate) trail: DefaultHasher,
}

impl World {
    /// A world of which nothing has happened yet.
    pub(crate) fn empty(
        luck: Luck,
        weather: Weather,
        papers: (Genesis, RootStatement),
        root: SigningKey,
        start: UtcMinute,
    ) -> Self {
        Self {
            luck,
            weather,
            now_ms: 0,
            start,
            nodes: Vec::new(),
            links: Vec::new(),
            papers,
            root,
            ends: None,
            oracle: Oracle::default(),
            is_healed: false,
            is_told: false,
            plants: crate::plants::NodePlants::default(),
            events: BTreeMap::new(),
            count: 0,
            connections: 0,
            step: 0,
            trail: DefaultHasher::new(),
        }
    }

    /// Plays `days` of faults, then heals all and waits for rest.
    pub(crate) fn run(&mut self, days: u64) -> Result<(), Violation> {
        self.foresee_storms(days);
        self.foresee_machines(days);
        self.foresee_successions(days);
        self.foresee_people(days);
        self.foresee_villains(days);
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
        if self.is_told {
            let s = self.now_ms / 1000;
            println!(
                "{:6} {:3} {:02}:{:02}:{:02} {}",
                self.step,
                s / 86_400,
                s / 3600 % 24,
                s / 60 % 60,
                s % 60,
                what()
            );
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
            (at_ms, core::mem::discriminant(&event)).hash(&mut self.trail);
            self.happen(event)?;
        }
        self.now_ms = end_ms;
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), Violation> {
        if let Some(until_ms) = self.sleeper_of(&event) {
            // A process that is paused finds everything in front of its door, in order.
            self.at(until_ms, event);
            return Ok(());
        }
        match event {
            Event::Effect { node, life } if self.nodes[node].life == life => return self.carry_out(node),
            Event::Tick { node, life } if self.nodes[node].life == life => {
                self.nodes[node].tick_ms = None;
                self.call(node, |clerk, now| clerk.handle(now, Input::Tick))?;
                return self.renew(node);
            }
            Event::Effect { .. } | Event::Tick { .. } => {}
            Event::Arrive(transit) => return self.arrive(transit),
            Event::Room { node, peer } => return self.make_room(node, peer),
            Event::Connect { link, tries } => return self.connect(link, tries),
            Event::Notice { node, peer, connection } => return self.notice(node, peer, connection),
            Event::Cut { link, connection } => self.cut(link, connection),
            Event::GiveUp { link, connection } if !self.links[link].is_open() => self.cut(link, connection),
            Event::GiveUp { .. } => {}
            Event::Heal(ways) => self.heal(&ways),
            Event::SetClock(node) => self.nodes[node].clock.set(),
            Event::Start(node) => return self.start_node(node),
            Event::Deed => return self.somebody_acts(),
            Event::Opening { node, day } => return self.first_opening(node, day),
            Event::Script(script) => return script(self),
            fault if !self.is_healed => return self.fault(&fault),
            _ => {}
        }
        Ok(())
    }

    /// What happens in the first phase only.
    fn fault(&mut self, event: &Event) -> Result<(), Violation> {
        match event {
            Event::Split { one_way } => self.split(*one_way),
            Event::Clog => self.clog(),
            Event::Burst => self.burst(),
            Event::Pause => self.pause(),
            Event::Backup => self.back_up(),
            Event::Jump => self.jump(),
            Event::Crash => return self.crash_somebody(),
            Event::Clone => return self.clone_somebody(),
            Event::Novelty => return self.write_novelty(),
            Event::Mischief => return self.mischief(),
            _ => {}
        }
        Ok(())
    }

    /// When the paused node that this is for wakes.
    fn sleeper_of(&self, event: &Event) -> Option<u64> {
        let node = match event {
            Event::Effect { node, .. }
            | Event::Tick { node, .. }
            | Event::Notice { node, .. }
            | Event::Room { node, .. } => *node,
            Event::Arrive(transit) => self.links[transit.link].ends[1 - transit.way],
            _ => return None,
        };
        self.is_paused(node).then(|| self.nodes[node].paused_until_ms)
    }

    /// Calls a node's clerk, queues what it wants done, and lets the oracles look.
    pub(crate) fn call<T>(&mut self, place: usize, ask: impl FnOnce(&mut Clerk, Now) -> T) -> Result<T, Violation> {
        let (start, now_ms) = (self.start, self.now_ms);
        let node = &mut self.nodes[place];
        let now = node.now(start, now_ms);
        let clerk =
            node.clerk.as_mut().ok_or_else(|| Violation::new("world", "a node that is off was called".into()))?;
        let answer = ask(clerk, now);
        node.queue.extend(core::iter::from_fn(|| clerk.poll()));
        let life = node.life;
        let deadline_ms = clerk.deadline().map(|at| at + node.boot_ms);
        if let Some(at_ms) = deadline_ms.filter(|at| node.tick_ms.is_none_or(|tick| tick > *at)) {
            node.tick_ms = Some(at_ms);
            self.at(at_ms, Event::Tick { node: place, life });
        }
        let node = &mut self.nodes[place];
        if !node.is_working && !node.queue.is_empty() {
            node.is_working = true;
            let in_ms = self.luck.machines.below(3);
            self.later(in_ms, Event::Effect { node: place, life });
        }
        self.oracle.look(&self.nodes, place, (self.start, now.minute), &mut self.luck.oracles)?;
        Ok(answer)
    }

    /// A box does what needs randomness: new keys of the week, and envelopes sealed to them.
    pub(crate) fn renew(&mut self, place: usize) -> Result<(), Violation> {
        let mut rng = self.luck.secrets.0.clone();
        self.call(place, |clerk, now| clerk.renew(now, &mut rng))?;
        self.luck.secrets.0 = rng;
        Ok(())
    }

    /// The second phase begins: lines open, clocks are set right, every node is on.
    fn heal_all(&mut self) -> Result<(), Violation> {
        self.tell(|| "all is healed".into());
        self.is_healed = true;
        for place in 0..self.nodes.len() {
            self.nodes[place].clock = crate::clock::Clock::default();
            self.nodes[place].paused_until_ms = 0;
            self.start_node(place)?;
        }
        let ways: Ways = (0..self.links.len()).flat_map(|link| [(link, 0), (link, 1)]).collect();
        for (link, way) in &ways {
            self.links[*link].blocked[*way] = 0;
        }
        self.heal(&ways);
        // A connection over which a frame was lost has to end before it carries anything again.
        for link in 0..self.links.len() {
            if let Some(connection) = self.links[link].broken_connection() {
                self.later(0, Event::Cut { link, connection });
            }
        }
        Ok(())
    }

    fn check_rest(&mut self) -> Result<(), Violation> {
        let now = self.nodes[0].now(self.start, self.now_ms);
        self.oracle.at_rest(&self.nodes, &mut self.luck.oracles, now.minute)
    }

    /// Acts that became durable, over all nodes.
    pub(crate) fn admitted(&self) -> u64 {
        self.nodes.iter().map(|node| node.disk.admitted).sum()
    }

    /// One line about a world that went well.
    pub(crate) fn summary(&self) -> String {
        let acts: u64 = self.nodes.iter().map(|node| node.disk.written_by(node.writer())).sum();
        let cut: u64 = self.nodes.iter().map(|node| node.disk.cut).sum();
        let (nodes, steps, looks) = (self.nodes.len(), self.step, self.oracle.looks);
        let states = crate::oracle::states(&self.nodes[0]);
        format!(
            "{nodes} nodes, {steps} steps, {acts} acts, {looks} looks, {} connections, {cut} torn, {} erased, \
             {states:?}, exceptions {:?}; {}",
            self.connections,
            self.oracle.erased,
            self.oracle.exceptions(),
            self.weather
        )
    }

    #[cfg(test)]
    /// The number that all steps lead to: two runs of one seed have the same.
    pub(crate) fn trail(&self) -> u64 {
        std::hash::Hasher::finish(&self.trail)
    }

    /// The weeks that people book in.
    pub(crate) fn weeks(&self) -> [IsoWeek; 2] {
        let minutes = u32::try_from(self.now_ms / 60_000).unwrap_or(0);
        let week = self.start.plus_min(minutes).week();
        [week, IsoWeek(week.0 + 1)]
    }
}
