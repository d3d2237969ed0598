// SPDX-License-Identifier: EUPL-1.2
//! Whoever floods a node, in a process of its own: a member that has gone bad, by what is wrong or by what is right,
//! strangers who shake hands, or noise on the port. Tells what it sent when its standard input is closed.

use std::collections::HashSet;
use std::error::Error;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crdt_calendar::act::Act;
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, Writer};
use crdt_calendar::limits::WEEKS_AHEAD;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame};
use hameau_node::clock::Clock;
use hameau_node::home::Home;
use hameau_node::mesh::{Mesh, MeshConfig, MeshEvent, MeshHandle, Neighbour};
use hameau_node::run::papers;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Bad messages a second that are tried: ten every millisecond.
const EVERY: Duration = Duration::from_millis(1);
const AT_ONCE: u64 = 10;
/// Frames that have not left yet: fewer than a queue takes.
const ON_THE_WAY_MAX: u64 = 64;
/// Strangers at the door at once.
const STRANGERS: u8 = 8;
/// A stranger who has heard nothing for so long tries again under another key.
const PATIENCE: Duration = Duration::from_millis(100);
/// As long as the first packet of a QUIC handshake.
const NOISE_BYTES: usize = 1_200;

/// Who floods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// A member's box: frames with wrong signatures, cut frames, frames of no version.
    Member,
    /// A member's box: acts that are all in order, one a frame, until its registers of all weeks are full.
    Acts,
    /// Boxes that are no members.
    Strangers,
    /// Packets that are none of the protocol's.
    Noise,
}

/// Floods until its standard input is closed.
#[derive(clap::Args)]
pub(crate) struct Flooder {
    kind: Kind,
    /// The folder of the member that floods.
    member: PathBuf,
    /// The folder of the node that is flooded.
    node: PathBuf,
}

/// What was sent.
#[derive(Debug, Default)]
struct Sent {
    offered: AtomicU64,
    connections: AtomicU64,
}

impl Flooder {
    pub(crate) async fn run(&self) -> Result<(), Box<dyn Error>> {
        hameau_node::install_crypto()?;
        let sent = Arc::new(Sent::default());
        let flooding = self.flood(&sent);
        let over = async { tokio::io::stdin().read_to_end(&mut Vec::new()).await };
        tokio::select! {
            ended = flooding => ended?,
            _ = over => {}
        }
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        println!("{}", json!({ "offered": count(&sent.offered), "connections": count(&sent.connections) }));
        Ok(())
    }

    async fn flood(&self, sent: &Arc<Sent>) -> Result<(), Box<dyn Error>> {
        let node = Home::open(&self.node)?;
        let target = Neighbour { key: node.public_key()?, addrs: addresses(&self.node)? };
        match self.kind {
            Kind::Member => {
                let bad = bad_frames(&Home::open(&self.member)?, target.key)?;
                self.member(target, sent, bad.into_iter().cycle()).await
            }
            Kind::Acts => self.member(target, sent, good_frames(&Home::open(&self.member)?)?).await,
            Kind::Strangers => strangers(target, sent).await,
            Kind::Noise => noise(&self.node, sent).await,
        }
    }

    /// Sends frames in their order, as fast as they leave: who fills a queue loses its connection.
    async fn member(
        &self,
        target: Neighbour,
        sent: &Arc<Sent>,
        frames: impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), Box<dyn Error>> {
        let home = Home::open(&self.member)?;
        let mut frames = frames.peekable();
        let (mesh, mut events) = start(home.key()?.to_bytes()).await?;
        meet(&mesh, &target);
        let mut every = interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut on_the_way = 0_u64;
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(MeshEvent::Up { .. }) => {
                        on_the_way = 0;
                        let before = sent.connections.fetch_add(1, Ordering::Relaxed);
                        if before > 0 && self.kind == Kind::Acts {
                            return Err("cut off: what follows would not be in order".into());
                        }
                    }
                    Some(MeshEvent::Written { frames, .. }) => on_the_way = on_the_way.saturating_sub(u64::from(frames)),
                    Some(_) => {}
                    None => return Err("the mesh has ended".into()),
                },
                _ = every.tick() => {
                    for _ in 0..AT_ONCE {
                        if on_the_way < ON_THE_WAY_MAX
                            && let Some(frame) = frames.peek()
                            && mesh.send(target.key, frame.clone().into()).is_ok()
                        {
                            frames.next();
                            on_the_way += 1;
                            sent.offered.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            }
        }
    }
}

