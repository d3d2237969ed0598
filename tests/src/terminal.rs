// SPDX-License-Identifier: EUPL-1.2
//! The terminal: runs `hameau` as people do, and keeps what it said.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::wait::DEADLINE;

/// What a command said before it ended.
#[derive(Debug, Clone)]
pub struct Said {
    /// 0 done, 1 refused, 2 wrong use.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// The binary that people run: beside the tests, or `$HAMEAU_BIN`.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn binary() -> PathBuf {
    let path = std::env::var_os("HAMEAU_BIN").map_or_else(|| beside("hameau"), PathBuf::from);
    assert!(
        path.is_file(),
        "“{}” is not there: build it first with “cargo build --profile ci --package hameau”, or set HAMEAU_BIN",
        path.display()
    );
    path
}

/// Another program of the workspace, beside the tests.
///
/// # Panics
/// When a test has no path.
#[must_use]
pub fn beside(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test has a path");
    let folder = own.parent().expect("target/ci/deps");
    if folder.ends_with("deps") { folder.with_file_name(name) } else { folder.join(name) }
}

/// A command that speaks French, whatever the language of whoever runs the tests, on a machine whose own time zone is
/// far from the territory's: nothing that people read may rest on it.
#[must_use]
pub fn command() -> Command {
    french(Command::new(binary()))
}

/// The same for a command that starts `hameau`.
#[must_use]
pub fn french(mut command: Command) -> Command {
    command.env_remove("HAMEAU_HOME").env("LC_ALL", "fr_FR.UTF-8").env("TZ", "Pacific/Auckland").kill_on_drop(true);
    command
}

/// A command typed where English is spoken.
///
/// # Panics
/// As [`run`].
pub async fn english(args: &[&str], input: &str) -> Said {
    let mut command = command();
    command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "en_US.UTF-8").args(args);
    run(command, input).await
}

/// Runs a command with something on its standard input.
///
/// # Panics
/// When it has not ended by the deadline, or was killed by a signal.
pub async fn run(mut command: Command, input: &str) -> Said {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("hameau starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A command that refuses before it reads closes its end: that is its right.
    if let Err(error) = stdin.write_all(input.as_bytes()).await {
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{error}");
    }
    drop(stdin);
    let ended = tokio::time::timeout(DEADLINE, child.wait_with_output()).await;
    let output = ended.unwrap_or_else(|_| panic!("{command:?} has not ended")).expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { code: output.status.code().expect("not killed"), out: text(output.stdout), err: text(output.stderr) }
}

impl Said {
    /// The answer of a command that was done.
    ///
    /// # Panics
    /// When it was not, or did not answer one value of JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same of a command that is asked again until it is done: a service is unknown before its agency's profile comes.
    ///
    /// # Errors
    /// What was said instead.
    pub fn answer(&self) -> Result<Value, String> {
        if self.code == 0 { Ok(self.json()) } else { Err(format!("{self:?}")) }
    }

    /// The sentence of a command that was refused: on standard error, with nothing on standard output.
    ///
    /// # Panics
    /// When it was not refused so.
    #[must_use]
    pub fn refused(&self) -> &str {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self.err.strip_prefix("hameau : ").unwrap_or_else(|| panic!("{self:?}")).trim_end()
    }
}
