// SPDX-License-Identifier: EUPL-1.2
//! The node's local socket: what the terminal asks of a running node. One JSON object a line, one back.
//!
//! The socket lies in the box's folder, for its owner alone. Citizens' details pass it, so nothing of a
//! request is ever logged.

mod access;
mod accounts;
mod answer;
mod carried;
mod certificate;
mod counts;
mod places;
mod records;
mod roster;
mod sentence;
mod slots;
mod status;
mod view;

pub use accounts::Secret;
pub use carried::{answer_alone, answer_kept};
pub use certificate::{AuthorityView, CertificateView, OfficeView, closed_at_the_office};
pub use counts::{CalendarCounts, CountsView, NodeCounts};
pub use records::CallRecordView;
pub use sentence::sentence;
pub use slots::SLOTS_MAX;
pub use view::{
    AccessLineView, AccessView, AccountView, AppointmentView, DetailsView, ExportView, ImportView, KnockView,
    MemberView, OfflineView, SettledView, SlotView, StatusView, UnsettledView,
};

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::certificate::Certificates;
use crate::clock::Clock;
use crate::home::{Home, HomeError};
use crate::lang::{either, system_words};
use crate::papers::RequestFile;
use crate::replica::{Details, Replica};
use crate::run::Network;

/// One request or answer, in bytes. Beyond: refused.
const LINE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Terminals at once. Beyond: the next one waits.
const TERMINALS_MAX: usize = 16;
/// How long a terminal may take to say what it wants.
const SAY_TIMEOUT: Duration = Duration::from_secs(30);

/// What the terminal asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "one variant a command of the terminal, with its arguments")]
pub enum Request {
    Status,
    Members,
    Slots {
        agency: Option<String>,
        service: Option<String>,
        day: Option<String>,
    },
    Book {
        slot: String,
        service: Option<String>,
        booth: Option<u8>,
        details: Details,
    },
    Cancel {
        appointment: String,
        reason: String,
    },
    Agenda {
        day: Option<String>,
        all: bool,
    },
    Offline {
        on: bool,
    },
    Enrol {
        request: RequestFile,
        #[serde(default)]
        replaces: bool,
    },
    Papers,
    Export {
        since: Option<String>,
        after: Option<String>,
    },
    Import {
        frames: Vec<String>,
        whole_by: Option<String>,
    },
    Counts {
        month: Option<String>,
    },
    Calls,
    Revoke {
        member: String,
    },
    Settle {
        member: String,
        force: bool,
    },
    AccountAdd {
        name: String,
        role: String,
        password: Secret,
    },
    AccountList,
    AccountPassword {
        name: String,
        password: Secret,
    },
    AccountRemove {
        name: String,
    },
    Journal {
        day: Option<String>,
        after: Option<u32>,
    },
    Certificate,
    CertificateReload,
    Communes,
    Addresses,
}

/// What comes back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// Done.
    Ok(serde_json::Value),
    /// Not done, and why.
    Refused(String),
}

/// A request with the language of who asks.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    english: bool,
    request: Request,
}

/// What requests are answered from.
#[derive(Clone)]
pub struct Desk {
    /// The calendar.
    pub replica: Replica,
    /// The networks.
    pub network: Network,
    /// The clock.
    pub clock: Clock,
    /// Where the pages are.
    pub portal: SocketAddr,
    /// What they open under on the office network, if there.
    pub certificates: Option<Certificates>,
}

