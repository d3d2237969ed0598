// SPDX-License-Identifier: EUPL-1.2
//! The main job, before the call: a person at Puy-l'Évêque gets an appointment with the CPAM.

use std::time::{Duration, Instant};

use hameau_tests::canary;
use hameau_tests::person::{Camera, Person};
use hameau_tests::screenshots;
use hameau_tests::wait::until;
use hameau_tests::world::World;
use tokio::time::timeout;

const NAME: &str = "Jeanne Canari <b>";
const SUBJECT: &str = "carte perdue aux vendanges <i>";
/// What must be found nowhere but on the pages of the two members concerned.
const CANARIES: [&str; 5] = ["Canari", "vendanges", "05 65 00 00 42", "06 00 00 00 43", "0565000042"];

#[tokio::test]
async fn a_person_at_puy_leveque_books_the_cpam() {
    let world = World::start(&["lot", "puy-leveque", "gramat", "cpam-46"]).await;
    world.together().await;
    let advisor = Person::signed_in("the advisor", &world, "cpam-46", "advisor", Camera::Missing).await;
    advisor.sees("empty", "Pas de rendez-vous aujourd'hui").await;
    advisor.sees("demo-clock", "2 mars 2027").await;
    let animateur = Person::signed_in("the animateur", &world, "puy-leveque", "animateur", Camera::Missing).await;
    let elsewhere = Person::signed_in("someone at Gramat", &world, "gramat", "animateur", Camera::Missing).await;

    goes_to_and_fro(&world, &animateur).await;
    compares_the_agencies(&animateur).await;
    books_a_held_slot(&world, &animateur, &advisor).await;
    nobody_else_knows(&world, &elsewhere).await;
    amends_the_telephone(&animateur, &advisor).await;
    asks_for_a_slot_and_cancels(&animateur, &advisor).await;
    is_cancelled_by_the_agency(&world, &animateur, &advisor).await;
    sends_a_form_twice(&world, &animateur, &advisor).await;

    drop((animateur, advisor, elsewhere));
    let folder = world.stop().await;
    assert!(canary::found(folder.path(), &["carte-vitale"]).len() >= 3, "the search finds what is in clear");
    assert_eq!(canary::found(folder.path(), &CANARIES), Vec::<std::path::PathBuf>::new());
}

/// A browser opens six connections to a computer at most: pages that were left must not keep theirs.
async fn goes_to_and_fro(world: &World, animateur: &Person) {
    let to_and_fro = async {
        for visit in 0..8 {
            animateur.go(&format!("{}?visite={visit}", world.door("puy-leveque", "animateur"))).await;
            animateur.sees("empty", "Pas de rendez-vous aujourd'hui").await;
        }
    };
    timeout(Duration::from_secs(20), to_and_fro).await.expect("a page that was left holds no connection");
}

/// A subject in the person's words, and one click from its first time into the form.
async fn compares_the_agencies(animateur: &Person) {
    animateur.click("book").await;
    animateur.write("subject-words", "carte vitale").await;
    animateur.click("compare").await;
    animateur.sees("compared", "CPAM du Lot").await;
    animateur.sees("[data-test=first][data-way=held]", "10 h 00").await;
    animateur.picture("compared-subject").await;
    animateur.write("subject-words", "").await;
    animateur.click("compare").await;
    animateur.sees("compared-count", "du plus tôt au plus tard").await;
    animateur.picture("compared").await;
    animateur.picture_on_a_telephone("compared-narrow").await;
    animateur.click("[data-test=first][data-way=held]").await;
    animateur.sees("chosen-slot", "10 h 00").await;
    animateur.sees("chosen-way", "confirmé").await;
}

