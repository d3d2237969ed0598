// SPDX-License-Identifier: EUPL-1.2
//! Sound and picture as QUIC datagrams: `flow id || RTP or RTCP`, as RTP over QUIC does
//! (draft-ietf-avtcore-rtp-over-quic), with flow ids 0 to 3 that fit in a one-byte varint.
//!
//! A browser's RTP packet has up to some 1200 bytes, and a young connection carries 1162: what does
//! not fit travels as **two datagrams**, put together again at the other end. Why not a stream of its
//! own, which that draft allows: on a thin line a stream is sent again and again when its time has
//! passed, and delays what is fresh; a lost half costs what a lost packet costs.
//!
//! Reads no socket. Invariant: whatever comes in, at most [`HALVES_MAX`] halves are kept.

use bytes::{BufMut, Bytes, BytesMut};

/// Largest packet accepted from either side: an Ethernet frame's worth.
pub const PACKET_BYTES_MAX: usize = 1500;
/// Halves that wait for their other half. The oldest is dropped for a newer one.
pub const HALVES_MAX: usize = 16;
/// Flow ids from here on are halves of the flow `id - HALF`.
const HALF: u8 = 16;
/// Flow id, pair number, which half.
const HALF_HEADER_BYTES: usize = 4;

/// What a packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flow {
    /// RTP of the sound, id 0.
    Sound,
    /// RTCP of the sound, id 1.
    SoundControl,
    /// RTP of the picture, id 2.
    Picture,
    /// RTCP of the picture, id 3.
    PictureControl,
}

/// Why a datagram was thrown away. A peer that sends such costs a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DatagramError {
    /// Empty, or longer than [`PACKET_BYTES_MAX`].
    #[error("a datagram of no use: it is empty or too long")]
    Length,
    /// No such flow.
    #[error("a datagram of an unknown flow")]
    Flow,
    /// The two halves do not belong together.
    #[error("half a packet that fits no other")]
    Half,
}

/// Cuts packets into datagrams. One a connection.
#[derive(Debug, Default)]
pub struct Cutter {
    pair: u16,
}

/// Puts datagrams together into packets. One a connection.
#[derive(Debug, Default)]
pub struct Joiner {
    halves: Vec<HalfPacket>,
}

#[derive(Debug)]
struct HalfPacket {
    flow: Flow,
    pair: u16,
    second: bool,
    bytes: Bytes,
}

impl Flow {
    /// Its id on the wire.
    #[must_use]
    pub fn id(self) -> u8 {
        match self {
            Self::Sound => 0,
            Self::SoundControl => 1,
            Self::Picture => 2,
            Self::PictureControl => 3,
        }
    }

    fn from_id(id: u8) -> Option<Self> {
        [Self::Sound, Self::SoundControl, Self::Picture, Self::PictureControl].into_iter().find(|flow| flow.id() == id)
    }
}

impl Cutter {
    /// The one or two datagrams, each at most `limit` bytes, that carry `packet`.
    ///
    /// # Errors
    /// [`DatagramError::Length`] for an empty packet, one beyond [`PACKET_BYTES_MAX`], or a limit that two
    /// halves do not fit.
    pub fn cut(&mut self, flow: Flow, packet: &[u8], limit: usize) -> Result<Vec<Bytes>, DatagramError> {
        if packet.is_empty() || packet.len() > PACKET_BYTES_MAX {
            return Err(DatagramError::Length);
        }
        if packet.len() < limit {
            let mut whole = BytesMut::with_capacity(packet.len() + 1);
            whole.put_u8(flow.id());
            whole.put_slice(packet);
            return Ok(vec![whole.freeze()]);
        }
        let middle = packet.len().div_ceil(2);
        if middle + HALF_HEADER_BYTES > limit {
            return Err(DatagramError::Length);
        }
        self.pair = self.pair.wrapping_add(1);
        let half = |second: bool, bytes: &[u8]| {
            let mut half = BytesMut::with_capacity(bytes.len() + HALF_HEADER_BYTES);
            half.put_u8(HALF + flow.id());
            half.put_u16(self.pair);
            half.put_u8(u8::from(second));
            half.put_slice(bytes);
            half.freeze()
        };
        Ok(vec![half(false, &packet[..middle]), half(true, &packet[middle..])])
    }
}

