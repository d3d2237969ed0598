// SPDX-License-Identifier: MIT OR Apache-2.0
//! The clerk of one box: writes its own folios, answers by itself what rules let a machine answer.
//!
//! Around the [`Replicator`] it adds the box's key, its week secrets and its duties. Still pure: time
//! and randomness are arguments, effects are carried out by the caller in their order; what must be
//! durable comes before what is sent. The node's `replica` and the simulator run this same clerk.
//!
//! Invariant: after every call nothing is due any more (checked by `simulations::oracle`).

mod booking;
mod by_hand;
mod details;
mod expiry;
mod home;
mod line;
mod members;
mod policy;
mod pools;
mod renewal;
mod settlement;

pub use booking::{BookError, ChangeError, Request};
pub use by_hand::Taken;
pub use details::{OpenError, Patch};
pub use home::{OpeningPlan, PublishError};
pub use line::Doubt;
pub use policy::Policy;
pub use pools::PoolRequest;
pub use settlement::Settlement;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;

use crate::act::Act;
use crate::envelope::WeekSecret;
use crate::fold::Week;
use crate::fold::terms::Days;
use crate::folio::{AppendError, Folio};
use crate::ids::{ActRef, FolioId, Leaf, MemberId, PublicKey, Writer};
use crate::replicator::{self, Input, Receipts, Replicator};
use crate::retention::Erasure;
use crate::roster::{Roster, Standing};
use crate::shelf::Shelf;
use crate::time::{IsoWeek, UtcMinute};

/// What must be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make the secret of this week durable, before any folio that rests on it.
    KeepSecret(IsoWeek),
    /// Another history of this box's own registers came from outside. Nothing more is written in this
    /// life: draw a new incarnation, make it durable, and call [`Clerk::start_over`].
    StartOver(Doubt),
    /// In one commit, or not at all: keep the floors, count what is to be counted, and let go what is named. It is
    /// gone from memory already.
    Erase(Box<Erasure>),
    /// Replication's effects.
    Replicate(replicator::Effect),
}

/// The time that a call happens at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds of any clock that does not go back.
    pub monotonic_ms: u64,
    /// The calendar's minute.
    pub minute: UtcMinute,
}

/// The clerk of one box.
pub struct Clerk {
    key: SigningKey,
    writer: Writer,
    replicator: Replicator,
    secrets: BTreeMap<IsoWeek, WeekSecret>,
    weeks: BTreeMap<IsoWeek, Arc<Week>>,
    heard: BTreeMap<ActRef, u64>,
    heard_count: u64,
    effects: VecDeque<Effect>,
    policy: Policy,
    days: Days,
    doubt: Option<Doubt>,
    /// Members that were heard, whole, since this life began here: what they hold of it is known.
    heard_members: BTreeSet<MemberId>,
    /// Whether the registers of earlier boxes of the line may be taken for complete.
    taken_up: bool,
}

impl Clerk {
    /// A clerk with what was kept: its folios on the shelf, its week secrets.
    #[must_use]
    pub fn new(
        key: SigningKey,
        incarnation: crate::ids::Incarnation,
        shelf: Shelf,
        secrets: BTreeMap<IsoWeek, WeekSecret>,
    ) -> Self {
        let writer = Writer { key: PublicKey(key.verifying_key().to_bytes()), incarnation };
        let mut clerk = Self {
            key,
            writer,
            replicator: Replicator::new(writer.key, shelf),
            secrets,
            weeks: BTreeMap::new(),
            heard: BTreeMap::new(),
            heard_count: 0,
            effects: VecDeque::new(),
            policy: Policy::default(),
            days: Days::default(),
            doubt: None,
            heard_members: BTreeSet::new(),
            taken_up: false,
        };
        clerk.remember_doubt();
        clerk.fold_all();
        clerk
    }

    /// What peers had said, before a restart, that they keep of this box's own folios ([`Replicator::receipts`]).
    pub fn remember_receipts(&mut self, receipts: Receipts) {
        self.replicator.remember(receipts);
    }

    /// The box that writes.
    #[must_use]
    pub fn writer(&self) -> Writer {
        self.writer
    }

    /// The member whose box this is, once enrolled.
    #[must_use]
    pub fn member(&self) -> Option<&MemberId> {
        self.roster().member_of(&self.writer.key)
    }

