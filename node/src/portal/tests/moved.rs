// SPDX-License-Identifier: EUPL-1.2
//! An appointment that is moved: at once, once its agency has answered, back again, and not at all.

use axum::http::StatusCode;
use crdt_calendar::act::Reason;
use crdt_calendar::fold::State;

use super::accessed::lines;
use super::journey::{book, first, led_to, state};
use super::stage::{Browser, CPAM, DEADLINE, PUY, Page, Stage};
use crate::replica::Snapshot;

/// Moves an appointment to this time.
pub(super) async fn moves(browser: &Browser, short: &str, slot: &str) -> Page {
    let path = format!("/animateur/rendez-vous/{short}/deplacer");
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let nonce = page.between("name=\"nonce\" value=\"", "\"").to_owned();
    browser.post(&path, &[("creneau", slot), ("nonce", &nonce)]).await
}

#[tokio::test]
async fn an_appointment_moves_to_a_time_held_here_at_once() {
    // Goal: one step: the new time is booked under the same details and the old one is free again; each page leads to
    // the other; the form sent twice moves once; what is moved away is not moved again.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let old = book(&browser, "Zéphyrine Canari").await;
    let slot = first(&browser, "held").await;
    let path = format!("/animateur/rendez-vous/{old}/deplacer");
    let page = browser.get(&path).await;
    assert!(page.text.contains("Canari") && page.text.contains(&format!("value=\"{slot}\"")), "{}", page.text);
    assert_eq!(lines(&stage.replicas[PUY]).await.last().map(|it| it.page.as_str()), Some("move"));
    let nonce = page.between("name=\"nonce\" value=\"", "\"").to_owned();
    for (slot, nonce) in [("", nonce.as_str()), ("0123456789abcdef", &nonce), (&slot, "")] {
        let page = browser.post(&path, &[("creneau", slot), ("nonce", nonce)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
        assert!(page.text.contains("data-test=\"move-form\""), "{}", page.text);
    }
    let fields = [("creneau", slot.as_str()), ("nonce", nonce.as_str())];
    let (one, two) = (browser.post(&path, &fields).await, browser.post(&path, &fields).await);
    let new = led_to(&one);
    assert_eq!(new, led_to(&two));
    assert_eq!(stage.replicas[PUY].snapshot().appointments().len(), 2);
    assert_eq!(
        (state(&stage, &old), state(&stage, &new)),
        (State::CancelledByPoint(Reason::ByThePerson), State::Confirmed)
    );
    let page = browser.get(one.location()).await;
    assert!(page.text.contains("Rendez-vous déplacé") && page.text.contains("Canari"), "{}", page.text);
    assert!(page.text.contains("Remplace le rendez-vous d&#39;avant : aujourd&#39;hui à 10 h 00"), "{}", page.text);
    let page = browser.get(&format!("/animateur/rendez-vous/{old}")).await;
    assert!(page.text.contains("Déplacé : aujourd&#39;hui à 10 h 30") && page.text.contains(&new), "{}", page.text);
    assert_eq!(browser.get(&path).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_is_moved_stands_until_the_agency_confirms() {
    // Goal: a time that has to be asked for: the old one stands and says so, is neither moved nor cancelled meanwhile,
    // and is cancelled within a second of the answer, for the reason that the person gave.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let (point, agency) = (&stage.replicas[PUY], &stage.replicas[CPAM]);
    let old = book(&browser, "Zéphyrine Canari").await;
    let slot = first(&browser, "asked").await;
    let agency_key = agency.snapshot().writer.key;
    point.down(agency_key).await;
    let moved = moves(&browser, &old, &slot).await;
    let new = led_to(&moved);
    point.tick().await;
    assert_eq!((state(&stage, &old), state(&stage, &new)), (State::Confirmed, State::Asked));
    let page = browser.get(moved.location()).await;
    assert!(page.text.contains("reste valable jusqu&#39;à la réponse"), "{}", page.text);
    assert!(page.text.contains("remplace celui-ci : aujourd&#39;hui à 10 h 00"), "{}", page.text);
    let page = browser.get(&format!("/animateur/rendez-vous/{old}")).await;
    assert!(page.text.contains("Une autre heure est demandée") && !page.text.contains("data-test=\"cancel\""));
    for path in ["deplacer", "annuler"] {
        let path = format!("/animateur/rendez-vous/{old}/{path}");
        let other = first(&browser, "held").await;
        let nonce = "0".repeat(32);
        let fields = [("raison", "person"), ("tard", "oui"), ("creneau", other.as_str()), ("nonce", nonce.as_str())];
        assert_eq!(browser.post(&path, &fields).await.status, StatusCode::CONFLICT, "{path}");
    }
    assert!(browser.get("/animateur").await.text.contains("Une autre heure est demandée"));
    let onward = format!("/animateur/rendez-vous/{new}/deplacer");
    assert_eq!(browser.get(&onward).await.status, StatusCode::CONFLICT, "the old one waits for it");
    let other = first(&browser, "held").await;
    let fields = [("creneau", other.as_str()), ("nonce", "00000000000000000000000000000000")];
    assert_eq!(browser.post(&onward, &fields).await.status, StatusCode::CONFLICT, "sent all the same");
    let page = browser.get(&format!("/animateur/rendez-vous/{new}")).await;
    assert!(page.text.contains("data-test=\"cancel\"") && !page.text.contains("data-test=\"move\""), "{}", page.text);
    for (own, peer) in [(agency, point.snapshot().writer.key), (point, agency_key)] {
        own.down(peer).await;
        own.up(peer).await;
    }
    let short = new.parse().expect("a name");
    stage.until(PUY, |it| it.appointment(short).is_some_and(|it| it.is_confirmed())).await;
    point.tick().await;
    let short = old.parse().expect("a name");
    let gone =
        |it: &Snapshot| it.appointment(short).expect("there").state == State::CancelledByPoint(Reason::ByThePerson);
    stage.until(PUY, gone).await;
    stage.until(CPAM, gone).await;
}

#[tokio::test]
async fn a_move_can_be_taken_back_for_a_minute() {
    // Goal: for a minute one click moves the person back, twice once, under the same details, and nobody is left without
    // a time: what was moved here is not taken back as a booking is; afterwards, or where the time before went to another
    // person, nothing is offered and it is refused.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let old = book(&browser, "Zéphyrine Canari").await;
    let new = led_to(&moves(&browser, &old, &first(&browser, "held").await).await);
    let path = format!("/animateur/rendez-vous/{new}");
    let is_offered = async |path: &str| browser.get(path).await.text.contains(&format!("{path}/revenir"));
    let deadline = tokio::time::Instant::now() + DEADLINE;
    let mut snapshots = stage.replicas[PUY].watch();
    while !is_offered(&path).await {
        tokio::time::timeout_at(deadline, snapshots.changed()).await.expect("free again in time").expect("open");
    }
    assert_eq!(browser.post(&format!("{path}/defaire"), &[]).await.status, StatusCode::CONFLICT);
    assert_eq!(state(&stage, &new), State::Confirmed);
    let (one, two) =
        (browser.post(&format!("{path}/revenir"), &[]).await, browser.post(&format!("{path}/revenir"), &[]).await);
    let back = led_to(&one);
    assert_eq!(back, led_to(&two));
    let minutes = |short: &str| {
        let snapshot = stage.replicas[PUY].snapshot();
        snapshot.appointment(short.parse().expect("a name")).expect("there").minutes
    };
    assert_eq!(minutes(&back), minutes(&old));
    let id = back.parse().expect("a name");
    stage.until(PUY, |it| it.appointment(id).is_some_and(|it| it.is_confirmed())).await;
    stage.replicas[PUY].tick().await;
    let id = new.parse().expect("a name");
    stage.until(PUY, |it| it.appointment(id).is_some_and(|it| it.is_off())).await;
    assert!(browser.get(&format!("/animateur/rendez-vous/{back}")).await.text.contains("Canari"));

    let later = led_to(&moves(&browser, &back, &first(&browser, "held").await).await);
    let path = format!("/animateur/rendez-vous/{later}");
    while !is_offered(&path).await {
        tokio::time::timeout_at(deadline, snapshots.changed()).await.expect("free again in time").expect("open");
    }
    let other = book(&browser, "Béa Canari").await;
    assert_eq!(minutes(&other), minutes(&back));
    assert!(!is_offered(&path).await);
    let page = browser.post(&format!("{path}/revenir"), &[]).await;
    assert!(page.status == StatusCode::CONFLICT && page.text.contains("vient d&#39;être prise"), "{}", page.text);
    assert_eq!(state(&stage, &later), State::Confirmed);
    browser.let_pass(60_000);
    assert!(!is_offered(&path).await);
    let page = browser.post(&format!("{path}/revenir"), &[]).await;
    assert!(page.status == StatusCode::CONFLICT && page.text.contains("La minute est passée"), "{}", page.text);
}

#[tokio::test]
async fn a_move_that_the_disk_did_not_keep_leaves_the_old_one() {
    // Goal: the link is kept before the booking; where the booking then is not, the next start forgets the link, and
    // whatever is given that number later cancels nobody.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let old = book(&browser, "Zéphyrine Canari").await;
    let slot = first(&browser, "held").await;
    stage.refuse_disk(PUY);
    let page = moves(&browser, &old, &slot).await;
    assert!(page.status == StatusCode::CONFLICT && page.text.contains("Rien n&#39;a été réservé"), "{}", page.text);
    stage.sql(PUY, "DROP TRIGGER full");
    let (later, browser) = stage.restarted(PUY, 1_000).await;
    assert!(later.snapshot().intents.is_empty());
    let other = book(&browser, "Béa").await;
    later.tick().await;
    browser.get("/animateur").await;
    let snapshot = later.snapshot();
    let state = |short: &str| &snapshot.appointment(short.parse().expect("a name")).expect("it is there").state;
    assert_eq!((state(&old), state(&other)), (&State::Confirmed, &State::Confirmed));
}
