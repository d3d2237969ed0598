// SPDX-License-Identifier: EUPL-1.2
//! The booth: a screen that waits, wakes when the animateur starts a call, and goes back to waiting.
//!
//! The person touches nothing. The page knows the agency's name and no person's; when the call is over,
//! nothing of it is left on the screen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use crdt_calendar::ids::{ActRef, BoothId};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::App;
use super::calls::{self, CallView, Offer};
use super::guard::Visit;
use super::i18n::Key;
use super::in_call::InCall;
use super::page::{Answer, Door, Page, oops, show};
use crate::call::Side;
use crate::call::calendar::call_id;

/// What happens in one booth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scene {
    /// Whose call it is.
    pub appointment: ActRef,
    /// The person asked for the animateur.
    pub help: bool,
    /// The call began: both have seen each other.
    pub begun: bool,
    /// Which start this is: a screen enters each once, so that a call that was hung up does not begin anew.
    pub turn: u64,
}

/// The booths of this point; a booth that is not in it waits.
pub(super) struct Booths {
    scenes: watch::Sender<BTreeMap<BoothId, Scene>>,
    /// How many screens show each booth's page now.
    screens: watch::Sender<BTreeMap<BoothId, usize>>,
    turns: AtomicU64,
    /// In which the last call did not come back after a cut.
    interrupted: Mutex<BTreeSet<BoothId>>,
}

impl Default for Booths {
    fn default() -> Self {
        let (scenes, screens) = (watch::Sender::default(), watch::Sender::default());
        Self { scenes, screens, turns: AtomicU64::new(1), interrupted: Mutex::default() }
    }
}

impl Booths {
    fn interrupted(&self) -> MutexGuard<'_, BTreeSet<BoothId>> {
        // Nothing that holds it can panic half-way.
        self.interrupted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes a booth for an appointment; `false` when it is awake for another.
    pub(super) fn call(&self, booth: BoothId, appointment: ActRef) -> bool {
        self.interrupted().remove(&booth);
        self.scenes.send_if_modified(|scenes| {
            let free = scenes.get(&booth).is_none_or(|scene| scene.appointment == appointment);
            if free {
                let turn = self.turns.fetch_add(1, Ordering::Relaxed);
                scenes.entry(booth).or_insert(Scene { appointment, help: false, begun: false, turn });
            }
            free
        })
    }

    /// Brings back a booth's call after a restart; its screen has entered it already.
    pub(super) fn resume(&self, booth: BoothId, scene: Scene) {
        self.turns.fetch_max(scene.turn + 1, Ordering::Relaxed);
        self.scenes.send_modify(|scenes| {
            scenes.insert(booth, scene);
        });
    }

    /// Lets the booth of an appointment sleep again; its screen says if the call did not come back after a cut.
    pub(super) fn end(&self, appointment: &ActRef, is_interrupted: bool) {
        self.scenes.send_if_modified(|scenes| {
            let before = scenes.len();
            scenes.retain(|booth, scene| {
                let is_other = scene.appointment != *appointment;
                if !is_other && is_interrupted {
                    self.interrupted().insert(*booth);
                }
                is_other
            });
            scenes.len() != before
        });
    }

    /// The person asks for the animateur, or the animateur has seen it.
    pub(super) fn set_help(&self, appointment: &ActRef, help: bool) {
        self.scenes.send_if_modified(|scenes| {
            let scene = scenes.values_mut().find(|scene| scene.appointment == *appointment);
            scene.is_some_and(|scene| core::mem::replace(&mut scene.help, help) != help)
        });
    }

    /// Both see each other; tells whether it is the first time.
    pub(super) fn begin(&self, appointment: &ActRef) -> bool {
        self.scenes.send_if_modified(|scenes| {
            let scene = scenes.values_mut().find(|scene| scene.appointment == *appointment);
            scene.is_some_and(|scene| !core::mem::replace(&mut scene.begun, true))
        })
    }

    pub(super) fn scene(&self, booth: BoothId) -> Option<Scene> {
        self.scenes.borrow().get(&booth).copied()
    }

    pub(super) fn all(&self) -> BTreeMap<BoothId, Scene> {
        self.scenes.borrow().clone()
    }

    pub(super) fn watch(&self) -> watch::Receiver<BTreeMap<BoothId, Scene>> {
        self.scenes.subscribe()
    }

    /// A screen shows this booth's page, until what is given back is dropped.
    pub(super) fn open(&self, booth: BoothId) -> Screen {
        self.screens.send_modify(|screens| *screens.entry(booth).or_default() += 1);
        Screen { booth, screens: self.screens.clone() }
    }

    /// Whether a screen shows this booth's page: without one a call begins nowhere.
    pub(super) fn is_open(&self, booth: BoothId) -> bool {
        self.screens.borrow().contains_key(&booth)
    }

    pub(super) fn watch_screens(&self) -> watch::Receiver<BTreeMap<BoothId, usize>> {
        self.screens.subscribe()
    }
}

