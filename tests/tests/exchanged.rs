// SPDX-License-Identifier: EUPL-1.2
//! Papers in a call: what is given at the booth and at the agency, what both look at, and what is left. Part of the story of
//! the call (`call.rs`).

use std::path::Path;

use hameau_tests::person::{Person, pdf};
use hameau_tests::wait::until;
use hameau_tests::world::World;

/// Waits until the page of a document is drawn on a person's screen.
async fn is_drawn(person: &Person) {
    let width = "document.getElementById('viewer-page').naturalWidth";
    until("the page is drawn", async || match person.eval(width).await.as_u64() {
        Some(width) if width > 0 => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

/// Both ways; the advisor's only once the person has said yes; both look at one page; what is no paper is refused.
pub(crate) async fn exchanges(booth: &Person, advisor: &Person) {
    booth.gives("attestation de domicile.pdf", &pdf(1, 0)).await;
    advisor.sees("document", "attestation de domicile.pdf").await;
    advisor.sees("document", "reçu").await;
    booth.sees("document", "envoyé").await;
    advisor.click("document-open").await;
    for person in [advisor, booth] {
        person.sees("page-number", "Page 1 sur 1").await;
        is_drawn(person).await;
    }
    advisor.picture("advisor-document").await;
    advisor.click("viewer-close").await;
    booth.sees_no("viewer").await;
    let saved = "fetch(document.querySelector('[data-test=document-save]').href).then(async (it) => \
        [it.headers.get('content-disposition'), (await it.arrayBuffer()).byteLength])";
    let saved = advisor.eval(saved).await;
    assert_eq!(saved[1].as_u64(), Some(pdf(1, 0).len() as u64), "{saved}");
    assert_eq!(saved[0], "attachment; filename*=UTF-8''attestation%20de%20domicile%2Epdf");

    booth.gives("carte.pdf", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0").await;
    booth.sees("document-said", "n'est pas un document PDF, JPEG ou PNG").await;

    advisor.gives("notice.pdf", &pdf(2, 0)).await;
    booth.sees("document", "Le conseiller veut vous donner un document : notice.pdf").await;
    advisor.sees("document", "proposé à l'autre côté").await;
    booth.picture("booth-document-asked").await;
    booth.click("document-want").await;
    for person in [booth, advisor] {
        person.sees("page-number", "Page 1 sur 2").await;
        is_drawn(person).await;
    }
    advisor.click("page-after").await;
    booth.sees("page-number", "Page 2 sur 2").await;
    is_drawn(booth).await;
    advisor.click("viewer-page").await;
    booth.sees_whole("pointer").await;
    booth.picture("booth-document").await;
    booth.click("viewer-close").await;
    advisor.sees_no("viewer").await;

    advisor.gives("formulaire.pdf", &pdf(3, 0)).await;
    booth.sees("document", "formulaire.pdf").await;
    booth.click("document-refuse").await;
    advisor.sees("document", "refusé par la personne").await;
}

/// A sheet of the scanner reaches the advisor; a printer that does not answer is said.
pub(crate) async fn scans_and_prints(booth: &Person, advisor: &Person) {
    booth.click("scan").await;
    advisor.sees("document", "Papier scanné.jpg").await;
    booth.sees("document", "Papier scanné.jpg").await;
    booth.click("document-print").await;
    booth.sees("document-said", "L'appareil ne répond pas").await;
}

/// Each reads what the other writes, as it was written.
pub(crate) async fn write_to_each_other(booth: &Person, advisor: &Person) {
    for (writer, reader, text) in [(advisor, booth, "Votre numéro : <b>12</b>"), (booth, advisor, "Merci !")] {
        writer.write("text", text).await;
        writer.enter().await;
        reader.sees("texts", &format!("L'autre personne : {text}")).await;
        writer.sees("texts", &format!("Vous : {text}")).await;
    }
    booth.picture("booth-texts").await;
}

/// The advisor's screen comes in the place of the camera, sharper, and goes again.
pub(crate) async fn shows_the_screen(booth: &Person, advisor: &Person) {
    let is_sent =
        "hameauCall.pc.getSenders().find((it) => it.track?.kind === 'video').track.getSettings().displaySurface ?? ''";
    advisor.click("share").await;
    advisor.sees("share", "Ne plus montrer mon écran").await;
    assert_ne!(advisor.eval(is_sent).await, "", "a screen is sent");
    let width = "document.getElementById('remote').videoWidth";
    until("the screen is seen in the booth", async || match booth.eval(width).await.as_u64() {
        Some(width) if width > 640 => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    booth.picture("booth-sees-screen").await;
    advisor.click("share").await;
    advisor.sees("share", "Montrer mon écran").await;
    assert_eq!(advisor.eval(is_sent).await, "", "the camera is sent");
    booth.call_goes_on().await;
}

/// The point has no file left, and both count what was exchanged, without a name.
pub(crate) async fn leaves_a_receipt_alone(world: &World) {
    let point = world.home("puy-leveque").join("documents");
    until("nothing is left at the point", async || match files(&point) {
        left if left.is_empty() => Ok(()),
        left => Err(format!("{left:?}")),
    })
    .await;
    for (member, sent) in [("puy-leveque", [true, false]), ("cpam-46", [false, true])] {
        let calls = world.hameau(member, &["calls", "--json"]).await.json();
        let told: Vec<_> =
            calls[0]["documents"].as_array().expect("a list").iter().map(|it| it["sent"].clone()).collect();
        assert_eq!(told, sent, "{member}: {calls}");
        assert!(!calls.to_string().contains("notice"), "{calls}");
        assert!(world.hameau(member, &["calls"]).await.out.contains("1 document envoyé, 1 document reçu"));
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let below = entries.flat_map(|it| {
        let name = it.file_name().to_string_lossy().into_owned();
        if it.path().is_dir() { files(&it.path()) } else { vec![name] }
    });
    below.filter(|it| it != "list.json").collect()
}
