// SPDX-License-Identifier: EUPL-1.2
//! Trying things out before a call: the devices of this computer, by the page alone, and the line to another member's box.
//!
//! Nothing is kept of either.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Form, Json};
use crdt_calendar::act::Role;
use crdt_calendar::ids::{BoothId, MemberId};
use crdt_calendar::roster::Member;
use serde::Deserialize;

use super::App;
use super::calls::{self, Offer};
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, oops, show, staff_door};
use crate::link::{Came, LineTrial, TrialError};

/// A line of which so much comes, in hundredths, carries a picture too: less than 2 % is lost (docs/calls.md, the ladder).
const GOOD_HUNDREDTHS: u16 = 98;
/// Where less of the sound comes, the line carries less than sound alone: what is lost beyond a quarter is the queue's end, as
/// a call takes it too (`call/rate.rs`). Up to there a call says again what is lost (docs/calls.md).
const POOR_HUNDREDTHS: u16 = 75;

/// With whom.
#[derive(Deserialize)]
pub(super) struct With {
    #[serde(default)]
    membre: String,
}

#[derive(Template)]
#[template(path = "trial.html")]
struct TrialPage {
    page: Page,
    /// The booth whose screen it is.
    booth: Option<u8>,
    /// Whose boxes the line can be tried to.
    others: Vec<Other>,
    found: Option<Found>,
}

struct Other {
    id: MemberId,
    name: String,
    chosen: bool,
}

/// What a trial of the line found.
struct Found {
    title: String,
    /// For the style: good, warn or bad.
    style: &'static str,
    verdict: String,
    rows: Vec<String>,
}

/// The page of those who work here.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    Ok(answer(&app, &visit, "", None, None))
}

/// The page of a booth's screen: its devices alone.
pub(super) async fn booth(State(app): State<Arc<App>>, visit: Visit, Path(number): Path<u8>) -> Answer {
    let snapshot = app.replica.snapshot();
    let booths = snapshot.own_profile().map(|it| it.description.booths.as_slice()).unwrap_or_default();
    if !booths.iter().any(|(id, _)| *id == BoothId(number)) {
        return Err(oops(&app, &visit, StatusCode::NOT_FOUND, visit.t.say("error-booth-unknown")));
    }
    let page = app.page(&visit, Door::Booth, Key("title-trial"));
    Ok(show(StatusCode::OK, &TrialPage { page, booth: Some(number), others: Vec::new(), found: None }))
}

/// Tries the line to a member's box.
pub(super) async fn line(State(app): State<Arc<App>>, visit: Visit, Form(with): Form<With>) -> Answer {
    let t = visit.t;
    let snapshot = app.replica.snapshot();
    let chosen = others(&app, &with.membre).into_iter().find(|it| it.chosen);
    let Some((key, member)) = chosen.and_then(|it| Some((snapshot.roster.key(&it.id)?, it))) else {
        return Err(oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, t.say("error-trial-unknown")));
    };
    let tried = app.calls.try_line(key, &snapshot.call_addresses(&member.id)).await;
    let found = tried.map(|tried| found(&app, t, &member.name, &tried)).map_err(|error| match error {
        TrialError::Busy => t.say("error-trial-busy"),
        TrialError::Dial(_) => t.text("error-trial-unreachable", "member", &member.name),
    });
    let (found, fault) = found.map_or_else(|fault| (None, Some(fault)), |found| (Some(found), None));
    Ok(answer(&app, &visit, &with.membre, found, fault))
}

/// A browser calls itself.
pub(super) async fn rehearse(State(app): State<Arc<App>>, visit: Visit, Json(offer): Json<Offer>) -> Response {
    calls::answered(visit.t, app.calls.rehearse(&offer.sdp, visit.reached).await)
}

fn answer(app: &App, visit: &Visit, chosen: &str, found: Option<Found>, fault: Option<String>) -> Response {
    let mut page = app.page(visit, staff_door(app), Key("title-trial"));
    let status = if fault.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    page.fault = fault;
    show(status, &TrialPage { page, booth: None, others: others(app, chosen), found })
}

/// Whom this member calls: a point all agencies, an agency all points.
fn others(app: &App, chosen: &str) -> Vec<Other> {
    let snapshot = app.replica.snapshot();
    let wanted = if snapshot.role() == Some(Role::Point) { Role::Agency } else { Role::Point };
    let members = snapshot.roster.members().filter(|(_, member)| member.enrolment.role == wanted);
    let other = |(id, member): (&MemberId, &Member)| Other {
        id: id.clone(),
        name: member.enrolment.name.clone(),
        chosen: id.as_str() == chosen,
    };
    members.map(other).collect()
}

fn found(app: &App, t: &Texts, name: &str, tried: &LineTrial) -> Found {
    let when = format::when(t, &app.clock, app.clock.minute());
    let (style, verdict) = verdict(tried);
    let came = |key: Key, Came { there, here }: Came| {
        t.texts(key.0, &[("there", there.to_string().as_str()), ("here", here.to_string().as_str())])
    };
    let rtt = t.text("trial-rtt", "ms", &tried.rtt_ms.to_string());
    let came = [came(Key("trial-sound-came"), tried.sound), came(Key("trial-picture-came"), tried.picture)];
    Found {
        title: t.texts("trial-line-found", &[("member", name), ("when", &when)]),
        style,
        verdict: t.of(verdict),
        rows: came.into_iter().chain([rtt]).chain(calls::way_word(t, tried.reach)).collect(),
    }
}

/// What a call would be over such a line.
fn verdict(tried: &LineTrial) -> (&'static str, Key) {
    let least = |came: Came| came.there.min(came.here);
    match (least(tried.sound), least(tried.picture)) {
        (sound, _) if sound < POOR_HUNDREDTHS => ("bad", Key("trial-line-poor")),
        (sound, picture) if sound.min(picture) < GOOD_HUNDREDTHS => ("warn", Key("trial-line-fair")),
        _ => ("good", Key("trial-line-good")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::Reach;

    #[test]
    fn the_worse_direction_decides() {
        // Goal: a line is as good as what is lost on the worse of its ways; sound that is lost is worse than a picture.
        let came = |there, here| Came { there, here };
        for (sound, picture, expected) in [
            (came(100, 100), came(100, 100), "good"),
            (came(98, 100), came(98, 99), "good"),
            (came(100, 100), came(100, 97), "warn"),
            (came(100, 100), came(0, 0), "warn"),
            (came(75, 100), came(100, 100), "warn"),
            (came(100, 74), came(100, 100), "bad"),
        ] {
            let tried = LineTrial { reach: Reach::Direct, rtt_ms: 40, sound, picture };
            assert_eq!(verdict(&tried).0, expected, "{sound:?} {picture:?}");
        }
    }
}
