// SPDX-License-Identifier: MIT OR Apache-2.0
//! *Counts?* — the calendar of one week, as a pure function of the folios held and the roster.
//!
//! Nodes that hold the same folios show the same calendar: no clock, no order of arrival, no local
//! state takes part. Three answers: it counts, it is void, or it *waits* for what is not here; what
//! waits is never called refused. Ownership of a slot is read in its home's ledger alone
//! ([`ledger`]), booths in the point's folio alone ([`holdings`]); [`judge`](self) joins the two.

pub mod appointment;
pub mod duties;
pub mod holdings;
mod judge;
pub mod ledger;
pub mod marks;
pub mod offers;

use std::collections::BTreeMap;

use crate::folio::Folio;
use crate::ids::{ActRef, FolioId, Leaf, MemberId, SlotId, Tenure, Writer};
use crate::roster::{Roster, Standing};
use crate::time::IsoWeek;

pub use appointment::{Appointment, State, Why};
use holdings::Holdings;
use ledger::{Ledger, Slot};

/// The calendar of one week.
#[derive(Debug, Clone)]
pub struct Week {
    /// Which week.
    pub week: IsoWeek,
    /// The ledger of each home, by its folio. Past boxes' ledgers are here too; see [`Week::is_current`].
    pub ledgers: BTreeMap<FolioId, Ledger>,
    /// What each holder wrote.
    pub holdings: BTreeMap<FolioId, Holdings>,
    /// Every appointment, by its `book` or `ask`.
    pub appointments: BTreeMap<ActRef, Appointment>,
    /// Which appointment stands in a tenure.
    bookings: BTreeMap<Tenure, ActRef>,
    standings: BTreeMap<Writer, Standing>,
}

/// What a slot is to everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// At home: anyone may ask for it.
    Free,
    /// In a holder's tenure, without a booking that counts.
    Held(Writer),
    /// An appointment stands there.
    Booked(ActRef),
    /// Its home's register is in doubt.
    Suspended,
    /// It is not offered: closed, overlapping, or touched by a later version.
    NotBookable,
}

impl Week {
    /// Folds one week. Cost: linear in the acts of that week's folios; other weeks' are passed over.
    #[must_use]
    pub fn fold<'a>(week: IsoWeek, roster: &Roster, folios: impl Iterator<Item = &'a Folio>) -> Self {
        let mut fold = Self {
            week,
            ledgers: BTreeMap::new(),
            holdings: BTreeMap::new(),
            appointments: BTreeMap::new(),
            bookings: BTreeMap::new(),
            standings: BTreeMap::new(),
        };
        for folio in folios.filter(|folio| folio.id().leaf == Leaf::Week(week)) {
            let writer = folio.id().writer;
            let Some(member) = roster.member_of(&writer.key) else { continue };
            fold.standings.insert(writer, roster.standing(&writer));
            fold.ledgers.insert(folio.id(), Ledger::read(member.clone(), folio));
            fold.holdings.insert(folio.id(), Holdings::read(folio));
        }
        judge::judge(&mut fold, roster);
        fold
    }

    /// A slot, wherever its home.
    #[must_use]
    pub fn slot(&self, id: &SlotId) -> Option<&Slot> {
        self.ledgers.get(&id.open.folio)?.slot(id)
    }

    /// The home of a slot.
    #[must_use]
    pub fn home(&self, id: &SlotId) -> Option<&MemberId> {
        self.ledgers.get(&id.open.folio).map(|ledger| &ledger.home)
    }

    /// Whether this folio is its member's current one.
    #[must_use]
    pub fn is_current(&self, folio: &FolioId) -> bool {
        self.standings.get(&folio.writer) == Some(&Standing::Current)
    }

    /// What a slot is to everyone.
    #[must_use]
    pub fn state(&self, id: &SlotId) -> Option<SlotState> {
        let ledger = self.ledgers.get(&id.open.folio)?;
        let slot = ledger.slot(id)?;
        if slot.void || slot.closed || slot.unreadable {
            return Some(SlotState::NotBookable);
        }
        if ledger.frozen || !self.is_current(&id.open.folio) {
            return Some(SlotState::Suspended);
        }
        let number = u16::try_from(slot.tenures.len()).ok()?;
        if slot.is_at_home() {
            return Some(SlotState::Free);
        }
        if let Some(appointment) = self.bookings.get(&Tenure { slot: *id, number }) {
            return Some(SlotState::Booked(*appointment));
        }
        let holder = slot.tenures.last()?.to;
        let unreadable =
            self.holdings.iter().any(|(folio, holdings)| folio.writer == holder && holdings.unreadable.contains(id));
        Some(if unreadable { SlotState::NotBookable } else { SlotState::Held(holder) })
    }

    /// The appointment that stands in this tenure.
    #[must_use]
    pub fn booking(&self, tenure: &Tenure) -> Option<&ActRef> {
        self.bookings.get(tenure)
    }

    /// All slots with their ids, of current ledgers.
    pub fn slots(&self) -> impl Iterator<Item = (SlotId, &Slot)> {
        self.ledgers.iter().filter(|(folio, _)| self.is_current(folio)).flat_map(|(folio, ledger)| {
            ledger
                .slots
                .iter()
                .map(|(&(act, index), slot)| (SlotId { open: ActRef { folio: *folio, act }, index }, slot))
        })
    }
}
