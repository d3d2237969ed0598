// SPDX-License-Identifier: EUPL-1.2
//! What the clerk wants done, carried out in the order that is the promise: fsync, then send, then answer.
//!
//! When the disk refuses once, nothing more is acknowledged, sent or shown until the node is started again:
//! what is in memory may not be on the disk.

use std::collections::BTreeMap;

use bytes::Bytes;
use crdt_calendar::clerk::{Doubt, Effect};
use crdt_calendar::ids::{FolioId, Incarnation, Leaf};
use crdt_calendar::replicator;

use super::Keeper;
use super::ground::draw_life;
use crate::replica::handle::{Outgoing, Refusal};
use crate::store::{StoreError, mark_begun};

impl Keeper {
    /// What the clerk said, if the disk keeps it.
    pub(super) fn done(&mut self, done: Result<(), Refusal>) -> Result<(), Refusal> {
        let kept = self.carry_out(None);
        done.and(kept)
    }

    pub(super) fn log_refusal(&mut self) {
        if let Err(refusal) = self.carry_out(None) {
            tracing::error!(%refusal, "not kept");
        }
    }

    /// Carries out the clerk's effects: one commit for all that must be kept, then what is sent.
    pub(super) fn carry_out(&mut self, nonce: Option<(&str, &[u8])>) -> Result<(), Refusal> {
        let mut keep: BTreeMap<FolioId, u32> = BTreeMap::new();
        let mut secrets = Vec::new();
        let mut sends = Vec::new();
        let mut statements = Vec::new();
        let mut over = None;
        while let Some(effect) = self.clerk.poll() {
            match effect {
                Effect::KeepSecret(week) => {
                    secrets.extend(self.clerk.secret(week).map(|secret| (week.0, *secret.bytes())));
                }
                Effect::Replicate(replicator::Effect::Keep { folio, held }) => {
                    let first = keep.entry(folio).or_insert(held);
                    *first = held.min(*first);
                }
                Effect::StartOver(doubt) => over = Some(doubt),
                Effect::Replicate(replicator::Effect::KeepStatement(statement)) => statements.push(statement),
                Effect::Replicate(replicator::Effect::Send { peer, bytes }) => {
                    sends.push(Outgoing::Frame(peer, Bytes::from(bytes)));
                }
                Effect::Replicate(replicator::Effect::Cut(peer, why)) => sends.push(Outgoing::Cut(peer, why)),
            }
        }
        if self.broken {
            return Err(Refusal::Disk);
        }
        // A new life first: the acts that tell of the old one's end must not be kept without it.
        let life = over.map(|doubt| self.draw_life(doubt)).transpose()?;
        for statement in &statements {
            self.store.keep_statement(statement).map_err(|error| self.break_off(&error))?;
        }
        if !(keep.is_empty() && secrets.is_empty() && nonce.is_none()) {
            self.keep(&keep, &secrets, nonce)?;
        }
        if !statements.is_empty() {
            // It ends a roster: whom that enrolled after the end is a member no more.
            self.read_members();
        }
        for outgoing in sends {
            if let Outgoing::Frame(peer, _) = &outgoing {
                *self.on_the_way.entry(*peer).or_default() += 1;
            }
            if self.outbox.blocking_send(outgoing).is_err() {
                tracing::debug!("the network has stopped");
                break;
            }
        }
        match life {
            Some(life) => self.live_on(life),
            None => Ok(()),
        }
    }

    /// Draws a new life for this box and makes it durable.
    fn draw_life(&mut self, doubt: Doubt) -> Result<Incarnation, Refusal> {
        tracing::error!(
            ?doubt,
            "another history of this box's registers exists: it starts a new life, without tenures"
        );
        let life = draw_life();
        if (self.ground.keep_life)(life, self.clerk.writer().incarnation) {
            return Ok(life);
        }
        self.broken = true;
        Err(Refusal::Disk)
    }

    fn live_on(&mut self, life: Incarnation) -> Result<(), Refusal> {
        let begun = self.clerk.start_over(self.clock.now(), life);
        begun.map_err(|error| Refusal::Change(error.into()))?;
        self.read_members();
        self.carry_out(None)?;
        if let Err(error) = mark_begun(&self.ground.database, life) {
            tracing::warn!(%error, "that this life has begun is noted at the next start");
        }
        Ok(())
    }

    fn break_off(&mut self, error: &StoreError) -> Refusal {
        tracing::error!(%error, "the disk refuses: nothing more is acknowledged until the node is started again");
        self.broken = true;
        Refusal::Disk
    }

    fn keep(
        &mut self,
        keep: &BTreeMap<FolioId, u32>,
        secrets: &[(u16, [u8; 32])],
        nonce: Option<(&str, &[u8])>,
    ) -> Result<(), Refusal> {
        let shelf = self.clerk.shelf();
        let folios = keep.iter().filter_map(|(id, held)| shelf.folio(id).map(|folio| (folio, *held)));
        let nonce = nonce.map(|(nonce, act)| (nonce, act, self.clock.unix_ms() / 1000));
        if let Err(error) = self.store.keep(folios, secrets, nonce) {
            return Err(self.break_off(&error));
        }
        if keep.keys().any(|id| !matches!(id.leaf, Leaf::Week(_))) {
            self.read_members();
        }
        Ok(())
    }
}
