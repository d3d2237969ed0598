// SPDX-License-Identifier: EUPL-1.2
//! One box after the other: lost, stolen, revoked, replaced; slots taken back by a person's decision;
//! another coordination named by the root.
//!
//! What people do then, they do here: the coordination revokes and replaces within hours, each agency
//! settles what the old box held, a new box of an agency takes up its line.

use crdt_calendar::act::{Enrolment, Role};
use crdt_calendar::ids::{Incarnation, Leaf, MemberId};
use crdt_calendar::roster::{RootStatement, roster_folio};
use ed25519_dalek::SigningKey;

use crate::network::Link;
use crate::node::{Node, Succession};
use crate::oracle::Violation;
use crate::territory;
use crate::weather::Fault;
use crate::world::{DAY_MS, Event, HOUR_MS, Script, World};

/// The name of the member that a thief enrols.
pub(crate) const INTRUDER: &str = "intrus";

impl World {
    /// Draws when boxes are lost and stolen: early enough to be replaced before the world is healed.
    pub(crate) fn foresee_successions(&mut self, days: u64) {
        let times: [(u64, Script); 4] = [
            (self.weather.of(Fault::Lost, 0, [1, 1, 2]), Self::lose_a_box),
            (self.weather.of(Fault::Theft, 0, [1, 1, 2]), Self::steal_a_box),
            (self.weather.of(Fault::Coup, 0, [1, 1, 1]), Self::steal_the_coordination),
            (self.weather.of(Fault::Forced, 0, [1, 3, 6]) * days, Self::force_a_point),
        ];
        for (count, script) in times {
            for _ in 0..count {
                let at_ms = HOUR_MS + self.luck.machines.below(days * DAY_MS / 2);
                self.at(at_ms, Event::Script(script));
            }
        }
    }

    /// The coordination of today.
    pub(crate) fn coordination(&self) -> usize {
        let is_ours = |place: &usize| {
            let node = &self.nodes[*place];
            node.role == Role::Coordination && !node.is_retired()
        };
        (0..self.nodes.len()).rev().find(is_ours).unwrap_or(0)
    }

