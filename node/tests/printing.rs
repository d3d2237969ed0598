// SPDX-License-Identifier: EUPL-1.2
//! The booth's printer by CUPS itself: a server of the test's own, whose printer is a file.

use std::fs::{Permissions, create_dir, set_permissions, write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command};

use hameau_node::devices::{DeviceError, Devices};
use hameau_tests::wait::until;
use tempfile::TempDir;

/// A CUPS server. Dropped: it is ended.
struct Cups {
    server: Child,
    folder: TempDir,
}

impl Drop for Cups {
    fn drop(&mut self) {
        if self.server.kill().is_err() || self.server.wait().is_err() {
            eprintln!("the printer's server had ended");
        }
    }
}

impl Cups {
    /// A server with one queue, `cabine`, whose paper is a file.
    async fn started() -> Self {
        let folder = TempDir::new().expect("a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        // It prints as another user, who has to come in.
        set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("ours");
        for name in ["spool", "cache", "state", "paper"] {
            create_dir(folder.path().join(name)).expect("made");
            set_permissions(folder.path().join(name), Permissions::from_mode(0o777)).expect("ours");
        }
        let rules = format!(
            "Listen {}\nBrowsing Off\nWebInterface No\nDefaultAuthType None\n<Location />\nAllow all\n</Location>\n\
             <Location /admin>\nAllow all\n</Location>\n<Policy default>\n<Limit All>\nAllow all\n</Limit>\n</Policy>\n",
            at("cups.sock")
        );
        let files = format!(
            "ServerRoot {}\nRequestRoot {}\nCacheDir {}\nStateDir {}\nTempDir {}\nErrorLog {}\nAccessLog {}\nPageLog {}\n\
             FileDevice Yes\nUser lp\nGroup lp\nSystemGroup root\n",
            folder.path().display(),
            at("spool"),
            at("cache"),
            at("state"),
            at("spool"),
            at("errors"),
            at("access"),
            at("pages")
        );
        write(folder.path().join("cupsd.conf"), rules).expect("written");
        write(folder.path().join("cups-files.conf"), files).expect("written");
        let server = Command::new("/usr/sbin/cupsd")
            .args(["-f", "-c", &at("cupsd.conf"), "-s", &at("cups-files.conf")])
            .spawn()
            .expect("tests/run.sh installs CUPS");
        let paper = format!("file:{}", at("paper/out"));
        let cups = Self { server, folder };
        let options = ["-p", "cabine", "-E", "-v", &paper, "-m", "raw"];
        until("the printer's server answers", async || {
            if cups.asked("lpadmin", &options) { Ok(()) } else { Err("not yet".to_owned()) }
        })
        .await;
        cups
    }

    fn asked(&self, program: &str, options: &[&str]) -> bool {
        let told =
            Command::new(program).env("CUPS_SERVER", self.folder.path().join("cups.sock")).args(options).output();
        told.is_ok_and(|it| it.status.success())
    }

    fn devices(&self, queue: &str) -> Devices {
        let printer = format!("{queue}@{}", self.folder.path().join("cups.sock").display());
        Devices { printer: Some(printer), scanner: None }
    }
}

#[tokio::test]
async fn a_document_is_printed_or_it_is_said_why_not() {
    // Goal: CUPS has taken it all; a printer that is stopped, one that is unknown and no server at all are said.
    let cups = Cups::started().await;
    let document = cups.folder.path().join("spool").join("notice.pdf");
    write(&document, b"%PDF-1.4 something to print").expect("written");
    assert_eq!(cups.devices("cabine").print(&document).await, Ok(()));
    assert_eq!(cups.devices("ailleurs").print(&document).await, Err(DeviceError::Faulty));
    assert!(cups.asked("cupsdisable", &["cabine"]));
    assert_eq!(cups.devices("cabine").print(&document).await, Err(DeviceError::Stopped));
    assert!(cups.asked("cupsenable", &["cabine"]));
    let left = std::process::Command::new("lpstat")
        .env("CUPS_SERVER", cups.folder.path().join("cups.sock"))
        .arg("-o")
        .output();
    assert_eq!(left.expect("CUPS is there").stdout, b"", "what could not be printed is not printed later");
    let nowhere = Devices { printer: Some("cabine@/nowhere/cups.sock".to_owned()), scanner: None };
    assert_eq!(nowhere.print(Path::new("/x")).await, Err(DeviceError::Faulty));
}
