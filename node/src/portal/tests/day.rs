// SPDX-License-Identifier: EUPL-1.2
//! What an animateur does in a day beside booking: notice, take back, print, look.

use axum::http::StatusCode;
use crdt_calendar::act::Reason;
use crdt_calendar::fold::State;
use crdt_calendar::ids::BoothId;

use super::accessed::lines;
use super::journey::{NEW, NOW_CANCELLED, book, first, form, led_to, nonce, state};
use super::moved::moves;
use super::stage::{CPAM, DEADLINE, PUY, Page, Stage};
use crate::replica::Snapshot;

#[tokio::test]
async fn the_same_persons_duplicate_is_noticed() {
    // Goal: the same person a second time is told before anything is booked, with nothing typed lost and a line in the
    // access journal; a tick books all the same, of the appointment that was shown and of no other.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let point = &stage.replicas[PUY];
    let short = book(&browser, "Zéphyrine Canari").await;
    let slot = first(&browser, "held").await;
    for (case, name, telephone, ticked, is_double) in [
        ("the same", "CANARI  zephyrine", "+33 5 65 00 00 00", "", true),
        ("no telephone", "Zéphyrine Canari", "", "", true),
        ("a tick for another", "Zéphyrine Canari", "05 65 00 00 00", "0123456789abcdef", true),
        ("another telephone", "Zéphyrine Canari", "05 65 00 00 01", "", false),
        ("another name", "Zoé Canari", "05 65 00 00 00", "", false),
        ("ticked", "Zéphyrine Canari", "05 65 00 00 00", short.as_str(), false),
    ] {
        let (count, written) = (point.snapshot().appointments().len(), lines(point).await.len());
        let nonce = nonce(&browser, &slot).await;
        let mut fields = form(&slot, &nonce, name);
        fields[5].1 = telephone;
        fields.push(("doublon", ticked));
        if telephone.is_empty() {
            fields.push(("sans_telephone", "oui"));
        }
        let page = browser.post(NEW, &fields).await;
        let booked = point.snapshot().appointments().len() - count;
        let written: Vec<_> = lines(point).await.split_off(written);
        if is_double {
            assert_eq!((page.status, booked), (StatusCode::UNPROCESSABLE_ENTITY, 0), "{case}: {}", page.text);
            let told = page.between("data-test=\"double\"", "</div>");
            assert!(told.contains("Membre cpam-46, aujourd&#39;hui à 10 h 00"), "{case}: {told}");
            assert!(told.contains(&format!("href=\"/animateur/rendez-vous/{short}\"")), "{case}: {told}");
            assert!(told.contains(&format!("value=\"{short}\"")), "{case}: {told}");
            assert!(page.text.contains(&format!("value=\"{name}\"")) && page.text.contains("une carte perdue"));
            assert_eq!(written.len(), 1, "{case}");
            assert_eq!((written[0].page.as_str(), written[0].appointments.as_str()), ("double", short.as_str()));
            continue;
        }
        assert_eq!((page.status, booked, written.len()), (StatusCode::SEE_OTHER, 1, 0), "{case}: {}", page.text);
        // Sent twice is no duplicate, and what was booked makes room for the next.
        let again = browser.post(NEW, &fields).await;
        assert_eq!(again.location(), page.location(), "{case}");
        let away = format!("{}/annuler", page.location().split('?').next().expect("a path"));
        assert_eq!(browser.post(&away, &NOW_CANCELLED).await.status, StatusCode::SEE_OTHER, "{case}");
    }
}

