// SPDX-License-Identifier: EUPL-1.2
//! Where the territory is and what its agencies name: for the import of a directory, and for a kiosk's list.

use std::collections::BTreeSet;

use crdt_calendar::act::Role;
use serde_json::Value;

use super::answer::{Said, json};
use crate::replica::Replica;

/// INSEE codes of the points that have a place, each once.
pub(super) fn communes(replica: &Replica) -> Result<Value, Said> {
    let snapshot = replica.snapshot();
    let points = snapshot.roster.members().map(|(_, member)| &member.enrolment).filter(|it| it.role == Role::Point);
    let places = points.filter_map(|it| it.place.as_ref());
    json(&places.map(|place| place.insee.clone()).collect::<BTreeSet<_>>())
}

/// Official addresses that the agencies give of themselves and of their procedures, each once.
pub(super) fn addresses(replica: &Replica) -> Result<Value, Said> {
    let snapshot = replica.snapshot();
    let mut all = BTreeSet::new();
    for (id, _) in snapshot.agencies() {
        let Some(profile) = snapshot.profile(id) else { continue };
        let procedures = profile.description.procedures.iter().filter_map(|it| it.url.as_deref());
        let own = profile.description.home_page.as_deref().into_iter().chain(procedures);
        all.extend(own.filter(|url| url.starts_with("https://")).map(ToOwned::to_owned));
    }
    json(&all)
}
