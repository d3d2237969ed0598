// SPDX-License-Identifier: EUPL-1.2
//! A call from a white zone: 64 kbit/s, 150 ms one way, one packet in ten lost. The voice gets through, and both sides
//! read why the picture does not move; on a good line each may choose a weak one, and the other side reads that.

use hameau_tests::lines::Lines;
use hameau_tests::person::Person;
use hameau_tests::rough::connected;
use hameau_tests::wait::until;

#[tokio::test]
async fn sound_goes_first_and_both_sides_are_told() {
    let Some(mut lines) = Lines::open(&["whitezone"]).await else {
        eprintln!("skipped: no poor lines on this machine");
        return;
    };
    let call = connected(&mut lines, "whitezone").await;
    for person in [&call.booth, &call.advisor] {
        person.sees("rung", "son prioritaire").await;
        person.picture("call-weak-line").await;
        still_hears(person).await;
    }
    lines.change("a", "clean").await;
    for person in [&call.booth, &call.advisor] {
        person.sees_no("rung").await;
        let before = person.media().await.frames;
        until("the picture moves again", async || match person.media().await.frames {
            now if now >= before + 40 => Ok(()),
            now => Err(format!("{now} after {before}")),
        })
        .await;
    }
    chooses_a_weak_line(&call.booth, &call.advisor).await;
    call.ended().await;
    lines.close().await;
}

/// The booth chooses small pictures, then none, then all again.
async fn chooses_a_weak_line(booth: &Person, advisor: &Person) {
    booth.sees_no("no-picture").await;
    booth.click("weak").await;
    booth.sees("rung", "Connexion faible, à votre demande").await;
    advisor.sees("rung", "à la demande de l'autre côté").await;
    booth.click("no-picture").await;
    booth.sees("rung", "Sans image, à votre demande").await;
    advisor.sees("rung", "ne reçoit pas votre image").await;
    booth.picture("booth-no-picture").await;
    still_hears(booth).await;
    booth.click("weak").await;
    for person in [booth, advisor] {
        person.sees_no("rung").await;
    }
}

/// Waits for sound that was not there before.
async fn still_hears(person: &Person) {
    let before = person.media().await.sound;
    until("the voice gets through", async || match person.media().await.sound {
        now if now > before => Ok(()),
        now => Err(format!("{now} after {before}")),
    })
    .await;
}
