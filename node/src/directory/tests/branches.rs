// SPDX-License-Identifier: EUPL-1.2
//! The annuaire: what is taken, what is left and why, and files that are none.

use serde_json::json;

use super::Bench;
use crate::directory::branch::Access;
use crate::directory::import::BRANCHES_MAX;

fn annuaire() -> serde_json::Value {
    json!({ "un champ nouveau": { "a": [1] }, "service": [
        {
            "id": "c-1", "nom": "Caisse d'essai - Cahors", "inconnu": [{ "x": null }],
            "pivot": [{ "type_service_local": "cpam", "code_insee_commune": ["46042", "46231", "12145"] }],
            "adresse": [
                { "type_adresse": "Adresse postale", "numero_voie": "BP 1", "code_postal": "46000", "nom_commune": "Cahors" },
                { "type_adresse": "Adresse", "numero_voie": "1 rue de l'Essai", "code_postal": "46000",
                  "nom_commune": "Cahors", "accessibilite": "ACC", "longitude": "1.4" },
            ],
            "telephone": [{ "valeur": "00 00 00 00 00", "description": "gratuit" }, { "valeur": 3 }, 7],
            "site_internet": [{ "libelle": "", "valeur": "https://essai.example/" }, { "valeur": "javascript:alert(1)" }],
            "plage_ouverture": [
                { "nom_jour_debut": "Lundi", "nom_jour_fin": "Vendredi", "valeur_heure_debut_1": "08:30:00",
                  "valeur_heure_fin_1": "12:00:00", "valeur_heure_debut_2": "", "commentaire": "sur rendez-vous" },
            ],
        },
        // As the API exports it: lists are JSON in a string.
        {
            "id": "m-1", "nom": "Mairie - Cahors", "code_insee_commune": "46042",
            "pivot": "[{\"type_service_local\": \"mairie\", \"code_insee_commune\": [\"46042\"]}]",
            "adresse": "[{\"type_adresse\": \"Adresse\", \"code_postal\": \"46000\", \"nom_commune\": \"Cahors\"}]",
        },
        { "id": "m-2", "nom": "Mairie - Puy-l'Évêque", "code_insee_commune": "46231",
          "pivot": [{ "type_service_local": "mairie", "code_insee_commune": ["46231"] }],
          "adresse": [{ "code_postal": "46700", "nom_commune": "Puy-l'Évêque" }] },
        { "id": "x-1", "nom": "Mairie - Rodez", "pivot": [{ "type_service_local": "mairie", "code_insee_commune": ["12202"] }] },
        { "id": "x-2", "nom": "Sans type", "pivot": [] },
        { "nom": 4 }, "rien",
    ] })
}

#[test]
fn branches_of_the_territory_are_taken_and_the_rest_is_told() {
    // Goal: unknown fields and wrong types do no harm; what is elsewhere or nameless is counted; who serves which commune
    // is what the file says; a second import replaces the first.
    let bench = Bench::new();
    let file = bench.file("annuaire.json", annuaire().to_string());
    for _ in 0..2 {
        let report = bench.import(std::slice::from_ref(&file)).expect("taken");
        let counts = (report.records, report.branches, report.elsewhere, report.nameless, report.communes);
        assert_eq!(counts, (7, 3, 1, 3, 2));
        assert_eq!((report.too_many, report.branches_twice), (0, 0));
    }
    bench.read(|directory| {
        let [branch] = &directory.competent("cpam", "46231")?[..] else { panic!("one serves Puy-l'Évêque") };
        assert_eq!(branch.name, "Caisse d'essai - Cahors");
        let address = &branch.addresses[0];
        assert_eq!((address.lines[0].as_str(), address.access), ("1 rue de l'Essai", Some(Access::Yes)));
        assert_eq!(branch.telephones.len(), 2);
        assert_eq!(branch.sites.iter().map(|it| it.value.as_str()).collect::<Vec<_>>(), ["https://essai.example/"]);
        let hours = &branch.hours[0];
        assert_eq!((hours.from.as_str(), hours.comment.as_str()), ("Lundi", "sur rendez-vous"));
        assert_eq!(hours.spans, [("08:30".to_owned(), "12:00".to_owned())]);
        assert!(directory.competent("cpam", "12145")?.is_empty(), "another département");
        assert!(directory.competent("caf", "46042")?.is_empty());
        assert_eq!(directory.kinds()?.len(), 2);
        assert_eq!(directory.letters()?, ["C", "P"]);
        assert_eq!(directory.communes_named("p")?[0].name, "Puy-l'Évêque");
        assert_eq!(directory.communes_at("46")?.len(), 2);
        assert_eq!(directory.communes_at("4670")?[0].insee, "46231");
        assert!(directory.communes_at("6700")?.is_empty(), "a code has its own beginning");
        Ok(())
    });
}

