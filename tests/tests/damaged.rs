// SPDX-License-Identifier: EUPL-1.2
//! A disk that changes what lies on it. The node starts, says what is lost, and the others give it back.

use std::path::Path;

use hameau_tests::hand::{hameau, reaches, started, stopped};
use hameau_tests::load::{Load, agenda, open, status};
use hameau_tests::wait::until;

#[tokio::test]
async fn registers_of_others_are_fetched_again() {
    let load = Load::new().await;
    let (home, agency) = (load.point(), load.agency());
    let before = times(&home).await;
    // Every word of the agency that names its service: its profile and all its weeks.
    let database = home.join("hameau.db");
    let mut bytes = std::fs::read(&database).expect("folded in when it stopped");
    let places: Vec<usize> = (0..bytes.len() - 5).filter(|at| bytes[*at..].starts_with(b"carte")).collect();
    // In the evening today's opening is over, and not published.
    assert!(places.len() >= 27, "{places:?}");
    for place in places {
        bytes[place] = b'p';
    }
    std::fs::write(&database, bytes).expect("written");

    let (node, session) = open(&home).await;
    let told = status(&home).await;
    assert!(told["awaited"].as_u64().is_some_and(|awaited| awaited >= 5), "a profile and four weeks: {told}");
    assert_eq!(told["damaged"], false, "its own registers are whole: {told}");
    let page = session.get("/animateur").await.expect("it answers");
    assert!(page.text.contains("de l&#39;agenda commun étaient abîmées"), "{}", page.text);
    let said = hameau(&home, &["status"]).await.out;
    assert!(said.contains("registres d'autres membres, abîmés sur ce disque"), "{said}");
    let other = started(&agency, &[]).await;
    until("they come back", async || {
        let told = status(&home).await;
        if told["awaited"] == 0 { Ok(()) } else { Err(told.to_string()) }
    })
    .await;
    let page = session.get("/animateur").await.expect("it answers");
    assert!(!page.text.contains("data-test=\"damage\""), "it is told until then");
    for one in [node, other] {
        stopped(one).await;
    }
    assert_eq!(times(&home).await, before, "every time is offered again");
}

#[tokio::test]
async fn a_box_whose_database_is_spoilt_or_gone_starts_a_new_life() {
    // Goal: no second history, nor two boxes at one place of the line. The damaged file is kept, the person is told what to do, the bookings come back from
    // the agency, which settles them; and the box books again.
    for (spoil, is_kept) in [(spoilt as fn(&Path), true), (gone, false), (another, false)] {
        let mut load = Load::new().await;
        let (home, agency) = (load.point(), load.agency());
        // Its papers may be older than the agency: of whom they do not tell, the coordination does.
        let centre = started(&load.village.at("centre"), &[]).await;
        let other = started(&agency, &[]).await;
        let (node, session) = open(&home).await;
        let booked = session.book(&load.form()).await.expect("it answers").expect("booked");
        until("the agency confirms", async || state_at(&home, &booked, "confirmed").await).await;
        stopped(node).await;
        spoil(&home);

        let (node, session) = open(&home).await;
        let told = status(&home).await;
        assert_eq!(told["damaged"], true, "{told}");
        let files = if is_kept { serde_json::json!(["hameau.db.damaged-1"]) } else { serde_json::json!([]) };
        assert_eq!(told["set_aside"], files);
        assert_eq!(home.join("hameau.db.damaged-1").exists(), is_kept);
        let page = session.get("/animateur").await.expect("it answers");
        assert!(page.text.contains("chaque organisme doit taper « hameau settle »"), "{}", page.text);
        assert!(hameau(&home, &["status"]).await.out.contains("nouvelle vie"), "the terminal is told too");
        reaches(&home, "caisse").await;
        until("the booking comes back, in doubt", async || state_at(&home, &booked, "suspended").await).await;
        // Once it has heard of the new life: until then it says that the box is in service.
        let settled = until("the agency settles", async || {
            let said = hameau(&agency, &["settle", "bourg", "--json"]).await;
            if said.code == 0 { Ok(said.json()) } else { Err(said.err) }
        })
        .await;
        assert_eq!(settled["kept"], 1, "{settled}");
        let form = load.form();
        let again =
            until("it books again", async || session.book(&form).await.expect("it answers").map_err(|it| it.text))
                .await;
        until("the agency confirms it", async || state_at(&agency, &again, "confirmed").await).await;
        stopped(node).await;

        // Started once more it is the same box, and it tells so until a person moves the file away.
        let (node, _) = open(&home).await;
        assert_eq!(status(&home).await["damaged"], is_kept);
        until("its booking is there", async || state_at(&home, &again, "confirmed").await).await;
        for one in [node, other, centre] {
            stopped(one).await;
        }
    }
}

fn spoilt(home: &Path) {
    std::fs::write(home.join("hameau.db"), "ceci n'est pas une base ").expect("written");
}

fn gone(home: &Path) {
    std::fs::remove_file(home.join("hameau.db")).expect("it was there");
}

/// One digit of the life's file is another.
fn another(home: &Path) {
    let path = home.join("life");
    let life = std::fs::read_to_string(&path).expect("it is there");
    let digit = if life.starts_with('a') { "b" } else { "a" };
    std::fs::write(path, format!("{digit}{}", &life[1..])).expect("written");
}

async fn state_at(home: &Path, appointment: &str, state: &str) -> Result<(), String> {
    let all = agenda(home).await;
    if all.get(appointment).is_some_and(|it| it == state) { Ok(()) } else { Err(format!("{all:?}")) }
}

/// What the point offers of the agency, from its disk alone.
async fn times(home: &Path) -> String {
    let node = started(home, &[]).await;
    let offered = hameau(home, &["slots", "--agency", "caisse", "--json"]).await;
    stopped(node).await;
    offered.out
}
