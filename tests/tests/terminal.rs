// SPDX-License-Identifier: EUPL-1.2
//! The terminal: every command, its exit codes, and a clear sentence for whatever is wrong.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;

use hameau_tests::hand::reaches;
use hameau_tests::terminal::{self, Said};
use hameau_tests::wait::{DEADLINE, until};
use hameau_tests::world::World;
use serde_json::{Value, json};
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
const WHO: &str = r#"{"name":"Léon Terminal","telephone":"05 65 00 00 44","subject":"sa carte"}"#;

#[tokio::test]
async fn the_terminal_books_lists_and_cancels() {
    let world = World::start(&["lot", "puy-leveque", "gramat", "cpam-46"]).await;
    world.together().await;
    let members = world.hameau("puy-leveque", &["members", "--json"]).await.json();
    assert_eq!(members.as_array().map(Vec::len), Some(11), "{members}");
    reaches(&world.home("puy-leveque"), "cpam-46").await;
    let plain = world.hameau("puy-leveque", &["members"]).await.out;
    let said = |member: &str| plain.lines().find(|line| line.starts_with(member)).expect("a member");
    let (own, agency, away) = (said("puy-leveque"), said("cpam-46"), said("figeac"));
    assert!(own.contains(" point ") && own.contains(" cette boîte "), "{plain}");
    assert!(agency.contains(" organisme ") && agency.contains(" direct "), "{plain}");
    assert!(away.contains(" injoignable "), "{plain}");
    let held = &held_slot(&world).await;
    what_is_wrong_books_nothing(&world, held).await;
    a_list_of_times_is_true(&world).await;

    let book = ["book", held, "--service", "carte-vitale", "--details", "-", "--json"];
    let booked = world.piped("puy-leveque", &book, WHO).await.json();
    assert_eq!((&booked["state"], &booked["details"]["name"]), (&json!("confirmed"), &json!("Léon Terminal")));
    let taken = world.piped("puy-leveque", &book, WHO).await;
    assert!(taken.refused().contains("choisissez-en une autre"), "{taken:?}");
    let short = booked["appointment"].as_str().expect("a short name");
    until("the agency lists it", async || {
        let agenda = world.hameau("cpam-46", &["agenda", "--json"]).await.json();
        let his = |it: &Value| it["details"]["name"] == "Léon Terminal" && it["state"] == "confirmed";
        if agenda.as_array().is_some_and(|all| all.iter().any(his)) { Ok(()) } else { Err(agenda.to_string()) }
    })
    .await;
    let plain = world.hameau("puy-leveque", &["agenda", "--day", "2027-03-02"]).await;
    assert!(plain.out.contains("confirmé") && plain.out.contains("Léon Terminal"), "{plain:?}");
    let others = world.hameau("gramat", &["cancel", short]).await;
    assert!(others.refused().contains("autre point"), "{others:?}");
    let cancelled = world.hameau("puy-leveque", &["cancel", short, "--json"]).await.json();
    assert_eq!(cancelled["state"], "cancelled-by-point");
    let again = world.hameau("puy-leveque", &["cancel", short]).await;
    assert!(again.refused().contains("déjà annulé"), "{again:?}");
    drop(world.stop().await);
}

/// The short name of the time that the point holds at ten.
async fn held_slot(world: &World) -> String {
    let args = ["slots", "--agency", "cpam-46", "--service", "carte-vitale", "--day", "2027-03-02", "--json"];
    until("ten o'clock is held", async || {
        let said = world.hameau("puy-leveque", &args).await;
        let slots: Value = serde_json::from_str(&said.out).unwrap_or_default();
        let at_ten = |it: &&Value| it["way"] == "held" && it["from"] == "2027-03-02T10:00+01:00";
        let found = slots.as_array().into_iter().flatten().find(at_ten);
        found.and_then(|it| it["slot"].as_str()).map(str::to_owned).ok_or_else(|| format!("{said:?}"))
    })
    .await
}