impl Joiner {
    /// Takes a datagram; gives a packet when one is whole.
    ///
    /// # Errors
    /// When the datagram is of no use. Nothing of it is kept then.
    pub fn join(&mut self, datagram: Bytes) -> Result<Option<(Flow, Bytes)>, DatagramError> {
        if datagram.len() < 2 || datagram.len() > PACKET_BYTES_MAX + 1 {
            return Err(DatagramError::Length);
        }
        let id = datagram[0];
        if id < HALF {
            let flow = Flow::from_id(id).ok_or(DatagramError::Flow)?;
            return Ok(Some((flow, datagram.slice(1..))));
        }
        let flow = Flow::from_id(id - HALF).ok_or(DatagramError::Flow)?;
        if datagram.len() <= HALF_HEADER_BYTES || datagram[3] > 1 {
            return Err(DatagramError::Half);
        }
        let half = HalfPacket {
            flow,
            pair: u16::from_be_bytes([datagram[1], datagram[2]]),
            second: datagram[3] == 1,
            bytes: datagram.slice(HALF_HEADER_BYTES..),
        };
        self.pair_up(half)
    }

    fn pair_up(&mut self, half: HalfPacket) -> Result<Option<(Flow, Bytes)>, DatagramError> {
        let Some(at) = self.halves.iter().position(|kept| kept.flow == half.flow && kept.pair == half.pair) else {
            if self.halves.len() == HALVES_MAX {
                self.halves.remove(0);
            }
            self.halves.push(half);
            return Ok(None);
        };
        let kept = self.halves.remove(at);
        let whole = kept.bytes.len() + half.bytes.len();
        if kept.second == half.second || whole > PACKET_BYTES_MAX {
            return Err(DatagramError::Half);
        }
        let (first, second) = if half.second { (kept.bytes, half.bytes) } else { (half.bytes, kept.bytes) };
        let mut packet = BytesMut::with_capacity(whole);
        packet.put_slice(&first);
        packet.put_slice(&second);
        Ok(Some((half.flow, packet.freeze())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 7) as u8).collect()
    }

    #[test]
    fn packets_of_every_length_get_through() {
        // Goal: whatever the limit of the line, a browser's packet arrives whole, its halves in any order.
        for (length, limit, datagrams) in
            [(1, 1162, 1), (1161, 1162, 1), (1162, 1162, 2), (1200, 1162, 2), (1500, 1162, 2), (1200, 1414, 1)]
        {
            for turned in [false, true] {
                let mut cut = Cutter::default().cut(Flow::Picture, &packet(length), limit).unwrap();
                assert_eq!(cut.len(), datagrams, "{length} in {limit}");
                assert!(cut.iter().all(|datagram| datagram.len() <= limit), "{length} in {limit}");
                if turned {
                    cut.reverse();
                }
                let mut joiner = Joiner::default();
                let joined: Vec<_> = cut.into_iter().filter_map(|datagram| joiner.join(datagram).unwrap()).collect();
                assert_eq!(joined, [(Flow::Picture, Bytes::from(packet(length)))], "{length} in {limit}");
            }
        }
    }

    #[test]
    fn garbage_costs_nothing_but_an_error() {
        // Goal: strange datagrams are refused, unpaired halves are bounded.
        let mut joiner = Joiner::default();
        for (case, bytes, error) in [
            ("empty", vec![], DatagramError::Length),
            ("flow alone", vec![0], DatagramError::Length),
            ("too long", vec![0; PACKET_BYTES_MAX + 2], DatagramError::Length),
            ("unknown flow", vec![4, 1], DatagramError::Flow),
            ("half of an unknown flow", vec![HALF + 4, 0, 0, 0, 1], DatagramError::Flow),
            ("half of nothing", vec![HALF, 0, 0, 0], DatagramError::Half),
            ("third half", vec![HALF, 0, 0, 2, 1], DatagramError::Half),
        ] {
            assert_eq!(joiner.join(Bytes::from(bytes)), Err(error), "{case}");
        }
        for pair in 0..1000_u16 {
            let [high, low] = pair.to_be_bytes();
            assert_eq!(joiner.join(Bytes::from(vec![HALF, high, low, 0, 1])), Ok(None));
        }
        assert_eq!(joiner.halves.len(), HALVES_MAX);
        assert_eq!(joiner.join(Bytes::from(vec![HALF, 3, 231, 0, 1])), Err(DatagramError::Half), "the same half twice");
        assert_eq!(Cutter::default().cut(Flow::Sound, &packet(1501), 1162), Err(DatagramError::Length));
        assert_eq!(Cutter::default().cut(Flow::Sound, &packet(1500), 100), Err(DatagramError::Length));
    }
}
