// SPDX-License-Identifier: EUPL-1.2
//! A point keeps three neighbours, one on a metered line; whom they hear it reaches through them, and books there.

use std::path::Path;

use hameau_tests::hand::{Village, always_open, hameau, piped, started, stopped};
use hameau_tests::wait::until;
use serde_json::Value;

const WHO: &str = r#"{"name":"Odile Lointaine","telephone":"","subject":""}"#;
const AGENCIES: [&str; 4] = ["caisse-a", "caisse-b", "caisse-c", "caisse-d"];

#[tokio::test]
async fn a_point_reaches_whom_its_neighbours_hear() {
    let village = Village::founded().await;
    let (centre, town) = (village.at("centre"), village.at("bourg"));
    let coordination = started(&centre, &[]).await;
    let mut agencies = Vec::new();
    for name in AGENCIES {
        village.enrolled(name, "agency", &centre).await;
        std::fs::write(village.at(name).join("member.toml"), always_open(None)).expect("written");
        agencies.push(started(&village.at(name), &[]).await);
    }
    village.enrolled("bourg", "point", &centre).await;
    let point = started(&town, &[]).await;
    // It keeps three, and hears of the others.
    let members = ways(&town, (3, 2)).await;
    assert!(is(&members, "centre", "direct"), "{members}");

    let far = AGENCIES.into_iter().position(|name| is(&members, name, "through")).expect("one is far");
    let slot = until("its times are here", async || {
        let free = hameau(&town, &["slots", "--agency", AGENCIES[far], "--json"]).await;
        let free: Value = serde_json::from_str(&free.out).unwrap_or_default();
        let asked = free.as_array().and_then(|free| free.get(30)).and_then(|it| it["slot"].as_str());
        asked.map(str::to_owned).ok_or_else(|| free.to_string())
    })
    .await;
    let booked = piped(&town, &["book", &slot, "--service", "carte", "--details", "-", "--json"], WHO).await.json();
    let short = booked["appointment"].as_str().expect("a name").to_owned();
    until("the far agency confirms", async || {
        let agenda = hameau(&town, &["agenda", "--all", "--json"]).await.json();
        let is_it = |it: &Value| it["appointment"] == short.as_str() && it["state"] == "confirmed";
        if agenda.as_array().is_some_and(|all| all.iter().any(is_it)) { Ok(()) } else { Err(agenda.to_string()) }
    })
    .await;

    assert!(is(&ways(&town, (3, 2)).await, AGENCIES[far], "through"), "it took no connection of its own");

    // Who is gone is heard by nobody.
    stopped(agencies.remove(far)).await;
    let members = ways(&town, (3, 1)).await;
    assert!(is(&members, AGENCIES[far], "unheard"), "{members}");

    stopped(point).await;
    let settings = town.join("node.toml");
    let text = std::fs::read_to_string(&settings).expect("settings");
    std::fs::write(&settings, format!("metered = true\n{text}")).expect("written");
    let point = started(&town, &[]).await;
    ways(&town, (1, 3)).await;
    for node in [point, coordination].into_iter().chain(agencies) {
        stopped(node).await;
    }
}

/// Waits until so many members are reached directly and so many through others; gives the list.
async fn ways(home: &Path, wanted: (usize, usize)) -> Value {
    until(&format!("{wanted:?} are reached"), async || {
        let members = hameau(home, &["members", "--json"]).await.json();
        let count = |way: &str| members.as_array().into_iter().flatten().filter(|it| it["reach"] == way).count();
        if (count("direct"), count("through")) == wanted { Ok(members) } else { Err(members.to_string()) }
    })
    .await
}

fn is(members: &Value, member: &str, way: &str) -> bool {
    members.as_array().into_iter().flatten().any(|it| it["member"] == member && it["reach"] == way)
}
