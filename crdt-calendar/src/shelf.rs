// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shelf: every folio held here, what the roster makes of them, and which may be passed on.
//!
//! One gate for all that comes in ([`Shelf::accept`]); what it stores depends on the folio's own bytes
//! and on limits, never on what they would mean.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::act::Act;
use crate::fold::Week;
use crate::folio::{Accepted, Batch, Folio, GateError, Settled};
use crate::ids::{FolioId, Leaf, TerritoryId, Writer};
use crate::limits::{FOLIOS_MAX, LINE_WRITERS_MAX, UNENROLLED_FOLIOS_MAX, WEEKS_AHEAD, WEEKS_PAST};
use crate::profile::Profile;
use crate::retention::Floors;
use crate::roster::{Genesis, RootStatement, Roster, Standing, StatementError, Statements};
use crate::time::IsoWeek;

/// Every folio held here.
#[derive(Debug, Clone)]
pub struct Shelf {
    genesis: Genesis,
    statements: Statements,
    folios: BTreeMap<FolioId, Folio>,
    roster: Arc<Roster>,
    now: IsoWeek,
    floors: Floors,
}

impl Shelf {
    /// An empty shelf of a territory. `now` is the week that the clock says.
    ///
    /// # Errors
    /// [`StatementError`] when the root did not sign the statement.
    pub fn new(genesis: Genesis, statement: RootStatement, now: IsoWeek) -> Result<Self, StatementError> {
        let statements = Statements::new(&genesis, statement)?;
        Ok(Self {
            genesis,
            statements,
            folios: BTreeMap::new(),
            roster: Arc::default(),
            now,
            floors: Floors::default(),
        })
    }

    /// The territory.
    #[must_use]
    pub fn territory(&self) -> TerritoryId {
        self.genesis.territory()
    }

    /// What the territory is.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// What names the coordination, now and before.
    #[must_use]
    pub fn statements(&self) -> &Statements {
        &self.statements
    }

    /// Takes in a root statement; tells whether it is new. The roster is read anew then, and the folios
    /// whose acts became others by it are named.
    ///
    /// # Errors
    /// [`StatementError`] when the root did not sign it.
    pub fn state(&mut self, statement: RootStatement) -> Result<(bool, BTreeSet<FolioId>), StatementError> {
        let is_new = self.statements.add(&self.genesis, statement)?;
        Ok((is_new, if is_new { self.read_roster() } else { BTreeSet::new() }))
    }

    /// The folio of the coordination's roster; `None` while root statements contradict each other.
    #[must_use]
    pub fn roster_id(&self) -> Option<FolioId> {
        self.statements.current().map(|it| crate::roster::roster_folio(it.coordination))
    }

    /// The members. The same pointer until they change.
    #[must_use]
    pub fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// All folios, in order of their ids.
    pub fn folios(&self) -> impl ExactSizeIterator<Item = &Folio> {
        self.folios.values()
    }

    /// The folios of one writer.
    pub fn folios_of(&self, writer: Writer) -> impl Iterator<Item = &Folio> {
        let first = FolioId { writer, leaf: Leaf::Roster };
        let last = FolioId { writer, leaf: Leaf::Week(IsoWeek(u16::MAX)) };
        self.folios.range(first..=last).map(|(_, folio)| folio)
    }

    /// One folio.
    #[must_use]
    pub fn folio(&self, id: &FolioId) -> Option<&Folio> {
        self.folios.get(id)
    }

    /// The profile of a writer.
    #[must_use]
    pub fn profile(&self, writer: Writer) -> Option<Profile> {
        self.folios.get(&FolioId { writer, leaf: Leaf::Profile }).map(Profile::read)
    }

    /// The calendar of one week.
    #[must_use]
    pub fn week(&self, week: IsoWeek) -> Week {
        Week::fold(week, &self.roster, self.folios.values())
    }

    /// The calendar of a week after some of its folios changed.
    #[must_use]
    pub fn week_after(&self, before: &Week) -> Week {
        before.refold(&self.roster, self.folios.values())
    }

    /// Moves the window of weeks that are held and passed on.
    pub fn set_now(&mut self, now: IsoWeek) {
        self.now = now;
    }

    /// First and last week taken in and passed on. Nothing from below the floor, whatever the clock says;
    /// the first lies after the last then.
    #[must_use]
    pub fn window(&self) -> (IsoWeek, IsoWeek) {
        let first = IsoWeek(self.now.0.saturating_sub(WEEKS_PAST)).max(self.floors.others.week);
        (first, IsoWeek(self.now.0.saturating_add(WEEKS_AHEAD)))
    }

