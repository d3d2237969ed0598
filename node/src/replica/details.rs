// SPDX-License-Identifier: EUPL-1.2
//! A citizen's details, in the short time they are in clear. They go into an envelope and nowhere else.

use std::hash::BuildHasher;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::telephone::{dialled, is_telephone};
use crate::lang::either;
use crate::words::words;

/// Longest name or telephone, in characters.
const LINE_CHARS_MAX: usize = 120;
/// Most papers of one appointment.
const PAPERS_MAX: usize = 32;
/// Longest subject, in characters.
const TEXT_CHARS_MAX: usize = 400;

/// Name, telephone and subject of a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// The person's name.
    pub name: String,
    /// A telephone number, or nothing.
    #[serde(default)]
    pub telephone: String,
    /// What it is about, in the person's words, or nothing.
    #[serde(default)]
    pub subject: String,
    /// The papers that are at the point, each by what its name comes to; nothing before somebody looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<u32>,
}

/// Why details are refused. The text never repeats them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", { let (french, english) = self.words(); either(french, english) })]
pub enum DetailsError {
    /// No name.
    NameMissing,
    /// Name or telephone too long.
    LineTooLong,
    /// Subject too long.
    TextTooLong,
    /// Characters that cannot be shown.
    Unprintable,
    /// Not a telephone number.
    Telephone,
    /// Not the expected JSON.
    Form,
}

impl DetailsError {
    /// The sentence in French and in English: a terminal may speak another language than the node.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NameMissing => ("le nom manque : écrivez-le", "the name is missing: write it"),
            Self::LineTooLong => (
                "le nom ou le téléphone est trop long : 120 caractères au plus",
                "the name or telephone is too long: 120 characters at most",
            ),
            Self::TextTooLong => {
                ("l'objet est trop long : 400 caractères au plus", "the subject is too long: 400 characters at most")
            }
            Self::Unprintable => (
                "un champ contient des caractères qui ne s'affichent pas : écrivez-le de nouveau",
                "a field holds characters that cannot be shown: write it again",
            ),
            Self::Telephone => (
                "le téléphone a 10 chiffres en France (06 12 34 56 78) ; ailleurs + et l'indicatif, 15 chiffres au plus",
                "a telephone number has 10 digits in France (06 12 34 56 78); elsewhere + and the code, 15 digits at most",
            ),
            Self::Form => (
                "les renseignements ne sont pas au format attendu : {\"name\":\"…\",\"telephone\":\"…\",\"subject\":\"…\"}",
                "the details are not in the expected form: {\"name\":\"…\",\"telephone\":\"…\",\"subject\":\"…\"}",
            ),
        }
    }
}

impl Details {
    /// Trims and checks what a person typed.
    ///
    /// # Errors
    /// [`DetailsError`].
    pub fn new(name: &str, telephone: &str, subject: &str) -> Result<Self, DetailsError> {
        let (name, telephone, subject) = (name.trim(), telephone.trim(), subject.trim());
        if name.is_empty() {
            return Err(DetailsError::NameMissing);
        }
        if name.chars().count() > LINE_CHARS_MAX || telephone.chars().count() > LINE_CHARS_MAX {
            return Err(DetailsError::LineTooLong);
        }
        if subject.chars().count() > TEXT_CHARS_MAX {
            return Err(DetailsError::TextTooLong);
        }
        if !telephone.chars().all(|c| c.is_ascii_digit() || " .+-()/".contains(c)) {
            return Err(DetailsError::Telephone);
        }
        let hidden = |c: char| (c.is_control() && c != '\n' && c != '\r') || is_direction_mark(c);
        if [name, subject].iter().any(|text| text.chars().any(hidden)) || name.contains('\n') {
            return Err(DetailsError::Unprintable);
        }
        Ok(Self {
            name: name.to_owned(),
            telephone: telephone.to_owned(),
            subject: subject.to_owned(),
            papers: Vec::new(),
        })
    }

    /// The same with these papers at the point.
    #[must_use]
    pub(crate) fn with_papers(mut self, papers: Vec<u32>) -> Self {
        self.papers = papers;
        self
    }

    /// What is compared of a person, under the keys of one process: what it gives is of no use elsewhere.
    #[must_use]
    pub(crate) fn likeness(&self, keys: &impl BuildHasher) -> Likeness {
        let mut name = words(&self.name);
        name.sort_unstable();
        let telephone = dialled(&self.telephone);
        Likeness { name: keys.hash_one(name), telephone: (!telephone.is_empty()).then(|| keys.hash_one(telephone)) }
    }

    /// The same of what is typed now: a telephone, if there is one, is a number that can be called ([`is_telephone`]).
    /// What was sealed before that was asked opens all the same.
    ///
    /// # Errors
    /// [`DetailsError`].
    pub fn typed(name: &str, telephone: &str, subject: &str) -> Result<Self, DetailsError> {
        let details = Self::new(name, telephone, subject)?;
        if details.telephone.is_empty() || is_telephone(&details.telephone) {
            return Ok(details);
        }
        Err(DetailsError::Telephone)
    }

    /// From JSON typed or piped by a person.
    ///
    /// # Errors
    /// [`DetailsError`].
    pub fn from_json(text: &str) -> Result<Self, DetailsError> {
        let typed: Self = serde_json::from_str(text).map_err(|_| DetailsError::Form)?;
        Self::typed(&typed.name, &typed.telephone, &typed.subject)
    }

