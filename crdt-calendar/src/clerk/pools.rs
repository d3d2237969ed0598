// SPDX-License-Identifier: MIT OR Apache-2.0
//! Asking a home for a time rather than for a slot: any desk that takes the service, several homes at
//! once (an interpreter beside the advisor), or a place in a walk-in window.

use rand_core::CryptoRng;

use super::{BookError, ChangeError, Clerk, Now};
use crate::act::{Act, AskLeg, Leg};
use crate::envelope::{self, Binding};
use crate::fold::Week;
use crate::ids::{ActRef, BoothId, FolioId, Leaf, MemberId, ServiceId};
use crate::limits::LEGS_MAX;
use crate::roster::Standing;
use crate::time::{IsoWeek, Span};

/// What a person wants, whichever desk it is.
#[derive(Debug, Clone)]
pub struct PoolRequest {
    /// The agency. It alone can read the details.
    pub home: MemberId,
    /// Who else must have time, such as an interpreter's home: all of them, or nothing.
    pub others: Vec<MemberId>,
    /// When; of length 0: from that minute on, in the walk-in window that is open then.
    pub minutes: Span,
    /// What it is about.
    pub service: ServiceId,
    /// The booth; `None` takes the first that is free.
    pub booth: Option<BoothId>,
    /// The person's details as the node writes them; sealed here.
    pub details: Vec<u8>,
}

impl Clerk {
    /// Asks. One act; durable once its `Keep` is done; never a promise until every home has granted.
    ///
    /// # Errors
    /// [`BookError`]; nothing was written then.
    pub fn ask(&mut self, now: Now, request: &PoolRequest, rng: &mut impl CryptoRng) -> Result<ActRef, BookError> {
        if self.roster().standing(&self.writer) != Standing::Current {
            return Err(BookError::NotMember);
        }
        if request.minutes.end() < now.minute || (request.minutes.from < now.minute && request.minutes.length_min > 0) {
            return Err(BookError::Past);
        }
        let week = request.minutes.from.week();
        let key = self.week(week).and_then(|it| key_of(it, request)).ok_or(BookError::Service)?;
        let booth = self.free_booth(request.minutes, request.booth)?;
        let own = self.week_secret(week, rng)?;
        let envelope = envelope::seal(&request.details, &self.binding(week, request), &key, &own, rng)?;
        let homes = std::iter::once(&request.home).chain(&request.others);
        let legs: Vec<Leg> = homes.map(|home| Leg::Pool { home: home.clone() }).take(LEGS_MAX).collect();
        let (minutes, service) = (request.minutes, request.service.clone());
        Ok(self.write(now, Leaf::Week(week), &Act::Ask { legs, minutes, booth, service, envelope })?)
    }

    fn binding(&self, week: IsoWeek, request: &PoolRequest) -> Binding {
        let folio = FolioId { writer: self.writer, leaf: Leaf::Week(week) };
        let act = self.own_folio(week).map_or(0, crate::folio::Folio::seq) + 1;
        Binding {
            folio,
            act,
            appointment: ActRef { folio, act },
            minutes: request.minutes,
            service: request.service.clone(),
            slots: Vec::new(),
        }
    }

    /// Whom a call would call in: the first who waits in this window.
    #[must_use]
    pub fn next_in(&self, window: &ActRef) -> Option<ActRef> {
        let Leaf::Week(week) = window.folio.leaf else { return None };
        first_leg(self.week(week)?, window).map(|leg| leg.ask)
    }

    /// Calls in the next person of a walk-in window: the first in order who was not called and did not
    /// go away. `None` when nobody waits.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written then.
    pub fn call_next(&mut self, now: Now, window: &ActRef) -> Result<Option<ActRef>, ChangeError> {
        let Leaf::Week(week) = window.folio.leaf else { return Err(ChangeError::Unknown) };
        let next = self.week(week).and_then(|it| first_leg(it, window));
        let own = FolioId { writer: self.writer, leaf: Leaf::Week(week) };
        if self.week(week).and_then(|it| it.ledgers.get(&own)).is_none_or(|ledger| !ledger.windows.contains_key(window))
        {
            return Err(ChangeError::NotOurs);
        }
        let Some(leg) = next else { return Ok(None) };
        self.write(now, Leaf::Week(week), &Act::Called { leg })?;
        Ok(Some(leg.ask))
    }
}

fn first_leg(week: &Week, window: &ActRef) -> Option<AskLeg> {
    use crate::fold::State;
    let found = week.ledgers.values().find_map(|ledger| ledger.windows.get(window))?;
    let waits = |leg: &&AskLeg| week.appointment(&leg.ask).is_some_and(|it| matches!(it.state, State::Queued { .. }));
    found.tickets.iter().find(waits).copied()
}

/// The home's public key of the week: of a window or slot that takes the service at that time.
fn key_of(week: &Week, request: &PoolRequest) -> Option<[u8; 32]> {
    let takes = |services: &[(ServiceId, u16)]| services.iter().any(|(service, _)| *service == request.service);
    let from = request.minutes.from;
    let holds = |minutes: Span| minutes.from <= from && from < minutes.end();
    let ledgers = week.ledgers.iter().filter(|(folio, it)| it.home == request.home && week.is_current(folio));
    for (_, ledger) in ledgers {
        let mut windows = ledger.windows.values().filter(|it| holds(it.minutes) && takes(&it.opening.services));
        let mut slots =
            ledger.slots().map(|(_, slot)| slot).filter(|it| holds(it.minutes) && takes(&it.opening.services));
        let found = match request.minutes.length_min {
            0 => windows.next().map(|window| &window.opening),
            _ => slots.next().map(|slot| &slot.opening),
        };
        if let Some(opening) = found {
            return Some(ledger.key_for(opening));
        }
    }
    None
}
