// SPDX-License-Identifier: EUPL-1.2
//! A territory by hand, with files only: `init`, `enrol`, `join`, `run`.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use hameau_tests::hand::{Village, hameau, on_loopback, settings, started, stopped};
use hameau_tests::terminal;
use hameau_tests::wait::{DEADLINE, until};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};

#[tokio::test]
async fn a_territory_is_made_by_hand_with_files() {
    let folder = TempDir::new().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let centre = at("centre");
    let founded =
        hameau(&centre, &["init", "--territory", "Essai", "--member", "centre", "--name", "Centre", "--json"]).await;
    assert_eq!(founded.json()["root"].as_str().map(str::len), Some(79), "a root key in groups of four: {founded:?}");
    let again = hameau(&centre, &["init", "--territory", "Essai", "--member", "centre", "--name", "Centre"]).await;
    assert!(again.refused().contains("contient déjà une boîte"), "{again:?}");
    let bourg = at("bourg");
    let place = ["--insee", "46000", "--lat", "44.5", "--lon", "1.4"];
    let asked = hameau(
        &bourg,
        &[&["init", "--member", "bourg", "--name", "Le Bourg", "--role", "point", "--json"][..], &place].concat(),
    )
    .await;
    let request = asked.json()["request"].as_str().expect("a file").to_owned();
    let early = hameau(&bourg, &["run"]).await;
    assert!(early.refused().contains("n'est pas encore membre"), "{early:?}");

    on_loopback(&centre);
    let first = started(&centre, &[]).await;
    let papers = at("papers.json");
    let enrolled = hameau(&centre, &["enrol", &request, "--output", papers.to_str().expect("UTF-8"), "--json"]).await;
    assert_eq!(enrolled.json()["member"], "bourg");
    wrong_files_are_refused(&at, &centre, &bourg, &papers).await;
    let joined = hameau(&bourg, &["join", papers.to_str().expect("UTF-8"), "--json"]).await;
    assert_eq!(joined.json()["territory"], "Essai");

    a_taken_port_is_named(&bourg).await;
    on_loopback(&bourg);
    let second = started(&bourg, &[]).await;
    until("the two reach each other", async || {
        let members = hameau(&bourg, &["members", "--json"]).await.json();
        let reached = |it: &Value| it["member"] == "centre" && it["reach"] == "direct";
        if members.as_array().is_some_and(|all| all.iter().any(reached)) { Ok(()) } else { Err(members.to_string()) }
    })
    .await;
    stopped(second).await;
    stopped(first).await;
}

#[tokio::test]
async fn a_file_that_does_nothing_says_so() {
    // Goal: whoever runs a new box without having completed its file, or wrote into it what is for another kind of
    // member or for a point that is none, reads it when the box starts.
    let village = Village::founded().await;
    for (name, role) in [("caisse", "agency"), ("bourg", "point")] {
        village.enrolled(name, role, &village.at("centre")).await;
    }
    let example = std::fs::read_to_string(village.at("caisse").join("member.toml")).expect("init wrote it");
    assert!(example.contains("#[[desk]]") && !example.contains("desk = []"), "{example}");
    let desk = "[[desk]]\nnumber = 1\nname = \"Guichet\"\nstep_min = 30\n\
                openings = [{ days = [\"mon\"], from = \"09:00\", to = \"12:00\" }]\n";
    let whole = format!("{desk}[[service]]\nid = \"carte\"\nname = \"Carte\"\nduration_min = 30\n");
    let stranger = format!("{whole}[[quota]]\npoint = \"nulle-part\"\nper_week = 1\n");
    for (member, file, told) in [
        ("caisse", example.as_str(), ["aucun guichet", "n'offre aucune heure"]),
        ("caisse", desk, ["aucun motif", "n'offre aucune heure"]),
        ("caisse", &stranger, ["points inconnus", "nulle-part"]),
        ("caisse", &format!("cancel_before_hours = 3\n{whole}"), ["sans effet", "cancel_before_hours"]),
        ("bourg", "[[absence]]\nfrom = \"2027-08-02\"\n", ["sans effet", "[[absence]]"]),
    ] {
        let home = village.at(member);
        std::fs::write(home.join("member.toml"), file).expect("written");
        let mut command = terminal::command();
        command.arg("--home").arg(&home).arg("run").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut node = command.spawn().expect("hameau starts");
        let mut lines = BufReader::new(node.stderr.take().expect("piped")).lines();
        let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("it speaks in time");
        let line = line.expect("text").expect("a line");
        assert!(told.iter().all(|it| line.contains(it)), "{told:?}: {line}");
        stopped(node).await;
    }
}

