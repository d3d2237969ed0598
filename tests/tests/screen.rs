// SPDX-License-Identifier: EUPL-1.2
//! The public screen, by touch alone: official sheets and branches on the box's own disk, and a screen that forgets.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use hameau_tests::hand::{PASSWORD, STAFF, Village, hameau, settings, staffed, started, stopped};
use hameau_tests::official;
use hameau_tests::person::Person;

/// A point without network and with a portal that is found again after a restart. The portal's address.
fn cut_off(home: &Path) -> String {
    let port = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port").local_addr().expect("bound");
    let (mesh, portal) = (port(), port());
    settings(home, mesh, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), portal);
    let mut text = std::fs::read_to_string(home.join("node.toml")).expect("settings");
    text.push_str("citizen_idle_sec = 10\n");
    std::fs::write(home.join("node.toml"), text).expect("written");
    format!("http://{portal}/")
}

/// A point that nobody reaches, with its animateur.
async fn point(village: &Village) -> String {
    village.enrolled("bourg", "point", &village.at("centre")).await;
    let home = village.at("bourg");
    staffed(&home, "animateur").await;
    cut_off(&home)
}

#[tokio::test]
async fn a_citizen_finds_the_way_by_touch_alone() {
    // Goal: without network and keyboard: themes, a sheet, its papers, one's commune and the branch that serves it; the
    // animateur hears which sheet; a word is typed on the page's keys, wrongly, and finds the sheet. Imports work on a
    // node that runs and on one that does not.
    let village = Village::founded().await;
    let portal = point(&village).await;
    let (home, (annuaire, sheets)) = (village.at("bourg"), official::files(&village.at("files")));
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let (annuaire, sheets) = (text(&annuaire), text(&sheets));
    let refused = hameau(&home, &["directory", "import", &annuaire]).await;
    assert!(refused.code == 1 && refused.err.contains("--department"), "{refused:?}");
    let report = hameau(&home, &["directory", "import", &annuaire, "--department", "46", "--json"]).await.json();
    assert_eq!((&report["records"], &report["branches"], &report["communes"]), (&3.into(), &3.into(), &2.into()));
    let node = started(&home, &[]).await;
    let citizen = Person::at("the citizen", &portal).await;
    citizen.sees("directory", "annuaire").await;
    citizen.sees_no("theme").await;
    let said = hameau(&home, &["directory", "import", &sheets, "--department", "46"]).await;
    assert!(said.code == 0 && said.out.contains("fiches : 1 reprise, sous 2 thèmes"), "{said:?}");

    citizen.go(&portal).await;
    citizen.picture("screen-home").await;
    citizen.touch_on("theme", "Santé d'essai").await;
    citizen.touch_on("theme", "Assurance maladie").await;
    citizen.touch_on("sheet-link", "Carte Vitale d'essai").await;
    citizen.sees("sheet-what", "Elle prouve vos droits").await;
    citizen.sees("sheet-papers", "Une photo récente").await;
    citizen.sees("online", "Commander la carte d'essai").await;
    let links = citizen.eval("[...document.querySelectorAll('a[rel*=external]')].map((it) => it.href)").await;
    assert_eq!(links, serde_json::json!(["https://compte.example/carte", "https://fiches.example/F1"]));
    citizen.touch_on("part", "Délais").await;
    citizen.sees("[open] p", "Deux semaines").await;
    citizen.picture("screen-sheet").await;
    citizen.touch("commune").await;
    citizen.picture("screen-commune").await;
    citizen.touch("digit-4").await;
    citizen.sees("postcode", "4").await;
    citizen.touch("letter-P").await;
    citizen.touch("commune-46231").await;
    citizen.sees("branch", "Lundi à Vendredi").await;
    citizen.sees("branch-hours", "08:30 – 12:00, 13:30 – 17:00").await;
    citizen.sees("branch-tel", "00 00 00 00 00").await;
    citizen.sees("commune", "Ma commune : Puy-l'Évêque").await;
    citizen.picture("screen-branch").await;

    let animateur = Person::at("the animateur", &format!("{portal}animateur")).await;
    animateur.signs_in(&format!("{portal}animateur"), STAFF, PASSWORD).await;
    animateur.sees_no("screen-wish").await;
    citizen.touch("ask-appointment").await;
    citizen.sees("notice", "L'animateur est prévenu").await;
    animateur.sees("screen-wish", "« Carte Vitale d'essai »").await;
    animateur.picture("screen-wish").await;
    animateur.click("wish-seen").await;
    animateur.sees_no("screen-wish").await;

    citizen.touch("home").await;
    citizen.touch("keyboard").await;
    for key in "vitla".chars() {
        citizen.touch(&format!("key-{key}")).await;
    }
    citizen.touch("search-button").await;
    citizen.sees("sheet-link", "Carte Vitale d'essai").await;
    citizen.sees("result-source", "Fiche officielle").await;
    citizen.picture("screen-search").await;
    citizen.touch("sheet-link").await;
    citizen.sees("sheet-title", "Carte Vitale d'essai").await;
    let shifts = "new Promise((done) => {
        const seen = (list) => done(list.getEntries().filter((it) => !it.hadRecentInput).length);
        new PerformanceObserver(seen).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => done(0), 500);
    })";
    assert_eq!(citizen.eval(shifts).await, 0, "nothing moves by itself");
    drop((citizen, animateur));
    stopped(node).await;
}

