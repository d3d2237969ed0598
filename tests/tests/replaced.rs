// SPDX-License-Identifier: EUPL-1.2
//! A mini-PC dies. Its member is given a new one, and nobody's appointment is lost.

use std::path::Path;

use hameau_tests::hand::{PASSWORD, STAFF, hameau, on_loopback, staffed, started, stopped};
use hameau_tests::person::Person;
use hameau_tests::wait::until;
use hameau_tests::world::World;
use serde_json::Value;
use tempfile::TempDir;

const WHO: &str = r#"{"name":"Marie Demo","telephone":"","subject":"une carte"}"#;

#[tokio::test]
async fn a_dead_box_is_replaced() {
    let world = World::start(&["lot", "puy-leveque", "cpam-46"]).await;
    world.together().await;
    let held = until("the agency has passed slots on", async || {
        let free = world.hameau("puy-leveque", &["slots", "--agency", "cpam-46", "--json"]).await.answer()?;
        let held = free.as_array().and_then(|all| all.iter().find(|it| it["way"] == "held"));
        held.cloned().ok_or_else(|| free.to_string())
    })
    .await;
    let (slot, service) = (text(&held["slot"]), text(&held["service"]));
    let booked = world.piped("puy-leveque", &["book", slot, "--service", service, "--details", "-"], WHO).await;
    assert_eq!(booked.code, 0, "{booked:?}");
    until("the agency knows of it", async || state_at(&world, "confirmed").await).await;

    // The box is dead to the world.
    assert_eq!(world.hameau("puy-leveque", &["offline", "on"]).await.code, 0);
    let early = world.hameau("cpam-46", &["settle", "puy-leveque"]).await;
    assert!(early.refused().contains("--force reprend ses créneaux quand même"), "{early:?}");

    let folder = TempDir::new().expect("a temporary folder");
    let (new, papers) = (folder.path().join("new"), folder.path().join("papers.json"));
    let init = ["init", "--member", "puy-leveque", "--name", "Puy-l'Évêque", "--role", "point", "--json"];
    let request = hameau(&new, &init).await.json()["request"].as_str().expect("a file").to_owned();
    let papers = papers.to_str().expect("UTF-8");
    let unasked = world.hameau("lot", &["enrol", &request]).await;
    assert!(unasked.refused().contains("--replaces pour une boîte neuve"), "{unasked:?}");
    let replaced = world.hameau("lot", &["enrol", "--replaces", &request, "--output", papers]).await;
    assert_eq!(replaced.code, 0, "{replaced:?}");
    assert_eq!(hameau(&new, &["join", papers]).await.code, 0);
    on_loopback(&new);
    let node = started(&new, &["--shift-ms", &world.shift_ms("lot")]).await;
    until("the agency sees the old box's appointment in doubt", async || state_at(&world, "suspended").await).await;

    let settled = world.hameau("cpam-46", &["settle", "puy-leveque", "--json"]).await.json();
    assert_eq!(settled["kept"], 1, "{settled}");
    assert!(settled["returned"].as_u64().is_some_and(|slots| slots > 0), "{settled}");
    until("the new box lists the person for a call", async || {
        let agenda = hameau(&new, &["agenda", "--all", "--json"]).await.json();
        match agenda.as_array().is_some_and(|all| all.iter().any(|it| it["call_back"] == true)) {
            true => Ok(()),
            false => Err(agenda.to_string()),
        }
    })
    .await;
    let agenda = world.hameau("cpam-46", &["agenda", "--all", "--json"]).await.json();
    assert_eq!(agenda[0]["details"]["name"], "Marie Demo", "the agency still knows whom to expect");
    for home in [&new, &world.home("cpam-46")] {
        let status = hameau(home, &["status", "--json"]).await.json();
        assert_eq!(status["call_backs"], 1, "{status}");
    }
    gives_a_booth_again(&new).await;
    until("the agency sees it confirmed again", async || state_at(&world, "confirmed").await).await;
    let revoked = world.hameau("lot", &["revoke", "puy-leveque"]).await;
    assert!(revoked.out.contains("révoquée"), "{revoked:?}");
    let again = world.hameau("lot", &["revoke", "puy-leveque"]).await;
    assert!(again.refused().contains("déjà révoquée"), "{again:?}");
    stopped(node).await;
    drop(world.stop().await);
}

/// The new box's animateur gives the appointment a booth, with one click.
async fn gives_a_booth_again(new: &Path) {
    let status = hameau(new, &["status", "--json"]).await.json();
    let page = format!("{}animateur", text(&status["portal"]));
    staffed(new, "animateur").await;
    let animateur = Person::at("the animateur", &page).await;
    animateur.signs_in(&page, STAFF, PASSWORD).await;
    animateur.sees("call-back", "Le nom et le téléphone sont chez l'organisme").await;
    animateur.picture("call-back-of-a-replaced-box").await;
    animateur.click("give-booth").await;
    animateur.sees("notice", "le rendez-vous est confirmé").await;
    animateur.sees("[data-test=appointment][data-state=confirmed]", "confirmé").await;
    animateur.go(&page).await;
    animateur.sees("call-backs", "Aucune personne à rappeler").await;
}

async fn state_at(world: &World, state: &str) -> Result<(), String> {
    let agenda = world.hameau("cpam-46", &["agenda", "--all", "--json"]).await.json();
    let is_so = |it: &Value| it["state"] == state;
    if agenda.as_array().is_some_and(|all| all.iter().any(is_so)) { Ok(()) } else { Err(agenda.to_string()) }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}
