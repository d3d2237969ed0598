// SPDX-License-Identifier: EUPL-1.2
//! What the terminal asks about members and their boxes: enrolling, replacing, revoking, settling.

use crdt_calendar::act::Role;
use crdt_calendar::ids::{MemberId, PublicKey};
use serde_json::Value;

use super::answer::{Said, Words, json};
use super::view::SettledView;
use crate::papers::{Papers, PapersFile, RequestFile};
use crate::replica::{Replica, Snapshot};

const NOT_COORDINATION: Words = (
    "seule la coordination enrôle, remplace et révoque : lancez cette commande sur sa boîte",
    "only the coordination enrols, replaces and revokes: run this command on its node",
);
const BAD_REQUEST: Words = (
    "cette demande ne se lit pas : redemandez « request.json » au membre",
    "this request cannot be read: ask the member for its “request.json” again",
);
const CLASH: Words = (
    "ce nom ou cette boîte est déjà dans le registre : choisissez un autre nom, ou --replaces pour une boîte neuve",
    "this name or this node is already in the roster: choose another name, or --replaces for a new node",
);
const RETIRED: Words = (
    "cette boîte a été révoquée ou remplacée, sa clé ne servira plus : préparez-en une autre par « hameau init » dans un \
     dossier neuf, puis enrôlez sa demande avec --replaces",
    "this node was revoked or replaced, its key will not serve again: prepare another with “hameau init” in a new folder, \
     then enrol its request with --replaces",
);
const NOTHING_TO_REPLACE: Words = (
    "ce membre n'est pas dans le registre, ou cette boîte y est déjà : enrôlez sans --replaces",
    "this member is not in the roster, or this node is in it already: enrol without --replaces",
);
const COORDINATION: Words = (
    "une coordination ne s'enrôle pas : la clé racine la nomme, par « hameau succeed » sur sa boîte",
    "a coordination is not enrolled: the root key names it, with “hameau succeed” on its node",
);
const SUCCEEDED: Words = (
    "la clé racine a nommé une autre coordination, ou cette boîte a commencé une nouvelle vie : elle n'écrit plus le \
     registre. « hameau succeed », avec la clé racine, la nomme de nouveau",
    "the root key has named another coordination, or this node has begun a new life: it writes the roster no more. \
     “hameau succeed”, with the root key, names it again",
);
const NO_PAPERS: Words = (
    "cette boîte n'a pas encore de registre à donner : demandez à un autre membre",
    "this node has no roster to give yet: ask another member",
);
const UNKNOWN: Words =
    ("ce membre est inconnu : voyez « hameau members »", "this member is unknown: see “hameau members”");
const REVOKED: Words = ("la boîte de ce membre est déjà révoquée", "this member's node is revoked already");
const SELF: Words = (
    "la coordination ne se révoque pas elle-même : la clé racine en nomme une autre",
    "the coordination does not revoke itself: the root key names another",
);
const NOT_AGENCY: Words = (
    "seul un organisme a des créneaux à régler : lancez cette commande sur sa boîte",
    "only an agency has slots to settle: run this command on its node",
);
const IN_SERVICE: Words = (
    "la boîte de ce membre est en service : s'il ne répond plus, il a pu promettre ces heures à des gens sans que \
     personne ne l'entende. Appelez-le d'abord ; --force reprend ses créneaux quand même",
    "this member's node is in service: if it is silent, it may have promised these times to people while nobody \
     heard it. Call it first; --force takes its slots back all the same",
);

/// Enrols a member, or puts a new box in the place of its old one; answers with its papers.
pub(super) async fn enrol(replica: &Replica, request: &RequestFile, replaces: bool) -> Result<Value, Said> {
    let enrolment = request.enrolment().map_err(|_| BAD_REQUEST)?;
    let snapshot = coordination(replica)?;
    if enrolment.role == Role::Coordination {
        return Err(COORDINATION.into());
    }
    if snapshot.roster.is_retired(&enrolment.key) {
        return Err(RETIRED.into());
    }
    let known = snapshot.roster.member(&enrolment.member);
    let is_new_key = snapshot.roster.member_of(&enrolment.key).is_none();
    // Asked again, the same request gives the same papers.
    let is_done = snapshot.roster.key(&enrolment.member) == Some(enrolment.key);
    match (replaces, known) {
        (false, Some(member)) if is_done && member.enrolment == enrolment => {}
        (false, None) if is_new_key => replica.enrol(enrolment).await?,
        (false, _) => return Err(CLASH.into()),
        (true, Some(_)) if is_done => {}
        (true, Some(member)) if is_new_key && member.enrolment.role == enrolment.role => {
            replica.replace(enrolment.member, enrolment.key).await?;
        }
        (true, _) => return Err(NOTHING_TO_REPLACE.into()),
    }
    territory(replica, first_neighbours(&snapshot)).await
}

