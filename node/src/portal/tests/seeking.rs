// SPDX-License-Identifier: EUPL-1.2
//! A person without any appointment on the waiting list.

use axum::http::StatusCode;
use crdt_calendar::fold::offers::Way;

use super::accessed::lines;
use super::journey::NEW;
use super::stage::{Browser, DEADLINE, GRAMAT, PUY, Page, Stage};
use super::waiting::{DAY_MS, free, freed, taken_at_gramat};

const FORM: &str = "/animateur/attente?agence=cpam-46&motif=carte-vitale";

fn fields<'a>(nonce: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    let service = [("agence", "cpam-46"), ("motif", "carte-vitale")];
    let person = [("nonce", nonce), ("nom", name), ("telephone", "05 65 00 00 00"), ("objet", "une carte perdue")];
    service.into_iter().chain(person).collect()
}

async fn nonce(browser: &Browser) -> String {
    browser.get(FORM).await.between("name=\"nonce\" value=\"", "\"").to_owned()
}

/// Enters somebody; gives the address of their page.
async fn enters(browser: &Browser, name: &str) -> String {
    let nonce = nonce(browser).await;
    let page = browser.post("/animateur/attente", &fields(&nonce, name)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.location().split('?').next().expect("an address").to_owned()
}

async fn says(browser: &Browser, who: &str, slot: &str, answer: &str) -> Page {
    browser.post(&format!("{who}/reponse"), &[("creneau", slot), ("reponse", answer)]).await
}

#[tokio::test]
async fn a_person_without_an_appointment_is_told_of_a_time_and_takes_it() {
    // Goal: where no time suits, the person is entered once however often the form is sent; the name is on no disk in
    // clear, and on a page with its line in the journal; of two, the one who waits longer is told, once a day; who takes
    // the time has the appointment, once, under the same details, and is on the list no more.
    let stage = Stage::set().await;
    let (puy, gramat) = (stage.browser(PUY).await, stage.browser(GRAMAT).await);
    let point = &stage.replicas[PUY];
    let early = free(&gramat, Way::Asked)[0].clone();
    let taken = taken_at_gramat(&stage, &gramat, &early).await;
    assert!(puy.get(&format!("{NEW}?agence=cpam-46&motif=carte-vitale")).await.text.contains("data-test=\"seek\""));
    let nonce = nonce(&puy).await;
    let sent = fields(&nonce, "Ana Canari");
    let (one, two) = (puy.post("/animateur/attente", &sent).await, puy.post("/animateur/attente", &sent).await);
    assert_eq!((one.status, one.location()), (StatusCode::SEE_OTHER, two.location()), "{}", one.text);
    let ana = one.location().split('?').next().expect("an address").to_owned();
    let bea = enters(&puy, "Béa Canari").await;
    assert_eq!(point.snapshot().seekers.len(), 2);
    assert!(point.snapshot().appointments().iter().all(|it| it.point.as_str() != PUY), "nothing is booked");
    assert!(!stage.holds(PUY, b"Canari"));
    let page = puy.get(&ana).await;
    assert!(page.text.contains("Ana Canari") && page.text.contains("jusqu&#39;au mardi 23 mars"), "{}", page.text);
    let line = lines(point).await.pop().expect("a line");
    assert_eq!((line.page.as_str(), line.appointments.as_str()), ("waiting", ana.rsplit('/').next().expect("a name")));
    let list = puy.get("/animateur").await.between("data-test=\"waiting-list\"", "</section>").to_owned();
    assert_eq!(list.matches("data-test=\"waits\"").count(), 2, "{list}");
    assert!(!list.contains("Canari") && !list.contains("data-test=\"proposal\""), "what was free was let pass: {list}");

    freed(&stage, &gramat, &taken, early.1).await;
    let page = puy.get("/animateur").await;
    let proposal = page.between("data-test=\"proposal\"", "</article>");
    assert!(proposal.contains("Ana Canari") && proposal.contains("Proposition 1 sur 3"), "{proposal}");
    let slot = page.between("name=\"creneau\" value=\"", "\"").to_owned();
    for (case, slot, answer) in [("no answer", slot.as_str(), ""), ("no time", "", "taken")] {
        assert!(says(&puy, &ana, slot, answer).await.status.is_client_error(), "{case}");
    }
    assert_eq!(says(&puy, &ana, &slot, "not-reached").await.status, StatusCode::SEE_OTHER);
    let page = puy.get("/animateur").await;
    assert_eq!(page.text.matches("data-test=\"proposal\"").count(), 1, "one a day");
    assert!(page.between("data-test=\"proposal\"", "</article>").contains("Béa Canari"), "{}", page.text);
    let one = says(&puy, &bea, &slot, "taken").await;
    let two = says(&puy, &bea, &slot, "taken").await;
    assert_eq!((one.status, one.location()), (StatusCode::SEE_OTHER, two.location()), "{}", one.text);
    point.tick().await;
    stage.until(PUY, |it| it.seekers.len() == 1).await;
    assert_eq!(says(&puy, &bea, &slot, "taken").await.location(), one.location(), "later too");
    let new = one.location().trim_start_matches("/animateur/rendez-vous/").split('?').next().expect("a name");
    let new = new.parse().expect("a short name");
    stage.until(PUY, |it| it.appointment(new).is_some_and(|it| it.is_confirmed())).await;
    let page = puy.get(one.location()).await;
    assert!(page.text.contains("Béa Canari") && page.text.contains("une carte perdue"), "{}", page.text);
    let snapshot = point.snapshot();
    let id = snapshot.appointment(new).expect("there").id;
    assert_eq!(
        snapshot.wishes.get(&id).map(|wish| (wish.waits, wish.told.len())),
        Some((false, 1)),
        "it stays counted"
    );
    assert_eq!(puy.get(&bea).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_waits_without_an_appointment_is_not_forgotten_nor_kept() {
    // Goal: after a restart they are still there, under seal, also for a service that is no more; after three proposals the list says to call them; after
    // three weeks they are gone; who is taken off is gone at once, however often that is said.
    let stage = Stage::set().await;
    let puy = stage.browser(PUY).await;
    let (ana, bea) = (enters(&puy, "Ana Canari").await, enters(&puy, "Béa Canari").await);
    for _ in 0..2 {
        let left = puy.post(&format!("{bea}/quitter"), &[]).await;
        assert_eq!(left.status, StatusCode::SEE_OTHER, "{}", left.text);
    }
    assert_eq!(puy.get(&bea).await.status, StatusCode::NOT_FOUND);
    let told = "INSERT INTO proposal SELECT act, since / 60000 - 3000, 7, 'declined' FROM wish;
        INSERT INTO proposal SELECT act, since / 60000 - 6000, 8, 'declined' FROM wish;
        INSERT INTO proposal SELECT act, since / 60000 - 9000, 9, 'not-reached' FROM wish;";
    let (_, alone) = stage.restarted(PUY, DAY_MS).await;
    assert!(alone.get(&ana).await.text.contains("Ana Canari"));
    stage.sql(PUY, "UPDATE seeker SET service = 'ancien'");
    let (_, alone) = stage.restarted(PUY, DAY_MS + 1).await;
    let page = alone.get(&ana).await;
    assert!(page.text.contains("Ana Canari") && page.text.contains("ancien"), "{}", page.text);
    stage.sql(PUY, told);
    let (_, alone) = stage.restarted(PUY, 2 * DAY_MS).await;
    let list = alone.get("/animateur").await.between("data-test=\"waiting-list\"", "</section>").to_owned();
    assert!(list.contains("appelez la personne") && !list.contains("data-test=\"proposal\""), "{list}");
    assert!(!list.contains("Rien à faire") && list.contains("heures déjà proposées"), "{list}");
    let tile = alone.get("/animateur").await.between("data-test=\"glance-call-backs\"", "</div>").to_owned();
    assert!(tile.contains(">1<") && tile.contains("#liste-attente") && !tile.contains("Aucune"), "{tile}");
    let (replica, alone) = stage.restarted(PUY, 22 * DAY_MS).await;
    replica.tick().await;
    let mut snapshots = replica.watch();
    let gone = tokio::time::timeout(DEADLINE, snapshots.wait_for(|it| it.seekers.is_empty())).await;
    assert!(matches!(gone, Ok(Ok(_))), "never gone");
    assert_eq!(alone.get(&ana).await.status, StatusCode::NOT_FOUND);
    assert!(replica.snapshot().seekers.is_empty() && replica.snapshot().wishes.is_empty());
}

#[tokio::test]
async fn strange_forms_enter_nobody_on_the_list() {
    // Goal: each field that is wrong has its sentence and keeps what was typed; what is no service leads nowhere.
    let stage = Stage::set().await;
    let puy = stage.browser(PUY).await;
    let (nonce, long) = (nonce(&puy).await, "a".repeat(10_000));
    for (case, nonce, name, telephone, sentence) in [
        ("no name", nonce.as_str(), " ", "05 65 00 00 00", "Écrivez le nom"),
        ("long", &nonce, &long, "05 65 00 00 00", "trop long"),
        ("reversed", &nonce, "a\u{202E}b", "05 65 00 00 00", "ne s&#39;affiche pas"),
        ("no telephone", &nonce, "Ana", "", "numéro de téléphone"),
        ("an old form", "", "Ana", "05 65 00 00 00", "Ana"),
    ] {
        let mut sent = fields(nonce, name);
        sent[4].1 = telephone;
        let page = puy.post("/animateur/attente", &sent).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{case}: {}", page.text);
        assert!(page.text.contains(sentence) && page.text.contains("une carte perdue"), "{case}: {}", page.text);
    }
    assert_eq!(puy.get("/animateur/attente?agence=cpam-46&motif=rien").await.status, StatusCode::NOT_FOUND);
    assert_eq!(puy.get("/animateur/attente").await.status, StatusCode::NOT_FOUND);
    assert_eq!(puy.get("/animateur/attente/0123456789abcdef").await.status, StatusCode::NOT_FOUND);
    stage.refuse_disk(PUY);
    stage.sql(PUY, "CREATE TRIGGER full2 BEFORE INSERT ON wish BEGIN SELECT RAISE(ABORT, 'full'); END");
    let page = puy.post("/animateur/attente", &fields(&nonce, "Ana Canari")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
    assert!(page.text.contains("Ana Canari"), "nothing typed is lost: {}", page.text);
    assert!(stage.replicas[PUY].snapshot().seekers.is_empty());
}
