// SPDX-License-Identifier: EUPL-1.2
//! The waiting list on the replica's thread: who joins and leaves it, and what was proposed.
//!
//! Two animateurs at two browsers tell one person of one time a day: the rule is asked here, where all come by. A wish
//! ends with its appointment: done, cancelled, moved; of a person without one, when they have one. Refuses to choose times: pages do, from the calendar that they show.

use std::sync::Arc;

use crdt_calendar::clerk::ChangeError;
use crdt_calendar::ids::ActRef;
use crdt_calendar::time::UtcMinute;

use super::Keeper;
use crate::replica::command::{Refusal, WishChange};
use crate::store::{Answer, Intent, Proposal, StoreError, Wish};

/// People who wait at one point. A point of a hundred appointments a week has not so many; more: refused.
pub(super) const WISHES_MAX: usize = 256;
/// Times let pass of one wish: what pages show of four weeks. More are proposed, though they were free.
const PASSED_MAX: usize = 600;

impl Keeper {
    /// Reads them; what speaks of an appointment that is not here is forgotten, for its number may be given to another.
    /// Called before anything is written.
    pub(super) fn read_wishes(&mut self) -> Result<(), StoreError> {
        let (mut wishes, seekers) = (self.store.wishes()?, self.store.seekers()?);
        let is_here = |id: &ActRef| seekers.contains_key(id) || self.appointment(id).is_some();
        let lost: Vec<ActRef> = wishes.keys().filter(|id| !is_here(id)).copied().collect();
        for id in lost {
            self.store.drop_wish(&id)?;
            wishes.remove(&id);
        }
        (self.wishes, self.seekers) = (Arc::new(wishes), Arc::new(seekers));
        Ok(())
    }

    pub(super) fn change_wish(&mut self, id: &ActRef, change: WishChange) -> Result<(), Refusal> {
        if self.seekers.contains_key(id) {
            return match change {
                WishChange::Join(_) => Ok(()),
                WishChange::Leave => self.forget_seeker(id),
                WishChange::Told(time, answer) => self.told(id, time, answer),
            };
        }
        let it = self.appointment(id).ok_or(ChangeError::Unknown)?;
        if Some(&it.point) != self.clerk.member() {
            return Err(ChangeError::NotOurs.into());
        }
        let may_wait = it.may_wait(self.clock.minute());
        let is_for_any = it.needs_call_back();
        match change {
            WishChange::Join(_) if !may_wait => Err(ChangeError::Over.into()),
            WishChange::Join(passed) => self.join(id, passed, is_for_any),
            WishChange::Leave => self.leave(id),
            WishChange::Told(time, answer) => self.told(id, time, answer),
        }
    }

    fn join(&mut self, id: &ActRef, mut passed: Vec<UtcMinute>, is_for_any: bool) -> Result<(), Refusal> {
        let known = self.wishes.get(id);
        if known.is_some_and(|wish| wish.waits && wish.is_for_any == is_for_any) {
            return Ok(());
        }
        if known.is_none() && self.wishes.len() >= WISHES_MAX {
            return Err(Refusal::ListFull);
        }
        passed.truncate(PASSED_MAX);
        let told = known.map(|wish| wish.told.clone()).unwrap_or_default();
        // Who waits already, and now for any time, keeps their turn.
        let since = known.filter(|wish| wish.waits).map_or_else(|| self.clock.unix_ms(), |wish| wish.since);
        self.keep_wish(id, Wish { since, waits: true, is_for_any, passed, told })
    }

    fn leave(&mut self, id: &ActRef) -> Result<(), Refusal> {
        match self.wishes.get(id) {
            Some(wish) if wish.waits => self.keep_wish(id, Wish { waits: false, is_for_any: false, ..wish.clone() }),
            _ => Ok(()),
        }
    }

    fn told(&mut self, id: &ActRef, time: UtcMinute, answer: Answer) -> Result<(), Refusal> {
        let now = self.clock.minute();
        let day = |minute: UtcMinute| self.clock.local(minute).date();
        let wish = self.wishes.get(id).filter(|wish| wish.may_be_told(|at| day(at) == day(now)));
        let mut wish = wish.cloned().ok_or(Refusal::Told)?;
        let told = Proposal { time, at: now, answer };
        self.store.keep_proposal(id, &told).map_err(|error| self.break_off(&error))?;
        wish.told.push(told);
        Arc::make_mut(&mut self.wishes).insert(*id, wish);
        Ok(())
    }

    pub(super) fn keep_wish(&mut self, id: &ActRef, wish: Wish) -> Result<(), Refusal> {
        self.store.keep_wish(id, &wish).map_err(|error| self.break_off(&error))?;
        Arc::make_mut(&mut self.wishes).insert(*id, wish);
        Ok(())
    }

    /// Forgets the wishes of appointments that are over; tells whether there were any.
    pub(super) fn end_wishes(&mut self) -> bool {
        let now = self.clock.minute();
        let is_over = |id: &&ActRef| match self.seekers.get(id) {
            Some(_) => self.has_sought(id),
            None => self.appointment(id).is_none_or(|it| !it.may_wait(now)),
        };
        let over: Vec<ActRef> = self.wishes.keys().filter(is_over).copied().collect();
        let mut ended = false;
        for id in &over {
            if let Err(error) = self.hand_over(id).and_then(|()| self.store.drop_wish(id)) {
                self.break_off_unless_full(&error);
                break;
            }
            Arc::make_mut(&mut self.wishes).remove(id);
            Arc::make_mut(&mut self.seekers).remove(id);
            ended = true;
        }
        ended
    }

    /// What was proposed to a person stays counted where the appointment was moved: three are three.
    fn hand_over(&mut self, id: &ActRef) -> Result<(), StoreError> {
        let Some(Intent::Move(new)) = self.intents.get(id).copied() else { return Ok(()) };
        let told = self.wishes.get(id).map(|wish| wish.told.clone()).unwrap_or_default();
        if told.is_empty() || self.appointment(&new).is_none_or(|it| !it.may_wait(self.clock.minute())) {
            return Ok(());
        }
        let mut wish = self.wishes.get(&new).cloned().unwrap_or_default();
        self.store.keep_wish(&new, &wish)?;
        for told in &told {
            self.store.keep_proposal(&new, told)?;
        }
        wish.told.splice(0..0, told);
        Arc::make_mut(&mut self.wishes).insert(new, wish);
        Ok(())
    }
}
