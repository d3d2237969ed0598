// SPDX-License-Identifier: EUPL-1.2
//! What happens to boxes: they carry out effects, lose power, pause, come back, are copied.

use std::hash::Hash as _;

use crdt_calendar::act::{Act, Role, Touches};
use crdt_calendar::clerk::Effect;
use crdt_calendar::ids::{Incarnation, Leaf};
use crdt_calendar::replicator;

use crate::clock::Clock;
use crate::network::Link;
use crate::node::{Node, Succession};
use crate::oracle::{Oracle, Violation};
use crate::weather::Fault;
use crate::world::{DAY_MS, Event, World};

/// A kind of act that no version of today writes.
const LATER_KIND: u8 = 200;

impl World {
    /// Draws when boxes fail.
    pub(crate) fn foresee_machines(&mut self, days: u64) {
        let crashes = self.weather.of(Fault::Crash, 0, [2, 8, 24]);
        let crashes = crashes.max(self.weather.of(Fault::Torn, 0, [4, 12, 30]));
        let times = [
            (crashes * days, Event::Crash),
            (self.weather.of(Fault::Pause, 0, [2, 8, 24]) * days, Event::Pause),
            (self.weather.of(Fault::Restore, 0, [1, 1, 2]), Event::Backup),
            (self.weather.of(Fault::Clone, 0, [1, 1, 2]), Event::Clone),
            (self.weather.of(Fault::Upgrade, 0, [4, 12, 30]) * days, Event::Novelty),
        ];
        for (count, event) in times {
            for _ in 0..count {
                let at_ms = self.luck.machines.below(days * DAY_MS);
                self.at(at_ms, event.clone());
            }
        }
        for _ in 0..self.weather.of(Fault::Jump, 0, [1, 3, 8]) * days {
            let at_ms = self.luck.clocks.below(days * DAY_MS);
            self.at(at_ms, Event::Jump);
        }
    }

    /// Carries out one effect: this is where a crash may fall between writing, syncing and sending.
    pub(crate) fn carry_out(&mut self, place: usize) -> Result<(), Violation> {
        self.finish_sync(place)?;
        let skips_fsync = self.plants.skip_fsync;
        let node = &mut self.nodes[place];
        node.is_working = false;
        let (Some(clerk), Some(effect)) = (node.clerk.as_ref(), node.queue.pop_front()) else { return Ok(()) };
        match effect {
            Effect::KeepSecret(week) => {
                if let Some(secret) = clerk.secret(week) {
                    node.disk.write_secret(week, secret);
                }
                node.is_syncing = true;
            }
            Effect::Replicate(replicator::Effect::Keep { folio, .. }) => {
                if let Some(folio) = clerk.shelf().folio(&folio) {
                    node.disk.write(folio);
                }
                node.is_syncing = true;
                if skips_fsync {
                    self.oracle.believes_kept(node);
                }
            }
            Effect::Replicate(replicator::Effect::Send { peer, bytes }) => {
                bytes.hash(&mut self.trail);
                if self.luck.oracles.chance(125) && !node.is_villain {
                    Oracle::sends(node, &bytes)?;
                }
                if let Some(to) = self.neighbour(place, peer) {
                    self.send(place, to, &bytes);
                }
            }
            Effect::Erase(erasure) => {
                node.disk.erase(*erasure);
                node.is_syncing = true;
            }
            Effect::StartOver(_) => self.start_over(place)?,
            Effect::Replicate(replicator::Effect::KeepStatement(statement)) => node.disk.keep_statement(&statement),
            Effect::Replicate(replicator::Effect::Cut(peer, _)) => self.cut_peer(place, peer),
        }
        let node = &mut self.nodes[place];
        if node.is_syncing && node.is_doomed && !self.is_healed {
            return self.lose_power(place);
        }
        if !node.is_working && (node.is_syncing || !node.queue.is_empty()) {
            node.is_working = true;
            let (life, is_syncing) = (node.life, node.is_syncing);
            let took_ms = if is_syncing { self.luck.machines.between(1, 20) } else { 0 };
            self.later(took_ms, Event::Effect { node: place, life });
        }
        Ok(())
    }

