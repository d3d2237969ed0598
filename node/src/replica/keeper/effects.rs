// SPDX-License-Identifier: EUPL-1.2
//! What the clerk wants done, carried out in the order that is the promise: fsync, then send, then answer.
//!
//! When the disk refuses once, nothing more is acknowledged, sent or shown: what is in memory may not be on the
//! disk (`room`).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use crdt_calendar::clerk::{Doubt, Effect};
use crdt_calendar::ids::{ActRef, FolioId, Incarnation, Leaf};
use crdt_calendar::replicator;
use crdt_calendar::retention::{Erasure, Term};

use super::Keeper;
use super::ground::draw_life;
use super::pace::ACTS_MAX;
use crate::replica::anew::Anew;
use crate::replica::command::{Outgoing, Refusal};
use crate::replica::thread::NewLife;
use crate::store::{mark_begun, remove_expired};

impl Keeper {
    /// Carries out the clerk's effects: one commit for all that must be kept, then what is sent.
    pub(super) fn carry_out(&mut self, nonces: &[(String, ActRef)]) -> Result<(), Refusal> {
        let mut keep: BTreeMap<FolioId, u32> = BTreeMap::new();
        let mut secrets = Vec::new();
        let mut sends = Vec::new();
        let mut statements = Vec::new();
        let mut erasures = Vec::new();
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
                Effect::Erase(erasure) => erasures.push(*erasure),
                Effect::Replicate(replicator::Effect::KeepStatement(statement)) => statements.push(statement),
                Effect::Replicate(replicator::Effect::Send { peer, bytes }) => {
                    sends.push(Outgoing::Frame(peer, Bytes::from(bytes)));
                }
                Effect::Replicate(replicator::Effect::Cut(peer, why)) => sends.push(Outgoing::Cut(peer, why)),
            }
        }
        if let Some(refusal) = self.disk.refusal() {
            return Err(refusal);
        }
        // A new life first: the acts that tell of the old one's end must not be kept without it.
        let life = over.map(|doubt| self.draw_life(doubt)).transpose()?;
        for statement in &statements {
            self.store.keep_statement(statement).map_err(|error| self.break_off(&error))?;
        }
        // A form of a life that is over, sent again, must not find an appointment that is in doubt.
        let nonces = if life.is_some() { &[] } else { nonces };
        if !(keep.is_empty() && secrets.is_empty() && nonces.is_empty()) {
            self.keep(&keep, &secrets, nonces)?;
        }
        self.erase(&erasures)?;
        if !statements.is_empty() {
            // It ends a roster: whom that enrolled after the end is a member no more.
            self.read_profiles();
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
    pub(super) fn draw_life(&mut self, doubt: Doubt) -> Result<Incarnation, Refusal> {
        tracing::error!(
            ?doubt,
            "another history of this box's registers exists: it starts a new life, without tenures"
        );
        let before = self.clerk.predecessor().incarnation;
        // First: stopped before the new life has said so itself, it must be known to follow this one, and no other.
        mark_begun(&self.ground.database, before).map_err(|error| self.break_off(&error))?;
        let life = draw_life();
        let anew = Some(Anew::drawn(self.anew, self.clock.minute()));
        let kept = (self.ground.keep_life)(NewLife { life, before, anew });
        kept.map_err(|error| self.refuse_from_now_on(error.is_full(), &error))?;
        self.ground.life = life;
        self.anew = anew;
        Ok(life)
    }

    fn live_on(&mut self, life: Incarnation) -> Result<(), Refusal> {
        let begun = self.clerk.start_over(self.clock.now(), life);
        let said = begun.and_then(|()| self.clerk.describe(self.clock.now(), self.description.clone()));
        said.map_err(|error| Refusal::Change(error.into()))?;
        self.say_terms();
        self.publish();
        self.read_profiles();
        self.carry_out(&[])?;
        if let Err(error) = mark_begun(&self.ground.database, life) {
            tracing::warn!(%error, "that this life has begun is noted at the next start");
        }
        Ok(())
    }

    /// A person has seen what to do with a box that lives anew. While it waits, that is not over.
    pub(super) fn anew_seen(&mut self) -> Result<(), Refusal> {
        if self.anew.is_some_and(|it| !it.waits()) {
            if !(self.keep_seen)() {
                return Err(Refusal::Disk);
            }
            self.anew = None;
        }
        Ok(())
    }

    /// Counts what went, and deletes it.
    fn erase(&mut self, erasures: &[Erasure]) -> Result<(), Refusal> {
        for erasure in erasures {
            let erased = self.store.erase(erasure, |minute| self.clock.period(minute));
            erased.map_err(|error| self.break_off(&error))?;
            let (folios, counted) = (erasure.folios.len(), erasure.counted.len());
            let before = self.clock.local(erasure.floors.of(erasure.term).week.start()).date();
            tracing::info!(term = ?erasure.term, %before, folios, counted, "past its term: erased");
        }
        if !erasures.is_empty() {
            self.read_wishes().and_then(|()| self.read_colleagues()).map_err(|error| self.break_off(&error))?;
        }
        if erasures.iter().any(|it| it.term != Term::Others) {
            self.read_notes();
            self.remove_expired();
        }
        if erasures.iter().any(|it| !it.counted.is_empty()) {
            self.counted = Arc::new(self.store.counted().map_err(|error| self.break_off(&error))?);
        }
        Ok(())
    }

    /// Removes damaged databases that were set aside, once all secrets in them are past their term.
    pub(super) fn remove_expired(&self) {
        let (now, sealed) = (self.clock.minute().week(), self.clerk.floors().sealed.week);
        match remove_expired(&self.ground.database, now, sealed) {
            Ok(removed) if removed.is_empty() => {}
            Ok(removed) => tracing::warn!(?removed, "past their term: damaged databases are removed"),
            Err(error) => tracing::warn!(%error, "damaged databases past their term are not removed"),
        }
    }

    fn keep(
        &mut self,
        keep: &BTreeMap<FolioId, u32>,
        secrets: &[(u16, [u8; 32])],
        nonces: &[(String, ActRef)],
    ) -> Result<(), Refusal> {
        let shelf = self.clerk.shelf();
        let folios = keep.iter().filter_map(|(id, held)| shelf.folio(id).map(|folio| (folio, *held)));
        let at = self.clock.unix_ms() / 1000;
        let nonces: Vec<(&str, Vec<u8>)> =
            nonces.iter().filter_map(|(nonce, act)| Some((nonce.as_str(), postcard::to_stdvec(act).ok()?))).collect();
        let nonces = nonces.iter().map(|(nonce, act)| (*nonce, act.as_slice(), at));
        let began_ms = self.clock.monotonic_ms();
        if let Err(error) = self.store.keep(folios, secrets, nonces) {
            return Err(self.break_off(&error));
        }
        let acts = keep.iter().filter_map(|(id, held)| Some(shelf.folio(id)?.seq().saturating_sub(*held)));
        if acts.sum::<u32>() <= ACTS_MAX {
            self.pace.note(self.clock.monotonic_ms().saturating_sub(began_ms));
        }
        if keep.keys().any(|id| !matches!(id.leaf, Leaf::Week(_))) {
            self.read_profiles();
        }
        Ok(())
    }
}
