// SPDX-License-Identifier: EUPL-1.2
//! A point's disk dies. Its backup of some days ago puts the box back, in a new life: what others knew comes back, and
//! nobody is booked twice.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use hameau_tests::canary;
use hameau_tests::hand::{
    PASSWORD, STAFF, Village, always_open, hameau, on_loopback, piped, reaches, staffed, started, stopped,
};
use hameau_tests::load::status;
use hameau_tests::person::Person;
use hameau_tests::terminal;
use hameau_tests::wait::{DEADLINE, until};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

const WHO: &str = r#"{"name":"Rose Disque","telephone":"05 65 00 00 46","subject":"sa carte"}"#;
const PHRASE: &str = "quatre mots sur papier\n";

#[tokio::test]
async fn a_lost_disk_is_restored_from_its_backup() {
    let village = Village::founded().await;
    let [centre, town, office, new] = ["centre", "bourg", "caisse", "bourg-neuf"].map(|name| village.at(name));
    let coordination = started(&centre, &[]).await;
    for (name, role) in [("caisse", "agency"), ("bourg", "point")] {
        village.enrolled(name, role, &centre).await;
    }
    std::fs::write(office.join("member.toml"), always_open(Some("bourg"))).expect("written");
    let (caisse, point) = (started(&office, &[]).await, started(&town, &[]).await);
    reaches(&town, "caisse").await;
    let held = until("the point holds slots", async || {
        let free = hameau(&town, &["slots", "--agency", "caisse", "--json"]).await;
        let free: Value = serde_json::from_str(&free.out).unwrap_or_default();
        let held = free.as_array().into_iter().flatten().filter(|it| it["way"] == "held");
        // The first may be over, or go back, before this story is.
        let names: Vec<String> = held.skip(30).filter_map(|it| Some(it["slot"].as_str()?.to_owned())).collect();
        if names.len() > 3 { Ok(names) } else { Err(free.to_string()) }
    })
    .await;

    books(&town, &held[0]).await;
    let backup = village.file("bourg.sauvegarde");
    short_or_taken_is_refused(&village, &town).await;
    let made = piped(&town, &["backup", &backup, "--json"], PHRASE).await.json();
    assert_eq!(made["bytes"].as_u64(), Some(std::fs::metadata(&backup).expect("written").len()), "{made}");
    // It goes on: one more that the agency hears of, one that nobody does.
    books(&town, &held[1]).await;
    until("the agency knows of both", async || confirmed(&office, 2).await).await;
    assert_eq!(hameau(&town, &["offline", "on"]).await.code, 0);
    books(&town, &held[2]).await;
    stopped(point).await;
    let key = std::fs::read_to_string(town.join("key")).expect("a key");
    std::fs::remove_dir_all(&town).expect("the disk is lost");

    wrong_backups_restore_nothing(&village, &backup, &key).await;
    for home in [&centre, &office] {
        assert_eq!(hameau(home, &["offline", "on"]).await.code, 0);
    }
    let restored = piped(&new, &["restore", &backup], PHRASE).await;
    assert!(restored.out.contains("vérifiez la liste papier"), "{restored:?}");
    let again = piped(&new, &["restore", &backup], PHRASE).await;
    assert!(again.refused().contains("contient déjà une boîte"), "{again:?}");
    on_loopback(&new);
    let point = started(&new, &[]).await;
    assert_eq!(hameau(&new, &["status", "--json"]).await.json()["restored"], "waits");
    let early = piped(&new, &["book", &held[1], "--service", "carte", "--details", "-"], WHO).await;
    assert_eq!(early.code, 1, "it was booked since, and the box cannot know: {early:?}");

    for home in [&centre, &office] {
        assert_eq!(hameau(home, &["offline", "off"]).await.code, 0);
    }
    until("it has heard a member, and lives again", async || {
        let status = hameau(&new, &["status", "--json"]).await.json();
        if status["restored"] == "lives" { Ok(()) } else { Err(status.to_string()) }
    })
    .await;
    // Whom the backup, or the agency, knows to be expected is in doubt until the agency has settled.
    until("both are in doubt, and both ends know what is due", async || {
        let (here, there) = (status(&new).await, status(&office).await);
        let is_due = |it: &Value, member: &str| it["unsettled"][0]["member"] == member && it["suspended"] == 2;
        if is_due(&here, "bourg") && is_due(&there, "bourg") { Ok(()) } else { Err(format!("{here} {there}")) }
    })
    .await;
    let settled = until("the agency settles", async || {
        let settled = hameau(&office, &["settle", "bourg", "--json"]).await;
        let done: Value = serde_json::from_str(&settled.out).unwrap_or_default();
        if done["kept"] == 2 { Ok(done) } else { Err(format!("{settled:?}")) }
    })
    .await;
    assert!(settled["returned"].as_u64().is_some_and(|slots| slots > 2), "{settled}");
    both_are_given_a_booth(&new).await;
    until("the agency has them confirmed again", async || confirmed(&office, 2).await).await;
    // What nobody knew is on paper only; its slot is free, and given once.
    let third = piped(&new, &["book", &held[2], "--service", "carte", "--details", "-"], WHO).await;
    assert_eq!(third.code, 0, "{third:?}");
    until("the agency confirms the third", async || confirmed(&office, 3).await).await;
    for node in [point, caisse, coordination] {
        stopped(node).await;
    }
}

