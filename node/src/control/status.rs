// SPDX-License-Identifier: EUPL-1.2
//! The node in a few words: what `hameau status` and `hameau members` are answered with.

use crdt_calendar::act::Role;
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::{MemberId, PublicKey};
use crdt_calendar::replicator::CutReason;
use crdt_calendar::roster::Member;
use crdt_calendar::time::IsoWeek;

use super::Desk;
use super::answer::local;
use super::certificate::OfficeView;
use super::view::{KnockView, MemberView, StatusView, UnsettledView};
use crate::link::RelayStanding;
use crate::reach::Reach;
use crate::replica::{Snapshot, Unsettled, Why};
use crate::run::{Barred, Knock};

pub(super) fn status(desk: &Desk) -> StatusView {
    let snapshot = desk.replica.snapshot();
    let reach = desk.network.reach();
    let now = desk.clock.minute();
    let is_only_here = |it: &Appointment| it.minutes.end() > now && !it.ended && snapshot.kept_by(it) == Some(0);
    let day = |week: IsoWeek| desk.clock.local(week.start()).date().to_string();
    let before = |week: IsoWeek| (week > IsoWeek::default()).then(|| day(week));
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
        relay: desk.network.relay_standing().map(|it| standing_name(it).to_owned()),
        reached: reach.values().filter(|it| **it != Reach::Unheard).count(),
        members: snapshot.roster.members().count(),
        appointments: snapshot.count(|it| !it.is_off()),
        retired: snapshot.is_retired(),
        call_backs: snapshot.call_backs(now).len(),
        names_erased_before: before(snapshot.floors.sealed.week),
        all_erased_before: before(snapshot.floors.rows.week),
        disk_refuses: snapshot.disk_refuses,
        disk_is_full: snapshot.disk_is_full,
        disk_is_slow: snapshot.disk_is_slow,
        damaged: snapshot.damage.is_own(),
        set_aside: snapshot.damage.aside.clone(),
        awaited: snapshot.damage.awaited,
        only_here: snapshot.count(is_only_here),
        list: members(desk),
        office: desk.certificates.as_ref().map(OfficeView::of),
        restored: snapshot.anew.and_then(|it| restored_name(it.why)).map(str::to_owned),
        copied: snapshot.anew.filter(|it| it.why == Why::Copied).map(|it| local(desk, it.at)),
        frozen: snapshot.is_frozen(),
        unsettled: snapshot.unsettled(now).into_iter().map(unsettled_view).collect(),
        to_take_up: snapshot.weeks_to_take_up(now),
        suspended: snapshot.suspended(now).len(),
        knocks: knocks(desk, &snapshot),
    }
}

pub(super) fn members(desk: &Desk) -> Vec<MemberView> {
    let snapshot = desk.replica.snapshot();
    let (reach, heard_at) = (desk.network.reach(), desk.network.heard_at());
    let view = |(id, member): (&MemberId, &Member)| {
        let key = snapshot.roster.key(id);
        let way = key.map(|key| reach.get(&key).copied().unwrap_or(Reach::Unheard));
        let heard = match way {
            Some(Reach::Unheard) => key.and_then(|key| heard_at.get(&key)).copied(),
            Some(_) => Some(desk.clock.minute()),
            None => None,
        };
        MemberView {
            member: id.to_string(),
            name: member.enrolment.name.clone(),
            role: role_name(member.enrolment.role).to_owned(),
            reach: if key == Some(snapshot.writer.key) { "self" } else { reach_name(way) }.to_owned(),
            heard: heard.filter(|_| key != Some(snapshot.writer.key)).map(|minute| local(desk, minute)),
            key: key.map(|key| key.to_string()),
            addresses: snapshot.profile(id).map(|profile| profile.mesh.clone()).unwrap_or_default(),
            version: snapshot.profile(id).and_then(|profile| profile.program.clone()),
            insee: member.enrolment.place.as_ref().map(|place| place.insee.clone()),
        }
    };
    snapshot.roster.members().map(view).collect()
}

fn knocks(desk: &Desk, snapshot: &Snapshot) -> Vec<KnockView> {
    let found = desk.network.knocks(&snapshot.roster.keys(), desk.clock.minute());
    let view = |(key, it): (PublicKey, Knock)| KnockView {
        key: key.to_string(),
        member: snapshot.roster.member_of(&key).map(ToString::to_string),
        address: it.from,
        since: local(desk, it.since),
        last: local(desk, it.last),
        why: barred_name(it.why).to_owned(),
    };
    found.into_iter().map(view).collect()
}

fn barred_name(why: Barred) -> &'static str {
    match why {
        Barred::Stranger => "stranger",
        Barred::Cut(CutReason::Territory) => "territory",
        Barred::Cut(CutReason::Version(_)) => "version",
        Barred::Cut(CutReason::Faults) => "faults",
    }
}

fn unsettled_view(it: Unsettled) -> UnsettledView {
    UnsettledView { agency: it.home.to_string(), member: it.holder.to_string(), slots: it.slots }
}

fn restored_name(why: Why) -> Option<&'static str> {
    match why {
        Why::Waits => Some("waits"),
        Why::Restored => Some("lives"),
        Why::Copied => None,
    }
}

fn standing_name(standing: RelayStanding) -> &'static str {
    match standing {
        RelayStanding::Connected => "connected",
        RelayStanding::Refused => "refused",
        RelayStanding::Silent => "silent",
    }
}

/// `None`: no box speaks for the member.
fn reach_name(way: Option<Reach>) -> &'static str {
    match way {
        Some(Reach::Lan) => "lan",
        Some(Reach::Direct) => "direct",
        Some(Reach::Relayed) => "relayed",
        Some(Reach::Through) => "through",
        Some(Reach::Unheard) => "unheard",
        None => "revoked",
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Point => "point",
        Role::Agency => "agency",
        Role::Coordination => "coordination",
    }
}
