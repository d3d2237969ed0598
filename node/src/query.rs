// SPDX-License-Identifier: EUPL-1.2
//! What a person typed, as an index of stems (FTS5) is asked for it. Nothing typed is an operator of the index.

use crate::spelling::Vocabulary;
use crate::stem::{is_empty_word, stem};
use crate::words::words;

/// Words of a query that are looked at; the rest changes nothing.
const WORDS_MAX: usize = 8;
/// Longest query, in characters.
const CHARS_MAX: usize = 200;

/// A query: for each word the stems that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query(Vec<Vec<String>>);

/// The stems of a text, in its order, as they are put into an index.
#[must_use]
pub(crate) fn stems(text: &str) -> String {
    let stems: Vec<String> = words(text).iter().map(|word| stem(word)).collect();
    stems.join(" ")
}

impl Query {
    /// What was typed. Words that every sentence has are left out, where there are others.
    pub(crate) fn read(typed: &str) -> Self {
        let typed: String = typed.chars().take(CHARS_MAX).collect();
        let all = words(&typed);
        let telling: Vec<&String> =
            all.iter().filter(|it| it.chars().count() > 1 && !is_empty_word(it)).take(WORDS_MAX).collect();
        let chosen = if telling.is_empty() {
            all.iter().filter(|it| it.chars().count() > 1).take(WORDS_MAX).collect()
        } else {
            telling
        };
        Self(chosen.into_iter().map(|word| vec![stem(word)]).collect())
    }

    /// Whether there is nothing to search.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With the nearest words of the index in the place of those that it does not have.
    pub(crate) fn corrected(mut self, vocabulary: &Vocabulary) -> Self {
        for stems in &mut self.0 {
            if stems.iter().any(|stem| vocabulary.has_beginning(stem)) {
                continue;
            }
            let near =
                stems.iter().flat_map(|stem| vocabulary.nearest(stem)).map(ToOwned::to_owned).collect::<Vec<_>>();
            if !near.is_empty() {
                *stems = near;
            }
        }
        self
    }

    /// An expression for texts that have every word, or begin one so.
    pub(crate) fn every(&self) -> String {
        self.joined(" AND ")
    }

    /// An expression for texts that have any of them.
    pub(crate) fn any(&self) -> String {
        self.joined(" OR ")
    }

    fn joined(&self, with: &str) -> String {
        // Stems are letters and digits of some script: quoted, they are words and nothing else.
        let one = |stem: &String| format!("\"{stem}\" OR \"{stem}\"*");
        let words: Vec<String> = self
            .0
            .iter()
            .map(|stems| format!("({})", stems.iter().map(one).collect::<Vec<_>>().join(" OR ")))
            .collect();
        words.join(with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_words_alone() {
        // Goal: signs and operators are nothing, empty words go unless there are no others.
        for (typed, expression) in [
            (
                "Comment demander ma carte Vitale ?",
                r#"("demand" OR "demand"*) AND ("cart" OR "cart"*) AND ("vital" OR "vital"*)"#,
            ),
            ("\"* NEAR(", r#"("near" OR "near"*)"#),
            ("pour les", r#"("pour" OR "pour"*) AND ("les" OR "les"*)"#),
            ("* - (", ""),
        ] {
            assert_eq!(Query::read(typed).every(), expression, "{typed}");
        }
        assert!(Query::read("a !").is_empty());
        assert_eq!(stems("Les retraités, l'été"), "les retrait l ete");
    }
}
