// SPDX-License-Identifier: EUPL-1.2
//! At the agency: that the hour of an appointment was changed by its point, and what it was.
//!
//! The calendar has the old appointment, cancelled because the person has another, and the new one; what links them is
//! known at the point alone. Here they are known again by the person: details are compared and dropped, and nobody is
//! named of whom the page had no line in the journal already.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::RandomState;

use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::{ActRef, MemberId};
use crdt_calendar::time::UtcMinute;

use super::App;
use super::agenda::Row;
use super::format;
use super::i18n::Texts;
use crate::replica::{Details, Snapshot};

/// Envelopes opened for one page beside its own, at most: each costs a tenth of a millisecond. Of more nothing is said.
const OPENED_MAX: usize = 64;

/// Says on each row whose hour was changed when it was, or when it is now; only where no other appointment may be meant.
pub(super) async fn tell(app: &App, t: &Texts, rows: &mut [Row]) {
    let snapshot = app.replica.snapshot();
    let moved_or_stands = |it: &Appointment| is_ours(&snapshot, it) && (is_gone(it) || !it.is_off());
    let mut all = ByPoint::new();
    for it in snapshot.appointments_from(UtcMinute(0), moved_or_stands) {
        all.entry(&it.point).or_default().push(it);
    }
    let shown: Vec<Option<&Appointment>> = rows.iter().map(|row| snapshot.appointment_by_id(&row.id)).collect();
    let mut ids = BTreeSet::new();
    for it in shown.iter().copied().flatten() {
        let needed: BTreeSet<ActRef> = weighed(&all, it).into_iter().chain(ids.iter().copied()).collect();
        if needed.len() <= OPENED_MAX {
            ids = needed;
        }
    }
    let details = app.replica.details(ids.iter().copied().collect()).await;
    let known = People { all, details, keys: RandomState::new() };
    for (row, it) in rows.iter_mut().zip(shown).filter(|(row, _)| row.person.is_some()) {
        let Some(it) = it.filter(|it| weighed(&known.all, it).is_subset(&ids)) else { continue };
        let when = |other: &&Appointment| format::when(t, &app.clock, other.minutes.from);
        row.hour_changed = if is_gone(it) {
            known.now_at(it).map(|new| t.text("moved-away", "when", &when(&new)))
        } else {
            let before: Vec<String> = known.before(it).iter().map(when).collect();
            (!before.is_empty()).then(|| t.text("moved-from", "when", &before.join(", ")))
        };
    }
}

/// Appointments of an agency that stand, or whose hour was changed.
type ByPoint<'a> = BTreeMap<&'a MemberId, Vec<&'a Appointment>>;

/// The same, and whose they are.
struct People<'a> {
    all: ByPoint<'a>,
    details: BTreeMap<ActRef, Details>,
    keys: RandomState,
}

impl<'a> People<'a> {
    /// The one that took the place of one that is gone; nothing where several of that person may have.
    fn now_at(&self, gone: &Appointment) -> Option<&'a Appointment> {
        let mut same = others(&self.all, gone).into_iter().filter(|it| self.is_same_person(gone, it));
        same.next().filter(|_| same.next().is_none())
    }

    /// Those of which this one, and no other, took the place.
    fn before(&self, it: &Appointment) -> Vec<&'a Appointment> {
        let mut gone = others(&self.all, it);
        gone.retain(|old| self.now_at(old).is_some_and(|new| new.id == it.id));
        gone
    }

    fn is_same_person(&self, it: &Appointment, other: &Appointment) -> bool {
        let known = self.details.get(&it.id).zip(self.details.get(&other.id));
        known.is_some_and(|(it, other)| it.likeness(&self.keys).is_same_person(other.likeness(&self.keys)))
    }
}

/// Whose details tell what is to be said of one: its own, those of which it may have taken the place or that may have
/// taken its, and whatever else may have taken the place of these. Nothing where nothing was changed.
fn weighed(all: &ByPoint<'_>, it: &Appointment) -> BTreeSet<ActRef> {
    let near = others(all, it);
    if near.is_empty() {
        return BTreeSet::new();
    }
    let far = near.iter().filter(|other| is_gone(other)).flat_map(|other| others(all, other));
    near.iter().copied().chain(far).map(|it| it.id).chain([it.id]).collect()
}

fn is_ours(snapshot: &Snapshot, it: &Appointment) -> bool {
    it.home.is_some() && it.home == snapshot.member
}

/// Whether the point cancelled it because the person has another.
fn is_gone(it: &Appointment) -> bool {
    it.moved && it.is_off()
}

/// Of one that is gone those that may stand instead; of one that stands those that may have been before.
fn others<'a>(all: &ByPoint<'a>, it: &Appointment) -> Vec<&'a Appointment> {
    let may_be = |other: &&&Appointment| match is_gone(it) {
        true => !other.is_off() && may_follow(it, other),
        false => is_gone(other) && !it.is_off() && may_follow(other, it),
    };
    all.get(&it.point).into_iter().flatten().filter(may_be).copied().collect()
}

/// Whether one may have taken the other's place at the same point: about the same or what it was referred to, and written
/// after it where one register tells.
fn may_follow(old: &Appointment, new: &Appointment) -> bool {
    let is_same_service = old.service == new.service || old.referral.as_ref().is_some_and(|it| it.1 == new.service);
    let is_later = old.id.folio != new.id.folio || old.id.act < new.id.act;
    is_same_service && is_later
}
