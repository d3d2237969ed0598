// SPDX-License-Identifier: EUPL-1.2
//! A browser's leg by webrtc-rs. Nothing else in the node names that library.
//!
//! One codec each: Opus and VP8, so that packets pass from browser to browser as they are. Header
//! extensions end here. No transport-wide feedback: it would tell the browser of a loopback without
//! bounds; the node says by REMB each second what the line between the nodes bears.
//! Invariant: a leg's tasks end with the leg, and its socket with them.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{Attribute, Interceptor, Packet, Slot, StreamInfo, TaggedPacket};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters,
    RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::sansio::Protocol;
use rtc::{rtcp, rtp};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::task::AbortOnDropHandle;
use tokio_util::task::TaskTracker;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCConfigurationBuilder, RTCIceGatheringState, RTCPeerConnectionState, RTCSessionDescription,
    Registry, SettingEngineBuilder, configure_nack, configure_rtcp_reports,
};

use super::leg::{
    BrowserLeg, LEG_EVENTS_MAX, LegError, LegEvent, LegMaker, Media, NewLeg, SDP_BYTES_MAX,
};
use super::rtp::RtpPacket;

/// Packets for the browser that wait for its leg: a second of sound and picture. Beyond: dropped.
const OUTBOX_MAX: usize = 256;
/// An answer is computed and the local socket bound in milliseconds; more than this is a fault.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// Tracks read from one browser: one of each. More are left unread.
const TRACKS_MAX: usize = 2;
/// What a picture may cost until the room says otherwise, kbit/s.
const FIRST_PICTURE_KBPS: u32 = 800;
/// How often the browser is told.
const BUDGET_PERIOD: Duration = Duration::from_secs(1);
/// After the interceptors that act on RTCP themselves.
const LAST_SLOT: usize = 14_000;

/// Makes legs to browsers of this machine or this network.
#[derive(Debug, Clone)]
pub struct RtcLegs {
    listen: IpAddr,
    tasks: TaskTracker,
}

impl RtcLegs {
    /// Legs on sockets of this address, each on a free port. Loopback for a browser of this machine.
    #[must_use]
    pub fn new(listen: IpAddr) -> Self {
        Self {
            listen,
            tasks: TaskTracker::new(),
        }
    }
}

#[async_trait]
impl LegMaker for RtcLegs {
    async fn answer(&self, offer: &str) -> Result<NewLeg, LegError> {
        if offer.len() > SDP_BYTES_MAX {
            return Err(LegError::TooLong(offer.len()));
        }
        let offer =
            RTCSessionDescription::offer(offer.to_owned()).map_err(|_| LegError::Unreadable)?;
        let (listen, tasks) = (self.listen, self.tasks.clone());
        // In a task of its own: if the library panics on what a browser wrote, this is an error.
        let answering = AbortOnDropHandle::new(tokio::spawn(timeout(
            ANSWER_TIME,
            answer(listen, tasks, offer),
        )));
        match answering.await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => Err(LegError::Local),
            Err(_) => Err(LegError::Unreadable),
        }
    }
}

/// What the room wants of the leg.
enum Order {
    Send(Media, RtpPacket),
    Keyframe,
    Picture { kbps: u32 },
}

struct RtcLeg {
    orders: mpsc::Sender<Order>,
}

impl BrowserLeg for RtcLeg {
    fn send(&self, media: Media, packet: RtpPacket) -> bool {
        self.orders.try_send(Order::Send(media, packet)).is_ok()
    }

    fn want_keyframe(&self) {
        self.order(Order::Keyframe);
    }

    fn allow_picture(&self, kbps: u32) {
        self.order(Order::Picture { kbps });
    }
}

impl RtcLeg {
    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            tracing::debug!("a browser's leg does not keep up");
        }
    }
}

