// SPDX-License-Identifier: EUPL-1.2
//! What happens on the lines of a world: connecting, cutting, splitting, carrying frames.
//!
//! A frame is lost only together with its connection. Nothing is delivered to a node that is off.

use crdt_calendar::ids::PublicKey;
use crdt_calendar::replicator::Input;

use crate::network::{Passage, Transit, forged};
use crate::oracle::Violation;
use crate::world::{Event, World};

impl World {
    fn link_between(&self, a: usize, b: usize) -> Option<usize> {
        self.links.iter().position(|link| link.ends == [a, b] || link.ends == [b, a])
    }

    /// Sends a frame, with the luck that the weather gives.
    pub(crate) fn send(&mut self, from: usize, to: usize, bytes: &[u8]) {
        let Some(place) = self.link_between(from, to) else { return };
        let Some(id) = self.nodes[from].connections.get(&to).copied() else { return };
        let link = &mut self.links[place];
        if link.connection.as_ref().is_none_or(|connection| connection.id != id) {
            return;
        }
        let way = link.way_from(from);
        let (lost, again, lie) = if self.is_healed {
            (false, false, false)
        } else {
            (
                self.dice.chance(self.weather.lost_per_mille),
                self.dice.chance(self.weather.replayed_per_mille),
                self.dice.chance(self.weather.forged_per_mille),
            )
        };
        if lost {
            link.lose(way);
            let in_ms = self.dice.between(10, 15_000);
            self.later(in_ms, Event::Cut { link: place, connection: id });
            return;
        }
        let link = &mut self.links[place];
        if let Passage::Arrives(at_ms) = link.send(&mut self.dice, self.now_ms, way, bytes) {
            self.at(at_ms, Event::Arrive(Transit { link: place, connection: Some(id), way, bytes: bytes.to_vec() }));
        }
        if again {
            let in_ms = self.dice.one_of([100, 5_000, 600_000]);
            let in_ms = self.dice.below(in_ms);
            self.later(in_ms, Event::Arrive(Transit { link: place, connection: None, way, bytes: bytes.to_vec() }));
        }
        if lie {
            let bytes = forged(&mut self.dice, bytes);
            let in_ms = self.dice.below(3_000);
            self.later(in_ms, Event::Arrive(Transit { link: place, connection: None, way, bytes }));
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
        self.make_room(from, to)
    }

    /// What arrived has left: the sender goes on, if it has more.
    fn make_room(&mut self, from: usize, to: usize) -> Result<(), Violation> {
        let peer = self.nodes[to].public();
        let owes = self.nodes[from].clerk.as_ref().is_some_and(|clerk| clerk.replicator().owes(&peer));
        if !owes || !self.nodes[from].connections.contains_key(&to) {
            return Ok(());
        }
        self.call(from, |clerk, now| clerk.handle(now, Input::Room(peer)))
    }

    /// Connects a line, or tries again later.
    pub(crate) fn connect(&mut self, place: usize) -> Result<(), Violation> {
        if self.links[place].connection.is_some() {
            return Ok(());
        }
        let ends = self.links[place].ends;
        let is_on = ends.iter().all(|end| self.nodes[*end].clerk.is_some());
        if !is_on || !self.links[place].is_open() {
            let in_ms = self.dice.between(2_000, 60_000);
            self.later(in_ms, Event::Connect(place));
            return Ok(());
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

    /// Ends a connection: each side notices in its own time.
    pub(crate) fn cut(&mut self, place: usize, connection: u64) {
        let link = &mut self.links[place];
        if link.connection.as_ref().is_none_or(|it| it.id != connection) {
            return;
        }
        link.connection = None;
        let [a, b] = link.ends;
        for (node, peer) in [(a, b), (b, a)] {
            let in_ms = self.dice.below(4_000);
            self.later(in_ms, Event::Notice { node, peer, connection });
        }
        let in_ms = self.dice.between(200, 30_000);
        self.later(in_ms, Event::Connect(place));
    }

    /// A node ends its connection with a peer that misbehaved.
    pub(crate) fn cut_peer(&mut self, from: usize, peer: PublicKey) {
        let Some(to) = self.nodes.iter().position(|node| node.public() == peer) else { return };
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

    /// Splits the mesh in two: both ways, or one way only.
    pub(crate) fn split(&mut self) {
        let side: Vec<bool> = self.nodes.iter().map(|_| self.dice.chance(400)).collect();
        let both = self.dice.chance(500);
        let mut ways = Vec::new();
        for (place, link) in self.links.iter_mut().enumerate() {
            for way in 0..2 {
                let (from, to) = (link.ends[way], link.ends[1 - way]);
                if side[from] != side[to] && (both || side[from]) {
                    link.blocked[way] += 1;
                    ways.push((place, way));
                }
            }
        }
        self.tell(|| format!("a split of {} directions begins", ways.len()));
        for (place, _) in &ways {
            if let Some(connection) = self.links[*place].connection.as_ref().map(|it| it.id) {
                let in_ms = self.dice.between(5_000, 90_000);
                self.later(in_ms, Event::GiveUp { link: *place, connection });
            }
        }
        let for_ms = self.dice.one_of([60_000, 1_800_000, 6 * 3_600_000]);
        let for_ms = self.dice.between(10_000, for_ms);
        self.later(for_ms, Event::Heal(ways));
    }

    /// Directions open again; what waited behind them goes on its way.
    pub(crate) fn heal(&mut self, ways: &[(usize, usize)]) {
        for &(place, way) in ways {
            let link = &mut self.links[place];
            link.blocked[way] = link.blocked[way].saturating_sub(1);
            let Some(id) = link.connection.as_ref().map(|it| it.id) else { continue };
            for bytes in link.held_back(way) {
                if let Passage::Arrives(at_ms) = self.links[place].send(&mut self.dice, self.now_ms, way, &bytes) {
                    self.at(at_ms, Event::Arrive(Transit { link: place, connection: Some(id), way, bytes }));
                }
            }
        }
    }
}