/// A screen that shows a booth's page.
pub(super) struct Screen {
    booth: BoothId,
    screens: watch::Sender<BTreeMap<BoothId, usize>>,
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.screens.send_modify(|screens| {
            if let Some(count) = screens.get_mut(&self.booth) {
                *count -= 1;
            }
            screens.retain(|_, count| *count > 0);
        });
    }
}

#[derive(Template)]
#[template(path = "booth.html")]
struct BoothPage {
    page: Page,
    number: u8,
    with_scanner: bool,
    with_printer: bool,
}

/// Which booth a screen stands in.
#[derive(Deserialize)]
pub(super) struct Which {
    cabine: Option<u8>,
}

/// The booth's screen.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let snapshot = app.replica.snapshot();
    let profile = snapshot.own_profile();
    let mut booths = profile.map(|it| it.description.booths.as_slice()).unwrap_or_default().iter();
    let found = match which.cabine {
        Some(number) => booths.find(|(id, _)| id.0 == number),
        None => booths.next(),
    };
    let Some((number, name)) = found else {
        return Err(oops(&app, &visit, StatusCode::NOT_FOUND, visit.t.say("error-booth-unknown")));
    };
    let page = app.page(&visit, Door::Booth, Key("title-booth")).with_title(name.clone());
    let (with_scanner, with_printer) = (app.devices.scanner.is_some(), app.devices.printer.is_some());
    Ok(show(StatusCode::OK, &BoothPage { page, number: number.0, with_scanner, with_printer }))
}

/// What the booth's screen shows now.
#[derive(Serialize)]
pub(super) struct BoothView {
    called: bool,
    turn: u64,
    agency: String,
    /// The animateur was called and has not come yet.
    help: bool,
    call: Option<CallView>,
    /// The last call here did not come back after a cut.
    interrupted: bool,
    /// Forms of this page carry it now: another one after a restart.
    token: String,
    /// Another one after each start of the node.
    run: String,
}

/// The state of the booth, for its page.
pub(super) async fn state(State(app): State<Arc<App>>, visit: Visit, Path(booth): Path<u8>) -> Response {
    let (booth, token, run) = (BoothId(booth), visit.token.clone(), app.guard.run());
    let Some(scene) = app.booths.scene(booth) else {
        let interrupted = app.booths.interrupted().contains(&booth);
        let (agency, help, call) = (String::new(), false, None);
        return Json(BoothView { called: false, turn: 0, agency, help, call, interrupted, token, run }).into_response();
    };
    let snapshot = app.replica.snapshot();
    let home = snapshot.appointment_by_id(&scene.appointment).and_then(|it| it.home.as_ref());
    let agency = home.map(|home| snapshot.name_of(home)).unwrap_or_default();
    let state = app.calls.watch(call_id(&scene.appointment)).borrow().clone();
    let call = Some(calls::view(visit.t, &state, Side::Booth));
    let (turn, help) = (scene.turn, scene.help);
    Json(BoothView { called: true, turn, agency, help, call, interrupted: false, token, run }).into_response()
}

/// The booth's browser enters the call.
pub(super) async fn offer(State(app): State<Arc<App>>, visit: Visit, it: InCall, Json(offer): Json<Offer>) -> Response {
    calls::offer(&app, &visit, it.call, Side::Booth, offer).await
}

/// The person calls the animateur. It works without a line: it stays on this computer.
pub(super) async fn help(State(app): State<Arc<App>>, it: InCall) -> StatusCode {
    app.booths.set_help(&it.appointment, true);
    app.calls.ask_help(it.call).await;
    StatusCode::NO_CONTENT
}

/// The person hung up.
pub(super) async fn hang_up(State(app): State<Arc<App>>, it: InCall) -> StatusCode {
    app.calls.hang_up(it.call).await;
    app.booths.end(&it.appointment, false);
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, Writer};

    #[test]
    fn a_booth_wakes_for_one_appointment() {
        // Goal: a booth is never taken from a person in a call; help is seen once; the end puts it to sleep.
        let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([2; 8]) };
        let act = |act| ActRef { folio: FolioId { writer, leaf: Leaf::Profile }, act };
        let booths = Booths::default();
        assert!(booths.call(BoothId(1), act(1)));
        assert!(!booths.call(BoothId(1), act(2)), "taken");
        assert!(booths.call(BoothId(2), act(2)), "another booth");
        booths.set_help(&act(1), true);
        assert!(booths.call(BoothId(1), act(1)), "started twice");
        let scene = booths.scene(BoothId(1)).expect("awake");
        assert_eq!((scene.appointment, scene.help), (act(1), true));
        let mut watch = booths.watch();
        watch.mark_unchanged();
        booths.set_help(&act(1), true);
        assert!(!watch.has_changed().expect("open"), "nothing new");
        booths.end(&act(1), false);
        assert_eq!(booths.scene(BoothId(1)), None);
        assert!(booths.scene(BoothId(2)).is_some());
        assert!(booths.call(BoothId(1), act(1)));
        assert!(booths.scene(BoothId(1)).expect("awake").turn > scene.turn, "a new start");
    }
}
