// SPDX-License-Identifier: EUPL-1.2
//! Minutes of a desk that are closed to others for the sake of one appointment, on the replica's thread: a colleague sees
//! the person at the same hour, or the agency cancelled because nobody can be there. Closed anew by each look if the power
//! went in between, and opened again once they are not needed any more.

use std::sync::Arc;

use crdt_calendar::act::Reason;
use crdt_calendar::clerk::{BookError, ChangeError};
use crdt_calendar::fold::{Appointment, State};
use crdt_calendar::ids::{ActRef, DeskId};
use crdt_calendar::time::Span;

use super::Keeper;
use crate::replica::colleagues::{is_free, is_withdrawn};
use crate::replica::command::Refusal;
use crate::store::StoreError;

impl Keeper {
    /// Reads them; what speaks of an appointment that is not here is forgotten, for its number may be given to another.
    pub(super) fn read_colleagues(&mut self) -> Result<(), StoreError> {
        let mut colleagues = self.store.colleagues()?;
        let lost: Vec<ActRef> = colleagues.keys().filter(|id| self.appointment(id).is_none()).copied().collect();
        for id in lost {
            self.store.keep_colleague(&id, None)?;
            colleagues.remove(&id);
        }
        self.colleagues = Arc::new(colleagues);
        Ok(())
    }

    /// Lets another desk of this agency see the person; the booked one takes them back.
    pub(super) fn pass_to(&mut self, id: &ActRef, number: u8) -> Result<(), Refusal> {
        let it = self.appointment(id).ok_or(ChangeError::Unknown)?;
        let (minutes, week) = (it.minutes, it.minutes.from.week());
        let booked = it.desk.clone().filter(|desk| Some(&desk.home) == self.clerk.member());
        let booked = booked.ok_or(ChangeError::NotOurs)?;
        if !it.is_confirmed() || !it.is_coming(self.clock.minute()) {
            return Err(ChangeError::Over.into());
        }
        if number == booked.number {
            return self.keep_colleague(id, None);
        }
        if self.colleagues.get(id) == Some(&number) {
            return Ok(());
        }
        let desk = DeskId { number, ..booked };
        let is_known = self.description.desks.iter().any(|(known, _)| *known == number);
        let is_free = self.clerk.week(week).is_some_and(|week| is_free(week, &self.colleagues, &desk, minutes));
        if !is_known || !is_free {
            return Err(BookError::Taken.into());
        }
        self.clerk.shut(self.clock.now(), number, minutes, Reason::Closed).map_err(|error| {
            tracing::error!(%error, "a colleague's time is not closed to others");
            BookError::Taken
        })?;
        self.keep_colleague(id, Some(number))
    }

    /// Cancels. Where this agency says that nobody can be there, the hour of the desk that was to see the person is
    /// withdrawn first: it is offered to nobody until it is offered again. On a day that is closed the file decides alone.
    pub(super) fn cancel(&mut self, id: &ActRef, reason: Reason) -> Result<(), Refusal> {
        let withdrawn = self.appointment(id).filter(|_| is_withdrawn(reason)).and_then(|it| self.own_desk(it));
        if let Some(desk) = withdrawn {
            self.keep_colleague(id, Some(desk))?;
        }
        self.clerk.cancel(self.clock.now(), id, reason)?;
        self.shut_for_one();
        Ok(())
    }

    /// The desk of this agency that is to see the person, if it is open on that day. Who waits in a queue has none.
    fn own_desk(&self, it: &Appointment) -> Option<u8> {
        let booked = it.desk.as_ref().filter(|desk| it.is_confirmed() && Some(&desk.home) == self.clerk.member())?;
        let desk = self.colleagues.get(&it.id).copied().unwrap_or(booked.number);
        let date = self.clock.local(it.minutes.from).date();
        (!self.openings.closed.is_closed(desk, date)).then_some(desk)
    }

    /// The hour of an appointment that this agency cancelled is offered again. Twice is once.
    pub(super) fn offer_again(&mut self, id: &ActRef) -> Result<(), Refusal> {
        let is_known = self.appointment(id).is_some_and(Appointment::is_off);
        if !is_known {
            return Err(ChangeError::Unknown.into());
        }
        self.keep_colleague(id, None)
    }

    /// Closes what is to be closed for one appointment and is free: a time that was kept for a point comes home later.
    pub(super) fn shut_for_one(&mut self) -> u32 {
        let mut written = 0;
        for (desk, minutes) in self.passed() {
            match self.clerk.shut(self.clock.now(), desk, minutes, Reason::Closed) {
                Ok(acts) => written += acts,
                Err(error) => tracing::warn!(%error, desk, "a time is not closed to others"),
            }
        }
        written
    }

    fn keep_colleague(&mut self, id: &ActRef, desk: Option<u8>) -> Result<(), Refusal> {
        self.store.keep_colleague(id, desk).map_err(|error| self.break_off(&error))?;
        let colleagues = Arc::make_mut(&mut self.colleagues);
        let before = match desk {
            Some(desk) => colleagues.insert(*id, desk),
            None => colleagues.remove(id),
        };
        if before.is_some() {
            self.publish();
        }
        Ok(())
    }

    /// Gives back what is closed for an appointment that is off, but for what was withdrawn; tells whether there was any.
    pub(super) fn end_colleagues(&mut self) -> bool {
        let is_over = |id: &&ActRef| {
            let withdrawn = |it: &Appointment| matches!(it.state, State::CancelledByAgency(why) if is_withdrawn(why));
            self.appointment(id).is_none_or(|it| it.is_off() && !withdrawn(it))
        };
        let over: Vec<ActRef> = self.colleagues.keys().filter(is_over).copied().collect();
        for id in &over {
            if let Err(refusal) = self.keep_colleague(id, None) {
                tracing::warn!(%refusal, "a colleague's time is not given back yet");
            }
        }
        !over.is_empty()
    }

    /// The minutes to come that desks keep for one appointment, or withdrew with it: nothing is opened in them.
    pub(super) fn passed(&self) -> Vec<(u8, Span)> {
        let now = self.clock.minute();
        let minutes = self.colleagues.iter().filter_map(|(id, desk)| Some((*desk, self.appointment(id)?.minutes)));
        minutes.filter(|(_, minutes)| minutes.end() > now).collect()
    }
}
