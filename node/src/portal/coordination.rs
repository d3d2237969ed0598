// SPDX-License-Identifier: EUPL-1.2
//! The coordination's view: who is a member, who is reachable and how, and who was heard when. No person appears in any
//! of it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use crdt_calendar::ids::MemberId;
use crdt_calendar::roster::{Line, Member};

use super::App;
use super::format;
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
    heard: Heard,
    version: String,
    begun: bool,
}

/// How a member's box is reached, or since when it is not.
pub(super) struct Heard {
    pub code: &'static str,
    pub word: String,
    /// When it was last heard, if it is not now.
    pub since: Option<String>,
}

#[derive(Template)]
#[template(path = "coordination.html", blocks = ["live"])]
struct CoordinationPage {
    page: Page,
    members_title: String,
    members: Vec<MemberRow>,
    /// This box writes the roster.
    writes: bool,
    src: &'static str,
}

/// The members.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    let t = visit.t;
    let snapshot = app.replica.snapshot();
    let members = snapshot.roster.members();
    let members: Vec<MemberRow> = members.map(|(id, member)| member_row(&app, t, &snapshot, id, member)).collect();
    let mut page = app.page(&visit, Door::Coordination, Key("title-coordination"));
    page.title = t.text("title-coordination", "territory", &snapshot.territory_name);
    let view = CoordinationPage {
        members_title: t.count("coordination-members-count", "count", members.len()),
        writes: snapshot.coordination == Some(snapshot.writer),
        src: "/coordination",
        members,
        page,
    };
    Ok(if visit.fragment { show(StatusCode::OK, &view.as_live()) } else { show(StatusCode::OK, &view) })
}

fn member_row(app: &App, t: &Texts, snapshot: &Snapshot, id: &MemberId, member: &Member) -> MemberRow {
    let enrolment = &member.enrolment;
    MemberRow {
        id: id.to_string(),
        name: enrolment.name.clone(),
        role: t.of(page::role_word(enrolment.role)),
        insee: enrolment.place.as_ref().map(|place| place.insee.clone()).unwrap_or_default(),
        heard: heard(app, t, snapshot, id),
        version: snapshot.profile(id).and_then(|it| it.program.clone()).unwrap_or_default(),
        begun: member.line != Line::NotBegun,
    }
}

/// How a member is heard at this box, which talks with some neighbours only: others may hear it.
pub(super) fn heard(app: &App, t: &Texts, snapshot: &Snapshot, id: &MemberId) -> Heard {
    let key = snapshot.roster.key(id);
    let reach = key.and_then(|key| app.reaches.borrow().get(&key).copied());
    let (code, word) = match reach.unwrap_or(Reach::Unheard) {
        _ if snapshot.member.as_ref() == Some(id) => ("self", Key("reach-self")),
        _ if key.is_none() => ("revoked", Key("reach-revoked")),
        Reach::Lan => ("lan", Key("reach-lan")),
        Reach::Direct => ("direct", Key("reach-direct")),
        Reach::Relayed => ("relayed", Key("reach-relayed")),
        Reach::Through => ("through", Key("reach-through")),
        Reach::Unheard => ("unheard", Key("reach-unheard")),
    };
    let at = key.filter(|_| code == "unheard").and_then(|key| app.heard_at.borrow().get(&key).copied());
    let since = at.map(|at| t.text("reach-since", "when", &format::when_full(t, &app.clock, at)));
    Heard { code, word: t.of(word), since }
}
