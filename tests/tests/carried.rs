// SPDX-License-Identifier: EUPL-1.2
//! A village without any network: the calendar travels on a USB key. What is booked at the point is confirmed at the
//! agency, and the answer comes back the same way.

use std::path::{Path, PathBuf};

use hameau_tests::canary;
use hameau_tests::hand::{Village, always_open, hameau, piped, started, stopped};
use hameau_tests::terminal;
use serde_json::{Value, json};

const WHO: &str = r#"{"name":"Marthe Clé","telephone":"05 65 00 00 45","subject":"sa carte"}"#;

/// A point and an agency that have never met: both are enrolled, and nothing else of one is known to the other.
async fn strangers() -> (Village, PathBuf, PathBuf) {
    let village = Village::founded().await;
    for (name, role) in [("caisse", "agency"), ("bourg", "point")] {
        village.enrolled(name, role, &village.at("centre")).await;
    }
    let [town, agency] = ["bourg", "caisse"].map(|name| village.at(name));
    std::fs::write(agency.join("member.toml"), always_open(None)).expect("written");
    (village, town, agency)
}

#[tokio::test]
async fn a_booking_travels_on_a_key() {
    let (village, town, agency) = strangers().await;
    let (mut point, office) = (started(&town, &[]).await, started(&agency, &[]).await);
    for home in [&town, &agency] {
        assert_eq!(hameau(home, &["offline", "on"]).await.code, 0);
    }
    let free = hameau(&town, &["slots", "--agency", "caisse"]).await;
    assert!(free.out.contains("aucune heure libre"), "{free:?}");

    // The agency's papers are older than the point: the point's key will tell who it is.
    let hours = carried(&village, &agency, &town, "heures").await;
    assert!(hours["new"].as_u64().is_some_and(|new| new >= 2), "profile and weeks: {hours}");
    let free = hameau(&town, &["slots", "--agency", "caisse", "--json"]).await.json();
    let slot = free[0]["slot"].as_str().unwrap_or_else(|| panic!("{free}"));
    let booked = piped(&town, &["book", slot, "--service", "carte", "--details", "-", "--json"], WHO).await.json();
    assert_eq!(booked["state"], "asked");

    carried(&village, &town, &agency, "demande").await;
    let there = hameau(&agency, &["agenda", "--all", "--json"]).await.json();
    assert_eq!((&there[0]["state"], &there[0]["details"]["name"]), (&json!("confirmed"), &json!("Marthe Clé")));
    assert_eq!(state(&town, &booked).await, "asked", "the answer has not travelled yet");

    // The point's box is switched off when the key comes back; it takes it in all the same.
    stopped(point).await;
    let back = carried(&village, &agency, &town, "réponse").await;
    assert_eq!(back["grown"], 1, "the agency's week: {back}");
    point = started(&town, &[]).await;
    assert_eq!(hameau(&town, &["offline", "on"]).await.code, 0);
    assert_eq!(state(&town, &booked).await, "confirmed");

    twice_changes_nothing(&village, &agency).await;
    let last = free.as_array().and_then(|all| all.last()?["from"].as_str()).expect("a time");
    only_later_weeks(&village, &agency, &last[..10]).await;
    let sealed = ["Marthe Clé", "05 65 00 00 45"];
    assert_eq!(canary::found(&village.at("clé"), &sealed), Vec::<PathBuf>::new(), "no name on a key");
    stopped(office).await;
    stopped(point).await;
}

/// From one box to another; what the second says of it.
async fn carried(village: &Village, from: &Path, to: &Path, name: &str) -> Value {
    std::fs::create_dir_all(village.at("clé")).expect("a key");
    let file = village.file(&format!("clé/{name}"));
    let out = hameau(from, &["export", &file, "--json"]).await.json();
    assert_eq!(out["bytes"].as_u64(), Some(std::fs::metadata(&file).expect("written").len()), "{out}");
    let done = hameau(to, &["import", &file, "--json"]).await.json();
    for refused in ["outside", "no_room", "refused", "doubled"] {
        assert_eq!(done[refused], 0, "{name}: {done}");
    }
    done
}

async fn state(home: &Path, booked: &Value) -> String {
    let agenda = hameau(home, &["agenda", "--all", "--json"]).await.json();
    let is_it = |it: &&Value| it["appointment"] == booked["appointment"];
    let found = agenda.as_array().expect("a list").iter().find(is_it).unwrap_or_else(|| panic!("{agenda}"));
    found["state"].as_str().expect("a state").to_owned()
}

async fn twice_changes_nothing(village: &Village, agency: &Path) {
    let file = village.file("clé/demande");
    let (before, again) =
        (hameau(agency, &["agenda", "--all", "--json"]).await, hameau(agency, &["import", &file]).await);
    assert!(again.out.contains("Rien de neuf") && again.out.contains("registres déjà connus"), "{again:?}");
    assert_eq!(hameau(agency, &["agenda", "--all", "--json"]).await.out, before.out);
}

