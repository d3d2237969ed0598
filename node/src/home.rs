// SPDX-License-Identifier: EUPL-1.2
//! A box's folder: its key, its settings, its papers, its database. One process at a time holds it.
//!
//! | file | what |
//! |---|---|
//! | `key` | Ed25519 seed, 64 hexadecimal digits, readable by its owner only |
//! | `life` | incarnation, 16 hexadecimal digits |
//! | `node.toml`, `member.toml` | settings ([`crate::config`]) |
//! | `request.json` | what was asked of the coordination ([`crate::papers`]) |
//! | `papers.json` | what it answered |
//! | `hameau.db` | folios, week secrets, form nonces ([`crate::store`]) |
//! | `directory.db` | the State's directory and sheets ([`crate::directory`]); in no backup |
//! | `hameau.begun` | the life that has begun in it |
//! | `hameau.db.damaged-1` ... | a database that was damaged, as it was found, until a person moves it away or its secrets are past their term |
//! | `hameau.db.damaged-1.week` ... | the ISO week in which it was set aside |
//! | `hameau.db.salvage` | its name, until all that verifies in it was saved |
//! | `authority.pem`, `office.pem` | the authority that this box made for its pages on the office network, and the certificate that it gave, each with its key ([`crate::certificate`]) |
//! | `heard.json` | when each member was last heard, for people |
//! | `addresses.json` | where each member was last said to listen |
//! | `restored` | after `hameau restore`, or once another wrote in this box's name: that it happened, until a person has seen what to do ([`crate::replica::Anew`]) |
//! | `documents` | what is exchanged in calls while they last ([`crate::call::documents`]); in no backup |
//! | `control.sock`, `lock`, `journal.log` | while it runs |

mod anew;

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crdt_calendar::ids::{Incarnation, PublicKey};
use crdt_calendar::time::UtcMinute;
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::lang::{either, system_words};
use crate::replica::{Anew, Why};
use crate::store::is_full;

/// Where a backup is put before its files take their places.
const RESTORING: &str = ".restoring";

/// A box's folder.
#[derive(Debug, Clone)]
pub struct Home {
    path: PathBuf,
}

/// The folder, held by this process until it is dropped.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Nothing is there.
    #[error("{}", either(
        format!("« {} » n'est pas le dossier d'une boîte : créez-la avec « hameau --home {} init »", .0.display(), .0.display()),
        format!("“{}” is not a node's folder: create it with “hameau --home {} init”", .0.display(), .0.display())))]
    Missing(PathBuf),
    /// A box was there, and its key is gone.
    #[error("{}", either(
        format!("la clé de la boîte « {} » manque : remettez sa sauvegarde avec « hameau restore » dans un dossier neuf, ou préparez-y une boîte neuve avec « hameau init », que la coordination enrôle avec --replaces", .0.display()),
        format!("the key of the node “{}” is gone: put its backup back with “hameau restore” in a new folder, or prepare a new node there with “hameau init”, which the coordination enrols with --replaces", .0.display())))]
    KeyGone(PathBuf),
    /// Something is there already.
    #[error("{}", either(
        format!("« {} » contient déjà une boîte : choisissez un autre dossier", .0.display()),
        format!("“{}” already holds a node: choose another folder", .0.display())))]
    Exists(PathBuf),
    /// Another process holds it.
    #[error("{}", either(
        format!("un autre hameau tourne déjà sur « {} » : arrêtez-le, ou donnez un autre dossier avec --home", .0.display()),
        format!("another hameau already runs on “{}”: stop it, or give another folder with --home", .0.display())))]
    Held(PathBuf),
    /// The system refuses.
    #[error("{}", either(
        format!("« {} » ne s'ouvre pas ({}) : vérifiez les droits du dossier et la place libre", path.display(), system_words(source)),
        format!("“{}” does not open ({}): check the folder's permissions and free space", path.display(), system_words(source))))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The key's or the life's file is not one, or is gone.
    #[error("{}", either(
        format!("« {} » est abîmé ou absent : remettez la sauvegarde de la boîte avec « hameau restore » dans un dossier neuf, ou préparez-y une boîte neuve avec « hameau init », que la coordination enrôle avec --replaces", .0.display()),
        format!("“{}” is damaged or gone: put the node's backup back with “hameau restore” in a new folder, or prepare a new node there with “hameau init”, which the coordination enrols with --replaces", .0.display())))]
    Damaged(PathBuf),
}

impl HomeError {
    /// Whether there was no room on the disk.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if is_full(source))
    }
}

