// SPDX-License-Identifier: EUPL-1.2
//! A disk that fails, has no room, or is slow: real system calls of the unmodified binary, spoilt by `strace`.
//!
//! `HAMEAU_EVERY_CALL=60` spoils every call up to that one, each once (docs/faults.md has the figures).

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use hameau_tests::hand::{started, stopped};
use hameau_tests::load::{Load, agenda, fault, open, status, visitor};
use hameau_tests::traced::{Traced, can_trace, lines};
use hameau_tests::wait::until;
use tokio::task::JoinSet;

const SYNC: &str = "fsync,fdatasync";
const WRITE: &str = "pwrite64";
/// What fails, how, and whether there is room again afterwards.
const FAULTS: [(&str, &str, bool); 4] =
    [(SYNC, "EIO", false), (SYNC, "ENOSPC", false), (WRITE, "EIO", false), (WRITE, "ENOSPC", true)];
/// Which calls fail in an ordinary run: of each thread of the node the one with this number.
const SAMPLE: [usize; 9] = [1, 2, 4, 7, 12, 19, 25, 32, 40];
/// Bookings that are sent at once.
const AT_ONCE: usize = 64;
/// Slow bookings after which a disk is slow for certain.
const SLOW_ONES: usize = 4;

/// How a run of faults ended.
#[derive(Debug, Default)]
struct Tally {
    did_not_start: usize,
    refused: usize,
    unharmed: usize,
    acknowledged: usize,
}

#[tokio::test]
async fn a_disk_that_fails_makes_no_false_promise() {
    if !can_trace() {
        return;
    }
    let every = std::env::var("HAMEAU_EVERY_CALL").ok().and_then(|it| it.parse().ok());
    let calls: Vec<usize> = every.map_or(SAMPLE.to_vec(), |last: usize| (1..=last).collect());
    let mut load = Load::new().await;
    let mut promised = BTreeSet::new();
    let mut sent = 0;
    for (call, error, has_room_again) in FAULTS {
        let mut tally = Tally::default();
        for number in &calls {
            let case = format!("{call} {error}, call {number}");
            sent +=
                one_fault(&mut load, &case, (call, error, *number), has_room_again, &mut promised, &mut tally).await;
            let node = started(&load.point(), &[]).await;
            let kept = agenda(&load.point()).await;
            assert!(promised.iter().all(|it| kept.contains_key(it)), "{case}: promised, and gone");
            assert!(kept.len() <= sent, "{case}: one form, one appointment");
            stopped(node).await;
        }
        println!("{call} {error}, {} calls: {tally:?}", calls.len());
        assert!(tally.refused > 0, "{call} {error}: no booking ever met the fault");
    }
}

/// Runs a node in which one call fails, books until it does, and kills it. Returns how many forms were sent.
async fn one_fault(
    load: &mut Load,
    case: &str,
    (call, error, number): (&str, &str, usize),
    has_room_again: bool,
    promised: &mut BTreeSet<String>,
    tally: &mut Tally,
) -> usize {
    let home = load.point();
    let inject = format!("inject={call}:error={error}:when={number}");
    let log = load.village.at("trace.log");
    let node = match Traced::start(&home, &["-e", &format!("trace={call}"), "-e", &inject], &log).await {
        Ok(node) => node,
        Err(said) => {
            assert!(said.starts_with("hameau : ") && said.contains("disque"), "{case}: {said}");
            tally.did_not_start += 1;
            return 0;
        }
    };
    let session = visitor(&home).await;
    let mut sent = 0;
    // Two calls and more for each booking: the spoilt one comes.
    for _ in 0..number + 4 {
        let form = load.form();
        sent += 1;
        match session.book(&form).await.expect("it answers") {
            Ok(booked) => {
                promised.insert(booked);
                tally.acknowledged += 1;
            }
            Err(answer) => {
                assert!(fault(&answer).contains("disque"), "{case}: {}", fault(&answer));
                tally.refused += 1;
                if has_room_again {
                    let again = until("it books again", async || {
                        session.book(&form).await.expect("it answers").map_err(|it| fault(&it).to_owned())
                    });
                    promised.insert(again.await);
                    assert_eq!(status(&home).await["disk_refuses"], false, "{case}");
                } else {
                    sent += stays_refused(load, case, promised).await;
                }
                node.killed().await;
                return sent;
            }
        }
    }
    tally.unharmed += 1;
    node.killed().await;
    sent
}

