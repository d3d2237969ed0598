// SPDX-License-Identifier: EUPL-1.2
//! The call in real browsers: booth - node - QUIC - node - advisor, on loopback.

mod lab;

use hameau_node::call::{CallEvent, EndReason, Line, Phase, Side};
use hameau_node::reach::Reach;
use lab::browser::{Browser, Camera, Counted, eval, open, until_counted};
use lab::{
    CALL, DEADLINE, Node, OPENS_AT, members, page, point_and_agency, start, udp_sockets, until, until_udp_sockets,
};

/// Pictures that must arrive: two seconds and more of a moving picture.
const PICTURES_MIN: u64 = 40;

/// Waits for two seconds and more of new picture, and for new sound.
async fn sees_and_hears(browser: &Browser, before: &Counted, what: &str) -> Counted {
    let enough = |counted: &Counted| {
        counted.frames_decoded >= before.frames_decoded + PICTURES_MIN && counted.sound_energy > before.sound_energy
    };
    until_counted(browser, what, enough).await
}

/// Browsers are heavy: one story at a time.
static ONE_STORY: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn two_people_see_and_hear_each_other() {
    // Goal: picture and sound both ways; again by itself after a cut line and a reloaded page; over for both.
    start();
    let _one = ONE_STORY.lock().await;
    let members = members(&[1, 2]);
    let (point, agency) = point_and_agency(&members).await;
    let sockets = udp_sockets();
    let (mut at_point, mut at_agency) = (point.calls.watch(CALL), agency.calls.watch(CALL));
    let booth_page = page::serve(point.calls.clone(), Side::Booth).await;
    let advisor_page = page::serve(agency.calls.clone(), Side::Advisor).await;

    let booth = open(&booth_page.url(), Camera::Works).await;
    until(&mut at_agency, "the advisor's node rings", |state| state.phase == Phase::Ringing).await;
    let advisor = open(&advisor_page.url(), Camera::Works).await;
    until(&mut at_point, "talking at the point", |state| state.phase == Phase::Talking).await;
    until(&mut at_agency, "talking at the agency", |state| state.phase == Phase::Talking).await;
    let booth_seen = sees_and_hears(&booth, &Counted::default(), "the booth sees and hears").await;
    let advisor_seen = sees_and_hears(&advisor, &Counted::default(), "the advisor sees and hears").await;
    until(&mut at_point, "a near and good line", |state| state.reach == Reach::Lan && state.line == Line::Good).await;

    assert!(udp_sockets() > sockets, "a leg has its socket");
    signals_are_shown(&point, &mut at_agency).await;
    let booth_seen = line_comes_back(&point, (&booth, &booth_seen), (&advisor, &advisor_seen)).await;

    advisor.client.refresh().await.expect("the page reloads");
    sees_and_hears(&advisor, &Counted::default(), "the advisor again after reloading").await;
    sees_and_hears(&booth, &booth_seen, "the booth sees the reloaded page").await;

    agency.calls.hang_up(CALL).await;
    let ended = until(&mut at_agency, "over at the agency", |state| state.phase == Phase::Ended).await;
    assert_eq!(ended.ended, Some(EndReason::HungUpHere));
    assert!(ended.record.minutes() >= 1);
    let ended = until(&mut at_point, "over at the point", |state| state.phase == Phase::Ended).await;
    assert_eq!(ended.ended, Some(EndReason::HungUpThere));
    until_counted(&booth, "the booth's page has closed", |counted| counted.state == "closed").await;
    assert_eq!(at_point.borrow().phase, Phase::Ended, "a page that offers again does not wake a call that is over");
    until_udp_sockets(sockets).await;
    drop((booth, advisor));
    point.calls.close().await;
    agency.calls.close().await;
}

async fn signals_are_shown(point: &Node, at_agency: &mut tokio::sync::watch::Receiver<hameau_node::call::CallState>) {
    point.calls.set_muted(CALL, true).await;
    until(at_agency, "the booth is shown muted", |state| state.peer_muted).await;
    let mut events = point.calls.events();
    point.calls.ask_help(CALL).await;
    let asked = tokio::time::timeout(DEADLINE, events.recv()).await.expect("the animateur is called");
    assert_eq!(asked, Ok(CallEvent::HelpAsked { call: CALL }));
    until(at_agency, "the booth's call for help is shown", |state| state.help_asked).await;
    point.calls.help_given(CALL).await;
    until(at_agency, "help has come", |state| !state.help_asked).await;
    point.calls.set_muted(CALL, false).await;
    until(at_agency, "the booth is shown open", |state| !state.peer_muted).await;
    point.calls.set_dark(CALL, true).await;
    until(at_agency, "the booth's camera is shown off", |state| state.peer_dark && !state.peer_muted).await;
    point.calls.set_dark(CALL, false).await;
    let seen = until(at_agency, "and on again", |state| !state.peer_dark).await;
    assert!(seen.phrase.is_some());
    assert_eq!(seen.phrase, point.calls.watch(CALL).borrow().phrase, "both ends of one line have the same words");
}

async fn line_comes_back(
    point: &Node,
    (booth, booth_seen): (&Browser, &Counted),
    (advisor, advisor_seen): (&Browser, &Counted),
) -> Counted {
    let mut at_point = point.calls.watch(CALL);
    let words = at_point.borrow().phrase;
    point.calls.set_offline(true);
    let cut = until(&mut at_point, "reconnecting", |state| state.phase == Phase::Reconnecting).await;
    assert_eq!(cut.phrase, None, "no line has no words");
    point.calls.set_offline(false);
    let again = until(&mut at_point, "talking again", |state| state.phase == Phase::Talking).await;
    assert!(again.phrase.is_some_and(|new| Some(new) != words), "another line has others");
    sees_and_hears(advisor, advisor_seen, "the advisor again after the cut").await;
    sees_and_hears(booth, booth_seen, "the booth again after the cut").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_call_says_why() {
    // Goal: no camera, permission denied, a node that refuses: each its code, by which the page knows its
    // sentence, and the node's own sentence where it gave one; no room opened.
    start();
    let _one = ONE_STORY.lock().await;
    let (point, agency) = point_and_agency(&members(&[1, 2])).await;
    let booth_page = page::serve(point.calls.clone(), Side::Booth).await;
    for (camera, at, code, sentence) in [
        (Camera::Missing, OPENS_AT, "no-camera", ""),
        (Camera::Denied, OPENS_AT, "denied", ""),
        (Camera::Works, OPENS_AT - 1, "refused", "trop tôt"),
    ] {
        point.clock.set(at);
        let browser = open(&booth_page.url(), camera).await;
        let fault = eval(&browser, "window.ready.then(() => window.fault)").await;
        assert_eq!(fault["code"], code, "{fault}");
        assert!(fault["message"].as_str().is_some_and(|text| text.contains(sentence)), "{fault}");
    }
    assert_eq!(point.calls.watch(CALL).borrow().phase, Phase::Waiting);
    point.calls.close().await;
    agency.calls.close().await;
}
