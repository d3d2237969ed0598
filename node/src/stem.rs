// SPDX-License-Identifier: EUPL-1.2
//! French words brought to what their forms have in common: `retraite`, `retraités` and `retraitée` are searched as one.
//!
//! A light stemmer, after the idea of J. Savoy (*A stemming procedure and stopword list for general French corpora*,
//! JASIS 50, 1999): plurals, feminines and the commonest endings, no dictionary. It takes words as [`crate::words`]
//! gives them, without accents; it may join what does not belong together, and never fails. A stem has four letters at
//! least, or is the word itself.

/// Letters that a stem keeps at least.
const LETTERS_MIN: usize = 4;

/// Endings that are cut, the longest first; what is put in their place.
const ENDINGS: [(&str, &str); 26] = [
    ("issement", ""),
    ("ellement", "el"),
    ("ivement", "iv"),
    ("ication", ""),
    ("ations", ""),
    ("ement", ""),
    ("ation", ""),
    ("ateur", ""),
    ("atrice", ""),
    ("euse", ""),
    ("ance", ""),
    ("ence", ""),
    ("ante", ""),
    ("iere", ""),
    ("eur", ""),
    ("eux", ""),
    ("ant", ""),
    ("age", ""),
    ("ier", ""),
    ("ive", "iv"),
    ("ee", ""),
    ("er", ""),
    ("ez", ""),
    ("ir", ""),
    ("if", "iv"),
    ("e", ""),
];

/// Words that say nothing of what is searched.
const EMPTY: [&str; 62] = [
    "a", "ai", "ans", "au", "aux", "avec", "avoir", "ce", "ces", "cette", "comment", "dans", "de", "des", "dois",
    "donc", "du", "elle", "en", "est", "et", "etre", "faire", "faut", "il", "ils", "je", "la", "le", "les", "leur",
    "lui", "ma", "mais", "me", "mes", "mon", "ne", "nos", "notre", "nous", "on", "ou", "par", "pas", "pour", "quand",
    "que", "quel", "quelle", "qui", "sa", "se", "ses", "si", "son", "sur", "un", "une", "veux", "vos", "votre",
];

/// Whether a word is one of those that every sentence has.
#[must_use]
pub(crate) fn is_empty_word(word: &str) -> bool {
    EMPTY.binary_search(&word).is_ok()
}

/// The stem of a word that has neither capitals nor accents.
#[must_use]
pub(crate) fn stem(word: &str) -> String {
    if word.len() <= LETTERS_MIN || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return singular(word);
    }
    let word = singular(word);
    let cut = ENDINGS.iter().find_map(|(ending, instead)| {
        let rest = word.strip_suffix(ending)?;
        (rest.len() + instead.len() >= LETTERS_MIN).then(|| format!("{rest}{instead}"))
    });
    once(cut.unwrap_or(word))
}

/// Without the sign of the plural.
fn singular(word: &str) -> String {
    if word.len() < LETTERS_MIN || !word.is_ascii() {
        return word.to_owned();
    }
    if let Some(rest) = word.strip_suffix("eaux") {
        return format!("{rest}eau");
    }
    if let Some(rest) = word.strip_suffix("aux") {
        return format!("{rest}al");
    }
    if word.ends_with("eux") || word.ends_with("ss") {
        return word.to_owned();
    }
    word.strip_suffix(['s', 'x']).unwrap_or(word).to_owned()
}

/// A consonant that is doubled at the end stands once: `renouvell` and `renouvel`.
fn once(mut word: String) -> String {
    let bytes = word.as_bytes();
    if let [.., before, last] = bytes
        && before == last
        && word.len() > LETTERS_MIN
    {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        // Goal: what people type in one form is found in another.
        for forms in [
            &["retraite", "retraites", "retraitee"][..],
            &["demande", "demander", "demandes", "demandeur"],
            &["declaration", "declarer", "declarations"],
            &["renouvellement", "renouveler", "renouvelle"],
            &["remboursement", "rembourser", "remboursements"],
            &["allocation", "allocations"],
            &["familial", "familiale", "familiaux", "familiales"],
            &["actif", "active", "actives"],
            &["chomeur", "chomage"],
            &["assurance", "assurer", "assures"],
            &["infirmier", "infirmiere", "infirmieres"],
            &["professionnel", "professionnelle", "professionnels"],
            &["dangereux", "dangereuse"],
            &["bureau", "bureaux"],
            &["papier", "papiers"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|it| *it == stems[0]), "{forms:?}: {stems:?}");
        }
        for (one, other) in [("carte", "carton"), ("mariage", "marine"), ("logement", "logiciel"), ("rsa", "rsi")] {
            assert_ne!(stem(one), stem(other));
        }
        for word in ["rsa", "apl", "caf", "gaz", "été", "2027", ""] {
            assert_eq!(stem(word), word);
        }
        assert!(EMPTY.is_sorted(), "it is searched by halves");
    }
}
