// SPDX-License-Identifier: EUPL-1.2
//! What an import says at its end: what it took, what it left and why; or why it took nothing.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::database::DirectoryError;
use super::element::Unread;
use crate::lang::{either, system_words};

/// Names of files that a report gives for each reason.
const NAMED_MAX: usize = 5;

/// What was taken, what was left, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Records of the annuaire that were read.
    pub records: usize,
    /// Branches taken.
    pub branches: usize,
    /// Communes that have one.
    pub communes: usize,
    /// Branches that serve no commune of the territory.
    pub elsewhere: usize,
    /// Branches of the territory that are more than a box keeps.
    #[serde(default)]
    pub too_many: usize,
    /// Branches of which another with the same id was taken before.
    #[serde(default)]
    pub branches_twice: usize,
    /// Records without a name, or without a kind.
    pub nameless: usize,
    /// Files of the comarquage that were read.
    pub files: usize,
    /// Sheets taken.
    pub sheets: usize,
    /// Topics taken.
    pub topics: usize,
    /// Files of kinds that are not shown: forms, glossaries.
    pub other_kinds: usize,
    /// Files that could not be read, or are too large: some of their names.
    pub unread: Vec<String>,
    /// How many could not be read.
    pub unread_count: usize,
    /// Sheets of which another with the same name was taken before.
    pub twice: usize,
    /// Sheets under no topic: search finds them.
    pub without_topic: usize,
    /// Kinds of branch that sheets name and the annuaire does not have here.
    pub unknown_kinds: Vec<String>,
}

impl Report {
    /// A file of the comarquage is left. The first few are named.
    pub(super) fn leave(&mut self, file: &Path, why: &Unread) {
        self.unread_count += 1;
        if self.unread.len() >= NAMED_MAX {
            return;
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        self.unread.push(format!("{name} ({why})"));
    }
}

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file or folder is not given by the system.
    #[error("« {} » {} : {}", path.display(), either("ne se lit pas", "cannot be read"), system_words(source))]
    Unread {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A JSON file is broken.
    #[error("« {} » {why}", path.display())]
    Broken {
        /// Which.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// There is nothing in it.
    #[error("« {} » {}", .0.display(), either(
        "n'a ni fiche ni guichet : donnez le fichier JSON de l'annuaire, ou le dossier où le zip des fiches a été décompressé",
        "has neither sheets nor branches: give the annuaire's JSON file, or the folder into which the zip of sheets was unpacked"))]
    Nothing(PathBuf),
    /// No branch is of the territory.
    #[error(
        "{}",
        either(
            "aucun guichet de ces fichiers n'est du territoire : vérifiez le département avec --department",
            "no branch in these files is of the territory: check the département with --department"
        )
    )]
    Elsewhere,
    /// The database.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl From<rusqlite::Error> for ImportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Directory(error.into())
    }
}
