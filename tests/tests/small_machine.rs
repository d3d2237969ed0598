// SPDX-License-Identifier: EUPL-1.2
//! A mini-PC whose disk fills in the middle of the morning, or whose memory is small.

use std::collections::BTreeSet;

use hameau_tests::hand::{hameau, on_loopback, piped, ready, started, stopped};
use hameau_tests::load::{Load, agenda, fault, open, status, visitor};
use hameau_tests::tight::{MemoryLimit, SmallDisk, of_process, on_full_disk};
use hameau_tests::wait::until;

/// What a mini-PC may leave to a node.
const MEMORY_BYTES: u64 = 96 << 20;
/// Bookings of a long day, under the limit.
const BOOKINGS: usize = 400;
/// More bookings than fit in what was left.
const UNTIL_FULL_MAX: usize = 400;
const PHRASE: &str = "quatre mots sur papier\n";

#[tokio::test]
async fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let mut load = Load::new().await;
    let agency = started(&load.agency(), &[]).await;
    let Some(small) = SmallDisk::start(&load.point(), "4m").await else {
        return stopped(agency).await;
    };
    let session = visitor(&small.home).await;
    let mut promised = BTreeSet::new();
    for room in [100_000, 20_000, 0] {
        promised.insert(session.book(&load.form()).await.expect("it answers").expect("there is room"));
        small.fill(room);
        let mut sent = 0;
        let refused = loop {
            let form = load.form();
            sent += 1;
            assert!(sent < UNTIL_FULL_MAX, "it never fills");
            match session.book(&form).await.expect("it answers") {
                Ok(booked) => promised.insert(booked),
                Err(answer) => break (form, answer),
            };
        };
        assert!(fault(&refused.1).contains("disque de cet ordinateur est plein"), "{}", fault(&refused.1));
        let page = session.get("/animateur").await.expect("it answers");
        assert!(page.text.contains("est plein"), "the animateur is told");
        assert_eq!(status(&small.home).await["disk_is_full"], true);
        let kept: BTreeSet<String> = agenda(&small.home).await.into_keys().collect();
        assert_eq!(kept, promised, "what was refused is nowhere, what was promised is here");

        small.empty();
        let again = until("it books again", async || {
            session.book(&refused.0).await.expect("it answers").map_err(|it| fault(&it).to_owned())
        });
        promised.insert(again.await);
        assert_eq!(status(&small.home).await["disk_refuses"], false);
        println!("{room} bytes of room: {sent} sent until it was full");
    }
    // The agency hears of all of it, and its answers are kept: the calendar goes on as if nothing had been.
    until("all are confirmed", async || {
        let (here, there) = (agenda(&small.home).await, agenda(&load.agency()).await);
        let confirmed = |all: &std::collections::BTreeMap<String, String>| {
            promised.iter().all(|it| all.get(it).is_some_and(|state| state == "confirmed"))
        };
        if confirmed(&here) && confirmed(&there) { Ok(()) } else { Err(format!("{here:?} {there:?}")) }
    })
    .await;
    assert_eq!(status(&small.home).await["damaged"], false);
    stopped(small.node).await;
    stopped(agency).await;
}

#[tokio::test]
async fn what_a_full_disk_keeps_leaves_on_another_one() {
    // Goal: an export and a backup towards a key, while the node refuses for want of room. What was promised is in both;
    // what was refused is held in memory alone, and in neither.
    let mut load = Load::new().await;
    let Some(small) = SmallDisk::start(&load.point(), "4m").await else { return };
    let session = visitor(&small.home).await;
    let mut promised = BTreeSet::from([session.book(&load.form()).await.expect("it answers").expect("there is room")]);
    small.fill(20_000);
    for sent in 1.. {
        assert!(sent < UNTIL_FULL_MAX, "it never fills");
        match session.book(&load.form()).await.expect("it answers") {
            Ok(booked) => promised.insert(booked),
            Err(_) => break,
        };
    }
    assert_eq!(status(&small.home).await["disk_is_full"], true);
    let (key, sealed) = (load.village.file("clé"), load.village.file("sauvegarde"));
    let export = small.piped(&["export", &key], "").await;
    assert_eq!(export.code, 0, "{export:?}");
    let backup = small.piped(&["backup", &sealed], PHRASE).await;
    assert_eq!(backup.code, 0, "{backup:?}");
    assert_eq!(status(&small.home).await["disk_is_full"], true, "it was so all along");
    stopped(small.node).await;

    let taken = hameau(&load.agency(), &["import", &key, "--json"]).await.json();
    assert_eq!((&taken["refused"], &taken["doubled"]), (&0.into(), &0.into()), "{taken}");
    let new = load.village.at("bourg-neuf");
    let restored = piped(&new, &["restore", &sealed], PHRASE).await;
    assert_eq!(restored.code, 0, "{restored:?}");
    on_loopback(&new);
    for (case, home) in [("the key", load.agency()), ("the backup", new)] {
        let node = started(&home, &[]).await;
        let there: BTreeSet<String> = agenda(&home).await.into_keys().collect();
        stopped(node).await;
        assert_eq!(there, promised, "{case}");
    }
}