async fn books_a_held_slot(world: &World, animateur: &Person, advisor: &Person) {
    animateur.go(world.door("puy-leveque", "animateur")).await;
    animateur.sees("empty", "Pas de rendez-vous aujourd'hui").await;
    animateur.picture("animateur-empty").await;
    animateur.click("book").await;
    animateur.sees("agency-cpam-46", "CPAM du Lot").await;
    animateur.picture("booking-service").await;
    animateur.click("service-carte-vitale").await;
    animateur.sees("slot-day", "Mardi 2 mars").await;
    animateur.picture("booking-slots").await;
    animateur.sees("[data-test=slot][data-way=held]", "10 h 00").await;
    animateur.click("[data-test=slot][data-way=held]").await;
    animateur.sees("chosen-slot", "10 h 00").await;
    animateur.sees("chosen-way", "confirmé").await;
    animateur.write("telephone", "05 65 00 00 42").await;
    animateur.write("subject", SUBJECT).await;
    is_refused_ten_kilobytes_of_markup(animateur).await;
    animateur.write("name", NAME).await;
    animateur.picture("booking-form").await;

    let sent = Instant::now();
    animateur.click("submit").await;
    let row = advisor.sees_row("row", &[NAME, "05 65 00 00 42", SUBJECT, "10 h 00", "Puy-l'Évêque"]).await;
    println!("from the click to the advisor's page: {} ms", sent.elapsed().as_millis());
    assert_eq!(row.state, "confirmed");
    assert_eq!(advisor.texts("[data-test=row] b, [data-test=row] i").await, Vec::<String>::new(), "markup is text");
    advisor.picture("advisor-agenda").await;

    animateur.sees("state", "confirmé").await;
    animateur.sees("notice", "Rendez-vous confirmé : CPAM du Lot").await;
    animateur.sees("name", NAME).await;
    assert!(!animateur.address().await.contains("Canari"), "no detail in an address");
    animateur.picture("appointment").await;
    animateur.click("slip").await;
    animateur.sees("slip-state", "Ce rendez-vous est confirmé").await;
    let slip = animateur.sees("slip-paper", "Mardi 2 mars 2027 à 10 h 00").await;
    for part in [NAME, "CPAM du Lot", "Cabine", "Une pièce d'identité avec votre photo", "Une photo d'identité récente"]
    {
        assert!(slip.contains(part), "{part} is on the slip: {slip}");
    }
    animateur.picture("slip").await;
}

/// A name that is too long is refused beside its field; neither it nor anything else is lost, and its
/// markup stays text.
async fn is_refused_ten_kilobytes_of_markup(animateur: &Person) {
    let name = "<b onclick=alert(1)>Jeanne</b>".repeat(350);
    animateur.paste("name", &name).await;
    animateur.click("submit").await;
    animateur.sees("form-errors", "Une case est à corriger").await;
    animateur.sees("error-nom", "Le nom est trop long. 120 caractères au plus").await;
    let form = animateur
        .eval(
            "(() => {
                const at = (test) => document.querySelector(`[data-test=${test}]`);
                return {
                    typed: ['name', 'telephone', 'subject'].map((it) => at(it).value),
                    beside: at('error-nom').closest('.field') === at('name').closest('.field'),
                    markup: at('book-form').querySelectorAll('b').length,
                };
            })()",
        )
        .await;
    assert_eq!(form["typed"], serde_json::json!([name, "05 65 00 00 42", SUBJECT]), "nothing typed is lost");
    assert_eq!((&form["beside"], &form["markup"]), (&true.into(), &0.into()), "beside its field, and text only");
    animateur.sees("chosen-slot", "10 h 00").await;
    animateur.picture("booking-form-refused").await;
}

async fn nobody_else_knows(world: &World, elsewhere: &Person) {
    until("Gramat's node knows of one appointment", async || {
        let status = world.hameau("gramat", &["status", "--json"]).await.json();
        if status["appointments"] == 1 { Ok(()) } else { Err(status.to_string()) }
    })
    .await;
    let agenda = world.hameau("gramat", &["agenda", "--all", "--json"]).await;
    assert_eq!(agenda.json(), serde_json::json!([]), "it is not Gramat's appointment");
    for (door, name) in [("animateur", "gramat-animateur"), ("portal", "citizen"), ("booth", "booth-waiting")] {
        elsewhere.go(world.door("gramat", door)).await;
        shows_no_one(elsewhere).await;
        elsewhere.picture(name).await;
    }
    elsewhere.signs_in_at(world, "lot", "coordination").await;
    for member in ["cpam-46", "gramat", "puy-leveque"] {
        elsewhere.sees(&format!("[data-test=member][data-member={member}][data-reach=direct]"), "direct").await;
    }
    elsewhere.sees("[data-test=member][data-member=figeac][data-reach=unheard]", "injoignable").await;
    shows_no_one(elsewhere).await;
    elsewhere.picture("coordination").await;
    elsewhere.click("numbers").await;
    elsewhere.sees("count-all", "Total").await;
    shows_no_one(elsewhere).await;
    elsewhere.picture("coordination-numbers").await;
    elsewhere.go(&format!("{}/membres/cpam-46", world.door("lot", "coordination"))).await;
    elsewhere.sees("stake", "personne").await;
    shows_no_one(elsewhere).await;
    elsewhere.picture("coordination-member").await;
    elsewhere.click("revoke").await;
    elsewhere.sees("revoke-effects", "ne servira plus jamais").await;
    elsewhere.picture("coordination-revoke").await;
    assert_eq!(canary::found(world.folder(), &CANARIES), Vec::<std::path::PathBuf>::new(), "nowhere in clear");
}

