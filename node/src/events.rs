// SPDX-License-Identifier: EUPL-1.2
//! What the program says of its own running: to the terminal, and to a journal of bounded size in the node's folder.
//!
//! Never what a person said or is: whatever comes from a citizen travels in [`Pii`], which no format shows.
//! It is not the journal of access, which is kept for people and by law; this one is for whoever repairs.

mod journal;
mod pii;

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{DefaultFields, Format};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::lang::{either, system_words};
use journal::Journal;
pub use journal::{FILE_BYTES_MAX, FILES_MAX};
pub use pii::Pii;

/// What our own packages say unless asked for more; libraries say their warnings.
pub const LEVEL: Level = Level::INFO;

/// Beginnings of our own packages' names.
const OWN: [&str; 2] = ["hameau", "crdt_calendar"];

/// Why nothing would be said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// The journal cannot be written.
    #[error("{}", either(
        format!("le journal « {} » ne s'écrit pas ({}) : vérifiez les droits du dossier et la place libre", path.display(), system_words(source)),
        format!("the journal “{}” cannot be written ({}): check the folder's permissions and free space", path.display(), system_words(source))))]
    Journal {
        /// The file asked for.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It was set up before: once a process.
    #[error(
        "{}",
        either(
            "le journal est déjà ouvert dans ce programme : c'est une erreur du programme, signalez-la",
            "the journal is already open in this program: this is a fault of the program, report it"
        )
    )]
    Twice,
}

/// Sets it up, once a process. With a file the terminal is written to only if it is one; without, always.
///
/// # Errors
/// [`EventsError`].
pub fn init(file: Option<PathBuf>, level: Level) -> Result<(), EventsError> {
    let shown = file.is_none() || io::stderr().is_terminal();
    let journal = file.map(open).transpose()?;
    subscriber(journal, shown.then_some(io::stderr), level).try_init().map_err(|_| EventsError::Twice)
}

fn open(path: PathBuf) -> Result<Shared, EventsError> {
    let journal = Journal::open(path.clone()).map_err(|source| EventsError::Journal { path, source })?;
    Ok(Shared(Mutex::new(journal)))
}

fn subscriber<W>(journal: Option<Shared>, terminal: Option<W>, level: Level) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::registry().with(filter(level)).with(journal.map(plain)).with(terminal.map(plain))
}

/// Lines without colours. A full disk must not make the program talk about its own talk.
fn plain<S, W>(writer: W) -> fmt::Layer<S, DefaultFields, Format, W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fmt::layer().with_ansi(false).log_internal_errors(false).with_writer(writer)
}

fn filter(level: Level) -> Targets {
    Targets::new().with_default(LevelFilter::WARN).with_targets(OWN.map(|own| (own, level)))
}

/// The journal, taken for one line at a time.
struct Shared(Mutex<Journal>);

/// See [`Shared`].
struct Line<'a>(MutexGuard<'a, Journal>);

impl<'a> MakeWriter<'a> for Shared {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Line<'_> {
    /// One call is one whole line: the formatter writes it at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.line(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(level: Level, speak: impl FnOnce()) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal.log");
        let journal = open(path.clone()).expect("writable");
        let quiet: Option<fn() -> io::Sink> = None;
        tracing::subscriber::with_default(subscriber(Some(journal), quiet, level), speak);
        std::fs::read_to_string(path).expect("text")
    }

    #[test]
    fn libraries_warn_and_we_inform() {
        let said = said(LEVEL, || {
            tracing::info!(target: "libp2p_swarm", "chatter");
            tracing::warn!(target: "libp2p_swarm", "caution");
            tracing::info!(target: "hameau_node::mesh", "arrival");
            tracing::info!(target: "crdt_calendar::fold", "folding");
            tracing::debug!(target: "hameau_node::mesh", "detail");
        });
        for (word, wanted) in
            [("chatter", false), ("caution", true), ("arrival", true), ("folding", true), ("detail", false)]
        {
            assert_eq!(said.contains(word), wanted, "{word} in {said}");
        }
        assert_eq!(said.lines().count(), 3, "one line each: {said}");
    }

    #[test]
    fn a_level_asked_for_is_ours_alone() {
        let said = said(Level::TRACE, || {
            tracing::trace!(target: "hameau", "detail");
            tracing::info!(target: "quinn", "chatter");
        });
        assert!(said.contains("detail") && !said.contains("chatter"), "{said}");
    }

    #[test]
    fn a_person_is_never_written() {
        let name = Pii::new("Jeanne Delmas".to_owned());
        let said = said(Level::TRACE, || {
            tracing::error!(target: "hameau", %name, again = ?name, nested = ?Some(&name), "booked for {name}");
        });
        assert!(said.contains("booked for …") && !said.contains("Delmas") && !said.contains("Jeanne"), "{said}");
    }

    #[test]
    fn a_journal_that_cannot_be_written_says_where() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("absent").join("journal.log");
        let error = init(Some(path.clone()), LEVEL).expect_err("no such folder");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}
