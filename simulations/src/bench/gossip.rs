// SPDX-License-Identifier: EUPL-1.2
//! libp2p's gossipsub, with its defaults: one swarm a node, in one process, over lines of memory that deliver each byte
//! [`DELAY_MS`] late.

use std::collections::VecDeque;
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::transport::{Boxed, MemoryTransport};
use libp2p::core::upgrade::Version;
use libp2p::core::{Multiaddr, Transport as _, muxing::StreamMuxerBox};
use libp2p::futures::{AsyncRead, AsyncWrite, StreamExt as _};
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity};
use libp2p::identity::Keypair;
use libp2p::swarm::SwarmEvent;
use libp2p::{PeerId, Swarm, SwarmBuilder, plaintext, yamux};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::spread::{DELAY_MS, Graph, NODES, Spreading};

const TOPIC: &str = "calendrier";
/// For the meshes to form: several heartbeats of a second.
const WARM_UP: Duration = Duration::from_secs(8);
/// After a message: as long as its gossip goes on, three heartbeats.
const WATCHED: Duration = Duration::from_secs(4);

/// Publishes one message of so many bytes after the other.
pub(crate) fn spread(graph: &Graph, publishers: &[usize], bytes: usize) -> Result<Vec<Spreading>, Box<dyn Error>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(published(graph, publishers, bytes))
}

/// A node and what it is told to publish.
struct Node {
    publish: mpsc::UnboundedSender<Vec<u8>>,
}

async fn published(graph: &Graph, publishers: &[usize], bytes: usize) -> Result<Vec<Spreading>, Box<dyn Error>> {
    let received = Arc::new(AtomicUsize::new(0));
    let (heard, mut arrivals) = mpsc::unbounded_channel();
    let port = |place: usize| format!("/memory/{}", 1_000 + place).parse::<Multiaddr>();
    let mut swarms = Vec::new();
    for place in 0..NODES {
        let mut swarm = swarm(&received)?;
        swarm.listen_on(port(place)?)?;
        swarms.push(swarm);
    }
    let mut nodes = Vec::new();
    for (place, mut swarm) in swarms.into_iter().enumerate() {
        // One of two dials.
        for neighbour in graph[place].iter().filter(|it| **it < place) {
            swarm.dial(port(*neighbour)?)?;
        }
        let (publish, orders) = mpsc::unbounded_channel();
        tokio::spawn(run(place, swarm, orders, heard.clone()));
        nodes.push(Node { publish });
    }
    sleep(WARM_UP).await;
    let mut all = Vec::new();
    for (number, from) in publishers.iter().enumerate() {
        let mut message = number.to_be_bytes().to_vec();
        message.resize(bytes, 0x5a);
        let (before, begun) = (received.load(Ordering::Relaxed), Instant::now());
        nodes[*from].publish.send(message).map_err(|_| "a node ended")?;
        sleep(WATCHED).await;
        let mut at_ms = Vec::new();
        while let Ok((_, at)) = arrivals.try_recv() {
            at_ms.push(Instant::duration_since(&at, begun).as_secs_f64() * 1000.0);
        }
        if at_ms.len() != NODES - 1 {
            return Err(format!("gossipsub brought it to {} nodes", at_ms.len()).into());
        }
        all.push(Spreading { at_ms, bytes: received.load(Ordering::Relaxed) - before });
    }
    Ok(all)
}

fn swarm(received: &Arc<AtomicUsize>) -> Result<Swarm<gossipsub::Behaviour>, Box<dyn Error>> {
    let count = received.clone();
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_other_transport(|key| transport(key, count))?
        .with_behaviour(|key| {
            gossipsub::Behaviour::new(MessageAuthenticity::Signed(key.clone()), gossipsub::Config::default())
                .map_err(Box::<dyn Error + Send + Sync>::from)
        })?
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(3600)))
        .build();
    swarm.behaviour_mut().subscribe(&IdentTopic::new(TOPIC))?;
    Ok(swarm)
}

fn transport(key: &Keypair, received: Arc<AtomicUsize>) -> Boxed<(PeerId, StreamMuxerBox)> {
    MemoryTransport::default()
        .map(move |line, _| Late::new(line, received.clone()))
        .upgrade(Version::V1)
        .authenticate(plaintext::Config::new(key))
        .multiplex(yamux::Config::default())
        .boxed()
}

async fn run(
    place: usize,
    mut swarm: Swarm<gossipsub::Behaviour>,
    mut orders: mpsc::UnboundedReceiver<Vec<u8>>,
    heard: mpsc::UnboundedSender<(usize, Instant)>,
) {
    loop {
        tokio::select! {
            order = orders.recv() => {
                let Some(message) = order else { return };
                swarm.behaviour_mut().publish(IdentTopic::new(TOPIC), message).expect("it has neighbours");
            }
            event = swarm.select_next_some() => {
                if let SwarmEvent::Behaviour(gossipsub::Event::Message { .. }) = event
                    && heard.send((place, Instant::now())).is_err()
                {
                    return;
                }
            }
        }
    }
}

/// A line whose bytes are read some time after they came.
struct Late<S> {
    line: S,
    waiting: VecDeque<(Instant, Vec<u8>)>,
    timer: Pin<Box<Sleep>>,
    received: Arc<AtomicUsize>,
    is_over: bool,
}

impl<S> Late<S> {
    fn new(line: S, received: Arc<AtomicUsize>) -> Self {
        Self { line, waiting: VecDeque::new(), timer: Box::pin(sleep(Duration::ZERO)), received, is_over: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Late<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let it = &mut *self;
        let mut bytes = [0; 4096];
        while !it.is_over {
            match Pin::new(&mut it.line).poll_read(context, &mut bytes) {
                Poll::Ready(Ok(0)) => it.is_over = true,
                Poll::Ready(Ok(count)) => {
                    it.received.fetch_add(count, Ordering::Relaxed);
                    it.waiting.push_back((Instant::now() + Duration::from_millis(DELAY_MS), bytes[..count].to_vec()));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => break,
            }
        }
        let Some((due, front)) = it.waiting.front_mut() else {
            return if it.is_over { Poll::Ready(Ok(0)) } else { Poll::Pending };
        };
        if *due > Instant::now() {
            it.timer.set(sleep_until(*due));
            if it.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        let count = front.len().min(into.len());
        into[..count].copy_from_slice(&front[..count]);
        front.drain(..count);
        if front.is_empty() {
            it.waiting.pop_front();
        }
        Poll::Ready(Ok(count))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Late<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_close(context)
    }
}
