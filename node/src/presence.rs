// SPDX-License-Identifier: EUPL-1.2
//! Whether somebody sits at an agency's desks, now, and whom a neighbour hears: said between two boxes on the connection
//! that stands, and forgotten with it. No act, not signed, not kept, not passed on (decisions 19 and 22).
//!
//! Three frames beside those of replication. Whoever wants to know asks; only who has asked is told, so a box of an older
//! version, which knows neither, is never sent an answer and counts one question a connection as a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use crdt_calendar::ids::PublicKey;
use crdt_calendar::time::UtcMinute;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::reach::Reach;

/// The version of frames, as replication's.
const VERSION: u8 = 1;
/// Kinds far from those of replication, which are counted from 0.
const ASKED: u8 = 120;
const TOLD: u8 = 121;
const NEAR: u8 = 122;
/// Kinds kept for words like these; one that is not known is passed over.
const WORDS: std::ops::RangeInclusive<u8> = 112..=127;
/// Desks of which is told: as many as a member's file may have.
pub const DESKS_MAX: usize = 64;

/// Members that one box hears, at most.
pub const NEAR_MAX: usize = 1_024;
/// A member's box by the first bytes of its key: enough to say who is heard, and no more than that rests on it.
pub type ShortKey = [u8; 8];

/// A number of desks, then for each a byte, a kind and a minute of at most five bytes.
const TOLD_BYTES_MAX: usize = 1 + DESKS_MAX * 7;
const NEAR_BYTES_MAX: usize = 2 + NEAR_MAX * size_of::<ShortKey>();

/// What is known of a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Seat {
    /// Nobody has its page open.
    Empty,
    /// Who sits there is away for a moment.
    Away,
    /// Somebody is there.
    Taken,
}

/// A desk, and since when it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtDesk {
    /// The desk's number.
    pub desk: u8,
    /// What is known of it.
    pub seat: Seat,
    /// Since when, by the agency's clock.
    pub since: UtcMinute,
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// "Tell me, now and whenever it changes."
    Asked,
    /// How the desks are, all of them.
    Told(Vec<AtDesk>),
    /// Whose boxes are connected with the one that says it.
    Near(Vec<ShortKey>),
}

/// What a frame is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// One of these words.
    Word(Word),
    /// A later version's: passed over.
    Later,
    /// Replication's to judge, which charges for what does not decode there either.
    Other,
}

/// Reads a frame.
#[must_use]
pub fn read(frame: &[u8]) -> Read {
    match frame {
        [VERSION, ASKED] => Read::Word(Word::Asked),
        [VERSION, TOLD, body @ ..] if body.len() <= TOLD_BYTES_MAX => match exactly::<Vec<AtDesk>>(body) {
            Some(desks) if desks.len() <= DESKS_MAX => Read::Word(Word::Told(desks)),
            _ => Read::Other,
        },
        [VERSION, NEAR, body @ ..] if body.len() <= NEAR_BYTES_MAX => match exactly::<Vec<ShortKey>>(body) {
            Some(near) if near.len() <= NEAR_MAX => Read::Word(Word::Near(near)),
            _ => Read::Other,
        },
        [VERSION, ASKED | TOLD | NEAR, ..] => Read::Other,
        [VERSION, kind, ..] if WORDS.contains(kind) => Read::Later,
        _ => Read::Other,
    }
}

fn exactly<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    postcard::take_from_bytes(body).ok().filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

/// Writes one.
#[must_use]
pub fn write(word: &Word) -> Bytes {
    let mut bytes = vec![VERSION];
    match word {
        Word::Asked => bytes.push(ASKED),
        Word::Told(desks) => {
            bytes.push(TOLD);
            bytes.extend(postcard::to_stdvec(desks).unwrap_or_default());
        }
        Word::Near(near) => {
            bytes.push(NEAR);
            bytes.extend(postcard::to_stdvec(near).unwrap_or_default());
        }
    }
    bytes.into()
}

/// What others have told, by their boxes' keys.
pub type Known = BTreeMap<PublicKey, Vec<AtDesk>>;

/// How a box is named where it is only said to be heard.
#[must_use]
pub fn short_key(key: &PublicKey) -> ShortKey {
    let [a, b, c, d, e, f, g, h, ..] = key.0;
    [a, b, c, d, e, f, g, h]
}

/// Whom each neighbour has told that it hears.
pub type Near = BTreeMap<PublicKey, BTreeSet<ShortKey>>;

