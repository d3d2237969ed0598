// SPDX-License-Identifier: EUPL-1.2
//! What a member's file says that does nothing: told when the node starts, which it does all the same.

use crdt_calendar::act::Role;
use crdt_calendar::ids::MemberId;
use hameau_node::config::MemberFile;
use hameau_node::lang::either;
use hameau_node::replica::Snapshot;

/// Sentences for the operator, none where all is in order.
pub(crate) fn of(file: &MemberFile, snapshot: &Snapshot) -> Vec<String> {
    let role = snapshot.role();
    let mut hints: Vec<String> = Vec::new();
    if role == Some(Role::Agency) {
        hints.extend(offers_nothing(file).map(str::to_owned));
        hints.extend(unknown_points(file, snapshot));
    }
    hints.extend(role.and_then(|role| of_another_role(file, role)));
    hints
}

/// Why an agency with this file offers no time at all, and what to write.
fn offers_nothing(file: &MemberFile) -> Option<&'static str> {
    if file.desk.iter().all(|desk| desk.openings.is_empty() && desk.walk_in.is_empty()) {
        Some(either(
            "aucun guichet n'a d'heures dans member.toml : cet organisme n'offre aucune heure. Écrivez un [[desk]] avec \
             ses openings, puis relancez la boîte",
            "no desk has hours in member.toml: this agency offers no time. Write a [[desk]] with its openings, \
             then start the node again",
        ))
    } else if file.service.is_empty() {
        Some(either(
            "aucun motif dans member.toml : cet organisme n'offre aucune heure. Écrivez un [[service]], puis relancez la \
             boîte",
            "no service in member.toml: this agency offers no time. Write a [[service]], then start the node again",
        ))
    } else {
        None
    }
}

/// Points that the file names and the territory does not know: nothing is kept for them, nor limited.
fn unknown_points(file: &MemberFile, snapshot: &Snapshot) -> Option<String> {
    let reserved = file.reserved.iter().map(|it| &it.point);
    let named = reserved.chain(file.quota.iter().filter_map(|it| it.point.as_ref()));
    let is_known = |name: &&String| MemberId::new(name).is_ok_and(|id| snapshot.roster.member(&id).is_some());
    let unknown = listed(named.filter(|name| !is_known(name)).map(String::as_str))?;
    Some(either(
        format!("member.toml nomme des points inconnus du territoire : {unknown}. Voyez « hameau members »"),
        format!("member.toml names points that the territory does not know: {unknown}. See “hameau members”"),
    ))
}

/// What is for members of another kind.
fn of_another_role(file: &MemberFile, role: Role) -> Option<String> {
    let agencys = [
        ("[[desk]]", !file.desk.is_empty()),
        ("[[service]]", !file.service.is_empty()),
        ("[[reserved]]", !file.reserved.is_empty()),
        ("[[quota]]", !file.quota.is_empty()),
        ("[[absence]]", !file.absence.is_empty()),
        ("[[counterpart]]", !file.counterpart.is_empty()),
        ("open_on_holidays", file.open_on_holidays),
        ("weeks_ahead", file.weeks_ahead.is_some()),
    ];
    let points = [
        ("[[booth]]", !file.booth.is_empty()),
        ("release_before_hours", file.release_before_hours.is_some()),
        ("cancel_before_hours", file.cancel_before_hours.is_some()),
        ("telephone", file.telephone.is_some()),
    ];
    let of_agencies = agencys.iter().filter(|_| role != Role::Agency);
    let written = of_agencies.chain(points.iter().filter(|_| role != Role::Point));
    let in_vain = listed(written.filter(|(_, is_written)| *is_written).map(|(name, _)| *name))?;
    Some(either(
        format!("member.toml dit ce qui ne vaut pas pour ce membre, et reste sans effet : {in_vain}"),
        format!("member.toml says what is not for this kind of member, and does nothing: {in_vain}"),
    ))
}

/// Each once, in their order; `None` where there is none.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut all: Vec<&str> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    (!all.is_empty()).then(|| all.join(", "))
}
