// SPDX-License-Identifier: EUPL-1.2
//! Who does not enter a call, and what strange bytes cost: real links on loopback, no browser.

mod lab;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hameau_node::call::leg::{LegError, SDP_BYTES_MAX};
use hameau_node::call::{CallEvent, CallId, EndReason, Join, JoinError, Phase, Refusal, Side, Ticket};
use hameau_node::link::{
    ALPN, CallLink, CloseCause, DialError, Flow, Incoming, Link, LinkEvent, Presence, Signal, wire,
};
use hameau_node::record::Record;
use iroh::endpoint::{Connection, ConnectionError, QuicTransportConfig, RecvStream, SendStream, VarInt, presets};
use iroh::{Endpoint, EndpointAddr, EndpointId, RelayMode, SecretKey};
use lab::{
    CALL, CLOSES_AT, DEADLINE, Node, OPENS_AT, key_of, link_of, members, node_of, point_and_agency, start, until,
};
use tokio::time::timeout;

const HERE: Presence = Presence { here: true, muted: false, dark: false, help: false };

/// Waits for an event of a link that is as described.
async fn hear(link: &mut CallLink, what: &str, so: impl Fn(&LinkEvent) -> bool) -> LinkEvent {
    let heard = timeout(DEADLINE, async {
        loop {
            match link.recv().await {
                Some(event) if so(&event) => return event,
                Some(_) => {}
                None => panic!("the link ended: {what}"),
            }
        }
    });
    heard.await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Both ends of a fresh link from seed 1 to seed 2.
async fn pair() -> (CallLink, CallLink, (Link, Incoming), (Link, Incoming)) {
    let members = members(&[1, 2]);
    let from = link_of(1, &members).await;
    let mut to = link_of(2, &members).await;
    let addrs = to.0.local_addrs();
    let (dialled, heard) = tokio::join!(from.0.dial(to.0.key(), &addrs, CALL, HERE), async {
        let knock = to.1.next().await.expect("a caller");
        assert_eq!((knock.peer, knock.call, knock.presence), (key_of(1), CALL, HERE));
        knock.accept(Presence::default()).await.expect("still there")
    });
    (dialled.expect("a link"), heard, from, to)
}

#[tokio::test]
async fn strangers_are_refused_on_both_sides() {
    // Goal: who is not enrolled has no link, whoever dials; who is struck off has none any more.
    start();
    let two = members(&[1, 2]);
    let three = members(&[1, 2, 3]);
    let (inside, mut door) = link_of(1, &two).await;
    let (stranger, _stranger_door) = link_of(3, &three).await;
    let dialled = stranger.dial(inside.key(), &inside.local_addrs(), CALL, HERE).await;
    assert_eq!(dialled.err(), Some(DialError::Stranger), "a stranger dials");
    let dialled = inside.dial(stranger.key(), &stranger.local_addrs(), CALL, HERE).await;
    assert_eq!(dialled.err(), Some(DialError::NotMember(key_of(3))), "a member dials a stranger");

    let (other, _other_door) = link_of(2, &two).await;
    let addrs = inside.local_addrs();
    let (dialled, knock) = tokio::join!(other.dial(inside.key(), &addrs, CALL, HERE), async {
        let knock = door.next().await.expect("the stranger never came this far");
        assert_eq!(knock.peer, key_of(2));
        knock.accept(HERE).await
    });
    let (mut dialled, _kept) = (dialled.expect("a link"), knock.expect("a link"));
    two.send_replace(Arc::new([key_of(1)].into()));
    hear(&mut dialled, "struck off", |event| matches!(event, LinkEvent::Closed(_))).await;
}

#[tokio::test]
async fn only_the_two_members_within_the_window() {
    // Goal: the node that is called asks its own calendar, whatever the caller believes.
    start();
    let members = members(&[1, 2, 3]);
    let (point, agency) = point_and_agency(&members).await;
    let (third, _third_door) = link_of(3, &members).await;
    let within = OPENS_AT + 60_000;
    for (case, from, call, at, refusal) in [
        ("another member", &third, CALL, within, Refusal::NotYours),
        ("another appointment", &point.link, CallId([8; 16]), within, Refusal::Unknown),
        ("too early", &point.link, CALL, OPENS_AT - 1, Refusal::TooEarly),
        ("too late", &point.link, CALL, CLOSES_AT, Refusal::TooLate),
    ] {
        agency.clock.set(at);
        let dialled = from.dial(agency.link.key(), &agency.link.local_addrs(), call, HERE).await;
        assert_eq!(dialled.err(), Some(DialError::Refused(refusal.code())), "{case}");
    }
    assert_eq!(agency.calls.watch(CALL).borrow().phase, Phase::Waiting, "nobody came in");
    agency.clock.set(within);
    let dialled = point.link.dial(agency.link.key(), &agency.link.local_addrs(), CALL, HERE).await;
    assert!(dialled.is_ok(), "the other member, within the window");
}

#[tokio::test]
async fn browsers_are_refused_with_a_sentence() {
    // Goal: whatever a page sends, an error that a person can read, and no room opened.
    start();
    let (point, _agency) = point_and_agency(&members(&[1, 2])).await;
    let within = OPENS_AT + 60_000;
    let long = "v=0\r\n".repeat(SDP_BYTES_MAX);
    for (case, call, side, offer, at, error) in [
        ("too early", CALL, Side::Booth, "", OPENS_AT - 1, JoinError::Refused(Refusal::TooEarly)),
        ("too late", CALL, Side::Booth, "", CLOSES_AT, JoinError::Refused(Refusal::TooLate)),
        ("unknown", CallId([8; 16]), Side::Booth, "", within, JoinError::Refused(Refusal::Unknown)),
        ("the other chair", CALL, Side::Advisor, "", within, JoinError::Refused(Refusal::NotYours)),
        ("nothing", CALL, Side::Booth, "", within, JoinError::Leg(LegError::Unreadable)),
        ("garbage", CALL, Side::Booth, "\u{1}\u{2}v=0 =m\r\n", within, JoinError::Leg(LegError::Unreadable)),
        (
            "half of one",
            CALL,
            Side::Booth,
            "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
            within,
            JoinError::Leg(LegError::Unreadable),
        ),
        ("endless", CALL, Side::Booth, &long, within, JoinError::Leg(LegError::TooLong(long.len()))),
    ] {
        point.clock.set(at);
        let join = Join { call, side, offer: offer.to_owned(), reached: Ipv4Addr::LOCALHOST.into(), again: false };
        let refused = timeout(DEADLINE, point.calls.join(join)).await.expect("an answer");
        assert_eq!(refused, Err(error.clone()), "{case}");
    }
}

#[tokio::test]
async fn a_booth_that_cannot_enter_is_heard() {
    // Goal: a call for help goes over without any browser in the call, within the window only.
    start();
    let (point, agency) = point_and_agency(&members(&[1, 2])).await;
    let mut at_agency = agency.calls.watch(CALL);
    point.clock.set(CLOSES_AT);
    point.calls.ask_help(CALL).await;
    assert!(!point.calls.watch(CALL).borrow().help_asked, "nobody is called after the window");
    point.clock.set(OPENS_AT + 60_000);
    agency.calls.ask_help(CALL).await;
    assert!(!agency.calls.watch(CALL).borrow().help_asked, "the agency has no animateur to call");
    point.calls.ask_help(CALL).await;
    let heard = until(&mut at_agency, "help is asked for over there", |state| state.help_asked).await;
    assert_eq!((heard.phase, heard.peer_present), (Phase::Waiting, false), "and nobody is in front of a camera");
    point.calls.help_given(CALL).await;
    until(&mut at_agency, "help has come", |state| !state.help_asked).await;
}

#[tokio::test]
async fn the_room_rings_hangs_up_and_closes() {
    // Goal: the advisor's node rings; a word or the end of the window ends the call, counted once.
    start();
    let members = members(&[1, 2]);
    let (point, _point_door) = link_of(1, &members).await;
    let agency = node_of(link_of(2, &members).await, &point, false);
    let mut state = agency.calls.watch(CALL);
    let mut events = agency.calls.events();
    let dial =
        || async { point.dial(agency.link.key(), &agency.link.local_addrs(), CALL, HERE).await.expect("a link") };

    dial().await.hang_up().await;
    let ended = until(&mut state, "hung up there", |state| state.phase == Phase::Ended).await;
    assert_eq!((ended.ended, ended.record.minutes()), (Some(EndReason::HungUpThere), 0));

    let mut line = dial().await;
    until(&mut state, "rings again", |state| state.phase == Phase::Ringing).await;
    agency.calls.set_muted(CALL, true).await;
    hear(&mut line, "shown muted", |event| {
        *event == LinkEvent::Signal(Signal::Presence(Presence { here: false, muted: true, dark: false, help: false }))
    })
    .await;
    agency.clock.set(CLOSES_AT);
    let ended = until(&mut state, "the window closes", |state| state.phase == Phase::Ended).await;
    assert_eq!(ended.ended, Some(EndReason::WindowClosed));
    hear(&mut line, "the link is closed", |event| *event == LinkEvent::Closed(CloseCause::Lost)).await;

    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        told.push(format!("{event:?}").split_whitespace().next().unwrap_or_default().to_owned());
    }
    assert_eq!(told, ["PersonArrived", "Ended", "PersonArrived", "Ended"]);
}

