// SPDX-License-Identifier: EUPL-1.2
//! A point and an agency each behind a router that translates addresses, and an exchange between: five namespaces. The
//! coordination is at the exchange, and so may a relay be.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::{Command as StdCommand, Stdio};

use tokio::process::{Child, Command};

use crate::hand::{self, PASSWORD, STAFF, Village, hameau, staffed, stopped};
use crate::lan::{MORNING, OPEN_AT_TEN, PORTAL, cable, close_all, confirmed, has, ip, listens, open_all, shift_to};
use crate::person::{Camera, Person};
use crate::relay::Relay;
use crate::terminal;
use crate::wait::until;

/// Where the exchange is for the point's router, and for a relay's clients.
pub const EXCHANGE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

/// What a router does to UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Router {
    /// It only passes packets on, both ways.
    Open,
    /// One port outside for one inside, and whoever knows it may come in by it.
    EndpointIndependent,
    /// One port outside for one inside; in comes only who was spoken to, from the port that was spoken to.
    AddressAndPort,
    /// Another port outside for each that is spoken to, and nobody else comes in: symmetric.
    Symmetric,
    /// UDP does not pass at all; TCP as behind [`Router::Symmetric`].
    NoUdp,
    /// Nothing passes but TLS on its port (443): the relay's.
    TlsAlone,
}

/// Two local networks behind routers. Dropped: all of it goes.
pub struct Nat {
    names: Vec<String>,
}

/// A machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The point's, behind its router.
    Point,
    /// The point's router.
    PointRouter,
    /// The agency's, behind its router.
    Agency,
    /// The agency's router.
    AgencyRouter,
    /// The one between.
    Exchange,
}

/// What a router is for its own network, and beyond.
struct Side {
    inside: At,
    router: At,
    network: &'static str,
    outside: &'static str,
    exchange: &'static str,
    port: &'static str,
}

const SIDES: [Side; 2] = [
    Side {
        inside: At::Point,
        router: At::PointRouter,
        network: "192.168.46",
        outside: "198.51.100.1",
        exchange: "198.51.100.2",
        port: "one",
    },
    Side {
        inside: At::Agency,
        router: At::AgencyRouter,
        network: "192.168.77",
        outside: "203.0.113.1",
        exchange: "203.0.113.2",
        port: "two",
    },
];

impl Nat {
    /// Sets it up; `None`, told with the reason, where this machine cannot have it.
    ///
    /// # Panics
    /// When namespaces can be had, and cables or routers cannot.
    #[must_use]
    pub fn open(point: Router, agency: Router) -> Option<Self> {
        let own = std::process::id();
        let names = ["point", "point-router", "agency", "agency-router", "exchange"];
        let nat = Self { names: names.map(|it| format!("hameau-{own}-{it}")).into() };
        if !open_all(&nat.names) {
            return None;
        }
        for (side, router) in SIDES.iter().zip([point, agency]) {
            nat.connect(side);
            nat.route(side, router);
        }
        forwards(nat.name(At::Exchange));
        Some(nat)
    }

    /// The namespace of a machine.
    #[must_use]
    pub fn name(&self, at: At) -> &str {
        &self.names[at as usize]
    }

    fn connect(&self, side: &Side) {
        let (inside, router, exchange) = (self.name(side.inside), self.name(side.router), self.name(At::Exchange));
        let [gateway, own] = [1, 2].map(|it| format!("{}.{it}", side.network));
        cable((inside, "lan", &own), (router, "in", &gateway));
        cable((router, "out", side.outside), (exchange, side.port, side.exchange));
        ip(&format!("-n {inside} route add default via {gateway}"));
        ip(&format!("-n {router} route add default via {}", side.exchange));
        forwards(router);
    }

    fn route(&self, side: &Side, router: Router) {
        if router == Router::Open {
            let exchange = self.name(At::Exchange);
            ip(&format!("-n {exchange} route add {}.0/24 via {}", side.network, side.outside));
            return;
        }
        rules(self.name(side.router), &translation(router, &format!("{}.2", side.network)));
    }

    /// A node that runs on a machine, once it says that it is ready.
    async fn started(&self, at: At, home: &Path, options: &[&str]) -> Child {
        let mut command = terminal::french(Command::new("ip"));
        command.args(["netns", "exec", self.name(at)]).arg(terminal::binary());
        hand::ready(command, home, options).await
    }
}

impl Drop for Nat {
    fn drop(&mut self) {
        close_all(&self.names);
    }
}

/// Waits until a node is connected with its relay.
///
/// # Panics
/// At the deadline.
pub async fn is_at_the_relay(home: &Path) {
    until(&format!("{} is at the relay", home.display()), async || {
        let status = hameau(home, &["status", "--json"]).await.json();
        if status["relay"] == "connected" { Ok(()) } else { Err(status["relay"].to_string()) }
    })
    .await;
}

