// SPDX-License-Identifier: EUPL-1.2
//! News for open pages, as server-sent events: *that* something changed, never what.
//!
//! A page that hears a hint asks again for its moving part. At most so many streams; each ends with the
//! portal, or when its browser is gone.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use crdt_calendar::ids::{BoothId, PublicKey};
use futures::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::{Instant, sleep_until};

use super::App;
use super::booth::{Scene, Screen};
use super::calls;
use super::guard::Visit;
use super::page::json_fault;
use super::screen::Request;
use crate::call::calendar::call_id;
use crate::call::{CallEvent, CallState};
use crate::presence::Known;
use crate::reach::Reach;
use crate::replica::{ShortId, Snapshot};

/// A sign of life on a silent stream.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Which call a page follows, if any.
#[derive(Deserialize)]
pub(super) struct Follow {
    /// The booth of this number.
    cabine: Option<u8>,
    /// The appointment of this short name.
    appel: Option<String>,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    Calendar,
    Reach,
    Booth,
    Call,
    /// Who is there, here or elsewhere.
    Presence,
    /// Somebody at the public screen asks for an appointment.
    Screen,
    /// A new minute: "dans 10 minutes" is not true any more.
    Minute,
}

impl Hint {
    fn name(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Reach => "reach",
            Self::Booth => "booth",
            Self::Call => "call",
            Self::Presence => "presence",
            Self::Screen => "screen",
            Self::Minute => "minute",
        }
    }
}

struct Listener {
    app: Arc<App>,
    shown: Arc<Snapshot>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    reaches: watch::Receiver<BTreeMap<PublicKey, Reach>>,
    scenes: watch::Receiver<BTreeMap<BoothId, Scene>>,
    present: watch::Receiver<Known>,
    requests: watch::Receiver<(u64, VecDeque<Request>)>,
    booth: Option<BoothId>,
    /// Booths' pages that open and close.
    screens: watch::Receiver<BTreeMap<BoothId, usize>>,
    _screen: Option<Screen>,
    call: Option<watch::Receiver<CallState>>,
    /// Any call of this node beginning or ending: agendas show it.
    calls: broadcast::Receiver<CallEvent>,
    _place: OwnedSemaphorePermit,
}

/// The stream of hints.
pub(super) async fn stream(State(app): State<Arc<App>>, visit: Visit, Query(follow): Query<Follow>) -> Response {
    let Ok(place) = Arc::clone(&app.streams).try_acquire_owned() else {
        return json_fault(StatusCode::SERVICE_UNAVAILABLE, &visit.t.say("error-too-many-pages"));
    };
    let listener = Listener::new(app, &follow, place);
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Sse::new(listener.hints()).keep_alive(keep_alive).into_response()
}

impl Listener {
    fn new(app: Arc<App>, follow: &Follow, place: OwnedSemaphorePermit) -> Self {
        let snapshots = app.replica.watch();
        let shown = app.replica.snapshot();
        let short: Option<ShortId> = follow.appel.as_deref().and_then(|short| short.parse().ok());
        let followed = short.and_then(|short| shown.appointment(short)).filter(|it| shown.is_ours(it));
        let call = followed.map(|it| app.calls.watch(calls::call_of(it)));
        let mut listener = Self {
            shown,
            snapshots,
            reaches: app.reaches.clone(),
            present: app.presence.watch_known(),
            scenes: app.booths.watch(),
            requests: app.screen.watch(),
            screens: app.booths.watch_screens(),
            _screen: follow.cabine.map(|booth| app.booths.open(BoothId(booth))),
            booth: follow.cabine.map(BoothId),
            call,
            calls: app.calls.events(),
            _place: place,
            app,
        };
        listener.follow_booth();
        listener
    }

    fn hints(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut listener| async move {
            let hint = listener.next().await?;
            Some((Ok(Event::default().event("hint").data(hint.name())), listener))
        })
    }

    /// The next change; `None` when the portal ends.
    async fn next(&mut self) -> Option<Hint> {
        loop {
            let minute = self.next_minute();
            tokio::select! {
                () = self.app.stop.cancelled() => return None,
                changed = self.snapshots.changed() => {
                    changed.ok()?;
                    let now = Arc::clone(&self.snapshots.borrow_and_update());
                    let differs = differs(&self.shown, &now);
                    self.shown = now;
                    if differs {
                        return Some(Hint::Calendar);
                    }
                }
                changed = self.reaches.changed() => {
                    changed.ok()?;
                    return Some(Hint::Reach);
                }
                changed = self.present.changed() => {
                    changed.ok()?;
                    return Some(Hint::Presence);
                }
                changed = self.scenes.changed() => {
                    changed.ok()?;
                    self.follow_booth();
                    return Some(Hint::Booth);
                }
                changed = self.screens.changed() => {
                    changed.ok()?;
                    return Some(Hint::Booth);
                }
                changed = self.requests.changed() => {
                    changed.ok()?;
                    return Some(Hint::Screen);
                }
                () = changed(&mut self.call) => return Some(Hint::Call),
                event = self.calls.recv() => match event {
                    // Hints say only that something changed: missed ones are made up for by the next.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return Some(Hint::Call),
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                () = sleep_until(minute) => return Some(Hint::Minute),
            }
        }
    }

    fn follow_booth(&mut self) {
        let Some(booth) = self.booth else { return };
        self.scenes.mark_unchanged();
        self.call = self.app.booths.scene(booth).map(|scene| self.app.calls.watch(call_id(&scene.appointment)));
    }

    fn next_minute(&self) -> Instant {
        let passed = u64::try_from(self.app.clock.unix_ms().rem_euclid(60_000)).unwrap_or(0);
        Instant::now() + Duration::from_millis(60_050 - passed)
    }
}

/// Waits for a change of the call; for ever when there is none, or when its room is forgotten.
async fn changed(call: &mut Option<watch::Receiver<CallState>>) {
    if let Some(state) = call
        && state.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// Whether two calendars show differently. Weeks that did not change are shared, so this is cheap.
fn differs(before: &Snapshot, after: &Snapshot) -> bool {
    let same_weeks = before.weeks.len() == after.weeks.len()
        && before.weeks.iter().zip(&after.weeks).all(|((a, one), (b, other))| a == b && Arc::ptr_eq(one, other));
    !(same_weeks
        && Arc::ptr_eq(&before.roster, &after.roster)
        && Arc::ptr_eq(&before.profiles, &after.profiles)
        && Arc::ptr_eq(&before.intents, &after.intents)
        && Arc::ptr_eq(&before.noted, &after.noted)
        && Arc::ptr_eq(&before.wishes, &after.wishes)
        && Arc::ptr_eq(&before.seekers, &after.seekers)
        && Arc::ptr_eq(&before.colleagues, &after.colleagues)
        && before.kept_at == after.kept_at
        && before.disk_refuses == after.disk_refuses
        && before.disk_is_full == after.disk_is_full
        && before.disk_is_slow == after.disk_is_slow
        && before.damage == after.damage)
}
