// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small territory for tests: fixed keys, one week, folios written act by act.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod acts;
pub(crate) mod forge;
pub(crate) mod mesh;
pub(crate) mod village;

use crdt_calendar::act::{Act, AskLeg, Enrolment, Leg, Reason, Role, Run, Upto};
use crdt_calendar::fold::Week;
use crdt_calendar::fold::appointment::{Appointment, State};
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{
    ActRef, BoothId, DeskId, FolioId, Incarnation, Leaf, MemberId, PublicKey, ServiceId, SlotId, TerritoryId, Writer,
};
use crdt_calendar::roster::{Genesis, Keeper, RootStatement, Roster};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::{IsoWeek, Span, UtcMinute};
use ed25519_dalek::SigningKey;

pub(crate) const WEEK: IsoWeek = IsoWeek(2_983);

/// A box with a fixed key: `seed` fills its 32 bytes.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) key: SigningKey,
    pub(crate) writer: Writer,
    pub(crate) name: MemberId,
    pub(crate) role: Role,
}

pub(crate) fn a_box(seed: u8, name: &str, role: Role) -> Member {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let public = PublicKey(key.verifying_key().to_bytes());
    let writer = Writer { key: public, incarnation: Incarnation([seed; 8]) };
    Member { key, writer, name: MemberId::new(name).unwrap(), role }
}

impl Member {
    /// The same key in another life.
    pub(crate) fn reborn(&self, life: u8) -> Self {
        Self { writer: Writer { incarnation: Incarnation([life; 8]), ..self.writer }, ..self.clone() }
    }

    pub(crate) fn folio(&self, leaf: Leaf) -> FolioId {
        FolioId { writer: self.writer, leaf }
    }

    pub(crate) fn week(&self) -> FolioId {
        self.folio(Leaf::Week(WEEK))
    }

    pub(crate) fn write(&self, leaf: Leaf, acts: &[Act]) -> Folio {
        let mut folio = Folio::new(territory(), self.folio(leaf));
        for act in acts {
            folio.append(act, &self.key).unwrap();
        }
        folio
    }

    pub(crate) fn enrolment(&self) -> Act {
        Act::Enrol(Enrolment {
            member: self.name.clone(),
            role: self.role,
            name: self.name.to_string(),
            place: None,
            key: self.writer.key,
        })
    }

    pub(crate) fn begins(&self, previous: Option<Writer>) -> Folio {
        self.write(Leaf::Profile, &[Act::Begin { previous }])
    }
}

pub(crate) fn coordination() -> Member {
    a_box(1, "departement", Role::Coordination)
}
pub(crate) fn agency() -> Member {
    a_box(2, "cpam-46", Role::Agency)
}
pub(crate) fn left() -> Member {
    a_box(3, "puy-leveque", Role::Point)
}
pub(crate) fn right() -> Member {
    a_box(4, "prayssac", Role::Point)
}

/// All four of the territory.
pub(crate) fn everybody() -> [Member; 4] {
    [coordination(), agency(), left(), right()]
}

/// The agency's week: some hours, of which the left point holds two slots in advance.
pub(crate) fn passed_on() -> Folio {
    agency().write(Leaf::Week(WEEK), &[open(), grant(&[(0, 1)], &left()), grant(&[(1, 1)], &left())])
}

pub(crate) fn genesis() -> (Genesis, SigningKey) {
    let root = SigningKey::from_bytes(&[9; 32]);
    (Genesis { name: "Lot".into(), root: PublicKey(root.verifying_key().to_bytes()) }, root)
}

pub(crate) fn territory() -> TerritoryId {
    genesis().0.territory()
}

pub(crate) fn statement() -> RootStatement {
    RootStatement::sign(territory(), 1, coordination().writer, None, &genesis().1)
}

/// The coordination alone keeps the roster.
pub(crate) fn keepers() -> [Keeper; 1] {
    [Keeper { writer: coordination().writer, ends: None }]
}

pub(crate) fn shelf() -> Shelf {
    Shelf::new(genesis().0, statement(), WEEK).unwrap()
}

/// Roster and profiles of the usual four.
pub(crate) fn papers() -> Vec<Folio> {
    let boxes = [coordination(), agency(), left(), right()];
    let acts: Vec<Act> = boxes.iter().map(Member::enrolment).collect();
    let mut folios = vec![coordination().write(Leaf::Roster, &acts)];
    folios.extend(boxes.iter().map(|it| it.begins(None)));
    folios
}

pub(crate) fn full_shelf(folios: &[Folio]) -> Shelf {
    let mut shelf = shelf();
    for folio in papers().iter().chain(folios) {
        shelf.restore(folio.clone());
    }
    shelf
}

