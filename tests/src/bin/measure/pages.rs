// SPDX-License-Identifier: EUPL-1.2
//! What pages cost on a box that holds a full calendar: the time to the first byte, to the last, their weight, and in a
//! browser by how much they move by themselves (layout shift).
//!
//! A point's, an agency's with ten desks, the coordination's, each a node of its own in turn, asked over loopback on a
//! connection of its own for each page, as `curl` would. The weight is that of the page alone, deflated (RFC 1951) as a
//! server that compresses would send it; this one does not compress, for its pages stay on one machine or in one office.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hameau_node::clock::Clock;
use hameau_node::directory::{Territory as Ours, import};
use hameau_tests::browser::Place;
use hameau_tests::hand::{PASSWORD, STAFF, staffed, started, stopped};
use hameau_tests::load::status;
use hameau_tests::official;
use hameau_tests::person::{Camera, LAPTOP, Person, TELEPHONE};
use hameau_tests::statistics::quantile;
use hameau_tests::visitor::{Timed, Visitor};
use serde_json::{Value, json};

use super::territory::{POINTS, Shape, Territory};
use hameau_tests::header::{header, keep};

/// Goals: the first byte of a page, a search, the week of ten desks, in milliseconds; the weight of a page of text.
const FIRST_BYTE_MS: f64 = 20.0;
const SEARCH_MS: f64 = 30.0;
const WEEK_MS: f64 = 50.0;
const WEIGHT: usize = 14_000;
const DESKS: u8 = 10;
const SHEETS: u32 = 5_000;
/// A node that has just started folds and publishes.
const SETTLED_AFTER: Duration = Duration::from_secs(20);
/// As a browser's compression is set by most servers.
const LEVEL: u8 = 6;

const POINT: &str = "[[booth]]\nnumber = 1\nname = \"Cabine 1\"\n[[booth]]\nnumber = 2\nname = \"Cabine 2\"\n\
                     [[booth]]\nnumber = 3\nname = \"Cabine 3\"\n[[booth]]\nnumber = 4\nname = \"Cabine 4\"\n";

/// An agency's file: ten desks, open when the calendar that is laid has their times, so that nothing is published anew.
fn agency() -> String {
    let desk = |number: u8| {
        format!(
            "[[desk]]\nnumber = {number}\nname = \"Guichet {number}\"\nstep_min = 20\n\
             openings = [{{ days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"], from = \"09:00\", to = \"14:00\" }}]\n"
        )
    };
    let service = "[[service]]\nid = \"carte\"\nname = \"Carte\"\nduration_min = 20\n";
    format!("open_on_holidays = true\n{}{service}", (1..=DESKS).map(desk).collect::<String>())
}

