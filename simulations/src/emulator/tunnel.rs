// SPDX-License-Identifier: EUPL-1.2
//! Places with a line each: network namespaces, a TUN device in each, and the packets between them.
//!
//! Every packet goes up its sender's line to an exchange, and down its receiver's line. One more place stands at the
//! exchange itself, without a line. IPv4 between these places is all that passes: no packet leaves them. Everything is
//! taken away when the lines are dropped; what a killed run left behind, the next one takes away.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tun_rs::{DeviceBuilder, SyncDevice};

use super::condition::Condition;
use super::shaper::{Counts, Fate, Shaper};
use crate::dice::Dice;

const PREFIX: &str = "hameau-line-";
const MTU_BYTES: u16 = 1500;
/// The name of the place at the exchange.
pub(crate) const EXCHANGE: &str = "x";
/// Places with a line, at most: 250 addresses are there, and nobody needs more than a village.
pub(crate) const PLACES_MAX: usize = 26;

/// A place.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) address: Ipv4Addr,
    device: SyncDevice,
    /// Up and down; none at the exchange.
    line: Option<[Mutex<Shaper>; 2]>,
}

/// Places and the packets between them.
pub(crate) struct Lines {
    shared: Arc<Shared>,
    _namespaces: Vec<Namespace>,
}

struct Shared {
    places: Vec<Place>,
    begin: Instant,
    flying: Mutex<Flying>,
    news: Condvar,
}

#[derive(Default)]
struct Flying {
    packets: BinaryHeap<Reverse<Packet>>,
    count: u64,
}

/// A packet on a line. In order of arrival, then of number: packets of one instant keep their order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Packet {
    at: Duration,
    number: u64,
    place: usize,
    up: bool,
    bytes: Vec<u8>,
}

/// A network namespace of ours, deleted when dropped.
struct Namespace(String);

impl Namespace {
    fn new(place: &str) -> io::Result<Self> {
        let name = format!("{PREFIX}{}-{place}", std::process::id());
        ip(&["netns", "add", &name])?;
        Ok(Self(name))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Err(error) = ip(&["netns", "del", &self.0]) {
            eprintln!("the namespace {} stays: {error}", self.0);
        }
    }
}

impl Lines {
    /// Makes the places and lets packets through.
    ///
    /// # Errors
    /// Without root, `ip` (iproute2), `/dev/net/tun` or namespaces.
    pub(crate) fn open(conditions: &[Condition], seed: u64) -> io::Result<Self> {
        sweep();
        let (mut places, mut namespaces) = (Vec::new(), Vec::new());
        for (number, condition) in (0_u8..).zip(conditions.iter().take(PLACES_MAX)) {
            let name = char::from(b'a' + number).to_string();
            let shaper = |way| Mutex::new(Shaper::new(*condition, Dice::new(seed, u64::from(number) * 2 + way)));
            let namespace = Namespace::new(&name)?;
            places.push(place(name, &namespace, number + 1, Some([shaper(0), shaper(1)]))?);
            namespaces.push(namespace);
        }
        let namespace = Namespace::new(EXCHANGE)?;
        places.push(place(EXCHANGE.to_owned(), &namespace, 254, None)?);
        namespaces.push(namespace);
        let shared = Arc::new(Shared {
            places,
            begin: Instant::now(),
            flying: Mutex::new(Flying::default()),
            news: Condvar::new(),
        });
        for from in 0..shared.places.len() {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.read(from));
        }
        let deliverer = Arc::clone(&shared);
        thread::spawn(move || deliverer.deliver());
        Ok(Self { shared, _namespaces: namespaces })
    }

    /// The places, the exchange last.
    pub(crate) fn places(&self) -> &[Place] {
        &self.shared.places
    }

    /// Changes a place's line; false if there is none of that name.
    pub(crate) fn change(&self, name: &str, condition: Condition) -> bool {
        let place = self.places().iter().find(|place| place.name == name);
        let Some(line) = place.and_then(|place| place.line.as_ref()) else { return false };
        line.iter().for_each(|shaper| lock(shaper).change(condition));
        true
    }
}

