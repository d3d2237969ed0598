// SPDX-License-Identifier: EUPL-1.2
//! The citizen's official pages: what they show, what they forget, what they weigh.

use std::io::Write as _;
use std::path::PathBuf;

use axum::body::Body;
use axum::http::{StatusCode, header};

use super::stage::{CPAM, PUY, Stage};
use crate::portal::entrance::Entrance;

const ANNUAIRE: &str = r#"[
{ "id": "c-1", "nom": "Caisse <b>d'essai</b> - Cahors", "pivot": [{ "type_service_local": "cpam", "code_insee_commune": ["46231"] }],
  "adresse": [{ "numero_voie": "1 rue de l'Essai", "code_postal": "46000", "nom_commune": "Cahors" }],
  "telephone": [{ "valeur": "00 00 00 00 00" }] },
{ "id": "m-1", "nom": "Mairie - Puy-l'Évêque", "code_insee_commune": "46231",
  "pivot": [{ "type_service_local": "mairie", "code_insee_commune": ["46231"] }],
  "adresse": [{ "code_postal": "46700", "nom_commune": "Puy-l'Évêque" }] },
{ "id": "m-2", "nom": "Mairie - Cahors", "code_insee_commune": "46042",
  "pivot": [{ "type_service_local": "mairie", "code_insee_commune": ["46042"] }] }
]"#;

/// Official files: a sheet that is as long as `words`, with a paper and a kind of branch.
fn files(folder: &tempfile::TempDir, words: usize) -> Vec<PathBuf> {
    let (annuaire, sheet) = (folder.path().join("a.json"), folder.path().join("F1.xml"));
    std::fs::write(&annuaire, ANNUAIRE).expect("written");
    // Words that do not compress better than those of a language.
    let text: String = (0..words).map(|it| format!("mot{} ", it * 7_919 % 10_007)).collect();
    let chapters: String = text
        .as_bytes()
        .chunks(3_000)
        .map(|it| {
            format!(
                "<Chapitre><Titre>Chapitre</Titre><Paragraphe>{}</Paragraphe></Chapitre>",
                String::from_utf8_lossy(it)
            )
        })
        .collect();
    let xml = format!(
        "<Publication ID=\"F1\" type=\"Fiche\" spUrl=\"https://fiches.example/F1\"><title>Renouveler un &lt;i&gt;titre&lt;/i&gt;</title>\
         <description>De quoi il s'agit.</description><Theme ID=\"N1\"><Titre>Thème</Titre></Theme>\
         <Texte><Chapitre><Titre>Documents à fournir</Titre><Liste><Item><Paragraphe>Une photo</Paragraphe></Item></Liste></Chapitre>{chapters}</Texte>\
         <OuSAdresser type=\"Local\"><Titre>x</Titre><PivotLocal>cpam</PivotLocal></OuSAdresser></Publication>"
    );
    std::fs::write(&sheet, xml).expect("written");
    vec![annuaire, sheet]
}

async fn stage(words: usize) -> Stage {
    let (stage, folder) = (Stage::set().await, tempfile::tempdir().expect("a folder"));
    stage.import(&files(&folder, words));
    stage
}

#[tokio::test]
async fn agencies_and_the_state_are_found_by_one_search() {
    // Goal: both in one list, each marked by its source; forms and typing errors; the file's markup is text.
    let stage = stage(10).await;
    let citizen = stage.stranger(PUY).await;
    let page = citizen.post("/", &[("q", "renouvelement d'un titre")]).await;
    assert!(page.text.contains("href=\"/fiches/F1\"") && page.text.contains("Fiche officielle"), "{}", page.text);
    assert!(page.text.contains("&lt;i&gt;") || page.text.contains("&#60;i&#62;"), "{}", page.text);
    assert!(!page.text.contains("<i>titre"));
    let page = citizen.post("/", &[("q", "commende carte vitalle")]).await;
    assert!(page.text.contains("Commander sa carte Vitale") && page.text.contains("Membre cpam-46"), "{}", page.text);
    let page = citizen.post("/", &[("q", "titr"), ("touche", "e")]).await;
    assert!(page.text.contains("value=\"titre\"") && page.text.contains("/fiches/F1"), "a key without scripts");
    let page = citizen.post("/", &[("q", "titre"), ("touche", "-")]).await;
    assert!(page.text.contains("value=\"titr\""), "one letter back");
}

