// SPDX-License-Identifier: EUPL-1.2
//! Every page there is, on a public screen, a laptop and a telephone, enlarged four times, light and dark, by keyboard;
//! and the day's work without scripts.

use hameau_tests::browser::Place;
use hameau_tests::official;
use hameau_tests::person::{Camera, KIOSK, LAPTOP, Person, Size, TELEPHONE};
use hameau_tests::wait::until;
use hameau_tests::world::{MORNING, World};
use serde_json::{Value, json};

/// The table of addresses: what it lists is looked at here.
const ROUTES: &str = include_str!("../../node/src/portal/routes.rs");

/// Files, which have no look.
const FILES: [&str; 5] = [
    "/confiance/autorite.crt",
    "/coordination/nombres.csv",
    "/coordination/papiers",
    "/conseiller/rendez-vous/{short}/appel/documents/{id}/fichier",
    "/conseiller/rendez-vous/{short}/appel/documents/{id}/{page}",
];

/// Whose word opens every page of a member.
const MANAGER: &str = "responsable";

const BOOK: &str = "/animateur/rendez-vous/nouveau";
const SEEK: &str = "/animateur/attente?agence=cpam-46&motif=carte-vitale";

/// The pages of the table that a person opens, as it writes them.
fn pages_of_the_table() -> Vec<&'static str> {
    let rows = ROUTES.lines().filter(|line| line.starts_with("    page(\"") && !line.contains(".by_itself()"));
    let paths = rows.filter_map(|row| row.split('"').nth(1)).filter(|path| !FILES.contains(path));
    paths.chain(["/connexion", "/encore-la"]).collect()
}

/// Whether an address is one of such a path.
fn is_of(address: &str, path: &str) -> bool {
    let address = address.split('?').next().unwrap_or_default();
    let (mut parts, mut wanted) = (address.split('/'), path.split('/'));
    wanted.by_ref().all(|it| parts.next().is_some_and(|part| part == it || it.starts_with('{')))
        && parts.next().is_none()
}

/// Somebody in front of one member's pages, and the addresses that they have looked at.
struct Walk<'a> {
    person: &'a Person,
    base: &'a str,
    seen: &'a mut Vec<String>,
}

impl Walk<'_> {
    async fn through(&mut self, addresses: &[&str]) {
        for address in addresses {
            self.person.looks_at(&format!("{}{address}", self.base.trim_end_matches('/'))).await;
            self.seen.push((*address).to_owned());
        }
    }

    /// Enters a person without an appointment on the waiting list; gives the address of their page.
    async fn enters_somebody(&self) -> String {
        let base = self.base.trim_end_matches('/');
        self.person.go(&format!("{base}{SEEK}")).await;
        self.person.write("name", "Lucette Delpech").await;
        self.person.write("telephone", "06 00 00 00 05").await;
        self.person.click("submit").await;
        self.person.sees("seeker", "Lucette Delpech").await;
        let address = self.person.address().await;
        address.trim_start_matches(base).split('?').next().unwrap_or_default().to_owned()
    }

    /// Keeps a picture for docs/screens.
    async fn picture(&self, address: &str, size: Size, scheme: &str, name: &str) {
        self.person.screen(size.0, size.1).await;
        self.person.wishes_for(scheme).await;
        self.person.go(&format!("{}{address}", self.base.trim_end_matches('/'))).await;
        self.person.picture(&format!("screen-of-{name}")).await;
    }
}

/// Who comes to the point today: agency, service, hour, name, telephone, subject.
const PEOPLE: [[&str; 6]; 4] = [
    ["cpam-46", "carte-vitale", "10:00", "Odette Vidal", "06 00 00 00 01", "Carte perdue, photo à refaire"],
    ["caf-46", "rsa", "10:30", "Jean-Luc Marty", "", ""],
    ["cpam-46", "carte-vitale", "14:00", "Yvette Combes", "06 00 00 00 03", ""],
    ["cpam-46", "carte-vitale", "14:30", "Ahmed Benali", "06 00 00 00 04", "Changement de régime"],
];

