// SPDX-License-Identifier: EUPL-1.2
//! Boxes of two versions in one village: point or agency is upgraded first, then the other, then the coordination. At
//! each step the point asks for a time, the agency confirms it, and both still have all that was booked before.
//!
//! By itself with one build, whose boxes are stopped and started again. With two: `HAMEAU_BIN` is the older one, which
//! sets the village up, `HAMEAU_NEXT` the newer (docs/faults.md).

use std::path::{Path, PathBuf};

use hameau_tests::hand::{Village, always_open, ready, started, stopped};
use hameau_tests::terminal::{self, Said};
use hameau_tests::wait::until;
use serde_json::Value;
use tokio::process::Command;

const WHO: &str = r#"{"name":"Marthe Essai","telephone":"","subject":"sa carte"}"#;
const BOOTH: &str = "[[booth]]\nnumber = 1\nname = \"Cabine\"\n";
const COORDINATION: &str = "centre";
const POINT: &str = "bourg";
const AGENCY: &str = "caisse";

/// A box and the build that runs it now.
struct Member {
    home: PathBuf,
    build: PathBuf,
}

impl Member {
    fn command(&self) -> Command {
        terminal::french(Command::new(&self.build))
    }

    async fn said(&self, args: &[&str], input: &str) -> Said {
        let mut command = self.command();
        command.arg("--home").arg(&self.home).args(args);
        terminal::run(command, input).await
    }

    /// Its appointments with their states, in the order of time.
    async fn agenda(&self) -> Vec<(String, String)> {
        let all = self.said(&["agenda", "--all", "--json"], "").await.json();
        let text = |it: &Value, key: &str| it[key].as_str().expect("text").to_owned();
        let rows = all.as_array().expect("a list").iter();
        rows.map(|it| (text(it, "appointment"), text(it, "state"))).collect()
    }
}

#[tokio::test]
async fn a_village_is_upgraded_box_by_box() {
    let older = terminal::binary();
    let newer = std::env::var_os("HAMEAU_NEXT").map_or_else(|| older.clone(), PathBuf::from);
    for order in [[POINT, AGENCY, COORDINATION], [AGENCY, POINT, COORDINATION]] {
        let village = founded().await;
        let mut boxes =
            [COORDINATION, AGENCY, POINT].map(|name| Member { home: village.at(name), build: older.clone() });
        let mut booked = Vec::new();
        works(&boxes, &mut booked).await;
        for name in order {
            let upgraded = boxes.iter_mut().find(|it| it.home.ends_with(name)).expect("one of them");
            upgraded.build.clone_from(&newer);
            works(&boxes, &mut booked).await;
        }
    }
}

/// A coordination, an agency and a point, set up by the older build.
async fn founded() -> Village {
    let village = Village::founded().await;
    let centre = village.at(COORDINATION);
    let coordination = started(&centre, &[]).await;
    for (name, role, file) in [(AGENCY, "agency", always_open(None)), (POINT, "point", BOOTH.to_owned())] {
        village.enrolled(name, role, &centre).await;
        std::fs::write(village.at(name).join("member.toml"), file).expect("written");
    }
    stopped(coordination).await;
    village
}

/// All run: one more time is asked for and confirmed, and nothing that was booked before is lost or doubled.
async fn works(boxes: &[Member; 3], booked: &mut Vec<String>) {
    let [_, agency, point] = boxes;
    let mut nodes = Vec::new();
    for it in boxes {
        nodes.push(ready(it.command(), &it.home, &[]).await);
    }
    let slot = until("the point has heard of the agency's times", async || {
        let free = point.said(&["slots", "--agency", AGENCY, "--json"], "").await;
        let free: Value = serde_json::from_str(&free.out).unwrap_or_default();
        let asked = free.as_array().and_then(|free| free.get(30)).and_then(|it| it["slot"].as_str());
        asked.map(str::to_owned).ok_or_else(|| free.to_string())
    })
    .await;
    let said = point.said(&["book", &slot, "--service", "carte", "--details", "-", "--json"], WHO).await.json();
    booked.push(said["appointment"].as_str().expect("a name").to_owned());
    for it in [agency, point] {
        until(&format!("{} has all {} confirmed", name(&it.home), booked.len()), async || {
            let agenda = it.agenda().await;
            let is_there = |short: &String| agenda.iter().any(|(it, state)| it == short && state == "confirmed");
            if booked.iter().all(is_there) { Ok(()) } else { Err(format!("{agenda:?}, not all of {booked:?}")) }
        })
        .await;
        assert_eq!(it.agenda().await.len(), booked.len(), "none is doubled");
    }
    for node in nodes {
        stopped(node).await;
    }
}

fn name(home: &Path) -> String {
    home.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
