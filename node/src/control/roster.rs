// SPDX-License-Identifier: EUPL-1.2
//! What the terminal asks about members and their boxes: enrolling, replacing, revoking, settling.

use crdt_calendar::act::Role;
use crdt_calendar::ids::MemberId;
use serde_json::Value;

use super::answer::{Said, Words, json};
use super::view::SettledView;
use crate::membership::{self, MembershipError};
use crate::papers::RequestFile;
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
    json(&membership::enrol(replica, request, replaces).await?)
}

/// What this node knows of its territory, for whoever keeps the root key.
pub(super) async fn papers(replica: &Replica) -> Result<Value, Said> {
    json(&membership::papers(replica).await?)
}

/// Revokes the key of a member's box.
pub(super) async fn revoke(replica: &Replica, member: &str) -> Result<Value, Said> {
    let member = MemberId::new(member).map_err(|_| UNKNOWN)?;
    let key = membership::revoke(replica, &member, None).await?;
    Ok(serde_json::json!({ "member": member.as_str(), "revoked": key.to_string() }))
}

impl From<MembershipError> for Said {
    fn from(error: MembershipError) -> Self {
        Self::Words(match error {
            MembershipError::NotCoordination => NOT_COORDINATION,
            MembershipError::Succeeded => SUCCEEDED,
            MembershipError::BadRequest => BAD_REQUEST,
            MembershipError::Clash => CLASH,
            MembershipError::Retired => RETIRED,
            MembershipError::NothingToReplace => NOTHING_TO_REPLACE,
            MembershipError::Coordination => COORDINATION,
            MembershipError::NoPapers => NO_PAPERS,
            MembershipError::Unknown => UNKNOWN,
            MembershipError::Revoked | MembershipError::Changed => REVOKED,
            MembershipError::Own => SELF,
            MembershipError::Refusal(refusal) => return Self::Refusal(refusal),
        })
    }
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

fn known(snapshot: &Snapshot, member: &str) -> Result<MemberId, Said> {
    let id = MemberId::new(member).map_err(|_| UNKNOWN)?;
    if snapshot.roster.member(&id).is_some() { Ok(id) } else { Err(UNKNOWN.into()) }
}
