// SPDX-License-Identifier: EUPL-1.2
//! The page on which devices and the line are tried before a call.

use axum::http::StatusCode;

use super::stage::{CPAM, PUY, Stage};

#[tokio::test]
async fn the_line_is_tried_to_whom_one_calls_alone() {
    // Goal: a point is offered agencies and an agency points; nobody else can be named; a box that does not answer is told
    // with what to look at; a booth has no line to try, and one that is none has no page.
    let stage = Stage::set().await;
    for (member, door, other, nobody) in [(PUY, "/animateur", CPAM, "gramat"), (CPAM, "/conseiller", PUY, CPAM)] {
        let browser = stage.browser(member).await;
        let page = browser.get(&format!("{door}/essai")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let options = page.between("data-test=\"trial-member\">", "</select>");
        assert!(options.contains(&format!("\"{other}\"")) && !options.contains(&format!("\"{nobody}\"")), "{options}");
        for named in ["", nobody, "nulle-part", "<b>"] {
            let path = format!("{door}/essai/ligne");
            let page = browser.post(&path, &[("membre", named)]).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{named}: {}", page.text);
        }
        let page = browser.post(&format!("{door}/essai/ligne"), &[("membre", other)]).await;
        assert!(page.status == StatusCode::CONFLICT && page.text.contains("ne répond pas"), "{}", page.text);
        assert!(!page.text.contains("trial-found"));
    }
    let booth = stage.browser(PUY).await;
    let page = booth.get("/cabine/1/essai").await;
    assert!(page.status == StatusCode::OK && !page.text.contains("trial-member"), "{}", page.text);
    assert_eq!(booth.get("/cabine/77/essai").await.status, StatusCode::NOT_FOUND);
}
