// SPDX-License-Identifier: EUPL-1.2
//! The internet is gone. A point and an agency on one local network find each other, go on booking, and the person
//! talks with the advisor all the same.

use hameau_tests::hand::{PASSWORD, STAFF};
use hameau_tests::lan::{Call, Lan, Machine, Neighbours, PORTAL, confirmed, has};
use hameau_tests::person::{Camera, Person};

#[tokio::test]
async fn neighbours_go_on_without_the_internet() {
    let Some(lan) = Lan::open() else { return };
    let neighbours = Neighbours::settled(&lan, "").await;
    let [town, home] = ["bourg", "caisse"].map(|name| neighbours.village.at(name));
    has(&town, "centre", &["lan", "direct"]).await;

    lan.cut_off();
    confirmed(&town, &home, "10:30").await;
    // Started anew: what it knew of connections is forgotten, and no address leads out.
    let neighbours = neighbours.restart_point(&lan).await;
    has(&town, "caisse", &["lan"]).await;
    confirmed(&town, &home, "11:00").await;

    let door = format!("http://127.0.0.1:{PORTAL}/conseiller");
    let advisor = Person::on(Some(lan.name(Machine::Second)), "the advisor", &door, Camera::Works).await;
    advisor.signs_in(&door, STAFF, PASSWORD).await;
    Call::with(lan.name(Machine::First), &advisor).await.ended_by(&advisor).await;
    neighbours.stopped().await;
}
