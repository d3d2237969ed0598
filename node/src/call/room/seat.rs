// SPDX-License-Identifier: EUPL-1.2
//! The chair of this side: one browser's leg, and what keeps its streams whole.

use tokio::sync::mpsc;

use crate::call::keyframe::Keyframes;
use crate::call::leg::{BrowserLeg, LegEvent, Media};
use crate::call::rtp::{RtpPacket, Splice};

/// Ticks of a stream's clock in a millisecond: Opus 48 kHz, video 90 kHz (RFC 7587, RFC 7741).
const SOUND_TICKS: u32 = 48;
const PICTURE_TICKS: u32 = 90;

/// The browser of this side.
pub(super) struct Seat {
    leg: Box<dyn BrowserLeg>,
    events: mpsc::Receiver<LegEvent>,
    /// The browser is connected.
    pub(super) up: bool,
    sound: Splice,
    picture: Splice,
    asked: Keyframes,
}

impl Seat {
    pub(super) fn new(leg: Box<dyn BrowserLeg>, events: mpsc::Receiver<LegEvent>) -> Self {
        let (sound, picture) = (Splice::new(SOUND_TICKS), Splice::new(PICTURE_TICKS));
        let asked = Keyframes::default();
        Self { leg, events, up: false, sound, picture, asked }
    }

    /// What the browser says next; `None` when it is gone for good. Cancel safe.
    pub(super) async fn next(seat: &mut Option<Self>) -> Option<LegEvent> {
        match seat {
            Some(seat) => seat.events.recv().await,
            None => std::future::pending().await,
        }
    }

    /// Shows the browser a packet of the other side. Whether a picture ended with it.
    pub(super) fn show(&mut self, media: Media, mut packet: RtpPacket, now_ms: u64) -> bool {
        if !self.up {
            return false;
        }
        let splice = if media == Media::Sound { &mut self.sound } else { &mut self.picture };
        splice.renumber(&mut packet, now_ms);
        let picture_ends = media == Media::Picture && packet.marker;
        if !self.leg.send(media, packet) {
            tracing::trace!("a browser does not keep up");
        }
        picture_ends
    }

    /// A whole picture of this browser is wanted, now or as soon as one may be asked for again.
    pub(super) fn want_keyframe(&mut self, now_ms: u64) {
        self.asked.want();
        self.ask_if_due(now_ms);
    }

    pub(super) fn ask_if_due(&mut self, now_ms: u64) {
        if self.up && self.asked.due(now_ms) {
            self.leg.want_keyframe();
        }
    }

    /// What this browser's picture may cost, kbit/s.
    pub(super) fn allow_picture(&self, kbps: u32) {
        self.leg.allow_picture(kbps);
    }
}