#[tokio::test]
async fn a_node_that_stops_lets_go_without_hanging_up() {
    // Goal: the other side sees the line go at once and waits for the node to come back; nobody is told that it is over.
    start();
    let members = members(&[1, 2]);
    let (point, _point_door) = link_of(1, &members).await;
    let agency = node_of(link_of(2, &members).await, &point, false);
    let mut state = agency.calls.watch(CALL);
    let mut events = agency.calls.events();
    let mut line = point.dial(agency.link.key(), &agency.link.local_addrs(), CALL, HERE).await.expect("a link");
    until(&mut state, "rings", |state| state.phase == Phase::Ringing).await;
    agency.calls.close().await;
    let last =
        hear(&mut line, "the end", |event| matches!(event, LinkEvent::Signal(Signal::HangUp) | LinkEvent::Closed(_)));
    assert_eq!(last.await, LinkEvent::Closed(CloseCause::Lost));
    let mut told = std::iter::from_fn(|| events.try_recv().ok());
    assert!(!told.any(|event| matches!(event, CallEvent::Ended { .. })));
}

#[tokio::test]
async fn a_call_that_was_cut_and_did_not_come_back_was_interrupted() {
    // Goal: after a restart a call is the one that it was: one side is there and waits for the other, until the room's
    // time is over; then it was interrupted, with the minutes of before.
    start();
    let members = members(&[1, 2]);
    let (point, _point_door) = link_of(1, &members).await;
    let agency = node_of(link_of(2, &members).await, &point, false);
    let before = Record { rung_ms: [61_000, 0, 0, 0, 0], ..Record::default() };
    agency.calls.resume(CALL, before, [OPENS_AT, OPENS_AT + 60_000]);
    let mut state = agency.calls.watch(CALL);
    let mut events = agency.calls.events();
    assert_eq!(state.borrow().phase, Phase::Reconnecting);
    let line = point.dial(agency.link.key(), &agency.link.local_addrs(), CALL, HERE).await.expect("a link");
    until(&mut state, "the other side is there", |state| state.peer_present).await;
    assert_eq!(state.borrow().phase, Phase::Reconnecting);
    agency.clock.set(CLOSES_AT);
    let ended = until(&mut state, "the window closes", |state| state.phase == Phase::Ended).await;
    assert_eq!((ended.ended, ended.record.minutes()), (Some(EndReason::Interrupted), 2));
    let told = std::iter::from_fn(|| events.try_recv().ok()).find(|event| matches!(event, CallEvent::Ended { .. }));
    assert!(
        matches!(told, Some(CallEvent::Ended { record, reason: EndReason::Interrupted, .. }) if record.talked_ms() == 61_000),
        "{told:?}"
    );
    drop(line);
}

