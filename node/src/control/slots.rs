// SPDX-License-Identifier: EUPL-1.2
//! Free times for the terminal: which agencies and services, within which days.

use crdt_calendar::fold::ledger::Slot;
use crdt_calendar::fold::offers::Way;
use crdt_calendar::ids::{MemberId, ServiceId};
use crdt_calendar::time::UtcMinute;

use super::Desk;
use super::answer::{BAD_SERVICE, Said, Words, at_point, bounds, json, local};
use super::view::SlotView;
use crate::replica::{Offered, Snapshot};
use crate::store::TallyKind;

/// Slots shown for one service.
pub const SLOTS_MAX: usize = 200;

const UNPUBLISHED: Words = (
    "aucune heure n'est publiée ce jour-là : les organismes sont fermés, ou n'ont pas encore publié ce jour (quatre \
     semaines à l'avance au plus)",
    "no time is published on that day: agencies are closed, or have not published it yet (four weeks ahead at most)",
);
const BAD_AGENCY: Words =
    ("cet organisme est inconnu : voyez « hameau members »", "this agency is unknown: see “hameau members”");
const NO_SERVICE: Words = (
    "aucun organisme ne reçoit pour ce motif : voyez « hameau slots »",
    "no agency receives people for this service: see “hameau slots”",
);

/// Free times, as far as they were asked for; at a point only.
pub(super) async fn slots(
    desk: &Desk,
    agency: Option<String>,
    service: Option<String>,
    day: Option<String>,
) -> Result<serde_json::Value, Said> {
    let snapshot = desk.replica.snapshot();
    at_point(&snapshot)?;
    let wanted = wanted(&snapshot, agency, service)?;
    let day = day.map(|it| bounds(desk, &it)).transpose()?;
    if day.is_some_and(|day| !is_published(&snapshot, &wanted, day)) {
        return Err(UNPUBLISHED.into());
    }
    let now = desk.clock.minute();
    let (from, to) = day.map_or((now, UtcMinute(u32::MAX)), |(from, to)| (from.max(now), to));
    let mut views = Vec::new();
    for (home, service) in &wanted {
        let offers = snapshot.offers_at(home, service, from, now, SLOTS_MAX);
        let within = offers.iter().filter(|it| it.offer.minutes.from < to);
        views.extend(within.map(|it| slot_view(desk, home, service, it)));
    }
    // Who looks through everything searches for nothing in particular.
    if let ([(agency, service)], true) = (wanted.as_slice(), views.is_empty()) {
        desk.replica.tally(agency.clone(), service.clone(), TallyKind::NoSlot).await;
    }
    json(&views)
}

/// The services that are asked about, each with its agency.
fn wanted(
    snapshot: &Snapshot,
    agency: Option<String>,
    service: Option<String>,
) -> Result<Vec<(MemberId, ServiceId)>, Said> {
    let agency = agency.map(|it| MemberId::new(&it).map_err(|_| BAD_AGENCY)).transpose()?;
    if agency.as_ref().is_some_and(|id| snapshot.agencies().all(|(known, _)| known != id)) {
        return Err(BAD_AGENCY.into());
    }
    let mut wanted = Vec::new();
    for (home, _) in snapshot.agencies().filter(|(id, _)| agency.as_ref().is_none_or(|only| only == *id)) {
        let Some(profile) = snapshot.profile(home) else { continue };
        let services = profile.description.services.iter().map(|it| &it.id);
        let services = services.filter(|id| service.as_ref().is_none_or(|only| only == id.as_str()));
        wanted.extend(services.map(|id| (home.clone(), id.clone())));
    }
    match (service, agency) {
        (Some(_), Some(_)) if wanted.is_empty() => Err(BAD_SERVICE.into()),
        (Some(_), None) if wanted.is_empty() => Err(NO_SERVICE.into()),
        _ => Ok(wanted),
    }
}

/// Whether one of these services has a time within `[from, to)`, free or not.
fn is_published(snapshot: &Snapshot, wanted: &[(MemberId, ServiceId)], (from, to): (UtcMinute, UtcMinute)) -> bool {
    let takes = |home: &MemberId, slot: &Slot| {
        slot.opening.services.iter().any(|(id, _)| wanted.iter().any(|(of, service)| of == home && service == id))
    };
    snapshot.weeks.range(from.week()..=to.week()).any(|(_, week)| {
        let mut within = week.slots().filter(|(_, slot)| slot.minutes.from >= from && slot.minutes.from < to);
        within.any(|(id, slot)| !slot.void && week.home(&id).is_some_and(|home| takes(home, slot)))
    })
}

fn slot_view(desk: &Desk, home: &MemberId, service: &ServiceId, it: &Offered) -> SlotView {
    let way = match it.offer.way {
        Way::Held => "held",
        Way::Asked => "asked",
    };
    SlotView {
        slot: it.slot.to_string(),
        agency: home.to_string(),
        service: service.to_string(),
        from: local(desk, it.offer.minutes.from),
        minutes: it.offer.minutes.length_min,
        way: way.to_owned(),
    }
}
