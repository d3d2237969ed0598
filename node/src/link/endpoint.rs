// SPDX-License-Identifier: EUPL-1.2
//! The node's end of all links: dials members.
//!
//! Refuses whoever is not enrolled, on both sides, as soon as the handshake shows the key; and closes
//! the links of a member that is struck off. Keeps nobody connected: a link lives in the [`CallLink`], or the passage,
//! that was handed out, and ends with it.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crdt_calendar::ids::PublicKey;
use iroh::endpoint::{Connection, VarInt, WeakConnectionHandle};
use iroh::{EndpointAddr, EndpointId, SecretKey};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::conn::{CLOSE_OFFLINE, CallLink, Control, closed_as_stranger};
use super::door::Incoming;
use super::members::strike_off;
use super::passage::Passages;
use super::relays::{RelayStanding, Relays};
use super::socket::Socket;
use super::watchdog;
use super::wire::{CallId, Presence, Signal};
use crate::lang::{either, system_words};

/// The protocol's name in the TLS handshake. Another version of the wire takes another name.
pub const ALPN: &[u8] = b"hameau/call/3";

/// Time for a handshake, and again for the words after it. On a satellite line (600 ms, 2 % loss) 2.1 s
/// were measured. Later: the attempt is given up, and the caller tries anew.
pub(super) const HANDSHAKE_TIME: Duration = Duration::from_secs(5);
/// Links at once, as many as rooms. Beyond: the oldest is forgotten by `set_offline`, not closed.
const LINKS_MAX: usize = 256;
/// How to bind a [`Link`].
pub struct LinkConfig {
    /// The node's ed25519 seed.
    pub secret: [u8; 32],
    /// UDP address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The enrolled keys. An empty set: nobody.
    pub members: watch::Receiver<Arc<HashSet<PublicKey>>>,
    /// By way of which a node may be reached that cannot be directly.
    pub relays: Relays,
}

/// A node's end of all its links. A cheap handle: clones share one socket.
#[derive(Clone)]
pub struct Link {
    pub(super) shared: Arc<Shared>,
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
    key: PublicKey,
    pub(super) socket: Socket,
    pub(super) members: watch::Receiver<Arc<HashSet<PublicKey>>>,
    pub(super) offline: watch::Sender<bool>,
    open: Mutex<Vec<(PublicKey, WeakConnectionHandle)>>,
    /// One trial of a line at a time.
    pub(super) trial: Semaphore,
    /// Closes the links of those who are struck off; watches over the way to the relays.
    wardens: Mutex<Vec<AbortOnDropHandle<()>>>,
}

impl Link {
    /// Binds the socket and starts listening.
    ///
    /// # Errors
    /// [`BindError`] when the address cannot be had.
    pub async fn bind(config: LinkConfig) -> Result<(Self, Incoming, Passages), BindError> {
        let members = config.members.clone();
        let has_relays = !config.relays.addresses.is_empty();
        let key = PublicKey(*SecretKey::from_bytes(&config.secret).public().as_bytes());
        let shared = Arc::new(Shared {
            key,
            socket: Socket::bind(config).await?,
            members,
            offline: watch::Sender::new(false),
            open: Mutex::default(),
            trial: Semaphore::new(1),
            wardens: Mutex::default(),
        });
        let mut wardens = vec![AbortOnDropHandle::new(tokio::spawn(strike_off(Arc::downgrade(&shared))))];
        if has_relays {
            wardens.push(AbortOnDropHandle::new(tokio::spawn(watchdog::watch(Arc::downgrade(&shared)))));
        }
        *shared.wardens.lock().expect("no panic under this lock") = wardens;
        let (incoming, passages) = Incoming::new(Arc::clone(&shared));
        Ok((Self { shared }, incoming, passages))
    }

    /// This node's key.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.shared.key
    }

    /// The addresses that the socket is bound to. An unspecified one (`0.0.0.0`) stays so here: which
    /// addresses of this machine others can reach is not known at this place.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.shared.socket.endpoint().map(|endpoint| endpoint.bound_sockets()).unwrap_or_default()
    }

    /// How it stands with the relays; `None` where the node has none.
    #[must_use]
    pub fn relay_standing(&self) -> Option<RelayStanding> {
        let socket = &self.shared.socket;
        (!socket.config().relays.addresses.is_empty()).then(|| socket.standing())
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
        let dialled = async {
            let conn = self.connect(peer, addrs, ALPN).await?;
            timeout(HANDSHAKE_TIME, greet(conn, peer, call, presence)).await.map_err(|_| DialError::Unreachable)?
        };
        self.while_online(dialled).await
    }

    /// Breaks off what is dialled when this node is cut off by hand.
    pub(super) async fn while_online<T>(
        &self,
        dialled: impl Future<Output = Result<T, DialError>>,
    ) -> Result<T, DialError> {
        let mut offline = self.shared.offline.subscribe();
        if *offline.borrow_and_update() {
            return Err(DialError::Offline);
        }
        tokio::select! {
            dialled = dialled => dialled,
            _ = offline.wait_for(|cut| *cut) => Err(DialError::Offline),
        }
    }

    /// A connection with a member's node, at these addresses and by way of the relays.
    pub(super) async fn connect(
        &self,
        peer: PublicKey,
        addrs: &[SocketAddr],
        alpn: &[u8],
    ) -> Result<Connection, DialError> {
        if !self.shared.members.borrow().contains(&peer) {
            return Err(DialError::NotMember(peer));
        }
        let id = EndpointId::from_bytes(&peer.0).map_err(|_| DialError::NotMember(peer))?;
        let address = addrs.iter().fold(EndpointAddr::new(id), |address, at| address.with_ip_addr(*at));
        let address = self.shared.socket.config().relays.add_to(address);
        let endpoint = self.shared.socket.endpoint().ok_or(DialError::Unreachable)?;
        let conn = timeout(HANDSHAKE_TIME, endpoint.connect(address, alpn))
            .await
            .map_err(|_| DialError::Unreachable)?
            .map_err(|_| DialError::Unreachable)?;
        self.shared.remember(peer, &conn);
        Ok(conn)
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
        self.shared.socket.close().await;
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

    /// Whether there is a link of a call, with anybody.
    pub(super) fn has_links(&self) -> bool {
        let open = self.open.lock().expect("no panic under this lock");
        let is_call = |conn: &Connection| conn.close_reason().is_none() && conn.alpn() == ALPN;
        open.iter().any(|(_, kept)| kept.upgrade().is_some_and(|conn| is_call(&conn)))
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
