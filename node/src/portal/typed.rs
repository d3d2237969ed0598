// SPDX-License-Identifier: EUPL-1.2
//! The form of a person: who comes, for what, in which booth; and what is wrong with it, field by field.
//!
//! The same form takes an appointment, enters the queue and corrects either. What was typed comes back with each
//! wrong field's sentence.

use crdt_calendar::ids::BoothId;
use data_encoding::HEXLOWER;
use serde::Deserialize;

use super::App;
use super::agenda::Person;
use super::guard::random;
use super::i18n::Texts;
use crate::replica::{Details, DetailsError};

/// Longest name or telephone, as the details allow.
const LINE_CHARS_MAX: &str = "120";
const TEXT_CHARS_MAX: &str = "400";

/// What a person typed, and what is wrong with it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    pub agence: String,
    pub motif: String,
    pub creneau: String,
    pub nonce: String,
    pub nom: String,
    pub telephone: String,
    pub sans_telephone: String,
    pub objet: String,
    pub cabine: String,
    /// Short names of the person's other appointments that are to stand beside this one.
    pub doublon: String,
    #[serde(skip)]
    pub errors: Errors,
}

/// What is wrong, field by field.
#[derive(Default)]
pub(super) struct Errors {
    pub general: Option<String>,
    pub nom: Option<String>,
    pub telephone: Option<String>,
    pub objet: Option<String>,
    pub double: Option<Double>,
}

/// An appointment that the person has already.
pub(super) struct Double {
    pub sentence: String,
    pub href: String,
    /// What the form sends back when another is wanted all the same.
    pub accepted: String,
}

/// A booth to choose.
pub(super) struct BoothChoice {
    pub number: u8,
    pub name: String,
    pub chosen: bool,
}

impl Errors {
    fn count(&self) -> usize {
        [&self.nom, &self.telephone, &self.objet].into_iter().flatten().count()
    }

    /// How many fields are wrong, in a sentence; `None` where none is.
    pub(super) fn title(&self, t: &Texts) -> Option<String> {
        let count = self.count();
        (count > 0).then(|| t.count("error-form", "count", count))
    }
}

impl Typed {
    /// What is known of a person, to be corrected.
    pub(super) fn of(person: &Person, booth: BoothId) -> Self {
        let none = if person.telephone.is_empty() { "oui" } else { "" };
        Self {
            nom: person.name.clone(),
            telephone: person.telephone.clone(),
            sans_telephone: none.to_owned(),
            objet: person.subject.clone(),
            cabine: booth.0.to_string(),
            ..Self::default()
        }
    }

    /// Whether the form has a nonce as we write them; else it gets one, and says that it is old.
    pub(super) fn has_nonce(&mut self, t: &Texts) -> bool {
        let has_one = is_nonce(&self.nonce);
        if !has_one {
            self.nonce = nonce();
            self.errors.general = Some(t.say("error-session-old"));
        }
        has_one
    }

    /// The details, if all fields are right; else each wrong field has its sentence.
    pub(super) fn details(&mut self, t: &Texts) -> Option<Details> {
        let telephone = if self.sans_telephone.is_empty() { self.telephone.as_str() } else { "" };
        if let Err(error) = Details::new(&self.nom, "", "") {
            self.errors.nom = Some(match error {
                DetailsError::NameMissing => t.say("error-name-missing"),
                DetailsError::Unprintable => t.say("error-unprintable"),
                _ => t.text("error-name-long", "max", LINE_CHARS_MAX),
            });
        }
        if self.sans_telephone.is_empty() && self.telephone.trim().is_empty() {
            self.errors.telephone = Some(t.say("error-phone-missing"));
        } else if Details::typed("-", telephone, "").is_err() {
            self.errors.telephone = Some(t.say("error-phone-form"));
        }
        if let Err(error) = Details::new("-", "", &self.objet) {
            self.errors.objet = Some(match error {
                DetailsError::Unprintable => t.say("error-unprintable"),
                _ => t.text("error-subject-long", "max", TEXT_CHARS_MAX),
            });
        }
        if self.errors.count() > 0 {
            return None;
        }
        Details::typed(&self.nom, telephone, &self.objet).ok()
    }
}

/// A form's nonce: the same form sent twice books once.
pub(super) fn nonce() -> String {
    HEXLOWER.encode(&random()[..16])
}

/// Whether this is a nonce as we write them.
pub(super) fn is_nonce(text: &str) -> bool {
    text.len() == 32 && HEXLOWER.decode(text.as_bytes()).is_ok()
}

/// The booths of this point.
pub(super) fn booths(app: &App, chosen: &str) -> Vec<BoothChoice> {
    let snapshot = app.replica.snapshot();
    let profile = snapshot.own_profile();
    let booths = profile.map(|it| it.description.booths.as_slice()).unwrap_or_default();
    let choice = |(id, name): &(BoothId, String)| BoothChoice {
        number: id.0,
        name: name.clone(),
        chosen: chosen == id.0.to_string(),
    };
    booths.iter().map(choice).collect()
}