async fn what_is_wrong_books_nothing(world: &World, held: &str) {
    let long = json!({ "name": "a".repeat(10_000) }).to_string();
    let hidden = json!({ "name": "Léon\u{202e}" }).to_string();
    let details = |slot| vec!["book", slot, "--service", "carte-vitale", "--details", "-", "--json"];
    for (case, args, input, sentence) in [
        ("an unknown slot", details("0123456789abcdef"), WHO, "ce créneau est inconnu"),
        ("not a slot", details("demain"), WHO, "ce créneau est inconnu"),
        (
            "an unknown service",
            vec!["book", held, "--service", "coiffure", "--details", "-"],
            WHO,
            "l'organisme ne reçoit pas pour ce motif",
        ),
        (
            "several services",
            vec!["book", held, "--details", "-"],
            WHO,
            "ajoutez --service et l'un d'eux : carte-vitale, ",
        ),
        (
            "no such booth",
            vec!["book", held, "--service", "carte-vitale", "--booth", "7", "--details", "-"],
            WHO,
            "il n'y a pas de cabine 7 ici : choisissez parmi 1 (Cabine)",
        ),
        ("ten thousand letters", details(held), &long, "trop long : 120 caractères au plus"),
        ("text that reads backwards", details(held), &hidden, "des caractères qui ne s'affichent pas"),
        ("no name", details(held), r#"{"name":" "}"#, "le nom manque"),
        (
            "letters as telephone",
            details(held),
            r#"{"name":"Léon","telephone":"chez moi"}"#,
            "le téléphone a 10 chiffres en France",
        ),
        ("not JSON", details(held), "Léon", "ne sont pas au format attendu"),
        ("nothing", details(held), "", "ne sont pas au format attendu"),
        ("no details and no person", vec!["book", held, "--service", "carte-vitale"], "", "| hameau book"),
        ("an unknown agency", vec!["slots", "--agency", "mairie"], "", "cet organisme est inconnu"),
        ("an unknown appointment", vec!["cancel", "0123456789abcdef"], "", "ce rendez-vous est inconnu"),
    ] {
        let said = world.piped("puy-leveque", &args, input).await;
        assert!(said.refused().contains(sentence), "{case}: {said:?}");
        assert!(!said.err.contains("Léon"), "{case}: no name in a sentence");
    }
    wrong_use_is_explained(world, held).await;
    let agenda = world.hameau("puy-leveque", &["agenda", "--all", "--json"]).await;
    assert_eq!(agenda.json(), json!([]), "nothing is booked by halves");
    let marked = world.piped("puy-leveque", &details(held), r#"{"name":"<script>alert(1)</script>"}"#).await.json();
    assert_eq!(marked["details"]["name"], "<script>alert(1)</script>", "markup is text");
    let short = marked["appointment"].as_str().expect("a short name");
    assert_eq!(world.hameau("puy-leveque", &["cancel", short]).await.code, 0);
    assert_eq!(held_slot(world).await, held, "the slot is free again");
}

/// What is not a command of `hameau`: exit code 2, a French sentence, and never a value that was typed.
async fn wrong_use_is_explained(world: &World, held: &str) {
    for (wrong, sentence, help) in [
        (&["fly"][..], "la commande « fly » n'existe pas", "hameau --help"),
        (&["statut"], "voulez-vous dire « status » ?", "hameau --help"),
        (&["book"], "il manque <CRÉNEAU>", "hameau book --help"),
        (
            &["status", "--jason"],
            "l'option « --jason » n'existe pas ici : voulez-vous dire « --json » ?",
            "hameau status --help",
        ),
        (&["status", "Léon"], "il y a un mot de trop", "hameau status --help"),
        (
            &["offline", "maybe"],
            "cette valeur ne va pas pour « <on|off> » : écrivez on ou off",
            "hameau offline --help",
        ),
        (&["slots", "--day"], "il manque une valeur après « --day <JOUR> »", "hameau slots --help"),
        (
            &["book", held, "--details", "Léon"],
            "cette valeur ne va pas pour « --details <-> » : écrivez -",
            "hameau book --help",
        ),
        (&["book", held, "--booth", "trois"], "« --booth <NUMÉRO> » : il faut un nombre", "hameau book --help"),
        (
            &["cancel", held, "--reason", "caprice"],
            "« --reason <RAISON> » : écrivez person, absent, closed, mistake ou other",
            "hameau cancel --help",
        ),
        (&["slots", "--day", "demain"], "« --day <JOUR> » : écrivez un jour qui existe", "hameau slots --help"),
        (&["agenda", "--day", "2027-02-30"], "« --day <JOUR> » : écrivez un jour qui existe", "hameau agenda --help"),
        (&["counts", "--month", "mars"], "« --month <MOIS> » : écrivez un mois comme 2027-03", "hameau counts --help"),
        (&["demo", "--at", "mardi"], "« --at <HEURE> » : écrivez l'heure comme 2027-03-02T09:50", "hameau demo --help"),
        (
            &["init", "--member", "A b", "--name", "X", "--role", "point"],
            "« --member <NOM> » : écrivez 1 à 32 lettres a-z, chiffres ou tirets",
            "hameau init --help",
        ),
        (
            &["init", "--member", "x", "--name", "X", "--role", "point", "--insee", "46", "--lat", "44", "--lon", "1"],
            "« --insee <CODE> » : écrivez cinq caractères",
            "hameau init --help",
        ),
        (
            &[
                "init", "--member", "x", "--name", "X", "--role", "point", "--insee", "46000", "--lat", "144", "--lon",
                "1",
            ],
            "« --lat <DEGRÉS> » : écrivez des degrés de -90 à 90",
            "hameau init --help",
        ),
        (&["agenda", "--all", "--day", "2027-03-02"], "ne vont pas ensemble", "hameau agenda --help"),
        (&["init", "--name", "X", "--member", "x"], "il manque --role <RÔLE>", "hameau init --help"),
        (&[], "il manque une commande", "hameau --help"),
    ] {
        let said = world.hameau("puy-leveque", wrong).await;
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{wrong:?}: {said:?}");
        assert!(said.err.starts_with("hameau : ") && said.err.contains(sentence), "{wrong:?}: {said:?}");
        assert!(said.err.contains(help), "{wrong:?}: {said:?}");
        for foreign in ["Léon", "error:", "Usage:", "required", "invalid"] {
            assert!(!said.err.contains(foreign), "{wrong:?}: “{foreign}” in {said:?}");
        }
    }
    for args in [&["--help"][..], &["book", "--help"], &["init", "-h"], &["--version"]] {
        let said = world.hameau("puy-leveque", args).await;
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{args:?}: {said:?}");
        for foreign in ["Usage:", "Commands:", "Print ", "possible values", "default", "env:"] {
            assert!(!said.out.contains(foreign), "{args:?}: “{foreign}” in {said:?}");
        }
    }
    let english = english(&["--home", "/", "fly"], "").await;
    assert!(english.code == 2 && english.err.contains("unrecognized subcommand 'fly'"), "{english:?}");
}

/// A command typed where English is spoken.
async fn english(args: &[&str], input: &str) -> Said {
    let mut command = terminal::command();
    command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "en_US.UTF-8").args(args);
    terminal::run(command, input).await
}

/// Where nothing is listed, the sentence is the true reason; elsewhere an empty list is an answer.
async fn a_list_of_times_is_true(world: &World) {
    let outside = "le calendrier va du 2027-02-15 au 2027-";
    for (case, member, args, sentence) in [
        ("agenda of a day that is not held", "puy-leveque", vec!["agenda", "--day", "2031-01-01"], outside),
        ("times of a day that is not held", "puy-leveque", vec!["slots", "--day", "2031-01-01"], outside),
        ("times of a day long past", "puy-leveque", vec!["slots", "--day", "2027-02-14"], outside),
        (
            "times of a Sunday",
            "puy-leveque",
            vec!["slots", "--day", "2027-03-07"],
            "aucune heure n'est publiée ce jour-là",
        ),
        ("a service of nobody", "puy-leveque", vec!["slots", "--service", "coiffure"], "aucun organisme"),
        (
            "a service of nobody on a day",
            "puy-leveque",
            vec!["slots", "--service", "coiffure", "--day", "2027-03-02"],
            "aucun organisme",
        ),
        (
            "a service of another agency",
            "puy-leveque",
            vec!["slots", "--agency", "cpam-46", "--service", "rsa"],
            "ce motif est inconnu de cet organisme",
        ),
        ("times at an agency", "cpam-46", vec!["slots"], "les rendez-vous se prennent à un point"),
        ("times at the coordination", "lot", vec!["slots"], "les rendez-vous se prennent à un point"),
    ] {
        let said = world.hameau(member, &args).await;
        assert!(said.refused().contains(sentence), "{case}: {said:?}");
    }
    let held = held_slot(world).await;
    let said = world.piped("cpam-46", &["book", &held, "--details", "-"], WHO).await;
    assert!(said.refused().contains("les rendez-vous se prennent à un point"), "{said:?}");
    let of_a_day = ["slots", "--agency", "cpam-46", "--service", "carte-vitale", "--day", "2027-03-03", "--json"];
    let mut booked = 0;
    while let Some(free) = world.hameau("puy-leveque", &of_a_day).await.json()[0]["slot"].as_str() {
        let details = ["book", free, "--service", "carte-vitale", "--details", "-"];
        assert_eq!(world.piped("puy-leveque", &details, WHO).await.code, 0, "{free}");
        booked += 1;
    }
    assert!(booked > 2, "a day that is full is not one that is not published");
    let nothing = world.hameau("puy-leveque", &["agenda", "--day", "2027-03-07", "--json"]).await;
    assert_eq!(nothing.json(), json!([]), "a day that is held, without appointments");
}

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
        let english = english(&args, input).await;
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
    let english = english(&["demo", "--territory", path.to_str().expect("UTF-8")], "").await;
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

async fn hameau(home: &Path, args: &[&str]) -> Said {
    let mut command = terminal::command();
    command.arg("--home").arg(home).args(args);
    terminal::run(command, "").await
}

async fn terminal_after(home: &Path, subcommand: &str) -> Said {
    let mut command = terminal::command();
    command.args([subcommand, "--json", "--home"]).arg(home);
    terminal::run(command, "").await
}
