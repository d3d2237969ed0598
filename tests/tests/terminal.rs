// SPDX-License-Identifier: EUPL-1.2
//! The terminal: every command, its exit codes, and a clear sentence for whatever is wrong.

use hameau_tests::hand::reaches;
use hameau_tests::terminal;
use hameau_tests::wait::until;
use hameau_tests::world::World;
use serde_json::{Value, json};

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
        (&["book", "zz"], "« <CRÉNEAU> » : écrivez les 16 signes du nom court", "hameau book --help"),
        (&["cancel", "12"], "« <RENDEZ-VOUS> » : écrivez les 16 signes du nom court", "hameau cancel --help"),
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
    let english = terminal::english(&["--home", "/", "fly"], "").await;
    assert!(english.code == 2 && english.err.contains("unrecognized subcommand 'fly'"), "{english:?}");
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
