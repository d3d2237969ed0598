// SPDX-License-Identifier: EUPL-1.2
//! Small machines: a node whose folder is a small disk of its own, or whose memory has a limit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as StdCommand, Stdio};

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::hand;
use crate::terminal::{self, Said};
use crate::wait::DEADLINE;

/// Ready to be looked at, and told with the reason; a fault where it must be had.
fn skipped(what: &str, why: &str) {
    assert!(std::env::var_os("HAMEAU_FAULTS_REQUIRED").is_none(), "no {what} here: {why}");
    eprintln!("skipped: no {what} on this machine: {why}");
}

/// A node on a disk of its own, in memory, that only it sees. Gone with it.
pub struct SmallDisk {
    /// The node.
    pub node: Child,
    /// Its folder, as others reach it while it runs: its socket and its files, but no database in it.
    pub home: PathBuf,
    /// Its folder, as it sees it.
    own: PathBuf,
}

impl SmallDisk {
    /// Starts a node on a copy of a folder; `None`, told with the reason, where this machine cannot have it.
    ///
    /// # Panics
    /// When the node is not ready by the deadline.
    pub async fn start(folder: &Path, size: &str) -> Option<Self> {
        let (own, mount) = (["--map-root-user", "--mount"], folder.with_extension("small"));
        fs::create_dir_all(&mount).expect("a folder");
        let tried = StdCommand::new("unshare").args(own).args(["mount", "-t", "tmpfs", "tmpfs"]).arg(&mount).output();
        if !tried.as_ref().is_ok_and(|it| it.status.success()) {
            skipped("small disk", &format!("{tried:?}"));
            return None;
        }
        let script =
            "mount -t tmpfs -o size=$3,mode=700 tmpfs \"$1\" && cp -a \"$2\"/. \"$1\" && shift 3 && exec \"$@\"";
        let mut command = terminal::french(Command::new("unshare"));
        command.args(own).args(["sh", "-c", script, "sh"]).args([&mount, folder]).arg(size).arg(terminal::binary());
        let node = hand::ready(command, &mount, &[]).await;
        let home = PathBuf::from(format!("/proc/{}/root", node.id().expect("it runs")));
        let home = home.join(mount.strip_prefix("/").expect("a whole path"));
        Some(Self { node, home, own: mount })
    }

    /// Types a command where the node is, for what opens its database: SQLite would follow the way that others take to
    /// its folder back to where the disk is not.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn piped(&self, arguments: &[&str], input: &str) -> Said {
        inside(self.node.id().expect("it runs"), &self.own, arguments, input).await
    }

    /// Fills the disk to its last byte but these, with a file that is in the way of nobody.
    ///
    /// # Panics
    /// When the disk is not there.
    pub fn fill(&self, left_bytes: usize) {
        let path = self.ballast();
        let mut bytes = 64 << 20;
        // The system writes what fits.
        if fs::write(&path, vec![0x2a; bytes]).is_err() {
            bytes = usize::try_from(fs::metadata(&path).expect("part of it").len()).expect("small");
        }
        let file = fs::OpenOptions::new().write(true).open(&path).expect("it is there");
        file.set_len(bytes.saturating_sub(left_bytes) as u64).expect("shorter");
    }

    /// Gives back all the room.
    ///
    /// # Panics
    /// When it was not filled.
    pub fn empty(&self) {
        fs::remove_file(self.ballast()).expect("it was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.home.join("ballast")
    }
}

/// Types commands one after the other at a copy of a folder on a small disk of its own that is full to its last byte, with
/// this on each one's standard input; `None`, told with the reason, where this machine cannot have it.
///
/// # Panics
/// When a command does not start.
pub async fn on_full_disk(folder: &Path, size: &str, commands: &[&[&str]], input: &str) -> Option<Vec<Said>> {
    let mount = folder.with_extension("full");
    fs::create_dir_all(&mount).expect("a folder");
    // The disk is there as long as somebody looks at it.
    let script = "mount -t tmpfs -o size=$3,mode=700 tmpfs \"$1\" && cp -a \"$2\"/. \"$1\" && \
                  { cat /dev/zero > \"$1/ballast\" 2> /dev/null; echo full; cat > /dev/null; }";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).args([&mount, folder]).arg(size);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut keeper = command.spawn().expect("unshare is part of every Debian");
    let mut said = BufReader::new(keeper.stdout.take().expect("piped")).lines();
    let line = tokio::time::timeout(DEADLINE, said.next_line()).await.expect("full in time");
    if line.expect("it speaks").as_deref() != Some("full") {
        skipped("small disk", "no mount namespace");
        return None;
    }
    let mut answers = Vec::new();
    for arguments in commands {
        answers.push(inside(keeper.id().expect("it runs"), &mount, arguments, input).await);
    }
    drop(keeper.stdin.take());
    keeper.wait().await.expect("it is ours");
    Some(answers)
}

/// Types a command at a folder that only this process sees.
async fn inside(process: u32, home: &Path, arguments: &[&str], input: &str) -> Said {
    let mut command = Command::new("nsenter");
    command.args(["--preserve-credentials", "--user", "--mount", "--target", &process.to_string()]);
    command.arg(terminal::binary()).arg("--home").arg(home).args(arguments);
    terminal::run(terminal::french(command), input).await
}

/// A control group with a limit of memory. Dropped: it is gone, if what was in it has ended.
pub struct MemoryLimit {
    group: PathBuf,
    failures: &'static str,
}

impl MemoryLimit {
    /// Makes one, of cgroup 1 or 2; `None`, told with the reason, where this machine lets nobody.
    #[must_use]
    pub fn new(bytes: u64) -> Option<Self> {
        let name = format!("hameau-test-{}", std::process::id());
        let kinds = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.failcnt"),
            ("/sys/fs/cgroup", "memory.max", "memory.events"),
        ];
        for (root, limit, failures) in kinds {
            let group = Path::new(root).join(&name);
            if fs::create_dir(&group).is_err() {
                continue;
            }
            let made = Self { group, failures };
            if fs::write(made.group.join(limit), bytes.to_string()).is_ok() {
                return Some(made);
            }
        }
        skipped("memory limit", "no control group can be made under /sys/fs/cgroup");
        None
    }

    /// A command that starts `hameau` in it.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = terminal::french(Command::new("sh"));
        let enter = "echo $$ > \"$1/cgroup.procs\" && shift && exec \"$@\"";
        command.args(["-c", enter, "sh"]).arg(&self.group).arg(terminal::binary());
        command
    }

    /// What the system counted of the limit.
    #[must_use]
    pub fn told(&self) -> String {
        fs::read_to_string(self.group.join(self.failures)).unwrap_or_default().trim().replace('\n', ", ")
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.group) {
            eprintln!("{} stays: {error}", self.group.display());
        }
    }
}

/// A number of `/proc/PID/status`, such as `VmRSS` in KiB.
///
/// # Panics
/// When the process is gone.
#[must_use]
pub fn of_process(pid: u32, field: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{field}:"))).expect("a field");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}

/// Open descriptors of a process.
///
/// # Panics
/// When the process is gone.
#[must_use]
pub fn descriptors(pid: u32) -> u64 {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count() as u64
}
