// SPDX-License-Identifier: EUPL-1.2
//! Answers each request of the terminal from the calendar.

use std::collections::BTreeMap;

use crdt_calendar::act::{Fate, Reason, Role};
use crdt_calendar::fold::offers::Way;
use crdt_calendar::fold::{Appointment, State};
use crdt_calendar::ids::{ActRef, BoothId, MemberId, ServiceId};
use crdt_calendar::time::UtcMinute;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Serialize;

use super::roster;
use super::view::{AppointmentView, DetailsView, MemberView, OfflineView, SlotView, StatusView};
use super::{Desk, Request, Response, sentence};
use crate::clock::minute_of;
use crate::reach::Reach;
use crate::replica::{BookOrder, Details, Refusal, ShortId, Snapshot, short_act};

/// Slots shown for one service.
const SLOTS_MAX: usize = 200;

/// Words for both languages.
pub(super) type Words = (&'static str, &'static str);

const BAD_DAY: Words =
    ("ce jour n'existe pas : écrivez-le comme 2027-03-02", "there is no such day: write it like 2027-03-02");
const UNPUBLISHED: Words = (
    "aucune heure n'est publiée ce jour-là : les agences publient quatre semaines à l'avance",
    "no time is published on that day: agencies publish four weeks ahead",
);
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
const BAD_AGENCY: Words =
    ("cette agence est inconnue : voyez « hameau members »", "this agency is unknown: see “hameau members”");
const BAD_SERVICE: Words = (
    "ce motif est inconnu de cette agence : voyez « hameau slots »",
    "the agency does not know this service: see “hameau slots”",
);
pub(super) enum Said {
    Words(Words),
    Refusal(Refusal),
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
        Request::Status => json(&status(desk)),
        Request::Members => json(&members(desk)),
        Request::Slots { agency, service, day } => slots(desk, agency, service, day).and_then(|it| json(&it)),
        Request::Book { slot, service, booth, details } => book(desk, &slot, service, booth, details).await,
        Request::Cancel { appointment, reason } => cancel(desk, &appointment, &reason).await,
        Request::Agenda { day, all } => agenda(desk, day, all).await,
        Request::Offline { on } => {
            desk.network.set_offline(on);
            json(&OfflineView { offline: on })
        }
        Request::Enrol { request, replaces } => roster::enrol(&desk.replica, &request, replaces).await,
        Request::Revoke { member } => roster::revoke(&desk.replica, &member).await,
        Request::Settle { member, force } => roster::settle(&desk.replica, &member, force).await,
    };
    response(done, english)
}

