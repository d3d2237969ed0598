// SPDX-License-Identifier: EUPL-1.2
//! The replica's one thread: what it needs to start, and why it does not.
//!
//! The thread owns the [`Keeper`] and nothing else does; it ends when every handle is gone.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use crdt_calendar::act::Description;
use crdt_calendar::clerk::Policy;
use crdt_calendar::folio::{Batch, GateError};
use crdt_calendar::ids::{Incarnation, Writer};
use crdt_calendar::roster::{Genesis, RootStatement, StatementError};
use ed25519_dalek::SigningKey;
use tokio::sync::{mpsc, watch};

use super::anew::Anew;
use super::command::Outgoing;
use super::handle::Replica;
use super::keeper::Keeper;
use super::publish::Openings;
use crate::clock::Clock;
use crate::home::HomeError;
use crate::lang::{either, system_words};
use crate::store::StoreError;

/// Commands waiting for the replica. Beyond it, askers wait their turn.
const COMMANDS_MAX: usize = 256;
/// Frames waiting for the network. Beyond it, the replica waits.
const OUTGOING_MAX: usize = 1024;
/// What a replica needs to start.
pub struct ReplicaConfig {
    /// The database file.
    pub database: PathBuf,
    /// The box's key.
    pub key: SigningKey,
    /// The box's life.
    pub incarnation: Incarnation,
    /// The box that this one follows in its line, if any.
    pub previous: Option<Writer>,
    /// The territory.
    pub genesis: Genesis,
    /// What names the coordination.
    pub statement: RootStatement,
    /// What the root said besides.
    pub earlier: Vec<RootStatement>,
    /// The rosters as they came with the papers.
    pub rosters: Vec<Batch>,
    /// What the member says of itself.
    pub description: Description,
    /// An agency's hours.
    pub openings: Openings,
    /// What the member decides for its own box.
    pub policy: Policy,
    /// Why the box lives anew, while nobody has seen what to do.
    pub anew: Option<Anew>,
    /// Makes durable that a person has seen it; tells whether it did.
    pub keep_seen: Box<dyn Fn() -> bool + Send>,
    /// The clock.
    pub clock: Clock,
    /// Makes a new life of this box durable, before anything is written in it.
    pub keep_life: KeepLife,
}

/// A life that is drawn.
pub struct NewLife {
    /// The life.
    pub life: Incarnation,
    /// The one that it follows.
    pub before: Incarnation,
    /// What people are told of it; of a damaged disk the database tells.
    pub anew: Option<Anew>,
}

/// Makes a new life durable, with the one that it follows, and first what people are told of it.
pub type KeepLife = Box<dyn Fn(NewLife) -> Result<(), HomeError> + Send>;

/// Why a replica does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The territory's papers.
    #[error("{}", either(
        format!("les papiers de cette boîte sont faux : {} ; redemandez-les à la coordination", .0),
        format!("this node's papers are wrong: {}; ask the coordination for them again", .0)))]
    Statement(#[from] StatementError),
    /// The roster in them.
    #[error("{}", either(
        format!("les papiers de cette boîte sont faux : leur registre ne se vérifie pas ({}) ; redemandez-les", .0),
        format!("this node's papers are wrong: their roster does not verify ({}); ask for them again", .0)))]
    Roster(#[from] GateError),
    /// Its own first words cannot be kept.
    #[error("{}", either(
        format!("la boîte ne peut pas écrire son registre : {}", .0),
        format!("the node cannot write its register: {}", .0)))]
    Write(String),
    /// The system refuses a thread.
    #[error("{}", either(
        format!("le système refuse de lancer le registre : {}", system_words(.0)),
        format!("the system refuses to start the register: {}", .0)))]
    Thread(#[from] std::io::Error),
}

impl Replica {
    /// Reads what was kept, says the box's first words if it has not begun, and starts the thread. The
    /// thread ends when every handle is gone.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(config: ReplicaConfig) -> Result<(Self, mpsc::Receiver<Outgoing>, JoinHandle<()>), StartError> {
        let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
        let (outbox, outgoing) = mpsc::channel(OUTGOING_MAX);
        let mut keeper = Keeper::open(config, outbox)?;
        let (publisher, snapshots) = watch::channel(Arc::new(keeper.snapshot()));
        keeper.begin(&publisher)?;
        let thread =
            std::thread::Builder::new().name("replica".to_owned()).spawn(move || keeper.run(inbox, &publisher))?;
        Ok((Self { commands, snapshots }, outgoing, thread))
    }
}
