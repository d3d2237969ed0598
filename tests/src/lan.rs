// SPDX-License-Identifier: EUPL-1.2
//! Machines of their own on one local network, and an exchange beyond it that can be cut off: namespaces, joined by
//! virtual cables.

use std::path::Path;
use std::process::Command as StdCommand;

use tokio::process::{Child, Command};

use crate::hand;
use crate::terminal;

/// Where machines must be had, what would be skipped fails: as for poor lines.
const REQUIRED: &str = "HAMEAU_LINES_REQUIRED";

/// Two machines on a local network, each with a cable to the exchange. Dropped: all of it goes.
pub struct Lan {
    names: [String; 3],
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
}

impl Lan {
    /// Sets it up; `None`, told with the reason, where this machine cannot have it.
    ///
    /// # Panics
    /// When namespaces can be had, and cables cannot.
    #[must_use]
    pub fn open() -> Option<Self> {
        let lan =
            Self { names: ["first", "second", "exchange"].map(|it| format!("hameau-{}-{it}", std::process::id())) };
        let tried = StdCommand::new("ip").args(["netns", "add", lan.name(Machine::First)]).output();
        if !tried.as_ref().is_ok_and(|it| it.status.success()) {
            assert!(std::env::var_os(REQUIRED).is_none(), "no namespaces here: {tried:?}");
            eprintln!("skipped: no namespaces on this machine: {tried:?}");
            return None;
        }
        let [first, second, exchange] = &lan.names;
        for name in [second, exchange] {
            ip(&format!("netns add {name}"));
        }
        for name in &lan.names {
            ip(&format!("-n {name} link set lo up"));
        }
        cable((first, "lan", "192.168.46.1"), (second, "lan", "192.168.46.2"));
        cable((first, "out", "198.51.100.1"), (exchange, "one", "198.51.100.2"));
        cable((second, "out", "203.0.113.1"), (exchange, "two", "203.0.113.2"));
        Some(lan)
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
        for name in &self.names {
            // A namespace that never came to be is no fault.
            drop(StdCommand::new("ip").args(["netns", "del", name]).output());
        }
    }
}

/// A cable between two machines: its end there, and that end's address.
fn cable(one: (&str, &str, &str), other: (&str, &str, &str)) {
    ip(&format!("-n {} link add {} type veth peer name {} netns {}", one.0, one.1, other.1, other.0));
    for (name, end, address) in [one, other] {
        ip(&format!("-n {name} address add {address}/24 dev {end}"));
        ip(&format!("-n {name} link set {end} up"));
    }
}

fn ip(words: &str) {
    let done = StdCommand::new("ip").args(words.split(' ')).output().expect("ip is installed (apt install iproute2)");
    assert!(done.status.success(), "ip {words}: {}", String::from_utf8_lossy(&done.stderr));
}
