// SPDX-License-Identifier: EUPL-1.2
//! What a node does not do: show what its disk did not keep, stop publishing for one bad opening, keep a
//! booth awake for a call that nobody can hold any more.

use crdt_calendar::act::{Fate, Reason};
use crdt_calendar::fold::offers::Way;
use crdt_calendar::ids::MemberId;

use super::stage::{CPAM, GRAMAT, PUY, Stage, agency_with};
use crate::replica::{BookOrder, Details, Refusal, Snapshot, Weekday, WeeklyOpening};

pub(super) fn order(snapshot: &Snapshot, number: usize) -> BookOrder {
    let (home, service) = (MemberId::new(CPAM).expect("a name"), MemberId::new("carte-vitale").expect("a name"));
    let from = snapshot.weeks.keys().next().expect("a week").start();
    let offers = snapshot.offers(&home, &service, from, 400);
    let held = offers.iter().filter(|it| it.offer.way == Way::Held).nth(number).expect("a time held here");
    BookOrder {
        slot: snapshot.slot(held.slot).expect("a slot"),
        service,
        booth: None,
        details: Details::new("Camille Essai", "05 65 00 00 00", "une carte perdue").expect("details"),
        nonce: None,
        despite: None,
    }
}

#[tokio::test]
async fn what_the_disk_refuses_is_not_shown() {
    // Goal: when the disk refuses, no page shows the booking that was refused, nothing else is done either,
    // and both the snapshot and whoever asks later are told.
    let stage = Stage::set().await;
    let point = &stage.replicas[PUY];
    let kept = point.book(order(&point.snapshot(), 0)).await.expect("booked");
    stage.until(CPAM, |it| it.appointment_by_id(&kept).is_some()).await;
    assert!(!point.snapshot().disk_refuses);
    let browser = stage.browser(PUY).await;
    let told = r#"data-test="disk-refuses""#;
    assert!(!browser.get("/animateur").await.text.contains(told));
    stage.refuse_disk(PUY);
    let lost = point.book(order(&point.snapshot(), 1)).await;
    assert_eq!(lost, Err(Refusal::Disk));
    let shown = point.snapshot();
    assert_eq!(shown.appointments().len(), 1, "only what was kept is shown");
    assert!(shown.disk_refuses);
    for path in ["/animateur", "/"] {
        assert!(browser.get(path).await.text.contains(told), "{path} tells it");
    }
    assert_eq!(point.cancel(kept, Reason::ByThePerson).await, Err(Refusal::Disk));
    assert_eq!(point.arrived(kept).await, Err(Refusal::Disk));
    assert_eq!(point.outcome(kept, Fate::Kept, 5).await, Err(Refusal::Disk));
    // Frames of others and the passing of time bring nothing unkept into sight either.
    let gramat = &stage.replicas[GRAMAT];
    point.tick().await;
    gramat.tick().await;
    let asked = point.details(vec![kept]).await;
    assert_eq!(asked.len(), 1, "what is there can still be read");
    let shown = point.snapshot();
    assert_eq!(shown.appointments().len(), 1);
    assert!(shown.appointment_by_id(&kept).expect("kept").is_confirmed());
}

#[tokio::test]
async fn a_form_that_was_kept_is_answered_on_a_disk_that_refuses() {
    // Goal: the answer was lost and the form comes again: the person is not sent elsewhere while the booking stands.
    let stage = Stage::set().await;
    let point = &stage.replicas[PUY];
    let form = BookOrder { nonce: Some("f".repeat(32)), ..order(&point.snapshot(), 0) };
    let kept = point.book(form.clone()).await.expect("booked");
    stage.refuse_disk(PUY);
    // In one group with what the disk refuses: both were sent before either is answered.
    let (lost, again) = tokio::join!(point.book(order(&point.snapshot(), 1)), point.book(form));
    assert_eq!((lost, again), (Err(Refusal::Disk), Ok(kept)));
}

#[tokio::test]
async fn one_bad_opening_does_not_stop_the_others() {
    // Goal: an opening that cannot be cut into slots costs itself alone.
    let folder = tempfile::tempdir().expect("a folder");
    let opening = |desk, from: &str, to: &str| WeeklyOpening {
        desk,
        days: vec![Weekday::Wednesday],
        from: from.parse().expect("a time"),
        to: to.parse().expect("a time"),
        step_min: 30,
    };
    let (replica, _) = agency_with(folder.path(), vec![opening(1, "09:00", "09:10"), opening(1, "10:00", "12:00")]);
    let snapshot = replica.snapshot();
    let slots: usize = snapshot.weeks.values().map(|week| week.slots().count()).sum();
    assert_eq!(slots, 4 * 4, "four times on each of four Wednesdays");
}
