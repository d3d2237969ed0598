// SPDX-License-Identifier: EUPL-1.2
//! Walk-in windows on the replica's thread: a place is asked for, and the next person called in.

use crdt_calendar::clerk::PoolRequest;
use crdt_calendar::ids::ActRef;
use crdt_calendar::time::Span;

use super::Keeper;
use super::group::Group;
use crate::replica::command::{QueueOrder, Refusal};

impl Keeper {
    /// Asks for a place. The same form sent twice takes one.
    pub(super) fn queue(&mut self, order: &QueueOrder, group: &mut Group) -> Result<ActRef, Refusal> {
        if let Some(known) = group.known_nonce(&order.nonce) {
            return Ok(known);
        }
        if let Some(refusal) = self.disk.refusal() {
            return Err(refusal);
        }
        let request = PoolRequest {
            home: order.home.clone(),
            others: Vec::new(),
            minutes: Span { from: order.from, length_min: 0 },
            service: order.service.clone(),
            booth: None,
            details: order.details.to_bytes(),
        };
        let queued = self.clerk.ask(self.clock.now(), &request, &mut self.rng)?;
        group.nonces.push((order.nonce.clone(), queued));
        Ok(queued)
    }

    /// Calls in the next person, if it is the one that whoever calls saw there: a button pressed twice calls one.
    pub(super) fn call_next(&mut self, window: &ActRef, seen: &ActRef) -> Result<(), Refusal> {
        if self.clerk.next_in(window) != Some(*seen) {
            return Err(Refusal::QueueMoved);
        }
        self.clerk.call_next(self.clock.now(), window)?;
        Ok(())
    }
}
