// SPDX-License-Identifier: EUPL-1.2
//! A relay that runs in a namespace, as its operator sets it up: settings, certificate, list of members, journal.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::IpAddr;
use std::path::Path;
use std::process::Stdio;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::hand::stopped;
use crate::terminal;
use crate::wait::DEADLINE;

/// A relay. Dropped: it is ended.
pub struct Relay {
    namespace: String,
    address: IpAddr,
    folder: TempDir,
    process: Child,
}

impl Relay {
    /// Starts it on port 443 of that address, for those whom the list names.
    ///
    /// # Panics
    /// When it does not say that it listens by the deadline.
    pub async fn start(namespace: &str, address: IpAddr, members: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([address.to_string()]).expect("a certificate");
        write("relais.pem", &cert.pem());
        write("relais.key", &signing_key.serialize_pem());
        write("membres", members);
        write(
            "relais.toml",
            &format!(
                "listen = \"{address}:443\"\ncertificate = \"relais.pem\"\nkey = \"relais.key\"\nmembers = \"membres\"\n\
                 metrics = \"127.0.0.1:9646\"\n"
            ),
        );
        let process = ready(namespace, folder.path()).await;
        Self { namespace: namespace.to_owned(), address, folder, process }
    }

    /// Its folder, with its journal.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes it into a node's settings, with its certificate.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn is_known_to(&self, home: &Path) {
        let certificate = self.folder.path().join("relais.pem");
        std::fs::copy(certificate, home.join("relais.pem")).expect("copied");
        let settings = home.join("node.toml");
        let text = std::fs::read_to_string(&settings).expect("settings");
        let relays = format!("relays = [\"https://{}\"]\nrelay_certificates = \"relais.pem\"\n", self.address);
        std::fs::write(settings, relays + &text).expect("written");
    }

    /// It is ended as a service is, and started anew.
    ///
    /// # Panics
    /// When it does not end well, or not start.
    pub async fn restarted(self) -> Self {
        let Self { namespace, address, folder, process } = self;
        stopped(process).await;
        let process = ready(&namespace, folder.path()).await;
        Self { namespace, address, folder, process }
    }

    /// What it has in its memory now: all that it may write to.
    ///
    /// # Panics
    /// When that cannot be read, as by anybody but root.
    #[must_use]
    pub fn memory(&self) -> Vec<u8> {
        let process = format!("/proc/{}", pid(&self.process));
        let map = std::fs::read_to_string(format!("{process}/maps")).expect("root reads it");
        let mut memory = File::open(format!("{process}/mem")).expect("root reads it");
        let mut found = Vec::new();
        for (from, to) in map.lines().filter_map(writable) {
            memory.seek(SeekFrom::Start(from)).expect("a place");
            let mut part = Vec::new();
            // What the system keeps in the last of them is not for reading.
            drop(memory.by_ref().take(to - from).read_to_end(&mut part));
            found.append(&mut part);
        }
        found
    }

    /// It ends.
    ///
    /// # Panics
    /// When it does not end well.
    pub async fn stopped(self) {
        stopped(self.process).await;
    }
}

/// `ip netns exec` becomes the program that it starts.
fn pid(process: &Child) -> u32 {
    process.id().expect("it runs")
}

/// From where to where a line of `maps` speaks of memory that is written.
fn writable(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split(' ');
    let (from, to) = words.next()?.split_once('-')?;
    let number = |it| u64::from_str_radix(it, 16).ok();
    words.next()?.starts_with("rw").then_some((number(from)?, number(to)?))
}

async fn ready(namespace: &str, folder: &Path) -> Child {
    let journal = File::options().create(true).append(true).open(folder.join("journal")).expect("a file");
    let mut command = terminal::french(Command::new("ip"));
    command.args(["netns", "exec", namespace]).arg(terminal::beside("hameau-relay")).arg(folder.join("relais.toml"));
    // All that it could ever say of what passes.
    command.env("RUST_LOG", "debug").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(journal);
    let mut process = command.spawn().expect("built by “cargo build --profile ci --package hameau-relay”");
    let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
    let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("ready in time");
    let line = line.expect("it speaks");
    let journal = || std::fs::read_to_string(folder.join("journal"));
    assert!(line.as_ref().is_some_and(|it| it.starts_with("à l'écoute : https://")), "{line:?}: {:?}", journal());
    process
}
