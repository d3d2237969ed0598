// SPDX-License-Identifier: EUPL-1.2
//! A day of appointments as rows: the same for the animateur and the advisor.
//!
//! A person's details come from sealed envelopes, for the time of one page, and only where they open.

use std::collections::BTreeMap;

use crdt_calendar::act::Fate;
use crdt_calendar::fold::{Appointment, State, Why};
use crdt_calendar::ids::{ActRef, DeskId, MemberId};
use crdt_calendar::time::UtcMinute;
use jiff::civil::Date;

use super::App;
use super::appointment;
use super::badge::{self, Badge};
use super::calls::{self, Window};
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::moving::{self, Moved, Stage};
use super::opening;
use super::papers;
use super::presence::{self, Lamp};
use super::queue::{self, Queue};
use super::referral;
use super::undo;
use super::waiting;
use crate::call::Phase;
use crate::replica::{Details, ShortId, Snapshot, is_walk_in, short_act};

/// So many minutes before, the person may come.
const NEAR_MIN: u32 = 60;

/// The person, where the envelope opens.
pub(super) struct Person {
    pub name: String,
    pub telephone: String,
    pub subject: String,
    /// The papers that are at the point.
    pub papers: Vec<u32>,
}

/// One appointment on a page.
pub(super) struct Row {
    pub id: ActRef,
    pub short: ShortId,
    pub time: String,
    pub until: String,
    pub when: String,
    pub agency: String,
    pub service: String,
    pub point: String,
    pub booth: String,
    pub desk: String,
    pub badge: Badge,
    pub person: Option<Person>,
    /// How many of the papers are at the point, once somebody has looked.
    pub papers: Option<String>,
    /// Who it was went at its term.
    pub erased: bool,
    /// "Dans 10 minutes", for the hour before.
    pub soon: Option<String>,
    /// When the room opens, while it is too early.
    pub opens: Option<String>,
    /// The room is open and the appointment confirmed.
    pub can_call: bool,
    pub in_call: bool,
    /// A booth of this point is awake for it.
    pub awake: bool,
    pub arrived: bool,
    /// When the person came: the minute, and as people read it.
    pub since: Option<(UtcMinute, String)>,
    /// The person is here and waits.
    pub waits_here: bool,
    /// The agency.
    pub home: Option<MemberId>,
    /// Its desk.
    pub desk_id: Option<DeskId>,
    /// At its point, of an appointment of today that is still to come: whether somebody is at that desk.
    pub there: Option<Lamp>,
    /// Desks of this agency that could see the person at the same hour: number and name.
    pub colleagues: Vec<(u8, String)>,
    /// A colleague sees the person, not the desk of this name that is booked.
    pub booked_desk: Option<String>,
    /// At its agency: it was cancelled, and its hour, still to come, is offered to nobody.
    pub withdrawn: bool,
    /// At its agency: its hour was changed, and what it was or is.
    pub hour_changed: Option<String>,
    /// To whom its agency refers it, as that reads it.
    pub referral: Option<String>,
    /// This agency has a note on it.
    pub noted: bool,
    /// It can still be corrected or cancelled.
    pub alive: bool,
    pub past: bool,
    /// Its hour is near: the person may come.
    pub near: bool,
    /// The other member has not heard of it yet.
    pub unknown_there: bool,
    /// It is being cancelled, and can be taken back.
    pub cancelling: bool,
    /// It can be cancelled: it is not, already, nor does it wait for another to take its place.
    pub cancellable: bool,
    /// Its call was cut and did not come back.
    pub resumable: bool,
    /// It can be moved: nor does another wait for it.
    pub movable: bool,
    /// The place in a walk-in queue, where it is one.
    pub queue: Option<Queue>,
    /// Where the person stands on the waiting list.
    pub waiting: Option<String>,
    /// It is moved, or takes another's place.
    pub moved: Option<Moved>,
    /// Its desk is closed on this day: somebody must call the person, and cancel.
    pub closed_day: bool,
    /// Its time has begun, or something is said of it already: the agency may say what became of it.
    pub wants_outcome: bool,
}

impl Row {
    /// The person may come now, and nobody has said that they did: that is what to do next.
    pub(super) fn is_awaited(&self) -> bool {
        self.near && !self.arrived
    }

    /// How a button looks: the main one unless the person is awaited, for then that is.
    pub(super) fn unless_awaited(&self, main: &'static str) -> String {
        if self.is_awaited() { format!("{main} quiet") } else { main.to_owned() }
    }
}

/// A day and the ways to its neighbours.
pub(super) struct Day {
    pub date: Date,
    pub title: String,
    pub today: bool,
    pub previous: Option<Date>,
    pub next: Option<Date>,
    pub rows: Vec<Row>,
}

