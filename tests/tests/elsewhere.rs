// SPDX-License-Identifier: EUPL-1.2
//! Two territories on one network. A box of the other one finds an address of ours and knocks: it is not let in, and
//! whoever runs the box is told which one it is, since when, and what to do.

use hameau_tests::hand::{Village, hameau, reaches, started, stopped};
use hameau_tests::load::status;
use hameau_tests::terminal;
use hameau_tests::wait::until;

#[tokio::test]
async fn a_box_of_another_territory_that_knocks_is_told() {
    let (here, there) = (Village::founded().await, Village::founded().await);
    let [ours, centre, point] = [here.at("centre"), there.at("centre"), there.at("bourg")];
    let coordination = started(&centre, &[]).await;
    there.enrolled("bourg", "point", &centre).await;
    let node = started(&point, &[]).await;
    reaches(&point, "centre").await;
    let members = hameau(&point, &["members", "--json"]).await.json();
    let own = members.as_array().expect("a list").iter().find(|it| it["reach"] == "self").expect("itself");
    let key = own["key"].as_str().expect("a key").to_owned();

    // The other coordination is gone, and its address is ours now.
    stopped(coordination).await;
    std::fs::copy(centre.join("node.toml"), ours.join("node.toml")).expect("copied");
    let box_of_ours = started(&ours, &[]).await;
    let knock = until("somebody knocks", async || {
        let told = status(&ours).await;
        let knock = told["knocks"].as_array().and_then(|all| all.iter().find(|it| it["key"] == *key)).cloned();
        knock.ok_or_else(|| told.to_string())
    })
    .await;
    assert_eq!((&knock["why"], knock["member"].is_null()), (&"stranger".into(), true), "{knock}");
    assert!(knock["address"].as_str().is_some_and(|it| it.starts_with("/ip4/127.0.0.1/")), "{knock}");
    let since = knock["since"].as_str().expect("a time");
    let said = hameau(&ours, &["status"]).await.out;
    for part in ["refusée à la porte : une boîte inconnue", key.as_str(), since, "d'un autre territoire"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let english = terminal::english(&["--home", ours.to_str().expect("UTF-8"), "status"], "").await;
    assert!(english.out.contains("refused at the door: an unknown node"), "{english:?}");
    assert_eq!(status(&point).await["knocks"], serde_json::json!([]), "nobody knocks there");
    for one in [box_of_ours, node] {
        stopped(one).await;
    }
}
