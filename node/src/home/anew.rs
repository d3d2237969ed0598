// SPDX-License-Identifier: EUPL-1.2
//! What a box's folder keeps of a life that is new: that it is durable, and why there is one, until a person has seen it.

use crdt_calendar::time::UtcMinute;

use super::{Home, HomeError};
use crate::replica::{Anew, NewLife, Why};

/// The file that says why the box lives anew.
pub(super) const FILE: &str = "restored";
/// Its first word; the second is a minute.
const WORDS: [(Why, &str); 3] = [(Why::Waits, "waits"), (Why::Restored, "lives"), (Why::Copied, "copied")];

impl Home {
    /// Makes a new life of the box durable. First what people are told of it: stopped between the two, the box is told
    /// again of what ended the old one.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn keep_life(&self, new: &NewLife) -> Result<(), HomeError> {
        if let Some(anew) = new.anew.filter(|it| it.why == Why::Copied) {
            self.mark_anew(&anew)?;
        }
        self.start_over(new.life, new.before)?;
        self.lives_again()
    }

    /// Why this box lives anew, while nobody has seen yet what to do.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn anew(&self) -> Result<Option<Anew>, HomeError> {
        let path = self.file(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(HomeError::Io { path, source }),
        };
        let read = || {
            let (word, minute) = text.trim().split_once(' ')?;
            let (why, _) = WORDS.into_iter().find(|(_, it)| *it == word)?;
            Some(Anew { why, at: minute.parse().map(UtcMinute).ok()? })
        };
        read().map(Some).ok_or(HomeError::Damaged(path))
    }

    fn mark_anew(&self, anew: &Anew) -> Result<(), HomeError> {
        self.write(FILE, words_of(anew).as_bytes())
    }

    /// A restored box has its new life. What to do remains to be seen.
    fn lives_again(&self) -> Result<(), HomeError> {
        match self.anew()? {
            Some(it) if it.waits() => self.mark_anew(&Anew { why: Why::Restored, ..it }),
            _ => Ok(()),
        }
    }

    /// A person has seen what to do with a box that lives anew.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn anew_seen(&self) -> Result<(), HomeError> {
        let path = self.file(FILE);
        std::fs::remove_file(&path).map_err(|source| HomeError::Io { path, source })
    }
}

/// What the folder says of a box that lives anew.
pub(super) fn words_of(anew: &Anew) -> String {
    let word = WORDS.into_iter().find(|(why, _)| *why == anew.why).map_or("", |(_, word)| word);
    format!("{word} {}", anew.at.0)
}
