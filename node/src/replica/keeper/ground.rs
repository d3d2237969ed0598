// SPDX-License-Identifier: EUPL-1.2
//! What the calendar is read from: papers, key and disk. Read when the replica starts, and again when a disk that was
//! full has room: what it did not keep was sent to nobody, so the calendar is again what it was.
//!
//! Invariant: where own registers are damaged or gone, the box that comes out of it has a new life, and that
//! life is durable before anything is written in it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crdt_calendar::clerk::{Clerk, Policy};
use crdt_calendar::folio::{Accepted, Batch, Folio};
use crdt_calendar::ids::{FolioId, Incarnation, PublicKey, Writer};
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::shelf::Shelf;
use ed25519_dalek::SigningKey;
use rand_core::Rng as _;

use crate::clock::Clock;
use crate::replica::randomness::SystemRng;
use crate::replica::thread::{KeepLife, NewLife, StartError};
use crate::store::{Found, Store};

/// What the calendar is read from.
pub(super) struct Ground {
    pub database: PathBuf,
    pub key: SigningKey,
    /// The box's life: the last one that is durable.
    pub life: Incarnation,
    pub genesis: Genesis,
    pub statement: RootStatement,
    pub earlier: Vec<RootStatement>,
    pub rosters: Vec<Batch>,
    pub policy: Policy,
    pub clock: Clock,
    pub keep_life: KeepLife,
}

/// What was read.
pub(super) struct Read {
    pub clerk: Clerk,
    pub store: Store,
    /// The life that is over, if own registers were damaged or gone.
    pub over: Option<Writer>,
    /// Another life has begun in this folder: the one that this life follows, whatever files say.
    pub last: Option<Writer>,
    /// Registers of others that were damaged.
    pub dropped: Vec<FolioId>,
}

impl Ground {
    /// Reads what the disk holds of the box in its life.
    ///
    /// # Errors
    /// [`StartError`].
    pub(super) fn read(&mut self) -> Result<Read, StartError> {
        let incarnation = self.life;
        let territory = self.genesis.territory();
        let mut shelf = Shelf::new(self.genesis.clone(), self.statement.clone(), self.clock.minute().week())?;
        let own = Writer { key: PublicKey(self.key.verifying_key().to_bytes()), incarnation };
        let Found { mut store, folios, dropped, is_over, begun } = Store::recover(&self.database, territory, own)?;
        if !dropped.is_empty() {
            tracing::warn!(dropped = dropped.len(), "damaged registers of others were dropped; peers have them");
        }
        if is_over {
            self.new_life(incarnation)?;
            store.keep_last_words(&self.database, &folios, own)?;
        }
        for statement in store.statements()? {
            // Whoever is without it hears it from any peer; those of the papers are not heard again.
            if shelf.state(statement).is_err() {
                tracing::warn!("a statement of the root on this disk does not verify: it is passed over");
            }
        }
        for statement in &self.earlier {
            shelf.state(statement.clone())?;
        }
        shelf.set_floors(store.floors()?);
        for folio in folios {
            shelf.restore(folio);
        }
        for batch in &self.rosters {
            take_in(&mut shelf, &mut store, batch)?;
        }
        let secrets = store.secrets()?;
        let mut clerk = Clerk::new(self.key.clone(), self.life, shelf, secrets);
        clerk.set_policy(self.policy.clone());
        let last = begun.filter(|begun| *begun != incarnation).map(|incarnation| Writer { incarnation, ..own });
        Ok(Read { clerk, store, over: is_over.then_some(own), last, dropped })
    }

    fn new_life(&mut self, before: Incarnation) -> Result<(), StartError> {
        tracing::error!("this box's own registers are damaged or gone: it starts a new life, without tenures");
        let life = draw_life();
        (self.keep_life)(NewLife { life, before, anew: None }).map_err(|error| StartError::Write(error.to_string()))?;
        self.life = life;
        Ok(())
    }
}

/// A life that no box has had.
pub(super) fn draw_life() -> Incarnation {
    let mut bytes = [0; 8];
    SystemRng.fill_bytes(&mut bytes);
    Incarnation(bytes)
}

/// A roster of the papers; what changes by it is kept.
fn take_in(shelf: &mut Shelf, store: &mut Store, batch: &Batch) -> Result<(), StartError> {
    let held = shelf.folio(&batch.folio).map_or(0, Folio::seq);
    let (accepted, replaced) = shelf.accept(batch)?;
    let held = match accepted {
        Accepted::Known => None,
        Accepted::New(_) | Accepted::Forked => Some(held),
        Accepted::Replaced => Some(0),
    };
    // Of a folio whose acts became others, all of it is kept anew.
    let anew = replaced.into_iter().map(|id| (id, 0));
    let changed: BTreeMap<FolioId, u32> = held.map(|held| (batch.folio, held)).into_iter().chain(anew).collect();
    store.keep(changed.iter().filter_map(|(id, held)| Some((shelf.folio(id)?, *held))), &[], None)?;
    Ok(())
}
