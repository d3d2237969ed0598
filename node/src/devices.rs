// SPDX-License-Identifier: EUPL-1.2
//! The booth's printer and scanner: programs of the system that know them, CUPS's `lp` and SANE's `scanimage`.
//!
//! `node.toml` names a queue and a device; where it names none, or the program is not there, the booth has none. Everything
//! is waited for no longer than a person would. Invariant: nothing of a paper is in a command line but the path of its file.

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::call::documents::DOCUMENT_BYTES_MAX;
use crate::program::{self, ProgramError};

/// A sheet of an old scanner takes most of a minute.
const SCAN_TIME: Duration = Duration::from_secs(50);
/// A question to CUPS.
const ASK_TIME: Duration = Duration::from_secs(5);
/// How long a paper may take to leave the queue, and how often it is looked.
const PRINT_TIME: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Points to the inch: what a person reads, an agency can file.
const RESOLUTION: &str = "200";

/// The devices of this point, by the names that their programs know them by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Devices {
    /// A queue of CUPS (`lpstat -p` lists them); of another computer's as `queue@server`.
    pub printer: Option<String>,
    /// A device of SANE (`scanimage -L` lists them).
    pub scanner: Option<String>,
}

/// Why a device does not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// `node.toml` names none.
    #[error("no such device")]
    None,
    /// Its program is not on this computer.
    #[error("the program for it is not installed")]
    NoProgram,
    /// The printer says that it has no paper.
    #[error("the printer has no paper")]
    NoPaper,
    /// The printer is stopped.
    #[error("the printer is stopped")]
    Stopped,
    /// It has not taken the paper in 40 seconds.
    #[error("the printer takes too long")]
    Slow,
    /// It does not answer, or answers with an error.
    #[error("the device does not work")]
    Faulty,
}

impl Devices {
    /// A sheet of the scanner, as JPEG.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn scan(&self) -> Result<Vec<u8>, DeviceError> {
        let device = self.scanner.as_deref().ok_or(DeviceError::None)?;
        let options = ["--device-name", device, "--format=jpeg", "--resolution", RESOLUTION];
        let scanned = run("scanimage", &options, SCAN_TIME).await?;
        if scanned.is_empty() { Err(DeviceError::Faulty) } else { Ok(scanned) }
    }

    /// Prints a file: until the printer has had all of it.
    ///
    /// # Errors
    /// [`DeviceError`]: then it is taken back, and is not printed later.
    pub async fn print(&self, file: &Path) -> Result<(), DeviceError> {
        let printer = self.printer.as_deref().ok_or(DeviceError::None)?;
        let (queue, server) = printer.split_once('@').map_or((printer, None), |(queue, server)| (queue, Some(server)));
        let at: &[&str] = if let Some(server) = server { &["-h", server] } else { &[] };
        let path = file.to_str().ok_or(DeviceError::Faulty)?;
        // The name of a job is read by whoever lists the queue.
        let said = run("lp", &[at, &["-d", queue, "-t", "Hameau", "--", path]].concat(), ASK_TIME).await?;
        let said = String::from_utf8_lossy(&said);
        let job = said.split_whitespace().find(|it| it.starts_with(&format!("{queue}-"))).ok_or(DeviceError::Faulty)?;
        let printed = timeout(PRINT_TIME, followed(at, queue, job)).await.unwrap_or(Err(DeviceError::Slow));
        if printed.is_err() {
            // Nobody finds it in the tray when this person has gone.
            run("cancel", &[at, &[job]].concat(), ASK_TIME).await?;
        }
        printed
    }
}

/// Looks what becomes of a job, until it has left the queue.
async fn followed(at: &[&str], queue: &str, job: &str) -> Result<(), DeviceError> {
    loop {
        let waiting = run("lpstat", &[at, &["-o", queue]].concat(), ASK_TIME).await?;
        if !String::from_utf8_lossy(&waiting).lines().any(|line| line.split_whitespace().next() == Some(job)) {
            return Ok(());
        }
        let standing = run("lpstat", &[at, &["-l", "-p", queue]].concat(), ASK_TIME).await?;
        is_well(&String::from_utf8_lossy(&standing))?;
        sleep(LOOK_EVERY).await;
    }
}

/// What `lpstat -l -p` says of a printer, in the language C.
fn is_well(standing: &str) -> Result<(), DeviceError> {
    if standing.contains("media-empty") || standing.contains("media-needed") {
        return Err(DeviceError::NoPaper);
    }
    let first = standing.lines().next().unwrap_or_default();
    if first.contains(" disabled ") { Err(DeviceError::Stopped) } else { Ok(()) }
}

/// What a program gives, in the language C, of no more than a document may have.
async fn run(program: &str, options: &[&str], within: Duration) -> Result<Vec<u8>, DeviceError> {
    let mut command = Command::new(program);
    command.args(options).env("LC_ALL", "C");
    program::output(command, DOCUMENT_BYTES_MAX.into(), within).await.map_err(|error| match error {
        ProgramError::Absent => DeviceError::NoProgram,
        ProgramError::Failed(_) => DeviceError::Faulty,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_printer_says_is_understood() {
        // As CUPS 2.4 writes it.
        for (says, expect) in [
            ("printer cabine is idle.  enabled since Mon Nov 30 21:37:26 2026\n\tAlerts: none\n", Ok(())),
            (
                "printer cabine now printing cabine-3.  enabled since Mon\n\tAlerts: media-empty-error\n",
                Err(DeviceError::NoPaper),
            ),
            ("printer cabine disabled since Mon -\n\tPaused\n\tAlerts: none\n", Err(DeviceError::Stopped)),
        ] {
            assert_eq!(is_well(says), expect, "{says}");
        }
    }

    #[tokio::test]
    async fn a_sheet_is_scanned() {
        // Goal: SANE's own device for tests gives a JPEG; one that is not there, and none, are an error.
        let scanner = |name: &str| Devices { scanner: Some(name.to_owned()), ..Devices::default() };
        let sheet = scanner("test:0").scan().await.expect("tests/run.sh installs scanimage");
        assert!(imagesize::blob_size(&sheet).is_ok_and(|it| it.width > 100), "{} bytes", sheet.len());
        assert_eq!(scanner("nowhere:0").scan().await, Err(DeviceError::Faulty));
        assert_eq!(Devices::default().scan().await, Err(DeviceError::None));
        assert_eq!(Devices::default().print(Path::new("/x")).await, Err(DeviceError::None));
    }
}
