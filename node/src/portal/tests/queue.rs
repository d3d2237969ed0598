// SPDX-License-Identifier: EUPL-1.2
//! Walk-in windows as the two members meet them: a place in the queue, the live desk, the booth and the call.

use axum::http::StatusCode;
use crdt_calendar::fold::State;

use super::stage::{Browser, CPAM, GRAMAT, PUY, Page, Stage, agency_with};
use crate::call::calendar::{CalendarGate, call_id};
use crate::call::gate::{Gate as _, Refusal};
use crate::replica::{ShortId, Snapshot, Weekday, WeeklyOpening};

const FORM: &str = "/animateur/file?agence=cpam-46&motif=carte-vitale";

/// Tuesday's walk-in hours at a desk of its own.
fn permanence() -> WeeklyOpening {
    let time = |text: &str| text.parse().expect("a time");
    WeeklyOpening { desk: 2, days: vec![Weekday::Tuesday], from: time("09:30"), to: time("12:00"), step_min: 0 }
}

/// A territory whose agency sees people without an appointment this morning.
async fn stage() -> Stage {
    let stage = Stage::with(vec![permanence()]).await;
    let browser = stage.browser(PUY).await;
    let (from, to) = browser.app.clock.day(browser.app.clock.local_now().date()).expect("a day");
    for point in [PUY, GRAMAT] {
        stage.until(point, |it| !it.walk_ins(from, to).is_empty()).await;
    }
    stage
}

/// Enters a person; gives the answer and the short name of their place.
async fn enters(browser: &Browser, name: &str) -> (Page, String) {
    let page = browser.get(FORM).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let nonce = page.between("name=\"nonce\" value=\"", "\"").to_owned();
    let fields = [("agence", "cpam-46"), ("motif", "carte-vitale"), ("nonce", nonce.as_str()), ("nom", name)];
    let (page, again) =
        (browser.post("/animateur/file", &fields).await, browser.post("/animateur/file", &fields).await);
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert_eq!(page.location(), again.location(), "sent twice, it is one place");
    let short = page.location().trim_start_matches("/animateur/rendez-vous/").split('?').next().expect("a name");
    let short = short.to_owned();
    (page, short)
}

fn state(snapshot: &Snapshot, short: &str) -> Option<State> {
    let short: ShortId = short.parse().expect("a name");
    snapshot.appointment(short).map(|it| it.state.clone())
}

/// Waits until this member sees the place so.
async fn until(stage: &Stage, name: &str, short: &str, wanted: &State) {
    stage.until(name, |it| state(it, short).as_ref() == Some(wanted)).await;
}

