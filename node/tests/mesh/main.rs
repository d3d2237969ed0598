// SPDX-License-Identifier: EUPL-1.2
//! The mesh between real sockets on loopback: who is heard, who is cut, and what happens when a side goes.
//!
//! Each test waits for events before a deadline; none measures a time.

mod rude;
mod world;

use std::net::{TcpListener, UdpSocket};

use bytes::Bytes;
use hameau_node::mesh::limits::FRAME_BYTES_MAX;
use hameau_node::mesh::{MeshError, MeshEvent, Refusal, SendError};
use hameau_node::reach::Reach;
use libp2p::multiaddr::Protocol;
use world::{BOTH, Node, QUIC, Said, TCP, addrs, exchange, try_start, two};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_exchange_frames() {
    // Goal: over each transport, whoever dials and whoever opens, small and longest frames pass both ways.
    for (case, listen) in [("QUIC", QUIC), ("TCP", TCP), ("both", BOTH)] {
        for lower_dials in [true, false] {
            let (mut one, mut two) = two(listen).await;
            if (one.key < two.key) == lower_dials {
                one.dials(&two)
            } else {
                two.dials(&one)
            }
            one.until_up(two.key).await;
            two.until_up(one.key).await;
            assert_eq!(one.mesh.reach()[&two.key], Reach::Direct, "{case}");
            for length in [1, 1000, FRAME_BYTES_MAX] {
                exchange(&mut one, &mut two, length).await;
            }
            let too_long = Bytes::from(vec![0; FRAME_BYTES_MAX + 1]);
            assert_eq!(one.mesh.send(two.key, too_long), Err(SendError::Length { bytes: FRAME_BYTES_MAX + 1 }));
            one.mesh.stop().await;
            two.until_down(one.key).await;
            assert_eq!(two.mesh.reach()[&one.key], Reach::Unheard, "{case}");
            assert_eq!(two.mesh.send(one.key, Bytes::from_static(b"late")), Err(SendError::Down));
            two.mesh.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_answers_over_tcp_alone_is_reached() {
    // Goal: the neighbour's QUIC address is silent, its TCP address answers.
    let (mut one, mut two) = two(TCP).await;
    let silent = UdpSocket::bind("127.0.0.1:0").expect("loopback is there");
    let port = silent.local_addr().expect("bound").port();
    let mut known = addrs(&[&format!("/ip4/127.0.0.1/udp/{port}/quic-v1")]);
    known.extend(two.addrs.clone());
    one.mesh.set_neighbours(vec![hameau_node::mesh::Neighbour { key: two.key, addrs: known }]);
    one.until_up(two.key).await;
    two.until_up(one.key).await;
    exchange(&mut one, &mut two, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outsider_is_cut_and_never_heard() {
    for (case, listen) in [("QUIC", QUIC), ("TCP", TCP)] {
        let (mut one, mut two) = two(listen).await;
        let mut outsider = Node::start(3, listen).await;
        outsider.knows(&[one.key]);
        outsider.dials(&one);
        for wanted in [1, 2] {
            let refused = MeshEvent::Refused { peer: None, why: Refusal::Stranger, count: wanted };
            one.until("a refusal", |event| *event == refused).await;
        }
        let knocked = |event: &MeshEvent| matches!(event, MeshEvent::Knocked { key, .. } if *key == outsider.key);
        if !one.said.iter().any(|said| knocked(&said.0)) {
            one.until("who knocked", knocked).await;
        }
        two.dials(&one);
        one.until_up(two.key).await;
        two.until_up(one.key).await;
        exchange(&mut one, &mut two, 10).await;
        assert_eq!(one.ups_and_downs(outsider.key), "", "{case}");
        assert!(!one.mesh.reach().contains_key(&outsider.key));
        outsider.mesh.stop().await;
        while let Some(event) = outsider.events.recv().await {
            outsider.said.push(Said(event));
        }
        assert_eq!(outsider.ups_and_downs(one.key), "", "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_member_is_closed_and_may_come_back() {
    let (mut one, mut two) = two(BOTH).await;
    two.dials(&one);
    one.until_up(two.key).await;
    two.until_up(one.key).await;
    one.knows(&[]);
    one.until_down(two.key).await;
    two.until_down(one.key).await;
    assert!(one.mesh.reach().is_empty());
    one.until("a refusal", |event| matches!(event, MeshEvent::Refused { why: Refusal::Stranger, .. })).await;
    assert_eq!(one.ups_and_downs(two.key), "UD");
    one.knows(&[two.key]);
    one.until_up(two.key).await;
    two.until_up(one.key).await;
    exchange(&mut one, &mut two, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversize_header_closes_the_stream_and_charges() {
    for (case, listen) in [("QUIC", QUIC), ("TCP", TCP)] {
        let mut node = Node::start(1, listen).await;
        let mut rude = rude::Rude::lower_than(node.key);
        node.knows(&[rude.key]);
        let mut stream = rude.open(node.key, &node.addrs[0]).await;
        rude.say(&mut stream, &[0, 0, 0, 0]).await;
        rude.say(&mut stream, b"\0\0\0\x02ok").await;
        node.until_frame(rude.key, &Bytes::from_static(b"ok")).await;
        rude.say(&mut stream, &(FRAME_BYTES_MAX as u32 + 1).to_be_bytes()).await;
        let charged = MeshEvent::Refused { peer: Some(rude.key), why: Refusal::Oversize, count: 1 };
        node.until("the charge", |event| *event == charged).await;
        rude.until_closed(&mut stream).await;
        assert_eq!(node.ups_and_downs(rude.key), "UD", "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_opened_by_the_wrong_side_is_refused() {
    let mut node = Node::start(1, QUIC).await;
    let mut rude = rude::Rude::higher_than(node.key);
    node.knows(&[rude.key]);
    let mut stream = rude.open(node.key, &node.addrs[0]).await;
    let refused = MeshEvent::Refused { peer: Some(rude.key), why: Refusal::Stream, count: 1 };
    node.until("the refusal", |event| *event == refused).await;
    rude.until_closed(&mut stream).await;
    assert_eq!(node.ups_and_downs(rude.key), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_side_is_up_again_on_the_same_port() {
    for (case, listen) in [("QUIC", QUIC), ("TCP", TCP), ("both", BOTH)] {
        let (mut one, mut two) = two(listen).await;
        one.dials(&two);
        for round in 0..3 {
            one.until_up(two.key).await;
            two.until_up(one.key).await;
            exchange(&mut one, &mut two, 10).await;
            two.mesh.stop().await;
            one.until_down(two.key).await;
            assert_eq!(one.ups_and_downs(two.key), "UD".repeat(round + 1), "{case}");
            two = Node::restart(2, &two.addrs).await;
            two.knows(&[one.key]);
        }
        one.until_up(two.key).await;
        two.until_up(one.key).await;
        exchange(&mut one, &mut two, 10).await;
    }
}

#[test]
fn a_side_that_dies_without_a_word_comes_back() {
    // Goal: its runtime is torn down (no goodbye leaves), it starts again and dials; whichever of the two opens.
    let outer = tokio::runtime::Runtime::new().expect("threads");
    for (case, listen) in [("QUIC", QUIC), ("TCP", TCP)] {
        for (staying, dying) in [(1, 2), (2, 1)] {
            let mut one = outer.block_on(Node::start(staying, listen));
            let first_life = tokio::runtime::Runtime::new().expect("threads");
            let mut two = first_life.block_on(Node::start(dying, listen));
            one.knows(&[two.key]);
            two.knows(&[one.key]);
            two.dials(&one);
            outer.block_on(one.until_up(two.key));
            first_life.block_on(two.until_up(one.key));
            first_life.shutdown_background();
            outer.block_on(async {
                let addrs = two.addrs.clone();
                let mut two = Node::restart(dying, &addrs).await;
                two.knows(&[one.key]);
                two.dials(&one);
                two.until_up(one.key).await;
                one.until_up(two.key).await;
                exchange(&mut one, &mut two, 10).await;
                assert_eq!(one.ups_and_downs(two.key), "UDU", "{case}, {staying} stays");
            });
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_cuts_and_online_dials_again() {
    for (case, listen) in [("QUIC", QUIC), ("TCP", TCP)] {
        let (mut one, mut two) = two(listen).await;
        two.dials(&one);
        one.until_up(two.key).await;
        two.until_up(one.key).await;
        for cut in 0..3 {
            // The one who dials is cut, then the one who is dialled.
            let trial = if cut % 2 == 0 { &two } else { &one };
            trial.mesh.set_offline(true);
            let trial = trial.mesh.clone();
            one.until_down(two.key).await;
            two.until_down(one.key).await;
            assert_eq!(one.mesh.reach()[&two.key], Reach::Unheard, "{case}");
            assert_eq!(two.mesh.reach()[&one.key], Reach::Unheard, "{case}");
            trial.set_offline(false);
            one.until_up(two.key).await;
            two.until_up(one.key).await;
            exchange(&mut one, &mut two, 10).await;
        }
        assert_eq!(one.ups_and_downs(two.key), "UDUDUDU", "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_needs_a_neighbour_no_more_closes_what_it_dialled() {
    // Goal: the side that was dialled closes nothing, for the other wants it; the side that dialled does, and may come back.
    let (mut one, mut two) = two(BOTH).await;
    one.dials(&two);
    one.until_up(two.key).await;
    two.until_up(one.key).await;
    two.mesh.set_neighbours(Vec::new());
    exchange(&mut one, &mut two, 10).await;
    one.mesh.set_neighbours(Vec::new());
    one.until_down(two.key).await;
    two.until_down(one.key).await;
    one.dials(&two);
    one.until_up(two.key).await;
    two.until_up(one.key).await;
    assert_eq!((one.ups_and_downs(two.key), two.ups_and_downs(one.key)), ("UDU".to_owned(), "UDU".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_stream_when_both_dial_at_once() {
    for round in 0..50 {
        let (mut one, mut two) = two(if round % 2 == 0 { QUIC } else { BOTH }).await;
        one.dials(&two);
        two.dials(&one);
        one.until_up(two.key).await;
        two.until_up(one.key).await;
        for _ in 0..5 {
            exchange(&mut one, &mut two, 100).await;
        }
        let (one_key, two_key) = (one.key, two.key);
        one.mesh.stop().await;
        two.until_down(one_key).await;
        two.mesh.stop().await;
        for (node, of, word) in [(&one, two_key, "U"), (&two, one_key, "UD")] {
            assert_eq!(node.ups_and_downs(of), word, "round {round}: {:?}", node.said);
            let frames = node.said.iter().filter(|said| matches!(said.0, MeshEvent::Frame { .. })).count();
            assert_eq!(frames, 5, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_does_not_read_is_closed_not_queued_for_ever() {
    let (mut one, mut two) = two(QUIC).await;
    one.dials(&two);
    one.until_up(two.key).await;
    two.until_up(one.key).await;
    let frame = Bytes::from(vec![5; FRAME_BYTES_MAX]);
    let mut taken = 0;
    let refused = loop {
        match one.mesh.send(two.key, frame.clone()) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
        assert!(taken < 100, "a queue without an end");
        tokio::task::yield_now().await;
    };
    assert_eq!(refused, SendError::Full);
    one.until_down(two.key).await;
    one.until_up(two.key).await;
    two.until_down(one.key).await;
    two.until_up(one.key).await;
    exchange(&mut one, &mut two, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_named() {
    let udp = UdpSocket::bind("127.0.0.1:0").expect("loopback is there");
    let tcp = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    let node = Node::start(2, BOTH).await;
    let mut taken = addrs(&[
        &format!("/ip4/127.0.0.1/udp/{}/quic-v1", udp.local_addr().expect("bound").port()),
        &format!("/ip4/127.0.0.1/tcp/{}", tcp.local_addr().expect("bound").port()),
    ]);
    taken.extend(node.addrs.clone());
    for wanted in taken {
        let mut listen = addrs(QUIC);
        listen.push(wanted.clone());
        let Err(error) = try_start(1, &listen).await else { panic!("{wanted} was taken twice") };
        assert!(matches!(&error, MeshError::Taken { addr } if *addr == wanted), "{error:?}");
        let port = wanted.iter().find_map(|part| match part {
            Protocol::Tcp(port) | Protocol::Udp(port) => Some(port),
            _ => None,
        });
        let text = error.to_string();
        assert!(text.contains("déjà prise") && text.contains(&port.expect("a port").to_string()), "{text}");
    }
    let strange = addrs(&["/ip4/127.0.0.1/tcp/80/ws"]);
    assert!(matches!(try_start(1, &strange).await, Err(MeshError::Address { .. })));
    let elsewhere = addrs(&["/ip4/192.0.2.1/tcp/4600"]);
    assert!(matches!(try_start(1, &elsewhere).await, Err(MeshError::Listen { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a network of its own that carries multicast, not loopback"]
async fn members_near_by_find_each_other() {
    // Goal: nobody named an address; two members meet on the local network, a stranger there is cut.
    // unshare -rn sh -c 'ip link add lan type veth peer name far && ip addr add 10.7.0.1/24 dev lan &&
    //   ip link set lan up && ip link set far up && ip link set lo up && ip route add default dev lan && exec cargo test -p hameau-node --test mesh -- --ignored'
    let everywhere = &["/ip4/0.0.0.0/udp/0/quic-v1", "/ip4/0.0.0.0/tcp/0"];
    let mut one = Node::start_looking(1, everywhere).await;
    let mut two = Node::start_looking(2, everywhere).await;
    let stranger = Node::start_looking(3, everywhere).await;
    stranger.knows(&[one.key, two.key]);
    one.knows(&[two.key]);
    two.knows(&[one.key]);
    one.until_up(two.key).await;
    two.until_up(one.key).await;
    one.until_reached(two.key, Reach::Lan).await;
    two.until_reached(one.key, Reach::Lan).await;
    exchange(&mut one, &mut two, 1000).await;
    let refused = |event: &MeshEvent| matches!(event, MeshEvent::Refused { peer: None, .. });
    if !one.said.iter().any(|said| refused(&said.0)) {
        one.until("a refusal", refused).await;
    }
    assert_eq!(one.ups_and_downs(stranger.key), "");
}
