// SPDX-License-Identifier: EUPL-1.2
//! Small machines: a node whose folder is a small disk of its own, or whose memory has a limit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as StdCommand;

use tokio::process::{Child, Command};

use crate::hand;
use crate::terminal;

/// Ready to be looked at, and told with the reason; a fault where it must be had.
fn skipped(what: &str, why: &str) {
    assert!(std::env::var_os("HAMEAU_FAULTS_REQUIRED").is_none(), "no {what} here: {why}");
    eprintln!("skipped: no {what} on this machine: {why}");
}

/// A node on a disk of its own, in memory, that only it sees. Gone with it.
pub struct SmallDisk {
    /// The node.
    pub node: Child,
    /// Its folder, as others reach it while it runs.
    pub home: PathBuf,
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
        Some(Self { node, home: home.join(mount.strip_prefix("/").expect("a whole path")) })
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
