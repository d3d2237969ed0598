// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of enrolments, descriptions and terms.

use super::{bytes_of, exactly};
use crate::act::{
    Act, Counterpart, Description, DeskTerms, Enrolment, Place, Procedure, Quota, Role, Service, ServiceTerms, Terms,
};
use crate::ids::{BoothId, MemberId, PublicKey, ServiceId};
use crate::limits::TERMS_MAX;

type WireService = (ServiceId, String, u16, Vec<String>);
type WireProcedure = (String, Vec<String>, String, Option<String>, Option<ServiceId>);

pub(super) fn description_bytes(it: &Description) -> Vec<u8> {
    let services: Vec<WireService> =
        it.services.iter().map(|s| (s.id.clone(), s.name.clone(), s.duration_min, s.papers.clone())).collect();
    let procedures: Vec<WireProcedure> = it
        .procedures
        .iter()
        .map(|p| (p.title.clone(), p.keywords.clone(), p.summary.clone(), p.url.clone(), p.service.clone()))
        .collect();
    bytes_of(&(&it.home_page, &it.booths, &it.desks, services, procedures))
}

type WireDescription =
    (Option<String>, Vec<(BoothId, String)>, Vec<(u8, String)>, Vec<WireService>, Vec<WireProcedure>);

pub(super) fn description(body: &[u8]) -> Option<Act> {
    let (home_page, booths, desks, services, procedures): WireDescription = exactly(body)?;
    let services = services
        .into_iter()
        .map(|(id, name, duration_min, papers)| Service { id, name, duration_min, papers })
        .collect();
    let procedures = procedures
        .into_iter()
        .map(|(title, keywords, summary, url, service)| Procedure { title, keywords, summary, url, service })
        .collect();
    Some(Act::Describe(Description { home_page, booths, desks, services, procedures }))
}

type WireServiceTerms = (ServiceId, u32, Option<u32>, String, String);
type WireDeskTerms = (u8, u16, Option<u16>);
type WireQuota = (Option<MemberId>, Option<ServiceId>, u16);
type WireCounterpart = (String, String, String);
type WireTerms = (Vec<WireServiceTerms>, Vec<WireDeskTerms>, Vec<WireQuota>, Vec<WireCounterpart>);

pub(super) fn terms_bytes(it: &Terms) -> Vec<u8> {
    let services = it.services.iter().cloned();
    let services = services.map(|it| (it.service, it.shortest_delay_min, it.longest_delay_min, it.before, it.after));
    let wire: WireTerms = (
        services.collect(),
        it.desks.iter().map(|it| (it.desk, it.buffer_min, it.per_day)).collect(),
        it.quotas.iter().cloned().map(|it| (it.point, it.service, it.per_week)).collect(),
        it.counterparts.iter().cloned().map(|it| (it.name, it.line, it.hours)).collect(),
    );
    bytes_of(&wire)
}

pub(super) fn terms(body: &[u8]) -> Option<Act> {
    let (services, desks, quotas, counterparts): WireTerms = exactly(body)?;
    if [services.len(), desks.len(), quotas.len(), counterparts.len()].iter().any(|entries| *entries > TERMS_MAX) {
        return None;
    }
    let service = |(service, shortest_delay_min, longest_delay_min, before, after)| ServiceTerms {
        service,
        shortest_delay_min,
        longest_delay_min,
        before,
        after,
    };
    let desk = |(desk, buffer_min, per_day)| DeskTerms { desk, buffer_min, per_day };
    let quota = |(point, service, per_week)| Quota { point, service, per_week };
    let counterpart = |(name, line, hours)| Counterpart { name, line, hours };
    Some(Act::Terms(Terms {
        services: services.into_iter().map(service).collect(),
        desks: desks.into_iter().map(desk).collect(),
        quotas: quotas.into_iter().map(quota).collect(),
        counterparts: counterparts.into_iter().map(counterpart).collect(),
    }))
}

pub(super) fn enrolment_bytes(it: &Enrolment) -> Vec<u8> {
    let role = match it.role {
        Role::Point => 0_u8,
        Role::Agency => 1,
        Role::Coordination => 2,
    };
    let place = it.place.as_ref().map(|place| (&place.insee, place.lat_e5, place.lon_e5));
    bytes_of(&(&it.member, role, &it.name, place, it.key))
}

pub(super) fn enrolment(body: &[u8]) -> Option<Act> {
    type Wire = (MemberId, u8, String, Option<(String, i32, i32)>, PublicKey);
    let (member, role, name, place, key): Wire = exactly(body)?;
    let role = match role {
        0 => Role::Point,
        1 => Role::Agency,
        2 => Role::Coordination,
        _ => return None,
    };
    let place = place.map(|(insee, lat_e5, lon_e5)| Place { insee, lat_e5, lon_e5 });
    Some(Act::Enrol(Enrolment { member, role, name, place, key }))
}