#[test]
fn branches_beyond_the_limit_are_told_as_such() {
    // Goal: what a box does not keep is not said to be elsewhere; an id that comes twice is counted, and the first stays.
    let bench = Bench::new();
    let branch = |id: String, insee: &str| {
        json!({ "id": id, "nom": format!("Mairie {id}"),
                "pivot": [{ "type_service_local": "mairie", "code_insee_commune": [insee] }] })
    };
    let twice = json!({ "id": "m-0", "nom": "Une autre",
                        "pivot": [{ "type_service_local": "cpam", "code_insee_commune": ["46042"] }] });
    let mut records = vec![branch("m-0".to_owned(), "46042"), twice, branch("x".to_owned(), "12202")];
    records.extend((1..BRANCHES_MAX + 2).map(|it| branch(format!("m-{it}"), "46042")));
    let file = bench.file("annuaire.json", json!({ "service": records }).to_string());
    let report = bench.import(&[file]).expect("taken");
    let counts = (report.branches, report.too_many, report.branches_twice, report.elsewhere);
    assert_eq!(counts, (BRANCHES_MAX, 2, 1, 1));
    assert!(bench.read(|directory| directory.of_kind("cpam")).is_empty(), "the first of an id stays");
}

#[test]
fn a_file_that_is_none_changes_nothing() {
    // Goal: broken, cut off, in another encoding, endless: each ends with a sentence, and what was there is there.
    let bench = Bench::new();
    let good = bench.file("annuaire.json", annuaire().to_string());
    bench.import(&[good]).expect("taken");
    let whole = annuaire().to_string();
    let latin1: Vec<u8> = whole.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    let utf16: Vec<u8> = std::iter::once(0xFEFF).chain(whole.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let endless = format!("{{\"service\": [{{\"id\": \"{}\"}}]}}", "x".repeat(5_000_000));
    let deep = format!("{{\"service\": [{}1{}]}}", "[".repeat(200_000), "]".repeat(200_000));
    for (case, bytes, sentence) in [
        ("cut off", whole.as_bytes()[..whole.len() - 40].to_vec(), "s'arrête au milieu"),
        ("latin-1", latin1, "UTF-8"),
        ("utf-16", utf16, "n'a pas la forme"),
        ("a spreadsheet", b"id;nom\n1;x\n".to_vec(), "n'a pas la forme"),
        ("another list", b"{\"records\": []}".to_vec(), "n'a pas la forme"),
        ("empty", Vec::new(), "s'arrête au milieu"),
        ("endless", endless.into_bytes(), "plus grand"),
        ("deep", deep.into_bytes(), "n'a pas la forme"),
        (
            "elsewhere",
            br#"[{"id":"1","nom":"M","pivot":[{"type_service_local":"mairie","code_insee_commune":["01001"]}]}]"#
                .to_vec(),
            "du territoire",
        ),
    ] {
        let file = bench.file("other.json", bytes);
        let refused = bench.import(&[file]).expect_err(case).to_string();
        assert!(refused.contains(sentence), "{case}: {refused}");
        let kept = bench.read(|directory| directory.of_kind("cpam"));
        assert_eq!(kept.len(), 1, "{case}");
    }
    for text in ["", "{\"service\": [{\"id\": \""] {
        // Holes read as zeros; they cost no room on the disk.
        let huge = bench.file("huge.json", text.as_bytes());
        std::fs::File::options().write(true).open(&huge).expect("ours").set_len(200_000_000).expect("made");
        assert!(bench.import(&[huge]).is_err(), "200 MB of nothing: {text}");
        assert_eq!(bench.read(|directory| directory.of_kind("cpam")).len(), 1);
    }
    let bom = bench.file("bom.json", [b"\xEF\xBB\xBF", whole.as_bytes()].concat());
    assert_eq!(bench.import(&[bom]).expect("taken").branches, 3);
    let missing = bench.home().join("missing.json");
    assert!(bench.import(&[missing]).expect_err("not there").to_string().contains("il n'existe pas"));
}

#[test]
fn a_damaged_directory_is_made_anew() {
    // Goal: whatever lies in directory.db, pages do without it, and an import makes it good.
    let bench = Bench::new();
    let good = bench.file("annuaire.json", annuaire().to_string());
    bench.file("directory.db", "no database at all, but long enough to be looked at as one".repeat(40));
    assert!(crate::directory::Directory::of(bench.home()).read(|it| it.kinds()).is_err());
    bench.import(&[good]).expect("taken");
    assert_eq!(bench.read(|it| it.kinds()).len(), 2);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(bench.home().join("directory.db")).expect("there").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}
