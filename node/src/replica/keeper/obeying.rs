// SPDX-License-Identifier: EUPL-1.2
//! What each command comes to: the clerk acts, and what is owed waits for the commit of its group.

use std::sync::Arc;

use crdt_calendar::clerk::{Patch, Request};
use crdt_calendar::ids::ActRef;
use crdt_calendar::replicator::Input;
use tokio::sync::{oneshot, watch};

use super::Keeper;
use super::group::Group;
use crate::replica::command::{BookOrder, Command, Refusal, Reply};
use crate::replica::snapshot::Snapshot;

impl Keeper {
    pub(super) fn obey(&mut self, command: Command, group: &mut Group, snapshots: &watch::Sender<Arc<Snapshot>>) {
        match &command {
            Command::Up(peer) => drop(self.peers.insert(*peer)),
            Command::Down(peer) => drop(self.peers.remove(peer)),
            Command::Tick => self.look_for_room(snapshots),
            _ => {}
        }
        // What leaves on a file was kept before, and a peer that comes or goes has got what it was owed.
        if matches!(
            command,
            Command::Up(_) | Command::Down(_) | Command::Written(..) | Command::Export(..) | Command::Territory(_)
        ) {
            self.finish(std::mem::take(group), snapshots);
        }
        let command = match self.disk.refusal() {
            Some(refusal) => refuse(command, refusal),
            None => Some(command),
        };
        let Some(command) = command else { return };
        group.size += 1;
        let now = self.clock.now();
        match command {
            Command::Details(ids, reply) => answer(reply, self.details(ids)),
            Command::OpenNote(id, reply) => answer(reply, self.note(&id)),
            Command::Refer(id, to, service, reply) => {
                let done = self.clerk.refer(now, &id, to, service);
                group.owe(reply, done.map_err(Refusal::from));
            }
            Command::Note(id, note, reply) => {
                let kept = self.keep_note(&id, &note);
                group.owe(reply, kept);
            }
            Command::Search(words, reply) => answer(reply, self.search(&words)),
            Command::Territory(reply) => answer(reply, self.territory()),
            Command::Tallies(reply) => answer(reply, self.tallies()),
            Command::Tally(agency, service, kind) => self.tally(agency, service, kind),
            Command::KeepUnderway(call, underway) => self.keep_underway(call, underway.as_deref()),
            Command::Underway(reply) => answer(reply, self.underway()),
            Command::KeepRecord(call, record) => self.keep_record(call, &record),
            Command::Records(reply) => answer(reply, self.records()),
            Command::Up(peer) => {
                self.on_the_way.remove(&peer);
                self.replicate(Input::Up(peer));
                group.changes = true;
            }
            Command::Down(peer) => {
                self.replicate(Input::Down(peer));
                group.changes = true;
            }
            Command::Written(peer, frames) => {
                if self.has_room(peer, frames) {
                    self.replicate(Input::Room(peer));
                    group.changes = true;
                }
            }
            Command::Frame(peer, bytes) => {
                self.replicate(Input::Frame(peer, bytes.to_vec()));
                group.changes = true;
            }
            Command::Book(order, reply) => {
                let Some(reply) = self.unless_known(order.nonce.as_deref(), reply) else { return };
                let booked = self.book(&order, group);
                group.owe(reply, booked);
            }
            Command::Queue(order, reply) => {
                let Some(reply) = self.unless_known(Some(&order.nonce), reply) else { return };
                let queued = self.queue(&order, group);
                group.owe(reply, queued);
            }
            Command::CallNext(window, seen, reply) => {
                let called = self.call_next(&window, &seen);
                group.owe(reply, called);
            }
            Command::Move(old, order, reply) => {
                let Some(reply) = self.unless_known(order.nonce.as_deref(), reply) else { return };
                let moved = self.move_to(&old, &order, group);
                group.owe(reply, moved);
            }
            Command::CancelAt(id, reason, at, reply) => {
                let done = self.cancel_at(&id, reason, at);
                group.owe(reply, done);
            }
            Command::TakeBack(id, reply) => {
                let done = self.take_back(&id);
                group.owe(reply, done);
            }
            Command::Wish(id, change, reply) => {
                let done = self.change_wish(&id, change);
                group.owe(reply, done);
            }
            Command::Seek(order, reply) => {
                let done = self.seek(&order);
                group.owe(reply, done);
            }
            Command::PassTo(id, desk, reply) => {
                let done = self.pass_to(&id, desk);
                group.owe(reply, done);
            }
            Command::OfferAgain(id, reply) => {
                let done = self.offer_again(&id);
                group.owe(reply, done);
            }
            Command::Cancel(id, reason, reply) => {
                let done = self.cancel(&id, reason);
                group.owe(reply, done);
            }
            Command::Amend(id, booth, details, reply) => {
                let patch = Patch { booth, details: details.map(|it| it.to_bytes()) };
                let done = self.clerk.amend(now, &id, patch, &mut self.rng);
                group.owe(reply, done.map_err(Refusal::from));
            }
            Command::Arrived(id, reply) => {
                let done = self.clerk.arrived(now, &id);
                group.owe(reply, done.map_err(Refusal::from));
            }
            Command::Outcome(id, fate, minutes, reply) => {
                let done = self.clerk.outcome(now, &id, fate, minutes);
                group.owe(reply, done.map_err(Refusal::from));
            }
            Command::Reachable { mesh, link, reply } => {
                let done = self.clerk.reachable(now, mesh, link);
                group.owe_in_any_life(reply, done.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Enrol(enrolment, reply) => {
                let done = self.clerk.enrol(now, *enrolment);
                group.owe(reply, done.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Replace(member, key, reply) => {
                let done = self.clerk.replace(now, member, key);
                group.owe(reply, done.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Revoke(key, reply) => {
                let done = self.clerk.revoke(now, key);
                group.owe(reply, done.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Settle(member, forced, reply) => {
                let settled = self.clerk.settle(now, &member, forced);
                self.clerk.renew(now, &mut self.rng);
                group.owe(reply, settled.map_err(|error| Refusal::Change(error.into())));
            }
            Command::Export(since, after, reply) => answer(reply, self.export(since, after)),
            Command::Slip(id, reader, bytes_max, reply) => answer(reply, Ok(self.clerk.slip(id, reader, bytes_max))),
            Command::Import(frames, whole_by, reply) => {
                let imported = self.import(&frames, whole_by);
                group.owe_in_any_life(reply, Ok(imported));
            }
            Command::AnewSeen(reply) => {
                let seen = self.anew_seen();
                group.owe_in_any_life(reply, seen);
            }
            Command::AddAccount(account, reply) => {
                let added = self.add_account(*account);
                self.answer_shown(reply, added, snapshots);
            }
            Command::ChangeAccount(account, reply) => {
                let changed = self.change_account(*account);
                self.answer_shown(reply, changed, snapshots);
            }
            Command::RemoveAccount(name, reply) => {
                let removed = self.remove_account(&name);
                self.answer_shown(reply, removed, snapshots);
            }
            Command::Opening(opening, reply) => answer(reply, self.keep_opening(&opening)),
            Command::Access(asked, reply) => answer(reply, self.access(asked)),
            Command::Tick => group.changes |= self.tick(),
        }
    }

    pub(super) fn book(&mut self, order: &BookOrder, group: &mut Group) -> Result<ActRef, Refusal> {
        if let Some(known) = order.nonce.as_deref().and_then(|nonce| group.known_nonce(nonce)) {
            return Ok(known);
        }
        if let Some(refusal) = self.disk.refusal() {
            return Err(refusal);
        }
        if let Some(double) = self.double(order) {
            return Err(Refusal::Double(double));
        }
        let request = Request {
            slot: order.slot,
            service: order.service.clone(),
            booth: order.booth,
            details: order.details.to_bytes(),
        };
        let booked = self.clerk.book(self.clock.now(), &request, &mut self.rng)?;
        group.nonces.extend(order.nonce.clone().map(|nonce| (nonce, booked)));
        group.booked.push(booked);
        Ok(booked)
    }

    /// A form that was kept is answered with what it led to, whatever becomes of the rest; else its reply comes back.
    fn unless_known(&self, nonce: Option<&str>, reply: Reply<ActRef>) -> Option<Reply<ActRef>> {
        let act = nonce.and_then(|nonce| self.store.nonce(nonce).ok().flatten());
        let Some(kept) = act.and_then(|act| postcard::from_bytes(&act).ok()) else { return Some(reply) };
        answer(reply, Ok(kept));
        None
    }
}

/// Once the disk refuses: what would change the calendar is refused before the clerk hears of it. The rest
/// comes back: a form that was kept is still answered with its appointment, and what is there can be read.
fn refuse(command: Command, refusal: Refusal) -> Option<Command> {
    match command {
        Command::Cancel(_, _, reply)
        | Command::CancelAt(_, _, _, reply)
        | Command::TakeBack(_, reply)
        | Command::Wish(_, _, reply)
        | Command::CallNext(_, _, reply)
        | Command::Amend(_, _, _, reply)
        | Command::Arrived(_, reply)
        | Command::Refer(_, _, _, reply)
        | Command::PassTo(_, _, reply)
        | Command::OfferAgain(_, reply)
        | Command::Note(_, _, reply)
        | Command::Outcome(_, _, _, reply)
        | Command::Reachable { reply, .. }
        | Command::Enrol(_, reply)
        | Command::Replace(_, _, reply)
        | Command::Revoke(_, reply) => answer(reply, Err(refusal)),
        Command::Settle(_, _, reply) => answer(reply, Err(refusal)),
        Command::Seek(_, reply) => answer(reply, Err(refusal)),
        Command::Territory(reply) => answer(reply, Err(refusal)),
        Command::Slip(_, _, _, reply) => answer(reply, Err(refusal)),
        Command::Import(_, _, reply) => answer(reply, Err(refusal)),
        Command::AnewSeen(reply) | Command::Opening(_, reply) => answer(reply, Err(refusal)),
        Command::AddAccount(_, reply) | Command::ChangeAccount(_, reply) | Command::RemoveAccount(_, reply) => {
            answer(reply, Err(refusal));
        }
        Command::Up(_)
        | Command::Down(_)
        | Command::Frame(..)
        | Command::Written(..)
        | Command::Tally(..)
        | Command::KeepUnderway(..)
        | Command::KeepRecord(..)
        | Command::Tick => {}
        Command::Book(..)
        | Command::Move(..)
        | Command::Queue(..)
        | Command::OpenNote(..)
        | Command::Details(..)
        | Command::Search(..)
        | Command::Tallies(_)
        | Command::Underway(_)
        | Command::Records(_)
        | Command::Export(..)
        | Command::Access(..) => {
            return Some(command);
        }
    }
    None
}

pub(super) fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("who asked has gone");
    }
}
