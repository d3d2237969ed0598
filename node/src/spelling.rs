// SPDX-License-Identifier: EUPL-1.2
//! Typing errors: the words of an index that are nearest to one that it does not hold.
//!
//! A letter too many, too few, wrong, or two that changed places (optimal string alignment distance): one such error in
//! words of four letters, two from eight on. Pure; costs some tenth of a microsecond for each word of the index.

/// Words that may stand for one that is unknown.
const NEAREST_MAX: usize = 3;
/// From this length on a word may have one error, and from the other two.
const ONE_ERROR_LETTERS: usize = 4;
const TWO_ERRORS_LETTERS: usize = 8;
/// Longer words are not compared.
const LETTERS_MAX: usize = 32;

/// The words of an index, each with the number of texts that have it.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    text: Box<str>,
    letters: u32,
    texts: u32,
}

impl Vocabulary {
    /// Of these words, in any order.
    pub(crate) fn new(words: impl IntoIterator<Item = (String, u32)>) -> Self {
        let words = words.into_iter();
        let mut words: Vec<Word> =
            words.map(|(text, texts)| Word { letters: letters(&text), text: text.into(), texts }).collect();
        words.sort_by(|a, b| a.text.cmp(&b.text));
        Self { words }
    }

    /// Whether a word begins so.
    pub(crate) fn has_beginning(&self, word: &str) -> bool {
        let at = self.words.partition_point(|it| *it.text < *word);
        self.words.get(at).is_some_and(|it| it.text.starts_with(word))
    }

    /// The nearest words, the commonest first; none where none is near enough.
    pub(crate) fn nearest(&self, word: &str) -> Vec<&str> {
        let length = word.chars().count();
        let mut errors_max = match length {
            0..ONE_ERROR_LETTERS | LETTERS_MAX.. => return Vec::new(),
            ONE_ERROR_LETTERS..TWO_ERRORS_LETTERS => 1,
            _ => 2,
        };
        let own = letters(word);
        let mut near: Vec<(usize, u32, &str)> = Vec::new();
        for it in &self.words {
            // Each error changes two kinds of letters at most.
            let differs = (it.letters ^ own).count_ones() as usize;
            if it.text.len().abs_diff(word.len()) > 2 * errors_max || differs > 2 * errors_max {
                continue;
            }
            if let Some(errors) = errors(word, &it.text, errors_max) {
                errors_max = errors;
                near.push((errors, it.texts, &it.text));
            }
        }
        near.retain(|(errors, ..)| *errors == errors_max);
        near.sort_by(|a, b| b.1.cmp(&a.1).then(a.2.cmp(b.2)));
        near.into_iter().take(NEAREST_MAX).map(|(.., text)| text).collect()
    }
}

/// Which letters a word has.
fn letters(word: &str) -> u32 {
    word.bytes().filter(u8::is_ascii_lowercase).fold(0, |all, byte| all | 1 << (byte - b'a'))
}

/// How many errors lead from one to the other; `None` beyond the most.
pub(crate) fn errors(one: &str, other: &str, most: usize) -> Option<usize> {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    if one.len().abs_diff(other.len()) > most || other.len() > LETTERS_MAX {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        if row.iter().all(|it| *it > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|errors| *errors <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_typing_are_forgiven() {
        // Goal: one error in short words, two in long ones; a word that is there is its own; nothing far is taken.
        let words = ["retrait", "retrac", "cart", "vital", "naissanc", "passeport", "rsa", "certificat"];
        let vocabulary = Vocabulary::new(words.map(|it| (it.to_owned(), 1)));
        for (typed, meant) in [
            ("retriat", "retrait"),
            ("retrrait", "retrait"),
            ("vitla", "vital"),
            ("vitql", "vital"),
            ("pasport", ""),
            ("paseport", "passeport"),
            ("passprot", "passeport"),
            ("nessanc", ""),
            ("certifikate", "certificat"),
            ("rs", ""),
            ("rsx", ""),
            ("zzzzzzzz", ""),
            ("", ""),
        ] {
            assert_eq!(vocabulary.nearest(typed).first().copied().unwrap_or(""), meant, "{typed}");
        }
        assert!(vocabulary.has_beginning("pass") && vocabulary.has_beginning("rsa"));
        assert!(!vocabulary.has_beginning("passx") && !vocabulary.has_beginning("zz"));
        let common = Vocabulary::new([("port".to_owned(), 1), ("part".to_owned(), 9), ("pont".to_owned(), 4)]);
        assert_eq!(common.nearest("pirt"), ["part", "port"]);
    }
}
