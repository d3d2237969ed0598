// SPDX-License-Identifier: EUPL-1.2
//! The waiting list: who would come earlier is told of a time that becomes free, once a day and three times at most.

use axum::http::StatusCode;
use crdt_calendar::act::Reason;
use crdt_calendar::fold::State;
use crdt_calendar::fold::offers::Way;
use crdt_calendar::ids::{MemberId, ServiceId};
use crdt_calendar::time::UtcMinute;

use super::accessed::lines;
use super::journey::{NEW, NOW_CANCELLED, form, nonce};
use super::stage::{Browser, CPAM, GRAMAT, PUY, Page, Stage};
use crate::replica::Snapshot;
use crate::store::Answer;

pub(super) const DAY_MS: i64 = 24 * 3_600_000;

/// Free times of the agency at a point, had in this way: the short name and the minute.
pub(super) fn free(browser: &Browser, way: Way) -> Vec<(String, UtcMinute)> {
    let (home, service) = (MemberId::new(CPAM).expect("a name"), ServiceId::new("carte-vitale").expect("a name"));
    let offers = browser.app.replica.snapshot().offers(&home, &service, browser.app.clock.minute(), 400);
    let of_way = offers.into_iter().filter(|it| it.offer.way == way);
    of_way.map(|it| (it.slot.to_string(), it.offer.minutes.from)).collect()
}

/// Books this time for somebody; gives the short name.
async fn book_at(browser: &Browser, slot: &str, name: &str) -> String {
    let nonce = nonce(browser, slot).await;
    let page = browser.post(NEW, &form(slot, &nonce, name)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.location().trim_start_matches("/animateur/rendez-vous/").split('?').next().expect("a name").to_owned()
}

/// The other point books a time that the agency confirms, and PUY knows that it is taken.
pub(super) async fn taken_at_gramat(stage: &Stage, gramat: &Browser, (slot, time): &(String, UtcMinute)) -> String {
    let short = book_at(gramat, slot, &format!("Béa {slot}")).await;
    let name = short.parse().expect("a name");
    for member in [GRAMAT, PUY] {
        stage.until(member, |it| it.appointment(name).is_some_and(|it| it.is_confirmed())).await;
    }
    let puy = stage.browser(PUY).await;
    assert!(free(&puy, Way::Asked).iter().all(|it| it.1 != *time), "taken");
    short
}

/// The other point cancels, and the time is free at PUY again.
pub(super) async fn freed(stage: &Stage, gramat: &Browser, short: &str, time: UtcMinute) {
    let gone = gramat.post(&format!("/animateur/rendez-vous/{short}/annuler"), &NOW_CANCELLED).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
    let (home, service) = (MemberId::new(CPAM).expect("a name"), ServiceId::new("carte-vitale").expect("a name"));
    let is_free =
        |it: &Snapshot| it.offers(&home, &service, time, 1).first().is_some_and(|it| it.offer.minutes.from == time);
    stage.until(PUY, is_free).await;
}

async fn waits(browser: &Browser, short: &str) -> Page {
    let joined = browser.post(&format!("/animateur/rendez-vous/{short}/attente"), &[]).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.text);
    browser.get(joined.location()).await
}

async fn says(browser: &Browser, short: &str, slot: &str, answer: &str) -> Page {
    let path = format!("/animateur/rendez-vous/{short}/attente/reponse");
    browser.post(&path, &[("creneau", slot), ("reponse", answer)]).await
}

fn told(browser: &Browser, short: &str) -> usize {
    let snapshot = browser.app.replica.snapshot();
    let id = snapshot.appointment(short.parse().expect("a name")).expect("there").id;
    snapshot.wishes.get(&id).map_or(0, |wish| wish.told.len())
}

