// SPDX-License-Identifier: EUPL-1.2
//! An agency's note on an appointment: sealed on its disk, journaled when it is read, nobody else's.

use axum::http::StatusCode;

use super::accessed::lines;
use super::journey::book;
use super::stage::{CPAM, PUY, Stage};

#[tokio::test]
async fn a_note_is_kept_sealed_and_read_with_a_line() {
    // Goal: written, read, changed, let go; no line for writing, one for each reading; the point knows nothing of it, and
    // the disk holds no word of it in clear.
    let stage = Stage::set().await;
    let (puy, advisor) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let short = book(&puy, "Ana").await;
    stage.until(CPAM, |it| it.appointments().len() == 1).await;
    let path = format!("/conseiller/rendez-vous/{short}/note");
    assert!(advisor.get("/conseiller").await.text.contains("Ajouter une note"));
    let written = async |text: &str| advisor.post(&path, &[("note", text)]).await;
    let read = async || {
        let before = lines(&stage.replicas[CPAM]).await.iter().filter(|it| it.page == "note").count();
        let page = advisor.get(&path).await;
        let text = page.between("dir=\"auto\">", "</textarea>").to_owned();
        // One line is for the person's name on that page.
        let after = lines(&stage.replicas[CPAM]).await.iter().filter(|it| it.page == "note").count();
        (text, after - before - 1)
    };
    assert_eq!(read().await, (String::new(), 0), "there is nothing to read");
    let done = written("Rappeler le <b>dossier</b>\r\nmirabelle").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(read().await, ("Rappeler le &#60;b&#62;dossier&#60;/b&#62;\nmirabelle".to_owned(), 1));
    assert!(advisor.get("/conseiller").await.text.contains("Lire la note"));
    assert_eq!(written("autre mirabelle").await.status, StatusCode::SEE_OTHER);
    assert_eq!(read().await, ("autre mirabelle".to_owned(), 1));
    let long = written(&"x".repeat(1_001)).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(long.text.contains("1000 caractères") || long.text.contains("1 000"), "{}", long.text);

    assert!(!stage.holds(CPAM, b"mirabelle"), "sealed");
    assert!(stage.holds(CPAM, b"carte-vitale"), "what is in clear is found");
    assert_eq!(puy.get(&path).await.status, StatusCode::NOT_FOUND);
    assert!(!puy.get(&format!("/animateur/rendez-vous/{short}")).await.text.contains("mirabelle"));
    assert_eq!(written(" ").await.status, StatusCode::SEE_OTHER);
    assert_eq!(read().await, (String::new(), 0));
}
