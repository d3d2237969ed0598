// SPDX-License-Identifier: EUPL-1.2
//! Machines of their own on one local network, and an exchange beyond it that can be cut off: namespaces, joined by
//! virtual cables.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command as StdCommand;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::hand::{self, PASSWORD, STAFF, Village, hameau, piped, settings, staffed, stopped};
use crate::person::{Camera, Person};
use crate::terminal;
use crate::wait::until;

/// Pictures that make a call.
const FRAMES: u64 = 40;
/// A Tuesday, ten minutes before the first appointment.
pub const MORNING: &str = "2027-03-02T09:50:00+01:00";
pub(crate) const WHO: &str = r#"{"name":"Marie Demo","telephone":"","subject":"une carte"}"#;
/// An agency that is open on it.
pub const OPEN_AT_TEN: &str = r#"
[[desk]]
number = 1
name = "Guichet 1"
step_min = 30
openings = [{ days = ["tue"], from = "10:00", to = "12:00" }]

[[service]]
id = "carte"
name = "Carte"
duration_min = 30
"#;
/// Where pages are on each machine itself.
pub const PORTAL: u16 = 4648;

/// Where machines must be had, what would be skipped fails: as for poor lines.
const REQUIRED: &str = "HAMEAU_LINES_REQUIRED";

/// Two machines on a local network, each with a cable to the exchange. Dropped: all of it goes.
pub struct Lan {
    names: Vec<String>,
}

/// A machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// The first on the local network.
    First,
    /// The second.
    Second,
    /// The one beyond it.
    Exchange,
    /// A computer in the office of the second, where there is one ([`Lan::opens_an_office`]).
    Desk,
}

impl Lan {
    /// Sets it up; `None`, told with the reason, where this machine cannot have it.
    ///
    /// # Panics
    /// When namespaces can be had, and cables cannot.
    #[must_use]
    pub fn open() -> Option<Self> {
        let lan = Self {
            names: ["first", "second", "exchange"].map(|it| format!("hameau-{}-{it}", std::process::id())).into(),
        };
        if !open_all(&lan.names) {
            return None;
        }
        let [first, second, exchange] = lan.names.as_slice() else { unreachable!("three names") };
        cable((first, "lan", "192.168.46.1"), (second, "lan", "192.168.46.2"));
        cable((first, "out", "198.51.100.1"), (exchange, "one", "198.51.100.2"));
        cable((second, "out", "203.0.113.1"), (exchange, "two", "203.0.113.2"));
        Some(lan)
    }

    /// Puts a computer into the office of the second machine, which is 192.168.77.1 there and nothing else.
    ///
    /// # Panics
    /// When its cable cannot be had.
    pub fn opens_an_office(&mut self) {
        let desk = format!("hameau-{}-desk", std::process::id());
        ip(&format!("netns add {desk}"));
        ip(&format!("-n {desk} link set lo up"));
        cable((self.name(Machine::Second), "office", "192.168.77.1"), (&desk, "lan", "192.168.77.2"));
        self.names.push(desk);
    }

    /// The namespace of a machine.
    #[must_use]
    pub fn name(&self, machine: Machine) -> &str {
        &self.names[machine as usize]
    }

    /// Pulls both cables to the exchange.
    ///
    /// # Panics
    /// When they are not there.
    pub fn cut_off(&self) {
        for machine in [Machine::First, Machine::Second] {
            ip(&format!("-n {} link set out down", self.name(machine)));
        }
    }

    /// A node that runs on a machine, once it says that it is ready.
    ///
    /// # Panics
    /// When it is not by the deadline.
    pub async fn started(&self, machine: Machine, home: &Path, options: &[&str]) -> Child {
        let mut command = terminal::french(Command::new("ip"));
        command.args(["netns", "exec", self.name(machine)]).arg(terminal::binary());
        hand::ready(command, home, options).await
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        close_all(&self.names);
    }
}

