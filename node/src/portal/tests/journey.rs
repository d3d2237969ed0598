// SPDX-License-Identifier: EUPL-1.2
//! What an animateur and an advisor do, and what strange forms get.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use crdt_calendar::fold::State;
use crdt_calendar::time::UtcMinute;

use super::stage::{Browser, CPAM, DEADLINE, GRAMAT, PUY, Page, Stage};
use crate::call::calendar::closes_at;
use crate::portal::following::{look_after, tidy};
use crate::replica::short_slot;

pub(super) const NEW: &str = "/animateur/rendez-vous/nouveau";
/// What cancels at once, late or not.
pub(super) const NOW_CANCELLED: [(&str, &str); 3] = [("raison", "person"), ("tard", "oui"), ("maintenant", "oui")];
const SLOTS: &str = "/animateur/rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale";

/// The first slot of the list that is had in this way.
pub(super) async fn first(browser: &Browser, way: &str) -> String {
    let page = browser.get(SLOTS).await;
    let slots = page.text.split("creneau=").skip(1);
    let mut found =
        slots.filter(|part| part.split('>').next().expect("a tag").contains(&format!("data-way=\"{way}\"")));
    found.next().expect("a slot").split('"').next().expect("quoted").to_owned()
}

/// Opens the form of a slot; gives its nonce.
pub(super) async fn nonce(browser: &Browser, slot: &str) -> String {
    let page = browser.get(&format!("{SLOTS}&creneau={slot}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.between("name=\"nonce\" value=\"", "\"").to_owned()
}

pub(super) fn form<'a>(slot: &'a str, nonce: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("agence", "cpam-46"),
        ("motif", "carte-vitale"),
        ("creneau", slot),
        ("nonce", nonce),
        ("nom", name),
        ("telephone", "05 65 00 00 00"),
        ("objet", "une carte perdue"),
    ]
}

/// Books the first slot held here; gives the appointment's short name.
pub(super) async fn book(browser: &Browser, name: &str) -> String {
    book_by(browser, "held", name).await
}

/// Books the first slot that is had in this way.
pub(super) async fn book_by(browser: &Browser, way: &str, name: &str) -> String {
    let slot = first(browser, way).await;
    let nonce = nonce(browser, &slot).await;
    led_to(&browser.post(NEW, &form(&slot, &nonce, name)).await)
}

/// Where an appointment of Puy-l'Évêque stands there.
pub(super) fn state(stage: &Stage, short: &str) -> State {
    let snapshot = stage.replicas[PUY].snapshot();
    snapshot.appointment(short.parse().expect("a name")).expect("it is there").state.clone()
}

/// Where a form led: the appointment's short name.
pub(super) fn led_to(page: &Page) -> String {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.location().trim_start_matches("/animateur/rendez-vous/").split('?').next().expect("a name").to_owned()
}

