// SPDX-License-Identifier: EUPL-1.2
//! Who is there: an advisor's open page says so, points are told, and a person's arrival reaches every page of theirs.

use axum::http::StatusCode;
use crdt_calendar::time::UtcMinute;

use super::journey::book;
use super::stage::{Browser, CPAM, PUY, Stage};
use crate::account::AccountRole;
use crate::presence::{AtDesk, Seat};

const BEAT: &str = "/conseiller/presence";
const PLACE: &str = "/conseiller/place";

/// What the agency tells of its only desk.
fn told(browser: &Browser) -> Seat {
    browser.app.say_presence();
    let own = browser.app.presence.own();
    let [AtDesk { desk: 1, seat, .. }] = own.as_slice() else { panic!("{own:?}") };
    *seat
}

async fn beats(browser: &Browser, page: &str) {
    assert_eq!(browser.post(BEAT, &[("page", page)]).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn an_open_page_says_that_somebody_is_there() {
    // Goal: there while the page says so and the session is open; away by a button, back by another; nobody once it is
    // left, falls silent or locks. The page that follows one that was left leaves no gap.
    let stage = Stage::set().await;
    let advisor = stage.browser(CPAM).await;
    assert_eq!(told(&advisor), Seat::Empty);
    beats(&advisor, "ouverte").await;
    assert_eq!(told(&advisor), Seat::Taken);
    let since = advisor.app.presence.own()[0].since;
    assert_eq!(since, advisor.app.clock.minute());

    assert_eq!(advisor.post(PLACE, &[("absent", "oui")]).await.location(), "/conseiller");
    assert_eq!(told(&advisor), Seat::Away);
    let page = advisor.get("/conseiller").await;
    assert!(
        page.text.contains("data-test=\"back-at-desk\"") && page.text.contains("absent un moment"),
        "{}",
        page.text
    );
    beats(&advisor, "ouverte").await;
    assert_eq!(told(&advisor), Seat::Away, "an open page is no person");
    advisor.post(PLACE, &[("absent", "non")]).await;
    assert_eq!(told(&advisor), Seat::Taken);

    beats(&advisor, "quittee").await;
    assert_eq!(told(&advisor), Seat::Taken, "the next page may come");
    beats(&advisor, "ouverte").await;
    advisor.let_pass(10_000);
    assert_eq!(told(&advisor), Seat::Taken, "it came");
    beats(&advisor, "quittee").await;
    advisor.let_pass(10_000);
    assert_eq!(told(&advisor), Seat::Empty);

    // The next page may speak before the last one says that it was left.
    for (page, name) in [("ouverte", "a"), ("ouverte", "b"), ("quittee", "a")] {
        advisor.post(BEAT, &[("page", page), ("nom", name)]).await;
    }
    advisor.let_pass(10_000);
    assert_eq!(told(&advisor), Seat::Taken);
    advisor.let_pass(150_000);
    assert_eq!(told(&advisor), Seat::Empty);
    // A hand, so that it is not the lock that ends it.
    assert_eq!(advisor.get("/conseiller").await.status, StatusCode::OK);
    beats(&advisor, "ouverte").await;
    advisor.let_pass(160_000);
    assert_eq!(told(&advisor), Seat::Empty, "it fell silent");
    beats(&advisor, "ouverte").await;
    assert_eq!(told(&advisor), Seat::Taken);
    advisor.post("/connexion/verrouiller", &[]).await;
    assert_eq!(told(&advisor), Seat::Empty, "it is locked");
    assert_ne!(advisor.post(BEAT, &[("page", "ouverte")]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(told(&advisor), Seat::Empty);
}

#[tokio::test]
async fn beats_keep_no_session_from_locking_and_are_for_advisors() {
    let stage = Stage::set().await;
    let advisor = stage.browser(CPAM).await;
    for _ in 0..4 {
        beats(&advisor, "ouverte").await;
        advisor.let_pass(80_000);
    }
    assert_eq!(told(&advisor), Seat::Empty, "five minutes without a hand have locked it");
    let other = stage.signed_in(CPAM, AccountRole::Animateur).await;
    assert_eq!(other.post(BEAT, &[("page", "ouverte")]).await.status, StatusCode::FORBIDDEN);
    let point = stage.signed_in(PUY, AccountRole::Manager).await;
    assert_eq!(point.post(BEAT, &[("page", "ouverte")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(told(&advisor), Seat::Empty);
}

#[tokio::test]
async fn a_point_shows_what_it_was_told_and_else_that_it_is_unknown() {
    // Goal: at the head of the day and beside the row; of the desk of the appointment, else of any; nothing is guessed.
    let stage = Stage::set().await;
    let animateur = stage.browser(PUY).await;
    book(&animateur, "Ana").await;
    let shown = async || {
        let page = animateur.get("/animateur").await;
        let lamp = |test: &str| page.between(&format!("data-test=\"{test}\" data-state=\""), "<").to_owned();
        let (head, row) = (lamp("glance-there"), lamp("there"));
        assert_eq!(head, row);
        head
    };
    assert!(shown().await.starts_with("unknown\">On ne sait pas"), "{}", shown().await);
    let early = UtcMinute(animateur.app.clock.minute().0 - 10);
    for (seat, code, sentence) in [
        (Seat::Taken, "here", "Le conseiller est là depuis 9 h 40."),
        (Seat::Away, "away", "Le conseiller s&#39;est absenté un moment, à 9 h 40."),
        (Seat::Empty, "empty", "Aucun conseiller devant son agenda depuis 9 h 40."),
    ] {
        let other = AtDesk { desk: 2, seat: Seat::Taken, since: UtcMinute(0) };
        animateur.app.presence.hear(Stage::key(CPAM), vec![other, AtDesk { desk: 1, seat, since: early }]);
        assert_eq!(shown().await, format!("{code}\">{sentence}"));
    }
    animateur.app.presence.forget(&Stage::key(CPAM));
    assert!(shown().await.starts_with("unknown"));
}

#[tokio::test]
async fn an_arrival_is_on_every_page_of_the_advisor_without_a_name() {
    // Goal: agenda, week and the part that a page asks for by itself; point and hour, in the notice too, and no name.
    let stage = Stage::set().await;
    let (animateur, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&animateur, "Zéphyrine Canari").await;
    let arrivals = async |path: &str| advisor.get(path).await.text.matches("data-chime=").count();
    assert_eq!(arrivals("/conseiller").await, 0);
    let arrived = animateur.post(&format!("/animateur/rendez-vous/{short}/arrivee"), &[]).await;
    assert_eq!(arrived.status, StatusCode::SEE_OTHER);
    stage.until(CPAM, |it| it.appointments().iter().any(|it| it.arrived.is_some())).await;
    for path in ["/conseiller", "/conseiller/semaine", "/conseiller/bulletin", "/conseiller/arrivees?fragment=1"] {
        assert_eq!(arrivals(path).await, 1, "{path}");
    }
    let page = advisor.get("/conseiller/arrivees").await;
    assert!(page.text.contains(&format!("data-chime=\"{short}\"")), "{}", page.text);
    assert!(page.text.contains("data-notice=\"Membre puy-leveque · rendez-vous de 10 h 00\""), "{}", page.text);
    assert!(!page.text.contains("Canari"), "{}", page.text);
}
