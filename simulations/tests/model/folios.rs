// SPDX-License-Identifier: EUPL-1.2
//! From deeds to real folios: each chain is written with the real acts, signed by its writer's key.
//!
//! Here and nowhere else are deeds turned into acts. Built folios are kept: prefixes recur by the thousand.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex};

use crdt_calendar::act::{Act, AskLeg, Enrolment, Leg, Reason, Role, Run, Upto};
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{
    ActRef, BoothId, DeskId, FolioId, Incarnation, Leaf, MemberId, PublicKey, ServiceId, TerritoryId, Writer,
};
use crdt_calendar::roster::{Keeper, Roster};
use crdt_calendar::time::{IsoWeek, Span};
use ed25519_dalek::SigningKey;

use crate::deed::{Chain, Deed};
use crate::state::{AGENCY, POINTS, SLOTS};

pub(crate) const WEEK: IsoWeek = IsoWeek(2980);
/// A member that never does anything: past tenures were its.
const GHOST: usize = POINTS + 1;
const STEP_MIN: u16 = 30;

/// Values by key, for two threads.
pub(crate) struct Memo<K, V> {
    shards: Vec<Mutex<HashMap<K, V>>>,
    hasher: RandomState,
}

impl<K: Hash + Eq + Clone, V: Clone> Memo<K, V> {
    pub(crate) fn new() -> Self {
        Self { shards: (0..64).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }

    pub(crate) fn get(&self, key: &K, make: impl FnOnce() -> V) -> V {
        let place = usize::try_from(self.hasher.hash_one(key) % 64).unwrap_or(0);
        if let Some(value) = self.shards[place].lock().expect("no panic while held").get(key) {
            return value.clone();
        }
        let value = make();
        self.shards[place].lock().expect("no panic while held").insert(key.clone(), value.clone());
        value
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().expect("no panic while held").len()).sum()
    }
}

/// What is held of the agency (by slot) and of each point. `asks` says which act a home's answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) home: [Chain; SLOTS],
    pub(crate) points: [Chain; POINTS],
    pub(crate) asks: [u8; POINTS],
}

/// The members, their keys, and the folios built so far.
pub(crate) struct Cast {
    keys: Vec<SigningKey>,
    pub(crate) roster: std::sync::Arc<Roster>,
    pub(crate) service: ServiceId,
    pub(crate) agency: MemberId,
    homes: Memo<([Chain; SLOTS], [u8; POINTS]), Arc<Folio>>,
    points: Memo<(usize, Chain), Arc<Folio>>,
}

const TERRITORY: TerritoryId = TerritoryId([7; 32]);

impl Cast {
    pub(crate) fn new() -> Self {
        // The agency stands last among those who act, as in `state`; then the ghost, then the coordination.
        let names = ["point-0", "point-1", "point-2", "agence", "personne", "departement"];
        let keys: Vec<SigningKey> = (1..=6).map(|seed| SigningKey::from_bytes(&[seed; 32])).collect();
        let name = |name: &str| MemberId::new(name).expect("a good name");
        let mut roster = Folio::new(TERRITORY, FolioId { writer: writer(&keys[5]), leaf: Leaf::Roster });
        let mut papers = Vec::new();
        for (member, key) in names.iter().zip(&keys) {
            let role = if *member == "agence" { Role::Agency } else { Role::Point };
            let enrolment =
                Enrolment { member: name(member), role, name: (*member).to_owned(), place: None, key: writer(key).key };
            roster.append(&Act::Enrol(enrolment), &keys[5]).expect("room");
            let mut profile = Folio::new(TERRITORY, FolioId { writer: writer(key), leaf: Leaf::Profile });
            profile.append(&Act::Begin { previous: None }, key).expect("room");
            papers.push(profile);
        }
        papers.push(roster);
        Self {
            roster: Roster::read(&[Keeper { writer: writer(&keys[5]), ends: None }], papers.iter()).into(),
            keys,
            service: name("carte"),
            agency: name("agence"),
            homes: Memo::new(),
            points: Memo::new(),
        }
    }

    /// The box of a node.
    pub(crate) fn writer(&self, node: usize) -> Writer {
        writer(&self.keys[node])
    }

    fn id(&self, node: usize) -> FolioId {
        FolioId { writer: self.writer(node), leaf: Leaf::Week(WEEK) }
    }

    /// The `open` that cut this slot: the agency's first acts.
    pub(crate) fn open(&self, slot: u8) -> ActRef {
        ActRef { folio: self.id(AGENCY), act: u32::from(slot) + 1 }
    }

