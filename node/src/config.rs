// SPDX-License-Identifier: EUPL-1.2
//! What a person writes in files: the node's settings, what a member says of itself, a territory.
//!
//! A wrong file is refused whole, with its line, the field and what to write instead.

mod coherence;
mod example;
mod member;
mod node;
mod objection;
mod office;
mod relays;
mod territory;

pub use example::agency_example;
pub use member::{
    AbsenceEntry, BoothEntry, CounterpartEntry, DayName, DeskEntry, HoursEntry, MemberFile, ProcedureEntry, QuotaEntry,
    ReservedEntry, ServiceEntry,
};
pub use node::NodeFile;
pub use office::{GivenFiles, OfficeFile, OfficeName, OfficeSettings};
pub use territory::{AgencyEntry, CoordinationEntry, PointEntry, TerritoryEntry, TerritoryFile};

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::lang::{either, system_words};

/// A configuration file is read up to this size, in bytes. A longer one is refused.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{}", either(
        format!("« {} » ne se lit pas : {}", path.display(), system_words(source)),
        format!("“{}” cannot be read: {}", path.display(), system_words(source))))]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// It is too long.
    #[error("{}", either(
        format!("« {} » est trop long : un fichier de réglages tient en un mébioctet", .0.display()),
        format!("“{}” is too long: a file of settings fits in one mebibyte", .0.display())))]
    TooLong(PathBuf),
    /// A line or a value that cannot be.
    #[error("{}", value_sentence(path, *line, field, remedy))]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, from 1, when the value is found there.
        line: Option<usize>,
        /// Which field of which entry; empty when the line names none.
        field: String,
        /// What was written.
        written: String,
        /// What to write instead.
        remedy: String,
    },
}

fn value_sentence(path: &Path, line: Option<usize>, field: &str, remedy: &str) -> String {
    let line = line.map(|line| format!(", {} {line}", either("ligne", "line"))).unwrap_or_default();
    let (path, field) = (path.display(), field.trim_end_matches(", "));
    let field = if field.is_empty() { String::new() } else { format!(", {field}") };
    either(format!("« {path} »{line}{field} : {remedy}"), format!("“{path}”{line}{field}: {remedy}"))
}

impl ConfigError {
    /// Says on which line of `text` the refused value stands.
    fn found_in(self, text: &str) -> Self {
        match self {
            Self::Value { path, field, written, remedy, .. } => {
                let quoted = format!("\"{written}\"");
                let holds = |line: &str| line.contains(&quoted) || line.trim_end().ends_with(&format!("= {written}"));
                let key = field.rsplit(['.', ' ']).next().unwrap_or_default();
                let is_said = |line: &str| !line.trim_start().starts_with('#') && holds(line);
                let is_named = |line: &str| line.split('=').next().is_some_and(|it| it.trim() == key);
                let named = text.lines().position(|line| is_said(line) && is_named(line));
                let line = named.or_else(|| text.lines().position(is_said)).filter(|_| !written.is_empty());
                let line = line.map(|line| line + 1);
                Self::Value { path, line, field, written, remedy }
            }
            other => other,
        }
    }
}

/// Reads a file of settings.
fn text_of(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(ConfigError::TooLong(path.to_owned()));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// Reads TOML text; `path` is for the message.
fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    let is_of_the_whole = |row: &str| toml::from_str::<T>(row).is_ok();
    toml::from_str(text).map_err(|error| objection::refusal(path, text, &error, is_of_the_whole))
}

/// How a member or a service is named, said to whoever wrote something else.
#[must_use]
pub fn short_name_remedy(written: &str) -> String {
    either(
        format!(
            "« {written} » n'est pas un nom court : écrivez 1 à 32 lettres a-z, chiffres ou tirets, par exemple puy-leveque"
        ),
        format!(
            "“{written}” is not a short name: write 1 to 32 letters a-z, digits or hyphens, for instance puy-leveque"
        ),
    )
}

/// A refused value: what was written there, and what to write instead.
fn wrong(path: &Path, field: impl Into<String>, written: impl ToString, remedy: impl Into<String>) -> ConfigError {
    ConfigError::Value {
        path: path.to_owned(),
        line: None,
        field: field.into(),
        written: written.to_string(),
        remedy: remedy.into(),
    }
}
