// SPDX-License-Identifier: EUPL-1.2
//! The list of members: the keys that may use the relay, as `hameau members --keys` writes them.
//!
//! One a line: 64 hexadecimal digits, then whatever a person wants to read. Empty lines and those that begin with `#`
//! say nothing. A list that does not read, or names nobody, is refused whole: the one before it stays in force.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use iroh_base::EndpointId;

use crate::lang::{either, system_words};

/// A list is read up to this size, in bytes: some ten thousand members.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why a list is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MembersError {
    /// It cannot be read.
    #[error("{}", either(
        format!("la liste des membres « {} » ne se lit pas : {words}. Écrivez-la par « hameau members --keys »", path.display()),
        format!("the list of members “{}” cannot be read: {words}. Write it with “hameau members --keys”", path.display())))]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        words: String,
    },
    /// It is too long.
    #[error("{}", either(
        format!("la liste des membres « {} » est trop longue : elle tient en un mébioctet", .0.display()),
        format!("the list of members “{}” is too long: it fits in one mebibyte", .0.display())))]
    TooLong(PathBuf),
    /// A line is none.
    #[error("{}", either(
        format!("« {} », ligne {line} : ce n'est pas la clé d'une boîte. Écrivez la liste par « hameau members --keys »", path.display()),
        format!("“{}”, line {line}: this is not the key of a node. Write the list with “hameau members --keys”", path.display())))]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// Nobody is on it.
    #[error("{}", either(
        format!("la liste des membres « {} » ne nomme personne : écrivez-la par « hameau members --keys »", .0.display()),
        format!("the list of members “{}” names nobody: write it with “hameau members --keys”", .0.display())))]
    Nobody(PathBuf),
}

/// A list on the disk, and what was last said about it.
#[derive(Debug)]
pub(crate) struct Roll {
    path: PathBuf,
    last: Result<HashSet<EndpointId>, MembersError>,
}

impl Roll {
    /// Reads the list for the first time.
    ///
    /// # Errors
    /// [`MembersError`].
    pub(crate) fn open(path: &Path) -> Result<(Self, HashSet<EndpointId>), MembersError> {
        let members = read(path)?;
        Ok((Self { path: path.to_owned(), last: Ok(members.clone()) }, members))
    }

    /// Reads it again: what is there now, if that is other than the last time.
    pub(crate) fn changed(&mut self) -> Option<Result<HashSet<EndpointId>, MembersError>> {
        let now = read(&self.path);
        if now == self.last {
            return None;
        }
        self.last = now.clone();
        Some(now)
    }
}

fn read(path: &Path) -> Result<HashSet<EndpointId>, MembersError> {
    let unreadable = |error| MembersError::Read { path: path.to_owned(), words: system_words(&error) };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    let length = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if length as u64 > FILE_BYTES_MAX {
        return Err(MembersError::TooLong(path.to_owned()));
    }
    parse(path, &text)
}

/// The keys in a list; `path` is for the message.
fn parse(path: &Path, text: &str) -> Result<HashSet<EndpointId>, MembersError> {
    let mut members = HashSet::new();
    for (index, line) in text.lines().enumerate() {
        let Some(word) = line.split_whitespace().next().filter(|word| !word.starts_with('#')) else { continue };
        let key = (word.len() == 64).then(|| word.parse().ok()).flatten();
        members.insert(key.ok_or_else(|| MembersError::Line { path: path.to_owned(), line: index + 1 })?);
    }
    if members.is_empty() { Err(MembersError::Nobody(path.to_owned())) } else { Ok(members) }
}

#[cfg(test)]
mod tests {
    use iroh_base::SecretKey;

    use super::*;

    fn key(seed: u8) -> EndpointId {
        SecretKey::from_bytes(&[seed; 32]).public()
    }

    #[test]
    fn a_list_reads_as_it_is_written() {
        // Goal: names and remarks say nothing, a wrong line refuses the whole list and is named.
        let path = Path::new("membres");
        let one = key(1).to_string();
        for (text, expected) in [
            (one.clone(), Ok(vec![key(1)])),
            (format!("# le Lot\n\n{one}  puy-leveque\n  {}\tcaisse\n", key(2)), Ok(vec![key(1), key(2)])),
            (format!("{one}\n{one}\n"), Ok(vec![key(1)])),
            (String::new(), Err(MembersError::Nobody(path.into()))),
            ("# personne\n".to_owned(), Err(MembersError::Nobody(path.into()))),
            (format!("{one}\npuy-leveque\n"), Err(MembersError::Line { path: path.into(), line: 2 })),
            (one[..63].to_owned(), Err(MembersError::Line { path: path.into(), line: 1 })),
        ] {
            assert_eq!(parse(path, &text), expected.map(|keys| keys.into_iter().collect()), "{text}");
        }
    }

    #[test]
    fn only_changes_are_told() {
        // Goal: each change once, a bad list too; then the good one that follows.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("membres");
        assert!(matches!(Roll::open(&path), Err(MembersError::Read { .. })));
        let write = |text: String| std::fs::write(&path, text).expect("written");
        write(key(1).to_string());
        let (mut roll, members) = Roll::open(&path).expect("a list");
        assert_eq!(members, HashSet::from([key(1)]));
        assert_eq!(roll.changed(), None);
        write("rien".to_owned());
        assert!(matches!(roll.changed(), Some(Err(MembersError::Line { line: 1, .. }))));
        assert_eq!(roll.changed(), None);
        write(format!("{}\n", key(2)));
        assert_eq!(roll.changed(), Some(Ok(HashSet::from([key(2)]))));
    }
}