#[tokio::test]
async fn people_are_seen_in_the_order_in_which_the_agency_heard_of_them() {
    // Goal: two points, one queue: each sees how many are before, and when somebody is called; the advisor sees both in
    // order and calls one by one, with the call, the outcome and the room as for an appointment.
    let stage = stage().await;
    let (puy, gramat, advisor) = (stage.browser(PUY).await, stage.browser(GRAMAT).await, stage.browser(CPAM).await);
    let page = puy.get("/animateur").await;
    let window = page.between("data-test=\"queue-window\"", "</article>");
    for part in ["Membre cpam-46", "permanence de 9 h 30 à 12 h 00", "Personne n&#39;attend", "Carte Vitale"] {
        assert!(window.contains(part), "{part}: {window}");
    }
    assert!(advisor.get("/conseiller").await.text.contains("Personne n&#39;attend"));

    let (joined, ana) = enters(&puy, "Ana Canari").await;
    until(&stage, PUY, &ana, &State::Queued { ahead: 0 }).await;
    let page = puy.get(joined.location()).await;
    for part in ["Inscription envoyée", "C&#39;est la prochaine personne", "permanence de 9 h 30", "une cabine libre"]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let (_, bea) = enters(&gramat, "Béa Canari").await;
    for name in [GRAMAT, CPAM, PUY] {
        until(&stage, name, &bea, &State::Queued { ahead: 1 }).await;
    }
    let page = gramat.get("/animateur").await;
    assert!(page.between("data-test=\"queue-row\"", "</li>").contains("Une personne passe avant"), "{}", page.text);
    assert!(page.text.contains("2 personnes attendent") && !page.text.contains("Ana Canari"));
    assert!(!page.text.contains("data-test=\"row\""), "who waits has no hour");
    let slip = gramat.get(&format!("/animateur/rendez-vous/{bea}/bulletin")).await;
    assert!(slip.text.contains("C&#39;est une file d&#39;attente, sans heure") && slip.text.contains("Béa Canari"));
    assert!(!slip.text.contains("slip-codes") && !slip.text.contains("10 minutes avant"), "{}", slip.text);

    let page = advisor.get("/conseiller").await;
    let desk = page.between("data-test=\"desk-queue\"", "</section>");
    let (one, two) = (desk.find("Ana Canari").expect("the first"), desk.find("Béa Canari").expect("the second"));
    assert!(one < two && desk.contains("2 personnes attendent"), "{desk}");
    let next = format!("/conseiller/file/{}/suivant", page.between("action=\"/conseiller/file/", "/suivant"));
    let first: ShortId = ana.parse().expect("a name");
    let id = stage.replicas[PUY].snapshot().appointment(first).expect("there").id;
    let gate = |name: &str| CalendarGate::new(stage.replicas[name].clone(), puy.app.clock.clone()).admit(call_id(&id));
    assert_eq!([PUY, CPAM].map(|name| gate(name).err()), [Some(Refusal::Unknown); 2], "not before the call");
    for (case, path, person) in [
        ("not the first", next.as_str(), bea.as_str()),
        ("nobody", &next, ""),
        ("no such window", "/conseiller/file/0123456789abcdef/suivant", &ana),
    ] {
        let page = advisor.post(path, &[("personne", person)]).await;
        assert!(page.status.is_client_error(), "{case}: {}", page.text);
    }
    assert_eq!(state(&stage.replicas[CPAM].snapshot(), &ana), Some(State::Queued { ahead: 0 }), "nobody was called");
    let (called, twice) =
        (advisor.post(&next, &[("personne", &ana)]).await, advisor.post(&next, &[("personne", &ana)]).await);
    assert_eq!((called.status, twice.status), (StatusCode::SEE_OTHER, StatusCode::CONFLICT), "{}", twice.text);
    assert!(advisor.get(called.location()).await.text.contains("La personne est appelée"));

    until(&stage, PUY, &ana, &State::Called).await;
    until(&stage, GRAMAT, &bea, &State::Queued { ahead: 0 }).await;
    assert_eq!([PUY, CPAM].map(|name| gate(name).err()), [None; 2], "the room is open");
    assert_eq!(gate(GRAMAT).err(), Some(Refusal::NotYours));
    let page = puy.get("/animateur").await;
    let alarm = page.between("data-test=\"queue-called\"", "</div>");
    assert!(alarm.contains("Membre cpam-46 appelle") && alarm.contains("Ana Canari"), "{alarm}");
    let started = puy.post(&format!("/animateur/rendez-vous/{ana}/demarrer"), &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.text);
    assert!(puy.get("/cabine/1/etat").await.text.contains("\"called\":true"));
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"queue-called\""), "the booth is awake");

    let page = advisor.get("/conseiller").await;
    let row = page.between(&format!("id=\"rdv-{ana}\""), "</li>").to_owned();
    assert!(row.contains("data-state=\"called\"") && row.contains("data-test=\"join\""), "{row}");
    let call = advisor.get(&format!("/conseiller/rendez-vous/{ana}/appel")).await;
    assert!(call.status == StatusCode::OK && call.text.contains("Ana Canari"), "{}", call.text);
    let done = advisor.post(&format!("/conseiller/rendez-vous/{ana}/issue"), &[("issue", "honore")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert!(advisor.get("/conseiller").await.text.contains("data-state=\"kept\""));
    let short = ana.parse().expect("a name");
    stage.until(PUY, |it| it.appointment(short).is_some_and(|it| it.outcome.is_some())).await;
    let over = puy.get(&format!("/animateur/rendez-vous/{ana}/bulletin")).await;
    assert_eq!(over.status, StatusCode::CONFLICT, "who was seen has no place");

    let left = gramat.post(&format!("/animateur/rendez-vous/{bea}/annuler"), &[("raison", "person")]).await;
    assert!(gramat.get(left.location()).await.text.contains("La personne n&#39;est plus dans la file"));
    stage.until(CPAM, |it| !matches!(state(it, &bea), Some(State::Queued { .. }))).await;
    assert!(advisor.get("/conseiller").await.text.contains("Personne n&#39;attend"));
}

#[tokio::test]
async fn a_called_person_takes_a_booth_that_is_nobodys() {
    // Goal: the only booth is in a call: the person who is called waits for its end, and takes it then; the hour of an
    // appointment to come is not lost to a queue.
    let stage = stage().await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let booked = super::journey::book(&puy, "Zoé").await;
    let (_, ana) = enters(&puy, "Ana Canari").await;
    until(&stage, CPAM, &ana, &State::Queued { ahead: 0 }).await;
    assert_eq!(
        puy.post(&format!("/animateur/rendez-vous/{ana}/demarrer"), &[]).await.status,
        StatusCode::CONFLICT,
        "nobody called"
    );
    let page = advisor.get("/conseiller").await;
    let next = format!("/conseiller/file/{}/suivant", page.between("action=\"/conseiller/file/", "/suivant"));
    advisor.post(&next, &[("personne", &ana)]).await;
    until(&stage, PUY, &ana, &State::Called).await;
    let starts = async |short: &str| puy.post(&format!("/animateur/rendez-vous/{short}/demarrer"), &[]).await;
    assert_eq!(starts(&booked).await.status, StatusCode::SEE_OTHER);
    let page = starts(&ana).await;
    assert!(
        page.status == StatusCode::CONFLICT && page.text.contains("Aucune cabine n&#39;est libre"),
        "{}",
        page.text
    );
    puy.post(&format!("/animateur/rendez-vous/{booked}/arreter"), &[]).await;
    assert_eq!(starts(&ana).await.status, StatusCode::SEE_OTHER, "ten minutes before the next one");
    assert_eq!(starts(&booked).await.status, StatusCode::CONFLICT, "one person in a booth");
    let snapshot = stage.replicas[PUY].snapshot();
    let it = snapshot.appointment(booked.parse().expect("a name")).expect("there");
    assert!(it.is_confirmed(), "it keeps its hour");
}

#[tokio::test]
async fn who_is_left_in_a_queue_is_called_back() {
    // Goal: an hour after the window nobody is called in any more, at the desk or by a page that is out of date; the point
    // calls back who waited, and says so once.
    let stage = stage().await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let (_, ana) = enters(&puy, "Ana Canari").await;
    until(&stage, CPAM, &ana, &State::Queued { ahead: 0 }).await;
    let page = advisor.get("/conseiller").await;
    let next = format!("/conseiller/file/{}/suivant", page.between("action=\"/conseiller/file/", "/suivant"));
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"call-back\""), "the window is open");
    // It is 9:50; the window ends at noon.
    let minutes = |count: i64| count * 60_000;
    let (replica, later) = stage.restarted(CPAM, minutes(191)).await;
    assert!(later.get("/conseiller").await.text.contains("data-test=\"queue-past\""));
    assert_eq!(later.post(&next, &[("personne", &ana)]).await.status, StatusCode::CONFLICT);
    assert_eq!(state(&replica.snapshot(), &ana), Some(State::Queued { ahead: 0 }), "nobody was called");
    let (_, just_before) = stage.restarted(PUY, minutes(189)).await;
    assert!(!just_before.get("/animateur").await.text.contains("data-test=\"call-back\""));
    let (replica, later) = stage.restarted(PUY, minutes(191)).await;
    let page = later.get("/animateur").await;
    let call_back = page.between("data-test=\"call-back\"", "</article>");
    assert!(call_back.contains("Ana Canari") && call_back.contains("avant que cette personne"), "{call_back}");
    assert!(!page.text.contains("data-test=\"queue-row\"") && !page.text.contains("dans la file<"), "no more");
    let done = later.post(&format!("/animateur/rendez-vous/{ana}/rappele"), &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert!(!later.get("/animateur").await.text.contains("data-test=\"call-back\""));
    assert!(!matches!(state(&replica.snapshot(), &ana), Some(State::Queued { .. })));
}