    /// A box was told that it is not alone, or not of today: it begins a new life.
    fn start_over(&mut self, place: usize) -> Result<(), Violation> {
        let life = Incarnation(self.luck.secrets.bytes());
        let node = &mut self.nodes[place];
        self.oracle.may_start_over(node)?;
        (node.incarnation, node.disk.incarnation) = (life, Some(life));
        self.tell(|| format!("{} begins a new life", self.nodes[place].member));
        // A register that is full or forked says so to people; the life has begun all the same.
        self.call(place, |clerk, now| clerk.start_over(now, life))?.or(Ok(()))
    }

    /// What was written is durable now, and whoever waited for it is told.
    fn finish_sync(&mut self, place: usize) -> Result<(), Violation> {
        // A node that skips fsync finds its writes on the disk when the system pleases.
        let is_late = self.plants.skip_fsync && !self.luck.machines.chance(50);
        let node = &mut self.nodes[place];
        if !core::mem::take(&mut node.is_syncing) || is_late {
            return Ok(());
        }
        node.disk.sync().map_err(|text| Violation::new("P7", text))?;
        self.oracle.kept(node);
        Ok(())
    }

    /// Whether a box does nothing now.
    pub(crate) fn is_paused(&self, place: usize) -> bool {
        self.nodes[place].paused_until_ms > self.now_ms
    }

    /// Some box loses power.
    pub(crate) fn crash_somebody(&mut self) -> Result<(), Violation> {
        let Some(place) = self.luck.machines.place(self.nodes.len()) else { return Ok(()) };
        // In the middle of a write, where luck alone would seldom hit.
        if self.weather.has(Fault::Torn) && self.luck.machines.chance(700) {
            self.nodes[place].is_doomed = true;
            return Ok(());
        }
        self.lose_power(place)
    }

    fn lose_power(&mut self, place: usize) -> Result<(), Violation> {
        let off_ms = self.luck.machines.one_of([1_000, 60_000, 7_200_000]);
        let off_ms = self.luck.machines.between(500, off_ms);
        self.crash(place, off_ms)
    }

    /// A box loses power for so long.
    pub(crate) fn crash(&mut self, place: usize, off_ms: u64) -> Result<(), Violation> {
        if self.nodes[place].clerk.is_none() {
            return Ok(());
        }
        let (member, effects) = (self.nodes[place].member.clone(), self.nodes[place].queue.len());
        self.tell(|| format!("{member} loses power with {effects} effects undone"));
        let torn_per_mille = self.weather.of(Fault::Torn, 0, [300, 600, 900]);
        let node = &mut self.nodes[place];
        node.crash();
        node.disk.crash(&mut self.luck.machines, torn_per_mille).map_err(|text| Violation::new("P7", text))?;
        if self.plants.lose_ask_on_restart {
            crate::plants::lose_ask(node, &self.papers);
        }
        self.oracle.forget(place);
        self.lose_connections(place);
        self.later(off_ms, Event::Start(place));
        Ok(())
    }

    /// A box starts from its disk; from its backup, if somebody thought that wise.
    pub(crate) fn start_node(&mut self, place: usize) -> Result<(), Violation> {
        if self.nodes[place].clerk.is_some() || self.nodes[place].succession == Succession::Lost {
            return Ok(());
        }
        if let Some(backup) = self.nodes[place].backup.take() {
            let node = &mut self.nodes[place];
            self.oracle.doubt(node.public(), &node.member);
            node.disk = backup;
            self.tell(|| format!("{} is restored from a backup", self.nodes[place].member));
        }
        let clock = if self.is_healed { Clock::default() } else { Clock::draw(&mut self.luck.clocks, &self.weather) };
        let node = &mut self.nodes[place];
        node.clock = clock;
        node.start(&self.papers, self.start, self.now_ms).map_err(|text| Violation::new("P7", text))?;
        self.tell(|| format!("{} starts", self.nodes[place].member));
        self.oracle.started(&self.nodes[place])?;
        let at = self.nodes[place].now(self.start, self.now_ms).minute;
        self.oracle.look(&self.nodes, place, (self.start, at), &mut self.luck.oracles)
    }

