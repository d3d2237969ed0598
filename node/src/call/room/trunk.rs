// SPDX-License-Identifier: EUPL-1.2
//! The line to the other node while it is up: what leaves and what comes over it, and what both nodes say of it.

use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use super::incoming::Incoming;
use super::outgoing::Outgoing;
use crate::call::keyframe::Keyframes;
use crate::call::ladder::Rung;
use crate::call::leg::Media;
use crate::call::line::Gauge;
use crate::call::phrase::Phrase;
use crate::call::rate::Figures;
use crate::call::repair::requested;
use crate::call::rtp::{KEYFRAME_REQUEST, RtpPacket};
use crate::call::state::Line;
use crate::link::{CallLink, Flow, LinkEvent, Presence, Signal};
use crate::reach::Reach;

/// A line that takes nothing now is asked again so soon, ms.
const BLOCKED_MS: u64 = 5;

/// What happens next on a line.
pub(super) enum TrunkEvent {
    /// The other node says something; `None`: it is over.
    Link(Option<LinkEvent>),
    /// Something waits that is due: [`Trunk::flush`] and [`Trunk::pop`].
    Due,
}

/// What a look at the line tells.
pub(super) struct Looked {
    /// The worse of both words.
    pub(super) line: Line,
    pub(super) reach: Reach,
    /// What is sent, and what the other node says that it sends.
    pub(super) rung: Rung,
    pub(super) their_rung: Rung,
    /// What our browser may spend on sound, kbit/s.
    pub(super) sound_kbps: u32,
    /// What the other side's sound waits here, ms.
    pub(super) sound_wait_ms: u64,
    /// Frames of sound that came since the last look, and that never did.
    pub(super) heard: (u64, u64),
    /// What blocks may take, kbit/s.
    pub(super) blocks_kbps: u32,
}

/// The line to the other node.
pub(super) struct Trunk {
    link: CallLink,
    /// The room's clock began then.
    started: Instant,
    gauge: Gauge,
    ours: Line,
    theirs: Line,
    said_rung: Option<Rung>,
    their_rung: Rung,
    asking: Keyframes,
    outgoing: Outgoing,
    incoming: Incoming,
    blocked_until_ms: u64,
    /// A block of what passes beside the call, that waits for its turn.
    block: Option<Bytes>,
    /// Blocks have waited since the line was last looked at.
    had_blocks: bool,
}

impl Trunk {
    pub(super) fn new(link: CallLink, started: Instant) -> Self {
        Self {
            link,
            started,
            gauge: Gauge::default(),
            ours: Line::Good,
            theirs: Line::Good,
            said_rung: None,
            their_rung: Rung::default(),
            asking: Keyframes::default(),
            outgoing: Outgoing::default(),
            incoming: Incoming::new(),
            blocked_until_ms: 0,
            block: None,
            had_blocks: false,
        }
    }

