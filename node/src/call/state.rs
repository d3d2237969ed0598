// SPDX-License-Identifier: EUPL-1.2
//! What a page shows of a call, and what the rest of the node hears of it. Plain values.

use serde::Serialize;

use super::documents::{Document, Look, Text};
use super::gate::Refusal;
use super::ladder::Rung;
use super::phrase::Phrase;
use super::wish::Wish;
use crate::link::CallId;
use crate::reach::Reach;
use crate::record::{Receipt, Record};

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Nobody at the other side yet.
    #[default]
    Waiting,
    /// The other person is there; nobody here yet.
    Ringing,
    /// Both are there and the line is up.
    Talking,
    /// Both were there; the line or one browser is gone, and comes back by itself.
    Reconnecting,
    /// Over, until someone joins again within the window.
    Ended,
}

/// The state of the line, in the three words that people read: bonne, moyenne, faible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub enum Line {
    /// Picture and sound go well.
    #[default]
    #[serde(rename = "bonne")]
    Good,
    /// The picture suffers.
    #[serde(rename = "moyenne")]
    Fair,
    /// The sound may suffer.
    #[serde(rename = "faible")]
    Poor,
}

/// Why a call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// The person here hung up.
    HungUpHere,
    /// The person there hung up.
    HungUpThere,
    /// The room's time is over.
    WindowClosed,
    /// Both had seen each other, and did not come back to each other within ten minutes or the room's time.
    Interrupted,
    /// The appointment may not be held any more.
    Refused(Refusal),
}

/// A call as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallState {
    /// Where it stands.
    pub phase: Phase,
    /// A browser is connected on this side.
    pub here: bool,
    /// The other person is in front of a browser, as last heard over a line that is up.
    pub peer_present: bool,
    /// Both first saw each other, unix ms.
    pub talking_since_ms: Option<u64>,
    /// What is counted of it. Not for the page.
    #[serde(skip)]
    pub record: Record,
    /// Both have been apart since then who had seen each other, unix ms. Not for the page.
    #[serde(skip)]
    pub cut_since_ms: Option<u64>,
    /// This side's microphone is cut.
    pub muted: bool,
    /// The other side's is.
    pub peer_muted: bool,
    /// This side's camera is switched off.
    pub dark: bool,
    /// The other side's is.
    pub peer_dark: bool,
    /// The check phrase of the line, while it is up. The page reads its words.
    #[serde(skip)]
    pub phrase: Option<Phrase>,
    /// The person in the booth asked for help: this side's, or the other's.
    pub help_asked: bool,
    /// The worse of what both nodes see.
    pub line: Line,
    /// What this side sends, as the line carries it.
    pub rung: Rung,
    /// What the other side says that it sends.
    pub their_rung: Rung,
    /// What this side's browser may spend on sound, kbit/s.
    pub sound_kbps: u32,
    /// What the person here chose, and the other one.
    pub wish: Wish,
    /// See `wish`.
    pub their_wish: Wish,
    /// What the other side's sound waits at this node, ms: room for what the line lost and is said again.
    pub sound_wait_ms: u64,
    /// How the other node is reached.
    pub reach: Reach,
    /// Pictures passed on to the other node.
    pub pictures_sent: u64,
    /// Pictures that came from there.
    pub pictures_received: u64,
    /// The documents of this call. The page reads them in words.
    #[serde(skip)]
    pub documents: Vec<Document>,
    /// What both look at.
    pub look: Option<Look>,
    /// What both wrote to each other.
    pub texts: Vec<Text>,
    /// What the other node, or this one's calendar, last said no with.
    pub refusal: Option<Refusal>,
    /// Why it is over.
    pub ended: Option<EndReason>,
}

/// What the rest of the node does something about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEvent {
    /// The other person is there and nobody is here: ring.
    PersonArrived {
        /// Which call.
        call: CallId,
    },
    /// Both see each other, for the first time or again.
    BothTalking {
        /// Which call.
        call: CallId,
    },
    /// The person on this side asked for help: the animateur is called.
    HelpAsked {
        /// Which call.
        call: CallId,
    },
    /// It is over. Comes again when it was joined again.
    Ended {
        /// Which call.
        call: CallId,
        /// All that was counted of it, of all times together.
        record: Record,
        /// What was exchanged.
        documents: Vec<Receipt>,
        /// Why.
        reason: EndReason,
    },
}

impl Default for CallState {
    fn default() -> Self {
        Self {
            phase: Phase::Waiting,
            here: false,
            peer_present: false,
            talking_since_ms: None,
            record: Record::default(),
            cut_since_ms: None,
            muted: false,
            peer_muted: false,
            dark: false,
            peer_dark: false,
            phrase: None,
            help_asked: false,
            line: Line::Good,
            rung: Rung::default(),
            their_rung: Rung::default(),
            sound_kbps: Rung::default().opus_kbps(u32::MAX),
            wish: Wish::Full,
            their_wish: Wish::Full,
            sound_wait_ms: 0,
            reach: Reach::Unheard,
            pictures_sent: 0,
            pictures_received: 0,
            documents: Vec::new(),
            look: None,
            texts: Vec::new(),
            refusal: None,
            ended: None,
        }
    }
}

impl CallState {
    /// Where a call stands, from what is so. `linked`: the line between the nodes is up.
    #[must_use]
    pub fn phase_of(&self, linked: bool) -> Phase {
        if self.ended.is_some() {
            Phase::Ended
        } else if self.here && self.peer_present && linked {
            Phase::Talking
        } else if self.talking_since_ms.is_some() {
            Phase::Reconnecting
        } else if self.peer_present {
            Phase::Ringing
        } else {
            Phase::Waiting
        }
    }
}

impl Line {
    /// Its number between nodes.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Fair => 1,
            Self::Poor => 2,
        }
    }

    /// The word of this number; anything else is poor.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Good,
            1 => Self::Fair,
            _ => Self::Poor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases() {
        // Goal: what each side reads at each moment.
        for (case, here, peer, talked, ended, linked, phase) in [
            ("empty room", false, false, false, false, false, Phase::Waiting),
            ("alone", true, false, false, false, true, Phase::Waiting),
            ("the other is there", false, true, false, false, true, Phase::Ringing),
            ("both", true, true, false, false, true, Phase::Talking),
            ("cut", true, false, true, false, false, Phase::Reconnecting),
            ("reloading here", false, true, true, false, true, Phase::Reconnecting),
            ("over", true, true, true, true, true, Phase::Ended),
        ] {
            let state = CallState {
                here,
                peer_present: peer,
                talking_since_ms: talked.then_some(1),
                ended: ended.then_some(EndReason::HungUpHere),
                ..CallState::default()
            };
            assert_eq!(state.phase_of(linked), phase, "{case}");
        }
    }
}
