// SPDX-License-Identifier: EUPL-1.2
//! A point and an agency whose routers let neither reach the other: they talk all the same by way of a relay, read that it
//! is so, and the relay learns nothing of what they say.

use hameau_tests::canary::{found, holds};
use hameau_tests::hand::hameau;
use hameau_tests::lan::{Call, confirmed, has};
use hameau_tests::nat::{Apart, At, Knows, Nat, Router};
use hameau_tests::wiretap::Wiretap;

/// The person's name and subject, which the appointment holds.
const CANARIES: [&str; 2] = ["Marie Demo", "une carte"];
/// Less than a call of some seconds.
const PASSED_BYTES: usize = 200_000;

#[tokio::test]
async fn two_behind_symmetric_routers_talk_by_way_of_the_relay() {
    let Some(nat) = Nat::open(Router::Symmetric, Router::Symmetric) else { return };
    let tap = Wiretap::on(nat.name(At::Exchange));
    let apart = Apart::settled(&nat).await;
    let advisor = Apart::advisor(&nat).await;
    let call = Call::with(nat.name(At::Point), &advisor).await;
    for person in [&call.booth, &advisor] {
        person.sees("way", "par le relais").await;
    }
    advisor.picture("advisor-relayed").await;
    learns_nothing(&apart, tap).await;

    let Apart { village, relay, nodes } = apart;
    let relay = relay.restarted().await;
    for person in [&call.booth, &advisor] {
        person.call_goes_on().await;
        person.sees("way", "par le relais").await;
        person.sees("call-state", "Vous êtes en ligne").await;
    }
    call.ended_by(&advisor).await;
    Apart { village, relay, nodes }.stopped().await;
}

#[tokio::test]
async fn where_udp_does_not_pass_the_relay_does() {
    let Some(nat) = Nat::open(Router::NoUdp, Router::AddressAndPort) else { return };
    let apart = Apart::settled(&nat).await;
    let advisor = Apart::advisor(&nat).await;
    let call = Call::with(nat.name(At::Point), &advisor).await;
    for person in [&call.booth, &advisor] {
        person.sees("way", "par le relais").await;
    }
    call.ended_by(&advisor).await;
    apart.stopped().await;
}

#[tokio::test]
async fn where_nothing_but_tls_passes_the_calendar_goes_by_the_relay() {
    // Goal: behind two firewalls that let nothing else through, members hear each other, book, and talk; the relay is
    // started anew, and they hear each other again.
    let Some(nat) = Nat::open(Router::TlsAlone, Router::TlsAlone) else { return };
    let apart = Apart::settled_with(&nat, Knows::All).await;
    let [town, home] = ["bourg", "caisse"].map(|name| apart.village.at(name));
    has(&town, "caisse", &["relayed", "through"]).await;
    has(&town, "centre", &["relayed"]).await;
    let Apart { village, relay, nodes } = apart;
    let relay = relay.restarted().await;
    confirmed(&town, &home, "10:30").await;
    has(&town, "centre", &["relayed"]).await;
    Apart { village, relay, nodes }.stopped().await;
}

#[tokio::test]
async fn where_routers_allow_it_the_call_leaves_the_relay() {
    let Some(nat) = Nat::open(Router::AddressAndPort, Router::AddressAndPort) else { return };
    let apart = Apart::settled(&nat).await;
    let advisor = Apart::advisor(&nat).await;
    let call = Call::with(nat.name(At::Point), &advisor).await;
    for person in [&call.booth, &advisor] {
        person.sees("way", "direct").await;
    }
    call.ended_by(&advisor).await;
    apart.stopped().await;
}

/// Neither what passed its cables, nor its memory, nor its folder with its journal holds a word of the person. That the
/// search finds what is there: the members' keys are in its memory.
async fn learns_nothing(apart: &Apart, tap: Wiretap) {
    let (passed, memory) = (tap.heard(), apart.relay.memory());
    println!("{} bytes passed, {} bytes of memory", passed.len(), memory.len());
    assert!(passed.len() > PASSED_BYTES, "{} bytes are no call", passed.len());
    for word in CANARIES {
        assert!(!holds(&passed, word.as_bytes()), "{word} passed in clear");
        assert!(!holds(&memory, word.as_bytes()), "{word} is in the relay's memory");
    }
    assert_eq!(found(apart.relay.folder(), &CANARIES), Vec::<std::path::PathBuf>::new());
    let members = hameau(&apart.village.at("bourg"), &["members", "--json"]).await.json();
    for member in members.as_array().expect("a list") {
        let key = member["key"].as_str().expect("a key");
        let bytes: Vec<u8> =
            (0..32).map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16).expect("hexadecimal")).collect();
        assert!(holds(&memory, &bytes), "{member} is not found where it must be");
    }
    let journal = std::fs::read_to_string(apart.relay.folder().join("journal")).expect("a journal");
    assert!(!journal.is_empty(), "a journal at that level says something");
}
