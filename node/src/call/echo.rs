// SPDX-License-Identifier: EUPL-1.2
//! A call with oneself: what a browser sends comes back to it a moment later, as the other side would see and hear it.
//!
//! Nothing leaves this node, nothing is kept but the moment. Ends by itself.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::keyframe::Keyframes;
use super::leg::{BrowserLeg, LegEvent, Media};
use super::rtp::RtpPacket;

/// Long enough to say a few words and then hear them.
const DELAY: Duration = Duration::from_secs(2);
/// A rehearsal is no call.
const LENGTH: Duration = Duration::from_secs(60);
/// Packets of the moment: three times what sound and the largest picture send in it. Beyond: the oldest go.
const PACKETS_MAX: usize = 1024;
/// What the picture may cost, kbit/s: the largest of the ladder.
const PICTURE_KBPS: u32 = 800;

/// Gives a browser back what it sends, until it is gone, or for a minute.
pub(super) async fn echo(leg: Box<dyn BrowserLeg>, mut events: mpsc::Receiver<LegEvent>) {
    let (started, mut asked) = (Instant::now(), Keyframes::default());
    let mut moment: VecDeque<(Instant, Media, RtpPacket)> = VecDeque::new();
    leg.allow_picture(PICTURE_KBPS);
    loop {
        let due = moment.front().map_or(started + LENGTH, |(at, ..)| *at).min(started + LENGTH);
        tokio::select! {
            event = events.recv() => match event {
                Some(LegEvent::Packet(media, packet)) => {
                    if moment.len() == PACKETS_MAX {
                        moment.pop_front();
                    }
                    moment.push_back((Instant::now() + DELAY, media, packet));
                }
                Some(LegEvent::KeyframeWanted | LegEvent::Up) => asked.want(),
                Some(LegEvent::Down) => {}
                None => return,
            },
            () = sleep_until(due) => {
                if started.elapsed() >= LENGTH {
                    return;
                }
                if let Some((_, media, packet)) = moment.pop_front()
                    && !leg.send(media, packet)
                {
                    tracing::trace!("a browser does not keep up with itself");
                }
            }
        }
        if asked.due(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)) {
            leg.want_keyframe();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use bytes::Bytes;

    use super::*;

    struct Leg(Sender<(Instant, u16)>);

    impl BrowserLeg for Leg {
        fn send(&self, _: Media, packet: RtpPacket) -> bool {
            self.0.send((Instant::now(), packet.sequence)).is_ok()
        }
        fn want_keyframe(&self) {}
        fn allow_picture(&self, _: u32) {}
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_sent_comes_back_later_and_it_ends() {
        // Goal: each packet once, in order, after the delay; no more than a minute; who sends too much loses the oldest.
        let ((came, back), (says, events)) = (channel(), mpsc::channel(4));
        let began = Instant::now();
        let task = tokio::spawn(echo(Box::new(Leg(came)), events));
        for sequence in 0..3 {
            let packet = RtpPacket { marker: true, sequence, timestamp: 0, source: 1, payload: Bytes::new() };
            says.send(LegEvent::Packet(Media::Sound, packet)).await.expect("it listens");
        }
        task.await.expect("it ends by itself");
        assert!(began.elapsed() >= LENGTH && began.elapsed() < LENGTH + DELAY);
        let heard: Vec<_> = back.iter().map(|(at, sequence)| (at.duration_since(began) >= DELAY, sequence)).collect();
        assert_eq!(heard, [(true, 0), (true, 1), (true, 2)]);
    }
}