    /// What happens next. Cancel safe.
    pub(super) async fn next(trunk: &mut Option<Self>) -> TrunkEvent {
        let Some(trunk) = trunk else { return std::future::pending().await };
        let block = trunk.block.as_ref().map(|block| trunk.outgoing.block_due_ms(block.len()));
        let out = trunk.outgoing.due_ms().into_iter().chain(block).min().map(|at| at.max(trunk.blocked_until_ms));
        let due = [out, trunk.incoming.due_ms()].into_iter().flatten().min();
        let wake = async {
            match due {
                Some(at_ms) => sleep_until(trunk.started + std::time::Duration::from_millis(at_ms)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = trunk.link.recv() => TrunkEvent::Link(event),
            () = wake => TrunkEvent::Due,
        }
    }

    /// Who was there when the line came up.
    pub(super) fn first_presence(&self) -> Presence {
        self.link.first_presence()
    }

    /// The words by which people check that this line has no third end.
    pub(super) fn phrase(&self) -> Option<Phrase> {
        self.link.secret().map(Phrase::of)
    }

    /// Says who is here. `false`: the line is dead.
    pub(super) fn tell(&self, presence: Presence) -> bool {
        self.link.signal(Signal::Presence(presence))
    }

    /// Passes a packet of our browser on: sound at once, picture in its turn. Whether a picture ended with it.
    pub(super) fn pass(&mut self, media: Media, packet: &RtpPacket, now_ms: u64) -> bool {
        let ended = match media {
            Media::Sound => {
                if let Some(pack) = self.outgoing.sound(packet) {
                    self.send_sound(&pack);
                    // What is sent for a trial stands before nothing.
                    while self.link.is_free() && self.outgoing.fills(pack.len(), now_ms) {
                        self.send_sound(&pack);
                    }
                }
                false
            }
            Media::Picture => self.outgoing.picture(packet, now_ms),
        };
        self.flush(now_ms);
        ended
    }

    fn send_sound(&mut self, pack: &Bytes) {
        if !self.link.send_media(Flow::Sound, pack) {
            tracing::trace!("the line takes no sound");
        }
    }

    /// Sends what may leave now, as long as nothing waits before the line.
    pub(super) fn flush(&mut self, now_ms: u64) {
        while now_ms >= self.blocked_until_ms && self.outgoing.due_ms().is_some_and(|at| at <= now_ms) {
            if !self.link.is_free() {
                self.blocked_until_ms = now_ms + BLOCKED_MS;
                return;
            }
            let Some(packet) = self.outgoing.pop(now_ms) else { break };
            if !self.link.send_media(Flow::Picture, &packet) {
                tracing::trace!("the line takes no picture");
            }
        }
        self.flush_block(now_ms);
    }

    /// Sends the block that waits, if its turn has come.
    fn flush_block(&mut self, now_ms: u64) {
        let Some(block) = &self.block else { return };
        if now_ms < self.blocked_until_ms || self.outgoing.block_due_ms(block.len()) > now_ms {
            return;
        }
        if !self.link.is_free() || !self.link.send_aside(block) {
            self.blocked_until_ms = now_ms + BLOCKED_MS;
            return;
        }
        self.outgoing.block_left(block.len(), now_ms);
        self.block = None;
    }

    /// Whether no block waits for its turn.
    pub(super) fn takes_block(&self) -> bool {
        self.block.is_none()
    }

    /// A block to send in its turn.
    pub(super) fn take_block(&mut self, block: Bytes, now_ms: u64) {
        (self.block, self.had_blocks) = (Some(block), true);
        self.flush(now_ms);
    }

    /// Takes what the other node sent. Whether it asks for a whole picture of our browser.
    pub(super) fn take(&mut self, flow: Flow, bytes: &Bytes, now_ms: u64) -> bool {
        match flow {
            Flow::Sound => self.incoming.sound(bytes.clone(), now_ms),
            Flow::Picture => {
                self.incoming.picture(bytes, now_ms);
                self.ask_for_missing(now_ms);
            }
            Flow::PictureControl if bytes[..] == KEYFRAME_REQUEST => return true,
            Flow::PictureControl => {
                if let Some(numbers) = requested(bytes) {
                    self.outgoing.repeat(&numbers, now_ms);
                    self.flush(now_ms);
                }
            }
            Flow::SoundControl => {}
        }
        false
    }

    /// The next packet for our browser.
    pub(super) fn pop(&mut self, now_ms: u64) -> Option<(Media, RtpPacket)> {
        self.incoming.pop(now_ms)
    }

    fn ask_for_missing(&mut self, now_ms: u64) {
        if let Some(request) = self.incoming.ask(now_ms)
            && !self.link.send_media(Flow::PictureControl, &request)
        {
            tracing::trace!("the line takes no request");
        }
        if self.incoming.gave_up() {
            self.want_keyframe(now_ms);
        }
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

    /// Which rung the other node says that it sends on.
    pub(super) fn hear_rung(&mut self, theirs: Rung) {
        self.their_rung = theirs;
    }

    /// Looks at the line; tells the other node when our word or our rung changes. Nobody wants better than `best`.
    pub(super) fn look(&mut self, best: Rung, now_ms: u64) -> Looked {
        let sample = self.link.sample();
        let ours = self.gauge.read(sample);
        self.incoming.look(sample.rtt_ms);
        let figures = Figures {
            at_ms: now_ms,
            rtt_ms: sample.rtt_ms,
            packets: sample.sent,
            lost: sample.lost,
            bytes: sample.bytes,
            seen_kbps: sample.seen_kbps,
        };
        let has_blocks = std::mem::replace(&mut self.had_blocks, self.block.is_some()) || self.block.is_some();
        let rung = self.outgoing.look(figures, best, has_blocks);
        if ours != self.ours {
            self.ours = ours;
            self.say(Signal::Line(ours.code()));
        }
        if self.said_rung != Some(rung) {
            self.said_rung = Some(rung);
            self.say(Signal::Rung(rung.code()));
        }
        self.ask_for_missing(now_ms);
        self.flush(now_ms);
        Looked {
            line: self.ours.max(self.theirs),
            reach: self.link.reach(),
            rung,
            their_rung: self.their_rung,
            sound_kbps: self.outgoing.opus_kbps(),
            sound_wait_ms: self.incoming.sound_wait_ms(),
            heard: self.incoming.heard(),
            blocks_kbps: self.outgoing.blocks_kbps(),
        }
    }

    /// Says something about the line; whether it arrives is seen by all else.
    pub(super) fn say(&self, signal: Signal) {
        if !self.link.signal(signal) {
            tracing::debug!("the line takes no word about itself");
        }
    }

    /// Whether our browser has to be asked for a whole picture, since this was last asked.
    pub(super) fn wants_whole(&mut self) -> bool {
        self.outgoing.wants_whole()
    }

    /// What our browser's picture may cost on this line, kbit/s.
    pub(super) fn picture_kbps(&self) -> u32 {
        self.outgoing.picture_kbps()
    }

    /// Says that the person hung up, and closes.
    pub(super) async fn hang_up(self) {
        self.link.hang_up().await;
    }
}
