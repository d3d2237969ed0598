// SPDX-License-Identifier: EUPL-1.2
//! A call that is cut comes back by itself: the line dies and returns, a node is killed or stopped and started anew, a
//! browser is reloaded. Nobody presses anything, nobody signs in again; at the end it has been held.

use hameau_tests::hand::{PASSWORD, STAFF};
use hameau_tests::lines::Lines;
use hameau_tests::rough::{Call, End, connected};

use crate::exchanged::scans_and_prints;

#[tokio::test]
async fn a_call_comes_back_by_itself() {
    let Some(mut lines) = Lines::open(&["clean"]).await else {
        eprintln!("skipped: no poor lines on this machine");
        return;
    };
    let mut call = connected(&mut lines, "clean").await;
    goes_on(&call).await;
    scans_and_prints(&call.booth, &call.advisor).await;

    lines.change("a", "dead").await;
    for person in [&call.booth, &call.advisor] {
        person.sees("call-state", "La ligne est coupée. L'appel reprend tout seul").await;
    }
    call.booth.picture("booth-cut").await;
    lines.change("a", "clean").await;
    goes_on(&call).await;

    for end in [End::Killed, End::Stopped] {
        call.restarts_the_agency(&lines, end).await;
        goes_on(&call).await;
        call.restarts_the_point(&lines, end).await;
        goes_on(&call).await;
    }
    for person in [&call.booth, &call.advisor] {
        person.sees("document", "Papier scanné.jpg").await;
    }
    for person in [&call.booth, &call.advisor] {
        let address = person.address().await;
        person.go(&address).await;
        goes_on(&call).await;
    }

    call.advisor.click("hang-up").await;
    call.booth.sees("booth-ended", "L'appel est terminé").await;
    call.advisor.click("back-to-agenda").await;
    call.advisor.sees("state", "honoré").await;
    is_had_again(&call).await;
    call.ended().await;
    lines.close().await;
}

/// Both are told that they are connected, and pictures and sound come anew.
async fn goes_on(call: &Call) {
    for person in [&call.booth, &call.advisor] {
        person.call_goes_on().await;
        person.sees("call-state", "Vous êtes en ligne").await;
    }
}

/// The advisor says that the call stopped before its end: the point may begin it again, or book another time under the
/// same details, and the first one stays what it was.
async fn is_had_again(call: &Call) {
    // Who was in no call was signed out by the restart.
    call.animateur.signs_in(&call.door, STAFF, PASSWORD).await;
    call.advisor.click("outcome").await;
    call.advisor.click("outcome-interrupted").await;
    call.advisor.sees("state", "interrompu").await;
    call.animateur.sees_row("row", &["Marie Demo", "interrompu"]).await;
    call.animateur.sees("start-call", "Démarrer").await;
    call.animateur.click("[data-test=row] a").await;
    call.animateur.sees("interrupted", "ne compte pas comme absente").await;
    call.animateur.picture("appointment-interrupted").await;
    call.animateur.click("book-again").await;
    call.animateur.picture("book-again").await;
    call.animateur.click("slot").await;
    // Nobody types them again.
    assert_eq!(call.animateur.eval("document.getElementById('nom').value").await, "Marie Demo");
    call.animateur.click("submit").await;
    call.animateur.sees("notice", "enregistrée").await;
    call.animateur.sees("appointment", "Marie Demo").await;
    call.animateur.click(".top a[href='/animateur']").await;
    call.animateur.sees_row("row", &["Marie Demo", "interrompu"]).await;
}
