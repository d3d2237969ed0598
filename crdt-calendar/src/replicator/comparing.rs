// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finding out what differs: a digest each way, then leaf by leaf, then folio by folio, never more than differs.
//!
//! Of two that find that they differ, the one with the lower key goes first:
//! `Leaves ->`, `<- Heads` of the leaves that differ, `Differences ->`.
//! Both compare the digests that were *sent*, so both find the same, whatever they have learned since.

use std::collections::{BTreeMap, BTreeSet};

use super::inventory::{self, Inventory, LeafDigests};
use super::{CutReason, Peer, Replicator};
use crate::folio::Folio;
use crate::ids::{Leaf, PublicKey, ShortId, TerritoryId};
use crate::limits::{COMPARE_AGAIN_MS, FOLIOS_MAX, HEADS_PER_FRAME_MAX};
use crate::time::IsoWeek;
use crate::wire::frame::{self, Digest, Frame, HeadLine, LeafLines};

/// How far a comparison has come.
#[derive(Debug, Default)]
pub(super) enum Comparison {
    /// None is under way.
    #[default]
    None,
    /// The digest was sent.
    Told(Told),
    /// The digests leaf by leaf were sent; heads come.
    Began(Told, Arriving),
    /// Heads were sent; differences come.
    Answered(Told, Arriving),
}

/// What was held when it was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    digest: Digest,
    leaves: LeafDigests,
    held: Inventory,
}

impl Told {
    /// What the lines of a leaf are salted with.
    fn salt(&self, leaf: Leaf) -> Digest {
        self.leaves.get(&leaf).copied().unwrap_or_default()
    }
}

/// What a peer has said that it holds, and of which folios it shows another history.
#[derive(Debug, Default)]
struct Said {
    held: Inventory,
    suspicious: BTreeSet<ShortId>,
}

/// Lines that came, while more are to come.
#[derive(Debug, Default)]
pub(super) struct Arriving {
    lines: BTreeMap<Leaf, Vec<HeadLine>>,
    count: usize,
}

impl Arriving {
    /// Takes lines in; `None` when there are more than anybody holds.
    fn add(&mut self, leaves: LeafLines) -> Option<()> {
        for (leaf, lines) in leaves {
            self.count += lines.len() + 1;
            self.lines.entry(leaf).or_default().extend(lines);
        }
        (self.count <= FOLIOS_MAX).then_some(())
    }
}

impl Replicator {
    fn tell(&self) -> Told {
        let leaves = self.leaf_digests();
        let digest = inventory::digest(self.shelf.window(), &leaves);
        Told { digest, leaves, held: self.inventory() }
    }

    fn peer_told(&mut self, peer: PublicKey, comparison: Comparison) {
        let slower = if self.own < peer { 0 } else { COMPARE_AGAIN_MS / 10 };
        let at_ms = self.now_ms + COMPARE_AGAIN_MS + slower;
        if let Some(state) = self.peers.get_mut(&peer) {
            state.comparison = comparison;
            state.compare_at_ms = at_ms;
        }
    }

    fn send_digest(&mut self, peer: PublicKey, digest: Digest, is_answer: bool) {
        let territory = self.shelf.territory();
        self.send(peer, &Frame::Digest { territory, digest, is_answer });
    }

    /// Begins a comparison.
    pub(super) fn compare(&mut self, peer: PublicKey) {
        let told = self.tell();
        self.send_digest(peer, told.digest, false);
        if let Some(state) = self.peers.get_mut(&peer) {
            state.is_flowing = false;
        }
        self.peer_told(peer, Comparison::Told(told));
    }

    pub(super) fn on_digest(&mut self, peer: PublicKey, territory: TerritoryId, theirs: Digest, is_answer: bool) {
        if territory != self.shelf.territory() {
            self.cut(peer, CutReason::Territory);
            return;
        }
        if !self.may_compare(peer) {
            return;
        }
        let under_way = self.take_comparison(peer);
        let told = match under_way {
            // Both began at once: the other's is the answer.
            Comparison::Told(told) => told,
            under_way if is_answer => {
                self.put_comparison(peer, under_way);
                return;
            }
            Comparison::None | Comparison::Began(..) | Comparison::Answered(..) => {
                let told = self.tell();
                self.send_digest(peer, told.digest, true);
                told
            }
        };
        if theirs == told.digest {
            self.complete(peer, Said { held: told.held.clone(), ..Said::default() }, &told.held);
        } else if self.own < peer {
            let now = self.tell();
            let digests = now.leaves.iter().map(|(leaf, digest)| (*leaf, *digest)).collect();
            self.send(peer, &Frame::Leaves { window: self.shelf.window(), digests });
            self.peer_told(peer, Comparison::Began(now, Arriving::default()));
        } else {
            self.peer_told(peer, Comparison::None);
        }
    }

