// SPDX-License-Identifier: EUPL-1.2
//! The coordination's pages: enrolling, replacing, revoking, and the numbers.

use axum::http::{StatusCode, header};
use crdt_calendar::act::{Fate, Reason};
use crdt_calendar::ids::MemberId;
use serde_json::{Value, json};

use super::refusals::order;
use super::stage::{CPAM, GRAMAT, LOT, PUY, Page, Stage, new_key};
use crate::replica::Snapshot;

const ENROL: &str = "/coordination/inscrire";
const REPLACE: &str = "/coordination/membres/gramat/remplacer";
const REVOKE: &str = "/coordination/membres/gramat/revoquer";

fn gramat() -> MemberId {
    MemberId::new(GRAMAT).expect("a name")
}

/// A box's request, as `hameau init` writes it.
fn request(member: &str, role: &str, seed: u8) -> String {
    json!({
        "hameau_request": 1, "member": member, "role": role, "name": format!("Mairie de {member}"),
        "insee": "46102", "lat_e5": null, "lon_e5": null, "key": new_key(seed).to_string(),
    })
    .to_string()
}

fn is_refused(page: &Page, sentence: &str) {
    let is_told = page.text.contains(&sentence.replace('\'', "&#39;"));
    assert!(is_told && page.status.is_client_error(), "{}: {sentence}\n{}", page.status, page.text);
}

#[tokio::test]
async fn a_request_is_read_before_it_is_granted() {
    // Goal: what is pasted is shown to be compared; only then is it written, and a second click is the same. What is no
    // request, is taken or is retired changes nothing and says what to do.
    let stage = Stage::set().await;
    let (browser, replica) = (stage.browser(LOT).await, &stage.replicas[LOT]);
    let figeac = request("figeac", "point", 50);
    for (case, text, sentence) in [
        ("no JSON", "{\"member\"".to_owned(), "ne se lit pas"),
        ("too much", figeac.replace("\"key\"", "\"more\":1,\"key\""), "ne se lit pas"),
        ("a name that is taken", request(GRAMAT, "point", 51), "déjà inscrit"),
        ("a key that is taken", request("cahors", "point", 3), "déjà inscrit"),
        ("a coordination", request("autre", "coordination", 52), "ne s'inscrit pas"),
    ] {
        for read in ["", "oui"] {
            is_refused(&browser.post(ENROL, &[("demande", &text), ("lu", read)]).await, sentence);
        }
        assert_eq!(replica.snapshot().roster.members().count(), 4, "{case}");
    }
    let page = browser.post(ENROL, &[("demande", &figeac)]).await;
    let key = new_key(50).to_string();
    assert!(page.text.contains("Mairie de figeac") && page.text.contains(&format!("<span>{}</span>", &key[..4])));
    assert_eq!(replica.snapshot().roster.members().count(), 4, "nothing is written yet");
    for _ in 0..2 {
        let page = browser.post(ENROL, &[("demande", &figeac), ("lu", "oui")]).await;
        assert_eq!(page.location(), "/coordination/membres/figeac?fait=inscrit", "{}", page.text);
    }
    stage.until(PUY, |it| it.roster.members().count() == 5).await;
    let page = browser.get("/coordination/membres/figeac?fait=inscrit").await;
    assert!(page.text.contains("est inscrit") && page.text.contains("rien n&#39;attend cette boîte"), "{}", page.text);
    let papers = browser.get("/coordination/papiers").await;
    let read: Value = serde_json::from_str(&papers.text).expect("JSON");
    assert_eq!((&read["hameau_papers"], &read["territory"]), (&json!(1), &json!("Lot")), "{read}");
    let named = papers.headers[header::CONTENT_DISPOSITION].to_str().expect("text");
    assert!(named.starts_with("attachment"), "{named}");
}