    /// The members. The same pointer until they change.
    #[must_use]
    pub fn roster(&self) -> &Arc<Roster> {
        self.shelf().roster()
    }

    /// What is held.
    #[must_use]
    pub fn shelf(&self) -> &Shelf {
        self.replicator.shelf()
    }

    /// Replication, to ask who holds what.
    #[must_use]
    pub fn replicator(&self) -> &Replicator {
        &self.replicator
    }

    /// The calendar of one week; `None` while nothing of it is here.
    #[must_use]
    pub fn week(&self, week: IsoWeek) -> Option<&Week> {
        self.weeks.get(&week).map(Arc::as_ref)
    }

    /// All weeks of which something is here. A week that changes is folded into a new one: who reads
    /// the old one goes on reading it undisturbed.
    #[must_use]
    pub fn weeks(&self) -> &BTreeMap<IsoWeek, Arc<Week>> {
        &self.weeks
    }

    /// The next effect, in order.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to hand in [`Input::Tick`].
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.replicator.deadline()
    }

    /// The secret of a week, for the store.
    #[must_use]
    pub fn secret(&self, week: IsoWeek) -> Option<&WeekSecret> {
        self.secrets.get(&week)
    }

    /// The weeks of which there is a secret here.
    pub fn secret_weeks(&self) -> impl ExactSizeIterator<Item = IsoWeek> {
        self.secrets.keys().copied()
    }

    /// Takes one input of replication, then does what is due.
    pub fn handle(&mut self, now: Now, input: Input) {
        let (from_outside, is_tick) = (matches!(input, Input::Frame(..)), matches!(input, Input::Tick));
        let before = if from_outside { self.own_heads() } else { BTreeMap::new() };
        self.replicator.handle(now.monotonic_ms, now.minute.week(), input);
        let changed = self.drain();
        let weeks = self.changed_weeks(now, &changed, from_outside.then_some(&before));
        if is_tick {
            self.release_unused(now);
            self.expire(now);
        }
        self.do_what_is_due(now, weeks);
    }

    /// After replication took something in: folds what changed, and says which weeks. `before` is how own
    /// registers stood, when it came from outside.
    fn changed_weeks(
        &mut self,
        now: Now,
        changed: &BTreeSet<FolioId>,
        before: Option<&BTreeMap<FolioId, (u32, bool)>>,
    ) -> BTreeSet<IsoWeek> {
        if let Some(before) = before {
            self.notice_doubt(before);
            self.begin_when_heard(None);
        }
        self.fold_changed(changed);
        let mut weeks: BTreeSet<IsoWeek> = changed.iter().copied().filter_map(week_of).collect();
        weeks.extend(self.adopt_when_all_are_heard(now));
        weeks
    }

    /// Writes one act, and does what follows from it.
    fn write(&mut self, now: Now, leaf: Leaf, act: &Act) -> Result<ActRef, AppendError> {
        let written = self.append(now, leaf, act)?;
        self.do_what_is_due(now, week_of(written.folio).into_iter().collect());
        Ok(written)
    }

    /// Writes one act: kept first, then sent.
    fn append(&mut self, now: Now, leaf: Leaf, act: &Act) -> Result<ActRef, AppendError> {
        if self.doubt.is_some() {
            return Err(AppendError::Forked);
        }
        let id = FolioId { writer: self.writer, leaf };
        if week_of(id).is_some_and(|week| self.is_sealed_for_good(week)) {
            return Err(AppendError::Erased);
        }
        let folio = self.replicator.shelf_mut().own_mut(id);
        let held = folio.seq();
        let number = folio.append(act, &self.key)?;
        let replaced = match (week_of(id), act) {
            (None, _) => self.replicator.shelf_mut().read_roster(),
            (Some(_), Act::Adopt { .. }) => self.replicator.shelf_mut().settle_week(id),
            (Some(_), _) => BTreeSet::new(),
        };
        self.effects.push_back(Effect::Replicate(replicator::Effect::Keep { folio: id, held }));
        self.replicator.keep_replaced(&replaced);
        self.replicator.handle(now.monotonic_ms, now.minute.week(), Input::Written(id));
        let mut changed = self.drain();
        changed.insert(id);
        self.fold_changed(&changed);
        Ok(ActRef { folio: id, act: number })
    }

    /// Moves replication's effects to ours and tells which folios changed.
    fn drain(&mut self) -> BTreeSet<FolioId> {
        let mut changed = BTreeSet::new();
        while let Some(effect) = self.replicator.poll() {
            if let replicator::Effect::Keep { folio, .. } = effect {
                changed.insert(folio);
            }
            self.effects.push_back(Effect::Replicate(effect));
        }
        changed
    }

    fn fold_changed(&mut self, changed: &BTreeSet<FolioId>) {
        if changed.iter().any(|folio| week_of(*folio).is_none()) {
            self.fold_all();
            return;
        }
        let weeks: BTreeSet<IsoWeek> = changed.iter().filter_map(|folio| week_of(*folio)).collect();
        for week in weeks {
            self.fold(week);
        }
    }

    fn fold_all(&mut self) {
        let weeks: BTreeSet<IsoWeek> = self.shelf().folios().filter_map(|folio| week_of(folio.id())).collect();
        for week in weeks {
            self.fold(week);
        }
    }

    fn fold(&mut self, week: IsoWeek) {
        let folded = match self.weeks.get(&week) {
            Some(before) => self.shelf().week_after(before),
            None => self.shelf().week(week),
        };
        for id in folded.appointments.keys() {
            if !self.heard.contains_key(id) {
                self.heard_count += 1;
                self.heard.insert(*id, self.heard_count);
            }
        }
        self.weeks.insert(week, Arc::new(folded));
    }

    fn do_what_is_due(&mut self, now: Now, mut weeks: BTreeSet<IsoWeek>) {
        if self.roster().standing(&self.writer) != Standing::Current || self.doubt.is_some() {
            return;
        }
        if weeks.is_empty() {
            weeks = self.weeks.keys().copied().collect();
        }
        for week in weeks {
            while let Some(acts) = self.next_due(now.minute, week) {
                // A full register of one week must not silence the others.
                if acts.iter().any(|act| self.append(now, Leaf::Week(week), act).is_err()) {
                    break;
                }
            }
        }
    }

    /// What is due next: one act, or a refusal and the reason before it.
    fn next_due(&self, now: UtcMinute, week: IsoWeek) -> Option<Vec<Act>> {
        let folded = self.weeks.get(&week)?;
        let upto = |id: &FolioId| self.shelf().folio(id).and_then(crate::fold::duties::upto);
        if let Some(act) = folded.due(self.writer, upto).into_iter().next() {
            return Some(vec![act]);
        }
        let heard = |id: &ActRef| self.heard.get(id).copied().unwrap_or(u64::MAX);
        let answer = folded.next_answer(self.writer, heard)?;
        // The envelope is the first leg's: homes of other legs, such as an interpreter's, need not read it.
        let is_readable = answer.leg.leg > 0 || self.open_details(&answer.ask).is_ok();
        let rulings = self.rulings(folded);
        let refusal = || self.refusal(rulings.as_ref(), now, folded, &answer);
        let bar = rulings.as_ref().filter(|_| is_readable);
        if let Some(bar) = bar.and_then(|rulings| self.barred(rulings, now, folded, &answer)) {
            return Some(vec![Act::Explain { leg: answer.leg, bar }, refusal()?]);
        }
        let is_refused = matches!(answer.act, Act::Refuse { .. }) && rulings.is_some();
        let act = if !is_readable || is_refused { refusal()? } else { answer.act };
        Some(vec![act])
    }

    /// The secret of a week, drawn and kept when it is first needed.
    ///
    /// # Errors
    /// [`AppendError::Erased`]: there was one, and it is gone for good.
    fn week_secret(&mut self, week: IsoWeek, rng: &mut impl CryptoRng) -> Result<WeekSecret, AppendError> {
        if let Some(secret) = self.secrets.get(&week) {
            return Ok(secret.clone());
        }
        if self.is_sealed_for_good(week) {
            return Err(AppendError::Erased);
        }
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let secret = WeekSecret::new(bytes);
        self.secrets.insert(week, secret.clone());
        self.effects.push_back(Effect::KeepSecret(week));
        Ok(secret)
    }

    fn own_folio(&self, week: IsoWeek) -> Option<&Folio> {
        self.shelf().folio(&FolioId { writer: self.writer, leaf: Leaf::Week(week) })
    }
}

fn week_of(folio: FolioId) -> Option<IsoWeek> {
    match folio.leaf {
        Leaf::Week(week) => Some(week),
        Leaf::Roster | Leaf::Profile => None,
    }
}
