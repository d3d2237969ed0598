// SPDX-License-Identifier: EUPL-1.2
//! The lines between nodes. Frames of one connection arrive in order or the connection ends, as over
//! TCP and QUIC; so a lost frame is a cut. Between connections anything overtakes anything.
//!
//! A blocked direction holds its frames back until it opens, or until the connection is given up.
//! Nothing here reads a frame, except who damages copies.

use crate::dice::Dice;

/// A line between two nodes.
pub(crate) struct Link {
    /// The two nodes, by place.
    pub(crate) ends: [usize; 2],
    /// One way, at best, in milliseconds.
    pub(crate) delay_ms: u64,
    /// The connection that stands, if any.
    pub(crate) connection: Option<Connection>,
    /// How many splits and clogs block each direction: from the first end, from the second.
    pub(crate) blocked: [u32; 2],
    /// Until when it loses nearly everything.
    pub(crate) burst_until_ms: u64,
}

/// One connection.
pub(crate) struct Connection {
    /// Its number: never given twice.
    pub(crate) id: u64,
    /// No frame overtakes another: the latest arrival so far, by direction.
    last_arrival_ms: [u64; 2],
    /// Frames behind a block, by direction.
    held: [Vec<Vec<u8>>; 2],
    /// A frame was lost in this direction: nothing after it arrives either.
    broken: [bool; 2],
}

/// What a frame meets besides the line's own delay.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Luck {
    /// Packets were lost and sent again.
    pub(crate) late_ms: u64,
    /// It goes past what waits before it.
    pub(crate) overtakes: bool,
}

/// What becomes of a frame.
pub(crate) enum Passage {
    /// It arrives at this time.
    Arrives(u64),
    /// It waits behind a block, or is gone.
    Stays,
}

/// A frame on a connection.
#[derive(Clone)]
pub(crate) struct Transit {
    /// The line.
    pub(crate) link: usize,
    /// The connection; `None` for a replay, which takes whichever stands then.
    pub(crate) connection: Option<u64>,
    /// 0 from the first end, 1 from the second.
    pub(crate) way: usize,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
}

impl Link {
    /// A line that is not connected.
    pub(crate) fn new(ends: [usize; 2], delay_ms: u64) -> Self {
        Self { ends, delay_ms, connection: None, blocked: [0; 2], burst_until_ms: 0 }
    }

    /// Whether both directions are open.
    pub(crate) fn is_open(&self) -> bool {
        self.blocked == [0, 0]
    }

    /// The direction of what `from` sends.
    pub(crate) fn way_from(&self, from: usize) -> usize {
        usize::from(self.ends[0] != from)
    }

    /// Stands up a new connection.
    pub(crate) fn connect(&mut self, id: u64) {
        self.connection =
            Some(Connection { id, last_arrival_ms: [0; 2], held: Default::default(), broken: [false; 2] });
    }

    /// Sends a frame, `late_ms` later than the line alone would. One that `overtakes` may come before
    /// what was sent before it.
    pub(crate) fn send(&mut self, dice: &mut Dice, now_ms: u64, way: usize, bytes: &[u8], luck: Luck) -> Passage {
        let blocked = self.blocked[way] > 0;
        let delay_ms = self.delay_ms + dice.below(self.delay_ms / 2 + 1) + luck.late_ms;
        let Some(connection) = &mut self.connection else { return Passage::Stays };
        if connection.broken[way] {
            return Passage::Stays;
        }
        if blocked {
            connection.held[way].push(bytes.to_vec());
            return Passage::Stays;
        }
        if luck.overtakes {
            return Passage::Arrives(now_ms + dice.below(delay_ms + 1));
        }
        let at_ms = (now_ms + delay_ms).max(connection.last_arrival_ms[way]);
        connection.last_arrival_ms[way] = at_ms;
        Passage::Arrives(at_ms)
    }

    /// Loses a frame: nothing later of this direction arrives.
    pub(crate) fn lose(&mut self, way: usize) {
        if let Some(connection) = &mut self.connection {
            connection.broken[way] = true;
        }
    }

    /// The connection over which a frame was lost and that nobody has given up yet.
    pub(crate) fn broken_connection(&self) -> Option<u64> {
        self.connection.as_ref().filter(|connection| connection.broken.contains(&true)).map(|connection| connection.id)
    }

    /// Frames that waited behind a block that is gone.
    pub(crate) fn held_back(&mut self, way: usize) -> Vec<Vec<u8>> {
        match &mut self.connection {
            Some(connection) if self.blocked[way] == 0 => core::mem::take(&mut connection.held[way]),
            _ => Vec::new(),
        }
    }
}

/// A damaged copy of a frame: some bytes changed, cut, or added.
pub(crate) fn damaged(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    match dice.below(4) {
        0 => damaged.truncate(dice.place(bytes.len()).unwrap_or(0)),
        1 => damaged.extend(dice.bytes::<7>()),
        _ => {
            for _ in 0..=dice.below(3) {
                if let Some(place) = dice.place(damaged.len()) {
                    damaged[place] ^= 1 << dice.below(8);
                }
            }
        }
    }
    damaged
}
