// SPDX-License-Identifier: EUPL-1.2
//! Taking an appointment: the agency and its service, then a free time, then the person.
//!
//! Three steps of one address, so that "back" works. What was typed is never lost: when something is wrong
//! the form comes back with it, the sentence beside the field, and other times to choose from. Details go
//! in the body of a POST, never in the address.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::act::Service;
use crdt_calendar::ids::{ActRef, BoothId, MemberId, ServiceId};
use serde::Deserialize;

use super::App;
use super::agenda;
use super::appointment::{refused, settle};
use super::compare;
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::opening;
use super::page::{Answer, Door, Page, go, oops, show};
use super::queue;
use super::seeking;
use super::slots::{self, Slot, SlotDay};
use super::terms::{self, Conditions};
use super::typed::{BoothChoice, Double, Typed, booths, nonce};
use crate::replica::{BookOrder, Refusal, ShortId, short_act};
use crate::store::TallyKind;

/// Times offered again when the chosen one is gone.
const OTHERS_MAX: usize = 6;
/// What the address says: which step.
#[derive(Deserialize)]
pub(super) struct Step {
    agence: Option<String>,
    motif: Option<String>,
    creneau: Option<String>,
    pour: Option<String>,
}

struct AgencyChoice {
    id: String,
    name: String,
    services: Vec<ServiceChoice>,
}

struct ServiceChoice {
    id: String,
    name: String,
    duration: String,
    href: String,
}

#[derive(Template)]
#[template(path = "book_service.html")]
struct ServicePage {
    page: Page,
    agencies: Vec<AgencyChoice>,
    subject: &'static str,
    subjects: Vec<String>,
}

#[derive(Template)]
#[template(path = "book_slot.html", blocks = ["live"])]
struct SlotPage {
    page: Page,
    chosen: Chosen,
    days: Vec<SlotDay>,
    /// That people are seen without an appointment today, and where one is entered.
    walk_in: Option<(String, String)>,
    /// Where a person is entered for whom no time suits.
    seek: String,
    src: String,
}

#[derive(Template)]
#[template(path = "book_form.html")]
struct FormPage {
    page: Page,
    chosen: Chosen,
    slot: Option<Slot>,
    others: Vec<Slot>,
    booths: Vec<BoothChoice>,
    typed: Typed,
    error_title: Option<String>,
}

/// The agency and service chosen.
struct Chosen {
    home: MemberId,
    service: ServiceId,
    agency: String,
    name: String,
    duration: String,
    papers: Vec<String>,
    conditions: Conditions,
    /// The address of the free times.
    href: String,
}

/// The step that the address says.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(step): Query<Step>) -> Answer {
    let (Some(agency), Some(service)) = (&step.agence, &step.motif) else {
        return Ok(service_page(&app, &visit));
    };
    let mut chosen = chosen(&app, &visit, agency, service)?;
    // For whom it is goes along from step to step.
    if let Some(short) = step.pour.as_deref().filter(|it| it.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        chosen.href = format!("{}&pour={short}", chosen.href);
    }
    let Some(slot) = &step.creneau else {
        return Ok(slot_page(&app, &visit, chosen).await);
    };
    let mut typed = Typed { creneau: slot.clone(), nonce: nonce(), ..Typed::default() };
    if let Some(known) = details_of(&app, &visit, step.pour.as_deref()).await {
        typed = Typed { creneau: typed.creneau, nonce: typed.nonce, cabine: String::new(), ..known };
    }
    Ok(form_page(&app, &visit, StatusCode::OK, chosen, typed))
}

/// The details of someone who is called back, waits, or was cut off, so that nobody types them twice.
async fn details_of(app: &App, visit: &Visit, short: Option<&str>) -> Option<Typed> {
    let (snapshot, short) = (app.replica.snapshot(), short?);
    let booked = short.parse().ok().and_then(|short| snapshot.appointment(short)).map(|it| it.id);
    let id = booked.or_else(|| seeking::named(&snapshot, short))?;
    let details = opening::open(app, visit, "book", vec![id]).await.remove(&id)?;
    Some(Typed::of(&agenda::person(&details), BoothId(0)))
}

fn service_page(app: &App, visit: &Visit) -> Response {
    let snapshot = app.replica.snapshot();
    let agencies = snapshot.agencies().map(|(id, member)| {
        let services = snapshot.profile(id).map(|it| it.description.services.as_slice()).unwrap_or_default();
        AgencyChoice {
            id: id.to_string(),
            name: member.enrolment.name.clone(),
            services: services.iter().map(|service| service_choice(visit.t, id, service)).collect(),
        }
    });
    let view = ServicePage {
        page: app.page(visit, Door::Animateur, Key("title-book")),
        agencies: agencies.collect(),
        subject: "",
        subjects: compare::subjects(&snapshot),
    };
    show(StatusCode::OK, &view)
}

fn service_choice(t: &Texts, home: &MemberId, service: &Service) -> ServiceChoice {
    ServiceChoice {
        id: service.id.to_string(),
        name: service.name.clone(),
        duration: t.count("minutes", "minutes", usize::from(service.duration_min)),
        href: address(home, &service.id),
    }
}

pub(super) fn address(home: &MemberId, service: &ServiceId) -> String {
    format!("/animateur/rendez-vous/nouveau?agence={home}&motif={service}")
}

/// An agency and its service by their short names, as addresses and forms have them.
pub(super) fn named(agency: &str, service: &str) -> Option<(MemberId, ServiceId)> {
    MemberId::new(agency).ok().zip(ServiceId::new(service).ok())
}

