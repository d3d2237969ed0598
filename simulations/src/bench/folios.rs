// SPDX-License-Identifier: EUPL-1.2
//! Ours: the replicators of a point and of an agency, in a territory of 30 points and 8 agencies.

use crdt_calendar::act::{Act, Enrolment, Role, Run};
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{ActRef, BoothId, FolioId, Incarnation, Leaf, MemberId, PublicKey, SlotId, Writer};
use crdt_calendar::replicator::{Effect, Input, Replicator};
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::{IsoWeek, Span};
use ed25519_dalek::SigningKey;

use super::end::End;
use crate::dice::Dice;

pub(crate) const POINTS: usize = 30;
const AGENCIES: usize = 8;
/// The current week, as in the simulated worlds: Monday 1 March 2027.
pub(crate) const WEEK: IsoWeek = IsoWeek(2_983);
/// Weeks that a node holds, and those in which people book.
const WEEKS: usize = 16;
const BUSY_WEEKS: usize = 4;

/// One box of the territory.
#[derive(Clone)]
struct Member {
    key: SigningKey,
    writer: Writer,
}

/// A calendar, from which two ends are made.
pub(crate) struct Calendar {
    members: Vec<Member>,
    shelf: Shelf,
    bookings: usize,
    envelope_bytes: usize,
}

/// A node, with the bookings that it will write.
pub(crate) struct Node {
    replicator: Replicator,
    peer: PublicKey,
    bookings: usize,
    /// Keys of the points whose bookings arise at this end, while it is cut off.
    writers: Vec<Member>,
    written: usize,
    envelope_bytes: usize,
}

fn member(number: usize) -> Member {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    let key = SigningKey::from_bytes(&seed);
    let writer = Writer { key: PublicKey(key.verifying_key().to_bytes()), incarnation: Incarnation([1; 8]) };
    Member { key, writer }
}

fn folio_id(writer: Writer, week: usize) -> FolioId {
    // Two weeks past, the current one, and what is to come.
    let week = WEEK.0 - 2 + u16::try_from(week).unwrap_or(0);
    FolioId { writer, leaf: Leaf::Week(IsoWeek(week)) }
}

fn of_this_week(shelf: &Shelf) -> usize {
    let folios = shelf.folios().filter(|folio| folio.id().leaf == Leaf::Week(WEEK));
    folios.map(|folio| folio.seq() as usize).sum()
}

/// Details as they look sealed: bytes that do not shrink.
pub(crate) fn sealed(number: usize, bytes: usize) -> Vec<u8> {
    let mut dice = Dice::new(number as u64, 0);
    let mut sealed = Vec::with_capacity(bytes + 32);
    while sealed.len() < bytes {
        sealed.extend(dice.bytes::<32>());
    }
    sealed.truncate(bytes);
    sealed
}

/// A booking of one slot; details of `envelope_bytes`.
fn booking(id: FolioId, home: Writer, number: usize, envelope_bytes: usize) -> Act {
    let Leaf::Week(week) = id.leaf else { return Act::Begin { previous: None } };
    let slot = SlotId {
        open: ActRef { folio: FolioId { writer: home, ..id }, act: 1 + u32::try_from(number % 200).unwrap_or(0) },
        index: u16::try_from(number % 16).unwrap_or(0),
    };
    let from = week.start().plus_min(480 + 30 * u32::try_from(number % 300).unwrap_or(0));
    Act::Book {
        run: Run { open: slot.open, tenures: vec![(slot.index, 1)] },
        minutes: Span { from, length_min: 30 },
        booth: BoothId(1),
        service: MemberId::new("carte-vitale").expect("a name"),
        envelope: sealed(number, envelope_bytes),
    }
}

impl Calendar {
    /// `bookings` by 30 points over 16 weeks, all held by both ends.
    pub(crate) fn new(bookings: usize, envelope_bytes: usize) -> Self {
        Self::of(POINTS + AGENCIES + 1, bookings, envelope_bytes)
    }

    /// The same among so many members: 30 points, the coordination, and agencies.
    pub(crate) fn of(members: usize, bookings: usize, envelope_bytes: usize) -> Self {
        let agencies = members - POINTS - 1;
        let root = SigningKey::from_bytes(&[5; 32]);
        let genesis = Genesis { name: "Lot".into(), root: PublicKey(root.verifying_key().to_bytes()) };
        let members: Vec<Member> = (0..members).map(member).collect();
        let coordination = &members[POINTS + agencies];
        let statement = RootStatement::sign(genesis.territory(), 1, coordination.writer, None, &root);
        let territory = genesis.territory();
        let mut shelf = Shelf::new(genesis, statement, WEEK).expect("the root signed it");
        let mut roster = Folio::new(territory, FolioId { writer: coordination.writer, leaf: Leaf::Roster });
        for (number, member) in members.iter().enumerate() {
            let role = match number {
                0..POINTS => Role::Point,
                number if number < POINTS + agencies => Role::Agency,
                _ => Role::Coordination,
            };
            let name = MemberId::new(&format!("membre-{number}")).expect("a name");
            let enrolment =
                Enrolment { name: name.to_string(), member: name, role, place: None, key: member.writer.key };
            roster.append(&Act::Enrol(enrolment), &coordination.key).expect("there is room");
        }
        shelf.restore(roster);
        for member in &members {
            let mut profile = Folio::new(territory, FolioId { writer: member.writer, leaf: Leaf::Profile });
            profile.append(&Act::Begin { previous: None }, &member.key).expect("there is room");
            shelf.restore(profile);
        }
        for number in 0..bookings {
            let point = &members[number % POINTS];
            let id = folio_id(point.writer, number / POINTS % WEEKS);
            let home = members[POINTS + number % agencies].writer;
            let act = booking(id, home, number, envelope_bytes);
            shelf.own_mut(id).append(&act, &point.key).expect("there is room");
        }
        Self { members, shelf, bookings, envelope_bytes }
    }