pub(crate) fn fold(folios: &[Folio]) -> Week {
    let papers = papers();
    let roster = Roster::read(&keepers(), papers.iter());
    Week::fold(WEEK, &roster.into(), folios.iter())
}

pub(crate) fn service() -> ServiceId {
    ServiceId::new("carte-vitale").unwrap()
}

/// Minutes of slot `index` of an opening at nine on Monday, 30 minutes each, `count` slots.
pub(crate) fn nine(index: u16, count: u16) -> Span {
    Span { from: WEEK.start().plus_min(540 + 30 * u32::from(index)), length_min: 30 * count }
}

pub(crate) fn desk(number: u8) -> DeskId {
    DeskId { home: agency().name, number }
}

/// Opens eight slots from nine on.
pub(crate) fn open() -> Act {
    open_at(1, nine(0, 8))
}

pub(crate) fn open_at(number: u8, minutes: Span) -> Act {
    Act::Open { desk: desk(number), minutes, step_min: 30, services: vec![(service(), 30)], week_key: [7; 32] }
}

/// Slots of the agency's act `open`: (index, tenure).
pub(crate) fn run_of(open: u32, tenures: &[(u16, u16)]) -> Run {
    Run { open: ActRef { folio: agency().week(), act: open }, tenures: tenures.to_vec() }
}

pub(crate) fn run(tenures: &[(u16, u16)]) -> Run {
    run_of(1, tenures)
}

pub(crate) fn slot(index: u16) -> SlotId {
    SlotId { open: ActRef { folio: agency().week(), act: 1 }, index }
}

pub(crate) fn grant(tenures: &[(u16, u16)], to: &Member) -> Act {
    Act::Grant { run: run(tenures), to: to.writer, ask: None }
}

pub(crate) fn grant_for(tenures: &[(u16, u16)], to: &Member, ask: u32) -> Act {
    Act::Grant { run: run(tenures), to: to.writer, ask: Some(leg(to, ask, 0)) }
}

pub(crate) fn leg(of: &Member, ask: u32, leg: u8) -> AskLeg {
    AskLeg { ask: ActRef { folio: of.week(), act: ask }, leg }
}

pub(crate) fn take(tenures: &[(u16, u16)], from: &Member) -> Act {
    let upto = Upto { folio: from.week(), seq: 1, hash: [0; 32] };
    Act::Take { run: run(tenures), upto, keeps: None }
}

pub(crate) fn take_keeping(tenures: &[(u16, u16)], from: &Member, act: u32) -> Act {
    let upto = Upto { folio: from.week(), seq: 1, hash: [0; 32] };
    Act::Take { run: run(tenures), upto, keeps: Some(ActRef { folio: from.week(), act }) }
}

pub(crate) fn void(tenures: &[(u16, u16)]) -> Act {
    Act::Void { run: run(tenures), reason: Reason::AdvisorAbsent }
}

pub(crate) fn refuse(of: &Member, ask: u32) -> Act {
    Act::Refuse { leg: leg(of, ask, 0), alternatives: vec![slot(5)] }
}

pub(crate) fn book(tenures: &[(u16, u16)], booth: u8) -> Act {
    let count = u16::try_from(tenures.len()).unwrap();
    book_at(tenures, nine(tenures[0].0, count), booth)
}

pub(crate) fn book_at(tenures: &[(u16, u16)], minutes: Span, booth: u8) -> Act {
    Act::Book { run: run(tenures), minutes, booth: BoothId(booth), service: service(), envelope: vec![1] }
}

pub(crate) fn ask(index: u16, booth: u8) -> Act {
    ask_legs(vec![Leg::Slots(run(&[(index, 1)]))], nine(index, 1), booth)
}

pub(crate) fn ask_legs(legs: Vec<Leg>, minutes: Span, booth: u8) -> Act {
    Act::Ask { legs, minutes, booth: BoothId(booth), service: service(), envelope: vec![1] }
}

pub(crate) fn cancel(target: u32) -> Act {
    Act::Cancel { target, reason: Reason::ByThePerson }
}

pub(crate) fn release(tenures: &[(u16, u16)]) -> Act {
    Act::Release { run: run(tenures) }
}

pub(crate) fn at(of: &Member, act: u32) -> ActRef {
    ActRef { folio: of.week(), act }
}

pub(crate) fn appointment<'a>(week: &'a Week, of: &Member, act: u32) -> &'a Appointment {
    &week.appointments[&at(of, act)]
}

pub(crate) fn state(week: &Week, of: &Member, act: u32) -> State {
    appointment(week, of, act).state.clone()
}

pub(crate) fn minute(after_start: u32) -> UtcMinute {
    WEEK.start().plus_min(after_start)
}