/// What the router is told (nft). `inside` is the one machine of its network. Whoever knocks at the router itself is
/// dropped, as home routers do: a knock that was taken would hold the port that the one inside is about to use.
fn translation(router: Router, inside: &str) -> String {
    let source = match router {
        Router::Symmetric | Router::NoUdp | Router::TlsAlone => "masquerade fully-random",
        _ => "masquerade",
    };
    let comes_in = match router {
        Router::EndpointIndependent => format!("iifname \"out\" meta l4proto udp dnat to {inside}"),
        _ => String::new(),
    };
    let (udp, new) = match router {
        Router::NoUdp => ("meta l4proto udp drop", ""),
        Router::TlsAlone => ("iifname \"in\" tcp dport != 443 drop\nmeta l4proto != tcp drop", ""),
        Router::EndpointIndependent => ("", "meta l4proto udp accept"),
        _ => ("", ""),
    };
    format!(
        "table ip translation {{\n\
         chain out {{\ntype nat hook postrouting priority srcnat; policy accept;\noifname \"out\" {source}\n}}\n\
         chain in {{\ntype nat hook prerouting priority dstnat; policy accept;\n{comes_in}\n}}\n\
         chain through {{\ntype filter hook forward priority filter; policy drop;\n{udp}\niifname \"in\" accept\n\
         ct state established,related accept\n{new}\n}}\n\
         chain knocks {{\ntype filter hook input priority filter; policy accept;\niifname \"out\" ct state new drop\n}}\n}}\n"
    )
}

fn rules(namespace: &str, rules: &str) {
    let mut nft = StdCommand::new("ip");
    nft.args(["netns", "exec", namespace, "nft", "-f", "-"]).stdin(Stdio::piped());
    let mut nft = nft.spawn().expect("ip is installed");
    nft.stdin.take().expect("piped").write_all(rules.as_bytes()).expect("it reads");
    assert!(nft.wait().expect("it ends").success(), "nft (apt install nftables) refuses:\n{rules}");
}

fn forwards(namespace: &str) {
    let words = ["netns", "exec", namespace, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"];
    assert!(StdCommand::new("ip").args(words).status().expect("ip is installed").success());
}

/// Who has the relay in its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knows {
    /// Point and agency.
    Two,
    /// The coordination too.
    All,
}

/// Nodes at the three places and a relay at the exchange; all of them run on one morning, and the appointment of ten
/// o'clock is confirmed.
pub struct Apart {
    /// Their folders.
    pub village: Village,
    /// At the exchange.
    pub relay: Relay,
    /// Coordination, point, agency.
    pub nodes: Vec<Child>,
}

impl Apart {
    /// Sets them up.
    ///
    /// # Panics
    /// When a command refuses, or the point does not hear of the agency by the deadline.
    pub async fn settled(nat: &Nat) -> Self {
        Self::settled_with(nat, Knows::Two).await
    }

    /// The same, by how many the relay is known.
    ///
    /// # Panics
    /// As [`Self::settled`].
    pub async fn settled_with(nat: &Nat, knows: Knows) -> Self {
        let village = Village::founded().await;
        let [centre, town, home] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
        let shift = shift_to(MORNING);
        let options = ["--shift-ms", &shift];
        listens(&centre);
        let mut coordination = nat.started(At::Exchange, &centre, &options).await;
        for (name, role) in [("bourg", "point"), ("caisse", "agency")] {
            village.enrolled(name, role, &centre).await;
        }
        let keys = hameau(&centre, &["members", "--keys"]).await;
        let relay = Relay::start(nat.name(At::Exchange), IpAddr::V4(EXCHANGE), &keys.out).await;
        for home in [&town, &home] {
            listens(home);
            relay.is_known_to(home);
        }
        if knows == Knows::All {
            stopped(coordination).await;
            relay.is_known_to(&centre);
            coordination = nat.started(At::Exchange, &centre, &options).await;
        }
        let mut nodes = vec![coordination];
        std::fs::write(home.join("member.toml"), OPEN_AT_TEN).expect("written");
        nodes.push(nat.started(At::Point, &town, &options).await);
        nodes.push(nat.started(At::Agency, &home, &options).await);
        for home in [&town, &home] {
            is_at_the_relay(home).await;
        }
        has(&town, "caisse", &["through", "direct", "lan", "relayed"]).await;
        confirmed(&town, &home, "10:00").await;
        staffed(&town, "animateur").await;
        staffed(&home, "advisor").await;
        Self { village, relay, nodes }
    }

    /// Sits down at the agency.
    pub async fn advisor(nat: &Nat) -> Person {
        let door = format!("http://127.0.0.1:{PORTAL}/conseiller");
        let advisor = Person::on(Some(nat.name(At::Agency)), "the advisor", &door, Camera::Works).await;
        advisor.signs_in(&door, STAFF, PASSWORD).await;
        advisor
    }

    /// The nodes end, then the relay.
    ///
    /// # Panics
    /// When one does not.
    pub async fn stopped(self) {
        for node in self.nodes {
            stopped(node).await;
        }
        self.relay.stopped().await;
    }
}