/// The agency's calendar says that the point of key 1 calls: a bare link of the test's own.
fn expects_a_bare_link(agency: &Node) {
    let ticket =
        Ticket { peer: key_of(1), peer_addrs: vec![], we_dial: false, opens_at: OPENS_AT, closes_at: CLOSES_AT };
    agency.diary.tickets.lock().expect("no panic under this lock").insert(CALL, ticket);
}

#[tokio::test]
async fn a_caller_that_takes_no_answer_does_not_hold_the_room() {
    // Goal: a member's node that never lets our answer through is given up; the room hears its people.
    start();
    let members = members(&[1, 2]);
    let (point, _point_door) = link_of(3, &members).await;
    let agency = node_of(link_of(2, &members).await, &point, false);
    expects_a_bare_link(&agency);
    let deaf = QuicTransportConfig::builder()
        .stream_receive_window(VarInt::from_u32(0))
        .keep_alive_interval(Duration::from_secs(1))
        .build();
    let (_endpoint, conn) = raw_with(1, &agency.link, deaf).await;
    let _streams = open(&conn, &wire::encode(Signal::Hello(CALL, HERE))).await;
    let mut state = agency.calls.watch(CALL);
    let shown_muted = async {
        while !state.borrow_and_update().muted {
            // The room is opened by the knock, which takes its time; then the command must come through.
            agency.calls.set_muted(CALL, true).await;
            let changed = timeout(Duration::from_millis(200), state.changed()).await;
            assert!(!matches!(changed, Ok(Err(_))), "the room is gone");
        }
    };
    assert!(timeout(DEADLINE, shown_muted).await.is_ok(), "the room hears nobody");
}

