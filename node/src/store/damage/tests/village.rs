// SPDX-License-Identifier: EUPL-1.2
//! A territory of three, in memory: what its boxes hold, and how they talk until all is said.

use std::collections::BTreeMap;

use crdt_calendar::act::{Act, Description, Enrolment, Role};
use crdt_calendar::clerk::{Clerk, Effect, Now, OpeningPlan, Request};
use crdt_calendar::folio::{Batch, Folio};
use crdt_calendar::ids::{BoothId, Incarnation, MemberId, PublicKey, SlotId, Writer};
use crdt_calendar::replicator::{self, Input};
use crdt_calendar::roster::{Genesis, RootStatement, roster_folio};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::{IsoWeek, Span};
use ed25519_dalek::SigningKey;
use rand_core::{TryCryptoRng, TryRng};

pub(in crate::store) const WEEK: IsoWeek = IsoWeek(2983);
/// More frames than two of these boxes need.
const FRAMES_MAX: usize = 2_000;

/// Numbers of SplitMix64 (Steele, Lea, Flood 2014), for places and bits: the same for a seed for ever.
pub(super) struct Dice(pub(super) u64);

impl TryRng for Dice {
    type Error = core::convert::Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ (mixed >> 31))
    }

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for part in bytes.chunks_mut(8) {
            let number = self.try_next_u64()?.to_le_bytes();
            part.copy_from_slice(&number[..part.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Dice {}

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(in crate::store) fn writer(seed: u8) -> Writer {
    Writer { key: PublicKey(key(seed).verifying_key().to_bytes()), incarnation: Incarnation([seed; 8]) }
}

pub(super) fn id(name: &str) -> MemberId {
    MemberId::new(name).expect("a name")
}

pub(super) const LOT: u8 = 1;
pub(in crate::store) const PUY: u8 = 2;
pub(super) const CPAM: u8 = 4;

/// A territory of three: its papers, and what two of its boxes hold.
pub(in crate::store) struct Village {
    pub(super) genesis: Genesis,
    statement: RootStatement,
    roster: Batch,
    clerks: BTreeMap<PublicKey, Clerk>,
}

pub(super) fn now() -> Now {
    Now { monotonic_ms: 0, minute: WEEK.start() }
}

impl Village {
    /// The agency has opened two weeks, the point has booked and asked in both.
    pub(in crate::store) fn new() -> Self {
        let root = key(200);
        let genesis = Genesis { name: "Lot".to_owned(), root: PublicKey(root.verifying_key().to_bytes()) };
        let statement = RootStatement::sign(genesis.territory(), 1, writer(LOT), None, &root);
        let mut roster = Folio::new(genesis.territory(), roster_folio(writer(LOT)));
        for (name, role, seed) in
            [("lot", Role::Coordination, LOT), ("puy", Role::Point, PUY), ("cpam", Role::Agency, CPAM)]
        {
            let key = writer(seed).key;
            let enrolment = Enrolment { member: id(name), role, name: name.to_owned(), place: None, key };
            roster.append(&Act::Enrol(enrolment), &self::key(LOT)).expect("room");
        }
        let roster = roster.after(0).expect("a head");
        let mut village = Self { genesis, statement, roster, clerks: BTreeMap::new() };
        for seed in [LOT, PUY, CPAM] {
            let clerk = Clerk::new(key(seed), writer(seed).incarnation, village.shelf(), BTreeMap::new());
            village.clerks.insert(writer(seed).key, clerk);
            let clerk = village.at(seed);
            clerk.begin(now(), None).expect("begun");
            let booths = vec![(BoothId(1), "A".into()), (BoothId(2), "B".into())];
            clerk.describe(now(), Description { booths, ..Description::default() }).expect("described");
        }
        village.meet();
        let mut dice = Dice(7);
        for week in [WEEK, IsoWeek(WEEK.0 + 1)] {
            let minutes = Span { from: week.start().plus_min(540), length_min: 1_200 };
            let plan = OpeningPlan { desk: 1, minutes, step_min: 15, services: vec![(id("carte"), 15)] };
            let opened = village.at(CPAM).open(now(), &plan, &mut dice).expect("opened");
            village.at(CPAM).reserve(now(), opened, &(0..38).collect::<Vec<_>>(), writer(PUY)).expect("granted");
            village.meet();
            // So many that they are folded into a document, and so few that they lie beside it.
            let asked = if week == WEEK { 40..68 } else { 40..46 };
            for index in (0..38).chain(asked) {
                let slot = SlotId { open: opened, index };
                let request = Request { slot, service: id("carte"), booth: None, details: vec![b'x'; 90] };
                village.at(PUY).book(now(), &request, &mut dice).expect("booked");
            }
            village.meet();
        }
        village
    }

    /// What the root said since the papers.
    pub(super) fn successor(&self) -> RootStatement {
        RootStatement::sign(self.genesis.territory(), 2, writer(LOT), None, &key(200))
    }

    pub(super) fn shelf(&self) -> Shelf {
        let mut shelf = Shelf::new(self.genesis.clone(), self.statement.clone(), WEEK).expect("papers");
        shelf.accept(&self.roster).expect("papers");
        shelf
    }

    pub(in crate::store) fn at(&mut self, seed: u8) -> &mut Clerk {
        self.clerks.get_mut(&writer(seed).key).expect("a clerk")
    }

    fn meet(&mut self) {
        converse(&mut self.clerks);
    }
}

/// Everybody's connection begins anew, and all is said.
pub(super) fn converse(clerks: &mut BTreeMap<PublicKey, Clerk>) {
    let keys: Vec<PublicKey> = clerks.keys().copied().collect();
    let others = |own: PublicKey| keys.iter().copied().filter(move |it| *it != own);
    for (own, clerk) in clerks.iter_mut() {
        others(*own).for_each(|peer| clerk.handle(now(), Input::Down(peer)));
        others(*own).for_each(|peer| clerk.handle(now(), Input::Up(peer)));
    }
    for _ in 0..FRAMES_MAX {
        let mut frames = Vec::new();
        for (own, clerk) in clerks.iter_mut() {
            let mut sent_to = Vec::new();
            while let Some(effect) = clerk.poll() {
                match effect {
                    Effect::Replicate(replicator::Effect::Send { peer, bytes }) => {
                        sent_to.push(peer);
                        frames.push((*own, peer, bytes));
                    }
                    Effect::Replicate(replicator::Effect::Cut(peer, why)) => panic!("{own} cuts {peer}: {why:?}"),
                    Effect::StartOver(doubt) => panic!("{own} doubts: {doubt:?}"),
                    Effect::Erase(erasure) => panic!("{own} erases {:?}", erasure.week),
                    Effect::KeepSecret(_) | Effect::Replicate(_) => {}
                }
            }
            // All that was sent has left.
            let owed: Vec<PublicKey> = others(*own).filter(|it| clerk.replicator().owes(it)).collect();
            owed.into_iter().for_each(|peer| clerk.handle(now(), Input::Room(peer)));
        }
        if frames.is_empty()
            && clerks.values_mut().all(|clerk| !others(clerk.writer().key).any(|it| clerk.replicator().owes(&it)))
        {
            return;
        }
        for (from, to, bytes) in frames {
            clerks.get_mut(&to).expect("a clerk").handle(now(), Input::Frame(from, bytes));
        }
    }
    panic!("they talk for ever");
}
