// SPDX-License-Identifier: EUPL-1.2
//! A node whose system calls fail or are slow, as asked: the unmodified binary under `strace`.

use std::path::{Path, PathBuf};
use std::process::{Command as StdCommand, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::terminal;
use crate::wait::DEADLINE;

/// A node under `strace`. Dropped: it is ended.
pub struct Traced {
    tracer: Child,
    /// The node's own process.
    pub pid: u32,
}

/// Whether this machine can trace processes; told with the reason where it cannot, a fault where it must.
///
/// # Panics
/// When `HAMEAU_FAULTS_REQUIRED` says that it must be had here.
#[must_use]
pub fn can_trace() -> bool {
    let tried = StdCommand::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).output();
    let can = tried.as_ref().is_ok_and(|it| it.status.success());
    assert!(can || std::env::var_os("HAMEAU_FAULTS_REQUIRED").is_none(), "no strace here: {tried:?}");
    if !can {
        eprintln!("skipped: strace does not work on this machine: {tried:?}");
    }
    can
}

impl Traced {
    /// Starts a node with these options of `strace`, its log in `log`. What it said, if it ended instead of running.
    ///
    /// # Errors
    /// The node's sentence.
    ///
    /// # Panics
    /// When neither happens by the deadline.
    pub async fn start(home: &Path, options: &[&str], log: &Path) -> Result<Self, String> {
        let mut command = terminal::french(Command::new("strace"));
        command.args(["-f", "-qq", "--seccomp-bpf", "-o"]).arg(log).args(options).arg(terminal::binary());
        command.arg("--home").arg(home).args(["run", "--json"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut tracer = command.spawn().expect("strace starts");
        let mut lines = BufReader::new(tracer.stdout.take().expect("piped")).lines();
        let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("ready, or ended, in time");
        let Some(line) = line.expect("it speaks") else {
            let mut said = String::new();
            tracer.stderr.take().expect("piped").read_to_string(&mut said).await.expect("text");
            let ended = tokio::time::timeout(DEADLINE, tracer.wait()).await.expect("it ends in time");
            assert_eq!(ended.expect("it is ours").code(), Some(1), "{said}");
            return Err(said);
        };
        let ready: Value = serde_json::from_str(&line).expect("JSON");
        let pid = ready["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).expect("a process");
        Ok(Self { tracer, pid })
    }

    /// Ends the node as a power cut does, and waits for it.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn killed(mut self) {
        kill(self.pid);
        tokio::time::timeout(DEADLINE, self.tracer.wait()).await.expect("it ends in time").expect("it is ours");
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        // A tracer that is killed lets the node live on.
        if self.tracer.try_wait().is_ok_and(|ended| ended.is_none()) {
            kill(self.pid);
        }
    }
}

fn kill(pid: u32) {
    let told = StdCommand::new("kill").args(["-KILL", &pid.to_string()]).status();
    assert!(told.is_ok(), "kill is there");
}

/// The lines that a tracer wrote, once the node has ended.
///
/// # Panics
/// When it wrote none.
#[must_use]
pub fn lines(log: &PathBuf) -> Vec<String> {
    let text = std::fs::read(log).expect("the tracer wrote it");
    String::from_utf8_lossy(&text).lines().map(ToOwned::to_owned).collect()
}