/// What is known of who is there: here, and at the agencies that are heard. Clones show the same.
#[derive(Debug, Clone, Default)]
pub struct Presence(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    own: watch::Sender<Vec<AtDesk>>,
    known: watch::Sender<Known>,
    /// Whom each neighbour hears.
    near: watch::Sender<Near>,
    /// Frames of this room that were sent to each peer and not yet reported as written.
    on_the_way: Mutex<BTreeMap<PublicKey, u32>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            own: watch::Sender::new(Vec::new()),
            known: watch::Sender::new(Known::new()),
            near: watch::Sender::new(Near::new()),
            on_the_way: Mutex::default(),
        }
    }
}

impl Presence {
    /// How the desks of this member are.
    #[must_use]
    pub fn own(&self) -> Vec<AtDesk> {
        self.0.own.borrow().clone()
    }

    /// Says how they are; whoever follows hears of it if it is another.
    pub fn say(&self, desks: Vec<AtDesk>) {
        self.0.own.send_if_modified(|own| {
            let is_news = *own != desks;
            *own = desks;
            is_news
        });
    }

    /// A member has told how its desks are.
    pub fn hear(&self, peer: PublicKey, desks: Vec<AtDesk>) {
        self.0.known.send_if_modified(|known| known.insert(peer, desks.clone()).as_ref() != Some(&desks));
    }

    /// A neighbour has told whom it hears.
    pub fn hear_near(&self, peer: PublicKey, near: Vec<ShortKey>) {
        let near: BTreeSet<ShortKey> = near.into_iter().collect();
        self.0.near.send_if_modified(|known| known.insert(peer, near.clone()).as_ref() != Some(&near));
    }

    /// The connection is gone, and what was told with it.
    pub fn forget(&self, peer: &PublicKey) {
        self.0.known.send_if_modified(|known| known.remove(peer).is_some());
        self.0.near.send_if_modified(|near| near.remove(peer).is_some());
    }

    /// How members are reached, with those among them that a neighbour hears.
    #[must_use]
    pub fn reach(&self, mut own: BTreeMap<PublicKey, Reach>) -> BTreeMap<PublicKey, Reach> {
        let near = self.0.near.borrow();
        for (key, reach) in own.iter_mut().filter(|(_, reach)| **reach == Reach::Unheard) {
            let short = short_key(key);
            if near.values().any(|near| near.contains(&short)) {
                *reach = Reach::Through;
            }
        }
        own
    }

    /// How a desk of a member is, as that told on the connection that stands; any of its desks where none is named or it
    /// is not among them. `None`: nothing is known.
    #[must_use]
    pub fn at(&self, peer: &PublicKey, desk: Option<u8>) -> Option<AtDesk> {
        let known = self.0.known.borrow();
        let desks = known.get(peer)?;
        let named = desks.iter().find(|it| Some(it.desk) == desk);
        named.or_else(|| desks.iter().max_by_key(|it| it.seat)).copied()
    }

    /// Follows this member's desks.
    #[must_use]
    pub fn watch_own(&self) -> watch::Receiver<Vec<AtDesk>> {
        self.0.own.subscribe()
    }

    /// Follows those of others.
    #[must_use]
    pub fn watch_known(&self) -> watch::Receiver<Known> {
        self.0.known.subscribe()
    }

    /// Follows whom neighbours hear.
    #[must_use]
    pub fn watch_near(&self) -> watch::Receiver<Near> {
        self.0.near.subscribe()
    }

    /// A frame of this room is about to leave for a peer.
    pub(crate) fn sent(&self, peer: PublicKey) {
        *self.on_the_way().entry(peer).or_default() += 1;
    }

    /// It has not left after all.
    pub(crate) fn unsent(&self, peer: &PublicKey) {
        if let Some(waiting) = self.on_the_way().get_mut(peer) {
            *waiting = waiting.saturating_sub(1);
        }
    }

    /// A connection begins, or has ended: nothing is on the way.
    pub(crate) fn begin(&self, peer: &PublicKey) {
        self.on_the_way().remove(peer);
    }

    /// Of so many frames that were written for a peer, how many are replication's.
    pub(crate) fn others_written(&self, peer: &PublicKey, frames: u32) -> u32 {
        let mut waiting = self.on_the_way();
        let Some(own) = waiting.get_mut(peer) else { return frames };
        let written = frames.min(*own);
        *own -= written;
        frames - written
    }

