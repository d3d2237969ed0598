// SPDX-License-Identifier: EUPL-1.2
//! The animateur's day: who comes when, who must be called back, who is out of reach, who calls for help.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::App;
use super::agenda::{self, Day};
use super::booth::Scene;
use super::callback::{self, CallBack};
use super::glance::{self, Glance};
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, go, show};
use super::queue::{self, PointQueue};
use super::referral::{self, Referred};
use super::screen::RequestView;
use super::suspense::{self, Suspended};
use super::waiting::{self, WaitingList};
use crate::reach::Reach;
use crate::replica::{Snapshot, short_act};

/// Which day.
#[derive(Deserialize)]
pub(super) struct Which {
    jour: Option<String>,
    fait: Option<String>,
}

/// What the line says of the agencies.
pub(super) struct Cut {
    /// Nobody at all is heard.
    pub alone: bool,
    /// Agencies that are not heard.
    pub agencies: String,
}

/// A booth that is awake.
pub(super) struct Awake {
    pub booth: String,
    pub with: String,
    pub short: String,
    pub help: bool,
}

#[derive(Template)]
#[template(path = "animateur.html", blocks = ["live"])]
struct AnimateurPage {
    page: Page,
    /// The head of today; other days have none.
    glance: Option<Glance>,
    day: Day,
    cut: Option<Cut>,
    booths: Vec<Awake>,
    /// Appointments to be passed on to another agency.
    referred: Vec<Referred>,
    requests: Vec<RequestView>,
    call_backs: Vec<CallBack>,
    call_backs_title: String,
    suspended: Vec<Suspended>,
    suspended_title: String,
    waiting: WaitingList,
    queue: PointQueue,
    src: String,
}

/// The agenda of a day.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let t = visit.t;
    let (date, fault) = agenda::chosen_day(&app, t, which.jour.as_deref());
    let mut page = app.page(&visit, Door::Animateur, Key("title-animateur"));
    page.title = t.text("title-animateur", "point", &page.place);
    page.notice = which.fait.as_deref().and_then(done).map(|key| t.of(key));
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.fault = fault;
    let mut day = agenda::day(&app, &visit, date).await;
    let queue = if day.today { queue::at_point(&app, t, &mut day.rows) } else { PointQueue::default() };
    let call_backs = callback::list(&app, &visit).await;
    let suspended = suspense::list(&app, &visit).await;
    let view = AnimateurPage {
        glance: day.today.then(|| glance::glance(&app, t, &day.rows)),
        day,
        cut: cut(&app, t),
        booths: awake(&app),
        referred: referral::waiting(&app, t),
        requests: app.requests(t),
        call_backs_title: t.count("animateur-callback-count", "count", call_backs.len()),
        call_backs,
        suspended_title: t.count("suspended-count", "count", suspended.len()),
        suspended,
        queue,
        waiting: waiting::list(&app, &visit).await,
        src: format!("/animateur?jour={date}"),
        page,
    };
    Ok(if visit.fragment { show(status, &view.as_live()) } else { show(status, &view) })
}

/// The animateur has seen that help is wanted.
pub(super) async fn help_seen(State(app): State<Arc<App>>) -> Response {
    for scene in app.booths.all().values().filter(|scene| scene.help) {
        app.booths.set_help(&scene.appointment, false);
        app.calls.help_given(crate::call::calendar::call_id(&scene.appointment)).await;
    }
    go("/animateur")
}

/// The sentence for what a form has just done.
pub(super) fn done(what: &str) -> Option<Key> {
    Some(match what {
        "corrige" => Key("animateur-amended"),
        "annule" => Key("animateur-cancelled"),
        "papiers" => Key("papers-noted"),
        "repris" => Key("undo-taken-back"),
        "defait" => Key("undo-unbooked"),
        "arrivee" => Key("animateur-arrived"),
        "appel" => Key("animateur-call-started"),
        "appel-ferme" => Key("animateur-call-closed"),
        "arret" => Key("animateur-call-stopped"),
        "cabine" => Key("animateur-booth-given"),
        "attente" => Key("waiting-joined"),
        "plus-attente" => Key("waiting-left"),
        "propose" => Key("waiting-told"),
        "rappele" => Key("animateur-called-back"),
        _ => return None,
    })
}

/// Which agencies this box does not hear; `None` while it hears them all.
pub(super) fn cut(app: &App, t: &Texts) -> Option<Cut> {
    let snapshot = app.replica.snapshot();
    let unheard = snapshot.agencies().filter(|(id, _)| !glance::is_heard(app, &snapshot, id));
    let silent: Vec<String> = unheard.map(|(id, _)| snapshot.name_of(id)).collect();
    let alone = app.reaches.borrow().values().all(|reach| *reach == Reach::Unheard);
    (!silent.is_empty())
        .then(|| Cut { alone, agencies: t.text("reach-agencies-unheard", "agencies", &silent.join(", ")) })
}

fn awake(app: &App) -> Vec<Awake> {
    let snapshot = app.replica.snapshot();
    let booths = app.booths.all();
    booths.iter().filter_map(|(booth, scene)| awake_one(&snapshot, booth.0, scene)).collect()
}

fn awake_one(snapshot: &Snapshot, booth: u8, scene: &Scene) -> Option<Awake> {
    let appointment = snapshot.appointment_by_id(&scene.appointment)?;
    let profile = snapshot.profile(&appointment.point)?;
    let named = profile.description.booths.iter().find(|(id, _)| id.0 == booth);
    Some(Awake {
        booth: named.map_or_else(|| booth.to_string(), |(_, name)| name.clone()),
        with: appointment.home.as_ref().map(|home| snapshot.name_of(home)).unwrap_or_default(),
        short: short_act(&appointment.id).to_string(),
        help: scene.help,
    })
}
