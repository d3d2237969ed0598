// SPDX-License-Identifier: EUPL-1.2
//! Signing in, locking, and what was typed meanwhile.

use axum::body::Body;
use axum::http::{StatusCode, header};

use super::journey::{first, form, nonce};
use super::stage::{Browser, CPAM, PASSWORD, PUY, Page, Stage};
use crate::account::AccountRole;

const NEW: &str = "/animateur/rendez-vous/nouveau";
const LOCK_MS: u64 = 5 * 60_000;
const LENGTH_MS: u64 = 12 * 3_600_000;

/// The fields of the page that asks for a password, as a browser would send them with this one.
fn answered(page: &Page, name: &str, password: &str) -> Vec<(String, String)> {
    let form = page.between("action=\"/connexion\"", "</form>");
    let mut fields = Vec::new();
    for part in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let (field, rest) = part.split_once("\" value=\"").expect("a value");
        fields.push((field.to_owned(), unescaped(rest.split('"').next().expect("quoted"))));
    }
    for part in form.split("<textarea hidden name=\"").skip(1) {
        let (field, rest) = part.split_once("\">\n").expect("a text");
        let text = rest.split("</textarea>").next().expect("closed");
        fields.push((unescaped(field), unescaped(text).replace("\r\n", "\n").replace('\n', "\r\n")));
    }
    fields.retain(|(field, _)| field != "csrf");
    if !fields.iter().any(|(field, _)| field == "compte") {
        fields.push(("compte".to_owned(), name.to_owned()));
    }
    fields.push(("mot_de_passe".to_owned(), password.to_owned()));
    fields
}

fn unescaped(text: &str) -> String {
    let plain = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'");
    plain.replace("&#38;", "&")
}

async fn enter(browser: &mut Browser, page: &Page, name: &str, password: &str) -> Page {
    let fields = answered(page, name, password);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = browser.post("/connexion", &fields).await;
    browser.keep_cookie(&answer);
    answer
}

#[tokio::test]
async fn who_signs_in_goes_on_where_they_were() {
    // Goal: the page asked for, with a session that did not exist before; a wrong password opens nothing; who signs out
    // is out, and the old cookie with them.
    let stage = Stage::set().await;
    let mut browser = stage.stranger(PUY).await;
    let asked = browser.get("/animateur?jour=2027-03-03").await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    for (name, password) in [("animateur", "quatre mots à reteni"), ("personne", PASSWORD), ("<b>", PASSWORD), ("", "")]
    {
        let page = enter(&mut browser, &asked, name, password).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{name}");
        assert!(page.text.contains("ne vont pas ensemble"), "{}", page.text);
    }
    let planted = browser.session().to_owned();
    let entered = enter(&mut browser, &asked, "Animateur", PASSWORD).await;
    assert_eq!((entered.status, entered.location()), (StatusCode::SEE_OTHER, "/animateur?jour=2027-03-03"));
    let cookie = entered.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(browser.session() != planted && browser.session().len() == 64, "a new session");
    let day = browser.get("/animateur").await;
    assert!(
        day.status == StatusCode::OK && day.text.contains("data-test=\"signed\"") && day.text.contains("animateur")
    );
    let mut thief = stage.stranger(PUY).await;
    thief.take(&planted);
    assert_eq!(thief.get("/animateur").await.status, StatusCode::UNAUTHORIZED, "planted before");
    let (own, mut elsewhere) = (browser.session().to_owned(), stage.signed_in(PUY, AccountRole::Animateur).await);
    browser.post("/connexion/quitter", &[]).await;
    thief.take(&own);
    assert_eq!(thief.get("/animateur").await.status, StatusCode::UNAUTHORIZED, "signed out");
    assert_eq!(elsewhere.get("/animateur").await.status, StatusCode::OK, "here alone");
    let again = stage.signed_in(PUY, AccountRole::Animateur).await;
    let left = again.post("/connexion/quitter-partout", &[]).await;
    assert_eq!(left.location(), "/connexion");
    assert_eq!(elsewhere.get("/animateur").await.status, StatusCode::UNAUTHORIZED, "everywhere");
    let page = elsewhere.get("/animateur").await;
    assert_eq!(enter(&mut elsewhere, &page, "", PASSWORD).await.location(), "/animateur", "the same account again");
}