#[tokio::test]
async fn an_earlier_time_is_proposed_once_it_is_free() {
    // Goal: times that were free before are let pass; one that becomes free is proposed to the person with the telephone,
    // with a line in the journal; one a day, after a restart too; three, and the person is told to be off the list.
    let stage = Stage::set().await;
    let (puy, gramat) = (stage.browser(PUY).await, stage.browser(GRAMAT).await);
    let asked = free(&gramat, Way::Asked);
    let today = taken_at_gramat(&stage, &gramat, &asked[0]).await;
    // A time of Thursday, and one of Friday.
    let noon = |day: u32| puy.app.clock.minute().plus_min(day * 1440 - 110);
    let on = |day: u32| asked.iter().find(|it| it.1 >= noon(day)).expect("published").clone();
    let (thursday, friday) = (on(2), on(3));
    let (then, later) =
        (taken_at_gramat(&stage, &gramat, &thursday).await, taken_at_gramat(&stage, &gramat, &friday).await);
    let slot = free(&puy, Way::Held)[2].0.clone();
    let short = book_at(&puy, &slot, "Zéphyrine Canari").await;
    let written = lines(&stage.replicas[PUY]).await.len();

    let page = waits(&puy, &short).await;
    assert!(page.text.contains("Sur la liste d&#39;attente. Aucune heure"), "{}", page.text);
    let page = puy.get("/animateur").await;
    let list = page.between("data-test=\"waiting-list\"", "</section>");
    assert!(list.contains("data-test=\"waits\"") && list.contains("mardi 9 mars à 10 h 00"), "{list}");
    assert!(!list.contains("Canari") && !list.contains("data-test=\"proposal\""), "free before: {list}");
    assert!(list.contains("Attend depuis aujourd&#39;hui à"), "told apart without a name: {list}");
    let new: Vec<_> = lines(&stage.replicas[PUY]).await.split_off(written);
    assert!(new.iter().all(|line| line.page != "waiting"), "nobody was named");

    for (short, (_, time)) in [(&today, &asked[0]), (&then, &thursday), (&later, &friday)] {
        freed(&stage, &gramat, short, *time).await;
    }
    let page = puy.get("/animateur").await;
    let proposal = page.between("data-test=\"proposal\"", "</article>").to_owned();
    for part in ["Zéphyrine Canari", "05 65 00 00 00", "aujourd&#39;hui à 11 h 00", "mardi 9 mars à 10 h 00"] {
        assert!(proposal.contains(part), "{part}: {proposal}");
    }
    assert!(proposal.contains("Proposition 1 sur 3") && proposal.contains("C&#39;est une demande"), "{proposal}");
    let line = lines(&stage.replicas[PUY]).await.pop().expect("a line");
    assert_eq!((line.page.as_str(), line.appointments.as_str()), ("waiting", short.as_str()));
    let slot = proposal.split("name=\"creneau\" value=\"").nth(1).expect("a slot").split('"').next().expect("quoted");
    for (case, slot, answer) in [
        ("no answer", slot, ""),
        ("another time", thursday.0.as_str(), "declined"),
        ("another time, taken", &thursday.0, "taken"),
        ("no time", "", "declined"),
    ] {
        assert!(says(&puy, &short, slot, answer).await.status.is_client_error(), "{case}");
    }
    assert_eq!((told(&puy, &short), state(&stage, &short)), (0, State::Confirmed));
    let page = says(&puy, &short, slot, "declined").await;
    assert!(puy.get(page.location()).await.text.contains("Rien d&#39;autre n&#39;est proposé"), "{}", page.text);
    assert_eq!(says(&puy, &short, slot, "declined").await.status, StatusCode::CONFLICT, "twice");
    assert_eq!(told(&puy, &short), 1);
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"proposal\""), "one a day");

    let (_, alone) = stage.restarted(PUY, DAY_MS).await;
    let page = alone.get("/animateur").await;
    let proposal = page.between("data-test=\"proposal\"", "</article>");
    for part in ["Proposition 2 sur 3", "demain à 8 h", "pas joint en ce moment"] {
        assert!(proposal.contains(part), "{part}: {proposal}");
    }
    let slot = page.between("name=\"creneau\" value=\"", "\"").to_owned();
    assert_eq!(says(&alone, &short, &slot, "not-reached").await.status, StatusCode::SEE_OTHER);
    assert!(!alone.get("/animateur").await.text.contains("data-test=\"proposal\""));

    let before = "INSERT INTO proposal SELECT act, at - 3000, time - 5, 'not-reached' FROM proposal;";
    stage.sql(
        PUY,
        &format!("{before} INSERT INTO proposal SELECT act, at - 6000, time - 9, 'taken' FROM proposal LIMIT 1;"),
    );
    let (_, alone) = stage.restarted(PUY, 2 * DAY_MS).await;
    assert!(told(&alone, &short) >= 3);
    let page = alone.get(&format!("/animateur/rendez-vous/{short}")).await;
    assert!(page.text.contains("Trois heures ont été proposées"), "{}", page.text);
    assert!(!page.text.contains("data-test=\"waiting-join\""), "for good: {}", page.text);
    assert!(!alone.get("/animateur").await.text.contains("data-test=\"waiting-list\""));
}

