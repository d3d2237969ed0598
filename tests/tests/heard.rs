// SPDX-License-Identifier: EUPL-1.2
//! Who is heard and who is not, since when, and where a booking is kept: what others said of it; also after a restart.

use std::path::Path;

use hameau_tests::hand::{Village, always_open, hameau, piped, reaches, started, stopped};
use hameau_tests::wait::until;
use serde_json::{Value, json};

const WHO: &str = r#"{"name":"Odile Entendue","telephone":"","subject":""}"#;

#[tokio::test]
async fn who_is_out_of_reach_and_since_when() {
    let village = Village::founded().await;
    let [centre, town, office] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
    let coordination = started(&centre, &[]).await;
    for (name, role) in [("caisse", "agency"), ("bourg", "point")] {
        village.enrolled(name, role, &centre).await;
    }
    std::fs::write(office.join("member.toml"), always_open(Some("bourg"))).expect("written");
    let never = said_of(&centre, "caisse").await;
    assert_eq!((&never["reach"], &never["heard"]), (&json!("unheard"), &json!(null)), "{never}");
    let (caisse, point) = (started(&office, &[]).await, started(&town, &[]).await);
    reaches(&town, "caisse").await;
    let near = said_of(&town, "caisse").await;
    assert!(near["addresses"][0].as_str().is_some_and(|it| it.starts_with("/ip4/127.0.0.1/")), "{near}");
    kept_at_home_then_elsewhere(&town, &office).await;

    stopped(caisse).await;
    let gone = until("the agency is out of reach", async || {
        let gone = said_of(&town, "caisse").await;
        if gone["reach"] == "unheard" { Ok(gone) } else { Err(gone.to_string()) }
    })
    .await;
    let since = gone["heard"].as_str().expect("a time").to_owned();
    stopped(point).await;
    stopped(coordination).await;

    // Nobody is named in the papers any more: whom a box knows, it knows by their profiles.
    for home in [&town, &office] {
        without_neighbours(home);
    }
    let point = started(&town, &[]).await;
    assert_eq!(said_of(&town, "caisse").await["heard"], since.as_str(), "the restart has not forgotten it");
    let agenda = hameau(&town, &["agenda", "--all"]).await.out;
    assert!(agenda.contains(" gardé chez 2 "), "nobody is heard, and what they said is known: {agenda}");
    let plain = hameau(&town, &["status"]).await.out;
    let line = plain.lines().find(|line| line.starts_with("caisse")).unwrap_or_else(|| panic!("{plain}"));
    assert!(line.contains(&format!("injoignable depuis le {}", since[..16].replace('T', " "))), "{line}");
    let caisse = started(&office, &[]).await;
    reaches(&town, "caisse").await;
    stopped(caisse).await;
    stopped(point).await;
}

/// What is said of a member, the same in both lists.
async fn said_of(home: &Path, member: &str) -> Value {
    let status = hameau(home, &["status", "--json"]).await.json();
    let is_it = |it: &&Value| it["member"] == member;
    status["list"].as_array().expect("a list").iter().find(is_it).expect("a member").clone()
}

async fn kept_at_home_then_elsewhere(town: &Path, office: &Path) {
    let slot = until("the point holds slots", async || {
        let free = hameau(town, &["slots", "--agency", "caisse", "--json"]).await;
        let free: Value = serde_json::from_str(&free.out).unwrap_or_default();
        let held = free.as_array().into_iter().flatten().filter(|it| it["way"] == "held").nth(30);
        held.and_then(|it| it["slot"].as_str()).map(str::to_owned).ok_or_else(|| free.to_string())
    })
    .await;
    assert_eq!(hameau(town, &["offline", "on"]).await.code, 0);
    let book = ["book", &slot, "--service", "carte", "--details", "-", "--json"];
    let booked = piped(town, &book, WHO).await.json();
    assert_eq!((&booked["state"], &booked["kept_at"]), (&json!("confirmed"), &json!(0)), "{booked}");
    let plain = hameau(town, &["agenda", "--all"]).await.out;
    assert!(plain.contains(" gardé ici "), "{plain}");
    assert_eq!(hameau(town, &["status", "--json"]).await.json()["only_here"], 1);
    assert_eq!(hameau(town, &["offline", "off"]).await.code, 0);
    until("two others keep it", async || {
        let agenda = hameau(town, &["agenda", "--all"]).await.out;
        if agenda.contains(" gardé chez 2 ") { Ok(()) } else { Err(agenda) }
    })
    .await;
    assert_eq!(hameau(town, &["status", "--json"]).await.json()["only_here"], 0);
    let there = hameau(office, &["agenda", "--all", "--json"]).await.json();
    assert_eq!(there[0]["kept_at"], json!(null), "another box wrote it: {there}");
}

fn without_neighbours(home: &Path) {
    let path = home.join("papers.json");
    let text = std::fs::read_to_string(&path).expect("papers");
    let mut papers: Value = serde_json::from_str(&text).expect("JSON");
    papers["neighbours"] = json!([]);
    std::fs::write(&path, papers.to_string()).expect("written");
}
