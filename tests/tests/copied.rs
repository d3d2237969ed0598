// SPDX-License-Identifier: EUPL-1.2
//! A point's folder is copied whole, and both copies run, one after the other. The others notice; the first begins anew
//! and says so, its copy says that it is over. Whose appointment is in doubt meanwhile is on a list, with the reason,
//! until the agency has settled.

use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;

use hameau_tests::hand::{PASSWORD, STAFF, hameau, on_loopback, piped, started, stopped};
use hameau_tests::load::{Load, agenda, open, portal, status, visitor};
use hameau_tests::visitor::Visitor;
use hameau_tests::wait::until;
use serde_json::Value;
use tokio::process::Command;

#[tokio::test]
async fn a_folder_that_was_copied_is_told_at_both_boxes() {
    let mut load = Load::new().await;
    let (home, agency, copy) = (load.point(), load.agency(), load.village.at("copie"));
    calls_at_one_port(&home);
    let office = started(&agency, &[]).await;
    let (node, session) = open(&home).await;
    let booked = session.book(&load.form()).await.expect("it answers").expect("booked");
    until("the agency confirms", async || state_at(&home, &booked, "confirmed").await).await;
    stopped(node).await;
    let copied = Command::new("cp").arg("-a").args([&home, &copy]).status().await.expect("cp is there");
    assert!(copied.success());

    // The copy is on another computer, says where it listens, and is heard.
    on_loopback(&copy);
    let other = started(&copy, &[]).await;
    let listens = status(&copy).await["list"][0]["addresses"].clone();
    until("the agency hears of the copy", async || {
        let told = status(&agency).await;
        if told["list"][0]["addresses"] == listens { Ok(()) } else { Err(told.to_string()) }
    })
    .await;
    stopped(other).await;
    let node = started(&home, &[]).await;
    let told = until("the first one is told, and begins anew", async || {
        let told = status(&home).await;
        if told["copied"].is_string() { Ok(told) } else { Err(told.to_string()) }
    })
    .await;
    assert_eq!((&told["restored"], &told["frozen"]), (&Value::Null, &false.into()), "{told}");

    // Here: which box to keep, who is in doubt, and who has to do what.
    until("its appointment is in doubt", async || state_at(&home, &booked, "suspended").await).await;
    let said = hameau(&home, &["status"]).await.out;
    for part in ["un autre ordinateur a écrit au nom de celui-ci", "gardez celui-ci, éteignez l'autre"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let session = visitor(&home).await;
    let page = until("the page says that the agency has to settle", async || {
        let page = session.get("/animateur").await.expect("it answers").text;
        if page.contains("data-test=\"unsettled\"") { Ok(page) } else { Err(page) }
    })
    .await;
    for part in ["data-test=\"copied\"", "1 rendez-vous en suspens", "Essai Numéro 1", "hameau settle bourg"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("data-test=\"call-back\""), "nobody is called back yet: {page}");

    // At the agency: when, and what to type.
    let due = until("the agency knows that it has to settle", async || {
        let told = status(&agency).await;
        if told["unsettled"][0]["member"] == "bourg" { Ok(told) } else { Err(told.to_string()) }
    })
    .await;
    assert_eq!(due["unsettled"][0]["slots"], 1, "{due}");
    let said = hameau(&agency, &["status"]).await.out;
    assert!(said.contains("à régler") && said.contains("« hameau settle bourg »"), "{said}");
    assert!(office_page(&agency).await.contains("data-test=\"unsettled\""));
    let settled = hameau(&agency, &["settle", "bourg", "--json"]).await.json();
    assert_eq!(settled["kept"], 1, "{settled}");
    assert_eq!(status(&agency).await["unsettled"], Value::Array(Vec::new()));
    until("the point has heard of it", async || {
        let told = status(&home).await;
        let is_over = told["unsettled"] == Value::Array(Vec::new()) && told["suspended"] == 0;
        if is_over && told["call_backs"] == 1 { Ok(()) } else { Err(told.to_string()) }
    })
    .await;
    let page = session.get("/animateur").await.expect("it answers").text;
    assert!(page.contains("data-test=\"give-booth\"") && !page.contains("data-test=\"suspended\""), "{page}");

    // The copy, where somebody starts it again.
    stopped(node).await;
    let other = started(&copy, &[]).await;
    until("the copy hears that it is over", async || {
        let told = status(&copy).await;
        if told["retired"] == true { Ok(()) } else { Err(told.to_string()) }
    })
    .await;
    let said = hameau(&copy, &["status"]).await.out;
    assert!(said.contains("une copie de son dossier a pris la suite") && said.contains("éteignez-la"), "{said}");
    stopped(other).await;

    // Told until somebody has seen it, after a restart too.
    let node = started(&home, &[]).await;
    assert_eq!(status(&home).await["copied"], told["copied"]);
    let session = visitor(&home).await;
    assert_eq!(session.form("/restauration", "").await.expect("it answers").status, 303);
    assert_eq!(status(&home).await["copied"], Value::Null);
    for one in [node, office] {
        stopped(one).await;
    }
}

/// So that a start of it says nothing new.
fn calls_at_one_port(home: &Path) {
    let free = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).expect("a free port");
    let settings = std::fs::read_to_string(home.join("node.toml")).expect("it is there");
    let changed = settings.replace("call_listen = \"127.0.0.1:0\"", &format!("call_listen = \"{free}\""));
    assert_ne!(changed, settings);
    std::fs::write(home.join("node.toml"), changed).expect("written");
}

async fn state_at(home: &Path, appointment: &str, state: &str) -> Result<(), String> {
    let all = agenda(home).await;
    if all.get(appointment).is_some_and(|it| it == state) { Ok(()) } else { Err(format!("{all:?}")) }
}

/// The advisor's day.
async fn office_page(home: &Path) -> String {
    let made = piped(home, &["account", "add", STAFF, "--role", "advisor", "--json"], PASSWORD).await;
    assert_eq!(made.code, 0, "{made:?}");
    let session = Visitor::at(portal(home).await, STAFF, PASSWORD).await.expect("its pages answer");
    session.get("/conseiller").await.expect("it answers").text
}