    /// The bytes that are sealed: version 1, then JSON.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend(serde_json::to_vec(self).unwrap_or_default());
        bytes
    }

    /// Reads what was sealed, checked again: another node wrote it.
    ///
    /// # Errors
    /// [`DetailsError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DetailsError> {
        match bytes.split_first() {
            Some((1, json)) => {
                let sealed: Self = serde_json::from_slice(json).map_err(|_| DetailsError::Form)?;
                if sealed.papers.len() > PAPERS_MAX {
                    return Err(DetailsError::Form);
                }
                let details = Self::new(&sealed.name, &sealed.telephone, &sealed.subject)?;
                Ok(details.with_papers(sealed.papers.clone()))
            }
            _ => Err(DetailsError::Form),
        }
    }
}

/// A person's name and telephone as hashes: enough to know somebody again, and nothing to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Likeness {
    name: u64,
    telephone: Option<u64>,
}

impl Likeness {
    /// Whether both are the same person's: the same words in the name, whatever their order, accents and capitals; and
    /// the same telephone, where both have one. A village knows fathers and sons of one name.
    #[must_use]
    pub(crate) fn is_same_person(self, other: Self) -> bool {
        self.name == other.name && self.telephone.zip(other.telephone).is_none_or(|(one, two)| one == two)
    }
}

/// Marks that reorder or hide text: a name must read as it was typed.
pub(crate) fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

impl core::fmt::Debug for Details {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Details(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_person_is_known_again() {
        // Goal: what two people at one desk may write of one person is the same; of two people it is not.
        let keys = std::hash::RandomState::new();
        for (case, one, other, same) in [
            ("as typed", ("Jeanne Démo", "05 65 00 00 00"), ("Jeanne Démo", "05 65 00 00 00"), true),
            ("accents, capitals, order", ("DÉMO Jeanne", ""), ("jeanne demo", ""), true),
            ("the number from abroad", ("J. Démo", "+33 5 65 00 00 00"), ("J. Démo", "05.65.00.00.00"), true),
            ("dialled from abroad", ("J. Démo", "0033 565000000"), ("J. Démo", "0565000000"), true),
            ("one has no telephone", ("Jeanne Démo", "05 65 00 00 00"), ("Jeanne Démo", ""), true),
            ("another telephone", ("Jean Démo", "05 65 00 00 00"), ("Jean Démo", "05 65 00 00 01"), false),
            ("a family's telephone", ("Jean Démo", "05 65 00 00 00"), ("Jeanne Démo", "05 65 00 00 00"), false),
            ("a second first name", ("Jean Démo", ""), ("Jean Paul Démo", ""), false),
        ] {
            let details = |(name, telephone)| Details::new(name, telephone, "").expect("details");
            let [one, other] = [one, other].map(|it| details(it).likeness(&keys));
            assert_eq!((one.is_same_person(other), other.is_same_person(one)), (same, same), "{case}");
        }
    }

    #[test]
    fn details_are_checked_and_never_shown() {
        // Goal: what a person may type passes, what would spoil a page or an envelope does not.
        let long = "a".repeat(10_000);
        for (case, name, telephone, subject, expected) in [
            ("plain", "Jeanne Démo", "05 65 00 00 00", "carte vitale", None),
            ("markup is text", "<script>alert(1)</script>", "", "", None),
            ("no name", "  ", "", "", Some(DetailsError::NameMissing)),
            ("ten thousand letters", long.as_str(), "", "", Some(DetailsError::LineTooLong)),
            ("long subject", "a", "", long.as_str(), Some(DetailsError::TextTooLong)),
            ("letters as telephone", "a", "appelez-moi", "", Some(DetailsError::Telephone)),
            ("reversed text", "a\u{202E}b", "", "", Some(DetailsError::Unprintable)),
            ("bell", "a\u{7}", "", "", Some(DetailsError::Unprintable)),
        ] {
            let made = Details::new(name, telephone, subject);
            if let Err(error @ (DetailsError::LineTooLong | DetailsError::TextTooLong)) = &made {
                let max = if *error == DetailsError::LineTooLong { LINE_CHARS_MAX } else { TEXT_CHARS_MAX };
                let (french, english) = error.words();
                assert!([french, english].iter().all(|it| it.contains(&max.to_string())), "{french} {english}");
            }
            assert_eq!(made.as_ref().err().copied(), expected, "{case}");
            if let Ok(details) = made {
                assert_eq!(Details::from_bytes(&details.to_bytes()).as_ref(), Ok(&details), "{case}");
                assert!(!details.to_bytes().windows(6).any(|it| it == b"papers"), "an older box reads it");
                let ticked = details.clone().with_papers(vec![7, u32::MAX]);
                assert_eq!(Details::from_bytes(&ticked.to_bytes()), Ok(ticked), "{case}");
                let many = details.clone().with_papers(vec![0; PAPERS_MAX + 1]);
                assert_eq!(Details::from_bytes(&many.to_bytes()), Err(DetailsError::Form), "{case}");
                assert_eq!(format!("{details:?}"), "Details(…)", "{case}");
            }
        }
    }
}
