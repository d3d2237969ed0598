// SPDX-License-Identifier: EUPL-1.2
//! The hour of an appointment that its agency cancelled because nobody can be there.

use axum::http::StatusCode;
use crdt_calendar::fold::ledger::Slot;

use super::journey::book_by;
use super::stage::{Browser, CPAM, DEADLINE, PUY, Stage};
use crate::replica::{Replica, Snapshot};

/// Books; gives the short name once the agency has confirmed.
async fn booked(stage: &Stage, browser: &Browser, way: &str) -> String {
    let short = book_by(browser, way, &format!("Ana {way}")).await;
    let id = short.parse().expect("a name");
    stage.until(CPAM, |it| it.appointment(id).is_some_and(|it| it.is_confirmed())).await;
    short
}

/// Whether the hour of an appointment is offered to others at its desk, or held in advance by a point: not where all is
/// closed; nothing while it is neither.
fn offered(snapshot: &Snapshot, short: &str) -> Option<bool> {
    let it = snapshot.appointment(short.parse().expect("a name"))?;
    let slots = snapshot.weeks.values().flat_map(|week| week.slots());
    let same = slots.filter(|(_, slot)| Some(&slot.opening.desk) == it.desk.as_ref() && slot.minutes == it.minutes);
    let is_held = |slot: &Slot| slot.open_tenure().is_some_and(|(_, it)| it.ask.is_none() && it.voided.is_none());
    let same: Vec<_> = same.map(|(_, it)| (it.closed, !it.void && (it.is_at_home() || is_held(it)))).collect();
    if same.iter().any(|(closed, is_free)| *is_free && !closed) {
        return Some(true);
    }
    same.iter().all(|(closed, _)| *closed).then_some(false)
}

/// Looks again after each change, as the node does each second, until the hour is so.
async fn becomes(agency: &Replica, short: &str, is_offered: bool) {
    let mut snapshots = agency.watch();
    let looks = async {
        while offered(&snapshots.borrow_and_update(), short) != Some(is_offered) {
            agency.tick().await;
            snapshots.changed().await.expect("it runs");
        }
    };
    let seen = tokio::time::timeout(DEADLINE, looks).await;
    assert!(seen.is_ok(), "{short} never becomes {is_offered}");
}

#[tokio::test]
async fn an_hour_at_which_nobody_can_be_there_is_offered_to_nobody() {
    // Goal: cancelled as absent or closed, the hour goes to nobody, after a restart and later looks too, until the
    // advisor offers it again, twice being once; cancelled for another reason it is offered by itself. A time that the
    // point held comes home first.
    let stage = Stage::pooled().await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let agency = &stage.replicas[CPAM];
    let mut withdrawn = Vec::new();
    for (reason, way, is_offered) in
        [("absent", "held", false), ("closed", "asked", false), ("mistake", "asked", true), ("other", "held", true)]
    {
        let short = booked(&stage, &puy, way).await;
        let page = advisor.post(&format!("/conseiller/rendez-vous/{short}/annuler"), &[("raison", reason)]).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{reason}: {}", page.text);
        becomes(agency, &short, is_offered).await;
        // The next one is booked by what the point knows.
        stage.until(PUY, |it| offered(it, &short) == Some(is_offered)).await;
        let day = page.location().split('&').next().expect("an address").to_owned();
        let text = advisor.get(&day).await.text;
        let row =
            text.split(&format!("id=\"rdv-{short}\"")).nth(1).expect("a row").split("</li>").next().expect("ends");
        assert_eq!(row.contains("data-test=\"offer-again\""), !is_offered, "{reason}: {row}");
        assert!(!row.contains("row-colleague"), "{row}");
        if !is_offered {
            withdrawn.push((short, day));
        }
    }
    let (again, _) = stage.restarted(CPAM, 0).await;
    for (short, _) in &withdrawn {
        becomes(&again, short, false).await;
    }
    drop(again);
    for (short, day) in &withdrawn {
        for _ in 0..2 {
            let page = advisor.post(&format!("/conseiller/rendez-vous/{short}/rouvrir"), &[]).await;
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        }
        becomes(agency, short, true).await;
        assert!(!advisor.get(day).await.text.contains(&format!("{short}/rouvrir")), "nothing is left to press");
    }
    stage.until(PUY, |it| withdrawn.iter().all(|(short, _)| offered(it, short) == Some(true))).await;
}
