// SPDX-License-Identifier: EUPL-1.2
//! Boxes that are set up by hand: settings, one process each.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::terminal::{self, Said};
use crate::wait::DEADLINE;

/// Free ports on loopback, and no look around on the network.
///
/// # Panics
/// When no port is free, or the settings cannot be written.
pub fn on_loopback(home: &Path) {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let mesh = tcp.local_addr().expect("bound").port();
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    settings(home, mesh, free, free);
}

/// Where a node listens.
///
/// # Panics
/// When the settings cannot be written.
pub fn settings(home: &Path, mesh: u16, call: SocketAddr, portal: SocketAddr) {
    let text = format!(
        "mesh_listen = [\"/ip4/127.0.0.1/udp/{mesh}/quic-v1\", \"/ip4/127.0.0.1/tcp/{mesh}\"]\n\
         call_listen = \"{call}\"\nportal_listen = \"{portal}\"\nlocal_discovery = false\ntimezone = \"Europe/Paris\"\n"
    );
    std::fs::write(home.join("node.toml"), text).expect("the settings can be written");
}

/// A node that runs, once it says that it is ready.
///
/// # Panics
/// When it is not by the deadline.
pub async fn started(home: &Path, options: &[&str]) -> Child {
    let mut command = terminal::command();
    command.arg("--home").arg(home).args(["run", "--json"]).args(options).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut node = command.spawn().expect("hameau starts");
    let mut lines = BufReader::new(node.stdout.take().expect("piped")).lines();
    let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("ready in time");
    let ready: Value = serde_json::from_str(&line.expect("it speaks").expect("a line")).expect("JSON");
    assert!(ready["portal"].as_str().is_some_and(|it| it.starts_with("http://127.0.0.1:")), "{ready}");
    node
}

/// Ends a node as Ctrl-C does.
///
/// # Panics
/// When it does not end well.
pub async fn stopped(mut node: Child) {
    let pid = node.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.expect("kill is there").success());
    let ended = tokio::time::timeout(DEADLINE, node.wait()).await.expect("it stops in time");
    assert!(ended.expect("it is ours").success());
}

/// Types a command.
///
/// # Panics
/// When the binary does not start.
pub async fn hameau(home: &Path, args: &[&str]) -> Said {
    piped(home, args, "").await
}

/// Types a command, with something on standard input.
///
/// # Panics
/// When the binary does not start.
pub async fn piped(home: &Path, args: &[&str], input: &str) -> Said {
    let mut command = terminal::command();
    command.arg("--home").arg(home).args(args);
    terminal::run(command, input).await
}
