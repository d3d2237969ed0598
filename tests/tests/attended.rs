// SPDX-License-Identifier: EUPL-1.2
//! Whether an advisor is there, as the point sees it; and a person's arrival, as the advisor hears it.

use hameau_tests::person::{Camera, Person};
use hameau_tests::wait::until;
use hameau_tests::world::World;

const PERSON: &str = r#"{"name":"Odette Sonnerie","telephone":"","subject":"sa carte"}"#;
/// What the page has rung, how its tab is called, and the last notification.
const RINGS: &str = "(() => { const it = document.querySelector('[data-rings]'); \
    return [Number(it?.dataset.rung || 0), document.title, it?.dataset.noticed || '']; })()";

#[tokio::test]
async fn an_advisor_is_there_and_is_rung_for() {
    let world = World::start(&["lot", "puy-leveque", "cpam-46"]).await;
    world.together().await;
    let short = world.books("10:00", PERSON).await;
    let animateur = Person::signed_in("the animateur", &world, "puy-leveque", "animateur", Camera::Missing).await;
    animateur.sees_row("row", &["Odette Sonnerie", "10 h 00"]).await;
    animateur.sees("glance-there", "Aucun conseiller devant son agenda depuis").await;
    let advisor = Person::signed_in("the advisor", &world, "cpam-46", "advisor", Camera::Missing).await;

    comes_and_goes(&world, &animateur, &advisor).await;
    is_unknown_while_cut_off(&world, &animateur).await;
    rings_until_it_is_silenced(&world, &animateur, &advisor, &short).await;

    drop((animateur, advisor));
    drop(world.stop().await);
}

/// There with the page, away by a button, nobody while it is locked, there again with the password.
async fn comes_and_goes(world: &World, animateur: &Person, advisor: &Person) {
    animateur.sees("glance-there", "Le conseiller est là depuis").await;
    animateur.sees("there", "Le conseiller est là depuis").await;
    animateur.picture("animateur-advisor-there").await;
    advisor.sees("own-place", "Les points voient que vous êtes là").await;
    advisor.click("away").await;
    advisor.sees("own-place", "absent un moment").await;
    advisor.picture("advisor-away").await;
    animateur.sees("glance-there", "Le conseiller s'est absenté un moment").await;
    advisor.click("back-at-desk").await;
    animateur.sees("glance-there", "Le conseiller est là depuis").await;
    advisor.click("lock-now").await;
    animateur.sees("glance-there", "Aucun conseiller devant son agenda depuis").await;
    advisor.signs_in_at(world, "cpam-46", "advisor").await;
    animateur.sees("glance-there", "Le conseiller est là depuis").await;
}

/// What was told goes with the connection, and is told again with the next.
async fn is_unknown_while_cut_off(world: &World, animateur: &Person) {
    assert_eq!(world.hameau("puy-leveque", &["offline", "on"]).await.code, 0);
    animateur.sees("glance-there", "On ne sait pas si un conseiller est là").await;
    assert_eq!(world.hameau("puy-leveque", &["offline", "off"]).await.code, 0);
    animateur.sees("glance-there", "Le conseiller est là depuis").await;
}

/// Two notes, again and again, the title of the tab, a notification without a name: until somebody silences it, on the
/// next page too; the banner stays until the person is joined.
async fn rings_until_it_is_silenced(world: &World, animateur: &Person, advisor: &Person, short: &str) {
    advisor.go(&format!("{}/semaine", world.door("cpam-46", "advisor"))).await;
    advisor.sees("week-sheet", "10 h 00").await;
    advisor.picture("advisor-week").await;
    assert_eq!(advisor.eval(RINGS).await[0], 0);
    advisor.sees("ask-notice", "M'avertir aussi").await;
    advisor.allows("notifications").await;
    advisor.click("ask-notice").await;
    advisor.sees_no("ask-notice").await;
    animateur.click(&format!("[data-short=\"{short}\"] [data-test=arrived]")).await;
    advisor.sees("person-waiting", "La personne est arrivée à Puy-l'Évêque").await;
    let rings = until("it rings more than once", async || {
        let rings = advisor.eval(RINGS).await;
        if rings[0].as_u64().unwrap_or(0) >= 2 { Ok(rings) } else { Err(rings.to_string()) }
    })
    .await;
    assert!(rings[1].as_str().expect("a title").starts_with("(1) Arrivée – La semaine"), "{rings}");
    let noticed = rings[2].as_str().expect("text").replace('\u{a0}', " ");
    assert_eq!(noticed, "Puy-l'Évêque · rendez-vous de 10 h 00");
    advisor.picture("advisor-arrival").await;

    advisor.click("silence").await;
    advisor.sees_no("silence").await;
    advisor.go(world.door("cpam-46", "advisor")).await;
    advisor.sees("person-waiting", "La personne est arrivée").await;
    until("the title says it", async || {
        let rings = advisor.eval(RINGS).await;
        if rings[1].as_str().is_some_and(|it| it.starts_with("(1) Arrivée")) { Ok(()) } else { Err(rings.to_string()) }
    })
    .await;
    assert_eq!(advisor.eval(RINGS).await[0], 0, "silenced is silenced on the next page");
    advisor.sees_no("silence").await;

    // Taken: it is over, and the title is the page's own again.
    let (status, said) = advisor.post(&format!("/conseiller/rendez-vous/{short}/issue"), &[("issue", "honore")]).await;
    assert_eq!(status, 200, "{said}");
    advisor.sees_no("person-waiting").await;
    until("the title is the page's own", async || {
        let rings = advisor.eval(RINGS).await;
        if rings[1].as_str().is_some_and(|it| it.starts_with("L'agenda")) { Ok(()) } else { Err(rings.to_string()) }
    })
    .await;
}
