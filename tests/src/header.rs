// SPDX-License-Identifier: EUPL-1.2
//! What a run says of itself: machine, commit, time; and the file that it is kept in.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::terminal;

/// The head of a run's file. `tool`: what was typed before the arguments.
#[must_use]
pub fn header(tool: &str) -> Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| Some(line.strip_prefix("model name")?.split_once(": ")?.1.to_owned()));
    let words: Vec<String> = std::env::args().skip(1).collect();
    json!({
        "command": format!("{tool} {}", words.join(" ")),
        "date": said("date", &["-u", "+%FT%TZ"]),
        "commit": said("git", &["rev-parse", "--short=12", "HEAD"]),
        "program": said(&terminal::binary().display().to_string(), &["--version"]),
        "machine": {
            "cpu": cpu,
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "kernel": said("uname", &["-r"]),
            "load_before": std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim(),
        },
    })
}

/// What a command says, in one line; nothing if it is not there.
#[must_use]
pub fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().map(|it| it.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

/// Writes a run's file, where one is wanted.
///
/// # Errors
/// When it cannot be written.
pub fn keep(path: Option<&Path>, run: &Value) -> std::io::Result<()> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, format!("{run:#}\n"))
}
