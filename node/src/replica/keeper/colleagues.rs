// SPDX-License-Identifier: EUPL-1.2
//! Persons passed to a colleague at the same hour, on the replica's thread: the colleague's time is closed to others, by
//! each publishing anew if the power went in between, and opened again once it is not needed any more.

use std::sync::Arc;

use crdt_calendar::act::Reason;
use crdt_calendar::clerk::{BookError, ChangeError};
use crdt_calendar::ids::{ActRef, DeskId};
use crdt_calendar::time::Span;

use super::Keeper;
use crate::replica::colleagues::is_free;
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

    /// Gives back the time of colleagues who are to see nobody any more; tells whether there was one.
    pub(super) fn end_colleagues(&mut self) -> bool {
        let is_off = |id: &&ActRef| self.appointment(id).is_none_or(|it| it.is_off());
        let over: Vec<ActRef> = self.colleagues.keys().filter(is_off).copied().collect();
        for id in &over {
            if let Err(refusal) = self.keep_colleague(id, None) {
                tracing::warn!(%refusal, "a colleague's time is not given back yet");
            }
        }
        !over.is_empty()
    }

    /// The minutes in which desks see somebody who was passed to them: nothing is opened in them.
    pub(super) fn passed(&self) -> Vec<(u8, Span)> {
        self.colleagues.iter().filter_map(|(id, desk)| Some((*desk, self.appointment(id)?.minutes))).collect()
    }
}