/// Frames that are refused: a signature that is another's, half a frame, a frame of no kind, noise.
fn bad_frames(home: &Home, of: PublicKey) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let territory = papers(home)?.genesis.territory();
    let key = home.key()?;
    let writer = Writer { key: home.public_key()?, incarnation: Incarnation([7; 8]) };
    let mut folio = Folio::new(territory, FolioId { writer, leaf: Leaf::Profile });
    folio.append(&Act::Begin { previous: None }, &key)?;
    let mut forged = folio.after(0).ok_or("an act")?;
    forged.folio.writer.key = of;
    let forged = frame::encode(&Frame::Acts(forged));
    let half = forged[..forged.len() / 2].to_vec();
    Ok(vec![forged, half, vec![1, 250, 3, 3, 3], vec![1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]])
}

/// Acts in order, each signed and in a frame of its own, week after week.
fn good_frames(home: &Home) -> Result<impl Iterator<Item = Vec<u8>>, Box<dyn Error>> {
    let (territory, key) = (papers(home)?.genesis.territory(), home.key()?);
    let writer = Writer { key: home.public_key()?, incarnation: home.incarnation()? };
    let now = Clock::new(0, "Europe/Paris")?.minute().week();
    let weeks = (now.0..=now.0 + WEEKS_AHEAD).map(IsoWeek);
    Ok(weeks.flat_map(move |week| {
        let mut folio = Folio::new(territory, FolioId { writer, leaf: Leaf::Week(week) });
        let key = key.clone();
        core::iter::from_fn(move || {
            let held = folio.seq();
            folio.append(&Act::Drop { ask: 1 }, &key).ok()?;
            Some(frame::encode(&Frame::Acts(folio.after(held)?)))
        })
    }))
}

async fn start(secret: [u8; 32]) -> Result<(MeshHandle, mpsc::Receiver<MeshEvent>), Box<dyn Error>> {
    Ok(Mesh::start(MeshConfig { secret: secret.into(), listen: Vec::new(), mdns: false }).await?)
}

fn meet(mesh: &MeshHandle, target: &Neighbour) {
    mesh.set_members(HashSet::from([target.key]));
    mesh.set_neighbours(vec![target.clone()]);
}

/// Each shakes hands, is shown the door, and comes again under another key.
async fn strangers(target: Neighbour, sent: &Arc<Sent>) -> Result<(), Box<dyn Error>> {
    let mut doors = tokio::task::JoinSet::new();
    for place in 0..STRANGERS {
        let (target, sent) = (target.clone(), Arc::clone(sent));
        doors.spawn(async move {
            for number in 1_u64.. {
                let mut secret = [place + 1; 32];
                secret[..8].copy_from_slice(&number.to_be_bytes());
                let Ok((mesh, mut events)) = start(secret).await else { return };
                meet(&mesh, &target);
                sent.offered.fetch_add(1, Ordering::Relaxed);
                let down = async {
                    while let Some(event) = events.recv().await {
                        match event {
                            MeshEvent::Up { .. } => drop(sent.connections.fetch_add(1, Ordering::Relaxed)),
                            MeshEvent::Down { .. } => return,
                            _ => {}
                        }
                    }
                };
                // Nobody answers a stranger: the door closes, and no event says so.
                drop(timeout(PATIENCE, down).await);
                mesh.stop().await;
            }
        });
    }
    while doors.join_next().await.is_some() {}
    Err("the strangers are gone".into())
}

async fn noise(node: &Path, sent: &Arc<Sent>) -> Result<(), Box<dyn Error>> {
    let port = port(node)?;
    let socket = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    socket.connect((Ipv4Addr::LOCALHOST, port)).await?;
    let mut every = interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut packet = [0x55_u8; NOISE_BYTES];
    loop {
        every.tick().await;
        for _ in 0..AT_ONCE {
            let number = sent.offered.fetch_add(1, Ordering::Relaxed);
            // Long headers of QUIC 1 with connection names that nobody has, and packets that are nothing.
            packet[0] = if number.is_multiple_of(2) { 0xc0 } else { 0x15 };
            packet[1..5].copy_from_slice(&1_u32.to_be_bytes());
            packet[6..14].copy_from_slice(&number.to_be_bytes());
            if socket.send(&packet).await.is_err() {
                sent.offered.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

/// Where the node's settings say that it listens.
fn addresses<T: std::str::FromStr>(home: &Path) -> Result<Vec<T>, Box<dyn Error>> {
    let settings = std::fs::read_to_string(home.join("node.toml"))?;
    let mesh = settings.lines().find(|line| line.starts_with("mesh_listen")).ok_or("no address")?;
    Ok(mesh.split('"').skip(1).step_by(2).filter_map(|it| it.parse().ok()).collect())
}

fn port(home: &Path) -> Result<u16, Box<dyn Error>> {
    let first: Vec<String> = addresses(home)?;
    let port = first.first().and_then(|it| it.split('/').nth(4)?.parse().ok());
    Ok(port.ok_or("no port")?)
}