    pub(super) fn on_leaves(
        &mut self,
        peer: PublicKey,
        (first, last): (IsoWeek, IsoWeek),
        digests: Vec<(Leaf, Digest)>,
    ) {
        if !self.may_compare(peer) {
            return;
        }
        let told = self.tell();
        let theirs: LeafDigests = digests.into_iter().collect();
        let is_in_both = |leaf: &Leaf| match leaf {
            Leaf::Roster | Leaf::Profile => true,
            Leaf::Week(week) => {
                let (from, to) = self.shelf.window();
                (first.max(from)..=last.min(to)).contains(week)
            }
        };
        let leaves: BTreeSet<Leaf> = told.leaves.keys().chain(theirs.keys()).copied().filter(is_in_both).collect();
        let differing: Vec<Leaf> =
            leaves.into_iter().filter(|leaf| told.leaves.get(leaf) != theirs.get(leaf)).collect();
        // Differences are read under the same salt.
        let told = Told { leaves: theirs, ..told };
        let lines: LeafLines =
            differing.into_iter().map(|leaf| (leaf, self.lines_of(leaf, &told.salt(leaf)))).collect();
        if lines.iter().any(|(leaf, _)| *leaf == Leaf::Roster) {
            self.send_statements(peer);
        }
        self.send_lines(peer, lines, |leaves, last| Frame::Heads { leaves, last });
        self.peer_told(peer, Comparison::Answered(told, Arriving::default()));
    }

    /// Sends lines in frames of a bounded number; at least one frame.
    fn send_lines(&mut self, peer: PublicKey, leaves: LeafLines, frame: impl Fn(LeafLines, bool) -> Frame) {
        let mut frames: Vec<LeafLines> = vec![Vec::new()];
        let mut room = HEADS_PER_FRAME_MAX;
        for (leaf, lines) in leaves {
            let mut rest = lines.as_slice();
            loop {
                let (now, later) = rest.split_at(rest.len().min(room));
                if let Some(frame) = frames.last_mut() {
                    frame.push((leaf, now.to_vec()));
                }
                room -= now.len();
                rest = later;
                if rest.is_empty() {
                    break;
                }
                frames.push(Vec::new());
                room = HEADS_PER_FRAME_MAX;
            }
        }
        let count = frames.len();
        for (number, leaves) in (1..).zip(frames) {
            self.send(peer, &frame(leaves, number == count));
        }
    }

    /// Lines of this peer, while the comparison `begun` waits for them; given when the last have come.
    fn arrived(
        &mut self,
        peer: PublicKey,
        begun: Option<(Told, Arriving)>,
        still: fn(Told, Arriving) -> Comparison,
        (leaves, last): (LeafLines, bool),
    ) -> Option<(Told, BTreeMap<Leaf, Vec<HeadLine>>)> {
        let Some((told, mut arriving)) = begun else {
            self.charge(peer);
            return None;
        };
        if arriving.add(leaves).is_none() {
            self.charge(peer);
        } else if last {
            return Some((told, arriving.lines));
        } else {
            self.put_comparison(peer, still(told, arriving));
        }
        None
    }

    /// What a peer's lines of one leaf say: acts held, and folios of which another history shows.
    fn read_lines(&self, told: &Told, leaf: Leaf, lines: &[HeadLine], said: &mut Said) {
        let salt = told.salt(leaf);
        said.suspicious.extend(lines.iter().filter(|line| self.differs(line, &salt)).map(|line| line.folio));
        said.held.extend(lines.iter().map(|line| (line.folio, (leaf, line.seq))));
    }

    pub(super) fn on_heads(&mut self, peer: PublicKey, leaves: LeafLines, last: bool) {
        let begun = match self.take_comparison(peer) {
            Comparison::Began(told, arriving) => Some((told, arriving)),
            Comparison::None | Comparison::Told(_) | Comparison::Answered(..) => None,
        };
        let Some((mut told, lines)) = self.arrived(peer, begun, Comparison::Began, (leaves, last)) else { return };
        let mut said = Said { held: told.held.clone(), ..Said::default() };
        said.held.retain(|_, (leaf, _)| !lines.contains_key(leaf));
        let mut differences = LeafLines::new();
        for (leaf, lines) in lines {
            self.read_lines(&told, leaf, &lines, &mut said);
            let ours = self.lines_of(leaf, &told.salt(leaf));
            told.held.retain(|_, (it, _)| *it != leaf);
            told.held.extend(ours.iter().map(|line| (line.folio, (leaf, line.seq))));
            differences.push((leaf, differing(&lines, ours)));
        }
        if differences.iter().any(|(leaf, _)| *leaf == Leaf::Roster) {
            self.send_statements(peer);
        }
        self.send_lines(peer, differences, |leaves, last| Frame::Differences { leaves, last });
        self.complete(peer, said, &told.held);
    }