/// Makes namespaces; `false`, told with the reason, where this machine cannot have them.
pub(crate) fn open_all(names: &[String]) -> bool {
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            ip(&format!("netns add {name}"));
        } else {
            let tried = StdCommand::new("ip").args(["netns", "add", name]).output();
            if !tried.as_ref().is_ok_and(|it| it.status.success()) {
                assert!(std::env::var_os(REQUIRED).is_none(), "no namespaces here: {tried:?}");
                eprintln!("skipped: no namespaces on this machine: {tried:?}");
                return false;
            }
        }
        ip(&format!("-n {name} link set lo up"));
    }
    true
}

/// Takes them away.
pub(crate) fn close_all(names: &[String]) {
    for name in names {
        // A namespace that never came to be is no fault.
        drop(StdCommand::new("ip").args(["netns", "del", name]).output());
    }
}

/// A cable between two machines: its end there, and that end's address.
pub(crate) fn cable(one: (&str, &str, &str), other: (&str, &str, &str)) {
    ip(&format!("-n {} link add {} type veth peer name {} netns {}", one.0, one.1, other.1, other.0));
    for (name, end, address) in [one, other] {
        ip(&format!("-n {name} address add {address}/24 dev {end}"));
        ip(&format!("-n {name} link set {end} up"));
    }
}

pub(crate) fn ip(words: &str) {
    let done = StdCommand::new("ip").args(words.split(' ')).output().expect("ip is installed (apt install iproute2)");
    assert!(done.status.success(), "ip {words}: {}", String::from_utf8_lossy(&done.stderr));
}

/// How far a clock is to be moved, in milliseconds, to show this time.
///
/// # Panics
/// When it is no time.
#[must_use]
pub fn shift_to(time: &str) -> String {
    let then = time.parse::<Timestamp>().expect("a time").as_millisecond();
    (then - Timestamp::now().as_millisecond()).to_string()
}

/// Books the time of that hour at the point, and waits until the agency has confirmed it to both.
///
/// # Panics
/// At the deadline, or when it is refused.
pub async fn confirmed(town: &Path, home: &Path, hour: &str) {
    let from = format!("2027-03-02T{hour}+01:00");
    let slot = until(&format!("{hour} is offered"), async || {
        let said = hameau(town, &["slots", "--agency", "caisse", "--json"]).await;
        let slots = if said.code == 0 { said.json() } else { return Err(format!("{said:?}")) };
        let found = slots.as_array().into_iter().flatten().find(|it| it["from"] == from);
        found.and_then(|it| it["slot"].as_str().map(str::to_owned)).ok_or_else(|| slots.to_string())
    })
    .await;
    let booked = piped(town, &["book", &slot, "--service", "carte", "--details", "-"], WHO).await;
    assert_eq!(booked.code, 0, "{booked:?}");
    for at in [town, home] {
        until(&format!("{hour} is confirmed at {}", at.display()), async || {
            let agenda = hameau(at, &["agenda", "--json"]).await.json();
            let is_so =
                agenda.as_array().into_iter().flatten().any(|it| it["from"] == from && it["state"] == "confirmed");
            if is_so { Ok(()) } else { Err(agenda.to_string()) }
        })
        .await;
    }
}

/// Waits until a member is reached in one of these ways.
///
/// # Panics
/// At the deadline.
pub async fn has(home: &Path, member: &str, ways: &[&str]) {
    until(&format!("{} reaches {member}: {ways:?}", home.display()), async || {
        let members = hameau(home, &["members", "--json"]).await.json();
        let is_so = |it: &Value| it["member"] == member && it["reach"].as_str().is_some_and(|way| ways.contains(&way));
        if members.as_array().into_iter().flatten().any(is_so) { Ok(()) } else { Err(members.to_string()) }
    })
    .await;
}

/// On all of the machine's addresses, looking around on its network.
///
/// # Panics
/// When the settings cannot be written.
pub(crate) fn listens(home: &Path) {
    let at = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    settings(home, at(4646), at(4647), SocketAddr::from((Ipv4Addr::LOCALHOST, PORTAL)));
    let file = home.join("node.toml");
    let text = std::fs::read_to_string(&file).expect("written");
    std::fs::write(file, text.replace("local_discovery = false", "local_discovery = true")).expect("written");
}

