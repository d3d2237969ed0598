// SPDX-License-Identifier: EUPL-1.2
//! People of this point who wait for a first time: for which agency and service, and who they are, sealed before it comes
//! here. When they wait and what was proposed is a [`Wish`](super::Wish) like any other, under the same name.
//!
//! It is this box's alone and goes nowhere. A row that is none is passed over.

use std::collections::BTreeMap;

use crdt_calendar::ids::{ActRef, MemberId, ServiceId};
use rusqlite::{OptionalExtension as _, Row, params};

use super::folios::bytes_of;
use super::{Store, StoreError};

/// Days for which a person without an appointment waits: what lies here of their week is shared no more then
/// (`erasure`), and after three weeks somebody has to ask whether they still want it.
pub const SEEKER_DAYS_MAX: u16 = 21;

/// What a person without an appointment waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeker {
    /// The agency.
    pub home: MemberId,
    /// What it is about.
    pub service: ServiceId,
}

impl Store {
    /// Keeps somebody of whom a wish is kept already; goes with it.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`], also where there is no such wish.
    pub fn keep_seeker(&mut self, id: &ActRef, seeker: &Seeker, sealed: &[u8]) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO seeker (act, agency, service, sealed) VALUES (?1, ?2, ?3, ?4)",
            params![bytes_of(id), seeker.home.as_str(), seeker.service.as_str(), sealed],
        )?;
        Ok(())
    }

    /// Who somebody is, sealed.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn sealed_seeker(&self, id: &ActRef) -> Result<Option<Vec<u8>>, StoreError> {
        let query = "SELECT sealed FROM seeker WHERE act = ?1";
        Ok(self.connection.query_row(query, params![bytes_of(id)], |row| row.get(0)).optional()?)
    }

    /// All of them.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn seekers(&self) -> Result<BTreeMap<ActRef, Seeker>, StoreError> {
        let mut statement = self.connection.prepare("SELECT act, agency, service FROM seeker")?;
        let rows = statement.query_map([], |row| Ok(seeker(row).ok().flatten()))?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().flatten().collect())
    }
}

fn seeker(row: &Row<'_>) -> rusqlite::Result<Option<(ActRef, Seeker)>> {
    let (act, agency, service): (Vec<u8>, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let named = MemberId::new(&agency).ok().zip(ServiceId::new(&service).ok());
    let act = postcard::from_bytes(&act).ok();
    Ok(act.zip(named).map(|(act, (home, service))| (act, Seeker { home, service })))
}

#[cfg(test)]
mod tests {
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, Writer};
    use crdt_calendar::time::IsoWeek;

    use super::*;
    use crate::store::Wish;
    use crate::store::folios::delete_weeks;

    #[test]
    fn who_waits_survives_a_restart_and_goes_with_the_wish() {
        // Goal: nobody is kept of whom no wish is; what is read back is what was kept; a wish that goes, or is erased with
        // its week, takes the person with it; a row that is none costs itself alone.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let at = |week: u16, act: u32| {
            let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
            ActRef { folio: FolioId { writer, leaf: Leaf::Week(IsoWeek(week)) }, act }
        };
        let name = |text: &str| MemberId::new(text).expect("a name");
        let seeker = Seeker { home: name("caisse"), service: name("carte") };
        let mut store = Store::open(&path).expect("a database");
        assert!(store.keep_seeker(&at(10, 1), &seeker, b"sealed").is_err(), "no wish");
        for id in [at(10, 1), at(11, 2), at(12, 3), at(12, 4)] {
            store.keep_wish(&id, &Wish { waits: true, ..Wish::default() }).expect("kept");
            store.keep_seeker(&id, &seeker, b"sealed").expect("kept");
        }
        store.connection.execute("UPDATE seeker SET agency = '' WHERE act = ?1", [bytes_of(&at(12, 4))]).expect("ours");
        drop(store);
        let mut store = Store::open(&path).expect("again");
        let all = [at(10, 1), at(11, 2), at(12, 3)].map(|id| (id, seeker.clone()));
        assert_eq!(store.seekers().expect("read"), all.clone().into());
        assert_eq!(store.sealed_seeker(&at(11, 2)).expect("read").as_deref(), Some(&b"sealed"[..]));
        let transaction = store.connection.transaction().expect("begun");
        delete_weeks(&transaction, "wish", |week| week > IsoWeek(10)).expect("deleted");
        transaction.commit().expect("done");
        store.drop_wish(&at(11, 2)).expect("dropped");
        assert_eq!(store.seekers().expect("read"), [all[2].clone()].into());
        assert_eq!(store.sealed_seeker(&at(11, 2)).expect("read"), None);
    }
}
