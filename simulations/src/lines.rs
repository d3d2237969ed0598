// SPDX-License-Identifier: EUPL-1.2
//! What happens on the lines of a world: connecting, cutting, carrying frames.
//!
//! A frame is lost only together with its connection. Nothing is delivered to a node that is off.

use crdt_calendar::ids::PublicKey;
use crdt_calendar::replicator::Input;

use crate::network::{Luck, Passage, Transit, damaged};
use crate::oracle::Violation;
use crate::weather::Fault;
use crate::world::{Event, World};

/// What a packet carries.
const PACKET_BYTES: usize = 1_200;
/// Losses of one packet in a row after which a connection is given up.
const TRIES_MAX: u32 = 9;

impl World {
    fn link_between(&self, a: usize, b: usize) -> Option<usize> {
        self.links.iter().position(|link| link.ends == [a, b] || link.ends == [b, a])
    }

    /// The neighbour with this key to whom a connection stands: a clone has its original's key.
    pub(crate) fn neighbour(&self, of: usize, key: PublicKey) -> Option<usize> {
        self.nodes[of].connections.keys().copied().find(|place| self.nodes[*place].public() == key)
    }

    /// Sends a frame, with the luck that the weather gives.
    pub(crate) fn send(&mut self, from: usize, to: usize, bytes: &[u8]) {
        let Some(place) = self.link_between(from, to) else { return };
        let Some(id) = self.nodes[from].connections.get(&to).copied() else { return };
        if self.links[place].connection.as_ref().is_none_or(|connection| connection.id != id) {
            return;
        }
        if self.is_refused([from, to]) {
            return self.cut(place, id);
        }
        let way = self.links[place].way_from(from);
        let Some(luck) = self.packets(place, bytes.len()) else {
            self.links[place].lose(way);
            let in_ms = self.luck.lines.between(10, 15_000);
            self.later(in_ms, Event::Cut { link: place, connection: id });
            return;
        };
        let now_ms = self.now_ms;
        if let Passage::Arrives(at_ms) = self.links[place].send(&mut self.luck.lines, now_ms, way, bytes, luck) {
            self.at(at_ms, Event::Arrive(Transit { link: place, connection: Some(id), way, bytes: bytes.to_vec() }));
        }
        self.copies(place, way, bytes);
    }

    /// How late the packets of a frame come; `None` if the connection breaks over them.
    fn packets(&mut self, link: usize, bytes: usize) -> Option<Luck> {
        if self.is_healed {
            return Some(Luck::default());
        }
        let in_burst = self.now_ms < self.links[link].burst_until_ms;
        let per_mille = if in_burst { 800 } else { self.weather.of(Fault::Loss, 0, [20, 100, 300]) };
        let dice = &mut self.luck.lines;
        let mut worst = 0;
        for _ in 0..bytes.div_ceil(PACKET_BYTES).clamp(1, 64) {
            let mut tries = 0;
            while dice.chance(per_mille) {
                tries += 1;
                if tries == TRIES_MAX {
                    return None;
                }
            }
            worst = worst.max(tries);
        }
        let overtakes = dice.chance(self.weather.of(Fault::Reorder, 0, [10, 100, 300]));
        // Each loss doubles the wait for the next try.
        Some(Luck { late_ms: (self.links[link].delay_ms + 10) * ((1 << worst) - 1), overtakes })
    }

    /// What else comes of a frame: duplicates, replays, damaged copies.
    fn copies(&mut self, link: usize, way: usize, bytes: &[u8]) {
        if self.is_healed {
            return;
        }
        let copy = |bytes: Vec<u8>| Event::Arrive(Transit { link, connection: None, way, bytes });
        if self.luck.lines.chance(self.weather.of(Fault::Duplicate, 0, [20, 100, 500])) {
            let in_ms = self.luck.lines.below(100);
            self.later(in_ms, copy(bytes.to_vec()));
        }
        if self.luck.lines.chance(self.weather.of(Fault::Replay, 0, [20, 100, 300])) {
            let in_ms = self.luck.lines.one_of([5_000, 600_000, 7_200_000]);
            let in_ms = self.luck.lines.below(in_ms);
            self.later(in_ms, copy(bytes.to_vec()));
        }
        if self.luck.lines.chance(self.weather.of(Fault::Damage, 0, [2, 10, 30])) {
            let bytes = damaged(&mut self.luck.lines, bytes);
            let in_ms = self.luck.lines.below(3_000);
            self.later(in_ms, copy(bytes));
        }
    }

    /// A frame arrives, if its connection still stands at the receiver.
    pub(crate) fn arrive(&mut self, transit: Transit) -> Result<(), Violation> {
        let link = &self.links[transit.link];
        let (from, to) = (link.ends[transit.way], link.ends[1 - transit.way]);
        let standing = self.nodes[to].connections.get(&from).copied();
        let fits = standing.is_some() && (transit.connection.is_none() || transit.connection == standing);
        if !fits || self.nodes[to].clerk.is_none() {
            return Ok(());
        }
        let peer = self.nodes[from].public();
        self.call(to, |clerk, now| clerk.handle(now, Input::Frame(peer, transit.bytes)))?;
        self.later(0, Event::Room { node: from, peer: to });
        Ok(())
    }