/// What the library's callbacks and the leg's own task share.
struct Shared {
    events: mpsc::Sender<LegEvent>,
    gathered: mpsc::Sender<()>,
    incoming_picture: Mutex<Option<Arc<dyn TrackRemote>>>,
    readers: Mutex<Vec<AbortOnDropHandle<()>>>,
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
            RTCPeerConnectionState::Disconnected
            | RTCPeerConnectionState::Failed
            | RTCPeerConnectionState::Closed => LegEvent::Down,
            _ => return,
        };
        if self.events.send(event).await.is_err() {
            tracing::debug!("a browser's leg outlived its room");
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let media = if track.kind().await == RtpCodecKind::Video {
            Media::Picture
        } else {
            Media::Sound
        };
        let mut readers = self.readers.lock().expect("no panic under this lock");
        if readers.len() == TRACKS_MAX {
            return;
        }
        if media == Media::Picture {
            *self
                .incoming_picture
                .lock()
                .expect("no panic under this lock") = Some(Arc::clone(&track));
        }
        readers.push(AbortOnDropHandle::new(tokio::spawn(read_track(
            track,
            media,
            self.events.clone(),
        ))));
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

/// One stream towards the browser.
struct Outgoing {
    track: Arc<TrackLocalStaticRTP>,
    source: u32,
    payload_type: u8,
}

impl Outgoing {
    async fn send(&self, packet: RtpPacket) -> bool {
        let header = rtp::header::Header {
            version: 2,
            marker: packet.marker,
            payload_type: self.payload_type,
            sequence_number: packet.sequence,
            timestamp: packet.timestamp,
            ssrc: self.source,
            ..rtp::header::Header::default()
        };
        self.track
            .write_rtp(rtp::Packet {
                header,
                payload: packet.payload,
            })
            .await
            .is_ok()
    }
}

async fn answer(
    listen: IpAddr,
    tasks: TaskTracker,
    offer: RTCSessionDescription,
) -> Result<NewLeg, LegError> {
    let (events_in, events) = mpsc::channel(LEG_EVENTS_MAX);
    let (gathered, mut gathering) = mpsc::channel(1);
    let shared = Arc::new(Shared {
        events: events_in,
        gathered,
        incoming_picture: Mutex::default(),
        readers: Mutex::default(),
    });
    let pc = connection(listen, Arc::clone(&shared))
        .await
        .map_err(local)?;
    match negotiate(&*pc, offer, &mut gathering).await {
        Ok((answer, sound, picture)) => {
            let (orders, outbox) = mpsc::channel(OUTBOX_MAX);
            tasks.spawn(serve(pc, shared, outbox, sound, picture));
            Ok(NewLeg {
                answer,
                leg: Box::new(RtcLeg { orders }),
                events,
            })
        }
        Err(error) => {
            pc.close().await.map_err(local)?;
            Err(error)
        }
    }
}

fn local(error: webrtc::error::Error) -> LegError {
    tracing::warn!(%error, "no leg to the browser");
    LegError::Local
}

async fn connection(
    listen: IpAddr,
    shared: Arc<Shared>,
) -> webrtc::error::Result<Arc<dyn PeerConnection>> {
    let mut media = MediaEngine::default();
    media.register_codec(codec(Media::Sound), RtpCodecKind::Audio)?;
    media.register_codec(codec(Media::Picture), RtpCodecKind::Video)?;
    let registry = configure_rtcp_reports(configure_nack(Registry::new(), &mut media))
        .with(Slot::from(LAST_SLOT), KeyframeRequests::default());
    let settings = SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .build();
    let pc = PeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_media_engine(media)
        .with_interceptor_registry(registry)
        .with_setting_engine(settings)
        .with_handler(shared)
        .with_udp_addrs(vec![(listen, 0)])
        .build()
        .await?;
    Ok(Arc::new(pc))
}

/// Opus and VP8 as browsers know them; the numbers are the offer's in the end.
fn codec(media: Media) -> RTCRtpCodecParameters {
    let feedback = |typ: &str, parameter: &str| RTCPFeedback {
        typ: typ.to_owned(),
        parameter: parameter.to_owned(),
    };
    let (rtp_codec, payload_type) = match media {
        Media::Sound => (
            RTCRtpCodec {
                mime_type: MIME_TYPE_OPUS.to_owned(),
                clock_rate: 48_000,
                channels: 2,
                sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
                rtcp_feedback: vec![],
            },
            111,
        ),
        Media::Picture => (
            RTCRtpCodec {
                mime_type: MIME_TYPE_VP8.to_owned(),
                clock_rate: 90_000,
                channels: 0,
                sdp_fmtp_line: String::new(),
                rtcp_feedback: vec![
                    feedback("goog-remb", ""),
                    feedback("ccm", "fir"),
                    feedback("nack", ""),
                    feedback("nack", "pli"),
                ],
            },
            96,
        ),
    };
    RTCRtpCodecParameters {
        rtp_codec,
        payload_type,
        ..RTCRtpCodecParameters::default()
    }
}

async fn negotiate(
    pc: &dyn PeerConnection,
    offer: RTCSessionDescription,
    gathering: &mut mpsc::Receiver<()>,
) -> Result<(String, Outgoing, Outgoing), LegError> {
    let unreadable = |error: webrtc::error::Error| {
        tracing::warn!(%error, "a browser's offer was not understood");
        LegError::Unreadable
    };
    pc.set_remote_description(offer).await.map_err(unreadable)?;
    let sound = add_track(pc, Media::Sound).await?;
    let picture = add_track(pc, Media::Picture).await?;
    let answer = pc.create_answer(None).await.map_err(unreadable)?;
    pc.set_local_description(answer).await.map_err(unreadable)?;
    gathering.recv().await.ok_or(LegError::Local)?;
    let answer = pc.local_description().await.ok_or(LegError::Local)?;
    let sound = outgoing(pc, sound, Media::Sound).await?;
    let picture = outgoing(pc, picture, Media::Picture).await?;
    Ok((answer.sdp, sound, picture))
}

async fn add_track(
    pc: &dyn PeerConnection,
    media: Media,
) -> Result<(Arc<TrackLocalStaticRTP>, u32), LegError> {
    let source = getrandom::u32().map_err(|_| LegError::Local)?;
    let (kind, name) = match media {
        Media::Sound => (RtpCodecKind::Audio, "sound"),
        Media::Picture => (RtpCodecKind::Video, "picture"),
    };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(source),
            ..RTCRtpCodingParameters::default()
        },
        codec: codec(media).rtp_codec,
        ..RTCRtpEncodingParameters::default()
    };
    // One stream for both, so that the browser keeps lips and voice together.
    let track = MediaStreamTrack::new(
        "call".to_owned(),
        name.to_owned(),
        name.to_owned(),
        kind,
        vec![encoding],
    );
    let track = Arc::new(TrackLocalStaticRTP::new(track));
    pc.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>)
        .await
        .map_err(local)?;
    Ok((track, source))
}

