// SPDX-License-Identifier: EUPL-1.2
//! The last metre: one browser's WebRTC leg, as the room sees it. The only file that both the room and
//! the library in use (`rtc`) know; another library takes its place by implementing these two traits.

use std::net::IpAddr;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::rtp::RtpPacket;

/// Largest session description accepted from a browser, bytes. Chromium's has some 6 kB.
pub const SDP_BYTES_MAX: usize = 64 * 1024;
/// Events of a leg that wait for the room: more than a second of sound and picture.
pub const LEG_EVENTS_MAX: usize = 256;

/// One of the two streams of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Media {
    /// Opus at 48 kHz.
    Sound,
    /// VP8.
    Picture,
}

/// What a browser's leg says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegEvent {
    /// The browser is connected: someone is in front of it.
    Up,
    /// The browser is gone; it may come back up.
    Down,
    /// A packet from the browser.
    Packet(Media, RtpPacket),
    /// The browser cannot show what it gets until a whole picture comes.
    KeyframeWanted,
}

/// A leg that has just been answered.
pub struct NewLeg {
    /// The answer for the browser.
    pub answer: String,
    /// The leg.
    pub leg: Box<dyn BrowserLeg>,
    /// What it says. Media is dropped when the room is slow.
    pub events: mpsc::Receiver<LegEvent>,
}

/// Why a browser's offer was not answered. The text is for the journal; pages have their own sentences.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LegError {
    /// More than [`SDP_BYTES_MAX`].
    #[error("the browser's offer has {0} bytes: too long to be read")]
    TooLong(usize),
    /// It is not a session description that this node can answer.
    #[error("the browser's offer cannot be read")]
    Unreadable,
    /// It offers neither Opus nor VP8, or not in one connection.
    #[error("the browser offers neither Opus nor VP8")]
    NoCommonMedia,
    /// This machine could not open the way to its browser.
    #[error("this machine could not open the way to its browser")]
    Local,
}

/// Answers browsers.
#[async_trait]
pub trait LegMaker: Send + Sync + 'static {
    /// Answers an offer, with a socket on `reached`: the address of this machine on which the browser reached the
    /// node. The leg comes up by itself afterwards, or says nothing. Some seconds at most.
    ///
    /// # Errors
    /// [`LegError`]; nothing is left open then.
    async fn answer(&self, offer: &str, reached: IpAddr) -> Result<NewLeg, LegError>;
}

/// One browser's leg. Dropped: closed, in the background.
pub trait BrowserLeg: Send + 'static {
    /// Sends a packet to the browser, at once or never: `false` when the leg does not keep up.
    fn send(&self, media: Media, packet: RtpPacket) -> bool;
    /// Asks the browser for a whole picture.
    fn want_keyframe(&self);
    /// Tells the browser what its picture may cost, kbit/s. Stays in force.
    fn allow_picture(&self, kbps: u32);
}
