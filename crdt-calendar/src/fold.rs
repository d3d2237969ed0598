// SPDX-License-Identifier: MIT OR Apache-2.0
//! *Counts?* — the calendar of one week, as a pure function of the folios held and the roster.
//!
//! Nodes that hold the same folios show the same calendar: no clock, no order of arrival, no local
//! state takes part. Three answers: it counts, it is void, or it *waits* for what is not here; what
//! waits is never called refused. Ownership of a slot is read in its home's ledger alone
//! ([`ledger`]), booths in the point's folio alone ([`holdings`]); [`judge`](self) joins the two.

pub mod appointment;
mod before;
pub mod duties;
pub mod holdings;
mod judge;
pub mod ledger;
pub mod marks;
pub mod offers;
mod settlement;
pub mod terms;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::folio::Folio;
use crate::ids::{ActRef, FolioId, Leaf, MemberId, SlotId, Tenure, Writer};
use crate::roster::{Roster, Standing};
use crate::time::IsoWeek;

pub use appointment::{Appointment, State, Why};
use before::{Basis, Before, Edition};
use holdings::Holdings;
use ledger::{Ledger, Slot};

/// The calendar of one week.
#[derive(Debug, Clone)]
pub struct Week {
    /// Which week.
    pub week: IsoWeek,
    /// The ledger of each home, by its folio; the current one holds what it adopts of earlier ones. Past
    /// boxes' ledgers are here too, for what was not adopted; see [`Week::is_current`].
    pub ledgers: BTreeMap<FolioId, Arc<Ledger>>,
    /// What each holder wrote.
    pub holdings: BTreeMap<FolioId, Arc<Holdings>>,
    /// Every appointment, by its `book` or `ask`.
    pub appointments: BTreeMap<ActRef, Arc<Appointment>>,
    /// Which appointment stands in a tenure.
    bookings: BTreeMap<Tenure, ActRef>,
    standings: BTreeMap<Writer, Standing>,
    /// The folio of each member's current box, where it is here.
    currents: BTreeMap<MemberId, FolioId>,
    /// What of each folio was read.
    editions: BTreeMap<FolioId, Edition>,
    /// The roster by which it was judged.
    basis: Basis,
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
    pub fn fold<'a>(week: IsoWeek, roster: &Arc<Roster>, folios: impl Iterator<Item = &'a Folio>) -> Self {
        Self::from(week, roster, folios, None)
    }

    /// Folds the week again after folios came or grew: the same as [`Week::fold`] gives. Cost: the new acts, a copy of the
    /// ledgers and holdings that grew, what rests on them, and a pointer for each appointment that stays.
    #[must_use]
    pub fn refold<'a>(&self, roster: &Arc<Roster>, folios: impl Iterator<Item = &'a Folio>) -> Self {
        Self::from(self.week, roster, folios, Some(self))
    }

    fn from<'a>(
        week: IsoWeek,
        roster: &Arc<Roster>,
        folios: impl Iterator<Item = &'a Folio>,
        last: Option<&Self>,
    ) -> Self {
        let mut fold = Self {
            week,
            ledgers: BTreeMap::new(),
            holdings: BTreeMap::new(),
            appointments: BTreeMap::new(),
            bookings: BTreeMap::new(),
            standings: BTreeMap::new(),
            currents: BTreeMap::new(),
            editions: BTreeMap::new(),
            basis: Basis(Arc::clone(roster)),
        };
        let here: BTreeMap<FolioId, &Folio> =
            folios.map(|it| (it.id(), it)).filter(|(id, _)| id.leaf == Leaf::Week(week)).collect();
        let earlier = |by: &Writer, id: &FolioId| find_earlier(roster, &here, by, id);
        let mut anew = BTreeSet::new();
        for (id, folio) in &here {
            let Some(member) = roster.member_of(&id.writer.key) else { continue };
            let standing = roster.standing(&id.writer);
            // A life that never began, or not yet: it waits unshown, for each node holds others of them.
            if standing == Standing::Unknown {
                continue;
            }
            fold.standings.insert(id.writer, standing);
            if standing == Standing::Current {
                fold.currents.insert(member.clone(), *id);
            }
            fold.editions.insert(*id, Edition::of(folio));
            fold.ledgers.insert(*id, before::ledger(last, member, folio, &earlier, &mut anew));
            fold.holdings.insert(*id, before::holdings(last, folio));
        }
        let before = last.and_then(|last| Before::new(last, &fold, &anew));
        judge::judge(&mut fold, roster, before.as_ref());
        fold
    }

    /// A slot, wherever its home.
    #[must_use]
    pub fn slot(&self, id: &SlotId) -> Option<&Slot> {
        self.ledger_of(&id.open)?.1.slot(id)
    }

    /// The home of a slot.
    #[must_use]
    pub fn home(&self, id: &SlotId) -> Option<&MemberId> {
        self.ledgers.get(&id.open.folio).map(|ledger| &ledger.home)
    }

    /// The key that its home opens envelopes for this slot with now: of the box that speaks for the home,
    /// once that has published one in this week.
    #[must_use]
    pub fn week_key(&self, id: &SlotId) -> Option<[u8; 32]> {
        let (_, ledger) = self.ledger_of(&id.open)?;
        Some(ledger.key_for(&ledger.slot(id)?.opening))
    }

    /// The ledger that speaks for what this `open` cut: the current one of its home, if it has read
    /// that act, else the one in which it stands.
    fn ledger_of(&self, open: &ActRef) -> Option<(&FolioId, &Ledger)> {
        let own = self.ledgers.get_key_value(&open.folio)?;
        let current = self.currents.get(&own.1.home).and_then(|folio| self.ledgers.get_key_value(folio));
        let (folio, ledger) = current.filter(|(_, ledger)| ledger.has_read(open)).unwrap_or(own);
        Some((folio, ledger))
    }

    /// Whether this act of a holder is here, below any second history.
    fn has_read(&self, act: &ActRef) -> bool {
        self.holdings.get(&act.folio).is_some_and(|it| act.act <= it.read)
    }

    /// Whether this folio is its member's current one.
    #[must_use]
    pub fn is_current(&self, folio: &FolioId) -> bool {
        self.standings.get(&folio.writer) == Some(&Standing::Current)
    }

    /// What a slot is to everyone.
    #[must_use]
    pub fn state(&self, id: &SlotId) -> Option<SlotState> {
        let (folio, ledger) = self.ledger_of(&id.open)?;
        let slot = ledger.slot(id)?;
        if slot.void || slot.closed || slot.unreadable {
            return Some(SlotState::NotBookable);
        }
        if ledger.frozen || ledger.waits || !self.is_current(folio) {
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
        let unreadable = self.holding(holder).is_some_and(|holdings| holdings.unreadable.contains(id));
        Some(if unreadable { SlotState::NotBookable } else { SlotState::Held(holder) })
    }

    /// All appointments, in the order of their ids.
    pub fn appointments(&self) -> impl Iterator<Item = &Appointment> + Clone {
        self.appointments.values().map(Arc::as_ref)
    }

    /// One appointment.
    #[must_use]
    pub fn appointment(&self, id: &ActRef) -> Option<&Appointment> {
        self.appointments.get(id).map(Arc::as_ref)
    }

    /// The appointment that stands in this tenure.
    #[must_use]
    pub fn booking(&self, tenure: &Tenure) -> Option<&ActRef> {
        self.bookings.get(tenure)
    }

    /// All slots with their ids, of current ledgers.
    pub fn slots(&self) -> impl Iterator<Item = (SlotId, &Slot)> {
        let current = self.ledgers.iter().filter(|(folio, _)| self.is_current(folio));
        current.flat_map(|(_, ledger)| ledger.slots())
    }
}

fn find_earlier<'a>(
    roster: &Roster,
    here: &BTreeMap<FolioId, &'a Folio>,
    by: &Writer,
    id: &FolioId,
) -> ledger::Found<'a> {
    let is_of_line = roster.follows(by, &id.writer);
    // A box whose first words are not here yet may still prove to be of the line.
    let may_be = roster.standing(&id.writer) == Standing::Unknown
        && roster.member_of(&id.writer.key).is_some_and(|member| roster.member_of(&by.key) == Some(member));
    match here.get(id) {
        Some(folio) if is_of_line => ledger::Found::Here(folio),
        _ if is_of_line || may_be => ledger::Found::Awaited,
        _ => ledger::Found::Foreign,
    }
}
