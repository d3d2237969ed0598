// SPDX-License-Identifier: EUPL-1.2
//! An advisor at a computer of the office, on which nothing is installed but trust in the box: signs in, sees the day,
//! and talks with the person in the booth.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use hameau_tests::browser::Place;
use hameau_tests::hand::{PASSWORD, STAFF, Village, hameau, started, stopped};
use hameau_tests::lan::{Call, Lan, Machine, Neighbours};
use hameau_tests::person::{Camera, Person};
use tempfile::TempDir;

/// The agency's box on the office network.
const BOX: &str = "192.168.77.1";

#[tokio::test]
async fn an_advisor_calls_from_a_computer_of_the_office() {
    // Goal: without trust the browser refuses the page; told once, it signs in, and camera, microphone and call work there
    // as on the box.
    let Some(mut lan) = Lan::open() else { return };
    lan.opens_an_office();
    let neighbours = Neighbours::settled(&lan, &format!("\n[portal]\nlisten = \"{BOX}:4649\"\n")).await;
    let home = neighbours.village.at("caisse");

    let address = hameau(&home, &["status", "--json"]).await.json()["office"]["address"].clone();
    assert_eq!(address, format!("https://{BOX}:4649/"));
    let door = format!("https://{BOX}:4649/conseiller");
    let account = TempDir::new().expect("a temporary folder");
    let desk = Place { namespace: Some(lan.name(Machine::Desk)), home: Some(account.path()) };
    let stranger = Person::seated(desk, "a stranger", Camera::Works).await;
    stranger.is_warned_at(&door).await;
    drop(stranger);
    trusts(account.path(), &home).await;
    let advisor = Person::seated(desk, "the advisor", Camera::Works).await;
    advisor.go(&format!("http://{BOX}:4649/")).await;
    advisor.sees("signin", "Mot de passe").await;
    assert!(advisor.address().await.starts_with("https://"), "typed without https, it is sent on");
    advisor.picture("office-signin").await;
    advisor.go(&format!("https://{BOX}:4649/confiance")).await;
    let told = fingerprint(&home).await;
    let shown = advisor.sees("fingerprint", &told[..4]).await;
    assert!(shown.split_whitespace().eq(told.split(' ')), "{shown}");
    advisor.picture("office-trust").await;
    advisor.signs_in(&door, STAFF, PASSWORD).await;
    advisor.sees_row("row", &["Marie Demo"]).await;
    advisor.picture("office-agenda").await;
    assert_eq!(advisor.eval("isSecureContext && location.protocol").await, "https:");

    let call = Call::with(lan.name(Machine::First), &advisor).await;
    advisor.picture("office-call").await;
    // The node offers the address that the browser came by, and no other of that machine.
    let answer = advisor.eval("window.hameauCall.pc.remoteDescription.sdp").await;
    let answer = answer.as_str().expect("a session description");
    let offered: Vec<&str> = answer.lines().filter(|it| it.starts_with("a=candidate:")).collect();
    assert!(!offered.is_empty(), "{answer}");
    assert!(offered.iter().all(|it| it.contains(&format!(" {BOX} "))), "{offered:?}");
    call.ended_by(&advisor).await;
    drop(advisor);
    neighbours.stopped().await;
}

/// As the terminal of the box shows it.
async fn fingerprint(home: &Path) -> String {
    let shown = hameau(home, &["certificate", "--json"]).await.json();
    shown["authority"]["fingerprint"].as_str().expect("its own authority").to_owned()
}

