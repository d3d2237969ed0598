// SPDX-License-Identifier: EUPL-1.2
//! Poor lines for real nodes: places of `cargo sim line` (docs/lines.md), one namespace each.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines as TextLines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::hand;
use crate::terminal;
use crate::wait::DEADLINE;

/// The exit code of lines that this machine cannot have.
const SKIPPED: i32 = 77;

/// Lines that are open, until dropped.
pub struct Lines {
    process: Child,
    orders: ChildStdin,
    said: TextLines<BufReader<ChildStdout>>,
    places: BTreeMap<String, Place>,
}

struct Place {
    namespace: String,
    address: IpAddr,
}

impl Lines {
    /// Opens lines for places a, b, c...; `None`, told with the reason, where this machine cannot have them.
    ///
    /// # Panics
    /// When a line is not what was asked.
    pub async fn open(lines: &[&str]) -> Option<Self> {
        Self::seeded(lines, 0).await
    }

    /// The same with other luck.
    ///
    /// # Panics
    /// When a line is not what was asked.
    pub async fn seeded(lines: &[&str], seed: u64) -> Option<Self> {
        let mut command = Command::new(terminal::beside("hameau-simulations"));
        command
            .arg("line")
            .args(lines)
            .args(["--seed", &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn().expect("built by “cargo build --profile ci --package hameau-simulations”");
        let orders = process.stdin.take().expect("piped");
        let said = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut lines = Self { process, orders, said, places: BTreeMap::new() };
        loop {
            let Some(said) = lines.next().await else {
                let ended = lines.process.wait().await.expect("it ends");
                assert_eq!(ended.code(), Some(SKIPPED), "the lines are not what was asked");
                return None;
            };
            if said["ready"] == true {
                return Some(lines);
            }
            let text = |key: &str| said[key].as_str().expect("text").to_owned();
            let address = text("address").parse().expect("an address");
            let place = Place { namespace: text("namespace"), address };
            lines.places.insert(text("place"), place);
        }
    }

    /// From now on the line of a place is another one.
    ///
    /// # Panics
    /// When there is no such place or line.
    pub async fn change(&mut self, place: &str, line: &str) {
        self.orders.write_all(format!("{place} {line}\n").as_bytes()).await.expect("the lines are open");
        let said = self.next().await.expect("an answer");
        assert_eq!(said["line"], line, "{said}");
    }

    /// What a place's line has carried since it was opened: bytes and packets, up and down (docs/lines.md).
    ///
    /// # Panics
    /// When the lines are closed.
    pub async fn count(&mut self, place: &str) -> Value {
        self.orders.write_all(b"count\n").await.expect("the lines are open");
        self.next().await.expect("an answer")[place].take()
    }

    /// The address of a place.
    #[must_use]
    pub fn address(&self, place: &str) -> IpAddr {
        self.places[place].address
    }

    /// The network namespace of a place.
    #[must_use]
    pub fn namespace(&self, place: &str) -> &str {
        &self.places[place].namespace
    }

    /// A node that runs at a place, once it says that it is ready.
    ///
    /// # Panics
    /// When it is not by the deadline.
    pub async fn started(&self, place: &str, home: &Path, options: &[&str]) -> Child {
        let mut command = terminal::french(Command::new("ip"));
        command.args(["netns", "exec", &self.places[place].namespace]).arg(terminal::binary());
        hand::ready(command, home, options).await
    }

    /// Takes the lines away.
    ///
    /// # Panics
    /// When that does not end.
    pub async fn close(mut self) {
        drop(self.orders);
        let ended = tokio::time::timeout(DEADLINE, self.process.wait()).await.expect("they end in time");
        assert!(ended.expect("it ends").success());
    }

    async fn next(&mut self) -> Option<Value> {
        let line = tokio::time::timeout(DEADLINE, self.said.next_line()).await.expect("measured in time");
        line.expect("readable").map(|line| serde_json::from_str(&line).expect("JSON"))
    }
}
