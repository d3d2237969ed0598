// SPDX-License-Identifier: EUPL-1.2
//! What the coordination does with members: enrols one, puts a new box in the place of an old one, revokes a key; and
//! what each of these comes to, told before it is done.
//!
//! Refuses to decide by itself: the request carries no signature, a person has read it.

use crdt_calendar::act::{Enrolment, Role};
use crdt_calendar::fold::{Appointment, SlotState, Week};
use crdt_calendar::ids::{MemberId, PublicKey};
use crdt_calendar::time::UtcMinute;

use crate::papers::{Papers, PapersFile, RequestFile};
use crate::replica::{Refusal, Replica, Snapshot};

/// Members of whom the papers say where they listen, so that a new box finds somebody.
const NEIGHBOURS_MAX: usize = 4;

/// Why it is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MembershipError {
    /// Only the coordination's box writes the roster.
    #[error("not the coordination")]
    NotCoordination,
    /// The root key has named another coordination since.
    #[error("another coordination follows")]
    Succeeded,
    /// It is no request.
    #[error("not a request")]
    BadRequest,
    /// The name or the key is in the roster.
    #[error("the name or the key is taken")]
    Clash,
    /// The key was revoked or replaced, for good.
    #[error("the key is retired")]
    Retired,
    /// There is no such member with another box.
    #[error("nothing to replace")]
    NothingToReplace,
    /// A coordination is named by the root key.
    #[error("a coordination is not enrolled")]
    Coordination,
    /// This box has no roster to give.
    #[error("no papers")]
    NoPapers,
    /// No such member.
    #[error("unknown member")]
    Unknown,
    /// No box speaks for this member.
    #[error("revoked already")]
    Revoked,
    /// The member has another box than the one that was read of.
    #[error("another box meanwhile")]
    Changed,
    /// The coordination itself.
    #[error("the coordination itself")]
    Own,
    /// The calendar refuses.
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

/// What a member's box stands for now: what ends with it, or waits for the next one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stake {
    /// Confirmed appointments to come in which this member is the point.
    pub people_at_point: usize,
    /// Confirmed appointments to come at this agency.
    pub people_at_agency: usize,
    /// Requests of this member, or to it, that nobody has answered.
    pub unanswered: usize,
    /// Times to come that agencies keep for this member alone, and that nobody has booked.
    pub reserved: usize,
}

/// Enrols a member, or puts a new box in the place of its old one; answers with the papers that it begins with. The same
/// request again gives the same.
///
/// # Errors
/// [`MembershipError`]; the roster is unchanged then.
pub async fn enrol(replica: &Replica, request: &RequestFile, replaces: bool) -> Result<PapersFile, MembershipError> {
    let snapshot = replica.snapshot();
    let enrolment = judged(&snapshot, request, replaces)?;
    if snapshot.roster.key(&enrolment.member) != Some(enrolment.key) {
        if replaces {
            replica.replace(enrolment.member, enrolment.key).await?;
        } else {
            replica.enrol(enrolment).await?;
        }
    }
    territory(replica, first_neighbours(&snapshot)).await
}

/// What a request asks for, if it may be granted.
///
/// # Errors
/// [`MembershipError`].
pub fn judged(snapshot: &Snapshot, request: &RequestFile, replaces: bool) -> Result<Enrolment, MembershipError> {
    let enrolment = request.enrolment().map_err(|_| MembershipError::BadRequest)?;
    writes_the_roster(snapshot)?;
    if enrolment.role == Role::Coordination {
        return Err(MembershipError::Coordination);
    }
    if snapshot.roster.is_retired(&enrolment.key) {
        return Err(MembershipError::Retired);
    }
    let known = snapshot.roster.member(&enrolment.member);
    let is_new_key = snapshot.roster.member_of(&enrolment.key).is_none();
    let is_done = snapshot.roster.key(&enrolment.member) == Some(enrolment.key);
    match (replaces, known) {
        (false, Some(member)) if is_done && member.enrolment == enrolment => Ok(enrolment),
        (false, None) if is_new_key => Ok(enrolment),
        (false, _) => Err(MembershipError::Clash),
        (true, Some(_)) if is_done => Ok(enrolment),
        (true, Some(member)) if is_new_key && member.enrolment.role == enrolment.role => Ok(enrolment),
        (true, _) => Err(MembershipError::NothingToReplace),
    }
}

