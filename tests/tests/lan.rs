// SPDX-License-Identifier: EUPL-1.2
//! The internet is gone. A point and an agency on one local network find each other, go on booking, and the person
//! talks with the advisor all the same.

use hameau_tests::hand::{PASSWORD, STAFF, Village, staffed, stopped};
use hameau_tests::lan::{AGENCY, Lan, MORNING, Machine, PORTAL, confirmed, has, listens, shift_to};
use hameau_tests::person::{Camera, Person};

/// Pictures that make a call.
const FRAMES: u64 = 40;

#[tokio::test]
async fn neighbours_go_on_without_the_internet() {
    let Some(lan) = Lan::open() else { return };
    let village = Village::founded().await;
    let [centre, town, home] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
    let shift = shift_to(MORNING);
    let options = ["--shift-ms", &shift];
    listens(&centre);
    let coordination = lan.started(Machine::Exchange, &centre, &options).await;
    for (name, role) in [("bourg", "point"), ("caisse", "agency")] {
        village.enrolled(name, role, &centre).await;
        listens(&village.at(name));
    }
    std::fs::write(home.join("member.toml"), AGENCY).expect("written");
    let point = lan.started(Machine::First, &town, &options).await;
    let agency = lan.started(Machine::Second, &home, &options).await;
    has(&town, "centre", &["lan", "direct"]).await;
    has(&town, "caisse", &["lan"]).await;
    confirmed(&town, &home, "10:00").await;

    lan.cut_off();
    confirmed(&town, &home, "10:30").await;
    // Started anew: what it knew of connections is forgotten, and no address leads out.
    stopped(point).await;
    let point = lan.started(Machine::First, &town, &options).await;
    has(&town, "caisse", &["lan"]).await;
    confirmed(&town, &home, "11:00").await;
    staffed(&town, "animateur").await;
    staffed(&home, "advisor").await;
    calls(&lan).await;

    for node in [point, agency, coordination] {
        stopped(node).await;
    }
}

/// The appointment of ten o'clock, from the booth to the advisor and back.
async fn calls(lan: &Lan) {
    let at = |machine| Some(lan.name(machine));
    let door = |door: &str| format!("http://127.0.0.1:{PORTAL}/{door}");
    let animateur = Person::on(at(Machine::First), "the animateur", &door("animateur"), Camera::Missing).await;
    let booth = Person::on(at(Machine::First), "the person in the booth", &door("cabine"), Camera::Works).await;
    let advisor = Person::on(at(Machine::Second), "the advisor", &door("conseiller"), Camera::Works).await;
    animateur.signs_in(&door("animateur"), STAFF, PASSWORD).await;
    advisor.signs_in(&door("conseiller"), STAFF, PASSWORD).await;
    animateur.click("start-call").await;
    booth.sees("call-state", "Le conseiller arrive").await;
    advisor.click("join-waiting").await;
    let there = advisor.hears_and_sees(FRAMES).await;
    let here = booth.hears_and_sees(FRAMES).await;
    println!("at the agency {there:?}, in the booth {here:?}");
    advisor.click("hang-up").await;
    booth.sees("booth-ended", "L'appel est terminé").await;
}
