// SPDX-License-Identifier: EUPL-1.2
//! `cargo sim bench spread`: how one booking comes to 50 nodes, each with six neighbours, 80 ms away. Ours beside
//! libp2p's gossipsub with its defaults, on the same graph, with a message of the same bytes.
//!
//! Ours are replicators in simulated time, gossipsub are real swarms in real time behind lines of memory that hold
//! bytes back ([`super::gossip`]): on both a hop takes 80 ms, and computing nearly nothing. Bytes: ours with 4 for each
//! frame's length, gossipsub's with what its streams add (yamux).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::PathBuf;
use std::process::ExitCode;

use crdt_calendar::ids::PublicKey;
use crdt_calendar::replicator::{Effect, Input, Replicator};
use hameau_tests::header::{header, keep};
use hameau_tests::statistics::{Better, ratio, summary};
use serde_json::{Value, json};

use super::folios::{Calendar, POINTS, WEEK};
use super::gossip;
use crate::dice::Dice;

pub(crate) const NODES: usize = 50;
/// Rings whose union is the graph: each gives a node two neighbours.
const RINGS: usize = 3;
pub(crate) const DELAY_MS: u64 = 80;
/// Details as a real form seals them.
const ENVELOPE_BYTES: usize = 433;

/// How much.
#[derive(clap::Args)]
pub(crate) struct Spread {
    /// Graphs, one seed each.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=20))]
    graphs: u64,
    /// Bookings on each, by another node each time.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    bookings: u16,
    /// Where all rounds are written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Who is whose neighbour, by place.
pub(crate) type Graph = Vec<Vec<usize>>;

/// What became of one booking.
pub(crate) struct Spreading {
    /// When each other node had it, in milliseconds.
    pub(crate) at_ms: Vec<f64>,
    /// What all nodes received meanwhile.
    pub(crate) bytes: usize,
}

impl Spread {
    pub(crate) fn run(&self) -> ExitCode {
        match self.measured() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        }
    }

    fn measured(&self) -> Result<(), Box<dyn std::error::Error>> {
        let mut run = header("cargo sim bench spread");
        let (mut rows, mut times, mut bounds, mut redundancies) =
            (Vec::new(), [vec![], vec![]], vec![], [vec![], vec![]]);
        for seed in 0..self.graphs {
            let graph = graph(seed);
            let mut ours = Ours::new(&graph);
            let publishers: Vec<usize> = (0..usize::from(self.bookings)).map(|it| it * 7 % POINTS).collect();
            let mine: Vec<(Spreading, usize)> = publishers.iter().map(|from| ours.book(*from)).collect();
            let payload = mine.iter().map(|(_, payload)| *payload).max().ok_or("a booking")?;
            let theirs = gossip::spread(&graph, &publishers, payload)?;
            for ((from, (mine, payload)), theirs) in publishers.iter().zip(&mine).zip(&theirs) {
                let useful = payload * (NODES - 1);
                let bound_ms = (eccentricity(&graph, *from) as u64 * DELAY_MS) as f64;
                let both = [mine, theirs].map(|it| (last_ms(it), it.bytes as f64 / useful as f64));
                for (place, (ms, redundancy)) in both.iter().enumerate() {
                    times[place].push(*ms);
                    redundancies[place].push(*redundancy);
                }
                bounds.push(bound_ms);
                rows.push(json!({ "graph": seed, "from": from, "payload_bytes": payload, "bound_ms": bound_ms,
                    "ours_ms": mine.at_ms, "ours_bytes": mine.bytes,
                    "gossipsub_ms": theirs.at_ms, "gossipsub_bytes": theirs.bytes }));
            }
        }
        run["told"] = tell(&times, &bounds, &redundancies);
        run["rows"] = json!(rows);
        Ok(keep(self.json.as_deref(), &run)?)
    }
}

/// When the last of the others had it: of 49, their 99th percentile.
fn last_ms(it: &Spreading) -> f64 {
    it.at_ms.iter().copied().fold(f64::NAN, f64::max)
}

fn tell(times: &[Vec<f64>; 2], bounds: &[f64], redundancies: &[Vec<f64>; 2]) -> Value {
    let lower = Better::Lower;
    let [ours, gossipsub] = times;
    let compared = [
        ("time_to_gossipsub", ratio(ours, gossipsub, lower), 1.3),
        ("time_to_bound", ratio(ours, bounds, lower), 2.0),
        ("redundancy_to_gossipsub", ratio(&redundancies[0], &redundancies[1], lower), 0.35),
    ];
    println!("the last node has it after {} ms; gossipsub {} ms", summary(ours, lower), summary(gossipsub, lower));
    println!(
        "bytes received for one that was needed: {}; gossipsub {}",
        summary(&redundancies[0], lower),
        summary(&redundancies[1], lower)
    );
    let mut told = json!({
        "ours_ms": summary(ours, lower).json(), "gossipsub_ms": summary(gossipsub, lower).json(),
        "ours_redundancy": summary(&redundancies[0], lower).json(),
        "gossipsub_redundancy": summary(&redundancies[1], lower).json() });
    for (name, found, goal) in compared {
        println!("{name}: {found} (goal {goal})");
        told[name] = json!({ "goal": goal, "ratio": found.json() });
    }
    told
}

