// SPDX-License-Identifier: EUPL-1.2
//! Follows this node's calls for as long as the portal runs: booths wake and sleep with them, what is under way is kept, what
//! became of each is written.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crdt_calendar::time::UtcMinute;
use tokio::sync::broadcast;

use super::App;
use super::underway;
use crate::call::calendar::{appointment_of, call_id, room};
use crate::call::{CallEvent, CallId, EndReason};
use crate::replica::is_walk_in;
use crate::store::TallyKind;

/// Follows the calls: writes what became of them, lets booths sleep. Ends with the portal, once the calls
/// that ended before it are written down.
///
/// A booth whose browser never came has no call that could end: every `tidy_every` the calendar is asked.
pub(super) async fn look_after(app: Arc<App>, mut underway: BTreeSet<CallId>, tidy_every: Duration) {
    let mut events = app.calls.events();
    let mut round = tokio::time::interval(tidy_every);
    loop {
        let event = tokio::select! {
            biased;
            event = events.recv() => event,
            _ = round.tick() => {
                tidy(&app, app.clock.minute()).await;
                look_again(&app, &mut underway).await;
                continue;
            }
            () = app.stop.cancelled() => {
                look_again(&app, &mut underway).await;
                return;
            }
        };
        match event {
            Ok(CallEvent::Ended { call, record, documents, reason }) => {
                underway.remove(&call);
                underway::over(&app, call, record, documents, reason).await;
            }
            Ok(CallEvent::HelpAsked { call }) => {
                if let Some(scene) = app.booths.all().values().find(|scene| call_id(&scene.appointment) == call) {
                    app.booths.set_help(&scene.appointment, true);
                }
            }
            Ok(CallEvent::BothTalking { call }) => {
                begun(&app, call).await;
                underway.insert(call);
                underway::keep(&app, call).await;
            }
            Ok(CallEvent::PersonArrived { .. }) => {}
            Err(broadcast::error::RecvError::Lagged(missed)) => tracing::warn!(missed, "events of calls were missed"),
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// What is under way is kept as it is now; what nobody came back to in its room's time is over.
async fn look_again(app: &App, underway: &mut BTreeSet<CallId>) {
    for call in underway.clone() {
        if app.calls.is_open(call) {
            // Its room says how it ends.
            underway::keep(app, call).await;
        } else if underway::is_past(app, call) {
            underway.remove(&call);
            let record = app.calls.watch(call).borrow().record;
            underway::over(app, call, record, app.calls.documents().receipts(call), EndReason::Interrupted).await;
            app.calls.documents().forget(call);
        } else {
            underway::keep(app, call).await;
        }
    }
}

/// Lets those booths sleep whose call may not be held any more: its window is over, or it was cancelled.
pub(super) async fn tidy(app: &App, now: UtcMinute) {
    let snapshot = app.replica.snapshot();
    for scene in app.booths.all().into_values() {
        let appointment = snapshot.appointment_by_id(&scene.appointment);
        let may_go_on = appointment.is_some_and(|it| it.will_be_seen() && now < room(&snapshot, it).1);
        if !may_go_on {
            app.calls.hang_up(call_id(&scene.appointment)).await;
            app.booths.end(&scene.appointment, false);
        }
    }
}

/// At the point, the minutes from the person's arrival to the call are counted.
async fn begun(app: &App, call: CallId) {
    let snapshot = app.replica.snapshot();
    let Some(it) = appointment_of(&snapshot, call) else { return };
    // Who stands in a queue waits from their place in it on.
    let since = if is_walk_in(it) { Some(it.minutes.from) } else { it.arrived };
    let Some((agency, arrived)) = it.home.clone().zip(since) else { return };
    if app.booths.begin(&it.id) {
        let waited = u16::try_from(app.clock.minute().0.saturating_sub(arrived.0)).unwrap_or(u16::MAX);
        app.replica.tally(agency, it.service.clone(), TallyKind::WaitMin(waited)).await;
    }
}