fn chosen(app: &App, visit: &Visit, agency: &str, service: &str) -> Result<Chosen, Response> {
    let snapshot = app.replica.snapshot();
    let found = named(agency, service).and_then(|(home, id)| {
        let services = &snapshot.profile(&home)?.description.services;
        let service = services.iter().find(|service| service.id == id)?;
        Some(Chosen {
            agency: snapshot.name_of(&home),
            name: service.name.clone(),
            duration: visit.t.count("minutes", "minutes", usize::from(service.duration_min)),
            papers: service.papers.clone(),
            conditions: terms::conditions(app, visit.t, &home, &id),
            href: address(&home, &id),
            home,
            service: id,
        })
    });
    found.ok_or_else(|| oops(app, visit, StatusCode::NOT_FOUND, visit.t.say("error-service-unknown")))
}

async fn slot_page(app: &App, visit: &Visit, chosen: Chosen) -> Response {
    let days = slots::by_day(app, visit.t, &chosen.home, &chosen.service);
    // A page that stays open and looks again is one search.
    if days.is_empty() && !visit.fragment {
        app.replica.tally(chosen.home.clone(), chosen.service.clone(), TallyKind::NoSlot).await;
    }
    let view = SlotPage {
        page: app.page(visit, Door::Animateur, Key("title-slots")),
        walk_in: queue::way_in(app, visit.t, &chosen.home, &chosen.service),
        days,
        seek: format!("/animateur/attente?agence={}&motif={}", chosen.home, chosen.service),
        src: chosen.href.clone(),
        chosen,
    };
    if visit.fragment { show(StatusCode::OK, &view.as_live()) } else { show(StatusCode::OK, &view) }
}

/// The form. Where the time cannot be had any more, others stand in it to choose from.
fn form_page(app: &App, visit: &Visit, status: StatusCode, chosen: Chosen, mut typed: Typed) -> Response {
    let offers = slots::offers(app, &chosen.home, &chosen.service, 0);
    let short: Option<ShortId> = typed.creneau.parse().ok();
    let offered = offers.iter().find(|offered| Some(offered.slot) == short);
    let slot = offered.map(|offered| slots::slot(app, visit.t, offered));
    let mut status = status;
    if slot.is_none() && typed.errors.general.is_none() {
        typed.errors.general = Some(visit.t.say("error-slot-unknown"));
        status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    let shown = offers.iter().take(if slot.is_none() { OTHERS_MAX } else { 0 });
    let others = shown.map(|offered| slots::slot(app, visit.t, offered)).collect();
    let mut page = app.page(visit, Door::Animateur, Key("title-book"));
    page.fault = typed.errors.general.clone();
    let view = FormPage {
        booths: booths(app, &typed.cabine),
        error_title: typed.errors.title(visit.t),
        page,
        chosen,
        slot,
        others,
        typed,
    };
    show(status, &view)
}

/// Books, or shows the form again with what is wrong.
pub(super) async fn book(State(app): State<Arc<App>>, visit: Visit, Form(mut typed): Form<Typed>) -> Answer {
    let chosen = chosen(&app, &visit, &typed.agence, &typed.motif)?;
    let again = |typed| Ok(form_page(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, chosen, typed));
    if !typed.has_nonce(visit.t) {
        return again(typed);
    }
    let Some(details) = typed.details(visit.t) else { return again(typed) };
    let slot = typed.creneau.parse().ok().and_then(|short| app.replica.snapshot().slot(short));
    let Some(slot) = slot else {
        typed.errors.general = Some(visit.t.say("error-slot-unknown"));
        return again(typed);
    };
    let service = ServiceId::new(&typed.motif).ok();
    let Some(service) = service else { return again(typed) };
    let order = BookOrder {
        slot,
        service,
        booth: typed.cabine.parse().ok().map(BoothId),
        details,
        nonce: Some(typed.nonce.clone()),
        despite: Some(accepted(&app, &typed.doublon)),
    };
    let before = app.replica.snapshot();
    match settle(&app, app.replica.book(order)).await {
        Ok(booked) => {
            // The form of a booking that was there already makes it no younger.
            if before.appointment_by_id(&booked).is_none() {
                app.booked.note(booked, app.now_ms());
            }
            Ok(go(&format!("/animateur/rendez-vous/{}?fait=pris", short_act(&booked))))
        }
        Err(Refusal::Double(id)) => {
            typed.errors.double = double(&app, &visit, id, &typed.doublon).await;
            if typed.errors.double.is_none() {
                typed.errors.general = Some(visit.t.say("error-store"));
            }
            again(typed)
        }
        Err(refusal) => {
            typed.errors.general = Some(visit.t.of(refused(refusal)));
            again(typed)
        }
    }
}

/// The appointments that a form says to be known.
fn accepted(app: &App, shorts: &str) -> Vec<ActRef> {
    let snapshot = app.replica.snapshot();
    let known = shorts.split(' ').filter_map(|short| snapshot.appointment(short.parse().ok()?));
    known.map(|it| it.id).collect()
}

/// What is shown of an appointment that the person has already: a line of the access journal says to whom. `None`
/// where the journal took no line.
async fn double(app: &App, visit: &Visit, id: ActRef, accepted: &str) -> Option<Double> {
    opening::open(app, visit, "double", vec![id]).await.remove(&id)?;
    let snapshot = app.replica.snapshot();
    let it = snapshot.appointment_by_id(&id)?;
    let agency = it.home.as_ref().map(|home| snapshot.name_of(home)).unwrap_or_default();
    let when = format::when(visit.t, &app.clock, it.minutes.from);
    let known = self::accepted(app, accepted).into_iter().chain([id]);
    let known: Vec<String> = known.map(|id| short_act(&id).to_string()).collect();
    Some(Double {
        sentence: visit.t.texts("double-found", &[("agency", agency.as_str()), ("when", when.as_str())]),
        href: format!("/animateur/rendez-vous/{}", short_act(&id)),
        accepted: known.join(" "),
    })
}
