// SPDX-License-Identifier: EUPL-1.2
//! The relay, running: iroh-relay's server with our door, our certificate and our quotas.
//!
//! It passes packets that it cannot read between two members' nodes, and tells a node the address under which it is
//! seen. Keeps nothing: no file is written.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use iroh_relay::defaults::DEFAULT_RELAY_QUIC_PORT;
use iroh_relay::server::{
    CertConfig, ClientRateLimit, Limits, QuicConfig, RelayConfig, Server, ServerConfig, TlsConfig,
};
use tokio::time::{interval, timeout};

use crate::certificate::{self, CertificateError, Shown};
use crate::config::{Quota, Settings};
use crate::door::Door;
use crate::lang::{either, system_words};
use crate::members::{MembersError, Roll};

/// How soon a changed list of members is in force.
const MEMBERS_READ_EVERY: Duration = Duration::from_secs(5);
/// How soon a renewed certificate is shown.
const CERTIFICATE_READ_EVERY: Duration = Duration::from_secs(600);
/// What open connections are given to end.
const STOPS_WITHIN: Duration = Duration::from_secs(10);
/// Keys that are kept ready to be compared, many more than there are members.
const KEYS_KEPT: usize = 16 * 1024;

/// Why a relay does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Members(#[from] MembersError),
    /// An address cannot be had.
    #[error("{}", either(
        format!("l'adresse {} ({}) ne peut pas servir : {}. Choisissez-en une autre dans les réglages", .0, .1, system_words(.2)),
        format!("the address {} ({}) cannot be used: {}. Choose another in the settings", .0, .1, system_words(.2))))]
    Address(SocketAddr, &'static str, io::Error),
    /// The library refuses what the system allows.
    #[error(
        "{}",
        either(
            "le relais ne démarre pas ; la ligne d'avant dit pourquoi : corrigez les réglages, puis relancez-le",
            "the relay does not start; the line before says why: correct the settings, then start it again"
        )
    )]
    Library,
    /// It ended without being asked to.
    #[error(
        "{}",
        either("le relais s'est arrêté de lui-même : relancez-le", "the relay stopped by itself: start it again")
    )]
    Ended,
}

/// A relay that runs.
pub(crate) struct Relay {
    server: Server,
    door: Arc<Door>,
    roll: Roll,
    certificate: Option<Arc<Shown>>,
}

/// Checks all that can be checked without listening.
///
/// # Errors
/// [`StartError`].
pub(crate) fn check(settings: &Settings) -> Result<usize, StartError> {
    if let Some(files) = &settings.tls {
        certificate::read(files)?;
    }
    Ok(Roll::open(&settings.members)?.1.len())
}

impl Relay {
    /// Starts it.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub(crate) async fn start(settings: &Settings) -> Result<Self, StartError> {
        let (roll, members) = Roll::open(&settings.members)?;
        let door = Arc::new(Door::new(members));
        let certificate = settings.tls.as_ref().map(Shown::open).transpose()?;
        addresses_are_free(settings)?;
        let config = server_config(settings, certificate.as_ref().map(Shown::tls), Arc::clone(&door));
        let server = Server::spawn(config).await.map_err(|error| {
            tracing::error!("{error:#}");
            StartError::Library
        })?;
        if let Some(service) = server.relay_service() {
            door.watch(service.clients().clone());
        }
        Ok(Self { server, door, roll, certificate })
    }

    /// What nodes write into their settings, but for the name.
    pub(crate) fn address(&self) -> String {
        match (self.server.https_addr(), self.server.http_addr()) {
            (Some(at), _) => format!("https://{at}"),
            (None, Some(at)) => format!("http://{at}"),
            (None, None) => String::new(),
        }
    }

    /// Runs until `stop` ends, keeping the list of members up to date; then lets go of all connections.
    ///
    /// # Errors
    /// [`StartError::Ended`] when the server ended before.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        tokio::pin!(stop);
        let (mut every, mut renewed) = (interval(MEMBERS_READ_EVERY), interval(CERTIFICATE_READ_EVERY));
        loop {
            tokio::select! {
                () = &mut stop => break,
                ended = self.server.join() => {
                    tracing::error!(?ended, "the server ended");
                    return Err(StartError::Ended);
                }
                _ = every.tick() => self.look_at_members(),
                _ = renewed.tick() => self.look_at_certificate(),
            }
        }
        if timeout(STOPS_WITHIN, self.server.shutdown()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        Ok(())
    }

    fn look_at_certificate(&self) {
        match self.certificate.as_ref().map(|it| it.read_again()) {
            Some(Ok(true)) => tracing::info!("another certificate is shown"),
            // The one before is shown on: it may be half a renewal.
            Some(Err(error)) => tracing::error!("{error}"),
            Some(Ok(false)) | None => {}
        }
    }

    fn look_at_members(&mut self) {
        match self.roll.changed() {
            None => {}
            Some(Ok(members)) => {
                tracing::info!(members = members.len(), "another list of members is in force");
                self.door.admit(members);
            }
            // The list before stays in force: a bad file strikes nobody off, and lets nobody in.
            Some(Err(error)) => tracing::error!("{error}"),
        }
        self.door.shut_out();
    }
}

/// The library hides why the system refuses: the system is asked itself, and the sockets given back.
fn addresses_are_free(settings: &Settings) -> Result<(), StartError> {
    let tcp = |at: SocketAddr| TcpListener::bind(at).map(drop).map_err(|error| StartError::Address(at, "TCP", error));
    tcp(settings.listen)?;
    if settings.tls.is_some() {
        let at = seen_at(settings);
        UdpSocket::bind(at).map(drop).map_err(|error| StartError::Address(at, "UDP", error))?;
    }
    settings.metrics.map_or(Ok(()), tcp)
}

/// Where nodes ask under which address they are seen. The port is the one that they know of every relay.
fn seen_at(settings: &Settings) -> SocketAddr {
    SocketAddr::new(settings.listen.ip(), DEFAULT_RELAY_QUIC_PORT)
}

fn server_config(settings: &Settings, tls: Option<rustls::ServerConfig>, door: Arc<Door>) -> ServerConfig {
    let mut config = ServerConfig::default();
    let mut relay = RelayConfig::new(settings.listen);
    if let Some(server_config) = tls {
        // What the library serves in clear besides, to tell a hotel's page from the relay, nobody asks for.
        relay.http_bind_addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        relay.tls = Some(TlsConfig::new(settings.listen, CertConfig::Manual { server_config }));
        config.quic = Some(QuicConfig::new(seen_at(settings)));
    }
    relay.limits = limits(settings.quota);
    relay.key_cache_capacity = Some(KEYS_KEPT);
    relay.access = door;
    config.relay = Some(relay);
    config.metrics_addr = settings.metrics;
    config
}

fn limits(quota: Quota) -> Limits {
    let mut rate = ClientRateLimit::new(quota.bytes_per_second);
    rate.max_burst_bytes = Some(quota.burst_bytes);
    let mut limits = Limits::default();
    limits.client_rx = Some(rate);
    limits
}

#[cfg(test)]
mod tests;
