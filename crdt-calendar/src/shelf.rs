// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shelf: every folio held here, what the roster makes of them, and which may be passed on.
//!
//! One gate for all that comes in ([`Shelf::accept`]); what it stores depends on the folio's own bytes
//! and on limits, never on what they would mean.

use std::collections::BTreeMap;

use crate::fold::Week;
use crate::folio::{Accepted, Batch, Folio, GateError};
use crate::ids::{FolioId, Leaf, TerritoryId, Writer};
use crate::limits::{FOLIOS_MAX, UNENROLLED_FOLIOS_MAX, WEEKS_AHEAD, WEEKS_PAST};
use crate::profile::Profile;
use crate::roster::{Genesis, RootStatement, Roster};
use crate::time::IsoWeek;

/// Every folio held here.
#[derive(Debug, Clone)]
pub struct Shelf {
    genesis: Genesis,
    statement: RootStatement,
    folios: BTreeMap<FolioId, Folio>,
    roster: Roster,
    now: IsoWeek,
}

/// Why a territory's papers are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the statement that names the coordination is not signed by the territory's root key")]
pub struct StatementError;

impl Shelf {
    /// An empty shelf of a territory. `now` is the week that the clock says.
    ///
    /// # Errors
    /// [`StatementError`] when the root did not sign the statement.
    pub fn new(genesis: Genesis, statement: RootStatement, now: IsoWeek) -> Result<Self, StatementError> {
        if !statement.verify(&genesis) {
            return Err(StatementError);
        }
        Ok(Self { genesis, statement, folios: BTreeMap::new(), roster: Roster::default(), now })
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

    /// What names the coordination.
    #[must_use]
    pub fn statement(&self) -> &RootStatement {
        &self.statement
    }

    /// The members.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// All folios, in order of their ids.
    pub fn folios(&self) -> impl Iterator<Item = &Folio> {
        self.folios.values()
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

    /// Moves the window of weeks that are held and passed on.
    pub fn set_now(&mut self, now: IsoWeek) {
        self.now = now;
    }

    /// First and last week held and passed on.
    #[must_use]
    pub fn window(&self) -> (IsoWeek, IsoWeek) {
        (IsoWeek(self.now.0.saturating_sub(WEEKS_PAST)), IsoWeek(self.now.0.saturating_add(WEEKS_AHEAD)))
    }

    /// Whether this folio is compared and passed on: enrolled, and in the window.
    #[must_use]
    pub fn is_shared(&self, id: &FolioId) -> bool {
        let (first, last) = self.window();
        match id.leaf {
            Leaf::Roster => id.writer == self.statement.coordination,
            Leaf::Profile => self.roster.member_of(&id.writer.key).is_some(),
            Leaf::Week(week) => (first..=last).contains(&week) && self.roster.member_of(&id.writer.key).is_some(),
        }
    }

    /// How near a folio is to what people need now: lower goes first over a poor line.
    #[must_use]
    pub fn nearness(&self, id: &FolioId) -> u16 {
        match id.leaf {
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
        self.folios.insert(folio.id(), folio);
        self.read_roster();
    }

    /// After own acts on roster or profile: reads the members anew.
    pub fn read_roster(&mut self) {
        self.roster = Roster::read(self.statement.coordination, self.folios.values());
    }

    /// The gate: takes in acts from outside, whole or not at all.
    ///
    /// # Errors
    /// [`GateError`]; the shelf is unchanged then.
    pub fn accept(&mut self, batch: &Batch) -> Result<Accepted, GateError> {
        let id = batch.folio;
        self.check_room(&id)?;
        let territory = self.territory();
        let accepted = match self.folios.get_mut(&id) {
            Some(folio) => folio.accept(batch)?,
            None => {
                let mut folio = Folio::new(territory, id);
                let accepted = folio.accept(batch)?;
                self.folios.insert(id, folio);
                accepted
            }
        };
        if matches!(id.leaf, Leaf::Roster | Leaf::Profile) && accepted != Accepted::Known {
            self.read_roster();
        }
        Ok(accepted)
    }

    fn check_room(&self, id: &FolioId) -> Result<(), GateError> {
        let (first, last) = self.window();
        let in_window = match id.leaf {
            Leaf::Roster => id.writer == self.statement.coordination,
            Leaf::Profile => true,
            Leaf::Week(week) => (first..=last).contains(&week),
        };
        if !in_window {
            return Err(GateError::Limit);
        }
        if self.folios.contains_key(id) {
            return Ok(());
        }
        let enrolled = id.leaf == Leaf::Roster || self.roster.member_of(&id.writer.key).is_some();
        let strangers = || {
            let known =
                |folio: &&FolioId| folio.leaf == Leaf::Roster || self.roster.member_of(&folio.writer.key).is_some();
            self.folios.keys().filter(|folio| !known(folio)).count()
        };
        if self.folios.len() >= FOLIOS_MAX || (!enrolled && strangers() >= UNENROLLED_FOLIOS_MAX) {
            return Err(GateError::Limit);
        }
        Ok(())
    }
}
