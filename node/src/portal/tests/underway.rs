// SPDX-License-Identifier: EUPL-1.2
//! Calls under way over a restart: what the sessions forget is had from the disk, and only that.

use crate::call::calendar::call_id;
use crate::portal::session::Standing;
use crate::portal::underway::{keep, restore};
use crate::record::Record;

use super::journey::book;
use super::stage::{Browser, PUY, Stage};

#[tokio::test]
async fn who_is_in_a_call_stays_signed_in_over_a_restart_and_who_left_does_not() {
    // Goal: a session in a call is had again after a restart, with booth and minutes; once it is locked or left, it is not,
    // whenever the node stops.
    let stage = Stage::set().await;
    for way in ["restart", "/connexion/verrouiller", "/connexion/quitter", "/connexion/quitter-partout"] {
        let puy = stage.browser(PUY).await;
        if puy.app.replica.snapshot().appointments().is_empty() {
            book(&puy, "Ana").await;
        }
        let call = call_id(&puy.app.replica.snapshot().appointments()[0].id);
        let session = puy.session().to_owned();
        puy.app.sessions.set_call(&session, Some(call));
        puy.app.calls.resume(call, Record { rung_ms: [61_000, 0, 0, 0, 0], ..Record::default() }, [5, 6]);
        keep(&puy.app, call).await;
        if way != "restart" {
            puy.post(way, &[]).await;
        }
        // The node starts anew: nothing is in its memory.
        puy.app.sessions.forget(&session);
        assert_eq!(restore(&puy.app).await, [call].into(), "{way}");
        assert_eq!(is_open(&puy, &session), way == "restart", "{way}");
        assert_eq!(puy.app.calls.watch(call).borrow().record.minutes(), 2, "{way}");
    }
}

fn is_open(browser: &Browser, session: &str) -> bool {
    let entrance = crate::portal::entrance::Entrance::Loopback;
    matches!(browser.app.standing(entrance, session), Standing::Open(_))
}
