// SPDX-License-Identifier: EUPL-1.2
//! Agencies compared by their first free time.

use axum::http::StatusCode;

use super::journey::book;
use super::stage::{GRAMAT, PUY, Stage};

const COMPARE: &str = "/animateur/rendez-vous/comparer";

#[tokio::test]
async fn agencies_are_compared_by_their_first_free_time() {
    // Goal: the first time of each service, held or asked, leads into the form; where it is asked, the first that is
    // confirmed at once stands beside it; a subject is found by its name's words and by what the citizen's page finds.
    let stage = Stage::set().await;
    let (puy, gramat) = (stage.browser(PUY).await, stage.browser(GRAMAT).await);
    for (subject, found) in
        [("", 1), ("VITALE carte", 1), ("sécurité sociale", 1), ("retraite", 0), ("rsa", 0), (" - ", 1)]
    {
        let asked = puy.post(COMPARE, &[("sujet", subject)]).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{subject}");
        let page = puy.get(&format!("{COMPARE}?sujet=dernier")).await;
        assert_eq!(page.text.matches("data-test=\"compared\"").count(), found, "{subject}: {}", page.text);
    }
    let page = puy.get(COMPARE).await;
    let first = page.between("data-test=\"compared\"", "</li>");
    assert!(first.contains("aujourd&#39;hui à 10 h 00") && first.contains("data-way=\"held\""), "{first}");
    assert!(first.contains("Guichet 1") && !first.contains("at-once"), "{first}");
    let href = first.split("href=\"").nth(1).expect("a link").split('"').next().expect("quoted");
    let form = puy.get(&href.replace("&#38;", "&")).await;
    assert!(form.text.contains("data-test=\"book-form\"") && form.text.contains("data-way=\"held\""), "{}", form.text);

    book(&puy, "Ana").await;
    book(&puy, "Béa").await;
    let page = puy.get(COMPARE).await;
    let (first, at_once) = page.between("data-test=\"compared\"", "</li>").split_once("at-once").expect("both");
    assert!(first.contains("aujourd&#39;hui à 11 h 00") && first.contains("data-way=\"asked\""), "{first}");
    assert!(at_once.contains("mardi 9 mars à 10 h 00") && at_once.contains("data-way=\"held\""), "{at_once}");
    let there = gramat.get(COMPARE).await;
    assert!(!there.text.contains("at-once") && there.text.contains("data-way=\"asked\""), "{}", there.text);
}
