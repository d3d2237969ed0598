// SPDX-License-Identifier: EUPL-1.2
//! The comarquage: sheets, their topics, what is searched in them, and files that are none.

use super::Bench;
use crate::directory::{Block, Directory};

/// A sheet in the structure of version 3, with elements that nobody knows.
const CARD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Publication xmlns:dc="http://purl.org/dc/elements/1.1/" ID="F1" type="Fiche d'information" spUrl="https://sp.example/F1" nouveau="1">
  <dc:title>Carte Vitale d'essai</dc:title><dc:creator>x</dc:creator>
  <dc:description>Elle prouve vos droits.</dc:description>
  <FilDAriane><Niveau ID="Accueil">Accueil</Niveau><Niveau ID="N1" type="Theme">Santé</Niveau><Niveau ID="N2" type="Dossier">Assurance maladie</Niveau></FilDAriane>
  <Introduction><Texte><Paragraphe>La carte est <MiseEnEvidence>gratuite</MiseEnEvidence>.</Paragraphe></Texte></Introduction>
  <ListeSituations affichage="onglet">
    <Situation><Titre>Vous êtes majeur</Titre><Texte>
      <Chapitre><Titre>Pièces à fournir</Titre><Paragraphe>Il faut :</Paragraphe>
        <Liste type="puce"><Item><Paragraphe>Une photo</Paragraphe></Item><Item><Paragraphe>Une pièce d'identité</Paragraphe></Item></Liste></Chapitre>
      <Chapitre><Titre>Coût</Titre><BlocCas><Cas><Titre>Perdue</Titre><Paragraphe>Rien.</Paragraphe></Cas></BlocCas>
        <ANoter><Titre>À noter</Titre><Paragraphe>Mettez-la à jour.</Paragraphe></ANoter>
        <Nouveauté2030><Paragraphe>secret de demain</Paragraphe></Nouveauté2030>
        <Tableau><Colonne/><Rangée><Cellule fusionVerticale="2">a</Cellule><Cellule>b</Cellule></Rangée></Tableau></Chapitre>
    </Texte></Situation>
  </ListeSituations>
  <ServiceEnLigne ID="R1" URL="https://compte.example/" type="Téléservice"><Titre>Commander la carte</Titre></ServiceEnLigne>
  <ServiceEnLigne ID="R2" URL="javascript:alert(1)" type="Téléservice"><Titre>Piège</Titre></ServiceEnLigne>
  <OuSAdresser ID="R3" type="Local"><Titre>Votre caisse</Titre><PivotLocal>cpam</PivotLocal></OuSAdresser>
  <OuSAdresser ID="R4" type="Centre de contact"><Titre>Allô Essai</Titre></OuSAdresser>
</Publication>"#;

fn sheet(id: &str, title: &str, text: &str) -> String {
    format!(
        "<Publication ID=\"{id}\" type=\"Fiche Question-réponse\"><title>{title}</title>\
         <DossierPere ID=\"N2\"><Titre>Assurance maladie</Titre></DossierPere>\
         <Texte><Paragraphe>{text}</Paragraphe></Texte></Publication>"
    )
}

const TOPIC: &str = r#"<Publication ID="N1" type="Theme"><title>Santé</title><description>Se soigner</description>
  <Dossier ID="N2"><Titre>Assurance maladie</Titre><SousDossier ID="N2-1"><Titre>x</Titre><Fiche ID="F2">Retraite</Fiche></SousDossier><Fiche ID="F1">Carte</Fiche></Dossier>
  <Dossier ID="N9"><Titre>Vide</Titre></Dossier></Publication>"#;

fn folder(bench: &Bench) -> std::path::PathBuf {
    bench.file("vosdroits/F1.xml", CARD);
    bench.file("vosdroits/F2.xml", sheet("F2", "Demander sa retraite", "Pension et trimestres."));
    bench.file("vosdroits/N1.xml", TOPIC);
    bench.file("vosdroits/R1.xml", "<Publication ID=\"R1\" type=\"Téléservice\"><title>x</title></Publication>");
    bench.file("vosdroits/notes.txt", "not XML");
    bench.home().join("vosdroits")
}

#[test]
fn a_sheet_is_read_in_its_own_words() {
    // Goal: what it is, papers, agency, official addresses; nothing of an element that nobody knows, no unsafe address.
    let bench = Bench::new();
    let report = bench.import(&[folder(&bench)]).expect("taken");
    assert_eq!((report.files, report.sheets, report.topics, report.other_kinds, report.unread_count), (4, 2, 2, 1, 0));
    assert_eq!(report.unknown_kinds, ["cpam"]);
    let sheet = bench.read(|directory| directory.sheet("F1")).expect("there");
    assert_eq!((sheet.title.as_str(), sheet.summary.as_str()), ("Carte Vitale d'essai", "Elle prouve vos droits."));
    assert_eq!(sheet.papers, ["Une photo", "Une pièce d'identité"]);
    assert_eq!(sheet.kinds, ["cpam"]);
    assert_eq!(sheet.agencies[0].title, "Allô Essai");
    assert_eq!(sheet.official.as_deref(), Some("https://sp.example/F1"));
    let online: Vec<_> = sheet.online.iter().map(|it| (it.title.as_str(), it.url.as_deref())).collect();
    assert_eq!(online, [("Commander la carte", Some("https://compte.example/"))]);
    assert_eq!(sheet.parts[0].blocks, [Block::Text("La carte est gratuite.".to_owned())]);
    let part = &sheet.parts[1];
    assert_eq!((part.title.as_str(), part.blocks.len()), ("Vous êtes majeur", 7));
    assert_eq!(part.blocks[4], Block::Case("Perdue".to_owned(), vec![Block::Text("Rien.".to_owned())]));
    assert_eq!(part.blocks[6], Block::Table(vec![vec!["a".to_owned(), "b".to_owned()]]));
    assert!(!serde_json::to_string(&sheet).expect("JSON").contains("demain"));
    bench.read(|directory| {
        let themes = directory.themes()?;
        assert_eq!(
            themes.iter().map(|it| (it.id.as_str(), it.summary.as_str())).collect::<Vec<_>>(),
            [("N1", "Se soigner")]
        );
        let topic = directory.topic("N2")?.expect("there");
        assert_eq!(topic.above.expect("a theme").id, "N1");
        assert!(topic.under.iter().any(|it| it.id == "F1" && it.is_sheet), "{:?}", topic.under);
        assert!(directory.topic("N9")?.is_none(), "it leads to no sheet");
        Ok(())
    });
}

