// SPDX-License-Identifier: EUPL-1.2
//! The node's end of all links: binds one UDP socket, dials members.
//!
//! Refuses whoever is not enrolled, on both sides, as soon as the handshake shows the key; and closes
//! the links of a member that is struck off. Keeps nobody connected: a link lives in the [`CallLink`]
//! that was handed out, and ends with it.

use std::collections::HashSet;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crdt_calendar::ids::PublicKey;
use iroh::endpoint::{
    AckFrequencyConfig, Connection, IdleTimeout, PortmapperConfig, QuicTransportConfig, VarInt, WeakConnectionHandle,
    presets,
};
use iroh::{Endpoint, EndpointAddr, EndpointId, RelayMode, SecretKey};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::conn::{CLOSE_OFFLINE, CallLink, Control, closed_as_stranger};
use super::control::Passing;
use super::door::Incoming;
use super::members::{MembersOnly, strike_off};
use super::wire::{CallId, Presence, Signal};
use crate::lang::{either, system_words};

/// The protocol's name in the TLS handshake. Another version of the wire takes another name.
pub const ALPN: &[u8] = b"hameau/call/2";

/// Time for a handshake, and again for the words after it. On a satellite line (600 ms, 2 % loss) 2.1 s
/// were measured. Later: the attempt is given up, and the caller tries anew.
pub(super) const HANDSHAKE_TIME: Duration = Duration::from_secs(5);
/// Links at once, as many as rooms. Beyond: the oldest is forgotten by `set_offline`, not closed.
const LINKS_MAX: usize = 256;
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
/// Something is said at least this often.
const KEEP_ALIVE: Duration = Duration::from_millis(2500);

/// How to bind a [`Link`].
pub struct LinkConfig {
    /// The node's ed25519 seed.
    pub secret: [u8; 32],
    /// UDP address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The enrolled keys. An empty set: nobody.
    pub members: watch::Receiver<Arc<HashSet<PublicKey>>>,
}

/// A node's end of all its links. A cheap handle: clones share one socket.
#[derive(Clone)]
pub struct Link {
    shared: Arc<Shared>,
}

/// Why the socket could not be had.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is not one of this machine, or taken.
    #[error("{}", either(
        format!("l'adresse {listen} ne peut pas servir aux appels ({}) : choisissez un port libre dans node.toml", system_words(source)),
        format!("the address {listen} cannot serve for calls ({}): choose a free port in node.toml", system_words(source))))]
    Address {
        /// The address asked for.
        listen: SocketAddr,
        /// The system's words.
        source: io::Error,
    },
    /// The library refuses what the system allows.
    #[error("{}", either(
        format!("les appels ne peuvent pas être préparés sur {listen} : choisissez un autre port dans node.toml, puis relancez"),
        format!("calls cannot be prepared on {listen}: choose another port in node.toml, then start again")))]
    Setup {
        /// The address asked for.
        listen: SocketAddr,
    },
}

/// Why a dialled node did not come to the call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// This node is cut off, by hand.
    #[error("this node is cut off")]
    Offline,
    /// The key is not enrolled here.
    #[error("{0} is not enrolled")]
    NotMember(PublicKey),
    /// The other node does not count this one among the members.
    #[error("the other node does not know this one as a member")]
    Stranger,
    /// No answer at these addresses in time.
    #[error("the other node does not answer")]
    Unreachable,
    /// It answered no, for this reason of `call::gate::Refusal`.
    #[error("the other node refused the call (reason {0})")]
    Refused(u8),
}

/// What all handles of a link, its door and its warden share.
pub(super) struct Shared {
    pub(super) endpoint: Endpoint,
    pub(super) members: watch::Receiver<Arc<HashSet<PublicKey>>>,
    pub(super) offline: watch::Sender<bool>,
    open: Mutex<Vec<(PublicKey, WeakConnectionHandle)>>,
    /// Closes the links of those who are struck off.
    warden: Mutex<Option<AbortOnDropHandle<()>>>,
}

impl Link {
    /// Binds the socket and starts listening.
    ///
    /// # Errors
    /// [`BindError`] when the address cannot be had.
    pub async fn bind(config: LinkConfig) -> Result<(Self, Incoming), BindError> {
        let listen = config.listen;
        // The library hides why the system refuses: the system is asked itself, and the socket given back.
        drop(UdpSocket::bind(listen).map_err(|source| BindError::Address { listen, source })?);
        let refused = |why: String| {
            tracing::error!(why, "calls cannot be prepared");
            BindError::Setup { listen }
        };
        let endpoint = Endpoint::builder(presets::Minimal)
            .secret_key(SecretKey::from_bytes(&config.secret))
            .alpns(vec![ALPN.to_vec()])
            .relay_mode(RelayMode::Disabled)
            .portmapper_config(PortmapperConfig::Disabled)
            .transport_config(transport())
            .hooks(MembersOnly { members: config.members.clone() })
            .clear_ip_transports()
            .bind_addr(listen)
            .map_err(|error| refused(error.to_string()))?
            .bind()
            .await
            .map_err(|error| refused(error.to_string()))?;
        let shared = Arc::new(Shared {
            endpoint,
            members: config.members,
            offline: watch::Sender::new(false),
            open: Mutex::default(),
            warden: Mutex::default(),
        });
        let warden = AbortOnDropHandle::new(tokio::spawn(strike_off(Arc::downgrade(&shared))));
        *shared.warden.lock().expect("no panic under this lock") = Some(warden);
        let incoming = Incoming::new(Arc::clone(&shared));
        Ok((Self { shared }, incoming))
    }

