// SPDX-License-Identifier: EUPL-1.2
//! How a life ends, and what the next one knows.

use bytes::Bytes;
use crdt_calendar::ids::{FolioId, Incarnation};
use crdt_calendar::time::UtcMinute;
use crdt_calendar::wire::frame;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::village::{Running, Village, copied, id, meet, now};
use crate::home::Home;
use crate::replica::command::Command;
use crate::replica::keeper::room::Disk;
use crate::replica::{Refusal, Unsettled, Why};
use crate::store::Store;

fn never(_: &Running) -> bool {
    false
}

/// Who the agency takes for the point's box; nobody when its line is frozen.
fn known_at(agency: &Running) -> Option<Incarnation> {
    agency.keeper.clerk.roster().current(&id("bourg")).map(|it| it.incarnation)
}

/// What waits for `hameau settle`, as a box sees it.
fn unsettled(running: &Running) -> Vec<Unsettled> {
    running.keeper.snapshot().unsettled(now())
}

/// The point and the agency, which know each other; and what a copy of the point wrote meanwhile in its week, so many
/// bookings, as the agency passes it on.
fn doubled(village: &Village, bookings: usize) -> (Running, Running, Command) {
    let (mut point, mut agency) = (village.start("bourg"), village.start("caisse"));
    meet(&mut point, &mut agency, never);
    let slots = point.free();
    assert!(slots.len() > bookings + 3, "{slots:?}");
    // So that it has a register of the week.
    point.book(slots[0]).expect("booked");
    drop(point);
    let other = Home::open(&copied(village.home("bourg").path(), village.folder.path().join("copy"))).expect("a box");
    let mut other = village.try_start(other, true, || {}).expect("it starts");
    for slot in &slots[1..=bookings] {
        other.book(*slot).expect("booked");
    }
    let week = slots[0].open.folio.leaf;
    let written = other.keeper.clerk.shelf().folio(&FolioId { writer: other.writer(), leaf: week }).expect("written");
    let bytes = frame::encode_batch(&written.after(0).expect("signed"));
    let frame = Command::Frame(agency.writer().key, Bytes::from(bytes));
    let mut point = village.start("bourg");
    point.obey([Command::Up(agency.writer().key)]);
    (point, agency, frame)
}

#[test]
fn what_is_booked_as_the_life_ends_is_not_promised() {
    // Goal: in one commit lie a booking and the frame that ends the life in which it was written.
    let village = Village::new();
    let (mut point, mut agency, frame) = doubled(&village, 2);
    let (before, slot) = (point.writer(), point.free()[5]);
    let (form, mut answer) = Running::form(slot);
    point.obey([form, frame]);
    assert_ne!(point.writer(), before, "its life is over");
    assert_eq!(answer.try_recv().expect("answered"), Err(Refusal::Anew));
    let (again, mut answer) = Running::form(slot);
    point.obey([again]);
    let said = answer.try_recv().expect("answered");
    assert!(!matches!(said, Ok(act) if act.folio.writer == before), "the same form does not find it either: {said:?}");
    meet(&mut point, &mut agency, never);
    assert_eq!(known_at(&agency), Some(point.writer().incarnation));
}

#[test]
fn a_box_in_whose_name_another_wrote_says_so_until_somebody_has_seen_it() {
    // Goal: from the moment of the new life, over restarts; and what the old life held is due to be settled, at the
    // agency and at the point, until it is.
    let village = Village::new();
    let (mut point, mut agency, frame) = doubled(&village, 2);
    assert_eq!((point.keeper.snapshot().anew, unsettled(&point)), (None, Vec::new()));
    point.obey([frame]);
    let told = point.keeper.snapshot().anew.expect("told");
    assert_eq!(told.why, Why::Copied);
    drop(point);
    let mut point = village.start("bourg");
    assert_eq!(point.keeper.snapshot().anew, Some(told), "after a restart too");

    meet(&mut point, &mut agency, never);
    let due = unsettled(&agency);
    assert!(matches!(&due[..], [it] if it.home == id("caisse") && it.holder == id("bourg") && it.slots > 0), "{due:?}");
    assert_eq!(unsettled(&point), due, "both know it");
    assert!(!point.keeper.snapshot().suspended(now()).is_empty(), "what was booked is in doubt");
    let (reply, mut settled) = oneshot::channel();
    agency.obey([Command::Settle(id("bourg"), false, reply)]);
    assert!(settled.try_recv().expect("answered").expect("settled").kept > 0);
    meet(&mut point, &mut agency, never);
    assert_eq!((unsettled(&agency), unsettled(&point)), (Vec::new(), Vec::new()));
    let snapshot = point.keeper.snapshot();
    assert!(snapshot.suspended(now()).is_empty() && !snapshot.call_backs(now()).is_empty(), "they are called back");

    let (reply, mut seen) = oneshot::channel();
    point.obey([Command::AnewSeen(reply)]);
    assert_eq!(seen.try_recv().expect("answered"), Ok(()));
    drop(point);
    assert_eq!(village.start("bourg").keeper.snapshot().anew, None, "seen once and for all");
}

