// SPDX-License-Identifier: EUPL-1.2
//! Appointments in a snapshot: in order of time, of some days, of some kind, by their names.
//!
//! A week has thousands on a box that holds much: what is not wanted is left out before anything is put in order, and
//! short names are hashed once a week that changed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use crdt_calendar::fold::{Appointment, State, Week};
use crdt_calendar::ids::ActRef;
use crdt_calendar::time::{IsoWeek, UtcMinute};

use super::short::{ShortId, short_act};
use super::snapshot::Snapshot;

/// The appointments of a week by their short names; `None` of one that two share.
type Named = HashMap<ShortId, Option<ActRef>>;

/// Appointments by their short names, as far as anybody has asked: a week is read when somebody first does.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<IsoWeek, OfWeek>);

#[derive(Debug, Clone)]
struct OfWeek {
    week: Arc<Week>,
    named: Arc<OnceLock<Named>>,
}

impl Names {
    /// Of these weeks; what is known of those that did not change stays known.
    pub(super) fn of(&self, weeks: &BTreeMap<IsoWeek, Arc<Week>>) -> Self {
        let one = |(number, week): (&IsoWeek, &Arc<Week>)| {
            let known = self.0.get(number).filter(|it| Arc::ptr_eq(&it.week, week)).cloned();
            (*number, known.unwrap_or_else(|| OfWeek { week: Arc::clone(week), named: Arc::default() }))
        };
        Self(weeks.iter().map(one).collect())
    }

    fn find(&self, short: ShortId) -> Option<&Appointment> {
        let found = self.0.values().filter_map(|it| Some((it, it.named().get(&short)?)));
        let (it, id) = super::snapshot::only(found)?;
        it.week.appointment(id.as_ref()?)
    }
}

impl OfWeek {
    fn named(&self) -> &Named {
        self.named.get_or_init(|| {
            let mut named = Named::new();
            for it in self.week.appointments() {
                named.entry(short_act(&it.id)).and_modify(|id| *id = None).or_insert(Some(it.id));
            }
            named
        })
    }
}

impl Snapshot {
    /// Every appointment of every week, in order of time.
    #[must_use]
    pub fn appointments(&self) -> Vec<&Appointment> {
        self.select(self.weeks.values(), |_| true)
    }

    /// How many appointments of all weeks this is so of.
    #[must_use]
    pub fn count(&self, is_so: impl Fn(&Appointment) -> bool) -> usize {
        self.weeks.values().flat_map(|week| week.appointments()).filter(|it| is_so(it)).count()
    }

    /// Those of which this is so and that end in the week of this minute or later, in order of time.
    #[must_use]
    pub fn appointments_from(&self, from: UtcMinute, is_so: impl Fn(&Appointment) -> bool) -> Vec<&Appointment> {
        // One of the night may end in the next week.
        let first = IsoWeek(from.week().0.saturating_sub(1));
        self.select(self.weeks.range(first..).map(|(_, week)| week), is_so)
    }

    /// Appointments of this member, as point or as agency, that begin within `[from, to)`.
    #[must_use]
    pub fn agenda(&self, from: UtcMinute, to: UtcMinute) -> Vec<&Appointment> {
        let weeks = self.weeks.range(from.week()..=to.max(from).week()).map(|(_, week)| week);
        self.select(weeks, |it| it.minutes.from >= from && it.minutes.from < to && self.is_ours(it))
    }

    fn select<'a>(
        &'a self,
        weeks: impl Iterator<Item = &'a Arc<Week>>,
        is_so: impl Fn(&Appointment) -> bool,
    ) -> Vec<&'a Appointment> {
        let mut found: Vec<&Appointment> = weeks.flat_map(|week| week.appointments()).filter(|it| is_so(it)).collect();
        found.sort_by_key(|it| (it.minutes.from, it.id));
        found
    }

    /// Whether this member is the appointment's point or agency.
    #[must_use]
    pub fn is_ours(&self, appointment: &Appointment) -> bool {
        let member = self.member.as_ref();
        member.is_some() && (Some(&appointment.point) == member || appointment.home.as_ref() == member)
    }

    /// People to call back: at their point, those whom the agency refused or cancelled; at point and agency, those
    /// whom the agency keeps while the point's new box has not given them a booth, and at the point those who were left
    /// in a queue. Who knows that the agency said no, and waits for any other time, is not called before there is one.
    #[must_use]
    pub fn call_backs(&self, now: UtcMinute) -> Vec<&Appointment> {
        self.select(self.weeks.values(), |it| {
            let at_point = Some(&it.point) == self.member.as_ref();
            let is_ours = at_point || (it.is_orphaned() && self.is_ours(it));
            (self.is_called_back(it) && is_ours) || (at_point && self.is_left_in_queue(it, now))
        })
    }

    /// Coming appointments of this member that are in doubt, and that nobody here can put right: a person at the agency
    /// decides. Once it keeps one, its person is called back.
    #[must_use]
    pub fn suspended(&self, now: UtcMinute) -> Vec<&Appointment> {
        let is_in_doubt = |it: &Appointment| it.state == State::Suspended && !it.is_orphaned() && it.outcome.is_none();
        self.appointments_from(now, |it| is_in_doubt(it) && it.minutes.end() > now && self.is_ours(it))
    }

    /// Whether the person is to be called: the agency refused or cancelled, or keeps it without a booth. Not who knows that,
    /// and waits for any other time: one of the two lists says what to do, never both.
    #[must_use]
    pub fn is_called_back(&self, it: &Appointment) -> bool {
        it.needs_call_back() && !self.waits_for_any(&it.id)
    }

    /// Whether the person knows that the agency refused or cancelled, and waits at this point for any other time.
    fn waits_for_any(&self, id: &ActRef) -> bool {
        self.wishes.get(id).is_some_and(|wish| wish.is_for_any && wish.is_listed())
    }

    /// The appointment of this short name; `None` if there is none, or more than one.
    #[must_use]
    pub fn appointment(&self, short: ShortId) -> Option<&Appointment> {
        self.names.find(short)
    }

    /// The appointment of this id.
    #[must_use]
    pub fn appointment_by_id(&self, id: &ActRef) -> Option<&Appointment> {
        self.weeks.values().find_map(|week| week.appointment(id))
    }
}
