// SPDX-License-Identifier: EUPL-1.2
//! The mesh: carries frames of bytes between enrolled members, over QUIC or TCP, with one stream a peer.
//!
//! It reads no frame, keeps nothing for later and knows no roster: members and neighbours are told to it, and a frame
//! for someone who is not up is refused at once. Its types speak of keys; how peers are named on the network stays
//! inside. Invariants: for one peer, Up and Down alternate, and every Frame lies between them (`session`); nothing
//! here grows without a bound (`limits`).
//!
//! One task owns the network and is joined by [`MeshHandle::stop`]; it ends too when the handle or the events are
//! dropped. It never waits for the owner of the events, so the owner may call the handle from where it reads them.

mod backoff;
mod behaviour;
mod board;
mod frame;
mod gate;
mod identity;
mod lan;
pub mod limits;
mod listen;
mod notices;
mod peer;
mod session;
mod stream;
mod task;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use crdt_calendar::ids::PublicKey;
use futures::io::{AsyncRead, AsyncWrite};
use libp2p::Multiaddr;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::lang::{either, system_words};
use crate::reach::Reach;
use board::Board;
use task::{Task, Wanted};

/// What a mesh is started with.
pub struct MeshConfig {
    /// The box's Ed25519 seed, 32 bytes: its name on the network.
    pub secret: Zeroizing<[u8; 32]>,
    /// Where to listen, such as `/ip4/0.0.0.0/udp/4600/quic-v1` and `/ip4/0.0.0.0/tcp/4600`; port 0 takes a free one.
    pub listen: Vec<Multiaddr>,
    /// Whether to look for members on the local network. Off in trials on one machine.
    pub mdns: bool,
}

/// Bytes both ways with a member: a stream of the mesh's own connections, or one that was connected elsewhere
/// ([`MeshHandle::carry`]). It ends when it is dropped.
pub trait Carrier: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Carrier for T {}

/// A member to stay connected with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Its key. Someone who is not a member is not dialled.
    pub key: PublicKey,
    /// Where it listens, all at once: QUIC is tried first, TCP a moment later. At most
    /// [`limits::NEIGHBOUR_ADDRS_MAX`] are used.
    pub addrs: Vec<Multiaddr>,
}

/// What happens on the mesh.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MeshEvent {
    /// The addresses that are listened on: the first event, and again whenever they change.
    Listening(Vec<Multiaddr>),
    /// A member's stream stands: frames pass both ways.
    Up {
        /// The member.
        peer: PublicKey,
        /// How it is reached; [`MeshHandle::reach`] follows changes.
        reach: Reach,
    },
    /// It no longer stands. What was queued and not yet written is lost.
    Down {
        /// The member.
        peer: PublicKey,
    },
    /// A frame of 1 to [`limits::FRAME_BYTES_MAX`] bytes, in the order in which the peer sent it.
    Frame {
        /// Who sent it.
        peer: PublicKey,
        /// Whatever it holds: data to check.
        bytes: Bytes,
    },
    /// So many frames for this peer have been written since this was last said, and none waits any more.
    Written {
        /// The member.
        peer: PublicKey,
        /// How many.
        frames: u32,
    },
    /// Somebody who is no member came in to the handshake, by which the key is proven, and was cut. Said late it is said
    /// once a key.
    Knocked {
        /// Whose key it is.
        key: PublicKey,
        /// Where they came from.
        from: Multiaddr,
    },
    /// Something was refused; said when the count reaches 1, 2, 4, 8 and so on.
    Refused {
        /// The member who is charged; `None` for strangers, all counted together.
        peer: Option<PublicKey>,
        /// Why.
        why: Refusal,
        /// How often since the mesh started.
        count: u64,
    },
}

/// Why something of a peer was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// A key that is not a member's: cut after the handshake.
    Stranger,
    /// A frame announced above the limit: the stream is closed, the next one waits.
    Oversize,
    /// A stream out of turn: too soon after the last, or opened by the side that does not open.
    Stream,
}

/// Why a mesh did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeshError {
    /// Another program, or another node, has the port.
    #[error("{}", either(
        format!("l'adresse {addr} est déjà prise par un autre programme : arrêtez-le, ou choisissez un autre port dans node.toml"),
        format!("the address {addr} is taken by another program: stop it, or choose another port in node.toml")))]
    Taken {
        /// The address asked for.
        addr: Multiaddr,
    },
    /// The system refuses the address.
    #[error("{}", either(
        format!("impossible d'écouter sur {addr} : {} ; vérifiez que cette adresse est bien celle de cette machine", system_words(source)),
        format!("cannot listen on {addr}: {}; check that this address is one of this machine", system_words(source))))]
    Listen {
        /// The address asked for.
        addr: Multiaddr,
        /// What the system says.
        source: io::Error,
    },
    /// Neither QUIC nor TCP over IP.
    #[error("{}", either(
        format!("l'adresse {addr} n'est pas utilisable : écrivez-la comme /ip4/0.0.0.0/udp/4646/quic-v1"),
        format!("the address {addr} cannot be used: write it like /ip4/0.0.0.0/udp/4646/quic-v1")))]
    Address {
        /// The address asked for.
        addr: Multiaddr,
    },
    /// The network could not be prepared.
    #[error("{}", either(
        format!("le réseau n'a pas pu être préparé : {} ; relancez la boîte", system_words(.0)),
        format!("the network could not be prepared: {}; start the node again", system_words(.0))))]
    Setup(#[source] io::Error),
}