#[test]
fn two_copies_that_both_began_anew_know_that_neither_counts() {
    // Goal: both wrote, each hears of the other, and each begins after the same life. Neither tells people to work on
    // the other.
    let village = Village::new();
    let (mut point, mut agency, frame) = doubled(&village, 2);
    point.book(point.free()[5]).expect("booked");
    point.obey([frame]);
    meet(&mut point, &mut agency, never);
    assert!(!point.keeper.snapshot().is_frozen());
    let other = Home::open(&village.folder.path().join("copy")).expect("a box");
    let mut other = village.try_start(other, true, || {}).expect("it starts");
    meet(&mut other, &mut agency, never);
    meet(&mut point, &mut agency, never);
    assert_eq!(known_at(&agency), None);
    for (case, running) in [("the first", &point), ("its copy", &other)] {
        assert!(running.keeper.snapshot().is_frozen(), "{case}");
        assert_eq!(running.keeper.snapshot().anew.map(|it| it.why), Some(Why::Copied), "{case}");
    }
    assert!(!agency.keeper.snapshot().is_frozen());
    assert!(!unsettled(&agency).is_empty(), "what all of them hold is due to be settled");
}

#[test]
fn a_life_that_ends_on_a_full_disk_is_over() {
    // Goal: the new life is durable, and no act is: with room again the box goes on in the new one, and what it
    // promises then stands.
    let village = Village::new();
    let (mut point, mut agency, frame) = doubled(&village, 16);
    let before = point.writer();
    point.keeper.store.fill();
    point.obey([frame]);
    assert_eq!(point.keeper.disk, Disk::Full);
    let life = point.home.incarnation().expect("readable");
    assert_ne!(life, before.incarnation, "the new life is durable");
    point.obey([Command::Tick]);
    assert_eq!(point.keeper.disk, Disk::Keeps, "there is room");
    assert_eq!(point.writer().incarnation, life);
    meet(&mut point, &mut agency, never);
    assert_eq!(known_at(&agency), Some(life));
}

#[test]
fn a_life_that_finds_no_room_is_drawn_when_there_is_some() {
    // Goal: the little files of a life meet the full disk. It is full, not broken; and in the old life nothing is
    // written any more, although it is read from the disk again.
    let village = Village::new();
    let (mut point, mut agency, frame) = doubled(&village, 2);
    let before = point.writer();
    let full = point.home.file("life.before.new");
    std::os::unix::fs::symlink("/dev/full", &full).expect("linked");
    point.obey([frame]);
    assert_eq!(point.keeper.disk, Disk::Full);
    point.obey([Command::Tick]);
    assert_eq!(point.keeper.disk, Disk::Full, "there is still none");
    std::fs::remove_file(&full).expect("there is room");
    point.obey([Command::Tick]);
    assert_eq!(point.keeper.disk, Disk::Keeps);
    assert_ne!(point.writer(), before);
    assert_eq!(point.writer().incarnation, point.home.incarnation().expect("readable"));
    meet(&mut point, &mut agency, never);
    assert_eq!(known_at(&agency), Some(point.writer().incarnation));
}

#[test]
fn a_restored_box_that_is_stopped_as_it_begins_follows_the_last_life() {
    // Goal: a backup of its first life, when it has had a second. Killed once its third is durable and not yet said,
    // it must begin after the second, or its line freezes.
    let village = Village::new();
    let (mut point, mut agency) = (village.start("bourg"), village.start("caisse"));
    meet(&mut point, &mut agency, never);
    let (first, second) = (point.writer().incarnation, Incarnation([22; 8]));
    drop(point);
    let home = village.home("bourg");
    let file = |name: &str| Zeroizing::new(std::fs::read(home.file(name)).expect("readable"));
    let backup = ["hameau.db", "life", "key"].map(|name| (name, file(name)));
    home.start_over(second, first).expect("kept");
    let mut point = village.start("bourg");
    meet(&mut point, &mut agency, never);
    assert_eq!(known_at(&agency), Some(second));
    drop(point);

    let restored = Home::restore(&village.folder.path().join("restored"), UtcMinute(1), &backup).expect("restored");
    let image = village.folder.path().join("image");
    let (from, into) = (restored.path().to_owned(), image.clone());
    let kept = move || drop(copied(&from, into.clone()));
    let mut point = village.try_start(restored, true, kept).expect("it starts");
    assert_eq!(point.writer().incarnation, first, "it waits");
    meet(&mut point, &mut agency, |_| image.exists());
    assert!(image.exists(), "it has heard the agency out");
    assert_eq!(known_at(&agency), Some(second), "nobody has heard of the third");
    drop(point);

    let mut point = village.try_start(Home::open(&image).expect("a box"), true, || {}).expect("it starts");
    assert!(![first, second].contains(&point.writer().incarnation));
    meet(&mut point, &mut agency, never);
    assert_eq!(known_at(&agency), Some(point.writer().incarnation), "its line goes on");
}

#[test]
fn a_statement_of_the_root_that_is_damaged_does_not_keep_the_box_from_starting() {
    let village = Village::new();
    let home = village.home("bourg");
    let path = home.file("hameau.db");
    let mut store = Store::open(&path).expect("a database");
    store.keep_statement(&village.later_statement()).expect("kept");
    drop(store);
    for (damaged, statements) in [(false, 2), (true, 1)] {
        if damaged {
            let database = rusqlite::Connection::open(&path).expect("opens");
            // The last byte is the signature's.
            let flipped = "UPDATE statement SET frame = CAST(substr(frame, 1, length(frame) - 1) || x'00' AS BLOB)";
            assert_eq!(database.execute(flipped, []).expect("changed"), 1);
        }
        let point = village.try_start(home.clone(), true, || {}).expect("it starts");
        assert_eq!(point.keeper.clerk.shelf().statements().all().count(), statements, "damaged: {damaged}");
    }
}
