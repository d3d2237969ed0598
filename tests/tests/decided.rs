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

[[service]]
id = "conseil"
name = "Conseil"
duration_min = 60
shortest_delay_hours = 48
longest_delay_days = 4

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
    let mut own = Value::Null;
    for (case, home, slot, service, refused) in [
        ("the first", &town, one, "carte", None),
        ("one too many", &town, two, "carte", Some("tous les rendez-vous")),
        ("another point's", &other, two, "carte", None),
        ("of what nobody gets", &other, three, "retraite", Some("tous les rendez-vous")),
        ("of tomorrow, which is too near", &other, &free[1], "conseil", Some("trop proche")),
    ] {
        let slot = slot["slot"].as_str().expect("text");
        let said = piped(home, &["book", slot, "--service", service, "--details", "-", "--json"], WHO).await;
        // Told before anything is asked for: nobody is called back for it.
        if let Some(why) = refused {
            assert!(said.code != 0 && said.err.contains(why), "{case}: {said:?}");
            continue;
        }
        let (booked, state) = (said.json(), "confirmed");
        if case == "the first" {
            own = booked["appointment"].clone();
        }
        until(&format!("{case} is {state}"), async || {
            let agenda = hameau(home, &["agenda", "--all", "--json"]).await.json();
            let is_it = |it: &&Value| it["appointment"] == booked["appointment"];
            let found = agenda.as_array().and_then(|all| all.iter().find(is_it)).map(|it| it["state"].clone());
            if found.as_ref().is_some_and(|it| it == state) { Ok(()) } else { Err(format!("{case}: {agenda}")) }
        })
        .await;
    }
    // The quota of the point that has used it is seen where times are listed.
    let left = hameau(&town, &slots).await;
    let of_week = left.json().as_array().into_iter().flatten().filter(|it| day(it) == third).count();
    assert_eq!(of_week, 0, "{left:?}");

    // What was cancelled is no appointment any more.
    let standing = async || hameau(&town, &["status", "--json"]).await.json()["appointments"].clone();
    until("both stand", async || match standing().await {
        it if it == 2 => Ok(()),
        it => Err(it.to_string()),
    })
    .await;
    let cancelled = hameau(&town, &["cancel", own.as_str().expect("a name"), "--reason", "person"]).await;
    assert_eq!(cancelled.code, 0, "{cancelled:?}");
    until("one stands", async || match standing().await {
        it if it == 1 => Ok(()),
        it => Err(it.to_string()),
    })
    .await;

    // Delays: what is listed is neither too near nor too far.
    let listed = hameau(&other, &["slots", "--agency", "caisse", "--service", "conseil", "--json"]).await.json();
    let from = |it: &Value| it["from"].as_str().expect("text").parse::<jiff::Timestamp>().expect("a time");
    let all: Vec<jiff::Timestamp> = listed.as_array().into_iter().flatten().map(from).collect();
    let hours = |it: &jiff::Timestamp| it.duration_since(jiff::Timestamp::now()).as_secs().div_euclid(3600);
    assert!(!all.is_empty() && all.iter().all(|it| (47..=96).contains(&hours(it))), "{listed}");
    for node in nodes {
        stopped(node).await;
    }
}
