// SPDX-License-Identifier: EUPL-1.2
//! The terminal, before a calendar is there: folders, ports, files of a territory, the demonstration; a clear sentence for
//! whatever is wrong with them.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;

use hameau_tests::hand::hameau;
use hameau_tests::terminal::{self, Said};
use hameau_tests::wait::DEADLINE;
use hameau_tests::world::World;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// An agency of a territory's file, from its line 9 on.
const AGENCY: &str = r#"[[agency]]
id = "caisse"
sigle = "Caisse"
name = "La Caisse"
home_page = "https://example.org/"
[[agency.desk]]
number = 1
name = "Guichet"
step_min = 30
openings = [{ days = ["mon"], from = "09:00", to = "12:00" }]
"#;
#[tokio::test]
async fn the_terminal_speaks_clearly_of_folders_ports_and_files() {
    let world = World::start(&["lot", "puy-leveque"]).await;
    let home = world.home("puy-leveque");
    let twice = hameau(&home, &["run"]).await;
    assert!(twice.refused().contains("un autre hameau tourne déjà"), "{twice:?}");
    let after = terminal_after(&home, "status").await;
    assert_eq!(after.json()["member"], "puy-leveque", "--home may come after the subcommand");
    for (args, input, sentence) in [
        (&["cancel", "0123456789abcdef"][..], "", "this appointment is unknown"),
        (&["book", "0123456789abcdef", "--details", "-"], r#"{"name":" "}"#, "the name is missing"),
        (&["book", "0123456789abcdef", "--details", "-"], "Léon", "not in the expected form"),
    ] {
        let args = [&["--home", home.to_str().expect("UTF-8")], args].concat();
        let english = terminal::english(&args, input).await;
        assert!(english.refused().contains(sentence), "{english:?}");
    }
    drop(world.stop().await);

    let folder = TempDir::new().expect("a temporary folder");
    let nobody = hameau(folder.path(), &["status"]).await;
    assert!(nobody.refused().contains("n'est pas le dossier d'une boîte"), "{nobody:?}");
    let empty = hameau(folder.path(), &["run"]).await;
    assert!(empty.refused().contains("n'est pas le dossier d'une boîte"), "{empty:?}");
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").expect("written");
    let on_file = self::demo_on(&file, &[]).await;
    assert!(on_file.refused().contains("ce dossier ne peut pas être créé (il existe déjà)"), "{on_file:?}");
    let in_file = hameau(&file.join("home"), &["init", "--member", "x", "--name", "X", "--role", "point"]).await;
    assert!(in_file.refused().contains("vérifiez les droits du dossier"), "{in_file:?}");
    let demo = demo(folder.path(), &["--members", "atlantis"]).await;
    assert_eq!((demo.code, demo.out.as_str()), (2, ""), "{demo:?}");
    assert!(demo.err.contains("ce membre n'existe pas ; il y a lot, puy-leveque"), "{demo:?}");
    let long = hameau(&folder.path().join("d".repeat(120)), &["status"]).await;
    assert!(long.refused().contains("donnez un dossier au chemin plus court"), "{long:?}");
    wrong_territory_files(folder.path()).await;
}

#[tokio::test]
async fn a_folder_closed_to_who_asks_is_not_called_empty() {
    // Goal: another user of the machine is told that he may not look, not that no node runs.
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("ours");
    let (home, hameau) = (folder.path().join("box"), folder.path().join("hameau"));
    std::fs::create_dir(&home).expect("a folder");
    std::fs::copy(terminal::binary(), &hameau).expect("where anybody may run it");
    std::fs::set_permissions(&home, Permissions::from_mode(0o000)).expect("ours");
    let mut command = terminal::french(Command::new(hameau));
    if std::fs::metadata(&home).expect("there").uid() == 0 {
        // The system closes nothing to root: somebody else asks.
        command.uid(65534);
    }
    command.arg("--home").arg(&home).arg("status");
    let said = terminal::run(command, "").await;
    assert!(said.refused().contains("ne se lit pas (l'accès est refusé)"), "{said:?}");
    assert!(!said.err.contains("aucun"), "{said:?}");
}

#[tokio::test]
async fn a_demonstration_says_where_it_is_and_keeps_what_failed() {
    // Goal: the first lines name the folders and the time; a box's own folder receives none of them; when a
    // node dies, what it wrote is kept and named.
    let folder = TempDir::new().expect("a temporary folder");
    let own = folder.path().join("own");
    std::fs::create_dir(&own).expect("a folder");
    let mut command = terminal::command();
    command.env("HAMEAU_HOME", &own).env("TMPDIR", folder.path()).stdin(Stdio::null());
    command.args(["demo", "--members", "lot", "--at", "2027-03-02T09:50+01:00"]);
    let mut demo = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("hameau starts");
    let mut lines = BufReader::new(demo.stdout.take().expect("piped")).lines();
    let mut next = async || {
        let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("it speaks in time");
        line.expect("text").expect("a line")
    };
    let (folders, time) = (next().await, next().await);
    assert!(folders.starts_with("dossiers ") && time.starts_with("heure de démonstration "), "{folders} {time}");
    let all = Path::new(folders.split_whitespace().last().expect("a folder"));
    assert!(all.starts_with(folder.path()) && !all.starts_with(&own), "{folders}");
    assert!(time.contains("2027-03-02T09:5"), "{time}");
    assert!(next().await.starts_with("lot "), "the doors follow");
    let status = hameau(&all.join("lot"), &["status", "--json"]).await.json();
    let pid = status["pid"].to_string();
    assert!(Command::new("kill").args(["-KILL", &pid]).status().await.expect("kill is there").success());
    let ended = tokio::time::timeout(DEADLINE, demo.wait_with_output()).await.expect("it ends in time");
    let ended = ended.expect("it is ours");
    let said = String::from_utf8(ended.stderr).expect("UTF-8");
    assert_eq!(ended.status.code(), Some(1), "{said}");
    let journal = all.join("lot/journal.log");
    assert!(said.contains(&format!("son journal : {}", journal.display())), "{said}");
    assert!(said.contains(&format!("dossiers gardés : {}", all.display())) && journal.exists(), "{said}");
    assert_eq!(std::fs::read_dir(&own).expect("there").count(), 0, "a box's own folder is no place for others");
}

async fn wrong_territory_files(folder: &Path) {
    let path = folder.join("territory.toml");
    let head = "[territory]\nname = \"Essai\"\ntimezone = \"Europe/Paris\"\n\n[coordination]\nid = \"centre\"\nname = \"Centre\"\n\n";
    let point = |insee: &str, lat: &str| {
        format!("[[point]]\nid = \"bourg\"\nname = \"Bourg\"\ninsee = \"{insee}\"\nlat = {lat}\nlon = 1.0\n")
    };
    let booth = "[[point.booth]]\nnumber = 1\nname = \"Cabine\"\n";
    for (case, text, parts) in [
        (
            "a word instead of degrees",
            format!("{head}{}", point("46000", "\"nord\"")),
            &["ligne 13, [[point]] lat : il y a un texte, il faut un nombre, par exemple 44.5"][..],
        ),
        (
            "a field misspelt",
            format!("{head}[[point]]\nident = \"bourg\"\n"),
            &["ligne 10, [[point]] ident : ce champ n'existe pas ici", "id, name, insee, lat, lon, booth"],
        ),
        (
            "a field twice",
            format!("{head}{}lat = 44.5\n", point("46000", "44.5")),
            &["ligne 15, [[point]] lat : ce nom est écrit deux fois"],
        ),
        (
            "a text without quotes",
            format!("{head}[[point]]\nid = bourg\n"),
            &["ligne 10, [[point]] id : un texte s'écrit entre deux guillemets"],
        ),
        (
            "a line without a value",
            format!("{head}[[point]]\nid \"bourg\"\n"),
            &["ligne 10, [[point]] id : cette ligne n'est pas écrite comme il faut"],
        ),
        (
            "a booth beyond counting",
            format!("{head}{}{booth}", point("46000", "44.5")).replace("number = 1", "number = 300"),
            &["ligne 16, [[point.booth]] number : cette valeur ne va pas : il faut un nombre entier de 0 à 255"],
        ),
        (
            "no such day",
            format!("{head}{AGENCY}").replace("\"mon\"", "\"lundi\""),
            &["ligne 18, [[agency.desk]] days : « lundi » n'est pas un choix", "mon, tue, wed"],
        ),
        (
            "no such time zone",
            format!("{head}{}{booth}", point("46000", "44.5")).replace("Europe/Paris", "Paris"),
            &[
                "ligne 3, [territory] timezone : le fuseau horaire « Paris » est inconnu : écrivez par exemple Europe/Paris",
            ],
        ),
        ("beyond the pole", format!("{head}{}{booth}", point("46000", "144.5")), &["lat, lon", "écrivez des degrés"]),
        ("a short INSEE code", format!("{head}{}{booth}", point("46", "44.5")), &["insee", "cinq caractères"]),
        ("no booth", format!("{head}{}", point("46000", "44.5")), &["ligne 9, [[point]] : « booth » manque"]),
        (
            "no coordination",
            "[territory]\nname = \"Essai\"\ntimezone = \"Europe/Paris\"\n".to_owned(),
            &["« coordination » manque"],
        ),
        (
            "a name that is none",
            format!("{head}{}{booth}", point("46000", "44.5").replace("bourg", "Le Bourg")),
            &["ligne 10, id : « Le Bourg » n'est pas un nom court"],
        ),
        (
            "one booth twice",
            format!("{head}{}{booth}{booth}", point("46000", "44.5")),
            &["point « bourg », booth 1 : il est écrit deux fois : donnez-en un autre"],
        ),
        (
            "a name with nothing in it",
            format!("{head}{}{booth}", point("46000", "44.5").replace("\"Bourg\"", "\"\"")),
            &["point « bourg », name : il n'y a rien : écrivez un nom"],
        ),
        (
            "a time reserved while nobody is there",
            format!(
                "{head}{}{booth}{AGENCY}[[agency.service]]\nid = \"carte\"\nname = \"Carte\"\nduration_min = 30\n\
                 [[agency.reserved]]\npoint = \"bourg\"\ndesk = 1\nweekday = \"mon\"\nfrom = \"03:00\"\ncount = 1\n",
                point("46000", "44.5")
            ),
            &[
                "agency « caisse », reserved « bourg » mon 03:00",
                "aucun créneau du guichet 1 ne commence à cette heure",
            ],
        ),
        (
            "an empty list of booths",
            format!("{head}{}booth = []\n", point("46000", "44.5")),
            &["booth", "au moins une cabine"],
        ),
        (
            "one name twice",
            format!("{head}{}{booth}", point("46000", "44.5").replace("bourg", "centre")),
            &["id « centre »", "sert deux fois"],
        ),
    ] {
        std::fs::write(&path, text).expect("written");
        let said = demo(folder, &["--territory", path.to_str().expect("UTF-8")]).await;
        let sentence = said.refused();
        assert!(sentence.contains("territory.toml"), "{case}: {sentence}");
        for part in parts {
            assert!(sentence.contains(part), "{case}: “{part}” in {sentence}");
        }
        for foreign in ["TOML", "expected", "missing", "invalid", "unknown", "line "] {
            assert!(!sentence.contains(foreign), "{case}: “{foreign}” in {sentence}");
        }
    }
    std::fs::write(&path, format!("{head}[[point]]\nident = \"bourg\"\n")).expect("written");
    let english = terminal::english(&["demo", "--territory", path.to_str().expect("UTF-8")], "").await;
    assert!(english.refused().contains("line 10, [[point]] ident: there is no such field here"), "{english:?}");
    std::fs::remove_file(&path).expect("it is there");
    let gone = demo(folder, &["--territory", path.to_str().expect("UTF-8")]).await;
    assert!(gone.refused().contains("ne se lit pas : il n'existe pas"), "{gone:?}");
}

async fn demo(folder: &Path, args: &[&str]) -> Said {
    demo_on(&folder.join("demo"), args).await
}

async fn demo_on(home: &Path, args: &[&str]) -> Said {
    hameau(home, &[&["demo", "--json"], args].concat()).await
}

async fn terminal_after(home: &Path, subcommand: &str) -> Said {
    let mut command = terminal::command();
    command.args([subcommand, "--json", "--home"]).arg(home);
    terminal::run(command, "").await
}
