// SPDX-License-Identifier: EUPL-1.2
//! Whom a node stays connected with. A point keeps three steady neighbours, on its poor line; an agency
//! or the coordination, on a good one, keeps all agencies.

use std::collections::BTreeMap;

use crdt_calendar::act::Role;
use crdt_calendar::ids::PublicKey;
use libp2p::Multiaddr;

use crate::mesh::Neighbour;
use crate::reach::Reach;
use crate::replica::Snapshot;

/// Steady neighbours of a point (design: an agency with coming appointments, one more, one more).
const POINT_NEIGHBOURS: usize = 3;
/// Steady neighbours of an agency or the coordination.
const AGENCY_NEIGHBOURS: usize = 32;

/// The steady neighbours, with the addresses that they publish, else those of the papers. Those with
/// coming appointments come first, then those that are heard; `attempt` counts how often too few were,
/// and brings others in.
pub(super) fn choose(
    snapshot: &Snapshot,
    papers: &[(PublicKey, Vec<String>)],
    reach: &BTreeMap<PublicKey, Reach>,
    attempt: usize,
) -> Vec<Neighbour> {
    let mut candidates = candidates(snapshot, papers);
    let is_point = snapshot.role() == Some(Role::Point);
    let wanted = if is_point { POINT_NEIGHBOURS } else { AGENCY_NEIGHBOURS };
    let busy = coming(snapshot);
    candidates.sort_by_cached_key(|neighbour| {
        let role = snapshot.roster.member_of(&neighbour.key).and_then(|id| snapshot.roster.member(id));
        let rank = match role.map(|member| member.enrolment.role) {
            Some(Role::Agency) => 0,
            Some(Role::Coordination) => 1,
            Some(Role::Point) | None => 2,
        };
        let appointments = busy.get(&neighbour.key).copied().unwrap_or(0);
        let unheard = reach.get(&neighbour.key).is_none_or(|reach| *reach == Reach::Unheard);
        // Points spread over the agencies: each sees them from its own place on the ring of keys.
        let distance: Vec<u8> = neighbour.key.0.iter().zip(snapshot.writer.key.0).map(|(a, b)| a ^ b).collect();
        (core::cmp::Reverse(appointments), unheard, rank, distance)
    });
    let settled = candidates.iter().take_while(|it| is_settled(it, &busy, reach)).count();
    let others = &mut candidates[settled..];
    if !others.is_empty() {
        others.rotate_left(attempt % others.len());
    }
    candidates.truncate(wanted);
    candidates.sort_by_key(|neighbour| neighbour.key);
    candidates
}

fn is_settled(neighbour: &Neighbour, busy: &BTreeMap<PublicKey, u32>, reach: &BTreeMap<PublicKey, Reach>) -> bool {
    busy.contains_key(&neighbour.key) || reach.get(&neighbour.key).is_some_and(|reach| *reach != Reach::Unheard)
}

fn candidates(snapshot: &Snapshot, papers: &[(PublicKey, Vec<String>)]) -> Vec<Neighbour> {
    let mut addresses: BTreeMap<PublicKey, Vec<Multiaddr>> = BTreeMap::new();
    for (key, mesh) in papers {
        addresses.insert(*key, parsed(mesh));
    }
    for (id, profile) in snapshot.profiles.iter() {
        let Some(key) = snapshot.roster.key(id) else { continue };
        let published = parsed(&profile.mesh);
        if !published.is_empty() {
            addresses.insert(key, published);
        }
    }
    addresses.remove(&snapshot.writer.key);
    let may_connect = snapshot.roster.keys();
    addresses.retain(|key, addrs| may_connect.contains(key) && !addrs.is_empty());
    addresses.into_iter().map(|(key, addrs)| Neighbour { key, addrs }).collect()
}

fn parsed(addresses: &[String]) -> Vec<Multiaddr> {
    addresses.iter().filter_map(|it| it.parse().ok()).collect()
}

/// Coming appointments of this member with each other one.
fn coming(snapshot: &Snapshot) -> BTreeMap<PublicKey, u32> {
    let mut counts = BTreeMap::new();
    for appointment in snapshot.appointments().into_iter().filter(|it| snapshot.is_ours(it) && !it.ended) {
        let other = if Some(&appointment.point) == snapshot.member.as_ref() {
            appointment.home.as_ref()
        } else {
            Some(&appointment.point)
        };
        if let Some(key) = other.and_then(|id| snapshot.roster.key(id)) {
            *counts.entry(key).or_insert(0) += 1;
        }
    }
    counts
}
