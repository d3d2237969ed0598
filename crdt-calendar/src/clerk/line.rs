// SPDX-License-Identifier: MIT OR Apache-2.0
//! The box in its member's line: it begins, it notices that it is not alone, it starts over, and it
//! takes up what the boxes before it wrote.
//!
//! A box whose disk was set back, or that runs twice, is told so by its peers: they hold more of its
//! registers than it does, or other acts. From that moment it writes nothing until it has a new life,
//! which inherits no tenure (ledger, 1).

use std::collections::{BTreeMap, BTreeSet};

use super::{Clerk, Effect, Now};
use crate::act::{Act, Upto};
use crate::folio::{AppendError, Folio};
use crate::ids::{FolioId, Incarnation, Leaf, MemberId, PublicKey, Writer};
use crate::roster::{Member, Standing};
use crate::time::IsoWeek;

/// Why a box cannot go on in this life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Peers hold acts of it that it does not know: its disk was set back.
    RolledBack,
    /// Peers hold other acts of it: it was copied, or set back and gone on.
    Doubled,
    /// Its disk is known to be set back: it was restored from a backup.
    Restored,
}

impl Clerk {
    /// The box's first words: it begins, after the one it follows. Does nothing if it has begun.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn begin(&mut self, now: Now, previous: Option<Writer>) -> Result<(), AppendError> {
        let id = FolioId { writer: self.writer, leaf: Leaf::Profile };
        if self.shelf().folio(&id).is_some_and(|folio| folio.seq() > 0) {
            return Ok(());
        }
        self.write(now, Leaf::Profile, &Act::Begin { previous }).map(|_| ())
    }

    /// After a start: a register with two histories was kept, and the new life was not.
    pub(super) fn remember_doubt(&mut self) {
        if self.shelf().folios_of(self.writer).any(|folio| folio.fork().is_some()) {
            self.doubt = Some(Doubt::Doubled);
            self.effects.push_back(Effect::StartOver(Doubt::Doubled));
        }
    }

    /// This box was restored from a backup: what it wrote since is with others, perhaps in further lives. It writes
    /// nothing until it has heard a member, or taken in a file, and then begins after the last life that is known:
    /// restored twice from one backup, its line does not fork. It holds nothing that it could promise before.
    pub fn wait_restored(&mut self) {
        self.doubt.get_or_insert(Doubt::Restored);
    }

    /// Ends the waiting of a restored box, when it was heard out or a file came that another member wrote: one of its
    /// own may be older than what it wrote last.
    pub(super) fn begin_when_heard(&mut self, file_by: Option<PublicKey>) {
        let is_asked = || self.effects.iter().any(|effect| matches!(effect, Effect::StartOver(_)));
        if self.doubt != Some(Doubt::Restored) || is_asked() {
            return;
        }
        let own = self.writer.key;
        let mut others = self.roster().keys().into_iter().filter(|key| *key != own);
        if others.any(|key| file_by == Some(key) || self.replicator.is_heard_out(&key, &own)) {
            self.effects.push_back(Effect::StartOver(Doubt::Restored));
        }
    }

    /// The life that a new one of this box follows: of a restored box the last that is known, else its own.
    #[must_use]
    pub fn predecessor(&self) -> Writer {
        let current = self.member().and_then(|member| self.roster().current(member));
        let last = current.filter(|it| self.doubt == Some(Doubt::Restored) && it.key == self.writer.key);
        last.unwrap_or(self.writer)
    }

    /// Why this life is over, if it is.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// Begins a new life under the same key. `incarnation` is random, new and durable.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn start_over(&mut self, now: Now, incarnation: Incarnation) -> Result<(), AppendError> {
        let previous = self.predecessor();
        let said = self.shelf().profile(previous).unwrap_or_default();
        self.writer = Writer { incarnation, ..previous };
        self.doubt = None;
        self.heard_members.clear();
        self.taken_up = false;
        self.begin(now, Some(previous))?;
        self.describe(now, said.description)?;
        self.reachable(now, said.mesh, said.link)?;
        let weeks = self.adopt_when_all_are_heard(now);
        self.do_what_is_due(now, weeks);
        Ok(())
    }

    /// How this box's own registers stand.
    pub(super) fn own_heads(&self) -> BTreeMap<FolioId, (u32, bool)> {
        self.shelf().folios_of(self.writer).map(|folio| (folio.id(), (folio.seq(), folio.fork().is_some()))).collect()
    }

    /// Compares own registers with what they were before something came from outside.
    pub(super) fn notice_doubt(&mut self, before: &BTreeMap<FolioId, (u32, bool)>) {
        let now = self.own_heads();
        if self.doubt.is_some() || now == *before {
            return;
        }
        let is_forked = now.values().any(|(_, forked)| *forked);
        let doubt = if is_forked { Doubt::Doubled } else { Doubt::RolledBack };
        self.doubt = Some(doubt);
        // Before the acts that told of it are kept: a crash between the two would forget the doubt.
        self.effects.push_front(Effect::StartOver(doubt));
    }

    /// A home that follows another box in its line takes up its registers once every member that may
    /// hold a tenure was heard: before, it offers nothing. Returns the weeks that changed.
    pub(super) fn adopt_when_all_are_heard(&mut self, now: Now) -> BTreeSet<IsoWeek> {
        if !self.has_earlier_boxes() {
            return BTreeSet::new();
        }
        let own_keys = self.entry().map(|it| it.keys.clone()).unwrap_or_default();
        let heard = |id: &&MemberId| {
            let key = self.roster().key(id);
            key.is_some_and(|key| own_keys.iter().all(|own| self.replicator.is_heard_out(&key, own)))
        };
        let heard: Vec<MemberId> = self.roster().members().map(|(id, _)| id).filter(heard).cloned().collect();
        self.heard_members.extend(heard);
        let own = self.member().cloned();
        let awaits = |id: &MemberId| self.roster().key(id).is_some() && !self.heard_members.contains(id);
        if self.roster().members().any(|(id, _)| Some(id) != own.as_ref() && awaits(id)) {
            return BTreeSet::new();
        }
        self.taken_up = true;
        self.adopt_line(now, false).unwrap_or_default()
    }

    /// Whether this home may open and grant in a week: no earlier box of its line may have done so
    /// unknown to it.
    pub(super) fn has_taken_up(&self, week: IsoWeek) -> bool {
        let own = FolioId { writer: self.writer, leaf: Leaf::Week(week) };
        let adopted = self.week(week).and_then(|week| week.ledgers.get(&own)).is_some_and(|it| it.read.len() > 1);
        !self.has_earlier_boxes() || self.taken_up || adopted
    }

    /// Whether this member had a box before: one that has begun is known by its profile, one of another key by the
    /// roster, which comes with the papers before anything that the earlier box wrote.
    fn has_earlier_boxes(&self) -> bool {
        self.entry().is_some_and(|entry| entry.keys.len() > 1 || entry.line.writers().len() > 1)
    }

    fn entry(&self) -> Option<&Member> {
        self.roster().member(self.member()?)
    }

    /// Takes up what earlier boxes of the line wrote as homes, as far as it is held here. Of a retired
    /// key only when a person decides (`decided`): a thief may still be writing under it. Returns the
    /// weeks that changed.
    ///
    /// # Errors
    /// [`AppendError`].
    pub(super) fn adopt_line(&mut self, now: Now, decided: bool) -> Result<BTreeSet<IsoWeek>, AppendError> {
        let mut weeks = BTreeSet::new();
        if self.roster().standing(&self.writer) != Standing::Current || self.doubt.is_some() {
            return Ok(weeks);
        }
        for upto in self.adoptable(decided) {
            let Leaf::Week(week) = upto.folio.leaf else { continue };
            self.append(now, upto.folio.leaf, &Act::Adopt { upto })?;
            weeks.insert(week);
        }
        Ok(weeks)
    }

    fn adoptable(&self, decided: bool) -> Vec<Upto> {
        let roster = self.roster();
        let earlier = |folio: &&Folio| {
            let id = folio.id();
            let may = decided || !roster.is_retired(&id.writer.key);
            may && matches!(id.leaf, Leaf::Week(_)) && roster.follows(&self.writer, &id.writer)
        };
        self.shelf().folios().filter(earlier).filter_map(|folio| self.next_adoption(folio)).collect()
    }

    /// How much further an earlier folio may be adopted: what a second history puts in doubt, never. One
    /// in which nothing was opened is a point's: there is nothing to own in it.
    fn next_adoption(&self, folio: &Folio) -> Option<Upto> {
        let Leaf::Week(week) = folio.id().leaf else { return None };
        if !folio.acts().any(|(_, act)| matches!(act, Act::Open { .. })) {
            return None;
        }
        let own = FolioId { writer: self.writer, leaf: folio.id().leaf };
        let ledger = self.weeks.get(&week).and_then(|week| week.ledgers.get(&own));
        let read = ledger.and_then(|ledger| ledger.read.get(&folio.id())).copied().unwrap_or(0);
        let seq = folio.fork().map_or(folio.seq(), |fork| fork.at - 1);
        let hash = folio.hash_at(seq).filter(|_| seq > read)?;
        Some(Upto { folio: folio.id(), seq, hash })
    }
}
