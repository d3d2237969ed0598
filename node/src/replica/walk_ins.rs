// SPDX-License-Identifier: EUPL-1.2
//! Walk-in windows in a snapshot: which are open, who waits in them, in which one a person stands.
//!
//! Order is the agency's ledger's: nothing here sorts people.

use std::collections::BTreeSet;

use crdt_calendar::act::AskLeg;
use crdt_calendar::fold::ledger::{Answer, Ledger, Window};
use crdt_calendar::fold::{Appointment, State, Week};
use crdt_calendar::ids::{ActRef, Leaf, MemberId, ServiceId};
use crdt_calendar::time::UtcMinute;

use super::short::{ShortId, short_act};
use super::snapshot::{Snapshot, only};

/// People are called in until so many minutes after their window; whoever is left then is told by telephone.
const CALLED_WITHIN_MIN: u32 = 60;

/// A walk-in window.
#[derive(Debug, Clone, Copy)]
pub struct WalkIn<'a> {
    /// Its `open`.
    pub id: ActRef,
    /// The agency.
    pub home: &'a MemberId,
    /// What the agency's ledger says of it.
    pub window: &'a Window,
}

impl WalkIn<'_> {
    /// Whether it sees people for this service.
    #[must_use]
    pub fn serves(&self, service: &ServiceId) -> bool {
        self.window.opening.services.iter().any(|(id, _)| id == service)
    }

    /// Whether nobody of it is called in any more.
    #[must_use]
    pub fn is_past(&self, now: UtcMinute) -> bool {
        self.window.minutes.end().plus_min(CALLED_WITHIN_MIN) <= now
    }
}

/// Whether somebody asked for a place in a walk-in window, not for a time.
#[must_use]
pub fn is_walk_in(it: &Appointment) -> bool {
    it.minutes.length_min == 0
}

/// Whether the person waits in a queue, or asked for a place in one and has no answer yet.
#[must_use]
pub fn waits_in_queue(it: &Appointment) -> bool {
    is_walk_in(it) && matches!(it.state, State::Queued { .. } | State::Asked | State::Waiting)
}

impl Snapshot {
    /// Windows that end after `from` and begin before `to`, of agencies' present boxes, in order of time. One that was
    /// closed is there while people wait in it.
    #[must_use]
    pub fn walk_ins(&self, from: UtcMinute, to: UtcMinute) -> Vec<WalkIn<'_>> {
        let weeks: BTreeSet<_> = [from.week(), to.week()].into();
        let weeks = weeks.iter().filter_map(|week| self.weeks.get(week));
        let mut found: Vec<WalkIn<'_>> = weeks.flat_map(|week| windows(week)).collect();
        found.retain(|it| it.window.minutes.end() > from && it.window.minutes.from < to);
        found.retain(|it| !it.window.closed || self.waiting(it).next().is_some());
        found.sort_by_key(|it| (it.window.minutes, it.home, it.id));
        found
    }

    /// The window of this short name, if its week is held.
    #[must_use]
    pub fn walk_in(&self, short: ShortId) -> Option<WalkIn<'_>> {
        only(self.weeks.values().flat_map(|week| windows(week)).filter(|it| short_act(&it.id) == short))
    }

    /// Who waits in a window and was not called, in order.
    pub fn waiting<'a>(&'a self, it: &WalkIn<'a>) -> impl Iterator<Item = &'a Appointment> + use<'a> {
        let tickets = it.window.tickets.iter();
        let found = tickets.filter_map(move |leg| self.appointment_by_id(&leg.ask));
        found.filter(|it| matches!(it.state, State::Queued { .. }))
    }

    /// The window that a place was asked in: the one that gave it, or while the agency has not answered the one that was
    /// meant.
    #[must_use]
    pub fn window_asked<'a>(&'a self, it: &'a Appointment) -> Option<WalkIn<'a>> {
        let meant = || {
            let from = it.minutes.from;
            let found = self.walk_ins(from, from.plus_min(1)).into_iter();
            found.filter(|window| Some(window.home) == it.home.as_ref()).find(|window| window.serves(&it.service))
        };
        self.window_of(it).or_else(meant)
    }

    /// Whether the person still stands in a queue of which nobody is called in any more.
    #[must_use]
    pub fn is_left_in_queue(&self, it: &Appointment, now: UtcMinute) -> bool {
        waits_in_queue(it) && self.window_asked(it).is_none_or(|window| window.is_past(now))
    }

    /// The window that gave this person a place.
    #[must_use]
    pub fn window_of(&self, it: &Appointment) -> Option<WalkIn<'_>> {
        let Leaf::Week(week) = it.id.folio.leaf else { return None };
        if !is_walk_in(it) {
            return None;
        }
        let leg = AskLeg { ask: it.id, leg: 0 };
        let of = |ledger: &'_ Ledger| match ledger.answers.get(&leg) {
            Some(Answer::Ticket(window)) => Some(*window),
            _ => None,
        };
        self.weeks.get(&week)?.ledgers.values().find_map(|ledger| {
            let id = of(ledger)?;
            Some(WalkIn { id, home: &ledger.home, window: ledger.windows.get(&id)? })
        })
    }
}

fn windows(week: &Week) -> impl Iterator<Item = WalkIn<'_>> {
    let current = week.ledgers.iter().filter(|(folio, ledger)| week.is_current(folio) && !ledger.frozen);
    current.flat_map(|(_, ledger)| {
        ledger.windows.iter().map(|(id, window)| WalkIn { id: *id, home: &ledger.home, window })
    })
}
