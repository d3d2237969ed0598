// SPDX-License-Identifier: EUPL-1.2
//! People who wait for a first time, on the replica's thread: sealed to this box's own key of the week before they reach
//! the disk, and named like an appointment that no register has.
//!
//! When they wait and what was proposed is a wish (`wishes`). A time that they take is booked as a move is, so that a
//! form sent twice leads there; then they are forgotten.

use std::sync::Arc;

use crdt_calendar::clerk::{BookError, ChangeError};
use crdt_calendar::ids::{ActRef, FolioId, Leaf};

use super::Keeper;
use super::wishes::WISHES_MAX;
use crate::replica::command::{Refusal, SeekOrder};
use crate::replica::details::Details;
use crate::store::{Intent, SEEKER_DAYS_MAX, Seeker, Wish};

/// No act of a register has such a number (`FOLIO_ACTS_MAX`).
const NO_ACT: u32 = 1 << 31;
const DAY_MS: i64 = 24 * 3_600_000;

impl Keeper {
    /// Puts a person on the list. The same form sent twice does once.
    pub(super) fn seek(&mut self, order: &SeekOrder) -> Result<ActRef, Refusal> {
        if self.clerk.member().is_none() {
            return Err(ChangeError::NotOurs.into());
        }
        let services = self.profiles.get(&order.home).map(|it| it.description.services.as_slice()).unwrap_or_default();
        if !services.iter().any(|it| it.id == order.service) {
            return Err(BookError::Service.into());
        }
        let id = self.seeker_id(&order.nonce);
        // Where the power went before the week's key was kept it does not open: it is sealed anew.
        if self.seeker_details(&id).is_some() {
            return Ok(id);
        }
        if self.wishes.len() >= WISHES_MAX {
            return Err(Refusal::ListFull);
        }
        let sealed = self.clerk.seal_waiting(&id, &order.details.to_bytes(), &mut self.rng)?;
        let (since, passed) = (self.clock.unix_ms(), order.passed.clone());
        self.keep_wish(&id, Wish { since, waits: true, is_for_any: true, passed, told: Vec::new() })?;
        let seeker = Seeker { home: order.home.clone(), service: order.service.clone() };
        self.store.keep_seeker(&id, &seeker, &sealed).map_err(|error| self.break_off(&error))?;
        Arc::make_mut(&mut self.seekers).insert(id, seeker);
        Ok(id)
    }

    /// The name of whoever was entered by a form: of the week in which that is, with a number of the form's.
    fn seeker_id(&self, nonce: &str) -> ActRef {
        let folio = FolioId { writer: self.clerk.writer(), leaf: Leaf::Week(self.clock.minute().week()) };
        let drawn = nonce.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
        ActRef { folio, act: NO_ACT | drawn }
    }

    /// Who it is, where that opens.
    pub(super) fn seeker_details(&self, id: &ActRef) -> Option<Details> {
        self.seekers.get(id)?;
        let sealed = self.store.sealed_seeker(id);
        let sealed = sealed.inspect_err(|error| tracing::warn!(%error, "who waits is not read")).ok()??;
        Details::from_bytes(&self.clerk.open_waiting(id, &sealed).ok()?).ok()
    }

    /// Whether a person without an appointment waits no more: they have one, or it is too long ago.
    pub(super) fn has_sought(&self, id: &ActRef) -> bool {
        let is_old = |wish: &Wish| self.clock.unix_ms() >= wish.since + i64::from(SEEKER_DAYS_MAX) * DAY_MS;
        matches!(self.intents.get(id), Some(Intent::Move(_))) || self.wishes.get(id).is_none_or(is_old)
    }

    /// Forgets them, and what was proposed.
    pub(super) fn forget_seeker(&mut self, id: &ActRef) -> Result<(), Refusal> {
        self.store.drop_wish(id).map_err(|error| self.break_off(&error))?;
        Arc::make_mut(&mut self.wishes).remove(id);
        Arc::make_mut(&mut self.seekers).remove(id);
        Ok(())
    }
}