#[tokio::test]
async fn a_cut_node_neither_dials_nor_hears() {
    // Goal: the switch for trials is a cut line: links end, dialling fails, callers hear nothing; then all is well.
    start();
    let (mut near, mut far, from, mut to) = pair().await;
    from.0.set_offline(true);
    hear(&mut near, "cut here", |event| matches!(event, LinkEvent::Closed(CloseCause::Lost))).await;
    hear(&mut far, "cut there", |event| matches!(event, LinkEvent::Closed(CloseCause::Lost))).await;
    let addrs = (from.0.local_addrs(), to.0.local_addrs());
    assert_eq!(from.0.dial(to.0.key(), &addrs.1, CALL, HERE).await.err(), Some(DialError::Offline));
    assert_eq!(to.0.dial(from.0.key(), &addrs.0, CALL, HERE).await.err(), Some(DialError::Unreachable));
    from.0.set_offline(false);
    let (dialled, knock) = tokio::join!(from.0.dial(to.0.key(), &addrs.1, CALL, HERE), async {
        to.1.next().await.expect("a caller").accept(HERE).await
    });
    assert!(dialled.is_ok() && knock.is_some());
}

#[tokio::test]
async fn large_packets_get_through_a_young_connection() {
    // Goal: a browser's largest packet arrives whole before the path's size is known; too large ones are refused.
    start();
    let (mut near, mut far, _from, _to) = pair().await;
    for length in [1, 700, 1161, 1162, 1200, 1500] {
        let packet: Vec<u8> = (0..length).map(|i| i as u8).collect();
        assert!(near.send_media(Flow::Picture, &packet), "{length} bytes are sent");
        let heard = hear(&mut far, "the packet", |event| matches!(event, LinkEvent::Media(..))).await;
        assert_eq!(heard, LinkEvent::Media(Flow::Picture, Bytes::from(packet)), "{length} bytes arrive");
    }
    assert!(!near.send_media(Flow::Picture, &[0; 1501]));
    assert!(!near.send_media(Flow::Picture, &[]));
}

/// A member whose node speaks nonsense: raw QUIC under an enrolled key.
async fn raw(seed: u8, to: &Link) -> (Endpoint, Connection) {
    raw_with(seed, to, QuicTransportConfig::default()).await
}