    fn run(&self, slot: u8, tenure: u8) -> Run {
        Run { open: self.open(slot), tenures: vec![(0, u16::from(tenure))] }
    }

    /// The folios that are held; a point that wrote nothing has none.
    pub(crate) fn folios(&self, held: &Held) -> Vec<Arc<Folio>> {
        let points = (0..POINTS).filter(|point| held.points[*point].len() > 0);
        let points = points.map(|point| self.points.get(&(point, held.points[point]), || self.point(point, held)));
        let home = self.homes.get(&(held.home, held.asks), || self.home(held));
        points.chain([home]).collect()
    }

    /// Both desks open at the same minutes; then all about the first slot, then all about the second.
    fn home(&self, held: &Held) -> Arc<Folio> {
        let key = &self.keys[AGENCY];
        let mut folio = Folio::new(TERRITORY, self.id(AGENCY));
        for number in 1..=2 {
            let act = Act::Open {
                desk: DeskId { home: self.agency.clone(), number },
                minutes: minutes(),
                step_min: STEP_MIN,
                services: vec![(self.service.clone(), STEP_MIN)],
                week_key: [0; 32],
            };
            folio.append(&act, key).expect("room");
        }
        for (slot, chain) in (0..).zip(&held.home) {
            let mut tenure = 0;
            for deed in chain.deeds() {
                tenure += u8::from(deed.begins());
                for act in self.home_acts(slot, tenure, *deed, &held.asks) {
                    folio.append(&act, key).expect("room");
                }
            }
        }
        Arc::new(folio)
    }

    fn home_acts(&self, slot: u8, tenure: u8, deed: Deed, asks: &[u8; POINTS]) -> Vec<Act> {
        let run = self.run(slot, tenure);
        let leg = |of: u8| {
            let (folio, act) = (self.id(usize::from(of)), u32::from(asks[usize::from(of)]));
            AskLeg { ask: ActRef { folio, act }, leg: 0 }
        };
        let grant = |to: usize, ask| Act::Grant { run: run.clone(), to: self.writer(to), ask };
        let upto = Upto { folio: self.id(GHOST), seq: 1, hash: [0; 32] };
        let take = || Act::Take { run: run.clone(), upto, keeps: None };
        match deed {
            Deed::Past => vec![grant(GHOST, None), take()],
            Deed::Grant { to } => vec![grant(usize::from(to), None)],
            Deed::Answer { to } => vec![grant(usize::from(to), Some(leg(to)))],
            Deed::Refuse { of, alternative } => {
                let other = crdt_calendar::ids::SlotId { open: self.open(1 - slot), index: 0 };
                vec![Act::Refuse { leg: leg(of), alternatives: alternative.then_some(other).into_iter().collect() }]
            }
            Deed::Take => vec![take()],
            Deed::Void => vec![Act::Void { run, reason: Reason::AdvisorAbsent }],
            Deed::Close => vec![Act::Close { run: self.run(slot, 0) }],
            other => unreachable!("{other:?} is no act of a home"),
        }
    }

    fn point(&self, point: usize, held: &Held) -> Arc<Folio> {
        let mut folio = Folio::new(TERRITORY, self.id(point));
        for deed in held.points[point].deeds() {
            folio.append(&self.point_act(*deed), &self.keys[point]).expect("room");
        }
        Arc::new(folio)
    }

    fn point_act(&self, deed: Deed) -> Act {
        let (booth, service, envelope) = (BOOTH, self.service.clone(), vec![0]);
        match deed {
            Deed::Book { slot, tenure } => {
                Act::Book { run: self.run(slot, tenure), minutes: minutes(), booth, service, envelope }
            }
            Deed::Ask { slot } => {
                let legs = vec![Leg::Slots(self.run(slot, 1))];
                Act::Ask { legs, minutes: minutes(), booth, service, envelope }
            }
            Deed::Cancel { at } => Act::Cancel { target: u32::from(at) + 1, reason: Reason::ByThePerson },
            Deed::Drop { at } => Act::Drop { ask: u32::from(at) + 1 },
            Deed::Release { slot, tenure } => Act::Release { run: self.run(slot, tenure) },
            other => unreachable!("{other:?} is no act of a point"),
        }
    }
}

/// Each point's only booth.
pub(crate) const BOOTH: BoothId = BoothId(1);

/// The minutes of both slots.
pub(crate) fn minutes() -> Span {
    Span { from: WEEK.start().plus_min(9 * 60), length_min: STEP_MIN }
}

fn writer(key: &SigningKey) -> Writer {
    Writer { key: PublicKey(key.verifying_key().to_bytes()), incarnation: Incarnation([1; 8]) }
}
