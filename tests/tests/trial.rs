// SPDX-License-Identifier: EUPL-1.2
//! Before a call: the devices of a computer are tried by its page alone, the line to the other member's box both ways.

use hameau_tests::person::{Camera, Person};
use hameau_tests::wait::until;
use hameau_tests::world::World;

const PERSON: &str = r#"{"name":"Odette Essai","telephone":"","subject":"sa carte"}"#;

#[tokio::test]
async fn devices_and_line_are_tried_before_a_call() {
    let world = World::start(&["lot", "puy-leveque", "cpam-46"]).await;
    world.together().await;
    let advisor = Person::signed_in("the advisor", &world, "cpam-46", "advisor", Camera::Works).await;
    advisor.click("nav a[href=\"/conseiller/essai\"]").await;
    tries_the_devices(&advisor).await;
    advisor.click("trial-no").await;
    advisor.sees("trial-sound", "montez le volume").await;
    advisor.click("trial-play").await;
    advisor.click("trial-yes").await;
    advisor.sees("trial-sound", "Le son s'entend").await;
    advisor.choose("trial-member", "puy-leveque").await;
    advisor.click("trial-line").await;
    advisor.sees("trial-found", "igne").await;
    let rows = advisor.texts("trial-row").await;
    assert!(rows.len() >= 3 && rows[0].starts_with("Son arrivé là-bas : "), "{rows:?}");
    advisor.picture("trial-of-the-line").await;

    let animateur = Person::signed_in("the animateur", &world, "puy-leveque", "animateur", Camera::Denied).await;
    animateur.go(&format!("{}/essai", world.door("puy-leveque", "animateur"))).await;
    animateur.click("trial-begin").await;
    animateur.sees("trial-fault", "n'a pas le droit d'utiliser la caméra").await;
    drop((advisor, animateur));
    drop(world.stop().await);
}

#[tokio::test]
async fn a_booth_that_is_tried_goes_back_to_its_call() {
    let world = World::start(&["lot", "puy-leveque", "cpam-46"]).await;
    world.together().await;
    let booth = Person::with("whoever sets up the booth", world.door("puy-leveque", "booth"), Camera::Works).await;
    booth.click("trial").await;
    tries_the_devices(&booth).await;
    booth.click("trial-yes").await;
    booth.sees("trial-sound", "Le son s'entend").await;
    calls_itself(&booth).await;
    booth.picture("trial-of-the-booth").await;
    booth.click("trial-back").await;
    booth.sees("booth-waiting", "Bienvenue").await;

    let short = world.books("10:00", PERSON).await;
    let animateur = Person::signed_in("the animateur", &world, "puy-leveque", "animateur", Camera::Missing).await;
    booth.click("trial").await;
    tries_the_devices(&booth).await;
    animateur.click(&format!("[data-short=\"{short}\"] [data-test=start-call]")).await;
    booth.sees("call-state", "conseiller").await;
    drop((booth, animateur));
    drop(world.stop().await);
}

/// Pictures and sound go to the node and come back.
async fn calls_itself(person: &Person) {
    person.click("trial-rehearse").await;
    person.sees("trial-rehearsal", "deux secondes plus tard").await;
    person.hears_and_sees(20).await;
    person.picture("trial-with-oneself").await;
    person.click("trial-rehearse").await;
    person.sees("trial-rehearse", "S'appeler soi-même").await;
}

/// Up to the question whether the notes were heard.
async fn tries_the_devices(person: &Person) {
    person.click("trial-begin").await;
    person.sees("trial-camera", "La caméra marche").await;
    person.sees("trial-micro", "Le micro vous entend").await;
    until("the level moves", async || {
        let level = person.eval("document.querySelector('meter').value").await;
        level.as_f64().filter(|level| *level > 0.0).ok_or_else(|| level.to_string())
    })
    .await;
    person.click("trial-play").await;
}