    fn places_of(&self, role: Role) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(move |place| self.nodes[*place].role == role)
    }

    fn some_box(&mut self) -> Option<usize> {
        let is_fit = |place: &usize| {
            let node = &self.nodes[*place];
            let is_plain = !node.is_villain && !node.is_retired() && node.clerk.is_some() && node.backup.is_none();
            node.role != Role::Coordination && is_plain
        };
        let places: Vec<usize> =
            (0..self.nodes.len()).filter(is_fit).filter(|place| self.twin_of(*place).is_none()).collect();
        self.luck.machines.pick(&places)
    }

    fn lose_a_box(&mut self) -> Result<(), Violation> {
        let Some(place) = self.some_box().filter(|_| !self.is_healed) else { return Ok(()) };
        self.tell(|| format!("{} is lost for ever", self.nodes[place].member));
        self.crash(place, 0)?;
        self.nodes[place].succession = Succession::Lost;
        self.oracle.lose(&self.nodes, place);
        self.soon(Self::replace_boxes);
        Ok(())
    }

    /// Somebody carries a running box away and writes with it.
    pub(crate) fn steal_a_box(&mut self) -> Result<(), Violation> {
        let Some(place) = self.some_box().filter(|_| !self.is_healed) else { return Ok(()) };
        self.tell(|| format!("{} is stolen", self.nodes[place].member));
        let node = &mut self.nodes[place];
        node.succession = Succession::Stolen;
        self.oracle.doubt(node.public(), &node.member);
        for _ in 0..12 {
            let in_ms = self.luck.villains.below(8 * HOUR_MS);
            self.later(in_ms, Event::Script(Self::thieves_write));
        }
        self.soon(Self::replace_boxes);
        Ok(())
    }

    fn thieves_write(&mut self) -> Result<(), Violation> {
        let stolen: Vec<usize> =
            (0..self.nodes.len()).filter(|place| self.nodes[*place].succession == Succession::Stolen).collect();
        let Some(place) = self.luck.villains.pick(&stolen).filter(|_| !self.is_healed) else { return Ok(()) };
        if self.nodes[place].clerk.is_none() {
            return Ok(());
        }
        match self.nodes[place].role {
            Role::Point => self.grab(place),
            Role::Agency => self.regrant(place),
            Role::Coordination => self.enrol_an_intruder(place),
        }
    }

    fn soon(&mut self, script: Script) {
        let in_ms = self.luck.machines.between(HOUR_MS / 2, 2 * HOUR_MS);
        self.later(in_ms, Event::Script(script));
    }

    /// The coordination revokes what was stolen, and names a new box for each that is gone.
    fn replace_boxes(&mut self) -> Result<(), Violation> {
        let coordination = self.coordination();
        if self.nodes[coordination].clerk.is_none() || self.nodes[coordination].is_retired() {
            self.soon(Self::replace_boxes);
            return Ok(());
        }
        let gone = |place: &usize| {
            let node = &self.nodes[*place];
            node.is_retired() && !node.is_replaced && node.role != Role::Coordination
        };
        let places: Vec<usize> = (0..self.nodes.len()).filter(gone).collect();
        for place in places {
            self.replace(coordination, place)?;
        }
        self.soon(Self::settle_all);
        Ok(())
    }

    fn replace(&mut self, coordination: usize, place: usize) -> Result<(), Violation> {
        let new = self.successor(place);
        let (member, key) = (self.nodes[new].member.clone(), self.nodes[new].public());
        let old = self.nodes[place].public();
        if self.nodes[place].succession == Succession::Stolen {
            written(self.call(coordination, |clerk, now| clerk.revoke(now, old))?)?;
        }
        written(self.call(coordination, |clerk, now| clerk.replace(now, member, key))?)?;
        self.move_in(coordination, new)
    }

    /// A new box for a member, beside the old one's neighbours.
    fn successor(&mut self, place: usize) -> usize {
        let (key, life) = (SigningKey::from_bytes(&self.luck.machines.bytes()), self.luck.machines.bytes());
        let old = &mut self.nodes[place];
        old.is_replaced = true;
        let mut node = Node::new(old.member.clone(), old.role, key, Incarnation(life));
        node.release_before_min = old.release_before_min;
        let new = self.nodes.len();
        self.nodes.push(node);
        let others: Vec<usize> =
            self.links.iter().filter(|it| it.ends.contains(&place)).map(|it| it.ends[0] + it.ends[1] - place).collect();
        for other in others {
            self.links.push(Link::new([new, other], self.weather.delay_ms));
            let link = self.links.len() - 1;
            self.later(1_000, Event::Connect { link, tries: 0 });
        }
        self.tell(|| format!("{} gets a new box", self.nodes[new].member));
        new
    }

    /// The new box starts from its papers: rosters and the root's words, and nothing of what the old one wrote. An
    /// agency's publishes its hours at once, as far as it may.
    fn move_in(&mut self, coordination: usize, new: usize) -> Result<(), Violation> {
        let shelf = self.nodes[coordination].clerk.as_ref().map(|clerk| clerk.shelf().clone());
        for shelf in shelf.iter() {
            let disk = &mut self.nodes[new].disk;
            shelf.statements().all().for_each(|statement| disk.keep_statement(statement));
            shelf.folios().filter(|it| it.id().leaf == Leaf::Roster).for_each(|roster| disk.overwrite(roster));
        }
        self.start_node(new)?;
        let description = territory::description(self.nodes[new].role);
        written(self.call(new, |clerk, now| clerk.begin(now, None))?)?;
        written(self.call(new, |clerk, now| clerk.describe(now, description))?)?;
        for day in 0..3 {
            self.later(0, Event::Opening { node: new, day });
        }
        Ok(())
    }

    /// At each agency somebody settles what boxes held that are gone; a new box of an agency takes up
    /// its own line, whether or not every holder was heard.
    fn settle_all(&mut self) -> Result<(), Violation> {
        let members: Vec<MemberId> =
            self.nodes.iter().filter(|node| node.is_replaced).map(|node| node.member.clone()).collect();
        for place in 0..self.nodes.len() {
            let node = &self.nodes[place];
            if node.role != Role::Agency || node.is_retired() || node.clerk.is_none() {
                continue;
            }
            for member in &members {
                let done = self.call(place, |clerk, now| clerk.settle(now, member, false))?;
                self.tell(|| format!("{} settles {member}: {done:?}", self.nodes[place].member));
            }
            self.renew(place)?;
        }
        Ok(())
    }

    /// Somebody takes slots back from a point that still holds them: it may have promised them.
    fn force_a_point(&mut self) -> Result<(), Violation> {
        let agencies: Vec<usize> = self.places_of(Role::Agency).filter(|it| self.nodes[*it].clerk.is_some()).collect();
        let points: Vec<usize> = self.places_of(Role::Point).filter(|it| !self.nodes[*it].is_retired()).collect();
        let (Some(home), Some(point)) = (self.luck.people.pick(&agencies), self.luck.people.pick(&points)) else {
            return Ok(());
        };
        if self.nodes[home].is_retired() || self.is_healed {
            return Ok(());
        }
        let member = self.nodes[point].member.clone();
        self.oracle.forced.insert((self.nodes[home].member.clone(), member.clone()));
        let done = self.call(home, |clerk, now| clerk.settle(now, &member, true))?;
        self.tell(|| format!("{} takes slots back from {member}: {done:?}", self.nodes[home].member));
        Ok(())
    }

    /// The coordination's box is stolen. The root, on paper, names another, and how much of the old
    /// roster stands; whoever hears of it first passes it on.
    pub(crate) fn steal_the_coordination(&mut self) -> Result<(), Violation> {
        let old = self.coordination();
        if self.nodes[old].clerk.is_none() || self.is_healed {
            return Ok(());
        }
        self.tell(|| "the coordination is stolen".into());
        let roster = self.folio_of(old, roster_folio(self.nodes[old].writer()));
        self.ends = roster.hash_at(roster.seq()).map(|hash| (roster.seq(), hash));
        let node = &mut self.nodes[old];
        node.succession = Succession::Stolen;
        self.oracle.doubt(node.public(), &node.member);
        for _ in 0..6 {
            let in_ms = self.luck.villains.below(6 * HOUR_MS);
            self.later(in_ms, Event::Script(Self::thieves_write));
        }
        self.soon(Self::name_a_coordination);
        Ok(())
    }

    fn enrol_an_intruder(&mut self, place: usize) -> Result<(), Violation> {
        let key = SigningKey::from_bytes(&self.luck.villains.bytes());
        let key = crdt_calendar::ids::PublicKey(key.verifying_key().to_bytes());
        let Ok(member) = MemberId::new(INTRUDER) else { return Ok(()) };
        let enrolment = Enrolment { name: INTRUDER.into(), member, role: Role::Agency, place: None, key };
        self.call(place, |clerk, now| clerk.enrol(now, enrolment))?.or(Ok(()))
    }

    fn name_a_coordination(&mut self) -> Result<(), Violation> {
        let Some(old) = (0..self.nodes.len()).find(|it| {
            let node = &self.nodes[*it];
            node.role == Role::Coordination && node.is_retired() && !node.is_replaced
        }) else {
            return Ok(());
        };
        let new = self.successor(old);
        let node = &self.nodes[new];
        let (writer, member, key) = (node.writer(), node.member.clone(), node.public());
        let statement = RootStatement::sign(self.papers.0.territory(), 2, writer, self.ends, &self.root);
        self.start_node(new)?;
        let by_hand = statement.clone();
        written(self.call(new, |clerk, _| clerk.state(by_hand))?)?;
        written(self.call(new, |clerk, now| clerk.replace(now, member, key))?)?;
        let description = territory::description(Role::Coordination);
        written(self.call(new, |clerk, now| clerk.begin(now, None))?)?;
        written(self.call(new, |clerk, now| clerk.describe(now, description))?)?;
        // On paper or by telephone it reaches one member; the others hear it from their neighbours.
        let first = (1..new).find(|it| self.nodes[*it].clerk.is_some() && !self.nodes[*it].is_retired());
        first.map_or(Ok(()), |place| written(self.call(place, |clerk, _| clerk.state(statement))?))
    }
}

/// What people write in good order is written.
fn written<E: core::fmt::Display>(answer: Result<(), E>) -> Result<(), Violation> {
    answer.map_err(|error| Violation::new("world", error.to_string()))
}