    /// This node's key.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        PublicKey(*self.shared.endpoint.id().as_bytes())
    }

    /// The addresses that the socket is bound to. An unspecified one (`0.0.0.0`) stays so here: which
    /// addresses of this machine others can reach is not known at this place.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.shared.endpoint.bound_sockets()
    }

    /// Calls a member's node to a call. Some 5 s at most for the handshake, and again for the answer.
    ///
    /// # Errors
    /// [`DialError`] when there is no link afterwards.
    pub async fn dial(
        &self,
        peer: PublicKey,
        addrs: &[SocketAddr],
        call: CallId,
        presence: Presence,
    ) -> Result<CallLink, DialError> {
        let mut offline = self.shared.offline.subscribe();
        if *offline.borrow_and_update() {
            return Err(DialError::Offline);
        }
        tokio::select! {
            dialled = self.dial_online(peer, addrs, call, presence) => dialled,
            _ = offline.wait_for(|cut| *cut) => Err(DialError::Offline),
        }
    }

    async fn dial_online(
        &self,
        peer: PublicKey,
        addrs: &[SocketAddr],
        call: CallId,
        presence: Presence,
    ) -> Result<CallLink, DialError> {
        if !self.shared.members.borrow().contains(&peer) {
            return Err(DialError::NotMember(peer));
        }
        let id = EndpointId::from_bytes(&peer.0).map_err(|_| DialError::NotMember(peer))?;
        let address = addrs.iter().fold(EndpointAddr::new(id), |address, at| address.with_ip_addr(*at));
        let conn = timeout(HANDSHAKE_TIME, self.shared.endpoint.connect(address, ALPN))
            .await
            .map_err(|_| DialError::Unreachable)?
            .map_err(|_| DialError::Unreachable)?;
        self.shared.remember(peer, &conn);
        timeout(HANDSHAKE_TIME, greet(conn, peer, call, presence)).await.map_err(|_| DialError::Unreachable)?
    }

    /// For trials: cuts this node off its calls, or lets it back. All links end at once; until the
    /// return nothing is dialled and whoever dials hears nothing, as with a cut line.
    pub fn set_offline(&self, offline: bool) {
        self.shared.offline.send_replace(offline);
        if offline {
            self.shared.close_where(|_| true, CLOSE_OFFLINE);
        }
    }

    /// Ends all links and gives the socket back. Nothing can be dialled afterwards.
    pub async fn close(&self) {
        self.shared.endpoint.close().await;
    }
}

impl Shared {
    /// Keeps a link in mind, to close it when this node is cut off or the member struck off.
    pub(super) fn remember(&self, peer: PublicKey, conn: &Connection) {
        let mut open = self.open.lock().expect("no panic under this lock");
        open.retain(|(_, kept)| kept.upgrade().is_some_and(|conn| conn.close_reason().is_none()));
        if open.len() == LINKS_MAX {
            open.remove(0);
        }
        open.push((peer, conn.weak_handle()));
    }

    pub(super) fn close_where(&self, which: impl Fn(&PublicKey) -> bool, code: VarInt) {
        let open = self.open.lock().expect("no panic under this lock");
        for (_, kept) in open.iter().filter(|(peer, _)| which(peer)) {
            if let Some(conn) = kept.upgrade() {
                conn.close(code, b"");
            }
        }
    }
}

fn transport() -> QuicTransportConfig {
    let mut acknowledged = AckFrequencyConfig::default();
    acknowledged.ack_eliciting_threshold(ACKNOWLEDGED_TOGETHER).max_ack_delay(Some(ACKNOWLEDGED_AFTER));
    QuicTransportConfig::builder()
        .congestion_controller_factory(Arc::new(Passing))
        .ack_frequency_config(Some(acknowledged))
        // Its probes are 6 kB each way: most of a second of a thin line, just when the call begins. What a datagram of
        // 1162 bytes does not hold travels in two halves.
        .mtu_discovery_config(None)
        .max_idle_timeout(Some(IdleTimeout::try_from(IDLE_TIME).expect("8 s is a valid timeout")))
        .keep_alive_interval(KEEP_ALIVE)
        .datagram_send_buffer_size(DATAGRAM_SEND_BYTES)
        .datagram_receive_buffer_size(Some(DATAGRAM_RECEIVE_BYTES))
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .build()
}

/// First words of the node that dialled.
async fn greet(conn: Connection, peer: PublicKey, call: CallId, presence: Presence) -> Result<CallLink, DialError> {
    let stranger = |conn: &Connection| {
        if closed_as_stranger(conn) { DialError::Stranger } else { DialError::Unreachable }
    };
    let streams = conn.open_bi().await.map_err(|_| stranger(&conn))?;
    let mut control = Control::new(conn.clone(), streams);
    control.write(Signal::Hello(call, presence)).await.map_err(|_| stranger(&conn))?;
    match control.read().await {
        Ok(Signal::Accepted(theirs)) => Ok(CallLink::new(peer, control, theirs)),
        Ok(Signal::Refused(reason)) => Err(DialError::Refused(reason)),
        Ok(_) | Err(_) => Err(stranger(&conn)),
    }
}
