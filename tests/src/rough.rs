// SPDX-License-Identifier: EUPL-1.2
//! A call over a poor line (docs/lines.md): a real appointment at a point at the line's end, with an agency at the
//! exchange, each with its node and its browsers.
//!
//! The village is founded and the appointment booked while the line is good: it is the call that has a poor one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use tokio::process::Child;

use crate::hand::{PASSWORD, STAFF, Village, interrupted, settings, staffed, stopped};
use crate::lan::{MORNING, OPEN_AT_TEN, confirmed, has, shift_to};
use crate::lines::Lines;
use crate::person::{Camera, Person};

/// The place at the end of the line, where the booth is.
pub const PLACE: &str = "a";
/// The place without a line, where the advisor is.
pub const EXCHANGE: &str = "x";
const FIRST_PORT: u16 = 4700;

/// A call that is up, and all that holds it.
pub struct Call {
    /// In the booth.
    pub booth: Person,
    /// At the agency.
    pub advisor: Person,
    /// At the point.
    pub animateur: Person,
    /// The animateur's pages.
    pub door: String,
    coordination: Child,
    agency: Child,
    point: Child,
    shift: String,
    village: Village,
}

/// How a node ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As by a power cut.
    Killed,
    /// As by its service.
    Stopped,
}

/// Founds a village, books, and lets both sit down; the line is as named from the moment the call is started.
///
/// # Panics
/// When they are not in the call by the deadline.
pub async fn connected(lines: &mut Lines, line: &str) -> Call {
    lines.change(PLACE, "clean").await;
    let village = Village::founded().await;
    let [centre, town, home] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
    let shift = shift_to(MORNING);
    let options = ["--shift-ms", shift.as_str()];
    listens(&centre, lines.address(EXCHANGE), FIRST_PORT);
    let coordination = lines.started(EXCHANGE, &centre, &options).await;
    for (name, role) in [("bourg", "point"), ("caisse", "agency")] {
        village.enrolled(name, role, &centre).await;
    }
    std::fs::write(home.join("member.toml"), OPEN_AT_TEN).expect("written");
    listens(&home, lines.address(EXCHANGE), FIRST_PORT + 10);
    listens(&town, lines.address(PLACE), FIRST_PORT + 20);
    with_devices(&town);
    let agency = lines.started(EXCHANGE, &home, &options).await;
    let point = lines.started(PLACE, &town, &options).await;
    has(&town, "caisse", &["direct", "lan"]).await;
    confirmed(&town, &home, "10:00").await;
    staffed(&town, "animateur").await;
    staffed(&home, "advisor").await;

    let at = |place| Some(lines.namespace(place));
    let town_door = |door: &str| format!("http://127.0.0.1:{}/{door}", FIRST_PORT + 22);
    let agency_door = format!("http://127.0.0.1:{}/conseiller", FIRST_PORT + 12);
    let animateur = Person::on(at(PLACE), "the animateur", &town_door("animateur"), Camera::Missing).await;
    animateur.signs_in(&town_door("animateur"), STAFF, PASSWORD).await;
    let advisor = Person::on(at(EXCHANGE), "the advisor", &agency_door, Camera::Works).await;
    advisor.signs_in(&agency_door, STAFF, PASSWORD).await;
    let booth = Person::on(at(PLACE), "the person in the booth", &town_door("cabine"), Camera::Works).await;
    lines.change(PLACE, line).await;
    animateur.click("start-call").await;
    booth.sees("call-state", "Le conseiller arrive").await;
    advisor.click("join-waiting").await;
    for person in [&booth, &advisor] {
        person.sees("call-state", "Vous êtes en ligne").await;
    }
    let door = town_door("animateur");
    Call { booth, advisor, animateur, door, coordination, agency, point, shift, village }
}

impl Call {
    /// All of it ends.
    ///
    /// # Panics
    /// When it does not.
    pub async fn ended(self) {
        for node in [self.point, self.agency, self.coordination] {
            stopped(node).await;
        }
    }

    /// The agency's node ends, and is started anew.
    ///
    /// # Panics
    /// When it is not ready by the deadline.
    pub async fn restarts_the_agency(&mut self, lines: &Lines, end: End) {
        let home = self.village.at("caisse");
        restart(&mut self.agency, end, lines.started(EXCHANGE, &home, &["--shift-ms", self.shift.as_str()])).await;
    }

    /// The same of the point's.
    ///
    /// # Panics
    /// When it is not ready by the deadline.
    pub async fn restarts_the_point(&mut self, lines: &Lines, end: End) {
        let home = self.village.at("bourg");
        restart(&mut self.point, end, lines.started(PLACE, &home, &["--shift-ms", self.shift.as_str()])).await;
    }
}

async fn restart(node: &mut Child, end: End, start: impl Future<Output = Child>) {
    match end {
        End::Killed => node.kill().await.expect("it runs"),
        End::Stopped => interrupted(node).await,
    }
    *node = start.await;
}

/// A booth with SANE's own scanner for tests, and a printer that is switched off.
fn with_devices(home: &Path) {
    let file = home.join("node.toml");
    let text = std::fs::read_to_string(&file).expect("settings");
    let devices = "scanner = \"test:0\"\nprinter = \"cabine@/nowhere/cups.sock\"\n";
    std::fs::write(file, format!("{devices}{text}")).expect("the settings can be written");
}

fn listens(home: &Path, address: IpAddr, port: u16) {
    let at = |port| SocketAddr::new(address, port);
    settings(home, at(port), at(port + 1), SocketAddr::from((Ipv4Addr::LOCALHOST, port + 2)));
}
