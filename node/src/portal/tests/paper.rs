// SPDX-License-Identifier: EUPL-1.2
//! What is printed for the person.

use super::journey::{book, first, form, nonce};
use super::stage::{GRAMAT, PUY, Stage};

#[tokio::test]
async fn the_slip_says_where_the_point_is_called() {
    // Goal: the number of the point's own file, and no line about one where there is none.
    let stage = Stage::set().await;
    let (puy, gramat) = (stage.browser(PUY).await, stage.browser(GRAMAT).await);
    let short = book(&puy, "Ana").await;
    let slip = puy.get(&format!("/animateur/rendez-vous/{short}/bulletin")).await;
    assert!(slip.between("data-test=\"slip-telephone\"", "</b>").contains("05 65 00 00 99"), "{}", slip.text);
    let slot = first(&gramat, "asked").await;
    let asked = gramat.post(super::journey::NEW, &form(&slot, &nonce(&gramat, &slot).await, "Béa")).await;
    let path = asked.location().split('?').next().expect("an address").to_owned();
    let slip = gramat.get(&format!("{path}/bulletin")).await;
    assert!(slip.text.contains("data-test=\"slip-paper\"") && !slip.text.contains("slip-telephone"), "{}", slip.text);
}
