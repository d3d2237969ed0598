// SPDX-License-Identifier: MIT OR Apache-2.0
//! A village of clerks on a virtual line: every frame arrives, in order, unless a member is cut off.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crdt_calendar::act::{Act, Description, Role};
use crdt_calendar::clerk::{Clerk, Doubt, Effect, Now, OpeningPlan, Request};
use crdt_calendar::fold::appointment::Appointment;
use crdt_calendar::fold::{SlotState, State};
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{ActRef, BoothId, Incarnation, PublicKey, SlotId, Writer};
use crdt_calendar::replicator::{self, Input};
use crdt_calendar::retention::Erasure;
use crdt_calendar::shelf::Shelf;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{Member, WEEK, full_shelf, nine, service};

/// More frames than any of these villages needs: beyond it, someone talks for ever.
const FRAMES_MAX: usize = 4_000;

pub(crate) struct Village {
    pub(crate) clerks: BTreeMap<PublicKey, Clerk>,
    pub(crate) doubts: Vec<(PublicKey, Doubt)>,
    pub(crate) erased: Vec<(PublicKey, Erasure)>,
    pub(crate) rng: ChaCha20Rng,
    frames: VecDeque<(PublicKey, PublicKey, Vec<u8>)>,
    away: BTreeSet<PublicKey>,
    minute: u32,
}

impl Village {
    /// These members, each with all papers, all of them connected.
    pub(crate) fn new(members: &[Member]) -> Self {
        let mut village = Self {
            clerks: BTreeMap::new(),
            doubts: Vec::new(),
            erased: Vec::new(),
            rng: ChaCha20Rng::seed_from_u64(7),
            frames: VecDeque::new(),
            away: BTreeSet::new(),
            minute: 0,
        };
        for member in members {
            village.arrive(member, full_shelf(&[]), None);
        }
        village.settle();
        village
    }

    pub(crate) fn now(&self) -> Now {
        Now { monotonic_ms: u64::from(self.minute) * 60_000, minute: WEEK.start().plus_min(self.minute) }
    }

    /// A box with this shelf joins, and says what it is.
    pub(crate) fn arrive(&mut self, member: &Member, shelf: Shelf, previous: Option<Writer>) {
        let secrets = BTreeMap::new();
        let mut clerk = Clerk::new(member.key.clone(), member.writer.incarnation, shelf, secrets);
        clerk.begin(self.now(), previous).unwrap();
        clerk.describe(self.now(), description(member.role)).unwrap();
        self.clerks.insert(member.writer.key, clerk);
        self.away.insert(member.writer.key);
        self.return_of(member);
    }

    pub(crate) fn at(&self, member: &Member) -> &Clerk {
        &self.clerks[&member.writer.key]
    }

    /// Lets a clerk do something, then delivers what follows.
    pub(crate) fn act<T>(&mut self, by: &Member, what: impl FnOnce(&mut Clerk, Now, &mut ChaCha20Rng) -> T) -> T {
        let now = self.now();
        let clerk = self.clerks.get_mut(&by.writer.key).unwrap();
        let done = what(clerk, now, &mut self.rng);
        self.settle();
        done
    }

    pub(crate) fn cut_off(&mut self, member: &Member) {
        let key = member.writer.key;
        self.away.insert(key);
        self.frames.retain(|(from, to, _)| *from != key && *to != key);
        let others: Vec<PublicKey> = self.clerks.keys().copied().filter(|it| *it != key).collect();
        for other in others {
            self.input(other, Input::Down(key));
            self.input(key, Input::Down(other));
        }
        self.settle();
    }

    pub(crate) fn return_of(&mut self, member: &Member) {
        let key = member.writer.key;
        self.away.remove(&key);
        let others: Vec<PublicKey> = self.clerks.keys().copied().filter(|it| *it != key).collect();
        for other in others.into_iter().filter(|it| !self.away.contains(it)).collect::<Vec<_>>() {
            self.input(other, Input::Up(key));
            self.input(key, Input::Up(other));
        }
        self.settle();
    }

    /// Time passes, and each clerk is told so.
    pub(crate) fn wait_min(&mut self, minutes: u32) {
        self.minute += minutes;
        for key in self.clerks.keys().copied().collect::<Vec<_>>() {
            self.input(key, Input::Tick);
            let now = self.now();
            self.clerks.get_mut(&key).unwrap().renew(now, &mut self.rng);
        }
        self.settle();
    }