/// What this node knows of its territory, for whoever keeps the root key.
pub(super) async fn papers(replica: &Replica) -> Result<Value, Said> {
    let snapshot = replica.snapshot();
    let own = snapshot.member.as_ref().and_then(|id| neighbour(&snapshot, id));
    let others = first_neighbours(&snapshot).into_iter().filter(|(key, _)| *key != snapshot.writer.key);
    territory(replica, own.into_iter().chain(others).collect()).await
}

async fn territory(replica: &Replica, neighbours: Vec<(PublicKey, Vec<String>)>) -> Result<Value, Said> {
    let papers = Papers::of(replica.territory().await?, neighbours).ok_or(NO_PAPERS)?;
    json(&PapersFile::new(&papers))
}

/// Revokes the key of a member's box.
pub(super) async fn revoke(replica: &Replica, member: &str) -> Result<Value, Said> {
    let snapshot = coordination(replica)?;
    let member = known(&snapshot, member)?;
    if snapshot.member.as_ref() == Some(&member) {
        return Err(SELF.into());
    }
    let key = snapshot.roster.key(&member).ok_or(REVOKED)?;
    replica.revoke(key).await?;
    Ok(serde_json::json!({ "member": member.as_str(), "revoked": key.to_string() }))
}

/// Ends what a lost, revoked or silent box holds of this agency's slots.
pub(super) async fn settle(replica: &Replica, member: &str, force: bool) -> Result<Value, Said> {
    let snapshot = replica.snapshot();
    if snapshot.role() != Some(Role::Agency) {
        return Err(NOT_AGENCY.into());
    }
    let member = known(&snapshot, member)?;
    let is_own = snapshot.member.as_ref() == Some(&member);
    if !is_own && !force && snapshot.roster.current(&member).is_some() && !snapshot.has_earlier_boxes(&member) {
        return Err(IN_SERVICE.into());
    }
    let done = replica.settle(member.clone(), force).await?;
    let (returned, kept, adopted) = (done.returned, done.kept, done.adopted);
    json(&SettledView { member: member.to_string(), returned, kept, adopted })
}

fn coordination(replica: &Replica) -> Result<std::sync::Arc<Snapshot>, Said> {
    let snapshot = replica.snapshot();
    match snapshot.role() {
        Some(Role::Coordination) if snapshot.coordination == Some(snapshot.writer) => Ok(snapshot),
        Some(Role::Coordination) => Err(SUCCEEDED.into()),
        _ => Err(NOT_COORDINATION.into()),
    }
}

fn known(snapshot: &Snapshot, member: &str) -> Result<MemberId, Said> {
    let id = MemberId::new(member).map_err(|_| UNKNOWN)?;
    if snapshot.roster.member(&id).is_some() { Ok(id) } else { Err(UNKNOWN.into()) }
}

/// Where a new member begins: this coordination, and agencies that say where they are.
fn first_neighbours(snapshot: &Snapshot) -> Vec<(PublicKey, Vec<String>)> {
    let known = snapshot.roster.members().filter(|(_, member)| member.enrolment.role != Role::Point);
    known.filter_map(|(id, _)| neighbour(snapshot, id)).take(4).collect()
}

fn neighbour(snapshot: &Snapshot, id: &MemberId) -> Option<(PublicKey, Vec<String>)> {
    let profile = snapshot.profile(id).filter(|profile| !profile.mesh.is_empty())?;
    Some((snapshot.roster.key(id)?, profile.mesh.clone()))
}
