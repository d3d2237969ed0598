// SPDX-License-Identifier: EUPL-1.2
//! A point and an agency with many free times, and bookings sent to them by form: for stories of faults under load.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::hand::{PASSWORD, STAFF, Village, hameau, reaches, staffed, started, stopped};
use crate::terminal::Said;
use crate::visitor::{Answer, Booking, Visitor};
use crate::wait::until;

/// One desk that is open all day, in short slots.
const AGENCY: &str = r#"
open_on_holidays = true
[[desk]]
number = 1
name = "Guichet"
step_min = 10
openings = [{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "06:00", to = "20:00" }]

[[service]]
id = "carte"
name = "Carte"
duration_min = 10
"#;
/// From six to eight in the evening, every ten minutes.
const TIMES_A_DAY: usize = 14 * 6;
/// Four weeks.
const DAYS: u32 = 28;
const POINT: &str = "[[booth]]\nnumber = 1\nname = \"Cabine\"\n";

/// A village of a coordination, a point `bourg` and an agency `caisse`.
pub struct Load {
    /// Its folders.
    pub village: Village,
    /// Times that nobody was promised, by short name, the last first.
    pub free: VecDeque<String>,
    sent: usize,
}

impl Load {
    /// Sets it up. Each box has run once, so that it knows where the others are; none runs now.
    ///
    /// # Panics
    /// When a command refuses.
    pub async fn new() -> Self {
        Self::of(AGENCY).await
    }

    /// The same, and every time is passed on to the point in advance: it confirms by itself.
    ///
    /// # Panics
    /// When a command refuses.
    pub async fn reserved() -> Self {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let reserved = days.map(|day| {
            format!(
                "[[reserved]]\npoint = \"bourg\"\ndesk = 1\nweekday = \"{day}\"\nfrom = \"06:00\"\ncount = {TIMES_A_DAY}\n"
            )
        });
        Self::of(&format!("{AGENCY}{}", reserved.concat())).await
    }

    async fn of(agency_file: &str) -> Self {
        let village = Village::founded().await;
        let [centre, point, agency] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
        let coordination = started(&centre, &[]).await;
        for (name, role, file) in [("bourg", "point", POINT), ("caisse", "agency", agency_file)] {
            village.enrolled(name, role, &centre).await;
            std::fs::write(village.at(name).join("member.toml"), file).expect("written");
        }
        let nodes = [started(&agency, &[]).await, started(&point, &[]).await];
        reaches(&point, "caisse").await;
        reaches(&agency, "bourg").await;
        let mut free = VecDeque::new();
        for day in days().await {
            let times = until("the point has heard of every time of a day", async || {
                let times = free_times(&point, &day).await;
                if times.len() == TIMES_A_DAY { Ok(times) } else { Err(format!("{} on {day}", times.len())) }
            });
            free.extend(times.await);
        }
        for node in nodes {
            stopped(node).await;
        }
        stopped(coordination).await;
        Self { village, free, sent: 0 }
    }

    /// The point's folder.
    #[must_use]
    pub fn point(&self) -> PathBuf {
        self.village.at("bourg")
    }

    /// The agency's folder.
    #[must_use]
    pub fn agency(&self) -> PathBuf {
        self.village.at("caisse")
    }

    /// A form for a time that nobody was promised. The latest first: no story lasts until it is past.
    ///
    /// # Panics
    /// When none is left.
    pub fn form(&mut self) -> Booking {
        self.sent += 1;
        Booking {
            agency: "caisse",
            service: "carte",
            slot: self.free.pop_back().expect("a free time"),
            nonce: format!("{:032x}", self.sent),
            name: format!("Essai Numéro {}", self.sent),
        }
    }
}

/// The days to come of which an agency publishes times, today left out.
async fn days() -> Vec<String> {
    let mut days = Vec::new();
    for ahead in 1..DAYS {
        let said = Command::new("date").args(["+%F", "-d", &format!("{ahead} days")]).output().await;
        let day = String::from_utf8(said.expect("date is there").stdout).expect("UTF-8");
        days.push(day.trim().to_owned());
    }
    days
}

/// Times of the agency on one day, by short name, in order.
async fn free_times(home: &Path, day: &str) -> Vec<String> {
    let said = hameau(home, &["slots", "--agency", "caisse", "--day", day, "--json"]).await;
    if said.code != 0 {
        return Vec::new();
    }
    let all = said.json();
    all.as_array().expect("a list").iter().map(|it| it["slot"].as_str().expect("text").to_owned()).collect()
}

/// Where a running node's pages are.
///
/// # Panics
/// When it does not run.
pub async fn portal(home: &Path) -> SocketAddr {
    let status = status(home).await;
    let address = status["portal"].as_str().expect("text");
    address.trim_start_matches("http://").trim_end_matches('/').parse().expect("an address")
}

/// What a running node says of itself.
///
/// # Panics
/// When it does not run.
pub async fn status(home: &Path) -> Value {
    hameau(home, &["status", "--json"]).await.json()
}

/// A node that runs, and a session at its pages.
///
/// # Panics
/// When it does not start.
pub async fn open(home: &Path) -> (Child, Visitor) {
    let node = started(home, &[]).await;
    (node, visitor(home).await)
}

/// A session at the pages of a node that runs.
///
/// # Panics
/// When it does not answer.
pub async fn visitor(home: &Path) -> Visitor {
    staffed(home, "animateur").await;
    Visitor::at(portal(home).await, STAFF, PASSWORD).await.expect("its pages answer")
}

/// The state of every appointment that a node lists, by short name.
///
/// # Panics
/// When it does not run.
pub async fn agenda(home: &Path) -> BTreeMap<String, String> {
    let said: Said = hameau(home, &["agenda", "--all", "--json"]).await;
    let text = |it: &Value, field: &str| it[field].as_str().expect("text").to_owned();
    let all = said.json();
    all.as_array().expect("a list").iter().map(|it| (text(it, "appointment"), text(it, "state"))).collect()
}

/// What an answer says of why it refuses.
#[must_use]
pub fn fault(answer: &Answer) -> &str {
    let told = answer.text.split_once("data-test=\"fault\">").and_then(|(_, rest)| rest.split_once("</p>"));
    told.map_or(answer.text.as_str(), |(fault, _)| fault)
}
