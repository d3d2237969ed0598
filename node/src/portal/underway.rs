// SPDX-License-Identifier: EUPL-1.2
//! Calls that go on by themselves although this node was restarted in the middle of them: booth, minutes, and who is
//! signed in at the browser that is in the call. Kept while the call lasts, and no longer.

use std::collections::BTreeSet;

use crdt_calendar::act::Fate;
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::BoothId;
use crdt_calendar::time::UtcMinute;

use super::App;
use super::booth::Scene;
use crate::account::AccountName;
use crate::call::calendar::{appointment_of, call_id, room};
use crate::call::{CallId, EndReason};
use crate::record::{CallRecord, Ended, Receipt, Record};
use crate::replica::Snapshot;
use crate::store::Underway;

/// Brings back what was under way when the node stopped; gives what is.
pub(super) async fn restore(app: &App) -> BTreeSet<CallId> {
    let mut underway = BTreeSet::new();
    for (call, kept) in app.replica.underway().await {
        let call = CallId(call);
        if call_id(&kept.appointment) != call || is_past(app, call) {
            over(app, call, kept.record, app.calls.documents().receipts(call), EndReason::Interrupted).await;
            continue;
        }
        bring_back(app, call, &kept);
        underway.insert(call);
    }
    underway
}

fn bring_back(app: &App, call: CallId, kept: &Underway) {
    app.calls.resume(call, kept.record, [kept.since_ms, kept.apart_ms]);
    if let Some((booth, turn)) = kept.booth {
        app.booths.resume(booth, Scene { appointment: kept.appointment, help: false, begun: true, turn });
    }
    if let Some(seat) = &kept.seat
        && let Ok(name) = AccountName::new(&seat.account)
        && let Some(account) = app.replica.snapshot().accounts.get(&name)
    {
        app.sessions.restore(call, seat, account, app.now_ms(), unix_ms(app));
    }
}

/// Keeps a call as it is now, if it goes on.
pub(super) async fn keep(app: &App, call: CallId) {
    let state = app.calls.watch(call).borrow().clone();
    let snapshot = app.replica.snapshot();
    let Some(it) = appointment_of(&snapshot, call) else { return };
    let Some(since_ms) = state.talking_since_ms.filter(|_| state.ended.is_none()) else { return };
    let scenes = app.booths.all();
    let mut booths = scenes.iter().filter(|(_, scene)| scene.appointment == it.id);
    let underway = Underway {
        appointment: it.id,
        booth: booths.next().map(|(booth, scene): (&BoothId, &Scene)| (*booth, scene.turn)),
        since_ms,
        record: state.record,
        apart_ms: state.cut_since_ms.unwrap_or_else(|| unix_ms(app)),
        seat: app.sessions.seat(call, app.now_ms(), unix_ms(app)),
    };
    app.replica.keep_underway(call.0, Some(underway)).await;
}

/// Whoever leaves or locks a session does so on the disk too: a restart does not bring it back.
pub(super) async fn keep_all(app: &App) {
    for call in app.replica.underway().await.into_keys() {
        keep(app, CallId(call)).await;
    }
}

/// Whether the room's time is over, or the appointment is not held any more.
pub(super) fn is_past(app: &App, call: CallId) -> bool {
    let snapshot = app.replica.snapshot();
    let is_on = |it: &Appointment| it.will_be_seen() && app.clock.minute() < room(&snapshot, it).1;
    !appointment_of(&snapshot, call).is_some_and(is_on)
}

/// A call is over: it needs nothing any more, and both sides write down what became of the appointment, each in its own
/// folio. A person's word stands, except that who was cut off and came back has been seen.
pub(super) async fn over(app: &App, call: CallId, record: Record, documents: Vec<Receipt>, reason: EndReason) {
    let minutes = record.minutes();
    app.replica.keep_underway(call.0, None).await;
    let snapshot = app.replica.snapshot();
    let Some(appointment) = appointment_of(&snapshot, call) else { return };
    let is_interrupted = reason == EndReason::Interrupted;
    app.booths.end(&appointment.id, is_interrupted);
    let fate = if is_interrupted { Fate::Interrupted } else { Fate::Kept };
    let stands = appointment.outcome.is_some_and(|said| match said.fate {
        Fate::Kept => is_interrupted,
        Fate::Interrupted => !is_interrupted && !record.was_interrupted,
        Fate::NoShow => true,
    });
    if minutes == 0 {
        return;
    }
    if let Some(told) = told(&snapshot, appointment, app.clock.minute(), record, reason) {
        let record = CallRecord { documents, ..told };
        app.replica.keep_record(call.0, record).await;
    }
    if stands || !appointment.will_be_seen() {
        return;
    }
    if let Err(refusal) = app.replica.outcome(appointment.id, fate, minutes).await {
        tracing::warn!(%refusal, "the minutes of a call were not written down");
    }
}

/// The record of a call, seen from this node; `None` of an appointment that no agency has.
fn told(
    snapshot: &Snapshot,
    it: &Appointment,
    ended_at: UtcMinute,
    record: Record,
    reason: EndReason,
) -> Option<CallRecord> {
    let is_point = snapshot.member.as_ref() == Some(&it.point);
    let peer = if is_point { it.home.clone()? } else { it.point.clone() };
    let ended = match reason {
        EndReason::HungUpHere | EndReason::HungUpThere => Ended::HungUp,
        EndReason::WindowClosed => Ended::WindowClosed,
        EndReason::Interrupted => Ended::Interrupted,
        EndReason::Refused(_) => Ended::Refused,
    };
    Some(CallRecord { ended_at, peer, service: it.service.clone(), ended, record, documents: Vec::new() })
}

fn unix_ms(app: &App) -> u64 {
    u64::try_from(app.clock.unix_ms()).unwrap_or(0)
}