/// Whoever has this account trusts the box from now on.
async fn trusts(account: &Path, home: &Path) {
    let file = account.join("hameau.crt");
    let said = hameau(home, &["certificate", "--save", file.to_str().expect("UTF-8"), "--json"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let store = account.join(".pki/nssdb");
    std::fs::create_dir_all(&store).expect("made");
    let store = format!("sql:{}", store.display());
    let file = file.display().to_string();
    for args in [
        vec!["-d", &store, "-N", "--empty-password"],
        vec!["-d", &store, "-A", "-t", "C,,", "-n", "Hameau", "-i", &file],
    ] {
        let done = Command::new("certutil").args(&args).output();
        let done = done.expect("certutil is installed (apt install libnss3-tools)");
        assert!(done.status.success(), "certutil {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

/// `[portal]` at the end of a box's settings.
fn opens_at_the_office(home: &Path, table: &str) {
    let settings = std::fs::read_to_string(home.join("node.toml")).expect("settings");
    let before = settings.split("\n[portal]").next().expect("settings").to_owned();
    std::fs::write(home.join("node.toml"), format!("{before}\n[portal]\n{table}")).expect("written");
}

#[tokio::test]
async fn the_terminal_tells_what_the_office_opens_under() {
    // Goal: running or not, the same fingerprint, which is that of the file that is installed; files of the administration
    // that do not go leave the node running and the old ones served, with a sentence.
    let village = Village::founded().await;
    let home = village.at("centre");
    let said = hameau(&home, &["certificate"]).await;
    assert!(said.refused().contains("écrivez [portal]"), "{said:?}");
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let listen =
        format!("listen = \"0.0.0.0:{}\"\nnames = [\"caisse.lan\"]\n", free.local_addr().expect("bound").port());
    drop(free);
    opens_at_the_office(&home, &listen);
    let shown = async || hameau(&home, &["certificate", "--json"]).await.json();
    let before = shown().await;
    let file = village.file("hameau.crt");
    let save = ["certificate", "--save", file.as_str()];
    let said = hameau(&home, &save).await;
    assert!(said.code == 0 && said.out.contains("empreinte") && said.out.contains("/confiance"), "{said:?}");
    let text = village.file("hameau.pem");
    assert_eq!(hameau(&home, &["certificate", "--save", &text]).await.code, 0);
    assert!(std::fs::read_to_string(&text).expect("text").starts_with("-----BEGIN CERTIFICATE-----\n"));
    let hash = Command::new("sha256sum").arg(&file).output().expect("coreutils").stdout;
    let hash = String::from_utf8(hash).expect("text")[..64].to_uppercase();
    let told = before["authority"]["fingerprint"].as_str().expect("its own").replace(' ', "");
    assert_eq!(told, hash);
    assert!(hameau(&home, &save).await.refused().contains("existe déjà"));

    let node = started(&home, &[]).await;
    assert_eq!(shown().await, before);
    let said = hameau(&home, &["status"]).await;
    assert!(said.out.contains("https://caisse.lan:") && said.out.contains("certificat valable jusqu'au"), "{said:?}");
    let said = hameau(&home, &["certificate", "reload", "--json"]).await.json();
    assert_eq!(said, before);
    stopped(node).await;

    opens_at_the_office(&home, &format!("{listen}certificate = \"given.pem\"\nkey = \"given.pem\"\n"));
    let node = started(&home, &[]).await;
    let status = hameau(&home, &["status", "--json"]).await.json();
    assert!(status["office"]["until"].is_null(), "{status}");
    assert!(status["office"]["refused"].as_str().is_some_and(|it| it.contains("il n'existe pas")), "{status}");
    std::fs::copy(home.join("office.pem"), home.join("given.pem")).expect("copied");
    let said = hameau(&home, &["certificate", "reload", "--json"]).await.json();
    assert!(said["authority"].is_null() && said["names"][0] == "caisse.lan", "{said}");
    std::fs::write(home.join("given.pem"), "torn").expect("written");
    let said = hameau(&home, &["certificate", "reload"]).await;
    assert!(said.refused().contains("n'est pas un certificat PEM"), "{said:?}");
    let after = shown().await;
    assert!(after["until"] == before["until"] && after["refused"].is_string(), "{after}");
    let other = village.file("autre.crt");
    let said = hameau(&home, &["certificate", "--save", &other]).await;
    assert!(said.refused().contains("rien à installer"), "{said:?}");
    stopped(node).await;
    let said = hameau(&home, &["certificate", "reload"]).await;
    assert!(said.refused().contains("aucune boîte ne tourne"), "{said:?}");

    // An address of nobody's (RFC 5737): it may come with the network, and until then it is said.
    opens_at_the_office(&home, "listen = \"192.0.2.77:4649\"\n");
    let node = started(&home, &[]).await;
    let status = hameau(&home, &["status"]).await;
    assert!(status.out.contains("n'a pas l'adresse 192.0.2.77"), "{status:?}");
    stopped(node).await;
}