/// What this box knows of its territory, for whoever joins or keeps the root key.
///
/// # Errors
/// [`MembershipError::NoPapers`], [`MembershipError::Refusal`].
pub async fn papers(replica: &Replica) -> Result<PapersFile, MembershipError> {
    let snapshot = replica.snapshot();
    let own = snapshot.member.as_ref().and_then(|id| neighbour(&snapshot, id));
    let others = first_neighbours(&snapshot).into_iter().filter(|(key, _)| *key != snapshot.writer.key);
    territory(replica, own.into_iter().chain(others).collect()).await
}

/// Revokes the key of a member's box, for good; answers with the key. Where a person has read of a certain key, no other
/// one is revoked: the member may have a new box meanwhile.
///
/// # Errors
/// [`MembershipError`]; the roster is unchanged then.
pub async fn revoke(
    replica: &Replica,
    member: &MemberId,
    read: Option<PublicKey>,
) -> Result<PublicKey, MembershipError> {
    let key = revocable(&replica.snapshot(), member)?;
    if read.is_some_and(|read| read != key) {
        return Err(MembershipError::Changed);
    }
    replica.revoke(key).await?;
    Ok(key)
}

/// The key that a revocation would end.
///
/// # Errors
/// [`MembershipError`].
pub fn revocable(snapshot: &Snapshot, member: &MemberId) -> Result<PublicKey, MembershipError> {
    writes_the_roster(snapshot)?;
    if snapshot.roster.member(member).is_none() {
        return Err(MembershipError::Unknown);
    }
    if snapshot.member.as_ref() == Some(member) {
        return Err(MembershipError::Own);
    }
    snapshot.roster.key(member).ok_or(MembershipError::Revoked)
}

/// What a member's box stands for, as far as it is heard here. Cost: linear in the weeks held.
#[must_use]
pub fn stake(snapshot: &Snapshot, member: &MemberId, now: UtcMinute) -> Stake {
    let mut stake = Stake::default();
    let weeks = || snapshot.weeks.range(now.week()..).map(|(_, week)| week);
    let is_coming = |it: &&Appointment| it.minutes.from > now && !it.ended;
    for it in weeks().flat_map(|week| week.appointments()).filter(is_coming) {
        let (at_point, at_agency) = (it.point == *member, it.home.as_ref() == Some(member));
        match (at_point || at_agency, it.is_confirmed()) {
            (false, _) => {}
            (true, false) => stake.unanswered += usize::from(it.is_coming(now)),
            (true, true) if at_point => stake.people_at_point += 1,
            (true, true) => stake.people_at_agency += 1,
        }
    }
    let held = snapshot.roster.current(member).map(SlotState::Held);
    let is_held = |week: &Week| {
        let to_come = week.slots().filter(|(_, slot)| slot.minutes.from > now);
        to_come.filter(|(id, _)| held.is_some() && week.state(id) == held).count()
    };
    stake.reserved = weeks().map(|week| is_held(week)).sum();
    stake
}

/// Whether this box is the one that writes the roster.
fn writes_the_roster(snapshot: &Snapshot) -> Result<(), MembershipError> {
    match snapshot.role() {
        Some(Role::Coordination) if snapshot.coordination == Some(snapshot.writer) => Ok(()),
        Some(Role::Coordination) => Err(MembershipError::Succeeded),
        _ => Err(MembershipError::NotCoordination),
    }
}

async fn territory(
    replica: &Replica,
    neighbours: Vec<(PublicKey, Vec<String>)>,
) -> Result<PapersFile, MembershipError> {
    let papers = Papers::of(replica.territory().await?, neighbours).ok_or(MembershipError::NoPapers)?;
    Ok(PapersFile::new(&papers))
}

/// Where a new member begins: this coordination, and agencies that say where they are.
fn first_neighbours(snapshot: &Snapshot) -> Vec<(PublicKey, Vec<String>)> {
    let known = snapshot.roster.members().filter(|(_, member)| member.enrolment.role != Role::Point);
    known.filter_map(|(id, _)| neighbour(snapshot, id)).take(NEIGHBOURS_MAX).collect()
}

fn neighbour(snapshot: &Snapshot, id: &MemberId) -> Option<(PublicKey, Vec<String>)> {
    let profile = snapshot.profile(id).filter(|profile| !profile.mesh.is_empty())?;
    Some((snapshot.roster.key(id)?, profile.mesh.clone()))
}
