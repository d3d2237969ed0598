// SPDX-License-Identifier: EUPL-1.2
//! At the agency: that the hour of an appointment was changed by its point, and what it was.
//!
//! The calendar has the old appointment, cancelled because the person has another, and the new one; what links them is
//! known at the point alone. Here they are known again by the person: details are compared and dropped, and nobody is
//! named of whom the page had no line in the journal already.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::RandomState;

use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::ActRef;
use crdt_calendar::time::UtcMinute;

use super::App;
use super::agenda::Row;
use super::format;
use super::i18n::Texts;
use crate::replica::{Details, Snapshot};

/// Envelopes opened for one page beside its own, at most: each costs a tenth of a millisecond. Of more nothing is said.
const OPENED_MAX: usize = 64;

/// Says on each row whose hour was changed when it was, or when it is now.
pub(super) async fn tell(app: &App, t: &Texts, rows: &mut [Row]) {
    let snapshot = app.replica.snapshot();
    let moved_or_stands = |it: &Appointment| is_ours(&snapshot, it) && (is_gone(it) || !it.is_off());
    let all = snapshot.appointments_from(UtcMinute(0), moved_or_stands);
    let gone: Vec<&Appointment> = all.iter().copied().filter(|it| is_gone(it)).collect();
    if gone.is_empty() {
        return;
    }
    let shown: Vec<Option<&Appointment>> = rows.iter().map(|row| snapshot.appointment_by_id(&row.id)).collect();
    let mut ids = BTreeSet::new();
    for it in shown.iter().copied().flatten() {
        let others = others(&all, &gone, it);
        ids.extend((!others.is_empty()).then_some(it.id).into_iter().chain(others.iter().map(|other| other.id)));
    }
    let ids: Vec<ActRef> = ids.into_iter().take(OPENED_MAX).collect();
    let (details, keys) = (app.replica.details(ids).await, RandomState::new());
    for (row, it) in rows.iter_mut().zip(shown).filter(|(row, _)| row.person.is_some()) {
        let Some(it) = it else { continue };
        let same = others(&all, &gone, it).into_iter().filter(|other| is_same_person(&details, &keys, it, other));
        let whens: Vec<String> = same.map(|other| format::when(t, &app.clock, other.minutes.from)).collect();
        row.hour_changed = match whens.as_slice() {
            [] => None,
            [when] if is_gone(it) => Some(t.text("moved-away", "when", when)),
            // Two that stand: which of them took its place is not known here.
            _ if is_gone(it) => None,
            whens => Some(t.text("moved-from", "when", &whens.join(", "))),
        };
    }
}

fn is_ours(snapshot: &Snapshot, it: &Appointment) -> bool {
    it.home.is_some() && it.home == snapshot.member
}

/// Whether the point cancelled it because the person has another.
fn is_gone(it: &Appointment) -> bool {
    it.moved && it.is_off()
}

/// Of one that is gone those that may stand instead; of one that stands those that may have been before.
fn others<'a>(all: &[&'a Appointment], gone: &[&'a Appointment], it: &Appointment) -> Vec<&'a Appointment> {
    if is_gone(it) {
        return all.iter().copied().filter(|other| !other.is_off() && may_follow(it, other)).collect();
    }
    gone.iter().copied().filter(|other| !it.is_off() && may_follow(other, it)).collect()
}

/// Whether one may have taken the other's place: the same point's, about the same or what it was referred to, and written
/// after it where one register tells.
fn may_follow(old: &Appointment, new: &Appointment) -> bool {
    let is_same_service = old.service == new.service || old.referral.as_ref().is_some_and(|it| it.1 == new.service);
    let is_later = old.id.folio != new.id.folio || old.id.act < new.id.act;
    old.point == new.point && is_same_service && is_later
}

fn is_same_person(
    details: &BTreeMap<ActRef, Details>,
    keys: &RandomState,
    it: &Appointment,
    other: &Appointment,
) -> bool {
    let known = details.get(&it.id).zip(details.get(&other.id));
    known.is_some_and(|(it, other)| it.likeness(keys).is_same_person(other.likeness(keys)))
}
