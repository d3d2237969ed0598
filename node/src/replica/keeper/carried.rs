// SPDX-License-Identifier: EUPL-1.2
//! What leaves and comes by hand, in export files: the frames of the wire, a piece at a time, so that the calendar
//! goes on between two pieces.
//!
//! Invariant: what comes passes the shelf's gate, and is on the disk before it is counted.

use std::sync::Arc;

use crdt_calendar::clerk::Taken;
use crdt_calendar::folio::{Batch, GateError};
use crdt_calendar::ids::{FolioId, PublicKey};
use crdt_calendar::limits::INFLATED_BYTES_MAX;
use crdt_calendar::roster::RootStatement;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame};

use super::Keeper;
use crate::replica::command::{Exported, Imported, Refusal};
use crate::replica::leaving::{self, Asked};

impl Keeper {
    /// What follows `after` in the order of a file: root statements, rosters, profiles, then weeks from `since` on. Of a
    /// disk that refuses, what it kept before: what is held beyond that was promised to nobody.
    pub(super) fn export(&self, since: Option<IsoWeek>, after: Option<FolioId>) -> Result<Exported, Refusal> {
        let (shelf, asked) = (self.clerk.shelf(), Asked { since, after });
        let Some(refusal) = self.disk.refusal() else { return Ok(leaving::held(shelf, asked)) };
        let read = self.store.statements().and_then(|later| {
            let papers = |it: &RootStatement| *it == self.ground.statement || self.ground.earlier.contains(it);
            let statements = shelf.statements().all().filter(|it| papers(it) || later.contains(it));
            leaving::kept(&self.store, shelf, statements, asked)
        });
        read.map_err(|error| {
            tracing::error!(%error, "what the disk keeps cannot be read for a file");
            refusal
        })
    }

    /// Takes in frames of a file, to be kept with the group; with the last ones, says who wrote it. What the gate refuses
    /// is counted.
    pub(super) fn import(&mut self, frames: &[Vec<u8>], whole_by: Option<PublicKey>) -> Imported {
        let members = Arc::clone(self.clerk.roster());
        let mut imported = Imported::default();
        let mut waiting: Vec<Batch> = Vec::new();
        for bytes in frames {
            match frame::decode(bytes) {
                Ok(Frame::Acts(batch)) => waiting.push(batch),
                Ok(Frame::Statement(statement)) => self.take_statement(statement, &mut imported),
                _ => imported.refused += 1,
            }
            let size: usize = waiting.iter().flat_map(|batch| &batch.acts).map(|act| act.len()).sum();
            if size >= INFLATED_BYTES_MAX {
                self.take_batches(&core::mem::take(&mut waiting), &mut imported);
            }
        }
        self.take_batches(&waiting, &mut imported);
        if let Some(by) = whole_by {
            self.clerk.has_read(by);
        }
        if !Arc::ptr_eq(self.clerk.roster(), &members) {
            // A new member may be one to whom slots are passed on in advance.
            self.publish();
        }
        imported
    }

    fn take_statement(&mut self, statement: RootStatement, imported: &mut Imported) {
        if self.clerk.shelf().statements().all().any(|known| *known == statement) {
            return;
        }
        match self.clerk.state(statement) {
            Ok(()) => imported.statements += 1,
            Err(_) => imported.refused += 1,
        }
    }

    fn take_batches(&mut self, batches: &[Batch], imported: &mut Imported) {
        for taken in self.clerk.take_in(self.clock.now(), batches) {
            *match taken {
                Ok(Taken::New) => &mut imported.new,
                Ok(Taken::Grown) => &mut imported.grown,
                Ok(Taken::Known) => &mut imported.known,
                Ok(Taken::Doubled) => &mut imported.doubled,
                // Its bytes were checked when the file was: it is of a week that is not held here.
                Err(GateError::Limit) => &mut imported.outside,
                Err(GateError::Room) => &mut imported.no_room,
                Err(_) => &mut imported.refused,
            } += 1;
        }
    }
}
