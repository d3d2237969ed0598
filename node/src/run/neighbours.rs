// SPDX-License-Identifier: EUPL-1.2
//! Whom a node stays connected with. A point keeps three steady neighbours, on its poor line; an agency
//! or the coordination, on a good one, keeps all agencies.

use std::collections::BTreeMap;

use crdt_calendar::act::Role;
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::PublicKey;
use crdt_calendar::time::UtcMinute;
use libp2p::Multiaddr;

use crate::mesh::Neighbour;
use crate::reach::Reach;
use crate::replica::Snapshot;

/// Steady neighbours of a point (design: an agency with coming appointments, one more, one more).
const POINT_NEIGHBOURS: usize = 3;
/// Steady neighbours of an agency or the coordination.
const AGENCY_NEIGHBOURS: usize = 32;

/// The steady neighbours, with the addresses that they publish, else those of the papers. Those that are
/// heard come first, among them those with appointments to come; `attempt` counts how often too few were
/// heard, and brings others in.
pub(super) fn choose(
    snapshot: &Snapshot,
    papers: &[(PublicKey, Vec<String>)],
    reach: &BTreeMap<PublicKey, Reach>,
    attempt: usize,
    now: UtcMinute,
) -> Vec<Neighbour> {
    let mut candidates = candidates(snapshot, papers);
    let is_point = snapshot.role() == Some(Role::Point);
    let wanted = if is_point { POINT_NEIGHBOURS } else { AGENCY_NEIGHBOURS };
    let busy = coming(snapshot, now);
    candidates.sort_by_cached_key(|neighbour| {
        let role = snapshot.roster.member_of(&neighbour.key).and_then(|id| snapshot.roster.member(id));
        let rank = match role.map(|member| member.enrolment.role) {
            Some(Role::Agency) => 0,
            Some(Role::Coordination) => 1,
            Some(Role::Point) | None => 2,
        };
        let appointments = busy.get(&neighbour.key).copied().unwrap_or(0);
        // Points spread over the agencies: each sees them from its own place on the ring of keys.
        let distance: Vec<u8> = neighbour.key.0.iter().zip(snapshot.writer.key.0).map(|(a, b)| a ^ b).collect();
        (core::cmp::Reverse(appointments), rank, distance)
    });
    pick(candidates, wanted, reach, attempt)
}

/// Of candidates in their order the first `wanted`, those that are heard before all others. One place of those left
/// goes round among the others: else a few members that are away would fill all places and leave the node alone.
/// Where it is the only one, whoever has appointments here has it every second time.
fn pick(
    candidates: Vec<Neighbour>,
    wanted: usize,
    reach: &BTreeMap<PublicKey, Reach>,
    attempt: usize,
) -> Vec<Neighbour> {
    let (mut candidates, mut others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|it| !is_unheard(it, reach));
    candidates.truncate(wanted);
    let sure = others.len().min((wanted - candidates.len()).saturating_sub(1));
    let rest = others.split_off(sure);
    let turn = if sure == 0 && attempt.is_multiple_of(2) { 0 } else { attempt / 2 };
    candidates.extend(others);
    candidates.extend(rest.get(turn % rest.len().max(1)).filter(|_| candidates.len() < wanted).cloned());
    candidates.sort_by_key(|neighbour| neighbour.key);
    candidates
}

fn is_unheard(neighbour: &Neighbour, reach: &BTreeMap<PublicKey, Reach>) -> bool {
    reach.get(&neighbour.key).is_none_or(|reach| *reach == Reach::Unheard)
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

/// Appointments to come of this member with each other one.
fn coming(snapshot: &Snapshot, now: UtcMinute) -> BTreeMap<PublicKey, u32> {
    let mut counts = BTreeMap::new();
    let is_coming = |it: &&Appointment| snapshot.is_ours(it) && !it.ended && it.minutes.end() > now;
    for appointment in snapshot.appointments().into_iter().filter(is_coming) {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KEYS: [PublicKey; 6] = [key(1), key(2), key(3), key(4), key(5), key(6)];

    const fn key(number: u8) -> PublicKey {
        PublicKey([number; 32])
    }

    fn candidates() -> Vec<Neighbour> {
        KEYS.iter().map(|key| Neighbour { key: *key, addrs: Vec::new() }).collect()
    }

    #[test]
    fn nobody_who_is_unheard_keeps_others_out() {
        // Goal: three agencies with appointments that are all away do not fill the three places for ever, and
        // whoever is heard stays.
        for heard in [None, Some(KEYS[0]), Some(KEYS[5])] {
            let reach: BTreeMap<PublicKey, Reach> = heard.map(|key| (key, Reach::Direct)).into_iter().collect();
            let mut tried = BTreeSet::new();
            for attempt in 0..2 * KEYS.len() {
                let picked = pick(candidates(), 3, &reach, attempt);
                assert_eq!(picked.len(), 3);
                assert!(heard.is_none_or(|key| picked.iter().any(|it| it.key == key)), "{heard:?} is left out");
                assert!(picked.iter().any(|it| it.key == KEYS[0]), "whoever has appointments here is tried each time");
                tried.extend(picked.into_iter().map(|it| it.key));
            }
            assert_eq!(tried, KEYS.into(), "heard: {heard:?}");
        }
        let two_heard: BTreeMap<PublicKey, Reach> = [KEYS[4], KEYS[5]].map(|key| (key, Reach::Direct)).into();
        let last = |attempt| pick(candidates(), 3, &two_heard, attempt)[0].key;
        let tried: Vec<PublicKey> = (0..8).map(last).collect();
        let of_two = [KEYS[0], KEYS[0], KEYS[0], KEYS[1], KEYS[0], KEYS[2], KEYS[0], KEYS[3]];
        assert_eq!(tried, of_two, "the one place left goes round, and back to appointments in between");
        let first: Vec<PublicKey> = pick(candidates(), 3, &BTreeMap::new(), 0).iter().map(|it| it.key).collect();
        assert_eq!(first, KEYS[..3], "those with appointments are tried first");
    }
}
