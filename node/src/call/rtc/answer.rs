// SPDX-License-Identifier: EUPL-1.2
//! The answer to a browser's offer: one connection, one codec each way, one socket.

use std::net::IpAddr;
use std::sync::Arc;

use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::Slot;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8};
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use tokio::sync::mpsc;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, RTCConfigurationBuilder, RTCSessionDescription, Registry,
    SettingEngineBuilder, configure_nack, configure_rtcp_reports,
};

use super::events::Shared;
use super::local;
use super::requests::KeyframeRequests;
use crate::call::leg::{LegError, Media};
use crate::call::rtp::RtpPacket;

/// After the interceptors that act on RTCP themselves.
const LAST_SLOT: usize = 14_000;

/// One stream towards the browser.
pub(super) struct Outgoing {
    pub(super) track: Arc<TrackLocalStaticRTP>,
    source: u32,
    payload_type: u8,
}

impl Outgoing {
    pub(super) async fn send(&self, packet: RtpPacket) -> bool {
        let header = rtp::header::Header {
            version: 2,
            marker: packet.marker,
            payload_type: self.payload_type,
            sequence_number: packet.sequence,
            timestamp: packet.timestamp,
            ssrc: self.source,
            ..rtp::header::Header::default()
        };
        self.track.write_rtp(rtp::Packet { header, payload: packet.payload }).await.is_ok()
    }
}

/// A connection that listens there and nowhere else, and knows our two codecs.
pub(super) async fn connection(reached: IpAddr, shared: Arc<Shared>) -> webrtc::error::Result<Arc<dyn PeerConnection>> {
    let mut media = MediaEngine::default();
    media.register_codec(codec(Media::Sound), RtpCodecKind::Audio)?;
    media.register_codec(codec(Media::Picture), RtpCodecKind::Video)?;
    let registry = configure_rtcp_reports(configure_nack(Registry::new(), &mut media))
        .with(Slot::from(LAST_SLOT), KeyframeRequests::default());
    let settings = SettingEngineBuilder::new().with_multicast_dns_mode(MulticastDnsMode::Disabled).build();
    let pc = Box::pin(
        PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(media)
            .with_interceptor_registry(registry)
            .with_setting_engine(settings)
            .with_handler(shared)
            .with_udp_addrs(vec![(reached, 0)])
            .build(),
    )
    .await?;
    Ok(Arc::new(pc))
}

/// Opus and VP8 as browsers know them; the numbers are the offer's in the end.
fn codec(media: Media) -> RTCRtpCodecParameters {
    let feedback = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.to_owned(), parameter: parameter.to_owned() };
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
    RTCRtpCodecParameters { rtp_codec, payload_type }
}

/// Takes the offer, adds our two streams; gives the answer with its candidates, and the streams.
pub(super) async fn negotiate(
    pc: Arc<dyn PeerConnection>,
    offer: RTCSessionDescription,
    mut gathering: mpsc::Receiver<()>,
) -> Result<(String, Outgoing, Outgoing), LegError> {
    let unreadable = |error: webrtc::error::Error| {
        tracing::warn!(%error, "a browser's offer was not understood");
        LegError::Unreadable
    };
    pc.set_remote_description(offer).await.map_err(unreadable)?;
    let sound = add_track(&*pc, Media::Sound).await?;
    let picture = add_track(&*pc, Media::Picture).await?;
    let answer = pc.create_answer(None).await.map_err(unreadable)?;
    pc.set_local_description(answer).await.map_err(unreadable)?;
    gathering.recv().await.ok_or(LegError::Local)?;
    let answer = pc.local_description().await.ok_or(LegError::Local)?;
    let sound = outgoing(&*pc, sound, Media::Sound).await?;
    let picture = outgoing(&*pc, picture, Media::Picture).await?;
    Ok((answer.sdp, sound, picture))
}

async fn add_track(pc: &dyn PeerConnection, media: Media) -> Result<(Arc<TrackLocalStaticRTP>, u32), LegError> {
    let source = getrandom::u32().map_err(|_| LegError::Local)?;
    let (kind, name) = match media {
        Media::Sound => (RtpCodecKind::Audio, "sound"),
        Media::Picture => (RtpCodecKind::Video, "picture"),
    };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(source), ..RTCRtpCodingParameters::default() },
        codec: codec(media).rtp_codec,
        ..RTCRtpEncodingParameters::default()
    };
    // One stream for both, so that the browser keeps lips and voice together.
    let track = MediaStreamTrack::new("call".to_owned(), name.to_owned(), name.to_owned(), kind, vec![encoding]);
    let track = Arc::new(TrackLocalStaticRTP::new(track));
    pc.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await.map_err(local)?;
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
            let ours = codecs.iter().find(|codec| codec.rtp_codec.mime_type.eq_ignore_ascii_case(&mime));
            let payload_type = ours.ok_or(LegError::NoCommonMedia)?.payload_type;
            return Ok(Outgoing { track, source, payload_type });
        }
    }
    Err(LegError::NoCommonMedia)
}
