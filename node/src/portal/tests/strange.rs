// SPDX-License-Identifier: EUPL-1.2
//! Bad input on every form and in every address that is read: a sentence, never a fault of the node, and text stays text.

use axum::http::StatusCode;
use crdt_calendar::act::Role;

use super::journey::{NEW, book, first, form, nonce};
use super::stage::{Browser, CPAM, LOT, PUY, Stage};
use crate::account::AccountRole;
use crate::portal::routes::{ROUTES, Route};

/// Every field of a form that the portal reads.
const FIELDS: [&str; 36] = [
    "nom",
    "telephone",
    "sans_telephone",
    "objet",
    "nonce",
    "agence",
    "motif",
    "creneau",
    "cabine",
    "doublon",
    "raison",
    "tard",
    "maintenant",
    "note",
    "vers",
    "guichet",
    "issue",
    "code",
    "demande",
    "lu",
    "cle",
    "compte",
    "mot_de_passe",
    "q",
    "papier",
    "reponse",
    "numero",
    "lettre",
    "personne",
    "absent",
    "sujet",
    "touche",
    "commune",
    "cp",
    "retour",
    "page",
];

const MARKUP: &str = "\"><script>alert(1)</script>";

/// What people and others type: nothing, too much, markup, text that turns round, signs beyond the first plane.
fn strange() -> [(&'static str, String); 6] {
    [
        ("nothing", String::new()),
        ("too long", "é".repeat(8_000)),
        ("markup", MARKUP.to_owned()),
        ("right to left", "a\u{202E}b\u{2066}c\u{200F}".to_owned()),
        ("emoji", "👩‍👩‍👧 🏠".to_owned()),
        ("controls", "a\u{0}b\u{7}\u{1b}[31m\r\n\r\nc".to_owned()),
    ]
}

/// A row's address, of this appointment.
fn filled(route: &Route, short: &str) -> String {
    let path = route.path.replace("{booth}", "1").replace("{short}", short).replace("{member}", "gramat");
    path.replace("{id}", "F1").replace("{kind}", "cpam").replace("{part}", "2")
}

async fn manager(stage: &Stage, route: &Route) -> Browser {
    let member = match route.at {
        [Role::Agency] => CPAM,
        [Role::Coordination] => LOT,
        _ => PUY,
    };
    stage.signed_in(member, AccountRole::Manager).await
}

#[tokio::test]
async fn whatever_is_typed_into_any_form_is_text() {
    // Goal: each form of the table, each field of it strange in the same way: refused or taken with a page, no fault of the
    // node, no markup come alive, and nothing is booked, cancelled or changed by nothing.
    let stage = Stage::set().await;
    let short = book(&stage.browser(PUY).await, "Ana").await;
    stage.until(CPAM, |it| it.appointments().len() == 1).await;
    for route in ROUTES.iter().filter(|it| it.method == "POST") {
        for (case, text) in strange() {
            // Some of these end the session that they are asked in.
            let browser = manager(&stage, route).await;
            let fields = FIELDS.map(|name| (name, text.as_str()));
            // A form of one request is 64 kB at most: a few long fields at a time.
            for some in fields.chunks(if case == "too long" { 1 } else { FIELDS.len() }) {
                let page = browser.post(&filled(route, &short), some).await;
                assert!(!page.status.is_server_error(), "{}, {case}: {} {}", route.path, page.status, page.text);
                assert!(!page.text.contains("<script>alert"), "{}, {case}: {}", route.path, page.text);
            }
        }
    }
    let snapshot = stage.replicas[PUY].snapshot();
    assert_eq!((snapshot.appointments().len(), snapshot.seekers.len()), (1, 0));
}

#[tokio::test]
async fn a_day_that_does_not_exist_is_said_so() {
    // Goal: each page of a day: the 30th of February, a month that is none, a day far off, text; the page of today comes
    // with the sentence.
    let stage = Stage::set().await;
    for (member, role, page) in [
        (PUY, AccountRole::Animateur, "/animateur"),
        (PUY, AccountRole::Animateur, "/animateur/feuille"),
        (CPAM, AccountRole::Advisor, "/conseiller"),
        (CPAM, AccountRole::Advisor, "/conseiller/semaine"),
        (CPAM, AccountRole::Manager, "/journal"),
    ] {
        let browser = stage.signed_in(member, role).await;
        for day in ["2027-02-30", "2027-13-01", "9999-12-31", "-000001-01-01", "hier", "%3Cscript%3Ealert(1)", ""] {
            let answer = browser.get(&format!("{page}?jour={day}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{page} {day}");
            assert!(answer.text.contains("Choisissez entre le"), "{page} {day}: {}", answer.text);
            assert!(!answer.text.contains("<script>alert"), "{page} {day}");
        }
    }
    let lot = stage.signed_in(LOT, AccountRole::Coordination).await;
    for month in ["2027-13", "2027", "mars", "2027-02-30"] {
        let answer = lot.get(&format!("/coordination/nombres?de={month}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{month}");
    }
}

#[tokio::test]
async fn a_name_with_signs_of_any_plane_is_kept() {
    // Goal: a sign of a face is text like any other, in the name and in the subject.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let slot = first(&browser, "held").await;
    let nonce = nonce(&browser, &slot).await;
    let mut fields = form(&slot, &nonce, "Ana 🌻");
    fields[6].1 = "carte perdue 😟";
    let page = browser.post(NEW, &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let page = browser.get(page.location()).await;
    assert!(page.text.contains("Ana 🌻") && page.text.contains("carte perdue 😟"), "{}", page.text);
}
