// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a fold takes over from the one before: ledgers and holdings whose folios are the same or have grown, and
//! appointments of which nothing is another now.
//!
//! Invariant: a week folded on is what [`Week::fold`] makes of the same folios (oracle, with forks, adoptions and
//! erasures: `simulations::oracle`; property, of acts in any order: `tests/any_order.rs`). Where that would take much
//! thought, all is judged anew.

use core::fmt;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::act::Leg;
use crate::folio::{Folio, Hash};
use crate::ids::{FolioId, MemberId};
use crate::roster::Roster;

use super::Week;
use super::appointment::{Appointment, State};
use super::holdings::{Holdings, Wants};
use super::judge::Case;
use super::ledger::{Earlier, Ledger};

/// What of a folio is read: up to a second history, if there is one. The hash of the last act stands for all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edition {
    seq: u32,
    hash: Hash,
    is_forked: bool,
}

/// The roster by which a week was judged. It says nothing of itself: weeks are compared by what they show.
#[derive(Clone)]
pub(super) struct Basis(pub(super) Arc<Roster>);

/// The week as it was judged before, under the same roster.
pub(super) struct Before<'a> {
    week: &'a Week,
    /// Homes whose ledgers have grown.
    homes: BTreeSet<MemberId>,
}

impl fmt::Debug for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("roster")
    }
}

impl Edition {
    pub(super) fn of(folio: &Folio) -> Self {
        let is_forked = folio.fork().is_some();
        let seq = folio.fork().map_or(folio.seq(), |fork| fork.at - 1);
        Self { seq, hash: folio.hash_at(seq).unwrap_or_default(), is_forked }
    }

    /// Whether the folio has only more acts now.
    fn has_grown(&self, folio: &Folio) -> bool {
        let is_one = !self.is_forked && folio.fork().is_none();
        is_one && folio.seq() > self.seq && folio.hash_at(self.seq) == Some(self.hash)
    }
}

/// The ledger of a folio: the one before, that one read on, or read from the beginning (`anew`).
pub(super) fn ledger<'a>(
    last: Option<&Week>,
    home: &MemberId,
    folio: &'a Folio,
    earlier: &Earlier<'_, 'a>,
    anew: &mut BTreeSet<FolioId>,
) -> Arc<Ledger> {
    let id = folio.id();
    let known = last.and_then(|last| Some((last.editions.get(&id)?, last.ledgers.get(&id)?)));
    match known.filter(|(_, ledger)| ledger.is_alone() && ledger.home == *home) {
        Some((edition, ledger)) if *edition == Edition::of(folio) => Arc::clone(ledger),
        Some((edition, ledger)) if edition.has_grown(folio) => Arc::new(ledger.read_on(folio, earlier)),
        _ => {
            anew.extend(known.map(|_| id));
            Arc::new(Ledger::read(home.clone(), folio, earlier))
        }
    }
}

/// What a holder wrote: as before, read on, or read from the beginning.
pub(super) fn holdings(last: Option<&Week>, folio: &Folio) -> Arc<Holdings> {
    let known = last.and_then(|last| Some((last.editions.get(&folio.id())?, last.holdings.get(&folio.id())?)));
    match known {
        Some((edition, holdings)) if *edition == Edition::of(folio) => Arc::clone(holdings),
        Some((edition, holdings)) if edition.has_grown(folio) => Arc::new(holdings.read_on(folio)),
        _ => Arc::new(Holdings::read(folio)),
    }
}

impl<'a> Before<'a> {
    /// What was judged before, if it was under the same roster and no ledger went, or was read `anew`.
    pub(super) fn new(week: &'a Week, now: &Week, anew: &BTreeSet<FolioId>) -> Option<Self> {
        let is_same_roster = Arc::ptr_eq(&week.basis.0, &now.basis.0);
        let are_all_here = week.ledgers.keys().all(|folio| now.ledgers.contains_key(folio));
        let is_same = |(folio, ledger): &(&FolioId, &Arc<Ledger>)| {
            week.ledgers.get(*folio).is_some_and(|known| Arc::ptr_eq(known, ledger))
        };
        let grown = now.ledgers.iter().filter(|it| !is_same(it));
        let homes = grown.map(|(_, ledger)| ledger.home.clone()).collect();
        (is_same_roster && are_all_here && anew.is_empty()).then_some(Self { week, homes })
    }

    /// The appointment as it was, where nothing that it rests on is another now: what its holder wrote of it and
    /// gave back, and the ledgers of its homes. A place in a queue rests on other people too, and a copy on any ledger.
    pub(super) fn appointment(&self, now: &Week, case: &Case<'_>) -> Option<Arc<Appointment>> {
        let folio = &case.id.folio;
        if case.is_copy || !now.is_current(folio) {
            return None;
        }
        let (holdings, known) = (now.holdings.get(folio)?, self.week.holdings.get(folio)?);
        let entry = known.entries.get(&case.id.act)?;
        let gave_back = holdings.released.len() != known.released.len();
        let unread = holdings.unreadable.len() != known.unreadable.len();
        if !Arc::ptr_eq(entry, &case.entry) || gave_back || unread {
            return None;
        }
        let has_same_home = |folio: &FolioId| {
            let home = now.basis.0.member_of(&folio.writer.key);
            home.is_some_and(|home| !self.homes.contains(home))
        };
        let is_same = match &entry.wants {
            Wants::Booked(run) => has_same_home(&run.open.folio),
            Wants::Asked(legs) => legs.iter().all(|leg| match leg {
                Leg::Slots(run) => has_same_home(&run.open.folio),
                Leg::Pool { home } => !self.homes.contains(home),
            }),
        };
        let is_queued = |it: &Arc<Appointment>| matches!(it.state, State::Queued { .. });
        self.week.appointments.get(&case.id).filter(|it| is_same && !is_queued(it)).cloned()
    }
}
