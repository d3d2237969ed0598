// SPDX-License-Identifier: EUPL-1.2
//! A point in a white zone: 64 kbit/s, 150 ms one way, one packet in ten lost. It books all the same.

use std::path::Path;

use hameau_tests::hand::{hameau, stopped};
use hameau_tests::lines::Lines;
use hameau_tests::terminal::{self, Said};
use hameau_tests::wait::until;
use tempfile::TempDir;

const WHO: &str = r#"{"name":"Marie Demo","telephone":"","subject":"une carte"}"#;
const AGENCY: &str = r#"
[[desk]]
number = 1
name = "Guichet 1"
step_min = 30
openings = [{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "18:00" }]

[[service]]
id = "carte-vitale"
name = "Carte Vitale"
duration_min = 30
"#;

#[tokio::test]
async fn a_point_in_a_white_zone_books() {
    let Some(mut lines) = Lines::open(&["whitezone"]).await else {
        eprintln!("skipped: no poor lines on this machine");
        return;
    };
    let folder = TempDir::new().expect("a temporary folder");
    let home = |name: &str| folder.path().join(name);
    let (lot, cpam, puy) = (home("lot"), home("cpam"), home("puy"));
    let founded = hameau(&lot, &["init", "--territory", "Lot", "--member", "lot", "--name", "Lot"]).await;
    assert_eq!(founded.code, 0, "{founded:?}");
    listens(&lot, lines.address("x"), 4700);
    let coordination = lines.started("x", &lot).await;

    joins(&lot, &cpam, ["cpam-46", "CPAM du Lot", "agency"]).await;
    std::fs::write(cpam.join("member.toml"), AGENCY).expect("written");
    listens(&cpam, lines.address("x"), 4710);
    let agency = lines.started("x", &cpam).await;
    joins(&lot, &puy, ["puy-leveque", "Puy-l'Évêque", "point"]).await;
    listens(&puy, lines.address("a"), 4720);
    let point = lines.started("a", &puy).await;

    let slots = until("the point lists the agency's slots", async || {
        let said = hameau(&puy, &["slots", "--agency", "cpam-46", "--json"]).await;
        let slots: Vec<String> = match said.code {
            0 => said
                .json()
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|it| it["slot"].as_str())
                .map(Into::into)
                .collect(),
            _ => return Err(format!("{said:?}")),
        };
        if slots.len() > 20 { Ok(slots) } else { Err(format!("{said:?}")) }
    })
    .await;
    for slot in &slots[..3] {
        assert_eq!(book(&puy, slot).await.code, 0);
    }
    until("three are confirmed", async || states(&puy, &["confirmed"; 3]).await).await;
    until("and known at the agency", async || states(&cpam, &["confirmed"; 3]).await).await;

    lines.change("a", "dead").await;
    assert_eq!(book(&puy, &slots[10]).await.code, 0, "it is asked for all the same");
    states(&puy, &["asked", "confirmed", "confirmed", "confirmed"]).await.expect("it waits");
    lines.change("a", "whitezone").await;
    until("the fourth is confirmed", async || states(&puy, &["confirmed"; 4]).await).await;
    until("and known at the agency", async || states(&cpam, &["confirmed"; 4]).await).await;

    for node in [point, agency, coordination] {
        stopped(node).await;
    }
    lines.close().await;
}

/// The states of all appointments, in the order of the alphabet.
async fn states(home: &Path, expected: &[&str]) -> Result<(), String> {
    let agenda = hameau(home, &["agenda", "--all", "--json"]).await.json();
    let mut states: Vec<&str> = agenda.as_array().into_iter().flatten().filter_map(|it| it["state"].as_str()).collect();
    states.sort_unstable();
    if states == expected { Ok(()) } else { Err(agenda.to_string()) }
}

async fn book(home: &Path, slot: &str) -> Said {
    let mut command = terminal::command();
    command.arg("--home").arg(home).args(["book", slot, "--service", "carte-vitale", "--details", "-"]);
    terminal::run(command, WHO).await
}

/// A member's box is made, enrolled and joins.
async fn joins(coordination: &Path, home: &Path, [member, name, role]: [&str; 3]) {
    let init = ["init", "--member", member, "--name", name, "--role", role, "--json"];
    let request = hameau(home, &init).await.json()["request"].as_str().expect("a file").to_owned();
    let papers = home.join("from-the-coordination.json").display().to_string();
    until("the coordination enrols it, and says where it listens", async || {
        let enrolled = hameau(coordination, &["enrol", &request, "--output", &papers]).await;
        assert_eq!(enrolled.code, 0, "{enrolled:?}");
        let written = std::fs::read_to_string(&papers).expect("written");
        if written.contains("/quic-v1") { Ok(()) } else { Err(written) }
    })
    .await;
    let joined = hameau(home, &["join", &papers]).await;
    assert_eq!(joined.code, 0, "{joined:?}");
}

fn listens(home: &Path, address: &str, port: u16) {
    let text = format!(
        "mesh_listen = [\"/ip4/{address}/udp/{port}/quic-v1\", \"/ip4/{address}/tcp/{port}\"]\n\
         call_listen = \"{address}:{}\"\nportal_listen = \"127.0.0.1:{}\"\nlocal_discovery = false\n\
         timezone = \"Europe/Paris\"\n",
        port + 1,
        port + 2
    );
    std::fs::write(home.join("node.toml"), text).expect("written");
}
