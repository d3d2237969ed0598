// SPDX-License-Identifier: EUPL-1.2
//! What the coordination does with one member: reads its request and enrols it, puts a new box in its place, revokes its
//! box. Each page says what it comes to before it is done.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::act::Enrolment;
use crdt_calendar::ids::{MemberId, PublicKey};
use crdt_calendar::roster::Member;
use serde::Deserialize;

use super::App;
use super::coordination::{self, Heard};
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{self, Answer, Door, Page, download, go, oops, show};
use crate::membership::{self, MembershipError, Stake};
use crate::papers::RequestFile;
use crate::replica::Snapshot;

/// The file that a new box begins with.
const PAPERS: &str = "papers.json";

/// A request, as it was pasted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    demande: String,
    /// A person has read what it asks for.
    lu: String,
}

/// A person has read what a revocation comes to.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Revoked {
    lu: String,
    /// The key that it was read of.
    cle: String,
}

/// What has just been done.
#[derive(Deserialize)]
pub(super) struct Done {
    fait: Option<String>,
}

/// What a request asks for, to be compared with what the member said.
struct Read {
    name: String,
    id: String,
    role: String,
    insee: Option<String>,
    key: Vec<String>,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage {
    page: Page,
    action: String,
    /// The text of the request.
    request: String,
    /// What it says, once it may be granted.
    read: Option<Read>,
    /// Whose box is replaced, and what its old one stands for.
    replaced: Option<String>,
    stake: Vec<String>,
}

/// A box of a member, with its key as people compare it.
struct BoxRow {
    key: Vec<String>,
    word: String,
}

#[derive(Template)]
#[template(path = "member.html")]
struct MemberPage {
    page: Page,
    id: String,
    role: String,
    insee: Option<String>,
    heard: Heard,
    program: Option<String>,
    addresses: Vec<String>,
    boxes: Vec<BoxRow>,
    stake: Vec<String>,
    may_revoke: bool,
    may_replace: bool,
}

#[derive(Template)]
#[template(path = "revoke.html")]
struct RevokePage {
    page: Page,
    id: String,
    key: Vec<String>,
    whole_key: String,
    stake: Vec<String>,
}

/// A member's page.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Answer {
    let (snapshot, id) = known(&app, &visit, &id)?;
    let member = snapshot.roster.member(&id).ok_or_else(|| unknown(&app, &visit))?;
    let is_own = snapshot.member.as_ref() == Some(&id);
    let writes = membership::revocable(&snapshot, &id);
    let mut page = app.page(&visit, Door::Coordination, Key("title-member")).with_title(member.enrolment.name.clone());
    page.notice = (done.fait.as_deref() == Some("inscrit")).then(|| visit.t.say("notice-enrolled"));
    let view = MemberPage {
        page,
        role: visit.t.of(page::role_word(member.enrolment.role)),
        insee: member.enrolment.place.as_ref().map(|it| it.insee.clone()),
        heard: coordination::heard(&app, visit.t, &snapshot, &id),
        program: snapshot.profile(&id).and_then(|it| it.program.clone()),
        addresses: snapshot.profile(&id).map(|it| it.mesh.clone()).unwrap_or_default(),
        boxes: boxes(visit.t, &snapshot, member),
        stake: stake_words(visit.t, membership::stake(&snapshot, &id, app.clock.minute())),
        may_revoke: writes.is_ok(),
        may_replace: !is_own && matches!(writes, Ok(_) | Err(MembershipError::Revoked)),
        id: id.to_string(),
    };
    Ok(show(StatusCode::OK, &view))
}

/// Where a request is pasted.
pub(super) async fn enrol_page(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    Ok(show(StatusCode::OK, &enrolling(&app, &visit, None, String::new())))
}