/// The day that `?jour=` names; today without it. The sentence of a day that is not one, or not held.
pub(super) fn chosen_day(app: &App, t: &Texts, asked: Option<&str>) -> (Date, Option<String>) {
    let today = app.clock.local_now().date();
    let Some(asked) = asked else { return (today, None) };
    let (first, last) = app.clock.held_days();
    match asked.parse::<Date>() {
        Ok(date) if date >= first && date <= last => (date, None),
        _ => {
            let (first, last) = (format::day_full(t, first), format::day_full(t, last));
            (today, Some(t.texts("error-date-outside", &[("first", &first), ("last", &last)])))
        }
    }
}

/// The member's appointments of a day, with the details that open here.
pub(super) async fn day(app: &App, visit: &Visit, date: Date) -> Day {
    day_of(app, visit, "agenda", date, |_, it| is_shown(it)).await
}

/// Those of them that take place, for a page of this word: the details of no other are opened.
pub(super) async fn day_on_paper(app: &App, visit: &Visit, page: &'static str, date: Date) -> Day {
    day_of(app, visit, page, date, |snapshot, it| !it.is_off() && undo::cancelled_at(snapshot, it).is_none()).await
}

async fn day_of(
    app: &App,
    visit: &Visit,
    page: &'static str,
    date: Date,
    is_wanted: impl Fn(&Snapshot, &Appointment) -> bool,
) -> Day {
    let t = visit.t;
    let snapshot = app.replica.snapshot();
    let found: Vec<Appointment> = app
        .clock
        .day(date)
        .map(|(from, to)| snapshot.agenda(from, to).into_iter().cloned().collect())
        .unwrap_or_default();
    let shown: Vec<_> = found.iter().filter(|it| is_wanted(&snapshot, it)).collect();
    let details = opening::open(app, visit, page, shown.iter().map(|it| it.id).collect()).await;
    let rows = shown.iter().map(|it| row(app, t, &snapshot, it, &details)).collect();
    let today = app.clock.local_now().date();
    let (first, last) = app.clock.held_days();
    Day {
        date,
        title: format::day(t, date),
        today: date == today,
        previous: date.yesterday().ok().filter(|it| *it >= first),
        next: date.tomorrow().ok().filter(|it| *it <= last),
        rows,
    }
}

/// What never counted is not on the agenda; what a person must deal with is.
fn is_shown(appointment: &Appointment) -> bool {
    let settled = matches!(appointment.state, State::Refused { .. } | State::Void(Why::Taken)) && appointment.settled;
    !settled && !matches!(appointment.state, State::Void(why) if why != Why::Taken)
}

/// One appointment as a row.
pub(super) fn row(
    app: &App,
    t: &Texts,
    snapshot: &Snapshot,
    it: &Appointment,
    details: &BTreeMap<ActRef, Details>,
) -> Row {
    let now = app.clock.minute();
    let (from, to) = (app.clock.local(it.minutes.from), app.clock.local(it.minutes.end()));
    let in_call = it.will_be_seen() && in_call(app, it);
    let window = calls::window(app, it);
    let cancelled_at = undo::cancelled_at(snapshot, it).filter(|_| it.is_coming(now));
    let cancelling = cancelled_at.is_some();
    let is_coming = it.is_coming(now) && !cancelling;
    let moved = moving::moved(app, t, snapshot, it);
    let resumable = is_interrupted(it);
    let open = it.will_be_seen() && (it.outcome.is_none() || resumable) && !cancelling;
    let opens = match window {
        Window::Early(at) => Some(format::time(t, &app.clock.local(at))),
        Window::Open | Window::Over => None,
    };
    let minutes = it.minutes.from.0.saturating_sub(now.0);
    let near = open && !resumable && it.minutes.end() > now && minutes <= NEAR_MIN;
    Row {
        id: it.id,
        short: short_act(&it.id),
        time: format::time(t, &from),
        until: if is_walk_in(it) { String::new() } else { format::time(t, &to) },
        when: format::when(t, &app.clock, it.minutes.from),
        agency: it.home.as_ref().map_or_else(|| t.say("unknown"), |home| snapshot.name_of(home)),
        service: it
            .home
            .as_ref()
            .map_or_else(|| it.service.to_string(), |home| snapshot.service_name(home, &it.service)),
        point: snapshot.name_of(&it.point),
        booth: booth_name(app, t, snapshot, it),
        queue: queue::queue(app, t, snapshot, it),
        desk: desk_name(snapshot, it),
        badge: cancelled_at
            .map_or_else(|| badge::of(app, t, snapshot, it, in_call), |at| badge::cancelling(app, t, at)),
        cancelling,
        cancellable: is_coming && moved.as_ref().is_none_or(|moved| moved.stage != Stage::Waits),
        resumable,
        movable: is_coming && moved.as_ref().is_none_or(Moved::is_done),
        waiting: snapshot.wishes.get(&it.id).and_then(|wish| waiting::sentence(t, wish)),
        moved,
        papers: details.get(&it.id).and_then(|known| papers::summary(t, appointment::papers(app, it), &known.papers)),
        person: details.get(&it.id).map(person),
        erased: snapshot.is_erased(it.minutes.from.week()),
        soon: (near && !in_call).then(|| t.count("starts-in", "minutes", usize::try_from(minutes).unwrap_or(0))),
        opens: opens.filter(|_| near),
        near,
        can_call: open && window == Window::Open,
        in_call,
        awake: app.booths.all().values().any(|scene| scene.appointment == it.id),
        arrived: it.arrived.is_some(),
        since: it.arrived.map(|at| (at, format::time(t, &app.clock.local(at)))),
        waits_here: open && !resumable && it.arrived.is_some() && !in_call && window != Window::Over,
        home: it.home.clone(),
        desk_id: it.desk.clone(),
        hour_changed: None,
        withdrawn: it.minutes.from > now && snapshot.is_withdrawn(it),
        colleagues: if is_coming && it.is_confirmed() { snapshot.colleagues_for(it) } else { Vec::new() },
        booked_desk: it.desk.as_ref().filter(|_| snapshot.is_with_colleague(it)).map(|desk| desk_named(snapshot, desk)),
        there: there(app, t, snapshot, it).filter(|_| is_coming),
        referral: referral::told(t, snapshot, it, Key("referral-agency")).filter(|_| is_coming),
        noted: snapshot.noted.contains(&it.id),
        alive: is_coming,
        past: it.minutes.end() <= now,
        unknown_there: it.home.is_some() && snapshot.member.as_ref() == Some(&it.point) && !snapshot.is_heard(it),
        closed_day: is_on_closed_day(app, snapshot, it),
        wants_outcome: it.will_be_seen() && (it.minutes.from <= now || it.outcome.is_some()),
    }
}

