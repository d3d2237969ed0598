// SPDX-License-Identifier: EUPL-1.2
//! An agency writes an absence after its hours were published: nothing is offered on that day, whoever is booked stays
//! until the advisor cancels, and the advisor's page says so.

use hameau_tests::hand::{PASSWORD, STAFF, Village, always_open, hameau, piped, reaches, staffed, started, stopped};
use hameau_tests::visitor::Visitor;
use hameau_tests::wait::until;
use serde_json::Value;

const WHO: &str = r#"{"name":"Marie Demo","telephone":"","subject":"une carte"}"#;

#[tokio::test]
async fn a_day_is_closed_after_it_was_published() {
    let village = Village::founded().await;
    let [centre, point, agency] = ["centre", "bourg", "caisse"].map(|name| village.at(name));
    let coordination = started(&centre, &[]).await;
    for (name, role) in [("bourg", "point"), ("caisse", "agency")] {
        village.enrolled(name, role, &centre).await;
    }
    std::fs::write(point.join("member.toml"), "[[booth]]\nnumber = 1\nname = \"Cabine\"\n").expect("written");
    let hours = always_open(None);
    std::fs::write(agency.join("member.toml"), &hours).expect("written");
    let (mut office, town) = (started(&agency, &[]).await, started(&point, &[]).await);
    reaches(&point, "caisse").await;

    // A day that lies wholly ahead, and one of its times.
    let (day, slot) = until("the point lists some days", async || {
        let said = hameau(&point, &["slots", "--agency", "caisse", "--json"]).await;
        let slots = if said.code == 0 { said.json() } else { Value::Null };
        let all = slots.as_array().into_iter().flatten();
        let mut days: Vec<(String, String)> = all
            .filter_map(|it| Some((it["from"].as_str()?[..10].to_owned(), it["slot"].as_str()?.to_owned())))
            .collect();
        days.dedup_by(|a, b| a.0 == b.0);
        days.get(3).cloned().ok_or_else(|| slots.to_string())
    })
    .await;
    let before = of_day(&point, &day).await;
    assert!(before > 3, "{before} times on that day");
    let booked = piped(&point, &["book", &slot, "--details", "-"], WHO).await;
    assert_eq!(booked.code, 0, "{booked:?}");
    until("it is confirmed", async || state(&agency, &day, "confirmed").await).await;

    stopped(office).await;
    std::fs::write(agency.join("member.toml"), format!("{hours}[[absence]]\nfrom = \"{day}\"\n")).expect("written");
    office = started(&agency, &[]).await;
    until("nothing is offered on that day", async || {
        let said = hameau(&point, &["slots", "--agency", "caisse", "--json"]).await;
        let text = said.json().to_string();
        if !text.contains(&day) && text.contains("\"slot\"") { Ok(()) } else { Err(text) }
    })
    .await;
    state(&agency, &day, "confirmed").await.expect("who is booked stays");
    let status = hameau(&agency, &["status", "--json"]).await.json();
    let portal = status["portal"].as_str().expect("an address");
    let portal = portal.trim_start_matches("http://").trim_end_matches('/').parse().expect("an address");
    staffed(&agency, "advisor").await;
    let advisor = Visitor::at(portal, STAFF, PASSWORD).await.expect("the pages answer");
    let text = advisor.get(&format!("/conseiller?jour={day}")).await.expect("a page").text;
    assert!(text.contains("data-test=\"closed-day\"") && text.contains("data-test=\"row-closed-day\""), "{text}");

    // While the appointment stands, the rest of the day can be opened again, and closed.
    stopped(office).await;
    std::fs::write(agency.join("member.toml"), &hours).expect("written");
    office = started(&agency, &[]).await;
    until("all but the appointment is offered again", async || match of_day(&point, &day).await {
        now if now + 1 == before => Ok(()),
        now => Err(format!("{now} of {before}")),
    })
    .await;
    stopped(office).await;
    std::fs::write(agency.join("member.toml"), format!("{hours}[[absence]]\nfrom = \"{day}\"\n")).expect("written");
    office = started(&agency, &[]).await;
    until("and closed again", async || match of_day(&point, &day).await {
        0 => Ok(()),
        now => Err(now.to_string()),
    })
    .await;

    let rows = hameau(&agency, &["agenda", "--day", &day, "--json"]).await.json();
    let appointment = rows[0]["appointment"].as_str().expect("a name").to_owned();
    let cancelled = hameau(&agency, &["cancel", &appointment, "--reason", "closed"]).await;
    assert_eq!(cancelled.code, 0, "{cancelled:?}");
    until("the point is to call back", async || {
        let rows = hameau(&point, &["agenda", "--day", &day, "--json"]).await.json();
        if rows[0]["call_back"] == true { Ok(()) } else { Err(rows.to_string()) }
    })
    .await;

    // It was a mistake: the day is open again, all of it, the hour of who was called back too.
    stopped(office).await;
    std::fs::write(agency.join("member.toml"), &hours).expect("written");
    office = started(&agency, &[]).await;
    until("the whole day is offered again", async || match of_day(&point, &day).await {
        now if now == before => Ok(()),
        now => Err(format!("{now} of {before}")),
    })
    .await;
    for node in [office, town, coordination] {
        stopped(node).await;
    }
}

/// How many times a point lists on a day.
async fn of_day(point: &std::path::Path, day: &str) -> usize {
    let said = hameau(point, &["slots", "--agency", "caisse", "--day", day, "--json"]).await;
    if said.code == 0 { said.json().as_array().map_or(0, Vec::len) } else { 0 }
}

/// Whether the only appointment of a day is in this state.
async fn state(home: &std::path::Path, day: &str, expected: &str) -> Result<(), String> {
    let rows = hameau(home, &["agenda", "--day", day, "--json"]).await.json();
    let is_so = rows.as_array().is_some_and(|rows| rows.len() == 1) && rows[0]["state"] == expected;
    if is_so { Ok(()) } else { Err(rows.to_string()) }
}