impl Home {
    /// The folder of a box that exists.
    ///
    /// # Errors
    /// [`HomeError::Missing`].
    pub fn open(path: &Path) -> Result<Self, HomeError> {
        let home = Self { path: path.to_owned() };
        match std::fs::metadata(home.file("key")) {
            Ok(_) => Ok(home),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && home.holds_something() => {
                Err(HomeError::KeyGone(path.to_owned()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(HomeError::Missing(path.to_owned())),
            Err(source) => Err(HomeError::Io { path: home.file("key"), source }),
        }
    }

    /// A new box: folder, key and life. Others on the machine cannot read it.
    ///
    /// # Errors
    /// [`HomeError`]; an existing box is left alone.
    pub fn create(path: &Path) -> Result<Self, HomeError> {
        let home = Self { path: path.to_owned() };
        if home.holds_something() {
            return Err(HomeError::Exists(path.to_owned()));
        }
        let io = |source| HomeError::Io { path: path.to_owned(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        home.close_to_others()?;
        let mut seed = Zeroizing::new([0; 32]);
        let mut life = [0; 8];
        let no_randomness = |_| io(std::io::Error::other("no randomness"));
        getrandom::fill(seed.as_mut_slice()).map_err(no_randomness)?;
        getrandom::fill(&mut life).map_err(no_randomness)?;
        home.write("life", HEXLOWER.encode(&life).as_bytes())?;
        home.write("key", Zeroizing::new(HEXLOWER.encode(seed.as_slice())).as_bytes())?;
        Ok(home)
    }

    /// Whether a box is here, or what is left of one: a new key beside another's database would read its secrets, and
    /// SQLite would take another's log for the new database's.
    fn holds_something(&self) -> bool {
        ["key", "hameau.db", "hameau.db-wal", "hameau.db-shm", "hameau.db.salvage", RESTORING]
            .iter()
            .any(|name| self.file(name).exists())
    }

    /// A file of the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder that was there before keeps its mode when it is "created": whatever opens a file in it before
    /// its own mode is set would be read by others.
    fn close_to_others(&self) -> Result<(), HomeError> {
        let io = |source| HomeError::Io { path: self.path.clone(), source };
        let mode = std::fs::metadata(&self.path).map_err(io)?.permissions().mode();
        if mode & 0o077 == 0 {
            return Ok(());
        }
        std::fs::set_permissions(&self.path, Permissions::from_mode(0o700)).map_err(io)
    }

    /// Takes the folder for this process, and closes it to others.
    ///
    /// # Errors
    /// [`HomeError::Held`] when another process has it.
    pub fn hold(&self) -> Result<Held, HomeError> {
        self.close_to_others()?;
        let path = self.file("lock");
        let io = |source| HomeError::Io { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Held { _file: file }),
            Err(TryLockError::WouldBlock) => Err(HomeError::Held(self.path.clone())),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// The box's key.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn key(&self) -> Result<SigningKey, HomeError> {
        let seed = Zeroizing::new(self.hex::<32>("key")?);
        Ok(SigningKey::from_bytes(&seed))
    }

    /// The box's public key.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn public_key(&self) -> Result<PublicKey, HomeError> {
        Ok(PublicKey(self.key()?.verifying_key().to_bytes()))
    }

    /// The box's life.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn incarnation(&self) -> Result<Incarnation, HomeError> {
        Ok(Incarnation(self.hex("life")?))
    }

    /// The life before this one, if this box had to start over.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn previous_incarnation(&self) -> Result<Option<Incarnation>, HomeError> {
        if !self.file("life.before").exists() {
            return Ok(None);
        }
        let before = Incarnation(self.hex("life.before")?);
        // Written first: a power cut between the two leaves the old life, which then follows none.
        Ok(Some(before).filter(|before| self.incarnation().is_ok_and(|life| life != *before)))
    }

    /// Makes a new life durable, with the one that it follows.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn start_over(&self, life: Incarnation, before: Incarnation) -> Result<(), HomeError> {
        self.write("life.before", HEXLOWER.encode(&before.0).as_bytes())?;
        self.write("life", HEXLOWER.encode(&life.0).as_bytes())
    }

    /// A box from a backup made at `written`: its files, `key` last, into a folder that holds no box. Put aside
    /// first, so that a disk that fills leaves nothing.
    ///
    /// # Errors
    /// [`HomeError`]; an existing box is left alone.
    pub fn restore(path: &Path, written: UtcMinute, files: &[(&str, Zeroizing<Vec<u8>>)]) -> Result<Self, HomeError> {
        let home = Self { path: path.to_owned() };
        let aside = Self { path: home.file(RESTORING) };
        // Stopped between two files, it is done again.
        let begun = aside.path.exists() && !home.file("key").exists();
        if !begun && home.holds_something() {
            return Err(HomeError::Exists(path.to_owned()));
        }
        let io = |source| HomeError::Io { path: path.to_owned(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        home.close_to_others()?;
        if aside.path.exists() {
            std::fs::remove_dir_all(&aside.path).map_err(io)?;
        }
        std::fs::DirBuilder::new().mode(0o700).create(&aside.path).map_err(io)?;
        let mark = anew::words_of(&Anew { why: Why::Waits, at: written });
        let mark = [(anew::FILE, mark.as_bytes())];
        let all = || mark.into_iter().chain(files.iter().map(|(name, bytes)| (*name, bytes.as_slice())));
        if let Err(error) = all().try_for_each(|(name, bytes)| aside.write(name, bytes)) {
            std::fs::remove_dir_all(&aside.path).map_err(io)?;
            return Err(error);
        }
        all().try_for_each(|(name, _)| std::fs::rename(aside.file(name), home.file(name)).map_err(io))?;
        std::fs::remove_dir_all(&aside.path).map_err(io)?;
        File::open(path).and_then(|folder| folder.sync_all()).map_err(io)?;
        Ok(home)
    }

    fn hex<const N: usize>(&self, name: &str) -> Result<[u8; N], HomeError> {
        let path = self.file(name);
        let text = std::fs::read_to_string(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => HomeError::Damaged(path.clone()),
            _ => HomeError::Io { path: path.clone(), source },
        });
        let text = Zeroizing::new(text?);
        let bytes = HEXLOWER.decode(text.trim().as_bytes()).map_err(|_| HomeError::Damaged(path.clone()))?;
        bytes.try_into().map_err(|_| HomeError::Damaged(path))
    }

    /// Writes a file whole or not at all: beside, fsync, then renamed. Only its owner reads it.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), HomeError> {
        let (path, beside) = (self.file(name), self.file(&format!("{name}.new")));
        let io = |source| HomeError::Io { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&beside).map_err(io)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)?;
        std::fs::rename(&beside, &path).map_err(io)?;
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(io)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn others_read_nothing_in_a_folder_that_was_there_before() {
        // Goal: a folder made by hand, open to all, is closed by init, and again by whoever runs the box.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("box");
        std::fs::create_dir(&path).expect("a folder");
        let open = || std::fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("ours");
        open();
        let home = Home::create(&path).expect("a box");
        assert_eq!(mode(&path), 0o700, "after init");
        open();
        let _held = home.hold().expect("free");
        assert_eq!(mode(&path), 0o700, "while it runs");
    }

    #[test]
    fn a_restoration_that_was_stopped_is_done_again_and_no_other_box_begins_there() {
        // Goal: killed between two of its files: a new key never comes to stand beside another box's database.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("box");
        let files = || {
            [("hameau.db", "db"), ("life", "0101010101010101"), ("key", "key")]
                .map(|(name, text)| (name, Zeroizing::new(text.as_bytes().to_vec())))
        };
        std::fs::create_dir_all(path.join(RESTORING)).expect("ours");
        std::fs::write(path.join("hameau.db"), "db").expect("ours");
        assert!(matches!(Home::create(&path), Err(HomeError::Exists(_))));
        let home = Home::restore(&path, UtcMinute(5), &files()).expect("done again");
        assert!(home.file("key").exists() && !home.file(RESTORING).exists());
        assert!(matches!(Home::restore(&path, UtcMinute(5), &files()), Err(HomeError::Exists(_))));
        std::fs::remove_file(home.file("key")).expect("ours");
        assert!(matches!(Home::create(&path), Err(HomeError::Exists(_))), "a database without its key");
        assert!(matches!(Home::restore(&path, UtcMinute(5), &files()), Err(HomeError::Exists(_))));
    }

    #[test]
    fn nothing_is_restored_beside_what_is_left_of_a_database() {
        // Goal: a forgotten log would be replayed into the restored database, a forgotten mark would throw it away.
        for left in ["hameau.db-wal", "hameau.db-shm", "hameau.db.salvage"] {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::write(folder.path().join(left), "left").expect("ours");
            let files = [("key", Zeroizing::new(b"key".to_vec()))];
            let restored = Home::restore(folder.path(), UtcMinute(5), &files);
            assert!(matches!(restored, Err(HomeError::Exists(_))), "{left}");
            assert!(matches!(Home::create(folder.path()), Err(HomeError::Exists(_))), "{left}");
        }
    }
}
