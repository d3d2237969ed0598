// SPDX-License-Identifier: EUPL-1.2
//! What pages and terminals read: the calendar at one instant, shared and never changed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use crdt_calendar::act::{Quota, Role};
use crdt_calendar::counts::{count, remaining};
use crdt_calendar::fold::holdings::{Entry, Wants};
use crdt_calendar::fold::offers::Offer;
use crdt_calendar::fold::terms::{self, Days, Rulings};
use crdt_calendar::fold::{Appointment, Week};
use crdt_calendar::ids::{ActRef, MemberId, PublicKey, ServiceId, SlotId, TerritoryId, Writer};
use crdt_calendar::profile::Profile;
use crdt_calendar::retention::Floors;
use crdt_calendar::roster::{Line, Member, Roster, Standing};
use crdt_calendar::time::{IsoWeek, Span, UtcMinute};

use super::agenda::Names;
use super::anew::Anew;
use super::closed::ClosedDays;
use super::short::{ShortId, short_slot};
use crate::account::{Account, AccountName};
use crate::clock::Period;
use crate::store::{Counted, Intent, Seeker, Wish};

/// The calendar at one instant.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The territory's name.
    pub territory_name: String,
    /// The territory.
    pub territory: TerritoryId,
    /// This box.
    pub writer: Writer,
    /// Whose box it is, once enrolled.
    pub member: Option<MemberId>,
    /// The box that writes the roster; `None` while the root's statements contradict each other.
    pub coordination: Option<Writer>,
    /// The members.
    pub roster: Arc<Roster>,
    /// What each says of itself.
    pub profiles: Arc<BTreeMap<MemberId, Profile>>,
    /// The weeks held.
    pub weeks: BTreeMap<IsoWeek, Arc<Week>>,
    /// When days begin here.
    pub days: Arc<Days>,
    /// Days on which this agency's desks are closed.
    pub closed: Arc<ClosedDays>,
    /// How many acts of each of this box's weeks other boxes have said that they keep: "connu à l'organisme".
    pub kept_at: BTreeMap<IsoWeek, BTreeMap<PublicKey, u32>>,
    /// How far this box has erased.
    pub floors: Floors,
    /// What was counted of weeks before they went.
    pub counted: Arc<Counted>,
    /// The disk refuses: this is the last that it kept, and nothing more is done.
    pub disk_refuses: bool,
    /// It refuses for want of room, and the node goes on by itself when there is some; else until it is started anew.
    pub disk_is_full: bool,
    /// It keeps what it is given, and takes long for it: a disk that wears out does.
    pub disk_is_slow: bool,
    /// What was damaged on this box's disk.
    pub damage: Damage,
    /// Why this box lives anew, while nobody has seen yet what to do.
    pub anew: Option<Anew>,
    /// Who may open the staff doors of this box.
    pub accounts: Arc<BTreeMap<AccountName, Account>>,
    /// What this box is going to do with appointments of its own, or has.
    pub intents: Arc<BTreeMap<ActRef, Intent>>,
    /// Appointments on which this agency has a note.
    pub noted: Arc<BTreeSet<ActRef>>,
    /// Who waits at this point for an earlier time, or for a first one.
    pub wishes: Arc<BTreeMap<ActRef, Wish>>,
    /// For what, of those who have no appointment.
    pub seekers: Arc<BTreeMap<ActRef, Seeker>>,
    /// Appointments by their short names.
    pub names: Names,
    /// Desks of this agency that are closed to others in the minutes of an appointment, by their numbers: another desk than
    /// the booked one sees the person, or the agency cancelled and withdrew the hour.
    pub colleagues: Arc<BTreeMap<ActRef, u8>>,
}

/// What was damaged on a box's disk, until a person has seen to it, or peers have sent it again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damage {
    /// Names of damaged databases that were set aside, while they are still there.
    pub aside: Vec<String>,
    /// The box found its own registers or its life damaged, or gone, when it was last started, and began a new life.
    pub began_anew: bool,
    /// Registers of others that were damaged, and that no peer has sent again yet.
    pub awaited: usize,
}

impl Damage {
    /// Whether this box's own registers were damaged, and nobody has moved the damaged file away since.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.began_anew || !self.aside.is_empty()
    }
}

/// An offer and the short name of its first slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What a form sends back.
    pub slot: ShortId,
    /// The offer.
    pub offer: Offer,
}

/// How much of a quota is used in a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// The week.
    pub week: IsoWeek,
    /// Appointments that stand or are asked for.
    pub used: usize,
    /// How many the agency confirms.
    pub most: usize,
}

impl Snapshot {
    /// Where a member's node is dialled for calls, as it says.
    #[must_use]
    pub fn call_addresses(&self, id: &MemberId) -> Vec<SocketAddr> {
        let published = self.profile(id).map(|profile| profile.link.as_slice()).unwrap_or_default();
        published.iter().filter_map(|it| it.parse().ok()).collect()
    }