async fn shows_no_one(person: &Person) {
    let source = person.page_source().await;
    assert!(source.contains("Hameau"), "a page is there");
    for canary in CANARIES {
        assert!(!source.contains(canary), "{canary} on a page of {}", person.address().await);
    }
}

async fn amends_the_telephone(animateur: &Person, advisor: &Person) {
    animateur.click(".acts a.quiet[href]").await;
    animateur.click("amend").await;
    animateur.sees("amend-form", "Téléphone").await;
    animateur.picture("amend").await;
    animateur.write("telephone", "06 00 00 00 43").await;
    animateur.click("save").await;
    animateur.sees("notice", "Rendez-vous corrigé").await;
    advisor.sees_row("row", &[NAME, "06 00 00 00 43"]).await;
    animateur.picture("papers").await;
    animateur.click("paper").await;
    animateur.click("papers-save").await;
    animateur.sees("notice", "Papiers notés").await;
    animateur.sees("papers-there", "Papiers : 1 sur").await;
    animateur.picture("papers-noted").await;
    advisor.sees_row("row", &[NAME, "Papiers : 1 sur"]).await;
}

async fn asks_for_a_slot_and_cancels(animateur: &Person, advisor: &Person) {
    fills_the_form(animateur, "asked", "10 h 30", "Paul Canari").await;
    animateur.sees("chosen-way", "à confirmer").await;
    animateur.click("submit").await;
    animateur.sees("[data-test=appointment][data-state=confirmed]", "Paul Canari").await;
    advisor.sees_row("row", &["Paul Canari", "confirmé"]).await;

    animateur.click("cancel").await;
    animateur.choose("reason", "person").await;
    animateur.sees("late", "Il reste moins de 4 heures").await;
    animateur.click("late-known").await;
    animateur.picture("cancel").await;
    animateur.click("cancel-confirm").await;
    animateur.sees("undo", "Ce rendez-vous sera annulé").await;
    animateur.picture("cancel-waits").await;
    animateur.click("undo-it").await;
    animateur.sees("notice", "Le rendez-vous est maintenu").await;
    animateur.click("cancel").await;
    animateur.choose("reason", "person").await;
    animateur.click("late-known").await;
    animateur.click("cancel-confirm").await;
    animateur.click("cancel-now").await;
    animateur.sees("[data-test=appointment][data-state=cancelled-point]", "annulé par le point").await;
    advisor.sees_row("row", &["Paul Canari", "annulé par le point"]).await;
}

/// Chooses a time that is had in this way, and writes who it is for.
async fn fills_the_form(animateur: &Person, way: &str, time: &str, name: &str) {
    animateur.click(".top a[href='/animateur/rendez-vous/nouveau']").await;
    animateur.click("service-carte-vitale").await;
    animateur.click_on(&format!("[data-test=slot][data-way={way}]"), time).await;
    animateur.write("name", name).await;
    animateur.click("no-telephone").await;
}

async fn is_cancelled_by_the_agency(world: &World, animateur: &Person, advisor: &Person) {
    animateur.go(world.door("puy-leveque", "animateur")).await;
    let row = animateur.sees_row("row", &[NAME, "confirmé"]).await;
    let at = |test: &str| format!("[data-short=\"{}\"] [data-test=\"{test}\"]", row.short);
    let there = advisor.sees_row("row", &[NAME]).await;
    let there = |test: &str| format!("[data-short=\"{}\"] [data-test=\"{test}\"]", there.short);
    advisor.click(&there("void")).await;
    advisor.choose(&there("reason"), "closed").await;
    advisor.picture("advisor-cancels").await;
    advisor.click(&there("void-confirm")).await;
    advisor.sees("notice", "Rendez-vous annulé. Le point va prévenir la personne").await;

    animateur.sees(&at("state"), "annulé par l'organisme").await;
    let call_back = animateur.sees_row("call-back", &[NAME, "06 00 00 00 43"]).await;
    assert_eq!(call_back.short, row.short);
    assert_eq!(animateur.texts(&at("alternative")).await.len(), 2, "two other times are offered");
    animateur.picture("call-back").await;
    animateur.click(&at("alternative")).await;
    animateur.sees("appointment", NAME).await;
    animateur.go(world.door("puy-leveque", "animateur")).await;
    animateur.sees("call-backs", "Aucune personne à rappeler").await;
    animateur.sees_no("call-back").await;
}