async fn only_later_weeks(village: &Village, agency: &Path, last: &str) {
    let frames = async |since: &[&str]| {
        let file = village.file(&format!("clé/depuis{}", since.concat()));
        hameau(agency, &[&["export", &file, "--json"], since].concat()).await.json()["frames"]
            .as_u64()
            .expect("a number")
    };
    let (all, past) = (frames(&[]).await, frames(&["--since", "2020-01-01"]).await);
    let later = frames(&["--since", last]).await;
    assert_eq!(all, past);
    assert!(later < all, "the last week of {all} registers: {later}");
    let far = hameau(agency, &["export", &village.file("clé/loin"), "--since", "2999-01-01"]).await;
    assert!(far.refused().contains("choisissez un jour entre les deux"), "{far:?}");
    assert!(!village.at("clé/loin").exists(), "nothing half done");
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_said_and_nothing_is_taken() {
    let (village, town, agency) = strangers().await;
    let other = Village::founded().await;
    let [foreign, good] = [&other, &village].map(|it| it.file("clé"));
    assert_eq!(hameau(&other.at("centre"), &["export", &foreign]).await.code, 0);
    assert_eq!(hameau(&agency, &["export", &good]).await.code, 0);
    let whole = std::fs::read(&good).expect("written");
    let changed = |place: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[place] = byte;
        bytes
    };
    let bent = |place: usize| changed(place, whole[place] ^ 1);
    let head = 14 + 1 + 32 + 32;
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", Vec::new(), "ce n'est pas un fichier de « hameau export »"),
        ("foreign", b"Liste des adjoints".to_vec(), "ce n'est pas un fichier de « hameau export »"),
        ("another version", changed(14, 9), "une version que cette boîte ne connaît pas (9)"),
        ("another territory", std::fs::read(&foreign).expect("written"), "un autre territoire"),
        ("cut in the middle", whole[..whole.len() / 2].to_vec(), "coupé, rien n'en est repris"),
        ("cut by one byte", whole[..whole.len() - 1].to_vec(), "coupé, rien n'en est repris"),
        ("a huge length", [&whole[..head], &[0xff; 4]].concat(), "dépasse ce qu'un territoire peut contenir"),
        ("its last signature", bent(whole.len() - 1), "abîmé ou a été modifié"),
        ("a word of the root", bent(head + 4 + 60), "une signature de ce fichier est fausse"),
        ("something behind it", [&whole[..], b"x"].concat(), "abîmé ou a été modifié"),
    ];
    for running in [false, true] {
        let node = if running { Some(started(&town, &[]).await) } else { None };
        for (case, bytes, sentence) in &cases {
            let file = village.file("fausse");
            std::fs::write(&file, bytes).expect("written");
            let said = hameau(&town, &["import", &file]).await;
            assert!(said.refused().contains(sentence), "{case}, running {running}: {said:?}");
        }
        let away = village.file("nulle-part");
        for (file, sentence) in
            [(&away, "ne se lit pas : il n'existe pas"), (&village.file("bourg"), "c'est un dossier")]
        {
            let said = hameau(&town, &["import", file]).await;
            assert!(said.refused().contains(sentence), "running {running}: {said:?}");
        }
        for (file, sentence) in [
            (good.clone(), "existe déjà"),
            (format!("{away}/bourg"), "n'existe pas : créez ce dossier"),
            (format!("{good}/bourg"), "un fichier qui n'est pas un dossier"),
        ] {
            let said = hameau(&town, &["export", &file]).await;
            assert!(said.refused().contains(sentence), "running {running}: {said:?}");
        }
        if let Some(node) = node {
            stopped(node).await;
        }
    }
    assert_eq!(std::fs::read(&good).expect("there"), whole, "what lay there is left alone");
    let taken = hameau(&town, &["import", &good, "--json"]).await.json();
    assert_ne!(taken["new"], 0, "what is right is taken: {taken}");
}

#[tokio::test]
async fn a_key_that_is_full_leaves_no_half_file() {
    // Goal: the sentence names the place that lacks, and nothing lies on the key.
    let (village, _, agency) = strangers().await;
    stopped(started(&agency, &[]).await).await;
    let key = village.at("clé");
    std::fs::create_dir(&key).expect("a key");
    let script = "mount -t tmpfs -o size=4k key \"$1\" && echo photos > \"$1/photos\" && \
                  { \"$2\" --home \"$3\" export \"$1/pleine\"; said=$?; ls -A \"$1\" | grep -v photos; exit $said; }";
    let mut command = tokio::process::Command::new("unshare");
    command
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(&key)
        .arg(terminal::binary())
        .arg(&agency);
    let said = terminal::run(terminal::french(command), "").await;
    if said.err.starts_with("unshare:") && std::env::var_os("HAMEAU_LINES_REQUIRED").is_none() {
        eprintln!("skipped: this machine gives no mount namespace: {}", said.err);
        return;
    }
    assert!(said.refused().contains("ne s'écrit pas : il n'y a plus de place sur le disque"), "{said:?}");
}
