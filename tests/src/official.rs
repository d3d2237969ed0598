// SPDX-License-Identifier: EUPL-1.2
//! Official files as the State publishes them, of an invented agency, and as many sheets as are wanted.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The annuaire: one branch that serves two communes, and their town halls.
const ANNUAIRE: &str = r#"{ "service": [
{ "id": "essai-1", "nom": "Caisse d'essai - Accueil de Cahors",
  "pivot": [{ "type_service_local": "cpam", "code_insee_commune": ["46042", "46231"] }],
  "adresse": [{ "type_adresse": "Adresse", "numero_voie": "1 rue de l'Essai", "code_postal": "46000", "nom_commune": "Cahors", "accessibilite": "ACC" }],
  "telephone": [{ "valeur": "00 00 00 00 00", "description": "prix d'un appel local" }],
  "site_internet": [{ "libelle": "", "valeur": "https://www.caisse.example/" }],
  "plage_ouverture": [{ "nom_jour_debut": "Lundi", "nom_jour_fin": "Vendredi", "valeur_heure_debut_1": "08:30:00", "valeur_heure_fin_1": "12:00:00", "valeur_heure_debut_2": "13:30:00", "valeur_heure_fin_2": "17:00:00" }] },
{ "id": "mairie-1", "nom": "Mairie - Cahors", "code_insee_commune": "46042",
  "pivot": [{ "type_service_local": "mairie", "code_insee_commune": ["46042"] }],
  "adresse": [{ "code_postal": "46000", "nom_commune": "Cahors" }] },
{ "id": "mairie-2", "nom": "Mairie - Puy-l'Évêque", "code_insee_commune": "46231",
  "pivot": [{ "type_service_local": "mairie", "code_insee_commune": ["46231"] }],
  "adresse": [{ "code_postal": "46700", "nom_commune": "Puy-l'Évêque" }] }
] }"#;

/// A sheet with all that a page shows.
const CARD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Publication xmlns:dc="http://purl.org/dc/elements/1.1/" ID="F1" type="Fiche d'information" spUrl="https://fiches.example/F1">
<dc:title>Carte Vitale d'essai</dc:title><dc:description>Elle prouve vos droits à l'assurance maladie.</dc:description>
<FilDAriane><Niveau ID="N1" type="Theme">Santé d'essai</Niveau><Niveau ID="N2" type="Dossier">Assurance maladie</Niveau></FilDAriane>
<Texte><Chapitre><Titre>Pièces à fournir</Titre><Liste><Item><Paragraphe>Une photo récente</Paragraphe></Item></Liste></Chapitre>
<Chapitre><Titre>Délais</Titre><Paragraphe>Deux semaines, pour l'essai.</Paragraphe></Chapitre></Texte>
<ServiceEnLigne ID="R1" URL="https://compte.example/carte" type="Téléservice"><Titre>Commander la carte d'essai</Titre></ServiceEnLigne>
<OuSAdresser ID="R2" type="Local"><Titre>Votre caisse</Titre><PivotLocal>cpam</PivotLocal></OuSAdresser>
</Publication>"#;

const TOPIC: &str = r#"<Publication ID="N1" type="Theme"><title>Santé d'essai</title><description>Se soigner</description>
<Dossier ID="N2"><Titre>Assurance maladie</Titre><Fiche ID="F1">Carte Vitale d'essai</Fiche></Dossier></Publication>"#;

/// Themes of a public screen, and what each is about.
const THEMES: [(&str, &str); 8] = [
    ("Argent – Impôts", "Impôt sur le revenu, épargne, surendettement"),
    ("Étranger – Europe", "Titre de séjour, naturalisation"),
    ("Famille – Scolarité", "Naissance, garde d'enfant, école"),
    ("Justice", "Porter plainte, aide juridictionnelle"),
    ("Logement", "Louer, acheter, aides au logement"),
    ("Papiers – Citoyenneté", "Carte d'identité, passeport, élections"),
    ("Transports – Mobilité", "Permis, carte grise, contravention"),
    ("Travail – Formation", "Contrat, chômage, formation"),
];

