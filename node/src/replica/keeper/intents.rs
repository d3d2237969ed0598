// SPDX-License-Identifier: EUPL-1.2
//! What this box is going to do with appointments of its own: cancel one in a minute unless it is taken back, or once
//! the one that takes its place is confirmed.
//!
//! Each is on the disk before it is promised, and looked at every second, after a restart too. Invariant: an
//! appointment that is moved is cancelled only when the calendar shows the other one confirmed (tests of the portal).

use std::sync::Arc;

use crdt_calendar::act::Reason;
use crdt_calendar::clerk::ChangeError;
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::{ActRef, Leaf};

use super::Keeper;
use super::group::Group;
use crate::replica::command::{BookOrder, Refusal};
use crate::store::{Intent, StoreError};

/// What is due of an intent.
enum Due {
    Cancel(Reason),
    /// The person has another one instead.
    Leave,
    Forget,
}

impl Keeper {
    /// Reads them; what speaks of an appointment that the disk did not keep is forgotten, for its number may be given
    /// to another; and on a box that was restored, what was to be cancelled when the backup was made: it may have been
    /// taken back since. Called before anything is written.
    pub(super) fn read_intents(&mut self) -> Result<(), StoreError> {
        let mut intents = self.store.intents()?;
        // Who waited without an appointment, and took one, is not asked again: `read_wishes` came before.
        let is_here = |id: &ActRef| self.seekers.contains_key(id) || self.appointment(id).is_some();
        let is_restored = self.anew.is_some_and(|it| it.waits());
        let is_stale = |intent: &Intent| match intent {
            Intent::Move(other) => !is_here(other),
            Intent::Cancel(..) => is_restored,
        };
        let lost: Vec<ActRef> =
            intents.iter().filter(|(id, intent)| !is_here(id) || is_stale(intent)).map(|(id, _)| *id).collect();
        for id in lost {
            self.store.drop_intent(&id)?;
            intents.remove(&id);
        }
        self.intents = Arc::new(intents);
        Ok(())
    }

    /// Books another time for an appointment of this point, and cancels it: at once where the new one is confirmed at
    /// once, else when it is. What links the two is kept before the booking is.
    pub(super) fn move_to(&mut self, old: &ActRef, order: &BookOrder, group: &mut Group) -> Result<ActRef, Refusal> {
        if let Some(known) = order.nonce.as_deref().and_then(|nonce| group.known_nonce(nonce)) {
            return Ok(known);
        }
        if let Some(refusal) = self.disk.refusal() {
            return Err(refusal);
        }
        if self.seekers.contains_key(old) {
            if self.has_another(old) {
                return Err(Refusal::Intended);
            }
            let booked = self.book(order, group)?;
            self.intend(*old, Intent::Move(booked))?;
            return Ok(booked);
        }
        self.may_intend(old)?;
        if self.takes_a_place(old) {
            return Err(Refusal::Intended);
        }
        let booked = self.book(order, group)?;
        self.intend(*old, Intent::Move(booked))?;
        if self.appointment(&booked).is_some_and(Appointment::is_confirmed)
            && let Err(error) = self.clerk.cancel_moved(self.clock.now(), old)
        {
            tracing::warn!(%error, "what was moved is not cancelled yet");
        }
        Ok(booked)
    }

    /// Cancels an appointment of this point in that second, unless it is taken back before.
    pub(super) fn cancel_at(&mut self, id: &ActRef, reason: Reason, at: i64) -> Result<(), Refusal> {
        self.may_intend(id)?;
        self.intend(*id, Intent::Cancel(reason, at))
    }

    /// An appointment that was going to be cancelled stands again.
    pub(super) fn take_back(&mut self, id: &ActRef) -> Result<(), Refusal> {
        let is_coming = self.appointment(id).is_some_and(|it| it.is_coming(self.clock.minute()));
        match self.intents.get(id) {
            Some(Intent::Cancel(..)) if is_coming => self.forget(id),
            _ => Err(ChangeError::Over.into()),
        }
    }

    /// Does what is due; tells whether anything was.
    pub(super) fn carry_out_intents(&mut self) -> bool {
        let due: Vec<(ActRef, Due)> =
            self.intents.iter().filter_map(|(id, intent)| Some((*id, self.due(id, intent)?))).collect();
        for (id, due) in &due {
            let done = match due {
                Due::Leave => self.clerk.cancel_moved(self.clock.now(), id).map_err(Refusal::from),
                Due::Cancel(reason) => self.clerk.cancel(self.clock.now(), id, *reason).map_err(Refusal::from),
                Due::Forget => self.forget(id),
            };
            if let Err(refusal) = done {
                tracing::debug!(%refusal, "what was to become of an appointment is not done yet");
            }
        }
        !due.is_empty()
    }

    fn due(&self, id: &ActRef, intent: &Intent) -> Option<Due> {
        let it = self.appointment(id)?;
        let is_coming = it.is_coming(self.clock.minute());
        match intent {
            Intent::Cancel(..) if !is_coming => Some(Due::Forget),
            Intent::Cancel(reason, at) => (self.clock.unix_ms() / 1000 >= *at).then_some(Due::Cancel(*reason)),
            Intent::Move(other) => {
                let is_confirmed = self.appointment(other).is_some_and(Appointment::is_confirmed);
                (is_coming && is_confirmed && it.arrived.is_none()).then_some(Due::Leave)
            }
        }
    }

    /// Lets an appointment of this point be moved or cancelled that is still to come, and of which that is not said yet.
    fn may_intend(&self, id: &ActRef) -> Result<(), Refusal> {
        let it = self.appointment(id).ok_or(ChangeError::Unknown)?;
        if Some(&it.point) != self.clerk.member() {
            return Err(ChangeError::NotOurs.into());
        }
        if !it.is_coming(self.clock.minute()) {
            return Err(ChangeError::Over.into());
        }
        match self.intents.get(id) {
            Some(Intent::Cancel(..)) => Err(Refusal::Intended),
            Some(Intent::Move(_)) if self.has_another(id) => Err(Refusal::Intended),
            _ => Ok(()),
        }
    }

    /// Whether the person was given another appointment instead, and that stands.
    fn has_another(&self, id: &ActRef) -> bool {
        let Some(Intent::Move(other)) = self.intents.get(id) else { return false };
        self.appointment(other).is_some_and(|it| !it.is_off())
    }

    /// Whether another appointment, still to come, waits for this one: it would wait for ever if this one moved on.
    fn takes_a_place(&self, id: &ActRef) -> bool {
        let now = self.clock.minute();
        let mut olds = self.intents.iter().filter(|(_, intent)| **intent == Intent::Move(*id)).map(|(old, _)| old);
        olds.any(|old| self.appointment(old).is_some_and(|it| it.is_coming(now)))
    }

    fn intend(&mut self, id: ActRef, intent: Intent) -> Result<(), Refusal> {
        // A booking of this group must not be kept without it.
        self.store.keep_intent(&id, &intent).map_err(|error| self.break_off(&error))?;
        Arc::make_mut(&mut self.intents).insert(id, intent);
        Ok(())
    }

    fn forget(&mut self, id: &ActRef) -> Result<(), Refusal> {
        self.store.drop_intent(id).map_err(|error| self.break_off(&error))?;
        Arc::make_mut(&mut self.intents).remove(id);
        Ok(())
    }

    pub(super) fn appointment(&self, id: &ActRef) -> Option<&Appointment> {
        let Leaf::Week(week) = id.folio.leaf else { return None };
        self.clerk.week(week)?.appointment(id)
    }
}