#[tokio::test]
async fn nobody_is_led_to_another_place() {
    // Goal: after signing in one is on a page of this node, whatever the form says.
    let stage = Stage::set().await;
    for to in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/rien",
        "/connexion/quitter",
        "",
        "javascript:x",
    ] {
        let browser = stage.stranger(CPAM).await;
        let fields = [("compte", "advisor"), ("mot_de_passe", PASSWORD), ("vers", to)];
        assert_eq!(browser.post("/connexion", &fields).await.location(), "/conseiller", "{to}");
    }
}

#[tokio::test]
async fn the_sixth_wrong_password_waits() {
    // Goal: five a minute for a name and for an address, then a wait that is told, right password or not, whether the
    // name exists or not; another way in is not the way round.
    for name in ["animateur", "personne"] {
        let stage = Stage::set().await;
        let browser = stage.stranger(PUY).await;
        for attempt in 0..5 {
            let page = browser.post("/connexion", &[("compte", name), ("mot_de_passe", "faux")]).await;
            assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{name}: {attempt}");
        }
        for password in ["faux", PASSWORD] {
            let page = browser.post("/connexion", &[("compte", name), ("mot_de_passe", password)]).await;
            assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{name}");
            assert!(
                page.text.contains("Trop d&#39;essais. Attendez") && page.text.contains("secondes"),
                "{}",
                page.text
            );
        }
        let locked = stage.signed_in(PUY, AccountRole::Animateur).await;
        locked.post("/connexion/verrouiller", &[]).await;
        let page = locked.post("/connexion/ouvrir", &[("mot_de_passe", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{name}: unlocking");
    }
}

#[tokio::test]
async fn a_form_that_meets_a_closed_session_is_carried_out_after_the_password() {
    // Goal: locked, ended by time, ended everywhere: nothing is done, the form comes back sealed inside the page of the
    // password, and the booking is made after it, with every letter that was typed; nothing stands in an address.
    let typed = "Zoé <b>\"l'Écu\"</b> & Cie\r\n+ 50% = émoji 🌾";
    for case in ["locked", "ended", "everywhere"] {
        let stage = Stage::set().await;
        let mut browser = stage.browser(PUY).await;
        let slot = first(&browser, "held").await;
        let nonce = nonce(&browser, &slot).await;
        let mut fields = form(&slot, &nonce, "Zoé Canari");
        fields.retain(|(name, _)| *name != "objet");
        fields.push(("objet", typed));
        let other = stage.signed_in(PUY, AccountRole::Animateur).await;
        match case {
            "locked" => browser.let_pass(LOCK_MS),
            "ended" => browser.let_pass(LENGTH_MS),
            _ => drop(other.post("/connexion/quitter-partout", &[]).await),
        }
        let asked = browser.post(NEW, &fields).await;
        assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{case}");
        assert!(asked.text.contains("data-test=\"kept\""), "{case}: {}", asked.text);
        assert!(stage.replicas[PUY].snapshot().appointments().is_empty(), "{case}: nothing yet");
        let wrong = enter(&mut browser, &asked, "", "faux").await;
        assert!(wrong.status == StatusCode::UNAUTHORIZED && wrong.text.contains("data-test=\"kept\""), "{case}: again");
        let done = enter(&mut browser, &wrong, "", PASSWORD).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{case}: {}", done.text);
        assert!(
            done.location().starts_with("/animateur/rendez-vous/") && !done.location().contains("Canari"),
            "{case}"
        );
        let page = browser.get(done.location()).await;
        assert!(page.status == StatusCode::OK && page.text.contains("Zoé Canari"), "{case}: {}", page.text);
        let subject = unescaped(page.between("<dd class=\"free\"><bdi>", "</bdi>"));
        assert_eq!(subject.replace("\r\n", "\n"), typed.replace("\r\n", "\n"), "{case}");
    }
}

#[tokio::test]
async fn a_form_goes_back_to_its_account_alone() {
    // Goal: who signs in as somebody else does not send what the first one typed; a form that is changed on its way, or
    // made by another page, is not carried out.
    let stage = Stage::set().await;
    let mut browser = stage.browser(PUY).await;
    let slot = first(&browser, "held").await;
    let nonce = nonce(&browser, &slot).await;
    browser.let_pass(LOCK_MS);
    let asked = browser.post(NEW, &form(&slot, &nonce, "Zoé Canari")).await;
    let good = answered(&asked, "", PASSWORD);
    let changed = |field: &str, value: &str| {
        let mut fields = good.clone();
        fields.iter_mut().filter(|it| it.0 == field).for_each(|it| value.clone_into(&mut it.1));
        fields
    };
    for (case, fields) in [
        ("another account", changed("compte", "manager")),
        ("another name", changed("porte.nom", "Autre Nom")),
        ("another address", changed("porte", "/restauration")),
        ("another seal", changed("sceau", &"0".repeat(64))),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let page = browser.post("/connexion", &fields).await;
        browser.keep_cookie(&page);
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/animateur"), "{case}");
        assert!(stage.replicas[PUY].snapshot().appointments().is_empty(), "{case}");
        browser.let_pass(LOCK_MS);
    }
}

#[tokio::test]
async fn a_locked_page_opens_in_place() {
    // Goal: the script of the page learns that the session is locked, shows nothing new, opens it with the password and
    // gets a token for the forms of the page; the cookie from before is worth nothing then.
    let stage = Stage::set().await;
    let mut browser = stage.browser(PUY).await;
    let state = |page: &Page| serde_json::from_str::<serde_json::Value>(&page.text).expect("JSON");
    let open = state(&browser.get("/connexion/etat").await);
    assert!(open["state"] == "open" && open["left_ms"].as_u64().is_some_and(|it| it > LOCK_MS - 30_000), "{open}");
    // Live updates are no hand: they keep nothing open.
    browser.let_pass(LOCK_MS - 30_000);
    for path in ["/animateur?fragment=1", "/connexion/etat", "/cabine/1/etat"] {
        assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
    }
    browser.let_pass(30_000);
    assert_eq!(state(&browser.get("/connexion/etat").await)["state"], "locked");
    assert_eq!(browser.get("/animateur?fragment=1").await.status, StatusCode::UNAUTHORIZED);
    let presence = browser.post("/connexion/presence", &[]).await;
    assert_eq!(presence.status, StatusCode::UNAUTHORIZED, "a hand does not open it");
    let wrong = browser.post("/connexion/ouvrir", &[("mot_de_passe", "faux")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let stolen = browser.session().to_owned();
    let opened = browser.post("/connexion/ouvrir", &[("mot_de_passe", PASSWORD)]).await;
    assert!(opened.status == StatusCode::OK && browser.keep_cookie(&opened), "{}", opened.text);
    assert_eq!(state(&opened)["token"], browser.token());
    assert_eq!(browser.get("/animateur?fragment=1").await.status, StatusCode::OK);
    let mut thief = stage.stranger(PUY).await;
    thief.take(&stolen);
    assert_eq!(thief.get("/animateur").await.status, StatusCode::UNAUTHORIZED, "a cookie from before the lock");
    // A hand keeps it open.
    browser.let_pass(LOCK_MS - 1_000);
    assert_eq!(browser.post("/connexion/presence", &[]).await.status, StatusCode::NO_CONTENT);
    browser.let_pass(LOCK_MS - 30_000);
    assert_eq!(browser.get("/animateur").await.status, StatusCode::OK);
    browser.post("/connexion/verrouiller", &[]).await;
    assert_eq!(browser.get("/animateur").await.status, StatusCode::UNAUTHORIZED, "locked by hand");
}

#[tokio::test]
async fn a_box_without_accounts_says_how_to_make_one() {
    let stage = Stage::set().await;
    for (member, role) in [(PUY, "animateur"), (CPAM, "advisor")] {
        for account in stage.replicas[member].snapshot().accounts.keys() {
            assert_eq!(stage.replicas[member].remove_account(account.clone()).await, Ok(true));
        }
        let page = stage.stranger(member).await.get("/connexion").await;
        assert!(page.text.contains(&format!("hameau account add NOM --role {role}")), "{}", page.text);
    }
}

#[tokio::test]
async fn a_session_is_over_with_its_account() {
    // Goal: a removed account and one of another password are out with the next request.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    assert_eq!(browser.get("/animateur").await.status, StatusCode::OK);
    let name = "animateur".to_owned().try_into().expect("a name");
    assert_eq!(stage.replicas[PUY].remove_account(name).await, Ok(true));
    assert_eq!(browser.get("/animateur").await.status, StatusCode::UNAUTHORIZED);
    let request = browser.request("GET", "/animateur").header(header::ACCEPT, "application/json");
    let told = browser.read(request.body(Body::empty()).expect("a request")).await;
    assert!(told.status == StatusCode::UNAUTHORIZED && told.text.contains("session est fermée"), "{}", told.text);
}
