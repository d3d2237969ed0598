// SPDX-License-Identifier: EUPL-1.2
//! What is past its term: closed after half a year, gone after two, and counted as before.

use axum::http::StatusCode;
use crdt_calendar::act::{Fate, Reason};
use crdt_calendar::ids::ActRef;

use super::refusals::order;
use super::stage::{CPAM, LOT, PUY, Stage};
use crate::clock::Clock;
use crate::replica::{Snapshot, short_act};
use crate::store::Counted;

const NAME: &str = "Camille Essai";

/// What a member counts.
fn counts(snapshot: &Snapshot) -> Counted {
    let clock = Clock::new(0, "Europe/Paris").expect("a zone");
    snapshot.counts(|minute| clock.period(minute))
}

#[tokio::test]
async fn six_months_later_the_name_is_gone_and_two_years_later_the_rest() {
    // Goal: a point and its agency start again after 30 and after 110 weeks. The page of an appointment says that the
    // name is erased, then that there is no such appointment; the counts are what they were.
    let stage = Stage::set().await;
    let point = &stage.replicas[PUY];
    let [kept, gone] = [
        point.book(order(&point.snapshot(), 0)).await.expect("booked"),
        point.book(order(&point.snapshot(), 0)).await.expect("booked"),
    ];
    point.outcome(kept, Fate::Kept, 25).await.expect("said");
    point.cancel(gone, Reason::ByThePerson).await.expect("cancelled");
    let before = counts(&point.snapshot());
    let figures: Vec<_> = before.values().map(|it| (it.kept, it.minutes, it.by_point.clone())).collect();
    assert_eq!(figures, [(1, 25, [(Reason::ByThePerson, 1)].into())]);
    for name in [CPAM, LOT] {
        stage.until(name, |it| counts(it) == before).await;
    }
    for (name, door) in [(PUY, "/animateur"), (CPAM, "/conseiller")] {
        let path = |id: &ActRef| format!("{door}/rendez-vous/{}", short_act(id));
        let browser = stage.browser(name).await;
        if name == PUY {
            assert!(browser.get(&path(&kept)).await.text.contains(NAME));
        }
        let (replica, browser) = stage.later(name, 30).await;
        assert!(replica.details(vec![kept]).await.is_empty(), "{name} reads it no more");
        assert_eq!(counts(&replica.snapshot()), before, "{name}");
        if name == PUY {
            let page = browser.get(&path(&kept)).await;
            assert_eq!((page.status, page.text.contains(NAME)), (StatusCode::OK, false));
            assert!(page.text.contains(r#"data-test="erased""#) && page.text.contains("plus de six mois"));
        }
        let (replica, browser) = stage.later(name, 110).await;
        assert!(replica.snapshot().appointment_by_id(&kept).is_none(), "{name} has it no more");
        assert_eq!(counts(&replica.snapshot()), before, "{name}");
        if name == PUY {
            let page = browser.get(&path(&kept)).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND);
            assert!(page.text.contains("plus de deux ans"), "{}", page.text);
        }
    }
    let (replica, _) = stage.later(LOT, 10).await;
    assert!(replica.snapshot().appointment_by_id(&kept).is_none(), "what others did goes once it is shared no more");
    assert_eq!(counts(&replica.snapshot()), before);
}
