// SPDX-License-Identifier: EUPL-1.2
//! A point is cut off. The person takes the printed slip to the agency, whose scanner reads it: the appointment is there.

use hameau_tests::person::{Camera, Person};
use hameau_tests::qr;
use hameau_tests::world::World;

const SLOTS: &str = "rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale";

#[tokio::test]
async fn a_slip_is_read_at_the_agency() {
    let world = World::start(&["lot", "puy-leveque", "cpam-46"]).await;
    world.together().await;
    let point = Person::signed_in("the animateur", &world, "puy-leveque", "animateur", Camera::Missing).await;
    let advisor = Person::signed_in("the advisor", &world, "cpam-46", "advisor", Camera::Missing).await;
    let slots = format!("{}/{SLOTS}", world.door("puy-leveque", "animateur"));
    let reading = format!("{}/bulletin", world.door("cpam-46", "advisor"));
    point.go(&slots).await;
    point.sees("[data-test=slot][data-way=asked]", "h").await;
    assert_eq!(world.hameau("puy-leveque", &["offline", "on"]).await.code, 0);

    let held = slip_of(&point, &slots, "held", "Aimé Papier").await;
    let asked = slip_of(&point, &slots, "asked", "Berthe Papier").await;
    assert_eq!(held.len(), 1, "one act travels in one code");

    // Each code of the second leans on the first appointment, which is on it too unless the agency has it.
    advisor.go(&reading).await;
    for (strange, sentence) in [
        ("0123456789", "Ce n'est pas le code entier d'un bulletin"),
        (&held[0][..200], "Ce n'est pas le code entier d'un bulletin"),
        (asked.last().expect("one at least"), "Ce code en suit d'autres qui manquent ici"),
    ] {
        advisor.paste("code", strange).await;
        advisor.enter().await;
        advisor.sees("fault", sentence).await;
    }
    advisor.picture("slip-read-fault").await;
    scans(&advisor, &reading, &held).await;
    advisor.sees("notice", "Bulletin lu").await;
    advisor.sees_row("row", &["Aimé Papier", "confirmé"]).await;
    advisor.picture("slip-read-done").await;
    // Known already: it is shown again, and nothing is doubled.
    scans(&advisor, &reading, &held).await;
    advisor.sees_row("row", &["Aimé Papier", "confirmé"]).await;
    scans(&advisor, &reading, &asked).await;
    advisor.sees_row("row", &["Berthe Papier", "confirmé"]).await;

    assert_eq!(world.hameau("puy-leveque", &["offline", "off"]).await.code, 0);
    point.go(world.door("puy-leveque", "animateur")).await;
    point.sees_no_more("cut-off", "Le réseau est coupé").await;
    for member in ["puy-leveque", "cpam-46"] {
        let agenda = world.hameau(member, &["agenda", "--all", "--json"]).await.json();
        let confirmed = agenda.as_array().into_iter().flatten().filter(|it| it["state"] == "confirmed").count();
        assert_eq!(confirmed, 2, "{member}: {agenda}");
    }

    drop((point, advisor));
    drop(world.stop().await);
}

/// Books the first time that is had in this way, and reads the codes on its slip.
async fn slip_of(point: &Person, slots: &str, way: &str, name: &str) -> Vec<String> {
    point.go(slots).await;
    point.click(&format!("[data-test=slot][data-way={way}]")).await;
    point.write("name", name).await;
    point.click("no-telephone").await;
    point.click("submit").await;
    point.sees("appointment", name).await;
    point.click("slip").await;
    point.sees("slip-codes", "Pour l'organisme").await;
    point.picture(&format!("slip-{way}-cut-off")).await;
    qr::read(&point.prints().await).await
}

/// A scanner types what it reads, then presses Enter.
async fn scans(advisor: &Person, reading: &str, codes: &[String]) {
    for code in codes {
        advisor.go(reading).await;
        advisor.paste("code", code).await;
        advisor.enter().await;
    }
}
