// SPDX-License-Identifier: EUPL-1.2
//! A point in a white zone: 64 kbit/s, 150 ms one way, one packet in ten lost. It books all the same.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use hameau_tests::hand::{Village, hameau, piped, settings, stopped};
use hameau_tests::lines::Lines;
use hameau_tests::terminal::Said;
use hameau_tests::wait::until;

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
    let village = Village::founded().await;
    let [centre, town, home] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
    listens(&centre, lines.address("x"), 4700);
    let coordination = lines.started("x", &centre, &[]).await;
    for (name, role) in [("caisse", "agency"), ("bourg", "point")] {
        village.enrolled(name, role, &centre).await;
    }
    std::fs::write(home.join("member.toml"), AGENCY).expect("written");
    listens(&home, lines.address("x"), 4710);
    listens(&town, lines.address("a"), 4720);
    let agency = lines.started("x", &home, &[]).await;
    let point = lines.started("a", &town, &[]).await;

    let slots = until("the point lists the agency's slots", async || {
        let said = hameau(&town, &["slots", "--agency", "caisse", "--json"]).await;
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
        assert_eq!(book(&town, slot).await.code, 0);
    }
    until("three are confirmed", async || states(&town, &["confirmed"; 3]).await).await;
    until("and known at the agency", async || states(&home, &["confirmed"; 3]).await).await;

    lines.change("a", "dead").await;
    assert_eq!(book(&town, &slots[10]).await.code, 0, "it is asked for all the same");
    states(&town, &["asked", "confirmed", "confirmed", "confirmed"]).await.expect("it waits");
    lines.change("a", "whitezone").await;
    until("the fourth is confirmed", async || states(&town, &["confirmed"; 4]).await).await;
    until("and known at the agency", async || states(&home, &["confirmed"; 4]).await).await;

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
    piped(home, &["book", slot, "--service", "carte-vitale", "--details", "-"], WHO).await
}

fn listens(home: &Path, address: IpAddr, port: u16) {
    let at = |port| SocketAddr::new(address, port);
    settings(home, at(port), at(port + 1), SocketAddr::from((Ipv4Addr::LOCALHOST, port + 2)));
}
