// SPDX-License-Identifier: EUPL-1.2
//! Documents over a real line between two nodes, without browsers: both ways, through cuts and a restart, and what is left.

mod lab;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hameau_node::call::documents::{Declined, Document, Kind, Look, NotExchanged, Stand};
use hameau_node::call::{CallEvent, CallId, CallState, Calls, EndReason, Ticket};
use lab::{CALL, CLOSES_AT, Node, link_of, members, node_in, point_and_agency, start, until};

/// A PDF, as far as its first bytes say, of this length.
fn document(seed: u8, length: usize) -> Vec<u8> {
    let rest = (0..length).map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed) ^ (at >> 8) as u8);
    b"%PDF-1.7\n".iter().copied().chain(rest).take(length).collect()
}

async fn give(calls: &Calls, name: &str, bytes: &[u8]) -> Result<(), NotExchanged> {
    let mut given = calls.documents().give(CALL)?;
    for piece in bytes.chunks(60_000) {
        given.write(piece)?;
    }
    calls.give(CALL, given, name.to_owned()).await
}

fn named<'a>(state: &'a CallState, name: &str) -> Option<&'a Document> {
    state.documents.iter().find(|it| it.name == name)
}

/// Waits until a document of this name stands so.
async fn stands(node: &Node, name: &str, so: impl Fn(&Document) -> bool) -> Document {
    let mut states = node.calls.watch(CALL);
    let state = until(&mut states, name, |state| named(state, name).is_some_and(&so)).await;
    named(&state, name).expect("it is there").clone()
}

/// The line is up without a browser: the person in the booth has asked for help.
async fn is_open(point: &Node, agency: &Node) {
    point.calls.ask_help(CALL).await;
    until(&mut agency.calls.watch(CALL), "the agency hears of it", |state| state.help_asked).await;
}

/// All files below a folder, but the lists.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let below = entries.flatten().flat_map(|it| if it.path().is_dir() { files(&it.path()) } else { vec![it.path()] });
    below.filter(|it| !it.ends_with("list.json")).collect()
}

async fn nothing_is_left(folder: &Path) {
    hameau_tests::wait::until("nothing is left", async || match files(folder) {
        left if left.is_empty() => Ok(()),
        left => Err(format!("{left:?}")),
    })
    .await;
}

#[tokio::test]
async fn both_ways_with_consent_and_nothing_left() {
    // Goal: what the person gives the agency has, byte for byte; the agency's comes when the person says yes; what she
    // refuses does not; both look at one page; at the end the booth's computer has nothing, and both count the same.
    start();
    let (point, agency) = point_and_agency(&members(&[1, 2])).await;
    is_open(&point, &agency).await;
    let (scan, letter) = (document(1, 300_000), document(2, 20_000));
    give(&point.calls, "attestation.pdf", &scan).await.expect("given");
    let came = stands(&agency, "attestation.pdf", |it| it.stand == Stand::There).await;
    assert_eq!((came.kind, came.from_here, came.percent), (Some(Kind::Pdf), false, 100));
    let file = agency.calls.documents().file(CALL, &came);
    assert_eq!(std::fs::read(file).expect("readable"), scan);

    give(&agency.calls, "notice.pdf", &letter).await.expect("given");
    let asked = stands(&point, "notice.pdf", |it| it.stand == Stand::Asked).await;
    give(&agency.calls, "publicité.pdf", &document(3, 10_000)).await.expect("given");
    let unwanted = stands(&point, "publicité.pdf", |it| it.stand == Stand::Asked).await;
    assert_eq!(files(point.folder.path()).len(), 1, "nothing comes before it is wanted");
    point.calls.answer_document(CALL, unwanted.id, false).await;
    stands(&agency, "publicité.pdf", |it| it.stand == Stand::Declined(Declined::Person)).await;
    point.calls.answer_document(CALL, asked.id.clone(), true).await;
    stands(&agency, "notice.pdf", |it| it.stand == Stand::There).await;
    let there = stands(&point, "notice.pdf", |it| it.stand == Stand::There).await;
    let file = point.calls.documents().file(CALL, &there);
    assert_eq!(std::fs::read(file).expect("readable"), letter);

    let look = Look { id: asked.id, page: 2, point: Some((250, 9_000)) };
    point.calls.look(CALL, Some(look)).await;
    let own = stands(&agency, "notice.pdf", |it| it.from_here).await.id;
    let seen = until(&mut agency.calls.watch(CALL), "the page", |state| state.look.is_some()).await.look;
    assert_eq!(seen, Some(Look { id: own, page: 2, point: Some((250, 1000)) }));
    agency.calls.look(CALL, None).await;
    until(&mut point.calls.watch(CALL), "no page", |state| state.look.is_none()).await;

    let mut events = agency.calls.events();
    point.calls.hang_up(CALL).await;
    let ended = |state: &CallState| state.ended == Some(EndReason::HungUpHere) && state.documents.is_empty();
    until(&mut point.calls.watch(CALL), "the end, and nothing shown", ended).await;
    nothing_is_left(point.folder.path()).await;
    let list = std::fs::read_to_string(point.folder.path().join(CALL.to_string()).join("list.json"));
    assert!(list.is_ok_and(|it| !it.contains("attestation") && !it.contains("notice")), "a name is left");
    let [ours, theirs] = [&point, &agency].map(|it| it.calls.documents().receipts(CALL));
    let told = |all: &[hameau_node::record::Receipt], sent| {
        all.iter().filter(|it| it.sent == sent).map(|it| it.bytes).collect::<Vec<_>>()
    };
    assert_eq!((told(&ours, true), told(&ours, false)), (vec![300_000], vec![20_000]));
    assert_eq!((told(&theirs, true), told(&theirs, false)), (vec![20_000], vec![300_000]));

    until(&mut agency.calls.watch(CALL), "the end there", |state| state.ended.is_some()).await;
    let told = std::iter::from_fn(|| events.try_recv().ok());
    let told = told.filter_map(|it| if let CallEvent::Ended { documents, .. } = it { Some(documents) } else { None });
    assert_eq!(told.flatten().count(), 2, "its record counts them, whatever is deleted meanwhile");
    give(&point.calls, "trop tard.pdf", &document(6, 100)).await.expect("the room is open");
    nothing_is_left(point.folder.path()).await;

    // The advisor has them until the room closes.
    assert_eq!(files(agency.folder.path()).len(), 3);
    agency.clock.set(CLOSES_AT);
    nothing_is_left(agency.folder.path()).await;
}

