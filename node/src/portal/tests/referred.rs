// SPDX-License-Identifier: EUPL-1.2
//! An appointment passed on by its agency: it stands until its point has another time for the person.

use axum::http::StatusCode;
use crdt_calendar::fold::State;

use super::journey::book;
use super::stage::{CPAM, PUY, Stage};

#[tokio::test]
async fn who_is_passed_on_has_an_appointment_all_the_time() {
    // Goal: the agency says where, the point sees it on its day and chooses a time in one click; the old one stands until
    // then, and counts as moved. What is no service refers nowhere.
    let stage = Stage::set().await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Ana").await;
    stage.until(CPAM, |it| it.appointments().len() == 1).await;
    let path = format!("/conseiller/rendez-vous/{short}/passer");
    for vers in ["", "cpam-46", "cpam-46/rien", "ailleurs/carte-vitale"] {
        let page = advisor.post(&path, &[("vers", vers)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{vers}");
    }
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"referred\""));
    assert_eq!(advisor.post(&path, &[("vers", "cpam-46/carte-vitale")]).await.status, StatusCode::SEE_OTHER);
    assert!(advisor.get("/conseiller").await.text.contains("data-test=\"row-referral\""));
    stage.until(PUY, |it| it.appointments().iter().any(|it| it.referral.is_some())).await;
    let page = puy.get("/animateur").await;
    let told = page.between("data-test=\"referred\">", "</p>");
    assert!(told.contains("passer à Membre cpam-46, Carte Vitale") && told.contains("/deplacer"), "{told}");
    let stands =
        |state: State| stage.replicas[PUY].snapshot().appointments().iter().filter(|it| it.state == state).count();
    assert_eq!(stands(State::Confirmed), 1);

    let page = puy.get(&format!("/animateur/rendez-vous/{short}/deplacer")).await;
    let nonce = page.between("name=\"nonce\" value=\"", "\"").to_owned();
    let slot = page.between("name=\"creneau\" value=\"", "\"").to_owned();
    let moved =
        puy.post(&format!("/animateur/rendez-vous/{short}/deplacer"), &[("nonce", &nonce), ("creneau", &slot)]).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    let off =
        |it: &crate::replica::Snapshot| it.appointments().iter().filter(|it| it.is_off() && it.moved).count() == 1;
    stage.until(PUY, off).await;
    stage.until(CPAM, off).await;
    assert_eq!(stands(State::Confirmed), 1);
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"referred\""));
}