    pub(super) fn on_differences(&mut self, peer: PublicKey, leaves: LeafLines, last: bool) {
        let begun = match self.take_comparison(peer) {
            Comparison::Answered(told, arriving) => Some((told, arriving)),
            Comparison::None | Comparison::Told(_) | Comparison::Began(..) => None,
        };
        let Some((told, lines)) = self.arrived(peer, begun, Comparison::Answered, (leaves, last)) else { return };
        let mut said = Said { held: told.held.clone(), ..Said::default() };
        for (leaf, lines) in lines {
            self.read_lines(&told, leaf, &lines, &mut said);
        }
        self.complete(peer, said, &told.held);
    }

    /// The peer has said all that it holds. What came here since it was told of what is here is pushed; what is
    /// lacking here is wanted.
    fn complete(&mut self, peer: PublicKey, said: Said, told: &Inventory) {
        let Said { mut held, suspicious } = said;
        self.peer_told(peer, Comparison::None);
        held.retain(|_, (_, seq)| *seq > 0);
        self.note_told(peer, &held, &suspicious);
        let Some(state) = self.peers.get_mut(&peer) else { return };
        // What passed meanwhile is later than what was compared.
        for (short, (leaf, seq)) in state.held.take().into_iter().flatten() {
            let has_room = held.len() < FOLIOS_MAX || held.contains_key(&short);
            if !suspicious.contains(&short) && has_room {
                let known = held.entry(short).or_insert((leaf, seq));
                known.1 = known.1.max(seq);
            }
        }
        state.held = Some(held);
        state.wants.begin_anew();
        let since = |folio: &&Folio| told.get(&folio.short()).is_none_or(|(_, seq)| *seq < folio.seq());
        let news: Vec<_> = self.shared().filter(|folio| folio.fork().is_none()).filter(since).map(Folio::id).collect();
        for folio in news {
            self.push_to(peer, folio);
        }
        for short in suspicious {
            self.want_whole(peer, short);
        }
        self.offer(peer);
    }

    /// Whether a peer's line shows another history than is held here, or one of both sides knows of a fork alone.
    fn differs(&self, line: &HeadLine, salt: &Digest) -> bool {
        if line.is_none() {
            return false;
        }
        // Two histories that share nothing are 0 acts too, marked.
        let Some(folio) = self.folio(&line.folio) else { return line.seq == 0 };
        let ours = match folio.fork() {
            Some(_) => folio.line().filter(|(seq, _)| *seq == line.seq).map(|(_, hash)| hash).or(Some([0; 32])),
            None => folio.hash_at(line.seq),
        };
        ours.is_some_and(|hash| frame::salted(&hash, salt) != line.hash)
    }

    fn take_comparison(&mut self, peer: PublicKey) -> Comparison {
        self.peers.get_mut(&peer).map(|state| core::mem::take(&mut state.comparison)).unwrap_or_default()
    }

    fn put_comparison(&mut self, peer: PublicKey, comparison: Comparison) {
        if let Some(state) = self.peers.get_mut(&peer) {
            state.comparison = comparison;
        }
    }

    /// Counts a comparison, and charges one too many.
    fn may_compare(&mut self, peer: PublicKey) -> bool {
        let may = self.peers.get_mut(&peer).map(|state: &mut Peer| state.budget.may_compare());
        if may == Some(false) {
            self.charge(peer);
        }
        may.unwrap_or(false)
    }
}

/// Which folios are held otherwise here than a peer holds them, or not at all.
fn differing(theirs: &[HeadLine], ours: Vec<HeadLine>) -> Vec<HeadLine> {
    let known: BTreeSet<&HeadLine> = theirs.iter().collect();
    let here: BTreeSet<ShortId> = ours.iter().map(|line| line.folio).collect();
    let missing = theirs.iter().filter(|line| !here.contains(&line.folio));
    let missing: Vec<HeadLine> = missing.map(|line| HeadLine::none(line.folio)).collect();
    ours.into_iter().filter(|line| !known.contains(line)).chain(missing).collect()
}
