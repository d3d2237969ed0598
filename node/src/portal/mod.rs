// SPDX-License-Identifier: EUPL-1.2
//! The portal: five doors in a browser — citizen, booth, animateur, advisor, coordination — on this computer and, over
//! TLS and for those who sign in, on the office network.
//!
//! Pages are made here, whole, and work without scripts (the call apart). Each node opens the doors of its
//! role; a door that is elsewhere answers 404 with a sentence, and those who work here sign in. Refuses to listen
//! beyond loopback without encryption, to let another site's page speak through the browser, to put a person's details
//! in an address, and to open details of which the access journal has no line.

mod advisor;
mod agenda;
mod animateur;
mod appointment;
mod arrivals;
mod assets;
mod attempts;
mod badge;
mod blocks;
mod booking;
mod booth;
mod branches;
mod callback;
mod calls;
mod changed;
mod citizen;
mod compare;
mod coordination;
mod devices;
mod documents;
mod entrance;
mod evaluation;
mod events;
mod following;
mod format;
mod glance;
mod guard;
mod i18n;
mod in_call;
mod journal;
mod listener;
mod members;
mod moving;
mod notes;
mod numbers;
mod opening;
mod page;
mod papers;
mod presence;
mod queue;
mod referral;
mod routes;
mod screen;
mod seeking;
mod session;
mod sheet;
mod sheets;
mod signin;
mod slip;
mod slots;
mod suspense;
mod terms;
#[cfg(test)]
mod tests;
mod tls;
mod trial;
mod trouble;
mod trust;
mod typed;
mod underway;
mod undo;
mod waiting;
mod week;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::serve::{IncomingStream, Listener};
use crdt_calendar::ids::PublicKey;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::call::{Calls, Phase};
use crate::certificate::Certificates;
use crate::clock::Clock;
use crate::devices::Devices;
use crate::directory::Directory;
use crate::presence::Presence;
use crate::reach::{HeardAt, Reach};
use crate::replica::Replica;

use entrance::{ByEntrance, Entrance};
pub use listener::PortalError;

/// Live pages at once. A browser rarely keeps more than two; beyond, a page lives without news.
const STREAMS_MAX: usize = 48;

/// How often booths are put to sleep whose appointment is over.
const BOOTHS_TIDIED_EVERY: Duration = Duration::from_secs(60);

/// What the portal needs.
pub struct PortalConfig {
    /// Where to listen without encryption; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Under what to listen on the office network, if there.
    pub certificates: Option<Certificates>,
    /// The calendar.
    pub replica: Replica,
    /// The calls.
    pub calls: Calls,
    /// How the other members' boxes are reached.
    pub reaches: watch::Receiver<BTreeMap<PublicKey, Reach>>,
    /// When each was last heard.
    pub heard_at: watch::Receiver<HeardAt>,
    /// Who is there, here and at the agencies that are heard.
    pub presence: Presence,
    /// The clock.
    pub clock: Clock,
    /// Each page says that agencies and hours are invented.
    pub demo: bool,
    /// Each page says that all of it is for practice.
    pub practice: bool,
    /// Minutes without a person's hand after which a session locks.
    pub lock_after_min: u8,
    /// Seconds without a hand after which the public screen asks whether somebody is there.
    pub citizen_idle_sec: u16,
    /// The booth's printer and scanner.
    pub devices: Devices,
    /// The State's directory and sheets.
    pub directory: Directory,
    /// A point's cancel is late so many hours before.
    pub cancel_before_hours: u16,
    /// Where this point is called, for the slip.
    pub telephone: Option<String>,
    /// Ends it.
    pub stop: CancellationToken,
}

/// A portal that is open.
pub struct Portal {
    /// Where it listens.
    pub local_addr: SocketAddr,
    /// Ends after [`PortalConfig::stop`], when the last answer is given.
    pub task: JoinHandle<()>,
}

/// What every page can ask.
pub(crate) struct App {
    replica: Replica,
    certificates: Option<Certificates>,
    calls: Calls,
    reaches: watch::Receiver<BTreeMap<PublicKey, Reach>>,
    heard_at: watch::Receiver<HeardAt>,
    presence: Presence,
    chairs: presence::Chairs,
    clock: Clock,
    demo: bool,
    practice: bool,
    stop: CancellationToken,
    cancel_before_hours: u16,
    telephone: Option<String>,
    directory: Directory,
    screen: screen::Screen,
    devices: Devices,
    booths: booth::Booths,
    booked: undo::Booked,
    guard: guard::Guard,
    streams: Arc<Semaphore>,
    sessions: session::Sessions,
    attempts: ByEntrance<Mutex<attempts::Attempts>>,
    /// One password is hashed at a time at each way in: each takes 19 MiB.
    hashing: ByEntrance<Semaphore>,
    /// By how much sessions are older than they are.
    #[cfg(test)]
    ahead_ms: std::sync::atomic::AtomicU64,
}

