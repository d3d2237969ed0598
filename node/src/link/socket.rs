// SPDX-License-Identifier: EUPL-1.2
//! The UDP socket of all links and what the library makes of it; can be bound anew in its own place.
//!
//! Invariant: once closed it stays closed, also when it was being bound anew just then.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use iroh::endpoint::{
    AckFrequencyConfig, IdleTimeout, NetReportConfig, PortmapperConfig, QuicTransportConfig, RelayStatus, VarInt,
    presets,
};
use iroh::{Endpoint, SecretKey, Watcher as _};
use tokio::sync::watch;
use tokio::time::timeout;

use super::control::Seen;
use super::endpoint::{ALPN, BindError, LinkConfig};
use super::members::MembersOnly;
use super::passage::PASSAGE_ALPN;
use super::relays::RelayStanding;
use super::trial::TRIAL_ALPN;

/// What is stale helps nobody: picture waits in the room's own outbox, and comes here only when nothing does. This holds
/// one packet of it and the sound behind; the oldest is dropped beyond.
pub(super) const DATAGRAM_SEND_BYTES: usize = 4 * 1024;
/// Of a call's packets that many may wait for one acknowledgement, so long: what is said of packets that came is a
/// fifth of a thin line otherwise.
const ACKNOWLEDGED_TOGETHER: VarInt = VarInt::from_u32(8);
const ACKNOWLEDGED_AFTER: Duration = Duration::from_millis(100);
/// What a node that reads slowly may have waiting.
const DATAGRAM_RECEIVE_BYTES: usize = 64 * 1024;
/// A line that says nothing for so long is given up and dialled anew. Three times the keep-alive: on a line
/// that loses one packet in ten, a silence of that length is not chance.
const IDLE_TIME: Duration = Duration::from_secs(8);
/// For the links of a socket to end before it is bound anew.
const CLOSES_WITHIN: Duration = Duration::from_secs(10);
/// Something is said at least this often.
const KEEP_ALIVE: Duration = Duration::from_millis(2500);

/// The socket as it is.
enum End {
    Bound(Endpoint),
    /// The one before is given back, the next one not bound yet.
    Between,
    Closed,
}

/// The socket of all links.
pub(super) struct Socket {
    config: LinkConfig,
    end: watch::Sender<End>,
}

impl Socket {
    /// Binds it.
    ///
    /// # Errors
    /// [`BindError`] when the address cannot be had.
    pub(super) async fn bind(mut config: LinkConfig) -> Result<Self, BindError> {
        let endpoint = bind(&config).await?;
        if let Some(bound) = endpoint.bound_sockets().first() {
            // A port that was chosen by the system is kept when it is bound anew: others know it.
            config.listen = *bound;
        }
        Ok(Self { config, end: watch::Sender::new(End::Bound(endpoint)) })
    }

    /// How it was bound.
    pub(super) fn config(&self) -> &LinkConfig {
        &self.config
    }

    /// The library's endpoint; `None` while another is bound in its place, and once it is closed.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        match &*self.end.borrow() {
            End::Bound(endpoint) => Some(endpoint.clone()),
            End::Between | End::Closed => None,
        }
    }

    /// The endpoint, waiting while another is bound in its place; `None` once it is closed.
    pub(super) async fn bound(&self) -> Option<Endpoint> {
        let mut ends = self.end.subscribe();
        let is_settled = |end: &End| match end {
            End::Bound(endpoint) => !endpoint.is_closed(),
            End::Between => false,
            End::Closed => true,
        };
        match &*ends.wait_for(is_settled).await.ok()? {
            End::Bound(endpoint) => Some(endpoint.clone()),
            End::Between | End::Closed => None,
        }
    }

    /// How it stands with the relays.
    pub(super) fn standing(&self) -> RelayStanding {
        let relays = self.endpoint().map(|endpoint| endpoint.home_relay_status().get()).unwrap_or_default();
        if relays.iter().any(RelayStatus::is_connected) {
            RelayStanding::Connected
        } else if relays.iter().any(|it| it.auth_denied_reason().is_some()) {
            RelayStanding::Refused
        } else {
            RelayStanding::Silent
        }
    }

    /// Gives the socket back and binds it anew; once closed, does nothing. All links end. Where it fails it may be tried
    /// again.
    ///
    /// # Errors
    /// [`BindError`]; there is no socket then.
    pub(super) async fn rebind(&self) -> Result<(), BindError> {
        let old = self.endpoint();
        if !self.turn(End::Between) {
            return Ok(());
        }
        // It is bound anew because the library is stuck: its goodbye is not waited for without end.
        if let Some(old) = old
            && timeout(CLOSES_WITHIN, old.close()).await.is_err()
        {
            tracing::warn!("the socket before does not say goodbye");
        }
        let new = bind(&self.config).await?;
        if !self.turn(End::Bound(new.clone())) {
            new.close().await;
        }
        Ok(())
    }

    /// Ends all links and gives the socket back, for good.
    pub(super) async fn close(&self) {
        let last = self.endpoint();
        self.turn(End::Closed);
        if let Some(last) = last {
            last.close().await;
        }
    }

    /// Whether it is so now: what is closed stays closed.
    fn turn(&self, end: End) -> bool {
        self.end.send_if_modified(|now| {
            let is_open = !matches!(now, End::Closed);
            if is_open {
                *now = end;
            }
            is_open
        })
    }
}

async fn bind(config: &LinkConfig) -> Result<Endpoint, BindError> {
    let listen = config.listen;
    // The library hides why the system refuses: the system is asked itself, and the socket given back.
    drop(UdpSocket::bind(listen).map_err(|source| BindError::Address { listen, source })?);
    let refused = |why: String| {
        tracing::error!(why, "calls cannot be prepared");
        BindError::Setup { listen }
    };
    let mut report = NetReportConfig::default();
    // It would ask the relay in clear, to tell a hotel's page from it.
    report.captive_portal_check = false;
    Endpoint::builder(presets::Minimal)
        .secret_key(SecretKey::from_bytes(&config.secret))
        .alpns([ALPN, PASSAGE_ALPN, TRIAL_ALPN].map(<[u8]>::to_vec).to_vec())
        .relay_mode(config.relays.mode())
        .ca_tls_config(config.relays.trust())
        .net_report_config(report)
        .portmapper_config(PortmapperConfig::Disabled)
        .transport_config(transport())
        .hooks(MembersOnly { members: config.members.clone() })
        .clear_ip_transports()
        .bind_addr(listen)
        .map_err(|error| refused(error.to_string()))?
        .bind()
        .await
        .map_err(|error| refused(error.to_string()))
}

fn transport() -> QuicTransportConfig {
    let mut acknowledged = AckFrequencyConfig::default();
    acknowledged.ack_eliciting_threshold(ACKNOWLEDGED_TOGETHER).max_ack_delay(Some(ACKNOWLEDGED_AFTER));
    QuicTransportConfig::builder()
        .congestion_controller_factory(Arc::new(Seen))
        .ack_frequency_config(Some(acknowledged))
        // Its probes are 6 kB each way: most of a second of a thin line, just when the call begins. What a datagram of
        // 1162 bytes does not hold travels in two halves.
        .mtu_discovery_config(None)
        .max_idle_timeout(Some(IdleTimeout::try_from(IDLE_TIME).expect("8 s is a valid timeout")))
        .keep_alive_interval(KEEP_ALIVE)
        .datagram_send_buffer_size(DATAGRAM_SEND_BYTES)
        .datagram_receive_buffer_size(Some(DATAGRAM_RECEIVE_BYTES))
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(1))
        .build()
}
