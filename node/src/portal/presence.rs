// SPDX-License-Identifier: EUPL-1.2
//! Who is there: at an agency, the pages of advisors that are open say so; at a point, what the agency's box told of it.
//!
//! In memory alone. A page counts while it says that it is open and its session is neither locked nor over; who is away
//! for a moment says so, on this session, until they take it back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_calendar::ids::{DeskId, MemberId};
use crdt_calendar::time::UtcMinute;
use serde::Deserialize;

use super::App;
use super::entrance::Entrance;
use super::format;
use super::glance;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::go;
use super::session::Standing;
use crate::presence::{AtDesk, Seat};
use crate::replica::Snapshot;

/// A page that has not said for so long that it is open is not: browsers let pages behind others speak once a minute.
const OPEN_MS: u64 = 150_000;
/// A page that was left may be followed by the next one of the same person.
const LEFT_MS: u64 = 8_000;
/// How often it is looked whether sessions have locked and pages gone silent.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Pages of one session that are followed, and the longest name of one. Beyond, a page is as good as silent.
const PAGES_MAX: usize = 32;
const NAME_BYTES_MAX: usize = 64;
/// Sessions that are followed. Beyond, those that have been silent longest are let go.
const CHAIRS_MAX: usize = 64;

/// Sessions of advisors, by their ids.
#[derive(Default)]
pub(super) struct Chairs(Mutex<BTreeMap<String, Chair>>);

#[derive(Clone)]
struct Chair {
    entrance: Entrance,
    /// Its open pages, by what they call themselves, and until when each counts, on the sessions' clock.
    pages: BTreeMap<String, u64>,
    is_away: bool,
    /// The desk; `None`: any of them.
    desk: Option<u8>,
}

/// What a page says of itself.
#[derive(Deserialize)]
pub(super) struct Beat {
    /// `ouverte` or `quittee`.
    #[serde(default)]
    page: String,
    /// What the page calls itself.
    #[serde(default)]
    nom: String,
}

/// What a person says of themselves.
#[derive(Deserialize)]
pub(super) struct Place {
    /// `oui`: away for a moment; `non`: back.
    absent: Option<String>,
    /// The desk's number; 0 for any of them.
    guichet: Option<u8>,
    /// Which page to go back to.
    retour: Option<String>,
}

/// A desk of an agency, as a point is told of it.
pub(super) struct Lamp {
    /// For the style and for tests.
    pub code: &'static str,
    pub word: String,
}

/// What the advisor's page shows of who sits in front of it.
pub(super) struct OwnPlace {
    pub is_away: bool,
    /// Desks to choose from, where there are several.
    pub desks: Vec<DeskChoice>,
}

pub(super) struct DeskChoice {
    pub number: u8,
    pub name: String,
    pub chosen: bool,
}

impl Chair {
    /// Until when it counts.
    fn until_ms(&self) -> u64 {
        self.pages.values().copied().max().unwrap_or(0)
    }

    /// A page says that it is open, or left. One that is left when the next has spoken already takes nothing away.
    fn beat(&mut self, beat: Beat, now_ms: u64) {
        self.pages.retain(|_, until_ms| now_ms < *until_ms);
        if beat.page == "quittee" {
            if let Some(until_ms) = self.pages.get_mut(&beat.nom) {
                *until_ms = (*until_ms).min(now_ms + LEFT_MS);
            }
        } else if beat.nom.len() <= NAME_BYTES_MAX
            && (self.pages.len() < PAGES_MAX || self.pages.contains_key(&beat.nom))
        {
            self.pages.insert(beat.nom, now_ms + OPEN_MS);
        }
    }
}

impl Chairs {
    fn change(&self, id: &str, entrance: Entrance, change: impl FnOnce(&mut Chair)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CHAIRS_MAX
            && !all.contains_key(id)
            && let Some(oldest) = all.iter().min_by_key(|(_, it)| it.until_ms()).map(|(id, _)| id.clone())
        {
            all.remove(&oldest);
        }
        change(all.entry(id.to_owned()).or_insert(Chair {
            entrance,
            pages: BTreeMap::new(),
            is_away: false,
            desk: None,
        }));
    }

    fn of(&self, id: &str) -> Option<Chair> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn all(&self) -> Vec<(String, Chair)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(id, chair)| (id.clone(), chair.clone())).collect()
    }
}

/// A page says that it is open, or left.
pub(super) async fn beat(State(app): State<Arc<App>>, visit: Visit, Form(beat): Form<Beat>) -> StatusCode {
    let now_ms = app.now_ms();
    app.chairs.change(&visit.session, visit.entrance, |chair| chair.beat(beat, now_ms));
    app.say_presence();
    StatusCode::NO_CONTENT
}