/// Why a frame was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The peer is not up: send again after its next Up.
    #[error("no stream stands with this peer: send again when it is up")]
    Down,
    /// It reads too slowly. Its stream was closed: Down follows, and an exchange afresh after the next Up.
    #[error("too much is waiting for this peer: its stream was closed, begin again when it is up")]
    Full,
    /// No frame has this length.
    #[error("a frame has 1 to {max} bytes, not {bytes}: cut it", max = limits::FRAME_BYTES_MAX)]
    Length {
        /// The length offered.
        bytes: usize,
    },
}

/// Starts meshes.
pub struct Mesh;

/// The way to a running mesh. Clones lead to the same one; with the last it ends.
#[derive(Clone)]
pub struct MeshHandle {
    own: PublicKey,
    board: Arc<Board>,
    wanted: Arc<watch::Sender<Wanted>>,
    carried: mpsc::Sender<(PublicKey, Box<dyn Carrier>)>,
    stop: CancellationToken,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Mesh {
    /// Listens, and spawns the one task. No one is a member yet: see [`MeshHandle::set_members`].
    ///
    /// # Errors
    /// [`MeshError`], when one of the addresses cannot be listened on; then none is.
    pub async fn start(config: MeshConfig) -> Result<(MeshHandle, mpsc::Receiver<MeshEvent>), MeshError> {
        let bad_key = || MeshError::Setup(io::Error::new(io::ErrorKind::InvalidInput, "not a key"));
        let pair = identity::keypair(&config.secret).ok_or_else(bad_key)?;
        let own = identity::public_key(pair.public().to_peer_id()).ok_or_else(bad_key)?;
        let mut swarm = behaviour::build(pair, config.mdns)?;
        let heard_near = listen::listen(&mut swarm, &config.listen).await?;
        let board = Arc::new(Board::default());
        let stop = CancellationToken::new();
        let (wanted, wishes) = watch::channel(Wanted::default());
        let (events, heard) = mpsc::channel(limits::EVENTS_MAX);
        let (carried, brought) = mpsc::channel(limits::CARRIED_MAX);
        let mut task = Task::new(own, swarm, Arc::clone(&board), events)?;
        heard_near.into_iter().for_each(|event| task.on_local(event));
        let task = tokio::spawn(task.run(wishes, brought, stop.clone()));
        let task = Arc::new(Mutex::new(Some(task)));
        Ok((MeshHandle { own, board, wanted: Arc::new(wanted), carried, stop, task }, heard))
    }
}

impl MeshHandle {
    /// The box's own key.
    #[must_use]
    pub fn own(&self) -> PublicKey {
        self.own
    }

    /// Says who is a member: all of them, each time. Anyone else is cut, now and later. At most
    /// [`limits::MEMBERS_MAX`].
    pub fn set_members(&self, members: HashSet<PublicKey>) {
        self.wanted.send_modify(|wanted| wanted.members = members);
    }

    /// Says whom to stay connected with: all of them, each time. Those left out are not cut, only dialled no more.
    pub fn set_neighbours(&self, neighbours: Vec<Neighbour>) {
        self.wanted.send_modify(|wanted| wanted.neighbours = neighbours);
    }

    /// For trials: `true` cuts every connection and refuses new ones, `false` dials again at once.
    pub fn set_offline(&self, offline: bool) {
        self.wanted.send_modify(|wanted| wanted.offline = offline);
    }

    /// Queues a frame of 1 to [`limits::FRAME_BYTES_MAX`] bytes for a peer that is up. Never waits.
    ///
    /// # Errors
    /// [`SendError`]; the frame was not taken.
    pub fn send(&self, peer: PublicKey, bytes: Bytes) -> Result<(), SendError> {
        self.board.send(peer, bytes)
    }

    /// The members to stay connected with, as last said.
    #[must_use]
    pub fn neighbours(&self) -> Vec<PublicKey> {
        self.wanted.borrow().neighbours.iter().map(|it| it.key).collect()
    }

    /// Frames of a member pass over this stream from now on, by way of a relay, until a connection of the mesh's own
    /// stands, or another stream is brought. It is dropped where such a connection stands, and where the peer is no member.
    pub fn carry(&self, peer: PublicKey, stream: Box<dyn Carrier>) {
        if self.carried.try_send((peer, stream)).is_err() {
            tracing::debug!(?peer, "too many streams are brought at once");
        }
    }

    /// Ends the conversation with a member, on both sides; the next begins afresh. Nothing if there is none.
    pub fn begin_anew(&self, peer: PublicKey) {
        self.board.end(peer);
    }

    /// How each member is reached at this moment; [`Reach::Unheard`] for those that are not up.
    #[must_use]
    pub fn reach(&self) -> BTreeMap<PublicKey, Reach> {
        self.board.reach()
    }

    /// Closes everything and waits for the task; the events end without further Downs. A second call returns at once.
    pub async fn stop(&self) {
        self.stop.cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the task of the mesh broke");
        }
    }
}