/// How much.
#[derive(clap::Args)]
pub(crate) struct Pages {
    /// Bookings in the calendar.
    #[arg(long, default_value_t = 100_000)]
    bookings: usize,
    /// How often each page is asked for.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=9_999))]
    rounds: u32,
    /// Where all rounds are written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// A page: what it is called here, its address, what is sent to it if anything is, and its goal.
type Asked = (&'static str, String, Option<String>, f64);

impl Pages {
    pub(crate) async fn run(&self) -> Result<(), Box<dyn Error>> {
        let mut run = header("cargo measure");
        let territory = Territory::with(self.bookings, Shape { has_evenings: true, desks: usize::from(DESKS) }).await?;
        let point = territory.lay(0)?;
        fs::write(point.join("member.toml"), POINT)?;
        let files = territory.file("vosdroits");
        official::many(&files, SHEETS);
        import(&point, &[files], &Ours::new(["46"], []), 0)?;
        let agency = territory.lay(POINTS)?;
        fs::write(agency.join("member.toml"), self::agency())?;
        territory.lay_at_centre()?;
        let centre = territory.village().at("centre");
        let page = |name, path: &str| (name, path.to_owned(), None, FIRST_BYTE_MS);
        let of_point = vec![
            page("the public screen", "/"),
            ("a search in 5,000 sheets", "/".to_owned(), Some(format!("q={}", official::word(7))), SEARCH_MS),
            page("the animateur's day", "/animateur"),
            page("the day on paper", "/animateur/feuille"),
            page("booking: which agency", "/animateur/rendez-vous/nouveau"),
            page("booking: which time", "/animateur/rendez-vous/nouveau?agence=agence-0&motif=carte"),
            page("agencies compared", "/animateur/rendez-vous/comparer"),
            page("a sheet", "/fiches/F1"),
            page("one appointment", &format!("/animateur/rendez-vous/{}", today(&point).await?)),
        ];
        let mut week = page("the week of ten desks", "/conseiller/semaine");
        week.3 = WEEK_MS;
        let of_agency = vec![page("the advisor's day", "/conseiller"), week];
        let of_centre = vec![page("all members", "/coordination"), page("the numbers", "/coordination/nombres")];
        let mut told = Vec::new();
        for (home, door, role, pages) in [
            (point, "animateur", "animateur", of_point),
            (agency, "conseiller", "advisor", of_agency),
            (centre, "coordination", "coordination", of_centre),
        ] {
            told.extend(self.of(&home, door, role, &pages).await?);
        }
        run["bookings"] = json!(self.bookings);
        run["pages"] = json!(told);
        keep(self.json.as_deref(), &run)?;
        Ok(())
    }

    /// The pages of one box.
    async fn of(&self, home: &Path, door: &str, role: &str, pages: &[Asked]) -> Result<Vec<Value>, Box<dyn Error>> {
        staffed(home, role).await;
        let node = started(home, &[]).await;
        tokio::time::sleep(SETTLED_AFTER).await;
        let portal = status(home).await["portal"].as_str().ok_or("no pages")?.trim_end_matches('/').to_owned();
        let address = portal.trim_start_matches("http://").parse()?;
        let visitor = Visitor::at(address, STAFF, PASSWORD).await?;
        let mut told = Vec::new();
        for (name, path, form, goal_ms) in pages {
            let mut rounds: Vec<Timed> = Vec::new();
            for _ in 0..self.rounds {
                let timed = visitor.timed(path, form.as_deref()).await?;
                if timed.answer.status != 200 {
                    return Err(format!("{path}: {}", timed.answer.status).into());
                }
                rounds.push(timed);
            }
            told.push(row(name, path, *goal_ms, &rounds));
        }
        // Afterwards: a browser computes too.
        let person = Person::seated(Place::default(), "whoever measures", Camera::Missing).await;
        person.signs_in(&format!("{portal}/{door}"), STAFF, PASSWORD).await;
        for ((name, path, ..), row) in pages.iter().zip(&mut told).filter(|(page, _)| page.2.is_none()) {
            let mut moved = 0.0_f64;
            for size in [LAPTOP, TELEPHONE] {
                person.screen(size.0, size.1).await;
                moved = moved.max(person.shift_of(&format!("{portal}{path}")).await);
            }
            println!("{name}: moves by {moved} ({} 0)", verdict(moved == 0.0));
            row["layout_shift"] = json!(moved);
        }
        drop(person);
        stopped(node).await;
        Ok(told)
    }
}

fn verdict(kept: bool) -> &'static str {
    if kept { "within" } else { "MISSED" }
}

fn row(name: &str, path: &str, goal_ms: f64, rounds: &[Timed]) -> Value {
    let ms = |of: fn(&Timed) -> Duration| rounds.iter().map(|it| of(it).as_secs_f64() * 1000.0).collect::<Vec<_>>();
    let (first, last) = (ms(|it| it.first_byte), ms(|it| it.last_byte));
    let (p50, p99) = (quantile(first.clone(), 0.5), quantile(first.clone(), 0.99));
    let whole = quantile(last.clone(), 0.99);
    let text = rounds.last().map(|it| it.answer.text.as_bytes()).unwrap_or_default();
    let weight = miniz_oxide::deflate::compress_to_vec(text, LEVEL).len();
    println!(
        "{name}: first byte {p50:.1} ms, p99 {p99:.1} ({} {goal_ms} ms), last p99 {whole:.1}; {} bytes, deflated {weight} ({} {WEIGHT})",
        verdict(p99 <= goal_ms),
        text.len(),
        verdict(weight <= WEIGHT)
    );
    json!({ "page": name, "path": path, "goal_ms": goal_ms, "first_byte_p50_ms": p50, "first_byte_p99_ms": p99,
        "last_byte_p99_ms": whole, "bytes": text.len(), "deflated_bytes": weight, "first_byte_ms": first,
        "last_byte_ms": last })
}

/// The short name of an appointment of today at this box.
async fn today(home: &Path) -> Result<String, Box<dyn Error>> {
    let node = started(home, &[]).await;
    let day = Clock::new(0, "Europe/Paris")?.local_now().date().to_string();
    let agenda = hameau_tests::hand::hameau(home, &["agenda", "--day", &day, "--json"]).await.json();
    stopped(node).await;
    let short = agenda[0]["appointment"].as_str().ok_or("nothing is booked today: measure on a working day")?;
    Ok(short.to_owned())
}