/// Some rings through all nodes, in an order of their own each, and no two neighbours twice.
fn graph(seed: u64) -> Graph {
    let mut dice = Dice::new(seed, 77);
    loop {
        let mut graph = vec![Vec::new(); NODES];
        for _ in 0..RINGS {
            let mut order: Vec<usize> = (0..NODES).collect();
            for place in (1..NODES).rev() {
                order.swap(place, dice.place(place + 1).unwrap_or(0));
            }
            for (place, from) in order.iter().enumerate() {
                let to = order[(place + 1) % NODES];
                graph[*from].push(to);
                graph[to].push(*from);
            }
        }
        let is_simple = |neighbours: &Vec<usize>| {
            let mut sorted = neighbours.clone();
            sorted.sort_unstable();
            sorted.windows(2).all(|two| two[0] != two[1])
        };
        if graph.iter().all(is_simple) {
            return graph;
        }
    }
}

/// Hops to the node that is farthest.
fn eccentricity(graph: &Graph, from: usize) -> usize {
    let mut hops = vec![usize::MAX; graph.len()];
    hops[from] = 0;
    let mut next = VecDeque::from([from]);
    while let Some(place) = next.pop_front() {
        for neighbour in &graph[place] {
            if hops[*neighbour] == usize::MAX {
                hops[*neighbour] = hops[place] + 1;
                next.push_back(*neighbour);
            }
        }
    }
    hops.into_iter().max().unwrap_or(0)
}

/// Frames that are on their way, the next first.
type OnTheWay = BinaryHeap<Reverse<(u64, u64, usize, usize, Vec<u8>)>>;

/// Our nodes, in simulated time.
struct Ours {
    calendar: Calendar,
    nodes: Vec<Replicator>,
    keys: Vec<PublicKey>,
    now_ms: u64,
    sent: u64,
    booked: usize,
    on_the_way: OnTheWay,
}

impl Ours {
    fn new(graph: &Graph) -> Self {
        // Everybody has written in the week already: the second booking of a week is the ordinary one.
        let calendar = Calendar::of(NODES, 16 * NODES, ENVELOPE_BYTES);
        let keys: Vec<PublicKey> = (0..NODES).map(|place| calendar.key(place)).collect();
        let nodes = (0..NODES).map(|place| calendar.replicator(place)).collect();
        let mut it = Self { calendar, nodes, keys, now_ms: 0, sent: 0, booked: 0, on_the_way: BinaryHeap::new() };
        for (place, neighbours) in graph.iter().enumerate() {
            for neighbour in neighbours {
                let peer = it.keys[*neighbour];
                it.input(place, Input::Up(peer));
            }
        }
        it.settle(None);
        it
    }

    /// One booking by a node, until all is silent; and the bytes of its act.
    fn book(&mut self, from: usize) -> (Spreading, usize) {
        let (id, payload) = self.calendar.book(&mut self.nodes[from], from, self.booked);
        self.booked += 1;
        let begun_ms = self.now_ms;
        self.input(from, Input::Written(id));
        let wanted = self.nodes[from].shelf().folio(&id).map_or(0, |folio| folio.seq());
        let mut spreading = self.settle(Some((id, wanted)));
        assert_eq!(spreading.at_ms.len(), NODES - 1, "everybody has it");
        spreading.at_ms.iter_mut().for_each(|at_ms| *at_ms -= begun_ms as f64);
        (spreading, payload)
    }

    fn input(&mut self, place: usize, input: Input) {
        self.nodes[place].handle(self.now_ms, WEEK, input);
        self.drain(place);
    }

    fn drain(&mut self, place: usize) {
        while let Some(effect) = self.nodes[place].poll() {
            if let Effect::Send { peer, bytes } = effect {
                let to = self.keys.iter().position(|key| *key == peer).expect("a neighbour");
                self.sent += 1;
                self.on_the_way.push(Reverse((self.now_ms + DELAY_MS, self.sent, place, to, bytes)));
            }
        }
    }

    /// Until nothing is on its way; tells when each node came to hold so many acts of a folio.
    fn settle(&mut self, watched: Option<(crdt_calendar::ids::FolioId, u32)>) -> Spreading {
        let mut spreading = Spreading { at_ms: Vec::new(), bytes: 0 };
        while let Some(Reverse((at_ms, _, from, to, bytes))) = self.on_the_way.pop() {
            self.now_ms = at_ms;
            spreading.bytes += bytes.len() + 4;
            let holds = |it: &Self| {
                watched.is_some_and(|(id, seq)| it.nodes[to].shelf().folio(&id).is_some_and(|it| it.seq() >= seq))
            };
            let before = holds(self);
            self.input(to, Input::Frame(self.keys[from], bytes));
            if !before && holds(self) {
                spreading.at_ms.push(at_ms as f64);
            }
            if self.nodes[from].owes(&self.keys[to]) {
                self.input(from, Input::Room(self.keys[to]));
            }
        }
        spreading
    }
}
