// SPDX-License-Identifier: EUPL-1.2
//! The coordination's view: who is a member, who is reachable and how, and the counts that every member
//! replicates. No person appears in any of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use crdt_calendar::act::Fate;
use crdt_calendar::fold::{Appointment, State as What, Why};
use crdt_calendar::limits::WEEKS_PAST;
use crdt_calendar::roster::{Line, Member};
use crdt_calendar::time::IsoWeek;

use super::App;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{self, Answer, Door, Page, show};
use crate::reach::Reach;
use crate::replica::Snapshot;

struct MemberRow {
    id: String,
    name: String,
    role: String,
    insee: String,
    reach: &'static str,
    reach_word: String,
    begun: bool,
}

/// Appointments of one agency by what became of them.
#[derive(Default)]
struct Counts {
    agency: String,
    asked: usize,
    confirmed: usize,
    kept: usize,
    missed: usize,
    cancelled: usize,
    refused: usize,
}

#[derive(Template)]
#[template(path = "coordination.html", blocks = ["live"])]
struct CoordinationPage {
    page: Page,
    members_title: String,
    members: Vec<MemberRow>,
    counts: Vec<Counts>,
    src: &'static str,
}

/// The members and the counts.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    let t = visit.t;
    let snapshot = app.replica.snapshot();
    let reaches = app.reaches.borrow().clone();
    let member = |(_, member): (&crdt_calendar::ids::MemberId, &Member)| {
        let own = snapshot.member.as_ref() == Some(&member.enrolment.member);
        let key = snapshot.roster.key(&member.enrolment.member);
        let reach = key.and_then(|key| reaches.get(&key)).copied().unwrap_or(Reach::Unheard);
        member_row(t, member, own, reach)
    };
    let members: Vec<MemberRow> = snapshot.roster.members().map(member).collect();
    let mut page = app.page(&visit, Door::Coordination, Key("title-coordination"));
    page.title = t.text("title-coordination", "territory", &snapshot.territory_name);
    let view = CoordinationPage {
        members_title: t.count("coordination-members-count", "count", members.len()),
        counts: counts(&snapshot, app.clock.minute().week()),
        src: "/coordination",
        members,
        page,
    };
    Ok(if visit.fragment { show(StatusCode::OK, &view.as_live()) } else { show(StatusCode::OK, &view) })
}

fn member_row(t: &Texts, member: &Member, own: bool, reach: Reach) -> MemberRow {
    let (code, word) = match reach {
        _ if own => ("self", Key("reach-self")),
        Reach::Lan => ("lan", Key("reach-lan")),
        Reach::Direct => ("direct", Key("reach-direct")),
        Reach::Relayed => ("relayed", Key("reach-relayed")),
        Reach::Unheard => ("unheard", Key("reach-unheard")),
    };
    let enrolment = &member.enrolment;
    MemberRow {
        id: enrolment.member.to_string(),
        name: enrolment.name.clone(),
        role: t.of(page::role_word(enrolment.role)),
        insee: enrolment.place.as_ref().map(|place| place.insee.clone()).unwrap_or_default(),
        reach: code,
        reach_word: t.of(word),
        begun: member.line != Line::NotBegun,
    }
}

/// Of the weeks that every member holds.
fn counts(snapshot: &Snapshot, now: IsoWeek) -> Vec<Counts> {
    let mut by_agency: BTreeMap<String, Counts> = snapshot
        .agencies()
        .map(|(id, member)| (id.to_string(), Counts { agency: member.enrolment.name.clone(), ..Counts::default() }))
        .collect();
    let first = IsoWeek(now.0.saturating_sub(WEEKS_PAST));
    for appointment in snapshot.weeks.range(first..).flat_map(|(_, week)| week.appointments()) {
        let home = appointment.home.as_ref().map(ToString::to_string);
        if let Some(counts) = home.and_then(|home| by_agency.get_mut(&home)) {
            count(counts, appointment);
        }
    }
    by_agency.into_values().collect()
}

fn count(counts: &mut Counts, appointment: &Appointment) {
    let cell = match (&appointment.state, appointment.outcome.map(|outcome| outcome.fate)) {
        (What::Confirmed | What::Called, Some(Fate::Kept)) => &mut counts.kept,
        (What::Confirmed | What::Called, Some(Fate::NoShow | Fate::Interrupted)) => &mut counts.missed,
        (What::Confirmed | What::Called, None) => &mut counts.confirmed,
        (What::Asked | What::Queued { .. } | What::Waiting | What::Suspended, _) => &mut counts.asked,
        (What::CancelledByPoint(_) | What::CancelledByAgency(_) | What::Void(Why::Taken), _) => &mut counts.cancelled,
        (What::Refused { .. }, _) => &mut counts.refused,
        (What::Void(_), _) => return,
    };
    *cell += 1;
}
