// SPDX-License-Identifier: EUPL-1.2
//! Who works at a box: accounts from the terminal, a page that locks and keeps what was typed, the access journal.

use std::path::Path;

use hameau_tests::canary;
use hameau_tests::hand::{PASSWORD, Village, always_open, hameau, piped, reaches, started, stopped};
use hameau_tests::person::{Camera, Person};
use hameau_tests::wait::until;
use hameau_tests::world::World;

const NEW: &str = "a password of another kind";

#[tokio::test]
async fn a_page_locks_and_keeps_what_was_typed() {
    // Goal: an animateur is called away in the middle of a form. A minute later the page is covered and nothing new
    // shows; the password brings it back with every letter, and the booking is made. What was opened is in the journal.
    let world = World::start(&["lot", "puy-leveque", "cpam-46"]).await;
    world.together().await;
    let animateur = Person::at("the animateur", world.door("puy-leveque", "animateur")).await;
    animateur.sees("signin", "Nom du compte").await;
    animateur.picture("signin").await;
    animateur.screen(500, 844).await;
    animateur.picture("signin-telephone").await;
    animateur.screen(1280, 1000).await;
    animateur.write("account", "animateur").await;
    animateur.write("password", "pas le bon mot").await;
    animateur.click("enter").await;
    animateur.sees("fault", "ne vont pas ensemble").await;
    animateur.picture("signin-wrong").await;
    animateur.signs_in_at(&world, "puy-leveque", "animateur").await;
    animateur.click("book").await;
    animateur.click("service-carte-vitale").await;
    animateur.click("[data-test=slot][data-way=held]").await;
    animateur.write("name", "Zoé Canari").await;
    animateur.write("subject", "une carte perdue,\nà Prayssac").await;
    animateur.click("no-telephone").await;

    // Another window of the same browser locks the session.
    let (status, _) = animateur.post("/connexion/verrouiller", &[]).await;
    assert_eq!(status, 200, "after its redirection");
    animateur.sees("cover", "toujours là").await;
    animateur.picture("locked").await;
    animateur.screen(500, 844).await;
    animateur.picture("locked-telephone").await;
    animateur.screen(1280, 1000).await;
    assert_eq!(animateur.eval("document.elementFromPoint(640, 500).closest('#cover') !== null").await, true);
    animateur.write("cover-password", "pas le bon mot").await;
    animateur.click("cover-open").await;
    animateur.sees("cover-fault", "ne vont pas ensemble").await;
    animateur.write("cover-password", world.password()).await;
    animateur.click("cover-open").await;
    animateur.sees_no("cover").await;
    let typed = animateur.eval("[document.getElementById('nom').value, document.getElementById('objet').value]").await;
    assert_eq!(typed, serde_json::json!(["Zoé Canari", "une carte perdue,\nà Prayssac"]));
    // By the button too.
    animateur.click("lock-now").await;
    animateur.sees("cover", "La page est verrouillée").await;
    animateur.write("cover-password", world.password()).await;
    animateur.click("cover-open").await;
    animateur.sees_no("cover").await;
    let typed = animateur.eval("document.getElementById('nom').value").await;
    assert_eq!(typed, "Zoé Canari");
    animateur.click("submit").await;
    animateur.sees("name", "Zoé Canari").await;

    reads_the_journal(&world).await;
    is_carried_out_after_the_password(&animateur, &world).await;
    drop(animateur);
    let password = world.password().to_owned();
    let folder = world.stop().await;
    assert_eq!(canary::found(folder.path(), &["Canari", &password]), Vec::<std::path::PathBuf>::new());
}

async fn reads_the_journal(world: &World) {
    let manager = Person::at("the manager", world.door("puy-leveque", "animateur")).await;
    manager.signs_in(world.door("puy-leveque", "animateur"), "responsable", world.password()).await;
    manager.sees_row("row", &["Zoé Canari"]).await;
    manager.click(".top a[href='/journal']").await;
    manager.sees("verdict", "Le journal est entier").await;
    manager.sees("line", "animateur").await;
    manager.picture("journal").await;
    manager.screen(500, 844).await;
    manager.picture("journal-telephone").await;
    let home = world.home("puy-leveque");
    let said = hameau(&home, &["journal", "--verify", "--json"]).await.json();
    assert!(said["whole"] == true && said["lines"].as_u64().is_some_and(|it| it >= 2), "{said}");
    let lines = hameau(&home, &["journal", "--json"]).await.json();
    let who: Vec<&str> = lines.as_array().expect("a list").iter().map(|it| it["who"].as_str().expect("text")).collect();
    assert!(who.contains(&"animateur") && who.contains(&"responsable"), "{lines}");
    assert_eq!(hameau(&home, &["agenda", "--json"]).await.code, 0);
    let lines = hameau(&home, &["journal", "--json"]).await.json();
    assert_eq!(lines.as_array().expect("a list").last().expect("a line")["who"], "terminal", "{lines}");
}

/// Where no script covers the page, the form comes back inside the page that asks for the password.
async fn is_carried_out_after_the_password(animateur: &Person, world: &World) {
    animateur.click("amend").await;
    animateur.write("name", "Zoé Canari-Dupont").await;
    animateur.eval("document.getElementById('cover').remove()").await;
    animateur.post("/connexion/verrouiller", &[]).await;
    animateur.click("save").await;
    animateur.sees("kept", "sera envoyé").await;
    animateur.picture("signin-kept").await;
    assert!(!animateur.address().await.contains("Canari"));
    animateur.write("password", world.password()).await;
    animateur.click("enter").await;
    animateur.sees("notice", "Rendez-vous corrigé").await;
    animateur.sees("name", "Zoé Canari-Dupont").await;
}

