// SPDX-License-Identifier: EUPL-1.2
//! What the evaluation will need is counted, and no person is in it.

use hameau_tests::hand::{Village, hameau, piped, reaches, started, stopped};
use hameau_tests::wait::until;
use serde_json::{Value, json};

/// One hour a day: whoever takes it leaves nothing to find on that day.
const AGENCY: &str = r#"
open_on_holidays = true
[[desk]]
number = 1
name = "Guichet"
step_min = 60
openings = [{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "11:00", to = "12:00" }]

[[service]]
id = "carte"
name = "Carte"
duration_min = 60
"#;
const WHO: &str = r#"{"name":"Renée Compte","telephone":"05 65 00 00 77","subject":"sa retraite"}"#;

#[tokio::test]
async fn a_village_counts_without_persons() {
    let village = Village::founded().await;
    let [centre, town, agency] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
    let coordination = started(&centre, &[]).await;
    for (name, role) in [("bourg", "point"), ("caisse", "agency")] {
        village.enrolled(name, role, &centre).await;
    }
    std::fs::write(agency.join("member.toml"), AGENCY).expect("written");
    let (point, home) = (started(&town, &[]).await, started(&agency, &[]).await);
    reaches(&town, "caisse").await;
    // Not the first: midnight may fall between the booking and the count, and today has no days to wait.
    let free = until("the point sees the agency's times", async || {
        let free = hameau(&town, &["slots", "--agency", "caisse", "--json"]).await;
        (free.code == 0).then(|| free.json()[6].clone()).filter(Value::is_object).ok_or_else(|| format!("{free:?}"))
    })
    .await;
    let [slot, from] = ["slot", "from"].map(|field| free[field].as_str().expect("text"));
    let (day, month) = (&from[..10], &from[..7]);
    let search = ["slots", "--agency", "caisse", "--service", "carte", "--day", day, "--json"];
    assert_eq!(hameau(&town, &search).await.json().as_array().map(Vec::len), Some(1), "one found is no count");
    let book = ["book", slot, "--service", "carte", "--details", "-", "--json"];
    let booked = piped(&town, &book, WHO).await.json();
    let short = booked["appointment"].as_str().expect("a short name");
    until("the agency confirms", async || {
        let agenda = hameau(&town, &["agenda", "--all", "--json"]).await.json();
        if agenda[0]["state"] == "confirmed" { Ok(()) } else { Err(agenda.to_string()) }
    })
    .await;
    for _ in 0..2 {
        assert_eq!(hameau(&town, &search).await.json(), json!([]), "nothing is left on that day");
    }
    assert_eq!(hameau(&town, &["cancel", short, "--reason", "person"]).await.code, 0);

    // The calendar's counts are everybody's; a node's own are its own.
    until("the agency counts the same", async || {
        let args = ["counts", "--month", month, "--json"];
        let here = hameau(&town, &args).await.json()["calendar"].clone();
        let there = hameau(&agency, &args).await.json()["calendar"].clone();
        if here == there { Ok(here) } else { Err(format!("{here} and {there}")) }
    })
    .await;
    let counts = hameau(&town, &["counts", "--month", month, "--json"]).await.json();
    let [cell] = counts["calendar"].as_array().expect("a list").as_slice() else { panic!("{counts}") };
    let whose = ["month", "agency", "service", "point"].map(|field| cell[field].as_str().expect("text"));
    assert_eq!(whose, [month, "caisse", "carte", "bourg"]);
    assert_eq!((&cell["cancelled_by_point"], &cell["confirmed"]), (&json!({ "person": 1 }), &json!(0)), "{cell}");
    let all = hameau(&town, &["counts", "--json"]).await;
    let node = &all.json()["node"];
    let own = node.as_array().expect("a list");
    let sum = |field: &str| own.iter().filter_map(|it| it[field].as_u64()).sum::<u64>();
    assert_eq!(sum("searches_without_slot"), 2, "{node}");
    let days: Vec<&String> = own.iter().flat_map(|it| it["wait_days"].as_object().expect("days").keys()).collect();
    assert!(matches!(days.as_slice(), [days] if ["5", "6", "7"].contains(&days.as_str())), "{node}");
    assert_eq!(hameau(&agency, &["counts", "--json"]).await.json()["node"], json!([]), "nobody searched there");

    let plain = hameau(&town, &["counts"]).await;
    assert!(plain.out.contains("1 annulé") && plain.out.contains("2 recherches vaines"), "{plain:?}");
    for said in [&all.out, &plain.out] {
        assert!(!said.contains("Renée") && !said.contains("retraite") && !said.contains("77"), "{said}");
    }
    let bad = hameau(&town, &["counts", "--month", "mars"]).await;
    assert!(bad.code == 2 && bad.err.contains("écrivez un mois comme 2027-03"), "{bad:?}");
    for node in [point, home, coordination] {
        stopped(node).await;
    }
}