pub(super) fn response(done: Result<serde_json::Value, Said>, english: bool) -> Response {
    match done {
        Ok(value) => Response::Ok(value),
        Err(Said::Words((french, english_words))) => {
            Response::Refused(if english { english_words } else { french }.to_owned())
        }
        Err(Said::Refusal(refusal)) => Response::Refused(sentence(&refusal, english).to_owned()),
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<serde_json::Value, Said> {
    serde_json::to_value(value).map_err(|_| Said::Refusal(Refusal::Stopping))
}

fn status(desk: &Desk) -> StatusView {
    let snapshot = desk.replica.snapshot();
    let reach = desk.network.reach();
    StatusView {
        territory: snapshot.territory_name.clone(),
        member: snapshot.member.as_ref().map(ToString::to_string),
        name: snapshot.member.as_ref().map(|id| snapshot.name_of(id)),
        role: snapshot.role().map(|role| role_name(role).to_owned()),
        pid: std::process::id(),
        portal: format!("http://{}/", desk.portal),
        now: desk.clock.local_now().strftime("%Y-%m-%dT%H:%M%:z").to_string(),
        shifted: desk.clock.is_shifted(),
        offline: desk.network.is_offline(),
        reached: reach.values().filter(|it| **it != Reach::Unheard).count(),
        members: snapshot.roster.members().count(),
        appointments: snapshot.appointments().len(),
        call_backs: snapshot.call_backs().len(),
        disk_refuses: snapshot.disk_refuses,
    }
}

fn members(desk: &Desk) -> Vec<MemberView> {
    let snapshot = desk.replica.snapshot();
    let reach = desk.network.reach();
    let word = |key: Option<crdt_calendar::ids::PublicKey>| {
        let Some(key) = key else { return "revoked" };
        if key == snapshot.writer.key {
            return "self";
        }
        match reach.get(&key).copied().unwrap_or(Reach::Unheard) {
            Reach::Lan => "lan",
            Reach::Direct => "direct",
            Reach::Relayed => "relayed",
            Reach::Unheard => "unheard",
        }
    };
    let view = |(id, member): (&MemberId, &crdt_calendar::roster::Member)| MemberView {
        member: id.to_string(),
        name: member.enrolment.name.clone(),
        role: role_name(member.enrolment.role).to_owned(),
        reach: word(snapshot.roster.key(&member.enrolment.member)).to_owned(),
        insee: member.enrolment.place.as_ref().map(|place| place.insee.clone()),
    };
    snapshot.roster.members().map(view).collect()
}

fn slots(
    desk: &Desk,
    agency: Option<String>,
    service: Option<String>,
    day: Option<String>,
) -> Result<Vec<SlotView>, Said> {
    let snapshot = desk.replica.snapshot();
    let agency = agency.map(|it| MemberId::new(&it).map_err(|_| BAD_AGENCY)).transpose()?;
    if agency.as_ref().is_some_and(|id| snapshot.agencies().all(|(known, _)| known != id)) {
        return Err(BAD_AGENCY.into());
    }
    let service = service.map(|it| ServiceId::new(&it).map_err(|_| BAD_SERVICE)).transpose()?;
    let day = day.map(|it| bounds(desk, &it)).transpose()?;
    let from = day.map_or(desk.clock.minute(), |(from, _)| from.max(desk.clock.minute()));
    let mut views = Vec::new();
    for (home, _) in snapshot.agencies().filter(|(id, _)| agency.as_ref().is_none_or(|wanted| wanted == *id)) {
        let Some(profile) = snapshot.profile(home) else { continue };
        let offered = profile.description.services.iter().map(|it| &it.id);
        for id in offered.filter(|id| service.as_ref().is_none_or(|wanted| wanted == *id)) {
            let offers = snapshot.offers(home, id, from, SLOTS_MAX);
            let within = |minute: UtcMinute| day.is_none_or(|(_, to)| minute < to);
            views.extend(offers.iter().filter(|it| within(it.offer.minutes.from)).map(|it| {
                SlotView {
                    slot: it.slot.to_string(),
                    agency: home.to_string(),
                    service: id.to_string(),
                    from: local(desk, it.offer.minutes.from),
                    minutes: it.offer.minutes.length_min,
                    way: match it.offer.way {
                        Way::Held => "held",
                        Way::Asked => "asked",
                    }
                    .to_owned(),
                }
            }));
        }
    }
    if views.is_empty() && day.is_some() {
        return Err(UNPUBLISHED.into());
    }
    Ok(views)
}

async fn book(
    desk: &Desk,
    slot: &str,
    service: Option<String>,
    booth: Option<u8>,
    details: Details,
) -> Result<serde_json::Value, Said> {
    let snapshot = desk.replica.snapshot();
    let details = Details::new(&details.name, &details.telephone, &details.subject).map_err(Refusal::from)?;
    let slot = slot.parse::<ShortId>().ok().and_then(|it| snapshot.slot(it)).ok_or(BAD_SLOT)?;
    let service = match service {
        Some(id) => ServiceId::new(&id).map_err(|_| BAD_SERVICE)?,
        None => only_service(&snapshot, &slot).ok_or(BAD_SERVICE)?,
    };
    let order = BookOrder { slot, service, booth: booth.map(BoothId), details, nonce: None };
    let id = desk.replica.book(order).await?;
    one(desk, &id).await
}

/// The service of a slot that takes only one.
fn only_service(snapshot: &Snapshot, slot: &crdt_calendar::ids::SlotId) -> Option<ServiceId> {
    let found = snapshot.weeks.values().find_map(|week| week.slot(slot))?;
    match found.opening.services.as_slice() {
        [(only, _)] => Some(only.clone()),
        _ => None,
    }
}

async fn cancel(desk: &Desk, appointment: &str, reason: &str) -> Result<serde_json::Value, Said> {
    let snapshot = desk.replica.snapshot();
    let short = appointment.parse::<ShortId>().map_err(|()| BAD_APPOINTMENT)?;
    let id = snapshot.appointment(short).ok_or(BAD_APPOINTMENT)?.id;
    let reason = match reason {
        "person" => Reason::ByThePerson,
        "absent" => Reason::AdvisorAbsent,
        "closed" => Reason::Closed,
        "mistake" => Reason::Mistake,
        "other" => Reason::Other,
        _ => return Err(BAD_REASON.into()),
    };
    desk.replica.cancel(id, reason).await?;
    one(desk, &id).await
}

async fn one(desk: &Desk, id: &ActRef) -> Result<serde_json::Value, Said> {
    let snapshot = desk.replica.snapshot();
    let details = desk.replica.details(vec![*id]).await;
    let appointment = snapshot.appointment_by_id(id).ok_or(BAD_APPOINTMENT)?;
    json(&appointment_view(desk, &snapshot, appointment, &details))
}

async fn agenda(desk: &Desk, day: Option<String>, all: bool) -> Result<serde_json::Value, Said> {
    let snapshot = desk.replica.snapshot();
    let (from, to) = match (day, all) {
        (_, true) => (UtcMinute(0), UtcMinute(u32::MAX)),
        (Some(day), false) => bounds(desk, &day)?,
        (None, false) => bounds_of(desk, desk.clock.local_now().date())?,
    };
    let appointments = snapshot.agenda(from, to);
    let details = desk.replica.details(appointments.iter().map(|it| it.id).collect()).await;
    let views: Vec<_> = appointments.iter().map(|it| appointment_view(desk, &snapshot, it, &details)).collect();
    json(&views)
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
        call_back: it.needs_call_back(),
        alternatives: alternatives.map(|minutes| local(desk, minutes.from)).collect(),
        details: details.get(&it.id).map(|it| DetailsView {
            name: it.name.clone(),
            telephone: it.telephone.clone(),
            subject: it.subject.clone(),
        }),
    }
}

fn bounds(desk: &Desk, day: &str) -> Result<(UtcMinute, UtcMinute), Said> {
    bounds_of(desk, day.parse::<Date>().map_err(|_| BAD_DAY)?)
}

fn bounds_of(desk: &Desk, day: Date) -> Result<(UtcMinute, UtcMinute), Said> {
    let start = |date: Date| minute_of(&date.to_zoned_datetime(desk.clock.zone().clone()).ok()?);
    let next = day.checked_add(1.day()).map_err(|_| BAD_DAY)?;
    Ok(start(day).zip(start(next)).ok_or(BAD_DAY)?)
}

fn local(desk: &Desk, minute: UtcMinute) -> String {
    desk.clock.local(minute).strftime("%Y-%m-%dT%H:%M%:z").to_string()
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Point => "point",
        Role::Agency => "agency",
        Role::Coordination => "coordination",
    }
}

fn state_name(appointment: &Appointment) -> &'static str {
    match (&appointment.state, appointment.outcome.map(|it| it.fate)) {
        (State::Confirmed, Some(Fate::Kept)) => "kept",
        (State::Confirmed, Some(Fate::NoShow)) => "no-show",
        (State::Confirmed, Some(Fate::Interrupted)) => "interrupted",
        (State::Confirmed, None) => "confirmed",
        (State::Asked, _) => "asked",
        (State::Refused { .. }, _) => "refused",
        (State::CancelledByPoint(_), _) => "cancelled-by-point",
        (State::CancelledByAgency(_), _) => "cancelled-by-agency",
        (State::Suspended, _) => "suspended",
        (State::Queued { .. }, _) => "queued",
        (State::Called, _) => "called",
        (State::Waiting, _) => "waiting",
        (State::Void(_), _) => "void",
    }
}