/// A point with a day's appointments, two agencies, one of which has walk-in hours, and the State's sheets; and the short
/// name of the first appointment.
async fn territory() -> (World, String) {
    let world = World::start(&["lot", "puy-leveque", "cpam-46", "caf-46"]).await;
    world.together().await;
    let (annuaire, sheets) = official::files(&world.folder().join("files"));
    official::shelf(&sheets);
    let files = [&annuaire, &sheets].map(|it| it.to_str().expect("UTF-8"));
    let said = world.hameau("puy-leveque", &["directory", "import", files[0], files[1], "--department", "46"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let mut shorts = Vec::new();
    for [agency, service, hour, name, telephone, subject] in PEOPLE {
        let from = format!("{}T{hour}", &MORNING[..10]);
        let slot = until(&format!("{agency} offers {hour}"), async || {
            let slots = world.hameau("puy-leveque", &["slots", "--agency", agency, "--json"]).await.answer()?;
            let is_wanted =
                |it: &&Value| it["service"] == service && it["from"].as_str().is_some_and(|it| it.starts_with(&from));
            let found = slots.as_array().into_iter().flatten().find(is_wanted);
            found.and_then(|it| it["slot"].as_str()).map(str::to_owned).ok_or_else(|| slots.to_string())
        })
        .await;
        let details = json!({ "name": name, "telephone": telephone, "subject": subject }).to_string();
        let book = ["book", &slot, "--service", service, "--details", "-", "--json"];
        let booked = world.piped("puy-leveque", &book, &details).await.json();
        shorts.push(booked["appointment"].as_str().expect("a short name").to_owned());
    }
    (world, shorts.swap_remove(0))
}

#[tokio::test]
async fn every_page_is_fair_to_everybody() {
    let (world, short) = territory().await;
    let mut seen = Vec::new();
    let citizen = Person::at("the citizen", world.door("puy-leveque", "portal")).await;
    let mut walk = Walk { person: &citizen, base: world.door("puy-leveque", "portal"), seen: &mut seen };
    walk.through(&["/", "/?lang=en", "/themes/N1", "/fiches/F1", "/fiches/F1/1", "/annuaire", "/annuaire/cpam"]).await;
    walk.through(&[
        "/annuaire/cpam/essai-1",
        "/commune",
        "/encore-la",
        "/cabine",
        "/cabine/1/essai",
        "/connexion",
        "/nulle-part",
    ])
    .await;
    walk.picture("/", KIOSK, "light", "citizen").await;
    walk.picture("/fiches/F1", KIOSK, "light", "sheet").await;
    walk.picture("/cabine", KIOSK, "light", "booth").await;
    walk.picture("/", TELEPHONE, "light", "citizen-telephone").await;
    walk.picture("/", KIOSK, "dark", "citizen-dark").await;
    drop(citizen);

    let point = Person::seated(Place::default(), "the point's manager", Camera::Missing).await;
    point.signs_in(world.door("puy-leveque", "animateur"), MANAGER, world.password()).await;
    let mut walk = Walk { person: &point, base: world.door("puy-leveque", "portal"), seen: &mut seen };
    let service = format!("{BOOK}?agence=cpam-46&motif=carte-vitale");
    walk.through(&[
        "/animateur",
        "/animateur/feuille",
        BOOK,
        &service,
        "/animateur/rendez-vous/comparer",
        "/animateur/essai",
    ])
    .await;
    walk.through(&["/animateur/file?agence=caf-46&motif=rsa", SEEK, "/journal", "/confiance"]).await;
    let waiting = walk.enters_somebody().await;
    walk.through(&[waiting.as_str()]).await;
    let own = format!("/animateur/rendez-vous/{short}");
    let pages = ["", "/bulletin", "/modifier", "/deplacer"].map(|it| format!("{own}{it}"));
    walk.through(&pages.each_ref().map(String::as_str)).await;
    walk.picture("/animateur", LAPTOP, "light", "animateur").await;
    walk.picture("/animateur", LAPTOP, "dark", "animateur-dark").await;
    walk.picture("/animateur", TELEPHONE, "light", "animateur-telephone").await;
    walk.picture(&service, LAPTOP, "light", "slots").await;
    walk.picture(&format!("{own}/bulletin"), LAPTOP, "light", "slip").await;
    walk.picture(&own, LAPTOP, "light", "appointment").await;
    point.go(&format!("{}{}", world.door("puy-leveque", "portal").trim_end_matches('/'), service)).await;
    point.click("slot").await;
    point.sees("book-form", "Nom et prénom").await;
    let form = point.address().await;
    point.looks_at(&form).await;
    drop(point);

    let agency = Person::seated(Place::default(), "the agency's manager", Camera::Missing).await;
    agency.signs_in(world.door("cpam-46", "advisor"), MANAGER, world.password()).await;
    let mut walk = Walk { person: &agency, base: world.door("cpam-46", "portal"), seen: &mut seen };
    walk.through(&["/conseiller", "/conseiller/semaine", "/conseiller/bulletin", "/conseiller/essai"]).await;
    let pages = ["note", "appel"].map(|it| format!("/conseiller/rendez-vous/{short}/{it}"));
    walk.through(&pages.each_ref().map(String::as_str)).await;
    walk.picture("/conseiller", LAPTOP, "light", "advisor").await;
    walk.picture("/conseiller", LAPTOP, "dark", "advisor-dark").await;
    walk.picture("/conseiller", TELEPHONE, "light", "advisor-telephone").await;
    walk.picture("/conseiller/semaine", LAPTOP, "light", "week").await;
    drop(agency);

    let lot = Person::seated(Place::default(), "the coordination", Camera::Missing).await;
    lot.signs_in(world.door("lot", "coordination"), MANAGER, world.password()).await;
    let mut walk = Walk { person: &lot, base: world.door("lot", "portal"), seen: &mut seen };
    walk.through(&["/coordination", "/coordination/nombres", "/coordination/inscrire"]).await;
    let pages = ["", "/remplacer", "/revoquer"].map(|it| format!("/coordination/membres/puy-leveque{it}"));
    walk.through(&pages.each_ref().map(String::as_str)).await;
    walk.picture("/coordination", LAPTOP, "light", "coordination").await;
    walk.picture("/coordination/nombres", LAPTOP, "light", "numbers").await;
    drop(lot);

    let pages = pages_of_the_table();
    assert!(pages.len() > 30, "the table is read: {pages:?}");
    for path in pages {
        assert!(seen.iter().any(|address| is_of(address, path)), "nobody looked at {path}");
    }
    drop(world.stop().await);
}

#[tokio::test]
async fn the_day_works_without_scripts() {
    // Goal: search, keys of the page and forgetting; sign in, book, print, receive; the advisor's day and its end.
    let (world, short) = territory().await;
    let citizen = Person::seated(Place::default(), "the citizen", Camera::Missing).await;
    citizen.without_scripts().await;
    citizen.go(world.door("puy-leveque", "portal")).await;
    citizen.click("keyboard").await;
    for key in ["v", "i", "t", "a", "l", "e"] {
        citizen.click(&format!("key-{key}")).await;
    }
    citizen.click("search-button").await;
    citizen.sees("result", "Commander ou renouveler sa carte Vitale").await;
    citizen.click("finish").await;
    citizen.sees("agency-cpam-46", "CPAM du Lot").await;
    citizen.sees_no("result").await;

    let animateur = Person::seated(Place::default(), "the animateur", Camera::Missing).await;
    animateur.without_scripts().await;
    animateur.signs_in_at(&world, "puy-leveque", "animateur").await;
    animateur.click("book").await;
    animateur.click("service-carte-vitale").await;
    animateur.click("slot").await;
    animateur.write("name", "Berthe Sanscript").await;
    animateur.click("no-telephone").await;
    animateur.click("submit").await;
    animateur.sees("appointment", "Berthe Sanscript").await;
    animateur.click("slip").await;
    animateur.sees("slip-paper", "Berthe Sanscript").await;
    animateur.sees_no("print").await;
    animateur.go(&format!("{}/rendez-vous/{short}", world.door("puy-leveque", "animateur"))).await;
    animateur.click("arrived").await;
    animateur.sees("[data-test=state][data-state=arrived]", "").await;

    let advisor = Person::seated(Place::default(), "the advisor", Camera::Missing).await;
    advisor.without_scripts().await;
    advisor.signs_in_at(&world, "cpam-46", "advisor").await;
    until("the advisor reads that the person is there", async || {
        advisor.go(world.door("cpam-46", "advisor")).await;
        let rows = advisor.rows("row").await;
        let is_there = rows.iter().any(|row| row.text.contains("Odette Vidal") && row.state == "arrived");
        if is_there { Ok(()) } else { Err(format!("{rows:?}")) }
    })
    .await;
    drop((citizen, animateur, advisor));
    drop(world.stop().await);
}
