// SPDX-License-Identifier: EUPL-1.2
//! Links on loopback whose socket is bound anew.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::*;
use crate::install_crypto;

const CALL: CallId = CallId([9; 16]);
/// Longer than anything takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

async fn bound(seed: u8, members: &watch::Receiver<Arc<HashSet<crdt_calendar::ids::PublicKey>>>) -> (Link, Incoming) {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = LinkConfig { secret: [seed; 32], listen, members: members.clone(), relays: Relays::default() };
    let (link, incoming, _) = Link::bind(config).await.expect("a free port");
    (link, incoming)
}

#[tokio::test]
async fn a_socket_that_is_bound_anew_is_where_it_was() {
    // Goal: others find it at the same address and are heard there; once closed it stays closed.
    install_crypto().expect("first of its process");
    let (enrolled, members) = watch::channel(Arc::new(HashSet::new()));
    let (one, mut incoming) = bound(1, &members).await;
    let (two, _two_hears) = bound(2, &members).await;
    enrolled.send_replace(Arc::new(HashSet::from([one.key(), two.key()])));
    let at = one.local_addrs();

    // Whatever else this machine does may have the port for a moment: it is tried again, as the watchdog does.
    let rebound = async {
        while one.shared.socket.rebind().await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(DEADLINE, rebound).await.expect("the port is free again");
    assert_eq!(one.local_addrs(), at);
    let answering = async {
        let knock = incoming.next().await.expect("a caller");
        knock.accept(Presence::default()).await.expect("it waits")
    };
    let dialling = two.dial(one.key(), &at, CALL, Presence::default());
    let met = timeout(DEADLINE, async { tokio::join!(dialling, answering) }).await.expect("in time");
    assert_eq!((met.0.expect("a link").peer(), met.1.peer()), (one.key(), two.key()));

    one.close().await;
    one.shared.socket.rebind().await.expect("nothing to do");
    assert!(one.local_addrs().is_empty(), "closed for good");
    assert!(timeout(DEADLINE, incoming.next()).await.expect("in time").is_none(), "nobody comes any more");
}

#[tokio::test]
async fn a_line_is_tried_both_ways() {
    // Goal: both directions are counted at both ends, of sound and of a picture; a second trial at once, one during a call,
    // and one with somebody who is no member are refused, here and there; afterwards the next one finds its way.
    install_crypto().expect("one provider");
    let (enrolled, members) = watch::channel(Arc::new(HashSet::new()));
    let (one, mut incoming) = bound(3, &members).await;
    let (two, _two_hears) = bound(4, &members).await;
    let stranger = two.try_line(one.key(), &one.local_addrs()).await;
    assert_eq!(stranger, Err(TrialError::Dial(DialError::NotMember(one.key()))));
    enrolled.send_replace(Arc::new(HashSet::from([one.key(), two.key()])));
    let at = one.local_addrs();

    let (first, second) =
        timeout(DEADLINE, async { tokio::join!(two.try_line(one.key(), &at), two.try_line(one.key(), &at)) })
            .await
            .expect("in time");
    assert_eq!(second, Err(TrialError::Busy));
    let tried = first.expect("a trial");
    assert_eq!(tried.reach, crate::reach::Reach::Lan);
    for came in [tried.sound, tried.picture] {
        assert!(came.there > 0 && came.here > 0, "{tried:?}");
    }

    let answering = async {
        let knock = incoming.next().await.expect("a caller");
        knock.accept(Presence::default()).await.expect("it waits")
    };
    let call = async { tokio::join!(two.dial(one.key(), &at, CALL, Presence::default()), answering) };
    let (there, here) = timeout(DEADLINE, call).await.expect("in time");
    let there = there.expect("a link");
    assert_eq!(two.try_line(one.key(), &at).await, Err(TrialError::Busy), "a call is under way here");
    let (three, _three_hears) = bound(5, &members).await;
    enrolled.send_replace(Arc::new(HashSet::from([one.key(), two.key(), three.key()])));
    let busy = timeout(DEADLINE, three.try_line(one.key(), &at)).await.expect("in time");
    assert_eq!(busy, Err(TrialError::Busy), "and there");
    drop((there, here));
    let again = async {
        // Each attempt is a handshake: that is the pause between two.
        while three.try_line(one.key(), &at).await.is_err() {}
    };
    timeout(DEADLINE, again).await.expect("the call is over");
}
