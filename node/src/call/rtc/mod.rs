// SPDX-License-Identifier: EUPL-1.2
//! A browser's leg by webrtc-rs. Nothing else in the node names that library.
//!
//! One codec each: Opus and VP8, so that packets pass from browser to browser as they are. Header
//! extensions end here. No transport-wide feedback: it would tell the browser of a loopback without
//! bounds; the node says by REMB each second what the line between the nodes bears.
//! Invariant: a leg's tasks end with the leg, and its socket with them.

mod answer;
mod events;
mod requests;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rtc::rtcp;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use webrtc::peer_connection::{PeerConnection, RTCSessionDescription};

use super::leg::{BrowserLeg, LEG_EVENTS_MAX, LegError, LegMaker, Media, NewLeg, SDP_BYTES_MAX};
use super::rtp::RtpPacket;
use answer::{Outgoing, connection, negotiate};
use events::{Shared, hear_requests};

/// Packets for the browser that wait for its leg: a second of sound and picture. Beyond: dropped.
const OUTBOX_MAX: usize = 256;
/// An answer is computed and the local socket bound in milliseconds; more than this is a fault.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// Tasks of legs at once, two for each that is being answered, one for each that is up: as many as rooms,
/// and as many again that are closing. Beyond: the page is told to try again.
const TASKS_MAX: usize = 128;
/// What a picture may cost until the room says otherwise, kbit/s.
const FIRST_PICTURE_KBPS: u32 = 100;
/// How often the browser is told.
const BUDGET_PERIOD: Duration = Duration::from_secs(1);

/// Makes legs to browsers of this machine or this network, each on a free port of the address that its browser reached.
#[derive(Debug, Clone, Default)]
pub struct RtcLegs {
    tasks: TaskTracker,
}

#[async_trait]
impl LegMaker for RtcLegs {
    async fn answer(&self, offer: &str, reached: IpAddr) -> Result<NewLeg, LegError> {
        if offer.len() > SDP_BYTES_MAX {
            return Err(LegError::TooLong(offer.len()));
        }
        let offer = RTCSessionDescription::offer(offer.to_owned()).map_err(|_| LegError::Unreadable)?;
        if self.tasks.len() >= TASKS_MAX {
            return Err(LegError::Local);
        }
        // A task of its own: a page that gives up waiting leaves nothing half open.
        let answering = self.tasks.spawn(answer(reached, self.tasks.clone(), offer));
        answering.await.unwrap_or(Err(LegError::Local))
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

async fn answer(reached: IpAddr, tasks: TaskTracker, offer: RTCSessionDescription) -> Result<NewLeg, LegError> {
    let (events_in, events) = mpsc::channel(LEG_EVENTS_MAX);
    let (gathered, gathering) = mpsc::channel(1);
    let shared =
        Arc::new(Shared { events: events_in, gathered, incoming_picture: Mutex::default(), readers: Mutex::default() });
    let pc = Box::pin(connection(reached, Arc::clone(&shared))).await.map_err(local)?;
    // Another task again: if the library panics on what a browser wrote, that is an error, and it is closed.
    let negotiating = negotiate(Arc::clone(&pc), offer, gathering);
    let negotiating = AbortOnDropHandle::new(tokio::spawn(timeout(ANSWER_TIME, negotiating)));
    let error = match negotiating.await {
        Ok(Ok(Ok((answer, sound, picture)))) => {
            let (orders, outbox) = mpsc::channel(OUTBOX_MAX);
            tasks.spawn(serve(pc, shared, outbox, sound, picture));
            let leg = Box::new(RtcLeg { orders });
            return Ok(NewLeg { answer, leg, events });
        }
        Ok(Ok(Err(error))) => error,
        Ok(Err(_)) => LegError::Local,
        Err(_) => LegError::Unreadable,
    };
    pc.close().await.map_err(local)?;
    Err(error)
}

fn local(error: webrtc::error::Error) -> LegError {
    tracing::warn!(%error, "no leg to the browser");
    LegError::Local
}

/// The leg's own task: carries out orders until the leg is dropped, then closes the connection.
async fn serve(
    pc: Arc<dyn PeerConnection>,
    shared: Arc<Shared>,
    mut outbox: mpsc::Receiver<Order>,
    sound: Outgoing,
    picture: Outgoing,
) {
    let requests =
        AbortOnDropHandle::new(tokio::spawn(hear_requests(Arc::clone(&picture.track), shared.events.clone())));
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
    shared.readers.lock().expect("no panic under this lock").clear();
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
    let track = shared.incoming_picture.lock().expect("no panic under this lock").clone();
    let Some(track) = track else { return true };
    let Some(media_ssrc) = track.ssrcs().await.first().copied() else {
        return true;
    };
    let packet: Box<dyn rtcp::Packet> = match feedback {
        Feedback::Keyframe => Box::new(PictureLossIndication { sender_ssrc: 0, media_ssrc }),
        Feedback::Picture { kbps } => Box::new(ReceiverEstimatedMaximumBitrate {
            sender_ssrc: 0,
            bitrate: kbps as f32 * 1000.0,
            ssrcs: vec![media_ssrc],
        }),
    };
    track.write_rtcp(vec![packet]).await.is_ok()
}
