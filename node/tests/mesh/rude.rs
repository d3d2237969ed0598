// SPDX-License-Identifier: EUPL-1.2
//! A member that speaks the network's language by itself and keeps no rule of ours.

use std::io::ErrorKind;

use crdt_calendar::ids::PublicKey;
use futures::StreamExt as _;
use futures::io::{AsyncReadExt as _, AsyncWriteExt as _};
use libp2p::identity::{Keypair, PublicKey as NetworkKey, ed25519};
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, Stream, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::world::DEADLINE;

pub(crate) struct Rude {
    pub(crate) key: PublicKey,
    swarm: Option<Swarm<libp2p_stream::Behaviour>>,
    driver: Option<JoinHandle<()>>,
}

impl Rude {
    /// One whose key is lower: the rules let it open.
    pub(crate) fn lower_than(other: PublicKey) -> Self {
        Self::such_that(|key| key < other)
    }

    /// One whose key is higher: it has to wait for a stream.
    pub(crate) fn higher_than(other: PublicKey) -> Self {
        Self::such_that(|key| key > other)
    }

    fn such_that(wanted: impl Fn(PublicKey) -> bool) -> Self {
        let pairs = (100..=255_u8).map(|seed| Keypair::ed25519_from_bytes([seed; 32]).expect("32 bytes"));
        let keyed = pairs.map(|pair| {
            let key = pair.public().try_into_ed25519().expect("made so").to_bytes();
            (PublicKey(key), pair)
        });
        let (key, pair) = keyed.into_iter().find(|(key, _)| wanted(*key)).expect("one in 155");
        let swarm = SwarmBuilder::with_existing_identity(pair)
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .expect("noise")
            .with_quic()
            .with_behaviour(|_| libp2p_stream::Behaviour::new())
            .expect("no error there")
            .build();
        Self { key, swarm: Some(swarm), driver: None }
    }

    /// Connects and opens a stream.
    pub(crate) async fn open(&mut self, to: PublicKey, addr: &Multiaddr) -> Stream {
        let to = ed25519::PublicKey::try_from_bytes(&to.0).expect("a key");
        let to = NetworkKey::from(to).to_peer_id();
        let mut swarm = self.swarm.take().expect("opened once");
        let mut control = swarm.behaviour().new_control();
        swarm.dial(DialOpts::peer_id(to).addresses(vec![addr.clone()]).build()).expect("nothing refuses here");
        let connected =
            async { while !matches!(swarm.select_next_some().await, SwarmEvent::ConnectionEstablished { .. }) {} };
        timeout(DEADLINE, connected).await.expect("a connection");
        self.driver = Some(tokio::spawn(async move { while swarm.next().await.is_some() {} }));
        let opened = control.open_stream(to, StreamProtocol::new("/hameau/replication/1"));
        timeout(DEADLINE, opened).await.expect("an answer").expect("a stream")
    }

    pub(crate) async fn say(&self, stream: &mut Stream, bytes: &[u8]) {
        let said = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        timeout(DEADLINE, said).await.expect("room").expect("the stream stands");
    }

    /// Reads until the other side closes.
    pub(crate) async fn until_closed(&self, stream: &mut Stream) {
        let mut rest = Vec::new();
        match timeout(DEADLINE, stream.read_to_end(&mut rest)).await.expect("an end") {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

impl Drop for Rude {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.abort();
        }
    }
}
