// SPDX-License-Identifier: EUPL-1.2
//! What leaves and comes by hand, in export files: the frames of the wire, a piece at a time, so that the calendar
//! goes on between two pieces.
//!
//! Invariant: what comes passes the shelf's gate, and is on the disk before it is counted.

use std::sync::Arc;

use crdt_calendar::clerk::Taken;
use crdt_calendar::folio::{Batch, Folio, GateError};
use crdt_calendar::ids::{FolioId, Leaf, PublicKey};
use crdt_calendar::limits::INFLATED_BYTES_MAX;
use crdt_calendar::roster::RootStatement;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame};

use super::Keeper;
use crate::replica::command::{Exported, Imported};

/// Frames of one piece, in bytes, the last one not counted: well below what the terminal's socket carries.
const PIECE_BYTES_MAX: usize = 1024 * 1024;

impl Keeper {
    /// What follows `after` in the order of a file: root statements, rosters, profiles, then weeks from `since` on.
    pub(super) fn export(&self, since: Option<IsoWeek>, after: Option<FolioId>) -> Exported {
        let shelf = self.clerk.shelf();
        let place = |id: &FolioId| (id.leaf, id.writer);
        let is_wanted = |folio: &&Folio| {
            let id = folio.id();
            let in_time = match id.leaf {
                Leaf::Week(week) => since.is_none_or(|since| week >= since),
                Leaf::Roster | Leaf::Profile => true,
            };
            in_time && shelf.is_shared(&id) && after.is_none_or(|after| place(&id) > place(&after))
        };
        let mut folios: Vec<&Folio> = shelf.folios().filter(is_wanted).collect();
        folios.sort_by_key(|folio| place(&folio.id()));
        let mut frames = Vec::new();
        if after.is_none() {
            let statements = shelf.statements().all();
            frames.extend(statements.map(|statement| frame::encode(&Frame::Statement(statement.clone()))));
        }
        let (mut bytes, mut last) = (0, None);
        for folio in &folios {
            if bytes >= PIECE_BYTES_MAX {
                return Exported { frames, after: last };
            }
            let histories = [folio.after(0), folio.evidence()];
            let encoded = histories.into_iter().flatten().map(|batch| frame::encode_batch(&batch));
            for frame in encoded {
                bytes += frame.len();
                frames.push(frame);
            }
            last = Some(folio.id());
        }
        Exported { frames, after: None }
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