#[tokio::test]
async fn a_commune_leads_to_who_is_competent_and_is_forgotten() {
    // Goal: chosen by letter or postal code, in no address; the sheet shows the branch that the directory names; clearing
    // forgets it and gives another session, but signs nobody out; another browser never knew.
    let stage = stage(10).await;
    let mut citizen = stage.stranger(PUY).await;
    let page = citizen.post("/commune", &[("lettre", "P"), ("retour", "/fiches/F1")]).await;
    assert!(page.text.contains("value=\"46231\"") && !page.text.contains("value=\"46042\""), "{}", page.text);
    let page = citizen.post("/commune", &[("cp", "467"), ("touche", "0")]).await;
    assert!(page.text.contains("value=\"4670\"") && page.text.contains("value=\"46231\""));
    let page = citizen.post("/commune", &[("cp", "4670"), ("touche", "-")]).await;
    assert!(page.text.contains("value=\"467\""));
    for evil in ["https://evil.example/", "//evil.example", "/animateur", "/fiches/../animateur"] {
        assert_eq!(citizen.post("/commune", &[("commune", "46231"), ("retour", evil)]).await.location(), "/", "{evil}");
    }
    assert_eq!(
        citizen.post("/commune", &[("commune", "46231"), ("retour", "/fiches/F1")]).await.location(),
        "/fiches/F1"
    );
    let page = citizen.get("/fiches/F1").await;
    assert!(page.text.contains("1 rue de l&#39;Essai") || page.text.contains("1 rue de l'Essai"), "{}", page.text);
    assert!(page.text.contains("00 00 00 00 00") && !page.text.contains("<b>d'essai"));
    assert!(page.text.contains("Une photo") && page.text.contains("De quoi il s"));
    let list = citizen.get("/annuaire/cpam").await;
    assert!(list.text.contains("data-test=\"competent\"") && list.text.contains("Pour Puy-l"), "{}", list.text);
    assert!(citizen.get("/annuaire").await.text.contains("Mairie"));
    assert_eq!(citizen.get("/annuaire/mairie/m-2").await.status, StatusCode::OK);
    let other = stage.stranger(PUY).await.get("/fiches/F1").await;
    assert!(!other.text.contains("00 00 00 00 00"));
    let before = citizen.session().to_owned();
    let wiped = citizen.get("/effacer").await;
    assert_eq!(wiped.location(), "/");
    assert!(citizen.keep_cookie(&wiped) && citizen.session() != before, "another session");
    assert!(!citizen.get("/fiches/F1").await.text.contains("00 00 00 00 00"));
    let animateur = stage.browser(PUY).await;
    animateur.post("/commune", &[("commune", "46231")]).await;
    let request = animateur.request("GET", "/effacer").header(header::ACCEPT, "application/json");
    let said = animateur.read(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(said.text, "{\"cleared\":true}");
    assert_eq!(animateur.get("/animateur").await.status, StatusCode::OK, "who works here stays signed in");
    assert!(!animateur.get("/fiches/F1").await.text.contains("00 00 00 00 00"));
}

#[tokio::test]
async fn the_animateur_hears_that_somebody_asks() {
    // Goal: the sheet's title and the time, and nothing of the person; seen, it goes; an agency has no animateur.
    let stage = stage(10).await;
    let (citizen, animateur) = (stage.stranger(PUY).await, stage.browser(PUY).await);
    assert!(citizen.get("/fiches/F1").await.text.contains("data-test=\"ask-appointment\""));
    let asked = citizen.post("/fiches/F1/rendez-vous", &[]).await;
    assert!(asked.text.contains("prévenu") && !asked.text.contains("data-test=\"ask-appointment\""), "{}", asked.text);
    let page = animateur.get("/animateur").await;
    let wish = page.between("data-test=\"screen-wish\"", "</form>");
    assert!(wish.contains("Renouveler un") && wish.contains("09 h 50") || wish.contains("9 h 50"), "{wish}");
    let number = wish.split("name=\"numero\" value=\"").nth(1).and_then(|it| it.split('"').next()).expect("a number");
    animateur.post("/animateur/ecran", &[("numero", number)]).await;
    assert!(!animateur.get("/animateur").await.text.contains("data-test=\"screen-wish\""));
    let agency = stage.stranger(CPAM).await;
    assert!(!agency.get("/fiches/F1").await.text.contains("ask-appointment"));
    assert_eq!(agency.post("/fiches/F1/rendez-vous", &[]).await.status, StatusCode::NOT_FOUND);
    for path in ["/fiches/F2", "/fiches/F1/9", "/fiches/F1/x", "/themes/N7", "/annuaire/x", "/annuaire/cpam/m-2"] {
        assert_eq!(citizen.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_screen_without_scripts_clears_itself_too() {
    // Goal: a refresh asks, then clears; the way back leads to the page; the clean first page and the office have none.
    let stage = stage(10).await;
    let citizen = stage.stranger(PUY).await;
    let page = citizen.get("/fiches/F1").await;
    assert!(page.text.contains("<noscript><meta http-equiv=\"refresh\" content=\"90;url=/encore-la\"></noscript>"));
    assert!(page.text.contains("data-test=\"finish\""));
    let request = citizen.request("GET", "/encore-la").header(header::REFERER, "http://127.0.0.1:8046/fiches/F1");
    let asks = citizen.read(request.body(Body::empty()).expect("a request")).await;
    assert!(asks.text.contains("http-equiv=\"refresh\" content=\"20;url=/effacer\""), "{}", asks.text);
    assert!(asks.text.contains("href=\"/fiches/F1\" data-test=\"idle-stay\""));
    assert!(!citizen.get("/").await.text.contains("http-equiv"));
    let office = stage.by(Entrance::Office, PUY, Some(crate::account::AccountRole::Animateur)).await;
    let page = office.get("/fiches/F1").await;
    assert!(page.status == StatusCode::OK && !page.text.contains("idle.js"));
    assert!(!stage.browser(PUY).await.get("/animateur").await.text.contains("idle.js"));
}

#[tokio::test]
async fn text_pages_stay_within_their_weight() {
    // Goal: 14 kB compressed, the longest sheet too, in pages that hold all of it. Compressed by gzip, as a proxy would.
    let stage = stage(18_000).await;
    let citizen = stage.stranger(PUY).await;
    let mut path = "/fiches/F1".to_owned();
    let mut pages = 0;
    loop {
        let page = citizen.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let bytes = gzipped(page.text.as_bytes());
        assert!(bytes <= 14 * 1024, "{path} has {bytes} bytes compressed");
        pages += 1;
        let Some(next) = page.text.split("data-test=\"page-next\"").next().filter(|it| it.len() < page.text.len())
        else {
            break;
        };
        path = next.rsplit("href=\"").next().and_then(|it| it.split('"').next()).expect("an address").to_owned();
    }
    assert!(pages > 4, "{pages} pages");
    for path in ["/", "/themes/N1", "/annuaire", "/annuaire/mairie", "/commune"] {
        let bytes = gzipped(citizen.get(path).await.text.as_bytes());
        assert!(bytes <= 14 * 1024, "{path} has {bytes} bytes compressed");
    }
}

fn gzipped(bytes: &[u8]) -> usize {
    let mut gzip = std::process::Command::new("gzip")
        .arg("-c")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("gzip is there");
    let mut input = gzip.stdin.take().expect("piped");
    input.write_all(bytes).expect("it reads");
    drop(input);
    gzip.wait_with_output().expect("it ends").stdout.len()
}
