// SPDX-License-Identifier: EUPL-1.2
//! What the network is made of: QUIC, then TCP with noise and yamux; the guards in front, the streams behind them.
//!
//! No ping, gossip, identify or discovery of packet sizes: each costs a thin line more than it gives.
//! Invariant: `gate`, `allow` and `limits` stand before the protocols, so whoever they refuse meets none of them.

use std::io;

use std::time::Duration;

use libp2p::allow_block_list::{AllowedPeers, Behaviour as AllowList};
use libp2p::connection_limits::{Behaviour as ConnectionLimiter, ConnectionLimits};
use libp2p::identity::Keypair;
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{Swarm, SwarmBuilder, mdns, noise, quic, tcp, yamux};

use super::MeshError;
use super::gate::Gate;
use super::limits::{
    CONNECTION_STREAMS_MAX, CONNECTION_WINDOW_BYTES, CONNECTIONS_MAX, DIAL_MAX, HANDSHAKE_MAX, IDLE_MAX, KEEP_ALIVE,
    KEEP_ALIVE_APART, LAN_ASK_EVERY, PEER_CONNECTIONS_MAX, PENDING_MAX, STREAM_WINDOW_BYTES, STREAMLESS_MAX,
};
use super::stream::{self, StreamBehaviour};

/// The guards, then the protocols, in the order in which they are asked.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) gate: Gate,
    pub(super) allow: AllowList<AllowedPeers>,
    pub(super) limits: ConnectionLimiter,
    pub(super) mdns: Toggle<mdns::tokio::Behaviour>,
    pub(super) stream: StreamBehaviour,
}

/// The network of one node, not listening yet.
pub(super) fn build(pair: Keypair, with_mdns: bool) -> Result<Swarm<Behaviour>, MeshError> {
    let own = pair.public().to_peer_id();
    let first = pair.public().try_into_ed25519().map_or(0, |key| key.to_bytes()[0]);
    let keep_alive = KEEP_ALIVE + KEEP_ALIVE_APART * u32::from(first);
    let mdns = if with_mdns { local_discovery(own) } else { None };
    let swarm = SwarmBuilder::with_existing_identity(pair)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, multiplexing)
        .map_err(setup)?
        .with_quic_config(|config| patient_quic(config, keep_alive))
        .with_behaviour(|_| Behaviour {
            gate: Gate::default(),
            allow: AllowList::default(),
            limits: ConnectionLimiter::new(connection_limits()),
            mdns: Toggle::from(mdns),
            stream: stream::behaviour(),
        })
        .map_err(setup)?
        .with_swarm_config(|config| config.with_idle_connection_timeout(STREAMLESS_MAX).with_smart_dial())
        .with_connection_timeout(DIAL_MAX)
        .build();
    Ok(swarm)
}

fn setup(error: impl std::error::Error + Send + Sync + 'static) -> MeshError {
    MeshError::Setup(io::Error::other(error))
}

/// Discovery on the local network. A machine that cannot watch its interfaces does without: other ways remain.
fn local_discovery(own: libp2p::PeerId) -> Option<mdns::tokio::Behaviour> {
    let config = mdns::Config { query_interval: LAN_ASK_EVERY, ..mdns::Config::default() };
    match mdns::tokio::Behaviour::new(config, own) {
        Ok(behaviour) => Some(behaviour),
        Err(error) => {
            tracing::warn!(%error, "no discovery on the local network");
            None
        }
    }
}

fn multiplexing() -> yamux::Config {
    let mut config = yamux::Config::default();
    config.set_max_num_streams(CONNECTION_STREAMS_MAX as usize);
    config
}

fn patient_quic(mut config: quic::Config, keep_alive: Duration) -> quic::Config {
    config.handshake_timeout = HANDSHAKE_MAX;
    config.max_idle_timeout = IDLE_MAX.as_millis() as u32;
    config.keep_alive_interval = keep_alive;
    config.max_concurrent_stream_limit = CONNECTION_STREAMS_MAX;
    config.max_stream_data = STREAM_WINDOW_BYTES;
    config.max_connection_data = CONNECTION_WINDOW_BYTES;
    config.disable_path_mtu_discovery()
}

fn connection_limits() -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(PENDING_MAX))
        .with_max_pending_outgoing(Some(PENDING_MAX))
        .with_max_established(Some(CONNECTIONS_MAX))
        .with_max_established_per_peer(Some(PEER_CONNECTIONS_MAX))
}
