// SPDX-License-Identifier: EUPL-1.2
//! The waiting list: who would come earlier, or has no time at all (`seeking`), is told when one is free, three times at
//! most and once a day.
//!
//! A time is proposed to whoever waits longest, and to nobody else meanwhile. Only those are named to whom something is
//! proposed now; the others are told apart by since when they wait. Whom the agency refused or cancelled meanwhile is not
//! here: the call-back list says what to do (`callback`). Nothing is held: who takes a time moves there in the usual way, and asks for it where it is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::{ActRef, DeskId, MemberId, ServiceId, SlotId};
use crdt_calendar::time::{Span, UtcMinute};
use serde::Deserialize;

use super::App;
use super::agenda::{self, Person};
use super::appointment::{found, no, settle};
use super::format;
use super::guard::Visit;
use super::i18n::Texts;
use super::moving;
use super::page::{Answer as Shown, go, oops};
use super::slots::{self, Slot};
use super::{callback, glance, opening, seeking};
use crate::replica::{Offered, ShortId, Snapshot, WishChange, short_act, short_slot};
use crate::store::{Answer, Intent, PROPOSALS_MAX, Wish};

/// A person who is told of a time needs so many minutes to come.
const LEAD_MIN: u32 = 60;

/// The waiting list on the animateur's day.
pub(super) struct WaitingList {
    pub title: String,
    /// How many people are to be called, if any are, as people read it.
    pub calls: Option<String>,
    /// People to call now, each with a time.
    pub proposals: Vec<Proposal>,
    /// To be called, and taken off: as many times were proposed as ever are, and there is no appointment that says so.
    pub over: Vec<Other>,
    /// Who waits and has nothing to be told now.
    pub others: Vec<Other>,
}

impl WaitingList {
    /// How many people are to be called.
    pub(super) fn to_call(&self) -> usize {
        self.proposals.len() + self.over.len()
    }
}

/// A person to call, and the time to propose.
pub(super) struct Proposal {
    pub short: ShortId,
    pub person: Option<Person>,
    pub agency: String,
    pub service: String,
    /// Their page; what they say is sent below it.
    pub href: String,
    pub answer: String,
    pub slot: Slot,
    /// "Proposition 2 sur 3".
    pub nth: String,
    pub since: String,
    /// The appointment that it would replace.
    pub instead: String,
    /// The agency's box is not heard: its answer will take longer.
    pub unheard: bool,
}

/// A person who waits, without a name.
pub(super) struct Other {
    pub short: ShortId,
    pub href: String,
    pub agency: String,
    pub service: String,
    /// Since when they wait.
    pub since: String,
    pub when: String,
    /// How many times were proposed, once one was.
    pub told: Option<String>,
}

/// Somebody on the list.
struct Waiter<'a> {
    id: ActRef,
    wish: &'a Wish,
    home: Option<&'a MemberId>,
    service: &'a ServiceId,
    /// The appointment that they have, or had; nothing of a person who seeks a first one.
    has: Option<&'a Appointment>,
}

/// What an appointment's page says and offers of the waiting list.
#[derive(Default)]
pub(super) struct Place {
    /// What stands, if anything does.
    pub sentence: Option<String>,
    pub may_join: bool,
    pub may_leave: bool,
}

/// What the person said to a time.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Said {
    creneau: String,
    reponse: String,
}

