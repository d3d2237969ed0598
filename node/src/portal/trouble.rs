// SPDX-License-Identifier: EUPL-1.2
//! What is wrong with this box, in sentences for those who work with it: another took its place, its disk was damaged, it
//! lives anew, or hours of an earlier box wait for a person at an agency. Each says what to do next.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use fluent_bundle::FluentArgs;

use super::App;
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, go, oops, staff_door};
use crate::replica::{Snapshot, Unsettled, Why};

/// What is said of a box that lives anew.
pub(super) struct Told {
    pub sentence: String,
    /// For tests: whether it was restored or copied.
    pub code: &'static str,
    /// Whether it is over, once a person has seen it.
    pub may_be_seen: bool,
}

/// What is wrong with this box, in sentences: it is another's turn, or its disk was damaged.
pub(super) fn damage(t: &Texts, snapshot: &Snapshot) -> Vec<String> {
    let damage = &snapshot.damage;
    let over = if snapshot.is_frozen() { Some(Key("box-frozen")) } else { None };
    let over = over.or_else(|| snapshot.is_retired().then_some(Key("box-retired")));
    let own = damage.is_own().then(|| match damage.aside.as_slice() {
        [] => t.say("damage-gone"),
        files => t.text("damage-own", "files", &files.join(", ")),
    });
    let others = (damage.awaited > 0).then(|| t.count("damage-others", "count", damage.awaited));
    let slow = snapshot.disk_is_slow.then(|| t.say("error-disk-slow"));
    over.map(|key| t.of(key)).into_iter().chain(own).chain(others).chain(slow).collect()
}

/// Hours that wait for `hameau settle`, at the agency and at the member that held them.
pub(super) fn unsettled(app: &App, t: &Texts, snapshot: &Snapshot) -> Vec<String> {
    let one = |it: Unsettled| {
        let key =
            if snapshot.member.as_ref() == Some(&it.home) { Key("unsettled-here") } else { Key("unsettled-there") };
        let mut args = FluentArgs::new();
        args.set("count", it.slots);
        args.set("agency", snapshot.name_of(&it.home));
        args.set("point", snapshot.name_of(&it.holder));
        args.set("member", it.holder.to_string());
        t.fill(key.0, &args)
    };
    snapshot.unsettled(app.clock.minute()).into_iter().map(one).collect()
}

/// Why this box lives anew, and what to do. Of a copy that lives on elsewhere, that one says it.
pub(super) fn anew(app: &App, t: &Texts, door: Door, snapshot: &Snapshot) -> Option<Told> {
    let it = snapshot.anew.filter(|it| it.why != Why::Copied || !snapshot.is_retired())?;
    let date = format::day_full(t, app.clock.local(it.at).date());
    let (why, code) = match it.why {
        Why::Waits | Why::Restored => (Key("restored"), "restored"),
        Why::Copied => (Key("copied"), "copied"),
    };
    let then = match (door, it.why) {
        (_, Why::Waits) => Key("restored-waits"),
        (Door::Animateur, Why::Restored) => Key("restored-point"),
        (Door::Animateur, Why::Copied) => Key("copied-point"),
        (Door::Coordination, _) => Key("restored-coordination"),
        (Door::Advisor | Door::Citizen | Door::Booth, _) => Key("restored-agency"),
    };
    let sentence = format!("{} {}", t.text(why.0, "date", &date), t.of(then));
    Some(Told { sentence, code, may_be_seen: !it.waits() })
}

/// A person has seen what to do with this box.
pub(super) async fn seen(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    app.replica.anew_seen().await.map_err(|refusal| {
        tracing::error!(%refusal, "that it was seen is not kept");
        oops(&app, &visit, StatusCode::SERVICE_UNAVAILABLE, visit.t.say("error-store"))
    })?;
    Ok(go(staff_door(&app).home()))
}
