// SPDX-License-Identifier: EUPL-1.2
//! What a member decides in its `member.toml` is what its node does.

use hameau_tests::hand::{Village, hameau, piped, reaches, started, stopped};
use hameau_tests::wait::until;
use serde_json::Value;

/// Published one week ahead; one appointment a week for each point, none at all for the other service.
const AGENCY: &str = r#"
weeks_ahead = 1

open_on_holidays = true
[[desk]]
number = 1
name = "Guichet"
step_min = 60
openings = [{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "06:00", to = "22:00" }]

[[service]]
id = "carte"
name = "Carte"
duration_min = 60

[[service]]
id = "retraite"
name = "Retraite"
duration_min = 60

[[quota]]
point = "bourg"
per_week = 1

[[quota]]
service = "retraite"
per_week = 0
"#;
const WHO: &str = r#"{"name":"Marie Demo","telephone":"","subject":""}"#;

#[tokio::test]
async fn an_agency_publishes_and_confirms_as_it_decided() {
    let village = Village::founded().await;
    let [centre, town, other, agency] = ["centre", "bourg", "autre", "caisse"].map(|name| village.at(name));
    let coordination = started(&centre, &[]).await;
    for (name, role) in [("bourg", "point"), ("autre", "point"), ("caisse", "agency")] {
        village.enrolled(name, role, &centre).await;
    }
    std::fs::write(agency.join("member.toml"), AGENCY).expect("written");
    let mut nodes = vec![coordination];
    for home in [&town, &other, &agency] {
        nodes.push(started(home, &[]).await);
    }
    for home in [&town, &other] {
        reaches(home, "caisse").await;
    }
    let slots = ["slots", "--agency", "caisse", "--service", "carte", "--json"];
    let free = until("the point sees the agency's times", async || {
        let free = hameau(&town, &slots).await;
        // The last of seven days may be over already; the six before are whole or begun.
        let all = (free.code == 0).then(|| free.json().as_array().cloned()).flatten().unwrap_or_default();
        if all.len() >= 6 * 16 { Ok(all) } else { Err(format!("{free:?}")) }
    })
    .await;
    assert!(free.len() <= 7 * 16, "one week ahead, not four: {} times", free.len());

    // Of one week, in UTC as the calendar counts: three of one day.
    let day = |it: &Value| it["from"].as_str().expect("text")[..10].to_owned();
    let third = day(&free[40]);
    let [one, two, three, ..] = free.iter().filter(|it| day(it) == third).collect::<Vec<_>>()[..] else {
        panic!("{free:?}");
    };
    for (case, home, slot, service, state) in [
        ("the first", &town, one, "carte", "confirmed"),
        ("one too many", &town, two, "carte", "refused"),
        ("another point's", &other, two, "carte", "confirmed"),
        ("of what nobody gets", &other, three, "retraite", "refused"),
    ] {
        let slot = slot["slot"].as_str().expect("text");
        let booked = piped(home, &["book", slot, "--service", service, "--details", "-", "--json"], WHO).await.json();
        until(&format!("{case} is {state}"), async || {
            let agenda = hameau(home, &["agenda", "--all", "--json"]).await.json();
            let is_it = |it: &&Value| it["appointment"] == booked["appointment"];
            let found = agenda.as_array().and_then(|all| all.iter().find(is_it)).map(|it| it["state"].clone());
            if found.as_ref().is_some_and(|it| it == state) { Ok(()) } else { Err(format!("{case}: {agenda}")) }
        })
        .await;
    }
    for node in nodes {
        stopped(node).await;
    }
}