impl Place {
    /// What went up and down its line so far.
    pub(crate) fn counts(&self) -> Option<[Counts; 2]> {
        self.line.as_ref().map(|line| [lock(&line[0]).counts(), lock(&line[1]).counts()])
    }
}

impl Shared {
    fn read(&self, from: usize) {
        let mut buffer = [0; MTU_BYTES as usize];
        while let Ok(length) = self.places[from].device.recv(&mut buffer) {
            let packet = &buffer[..length];
            if self.receiver(packet).is_some() {
                self.send(from, true, packet.to_vec());
            }
        }
    }

    /// Whose address an IPv4 packet (RFC 791) bears.
    fn receiver(&self, packet: &[u8]) -> Option<usize> {
        let to: [u8; 4] = packet.get(16..20)?.try_into().ok()?;
        let is_ipv4 = packet[0] >> 4 == 4;
        self.places.iter().position(|place| is_ipv4 && place.address == Ipv4Addr::from(to))
    }

    /// Puts a packet on a place's line, up or down.
    fn send(&self, place: usize, up: bool, bytes: Vec<u8>) {
        let now = self.begin.elapsed();
        let line = self.places[place].line.as_ref();
        let fate = line.map_or(Fate::Arrives(now), |line| lock(&line[usize::from(!up)]).offer(now, bytes.len()));
        if let Fate::Arrives(at) = fate {
            let mut flying = lock(&self.flying);
            flying.count += 1;
            let number = flying.count;
            flying.packets.push(Reverse(Packet { at, number, place, up, bytes }));
            self.news.notify_one();
        }
    }

    fn deliver(&self) {
        loop {
            let Packet { place, up, bytes, .. } = self.next();
            if up {
                if let Some(to) = self.receiver(&bytes) {
                    self.send(to, false, bytes);
                }
            } else if let Err(error) = self.places[place].device.send(&bytes) {
                // As on a real line, what a computer does not take is gone.
                eprintln!("a packet to {} is lost: {error}", self.places[place].name);
            }
        }
    }

    /// The next packet whose time has come; waits for it.
    fn next(&self) -> Packet {
        let mut flying = lock(&self.flying);
        loop {
            let now = self.begin.elapsed();
            let wait = match flying.packets.peek() {
                Some(Reverse(first)) => first.at.saturating_sub(now),
                None => Duration::from_secs(1),
            };
            if wait.is_zero()
                && let Some(Reverse(packet)) = flying.packets.pop()
            {
                return packet;
            }
            flying = self.news.wait_timeout(flying, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn place(name: String, namespace: &Namespace, number: u8, line: Option<[Mutex<Shaper>; 2]>) -> io::Result<Place> {
    let device_name = format!("hl{}{name}", std::process::id());
    let device = DeviceBuilder::new().name(&device_name).mtu(MTU_BYTES).build_sync()?;
    let address = Ipv4Addr::new(10, 77, 0, number);
    ip(&["link", "set", &device_name, "netns", &namespace.0])?;
    let within = |args: &[&str]| ip(&[&["-n", &namespace.0], args].concat());
    within(&["address", "add", &format!("{address}/24"), "dev", &device_name])?;
    within(&["link", "set", &device_name, "up"])?;
    within(&["link", "set", "lo", "up"])?;
    Ok(Place { name, namespace: namespace.0.clone(), address, device, line })
}

/// Takes away namespaces of runs that are no more.
fn sweep() {
    let Ok(folder) = std::fs::read_dir("/run/netns") else { return };
    for entry in folder.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if pid.is_some_and(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists()) {
            drop(Namespace(name));
        }
    }
}

fn ip(arguments: &[&str]) -> io::Result<()> {
    let done = Command::new("ip").args(arguments).output()?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(io::Error::other(format!("ip {}: {said}", arguments.join(" "))))
}

/// A thread that panicked leaves what it held in order: each holds it for one plain step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