#[tokio::test]
async fn a_page_locks_by_itself() {
    // Goal: a minute without a hand covers the page; typing keeps it open; signing out everywhere in another browser
    // closes it too.
    let village = Village::founded().await;
    let centre = village.at("centre");
    let mut settings = std::fs::read_to_string(centre.join("node.toml")).expect("settings");
    settings.push_str("lock_after_min = 1\n");
    std::fs::write(centre.join("node.toml"), settings).expect("written");
    let node = started(&centre, &[]).await;
    let said = piped(&centre, &["account", "add", "claire", "--role", "coordination", "--json"], PASSWORD).await;
    assert_eq!(said.json()["name"], "claire");
    let page =
        format!("{}coordination", hameau(&centre, &["status", "--json"]).await.json()["portal"].as_str().expect("one"));
    let claire = Person::at("Claire", &page).await;
    claire.signs_in(&page, "claire", PASSWORD).await;
    let state = async || claire.eval("fetch('/connexion/etat').then((it) => it.json())").await;
    let left_ms = async || state().await["left_ms"].as_u64().unwrap_or(0);
    until("half of the minute is over", async || {
        let left = left_ms().await;
        if left < 35_000 { Ok(()) } else { Err(left.to_string()) }
    })
    .await;
    claire.press("a").await;
    until("a key is a hand", async || {
        let left = left_ms().await;
        if left > 50_000 { Ok(()) } else { Err(left.to_string()) }
    })
    .await;
    claire.sees_no("cover").await;
    until("half of the minute is over", async || {
        let left = left_ms().await;
        if left < 30_000 { Ok(()) } else { Err(left.to_string()) }
    })
    .await;
    claire.sees("cover", "toujours là").await;
    claire.write("cover-password", PASSWORD).await;
    claire.click("cover-open").await;
    claire.sees_no("cover").await;
    let elsewhere = Person::with("Claire elsewhere", &page, Camera::Missing).await;
    elsewhere.signs_in(&page, "claire", PASSWORD).await;
    elsewhere.click("leave").await;
    elsewhere.picture("leave").await;
    elsewhere.click("leave-everywhere").await;
    elsewhere.sees("signin", "Mot de passe").await;
    claire.sees("cover", "toujours là").await;
    drop((claire, elsewhere));
    stopped(node).await;
}

#[tokio::test]
async fn accounts_are_made_from_the_terminal() {
    // Goal: whether the node runs or not; what does not go is refused with what to do; no password is shown or kept.
    let village = Village::founded().await;
    let centre = village.at("centre");
    let coordination = started(&centre, &[]).await;
    for (name, role) in [("bourg", "point"), ("caisse", "agency")] {
        village.enrolled(name, role, &centre).await;
    }
    std::fs::write(village.at("caisse").join("member.toml"), always_open(None)).expect("written");
    let point = village.at("bourg");
    add(&point, "Claire", "animateur", 0, "claire").await;
    let node = started(&point, &[]).await;
    reaches(&point, "centre").await;
    for (name, role, code, sentence) in [
        ("claire", "animateur", 1, "existe déjà"),
        ("paul", "advisor", 1, "le rôle y est animateur ou manager"),
        ("paul", "coordination", 1, "le rôle y est animateur ou manager"),
        ("p", "animateur", 1, "2 à 40"),
        ("paul", "chef", 2, "--role"),
        ("maire", "manager", 0, "maire"),
    ] {
        add(&point, name, role, code, sentence).await;
    }
    for (password, sentence) in [("court", "12 caractères"), ("aaaaaaaaaaaaaa", "se devine"), ("", "12 caractères")] {
        let said = piped(&point, &["account", "add", "paul", "--role", "animateur"], password).await;
        assert!(said.refused().contains(sentence), "{said:?}");
    }
    let listed = hameau(&point, &["account", "list", "--json"]).await.json();
    assert_eq!(
        listed,
        serde_json::json!([{"name": "claire", "role": "animateur"}, {"name": "maire", "role": "manager"}])
    );
    let said = piped(&point, &["account", "password", "claire"], NEW).await;
    assert!(said.code == 0 && said.out.contains("mot de passe changé : claire (animateur)"), "{said:?}");
    let said = hameau(&point, &["account", "remove", "maire"]).await;
    assert!(said.code == 0 && said.out.contains("compte retiré"), "{said:?}");
    assert!(hameau(&point, &["account", "remove", "maire"]).await.refused().contains("n'existe pas"));
    stopped(node).await;
    let listed = hameau(&point, &["account", "list"]).await;
    assert!(listed.out.contains("claire") && !listed.out.contains("maire"), "{listed:?}");
    let none = hameau(&village.at("caisse"), &["account", "list"]).await;
    assert!(none.out.contains("hameau account add"), "{none:?}");
    assert!(hameau(&point, &["journal", "--verify"]).await.out.contains("0 lignes"));
    stopped(coordination).await;
    assert_eq!(canary::found(&village.at(""), &[PASSWORD, NEW]), Vec::<std::path::PathBuf>::new());
}

async fn add(home: &Path, name: &str, role: &str, code: i32, sentence: &str) {
    let said = piped(home, &["account", "add", name, "--role", role], PASSWORD).await;
    assert_eq!(said.code, code, "{name} {role}: {said:?}");
    assert!(format!("{}{}", said.out, said.err).contains(sentence), "{name} {role}: {said:?}");
}
