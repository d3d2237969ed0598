// SPDX-License-Identifier: EUPL-1.2
//! A database set aside, and the mark that stands beside it until all that verifies in it was saved.
//!
//! The mark is on the platter before the first rename, and goes after the last commit of what was saved. A box that
//! finds it when it starts was stopped in between, by a kill, a power cut or a full disk: what lies in the database's
//! place is a part of it only, and the file set aside is read once more.
//! Invariant: while the mark is there, nothing but what was saved is written (`damage::recover`, `keep_last_words`).

use std::path::{Path, PathBuf};

use crdt_calendar::limits::{TERM_SEALED_WEEKS, WEEKS_AHEAD};
use crdt_calendar::time::IsoWeek;

use super::{sync_folder, with_end, write_whole};
use crate::store::StoreError;

/// Databases set aside in one folder. A disk that spoils more is not to be trusted with another.
const ASIDE_MAX: usize = 9;

/// What SQLite puts beside a database: its log, and the log's index.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Gives the database and its log another name. The file first: without its log it must not be opened again.
pub(super) fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let free = names(path).find(|aside| !aside.exists());
    let aside = free.ok_or(StoreError::Rotten)?;
    let name = aside.file_name().unwrap_or_default().as_encoded_bytes();
    write_whole(&mark(path), name)?;
    #[cfg(test)]
    super::tests::stopped::look(path);
    std::fs::rename(path, &aside)?;
    sync_folder(path)?;
    #[cfg(test)]
    super::tests::stopped::look(path);
    rename_log(path, &aside)?;
    sync_folder(path)?;
    Ok(aside)
}

fn rename_log(path: &Path, aside: &Path) -> Result<(), StoreError> {
    for end in BESIDE {
        let log = with_end(path, end);
        if log.exists() {
            std::fs::rename(log, with_end(aside, end))?;
        }
    }
    Ok(())
}

/// The database that was set aside and not saved from to the end, with its log; nothing lies in its place then.
/// Idempotent.
pub(super) fn unfinished(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    let Some(aside) = marked(path) else { return Ok(None) };
    if path.exists() {
        // The log first: left behind alone it would be taken for the other's.
        for end in BESIDE {
            remove(&with_end(path, end))?;
        }
        sync_folder(path)?;
        remove(path)?;
    } else {
        rename_log(path, &aside)?;
    }
    sync_folder(path)?;
    Ok(Some(aside))
}

/// Where the mark says that a database lies. Of one that was not renamed yet it says nothing: that is found damaged
/// again.
fn marked(path: &Path) -> Option<PathBuf> {
    let name = std::fs::read(mark(path)).ok()?;
    let named = |aside: &PathBuf| aside.file_name().is_some_and(|it| it.as_encoded_bytes() == name.trim_ascii());
    names(path).find(named).filter(|aside| aside.exists())
}

/// All that could be saved is kept: the mark goes.
pub(super) fn done(path: &Path) -> Result<(), StoreError> {
    if mark(path).exists() {
        remove(&mark(path))?;
        sync_folder(path)?;
    }
    Ok(())
}

/// Names of the databases that were set aside beside this one and are still there.
#[must_use]
pub fn set_aside_files(path: &Path) -> Vec<String> {
    let there = names(path).filter(|aside| aside.exists());
    there.filter_map(|aside| Some(aside.file_name()?.to_string_lossy().into_owned())).collect()
}

/// Removes the databases that were set aside so long ago that the secrets of all weeks they can hold are past their
/// term; returns the names. `sealed` is the floor of secrets: the word of two other members, not the clock's. `now` is
/// noted for those of which nothing is noted yet, at the latest when the box starts after it.
///
/// # Errors
/// [`StoreError::File`].
pub fn remove_expired(path: &Path, now: IsoWeek, sealed: IsoWeek) -> Result<Vec<String>, StoreError> {
    let mut removed = Vec::new();
    // A clock that was far behind when it was noted must not remove what lies there since yesterday.
    let now = now.max(IsoWeek(sealed.0.saturating_add(TERM_SEALED_WEEKS)));
    for aside in names(path).filter(|aside| aside.exists()) {
        let note = with_end(&aside, ".week");
        let week = std::fs::read_to_string(&note).ok().and_then(|text| text.trim().parse().ok());
        let Some(week) = week else {
            write_whole(&note, now.0.to_string().as_bytes())?;
            continue;
        };
        // Secrets are drawn for weeks that people can book: so far ahead, and no further.
        if sealed.0.saturating_sub(WEEKS_AHEAD) > week {
            for file in [with_end(&aside, BESIDE[0]), with_end(&aside, BESIDE[1]), aside.clone(), note] {
                remove(&file)?;
            }
            removed.extend(aside.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    if !removed.is_empty() {
        sync_folder(path)?;
    }
    Ok(removed)
}

fn names(path: &Path) -> impl Iterator<Item = PathBuf> {
    (1..=ASIDE_MAX).map(|number| with_end(path, &format!(".damaged-{number}")))
}

fn mark(path: &Path) -> PathBuf {
    with_end(path, ".salvage")
}

fn remove(file: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_aside_goes_when_all_its_secrets_are_past_their_term() {
        // Goal: by the floor and not by the clock, with its log; what was set aside later stays.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let lay = |name: &str| std::fs::write(folder.path().join(name), "bytes").expect("written");
        let files = || {
            let all = std::fs::read_dir(folder.path()).expect("a folder").map(|it| it.expect("a file").file_name());
            let mut all: Vec<String> = all.map(|name| name.into_string().expect("UTF-8")).collect();
            all.sort();
            all
        };
        lay("hameau.db");
        lay("hameau.db.damaged-1");
        lay("hameau.db.damaged-1-wal");
        let at = |now, sealed| remove_expired(&path, IsoWeek(now), IsoWeek(sealed)).expect("looked");
        assert!(at(3_000, 0).is_empty(), "set aside in week 3,000");
        lay("hameau.db.damaged-2");
        for (now, sealed) in [(3_040, 2_900), (60_000, 3_013), (0, 3_000)] {
            assert!(at(now, sealed).is_empty(), "{now} {sealed}");
        }
        assert_eq!(at(0, 3_014), ["hameau.db.damaged-1"]);
        let left = ["hameau.db", "hameau.db.damaged-2", "hameau.db.damaged-2.week"];
        assert_eq!(files(), left);
        // The clock stood in the first week of all when the third was found.
        lay("hameau.db.damaged-3");
        assert!(at(0, 3_014).is_empty());
        assert!(at(3_041, 3_015).is_empty(), "it lies there since yesterday");
        assert_eq!(at(3_080, 3_054), ["hameau.db.damaged-2", "hameau.db.damaged-3"]);
        assert_eq!(files(), ["hameau.db"]);
    }
}
