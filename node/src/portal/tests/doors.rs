// SPDX-License-Identifier: EUPL-1.2
//! Which doors open where, what every answer carries, and what is never on a page.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use futures::StreamExt;

use super::journey::book;
use super::stage::{CPAM, DEADLINE, GRAMAT, LOT, PUY, Stage};

#[tokio::test]
async fn each_node_opens_its_own_doors() {
    // Goal: the pages of its role and no other; a door that is elsewhere says so in a sentence.
    let stage = Stage::set().await;
    for (member, path, status) in [
        (PUY, "/", 200),
        (PUY, "/cabine", 200),
        (PUY, "/cabine?cabine=9", 404),
        (PUY, "/animateur", 200),
        (PUY, "/animateur?jour=2027-03-03", 200),
        (PUY, "/animateur?jour=2031-01-01", 422),
        (PUY, "/animateur?jour=hier", 422),
        (PUY, "/animateur/rendez-vous/nouveau", 200),
        (PUY, "/animateur/rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale", 200),
        (PUY, "/animateur/rendez-vous/nouveau?agence=cpam-46&motif=rien", 404),
        (PUY, "/animateur/rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale&creneau=zz", 422),
        (PUY, "/animateur/rendez-vous/0123456789abcdef", 404),
        (PUY, "/conseiller", 404),
        (PUY, "/coordination", 404),
        (PUY, "/rien", 404),
        (CPAM, "/", 200),
        (CPAM, "/conseiller", 200),
        (CPAM, "/animateur", 404),
        (CPAM, "/cabine", 404),
        (LOT, "/", 303),
        (LOT, "/coordination", 200),
        (LOT, "/animateur", 404),
    ] {
        let browser = stage.browser(member).await;
        let page = browser.get(path).await;
        assert_eq!(page.status.as_u16(), status, "{member} {path}: {}", page.text);
        let header = |name: &str| page.headers.get(name).map_or("", |it| it.to_str().expect("text"));
        assert!(header("content-security-policy").starts_with("default-src 'none'; script-src 'self'"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        for inline in ["<style", " style=", " onclick=", "<script>", "javascript:"] {
            assert!(!page.text.contains(inline), "{member} {path}: {inline}");
        }
        if status == 404 || status == 422 {
            assert!(page.text.contains("data-test=\"fault\""), "{member} {path}: no sentence");
        }
        if status == 200 {
            assert!(page.text.contains("Heure de démonstration") && page.text.contains("2 mars 2027"), "{path}");
        }
    }
}

#[tokio::test]
async fn details_open_at_the_two_members_alone() {
    // Goal: the name is on the point's and the agency's pages; elsewhere not even the appointment's page opens.
    let stage = Stage::set().await;
    let canary = "Zéphyrine Canari";
    let puy = stage.browser(PUY).await;
    let short = book(&puy, canary).await;
    for member in [GRAMAT, LOT, CPAM] {
        stage.until(member, |it| !it.appointments().is_empty()).await;
    }
    assert!(puy.get("/animateur").await.text.contains(canary));
    assert!(stage.browser(CPAM).await.get("/conseiller").await.text.contains(canary));
    let gramat = stage.browser(GRAMAT).await;
    let page = gramat.get(&format!("/animateur/rendez-vous/{short}")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    for path in ["/animateur", "/animateur/rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale"] {
        assert!(!gramat.get(path).await.text.contains("Canari"), "{path}");
    }
    assert!(!gramat.post("/", &[("q", "zéphyrine")]).await.text.contains("Canari"), "search");
    let stolen = format!("/animateur/rendez-vous/nouveau?agence=cpam-46&motif=carte-vitale&creneau=zz&pour={short}");
    assert!(!gramat.get(&stolen).await.text.contains("Canari"), "prefilled form");
    let lot = stage.browser(LOT).await.get("/coordination").await;
    assert!(lot.text.contains("data-test=\"members\"") && !lot.text.contains("Canari"));
}

#[tokio::test]
async fn search_finds_and_escapes() {
    // Goal: case and accents do not matter; what was typed comes back as text; the next free time is there.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    for words in ["carte vitale", "CARTE VITALE", "securite sociale", "Sécurité"] {
        let page = browser.post("/", &[("q", words)]).await;
        assert!(page.text.contains("Commander sa carte Vitale"), "{words}");
        assert!(page.text.contains("https://www.ameli.fr/carte") && page.text.contains("noopener"), "{words}");
        assert!(
            page.text.contains("aujourd&#39;hui à 10 h 00") || page.text.contains("aujourd'hui à 10 h 00"),
            "{words}: {}",
            page.between("data-test=\"result\"", "</article>")
        );
    }
    let page = browser.post("/", &[("q", "<script>alert(1)</script>\"")]).await;
    assert!(page.status == StatusCode::OK && !page.text.contains("<script>alert"), "{}", page.text);
    assert!(page.text.contains("Aucune démarche trouvée"));
}

#[tokio::test]
async fn what_is_searched_is_in_no_address() {
    // Goal: the next person at a public screen finds no search in its history: the form posts, and an address
    // with words in it searches nothing.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let page = browser.get("/?q=carte+vitale").await;
    assert!(page.status == StatusCode::OK && page.text.contains("data-test=\"agency-cpam-46\""), "{}", page.text);
    assert!(!page.text.contains("data-test=\"result\"") && !page.text.contains("value=\"carte"), "{}", page.text);
    let form = page.between("<form ", ">");
    assert!(form.contains("method=\"post\"") && form.contains("action=\"/\""), "{form}");
    assert_eq!(stage.browser(LOT).await.post("/", &[("q", "RSA")]).await.location(), "/coordination");
}

#[tokio::test]
async fn every_fault_of_a_call_has_its_sentence() {
    // Goal: whatever the call's script finds wrong is said in the page's language; it has no words of its own.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let script = include_str!("../../../assets/call.js");
    for lang in ["fr", "en"] {
        let page = browser.get(&format!("/cabine?lang={lang}")).await;
        for code in ["insecure", "no-camera", "denied", "busy", "node", "refused"] {
            assert!(script.contains(&format!("\"{code}\"")), "{code} is not of the script");
            let sentence = page.between(&format!("data-say-{code}=\""), "\"");
            assert!(sentence.contains(' '), "{lang} {code}: {sentence}");
        }
    }
    assert!(!script.contains("Ce ") && !script.contains("caméra"), "the script speaks by itself");
}

#[tokio::test]
async fn a_page_speaks_english_when_asked() {
    // Goal: the address chooses, a cookie remembers, French is the first.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    assert!(browser.get("/animateur").await.text.contains("<html lang=\"fr\">"));
    let page = browser.get("/animateur?lang=en").await;
    assert!(page.text.contains("<html lang=\"en\">") && page.text.contains("No appointment today"));
    let cookies: Vec<_> = page.headers.get_all("set-cookie").iter().collect();
    assert!(cookies.iter().any(|it| it.to_str().expect("text").starts_with("hameau_lang=en")), "{cookies:?}");
}

#[tokio::test]
async fn news_arrive_without_saying_what() {
    // Goal: an open page hears that the calendar changed, and nothing else.
    let stage = Stage::set().await;
    let agency = stage.browser(CPAM).await;
    let request = agency.request("GET", "/evenements").body(Body::empty()).expect("a request");
    let response = agency.send(request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    book(&stage.browser(PUY).await, "Zéphyrine Canari").await;
    let mut heard = String::new();
    while !heard.contains("data: calendar") {
        let chunk = tokio::time::timeout(DEADLINE, stream.next()).await.expect("in time");
        heard += core::str::from_utf8(&chunk.expect("open").expect("whole")).expect("text");
        assert!(heard.len() < 10_000 && !heard.contains("Canari"), "{heard}");
    }
}

#[tokio::test]
async fn streams_are_bounded_and_end_with_the_portal() {
    // Goal: a page too many gets a sentence, and no stream keeps the node from stopping.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    let request = || browser.request("GET", "/evenements").body(Body::empty()).expect("a request");
    let mut open = Vec::new();
    for _ in 0..super::super::STREAMS_MAX {
        open.push(browser.send(request()).await);
    }
    assert_eq!(browser.send(request()).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    browser.app.stop.cancel();
    for response in open {
        let mut stream = response.into_body().into_data_stream();
        let ended = async { while stream.next().await.is_some() {} };
        tokio::time::timeout(DEADLINE.min(Duration::from_secs(30)), ended).await.expect("ends");
    }
}