/// Opens the portal.
///
/// # Errors
/// [`PortalError`].
pub async fn serve(config: PortalConfig) -> Result<Portal, PortalError> {
    let listener = listener::bind(config.listen).await?;
    let local_addr = listener.local_addr().map_err(|error| PortalError::Bind(config.listen, error))?;
    let office = config.certificates.clone().map(|it| tls::bind(it, config.stop.clone())).transpose()?;
    let stop = config.stop.clone();
    let app = Arc::new(App::new(config, local_addr.port()));
    let underway = underway::restore(&app).await;
    if let Err(error) = app.calls.documents().keep_only(|call| !underway::is_past(&app, call)) {
        tracing::warn!(%error, "documents of calls that are over stay on the disk");
    }
    let task = tokio::spawn(async move {
        let caretaker = tokio::spawn(following::look_after(Arc::clone(&app), underway, BOOTHS_TIDIED_EVERY));
        let attendant = tokio::spawn(presence::look_after(Arc::clone(&app)));
        let office = office.map(|office| tokio::spawn(pages(office, router(&app, Entrance::Office), stop.clone())));
        pages(listener, router(&app, Entrance::Loopback), stop.clone()).await;
        for task in [Some(caretaker), Some(attendant), office].into_iter().flatten() {
            if task.await.is_err() {
                tracing::error!("a task of the portal failed");
            }
        }
    });
    Ok(Portal { local_addr, task })
}

/// Answers on one listener until the portal ends; an end of one is the end of all.
async fn pages<L>(listener: L, router: Router, stop: CancellationToken)
where
    L: Listener,
    L::Addr: std::fmt::Debug,
    guard::Peer: for<'a> Connected<IncomingStream<'a, L>>,
{
    let _ends = stop.clone().drop_guard();
    let pages = router.into_make_service_with_connect_info::<guard::Peer>();
    if let Err(error) = axum::serve(listener, pages).with_graceful_shutdown(stop.cancelled_owned()).await {
        tracing::error!(%error, "the portal ended");
    }
}

impl App {
    fn new(config: PortalConfig, port: u16) -> Self {
        Self {
            guard: guard::Guard::new(port, config.certificates.as_ref().map(Certificates::settings)),
            replica: config.replica,
            certificates: config.certificates,
            calls: config.calls,
            reaches: config.reaches,
            heard_at: config.heard_at,
            presence: config.presence,
            chairs: presence::Chairs::default(),
            clock: config.clock,
            demo: config.demo,
            practice: config.practice,
            stop: config.stop,
            cancel_before_hours: config.cancel_before_hours,
            telephone: config.telephone,
            directory: config.directory,
            screen: screen::Screen::new(config.citizen_idle_sec),
            devices: config.devices,
            booths: booth::Booths::default(),
            booked: undo::Booked::default(),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            sessions: session::Sessions::new(u64::from(config.lock_after_min) * 60_000),
            attempts: ByEntrance::new(Mutex::default),
            hashing: ByEntrance::new(|| Semaphore::new(1)),
            #[cfg(test)]
            ahead_ms: 0.into(),
        }
    }

    /// Milliseconds by which sessions are told.
    fn now_ms(&self) -> u64 {
        let now = self.clock.monotonic_ms();
        #[cfg(test)]
        let now = now + self.ahead_ms.load(std::sync::atomic::Ordering::Relaxed);
        now
    }

    /// What a browser's session is worth now.
    fn standing(&self, entrance: Entrance, session: &str) -> session::Standing {
        let snapshot = self.replica.snapshot();
        let in_call = |call| {
            let state = self.calls.watch(call);
            let state = state.borrow();
            state.here && state.phase != Phase::Ended
        };
        let known = session::Known { entrance, now_ms: self.now_ms(), accounts: &snapshot.accounts, in_call: &in_call };
        self.sessions.look(session, &known)
    }
}

/// All doors of a listener behind one guard. What passes the guard has a Host, an Origin and a token that fit, and may use
/// its row there.
fn router(app: &Arc<App>, entrance: Entrance) -> Router {
    let doors = routes::router().with_state(Arc::clone(app));
    Router::new()
        .fallback_service(doors)
        .layer(from_fn_with_state((Arc::clone(app), entrance), guard::admit))
        .layer(from_fn(guard::dress))
}
