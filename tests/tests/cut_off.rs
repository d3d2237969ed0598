// SPDX-License-Identifier: EUPL-1.2
//! A point that is cut off goes on: what it holds is confirmed at once, the rest waits, and on its return
//! the agency's node answers by itself.

use hameau_tests::person::{Camera, Person};
use hameau_tests::world::World;

const SLOTS: &str = "rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale";
/// Wednesday 3 March: one desk is open, and no point holds a time of it.
const WEDNESDAY: &str = "section.slots:nth-of-type(2) a[data-way=asked]";

const WEDNESDAY_MOVES: &str = "section.slots:nth-of-type(2) button[data-way=asked]";

#[tokio::test]
async fn cut_off_and_return() {
    let world = World::start(&["lot", "puy-leveque", "gramat", "cpam-46"]).await;
    world.together().await;
    let puy =
        Person::signed_in("the animateur of Puy-l'Évêque", &world, "puy-leveque", "animateur", Camera::Missing).await;
    let gramat = Person::signed_in("the animateur of Gramat", &world, "gramat", "animateur", Camera::Missing).await;
    let advisor = Person::signed_in("the advisor", &world, "cpam-46", "advisor", Camera::Missing).await;
    let contended = slot_on_wednesday(&world, &puy, "10 h 30").await;
    assert_eq!(contended, slot_on_wednesday(&world, &gramat, "10 h 30").await, "both are offered the same slot");
    let answered = slot_on_wednesday(&world, &puy, "15 h 00").await;
    let at_puy = format!("{}/{SLOTS}", world.door("puy-leveque", "animateur"));
    books(&puy, &at_puy, "asked", Some(&answered), "Dora Répondue").await;
    puy.sees("[data-test=appointment][data-state=confirmed]", "Dora Répondue").await;
    let confirmed_by_the_agency = puy.address().await;
    books(&puy, &at_puy, "held", None, "Élise Reçue").await;
    puy.sees_no_more("unknown-there", "n'a pas encore reçu").await;
    let received_by_the_agency = puy.address().await;

    let cut = world.hameau("puy-leveque", &["offline", "on", "--json"]).await.json();
    assert_eq!(cut["offline"], true);
    puy.go(world.door("puy-leveque", "animateur")).await;
    puy.sees("cut-off", "Le réseau est coupé. Les heures gardées pour ce point restent possibles").await;
    books(&puy, &at_puy, "held", None, "Aimé Coupé").await;
    puy.sees("[data-test=appointment][data-state=confirmed]", "confirmé").await;
    puy.sees("unknown-there", "L'organisme n'a pas encore reçu cette nouvelle").await;
    puy.picture("cut-off-confirmed").await;
    puy.go(&confirmed_by_the_agency).await;
    puy.sees("[data-test=appointment][data-state=confirmed]", "Dora Répondue").await;
    // The agency said yes itself: it need not hear of it any more.
    puy.sees_no("unknown-there").await;
    puy.go(&received_by_the_agency).await;
    puy.sees("[data-test=appointment][data-state=confirmed]", "Élise Reçue").await;
    // The agency said that it keeps it, before the cut.
    puy.sees_no("unknown-there").await;
    books(&puy, &at_puy, "asked", Some(&contended), "Berthe Coupée").await;
    puy.sees("[data-test=appointment][data-state=asked]", "à confirmer").await;
    puy.picture("cut-off-asked").await;

    let asked_while_cut_off = puy.address().await;
    moves_an_appointment(&puy, &at_puy).await;
    puy.go(&asked_while_cut_off).await;

    let at_gramat = format!("{}/{SLOTS}", world.door("gramat", "animateur"));
    books(&gramat, &at_gramat, "asked", Some(&contended), "Camille Reliée").await;
    gramat.sees("[data-test=appointment][data-state=confirmed]", "Camille Reliée").await;
    advisor.sees_row("row", &["Élise Reçue", "10 h 00", "confirmé"]).await;
    advisor.sees_no_more("row", "Aimé Coupé").await;
    puy.sees("[data-test=appointment][data-state=asked]", "Berthe Coupée").await;

    let back = world.hameau("puy-leveque", &["offline", "off", "--json"]).await.json();
    assert_eq!(back["offline"], false);
    puy.sees("[data-test=appointment][data-state=refused]", "à rappeler").await;
    advisor.sees_row("row", &["Aimé Coupé", "confirmé"]).await;
    puy.go(world.door("puy-leveque", "animateur")).await;
    // Three agencies of the territory do not run in this story: those stay out of reach.
    puy.sees_no_more("cut-off", "Le réseau est coupé").await;
    puy.sees_no_more("cut-off", "CPAM").await;
    let row = puy.sees_row("call-back", &["Berthe Coupée", "L'heure demandée n'était plus libre"]).await;
    let alternative = format!("[data-short=\"{}\"] [data-test=alternative]", row.short);
    assert_eq!(puy.texts(&alternative).await.len(), 2, "two other times are offered");
    puy.picture("back-to-call-back").await;
    puy.sees_row("row", &["Aimé Coupé", "confirmé"]).await;
    puy.sees_row("row", &["Gérard Déplacé", "14 h 30", "déplacé", "Déplacé"]).await;
    puy.click("next-day").await;
    puy.sees_row("row", &["Gérard Déplacé", "15 h 30", "confirmé"]).await;
    puy.click("today").await;
    puy.click(&alternative).await;
    puy.sees("[data-test=appointment][data-state=confirmed]", "Berthe Coupée").await;

    drop((puy, gramat, advisor));
    drop(world.stop().await);
}

/// From a time that is held here to one that has to be asked for: the old one stands until the agency answers.
async fn moves_an_appointment(puy: &Person, slots: &str) {
    books(puy, slots, "held", None, "Gérard Déplacé").await;
    puy.click("move").await;
    puy.sees("move-from", "14 h 30").await;
    puy.picture("move").await;
    puy.picture_on_a_telephone("move-narrow").await;
    puy.click_on(WEDNESDAY_MOVES, "15 h 30").await;
    puy.sees("notice", "L'ancienne heure reste valable").await;
    puy.sees("[data-test=appointment][data-state=asked]", "Si l'organisme confirme").await;
    puy.picture("moved-asked").await;
    puy.click("[data-test=moved] a").await;
    puy.sees("[data-test=appointment][data-state=confirmed]", "Une autre heure est demandée").await;
    puy.picture("moved-waits").await;
}

/// The short name of a time on Wednesday that has to be asked for.
async fn slot_on_wednesday(world: &World, person: &Person, time: &str) -> String {
    let member =
        if person.address().await.starts_with(world.door("gramat", "portal")) { "gramat" } else { "puy-leveque" };
    person.go(&format!("{}/{SLOTS}", world.door(member, "animateur"))).await;
    person.sees(WEDNESDAY, time).await;
    let script = format!(
        "new URL([...document.querySelectorAll({WEDNESDAY:?})].find((it) =>
            it.innerText.replace(/\\s/g, ' ').includes({time:?})).href).searchParams.get('creneau')"
    );
    person.eval(&script).await.as_str().expect("a short name").to_owned()
}

/// Takes a time: the first that is had in this way, or the one named.
async fn books(person: &Person, slots: &str, way: &str, slot: Option<&str>, name: &str) {
    person.go(slots).await;
    let which = slot.map_or_else(String::new, |slot| format!("[href*=\"creneau={slot}\"]"));
    person.click(&format!("[data-test=slot][data-way={way}]{which}")).await;
    person.write("name", name).await;
    person.click("no-telephone").await;
    person.click("submit").await;
    person.sees("appointment", name).await;
}
