// SPDX-License-Identifier: EUPL-1.2
//! Without an appointment: two points, one queue, one desk that calls people in, and a call in the booth.

use hameau_tests::canary;
use hameau_tests::person::{Camera, Person};
use hameau_tests::wait::until;
use hameau_tests::world::World;
use serde_json::Value;

/// Pictures that make a call.
const FRAMES: u64 = 40;
const CANARIES: [&str; 3] = ["Canari", "vendanges", "05 65 00 00 42"];

#[tokio::test]
async fn people_are_called_in_from_a_queue() {
    // Goal: each point sees live how many are before its person; the advisor sees both in order and calls the first, who
    // talks in the booth; then the second is next; the terminals say the same.
    let world = World::start(&["lot", "puy-leveque", "gramat", "caf-46"]).await;
    world.together().await;
    let advisor = Person::signed_in("the advisor", &world, "caf-46", "advisor", Camera::Works).await;
    advisor.sees("desk-queue", "permanence de 9 h 00 à 12 h 00").await;
    advisor.sees("queue-count", "Personne n'attend").await;
    let animateur = Person::signed_in("the animateur", &world, "puy-leveque", "animateur", Camera::Missing).await;
    let gramat = Person::signed_in("the animateur of Gramat", &world, "gramat", "animateur", Camera::Missing).await;

    let odette = enters(&animateur, "Odette Canari").await;
    animateur.sees("state", "dans la file").await;
    animateur.sees("appointment", "C'est la prochaine personne").await;
    animateur.picture("queue-place").await;
    animateur.click("slip").await;
    animateur.sees("slip-state", "file d'attente, sans heure").await;
    animateur.picture("queue-ticket").await;
    animateur.go(world.door("puy-leveque", "animateur")).await;
    let second = enters(&gramat, "Béa Canari").await;
    gramat.sees("appointment", "Une personne passe avant").await;
    gramat.go(world.door("gramat", "animateur")).await;
    animateur.sees("queue-count", "2 personnes attendent").await;
    animateur.picture("queue-animateur").await;
    advisor.sees("queue-count", "2 personnes attendent").await;
    let rows = advisor.rows("queue-row").await;
    let names: Vec<bool> = rows.iter().zip(["Odette", "Béa"]).map(|(row, name)| row.text.contains(name)).collect();
    assert_eq!(names, [true, true], "in the order in which the agency heard of them: {rows:?}");
    advisor.picture("queue-desk").await;
    assert_eq!(ahead(&world, "gramat", &second).await, Some(1));

    advisor.click("call-next").await;
    advisor.sees("notice", "La personne est appelée").await;
    gramat.sees("queue-ahead", "C'est la prochaine personne").await;
    animateur.sees("queue-called", "Odette Canari").await;
    animateur.picture("queue-called").await;
    let booth = Person::with("the person in the booth", world.door("puy-leveque", "booth"), Camera::Works).await;
    animateur.click("queue-start-call").await;
    booth.sees("call-with", "Appel avec CAF du Lot").await;
    advisor.sees("person-waiting", "La personne est arrivée à Puy-l'Évêque").await;
    advisor.click("join-waiting").await;
    advisor.sees("call-details", "Odette Canari").await;
    advisor.hears_and_sees(FRAMES).await;
    booth.hears_and_sees(FRAMES).await;
    advisor.click("hang-up").await;
    advisor.sees("call-ended", "L'appel est terminé").await;
    booth.sees("booth-waiting", "Bienvenue").await;
    advisor.click("back-to-agenda").await;
    advisor.sees_row("row", &["Odette Canari", "honoré"]).await;
    advisor.sees_row("queue-row", &["Béa Canari"]).await;
    for member in ["puy-leveque", "caf-46"] {
        until(&format!("{member} keeps it"), async || match state(&world, member, &odette).await.as_str() {
            "kept" => Ok(()),
            other => Err(other.to_owned()),
        })
        .await;
    }
    gramat.click("open").await;
    gramat.click("queue-leave").await;
    gramat.sees("notice", "n'est plus dans la file").await;
    advisor.sees("queue-count", "Personne n'attend").await;

    drop((animateur, gramat, advisor, booth));
    let folder = world.stop().await;
    assert_eq!(canary::found(folder.path(), &CANARIES), Vec::<std::path::PathBuf>::new());
}

/// Enters a person from the day's page; gives the short name of their place.
async fn enters(animateur: &Person, name: &str) -> String {
    animateur.sees("queue-window", "CAF du Lot").await;
    animateur.click("queue-join-rsa").await;
    animateur.write("name", name).await;
    animateur.write("telephone", "05 65 00 00 42").await;
    animateur.write("subject", "les vendanges").await;
    animateur.picture("queue-form").await;
    animateur.click("submit").await;
    animateur.sees("notice", "Inscription envoyée : CAF du Lot").await;
    let address = animateur.address().await;
    let after = address.split("/rendez-vous/").nth(1).expect("an appointment's page");
    after.split('?').next().expect("a name").to_owned()
}

async fn found(world: &World, member: &str, short: &str) -> Value {
    let agenda = world.hameau(member, &["agenda", "--json"]).await.json();
    let found = agenda.as_array().into_iter().flatten().find(|it| it["appointment"] == short).cloned();
    found.unwrap_or_default()
}

async fn state(world: &World, member: &str, short: &str) -> String {
    found(world, member, short).await["state"].as_str().unwrap_or_default().to_owned()
}

async fn ahead(world: &World, member: &str, short: &str) -> Option<u64> {
    found(world, member, short).await["ahead"].as_u64()
}