async fn sends_a_form_twice(world: &World, animateur: &Person, advisor: &Person) {
    fills_the_form(animateur, "held", "14 h 00", "Lucie Canari").await;
    let sent = animateur
        .eval(
            "(async () => {
                const form = document.querySelector('[data-test=book-form]');
                const send = () => fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
                const answers = await Promise.all([send(), send()]);
                return answers.map((it) => [it.status, new URL(it.url).pathname]);
            })()",
        )
        .await;
    assert_eq!(sent[0], sent[1], "both lead to the same page");
    assert_eq!(sent[0][0], 200, "{sent}");
    let agenda = world.hameau("puy-leveque", &["agenda", "--all", "--json"]).await.json();
    let hers = |it: &&serde_json::Value| it["details"]["name"] == "Lucie Canari";
    assert_eq!(agenda.as_array().expect("a list").iter().filter(hers).count(), 1, "one appointment");
    advisor.sees_row("row", &["Lucie Canari"]).await;
    let rows = advisor.rows("row").await;
    assert_eq!(rows.iter().filter(|row| row.text.contains("Lucie Canari")).count(), 1, "one row");
    is_told_of_the_duplicate(animateur).await;
    looks_at_the_day(world, animateur).await;
}

async fn looks_at_the_day(world: &World, animateur: &Person) {
    animateur.go(world.door("puy-leveque", "animateur")).await;
    animateur.sees("glance-next", "CPAM du Lot : la boîte répond").await;
    animateur.sees("[data-test=glance-line][data-state=part]", "1 organisme joint sur 4").await;
    animateur.sees("[data-test=glance-booth][data-state=closed]", "son écran est fermé").await;
    animateur.screen(1366, 768).await;
    animateur.sees_whole("glance").await;
    animateur.picture("glance").await;
    let row = animateur.sees_row("row", &["Lucie Canari", "confirmé"]).await;
    animateur.post(&format!("/animateur/rendez-vous/{}/arrivee", row.short), &[]).await;
    animateur.sees("glance-waiting", "Lucie Canari").await;
    animateur.picture_on_a_telephone("glance-narrow").await;
    animateur.picture("glance-waiting").await;
    animateur.click("sheet").await;
    animateur.sees("sheet", "mardi 2 mars 2027").await;
    animateur.sees_row("sheet-row", &["Lucie Canari", "14 h 00", "CPAM du Lot"]).await;
    animateur.picture("sheet").await;
    let pdf = animateur.prints().await;
    assert_eq!(pages(&pdf), 1, "one page a day");
    screenshots::keep_paper("sheet", &pdf);
}

/// How many pages a PDF has.
fn pages(pdf: &[u8]) -> usize {
    let pages = |it: &&[u8]| it.starts_with(b"/Type /Page") && it.get(11) != Some(&b's');
    pdf.windows(12).filter(pages).count()
}

async fn is_told_of_the_duplicate(animateur: &Person) {
    fills_the_form(animateur, "held", "14 h 30", "CANARI lucie").await;
    animateur.click("submit").await;
    animateur.sees("double", "Cette personne a déjà un rendez-vous : CPAM du Lot, aujourd'hui à 14 h 00").await;
    animateur.picture("double").await;
    animateur.click("double-accept").await;
    animateur.click("submit").await;
    animateur.sees("notice", "Rendez-vous confirmé : CPAM du Lot").await;
    animateur.sees("undo", "Pendant une minute").await;
    animateur.picture("just-booked").await;
    animateur.picture_on_a_telephone("just-booked-narrow").await;
    animateur.click("undo-it").await;
    animateur.sees("[data-test=appointment][data-state=cancelled-point]", "annulé par le point").await;
}
