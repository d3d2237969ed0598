// SPDX-License-Identifier: EUPL-1.2
//! Answers each request of the terminal from the calendar.

use std::collections::BTreeMap;

use crdt_calendar::act::{Fate, Reason, Role};
use crdt_calendar::fold::{Appointment, State};
use crdt_calendar::ids::{ActRef, BoothId, ServiceId};
use crdt_calendar::time::UtcMinute;
use jiff::civil::Date;
use serde::Serialize;

use super::view::{AppointmentView, DetailsView, OfflineView};
use super::{Desk, Request, Response, sentence};
use super::{access, accounts, carried, certificate, counts, places, records, roster, slots, status};
use crate::access::TERMINAL;
use crate::account::AccountError;
use crate::replica::{BookOrder, Details, Refusal, ShortId, Snapshot, short_act};

/// Words for both languages.
pub(super) type Words = (&'static str, &'static str);

pub(super) const BAD_DAY: Words =
    ("ce jour n'existe pas : écrivez-le comme 2027-03-02", "there is no such day: write it like 2027-03-02");
const BAD_SLOT: Words = (
    "ce créneau est inconnu : recopiez son nom depuis « hameau slots »",
    "this slot is unknown: copy its name from “hameau slots”",
);
const BAD_APPOINTMENT: Words = (
    "ce rendez-vous est inconnu : recopiez son nom depuis « hameau agenda »",
    "this appointment is unknown: copy its name from “hameau agenda”",
);
const BAD_REASON: Words = (
    "le motif est l'un de : person, absent, closed, mistake, other",
    "the reason is one of: person, absent, closed, mistake, other",
);
const NOT_POINT: Words = (
    "les rendez-vous se prennent à un point : lancez cette commande sur la boîte d'un point",
    "appointments are booked at a point: run this command on a point's node",
);
pub(super) const BAD_SERVICE: Words = (
    "ce motif est inconnu de cet organisme : voyez « hameau slots »",
    "the agency does not know this service: see “hameau slots”",
);
pub(super) enum Said {
    Words(Words),
    /// A sentence that names what can be chosen, in both languages.
    Choice {
        french: String,
        english: String,
    },
    /// The calendar holds the days between these two, not the one asked for.
    Outside(Date, Date),
    Refusal(Refusal),
    /// As it was made, in the language in which the node was started.
    Sentence(String),
    /// In the language of whoever asks, where the node answers as it was started.
    Account(AccountError),
}

impl From<AccountError> for Said {
    fn from(error: AccountError) -> Self {
        Self::Account(error)
    }
}

impl From<Words> for Said {
    fn from(words: Words) -> Self {
        Self::Words(words)
    }
}

