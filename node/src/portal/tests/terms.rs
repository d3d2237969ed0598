// SPDX-License-Identifier: EUPL-1.2
//! What an agency lays down, on the pages of a point and on the agency's week.

use axum::http::StatusCode;
use crdt_calendar::act::{Counterpart, Quota, ServiceTerms, Terms};
use crdt_calendar::ids::MemberId;

use super::journey::{NEW, book, first, form, nonce};
use super::stage::{CPAM, GRAMAT, PUY, Stage};

const SLOTS: &str = "/animateur/rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale";

fn id(name: &str) -> MemberId {
    MemberId::new(name).expect("a name")
}

fn terms() -> Terms {
    Terms {
        services: vec![ServiceTerms {
            service: id("carte-vitale"),
            shortest_delay_min: 0,
            longest_delay_min: Some(28 * 24 * 60),
            before: "Avoir le numéro <b> sous la main.".to_owned(),
            after: "La carte arrive par la poste.".to_owned(),
        }],
        quotas: vec![Quota { point: Some(id(PUY)), service: None, per_week: 1 }],
        counterparts: vec![Counterpart {
            name: "Référent des points".to_owned(),
            line: "01 99 00 00 00".to_owned(),
            hours: "le matin".to_owned(),
        }],
        ..Terms::default()
    }
}

#[tokio::test]
async fn a_point_is_told_before_it_sends_a_form() {
    // Goal: instructions, delays, the quota and whom to call stand where they are needed, as text, and the public sees
    // none of it; once the quota is used, its week is offered no more, at this point alone.
    let stage = Stage::set_with(terms()).await;
    let (puy, gramat) = (stage.browser(PUY).await, stage.browser(GRAMAT).await);
    let slots = puy.get(SLOTS).await;
    assert!(slots.between("data-test=\"delays\"", "</p>").contains("au plus tôt 28 jours avant"), "{}", slots.text);
    assert!(slots.between("data-test=\"counterparts\"", "</section>").contains("01 99 00 00 00"));
    let quota = slots.between("data-test=\"quota\"", "</ul>");
    assert!(quota.contains("Semaine du lundi 1er mars : 0 rendez-vous pris sur 1"), "{quota}");
    let slot = first(&puy, "asked").await;
    let page = puy.get(&format!("{SLOTS}&creneau={slot}")).await;
    assert!(page.between("data-test=\"before\">", "</p>").contains("numéro &#60;b&#62; sous"), "{}", page.text);
    let of_today = async |browser: &super::stage::Browser| {
        let text = browser.get(SLOTS).await.text;
        text.split("data-test=\"slot-day\"").nth(1).unwrap_or_default().matches("data-way=\"asked\"").count()
    };
    let (here, there) = (of_today(&puy).await, of_today(&gramat).await);
    assert!(here > 0 && here == there);

    // A form that was open meanwhile is told why, and loses nothing.
    let nonce = nonce(&puy, &slot).await;
    let short = book(&puy, "Ana").await;
    let slots = puy.get(SLOTS).await;
    let full = slots.between("data-test=\"quota-full\"", "</li>");
    assert!(full.contains("Semaine du lundi 1er mars"), "{full}");
    let page = puy.post(NEW, &form(&slot, &nonce, "Béa")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fault = page.between("data-test=\"fault\">", "</p>");
    assert!(fault.contains("Ce point a déjà tous les rendez-vous"), "{fault}");
    assert!(page.text.contains("value=\"Béa\""));
    let day = slots.between("data-test=\"slot-day\"", "</section>");
    assert!(day.contains("data-way=\"held\"") && !day.contains("data-way=\"asked\""), "kept times are its own: {day}");
    let day = gramat.get(SLOTS).await;
    assert!(day.between("data-test=\"slot-day\"", "</section>").contains("data-way=\"asked\""), "it binds Puy alone");

    for path in [format!("/animateur/rendez-vous/{short}"), format!("/animateur/rendez-vous/{short}/bulletin")] {
        let page = puy.get(&path).await;
        assert!(page.text.contains("numéro &#60;b&#62; sous"), "{path}: {}", page.text);
        assert!(!page.text.contains("par la poste"), "{path}: it is not over");
    }
    let page = puy.get(&format!("/animateur/rendez-vous/{short}")).await;
    assert!(page.text.contains("data-test=\"counterparts\""));
    let public = puy.get("/").await;
    assert!(!public.text.contains("01 99 00 00 00"), "{}", public.text);
}

#[tokio::test]
async fn what_to_do_after_is_said_once_it_is_over() {
    let stage = Stage::set_with(terms()).await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Ana").await;
    stage.until(CPAM, |it| it.appointments().len() == 1).await;
    let issue = advisor.post(&format!("/conseiller/rendez-vous/{short}/issue"), &[("issue", "honore")]).await;
    assert_eq!(issue.status, StatusCode::SEE_OTHER, "{}", issue.text);
    stage.until(PUY, |it| it.appointments().iter().any(|it| it.outcome.is_some())).await;
    let page = puy.get(&format!("/animateur/rendez-vous/{short}")).await;
    assert!(page.between("data-test=\"after\">", "</p>").contains("par la poste"), "{}", page.text);
    assert!(!page.text.contains("sous la main"), "{}", page.text);
}

#[tokio::test]
async fn the_agencys_week_shows_all_of_it_and_nobody() {
    // Goal: appointments by desk and day without names, what is free, what is kept for whom, how much of it and of the
    // quota is used; other weeks by a link.
    let stage = Stage::set_with(terms()).await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Zéphyrine Canari").await;
    stage.until(CPAM, |it| it.appointments().len() == 1).await;
    let page = advisor.get("/conseiller/semaine").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(
        page.text.contains("Semaine du lundi 1 mars 2027") || page.text.contains("lundi 1er mars 2027"),
        "{}",
        page.text
    );
    let booked = page.between("data-kind=\"booked\"", "</p>");
    assert!(booked.contains("10 h 00 – 10 h 30") && booked.contains("Carte Vitale · Membre puy-leveque"), "{booked}");
    assert!(booked.contains(&format!("#rdv-{short}")), "{booked}");
    let held = page.between("data-kind=\"held\"", "</p>");
    assert!(held.contains("10 h 30 – 11 h 00") && held.contains("gardé pour Membre puy-leveque"), "{held}");
    let free = page.between("data-kind=\"free\"", "</p>");
    assert!(free.contains("11 h 00 – 12 h 00"), "what is past is not free, neighbours stand together: {free}");
    assert!(page.between("data-test=\"week-kept\"", "</ul>").contains("Membre puy-leveque : 1 pris sur 2"));
    assert!(page.between("data-test=\"week-quotas\"", "</ul>").contains("tous les motifs : 1 sur 1"));
    assert!(!page.text.contains("Canari") && !page.text.contains("05 65"), "{}", page.text);
    let next = advisor.get("/conseiller/semaine?jour=2027-03-10").await;
    assert!(!next.text.contains("data-kind=\"booked\"") && next.text.contains("data-kind=\"held\""), "{}", next.text);
    assert_eq!(advisor.get("/conseiller/semaine?jour=2031-01-01").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