    /// What arrived has left: the sender goes on, if it has more.
    pub(crate) fn make_room(&mut self, from: usize, to: usize) -> Result<(), Violation> {
        let peer = self.nodes[to].public();
        let owes = self.nodes[from].clerk.as_ref().is_some_and(|clerk| clerk.replicator().owes(&peer));
        if !owes || !self.nodes[from].connections.contains_key(&to) {
            return Ok(());
        }
        self.call(from, |clerk, now| clerk.handle(now, Input::Room(peer)))
    }

    /// Connects a line, or tries again later: each time a little less soon, as a node does.
    pub(crate) fn connect(&mut self, place: usize, tries: u32) -> Result<(), Violation> {
        if self.links[place].connection.is_some() {
            return Ok(());
        }
        let ends = self.links[place].ends;
        let is_on = ends.iter().all(|end| self.nodes[*end].clerk.is_some() && !self.is_paused(*end));
        if !is_on || !self.links[place].is_open() || self.is_refused(ends) {
            let longest_ms = 15_000 << tries.min(5);
            let in_ms = self.luck.lines.between(2_000, longest_ms);
            self.later(in_ms, Event::Connect { link: place, tries: tries + 1 });
            return Ok(());
        }
        for (end, other) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            self.leave_twin(end, other)?;
        }
        self.connections += 1;
        let id = self.connections;
        self.links[place].connect(id);
        for (end, other) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            let peer = self.nodes[other].public();
            if self.nodes[end].connections.insert(other, id).is_some() {
                self.call(end, |clerk, now| clerk.handle(now, Input::Down(peer)))?;
            }
            self.call(end, |clerk, now| clerk.handle(now, Input::Up(peer)))?;
        }
        Ok(())
    }

    /// Nobody speaks to a key that no longer speaks for a member.
    fn is_refused(&self, [a, b]: [usize; 2]) -> bool {
        let refuses = |at: usize, other: usize| {
            let roster = self.nodes[at].clerk.as_ref().map(crdt_calendar::clerk::Clerk::roster);
            roster.is_some_and(|roster| roster.is_retired(&self.nodes[other].public()))
        };
        refuses(a, b) || refuses(b, a)
    }

    /// One key is one neighbour: whoever hears `other` leaves the box that has the same key.
    fn leave_twin(&mut self, end: usize, other: usize) -> Result<(), Violation> {
        let key = self.nodes[other].public();
        let Some(twin) = self.neighbour(end, key).filter(|twin| *twin != other) else { return Ok(()) };
        let (id, link) = (self.nodes[end].connections.get(&twin).copied(), self.link_between(end, twin));
        if let (Some(id), Some(link)) = (id, link) {
            self.cut(link, id);
            self.notice(end, twin, id)?;
        }
        Ok(())
    }

    /// Ends a connection: each side notices in its own time.
    pub(crate) fn cut(&mut self, place: usize, connection: u64) {
        let link = &mut self.links[place];
        if link.connection.as_ref().is_none_or(|it| it.id != connection) {
            return;
        }
        link.connection = None;
        let [a, b] = link.ends;
        for (node, peer) in [(a, b), (b, a)] {
            let in_ms = self.luck.lines.below(4_000);
            self.later(in_ms, Event::Notice { node, peer, connection });
        }
        let has_twin = [a, b].into_iter().any(|end| self.twin_of(end).is_some());
        let in_ms =
            if has_twin { self.luck.lines.between(60_000, 900_000) } else { self.luck.lines.between(200, 30_000) };
        self.later(in_ms, Event::Connect { link: place, tries: 0 });
    }

    /// Another box with the same key.
    pub(crate) fn twin_of(&self, place: usize) -> Option<usize> {
        let key = self.nodes[place].public();
        (0..self.nodes.len()).find(|other| *other != place && self.nodes[*other].public() == key)
    }

    /// A node ends its connection with a peer that misbehaved.
    pub(crate) fn cut_peer(&mut self, from: usize, peer: PublicKey) {
        let Some(to) = self.neighbour(from, peer) else { return };
        let id = self.nodes[from].connections.get(&to).copied();
        if let (Some(link), Some(id)) = (self.link_between(from, to), id) {
            self.cut(link, id);
        }
    }

    /// A node notices that a connection is gone.
    pub(crate) fn notice(&mut self, node: usize, peer: usize, connection: u64) -> Result<(), Violation> {
        if self.nodes[node].connections.get(&peer) != Some(&connection) || self.nodes[node].clerk.is_none() {
            return Ok(());
        }
        self.nodes[node].connections.remove(&peer);
        let key = self.nodes[peer].public();
        self.call(node, |clerk, now| clerk.handle(now, Input::Down(key)))
    }

    /// After a power cut, all connections of a node end.
    pub(crate) fn lose_connections(&mut self, node: usize) {
        for place in 0..self.links.len() {
            let link = &self.links[place];
            if let Some(id) = link.connection.as_ref().filter(|_| link.ends.contains(&node)).map(|it| it.id) {
                self.cut(place, id);
            }
        }
    }
}
