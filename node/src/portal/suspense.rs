// SPDX-License-Identifier: EUPL-1.2
//! People whose appointment is in suspense: this point's box began anew, or the agency's register is in doubt. Each with
//! a telephone and the reason, for nobody comes on the word of a box that does not count. Nothing is decided here: once
//! the agency keeps it or not, the person stands among those who are called back (`callback`).

use crdt_calendar::fold::Appointment;
use crdt_calendar::roster::Standing;

use super::App;
use super::agenda::{self, Row};
use super::guard::Visit;
use super::i18n::Texts;
use super::opening;
use crate::replica::Snapshot;

/// One person whose appointment is in suspense.
pub(super) struct Suspended {
    pub row: Row,
    /// Why, and who has to do what.
    pub reason: String,
}

/// Everybody whose coming appointment at this point is in suspense, whatever the day.
pub(super) async fn list(app: &App, visit: &Visit) -> Vec<Suspended> {
    let t = visit.t;
    let snapshot = app.replica.snapshot();
    let found = snapshot.suspended(app.clock.minute());
    let details = opening::open(app, visit, "suspended", found.iter().map(|it| it.id).collect()).await;
    let one = |it: &&Appointment| Suspended {
        row: agenda::row(app, t, &snapshot, it, &details),
        reason: reason(t, &snapshot, it),
    };
    found.iter().map(one).collect()
}

/// Whose box began anew: this point's, then the agency settles; or the agency's own register is in doubt.
fn reason(t: &Texts, snapshot: &Snapshot, it: &Appointment) -> String {
    if snapshot.roster.standing(&it.holder) == Standing::Current {
        return t.say("suspended-agency");
    }
    let agency = it.home.as_ref().map_or_else(|| t.say("unknown"), |home| snapshot.name_of(home));
    t.texts("suspended-point", &[("agency", &agency), ("member", it.point.as_str())])
}
