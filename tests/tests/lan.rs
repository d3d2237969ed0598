// SPDX-License-Identifier: EUPL-1.2
//! The internet is gone. A point and an agency on one local network find each other, go on booking, and the person
//! talks with the advisor all the same.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use hameau_tests::hand::{PASSWORD, STAFF, Village, hameau, piped, settings, staffed, stopped};
use hameau_tests::lan::{Lan, Machine};
use hameau_tests::person::{Camera, Person};
use hameau_tests::wait::until;
use jiff::Timestamp;
use serde_json::Value;

/// A Tuesday, ten minutes before the first appointment.
const MORNING: &str = "2027-03-02T09:50:00+01:00";
const WHO: &str = r#"{"name":"Marie Demo","telephone":"","subject":"une carte"}"#;
const AGENCY: &str = r#"
[[desk]]
number = 1
name = "Guichet 1"
step_min = 30
openings = [{ days = ["tue"], from = "10:00", to = "12:00" }]

[[service]]
id = "carte"
name = "Carte"
duration_min = 30
"#;
const PORTAL: u16 = 4648;
/// Pictures that make a call.
const FRAMES: u64 = 40;

#[tokio::test]
async fn neighbours_go_on_without_the_internet() {
    let Some(lan) = Lan::open() else { return };
    let village = Village::founded().await;
    let [centre, town, home] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
    let shift_ms = (MORNING.parse::<Timestamp>().expect("a time").as_millisecond() - Timestamp::now().as_millisecond())
        .to_string();
    let options = ["--shift-ms", &shift_ms];
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

/// Books the time of that hour at the point, and waits until the agency has confirmed it to both.
async fn confirmed(town: &Path, home: &Path, hour: &str) {
    let from = format!("2027-03-02T{hour}+01:00");
    let slot = until(&format!("{hour} is offered"), async || {
        let said = hameau(town, &["slots", "--agency", "caisse", "--json"]).await;
        let slots = if said.code == 0 { said.json() } else { return Err(format!("{said:?}")) };
        let found = slots.as_array().into_iter().flatten().find(|it| it["from"] == from);
        found.and_then(|it| it["slot"].as_str().map(str::to_owned)).ok_or_else(|| slots.to_string())
    })
    .await;
    let booked = piped(town, &["book", &slot, "--service", "carte", "--details", "-"], WHO).await;
    assert_eq!(booked.code, 0, "{booked:?}");
    for at in [town, home] {
        until(&format!("{hour} is confirmed at {}", at.display()), async || {
            let agenda = hameau(at, &["agenda", "--json"]).await.json();
            let is_so =
                agenda.as_array().into_iter().flatten().any(|it| it["from"] == from && it["state"] == "confirmed");
            if is_so { Ok(()) } else { Err(agenda.to_string()) }
        })
        .await;
    }
}

/// Waits until a member is reached in one of these ways.
async fn has(home: &Path, member: &str, ways: &[&str]) {
    until(&format!("{} reaches {member}: {ways:?}", home.display()), async || {
        let members = hameau(home, &["members", "--json"]).await.json();
        let is_so = |it: &Value| it["member"] == member && it["reach"].as_str().is_some_and(|way| ways.contains(&way));
        if members.as_array().into_iter().flatten().any(is_so) { Ok(()) } else { Err(members.to_string()) }
    })
    .await;
}

/// On all of the machine's addresses, looking around on its network.
fn listens(home: &Path) {
    let at = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    settings(home, at(4646), at(4647), SocketAddr::from((Ipv4Addr::LOCALHOST, PORTAL)));
    let file = home.join("node.toml");
    let text = std::fs::read_to_string(&file).expect("written");
    std::fs::write(file, text.replace("local_discovery = false", "local_discovery = true")).expect("written");
}