/// Who waits at this point.
pub(super) async fn list(app: &App, visit: &Visit) -> WaitingList {
    let t = visit.t;
    let snapshot = app.replica.snapshot();
    let proposals = proposals(app, t, &snapshot);
    let details = opening::open(app, visit, "waiting", proposals.keys().copied().collect()).await;
    let listed = in_order(&snapshot, |waiter| waiter.wish.is_listed() || waiter.has.is_none() && waiter.wish.waits);
    let title = t.count("waiting-count", "count", listed.len());
    let (mut told, mut over, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for waiter in listed {
        let other = other(app, t, &snapshot, &waiter);
        match proposals.get(&waiter.id) {
            Some(offered) => told.push(Proposal {
                short: other.short,
                person: details.get(&waiter.id).map(agenda::person),
                agency: other.agency,
                service: other.service,
                answer: format!("{}{}/reponse", other.href, if waiter.has.is_some() { "/attente" } else { "" }),
                href: other.href,
                slot: slots::slot(app, t, offered),
                since: other.since,
                nth: nth(t, waiter.wish),
                instead: other.when,
                unheard: !glance::is_heard(app, &snapshot, &offered.offer.home),
            }),
            None if waiter.has.is_none() && waiter.wish.is_over() => over.push(other),
            None => others.push(other),
        }
    }
    let mut list = WaitingList { title, calls: None, proposals: told, over, others };
    list.calls = Some(list.to_call()).filter(|it| *it > 0).map(|it| t.count("waiting-calls", "count", it));
    list
}

/// Those of whom this is so: who waits longest comes first.
fn in_order(snapshot: &Snapshot, is_so: impl Fn(&Waiter<'_>) -> bool) -> Vec<Waiter<'_>> {
    let mut found: Vec<_> = snapshot.wishes.iter().filter_map(|(id, wish)| waiter(snapshot, id, wish)).collect();
    found.retain(is_so);
    found.sort_by_key(|waiter| (waiter.wish.since, waiter.id));
    found
}

fn waiter<'a>(snapshot: &'a Snapshot, id: &ActRef, wish: &'a Wish) -> Option<Waiter<'a>> {
    if let Some(seeker) = snapshot.seekers.get(id) {
        let (home, service) = (Some(&seeker.home), &seeker.service);
        // Who has a time is forgotten within a second.
        let has_one = snapshot.intents.contains_key(id);
        return (!has_one).then_some(Waiter { id: *id, wish, home, service, has: None });
    }
    let it = snapshot.appointment_by_id(id)?;
    (!snapshot.is_called_back(it)).then_some(Waiter {
        id: *id,
        wish,
        home: it.home.as_ref(),
        service: &it.service,
        has: Some(it),
    })
}

/// Since when somebody waits.
pub(super) fn since(app: &App, t: &Texts, wish: &Wish) -> String {
    let minute = u32::try_from(wish.since.div_euclid(60_000)).unwrap_or(0);
    t.text("waiting-since", "when", &format::when(t, &app.clock, UtcMinute(minute)))
}

fn nth(t: &Texts, wish: &Wish) -> String {
    let (number, all) = ((wish.told.len() + 1).to_string(), PROPOSALS_MAX.to_string());
    t.texts("waiting-nth", &[("number", &number), ("all", &all)])
}

fn instead(app: &App, t: &Texts, waiter: &Waiter<'_>) -> String {
    let Some(it) = waiter.has else {
        return t.text("seek-until", "date", &format::day(t, seeking::until(app, waiter.wish)));
    };
    if !it.is_coming(app.clock.minute()) {
        return t.text("waiting-without", "when", &format::when(t, &app.clock, it.minutes.from));
    }
    t.text("waiting-instead", "when", &format::when(t, &app.clock, it.minutes.from))
}

fn other(app: &App, t: &Texts, snapshot: &Snapshot, waiter: &Waiter<'_>) -> Other {
    let short = short_act(&waiter.id);
    let told = Some(waiter.wish.told.len()).filter(|it| *it > 0);
    Other {
        short,
        href: if waiter.has.is_some() { format!("/animateur/rendez-vous/{short}") } else { seeking::address(short) },
        agency: waiter.home.map_or_else(|| t.say("unknown"), |home| snapshot.name_of(home)),
        service: waiter.home.map(|home| snapshot.service_name(home, waiter.service)).unwrap_or_default(),
        since: since(app, t, waiter.wish),
        when: instead(app, t, waiter),
        told: told.map(|it| t.count("waiting-so-far", "count", it)),
    }
}

/// What is proposed now, and to whom. Cost: the free times of each agency and service that somebody waits for.
fn proposals(app: &App, t: &Texts, snapshot: &Snapshot) -> BTreeMap<ActRef, Offered> {
    let now = app.clock.minute();
    let today = app.clock.local(now).date();
    let may_be_told = |waiter: &Waiter<'_>| waiter.wish.may_be_told(|at| app.clock.local(at).date() == today);
    let mut free: BTreeMap<(MemberId, ServiceId), Vec<Offered>> = BTreeMap::new();
    let mut given: Vec<(DeskId, Span)> = Vec::new();
    let mut proposals = BTreeMap::new();
    for Waiter { id, wish, home, service, has } in in_order(snapshot, may_be_told) {
        let is_settled = has.is_none_or(|it| moving::is_settled(app, t, snapshot, it));
        let Some(home) = home.cloned().filter(|_| is_settled) else { continue };
        let before = has.filter(|it| it.is_coming(now)).map(|it| it.minutes.from);
        let times = free
            .entry((home, service.clone()))
            .or_insert_with_key(|(home, service)| slots::offers(app, home, service, LEAD_MIN));
        let is_given = |offered: &Offered| {
            given.iter().any(|(desk, minutes)| *desk == offered.offer.desk && minutes.overlaps(offered.offer.minutes))
        };
        let suits = |from: UtcMinute| before.is_none_or(|before| from < before) && !wish.lets_pass(from);
        let found = times.iter().find(|offered| suits(offered.offer.minutes.from) && !is_given(offered)).cloned();
        if let Some(offered) = found {
            given.push((offered.offer.desk.clone(), offered.offer.minutes));
            proposals.insert(id, offered);
        }
    }
    proposals
}

/// What an appointment's page says of the waiting list.
pub(super) fn place(app: &App, t: &Texts, snapshot: &Snapshot, it: &Appointment) -> Place {
    let wish = snapshot.wishes.get(&it.id);
    if snapshot.member.as_ref() != Some(&it.point) || !it.may_wait(app.clock.minute()) {
        return Place::default();
    }
    // Who waits for an earlier time, and is called back now, may wait for any.
    let is_listed = wish.is_some_and(Wish::is_listed) && !snapshot.is_called_back(it);
    let may_join = !is_listed && wish.is_none_or(|wish| !wish.is_over()) && moving::is_settled(app, t, snapshot, it);
    let told = wish.filter(|wish| is_listed || wish.is_over());
    Place { sentence: told.and_then(|wish| sentence(t, wish)), may_join, may_leave: is_listed }
}

/// Where a person stands on the list; nothing of one who left it.
pub(super) fn sentence(t: &Texts, wish: &Wish) -> Option<String> {
    match wish {
        wish if wish.is_over() => Some(t.say("waiting-over")),
        wish if wish.waits => Some(t.count("waiting-listed", "count", wish.told.len())),
        _ => None,
    }
}

/// Puts the person on the list. Times that are free already were let pass.
pub(super) async fn join(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Shown {
    let it = found(&app, &visit, &short)?;
    let free = it.home.as_ref().map(|home| slots::offers(&app, home, &it.service, 0)).unwrap_or_default();
    let passed = free.into_iter().map(|offered| offered.offer.minutes.from).collect();
    settle(&app, app.replica.wish(it.id, WishChange::Join(passed))).await.map_err(|it| no(&app, &visit, it))?;
    Ok(go(&format!("/animateur/rendez-vous/{short}?fait=attente")))
}

/// Takes the person off the list.
pub(super) async fn leave(State(app): State<Arc<App>>, visit: Visit, Path(short): Path<String>) -> Shown {
    let it = found(&app, &visit, &short)?;
    settle(&app, app.replica.wish(it.id, WishChange::Leave)).await.map_err(|it| no(&app, &visit, it))?;
    Ok(go(&format!("/animateur/rendez-vous/{short}?fait=plus-attente")))
}

/// Keeps what the person said to a time; who takes it moves there. The same form sent twice moves once.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(said): Form<Said>,
) -> Shown {
    let it = found(&app, &visit, &short)?;
    answered(&app, &visit, it.id, &said).await
}

/// The same of whoever waits under this name.
pub(super) async fn answered(app: &App, visit: &Visit, id: ActRef, said: &Said) -> Shown {
    let unknown = || oops(app, visit, StatusCode::UNPROCESSABLE_ENTITY, visit.t.say("error-proposal-answer"));
    let answer = Answer::named(&said.reponse).ok_or_else(unknown)?;
    let snapshot = app.replica.snapshot();
    let proposed = proposals(app, visit.t, &snapshot).remove(&id);
    let Some(offered) = proposed.filter(|it| it.slot.to_string() == said.creneau) else {
        return taken_before(app, visit, &snapshot, &id, answer);
    };
    let told = app.replica.wish(id, WishChange::Told(offered.offer.minutes.from, answer));
    if answer != Answer::Taken {
        settle(app, told).await.map_err(|it| no(app, visit, it))?;
        return Ok(go("/animateur?fait=propose"));
    }
    let slot = snapshot.slot(offered.slot).ok_or_else(|| gone(app, visit))?;
    let taken = take(app, visit, &snapshot, id, slot).await;
    // The call was made, whatever came of it.
    if let Err(refusal) = told.await {
        tracing::debug!(%refusal, "that a time was taken is not counted");
    }
    taken
}

/// What an answer to something that is not proposed comes to: one that was taken a moment ago leads there.
fn taken_before(app: &App, visit: &Visit, snapshot: &Snapshot, id: &ActRef, answer: Answer) -> Shown {
    match snapshot.intents.get(id) {
        Some(Intent::Move(new)) if answer == Answer::Taken => {
            let done = if snapshot.appointment_by_id(id).is_some() { "deplace" } else { "pris" };
            Ok(go(&format!("/animateur/rendez-vous/{}?fait={done}", short_act(new))))
        }
        _ => Err(gone(app, visit)),
    }
}

/// Moves the person to a time, or books it where nothing stands any more, or nothing ever did.
async fn take(app: &App, visit: &Visit, snapshot: &Snapshot, id: ActRef, slot: SlotId) -> Shown {
    // A time that comes free again is another call.
    let calls = snapshot.wishes.get(&id).map_or(0, |wish| wish.told.len());
    let nonce = format!("wish-{}-{}-{calls}", short_act(&id), short_slot(&slot));
    let no = |refusal| no(app, visit, refusal);
    let (booked, done) = match (snapshot.appointment_by_id(&id), snapshot.seekers.get(&id)) {
        (Some(it), _) if it.is_coming(app.clock.minute()) => {
            let moved = moving::under_same_details(app, visit, id, (slot, &it.service), nonce).await?;
            (moved.map_err(no)?, "deplace")
        }
        (Some(it), _) => (callback::book_again(app, visit, it, slot).await?, "pris"),
        (None, Some(seeker)) => {
            let taken = moving::under_same_details(app, visit, id, (slot, &seeker.service), nonce).await?;
            (taken.map_err(no)?, "pris")
        }
        (None, None) => return Err(gone(app, visit)),
    };
    Ok(go(&format!("/animateur/rendez-vous/{}?fait={done}", short_act(&booked))))
}

fn gone(app: &App, visit: &Visit) -> Response {
    oops(app, visit, StatusCode::CONFLICT, visit.t.say("error-proposal-gone"))
}