/// Why the socket does not work.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It cannot be made.
    #[error("{}", either(
        format!("la prise « {} » ne s'ouvre pas ({}) : vérifiez le dossier et ses droits", path.display(), system_words(source)),
        format!("the socket “{}” does not open ({}): check the folder and its permissions", path.display(), system_words(source))))]
    Socket {
        /// Where.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The system takes no socket with so long a path.
    #[error("{}", either(
        format!("le chemin « {} » est trop long pour la prise de la boîte : donnez un dossier au chemin plus court avec --home", .0.display()),
        format!("the path “{}” is too long for the node's socket: give a folder with a shorter path with --home", .0.display())))]
    LongPath(PathBuf),
    /// The folder is closed to who asks: whether a node runs there is not known.
    #[error("{}", either(
        format!("« {} » ne se lit pas ({}) : lancez cette commande sous le compte qui fait tourner la boîte", path.display(), system_words(source)),
        format!("“{}” cannot be read ({}): run this command as the user that runs the node", path.display(), system_words(source))))]
    Closed {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// There is no box.
    #[error(transparent)]
    Home(HomeError),
    /// No node answers there.
    #[error("{}", either(
        format!("aucune boîte ne tourne sur « {} » : lancez-la avec « hameau --home {} run »", .0.display(), .0.display()),
        format!("no node runs on “{}”: start it with “hameau --home {} run”", .0.display(), .0.display())))]
    NotRunning(PathBuf),
    /// It ended before it answered.
    #[error(
        "{}",
        either(
            "la boîte s'est arrêtée avant de répondre : relancez-la, puis voyez l'agenda avant de recommencer, car ce \
             qui était demandé est peut-être fait",
            "the node stopped before it answered: start it again, then look at the agenda before you ask again, for \
             what you asked may be done"
        )
    )]
    Gone,
    /// It answers nonsense.
    #[error(
        "{}",
        either(
            "la boîte a répondu autre chose que prévu : utilisez la même version de hameau partout",
            "the node's answer is not understood: use the same version of hameau everywhere"
        )
    )]
    Answer,
}

/// Opens the socket. The folder is held, so whatever lies there is left from a crash.
///
/// # Errors
/// [`ControlError::Socket`].
pub fn listen(path: &Path) -> Result<UnixListener, ControlError> {
    let wrong = |source| ControlError::Socket { path: path.to_owned(), source };
    if path.exists() {
        std::fs::remove_file(path).map_err(wrong)?;
    }
    let listener = UnixListener::bind(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::InvalidInput => ControlError::LongPath(path.to_owned()),
        _ => wrong(source),
    })?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(wrong)?;
    Ok(listener)
}

/// Answers terminals until the node stops.
pub async fn serve(listener: UnixListener, desk: Desk, stop: CancellationToken) {
    let mut terminals = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = terminals.join_next() => {}
            accepted = listener.accept(), if terminals.len() < TERMINALS_MAX => match accepted {
                Ok((stream, _)) => {
                    terminals.spawn(answer_one(stream, desk.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a terminal could not be heard");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    terminals.shutdown().await;
}

async fn answer_one(stream: UnixStream, desk: Desk) {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(LINE_BYTES_MAX));
    let said = tokio::time::timeout(SAY_TIMEOUT, reader.read_line(&mut line)).await;
    if !matches!(said, Ok(Ok(length)) if length > 0) {
        return;
    }
    let response = match serde_json::from_str::<Asked>(&line) {
        Ok(asked) => answer::answer(&desk, asked.request, asked.english).await,
        Err(_) => Response::Refused(either("demande incomprise", "request not understood").to_owned()),
    };
    zeroize::Zeroize::zeroize(&mut line);
    let mut bytes = serde_json::to_vec(&response).unwrap_or_default();
    bytes.push(b'\n');
    if let Err(error) = write.write_all(&bytes).await {
        tracing::debug!(%error, "the terminal has gone");
    }
}

/// Asks a running node.
///
/// # Errors
/// [`ControlError`].
pub async fn ask(home: &Path, request: Request) -> Result<Response, ControlError> {
    let path = home.join("control.sock");
    let stream = UnixStream::connect(&path).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::InvalidInput => ControlError::LongPath(path.clone()),
        std::io::ErrorKind::PermissionDenied => ControlError::Closed { path: home.to_owned(), source },
        _ => match Home::open(home) {
            Err(error) => ControlError::Home(error),
            Ok(_) => ControlError::NotRunning(home.to_owned()),
        },
    })?;
    let (read, mut write) = stream.into_split();
    let asked = Asked { english: crate::lang::is_english(), request };
    let mut bytes = zeroize::Zeroizing::new(serde_json::to_vec(&asked).map_err(|_| ControlError::Answer)?);
    bytes.push(b'\n');
    write.write_all(&bytes).await.map_err(|_| ControlError::NotRunning(home.to_owned()))?;
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(LINE_BYTES_MAX));
    let read = reader.read_line(&mut line).await;
    if read.as_ref().is_ok_and(|bytes| *bytes == 0)
        || read.as_ref().is_err_and(|it| it.kind() != std::io::ErrorKind::InvalidData)
    {
        return Err(ControlError::Gone);
    }
    read.map_err(|_| ControlError::Answer)?;
    serde_json::from_str(&line).map_err(|_| ControlError::Answer)
}
