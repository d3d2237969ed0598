// SPDX-License-Identifier: EUPL-1.2
//! The line to the other node while it is up, and what both nodes say of it.

use crate::call::keyframe::Keyframes;
use crate::call::leg::Media;
use crate::call::line::{Gauge, picture_kbps};
use crate::call::rtp::{KEYFRAME_REQUEST, RtpPacket};
use crate::call::state::Line;
use crate::link::{CallLink, Flow, LinkEvent, Presence, Signal};
use crate::reach::Reach;

/// The line to the other node.
pub(super) struct Trunk {
    link: CallLink,
    gauge: Gauge,
    ours: Line,
    theirs: Line,
    asking: Keyframes,
}

impl Trunk {
    pub(super) fn new(link: CallLink) -> Self {
        let (ours, theirs) = (Line::Good, Line::Good);
        Self { link, gauge: Gauge::default(), ours, theirs, asking: Keyframes::default() }
    }

    /// What the other node says next; `None` after the end. Cancel safe.
    pub(super) async fn next(trunk: &mut Option<Self>) -> Option<LinkEvent> {
        match trunk {
            Some(trunk) => trunk.link.recv().await,
            None => std::future::pending().await,
        }
    }

    /// Who was there when the line came up.
    pub(super) fn first_presence(&self) -> Presence {
        self.link.first_presence()
    }

    /// Says who is here. `false`: the line is dead.
    pub(super) fn tell(&self, presence: Presence) -> bool {
        self.link.signal(Signal::Presence(presence))
    }

    /// Passes a packet of our browser on. Whether a picture ended with it.
    pub(super) fn pass(&mut self, media: Media, packet: &RtpPacket) -> bool {
        let flow = match media {
            Media::Sound => Flow::Sound,
            Media::Picture => Flow::Picture,
        };
        let sent = self.link.send_media(flow, &packet.to_bytes());
        sent && media == Media::Picture && packet.marker
    }

    /// Our browser cannot show anything without a whole picture.
    pub(super) fn want_keyframe(&mut self, now_ms: u64) {
        self.asking.want();
        self.ask_if_due(now_ms);
    }

    pub(super) fn ask_if_due(&mut self, now_ms: u64) {
        if self.asking.due(now_ms) && !self.link.send_media(Flow::PictureControl, &KEYFRAME_REQUEST) {
            self.asking.want();
        }
    }

    /// What the other node says of what it sends.
    pub(super) fn hear(&mut self, theirs: Line) {
        self.theirs = theirs;
    }

    /// Looks at the line; tells the other node when its word changes. The worse of both words.
    pub(super) fn look(&mut self) -> (Line, Reach) {
        let ours = self.gauge.read(self.link.sample());
        if ours != self.ours {
            self.ours = ours;
            if !self.link.signal(Signal::Line(ours.code())) {
                tracing::debug!("the line takes no word about itself");
            }
        }
        (self.ours.max(self.theirs), self.link.reach())
    }

    /// What our browser's picture may cost on this line, kbit/s.
    pub(super) fn picture_kbps(&self) -> u32 {
        picture_kbps(self.ours)
    }

    /// Says that the person hung up, and closes.
    pub(super) async fn hang_up(self) {
        self.link.hang_up().await;
    }
}
