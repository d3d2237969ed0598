// SPDX-License-Identifier: EUPL-1.2
//! An agency's notes on the replica's thread: sealed to this box's own key of the week before they reach the disk.

use std::sync::Arc;

use crdt_calendar::ids::ActRef;

use super::Keeper;
use crate::replica::command::Refusal;
use crate::replica::note::Note;

impl Keeper {
    /// Keeps a note; an empty one lets go what was.
    pub(super) fn keep_note(&mut self, id: &ActRef, note: &Note) -> Result<(), Refusal> {
        let sealed = match note.text() {
            "" => None,
            text => Some(self.clerk.seal_note(id, text.as_bytes(), &mut self.rng)?),
        };
        self.store.keep_note(id, sealed.as_deref()).map_err(|error| self.break_off(&error))?;
        let noted = Arc::make_mut(&mut self.noted);
        if sealed.is_some() {
            noted.insert(*id)
        } else {
            noted.remove(id)
        };
        Ok(())
    }

    /// The note on an appointment; `None` where there is none, or it does not open any more.
    pub(super) fn note(&self, id: &ActRef) -> Option<Note> {
        let sealed = self.store.note(id).inspect_err(|error| tracing::warn!(%error, "a note is not read")).ok()??;
        let text = self.clerk.open_note(id, &sealed).ok()?;
        Note::new(std::str::from_utf8(&text).ok()?)
    }

    /// Reads which appointments have one.
    pub(super) fn read_notes(&mut self) {
        match self.store.noted() {
            Ok(noted) if noted == *self.noted => {}
            Ok(noted) => self.noted = Arc::new(noted),
            Err(error) => tracing::warn!(%error, "which appointments have a note is not read"),
        }
    }
}
