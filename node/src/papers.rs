// SPDX-License-Identifier: EUPL-1.2
//! The files that go between a member and the coordination: a request, and the papers it answers with.
//!
//! JSON, version 1. Papers are believed only as far as signatures carry: the root's statements, the
//! coordinations' signed rosters, and this box's own key in them.

mod request;
mod territory;

pub use request::{RequestFile, RoleName};
pub use territory::{EndsEntry, NeighbourEntry, Papers, PapersFile, StatementEntry};

use std::path::Path;

use crate::lang::{either, system_words};

/// A file of these is read up to this size, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
const VERSION: u32 = 1;

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub enum PapersError {
    /// It cannot be read.
    #[error("{}", either(
        format!("« {} » ne se lit pas : {}", .0, system_words(.1)),
        format!("“{}” cannot be read: {}", .0, system_words(.1))))]
    Read(String, std::io::Error),
    /// It is not such a file.
    #[error("{}", either(
        format!("« {} » n'est pas un fichier de ce genre : {}. Demandez-le de nouveau à qui vous l'a donné", .0, .1),
        format!("“{}” is not such a file: {}. Ask whoever gave it to you for another", .0, .1)))]
    Form(String, String),
    /// A signature is wrong.
    #[error(
        "{}",
        either(
            "la signature du territoire est fausse : ce fichier a été modifié ou ne vient pas de la coordination",
            "the territory's signature is wrong: the file was changed or does not come from the coordination"
        )
    )]
    Signature,
    /// It is for another box.
    #[error(
        "{}",
        either(
            "cette boîte n'est pas dans le registre de ce fichier : il a été fait pour une autre boîte",
            "this node is not in the roster of this file: it was made for another node"
        )
    )]
    Foreign,
    /// The box belongs to another territory.
    #[error(
        "{}",
        either(
            "cette boîte est déjà membre d'un autre territoire : utilisez un autre dossier",
            "this node is already a member of another territory: use another folder"
        )
    )]
    Elsewhere,
    /// The root has spoken since.
    #[error("{}", either(
        format!("ce fichier est dépassé : il porte le mot {} de la clé racine, et cette boîte connaît déjà le mot {}. \
                 Demandez des papiers à la coordination d'aujourd'hui", .0, .1),
        format!("this file is out of date: it carries word {} of the root key, and this node knows word {} already. \
                 Ask today's coordination for papers", .0, .1)))]
    Older(u32, u32),
    /// The root has said something else under this number.
    #[error("{}", either(
        format!("ce fichier contredit ce que cette boîte connaît : la clé racine a signé deux mots différents avec le \
                 numéro {}. Appelez qui garde la clé racine : il lui faut dire un mot de plus", .0),
        format!("this file contradicts what this node knows: the root key signed two different words with number {}. \
                 Call whoever keeps the root key: one more word must be said with it", .0)))]
    Contradiction(u32),
}

fn text_of(path: &Path) -> Result<String, PapersError> {
    let name = path.display().to_string();
    let unreadable = |error| PapersError::Read(name.clone(), error);
    if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(PapersError::Form(name, either("trop long", "too long").to_owned()));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

fn parse<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, PapersError> {
    let unlike = |error: serde_json::Error| {
        let line = error.line();
        if let Some(kind) = other_kind(text) {
            return PapersError::Form(name.to_owned(), kind.to_owned());
        }
        if error.is_eof() {
            let words = either("il s'arrête au milieu", "it ends in the middle");
            return PapersError::Form(name.to_owned(), words.to_owned());
        }
        let words = either(format!("ligne {line}, autre chose que prévu"), format!("line {line}: {error}"));
        PapersError::Form(name.to_owned(), words)
    };
    serde_json::from_str(text).map_err(unlike)
}

/// What a file is that was given in place of another.
fn other_kind(text: &str) -> Option<&'static str> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    if value.get("hameau_request").is_some() {
        return Some(either(
            "c'est une demande d'inscription, pour « hameau enrol » à la coordination, qui en fait des papiers",
            "this is a request to be enrolled, for “hameau enrol” at the coordination, which makes papers of it",
        ));
    }
    value.get("hameau_papers").is_some().then(|| {
        either(
            "ce sont des papiers, pour « hameau join » sur la boîte du membre",
            "these are papers, for “hameau join” on the member's node",
        )
    })
}
