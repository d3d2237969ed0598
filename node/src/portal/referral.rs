// SPDX-License-Identifier: EUPL-1.2
//! An appointment passed on: the agency says which other agency or service is the right one, the point chooses a time there
//! with the person. The old one stands until the new one is confirmed (`moving`): nobody is without one in between, and
//! until then the agency may take it back. Or passed to a colleague, at the same hour: that is the agency's own business.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::{MemberId, ServiceId};
use serde::Deserialize;

use super::App;
use super::appointment::{found, no, settle};
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::moving;
use super::page::{Answer, go, oops};
use crate::replica::{Refusal, Snapshot, short_act};

/// To whom.
#[derive(Deserialize)]
pub(super) struct To {
    /// Agency and service, a slash between.
    #[serde(default)]
    vers: String,
}

/// To which desk of this agency.
#[derive(Deserialize)]
pub(super) struct ToDesk {
    #[serde(default)]
    guichet: String,
}

/// An agency's service, to choose.
pub(super) struct Choice {
    pub value: String,
    pub name: String,
}

/// An appointment of this point that is to be passed on.
pub(super) struct Referred {
    pub sentence: String,
    pub href: String,
}

/// All services to which an agency may refer.
pub(super) fn choices(snapshot: &Snapshot) -> Vec<Choice> {
    let mut all = Vec::new();
    for (id, member) in snapshot.agencies() {
        let services = snapshot.profile(id).map(|it| it.description.services.as_slice()).unwrap_or_default();
        all.extend(services.iter().map(|service| Choice {
            value: format!("{id}/{}", service.id),
            name: format!("{} · {}", member.enrolment.name, service.name),
        }));
    }
    all
}

/// Refers an appointment.
pub(super) async fn refer(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(to): Form<To>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let snapshot = app.replica.snapshot();
    let chosen = to.vers.split_once('/').and_then(|(agency, service)| {
        let is_known = choices(&snapshot).iter().any(|choice| choice.value == to.vers);
        MemberId::new(agency).ok().zip(ServiceId::new(service).ok()).filter(|_| is_known)
    });
    let unknown = || oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, visit.t.say("error-service-unknown"));
    let (agency, service) = chosen.ok_or_else(unknown)?;
    if Some(&agency) == it.home.as_ref() && service == it.service {
        return Err(oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, visit.t.say("error-referral-same")));
    }
    settle(&app, app.replica.refer(it.id, agency, service)).await.map_err(|it| no(&app, &visit, it))?;
    let date = app.clock.local(it.minutes.from).date();
    Ok(go(&format!("/conseiller?jour={date}&fait=passe")))
}

/// Takes a referral back: the appointment is this agency's as before. Twice is once.
pub(super) async fn take_back(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Answer {
    let it = found(&app, &visit, &short)?;
    if let Some(home) = it.home.clone().filter(|_| it.referral.is_some()) {
        let service = it.service.clone();
        settle(&app, app.replica.refer(it.id, home, service)).await.map_err(|it| no(&app, &visit, it))?;
    }
    let date = app.clock.local(it.minutes.from).date();
    Ok(go(&format!("/conseiller?jour={date}&fait=garde#rdv-{short}")))
}

/// Lets a colleague see the person, at the same hour.
pub(super) async fn to_colleague(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(to): Form<ToDesk>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let unknown = || oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, visit.t.say("error-colleague"));
    let desk: u8 = to.guichet.parse().map_err(|_| unknown())?;
    match settle(&app, app.replica.pass_to(it.id, desk)).await {
        Err(Refusal::Book(_)) => Err(oops(&app, &visit, StatusCode::CONFLICT, visit.t.say("error-colleague"))),
        Err(refusal) => Err(no(&app, &visit, refusal)),
        Ok(()) => {
            let date = app.clock.local(it.minutes.from).date();
            Ok(go(&format!("/conseiller?jour={date}&fait=collegue#rdv-{short}")))
        }
    }
}

/// To which agency and service an appointment to come is referred, in words.
pub(super) fn told(t: &Texts, snapshot: &Snapshot, it: &Appointment, key: Key) -> Option<String> {
    let (to, service) = it.referral.as_deref()?;
    let (agency, service) = (snapshot.name_of(to), snapshot.service_name(to, service));
    Some(t.texts(key.0, &[("agency", agency.as_str()), ("service", service.as_str())]))
}

/// Appointments of this point that are still to be passed on, whatever the day.
pub(super) fn waiting(app: &App, t: &Texts) -> Vec<Referred> {
    let snapshot = app.replica.snapshot();
    let now = app.clock.minute();
    let is_meant = |it: &&Appointment| {
        Some(&it.point) == snapshot.member.as_ref() && it.is_coming(now) && moving::is_settled(app, t, &snapshot, it)
    };
    let one = |it: &Appointment| {
        let told = told(t, &snapshot, it, Key("referral-point"))?;
        let when = format::when(t, &app.clock, it.minutes.from);
        Some(Referred {
            sentence: format!("{when} : {told}"),
            href: format!("/animateur/rendez-vous/{}/deplacer", short_act(&it.id)),
        })
    };
    snapshot.appointments_from(now, |it| is_meant(&it)).into_iter().filter_map(one).collect()
}