#[tokio::test]
async fn three_are_three_where_the_appointment_was_moved_by_hand() {
    // Goal: what was proposed before a move is counted after it, today too.
    let stage = Stage::set().await;
    let (puy, gramat) = (stage.browser(PUY).await, stage.browser(GRAMAT).await);
    let asked = free(&gramat, Way::Asked);
    let taken = taken_at_gramat(&stage, &gramat, &asked[0]).await;
    let held = free(&puy, Way::Held);
    let short = book_at(&puy, &held[2].0, "Zéphyrine Canari").await;
    waits(&puy, &short).await;
    freed(&stage, &gramat, &taken, asked[0].1).await;
    let page = puy.get("/animateur").await;
    let slot = page.between("name=\"creneau\" value=\"", "\"").to_owned();
    assert_eq!(says(&puy, &short, &slot, "not-reached").await.status, StatusCode::SEE_OTHER);
    let path = format!("/animateur/rendez-vous/{short}/deplacer");
    let nonce = puy.get(&path).await.between("name=\"nonce\" value=\"", "\"").to_owned();
    let moved = puy.post(&path, &[("nonce", &nonce), ("creneau", &held[3].0)]).await;
    let new = moved.location().trim_start_matches("/animateur/rendez-vous/").split('?').next().expect("a name");
    stage.replicas[PUY].tick().await;
    let id = stage.replicas[PUY].snapshot().appointment(new.parse().expect("a name")).expect("there").id;
    stage.until(PUY, |it| it.wishes.len() == 1 && it.wishes.contains_key(&id)).await;
    assert_eq!(told(&puy, new), 1);
    let page = puy.get("/animateur").await;
    assert!(!page.text.contains("data-test=\"waiting-list\""), "they wait no more: {}", page.text);
    waits(&puy, new).await;
    assert_eq!(told(&puy, new), 1);
    assert!(!puy.get("/animateur").await.text.contains("data-test=\"proposal\""), "one a day");
}

fn state(stage: &Stage, short: &str) -> State {
    let snapshot = stage.replicas[PUY].snapshot();
    snapshot.appointment(short.parse().expect("a name")).expect("it is there").state.clone()
}