    /// The first point, cut off with its own bookings; and an agency that has those of all the others.
    pub(crate) fn ends(&self) -> [Node; 2] {
        let (point, agency) = (self.members[0].writer.key, self.members[POINTS].writer.key);
        let node = |own, peer, writers: &[Member]| Node {
            replicator: Replicator::new(own, self.shelf.clone()),
            peer,
            bookings: self.bookings,
            writers: writers.to_vec(),
            written: 0,
            envelope_bytes: self.envelope_bytes,
        };
        [node(point, agency, &self.members[..1]), node(agency, point, &self.members[1..POINTS])]
    }

    /// A member's key.
    pub(crate) fn key(&self, member: usize) -> PublicKey {
        self.members[member].writer.key
    }

    /// A member's box that holds everything.
    pub(crate) fn replicator(&self, member: usize) -> Replicator {
        Replicator::new(self.key(member), self.shelf.clone())
    }

    /// Writes one booking of this week in a member's folio; the folio, and the bytes of the act.
    pub(crate) fn book(&self, replicator: &mut Replicator, member: usize, number: usize) -> (FolioId, usize) {
        let Member { key, writer } = &self.members[member];
        let id = folio_id(*writer, 2);
        let act = booking(id, self.members[POINTS].writer, self.bookings + number, self.envelope_bytes);
        replicator.shelf_mut().own_mut(id).append(&act, key).expect("there is room");
        (id, crdt_calendar::wire::act::encode(&act).len())
    }

    /// A box that holds nothing but the roster's papers.
    pub(crate) fn newcomer(&self) -> Node {
        let [mut node, _] = self.ends();
        let mut shelf = Shelf::new(self.shelf.genesis().clone(), self.statement(), WEEK).expect("the root signed it");
        let papers = self.shelf.folios().filter(|folio| !matches!(folio.id().leaf, Leaf::Week(_)));
        papers.for_each(|folio| shelf.restore(folio.clone()));
        node.replicator = Replicator::new(self.members[0].writer.key, shelf);
        node
    }

    /// Bookings of the current week.
    pub(crate) fn week(&self) -> usize {
        of_this_week(&self.shelf)
    }

    fn statement(&self) -> RootStatement {
        self.shelf.statements().all().next().expect("there is one").clone()
    }
}

impl Node {
    fn input(&mut self, input: Input) -> Vec<Vec<u8>> {
        self.replicator.handle(0, WEEK, input);
        self.drain()
    }

    fn drain(&mut self) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        while let Some(effect) = self.replicator.poll() {
            if let Effect::Send { bytes, .. } = effect {
                said.push(bytes);
            }
        }
        if self.replicator.owes(&self.peer) {
            self.replicator.handle(0, WEEK, Input::Room(self.peer));
            said.extend(self.drain());
        }
        said
    }

    /// Bytes of the acts written at this end, and how many folios they lie in.
    pub(crate) fn payload(&self) -> (usize, usize) {
        let ids = (0..self.written).map(|number| self.place(number));
        let mut folios: Vec<FolioId> = ids.map(|(_, id)| id).collect();
        let bytes = (0..self.written).map(|number| crdt_calendar::wire::act::encode(&self.act(number)).len());
        let bytes = bytes.sum();
        folios.sort();
        folios.dedup();
        (bytes, folios.len())
    }

    fn place(&self, number: usize) -> (&Member, FolioId) {
        let writer = &self.writers[number % self.writers.len()];
        (writer, folio_id(writer.writer, 2 + number / self.writers.len() % BUSY_WEEKS))
    }

    fn act(&self, number: usize) -> Act {
        let (_, id) = self.place(number);
        booking(id, member(POINTS + number % AGENCIES).writer, self.bookings + number, self.envelope_bytes)
    }
}

impl End for Node {
    fn start(&mut self) -> Vec<Vec<u8>> {
        self.input(Input::Up(self.peer))
    }

    fn take(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        self.input(Input::Frame(self.peer, frame.to_vec()))
    }

    fn write(&mut self, bookings: usize) -> Vec<Vec<u8>> {
        let mut ids = Vec::new();
        for number in self.written..self.written + bookings {
            let act = self.act(number);
            let (writer, id) = self.place(number);
            let key = writer.key.clone();
            self.replicator.shelf_mut().own_mut(id).append(&act, &key).expect("there is room");
            ids.push(id);
        }
        self.written += bookings;
        ids.sort();
        ids.dedup();
        ids.into_iter().flat_map(|id| self.input(Input::Written(id))).collect()
    }

    fn bookings(&mut self) -> usize {
        let folios = self.replicator.shelf().folios().filter(|folio| matches!(folio.id().leaf, Leaf::Week(_)));
        folios.map(|folio| folio.seq() as usize).sum()
    }

    fn week(&mut self) -> usize {
        of_this_week(self.replicator.shelf())
    }
}