    fn on_the_way(&self) -> MutexGuard<'_, BTreeMap<PublicKey, u32>> {
        // Nothing that holds it can panic half-way.
        self.0.on_the_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PublicKey = PublicKey([3; 32]);

    fn at(desk: u8, seat: Seat) -> AtDesk {
        AtDesk { desk, seat, since: UtcMinute(30_000_000) }
    }

    #[test]
    fn words_are_as_pinned_and_have_limits() {
        // Goal: these bytes are on wires: a later version adds kinds, and changes none. A desk costs six bytes, too many
        // are refused, and replication knows neither kind.
        let told = Word::Told(vec![at(1, Seat::Taken), at(2, Seat::Away)]);
        for (word, bytes) in [
            (Word::Asked, vec![1, 120]),
            (told, vec![1, 121, 2, 1, 2, 0x80, 0x87, 0xa7, 0x0e, 2, 1, 0x80, 0x87, 0xa7, 0x0e]),
        ] {
            assert_eq!(write(&word), bytes);
            assert_eq!(read(&bytes), Read::Word(word));
            assert!(crdt_calendar::wire::frame::decode(&bytes).is_err());
        }
        let many = |count| write(&Word::Told(vec![at(1, Seat::Empty); count]));
        assert!(matches!(read(&many(DESKS_MAX)), Read::Word(_)));
        let near = |count| write(&Word::Near(vec![[7; 8]; count]));
        assert_eq!(near(1)[..], [1, 122, 1, 7, 7, 7, 7, 7, 7, 7, 7]);
        assert_eq!(read(&near(NEAR_MAX)), Read::Word(Word::Near(vec![[7; 8]; NEAR_MAX])));
        let many = [many(DESKS_MAX + 1), near(NEAR_MAX + 1)];
        let cut: [&[u8]; 5] = [&[1, 120, 0], &[1, 121], &[1, 121, 1, 1, 9, 0], &[1, 121, 0, 0], &[1, 122, 1, 7]];
        for bad in many.iter().map(|it| &it[..]).chain(cut) {
            assert_eq!(read(bad), Read::Other, "{bad:?}");
        }
        assert_eq!(read(&[1, 127, 9]), Read::Later);
        for other in [&[1, 0][..], &[2, 120], &[1], &[]] {
            assert_eq!(read(other), Read::Other, "{other:?}");
        }
    }

    #[test]
    fn what_was_told_goes_with_the_connection() {
        let presence = Presence::default();
        assert_eq!(presence.at(&PEER, Some(1)), None);
        presence.hear(PEER, vec![at(1, Seat::Empty), at(2, Seat::Taken)]);
        for (desk, seat) in
            [(Some(1), Seat::Empty), (Some(2), Seat::Taken), (Some(7), Seat::Taken), (None, Seat::Taken)]
        {
            assert_eq!(presence.at(&PEER, desk).map(|it| it.seat), Some(seat), "{desk:?}");
        }
        presence.forget(&PEER);
        assert_eq!(presence.at(&PEER, None), None);
    }

    #[test]
    fn whom_a_neighbour_hears_is_reached_through_it() {
        // Goal: only whom this box does not reach itself, only members, and only while that neighbour is here.
        let (far, gone, stranger) = (PublicKey([4; 32]), PublicKey([5; 32]), PublicKey([6; 32]));
        let own = || BTreeMap::from([(PEER, Reach::Direct), (far, Reach::Unheard), (gone, Reach::Unheard)]);
        let presence = Presence::default();
        assert_eq!(presence.reach(own()), own());
        presence.hear_near(PEER, [PEER, far, stranger].iter().map(short_key).collect());
        let both = BTreeMap::from([(PEER, Reach::Direct), (far, Reach::Through), (gone, Reach::Unheard)]);
        assert_eq!(presence.reach(own()), both);
        presence.forget(&PEER);
        assert_eq!(presence.reach(own()), own());
    }

    #[test]
    fn frames_of_replication_are_counted_apart() {
        let presence = Presence::default();
        assert_eq!(presence.others_written(&PEER, 3), 3);
        presence.sent(PEER);
        presence.sent(PEER);
        assert_eq!((presence.others_written(&PEER, 1), presence.others_written(&PEER, 3)), (0, 2));
        presence.sent(PEER);
        presence.begin(&PEER);
        assert_eq!(presence.others_written(&PEER, 1), 1);
    }
}
