// SPDX-License-Identifier: EUPL-1.2
//! A node as it is set up by default, running in this process.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crdt_calendar::ids::MemberId;

use super::{RunOptions, Running, start};
use crate::config::{MemberFile, NodeFile};
use crate::found::{self, NewMember};
use crate::home::Home;
use crate::papers::RoleName;

/// Longer than anything takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// A coordination's node that listens where the default settings say, on free ports.
async fn coordination(folder: &Path) -> (Home, Running) {
    crate::install_crypto().expect("one provider");
    let home = Home::create(&folder.join("lot")).expect("a box");
    let any = |address: &str| address.replace("4646", "0");
    let settings = NodeFile::default();
    let node = NodeFile {
        mesh_listen: settings.mesh_listen.iter().map(|it| any(it)).collect(),
        call_listen: SocketAddr::new(settings.call_listen.ip(), 0),
        portal_listen: SocketAddr::new(settings.portal_listen.ip(), 0),
        local_discovery: false,
        ..settings
    };
    let new = NewMember {
        member: MemberId::new("lot").expect("a name"),
        role: RoleName::Coordination,
        name: "Lot".to_owned(),
        place: None,
        node,
        file: MemberFile::default(),
    };
    found::member(&home, &new).expect("set up");
    found::territory(&home, "Lot", &new).expect("founded");
    let running = start(&home, &RunOptions::default()).await.expect("it runs");
    (home, running)
}

#[tokio::test]
async fn calls_are_published_where_others_reach_them() {
    // Goal: "0.0.0.0" is an address of nobody: the profile holds this machine's own, with the port of calls.
    let folder = tempfile::tempdir().expect("a folder");
    let (_home, running) = coordination(folder.path()).await;
    let port = running.link.local_addrs()[0].port();
    let snapshot = running.replica.snapshot();
    let profile = snapshot.profile(snapshot.member.as_ref().expect("enrolled")).expect("its own profile");
    let published: Vec<SocketAddr> = profile.link.iter().map(|it| it.parse().expect("an address")).collect();
    assert!(!published.is_empty());
    for address in published {
        assert!(!address.ip().is_unspecified(), "{address}");
        assert_eq!(address.port(), port, "{address}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_room_that_ends_by_itself_ends_the_node() {
    // Goal: a node without its network shows pages of yesterday: it ends instead, and who runs it sees that.
    let folder = tempfile::tempdir().expect("a folder");
    let (_home, running) = coordination(folder.path()).await;
    assert!(!running.stop.is_cancelled());
    running.mesh.stop().await;
    let ended = tokio::time::timeout(DEADLINE, running.stop.cancelled()).await;
    assert!(ended.is_ok(), "the node lives on without its network");
    running.stop().await;
}

#[tokio::test]
async fn a_node_that_cannot_start_leaves_nothing_running() {
    // Goal: the portal's port is free again when the terminal's socket cannot be had.
    let folder = tempfile::tempdir().expect("a folder");
    let (home, running) = coordination(folder.path()).await;
    let portal = running.portal;
    running.stop().await;
    let settings = NodeFile::read(&home.file("node.toml")).expect("settings");
    let node = NodeFile { portal_listen: portal, ..settings };
    home.write("node.toml", toml::to_string(&node).expect("text").as_bytes()).expect("written");
    // A folder stands where the socket is to be: it is not removed as a socket left by a crash would be.
    let socket = home.file("control.sock");
    std::fs::remove_file(&socket).expect("left behind");
    std::fs::create_dir(&socket).expect("a folder");
    assert!(start(&home, &RunOptions::default()).await.is_err());
    let free = tokio::net::TcpListener::bind(portal).await;
    assert!(free.is_ok(), "the portal still listens");
}