    /// What the evaluation counts, of weeks that are here and of those that went. `period` reads a minute where people
    /// live.
    #[must_use]
    pub fn counts(&self, period: impl Fn(UtcMinute) -> Period) -> Counted {
        let weeks = self.weeks.values().map(AsRef::as_ref);
        let mut all = count(remaining(weeks, self.floors, self.member.as_ref()), period);
        for (cell, counts) in self.counted.iter() {
            all.entry(cell.clone()).or_default().merge(counts);
        }
        all
    }

    /// Whether the names of a week went at their term.
    #[must_use]
    pub fn is_erased(&self, week: IsoWeek) -> bool {
        week < self.floors.sealed.week
    }

    /// This member's entry in the roster.
    #[must_use]
    pub fn own(&self) -> Option<&Member> {
        self.roster.member(self.member.as_ref()?)
    }

    /// Whether this box spoke for its member and does no more: another has replaced it, or it was revoked.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.roster.is_retired(&self.writer.key) || self.roster.standing(&self.writer) == Standing::Past
    }

    /// Whether two computers have begun anew under this box's key: nothing that either writes counts until the
    /// coordination names a new key.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        let is_key = !self.roster.is_retired(&self.writer.key);
        is_key && self.own().is_some_and(|member| matches!(member.line, Line::Frozen(_)))
    }

    /// What the member is whose box has this key.
    #[must_use]
    pub fn role_of(&self, key: &PublicKey) -> Option<Role> {
        let member = self.roster.member_of(key).and_then(|id| self.roster.member(id));
        member.map(|member| member.enrolment.role)
    }

    /// What this member is.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.own().map(|member| member.enrolment.role)
    }

    /// A member's name for people; its short name while it is not enrolled.
    #[must_use]
    pub fn name_of(&self, id: &MemberId) -> String {
        self.roster.member(id).map_or_else(|| id.to_string(), |member| member.enrolment.name.clone())
    }

    /// Agencies, by short name.
    pub fn agencies(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.roster.members().filter(|(_, member)| member.enrolment.role == Role::Agency)
    }

    /// A member's profile.
    #[must_use]
    pub fn profile(&self, id: &MemberId) -> Option<&Profile> {
        self.profiles.get(id)
    }

    /// What this member says of itself.
    #[must_use]
    pub fn own_profile(&self) -> Option<&Profile> {
        self.profile(self.member.as_ref()?)
    }

    /// The name of a service for people; its short name if the agency does not describe it.
    #[must_use]
    pub fn service_name(&self, home: &MemberId, service: &ServiceId) -> String {
        let described = self.profile(home).map(|profile| profile.description.services.iter());
        let found = described.and_then(|mut services| services.find(|it| it.id == *service));
        found.map_or_else(|| service.to_string(), |it| it.name.clone())
    }

    /// What this box could book of a service from `from` on, in order of time, at most `count`. At a point, only while
    /// one of its booths is free, and nothing that breaks the agency's terms: delays are counted from `from`.
    #[must_use]
    pub fn offers(&self, home: &MemberId, service: &ServiceId, from: UtcMinute, count: usize) -> Vec<Offered> {
        self.offers_at(home, service, from, from, count)
    }

    /// The same, delays counted from another minute: of a day to come, from now.
    #[must_use]
    pub fn offers_at(
        &self,
        home: &MemberId,
        service: &ServiceId,
        from: UtcMinute,
        now: UtcMinute,
        count: usize,
    ) -> Vec<Offered> {
        self.each_offer(home, service, from, now).take(count).collect()
    }

    /// The same one by one: a week is looked at when it is asked for.
    pub fn each_offer(
        &self,
        home: &MemberId,
        service: &ServiceId,
        from: UtcMinute,
        now: UtcMinute,
    ) -> impl Iterator<Item = Offered> {
        let weeks = self.weeks.range(from.week()..);
        let offers = weeks.flat_map(move |(_, week)| self.offers_of(week, home, service, from, now));
        offers.map(|offer| Offered { slot: short_slot(&first_slot(&offer)), offer })
    }

    fn offers_of(
        &self,
        week: &Week,
        home: &MemberId,
        service: &ServiceId,
        from: UtcMinute,
        now: UtcMinute,
    ) -> Vec<Offer> {
        let terms = self.profile(home).map(|profile| &profile.terms).filter(|terms| !terms.is_empty());
        let rulings = terms.map(|terms| Rulings::of(week, home, terms, &self.days));
        let is_barred = |offer: &Offer| {
            let (desk, minutes, way) = (&offer.desk, offer.minutes, offer.way);
            rulings.as_ref().zip(self.member.as_ref()).is_some_and(|(rulings, point)| {
                rulings.bar(&terms::Wanted { point, service, desk, minutes, way, ask: None }, now, 0).is_some()
            })
        };
        let may = |offer: &Offer| self.has_booth(week, offer.minutes) && !is_barred(offer);
        week.offers_among(self.writer, home, service, from, may)
    }

    /// Quotas of an agency that bind this point in a service: in which weeks that are shown how many of how many stand.
    #[must_use]
    pub fn quotas(&self, home: &MemberId, service: &ServiceId, weeks: core::ops::RangeInclusive<IsoWeek>) -> Vec<Used> {
        let Some((profile, point)) = self.profile(home).zip(self.member.as_ref()) else { return Vec::new() };
        let of = |quota: &Quota| self.used(home, quota, point, weeks.clone());
        profile.terms.quotas_of(point, service).flat_map(of).collect()
    }

    /// How much of a quota a point uses in each of these weeks.
    #[must_use]
    pub fn used(
        &self,
        home: &MemberId,
        quota: &Quota,
        point: &MemberId,
        weeks: core::ops::RangeInclusive<IsoWeek>,
    ) -> Vec<Used> {
        let one = |number| {
            let week = IsoWeek(number);
            let used = self.weeks.get(&week).map_or(0, |week| terms::used(week, home, quota, point));
            Used { week, used, most: usize::from(quota.per_week) }
        };
        (weeks.start().0..=weeks.end().0).map(one).collect()
    }

    /// Whether a booth is free at these minutes; a member without booths has nothing to look at.
    fn has_booth(&self, week: &Week, minutes: Span) -> bool {
        let Some((holding, profile)) = week.holding(self.writer).zip(self.own_profile()) else { return true };
        let mut booths = profile.description.booths.iter().map(|(booth, _)| *booth).peekable();
        booths.peek().is_none() || booths.any(|booth| holding.booth_is_free(booth, minutes, None))
    }

    /// The minutes of a slot, for instance of an alternative.
    #[must_use]
    pub fn slot_minutes(&self, id: &SlotId) -> Option<Span> {
        self.weeks.values().find_map(|week| week.slot(id)).map(|slot| slot.minutes)
    }

    /// The home of a slot.
    #[must_use]
    pub fn home_of(&self, id: &SlotId) -> Option<&MemberId> {
        self.weeks.values().find_map(|week| week.home(id))
    }

    /// The slot of this short name; `None` if there is none, or more than one.
    #[must_use]
    pub fn slot(&self, short: ShortId) -> Option<SlotId> {
        let slots = self.weeks.values().flat_map(|week| week.slots().map(|(id, _)| id));
        only(slots.filter(|id| short_slot(id) == short))
    }

    /// Whether this member had a box before its current one: what that held is for homes to settle.
    #[must_use]
    pub fn has_earlier_boxes(&self, id: &MemberId) -> bool {
        self.roster.member(id).is_some_and(|member| member.line.writers().len() > 1)
    }

    /// How many other boxes are known to keep the newest that this box wrote of an appointment, by their own word or by
    /// the agency's answer to it; `None` of one that another box wrote.
    #[must_use]
    pub fn kept_by(&self, it: &Appointment) -> Option<usize> {
        let entry = self.own_entry(it)?;
        let kept = self.kept_at.get(&it.minutes.from.week()).into_iter().flatten();
        let kept = kept.filter(|(key, seq)| **key != self.writer.key && **seq >= entry.newest).map(|(key, _)| *key);
        Some(kept.chain(self.answered_by(it, entry)).collect::<BTreeSet<_>>().len())
    }

    /// Whether the agency of an appointment has said that it keeps the newest that this box wrote of it, or has
    /// answered the ask itself. Of an earlier box's appointment: `true`, this one's words are not weighed.
    #[must_use]
    pub fn is_heard(&self, it: &Appointment) -> bool {
        let Some(entry) = self.own_entry(it) else { return true };
        let kept = self.kept_at.get(&it.minutes.from.week());
        let agency = it.home.as_ref().and_then(|home| self.roster.key(home));
        let kept = kept.zip(agency).and_then(|(kept, agency)| kept.get(&agency));
        self.answered_by(it, entry).is_some() || kept.is_some_and(|seq| *seq >= entry.newest)
    }

    /// What this box wrote of an appointment.
    fn own_entry(&self, it: &Appointment) -> Option<&Entry> {
        let week = self.weeks.get(&it.minutes.from.week()).filter(|_| it.holder == self.writer)?;
        week.holding(it.holder)?.entries.get(&it.id.act).map(Arc::as_ref)
    }

    /// The agency that confirmed an ask, of which nothing newer was written: it holds it.
    fn answered_by(&self, it: &Appointment, entry: &Entry) -> Option<PublicKey> {
        let is_answered = matches!(entry.wants, Wants::Asked(_)) && it.is_confirmed() && entry.newest == it.id.act;
        it.home.as_ref().filter(|_| is_answered).and_then(|home| self.roster.key(home))
    }
}

fn first_slot(offer: &Offer) -> SlotId {
    SlotId { open: offer.run.open, index: offer.run.tenures.first().map_or(0, |tenure| tenure.0) }
}

pub(super) fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}