#[test]
fn sheets_are_found_in_other_words() {
    // Goal: other forms of a word, no accents, beginnings, typing errors; the title before the text.
    let bench = Bench::new();
    bench.import(&[folder(&bench)]).expect("taken");
    for (typed, first) in [
        ("carte vitale", "F1"),
        ("cartes vitales", "F1"),
        ("VITALE", "F1"),
        ("comment demander ma retraite ?", "F2"),
        ("retraité", "F2"),
        ("retriate", "F2"),
        ("pensoin", "F2"),
        ("vital", "F1"),
        ("gratuit", "F1"),
        ("trimest", "F2"),
        ("demain", ""),
        ("xylophone", ""),
        ("\"* NEAR(", ""),
    ] {
        let hits = bench.read(|directory| directory.search(typed));
        assert_eq!(hits.first().map_or("", |it| it.id.as_str()), first, "{typed}: {hits:?}");
    }
}

#[test]
fn what_cannot_be_read_is_left_and_named() {
    // Goal: a broken, huge, deep or wrongly encoded file is left with its name; the others are taken; Latin-1 is read.
    let bench = Bench::new();
    let of = folder(&bench);
    bench.file("vosdroits/F3.xml", "<Publication ID=\"F3\" type=\"Fiche\"><title>x</title>");
    bench.file("vosdroits/F4.xml", format!("<a>{}</a>", "x".repeat(5_000_000)));
    let huge = bench.file("vosdroits/F11.xml", "<Publication>");
    std::fs::File::options().write(true).open(&huge).expect("ours").set_len(200_000_000).expect("made");
    bench.file("vosdroits/F5.xml", "<a>".repeat(10_000));
    bench.file(
        "vosdroits/F6.xml",
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Publication ID=\"F6\"><title>\xE9</title></Publication>",
    );
    bench.file("vosdroits/F7.xml", "<!DOCTYPE a [<!ENTITY b \"xxxxxxxxxx\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]><Publication ID=\"F7\" type=\"Fiche\"><title>&d;</title></Publication>");
    bench.file("vosdroits/F8.xml", b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Publication ID=\"F8\" type=\"Fiche\"><title>\xC9t\xE9</title></Publication>");
    bench.file("vosdroits/F9.xml", "<Publication ID=\"../../etc\" type=\"Fiche\"><title>x</title></Publication>");
    bench.file("vosdroits/sous/F1.xml", CARD);
    let report = bench.import(std::slice::from_ref(&of)).expect("taken");
    assert_eq!((report.sheets, report.unread_count, report.twice), (3, 7, 1), "{report:?}");
    assert_eq!(report.branches_twice, 0, "a sheet is no branch");
    assert!(
        ["F4.xml (trop grand", "F11.xml (trop grand"]
            .iter()
            .all(|name| report.unread.iter().any(|it| it.starts_with(name))),
        "{:?}",
        report.unread
    );
    assert_eq!(bench.read(|it| it.sheet("F8")).expect("taken").title, "Été");
    let empty = bench.file("vide/rien.xml", "<Autre/>");
    let refused = bench.import(&[empty.parent().expect("a folder").to_owned()]).expect_err("nothing").to_string();
    assert!(refused.contains("n'a ni fiche ni guichet"), "{refused}");
}

#[test]
fn half_an_import_is_never_seen() {
    // Goal: whoever reads meanwhile sees the old sheets; an import that fails at its last file leaves them; whoever had it
    // open sees the new ones, and their words, without opening it again.
    let bench = Bench::new();
    let of = folder(&bench);
    bench.import(std::slice::from_ref(&of)).expect("taken");
    let open = Directory::of(bench.home());
    let found = |words: &'static str| open.read(|it| it.search(words)).expect("readable").expect("imported").len();
    assert_eq!((found("vitale"), found("permsi")), (1, 0));
    std::fs::remove_file(of.join("F1.xml")).expect("there");
    bench.file("vosdroits/F10.xml", sheet("F10", "Permis d'essai", "Conduire."));
    let broken = bench.file("broken.json", "{\"service\": [");
    bench.import(&[of.clone(), broken]).expect_err("the second is broken");
    assert_eq!((found("vitale"), found("permis")), (1, 0));
    bench.import(&[of]).expect("taken");
    assert_eq!((found("vitale"), found("permis"), found("permsi")), (0, 1, 1));
}
