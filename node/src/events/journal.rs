// SPDX-License-Identifier: EUPL-1.2
//! The journal's files: `journal.log`, and the former ones as `journal.1.log` (the newest) up to `journal.4.log`.
//!
//! Formats nothing, and is not made for several programs at once. Invariant: no file is longer than
//! [`FILE_BYTES_MAX`], there are at most [`FILES_MAX`], and no line is parted between two (checked below).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Bytes of one file. A line that no longer fits begins the next file.
pub const FILE_BYTES_MAX: u64 = 2_000_000;

/// Files in all: some weeks of a node that is well. The oldest goes.
pub const FILES_MAX: usize = 5;

/// Bytes of one line; the rest of a longer one is left out, so that a remote text cannot push all others away.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_max: u64,
}

impl Journal {
    /// Goes on with the file of that name, or begins it, readable by its owner alone.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        Self::with_limit(path, FILE_BYTES_MAX)
    }

    fn with_limit(path: PathBuf, bytes_max: u64) -> io::Result<Self> {
        let file = append(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes, bytes_max })
    }

    /// Writes one line.
    pub(super) fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let cut = if line.len() > LINE_BYTES_MAX { [&line[..LINE_BYTES_MAX], b"\n"].concat() } else { Vec::new() };
        let line = if cut.is_empty() { line } else { &cut };
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.bytes_max {
            self.turn()?;
        }
        self.file.write_all(line)?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Begins the next file. Where the former one cannot be put aside it is emptied: its size is bounded all the same.
    fn turn(&mut self) -> io::Result<()> {
        let aside = (1..FILES_MAX).rev().try_for_each(|number| self.put_aside(number));
        match aside.and_then(|()| append(&self.path)) {
            Ok(file) => self.file = file,
            Err(_) => self.file.set_len(0)?,
        }
        self.bytes = 0;
        Ok(())
    }

    /// Makes the file before `number` number `number`; what had that name is gone.
    fn put_aside(&self, number: usize) -> io::Result<()> {
        let from = if number == 1 { self.path.clone() } else { numbered(&self.path, number - 1) };
        match fs::rename(from, numbered(&self.path, number)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    path.with_extension(format!("{number}.log"))
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 100;

    fn files(folder: &Path) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .map(|path| {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                (name, fs::read_to_string(path).expect("text"))
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn files_turn_and_stay_bounded() {
        // Goal: a hundred lines of 12 bytes: the last of them are there, in order, whole, in five files of 8 lines.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut journal = Journal::with_limit(folder.path().join("journal.log"), LIMIT).expect("writable");
        for number in 0..100 {
            journal.line(format!("line {number:06}\n").as_bytes()).expect("written");
        }
        let files = files(folder.path());
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["journal.1.log", "journal.2.log", "journal.3.log", "journal.4.log", "journal.log"]);
        assert!(files.iter().all(|(_, text)| text.len() as u64 <= LIMIT && text.ends_with('\n')));
        let order = [3, 2, 1, 0, 4].map(|index| files[index].1.as_str()).concat();
        let wanted: String = (64..100).map(|number| format!("line {number:06}\n")).collect();
        assert_eq!(order, wanted);
    }

    #[test]
    fn goes_on_where_it_was() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal.log");
        for number in 0..9 {
            let mut journal = Journal::with_limit(path.clone(), LIMIT).expect("writable");
            journal.line(format!("line {number:06}\n").as_bytes()).expect("written");
        }
        assert_eq!(fs::read_to_string(&path).expect("text"), "line 000008\n");
        assert_eq!(files(folder.path()).len(), 2);
    }

    #[test]
    fn a_long_line_is_cut() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal.log");
        let mut journal = Journal::open(path.clone()).expect("writable");
        journal.line(&vec![b'x'; 10 * LINE_BYTES_MAX]).expect("written");
        journal.line(b"next\n").expect("written");
        let text = fs::read_to_string(path).expect("text");
        assert_eq!(text.len(), LINE_BYTES_MAX + "\nnext\n".len());
    }

    #[test]
    fn what_cannot_be_put_aside_is_emptied() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal.log");
        // A folder with something in it bears the oldest file's name: nothing can be renamed to it.
        fs::create_dir_all(folder.path().join("journal.4.log").join("kept")).expect("a folder");
        let mut journal = Journal::with_limit(path.clone(), LIMIT).expect("writable");
        for number in 0..100 {
            journal.line(format!("line {number:06}\n").as_bytes()).expect("written");
            assert!(fs::metadata(&path).expect("there").len() <= LIMIT);
        }
        assert!(fs::read_to_string(path).expect("text").ends_with("line 000099\n"));
    }

    #[cfg(unix)]
    #[test]
    fn its_owner_alone_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal.log");
        Journal::open(path.clone()).expect("writable");
        assert_eq!(fs::metadata(path).expect("there").permissions().mode() & 0o777, 0o600);
    }
}