    /// What is erased here.
    #[must_use]
    pub fn floors(&self) -> Floors {
        self.floors
    }

    /// Says what is erased here: as it was kept, or after a floor moved.
    pub fn set_floors(&mut self, floors: Floors) {
        self.floors = floors;
    }

    /// Lets folios of past weeks go. What they settled stays settled.
    pub(crate) fn forget(&mut self, folios: &[FolioId]) {
        for id in folios.iter().filter(|id| matches!(id.leaf, Leaf::Week(_))) {
            self.folios.remove(id);
        }
    }

    /// Whether this folio is compared and passed on: of a box that has begun in its member's line, and in
    /// the window. Of lives that never began each node holds what it met first: two nodes would differ
    /// for ever, and send each other what the other has no room for.
    #[must_use]
    pub fn is_shared(&self, id: &FolioId) -> bool {
        let (first, last) = self.window();
        let has_begun = || self.roster.standing(&id.writer) != Standing::Unknown;
        match id.leaf {
            Leaf::Roster => self.keeps_roster(&id.writer),
            Leaf::Profile => has_begun(),
            Leaf::Week(week) => (first..=last).contains(&week) && has_begun(),
        }
    }

    /// How near a leaf is to what people need now: lower goes first over a poor line.
    #[must_use]
    pub fn nearness(&self, leaf: Leaf) -> u16 {
        match leaf {
            Leaf::Roster => 0,
            Leaf::Profile => 1,
            Leaf::Week(week) => 2 + week.0.abs_diff(self.now.0),
        }
    }

    /// The folio to write in; new and empty if there is none.
    pub fn own_mut(&mut self, id: FolioId) -> &mut Folio {
        let territory = self.territory();
        self.folios.entry(id).or_insert_with(|| Folio::new(territory, id))
    }

    /// Puts a folio read from disk on the shelf. It was checked by [`Folio::from_document`].
    pub fn restore(&mut self, folio: Folio) {
        let id = folio.id();
        self.folios.insert(id, folio);
        match id.leaf {
            Leaf::Roster | Leaf::Profile => self.read_roster(),
            Leaf::Week(_) => self.settle_around(id),
        };
    }

    /// After own acts on roster or profile: reads the members anew, and what their lines settle. Returns
    /// the folios whose acts became others by it.
    pub fn read_roster(&mut self) -> BTreeSet<FolioId> {
        let keepers = self.statements.keepers();
        let mut replaced = BTreeSet::new();
        for keeper in &keepers {
            let Some(ends) = keeper.ends.filter(|ends| ends.seq > 0) else { continue };
            let id = crate::roster::roster_folio(keeper.writer);
            if self.folios.get_mut(&id).is_some_and(|folio| folio.settle(ends)) {
                replaced.insert(id);
            }
        }
        let roster = Roster::read(&keepers, self.folios.values());
        // Weeks that were judged under an equal one stand.
        if roster != *self.roster {
            self.roster = Arc::new(roster);
        }
        replaced.extend(self.settle_lines());
        replaced
    }

    /// After own acts on a week: what its adoptions settle. Returns the folios whose acts became others.
    pub fn settle_week(&mut self, id: FolioId) -> BTreeSet<FolioId> {
        let words: Vec<(FolioId, Settled)> = self.words_of(&id).collect();
        self.settle(words)
    }

    fn settle_lines(&mut self) -> BTreeSet<FolioId> {
        let boxes = self.roster.members().map(|(_, member)| member.line.writers()).filter(|line| line.len() > 1);
        let writers: BTreeSet<Writer> = boxes.flatten().copied().collect();
        let folios = self.folios.keys().filter(|id| writers.contains(&id.writer));
        let words: Vec<(FolioId, Settled)> = folios.flat_map(|id| self.words_of(id)).collect();
        self.settle(words)
    }

    fn settle(&mut self, words: Vec<(FolioId, Settled)>) -> BTreeSet<FolioId> {
        let mut replaced = BTreeSet::new();
        for (id, word) in words {
            if self.folios.get_mut(&id).is_some_and(|folio| folio.settle(word)) {
                replaced.insert(id);
            }
        }
        replaced
    }

