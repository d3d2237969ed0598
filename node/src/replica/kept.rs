// SPDX-License-Identifier: EUPL-1.2
//! A box on whose disk no node can start, because there is no room or the disk fails: what it keeps of the calendar is
//! read into memory, for an export file. Writes nothing, and says nothing in the box's name.

use crdt_calendar::ids::{FolioId, Leaf};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::IsoWeek;

use super::command::Exported;
use super::leaving::{self, Asked};
use super::thread::StartError;
use crate::clock::Clock;
use crate::home::Home;
use crate::papers::Papers;
use crate::store::Store;

/// What a disk keeps.
pub struct Kept {
    store: Store,
    shelf: Shelf,
}

impl Kept {
    /// Reads it. No node runs in the folder.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn read(home: &Home, clock: &Clock, papers: &Papers) -> Result<Self, StartError> {
        let store = Store::in_memory(&home.file("hameau.db"))?;
        let mut shelf = Shelf::new(papers.genesis.clone(), papers.statement.clone(), clock.minute().week())?;
        for statement in papers.earlier.iter().cloned().chain(store.statements()?) {
            shelf.state(statement)?;
        }
        // Who is a member, and which box speaks for it: what is passed on is of these.
        for id in store.folio_ids()?.iter().filter(|id| !matches!(id.leaf, Leaf::Week(_))) {
            if let Some(folio) = store.kept_folio(papers.genesis.territory(), id)? {
                shelf.restore(folio);
            }
        }
        shelf.set_floors(store.floors()?);
        Ok(Self { store, shelf })
    }

    /// A piece of what an export file holds: weeks from `since` on, what follows `after`.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn export(&self, since: Option<IsoWeek>, after: Option<FolioId>) -> Result<Exported, StartError> {
        let statements = self.shelf.statements().all();
        Ok(leaving::kept(&self.store, &self.shelf, statements, Asked { since, after })?)
    }
}
