// SPDX-License-Identifier: EUPL-1.2
//! What a room hears of the other node: its link, its signals, who is there, sound and picture.

use bytes::Bytes;

use super::trunk::{Trunk, TrunkEvent};
use super::{CUT_MS_MAX, CUT_SLACK_MS, Room};
use crate::call::documents::Order;
use crate::call::ladder::Rung;
use crate::call::state::{EndReason, Line};
use crate::call::wish::Wish;
use crate::link::{CallLink, CloseCause, Flow, LinkEvent, Presence, Signal};
use crate::reach::Reach;

impl Room {
    pub(super) fn on_trunk(&mut self, event: TrunkEvent) -> bool {
        let now_ms = self.steady_ms();
        match event {
            TrunkEvent::Link(event) => self.on_link(event),
            TrunkEvent::Due => {
                if let Some(trunk) = &mut self.trunk {
                    trunk.flush(now_ms);
                }
                self.show_due(now_ms);
                false
            }
        }
    }

    fn on_link(&mut self, event: Option<LinkEvent>) -> bool {
        match event {
            Some(LinkEvent::Media(flow, bytes)) => {
                self.on_media(flow, &bytes);
                return false;
            }
            Some(LinkEvent::Signal(signal)) => return self.on_signal(signal),
            Some(LinkEvent::Aside(block)) => {
                // An honest node waits for us to confirm.
                if self.documents.came(block) {
                    return false;
                }
                tracing::warn!("a line is let go: more came beside the call than was confirmed");
                self.link_down();
            }
            Some(LinkEvent::Closed(CloseCause::HungUp)) => self.end_there(),
            Some(LinkEvent::Closed(_)) | None => self.link_down(),
        }
        true
    }

    fn on_signal(&mut self, signal: Signal) -> bool {
        match signal {
            Signal::Presence(theirs) => self.on_presence(theirs),
            Signal::Line(code) => {
                if let Some(trunk) = &mut self.trunk {
                    trunk.hear(Line::from_code(code));
                }
            }
            Signal::Rung(code) => {
                if let Some(trunk) = &mut self.trunk {
                    trunk.hear_rung(Rung::from_code(code));
                }
            }
            // The next look at the line minds it: a peer that changes its mind again and again brings no looks.
            Signal::Wish(code) => self.board.state.their_wish = Wish::from_code(code),
            Signal::HangUp => self.end_there(),
            // Said once, before the room; again they mean nothing.
            Signal::Hello(..) | Signal::Accepted(_) | Signal::Refused(_) => return false,
        }
        true
    }

    fn on_media(&mut self, flow: Flow, bytes: &Bytes) {
        let now_ms = self.steady_ms();
        let wants_whole = self.trunk.as_mut().is_some_and(|trunk| trunk.take(flow, bytes, now_ms));
        if let (Some(seat), true) = (&mut self.seat, wants_whole) {
            seat.want_keyframe(now_ms);
        }
        self.show_due(now_ms);
    }

    /// Shows our browser what is due of what came.
    pub(super) fn show_due(&mut self, now_ms: u64) {
        let Some(trunk) = &mut self.trunk else { return };
        while let Some((media, packet)) = trunk.pop(now_ms) {
            let picture_ends = self.seat.as_mut().is_some_and(|seat| seat.show(media, packet, now_ms));
            self.board.state.pictures_received += u64::from(picture_ends);
        }
    }

    fn on_presence(&mut self, theirs: Presence) {
        let now_ms = self.steady_ms();
        if let (Some(seat), true) = (&mut self.seat, theirs.here && !self.peer_was_here) {
            seat.want_keyframe(now_ms);
        }
        self.peer_was_here = theirs.here;
        let state = &mut self.board.state;
        state.peer_present = theirs.here;
        (state.peer_muted, state.peer_dark) = (theirs.muted, theirs.dark);
        if !self.ticket.we_dial {
            state.help_asked = theirs.help;
        }
    }

    pub(super) fn link_up(&mut self, link: CallLink) {
        let now_ms = self.steady_ms();
        self.dialer.rest();
        let mut trunk = Trunk::new(link, self.started);
        let theirs = trunk.first_presence();
        trunk.want_keyframe(now_ms);
        self.board.state.phrase = trunk.phrase();
        self.trunk = Some(trunk);
        self.order(Order::LineUp);
        self.board.state.refusal = None;
        self.peer_was_here = false;
        self.on_presence(theirs);
        self.tell_presence();
        self.tell_wish();
        self.allow_picture();
    }

    pub(super) fn link_down(&mut self) {
        self.trunk = None;
        self.board.state.peer_present = false;
        (self.board.state.reach, self.board.state.phrase) = (Reach::Unheard, None);
        self.dialer.reset();
        self.dial_if_due();
    }

    /// The other side ended it: a person hung up, or its node has waited long enough for this one's.
    fn end_there(&mut self) {
        let waited = self.board.cut_ms().is_some_and(|cut_ms| cut_ms + CUT_SLACK_MS >= CUT_MS_MAX);
        self.end(if waited { EndReason::Interrupted } else { EndReason::HungUpThere });
    }
}
