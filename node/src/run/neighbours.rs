// SPDX-License-Identifier: EUPL-1.2
//! Whom a node stays connected with (decision 22). A point keeps three steady neighbours on its poor line, one where the
//! line is paid by what passes; an agency keeps the other agencies and the coordination, which keeps everybody.
//! Besides, two members keep each other while an appointment of theirs is near: people look whether the advisor is there.

use std::collections::BTreeMap;

use crdt_calendar::act::Role;
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::PublicKey;
use crdt_calendar::time::UtcMinute;
use libp2p::Multiaddr;

use crate::mesh::Neighbour;
use crate::reach::Reach;
use crate::replica::Snapshot;

/// Steady neighbours of a point: an agency with coming appointments, the coordination, which hears most, and one more.
const POINT_NEIGHBOURS: usize = 3;
/// Of a point on a line that is paid by what passes: the coordination, which dials it anyway.
const METERED_NEIGHBOURS: usize = 1;
/// Steady neighbours of an agency or the coordination.
const OFFICE_NEIGHBOURS: usize = 32;
/// So many minutes before an appointment, and after its end, its two members keep each other.
const SOON_MIN: u32 = 30;
/// Members that are kept for the sake of an appointment, at most.
const SOON_MAX: usize = 16;

/// What neighbours are chosen by, at this moment.
pub(super) struct Chooser {
    /// How members are reached, by neighbours too.
    pub(super) reach: BTreeMap<PublicKey, Reach>,
    /// How often too few were heard: brings others in.
    pub(super) attempt: usize,
    pub(super) now: UtcMinute,
    /// Whether this box pays for what passes.
    pub(super) metered: bool,
}

impl Chooser {
    /// The steady neighbours, with the addresses that they publish or did last, else those of the papers. Those that are connected
    /// come first, among them those with appointments to come; those of the local network are none, and are met besides.
    pub(super) fn choose(
        &self,
        snapshot: &Snapshot,
        papers: &[(PublicKey, Vec<String>)],
        kept: &BTreeMap<PublicKey, Vec<String>>,
    ) -> Vec<Neighbour> {
        let mut candidates = candidates(snapshot, papers, kept);
        let busy = with_others(snapshot, self.now, |it| !it.ended && it.minutes.end() > self.now);
        candidates.sort_by_cached_key(|neighbour| {
            let rank = match snapshot.role_of(&neighbour.key) {
                Some(Role::Agency) => 0,
                Some(Role::Coordination) => 1,
                Some(Role::Point) | None => 2,
            };
            let appointments = busy.get(&neighbour.key).copied().unwrap_or(0);
            // Points spread over the agencies: each sees them from its own place on the ring of keys.
            let distance: Vec<u8> = neighbour.key.0.iter().zip(snapshot.writer.key.0).map(|(a, b)| a ^ b).collect();
            (core::cmp::Reverse(appointments), rank, distance)
        });
        let is_soon = |it: &Appointment| {
            it.minutes.from <= self.now.plus_min(SOON_MIN) && it.minutes.end().plus_min(SOON_MIN) > self.now
        };
        let soon = with_others(snapshot, self.now, is_soon);
        let soon: Vec<_> = candidates.iter().filter(|it| soon.contains_key(&it.key)).take(SOON_MAX).cloned().collect();
        let mut chosen = match snapshot.role() {
            Some(Role::Point) => self.of_a_point(candidates, |key| snapshot.role_of(key) == Some(Role::Coordination)),
            Some(Role::Agency) => {
                candidates.retain(|it| snapshot.role_of(&it.key) != Some(Role::Point));
                self.pick(candidates, OFFICE_NEIGHBOURS)
            }
            Some(Role::Coordination) | None => self.pick(candidates, OFFICE_NEIGHBOURS),
        };
        chosen.extend(soon);
        chosen.sort_by_key(|neighbour| neighbour.key);
        chosen.dedup_by_key(|neighbour| neighbour.key);
        chosen
    }

    /// The coordination hears most: it is the second of three, and the only one.
    fn of_a_point(&self, mut candidates: Vec<Neighbour>, is_centre: impl Fn(&PublicKey) -> bool) -> Vec<Neighbour> {
        let (place, wanted) = if self.metered { (0, METERED_NEIGHBOURS) } else { (1, POINT_NEIGHBOURS) };
        if let Some(at) = candidates.iter().position(|it| is_centre(&it.key)).filter(|at| *at > place) {
            let centre = candidates.remove(at);
            candidates.insert(place, centre);
        }
        self.pick(candidates, wanted)
    }

