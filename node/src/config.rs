// SPDX-License-Identifier: EUPL-1.2
//! What a person writes in files: the node's settings, what a member says of itself, a territory.
//!
//! A wrong file is refused whole, with its line, the field and what to write instead.

mod member;
mod node;
mod territory;

pub use member::{BoothEntry, DayName, DeskEntry, HoursEntry, MemberFile, ProcedureEntry, ReservedEntry, ServiceEntry};
pub use node::NodeFile;
pub use territory::{AgencyEntry, CoordinationEntry, PointEntry, TerritoryEntry, TerritoryFile};

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// A configuration file is read up to this size, in bytes. A longer one is refused.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("« {path} » ne se lit pas : {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// It is too long.
    #[error("« {0} » est trop long : un fichier de réglages tient en un mébioctet")]
    TooLong(PathBuf),
    /// It is not what was expected.
    #[error("« {path} » est faux.\n{message}")]
    Form {
        /// The file.
        path: PathBuf,
        /// Line, field and what is wrong, as the parser says it.
        message: String,
    },
    /// A value that cannot be.
    #[error("« {path} », {field} : {remedy}")]
    Value {
        /// The file.
        path: PathBuf,
        /// Which field of which entry.
        field: String,
        /// What to write instead.
        remedy: String,
    },
}

/// Reads a TOML file into `T`.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let unreadable = |source| ConfigError::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(ConfigError::TooLong(path.to_owned()));
    }
    parse(path, &std::fs::read_to_string(path).map_err(unreadable)?)
}

/// Reads TOML text; `path` is for the message.
fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::Form { path: path.to_owned(), message: error.to_string() })
}

/// A refused value.
fn wrong(path: &Path, field: impl Into<String>, remedy: impl Into<String>) -> ConfigError {
    ConfigError::Value { path: path.to_owned(), field: field.into(), remedy: remedy.into() }
}
