// SPDX-License-Identifier: EUPL-1.2
//! Frames that no replicator would send: forged, swollen, endless.

use std::sync::LazyLock;

use crdt_calendar::act::Act;
use crdt_calendar::folio::{Batch, Folio};
use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, ShortId, Writer};
use crdt_calendar::limits::{FRAME_BYTES_MAX, HEADS_PER_FRAME_MAX, LEAVES_MAX};
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire;
use crdt_calendar::wire::frame::{self, Frame, HeadLine, LeafLines};
use ed25519_dalek::SigningKey;

use crate::by_hand::{change_hash, unsigned};
use crate::world::World;

/// 64 MiB of nothing, 64 kB on the wire.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
    let folio = FolioId { writer, leaf: Leaf::Profile };
    let acts = vec![vec![0; 64 * 1024 * 1024].into_boxed_slice()];
    frame::encode(&Frame::Acts(Batch { folio, first: 1, acts, head: unsigned(1, [1; 32]) }))
});

/// The weeks that a villain claims to cover.
const ALL_WEEKS: (IsoWeek, IsoWeek) = (IsoWeek(0), IsoWeek(u16::MAX));

impl World {
    /// Some folio that a node holds and another box wrote.
    fn anothers_folio(&mut self, place: usize) -> Option<Folio> {
        let node = &self.nodes[place];
        let (clerk, me) = (node.clerk.as_ref()?, node.writer());
        let ids: Vec<FolioId> = clerk
            .shelf()
            .folios()
            .map(Folio::id)
            .filter(|id| id.writer.key != me.key && id.leaf != Leaf::Roster)
            .collect();
        let id = self.luck.villains.pick(&ids)?;
        self.nodes[place].clerk.as_ref()?.shelf().folio(&id).cloned()
    }

    /// Acts in another's name; a signature that is none; a true folio with a changed act.
    pub(super) fn forge(&mut self, place: usize) {
        let Some(folio) = self.anothers_folio(place) else { return };
        let (id, seq) = (folio.id(), folio.seq());
        let act = wire::act::encode(&Act::Drop { ask: u32::try_from(self.luck.villains.below(9)).unwrap_or(1) });
        let kind = self.luck.villains.below(4);
        let batch = match (kind, folio.after(0)) {
            // It continues the true chain, and is not signed.
            (0 | 1, _) => {
                let hash = change_hash(id.writer, seq + 1, folio.hash_at(seq).filter(|_| seq > 0), &act);
                let acts = vec![act.into_boxed_slice()];
                Batch { folio: id, first: seq + 1, acts, head: unsigned(seq + 1, hash) }
            }
            // The signature is good, and over other acts.
            (2, Some(mut batch)) => {
                if let Some(last) = batch.acts.last_mut() {
                    *last = act.into_boxed_slice();
                }
                batch
            }
            // A life that the writer never had.
            (_, Some(mut batch)) => {
                batch.folio.writer.incarnation = Incarnation(self.luck.villains.bytes());
                batch
            }
            (_, None) => return,
        };
        self.send_all(place, &frame::encode(&Frame::Acts(batch)));
    }

    /// Frames that inflate, say too much, or are of no kind.
    pub(super) fn bomb(&mut self, place: usize) {
        let bytes = match self.luck.villains.below(5) {
            0 | 1 => BOMB.clone(),
            2 => vec![1; FRAME_BYTES_MAX + 1],
            // A length that says: four thousand million heads follow.
            3 => vec![1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f],
            _ => {
                let mut bytes = vec![1, 2];
                bytes.extend((0..4_000_u16).map(|number| number.to_le_bytes()[0] | 0x80));
                bytes
            }
        };
        self.send_all(place, &bytes);
    }

    /// Much of everything at once.
    pub(super) fn flood(&mut self, place: usize) {
        let ids: Vec<FolioId> =
            self.nodes[place].clerk.iter().flat_map(|clerk| clerk.shelf().folios().map(Folio::id)).collect();
        match self.luck.villains.below(5) {
            // Requests that are short to send and long to answer.
            0 => {
                for round in 0..400 {
                    self.send_all(place, &frame::encode(&Frame::Want(vec![(ids[round % ids.len()].short(), 0)])));
                }
            }
            // Heads that fit nobody's: each asks for a whole folio.
            1 => {
                let line = |id: &FolioId| (id.leaf, vec![HeadLine { folio: id.short(), seq: 1, hash: [9; 8] }]);
                let leaves: LeafLines = ids.iter().take(LEAVES_MAX).map(line).collect();
                for round in 0..40 {
                    let leaves = leaves.clone();
                    self.send_all(place, &frame::encode(&Frame::Leaves { window: ALL_WEEKS, digests: Vec::new() }));
                    self.send_all(
                        place,
                        &frame::encode(&match round % 2 {
                            0 => Frame::Heads { leaves, last: true },
                            _ => Frame::Differences { leaves, last: true },
                        }),
                    );
                }
            }
            // Heads without end.
            2 => {
                self.send_all(place, &frame::encode(&Frame::Leaves { window: ALL_WEEKS, digests: Vec::new() }));
                for _ in 0..12 {
                    let lines: Vec<HeadLine> = (0..HEADS_PER_FRAME_MAX)
                        .map(|_| HeadLine { folio: ShortId(self.luck.villains.bytes()), seq: 1, hash: [9; 8] })
                        .collect();
                    let leaves = vec![(Leaf::Profile, lines)];
                    self.send_all(place, &frame::encode(&Frame::Heads { leaves: leaves.clone(), last: false }));
                    self.send_all(place, &frame::encode(&Frame::Differences { leaves, last: false }));
                }
            }
            3 => self.send_strangers(place, None),
            _ => self.send_strangers(place, Some(self.nodes[place].key.clone())),
        }
    }

    /// Folios of writers that nobody knows: of keys out of nowhere, or of lives that never began.
    fn send_strangers(&mut self, place: usize, key: Option<SigningKey>) {
        let week = self.weeks()[0];
        let run = self.some_slots(place, week);
        let act = run.and_then(|run| self.booking_of(place, run)).unwrap_or(Act::Drop { ask: 1 });
        for _ in 0..100 {
            let key = key.clone().unwrap_or_else(|| SigningKey::from_bytes(&self.luck.villains.bytes()));
            let incarnation = Incarnation(self.luck.villains.bytes());
            let writer = Writer { key: PublicKey(key.verifying_key().to_bytes()), incarnation };
            let mut folio = Folio::new(self.papers.0.territory(), FolioId { writer, leaf: Leaf::Week(week) });
            let written = folio.append(&act, &key).is_ok();
            if let Some(batch) = folio.after(0).filter(|_| written) {
                self.send_all(place, &frame::encode(&Frame::Acts(batch)));
            }
        }
    }
}
