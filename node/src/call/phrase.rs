// SPDX-License-Identifier: EUPL-1.2
//! The check phrase of a line between two nodes: four words that both screens show. Read aloud, they tell whether both
//! nodes hold the two ends of one line: whoever stood in between would hold two lines, with other words.
//!
//! Pure. Drawn from the line's own secret (RFC 8446, section 7.5: exporters), of which it tells nothing else. 36 bits: who
//! stands in between has to come by the same words during the few steps in which a line begins, and must own a member's key.

use std::sync::LazyLock;

/// French words, one a line, in the order of the alphabet: no two are one letter apart, or the same with two letters
/// changed about, their accents apart.
static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("words.txt").lines().collect());

/// Words in a phrase.
const LENGTH: usize = 4;
/// Bits that choose a word: there are 512.
const WORD_BITS: u32 = 9;

/// Four words, as what they are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrase(u64);

impl Phrase {
    /// The phrase of these bytes of a line's secret.
    #[must_use]
    pub fn of(secret: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(secret))
    }

    /// Its words, in order.
    #[must_use]
    pub fn words(self) -> [&'static str; LENGTH] {
        let mut rest = self.0;
        std::array::from_fn(|_| {
            let place = rest & ((1 << WORD_BITS) - 1);
            rest >>= WORD_BITS;
            usize::try_from(place).ok().and_then(|place| WORDS.get(place)).copied().unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::spelling::errors;

    #[test]
    fn every_word_is_there_once() {
        // Goal: each of the nine bits' numbers has a word of its own, short enough for a line of the screen.
        let words: BTreeSet<&str> = WORDS.iter().copied().collect();
        assert_eq!((WORDS.len(), words.len()), (1 << WORD_BITS, 1 << WORD_BITS));
        for word in words {
            assert!((5..=8).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic), "{word}");
        }
    }

    #[test]
    fn no_word_is_nearly_another() {
        // Goal: whoever mishears a letter does not hear another word of the list.
        let words: Vec<String> = WORDS.iter().flat_map(|it| crate::words::words(it)).collect();
        for (place, one) in words.iter().enumerate() {
            for other in &words[place + 1..] {
                assert_eq!(errors(one, other, 1), None, "{one} and {other}");
            }
        }
    }

    #[test]
    fn a_phrase_is_four_words_of_its_secret() {
        // Goal: each word follows from nine bits of its own, the first from the last ones; other secrets, other words.
        let last = WORDS.len() - 1;
        for (secret, places) in [
            (0_u64, [0, 0, 0, 0]),
            (1, [1, 0, 0, 0]),
            (511 << 9, [0, last, 0, 0]),
            (3 << 18 | 2 << 27, [0, 0, 3, 2]),
            (u64::MAX, [last; 4]),
        ] {
            assert_eq!(Phrase::of(secret.to_be_bytes()).words(), places.map(|place| WORDS[place]), "{secret}");
        }
    }
}
