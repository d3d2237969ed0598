// SPDX-License-Identifier: EUPL-1.2
//! The portal: five doors in a browser on this computer — citizen, booth, animateur, advisor, coordination.
//!
//! Pages are made here, whole, and work without scripts (the call apart). Each node opens the doors of its
//! role; a door that is elsewhere answers 404 with a sentence. Refuses to listen beyond loopback, to let
//! another site's page speak through the browser, and to put a person's details in an address.

mod advisor;
mod agenda;
mod animateur;
mod appointment;
mod assets;
mod booking;
mod booth;
mod callback;
mod calls;
mod citizen;
mod coordination;
mod events;
mod format;
mod guard;
mod i18n;
mod listener;
mod page;
mod slip;
mod slots;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::serve::Listener;
use crdt_calendar::act::Role;
use crdt_calendar::ids::PublicKey;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::call::Calls;
use crate::clock::Clock;
use crate::reach::Reach;
use crate::replica::Replica;

pub use listener::PortalError;

/// Live pages at once. A browser rarely keeps more than two; beyond, a page lives without news.
const STREAMS_MAX: usize = 48;

/// How often booths are put to sleep whose appointment is over.
const BOOTHS_TIDIED_EVERY: Duration = Duration::from_secs(60);

/// What the portal needs.
pub struct PortalConfig {
    /// Where to listen; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The calendar.
    pub replica: Replica,
    /// The calls.
    pub calls: Calls,
    /// How the other members' boxes are reached.
    pub reaches: watch::Receiver<BTreeMap<PublicKey, Reach>>,
    /// The clock.
    pub clock: Clock,
    /// Each page says that agencies and hours are invented.
    pub demo: bool,
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
    calls: Calls,
    reaches: watch::Receiver<BTreeMap<PublicKey, Reach>>,
    clock: Clock,
    demo: bool,
    stop: CancellationToken,
    booths: booth::Booths,
    guard: guard::Guard,
    streams: Arc<Semaphore>,
}

/// Opens the portal.
///
/// # Errors
/// [`PortalError`].
pub async fn serve(config: PortalConfig) -> Result<Portal, PortalError> {
    let listener = listener::bind(config.listen).await?;
    let local_addr = listener.local_addr().map_err(|error| PortalError::Bind(config.listen, error))?;
    let stop = config.stop.clone();
    let app = Arc::new(App::new(config, local_addr.port()));
    let task = tokio::spawn(async move {
        let caretaker = tokio::spawn(booth::look_after(Arc::clone(&app), BOOTHS_TIDIED_EVERY));
        let ended = stop.clone().cancelled_owned();
        if let Err(error) = axum::serve(listener, router(&app)).with_graceful_shutdown(ended).await {
            tracing::error!(%error, "the portal ended");
        }
        stop.cancel();
        if caretaker.await.is_err() {
            tracing::error!("the booths' caretaker failed");
        }
    });
    Ok(Portal { local_addr, task })
}

impl App {
    fn new(config: PortalConfig, port: u16) -> Self {
        Self {
            replica: config.replica,
            calls: config.calls,
            reaches: config.reaches,
            clock: config.clock,
            demo: config.demo,
            stop: config.stop,
            booths: booth::Booths::default(),
            guard: guard::Guard::new(port),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        }
    }
}

/// All doors behind one guard. What passes the guard has a Host, an Origin and a token that fit.
fn router(app: &Arc<App>) -> Router {
    let only = |roles: &'static [Role]| from_fn_with_state((Arc::clone(app), roles), page::only);
    Router::new()
        .merge(point().route_layer(only(&[Role::Point])))
        .merge(agency().route_layer(only(&[Role::Agency])))
        .merge(Router::new().route("/coordination", get(coordination::page)).route_layer(only(&[Role::Coordination])))
        .route("/", get(citizen::page).post(citizen::search))
        .route("/restauration", post(page::restoration_seen))
        .route("/evenements", get(events::stream))
        .route("/a/{version}/{name}", get(assets::asset))
        .fallback(page::not_found)
        .method_not_allowed_fallback(page::not_found)
        .layer(from_fn_with_state(Arc::clone(app), guard::admit))
        .layer(from_fn(guard::dress))
        .with_state(Arc::clone(app))
}

fn point() -> Router<Arc<App>> {
    Router::new()
        .route("/cabine", get(booth::page))
        .route("/cabine/{booth}/etat", get(booth::state))
        .route("/cabine/{booth}/offre", post(booth::offer))
        .route("/cabine/{booth}/micro", post(booth::mute))
        .route("/cabine/{booth}/aide", post(booth::help))
        .route("/cabine/{booth}/raccrocher", post(booth::hang_up))
        .route("/cabine/{booth}/parti", post(booth::leave))
        .route("/animateur", get(animateur::page))
        .route("/animateur/aide", post(animateur::help_seen))
        .route("/animateur/rendez-vous/nouveau", get(booking::page).post(booking::book))
        .route("/animateur/rendez-vous/{short}", get(appointment::page))
        .route("/animateur/rendez-vous/{short}/bulletin", get(slip::page))
        .route("/animateur/rendez-vous/{short}/modifier", get(appointment::amend_page).post(appointment::amend))
        .route("/animateur/rendez-vous/{short}/annuler", post(appointment::cancel))
        .route("/animateur/rendez-vous/{short}/arrivee", post(appointment::arrived))
        .route("/animateur/rendez-vous/{short}/demarrer", post(appointment::start_call))
        .route("/animateur/rendez-vous/{short}/arreter", post(appointment::stop_call))
        .route("/animateur/rendez-vous/{short}/cabine", post(callback::give_booth))
        .route("/animateur/rendez-vous/{short}/rappele", post(callback::called_back))
        .route("/animateur/rendez-vous/{short}/autre-heure", post(callback::take_alternative))
}

fn agency() -> Router<Arc<App>> {
    Router::new()
        .route("/conseiller", get(advisor::page))
        .route("/conseiller/bulletin", get(slip::reading).post(slip::read))
        .route("/conseiller/rendez-vous/{short}/annuler", post(advisor::cancel))
        .route("/conseiller/rendez-vous/{short}/issue", post(advisor::outcome))
        .route("/conseiller/rendez-vous/{short}/appel", get(advisor::call_page))
        .route("/conseiller/rendez-vous/{short}/appel/etat", get(advisor::state))
        .route("/conseiller/rendez-vous/{short}/appel/offre", post(advisor::offer))
        .route("/conseiller/rendez-vous/{short}/appel/micro", post(advisor::mute))
        .route("/conseiller/rendez-vous/{short}/appel/raccrocher", post(advisor::hang_up))
        .route("/conseiller/rendez-vous/{short}/appel/parti", post(advisor::leave))
}