#[tokio::test]
async fn who_takes_an_earlier_time_moves_there() {
    // Goal: one click moves, the old time stands until the agency confirms, and the wish ends with it; of two who wait
    // for one time, the one who waits longer is told; who leaves the list is told of nothing.
    let stage = Stage::set().await;
    let (puy, gramat) = (stage.browser(PUY).await, stage.browser(GRAMAT).await);
    let point = &stage.replicas[PUY];
    let early = free(&gramat, Way::Asked)[0].clone();
    let taken = taken_at_gramat(&stage, &gramat, &early).await;
    let held: Vec<String> = free(&puy, Way::Held).into_iter().map(|it| it.0).collect();
    let mut people = Vec::new();
    for (slot, name) in [(&held[2], "Ana Canari"), (&held[3], "Béa Canari"), (&held[4], "Zoé Canari")] {
        people.push(book_at(&puy, slot, name).await);
        waits(&puy, people.last().expect("one")).await;
    }
    let left = puy.post(&format!("/animateur/rendez-vous/{}/attente/quitter", people[0]), &[]).await;
    let page = puy.get(left.location()).await;
    assert!(
        page.text.contains("plus sur la liste") && page.text.contains("data-test=\"waiting-join\""),
        "{}",
        page.text
    );
    freed(&stage, &gramat, &taken, early.1).await;
    let page = puy.get("/animateur").await;
    assert_eq!(page.text.matches("data-test=\"proposal\"").count(), 1, "{}", page.text);
    assert!(page.between("data-test=\"proposal\"", "</article>").contains("Béa Canari"), "{}", page.text);
    let slot = page.between("name=\"creneau\" value=\"", "\"").to_owned();
    let (one, two) = (says(&puy, &people[1], &slot, "taken").await, says(&puy, &people[1], &slot, "taken").await);
    assert_eq!((one.status, two.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER), "{}", two.text);
    let new = one.location().trim_start_matches("/animateur/rendez-vous/").split('?').next().expect("a name");
    assert!(two.location().contains(new), "sent twice, it moves once");
    let new = new.parse().expect("a name");
    stage.until(PUY, |it| it.appointment(new).is_some_and(|it| it.is_confirmed())).await;
    point.tick().await;
    let old = point.snapshot().appointment(people[1].parse().expect("a name")).expect("there").id;
    stage.until(PUY, |it| !it.wishes.contains_key(&old)).await;
    let is_waiting = |it: &Snapshot| it.wishes.values().filter(|wish| wish.waits).count();
    let now = point.snapshot().appointment(new).expect("there").id;
    let kept = point.snapshot();
    let wish = kept.wishes.get(&now).expect("what was proposed stays counted");
    assert!(!wish.waits && wish.told.iter().map(|it| it.answer).eq([Answer::Taken]), "{wish:?}");
    assert_eq!(is_waiting(&kept), 1, "Zoé alone");
    assert_eq!(state(&stage, &people[1]), State::CancelledByPoint(Reason::ByThePerson));
    // What became free by it is for the one who waits on.
    let page = puy.get("/animateur").await;
    let proposal = page.between("data-test=\"proposal\"", "</article>");
    assert!(proposal.contains("Zoé Canari") && proposal.contains("mardi 9 mars à 10 h 30"), "{proposal}");
    assert!(!proposal.contains("C&#39;est une demande"), "held here: {proposal}");
    let cancelled = puy.post(&format!("/animateur/rendez-vous/{}/annuler", people[2]), &NOW_CANCELLED).await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER);
    point.tick().await;
    stage.until(PUY, |it| is_waiting(it) == 0).await;
}

#[tokio::test]
async fn who_was_refused_waits_for_any_time() {
    // Goal: a refusal leaves the call-back list for the waiting list, is told of a time whatever the hour, and takes it in
    // one click, under the same details; the call-back is settled by it.
    let stage = Stage::set().await;
    let (puy, gramat) = (stage.browser(PUY).await, stage.browser(GRAMAT).await);
    let point = &stage.replicas[PUY];
    let agency = point.snapshot().writer.key;
    let keys = (stage.replicas[CPAM].snapshot().writer.key, agency);
    let wanted = free(&puy, Way::Asked)[0].clone();
    point.down(keys.0).await;
    stage.replicas[CPAM].down(keys.1).await;
    for other in [GRAMAT, super::stage::LOT] {
        let key = stage.replicas[other].snapshot().writer.key;
        point.down(key).await;
        stage.replicas[other].down(keys.1).await;
    }
    let short = book_at(&puy, &wanted.0, "Zéphyrine Canari").await;
    let other = book_at(&gramat, &wanted.0, "Béa").await;
    let name = other.parse().expect("a name");
    stage.until(GRAMAT, |it| it.appointment(name).is_some_and(|it| it.is_confirmed())).await;
    for other in [CPAM, GRAMAT, super::stage::LOT] {
        let key = stage.replicas[other].snapshot().writer.key;
        point.up(key).await;
        stage.replicas[other].up(keys.1).await;
    }
    let name = short.parse().expect("a name");
    stage.until(PUY, |it| it.appointment(name).is_some_and(|it| matches!(it.state, State::Refused { .. }))).await;
    assert!(puy.get("/animateur").await.text.contains("data-test=\"call-back\""));
    waits(&puy, &short).await;
    let page = puy.get("/animateur").await;
    assert!(
        !page.text.contains("data-test=\"call-back\"") && page.text.contains("Sans rendez-vous : "),
        "{}",
        page.text
    );
    freed(&stage, &gramat, &other, wanted.1).await;
    let page = puy.get("/animateur").await;
    assert!(page.between("data-test=\"proposal\"", "</article>").contains("Zéphyrine Canari"), "{}", page.text);
    let slot = page.between("name=\"creneau\" value=\"", "\"").to_owned();
    let page = says(&puy, &short, &slot, "taken").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let page = puy.get(page.location()).await;
    assert!(page.text.contains("Zéphyrine Canari") && page.text.contains("11 h 00"), "{}", page.text);
    point.tick().await;
    stage.until(PUY, |it| it.wishes.is_empty() && it.call_backs(stage.clock().minute()).is_empty()).await;
}