#[tokio::test]
async fn a_form_sent_twice_books_once() {
    // Goal: a double click, or "back" and again, leads to the one appointment.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let slot = first(&browser, "held").await;
    let nonce = nonce(&browser, &slot).await;
    let fields = form(&slot, &nonce, "<b>Jeanne</b> & \"Démo\"");
    let (one, two) = (browser.post(NEW, &fields).await, browser.post(NEW, &fields).await);
    assert_eq!((one.status, two.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(one.location(), two.location());
    assert_eq!(stage.replicas[PUY].snapshot().appointments().len(), 1);
    let page = browser.get(one.location()).await;
    assert!(page.text.contains("data-state=\"confirmed\"") && page.text.contains("Une photo d&#39;identité récente"));
    assert!(!page.text.contains("<b>Jeanne"), "markup is text");
    assert!(
        page.text.contains("&#60;b&#62;Jeanne") || page.text.contains("&lt;b&gt;Jeanne"),
        "{}",
        page.between("<bdi", "</bdi>")
    );
    assert!(!page.headers.iter().any(|(_, value)| value.to_str().is_ok_and(|it| it.contains("Jeanne"))));
}

#[tokio::test]
async fn strange_forms_get_a_sentence_and_lose_nothing() {
    // Goal: nothing booked, the form comes back with what was typed and says what to do.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let (held, long) = (first(&browser, "held").await, "a".repeat(10_000));
    let snapshot = stage.replicas[PUY].snapshot();
    let now = browser.app.clock.minute();
    let past = snapshot.weeks.values().flat_map(|week| week.slots()).find(|(_, slot)| slot.minutes.from < now);
    let past = short_slot(&past.expect("a slot at eight").0).to_string();
    for (case, slot, name, telephone, kept, sentence) in [
        ("no name", held.as_str(), "  ", "05", "une carte perdue", "Écrivez le nom"),
        ("ten thousand letters", &held, &long, "05", &long, "trop long"),
        ("reversed", &held, "a\u{202E}b", "05 65 00 00 00", "une carte perdue", "ne s&#39;affiche pas"),
        ("no telephone", &held, "Ana", "", "Ana", "numéro de téléphone"),
        ("fourteen digits", &held, "Ana", "05 65 00 00 00 00 00", "05 65 00 00 00 00 00", "10 chiffres"),
        ("not a number", &held, "Ana", "appelez-moi", "appelez-moi", "pas la bonne forme"),
        ("unknown slot", "0123456789abcdef", "Ana", "05 65 00 00 00", "Ana", "n&#39;existe pas"),
        ("no slot", "", "Ana", "05 65 00 00 00", "Ana", "n&#39;existe pas"),
        ("past slot", &past, "Ana", "05 65 00 00 00", "Ana", "déjà passée"),
    ] {
        let nonce = nonce(&browser, &held).await;
        let mut fields = form(slot, &nonce, name);
        fields[5].1 = telephone;
        let page = browser.post(NEW, &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{case}: {}", page.text);
        assert!(page.text.contains(sentence), "{case}: {}", page.text);
        assert!(page.text.contains(kept) && page.text.contains("une carte perdue"), "{case}: typed text is lost");
    }
    assert!(stage.replicas[PUY].snapshot().appointments().is_empty());
}

#[tokio::test]
async fn a_name_in_another_script_is_kept() {
    // Goal: Arabic reads from right to left inside its own box, and books as any other name.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    book(&browser, "فاطمة الزهراء").await;
    assert!(browser.get("/animateur").await.text.contains("<bdi data-test=\"name\">فاطمة الزهراء</bdi>"));
}

#[tokio::test]
async fn a_slot_taken_meanwhile_offers_others() {
    // Goal: who comes second keeps what was typed and chooses another time in the same form.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let slot = first(&browser, "held").await;
    let (one, two) = (nonce(&browser, &slot).await, nonce(&browser, &slot).await);
    assert_eq!(browser.post(NEW, &form(&slot, &one, "Ana")).await.status, StatusCode::SEE_OTHER);
    let page = browser.post(NEW, &form(&slot, &two, "Béa")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("vient d&#39;être prise") && page.text.contains("value=\"Béa\""), "{}", page.text);
    let other = page.between("name=\"creneau\" value=\"", "\"").to_owned();
    let again = browser.post(NEW, &form(&other, page.between("name=\"nonce\" value=\"", "\""), "Béa")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text);
    assert_eq!(stage.replicas[PUY].snapshot().appointments().len(), 2);
}

/// An hour that is asked for, confirmed by the agency's node, cancelled by its advisor; gives its short name.
async fn called_off(stage: &Stage, gramat: &Browser, agency: &Browser) -> String {
    let slot = first(gramat, "asked").await;
    let nonce = nonce(gramat, &slot).await;
    let booked = gramat.post(NEW, &form(&slot, &nonce, "Louise Démo")).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    stage.until(GRAMAT, |it| it.appointments().iter().any(|it| it.is_confirmed())).await;
    stage.until(CPAM, |it| it.appointments().iter().any(|it| it.is_confirmed())).await;
    let short = booked.location().trim_start_matches("/animateur/rendez-vous/").split('?').next().expect("a name");
    let page = agency.get("/conseiller").await;
    assert!(page.text.contains("Louise Démo") && page.text.contains("une carte perdue"), "{}", page.text);
    let voided = agency.post(&format!("/conseiller/rendez-vous/{short}/annuler"), &[("raison", "absent")]).await;
    assert_eq!(voided.status, StatusCode::SEE_OTHER, "{}", voided.text);
    stage.until(GRAMAT, |it| it.call_backs(stage.clock().minute()).len() == 1).await;
    short.to_owned()
}

/// The other times that the call-back list offers.
async fn alternatives(browser: &Browser) -> Vec<String> {
    let list = browser.get("/animateur").await;
    let parts = list.text.split("name=\"creneau\" value=\"").skip(1);
    parts.map(|part| part.split('"').next().expect("quoted").to_owned()).collect()
}

#[tokio::test]
async fn asked_then_confirmed_then_cancelled_by_the_agency() {
    // Goal: an hour that is not held is asked, confirmed by the agency's node, cancelled by its advisor, stands
    // in the call-back list, and one click gives the person another time.
    let stage = Stage::set().await;
    let (gramat, agency) = (stage.browser(GRAMAT).await, stage.browser(CPAM).await);
    let short = called_off(&stage, &gramat, &agency).await;
    let list = gramat.get("/animateur").await;
    assert!(
        list.text.contains("data-test=\"call-back\"") && list.text.contains("Le conseiller est absent"),
        "{}",
        list.text
    );
    assert!(list.text.contains("05 65 00 00 00"));
    let other = alternatives(&gramat).await.remove(0);
    let taken = gramat.post(&format!("/animateur/rendez-vous/{short}/autre-heure"), &[("creneau", &other)]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
    stage.until(GRAMAT, |it| it.call_backs(stage.clock().minute()).is_empty()).await;
    assert!(gramat.get(taken.location()).await.text.contains("Louise Démo"));
}

#[tokio::test]
async fn one_call_back_gives_one_appointment() {
    // Goal: both times clicked at once, then one more, and a page that is out of date: the person has one
    // appointment, and nothing that is not to be called back is cancelled from there.
    let stage = Stage::set().await;
    let (gramat, agency) = (stage.browser(GRAMAT).await, stage.browser(CPAM).await);
    let short = called_off(&stage, &gramat, &agency).await;
    let others = alternatives(&gramat).await;
    assert_eq!(others.len(), 2, "{others:?}");
    let path = format!("/animateur/rendez-vous/{short}");
    let (take, settle) = (format!("{path}/autre-heure"), format!("{path}/rappele"));
    let (one, two) = ([("creneau", others[0].as_str())], [("creneau", others[1].as_str())]);
    let (one, two) = tokio::join!(gramat.post(&take, &one), gramat.post(&take, &two));
    assert_eq!((one.status, one.location()), (StatusCode::SEE_OTHER, two.location()), "{}", two.text);
    stage.until(GRAMAT, |it| it.call_backs(stage.clock().minute()).is_empty()).await;
    let late = gramat.post(&take, &[("creneau", others[1].as_str())]).await;
    assert!(late.status == StatusCode::CONFLICT && late.text.contains("n&#39;est plus à rappeler"), "{}", late.text);
    assert_eq!(gramat.post(&settle, &[]).await.status, StatusCode::CONFLICT, "already settled");

    let alive = one.location().split('?').next().expect("an address").to_owned();
    let free = first(&gramat, "asked").await;
    for (path, fields) in [("rappele", vec![]), ("autre-heure", vec![("creneau", free.as_str())])] {
        let page = gramat.post(&format!("{alive}/{path}"), &fields).await;
        assert_eq!(page.status, StatusCode::CONFLICT, "{path}: {}", page.text);
    }
    let snapshot = stage.replicas[GRAMAT].snapshot();
    let alive = snapshot.appointments().iter().filter(|it| matches!(it.state, State::Asked | State::Confirmed)).count();
    assert_eq!((snapshot.appointments().len(), alive), (2, 1), "the one that was called off, and the new one");
}

#[tokio::test]
async fn amend_and_cancel_at_the_point() {
    // Goal: corrected details reach the agency; a cancelled hour is free again; what is over stays so.
    let stage = Stage::set().await;
    let (puy, agency) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Jean Faute").await;
    let path = format!("/animateur/rendez-vous/{short}");
    assert!(puy.get(&format!("{path}/modifier")).await.text.contains("value=\"Jean Faute\""));
    let fields = [("nom", "Jean Juste"), ("sans_telephone", "oui"), ("objet", "")];
    assert_eq!(puy.post(&format!("{path}/modifier"), &fields).await.status, StatusCode::SEE_OTHER);
    let bad = puy.post(&format!("{path}/modifier"), &[("nom", ""), ("objet", "tapé")]).await;
    assert!(bad.status == StatusCode::UNPROCESSABLE_ENTITY && bad.text.contains("tapé"));
    stage.until(CPAM, |it| !it.appointments().is_empty()).await;
    let deadline = tokio::time::Instant::now() + super::stage::DEADLINE;
    let mut snapshots = stage.replicas[CPAM].watch();
    while !agency.get("/conseiller").await.text.contains("Jean Juste") {
        tokio::time::timeout_at(deadline, snapshots.changed()).await.expect("in time").expect("open");
    }
    assert!(puy.get(&format!("{path}/bulletin")).await.text.contains("Jean Juste"));
    assert_eq!(puy.post(&format!("{path}/annuler"), &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "no reason");
    let cancelled = puy.post(&format!("{path}/annuler"), &NOW_CANCELLED).await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER, "{}", cancelled.text);
    assert!(matches!(stage.replicas[PUY].snapshot().appointments()[0].state, State::CancelledByPoint(_)));
    let twice = puy.post(&format!("{path}/arrivee"), &[]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.text);
    assert!(puy.get(SLOTS).await.text.contains("data-way=\"held\""));
}

#[tokio::test]
async fn what_to_do_next_is_the_main_button() {
    // Goal: on the day and on the appointment, the arrival while the person is awaited, the call once they are there.
    let stage = Stage::set().await;
    let puy = stage.browser(PUY).await;
    let path = format!("/animateur/rendez-vous/{}", book(&puy, "Jeanne Démo").await);
    for page in ["/animateur", &path] {
        let page = puy.get(page).await;
        let is_quiet = |what: &str| {
            let before = page.text.split(&format!("\" data-test=\"{what}\"")).next().expect("text");
            before.rsplit("class=\"").next().expect("a class").split(' ').any(|it| it == "quiet")
        };
        assert!(!is_quiet("arrived") && is_quiet("start-call"), "{}", page.text);
    }
    assert_eq!(puy.post(&format!("{path}/arrivee"), &[]).await.status, StatusCode::SEE_OTHER);
    for page in ["/animateur", &path] {
        let page = puy.get(page).await;
        let start = page.text.split("\" data-test=\"start-call\"").next().expect("text").rsplit("class=\"").next();
        assert!(start.is_some_and(|it| !it.contains("quiet")), "{}", page.text);
        assert!(!page.text.contains("data-test=\"arrived\""), "{}", page.text);
    }
}

#[tokio::test]
async fn the_booth_wakes_and_sleeps() {
    // Goal: start wakes the booth with the agency's name and no person's; the agency sees the person; help
    // reaches the animateur; stop puts the booth to sleep.
    let stage = Stage::set().await;
    let (puy, agency) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Jeanne Démo").await;
    stage.until(CPAM, |it| !it.appointments().is_empty()).await;
    let path = format!("/animateur/rendez-vous/{short}");
    assert!(puy.get("/cabine/1/etat").await.text.contains("\"called\":false"));
    let started = puy.post(&format!("{path}/demarrer"), &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.text);
    let booth = puy.get("/cabine/1/etat").await;
    assert!(booth.text.contains("\"called\":true") && booth.text.contains("Membre cpam-46"), "{}", booth.text);
    assert!(!booth.text.contains("Jeanne"));
    stage.until(CPAM, |it| it.appointments().iter().any(|it| it.arrived.is_some())).await;
    assert!(agency.get("/conseiller").await.text.contains("data-test=\"person-waiting\""));
    assert_eq!(agency.get(&format!("/conseiller/rendez-vous/{short}/appel")).await.status, StatusCode::OK);
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"help-wanted\""));
    assert_eq!(puy.post("/cabine/1/aide", &[]).await.status, StatusCode::NO_CONTENT);
    assert!(puy.get("/animateur?fragment=1").await.text.contains("data-test=\"help-wanted\""));
    assert_eq!(puy.post("/animateur/aide", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"help-wanted\""));
    assert_eq!(puy.post(&format!("{path}/arreter"), &[]).await.status, StatusCode::SEE_OTHER);
    assert!(puy.get("/cabine/1/etat").await.text.contains("\"called\":false"));
    assert_eq!(puy.post("/cabine/1/raccrocher", &[]).await.status, StatusCode::CONFLICT, "asleep");
}

#[tokio::test]
async fn a_booth_does_not_stay_awake() {
    // Goal: started, and no browser ever came: the booth sleeps again when the agency cancels, or when the
    // call's window is over, and another appointment can have it.
    let stage = Stage::set().await;
    let (puy, agency) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Jeanne Démo").await;
    stage.until(CPAM, |it| !it.appointments().is_empty()).await;
    let start = format!("/animateur/rendez-vous/{short}/demarrer");
    assert_eq!(puy.post(&start, &[]).await.status, StatusCode::SEE_OTHER);
    let minutes = stage.replicas[PUY].snapshot().appointments()[0].minutes;
    tidy(&puy.app, UtcMinute(closes_at(minutes).0 - 1)).await;
    assert!(puy.get("/cabine/1/etat").await.text.contains("\"called\":true"), "the window is still open");
    tidy(&puy.app, closes_at(minutes)).await;
    assert!(puy.get("/cabine/1/etat").await.text.contains("\"called\":false"), "the window is over");

    assert_eq!(puy.post(&start, &[]).await.status, StatusCode::SEE_OTHER);
    let caretaker = tokio::spawn(look_after(Arc::clone(&puy.app), BTreeSet::new(), Duration::from_millis(10)));
    let voided = agency.post(&format!("/conseiller/rendez-vous/{short}/annuler"), &[("raison", "absent")]).await;
    assert_eq!(voided.status, StatusCode::SEE_OTHER, "{}", voided.text);
    let mut booths = puy.app.booths.watch();
    let asleep = tokio::time::timeout(DEADLINE, booths.wait_for(|scenes| scenes.is_empty())).await;
    assert!(matches!(asleep, Ok(Ok(_))), "it never slept");
    caretaker.abort();
}

#[tokio::test]
async fn no_call_outside_its_window() {
    // Goal: the second hour held here is at 10:30: at 09:50 its room is not open, at the point or the agency.
    let stage = Stage::set().await;
    let (puy, agency) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    book(&puy, "Première").await;
    let short = book(&puy, "Seconde").await;
    stage.until(CPAM, |it| it.appointments().len() == 2).await;
    let early = puy.post(&format!("/animateur/rendez-vous/{short}/demarrer"), &[]).await;
    assert!(early.status == StatusCode::CONFLICT && early.text.contains("10 h 15"), "{}", early.text);
    assert!(puy.get("/cabine/1/etat").await.text.contains("\"called\":false"));
    let page = agency.get(&format!("/conseiller/rendez-vous/{short}/appel")).await;
    assert!(page.status == StatusCode::CONFLICT && page.text.contains("10 h 15"), "{}", page.text);
}

#[tokio::test]
async fn an_offer_that_cannot_be_read_is_refused_in_the_pages_language() {
    // Goal: what the booth's browser sends is not a session description: a sentence in the page's language.
    let stage = Stage::set().await;
    let puy = stage.browser(PUY).await;
    let short = book(&puy, "Jeanne Démo").await;
    assert_eq!(puy.post(&format!("/animateur/rendez-vous/{short}/demarrer"), &[]).await.status, StatusCode::SEE_OTHER);
    for (language, sentence) in [("fr", "demande d'appel illisible"), ("en", "call request that cannot be read")] {
        let request = puy.request("POST", "/cabine/1/offre").header(header::CONTENT_TYPE, "application/json");
        let request = request.header("x-csrf-token", puy.token()).header(header::ACCEPT_LANGUAGE, language);
        let page = puy.read(request.body(Body::from(r#"{"sdp":"v=nonsense"}"#)).expect("a request")).await;
        assert!(page.status == StatusCode::CONFLICT && page.text.contains(sentence), "{language}: {}", page.text);
    }
}

#[tokio::test]
async fn the_advisor_says_what_became_of_it() {
    // Goal: the outcome of the agency is what the point reads.
    let stage = Stage::set().await;
    let (puy, agency) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Jeanne Démo").await;
    stage.until(CPAM, |it| !it.appointments().is_empty()).await;
    let path = format!("/conseiller/rendez-vous/{short}/issue");
    assert_eq!(agency.post(&path, &[("issue", "?")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = agency.post(&path, &[("issue", "absent")]).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    stage.until(PUY, |it| it.appointments().iter().any(|it| it.outcome.is_some())).await;
    assert!(puy.get("/animateur").await.text.contains("data-state=\"no-show\""));
}
