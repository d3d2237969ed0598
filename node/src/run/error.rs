// SPDX-License-Identifier: EUPL-1.2
//! Why a node does not run: the error of the room that failed, or a sentence of its own.

use std::path::PathBuf;

use crate::clock::ZoneError;
use crate::config::ConfigError;
use crate::control::{self, ControlError};
use crate::home::HomeError;
use crate::lang::{either, is_english};
use crate::link::BindError;
use crate::mesh::MeshError;
use crate::papers::PapersError;
use crate::portal::PortalError;
use crate::replica::{Refusal, StartError};

/// Why a node does not run.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each is the error of the room that it names")]
pub enum RunError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Zone(#[from] ZoneError),
    #[error(transparent)]
    Papers(#[from] PapersError),
    #[error("{}", either(
        format!("cette boîte n'est pas encore membre : donnez « {} » à la coordination, puis « hameau join » avec sa réponse", .0.display()),
        format!("this node is not a member yet: give “{}” to the coordination, then “hameau join” with its answer", .0.display())))]
    NotJoined(PathBuf),
    #[error(transparent)]
    Replica(#[from] StartError),
    #[error(transparent)]
    Mesh(#[from] MeshError),
    #[error(
        "{}",
        either("le réseau ne répond pas : relancez la boîte", "the network does not answer: start the node again")
    )]
    Silent,
    #[error(transparent)]
    Link(#[from] BindError),
    #[error(transparent)]
    Portal(#[from] PortalError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error("{}", control::sentence(.0, is_english()))]
    Refused(#[from] Refusal),
    #[error(
        "{}",
        either(
            "la boîte s'est arrêtée d'elle-même ; son journal dit pourquoi : relancez-la",
            "the node stopped by itself; its journal says why: start it again"
        )
    )]
    Ended,
}
