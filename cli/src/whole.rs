// SPDX-License-Identifier: EUPL-1.2
//! A file that people ask for: it appears whole and durable under its name, or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use hameau_node::lang::{either, system_words};
use tempfile::NamedTempFile;

/// A file on its way, beside the place that it will have. Dropped: it is removed.
pub(crate) struct Whole {
    path: PathBuf,
    beside: NamedTempFile,
}

impl Whole {
    /// Begins a file, for its owner alone. One that is there already is left alone.
    pub(crate) fn begin(path: &Path) -> anyhow::Result<Self> {
        if path.is_dir() {
            let what =
                either("est un dossier : donnez aussi un nom de fichier", "is a folder: give the name of a file too");
            return Err(anyhow!("« {} » {what}", path.display()));
        }
        if path.symlink_metadata().is_ok() {
            let what = either(
                "existe déjà : effacez-le, ou donnez un autre nom",
                "exists already: delete it, or give another name",
            );
            return Err(anyhow!("« {} » {what}", path.display()));
        }
        if !folder(path).exists() {
            let what = either(
                "n'existe pas : créez ce dossier, ou branchez le support",
                "does not exist: make this folder, or plug in what holds it",
            );
            return Err(anyhow!("« {} » {what}", folder(path).display()));
        }
        let beside =
            NamedTempFile::with_prefix_in(".hameau-", folder(path)).map_err(|error| unwritten(path, &error))?;
        Ok(Self { path: path.to_owned(), beside })
    }

    /// Where to write.
    pub(crate) fn file(&self) -> &File {
        self.beside.as_file()
    }

    /// What the system said against it, in people's words.
    pub(crate) fn refused(&self, error: &io::Error) -> anyhow::Error {
        unwritten(&self.path, error)
    }

    /// Makes it durable, and gives it its name.
    pub(crate) fn keep(self) -> anyhow::Result<()> {
        let Self { path, beside } = self;
        let kept = beside.as_file().sync_all().and_then(|()| {
            beside.persist_noclobber(&path).map_err(|error| error.error)?;
            File::open(folder(&path))?.sync_all()
        });
        kept.map_err(|error| unwritten(&path, &error))
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn unwritten(path: &Path, error: &io::Error) -> anyhow::Error {
    let why = either("ne s'écrit pas", "cannot be written");
    anyhow!("« {} » {why} : {}", path.display(), system_words(error))
}
