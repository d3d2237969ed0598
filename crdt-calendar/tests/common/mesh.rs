// SPDX-License-Identifier: MIT OR Apache-2.0
//! Replicators on a virtual line, and what they say to each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crdt_calendar::act::Act;
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, PublicKey};
use crdt_calendar::limits::COMPARE_AGAIN_MS;
use crdt_calendar::replicator::{Effect, Input, Replicator};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::wire::frame::{self, Frame};

use super::{Member, agency, coordination, full_shelf, left, right};

/// More frames than any of these meshes needs: beyond it, someone talks for ever.
const FRAMES_MAX: usize = 400;

/// Some replicators, the frames between them, and what was said.
#[derive(Default)]
pub(crate) struct Mesh {
    pub(crate) nodes: BTreeMap<PublicKey, Replicator>,
    pub(crate) frames: VecDeque<(PublicKey, PublicKey, Vec<u8>)>,
    pub(crate) said: Vec<(PublicKey, PublicKey, Frame)>,
    pub(crate) cut: Vec<(PublicKey, PublicKey)>,
    pub(crate) now_ms: u64,
}

impl Mesh {
    pub(crate) fn new(nodes: &[(Member, &[Folio])]) -> Self {
        let nodes = nodes.iter().map(|(it, folios)| machine(it, full_shelf(folios))).collect();
        Self { nodes, ..Self::default() }
    }

    pub(crate) fn input(&mut self, to: &Member, input: Input) {
        let key = to.writer.key;
        let node = self.nodes.get_mut(&key).unwrap();
        node.handle(self.now_ms, super::WEEK, input);
        while let Some(effect) = node.poll() {
            match effect {
                Effect::Send { peer, bytes } => self.frames.push_back((key, peer, bytes)),
                Effect::Cut(peer, _) => self.cut.push((key, peer)),
                Effect::Keep { .. } | Effect::KeepStatement(_) => {}
            }
        }
    }

    pub(crate) fn up(&mut self, a: &Member, b: &Member) {
        self.input(a, Input::Up(b.writer.key));
        self.input(b, Input::Up(a.writer.key));
    }

    pub(crate) fn by_key(key: PublicKey) -> Member {
        [coordination(), agency(), left(), right()].into_iter().find(|it| it.writer.key == key).unwrap()
    }

    /// Delivers one frame; false when the line is silent.
    pub(crate) fn step(&mut self) -> bool {
        let Some((from, to, bytes)) = self.frames.pop_front() else { return false };
        self.said.push((from, to, frame::decode(&bytes).unwrap()));
        self.input(&Self::by_key(to), Input::Frame(from, bytes));
        let has_left = !self.frames.iter().any(|(by, peer, _)| (*by, *peer) == (from, to));
        if has_left && self.nodes[&from].owes(&to) {
            self.input(&Self::by_key(from), Input::Room(to));
        }
        true
    }

    /// Delivers until silence. A mesh that never falls silent is a bug.
    pub(crate) fn settle(&mut self) -> Vec<(PublicKey, PublicKey, Frame)> {
        let mut steps = 0;
        while self.step() {
            steps += 1;
            assert!(steps < FRAMES_MAX, "they talk for ever: {:?}", self.said.last());
        }
        core::mem::take(&mut self.said)
    }

    pub(crate) fn write(&mut self, by: &Member, act: &Act) {
        let id = by.week();
        let node = self.nodes.get_mut(&by.writer.key).unwrap();
        node.shelf_mut().own_mut(id).append(act, &by.key).unwrap();
        self.input(by, Input::Written(id));
    }

    pub(crate) fn tick(&mut self) {
        self.now_ms += COMPARE_AGAIN_MS;
        for key in self.nodes.keys().copied().collect::<Vec<_>>() {
            self.input(&Self::by_key(key), Input::Tick);
        }
    }

    pub(crate) fn folio(&self, at: &Member, id: FolioId) -> Option<&Folio> {
        self.nodes[&at.writer.key].shelf().folio(&id)
    }

    pub(crate) fn shown(&self, at: &Member) -> String {
        format!("{:?}", self.nodes[&at.writer.key].shelf().week(super::WEEK))
    }

    /// How many acts of the left one's week the right one has told it that it keeps.
    pub(crate) fn kept_at_right(&self) -> Option<u32> {
        let mut kept = self.nodes[&left().writer.key].kept_at(left().week());
        kept.find_map(|(key, seq)| (key == right().writer.key).then_some(seq))
    }

    pub(crate) fn check_same(&self) {
        let shown: BTreeSet<String> = self.nodes.keys().map(|key| self.shown(&Self::by_key(*key))).collect();
        assert_eq!(shown.len(), 1, "all nodes show the same week");
    }
}

pub(crate) fn machine(of: &Member, shelf: Shelf) -> (PublicKey, Replicator) {
    (of.writer.key, Replicator::new(of.writer.key, shelf))
}

pub(crate) fn kinds(said: &[(PublicKey, PublicKey, Frame)]) -> Vec<&'static str> {
    said.iter()
        .map(|(_, _, frame)| match frame {
            Frame::Digest { .. } => "digest",
            Frame::Heads { .. } => "heads",
            Frame::Acts(_) | Frame::More(_) => "acts",
            Frame::Leaves { .. } => "leaves",
            Frame::Differences { .. } => "differences",
            Frame::Want(_) => "want",
            Frame::Statement(_) => "statement",
            Frame::Held(..) => "held",
            Frame::Kept(..) => "kept",
        })
        .collect()
}
