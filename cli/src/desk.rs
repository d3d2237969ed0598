// SPDX-License-Identifier: EUPL-1.2
//! Who answers for a box: its node while one runs, else its folder, held until the work is done.

use anyhow::bail;
use hameau_node::clock::Clock;
use hameau_node::config::NodeFile;
use hameau_node::control::{self, ControlError, Request, Response};
use hameau_node::home::Home;
use hameau_node::lang::either;
use hameau_node::replica::{Kept, Replica};
use hameau_node::run::{self, RunError};
use serde::de::DeserializeOwned;

/// Who answers.
pub(crate) enum Desk<'a> {
    Running(&'a Home),
    Alone {
        replica: Replica,
        clock: Clock,
    },
    /// No node can start on the folder's disk: what it keeps, and why.
    Kept {
        kept: Box<Kept>,
        clock: Clock,
        why: RunError,
    },
}

impl Desk<'_> {
    /// Asks, and reads the answer. A refusal is an error with its sentence.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: Request) -> anyhow::Result<T> {
        let response = match self {
            Self::Running(home) => control::ask(home.path(), request).await?,
            Self::Alone { replica, clock } => control::answer_alone(replica, clock, request).await,
            Self::Kept { kept, clock, why } => match control::answer_kept(kept, clock, request) {
                Some(response) => response,
                None => bail!(why.to_string()),
            },
        };
        match response {
            Response::Ok(value) => Ok(serde_json::from_value(value)?),
            Response::Refused(why) => bail!(why),
        }
    }
}

/// Lets something be done with a box, whether its node runs or not.
pub(crate) fn with<T>(home: &Home, work: impl AsyncFnOnce(&Desk<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match control::ask(home.path(), Request::Status).await {
            Err(ControlError::NotRunning(_)) => on_folder(home, work).await,
            Err(other) => Err(other.into()),
            Ok(_) => work(&Desk::Running(home)).await,
        }
    })
}

async fn on_folder<T>(home: &Home, work: impl AsyncFnOnce(&Desk<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let _held = home.hold()?;
    let settings = NodeFile::read(&home.file("node.toml"))?;
    let clock = Clock::new(0, &settings.timezone)?;
    let papers = run::papers(home)?;
    let (replica, outgoing, thread) = match run::open_replica(home, &clock, &papers) {
        Ok(opened) => opened,
        Err(why) => {
            // A disk without room can still be read.
            let Ok(kept) = Kept::read(home, &clock, &papers) else { return Err(why.into()) };
            return work(&Desk::Kept { kept: Box::new(kept), clock, why }).await;
        }
    };
    let desk = Desk::Alone { replica, clock };
    let done = work(&desk).await;
    drop((desk, outgoing));
    if tokio::task::spawn_blocking(move || thread.join()).await?.is_err() {
        bail!("{}", either("le registre s'est arrêté", "the register stopped"));
    }
    done
}
