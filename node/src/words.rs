// SPDX-License-Identifier: EUPL-1.2
//! Words as people compare them: without accents, capitals and signs between them.
//!
//! Compatibility decomposition (Unicode, NFKD) parts letters from their accents; what it leaves whole in Latin is named
//! here. A letter of another script is compared as it is written. Keeps nothing.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// The words of a text, in its order.
#[must_use]
pub(crate) fn words(text: &str) -> Vec<String> {
    let letters = text.chars().flat_map(char::to_lowercase);
    let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(letters);
    let mut plain = String::with_capacity(text.len());
    for c in apart.filter(|c| !is_mark(*c)) {
        match whole(c) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(c),
        }
    }
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// An accent that stands behind its letter.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

/// A letter that is no letter with an accent, as it is written without it.
fn whole(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ß' => "ss",
        'đ' => "d",
        'ł' => "l",
        'ı' => "i",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_compare_as_people_read_them() {
        // Goal: accents, capitals, hyphens and apostrophes make no difference; other letters do.
        for (one, other, same) in [
            ("Jeanne Démo", "JEANNE demo", true),
            ("Marie-Françoise d'Estaing", "marie francoise D’ESTAING", true),
            ("Cœur", "coeur", true),
            ("De\u{301}mo", "Démo", true),
            ("Łukasz Straße", "lukasz strasse", true),
            ("Nguyễn", "nguyen", true),
            ("فاطمة الزهراء", "فاطمة  الزهراء", true),
            ("Jeanne", "Jeannot", false),
            ("", " - ", true),
        ] {
            assert_eq!(words(one) == words(other), same, "{one} / {other}");
        }
    }
}