/// A person is away for a moment, or back, or at another desk.
pub(super) async fn place(State(app): State<Arc<App>>, visit: Visit, Form(place): Form<Place>) -> Response {
    app.chairs.change(&visit.session, visit.entrance, |chair| {
        if let Some(absent) = &place.absent {
            chair.is_away = absent == "oui";
        }
        if let Some(desk) = place.guichet {
            chair.desk = Some(desk).filter(|desk| *desk > 0);
        }
    });
    app.say_presence();
    go(if place.retour.as_deref() == Some("semaine") { "/conseiller/semaine" } else { "/conseiller" })
}

/// Looks again whether who was there still is, until the portal ends.
pub(super) async fn look_after(app: Arc<App>) {
    let mut every = tokio::time::interval(LOOK_EVERY);
    while app.stop.run_until_cancelled(every.tick()).await.is_some() {
        app.say_presence();
    }
}

impl App {
    /// Tells how this agency's desks are, if it is one.
    pub(super) fn say_presence(&self) {
        let snapshot = self.replica.snapshot();
        if snapshot.role() != Some(crdt_calendar::act::Role::Agency) {
            return;
        }
        let now_ms = self.now_ms();
        let is_there = |id: &str, chair: &Chair| {
            now_ms < chair.until_ms() && matches!(self.standing(chair.entrance, id), Standing::Open(_))
        };
        let mut there: Vec<Chair> =
            self.chairs.all().into_iter().filter(|(id, it)| is_there(id, it)).map(|it| it.1).collect();
        there.sort_by_key(|chair| chair.is_away);
        let before = self.presence.own();
        let now = self.clock.minute();
        let one = |desk: u8| {
            let chair = there.iter().find(|chair| chair.desk.is_none_or(|at| at == desk));
            let seat = chair.map_or(Seat::Empty, |chair| if chair.is_away { Seat::Away } else { Seat::Taken });
            let known = before.iter().find(|it| (it.desk, it.seat) == (desk, seat));
            AtDesk { desk, seat, since: known.map_or(now, |it| it.since) }
        };
        self.presence.say(desks(&snapshot).into_iter().map(|(number, _)| one(number)).collect());
    }

    /// What a person's own page shows of their place.
    pub(super) fn own_place(&self, visit: &Visit) -> OwnPlace {
        let chair = self.chairs.of(&visit.session);
        let at = chair.as_ref().and_then(|chair| chair.desk);
        let all = desks(&self.replica.snapshot());
        let mut choices = Vec::new();
        if all.len() > 1 {
            choices.push(DeskChoice { number: 0, name: visit.t.say("presence-any-desk"), chosen: at.is_none() });
            let choice = |(number, name)| DeskChoice { number, name, chosen: at == Some(number) };
            choices.extend(all.into_iter().map(choice));
        }
        OwnPlace { is_away: chair.is_some_and(|chair| chair.is_away), desks: choices }
    }
}

/// The desks of this agency.
fn desks(snapshot: &Snapshot) -> Vec<(u8, String)> {
    let profile = snapshot.own_profile();
    profile.map(|profile| profile.description.desks.clone()).unwrap_or_default()
}

/// Whether somebody is at a desk of an agency, as its box told: unknown where that is not heard, or does not say.
pub(super) fn lamp(app: &App, t: &Texts, snapshot: &Snapshot, home: &MemberId, desk: Option<&DeskId>) -> Lamp {
    let unknown = || Lamp { code: "unknown", word: t.say("presence-unknown") };
    if !glance::is_heard(app, snapshot, home) {
        return unknown();
    }
    let number = desk.filter(|desk| desk.home == *home).map(|desk| desk.number);
    let told = snapshot.roster.key(home).and_then(|key| app.presence.at(&key, number));
    let Some(told) = told else { return unknown() };
    let since = since(app, t, told.since);
    let (code, key) = match told.seat {
        Seat::Taken => ("here", Key("presence-here")),
        Seat::Away => ("away", Key("presence-away")),
        Seat::Empty => ("empty", Key("presence-empty")),
    };
    Lamp { code, word: t.text(key.0, "since", &since) }
}

/// A time of today as such; a clock that goes ahead shows now.
fn since(app: &App, t: &Texts, minute: UtcMinute) -> String {
    let at = app.clock.local(minute.min(app.clock.minute()));
    if at.date() == app.clock.local_now().date() { format::time(t, &at) } else { format::day(t, at.date()) }
}