#[tokio::test]
async fn a_duplicate_is_not_shown_without_its_line() {
    // Goal: where the journal takes no line, nothing is said of the person's appointment, and nothing is booked.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    book(&browser, "Zéphyrine Canari").await;
    stage.sql(PUY, "CREATE TRIGGER no_line BEFORE INSERT ON access BEGIN SELECT RAISE(ABORT, 'full'); END");
    let slot = first(&browser, "held").await;
    let nonce = nonce(&browser, &slot).await;
    let page = browser.post(NEW, &form(&slot, &nonce, "Zéphyrine Canari")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
    assert!(!page.text.contains("data-test=\"double\"") && page.text.contains("Rien n&#39;a été réservé"));
    assert_eq!(stage.replicas[PUY].snapshot().appointments().len(), 1);
}

/// The state of an appointment at its point, by its short name.
#[tokio::test]
async fn a_cancel_can_be_taken_back_for_a_minute() {
    // Goal: within the delay it asks twice, with the reason kept; then nothing is written for a minute, the page says
    // so, and one click takes it back; without a click it is written, also after a restart.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let point = &stage.replicas[PUY];
    let short = book(&browser, "Zéphyrine Canari").await;
    let path = format!("/animateur/rendez-vous/{short}");
    let page = browser.get(&path).await;
    assert!(page.text.contains("Il reste moins de 4 heures"), "{}", page.text);
    let late = browser.post(&format!("{path}/annuler"), &[("raison", "closed")]).await;
    let page = browser.get(late.location()).await;
    assert!(page.text.contains("L&#39;annulation est tardive") && page.text.contains("value=\"closed\" selected"));
    assert!(point.snapshot().intents.is_empty() && page.text.contains("<details class=\"danger\" open>"));
    for taken_back in [true, false] {
        let cancelled = browser.post(&format!("{path}/annuler"), &[("raison", "closed"), ("tard", "oui")]).await;
        assert_eq!((cancelled.status, state(&stage, &short)), (StatusCode::SEE_OTHER, State::Confirmed));
        point.tick().await;
        let page = browser.get(cancelled.location()).await;
        assert!(
            page.text.contains("data-state=\"cancelling\"") && page.text.contains("n&#39;est pas prévenu"),
            "{}",
            page.text
        );
        assert!(!page.text.contains("data-test=\"start-call\"") && !page.text.contains("data-test=\"slip\""));
        assert_eq!(browser.get(&format!("{path}/bulletin")).await.status, StatusCode::CONFLICT, "nobody would come");
        assert_eq!(browser.get(&format!("{path}/deplacer")).await.status, StatusCode::CONFLICT);
        if taken_back {
            let back = browser.post(&format!("{path}/reprendre"), &[]).await;
            assert!(browser.get(back.location()).await.text.contains("Le rendez-vous est maintenu"));
            assert!(point.snapshot().intents.is_empty());
            assert_eq!(
                browser.post(&format!("{path}/reprendre"), &[]).await.status,
                StatusCode::CONFLICT,
                "nothing to"
            );
        }
    }
    assert_eq!(state(&stage, &short), State::Confirmed);
    // The minute passes while the box is switched off: it is written at the next start.
    let (later, _) = stage.restarted(PUY, 120_000).await;
    later.tick().await;
    let short = short.parse().expect("a name");
    let mut snapshots = later.watch();
    let gone = |it: &Snapshot| it.appointment(short).expect("there").state == State::CancelledByPoint(Reason::Closed);
    let seen = tokio::time::timeout(DEADLINE, snapshots.wait_for(|it| gone(it))).await;
    assert!(matches!(seen, Ok(Ok(_))), "it was never written");
}

#[tokio::test]
async fn a_booking_can_be_taken_back_for_a_minute() {
    // Goal: for a minute one click cancels what was just booked, as a mistake, late or not; afterwards it is refused.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let unbooks = async |short: &str| browser.post(&format!("/animateur/rendez-vous/{short}/defaire"), &[]).await;
    let short = book(&browser, "Ana").await;
    assert!(browser.get(&format!("/animateur/rendez-vous/{short}")).await.text.contains("Pris par erreur ?"));
    let page = unbooks(&short).await;
    assert!(browser.get(page.location()).await.text.contains("C&#39;est annulé"), "{}", page.text);
    assert_eq!(state(&stage, &short), State::CancelledByPoint(Reason::Mistake));
    assert_eq!(unbooks(&short).await.status, StatusCode::CONFLICT, "twice");
    let slot = first(&browser, "held").await;
    let nonce = nonce(&browser, &slot).await;
    let fields = form(&slot, &nonce, "Béa");
    let short = led_to(&browser.post(NEW, &fields).await);
    browser.let_pass(60_000);
    assert_eq!(led_to(&browser.post(NEW, &fields).await), short, "sent again, it is no younger");
    assert!(!browser.get(&format!("/animateur/rendez-vous/{short}")).await.text.contains("Pris par erreur ?"));
    let page = unbooks(&short).await;
    assert!(page.status == StatusCode::CONFLICT && page.text.contains("La minute est passée"), "{}", page.text);
    assert_eq!(state(&stage, &short), State::Confirmed);
}

#[tokio::test]
async fn the_day_is_told_at_a_glance() {
    // Goal: the head of today says who comes next, who is here and since when, what the booth does and whether the
    // agency's box is heard, without a line in the journal beside the agenda's; another day has no such head.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let page = browser.get("/animateur").await;
    let tile = |page: &Page, name: &str| page.between(&format!("data-test=\"glance-{name}\""), "</div>").to_owned();
    assert!(tile(&page, "next").contains("Plus personne") && tile(&page, "waiting").contains("Personne n&#39;attend"));
    let (one, two) = (book(&browser, "Ana Canari").await, book(&browser, "Béa Canari").await);
    let written = lines(&stage.replicas[PUY]).await.len();
    let page = browser.get("/animateur").await;
    assert_eq!(lines(&stage.replicas[PUY]).await.len(), written + 1);
    let next = tile(&page, "next");
    for part in ["10 h 00", "Dans ", "Ana Canari", &one, "Cabine", "Membre cpam-46 : la boîte répond"] {
        assert!(next.contains(part), "{part}: {next}");
    }
    let booths = tile(&page, "booths");
    assert!(booths.contains("data-state=\"closed\"") && booths.contains("Tous les organismes"), "{booths}");
    let screen = browser.app.booths.open(BoothId(1));
    assert!(tile(&browser.get("/animateur").await, "booths").contains("data-state=\"free\""));
    drop(screen);
    assert!(tile(&browser.get("/animateur").await, "booths").contains("data-state=\"closed\""));
    let started = browser.post(&format!("/animateur/rendez-vous/{one}/demarrer"), &[]).await;
    assert!(browser.get(started.location()).await.text.contains("son écran est fermé"));
    let page = browser.get("/animateur").await;
    let waiting = tile(&page, "waiting");
    assert!(waiting.contains("Ana Canari") && waiting.contains("depuis 9 h 5"), "{waiting}");
    assert!(tile(&page, "next").contains("Béa Canari") && tile(&page, "next").contains(&two));
    assert!(tile(&page, "booths").contains("data-state=\"awake\""), "{}", tile(&page, "booths"));
    let fragment = browser.get("/animateur?fragment=1").await;
    assert!(tile(&fragment, "waiting").contains("Ana Canari"), "it brings itself up to date");
    assert!(!browser.get("/animateur?jour=2027-03-03").await.text.contains("data-test=\"glance\""));
}

#[tokio::test]
async fn the_days_sheet_is_for_paper() {
    // Goal: who comes, with room to sign; what was cancelled is left out; the journal has its line; a foolish day is told.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let (one, two) = (book(&browser, "Ana Canari").await, book(&browser, "Béa Canari").await);
    let cancelled = browser.post(&format!("/animateur/rendez-vous/{two}/annuler"), &NOW_CANCELLED).await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER, "{}", cancelled.text);
    assert!(browser.get("/animateur").await.text.contains("/animateur/feuille?jour=2027-03-02"));
    let page = browser.get("/animateur/feuille?jour=2027-03-02").await;
    assert_eq!((page.status, page.text.matches("data-test=\"sheet-row\"").count()), (StatusCode::OK, 1));
    for part in ["mardi 2 mars 2027", "10 h 00", "Ana Canari", "Membre cpam-46", "Signature", "confirmé", "9 h 5"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let line = lines(&stage.replicas[PUY]).await.pop().expect("a line");
    assert_eq!((line.page.as_str(), line.appointments.as_str()), ("sheet", one.as_str()));
    let empty = browser.get("/animateur/feuille?jour=2027-03-03").await;
    assert!(empty.text.contains("Pas de rendez-vous ce jour-là") && !empty.text.contains("<table"), "{}", empty.text);
    assert_eq!(browser.get("/animateur/feuille?jour=hier").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn papers_are_ticked_off_and_the_agency_sees_how_many() {
    // Goal: a tick at the point is on the advisor's page and in the call, survives a correction of the name, is taken
    // out again, and is gone on the day to which the appointment moves; what no box of the page has is not kept.
    let stage = Stage::set().await;
    let (browser, agency) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&browser, "Zéphyrine Canari").await;
    let path = format!("/animateur/rendez-vous/{short}");
    let page = browser.get(&path).await;
    let paper = page.between("name=\"papier\" value=\"", "\"").to_owned();
    assert!(!page.text.contains("papers-there"), "nobody has looked");
    let there = "Papiers : 1 sur 1 sont là";
    let sees = async |told: bool| {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        let mut snapshots = stage.replicas[CPAM].watch();
        while agency.get("/conseiller").await.text.contains(there) != told {
            tokio::time::timeout_at(deadline, snapshots.changed()).await.expect("in time").expect("open");
        }
    };
    stage.until(CPAM, |it| !it.appointments().is_empty()).await;
    for (ticked, told) in [(paper.as_str(), true), ("12345", false), ("", false), (paper.as_str(), true)] {
        let noted = browser.post(&format!("{path}/papiers"), &[("papier", ticked), ("autre", "x")]).await;
        assert_eq!(noted.status, StatusCode::SEE_OTHER, "{}", noted.text);
        let page = browser.get(noted.location()).await;
        assert_eq!((page.text.contains(there), page.text.contains("checked")), (told, told), "{ticked}");
        sees(told).await;
    }
    let acts = |it: &Snapshot| it.appointment(short.parse().expect("a name")).expect("there").envelope.carried_by;
    let before = acts(&stage.replicas[PUY].snapshot());
    browser.post(&format!("{path}/papiers"), &[("papier", &paper)]).await;
    assert_eq!(acts(&stage.replicas[PUY].snapshot()), before, "nothing changed, nothing is written");
    let corrected = [("nom", "Zéphyrine Canari-Démo"), ("sans_telephone", "oui"), ("objet", "")];
    assert_eq!(browser.post(&format!("{path}/modifier"), &corrected).await.status, StatusCode::SEE_OTHER);
    assert!(browser.get(&path).await.text.contains(there));
    assert!(agency.get(&format!("/conseiller/rendez-vous/{short}/appel")).await.text.contains(there));
    let slot = first(&browser, "held").await;
    let new = led_to(&moves(&browser, &short, &slot).await);
    assert!(!browser.get(&format!("/animateur/rendez-vous/{new}")).await.text.contains(there));
    let over = browser.post(&format!("{path}/papiers"), &[("papier", "")]).await;
    assert_eq!(over.status, StatusCode::CONFLICT, "{}", over.text);
}