#[tokio::test]
async fn nobody_is_entered_where_no_window_is() {
    // Goal: other days, other services and an agency without walk-in hours get a sentence; a form that is wrong loses
    // nothing; the booking page shows the way where there is one.
    let stage = stage().await;
    let puy = stage.browser(PUY).await;
    for strange in ["/animateur/file", "/animateur/file?agence=cpam-46&motif=rsa", "/animateur/file?agence=x&motif=y"] {
        let page = puy.get(strange).await;
        assert!(page.status == StatusCode::NOT_FOUND && page.text.contains("pas de permanence"), "{}", page.text);
    }
    let page = puy.get("/animateur/rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale").await;
    assert!(page.between("data-test=\"walk-in\"", "</p>").contains("permanence de 9 h 30 à 12 h 00"));
    let nonce = "0".repeat(32);
    let fields = [
        ("agence", "cpam-46"),
        ("motif", "carte-vitale"),
        ("nonce", nonce.as_str()),
        ("nom", " "),
        ("objet", "un mot"),
    ];
    let page = puy.post("/animateur/file", &fields).await;
    assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.text.contains("un mot"), "{}", page.text);
    assert!(stage.replicas[PUY].snapshot().appointments().is_empty());
    let elsewhere = Stage::set().await.browser(PUY).await.get("/animateur").await;
    assert!(!elsewhere.text.contains("data-test=\"queue\""), "{}", elsewhere.text);
}

#[tokio::test]
async fn a_window_is_published_once_and_beside_slots() {
    // Goal: four Tuesdays, one window each, whole; a start from the same disk opens none again.
    let folder = tempfile::tempdir().expect("a folder");
    let mut written: Vec<u32> = Vec::new();
    for time in ["first", "second"] {
        let (replica, thread) = agency_with(folder.path(), vec![permanence()]);
        let snapshot = replica.snapshot();
        let windows =
            || snapshot.weeks.values().flat_map(|week| week.ledgers.values()).flat_map(|it| it.windows.values());
        assert_eq!(windows().count(), 4, "{time}");
        assert!(windows().all(|it| it.minutes.length_min == 150 && it.opening.step_min == 0), "{time}");
        assert!(snapshot.weeks.values().all(|week| week.slots().next().is_none()), "{time}");
        let ledgers = snapshot.weeks.values().flat_map(|week| week.ledgers.values());
        written.push(ledgers.flat_map(|ledger| ledger.read.values()).sum());
        drop(replica);
        thread.join().expect("it ends with its last handle");
    }
    assert_eq!(written[0], written[1], "nothing was opened in vain");
}
