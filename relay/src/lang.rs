// SPDX-License-Identifier: EUPL-1.2
//! The language of a terminal: French, or English where `LANG` asks for it. The same rule as the node's.

use std::io;
use std::sync::OnceLock;

static ENGLISH: OnceLock<bool> = OnceLock::new();

/// Whether this process speaks English: `LC_ALL`, else `LC_MESSAGES`, else `LANG`, begins with `en`.
pub(crate) fn is_english() -> bool {
    *ENGLISH.get_or_init(|| {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        set.is_some_and(|value| value.starts_with("en"))
    })
}

/// The one of two sentences that this process speaks.
pub(crate) fn either<T>(french: T, english: T) -> T {
    if is_english() { english } else { french }
}

/// What the system said, in people's words; where it says something rare, its own without their number.
pub(crate) fn system_words(error: &io::Error) -> String {
    let (french, english) = match error.kind() {
        io::ErrorKind::NotFound => ("il n'existe pas", "it does not exist"),
        io::ErrorKind::PermissionDenied => ("l'accès est refusé", "access is refused"),
        io::ErrorKind::IsADirectory => ("c'est un dossier", "it is a folder"),
        io::ErrorKind::InvalidData => ("ce n'est pas du texte", "it is not text"),
        io::ErrorKind::AddrInUse => ("elle est déjà prise", "it is taken already"),
        io::ErrorKind::AddrNotAvailable => {
            ("elle n'est pas celle de cette machine", "it is not an address of this machine")
        }
        _ => {
            let words = error.to_string();
            return words.split_once(" (os error ").map_or_else(|| words.clone(), |(words, _)| words.to_owned());
        }
    };
    either(french, english).to_owned()
}
