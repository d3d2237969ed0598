// SPDX-License-Identifier: EUPL-1.2
//! Who may be in which call, and when: asked of the calendar by both nodes, each for itself.
//!
//! Nothing here knows the calendar; whoever implements [`Gate`] does. Nobody enters a room otherwise.

use std::net::SocketAddr;

use crdt_calendar::ids::PublicKey;
use serde::Serialize;

use crate::link::CallId;

/// What the calendar says of an appointment that may be held now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The other member's node.
    pub peer: PublicKey,
    /// Where it was last heard. Empty: it can be heard, not dialled.
    pub peer_addrs: Vec<SocketAddr>,
    /// This node dials: it is the point's.
    pub we_dial: bool,
    /// The room opens, unix ms.
    pub opens_at: u64,
    /// The room closes by itself, unix ms.
    pub closes_at: u64,
}

/// Answers for the calendar of this node. Called seldom (a join, a caller, a redial), from async code:
/// it must not block for longer than a look-up.
pub trait Gate: Send + Sync + 'static {
    /// Whether the call may be held now, and with whom.
    ///
    /// # Errors
    /// The [`Refusal`] that people read.
    fn admit(&self, call: CallId) -> Result<Ticket, Refusal>;
}

/// Why a call may not be held. The text is for the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No such appointment here (yet).
    #[error("Ce rendez-vous n'est pas connu ici. S'il vient d'être pris, patientez un instant et réessayez.")]
    Unknown,
    /// Before the room opens.
    #[error("Il est trop tôt : la salle ouvre 15 minutes avant le rendez-vous.")]
    TooEarly,
    /// After the room has closed.
    #[error("Ce rendez-vous est terminé : la salle a fermé 30 minutes après. Prenez-en un autre pour vous reparler.")]
    TooLate,
    /// The appointment is of two other members.
    #[error("Ce rendez-vous est celui d'un autre point ou d'un autre organisme.")]
    NotYours,
    /// One of the two sides gave it up.
    #[error("Ce rendez-vous a été annulé.")]
    Cancelled,
    /// This node has no room left.
    #[error("Trop d'appels sont ouverts sur ce poste : terminez-en un, puis réessayez.")]
    Full,
}

impl Refusal {
    /// Its number between nodes.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Unknown => 1,
            Self::TooEarly => 2,
            Self::TooLate => 3,
            Self::NotYours => 4,
            Self::Cancelled => 5,
            Self::Full => 6,
        }
    }

    /// The refusal of this number; a number of a later version reads as [`Refusal::NotYours`].
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        [Self::Unknown, Self::TooEarly, Self::TooLate, Self::NotYours, Self::Cancelled, Self::Full]
            .into_iter()
            .find(|refusal| refusal.code() == code)
            .unwrap_or(Self::NotYours)
    }

    /// Whether the other node may answer otherwise in a moment: it may hear of the booking yet, its clock
    /// may be a little behind, it may have a room again. Then the dialling goes on.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Unknown | Self::TooEarly | Self::Full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        // Goal: a refusal reads the same at the other node, and an unknown one closes the door.
        for code in 0..=255 {
            let refusal = Refusal::from_code(code);
            assert_eq!(refusal.code() == code, (1..=6).contains(&code), "{code}");
        }
        assert!(!Refusal::from_code(200).may_pass());
    }
}