#[tokio::test]
async fn a_screen_that_nobody_touches_clears_itself_or_says_that_it_could_not() {
    // Goal: it asks, counts down, stays when somebody is there; else all is gone, the chosen commune and the way back too.
    // Where the node does not answer, nothing of the last person is shown and the page says it; it clears itself when the
    // node is back.
    let village = Village::founded().await;
    let portal = point(&village).await;
    let (home, (annuaire, sheets)) = (village.at("bourg"), official::files(&village.at("files")));
    let files = [&annuaire, &sheets].map(|it| it.to_str().expect("UTF-8").to_owned());
    let said = hameau(&home, &["directory", "import", &files[0], &files[1], "--department", "46"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let node = started(&home, &[]).await;
    let citizen = Person::at("the citizen", &portal).await;
    citizen.touch("commune").await;
    citizen.touch("letter-C").await;
    citizen.touch("commune-46042").await;
    citizen.touch_on("theme", "Santé d'essai").await;
    citizen.touch_on("theme", "Assurance maladie").await;
    citizen.touch("sheet-link").await;
    citizen.sees("sheet-title", "Carte Vitale d'essai").await;
    citizen.sees("idle", "Êtes-vous toujours là").await;
    citizen.picture("screen-idle").await;
    assert_eq!(citizen.eval("document.elementFromPoint(640, 500).closest('#idle') !== null").await, true);
    citizen.touch("idle-stay").await;
    citizen.sees_no("idle").await;
    citizen.sees("sheet-title", "Carte Vitale d'essai").await;
    let before = citizen.eval("history.length").await;
    citizen.sees("idle-left", "1").await;
    citizen.sees("commune", "Choisir ma commune").await;
    citizen.sees_no("sheet-title").await;
    assert_eq!(citizen.eval("location.pathname").await, "/");
    assert_eq!(citizen.eval("history.length").await, before, "pages take each other's place");
    citizen.eval("history.back()").await;
    citizen.sees_no("sheet-title").await;

    citizen.go(&format!("{portal}fiches/F1")).await;
    citizen.sees("sheet-title", "Carte Vitale d'essai").await;
    stopped(node).await;
    citizen.sees("cleared", "n'a pas pu être effacé").await;
    citizen.picture("screen-not-cleared").await;
    let text = citizen.page_source().await;
    assert!(!text.contains("Carte Vitale") && !text.contains("photo"), "{text}");
    let node = started(&home, &[]).await;
    citizen.sees("theme", "Santé d'essai").await;
    drop(citizen);
    stopped(node).await;
}