#[tokio::test]
async fn a_box_that_cannot_start_for_want_of_room_gives_what_it_keeps() {
    // Goal: no node runs, none can, and nothing is written on the full disk; a command that would write says why.
    let mut load = Load::new().await;
    let (node, session) = open(&load.point()).await;
    let booked = session.book(&load.form()).await.expect("it answers").expect("booked");
    stopped(node).await;
    let (key, sealed) = (load.village.file("clé"), load.village.file("sauvegarde"));
    let commands = [&["export", &key][..], &["backup", &sealed], &["account", "list"], &["run"]];
    let Some(said) = on_full_disk(&load.point(), "4m", &commands, PHRASE).await else { return };
    let [export, backup, accounts, run] = &said[..] else { panic!("{said:?}") };
    assert_eq!((export.code, backup.code), (0, 0), "{said:?}");
    for refused in [accounts, run] {
        assert!(refused.code == 1 && refused.err.contains("place"), "{refused:?}");
    }
    let taken = hameau(&load.agency(), &["import", &key, "--json"]).await.json();
    assert_eq!(taken["refused"], 0, "{taken}");
    let new = load.village.at("bourg-neuf");
    assert_eq!(piped(&new, &["restore", &sealed], PHRASE).await.code, 0);
    on_loopback(&new);
    for (case, home) in [("the key", load.agency()), ("the backup", new)] {
        let node = started(&home, &[]).await;
        let there: Vec<String> = agenda(&home).await.into_keys().collect();
        stopped(node).await;
        assert_eq!(there, std::slice::from_ref(&booked), "{case}");
    }
}

#[tokio::test]
async fn a_calendar_lives_in_little_memory() {
    let Some(limit) = MemoryLimit::new(MEMORY_BYTES) else { return };
    let mut load = Load::new().await;
    let agency = started(&load.agency(), &[]).await;
    let mut point = ready(limit.command(), &load.point(), &[]).await;
    let session = visitor(&load.point()).await;
    let mut promised = BTreeSet::new();
    for number in 0..BOOKINGS {
        promised.insert(session.book(&load.form()).await.expect("it lives").expect("booked"));
        if number.is_multiple_of(10) {
            assert_eq!(
                session.get("/animateur/rendez-vous/nouveau?agence=caisse&motif=carte").await.expect("it lives").status,
                200
            );
        }
    }
    until("the agency knows all", async || {
        let there = agenda(&load.agency()).await;
        let unknown = promised.iter().filter(|it| !there.contains_key(*it)).count();
        if unknown == 0 { Ok(()) } else { Err(format!("{unknown} unknown")) }
    })
    .await;
    assert!(point.try_wait().expect("it is ours").is_none(), "it was ended");
    let pid = point.id().expect("it runs");
    let (now, peak) = (of_process(pid, "VmRSS"), of_process(pid, "VmHWM"));
    println!(
        "{BOOKINGS} bookings under {MEMORY_BYTES} bytes: {now} KiB resident, {peak} at most; limit: {}",
        limit.told()
    );
    stopped(point).await;
    stopped(agency).await;
    drop(limit);
    let (node, _) = open(&load.point()).await;
    let kept = agenda(&load.point()).await;
    assert!(promised.iter().all(|it| kept.contains_key(it)));
    stopped(node).await;
}