impl From<Refusal> for Said {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

/// Answers one request.
pub(super) async fn answer(desk: &Desk, request: Request, english: bool) -> Response {
    let done = match request {
        Request::Status => json(&status::status(desk)),
        Request::Members => json(&status::members(desk)),
        Request::Slots { agency, service, day } => slots::slots(desk, agency, service, day).await,
        Request::Book { slot, service, booth, details } => book(desk, &slot, service, booth, details).await,
        Request::Cancel { appointment, reason } => cancel(desk, &appointment, &reason).await,
        Request::Agenda { day, all } => agenda(desk, day, all).await,
        Request::Offline { on } => {
            desk.network.set_offline(on);
            json(&OfflineView { offline: on })
        }
        Request::Enrol { request, replaces } => roster::enrol(&desk.replica, &request, replaces).await,
        Request::Counts { month } => counts::counts(desk, month).await,
        Request::Calls => records::records(desk).await,
        Request::Papers => roster::papers(&desk.replica).await,
        Request::Export { since, after } => carried::export(&desk.replica, &desk.clock, since, after).await,
        Request::Import { frames, whole_by } => carried::import(&desk.replica, &frames, whole_by).await,
        Request::Revoke { member } => roster::revoke(&desk.replica, &member).await,
        Request::Settle { member, force } => roster::settle(&desk.replica, &member, force).await,
        Request::AccountAdd { name, role, password } => accounts::add(&desk.replica, &name, &role, &password).await,
        Request::AccountList => accounts::list(&desk.replica),
        Request::AccountPassword { name, password } => accounts::password(&desk.replica, &name, &password).await,
        Request::AccountRemove { name } => accounts::remove(&desk.replica, &name).await,
        Request::Journal { day, after } => access::lines(&desk.replica, &desk.clock, day, after).await,
        Request::Certificate => certificate::shown(desk),
        Request::CertificateReload => certificate::reload(desk).await,
        Request::Communes => places::communes(&desk.replica),
        Request::Addresses => places::addresses(&desk.replica),
    };
    response(done, english)
}

pub(super) fn response(done: Result<serde_json::Value, Said>, english: bool) -> Response {
    match done {
        Ok(value) => Response::Ok(value),
        Err(Said::Words((french, english_words))) => {
            Response::Refused(if english { english_words } else { french }.to_owned())
        }
        Err(Said::Choice { french, english: english_words }) => {
            Response::Refused(if english { english_words } else { french })
        }
        Err(Said::Outside(first, last)) => Response::Refused(if english {
            format!("the calendar goes from {first} to {last}: choose a day between them")
        } else {
            format!("le calendrier va du {first} au {last} : choisissez un jour entre les deux")
        }),
        Err(Said::Sentence(sentence)) => Response::Refused(sentence),
        Err(Said::Account(error)) => Response::Refused(error.to_string()),
        Err(Said::Refusal(refusal)) => Response::Refused(sentence(&refusal, english).to_owned()),
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<serde_json::Value, Said> {
    serde_json::to_value(value).map_err(|_| Said::Refusal(Refusal::Stopping))
}

/// Only a point's node has a booth to put people in.
pub(super) fn at_point(snapshot: &Snapshot) -> Result<(), Said> {
    if snapshot.role() == Some(Role::Point) { Ok(()) } else { Err(NOT_POINT.into()) }
}

async fn book(
    desk: &Desk,
    slot: &str,
    service: Option<String>,
    booth: Option<u8>,
    details: Details,
) -> Result<serde_json::Value, Said> {
    let snapshot = desk.replica.snapshot();
    at_point(&snapshot)?;
    let details = Details::typed(&details.name, &details.telephone, &details.subject).map_err(Refusal::from)?;
    let slot = slot.parse::<ShortId>().ok().and_then(|it| snapshot.slot(it)).ok_or(BAD_SLOT)?;
    let service = match service {
        Some(id) => ServiceId::new(&id).map_err(|_| BAD_SERVICE)?,
        None => only_service(&snapshot, &slot)?,
    };
    if let Some(number) = booth {
        known_booth(&snapshot, number)?;
    }
    let order = BookOrder { slot, service, booth: booth.map(BoothId), details, nonce: None, despite: None };
    let id = desk.replica.book(order).await?;
    one(desk, "book", &id).await
}

/// The service of a slot that takes only one.
fn only_service(snapshot: &Snapshot, slot: &crdt_calendar::ids::SlotId) -> Result<ServiceId, Said> {
    let found = snapshot.weeks.values().find_map(|week| week.slot(slot)).ok_or(BAD_SLOT)?;
    match found.opening.services.as_slice() {
        [(only, _)] => Ok(only.clone()),
        several => {
            let names = several.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(", ");
            Err(Said::Choice {
                french: format!(
                    "cet organisme reçoit pour plusieurs motifs : ajoutez --service et l'un d'eux : {names}"
                ),
                english: format!("this agency receives for several services: add --service and one of: {names}"),
            })
        }
    }
}

/// Whether this point has a booth of that number.
fn known_booth(snapshot: &Snapshot, number: u8) -> Result<(), Said> {
    let profile = snapshot.member.as_ref().and_then(|id| snapshot.profile(id));
    // A point whose first act is not written yet has no profile: the clerk decides.
    let Some(profile) = profile else { return Ok(()) };
    let booths = &profile.description.booths;
    if booths.iter().any(|(id, _)| id.0 == number) {
        return Ok(());
    }
    let named = booths.iter().map(|(id, name)| format!("{} ({name})", id.0)).collect::<Vec<_>>().join(", ");
    Err(Said::Choice {
        french: format!("il n'y a pas de cabine {number} ici : choisissez parmi {named}"),
        english: format!("there is no booth {number} here: choose from {named}"),
    })
}

async fn cancel(desk: &Desk, appointment: &str, reason: &str) -> Result<serde_json::Value, Said> {
    let snapshot = desk.replica.snapshot();
    let short = appointment.parse::<ShortId>().map_err(|()| BAD_APPOINTMENT)?;
    let id = snapshot.appointment(short).ok_or(BAD_APPOINTMENT)?.id;
    let reason = Reason::named(reason).ok_or(BAD_REASON)?;
    desk.replica.cancel(id, reason).await?;
    one(desk, "cancel", &id).await
}

/// An appointment as it is now, with its details; `page` is what the access journal says of it.
async fn one(desk: &Desk, page: &'static str, id: &ActRef) -> Result<serde_json::Value, Said> {
    let snapshot = desk.replica.snapshot();
    let details = opened(desk, page, vec![*id]).await;
    let appointment = snapshot.appointment_by_id(id).ok_or(BAD_APPOINTMENT)?;
    json(&appointment_view(desk, &snapshot, appointment, &details))
}

async fn agenda(desk: &Desk, day: Option<String>, all: bool) -> Result<serde_json::Value, Said> {
    let snapshot = desk.replica.snapshot();
    let (from, to) = match (day, all) {
        (_, true) => (UtcMinute(0), UtcMinute(u32::MAX)),
        (Some(day), false) => bounds(desk, &day)?,
        (None, false) => desk.clock.day(desk.clock.local_now().date()).ok_or(BAD_DAY)?,
    };
    let appointments = snapshot.agenda(from, to);
    let details = opened(desk, "agenda", appointments.iter().map(|it| it.id).collect()).await;
    let views: Vec<_> = appointments.iter().map(|it| appointment_view(desk, &snapshot, it, &details)).collect();
    json(&views)
}

/// Details for the terminal, once the access journal has it. Where it does not take the line they stay closed, and all
/// else is told.
async fn opened(desk: &Desk, page: &'static str, ids: Vec<ActRef>) -> BTreeMap<ActRef, Details> {
    let opened = desk.replica.open_details(TERMINAL, page, ids, |_| false).await;
    opened.unwrap_or_else(|refusal| {
        tracing::warn!(%refusal, "details stay closed: the access journal does not take the line");
        BTreeMap::new()
    })
}

fn appointment_view(
    desk: &Desk,
    snapshot: &Snapshot,
    it: &Appointment,
    details: &BTreeMap<ActRef, Details>,
) -> AppointmentView {
    let alternatives = match &it.state {
        State::Refused { alternatives } => alternatives.as_slice(),
        _ => &[],
    };
    let alternatives = alternatives.iter().filter_map(|slot| snapshot.slot_minutes(slot));
    AppointmentView {
        appointment: short_act(&it.id).to_string(),
        point: it.point.to_string(),
        agency: it.home.as_ref().map(ToString::to_string),
        service: it.service.to_string(),
        from: local(desk, it.minutes.from),
        minutes: it.minutes.length_min,
        state: state_name(it).to_owned(),
        ahead: match it.state {
            State::Queued { ahead } => Some(ahead),
            _ => None,
        },
        kept_at: snapshot.kept_by(it),
        call_back: snapshot.is_called_back(it),
        alternatives: alternatives.map(|minutes| local(desk, minutes.from)).collect(),
        details: details.get(&it.id).map(|it| DetailsView {
            name: it.name.clone(),
            telephone: it.telephone.clone(),
            subject: it.subject.clone(),
        }),
    }
}

/// The minutes of a day that the calendar holds.
pub(super) fn bounds(desk: &Desk, day: &str) -> Result<(UtcMinute, UtcMinute), Said> {
    let day: Date = day.parse().map_err(|_| BAD_DAY)?;
    let (first, last) = desk.clock.held_days();
    if day < first || day > last {
        return Err(Said::Outside(first, last));
    }
    Ok(desk.clock.day(day).ok_or(BAD_DAY)?)
}

pub(super) fn local(desk: &Desk, minute: UtcMinute) -> String {
    desk.clock.local(minute).strftime("%Y-%m-%dT%H:%M%:z").to_string()
}

fn state_name(appointment: &Appointment) -> &'static str {
    match (&appointment.state, appointment.outcome.map(|it| it.fate)) {
        (State::Confirmed | State::Called, Some(Fate::Kept)) => "kept",
        (State::Confirmed | State::Called, Some(Fate::NoShow)) => "no-show",
        (State::Confirmed | State::Called, Some(Fate::Interrupted)) => "interrupted",
        (State::Confirmed, None) => "confirmed",
        (State::Asked, _) => "asked",
        (State::Refused { .. }, _) => "refused",
        (State::CancelledByPoint(_), _) => "cancelled-by-point",
        (State::CancelledByAgency(_), _) => "cancelled-by-agency",
        (State::Suspended, _) => "suspended",
        (State::Queued { .. }, _) => "queued",
        (State::Called, None) => "called",
        (State::Waiting, _) => "waiting",
        (State::Void(_), _) => "void",
    }
}
