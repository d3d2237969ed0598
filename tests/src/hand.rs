// SPDX-License-Identifier: EUPL-1.2
//! Boxes that are set up by hand: settings, one process each.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::terminal::{self, Said};
use crate::wait::{DEADLINE, until};

/// Free ports on loopback, and no look around on the network.
///
/// # Panics
/// When no port is free, or the settings cannot be written.
pub fn on_loopback(home: &Path) {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let mesh = tcp.local_addr().expect("bound");
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    settings(home, mesh, free, free);
}

/// Where a node listens: for the mesh over QUIC and TCP, for calls, for the browser.
///
/// # Panics
/// When the settings cannot be written.
pub fn settings(home: &Path, mesh: SocketAddr, call: SocketAddr, portal: SocketAddr) {
    let (ip, port) = (mesh.ip(), mesh.port());
    let text = format!(
        "mesh_listen = [\"/ip4/{ip}/udp/{port}/quic-v1\", \"/ip4/{ip}/tcp/{port}\"]\n\
         call_listen = \"{call}\"\nportal_listen = \"{portal}\"\nlocal_discovery = false\ntimezone = \"Europe/Paris\"\n"
    );
    std::fs::write(home.join("node.toml"), text).expect("the settings can be written");
}

/// An agency's `member.toml`: open at any hour, so that a slot lies ahead whenever a story is told; its slots passed on
/// to a point, whole days at a time.
#[must_use]
pub fn always_open(reserved_for: Option<&str>) -> String {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let reserved = reserved_for.into_iter().flat_map(|point| {
        days.map(|day| {
            format!("[[reserved]]\npoint = \"{point}\"\nweekday = \"{day}\"\nfrom = \"01:00\"\ncount = 22\ndesk = 1\n")
        })
    });
    format!(
        "open_on_holidays = true\n[[desk]]\nnumber = 1\nname = \"Guichet\"\nstep_min = 60\nopenings = [{{ days = {days:?}, from = \"01:00\", \
         to = \"23:00\" }}]\n[[service]]\nid = \"carte\"\nname = \"Carte\"\nduration_min = 60\n{}",
        reserved.collect::<String>()
    )
}

/// A node that runs, once it says that it is ready.
///
/// # Panics
/// When it is not by the deadline.
pub async fn started(home: &Path, options: &[&str]) -> Child {
    ready(terminal::command(), home, options).await
}

/// The same, by a command that starts `hameau`.
///
/// # Panics
/// When it is not by the deadline.
pub async fn ready(mut command: Command, home: &Path, options: &[&str]) -> Child {
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
    interrupted(&mut node).await;
}

/// The same of one that goes on in the same place.
///
/// # Panics
/// When it does not end well.
pub async fn interrupted(node: &mut Child) {
    let pid = node.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.expect("kill is there").success());
    let ended = tokio::time::timeout(DEADLINE, node.wait()).await.expect("it stops in time");
    assert!(ended.expect("it is ours").success());
}

/// The account of whoever works at a box that was set up by hand.
pub const STAFF: &str = "personnel";
/// Its password.
pub const PASSWORD: &str = "quatre mots à retenir";

/// Makes that account where it is not yet, whether the node runs or not.
///
/// # Panics
/// When it is not made.
pub async fn staffed(home: &Path, role: &str) {
    let known = hameau(home, &["account", "list", "--json"]).await.json();
    if known.as_array().expect("a list").iter().all(|it| it["name"] != STAFF) {
        let said = piped(home, &["account", "add", STAFF, "--role", role, "--json"], PASSWORD).await;
        assert_eq!(said.code, 0, "{said:?}");
    }
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

/// A territory founded by hand, whose coordination is `centre`. Dropped: its folders are deleted.
pub struct Village {
    /// The root key, as `init` showed it.
    pub root: String,
    folder: TempDir,
}

impl Village {
    /// Founds it.
    ///
    /// # Panics
    /// When `init` does not do it.
    pub async fn founded() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let home = folder.path().join("centre");
        let init = ["init", "--territory", "Essai", "--member", "centre", "--name", "Centre", "--json"];
        let root = hameau(&home, &init).await.json()["root"].as_str().expect("a key").to_owned();
        on_loopback(&home);
        Self { root, folder }
    }

    /// A box's folder.
    #[must_use]
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file beside the boxes.
    ///
    /// # Panics
    /// When the temporary folder's name is not UTF-8.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        self.at(name).to_str().expect("UTF-8").to_owned()
    }

    /// A member's box, enrolled by a coordination and joined. A coordination that runs tells where it is.
    ///
    /// # Panics
    /// When a command refuses.
    pub async fn enrolled(&self, name: &str, role: &str, coordination: &Path) {
        let (home, papers) = (self.at(name), self.file(&format!("papers-{name}.json")));
        let init = ["init", "--member", name, "--name", name, "--role", role, "--json"];
        let request = hameau(&home, &init).await.json()["request"].as_str().expect("a file").to_owned();
        let enrolled = hameau(coordination, &["enrol", &request, "--output", &papers]).await;
        assert_eq!(enrolled.code, 0, "{enrolled:?}");
        let joined = hameau(&home, &["join", &papers]).await;
        assert_eq!(joined.code, 0, "{joined:?}");
        on_loopback(&home);
    }
}

/// Waits until a node is connected with a member.
///
/// # Panics
/// At the deadline.
pub async fn reaches(home: &Path, member: &str) {
    until(&format!("{} reaches {member}", home.display()), async || {
        let members = hameau(home, &["members", "--json"]).await.json();
        let reached = |it: &Value| it["member"] == member && it["reach"] == "direct";
        if members.as_array().expect("a list").iter().any(reached) { Ok(()) } else { Err(members.to_string()) }
    })
    .await;
}