    /// What this folio says of folios of earlier boxes of its line.
    fn words_of(&self, id: &FolioId) -> impl Iterator<Item = (FolioId, Settled)> + '_ {
        let leaf = id.leaf;
        let writer = id.writer;
        let folio = self.folios.get(id).filter(|folio| matches!(folio.id().leaf, Leaf::Week(_)));
        let acts = folio.into_iter().flat_map(|folio| folio.acts().filter(|(number, _)| !folio.is_suspended(*number)));
        acts.filter_map(move |(_, act)| match act {
            Act::Adopt { upto } if upto.folio.leaf == leaf && self.roster.follows(&writer, &upto.folio.writer) => {
                Some((upto.folio, Settled { seq: upto.seq, hash: upto.hash }))
            }
            _ => None,
        })
    }

    /// After a folio came or grew: what it settles, and what is settled of it.
    fn settle_around(&mut self, id: FolioId) -> BTreeSet<FolioId> {
        let line = self.roster.member_of(&id.writer.key).and_then(|member| self.roster.member(member));
        let writers = line.map(|member| member.line.writers().to_vec()).unwrap_or_default();
        if writers.len() < 2 {
            return BTreeSet::new();
        }
        let folios = writers.into_iter().map(|writer| FolioId { writer, leaf: id.leaf });
        let words: Vec<(FolioId, Settled)> = folios.flat_map(|id| self.words_of(&id).collect::<Vec<_>>()).collect();
        self.settle(words)
    }

    fn keeps_roster(&self, writer: &Writer) -> bool {
        self.statements.all().any(|statement| statement.coordination == *writer)
    }

    /// The gate: takes in acts from outside, whole or not at all. Beside what came of the batch, the
    /// folios whose acts became others, because a word that came with it settles them.
    ///
    /// # Errors
    /// [`GateError`]; the shelf is unchanged then.
    pub fn accept(&mut self, batch: &Batch) -> Result<(Accepted, BTreeSet<FolioId>), GateError> {
        let id = batch.folio;
        let idle = self.room_for(batch)?;
        let territory = self.territory();
        let accepted = match self.folios.get_mut(&id) {
            Some(folio) => folio.accept(batch)?,
            None => {
                let mut folio = Folio::new(territory, id);
                let accepted = folio.accept(batch)?;
                idle.and_then(|idle| self.folios.remove(&idle));
                self.folios.insert(id, folio);
                accepted
            }
        };
        let replaced = match id.leaf {
            _ if accepted == Accepted::Known => BTreeSet::new(),
            Leaf::Roster | Leaf::Profile => self.read_roster(),
            Leaf::Week(_) => self.settle_around(id),
        };
        Ok((accepted, replaced))
    }

    /// Whether there is room for the folio of this batch; and which one gives way to it, if one must.
    fn room_for(&self, batch: &Batch) -> Result<Option<FolioId>, GateError> {
        let id = &batch.folio;
        let (first, last) = self.window();
        let in_window = |id: &FolioId| match id.leaf {
            Leaf::Roster => self.keeps_roster(&id.writer),
            Leaf::Profile => true,
            Leaf::Week(week) => (first..=last).contains(&week),
        };
        if !in_window(id) {
            return Err(GateError::Limit);
        }
        if self.folios.contains_key(id) {
            return Ok(None);
        }
        // A key that opens life after life takes no room from others, nor from its own lives that began.
        let has_begun = |id: &FolioId| self.roster.standing(&id.writer) != Standing::Unknown;
        let lives = self.folios.keys().filter(|held| held.writer.key == id.writer.key && held.leaf == id.leaf);
        if lives.clone().count() >= LINE_WRITERS_MAX {
            let begins = has_begun(id) || self.is_next_of_its_line(batch);
            let idle = lives.copied().find(|held| !has_begun(held)).filter(|_| begins);
            return idle.map(Some).ok_or(GateError::Room);
        }
        let enrolled = id.leaf == Leaf::Roster || self.roster.member_of(&id.writer.key).is_some();
        let strangers = || {
            let known =
                |folio: &&FolioId| folio.leaf == Leaf::Roster || self.roster.member_of(&folio.writer.key).is_some();
            self.folios.keys().filter(|folio| !known(folio)).count()
        };
        // Older weeks, held until their term, take no room from today's.
        let is_full =
            self.folios.len() >= FOLIOS_MAX && self.folios.keys().filter(|id| in_window(id)).count() >= FOLIOS_MAX;
        if is_full || (!enrolled && strangers() >= UNENROLLED_FOLIOS_MAX) {
            return Err(GateError::Room);
        }
        Ok(None)
    }

    /// Whether it is the profile of a box that begins after the current one.
    fn is_next_of_its_line(&self, batch: &Batch) -> bool {
        let begun = batch.acts.first().filter(|_| batch.first == 1 && batch.folio.leaf == Leaf::Profile);
        let Some(Ok(Act::Begin { previous })) = begun.map(|act| crate::wire::act::decode(act)) else { return false };
        let current = self.roster.member_of(&batch.folio.writer.key).and_then(|member| self.roster.current(member));
        current.is_some() && previous == current
    }
}