/// Reads the numbers that the browser gave to our codecs.
async fn outgoing(
    pc: &dyn PeerConnection,
    (track, source): (Arc<TrackLocalStaticRTP>, u32),
    media: Media,
) -> Result<Outgoing, LegError> {
    let mime = codec(media).rtp_codec.mime_type;
    for sender in pc.get_senders().await {
        if sender.track().ssrcs().await.contains(&source) {
            let parameters = sender.get_parameters().await.map_err(local)?;
            let codecs = parameters.rtp_parameters.codecs;
            let ours = codecs
                .iter()
                .find(|codec| codec.rtp_codec.mime_type.eq_ignore_ascii_case(&mime));
            let payload_type = ours.ok_or(LegError::NoCommonMedia)?.payload_type;
            return Ok(Outgoing {
                track,
                source,
                payload_type,
            });
        }
    }
    Err(LegError::NoCommonMedia)
}

/// The leg's own task: carries out orders until the leg is dropped, then closes the connection.
async fn serve(
    pc: Arc<dyn PeerConnection>,
    shared: Arc<Shared>,
    mut outbox: mpsc::Receiver<Order>,
    sound: Outgoing,
    picture: Outgoing,
) {
    let requests = AbortOnDropHandle::new(tokio::spawn(hear_requests(
        Arc::clone(&picture.track),
        shared.events.clone(),
    )));
    let mut budget_tick = interval(BUDGET_PERIOD);
    budget_tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut kbps = FIRST_PICTURE_KBPS;
    loop {
        let order = tokio::select! {
            order = outbox.recv() => order,
            _ = budget_tick.tick() => Some(Order::Picture { kbps }),
        };
        let sent = match order {
            Some(Order::Send(Media::Sound, packet)) => sound.send(packet).await,
            Some(Order::Send(Media::Picture, packet)) => picture.send(packet).await,
            Some(Order::Keyframe) => tell(&shared, Feedback::Keyframe).await,
            Some(Order::Picture { kbps: allowed }) => {
                kbps = allowed;
                tell(&shared, Feedback::Picture { kbps }).await
            }
            None => break,
        };
        if !sent {
            tracing::trace!("a browser's leg is not up");
        }
    }
    drop(requests);
    shared
        .readers
        .lock()
        .expect("no panic under this lock")
        .clear();
    if let Err(error) = pc.close().await {
        tracing::debug!(%error, "a browser's leg closed badly");
    }
}

