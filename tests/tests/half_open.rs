// SPDX-License-Identifier: EUPL-1.2
//! A machine that opens connections to an agency's node and never says a word: the agency's neighbours still come in,
//! and a booking is confirmed.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use hameau_tests::hand::{reaches, started, stopped};
use hameau_tests::load::{Load, agenda, visitor};
use hameau_tests::wait::until;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// More than a node lets wait at its door in all.
const SILENT: usize = 300;
/// Another host than the village's: loopback has more than one address.
const HOST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
/// Who is turned away comes again.
const AGAIN_AFTER: Duration = Duration::from_millis(200);

#[tokio::test]
async fn who_says_nothing_keeps_nobody_out() {
    let mut load = Load::new().await;
    let agency = started(&load.agency(), &[]).await;
    let door = mesh_port(&load.agency());
    let (opened, mut count) = watch::channel(0_usize);
    let mut silent = JoinSet::new();
    for _ in 0..SILENT {
        let opened = opened.clone();
        silent.spawn(async move { stand(door, &opened).await });
    }
    count.wait_for(|count| *count >= SILENT).await.expect("they try");

    let point = started(&load.point(), &[]).await;
    reaches(&load.point(), "caisse").await;
    let booked = visitor(&load.point()).await.book(&load.form()).await.expect("it answers").expect("booked");
    until("the agency confirms", async || {
        let there = agenda(&load.agency()).await;
        if there.get(&booked).is_some_and(|state| state == "confirmed") { Ok(()) } else { Err(format!("{there:?}")) }
    })
    .await;
    silent.shutdown().await;
    stopped(point).await;
    stopped(agency).await;
}

/// Connects, waits in silence, and comes again when it is turned away.
async fn stand(door: SocketAddr, opened: &watch::Sender<usize>) {
    loop {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from((HOST, 0))).expect("an address of loopback");
        if let Ok(mut stream) = socket.connect(door).await {
            opened.send_modify(|count| *count += 1);
            // What the node says is not answered; it is over when the node closes.
            while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// Where a node's settings say that it listens over TCP.
fn mesh_port(home: &Path) -> SocketAddr {
    let settings = std::fs::read_to_string(home.join("node.toml")).expect("settings");
    let tcp = settings.split("/tcp/").nth(1).and_then(|rest| rest.split('"').next()).expect("a port");
    SocketAddr::from((Ipv4Addr::LOCALHOST, tcp.parse().expect("a number")))
}