#[tokio::test]
async fn a_box_is_replaced_and_revoked_after_it_was_said_what_that_comes_to() {
    // Goal: before a box is replaced or revoked the page counts who waits for it; unread, nothing is revoked; a key that
    // is out stays out, and its member gets another box.
    let stage = Stage::set().await;
    let (browser, replica) = (stage.browser(LOT).await, &stage.replicas[LOT]);
    let point = &stage.replicas[PUY];
    point.book(order(&point.snapshot(), 0)).await.expect("booked");
    stage.until(LOT, |it| it.appointments().len() == 1).await;
    for (member, sentence) in [(PUY, "1 personne attendue à ce point"), (CPAM, "1 personne attendue par cet organisme")]
    {
        let page = browser.get(&format!("/coordination/membres/{member}")).await;
        assert!(page.text.contains(sentence), "{member}: {}", page.text);
        assert!(!page.text.contains("Camille"), "no person");
    }
    let page = browser.get("/coordination/membres/puy-leveque/revoquer").await;
    assert!(page.text.contains("1 personne attendue") && page.text.contains("7 heures réservées"), "{}", page.text);

    let key = |it: &Snapshot| it.roster.key(&gramat());
    let before = key(&replica.snapshot());
    is_refused(
        &browser.post(REPLACE, &[("demande", &request(GRAMAT, "agency", 60)), ("lu", "oui")]).await,
        "pas celle",
    );
    is_refused(&browser.post(REPLACE, &[("demande", &request(PUY, "point", 60)), ("lu", "oui")]).await, "pas celle");
    assert_eq!(key(&replica.snapshot()), before);
    let new = request(GRAMAT, "point", 60);
    assert!(browser.post(REPLACE, &[("demande", &new)]).await.text.contains("enrol-confirm"));
    browser.post(REPLACE, &[("demande", &new), ("lu", "oui")]).await;
    stage.until(CPAM, |it| key(it) == Some(new_key(60))).await;
    is_refused(
        &browser.post(ENROL, &[("demande", &request(GRAMAT, "point", 3)), ("lu", "oui")]).await,
        "ne servira plus",
    );

    let (old, now) = (before.expect("a key").to_string(), new_key(60).to_string());
    for (read, form_key, sentence) in [("", &now, "Rien n'a été révoqué"), ("oui", &old, "a une autre boîte")] {
        is_refused(&browser.post(REVOKE, &[("lu", read), ("cle", form_key)]).await, sentence);
    }
    assert_eq!(key(&replica.snapshot()), Some(new_key(60)));
    let form_key = browser.get(REVOKE).await.between("name=\"cle\" value=\"", "\"").to_owned();
    let read = [("lu", "oui"), ("cle", form_key.as_str())];
    assert_eq!(browser.post(REVOKE, &read).await.location(), "/coordination/membres/gramat");
    stage.until(CPAM, |it| key(it).is_none()).await;
    is_refused(&browser.post(REVOKE, &read).await, "déjà révoquée");
    let page = browser.get("/coordination/membres/gramat").await;
    assert!(page.text.contains("Révoquée") && page.text.contains("Remplacée") && !page.text.contains("revoquer"));
    is_refused(&browser.post("/coordination/membres/lot/revoquer", &read).await, "ne se révoque pas");
    is_refused(&browser.get("/coordination/membres/personne").await, "n'existe pas");
}

#[tokio::test]
async fn numbers_by_week_point_agency_and_service() {
    // Goal: one kept, one cancelled: each way of counting shows both once, in the file too, and no name anywhere.
    let stage = Stage::set().await;
    let point = &stage.replicas[PUY];
    let kept = point.book(order(&point.snapshot(), 0)).await.expect("booked");
    let gone = point.book(order(&point.snapshot(), 0)).await.expect("booked");
    point.outcome(kept, Fate::Kept, 25).await.expect("said");
    point.cancel(gone, Reason::ByThePerson).await.expect("cancelled");
    stage
        .until(LOT, |it| {
            it.counts(|at| stage.clock().period(at)).values().any(|it| it.kept == 1 && !it.by_point.is_empty())
        })
        .await;
    let browser = stage.browser(LOT).await;
    for (by, row) in [
        ("semaine", "semaine 9 de 2027"),
        ("mois", "mars 2027"),
        ("point", "Membre puy-leveque"),
        ("organisme", "Membre cpam-46"),
        ("motif", "Membre cpam-46 – Carte Vitale"),
    ] {
        let page = browser.get(&format!("/coordination/nombres?par={by}&de=2027-01&a=2027-12")).await;
        let row = page.between(&format!("<th scope=\"row\">{row}</th>"), "</tr>").to_owned();
        let numbers: Vec<&str> =
            row.split("</td>").filter_map(|it| it.rsplit('>').next()).filter(|it| !it.is_empty()).collect();
        assert_eq!(numbers, ["0", "0", "1", "0", "0", "0", "0", "1", "0", "25", "0"], "{by}");
        assert!(!page.text.contains("Camille"));
    }
    let none = browser.get("/coordination/nombres?de=2027-04").await;
    assert!(!none.text.contains("data-test=\"count\""), "{}", none.text);
    for bad in ["de=mars", "de=2027-13", "de=2027-04&a=2027-03"] {
        let page = browser.get(&format!("/coordination/nombres?{bad}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(browser.get(&format!("/coordination/nombres.csv?{bad}")).await.status.is_client_error(), "{bad}");
    }
    let file = browser.get("/coordination/nombres.csv?de=2027-03").await;
    let lines: Vec<&str> = file.text.split("\r\n").collect();
    assert!(lines[0].starts_with("\u{feff}mois;semaine;organisme_id;"), "{}", lines[0]);
    let expected = "2027-03;2027-W09;cpam-46;Membre cpam-46;carte-vitale;Carte Vitale;puy-leveque;Membre puy-leveque;;0;0;1;0;0;0;0;1;0;0;0;25;0;0";
    assert_eq!(lines[1..], [expected, ""], "{}", file.text);
}