#[tokio::test]
async fn a_revoked_box_is_not_enrolled_again() {
    // Goal: the sentence names the way that is left, a new folder, with and without --replaces.
    let village = Village::founded().await;
    let centre = village.at("centre");
    village.enrolled("bourg", "point", &centre).await;
    let coordination = started(&centre, &[]).await;
    let request = village.file("bourg/request.json");
    assert_eq!(hameau(&centre, &["revoke", "bourg"]).await.code, 0);
    for args in [&["enrol", &request][..], &["enrol", "--replaces", &request]] {
        let said = hameau(&centre, args).await;
        assert!(said.refused().contains("préparez-en une autre par « hameau init »"), "{args:?}: {said:?}");
    }
    stopped(coordination).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_says_why_and_loses_nothing() {
    // Goal: whatever lies where a file should be, a French sentence names it; put right, the node runs.
    let folder = TempDir::new().expect("a temporary folder");
    let home = folder.path().join("centre");
    let founded = hameau(&home, &["init", "--territory", "Essai", "--member", "centre", "--name", "Centre"]).await;
    assert_eq!(founded.code, 0, "{founded:?}");
    on_loopback(&home);
    stopped(started(&home, &[]).await).await;
    for (file, content, sentence) in [
        ("hameau.db", None, "la base « hameau.db » ne s'ouvre pas : c'est un dossier"),
        ("key", None, "key » ne s'ouvre pas (c'est un dossier)"),
        ("key", Some("clé"), "key » est abîmé"),
        ("life", Some(""), "life » est abîmé"),
        ("lock", None, "lock » ne s'ouvre pas (c'est un dossier)"),
        ("node.toml", None, "node.toml » ne se lit pas : c'est un dossier"),
        (
            "node.toml",
            Some("portal_listen = \"ici\"\n"),
            "node.toml », ligne 1, portal_listen : ce n'est pas une adresse",
        ),
        (
            "member.toml",
            Some("[[booth]]\nnombre = 1\n"),
            "member.toml », ligne 2, [[booth]] nombre : ce champ n'existe pas",
        ),
        ("papers.json", None, "papers.json » ne se lit pas : c'est un dossier"),
        ("papers.json", Some("{"), "papers.json » n'est pas un fichier de ce genre : il s'arrête au milieu"),
        ("journal.log", None, "journal.log » ne s'écrit pas (c'est un dossier)"),
        ("control.sock", None, "control.sock » ne s'ouvre pas (c'est un dossier)"),
    ] {
        let (path, aside) = (home.join(file), folder.path().join("aside"));
        let kept = std::fs::rename(&path, &aside);
        match content {
            None => std::fs::create_dir(&path).expect("a folder can be made"),
            Some(text) => std::fs::write(&path, text).expect("written"),
        }
        let said = hameau(&home, &["run"]).await;
        assert!(said.refused().contains(sentence), "{file}: {said:?}");
        assert!(!said.err.contains("os error"), "{file}: {said:?}");
        if content.is_none() { std::fs::remove_dir(&path) } else { std::fs::remove_file(&path) }.expect("it is there");
        if kept.is_ok() {
            std::fs::rename(&aside, &path).expect("it is put back");
        }
    }
    for (file, sentence) in [("key", "la clé de la boîte"), ("life", "life » est abîmé ou absent")] {
        let (path, aside) = (home.join(file), folder.path().join("aside"));
        std::fs::rename(&path, &aside).expect("it is taken away");
        let said = hameau(&home, &["run"]).await;
        assert!(said.refused().contains(sentence), "{file}: {said:?}");
        std::fs::rename(&aside, &path).expect("it is put back");
    }
    let file = home.join("key");
    let on_a_file = hameau(&file, &["run"]).await;
    assert!(on_a_file.refused().contains("un fichier qui n'est pas un dossier"), "{on_a_file:?}");
    stopped(started(&home, &[]).await).await;
}

async fn wrong_files_are_refused(at: &impl Fn(&str) -> PathBuf, centre: &Path, bourg: &Path, papers: &Path) {
    let other = at("autre");
    assert_eq!(hameau(&other, &["init", "--member", "autre", "--name", "Autre", "--role", "point"]).await.code, 0);
    let foreign = hameau(&other, &["join", papers.to_str().expect("UTF-8")]).await;
    assert!(foreign.refused().contains("il a été fait pour une autre boîte"), "{foreign:?}");
    let changed = at("changed.json");
    let text = std::fs::read_to_string(papers).expect("papers").replace("\"Essai\"", "\"Autre\"");
    std::fs::write(&changed, text).expect("written");
    let changed = hameau(bourg, &["join", changed.to_str().expect("UTF-8")]).await;
    assert!(changed.refused().contains("la signature du territoire est fausse"), "{changed:?}");
    for (name, content) in [("empty", ""), ("page", "<html>"), ("request", "{\"hameau_request\":1}")] {
        let path = at(name);
        std::fs::write(&path, content).expect("written");
        for args in [["join"], ["enrol"]] {
            let said =
                hameau(if args == ["join"] { bourg } else { centre }, &[args[0], path.to_str().expect("UTF-8")]).await;
            assert!(said.refused().contains("n'est pas un fichier de ce genre"), "{name}: {said:?}");
        }
    }
    let elsewhere = hameau(bourg, &["enrol", at("request").to_str().expect("UTF-8")]).await;
    assert_eq!(elsewhere.code, 1, "{elsewhere:?}");
    let absent = hameau(bourg, &["join", at("absent").to_str().expect("UTF-8")]).await;
    assert!(absent.refused().contains("ne se lit pas"), "{absent:?}");
}

/// The pages, the mesh and the calls each name the address that another program holds.
async fn a_taken_port_is_named(home: &Path) {
    let held_tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let held_udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let tcp = held_tcp.local_addr().expect("bound");
    let udp = held_udp.local_addr().expect("bound");
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    for (case, mesh, call, portal, port) in [
        ("pages", free, free, tcp, tcp.port()),
        ("calls", free, udp, free, udp.port()),
        ("mesh", tcp, free, free, tcp.port()),
    ] {
        settings(home, mesh, call, portal);
        let said = hameau(home, &["run"]).await;
        let sentence = said.refused();
        assert!(sentence.contains(&port.to_string()) && sentence.contains("déjà pris"), "{case}: {sentence}");
    }
}