    /// A box stops in the middle of what it does: SIGSTOP, a swapping machine, a suspended laptop.
    pub(crate) fn pause(&mut self) {
        let Some(place) = self.luck.machines.place(self.nodes.len()) else { return };
        let for_ms = 1000 * self.luck.machines.between(1, 600);
        self.tell(|| format!("{} pauses for {} s", self.nodes[place].member, for_ms / 1000));
        self.nodes[place].paused_until_ms = self.now_ms + for_ms;
    }

    /// A calendar clock jumps; somebody sets it within hours.
    pub(crate) fn jump(&mut self) {
        let Some(place) = self.luck.clocks.place(self.nodes.len()) else { return };
        self.nodes[place].clock.jump(&mut self.luck.clocks);
        self.tell(|| format!("the clock of {} jumps", self.nodes[place].member));
        let for_ms = self.luck.clocks.between(60_000, 4 * 3_600_000);
        self.later(for_ms, Event::SetClock(place));
    }

    /// A point or an agency of good will: what accidents befall.
    fn honest_box(&mut self) -> Option<usize> {
        let honest = |place: &usize| {
            let node = &self.nodes[*place];
            node.role != Role::Coordination && !node.is_villain && !node.is_retired() && node.clerk.is_some()
        };
        let places: Vec<usize> = (0..self.nodes.len()).filter(honest).collect();
        self.luck.machines.pick(&places)
    }

    /// Somebody copies a disk, and puts the copy back at some later start.
    pub(crate) fn back_up(&mut self) {
        let Some(place) = self.honest_box() else { return };
        self.nodes[place].backup = Some(self.nodes[place].disk.copy());
        self.tell(|| format!("the disk of {} is copied", self.nodes[place].member));
        // Else the copy might never be used in a world without power cuts.
        self.later(self.now_ms / 4 + 600_000, Event::Script(World::lose_power_of_copied));
    }

    fn lose_power_of_copied(&mut self) -> Result<(), Violation> {
        let copied = |place: &usize| self.nodes[*place].backup.is_some() && self.nodes[*place].clerk.is_some();
        let place = (0..self.nodes.len()).find(copied).filter(|_| !self.is_healed);
        place.map_or(Ok(()), |place| self.crash(place, 60_000))
    }

    /// A copied disk runs in a second box, beside other neighbours.
    pub(crate) fn clone_somebody(&mut self) -> Result<(), Violation> {
        let Some(place) = self.honest_box() else { return Ok(()) };
        if self.twin_of(place).is_some() {
            return Ok(());
        }
        let original = &self.nodes[place];
        self.oracle.doubt(original.public(), &original.member);
        let mut twin = Node::new(original.member.clone(), original.role, original.key.clone(), original.incarnation);
        twin.disk = original.disk.copy();
        twin.release_before_min = original.release_before_min;
        let new = self.nodes.len();
        self.tell(|| format!("the disk of {} runs in a second box", self.nodes[place].member));
        self.nodes.push(twin);
        for _ in 0..2 {
            let others: Vec<usize> = (0..new).filter(|it| *it != place && !self.nodes[*it].is_retired()).collect();
            let Some(other) = self.luck.machines.pick(&others) else { continue };
            if self.links.iter().any(|link| link.ends == [new, other]) {
                continue;
            }
            self.links.push(Link::new([new, other], self.weather.delay_ms));
            let link = self.links.len() - 1;
            self.later(1_000, Event::Connect { link, tries: 0 });
        }
        self.start_node(new)
    }

    /// A box of a later version writes what this one does not know, about slots that it knows.
    pub(crate) fn write_novelty(&mut self) -> Result<(), Violation> {
        let upgraded = |place: &usize| self.nodes[*place].is_upgraded && self.nodes[*place].clerk.is_some();
        let places: Vec<usize> = (0..self.nodes.len()).filter(upgraded).collect();
        let Some(place) = self.luck.machines.pick(&places) else { return Ok(()) };
        let week = self.weeks()[0];
        let Some(run) = self.some_slots(place, week) else { return Ok(()) };
        let touches = Touches { slots: vec![run], booth: None, minutes: None };
        let body = self.luck.machines.bytes::<24>().to_vec();
        self.tell(|| format!("{} writes an act of a later version on {:?}", self.nodes[place].member, touches.slots));
        self.write_by_hand(place, Leaf::Week(week), &Act::Unknown { kind: LATER_KIND, touches, body })
    }
}