    fn input(&mut self, to: PublicKey, input: Input) {
        let now = self.now();
        self.clerks.get_mut(&to).unwrap().handle(now, input);
    }

    /// Collects what clerks send; frames to and from those who are away are lost.
    fn collect(&mut self) {
        for (key, clerk) in &mut self.clerks {
            while let Some(effect) = clerk.poll() {
                match effect {
                    Effect::Replicate(replicator::Effect::Send { peer, bytes })
                        if !self.away.contains(key) && !self.away.contains(&peer) =>
                    {
                        self.frames.push_back((*key, peer, bytes));
                    }
                    Effect::StartOver(doubt) => self.doubts.push((*key, doubt)),
                    Effect::Erase(erasure) => self.erased.push((*key, *erasure)),
                    _ => {}
                }
            }
        }
    }

    pub(crate) fn settle(&mut self) {
        self.collect();
        for _ in 0..FRAMES_MAX {
            let Some((from, to, bytes)) = self.frames.pop_front() else { return };
            // Only members' boxes are let in.
            let admitted = self.clerks.get(&to).is_some_and(|clerk| clerk.roster().keys().contains(&from));
            if admitted {
                self.input(to, Input::Frame(from, bytes));
            }
            self.collect();
        }
        panic!("they talk for ever");
    }

    /// The agency opens eight slots of half an hour from nine on, at this desk.
    pub(crate) fn open(&mut self, agency: &Member, desk: u8) -> ActRef {
        let plan = OpeningPlan { desk, minutes: nine(0, 8), step_min: 30, services: vec![(service(), 30)] };
        self.act(agency, |clerk, now, rng| clerk.open(now, &plan, rng)).unwrap()
    }

    pub(crate) fn reserve(&mut self, agency: &Member, open: ActRef, indexes: &[u16], to: &Member) {
        self.act(agency, |clerk, now, _| clerk.reserve(now, open, indexes, to.writer)).unwrap();
    }

    pub(crate) fn book(&mut self, point: &Member, open: ActRef, index: u16) -> ActRef {
        let slot = SlotId { open, index };
        let request = Request { slot, service: service(), booth: None, details: b"demo".to_vec() };
        self.act(point, |clerk, now, rng| clerk.book(now, &request, rng)).unwrap()
    }

    pub(crate) fn appointment(&self, at: &Member, id: ActRef) -> &Appointment {
        &self.at(at).week(WEEK).unwrap().appointments[&id]
    }

    pub(crate) fn state(&self, at: &Member, id: ActRef) -> State {
        self.appointment(at, id).state.clone()
    }

    pub(crate) fn slot(&self, at: &Member, open: ActRef, index: u16) -> SlotState {
        self.at(at).week(WEEK).unwrap().state(&SlotId { open, index }).unwrap()
    }

    /// Every clerk that is here shows the same week.
    pub(crate) fn check_same(&self) {
        let here = self.clerks.iter().filter(|(key, _)| !self.away.contains(key));
        let shown: BTreeSet<String> = here.map(|(_, clerk)| format!("{:?}", clerk.week(WEEK))).collect();
        assert_eq!(shown.len(), 1, "all show the same week");
    }

    /// Everything that this clerk holds, as if read back from its disk.
    pub(crate) fn shelf_of(&self, member: &Member) -> Vec<Folio> {
        self.at(member).shelf().folios().cloned().collect()
    }
}

/// The same member with another key, or in another life.
pub(crate) fn rekeyed(member: &Member, seed: u8) -> Member {
    super::a_box(seed, member.name.as_str(), member.role)
}

pub(crate) fn another_life(life: u8) -> Incarnation {
    Incarnation([life; 8])
}

pub(crate) fn replace_act(member: &Member, by: &Member) -> Act {
    Act::Replace { member: member.name.clone(), key: by.writer.key }
}

fn description(role: Role) -> Description {
    match role {
        Role::Point => {
            Description { booths: vec![(BoothId(1), "A".into()), (BoothId(2), "B".into())], ..Description::default() }
        }
        Role::Agency => Description { desks: vec![(1, "1".into()), (2, "2".into())], ..Description::default() },
        Role::Coordination => Description::default(),
    }
}
