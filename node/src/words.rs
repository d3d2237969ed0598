// SPDX-License-Identifier: EUPL-1.2
//! Words as people compare them: without accents, capitals and signs between them.
//!
//! Knows the Latin letters of Europe; a letter of another script is compared as it is written. Keeps nothing.

/// The words of a text, in its order.
#[must_use]
pub(crate) fn words(text: &str) -> Vec<String> {
    let plain: String = text.chars().flat_map(char::to_lowercase).filter(|c| !is_mark(*c)).map(plain).collect();
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// An accent that stands behind its letter.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

/// A small letter without its accent.
fn plain(c: char) -> String {
    let letters = match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì'..='ï' | 'ī' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        other => return other.to_string(),
    };
    letters.to_owned()
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
            ("فاطمة الزهراء", "فاطمة  الزهراء", true),
            ("Jeanne", "Jeannot", false),
            ("", " - ", true),
        ] {
            assert_eq!(words(one) == words(other), same, "{one} / {other}");
        }
    }
}
