// SPDX-License-Identifier: EUPL-1.2
//! Practice: an invented day, marked on every page, in a folder of its own that goes with it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use hameau_tests::person::{Camera, Person};
use hameau_tests::terminal;
use hameau_tests::wait::DEADLINE;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn a_day_to_practise_on() {
    // Goal: people to receive are there already; one books, starts and cancels; each page says that it is practice;
    // nothing lies in the box's own folder, nothing listens beyond this machine, and all of it is gone at the end.
    let folder = TempDir::new().expect("a temporary folder");
    let own = folder.path().join("own");
    std::fs::create_dir(&own).expect("a folder");
    let mut command = terminal::command();
    command.env("HAMEAU_HOME", &own).env("TMPDIR", folder.path()).args(["practice", "--json"]);
    let mut practice = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("hameau starts");
    let mut lines = BufReader::new(practice.stdout.take().expect("piped")).lines();
    let mut doors: Vec<Value> = Vec::new();
    while doors.len() < 2 {
        let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("ready in time");
        doors.push(serde_json::from_str(&line.expect("text").expect("a line")).expect("JSON"));
    }
    let text = |door: usize, name: &str| doors[door][name].as_str().unwrap_or_default().to_owned();
    let home = PathBuf::from(text(0, "home"));
    assert!(home.starts_with(folder.path()) && !home.starts_with(&own), "{home:?}");
    for (number, member) in doors.iter().enumerate() {
        let home = PathBuf::from(text(number, "home"));
        let settings = std::fs::read_to_string(home.join("node.toml")).expect("settings");
        let is_address = |line: &&str| line.contains("/ip") || line.contains("listen = \"");
        let listens: Vec<&str> = settings.lines().filter(is_address).collect();
        let is_here = |line: &&str| line.contains("127.0.0.1");
        assert!(listens.len() == 4 && listens.iter().all(is_here), "{member}: {settings}");
    }

    let animateur = Person::at("the animateur", &text(0, "animateur")).await;
    animateur.sees("practice", "Entraînement").await;
    animateur.signs_in(&text(0, "animateur"), "animateur", &text(0, "password")).await;
    for name in ["Anne Exemple", "Bruno Exemple", "Chantal Exemple"] {
        animateur.sees_row("row", &[name]).await;
    }
    animateur.sees("practice", "Rien de ce qui est saisi ici").await;
    animateur.picture("practice-day").await;
    animateur.click_on("open", "Anne Exemple").await;
    animateur.sees("practice", "Entraînement").await;
    animateur.click("start-call").await;
    let booth = Person::with("the booth", &text(0, "booth"), Camera::Missing).await;
    booth.sees("practice", "Entraînement").await;
    booth.picture("practice-booth").await;
    animateur.click("stop-call").await;
    animateur.click_on("open", "Bruno Exemple").await;
    animateur.click("cancel").await;
    animateur.click("late-known").await;
    animateur.click("cancel-confirm").await;
    animateur.sees("undo", "sera annulé").await;
    let advisor = Person::at("the advisor", &text(1, "advisor")).await;
    advisor.signs_in(&text(1, "advisor"), "conseiller", &text(1, "password")).await;
    advisor.sees("practice", "Entraînement").await;
    advisor.sees_row("row", &["Chantal Exemple", "personne inventée"]).await;
    drop((animateur, booth, advisor));

    let pid = practice.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill is there").success());
    let ended = tokio::time::timeout(DEADLINE, practice.wait()).await.expect("it stops in time");
    assert!(ended.expect("it is ours").success());
    assert!(!home.exists() && is_empty(&own), "nothing is left");
}

#[tokio::test]
async fn practice_takes_no_folder() {
    // Goal: whoever names a box's folder is told, and nothing is written there.
    let folder = TempDir::new().expect("a temporary folder");
    let mut command = terminal::command();
    command.arg("--home").arg(folder.path()).arg("practice");
    let said = terminal::run(command, "").await;
    assert!(said.code == 2 && said.err.contains("ôtez --home"), "{said:?}");
    assert!(is_empty(folder.path()));
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("there").next().is_none()
}
