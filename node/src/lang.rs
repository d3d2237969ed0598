// SPDX-License-Identifier: EUPL-1.2
//! The language of a terminal: French, or English where `LANG` asks for it. Pages have their own choice.

use std::io;
use std::sync::OnceLock;

static ENGLISH: OnceLock<bool> = OnceLock::new();

/// Whether this process speaks English: `LC_ALL`, else `LC_MESSAGES`, else `LANG`, begins with `en`.
#[must_use]
pub fn is_english() -> bool {
    *ENGLISH.get_or_init(|| {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        set.is_some_and(|value| value.starts_with("en"))
    })
}

/// What the system said of a file, in people's words; in English, and where it says something rare, its own.
#[must_use]
pub fn system_words(error: &io::Error) -> String {
    let french = match error.kind() {
        io::ErrorKind::NotFound => "il n'existe pas",
        io::ErrorKind::PermissionDenied => "l'accès est refusé",
        io::ErrorKind::AlreadyExists => "il existe déjà",
        io::ErrorKind::IsADirectory => "c'est un dossier",
        io::ErrorKind::NotADirectory => "son chemin passe par un fichier qui n'est pas un dossier",
        io::ErrorKind::DirectoryNotEmpty => "le dossier n'est pas vide",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "il n'y a plus de place sur le disque",
        io::ErrorKind::ReadOnlyFilesystem => "le disque est en lecture seule",
        io::ErrorKind::InvalidData => "ce n'est pas du texte",
        io::ErrorKind::AddrInUse => "l'adresse est déjà prise",
        io::ErrorKind::AddrNotAvailable => "cette adresse n'est pas celle de cette machine",
        _ => return own_words(error),
    };
    if is_english() { own_words(error) } else { french.to_owned() }
}

/// The system's own words, without its number.
fn own_words(error: &io::Error) -> String {
    let words = error.to_string();
    words.split_once(" (os error ").map_or_else(|| words.clone(), |(words, _)| words.to_owned())
}

/// The one of two sentences that this process speaks.
#[must_use]
pub fn either<T>(french: T, english: T) -> T {
    if is_english() { english } else { french }
}

/// A number and what it counts: one word for one, another for several. French says one for none too.
#[must_use]
pub fn counted<N: TryInto<u64>>(count: N, [one_fr, more_fr]: [&str; 2], [one_en, more_en]: [&str; 2]) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let word = either(if count < 2 { one_fr } else { more_fr }, if count == 1 { one_en } else { more_en });
    format!("{count} {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_several() {
        // Goal: in French none and one have the singular.
        let said = |count: usize| counted(count, ["registre", "registres"], ["register", "registers"]);
        assert_eq!([0, 1, 2].map(said), ["0 registre", "1 registre", "2 registres"]);
    }

    #[test]
    fn the_system_says_no_numbers() {
        let refused = io::Error::from_raw_os_error(13);
        assert!(refused.to_string().contains("os error 13"), "{refused}");
        assert_eq!(own_words(&refused), "Permission denied");
        assert_eq!(own_words(&io::Error::other("no randomness")), "no randomness");
    }
}
