// SPDX-License-Identifier: EUPL-1.2
//! PostgreSQL as Debian has it: a server of its own in a folder of its own, over its local socket, asked by its own
//! `pgbench`. The exclusion constraint refuses what overlaps; commits of many clients share a flush of the log.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::durable::{ENVELOPE_BYTES, Times};

/// Where Debian puts the programs of this version.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// Who runs it when we are root: it refuses to be root itself. Debian's package makes this account.
const ACCOUNT: &str = "postgres";

/// A server that runs, until dropped.
pub(crate) struct Postgres {
    folder: PathBuf,
    is_root: bool,
    rounds: usize,
}

impl Postgres {
    /// Makes a cluster with Debian's settings, and starts it.
    pub(crate) fn start(folder: &Path) -> io::Result<Self> {
        fs::create_dir(folder)?;
        let is_root = fs::metadata("/proc/self")?.uid() == 0;
        if is_root {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
            done(Command::new("chown").arg(ACCOUNT).arg(folder).output()?)?;
        }
        let server = Self { folder: folder.to_owned(), is_root, rounds: 0 };
        let data = server.data();
        done(server.of_account("initdb").args(["-A", "trust", "-U", "postgres", "-D"]).arg(&data).output()?)?;
        let options = format!("-c listen_addresses='' -c fsync=on -k {}", folder.display());
        let mut start = server.of_account("pg_ctl");
        start.args(["-s", "-w", "-D"]).arg(&data).arg("-l").arg(folder.join("log")).args(["-o", &options, "start"]);
        // The server keeps what it inherits open: nobody must wait for it to be closed.
        let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if !status.success() {
            return Err(io::Error::other("PostgreSQL does not start"));
        }
        server.prepare()?;
        Ok(server)
    }

    fn prepare(&self) -> io::Result<()> {
        let schema = "CREATE EXTENSION btree_gist;
             CREATE SEQUENCE slot;
             CREATE TABLE booking (
                 id bigserial PRIMARY KEY, desk int NOT NULL, during tsrange NOT NULL, point text NOT NULL,
                 service text NOT NULL, booth int NOT NULL, envelope bytea NOT NULL,
                 EXCLUDE USING gist (desk WITH =, during WITH &&)
             );";
        done(self.client("psql").args(["-q", "-v", "ON_ERROR_STOP=1", "-c", schema, "postgres"]).output()?)?;
        let insert = format!(
            "INSERT INTO booking (desk, during, point, service, booth, envelope)
             SELECT n % 8, tsrange(t, t + interval '10 minutes'), 'bourg', 'carte', 1, decode(repeat('5a', {ENVELOPE_BYTES}), 'hex')
             FROM (SELECT n, timestamp '2027-01-01' + n / 8 * interval '10 minutes' AS t FROM nextval('slot') AS n) AS s;\n"
        );
        fs::write(self.folder.join("insert.sql"), insert)
    }

    /// `clients` book, each one after the other, `count` together.
    pub(crate) fn round(&mut self, clients: usize, count: usize) -> io::Result<Times> {
        self.rounds += 1;
        let prefix = self.folder.join(format!("round-{}", self.rounds));
        let mut bench = self.client("pgbench");
        bench.args(["-n", "-M", "prepared", "-l", "-f"]).arg(self.folder.join("insert.sql"));
        bench.arg(format!("--log-prefix={}", prefix.display()));
        bench.args(["-c", &clients.to_string(), "-j", &clients.min(2).to_string()]);
        let told = done(bench.args(["-t", &(count / clients).to_string(), "postgres"]).output()?)?;
        let per_s = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
        let per_s = per_s.ok_or_else(|| io::Error::other("pgbench does not say how fast it was"))?;
        let mut each_ms = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let path = file?.path();
            if path.display().to_string().starts_with(&format!("{}.", prefix.display())) {
                // Client, transaction, microseconds, script, seconds, microseconds of the second.
                let text = fs::read_to_string(path)?;
                let times = text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<f64>().ok());
                each_ms.extend(times.map(|us| us / 1000.0));
            }
        }
        if each_ms.len() != count / clients * clients {
            return Err(io::Error::other(format!("{} of {count} transactions were logged", each_ms.len())));
        }
        Ok(Times { all_s: each_ms.len() as f64 / per_s, each_ms })
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn of_account(&self, program: &str) -> Command {
        let path = Path::new(PROGRAMS).join(program);
        let mut command = if self.is_root { Command::new("runuser") } else { Command::new(&path) };
        if self.is_root {
            command.args(["-u", ACCOUNT, "--"]).arg(path);
        }
        command.current_dir(&self.folder).env("LC_ALL", "C");
        command
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(Path::new(PROGRAMS).join(program));
        command.args(["-U", "postgres", "-h"]).arg(&self.folder).env("LC_ALL", "C");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = self.of_account("pg_ctl").args(["-s", "-m", "fast", "-D"]).arg(self.data()).arg("stop").status();
        if !stopped.is_ok_and(|it| it.success()) {
            eprintln!("PostgreSQL in {} was not stopped", self.folder.display());
        }
    }
}

fn done(output: Output) -> io::Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