#[tokio::test]
async fn goes_on_after_a_cut_and_a_restart() {
    // Goal: a document that is cut in the middle goes on where it was: after a cut of the line, and after the box that gets
    // it was started anew.
    start();
    let members = members(&[1, 2]);
    let (point, agency) = point_and_agency(&members).await;
    is_open(&point, &agency).await;
    let long = document(4, 600_000);
    give(&point.calls, "dossier.pdf", &long).await.expect("given");
    let before = stands(&agency, "dossier.pdf", |it| it.percent >= 5).await;
    assert_ne!(before.stand, Stand::There, "it was cut in the middle");
    point.calls.set_offline(true);
    let cut = stands(&agency, "dossier.pdf", |_| true).await;
    point.calls.set_offline(false);
    let after = stands(&agency, "dossier.pdf", |it| it.percent > cut.percent).await;
    assert_ne!(after.stand, Stand::There, "it is cut in the middle again");

    agency.calls.close().await;
    let Node { link, calls, folder, .. } = agency;
    drop((link, calls));
    let half: u64 = files(folder.path()).iter().map(|it| std::fs::metadata(it).expect("a file").len()).sum();
    assert!(half > 30_000, "{half} bytes are kept");
    let own = link_of(2, &members).await;
    let agency = node_in(folder, own, &point.link, false);
    // It listens at another port now.
    let moves = |tickets: &mut HashMap<CallId, Ticket>| {
        tickets.get_mut(&CALL).expect("known").peer_addrs = agency.link.local_addrs();
    };
    moves(&mut point.diary.tickets.lock().expect("no panic under this lock"));
    let first = stands(&agency, "dossier.pdf", |it| it.percent > 0).await;
    assert!(u64::from(first.percent) >= half * 100 / 600_000, "{first:?} after {half} bytes");
    let came = stands(&agency, "dossier.pdf", |it| it.stand == Stand::There).await;
    let file = agency.calls.documents().file(CALL, &came);
    assert_eq!(std::fs::read(file).expect("readable"), long);
}

#[tokio::test]
async fn what_is_no_document_is_not_given() {
    // Goal: a program, nothing, too many: a reason each, and no file is left of it.
    start();
    let (point, agency) = point_and_agency(&members(&[1, 2])).await;
    is_open(&point, &agency).await;
    let too_long = document(5, 30_000_001);
    for (name, bytes, why) in [
        ("carte.pdf", &b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"[..], NotExchanged::Kind),
        ("vide.pdf", &b""[..], NotExchanged::Empty),
        ("film.pdf", &too_long[..], NotExchanged::TooLong),
    ] {
        assert_eq!(give(&point.calls, name, bytes).await, Err(why), "{name}");
    }
    assert_eq!(files(point.folder.path()), Vec::<PathBuf>::new());
    for seed in 0..20 {
        give(&point.calls, &format!("{seed}.pdf"), &document(seed, 100)).await.expect("given");
        stands(&agency, &format!("{seed}.pdf"), |it| it.stand == Stand::There).await;
        stands(&point, &format!("{seed}.pdf"), |it| it.stand == Stand::There).await;
    }
    assert_eq!(give(&point.calls, "20.pdf", &document(20, 100)).await, Err(NotExchanged::TooMany));
}