async fn raw_with(seed: u8, to: &Link, transport: QuicTransportConfig) -> (Endpoint, Connection) {
    let endpoint = Endpoint::builder(presets::Minimal)
        .transport_config(transport)
        .secret_key(SecretKey::from_bytes(&[seed; 32]))
        .relay_mode(RelayMode::Disabled)
        .clear_ip_transports()
        .bind_addr("127.0.0.1:0")
        .expect("loopback")
        .bind()
        .await
        .expect("a free port");
    let id = EndpointId::from_bytes(&to.key().0).expect("a key");
    let address = to.local_addrs().into_iter().fold(EndpointAddr::new(id), EndpointAddr::with_ip_addr);
    let conn = endpoint.connect(address, ALPN).await.expect("a handshake");
    (endpoint, conn)
}

async fn open(conn: &Connection, bytes: &[u8]) -> (SendStream, RecvStream) {
    let (mut send, recv) = conn.open_bi().await.expect("a stream");
    send.write_all(bytes).await.expect("written");
    (send, recv)
}

async fn closed_for_garbage(conn: &Connection, case: &str) {
    let error = timeout(DEADLINE, conn.closed()).await.unwrap_or_else(|_| panic!("{case}: never closed"));
    match error {
        ConnectionError::ApplicationClosed(closed) => {
            assert_eq!(closed.error_code, VarInt::from_u32(2), "{case}")
        }
        other => panic!("{case}: {other}"),
    }
}

#[tokio::test]
async fn frames_that_are_none_cut_the_link() {
    // Goal: no bytes from a member's node panic or hang this one: first words and later ones alike.
    start();
    let members = members(&[1, 2]);
    let (point, _point_door) = link_of(3, &members).await;
    let agency = node_of(link_of(2, &members).await, &point, false);
    expects_a_bare_link(&agency);
    let hello = wire::encode(Signal::Hello(CALL, HERE));
    for (case, garbage) in [
        ("no length", vec![0, 0]),
        ("a huge length", vec![255, 255, 1, 2, 3]),
        ("another version", vec![0, 2, 9, 5]),
        ("an unknown signal", vec![0, 2, 1, 99]),
        ("text", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
    ] {
        let (_endpoint, conn) = raw(1, &agency.link).await;
        let _streams = open(&conn, &garbage).await;
        closed_for_garbage(&conn, &format!("{case}, first")).await;
        let (_endpoint, conn) = raw(1, &agency.link).await;
        let _streams = open(&conn, &[hello.clone(), garbage].concat()).await;
        closed_for_garbage(&conn, &format!("{case}, later")).await;
    }
    let (_endpoint, conn) = raw(1, &agency.link).await;
    let _streams = open(&conn, &wire::encode(Signal::HangUp)).await;
    closed_for_garbage(&conn, "a signal, but no hello").await;
    let dialled = agency.calls.watch(CALL).borrow().clone();
    assert!(!dialled.here, "the node lives");
}

#[tokio::test]
async fn datagrams_that_are_none_are_counted() {
    // Goal: useless datagrams cost a counter; the link goes on.
    start();
    let members = members(&[1, 2]);
    let (link, mut door) = link_of(2, &members).await;
    let (_endpoint, conn) = raw(1, &link).await;
    let (mut send, _recv) = open(&conn, &wire::encode(Signal::Hello(CALL, HERE))).await;
    let mut heard =
        timeout(DEADLINE, door.next()).await.expect("in time").expect("a caller").accept(HERE).await.expect("there");
    for garbage in [vec![], vec![7], vec![200, 1, 2], vec![16, 0, 0, 9, 1], vec![0]] {
        conn.send_datagram(Bytes::from(garbage)).expect("sent");
    }
    conn.send_datagram(Bytes::from_static(&[1, 42])).expect("sent");
    hear(&mut heard, "what is of use", |event| {
        *event == LinkEvent::Media(Flow::SoundControl, Bytes::from_static(&[42]))
    })
    .await;
    assert_eq!(heard.sample().useless, 5);
    send.write_all(&wire::encode(Signal::Line(2))).await.expect("written");
    hear(&mut heard, "a signal after all that", |event| *event == LinkEvent::Signal(Signal::Line(2))).await;
    assert!(heard.sample().rtt_ms < Duration::from_secs(5).as_millis() as u32);
}