async fn books(home: &Path, slot: &str) {
    let booked = piped(home, &["book", slot, "--service", "carte", "--details", "-", "--json"], WHO).await.json();
    assert_eq!(booked["state"], "confirmed", "it holds the slot");
}

/// So many confirmed appointments, none at the time of another.
async fn confirmed(home: &Path, count: usize) -> Result<(), String> {
    let agenda = hameau(home, &["agenda", "--all", "--json"]).await.json();
    let of_state = agenda.as_array().expect("a list").iter().filter(|it| it["state"] == "confirmed");
    let times: Vec<&str> = of_state.filter_map(|it| it["from"].as_str()).collect();
    let different: BTreeSet<&&str> = times.iter().collect();
    assert_eq!(times.len(), different.len(), "nobody is booked twice: {agenda}");
    if times.len() == count { Ok(()) } else { Err(agenda.to_string()) }
}

async fn short_or_taken_is_refused(village: &Village, home: &Path) {
    let file = village.file("refusée");
    let short = piped(home, &["backup", &file], "motdepasse\n").await;
    assert!(short.refused().contains("trop courte : 12 caractères"), "{short:?}");
    assert!(!village.at("refusée").exists() && !short.err.contains("motdepasse"), "{short:?}");
    std::fs::write(&file, "un autre fichier").expect("written");
    let taken = piped(home, &["backup", &file], PHRASE).await;
    assert!(taken.refused().contains("existe déjà"), "{taken:?}");
}

async fn wrong_backups_restore_nothing(village: &Village, backup: &str, key: &str) {
    let whole = std::fs::read(backup).expect("written");
    let changed = |place: usize| {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        bytes
    };
    let folder = village.at("nulle-part");
    for (case, bytes, phrase, sentence) in [
        ("wrong passphrase", whole.clone(), "quatre mots sur Papier\n", "cette phrase n'ouvre pas la sauvegarde"),
        ("no passphrase", whole.clone(), "", "cette phrase n'ouvre pas la sauvegarde"),
        ("foreign", b"Liste des adjoints".to_vec(), PHRASE, "ce n'est pas un fichier de « hameau backup »"),
        ("another version", changed(14), PHRASE, "une version que ce hameau ne connaît pas (0)"),
        ("cut", whole[..whole.len() / 2].to_vec(), PHRASE, "coupée ou abîmée"),
        ("a bit", changed(whole.len() / 2), PHRASE, "coupée ou abîmée"),
    ] {
        let file = village.file("fausse");
        std::fs::write(&file, bytes).expect("written");
        let said = piped(&folder, &["restore", &file], phrase).await;
        assert!(said.refused().contains(sentence), "{case}: {said:?}");
        assert!(!folder.exists(), "{case}: nothing half done");
    }
    let held = village.at("caisse");
    let before = std::fs::read(held.join("key")).expect("a key");
    let said = piped(&held, &["restore", backup], PHRASE).await;
    assert!(said.refused().contains("contient déjà une boîte"), "{said:?}");
    assert_eq!(std::fs::read(held.join("key")).expect("a key"), before);
    let sealed = canary::found(village.at("").as_path(), &[key.trim(), "Rose Disque"]);
    assert_eq!(sealed, Vec::<std::path::PathBuf>::new(), "the backup holds the key, and shows it to nobody");
}

