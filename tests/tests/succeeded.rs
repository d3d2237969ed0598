// SPDX-License-Identifier: EUPL-1.2
//! The coordination's box is stolen and goes on signing. The root key, on paper, names another; the village
//! goes on, and whom the thief enrolled is nobody.

use std::path::{Path, PathBuf};

use hameau_tests::hand::{Village, hameau, on_loopback, piped, reaches, started, stopped};
use hameau_tests::wait::until;
use serde_json::Value;

const WHO: &str = r#"{"name":"Marie Demo","telephone":"","subject":"une carte"}"#;

/// Open at any hour, so that a slot lies ahead whenever the story is told.
const AGENCY: &str = r#"
open_on_holidays = true
[[desk]]
number = 1
name = "Guichet"
step_min = 60
openings = [{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "01:00", to = "23:00" }]

[[service]]
id = "carte"
name = "Carte"
duration_min = 60
"#;

#[tokio::test]
async fn a_stolen_coordination_is_succeeded() {
    let village = Village::founded().await;
    let [old, town, agency] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
    let thief = started(&old, &[]).await;
    for (name, role) in [("bourg", "point"), ("caisse", "agency")] {
        village.enrolled(name, role, &old).await;
    }
    std::fs::write(agency.join("member.toml"), AGENCY).expect("written");
    let (mut point, caisse) = (started(&town, &[]).await, started(&agency, &[]).await);
    reaches(&agency, "bourg").await;

    // Whoever has the box enrols an accomplice, and everybody believes it.
    village.enrolled("voleur", "point", &old).await;
    let accomplice = started(&village.at("voleur"), &[]).await;
    reaches(&agency, "voleur").await;
    reaches(&town, "caisse").await;

    let papers = succeeded(&village, &town).await;
    stopped(point).await;
    other_papers_are_refused(&village, &town, &papers).await;
    point = started(&town, &[]).await;
    let new = village.at("relève");
    let coordination = started(&new, &[]).await;
    for at in [&town, &agency] {
        reaches(at, "centre").await;
        until("the accomplice is nobody", async || unknown(at, "voleur").await).await;
    }
    until("the accomplice is shut out", async || {
        let members = hameau(&village.at("voleur"), &["members", "--json"]).await.json();
        let heard = |it: &Value| it["member"] == "caisse" && it["reach"] != "unheard";
        if members.as_array().expect("a list").iter().any(heard) { Err(members.to_string()) } else { Ok(()) }
    })
    .await;

    // Whoever joins later verifies the whole from its papers, and books.
    village.enrolled("neuf", "point", &new).await;
    let newcomer = village.at("neuf");
    let late = started(&newcomer, &[]).await;
    let slot = until("the newcomer sees the agency's times", async || {
        let free = hameau(&newcomer, &["slots", "--agency", "caisse", "--json"]).await;
        let first = (free.code == 0).then(|| free.json()[0]["slot"].as_str().map(ToOwned::to_owned)).flatten();
        first.ok_or_else(|| format!("{free:?}"))
    })
    .await;
    let booked = piped(&newcomer, &["book", &slot, "--service", "carte", "--details", "-"], WHO).await;
    assert_eq!(booked.code, 0, "{booked:?}");
    until("the agency confirms", async || {
        let agenda = hameau(&newcomer, &["agenda", "--all", "--json"]).await.json();
        if agenda[0]["state"] == "confirmed" { Ok(()) } else { Err(agenda.to_string()) }
    })
    .await;
    for at in [&new, &town, &agency, &newcomer] {
        unknown(at, "voleur").await.expect("the accomplice is still nobody");
    }
    for node in [late, coordination, point, caisse, accomplice, thief] {
        stopped(node).await;
    }
    // Found again, the old box hears of it, and writes the roster no more.
    assert_eq!(hameau(&old, &["join", &papers]).await.code, 0);
    let request = village.file("neuf/request.json");
    let late = hameau(&old, &["enrol", &request]).await;
    assert!(late.refused().contains("a nommé une autre coordination"), "{late:?}");
}

/// A box prepared for the coordination.
async fn prepared(village: &Village, name: &str) -> PathBuf {
    let home = village.at(name);
    let init = ["init", "--member", "centre", "--name", "Centre", "--role", "coordination"];
    assert_eq!(hameau(&home, &init).await.code, 0);
    on_loopback(&home);
    home
}

/// The root names another box, from what a member knows. The old coordination's word stands up to the third
/// act: itself, the town, the agency.
async fn succeeded(village: &Village, member: &Path) -> String {
    let (territory, papers) = (village.file("territory.json"), village.file("papers-centre.json"));
    assert_eq!(hameau(member, &["papers", "--output", &territory]).await.code, 0);
    let new = prepared(village, "relève").await;
    let unasked = hameau(&village.at("centre"), &["enrol", new.join("request.json").to_str().expect("UTF-8")]).await;
    assert!(unasked.refused().contains("la clé racine la nomme"), "{unasked:?}");
    let by_whom = piped(&village.at("voleur"), &["succeed", &territory, "--root", "-"], &village.root).await;
    assert_eq!(by_whom.code, 1, "{by_whom:?}");
    let wrong = piped(&new, &["succeed", &territory, "--root", "-"], &"0123 ".repeat(16)).await;
    assert!(wrong.refused().contains("ce n'est pas la clé racine de ce territoire"), "{wrong:?}");
    let beyond = ["succeed", &territory, "--upto", "5", "--root", "-"];
    let beyond = piped(&new, &beyond, &village.root).await;
    assert!(beyond.refused().contains("l'ancien registre a 4 actes"), "{beyond:?}");
    let succeed = ["succeed", &territory, "--upto", "3", "--root", "-", "--output", &papers, "--json"];
    let named = piped(&new, &succeed, &village.root).await.json();
    assert_eq!((&named["number"], &named["upto"]), (&2.into(), &3.into()), "{named}");
    for (file, sentence) in [(&papers, "a déjà nommé cette boîte"), (&territory, "ce fichier est dépassé")] {
        let again = piped(&new, &["succeed", file, "--root", "-"], &village.root).await;
        assert!(again.refused().contains(sentence), "one word too many, and none would count: {again:?}");
    }
    papers
}

/// A higher word of the root is taken in; then no lower one, and no other of its number.
async fn other_papers_are_refused(village: &Village, member: &Path, papers: &str) {
    let joined = hameau(member, &["join", papers, "--json"]).await.json();
    assert_eq!(joined["number"], 2, "{joined}");
    let lower = hameau(member, &["join", &village.file("papers-bourg.json")]).await;
    assert!(lower.refused().contains("ce fichier est dépassé"), "{lower:?}");
    let (rival, other) = (prepared(village, "rivale").await, village.file("papers-rivale.json"));
    let succeed = ["succeed", &village.file("territory.json"), "--root", "-", "--output", &other];
    assert_eq!(piped(&rival, &succeed, &village.root).await.code, 0);
    let contradicting = hameau(member, &["join", &other]).await;
    assert!(contradicting.refused().contains("deux mots différents avec le numéro 2"), "{contradicting:?}");
    let again = hameau(member, &["join", papers]).await;
    assert_eq!(again.code, 0, "what is known may be said again: {again:?}");
}

async fn unknown(home: &Path, member: &str) -> Result<(), String> {
    let members = hameau(home, &["members", "--json"]).await.json();
    let known = members.as_array().expect("a list").iter().any(|it| it["member"] == member);
    if known { Err(members.to_string()) } else { Ok(()) }
}
