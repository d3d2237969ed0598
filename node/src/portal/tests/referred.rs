// SPDX-License-Identifier: EUPL-1.2
//! An appointment passed on by its agency: it stands until its point has another time for the person. And one passed to a
//! colleague, or moved by its point, as the agency's page says it.

use axum::http::StatusCode;
use crdt_calendar::fold::State;
use crdt_calendar::ids::{DeskId, MemberId};

use super::journey::{NEW, NOW_CANCELLED, book, first, form, nonce};
use super::stage::{CPAM, PUY, Page, Stage};
use crate::replica::Snapshot;

/// What the advisor's list says of an appointment.
fn row(page: &Page, short: &str) -> String {
    page.between(&format!("id=\"rdv-{short}\""), "</li>").to_owned()
}

/// Slots of the agency's second desk that are free at the hour of an appointment.
fn free_beside(snapshot: &Snapshot, short: &str) -> usize {
    let it = snapshot.appointment(short.parse().expect("a name")).expect("there");
    let desk = DeskId { home: MemberId::new(CPAM).expect("a name"), number: 2 };
    let weeks = snapshot.weeks.values().flat_map(|week| week.slots());
    let is_free = weeks.filter(|(_, slot)| slot.opening.desk == desk && slot.minutes.overlaps(it.minutes));
    is_free.filter(|(_, slot)| !slot.closed && !slot.void && slot.is_at_home()).count()
}

#[tokio::test]
async fn who_is_passed_on_has_an_appointment_all_the_time() {
    // Goal: the agency says where, the point sees it on its day and chooses a time in one click; the old one stands until
    // then, and counts as moved. What is no service, or the same one, refers nowhere.
    let stage = Stage::pooled().await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Ana").await;
    stage.until(CPAM, |it| it.appointments().len() == 1).await;
    let path = format!("/conseiller/rendez-vous/{short}/passer");
    for vers in ["", "cpam-46", "cpam-46/rien", "ailleurs/carte-vitale", "cpam-46/carte-vitale"] {
        let page = advisor.post(&path, &[("vers", vers)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{vers}");
    }
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"referred\""));
    assert_eq!(advisor.post(&path, &[("vers", "cpam-46/attestation")]).await.status, StatusCode::SEE_OTHER);
    assert!(advisor.get("/conseiller").await.text.contains("data-test=\"row-referral\""));
    stage.until(PUY, |it| it.appointments().iter().any(|it| it.referral.is_some())).await;
    let page = puy.get("/animateur").await;
    let told = page.between("data-test=\"referred\">", "</p>");
    assert!(told.contains("passer à Membre cpam-46, Attestation de droits") && told.contains("/deplacer"), "{told}");
    let stands =
        |state: State| stage.replicas[PUY].snapshot().appointments().iter().filter(|it| it.state == state).count();
    assert_eq!(stands(State::Confirmed), 1);

    let page = puy.get(&format!("/animateur/rendez-vous/{short}/deplacer")).await;
    let nonce = page.between("name=\"nonce\" value=\"", "\"").to_owned();
    let slot = page.between("name=\"creneau\" value=\"", "\"").to_owned();
    let moved =
        puy.post(&format!("/animateur/rendez-vous/{short}/deplacer"), &[("nonce", &nonce), ("creneau", &slot)]).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    let off = |it: &Snapshot| it.appointments().iter().filter(|it| it.is_off() && it.moved).count() == 1;
    stage.until(PUY, off).await;
    stage.until(CPAM, off).await;
    assert_eq!(stands(State::Confirmed), 1);
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"referred\""));
}

#[tokio::test]
async fn a_referral_is_taken_back() {
    // Goal: the agency changes its mind while the point has done nothing yet: both read the appointment as before, and it
    // may be referred again; taking back twice is once.
    let stage = Stage::pooled().await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Ana").await;
    stage.until(CPAM, |it| it.appointments().len() == 1).await;
    let path = format!("/conseiller/rendez-vous/{short}");
    let refers = || async {
        let page = advisor.post(&format!("{path}/passer"), &[("vers", "cpam-46/attestation")]).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        stage.until(PUY, |it| it.appointments().iter().any(|it| it.referral.is_some())).await;
    };
    refers().await;
    for _ in 0..2 {
        let kept = advisor.post(&format!("{path}/garder"), &[]).await;
        assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
        let page = advisor.get(kept.location().split('#').next().expect("an address")).await;
        assert!(page.text.contains("reste le vôtre"), "{}", page.text);
        assert!(!row(&page, &short).contains("row-referral"), "{}", page.text);
    }
    stage.until(PUY, |it| it.appointments().iter().all(|it| it.referral.is_none())).await;
    let page = puy.get("/animateur").await;
    assert!(!page.text.contains("data-test=\"referred\""), "{}", page.text);
    refers().await;
    assert!(row(&advisor.get("/conseiller").await, &short).contains("refer-back"));
}