/// A coordination beyond the local network, a point and an agency on it; all of them run on one morning, and the
/// appointment of ten o'clock is confirmed.
pub struct Neighbours {
    /// Their folders.
    pub village: Village,
    shift: String,
    coordination: Child,
    point: Child,
    agency: Child,
}

impl Neighbours {
    /// Sets them up; `settings` stand at the end of the agency's `node.toml`.
    ///
    /// # Panics
    /// When a command refuses, or they do not find each other by the deadline.
    pub async fn settled(lan: &Lan, settings: &str) -> Self {
        let village = Village::founded().await;
        let [centre, town, home] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
        let shift = shift_to(MORNING);
        let options = ["--shift-ms", &shift];
        listens(&centre);
        let coordination = lan.started(Machine::Exchange, &centre, &options).await;
        for (name, role) in [("bourg", "point"), ("caisse", "agency")] {
            village.enrolled(name, role, &centre).await;
            listens(&village.at(name));
        }
        std::fs::write(home.join("member.toml"), OPEN_AT_TEN).expect("written");
        let written = std::fs::read_to_string(home.join("node.toml")).expect("settings");
        std::fs::write(home.join("node.toml"), format!("{written}{settings}")).expect("written");
        let point = lan.started(Machine::First, &town, &options).await;
        let agency = lan.started(Machine::Second, &home, &options).await;
        // Which of the agency's addresses answered first is chance, as long as both ways are there.
        has(&town, "caisse", &["lan", "direct"]).await;
        confirmed(&town, &home, "10:00").await;
        staffed(&town, "animateur").await;
        staffed(&home, "advisor").await;
        Self { village, shift, coordination, point, agency }
    }

    /// The point is started anew: what it knew of connections is forgotten.
    ///
    /// # Panics
    /// When it does not end, or not begin.
    pub async fn restart_point(mut self, lan: &Lan) -> Self {
        stopped(self.point).await;
        self.point = lan.started(Machine::First, &self.village.at("bourg"), &["--shift-ms", &self.shift]).await;
        self
    }

    /// All of them end.
    ///
    /// # Panics
    /// When one does not.
    pub async fn stopped(self) {
        for node in [self.point, self.agency, self.coordination] {
            stopped(node).await;
        }
    }
}

/// People at the point, while the appointment of ten o'clock goes on.
pub struct Call {
    _animateur: Person,
    /// Who came.
    pub booth: Person,
    /// From the advisor's click until both read that they are in the call.
    pub joined_within: Duration,
}

impl Call {
    /// The animateur starts it on the point's machine, the advisor joins, and both ends hear and see each other.
    ///
    /// # Panics
    /// When they do not by the deadline.
    pub async fn with(point: &str, advisor: &Person) -> Self {
        let at = Some(point);
        let door = |door: &str| format!("http://127.0.0.1:{PORTAL}/{door}");
        let animateur = Person::on(at, "the animateur", &door("animateur"), Camera::Missing).await;
        let booth = Person::on(at, "the person in the booth", &door("cabine"), Camera::Works).await;
        animateur.signs_in(&door("animateur"), STAFF, PASSWORD).await;
        animateur.click("start-call").await;
        booth.sees("call-state", "Le conseiller arrive").await;
        let clicked = Instant::now();
        advisor.click("join-waiting").await;
        for person in [&booth, advisor] {
            person.sees("call-state", "Vous êtes en ligne").await;
        }
        let joined_within = clicked.elapsed();
        let there = advisor.hears_and_sees(FRAMES).await;
        let here = booth.hears_and_sees(FRAMES).await;
        println!("at the advisor's {there:?}, in the booth {here:?}");
        Self { _animateur: animateur, booth, joined_within }
    }

    /// The advisor hangs up, and the booth says so.
    ///
    /// # Panics
    /// When it does not by the deadline.
    pub async fn ended_by(self, advisor: &Person) {
        advisor.click("hang-up").await;
        self.booth.sees("booth-ended", "L'appel est terminé").await;
    }
}
