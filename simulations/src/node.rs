// SPDX-License-Identifier: EUPL-1.2
//! A simulated node: the real clerk, a disk, a clock that may be wrong, and effects to carry out.
//!
//! What is in memory dies with a crash; effects are carried out one by one, so a crash may fall
//! between any two of them, and between writing and syncing.

use std::collections::{BTreeMap, VecDeque};

use crdt_calendar::act::Role;
use crdt_calendar::clerk::{Clerk, Effect, Now, Policy};
use crdt_calendar::ids::{ActRef, Incarnation, MemberId, PublicKey, Writer};
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::time::UtcMinute;
use ed25519_dalek::SigningKey;

use crate::clock::Clock;
use crate::disk::Disk;

/// What became of a box for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Succession {
    /// It is its member's.
    Ours,
    /// It never comes back.
    Lost,
    /// Somebody else uses it.
    Stolen,
}

/// One box of the mesh.
pub(crate) struct Node {
    pub(crate) member: MemberId,
    pub(crate) role: Role,
    pub(crate) key: SigningKey,
    pub(crate) incarnation: Incarnation,
    /// Whether its people mean harm.
    pub(crate) is_villain: bool,
    /// What became of it for good.
    pub(crate) succession: Succession,
    /// Whether its member has a new box.
    pub(crate) is_replaced: bool,
    /// Whether it writes acts of a later version.
    pub(crate) is_upgraded: bool,
    /// How early its unused reserved slots go back, in minutes.
    pub(crate) release_before_min: u32,
    /// `None` while it is off.
    pub(crate) clerk: Option<Clerk>,
    pub(crate) disk: Disk,
    /// A copy of the disk from earlier, if somebody made one.
    pub(crate) backup: Option<Disk>,
    /// How often it was started: events meant for an earlier life are dropped.
    pub(crate) life: u32,
    /// Effects still to carry out, in their order.
    pub(crate) queue: VecDeque<Effect>,
    /// Whether the next effect is on the clock.
    pub(crate) is_working: bool,
    /// Whether its power goes in the middle of its next write.
    pub(crate) is_doomed: bool,
    /// Whether something was written and not yet synced.
    pub(crate) is_syncing: bool,
    /// It does nothing before this time.
    pub(crate) paused_until_ms: u64,
    pub(crate) clock: Clock,
    /// When it was started, in the world's milliseconds.
    pub(crate) boot_ms: u64,
    /// When it is to be ticked, in the world's milliseconds.
    pub(crate) tick_ms: Option<u64>,
    /// Standing connections: the other's place, and the connection's number.
    pub(crate) connections: BTreeMap<usize, u64>,
    /// Bookings that a person waits to see kept.
    pub(crate) waiting: Vec<ActRef>,
}

impl Node {
    /// A node that is off, with an empty disk.
    pub(crate) fn new(member: MemberId, role: Role, key: SigningKey, incarnation: Incarnation) -> Self {
        Self {
            member,
            role,
            key,
            incarnation,
            is_villain: false,
            succession: Succession::Ours,
            is_replaced: false,
            is_upgraded: false,
            release_before_min: 0,
            clerk: None,
            disk: Disk::default(),
            backup: None,
            life: 0,
            queue: VecDeque::new(),
            is_working: false,
            is_doomed: false,
            is_syncing: false,
            paused_until_ms: 0,
            clock: Clock::default(),
            boot_ms: 0,
            tick_ms: None,
            connections: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    /// Its writer.
    pub(crate) fn writer(&self) -> Writer {
        Writer { key: self.public(), incarnation: self.incarnation }
    }

    /// Whether it speaks for its member no more.
    pub(crate) fn is_retired(&self) -> bool {
        self.succession != Succession::Ours
    }

    /// Its public key.
    pub(crate) fn public(&self) -> PublicKey {
        PublicKey(self.key.verifying_key().to_bytes())
    }

    /// What its clocks say.
    pub(crate) fn now(&self, start: UtcMinute, now_ms: u64) -> Now {
        Now { monotonic_ms: now_ms.saturating_sub(self.boot_ms), minute: self.clock.minute(start, now_ms) }
    }

    /// Starts it from its disk.
    pub(crate) fn start(
        &mut self,
        papers: &(Genesis, RootStatement),
        start: UtcMinute,
        now_ms: u64,
    ) -> Result<(), String> {
        self.boot_ms = now_ms;
        if let Some(life) = self.disk.incarnation {
            self.incarnation = life;
        }
        let week = self.now(start, now_ms).minute.week();
        let shelf = self.disk.shelf(papers, week)?;
        let mut clerk = Clerk::new(self.key.clone(), self.incarnation, shelf, self.disk.secrets());
        clerk.set_policy(Policy { release_before_min: self.release_before_min, ..Policy::default() });
        self.clerk = Some(clerk);
        Ok(())
    }

    /// Power cut: all that is not on the disk is gone.
    pub(crate) fn crash(&mut self) {
        self.clerk = None;
        self.life += 1;
        self.queue.clear();
        self.is_working = false;
        self.is_doomed = false;
        self.is_syncing = false;
        self.paused_until_ms = 0;
        self.tick_ms = None;
        self.connections.clear();
        self.waiting.clear();
    }
}
