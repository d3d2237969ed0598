// SPDX-License-Identifier: EUPL-1.2
//! What the access journal has of what people opened.

use axum::http::StatusCode;

use super::journey::book;
use super::stage::{CPAM, GRAMAT, LOT, PUY, Stage};
use crate::access::Line;
use crate::account::AccountRole;
use crate::replica::Replica;
use crate::store::AccessAsked;

pub(super) async fn lines(replica: &Replica) -> Vec<Line> {
    replica.access(AccessAsked::After(0)).await.expect("readable").1
}

#[tokio::test]
async fn every_page_with_details_is_in_the_journal() {
    // Goal: each page that shows a person writes one line, before it is answered: who, where, which appointment, and no
    // name; a page without persons writes none; one that brings itself up to date writes none for what it had shown.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let (point, agency) = (&stage.replicas[PUY], &stage.replicas[CPAM]);
    browser.get("/animateur").await;
    assert_eq!(lines(point).await, [], "an empty day");
    let short = book(&browser, "Zéphyrine Canari").await;
    let at = |path: &str| format!("/animateur/rendez-vous/{short}{path}");
    let again = format!("/animateur/rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale&creneau=zz&pour={short}");
    for (path, page) in [
        ("/animateur".to_owned(), Some("agenda")),
        ("/animateur?fragment=1".to_owned(), None),
        (at(""), Some("appointment")),
        (at("?fragment=1"), None),
        (at(""), Some("appointment")),
        (at("/bulletin"), Some("slip")),
        (at("/modifier"), Some("amend")),
        (again, Some("book")),
        ("/".to_owned(), None),
        ("/cabine".to_owned(), None),
        ("/animateur/rendez-vous/nouveau".to_owned(), None),
    ] {
        let before = lines(point).await.len();
        let shown = browser.get(&path).await;
        let written: Vec<Line> = lines(point).await.split_off(before);
        let written: Vec<(&str, &str, &str)> =
            written.iter().map(|it| (it.who.as_str(), it.page.as_str(), it.appointments.as_str())).collect();
        let expected: Vec<(&str, &str, &str)> =
            page.into_iter().map(|page| ("animateur", page, short.as_str())).collect();
        assert_eq!(written, expected, "{path}");
        assert_eq!(shown.text.contains("Canari"), page.is_some() || path.contains("fragment"), "{path}");
    }
    let agent = stage.browser(CPAM).await;
    stage.until(CPAM, |it| !it.appointments().is_empty()).await;
    agent.get("/conseiller").await;
    agent.get(&format!("/conseiller/rendez-vous/{short}/appel")).await;
    let pages: Vec<_> = lines(agency).await.into_iter().map(|it| (it.who, it.page, it.appointments)).collect();
    let expected = ["agenda", "call"].map(|page| ("advisor".to_owned(), page.to_owned(), short.clone()));
    assert_eq!(pages, expected);
    for stranger in [stage.stranger(PUY).await, stage.browser(GRAMAT).await] {
        stranger.get(&at("")).await;
    }
    assert_eq!(lines(&stage.replicas[GRAMAT]).await, []);
    assert!(lines(point).await.iter().all(|it| it.who == "animateur"), "whoever was refused opened nothing");
}

#[tokio::test]
async fn a_manager_reads_the_journal() {
    // Goal: a manager sees the lines of a day and that the chain is whole; nobody else opens the page, on any box.
    let stage = Stage::set().await;
    let short = book(&stage.browser(PUY).await, "Zéphyrine Canari").await;
    stage.browser(PUY).await.get("/animateur").await;
    let manager = stage.signed_in(PUY, AccountRole::Manager).await;
    let page = manager.get("/journal").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("sa seule ligne est telle") && page.text.contains(&short), "{}", page.text);
    assert!(!page.text.contains("Canari") && page.text.contains("<bdi>animateur</bdi>"), "{}", page.text);
    assert!(manager.get("/animateur").await.text.contains("Canari"), "a manager stands in at the door");
    let yesterday = manager.get("/journal?jour=2027-03-01").await;
    assert!(
        yesterday.text.contains("Aucun accès ce jour-là") && yesterday.text.contains("ses 2 lignes"),
        "{}",
        yesterday.text
    );
    for (day, status) in [("hier", 422), ("2031-01-01", 422), ("2020-01-01", 422), ("2026-12-31", 200)] {
        assert_eq!(manager.get(&format!("/journal?jour={day}")).await.status.as_u16(), status, "{day}");
    }
    for (member, role) in
        [(PUY, AccountRole::Animateur), (CPAM, AccountRole::Advisor), (LOT, AccountRole::Coordination)]
    {
        let other = stage.signed_in(member, role).await;
        assert_eq!(other.get("/journal").await.status, StatusCode::FORBIDDEN, "{member}");
        assert!(!other.get("/").await.text.contains("/journal"), "{member}");
    }
}

#[tokio::test]
async fn a_journal_that_was_changed_is_said_so() {
    // Goal: whoever changes, deletes or adds a line in the database is found out on the manager's page, by its number.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    book(&browser, "Zéphyrine Canari").await;
    for _ in 0..5 {
        browser.get("/animateur").await;
    }
    let manager = stage.signed_in(PUY, AccountRole::Manager).await;
    for (sql, sentence) in [
        ("UPDATE access SET who = 'manager' WHERE number = 3", "modifié à la ligne 3"),
        ("UPDATE access SET who = 'animateur' WHERE number = 3", "ses 5 lignes"),
        ("DELETE FROM access WHERE number = 5", "manque la ligne 5"),
    ] {
        stage.sql(PUY, sql);
        let page = manager.get("/journal").await;
        assert!(page.text.contains(sentence), "{sql}: {}", page.between("data-test=\"verdict\"", "</p>"));
    }
}

#[tokio::test]
async fn no_line_no_details() {
    // Goal: a disk that does not take the line opens nobody's details; the rest of the page is there.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    book(&browser, "Zéphyrine Canari").await;
    stage.sql(PUY, "CREATE TRIGGER no_line BEFORE INSERT ON access BEGIN SELECT RAISE(ABORT, 'full'); END");
    for path in ["/animateur", "/animateur?fragment=1"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.text.contains("Canari") && page.text.contains("Carte Vitale"), "{path}: {}", page.text);
    }
}