/// The same for a member's next box.
pub(super) async fn replace_page(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Answer {
    let (_, id) = known(&app, &visit, &id)?;
    Ok(show(StatusCode::OK, &enrolling(&app, &visit, Some(&id), String::new())))
}

/// A request is read, then granted.
pub(super) async fn enrol(State(app): State<Arc<App>>, visit: Visit, Form(asked): Form<Asked>) -> Answer {
    granted(&app, &visit, None, asked).await
}

/// The request of a member's next box is read, then granted.
pub(super) async fn replace(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(asked): Form<Asked>,
) -> Answer {
    let (_, id) = known(&app, &visit, &id)?;
    granted(&app, &visit, Some(id), asked).await
}

/// The papers that a new box begins with.
pub(super) async fn papers(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    let papers = membership::papers(&app.replica).await.map_err(|error| no(&app, &visit, error))?;
    let text = serde_json::to_string_pretty(&papers).map_err(|error| {
        tracing::error!(%error, "papers could not be written");
        oops(&app, &visit, StatusCode::INTERNAL_SERVER_ERROR, visit.t.say("error-internal"))
    })?;
    Ok(download("application/json", PAPERS, text))
}

/// What a revocation comes to.
pub(super) async fn revoke_page(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Answer {
    let (snapshot, id) = known(&app, &visit, &id)?;
    let key = membership::revocable(&snapshot, &id).map_err(|error| no(&app, &visit, error))?;
    let title = visit.t.text("title-revoke", "member", &snapshot.name_of(&id));
    let view = RevokePage {
        page: app.page(&visit, Door::Coordination, Key("title-member")).with_title(title),
        key: groups(&key),
        whole_key: key.to_string(),
        stake: stake_words(visit.t, membership::stake(&snapshot, &id, app.clock.minute())),
        id: id.to_string(),
    };
    Ok(show(StatusCode::OK, &view))
}

/// Revokes a member's box, once a person has read what it comes to.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(revoked): Form<Revoked>,
) -> Answer {
    let (_, id) = known(&app, &visit, &id)?;
    let read = PublicKey::from_hex(&revoked.cle);
    if revoked.lu.is_empty() || read.is_none() {
        return Err(oops(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, visit.t.say("error-revoke-unread")));
    }
    membership::revoke(&app.replica, &id, read).await.map_err(|error| no(&app, &visit, error))?;
    Ok(go(&format!("/coordination/membres/{id}")))
}

async fn granted(app: &App, visit: &Visit, replaces: Option<MemberId>, asked: Asked) -> Answer {
    let mut view = enrolling(app, visit, replaces.as_ref(), asked.demande);
    let snapshot = app.replica.snapshot();
    let request = RequestFile::parse("request.json", &view.request).map_err(|_| MembershipError::BadRequest);
    let judged = request.and_then(|request| {
        let enrolment = membership::judged(&snapshot, &request, replaces.is_some())?;
        let is_its = replaces.as_ref().is_none_or(|id| *id == enrolment.member);
        if is_its { Ok((request, enrolment)) } else { Err(MembershipError::NothingToReplace) }
    });
    let (request, enrolment) = match judged {
        Ok(judged) => judged,
        Err(error) => {
            view.page.fault = Some(words(visit.t, error));
            return Ok(show(StatusCode::UNPROCESSABLE_ENTITY, &view));
        }
    };
    if asked.lu.is_empty() {
        view.read = Some(read(visit.t, &enrolment));
        return Ok(show(StatusCode::OK, &view));
    }
    let granted = membership::enrol(&app.replica, &request, replaces.is_some()).await;
    granted.map_err(|error| no(app, visit, error))?;
    Ok(go(&format!("/coordination/membres/{}?fait=inscrit", enrolment.member)))
}

fn enrolling(app: &App, visit: &Visit, replaces: Option<&MemberId>, request: String) -> EnrolPage {
    let t = visit.t;
    let snapshot = app.replica.snapshot();
    let page = app.page(visit, Door::Coordination, Key("title-enrol"));
    let replaced = replaces.map(|id| snapshot.name_of(id));
    let title = replaced.as_ref().map(|name| t.text("title-replace", "member", name));
    EnrolPage {
        page: match title {
            Some(title) => page.with_title(title),
            None => page,
        },
        action: match replaces {
            Some(id) => format!("/coordination/membres/{id}/remplacer"),
            None => "/coordination/inscrire".to_owned(),
        },
        request,
        read: None,
        replaced,
        stake: replaces
            .map_or_else(Vec::new, |id| stake_words(t, membership::stake(&snapshot, id, app.clock.minute()))),
    }
}

fn read(t: &Texts, enrolment: &Enrolment) -> Read {
    Read {
        name: enrolment.name.clone(),
        id: enrolment.member.to_string(),
        role: t.of(page::role_word(enrolment.role)),
        insee: enrolment.place.as_ref().map(|it| it.insee.clone()),
        key: groups(&enrolment.key),
    }
}

/// A member's boxes, the last first.
fn boxes(t: &Texts, snapshot: &Snapshot, member: &Member) -> Vec<BoxRow> {
    let current = snapshot.roster.key(&member.enrolment.member);
    let word = |key: &PublicKey, is_last: bool| match (Some(*key) == current, is_last) {
        (true, _) => Key("member-box-now"),
        (false, true) => Key("member-box-revoked"),
        (false, false) => Key("member-box-replaced"),
    };
    let keys = member.keys.iter().rev().enumerate();
    keys.map(|(at, key)| BoxRow { key: groups(key), word: t.of(word(key, at == 0)) }).collect()
}

/// What a box stands for, in sentences; what is nothing is not said.
fn stake_words(t: &Texts, stake: Stake) -> Vec<String> {
    let said = [
        (Key("stake-at-point"), stake.people_at_point),
        (Key("stake-at-agency"), stake.people_at_agency),
        (Key("stake-unanswered"), stake.unanswered),
        (Key("stake-reserved"), stake.reserved),
    ];
    said.into_iter().filter(|(_, count)| *count > 0).map(|(key, count)| t.count(key.0, "count", count)).collect()
}

/// A key as people read it aloud: groups of four.
fn groups(key: &PublicKey) -> Vec<String> {
    let text = key.to_string();
    text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect()
}

fn known(app: &App, visit: &Visit, id: &str) -> Result<(Arc<Snapshot>, MemberId), Response> {
    let snapshot = app.replica.snapshot();
    let id = MemberId::new(id).ok().filter(|id| snapshot.roster.member(id).is_some());
    id.map(|id| (snapshot, id)).ok_or_else(|| unknown(app, visit))
}

fn unknown(app: &App, visit: &Visit) -> Response {
    no(app, visit, MembershipError::Unknown)
}

fn no(app: &App, visit: &Visit, error: MembershipError) -> Response {
    let status = match error {
        MembershipError::Unknown => StatusCode::NOT_FOUND,
        MembershipError::Refusal(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    oops(app, visit, status, words(visit.t, error))
}

fn words(t: &Texts, error: MembershipError) -> String {
    t.of(match error {
        MembershipError::NotCoordination => Key("error-not-coordination"),
        MembershipError::Succeeded => Key("error-succeeded"),
        MembershipError::BadRequest => Key("error-request-unreadable"),
        MembershipError::Clash => Key("error-enrol-clash"),
        MembershipError::Retired => Key("error-enrol-retired"),
        MembershipError::NothingToReplace => Key("error-nothing-to-replace"),
        MembershipError::Coordination => Key("error-enrol-coordination"),
        MembershipError::NoPapers => Key("error-no-papers"),
        MembershipError::Unknown => Key("error-member-unknown"),
        MembershipError::Revoked => Key("error-member-revoked"),
        MembershipError::Changed => Key("error-member-changed"),
        MembershipError::Own => Key("error-member-own"),
        MembershipError::Refusal(_) => Key("error-store"),
    })
}
