// SPDX-License-Identifier: EUPL-1.2
//! A demonstration that runs: real nodes in a temporary folder, at ten to ten of a Tuesday.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::terminal::{self, Said};
use crate::wait::{DEADLINE, until};

/// A Tuesday: agencies are open, and the point's first appointment is ten minutes away.
pub const MORNING: &str = "2027-03-02T09:50+01:00";

/// Nodes that run. Dropped: they are ended.
pub struct World {
    demo: Child,
    folder: TempDir,
    members: Vec<Value>,
}

impl World {
    /// Starts these members.
    ///
    /// # Panics
    /// When one is not ready by the deadline.
    pub async fn start(members: &[&str]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut demo = terminal::command()
            .args(["demo", "--json", "--at", MORNING, "--members", &members.join(",")])
            .arg("--home")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("hameau starts");
        let mut lines = BufReader::new(demo.stdout.take().expect("piped")).lines();
        let mut doors = Vec::new();
        while doors.len() < members.len() {
            let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("the nodes are ready in time");
            let line = line.expect("it speaks").expect("a line for each member");
            doors.push(serde_json::from_str(&line).expect("JSON"));
        }
        Self { demo, folder, members: doors }
    }

    /// The address of a door of a member, such as `animateur`.
    ///
    /// # Panics
    /// When the member does not run, or has no such door.
    #[must_use]
    pub fn door(&self, member: &str, door: &str) -> &str {
        self.member(member)[door].as_str().unwrap_or_else(|| panic!("{member} has no door {door}"))
    }

    /// The password of every account of the demonstration.
    ///
    /// # Panics
    /// When nobody runs.
    #[must_use]
    pub fn password(&self) -> &str {
        self.members[0]["password"].as_str().expect("a password")
    }

    /// The account of whoever works behind a member's door: the first that the doors name.
    ///
    /// # Panics
    /// When the member does not run.
    #[must_use]
    pub fn account(&self, member: &str) -> &str {
        self.member(member)["accounts"][0].as_str().expect("an account")
    }

    /// A member's folder.
    #[must_use]
    pub fn home(&self, member: &str) -> PathBuf {
        PathBuf::from(self.member(member)["home"].as_str().expect("a folder"))
    }

    /// By how much a member's clock is set on, as its command line says: for another box beside it.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn shift_ms(&self, member: &str) -> String {
        let words = std::fs::read(format!("/proc/{}/cmdline", self.member(member)["pid"])).expect("it runs");
        let words = String::from_utf8(words).expect("UTF-8");
        let mut words = words.split('\0').skip_while(|word| *word != "--shift-ms");
        words.nth(1).expect("its clock is shifted").to_owned()
    }

    /// The folder of all.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Types a command at a member's node.
    pub async fn hameau(&self, member: &str, args: &[&str]) -> Said {
        self.piped(member, args, "").await
    }

    /// The same with something on standard input.
    pub async fn piped(&self, member: &str, args: &[&str], input: &str) -> Said {
        let mut command = terminal::command();
        command.arg("--home").arg(self.home(member)).args(args);
        terminal::run(command, input).await
    }

    /// Waits until every member reaches the agencies and the coordination that run. Points need not reach
    /// each other.
    ///
    /// # Panics
    /// At the deadline.
    pub async fn together(&self) {
        let centres: Vec<&Value> =
            self.members.iter().filter(|it| it["role"] != "point").map(|it| &it["member"]).collect();
        for it in &self.members {
            let name = it["member"].as_str().expect("a name");
            until(&format!("{name} reaches the others"), async || {
                let members = self.hameau(name, &["members", "--json"]).await.json();
                let unheard = |it: &&Value| centres.contains(&&it["member"]) && it["reach"] == "unheard";
                match members.as_array().expect("a list").iter().find(unheard) {
                    Some(member) => Err(member.to_string()),
                    None => Ok(()),
                }
            })
            .await;
        }
    }

    /// Books the time of that hour today that the health insurance has reserved to Puy-l'Évêque, for a person whose details
    /// are this JSON; the appointment's short name.
    ///
    /// # Panics
    /// When it is not to be had.
    pub async fn books(&self, hour: &str, details: &str) -> String {
        let from = format!("{}T{hour}+01:00", &MORNING[..10]);
        let slots = ["slots", "--agency", "cpam-46", "--service", "carte-vitale", "--json"];
        let slot = until(&format!("{hour} is held"), async || {
            let slots = self.hameau("puy-leveque", &slots).await.answer()?;
            let held = |it: &&Value| it["from"] == from && it["way"] == "held";
            let found = slots.as_array().into_iter().flatten().find(held).and_then(|it| it["slot"].as_str());
            found.map(str::to_owned).ok_or_else(|| slots.to_string())
        })
        .await;
        let book = ["book", &slot, "--service", "carte-vitale", "--details", "-", "--json"];
        let said = self.piped("puy-leveque", &book, details).await.json();
        said["appointment"].as_str().expect("a short name").to_owned()
    }

    /// Stops it as Ctrl-C does. What the nodes wrote stays in the folder that is returned.
    ///
    /// # Panics
    /// When it does not end well, or leaves a process behind.
    pub async fn stop(mut self) -> TempDir {
        let demo = self.demo.id().expect("it runs");
        let told = Command::new("kill").args(["-TERM", &demo.to_string()]).status().await;
        assert!(told.expect("kill is there").success());
        let ended = tokio::time::timeout(DEADLINE, self.demo.wait()).await.expect("it stops in time");
        assert!(ended.expect("it is ours").success(), "the demonstration ends well");
        for it in &self.members {
            let process = PathBuf::from(format!("/proc/{}", it["pid"]));
            assert!(!process.exists(), "{} was left behind", it["member"]);
        }
        self.folder
    }

    fn member(&self, member: &str) -> &Value {
        let found = self.members.iter().find(|it| it["member"] == member);
        found.unwrap_or_else(|| panic!("{member} does not run"))
    }
}
