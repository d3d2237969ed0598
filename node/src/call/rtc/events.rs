// SPDX-License-Identifier: EUPL-1.2
//! What the library says of one leg, turned into the room's words.
//!
//! Invariant: the readers of a browser's tracks are bounded, and end with the leg.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal as _, TrackLocalEvent};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{PeerConnectionEventHandler, RTCIceGatheringState, RTCPeerConnectionState};

use crate::call::leg::{LegEvent, Media};
use crate::call::rtp::RtpPacket;

/// Tracks read from one browser: one of each. More are left unread.
const TRACKS_MAX: usize = 2;

/// What the library's callbacks and the leg's own task share.
pub(super) struct Shared {
    pub(super) events: mpsc::Sender<LegEvent>,
    pub(super) gathered: mpsc::Sender<()>,
    pub(super) incoming_picture: Mutex<Option<Arc<dyn TrackRemote>>>,
    pub(super) readers: Mutex<Vec<AbortOnDropHandle<()>>>,
}

#[async_trait]
impl PeerConnectionEventHandler for Shared {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete && self.gathered.try_send(()).is_err() {
            tracing::debug!("gathering ended twice");
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let event = match state {
            RTCPeerConnectionState::Connected => LegEvent::Up,
            RTCPeerConnectionState::Disconnected | RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                LegEvent::Down
            }
            _ => return,
        };
        if self.events.send(event).await.is_err() {
            tracing::debug!("a browser's leg outlived its room");
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let media = if track.kind().await == RtpCodecKind::Video { Media::Picture } else { Media::Sound };
        let mut readers = self.readers.lock().expect("no panic under this lock");
        if readers.len() == TRACKS_MAX {
            return;
        }
        if media == Media::Picture {
            *self.incoming_picture.lock().expect("no panic under this lock") = Some(Arc::clone(&track));
        }
        readers.push(AbortOnDropHandle::new(tokio::spawn(read_track(track, media, self.events.clone()))));
    }
}

/// Passes a track's packets to the room. Always drains: the library drops beyond 256.
async fn read_track(track: Arc<dyn TrackRemote>, media: Media, events: mpsc::Sender<LegEvent>) {
    while let Some(event) = track.poll().await {
        let TrackRemoteEvent::OnRtpPacket(rtp::Packet { header, payload }) = event else {
            continue;
        };
        let packet = RtpPacket {
            marker: header.marker,
            sequence: header.sequence_number,
            timestamp: header.timestamp,
            source: header.ssrc,
            payload,
        };
        match events.try_send(LegEvent::Packet(media, packet)) {
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => {}
            Err(mpsc::error::TrySendError::Closed(_)) => return,
        }
    }
}

/// Tells the room when the browser cannot show what it gets.
pub(super) async fn hear_requests(track: Arc<TrackLocalStaticRTP>, events: mpsc::Sender<LegEvent>) {
    while let Some(TrackLocalEvent::OnRtcpPacket(_)) = track.poll().await {
        if events.send(LegEvent::KeyframeWanted).await.is_err() {
            return;
        }
    }
}