enum Feedback {
    Keyframe,
    Picture { kbps: u32 },
}

/// Writes RTCP about the browser's picture. `true` when there is none yet.
async fn tell(shared: &Shared, feedback: Feedback) -> bool {
    let track = shared
        .incoming_picture
        .lock()
        .expect("no panic under this lock")
        .clone();
    let Some(track) = track else { return true };
    let Some(media_ssrc) = track.ssrcs().await.first().copied() else {
        return true;
    };
    let packet: Box<dyn rtcp::Packet> = match feedback {
        Feedback::Keyframe => Box::new(PictureLossIndication {
            sender_ssrc: 0,
            media_ssrc,
        }),
        Feedback::Picture { kbps } => Box::new(ReceiverEstimatedMaximumBitrate {
            sender_ssrc: 0,
            bitrate: kbps as f32 * 1000.0,
            ssrcs: vec![media_ssrc],
        }),
    };
    track.write_rtcp(vec![packet]).await.is_ok()
}

/// Tells the room when the browser cannot show what it gets.
async fn hear_requests(track: Arc<TrackLocalStaticRTP>, events: mpsc::Sender<LegEvent>) {
    while let Some(TrackLocalEvent::OnRtcpPacket(_)) = track.poll().await {
        if events.send(LegEvent::KeyframeWanted).await.is_err() {
            return;
        }
    }
}

/// Lets requests for a whole picture through to the leg; all other RTCP ends with the interceptors before.
#[derive(Default)]
struct KeyframeRequests {
    read: VecDeque<TaggedPacket>,
    written: VecDeque<TaggedPacket>,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for KeyframeRequests {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = rtc::shared::error::Error;
    type Time = Instant;

    fn handle_read(&mut self, mut tagged: TaggedPacket) -> Result<(), Self::Error> {
        if let Packet::Rtcp(packets) = &mut tagged.message.packet {
            packets.retain(|packet| {
                let packet = packet.as_any();
                packet.is::<PictureLossIndication>() || packet.is::<FullIntraRequest>()
            });
            if packets.is_empty() {
                return Ok(());
            }
            tagged.message.add(Attribute::DeliverToApplication);
        }
        self.read.push_back(tagged);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<Self::Rout> {
        self.read.pop_front()
    }

    fn handle_write(&mut self, tagged: TaggedPacket) -> Result<(), Self::Error> {
        self.written.push_back(tagged);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<Self::Wout> {
        self.written.pop_front()
    }
}

impl Interceptor for KeyframeRequests {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}