    /// Of candidates in their order the first `wanted`, those that are connected before all others. One place of those
    /// left goes round among the others: else a few members that are away would fill all places and leave the node alone.
    /// Where it is the only one, whoever has appointments here has it every second time.
    fn pick(&self, mut candidates: Vec<Neighbour>, wanted: usize) -> Vec<Neighbour> {
        let reach = |it: &Neighbour| self.reach.get(&it.key).copied().unwrap_or(Reach::Unheard);
        candidates.retain(|it| reach(it) != Reach::Lan);
        let (mut candidates, mut others): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|it| reach(it) < Reach::Through);
        candidates.truncate(wanted);
        // Whom a neighbour hears answers sooner than whom nobody hears.
        others.sort_by_key(|it| reach(it) == Reach::Unheard);
        let sure = others.len().min((wanted - candidates.len()).saturating_sub(1));
        let rest = others.split_off(sure);
        let turn = if sure == 0 && self.attempt.is_multiple_of(2) { 0 } else { self.attempt / 2 };
        candidates.extend(others);
        candidates.extend(rest.get(turn % rest.len().max(1)).filter(|_| candidates.len() < wanted).cloned());
        candidates
    }
}

fn candidates(
    snapshot: &Snapshot,
    papers: &[(PublicKey, Vec<String>)],
    kept: &BTreeMap<PublicKey, Vec<String>>,
) -> Vec<Neighbour> {
    let mut addresses: BTreeMap<PublicKey, Vec<Multiaddr>> = BTreeMap::new();
    for (key, mesh) in papers.iter().map(|(key, mesh)| (key, mesh)).chain(kept) {
        let found = parsed(mesh);
        if !found.is_empty() {
            addresses.insert(*key, found);
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

/// How many appointments of this week and later this member has with each other one, of those that count here.
fn with_others(snapshot: &Snapshot, now: UtcMinute, counts: impl Fn(&Appointment) -> bool) -> BTreeMap<PublicKey, u32> {
    let mut found = BTreeMap::new();
    for appointment in snapshot.appointments_from(now, |it| snapshot.is_ours(it) && counts(it)) {
        let other = if Some(&appointment.point) == snapshot.member.as_ref() {
            appointment.home.as_ref()
        } else {
            Some(&appointment.point)
        };
        if let Some(key) = other.and_then(|id| snapshot.roster.key(id)) {
            *found.entry(key).or_insert(0) += 1;
        }
    }
    found
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

    fn keys(neighbours: Vec<Neighbour>) -> Vec<PublicKey> {
        neighbours.into_iter().map(|it| it.key).collect()
    }

    fn chooser(connected: &[PublicKey], through: &[PublicKey], attempt: usize) -> Chooser {
        let direct = connected.iter().map(|key| (*key, Reach::Direct));
        let reach = direct.chain(through.iter().map(|key| (*key, Reach::Through))).collect();
        Chooser { reach, attempt, now: UtcMinute(0), metered: false }
    }

    #[test]
    fn nobody_who_is_unheard_keeps_others_out() {
        // Goal: three agencies with appointments that are all away do not fill the three places for ever, and
        // whoever is heard stays.
        for heard in [None, Some(KEYS[0]), Some(KEYS[5])] {
            let heard: Vec<PublicKey> = heard.into_iter().collect();
            let mut tried = BTreeSet::new();
            for attempt in 0..2 * KEYS.len() {
                let picked = chooser(&heard, &[], attempt).pick(candidates(), 3);
                assert_eq!(picked.len(), 3);
                assert!(heard.iter().all(|key| picked.iter().any(|it| it.key == *key)), "{heard:?} is left out");
                assert!(picked.iter().any(|it| it.key == KEYS[0]), "whoever has appointments here is tried each time");
                tried.extend(picked.into_iter().map(|it| it.key));
            }
            assert_eq!(tried, KEYS.into(), "heard: {heard:?}");
        }
        let last = |attempt| chooser(&KEYS[4..], &[], attempt).pick(candidates(), 3)[2].key;
        let tried: Vec<PublicKey> = (0..8).map(last).collect();
        let of_two = [KEYS[0], KEYS[0], KEYS[0], KEYS[1], KEYS[0], KEYS[2], KEYS[0], KEYS[3]];
        assert_eq!(tried, of_two, "the one place left goes round, and back to appointments in between");
        let first = keys(chooser(&[], &[], 0).pick(candidates(), 3));
        assert_eq!(first, KEYS[..3], "those with appointments are tried first");
    }

    #[test]
    fn a_point_keeps_three_and_the_coordination_among_them() {
        // Goal: the agency with appointments, the coordination, one more; the coordination alone on a metered line; whoever is
        // only heard by a neighbour is no neighbour, and whoever is on the local network takes no other's place.
        let is_centre = |key: &PublicKey| *key == KEYS[4];
        let of = |chooser: Chooser| keys(chooser.of_a_point(candidates(), is_centre));
        assert_eq!(of(chooser(&[], &[], 0)), [KEYS[0], KEYS[4], KEYS[1]]);
        assert_eq!(of(chooser(&[], &KEYS[5..], 0)), [KEYS[5], KEYS[0], KEYS[4]], "it is known to be there");
        assert_eq!(of(Chooser { metered: true, ..chooser(&[], &[], 0) }), [KEYS[4]]);
        assert_eq!(of(Chooser { metered: true, ..chooser(&KEYS[3..4], &[], 0) }), [KEYS[3]]);
        let mut near = chooser(&[], &[], 0);
        near.reach.extend(KEYS[..3].iter().map(|key| (*key, Reach::Lan)));
        assert_eq!(of(near), [KEYS[4], KEYS[3], KEYS[5]]);
    }
}