#[tokio::test]
async fn a_colleague_sees_the_person_at_the_same_hour() {
    // Goal: a free desk is offered by name, and its hour to nobody else from then on; both lists and the week say who sees
    // the person; after a restart too; the booked desk takes them back, and the hour is open again; a cancel gives it
    // back; and where the power went before the hour was closed, the next start closes it.
    let stage = Stage::pooled().await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let agency = &stage.replicas[CPAM];
    let short = book(&puy, "Ana").await;
    stage.until(CPAM, |it| it.appointments().len() == 1).await;
    let path = format!("/conseiller/rendez-vous/{short}/collegue");
    let page = advisor.get("/conseiller").await;
    let choices = row(&page, &short)
        .split("colleague-to")
        .nth(1)
        .expect("a list")
        .split("</select>")
        .next()
        .expect("closed")
        .to_owned();
    assert!(choices.contains("Guichet 2") && !choices.contains("Guichet 1"), "{choices}");
    for guichet in ["", "zwei", "999"] {
        assert_eq!(
            advisor.post(&path, &[("guichet", guichet)]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{guichet}"
        );
    }
    assert_eq!(advisor.post(&path, &[("guichet", "7")]).await.status, StatusCode::CONFLICT, "no desk");
    assert_eq!(free_beside(&agency.snapshot(), &short), 1);
    for _ in 0..2 {
        let passed = advisor.post(&path, &[("guichet", "2")]).await;
        assert_eq!(passed.status, StatusCode::SEE_OTHER, "{}", passed.text);
    }
    assert_eq!(free_beside(&agency.snapshot(), &short), 0, "nobody else is offered it");
    stage.until(PUY, |it| free_beside(it, &short) == 0).await;
    let told = row(&advisor.get("/conseiller").await, &short);
    assert!(told.contains("Guichet 2") && told.contains("row-colleague") && told.contains("« Guichet 1 »"), "{told}");
    let week = advisor.get("/conseiller/semaine").await;
    assert!(week.text.contains("data-kind=\"passed\"") && week.text.contains("reçu par Guichet 2"), "{}", week.text);
    let (_, again) = stage.restarted(CPAM, 0).await;
    assert!(row(&again.get("/conseiller").await, &short).contains("row-colleague"), "after a restart too");
    agency.tick().await;
    assert_eq!(free_beside(&agency.snapshot(), &short), 0, "nor later");
    stage.sql(CPAM, "CREATE TABLE kept AS SELECT * FROM colleague");

    let back = advisor.post(&path, &[("guichet", "1")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    assert!(!row(&advisor.get("/conseiller").await, &short).contains("row-colleague"));
    assert_eq!(free_beside(&agency.snapshot(), &short), 1, "open again");
    // As after a power cut between what was kept and the closing of the hour.
    stage.sql(CPAM, "INSERT INTO colleague SELECT * FROM kept; DROP TABLE kept");
    let (cut, _) = stage.restarted(CPAM, 1_000).await;
    assert_eq!(free_beside(&cut.snapshot(), &short), 0, "closed once it is read");
    stage.sql(CPAM, "DELETE FROM colleague");
    advisor.post(&path, &[("guichet", "2")]).await;
    assert_eq!(free_beside(&agency.snapshot(), &short), 0);
    let gone = puy.post(&format!("/animateur/rendez-vous/{short}/annuler"), &NOW_CANCELLED).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
    stage.until(CPAM, |it| it.appointments().iter().all(|it| it.is_off())).await;
    agency.tick().await;
    stage.until(CPAM, |it| it.colleagues.is_empty() && free_beside(it, &short) == 1).await;
}

#[tokio::test]
async fn the_agency_reads_that_an_hour_was_changed() {
    // Goal: the new appointment says the old hour, the old one the new hour; another person's of the same point says
    // neither; nor does any once the person has a third, of which it might be true.
    let stage = Stage::set().await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Ana Canari").await;
    let other = book(&puy, "Béa Canari").await;
    let path = format!("/animateur/rendez-vous/{short}/deplacer");
    let page = puy.get(&path).await;
    let once = page.between("name=\"nonce\" value=\"", "\"").to_owned();
    let held = page.text.split("name=\"creneau\" value=\"").skip(1);
    let held = held.filter(|part| part.split('>').next().is_some_and(|tag| tag.contains("data-way=\"held\"")));
    let slot = held.last().expect("a time").split('"').next().expect("quoted").to_owned();
    let moved = puy.post(&path, &[("nonce", &once), ("creneau", &slot)]).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    let new = moved.location().trim_start_matches("/animateur/rendez-vous/").split('?').next().expect("a name");
    let id = new.parse().expect("a name");
    stage
        .until(CPAM, |it| it.appointment(id).is_some() && it.appointments().iter().any(|it| it.moved && it.is_off()))
        .await;
    let date = |name: &str| {
        let snapshot = stage.replicas[CPAM].snapshot();
        let it = snapshot.appointment(name.parse().expect("a name")).expect("there").clone();
        stage.clock().local(it.minutes.from).date()
    };
    let page = advisor.get(&format!("/conseiller?jour={}", date(new))).await;
    let told = row(&page, new);
    assert!(told.contains("data-test=\"row-moved\"") && told.contains("avant, aujourd&#39;hui à 10 h 00"), "{told}");
    let page = advisor.get(&format!("/conseiller?jour={}", date(&short))).await;
    let told = row(&page, &short);
    assert!(told.contains("Déplacé : mardi"), "{told}");
    assert!(!row(&page, &other).contains("row-moved"), "{}", page.text);

    let slot = first(&puy, "held").await;
    let nonce = nonce(&puy, &slot).await;
    let mut fields = form(&slot, &nonce, "Ana Canari");
    fields.push(("doublon", new));
    let third = puy.post(NEW, &fields).await;
    assert_eq!(third.status, StatusCode::SEE_OTHER, "{}", third.text);
    let third = third.location().trim_start_matches("/animateur/rendez-vous/").split('?').next().expect("a name");
    let id = third.parse().expect("a name");
    stage.until(CPAM, |it| it.appointment(id).is_some()).await;
    for short in [short.as_str(), new, third] {
        let page = advisor.get(&format!("/conseiller?jour={}", date(short))).await;
        assert!(!row(&page, short).contains("row-moved"), "{short}: {}", page.text);
    }
}