/// Whether its call was cut and did not come back: it may be resumed, or had again another day.
fn is_interrupted(it: &Appointment) -> bool {
    it.will_be_seen() && it.outcome.is_some_and(|outcome| outcome.fate == Fate::Interrupted)
}

/// Whether somebody is at the desk of an appointment of today, for its point.
fn there(app: &App, t: &Texts, snapshot: &Snapshot, it: &Appointment) -> Option<Lamp> {
    let is_today = app.clock.local(it.minutes.from).date() == app.clock.local_now().date();
    let home = it.home.as_ref().filter(|_| is_today && snapshot.member.as_ref() == Some(&it.point))?;
    Some(presence::lamp(app, t, snapshot, home, it.desk.as_ref()))
}

/// Whether an appointment to come stands at a desk of ours on a day on which that is closed.
pub(super) fn is_on_closed_day(app: &App, snapshot: &Snapshot, it: &Appointment) -> bool {
    let own = it.desk.as_ref().filter(|desk| Some(&desk.home) == snapshot.member.as_ref());
    let day = || app.clock.local(it.minutes.from).date();
    it.is_confirmed()
        && it.is_coming(app.clock.minute())
        && own.is_some_and(|desk| snapshot.closed.is_closed(desk.number, day()))
}

fn in_call(app: &App, it: &Appointment) -> bool {
    if calls::window(app, it) != Window::Open {
        return false;
    }
    let phase = app.calls.watch(calls::call_of(it)).borrow().phase;
    matches!(phase, Phase::Talking | Phase::Reconnecting)
}

pub(super) fn person(details: &Details) -> Person {
    Person {
        name: details.name.clone(),
        telephone: details.telephone.clone(),
        subject: details.subject.clone(),
        papers: details.papers.clone(),
    }
}

fn booth_name(app: &App, t: &Texts, snapshot: &Snapshot, it: &Appointment) -> String {
    let awake = app.booths.all().into_iter().find(|(_, scene)| scene.appointment == it.id);
    let number = match awake {
        Some((number, _)) => number,
        // Nobody in a queue holds a booth.
        None if is_walk_in(it) => return t.say("queue-booth"),
        None => it.booth,
    };
    let booths = snapshot.profile(&it.point).map(|profile| profile.description.booths.as_slice());
    let named = booths.unwrap_or_default().iter().find(|(id, _)| *id == number);
    named.map_or_else(|| format!("{} {}", t.say("door-booth"), number.0), |(_, name)| name.clone())
}

fn desk_name(snapshot: &Snapshot, it: &Appointment) -> String {
    if let Some(found) = snapshot.window_of(it) {
        return desk_named(snapshot, &found.window.opening.desk);
    }
    snapshot.desk_of(it).map(|desk| desk_named(snapshot, &desk)).unwrap_or_default()
}

/// A desk's name for people; its number if the agency does not describe it.
pub(super) fn desk_named(snapshot: &Snapshot, desk: &DeskId) -> String {
    let desks = snapshot.profile(&desk.home).map(|profile| profile.description.desks.as_slice());
    let named = desks.unwrap_or_default().iter().find(|(number, _)| *number == desk.number);
    named.map_or_else(|| desk.to_string(), |(_, name)| name.clone())
}