/// After a fault of which nobody knows what it spoilt: nothing more is promised, all that was can be read, and
/// everybody is told. Returns how many forms were sent.
async fn stays_refused(load: &mut Load, case: &str, promised: &BTreeSet<String>) -> usize {
    let home = load.point();
    let session = visitor(&home).await;
    let again = session.book(&load.form()).await.expect("it answers");
    assert!(again.is_err_and(|it| fault(&it).contains("disque")), "{case}: a second try proves nothing");
    let page = session.get("/animateur").await.expect("it answers");
    assert!(page.text.contains("data-test=\"disk-refuses\""), "{case}: the animateur is told");
    let status = status(&home).await;
    assert_eq!((&status["disk_refuses"], &status["disk_is_full"]), (&true.into(), &false.into()), "{case}");
    let shown = agenda(&home).await;
    assert!(promised.iter().all(|it| shown.contains_key(it)), "{case}: it can still be read");
    1
}

#[tokio::test]
async fn a_slow_disk_holds_up_promises_and_nothing_else() {
    if !can_trace() {
        return;
    }
    let mut load = Load::new().await;
    let home = load.point();
    let log = load.village.at("trace.log");
    let slow = [
        "-e",
        "trace=fsync,fdatasync,recvfrom,read,sendto,writev,write",
        "-s",
        "16",
        "-e",
        "inject=fsync,fdatasync:delay_enter=300000",
    ];
    let node = Traced::start(&home, &slow, &log).await.expect("it starts");
    let session = Arc::new(visitor(&home).await);
    let form = load.form();
    let booking = tokio::spawn({
        let session = Arc::clone(&session);
        async move { session.book(&form).await }
    });
    let mut pages = 0;
    while !booking.is_finished() {
        // A page of the day's appointments would wait for the register, which is at the disk.
        assert_eq!(session.get("/animateur/rendez-vous/nouveau").await.expect("it answers").status, 200);
        pages += 1;
    }
    booking.await.expect("it ends").expect("it answers").expect("booked");
    assert!(pages > 1, "pages waited for the disk");
    let before = synced(&log);

    let mut bookings = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (session, form) = (Arc::clone(&session), load.form());
        bookings.spawn(async move { session.book(&form).await.expect("it answers").expect("booked") });
    }
    let booked: BTreeSet<String> = bookings.join_all().await.into_iter().collect();
    assert_eq!(booked.len(), AT_ONCE);
    let shared = synced(&log) - before;
    println!("{pages} pages while one booking waited; {AT_ONCE} bookings at once: {shared} fsync");
    assert!(shared <= AT_ONCE / 4, "{AT_ONCE} bookings at once took {shared} fsync");
    for _ in 0..SLOW_ONES {
        session.book(&load.form()).await.expect("it answers").expect("booked");
    }
    assert_eq!(status(&home).await["disk_is_slow"], true, "people are warned");
    let page = session.get("/animateur/rendez-vous/nouveau").await.expect("it answers").text;
    assert!(page.contains("Le disque de cet ordinateur est lent"), "{page}");
    node.killed().await;
    promised_after_the_fsync(&lines(&log));
    let (node, _) = open(&home).await;
    let kept = agenda(&home).await;
    assert!(booked.iter().all(|it| kept.contains_key(it)));
    stopped(node).await;
}

/// How often the node has made something durable so far.
fn synced(log: &Path) -> usize {
    lines(&log.to_owned()).iter().filter(|line| line.contains("sync") && line.contains("= 0")).count()
}

/// In the order in which the system saw it: between the form that came and the answer that promises, something was
/// made durable.
fn promised_after_the_fsync(lines: &[String]) {
    // Signing in is answered alike, before the first form.
    let form = lines.iter().position(|line| line.contains("\"POST /animateur")).expect("a form");
    let promise = lines[form..].iter().position(|line| line.contains("HTTP/1.1 303")).expect("a promise");
    let between = &lines[form..form + promise];
    assert!(between.iter().any(|line| line.contains("sync") && line.contains("= 0")), "{between:?}");
}