#[tokio::test]
async fn one_list_says_what_to_do_with_whom_the_agency_cancelled() {
    // Goal: whoever waited for an earlier time when the agency cancelled is on the call-back list alone, with nothing
    // proposed beside it; the day says once that one is to be called; who then waits for any time is on the waiting list
    // alone, in the turn that they had, and no page says any more that they are to be called.
    let stage = Stage::set().await;
    let (puy, gramat, agency) = (stage.browser(PUY).await, stage.browser(GRAMAT).await, stage.browser(CPAM).await);
    let early = free(&gramat, Way::Asked)[0].clone();
    let taken = taken_at_gramat(&stage, &gramat, &early).await;
    let held: Vec<String> = free(&puy, Way::Held).into_iter().map(|it| it.0).collect();
    let short = book_at(&puy, &held[2], "Ana Canari").await;
    waits(&puy, &short).await;
    let other = book_at(&puy, &held[3], "Béa Canari").await;
    waits(&puy, &other).await;
    let name = short.parse().expect("a name");
    let since = |it: &Snapshot| it.wishes[&it.appointment(name).expect("there").id].since;
    let joined = since(&stage.replicas[PUY].snapshot());
    stage.until(CPAM, |it| it.appointment(name).is_some_and(|it| it.is_confirmed())).await;
    let voided = agency.post(&format!("/conseiller/rendez-vous/{short}/annuler"), &[("raison", "absent")]).await;
    assert_eq!(voided.status, StatusCode::SEE_OTHER, "{}", voided.text);
    stage.until(PUY, |it| it.call_backs(stage.clock().minute()).len() == 1).await;
    freed(&stage, &gramat, &taken, early.1).await;

    let page = puy.get("/animateur").await;
    let call_back = page.between("data-test=\"call-back\"", "</article>");
    assert!(call_back.contains("Ana Canari") && call_back.contains("data-test=\"waiting-join\""), "{call_back}");
    assert!(!call_back.contains("liste d&#39;attente"), "{call_back}");
    let proposal = page.between("data-test=\"proposal\"", "</article>");
    assert!(proposal.contains("Béa Canari") && page.text.matches("data-test=\"proposal\"").count() == 1, "{proposal}");
    assert!(!page.between("data-test=\"waiting-list\"", "</section>").contains("Ana Canari"));
    let tile = page.between("data-test=\"glance-call-backs\"", "</div>");
    assert!(tile.contains(">2<") && tile.contains("#a-rappeler") && tile.contains("#liste-attente"), "{tile}");
    let page = puy.get(&format!("/animateur/rendez-vous/{short}")).await;
    assert!(page.text.contains("data-test=\"call-back-there\""), "{}", page.text);
    assert!(!page.text.contains("data-test=\"waiting-place\"") && !page.text.contains("data-test=\"waiting-leave\""));

    let page = waits(&puy, &short).await;
    assert!(page.text.contains("n&#39;est plus à rappeler"), "{}", page.text);
    assert!(page.text.contains("data-state=\"listed\"") && page.text.contains("Rien à faire avant"), "{}", page.text);
    assert!(!page.text.contains("data-test=\"call-back-there\""), "{}", page.text);
    assert!(!page.text.contains("annulé par l&#39;organisme</span>"), "{}", page.text);
    assert_eq!(since(&stage.replicas[PUY].snapshot()), joined, "they keep their turn");
    let page = puy.get("/animateur").await;
    assert!(!page.text.contains("data-test=\"call-back\""), "{}", page.text);
    let list = page.between("data-test=\"waiting-list\"", "</section>");
    assert!(list.contains(&format!("data-test=\"waits\" data-short=\"{short}\"")), "{list}");
}