/// Writes the annuaire's file and a folder of sheets; gives both.
///
/// # Panics
/// When they cannot be written.
#[must_use]
pub fn files(folder: &Path) -> (PathBuf, PathBuf) {
    let (annuaire, sheets) = (folder.join("annuaire.json"), folder.join("vosdroits"));
    std::fs::create_dir_all(&sheets).expect("a folder");
    std::fs::write(&annuaire, ANNUAIRE).expect("written");
    for (name, text) in [("F1.xml", CARD), ("N1.xml", TOPIC)] {
        std::fs::write(sheets.join(name), text).expect("written");
    }
    (annuaire, sheets)
}

/// Adds themes to a folder of sheets, each with a file and a sheet, as a public screen has them.
///
/// # Panics
/// When they cannot be written.
pub fn shelf(folder: &Path) {
    for (number, (theme, about)) in (10..).zip(THEMES) {
        let title = format!("Faire sa demande : {theme}");
        let shelf = format!(
            "<Publication ID=\"N{number}\" type=\"Theme\"><title>{theme}</title><description>{about}</description>\
             <Dossier ID=\"N{number}0\"><Titre>Premiers pas</Titre><Fiche ID=\"F{number}\">{title}</Fiche></Dossier></Publication>"
        );
        let sheet = format!(
            "<Publication ID=\"F{number}\" type=\"Fiche\"><title>{title}</title><description>{about}</description>\
             <Texte><Paragraphe>Pour l'essai.</Paragraphe></Texte></Publication>"
        );
        for (name, text) in [(format!("N{number}.xml"), shelf), (format!("F{number}.xml"), sheet)] {
            std::fs::write(folder.join(name), text).expect("written");
        }
    }
}

/// So many sheets of some 400 words each, all different, drawn from a language of 20,000 words in which few are common.
///
/// # Panics
/// When they cannot be written.
pub fn many(folder: &Path, sheets: u32) {
    std::fs::create_dir_all(folder).expect("a folder");
    let mut state = 1_u64;
    let mut text = |words: usize| {
        let mut text = String::new();
        for _ in 0..words {
            text.push_str(&word(common(&mut state)));
            text.push(' ');
        }
        text
    };
    for number in 0..sheets {
        let mut sheet = format!("<Publication ID=\"F{number}\" type=\"Fiche\"><title>{}</title>", text(6));
        write!(sheet, "<description>{}</description><Texte>", text(20)).expect("a string takes text");
        for _ in 0..8 {
            write!(sheet, "<Chapitre><Titre>{}</Titre><Paragraphe>{}</Paragraphe></Chapitre>", text(4), text(46))
                .expect("a string takes text");
        }
        sheet.push_str("</Texte></Publication>");
        std::fs::write(folder.join(format!("F{number}.xml")), sheet).expect("written");
    }
}

/// A word's number: half of the time one of some hundred, as in a language (a power of an even draw).
fn common(state: &mut u64) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 20,000")]
    let number = (((*state >> 33) as f64 / f64::from(1_u32 << 31)).powi(6) * 20_000.0) as u32;
    number
}

/// The word of a number: syllables, so that words are like each other as words are.
#[must_use]
pub fn word(number: u32) -> String {
    const SYLLABLES: [&str; 27] = [
        "ba", "dre", "co", "mi", "ter", "la", "pro", "sur", "ven", "ni", "fa", "ges", "tou", "re", "cha", "lo", "pi",
        "mar", "den", "qui", "so", "bre", "val", "hu", "xi", "cle", "gno",
    ];
    let mut rest = number + 27;
    let mut word = String::new();
    while rest > 0 {
        word.push_str(SYLLABLES[(rest % 27) as usize]);
        rest /= 27;
    }
    word
}