/// The animateur reads what to do, does it, and says so.
async fn both_are_given_a_booth(new: &Path) {
    let status = hameau(new, &["status", "--json"]).await.json();
    let page = format!("{}animateur", status["portal"].as_str().expect("an address"));
    staffed(new, "animateur").await;
    let animateur = Person::at("the animateur", &page).await;
    animateur.signs_in(&page, STAFF, PASSWORD).await;
    animateur.sees("restored", "Comparez l'agenda avec votre liste sur papier").await;
    animateur.picture("restored").await;
    for left in ["1 personne à rappeler", "Aucune personne à rappeler"] {
        animateur.click("give-booth").await;
        animateur.sees("notice", "le rendez-vous est confirmé").await;
        animateur.go(&page).await;
        animateur.sees("call-backs", left).await;
    }
    animateur.click("restored-seen").await;
    animateur.sees_no("restored").await;
    assert_eq!(hameau(new, &["status", "--json"]).await.json()["restored"], json!(null));
}

#[tokio::test]
async fn a_passphrase_typed_at_a_terminal_is_not_shown() {
    // Goal: typed twice, alike, on a terminal that echoes: it is not seen; typed otherwise the second time, nothing is
    // written.
    let village = Village::founded().await;
    for (second, written) in [("une phrase assez longue", true), ("une autre phrase longue", false)] {
        let file = village.at(&format!("sauvegarde-{written}"));
        let typed = ["une phrase assez longue", second];
        let (code, screen) = at_a_terminal(&village.at("centre"), &file, typed).await;
        assert_eq!((code == 0, file.exists()), (written, written), "{screen}");
        assert!(screen.contains("Encore une fois") && !screen.contains("phrase longue"), "{screen}");
        assert!(!screen.contains("phrase assez"), "{screen}");
        assert_eq!(screen.contains("les deux phrases diffèrent"), !written, "{screen}");
    }
}

/// Types two lines at a pseudo-terminal, each when the program has asked for it; its exit code, and what was seen.
async fn at_a_terminal(home: &Path, file: &Path, lines: [&str; 2]) -> (i32, String) {
    let line = format!("exec {} --home {} backup {}", terminal::binary().display(), home.display(), file.display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--flush", "--return", "--echo", "always", "--command", &line, "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut script = terminal::french(script).spawn().expect("script is part of every Debian");
    let (mut keys, mut seen) = (script.stdin.take().expect("piped"), script.stdout.take().expect("piped"));
    let mut screen = Vec::new();
    let mut piece = [0; 4096];
    for (asked, line) in ["sauvegarde : ", "fois : "].into_iter().zip(lines) {
        while !String::from_utf8_lossy(&screen).ends_with(asked) {
            let read = tokio::time::timeout(DEADLINE, seen.read(&mut piece)).await.expect("it asks in time");
            let read = read.expect("it speaks");
            assert_ne!(read, 0, "it ended: {}", String::from_utf8_lossy(&screen));
            screen.extend_from_slice(&piece[..read]);
        }
        until("the terminal shows no keys", async || shows_no_keys(script.id().expect("it runs")).await).await;
        keys.write_all(format!("{line}\n").as_bytes()).await.expect("it reads");
    }
    let rest = tokio::time::timeout(DEADLINE, seen.read_to_end(&mut screen)).await.expect("it ends in time");
    rest.expect("it speaks");
    let code = script.wait().await.expect("it is ours").code().expect("not killed");
    (code, String::from_utf8_lossy(&screen).into_owned())
}

/// Whether what is typed at the terminal of this program's child is hidden now.
async fn shows_no_keys(script: u32) -> Result<(), String> {
    let children = std::fs::read_to_string(format!("/proc/{script}/task/{script}/children")).unwrap_or_default();
    let child = children.split_whitespace().next().ok_or("no child yet")?;
    let tty = std::fs::read_link(format!("/proc/{child}/fd/0")).map_err(|error| error.to_string())?;
    let told = Command::new("stty").arg("-F").arg(tty).arg("-a").output().await.expect("stty is there");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    if told.split_whitespace().any(|word| word == "-echo") { Ok(()) } else { Err(told) }
}
