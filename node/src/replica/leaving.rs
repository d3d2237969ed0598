// SPDX-License-Identifier: EUPL-1.2
//! What leaves in an export file, a piece at a time: root statements, rosters, profiles, then weeks.
//!
//! Invariant: nothing leaves that the disk does not keep. While it keeps what it is given that is all that is held; where
//! it refuses, or no node can start on it, it is read anew from there, and nothing is written.

use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, Leaf};
use crdt_calendar::roster::RootStatement;
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame};

use super::command::Exported;
use crate::store::{Store, StoreError};

/// Frames of one piece, in bytes, the last folio's not counted: well below what the terminal's socket carries.
const PIECE_BYTES_MAX: usize = 1024 * 1024;

/// Which piece is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Weeks from this one on.
    pub since: Option<IsoWeek>,
    /// What follows this folio, in the order of a file.
    pub after: Option<FolioId>,
}

/// A piece of what is held, of a disk that keeps it.
pub(super) fn held(shelf: &Shelf, asked: Asked) -> Exported {
    let statements = shelf.statements().all();
    let ids = shelf.folios().map(Folio::id).filter(|id| shelf.is_shared(id)).collect();
    piece(statements, ids, asked, |id| Ok(shelf.folio(id).map(frames_of).unwrap_or_default()))
        .unwrap_or_else(|never: core::convert::Infallible| match never {})
}

/// A piece of what the disk keeps, read there; `shelf` says which folios are passed on.
///
/// # Errors
/// [`StoreError`].
pub(super) fn kept<'a>(
    store: &Store,
    shelf: &Shelf,
    statements: impl IntoIterator<Item = &'a RootStatement>,
    asked: Asked,
) -> Result<Exported, StoreError> {
    let ids = store.folio_ids()?.into_iter().filter(|id| shelf.is_shared(id)).collect();
    let frames =
        |id: &FolioId| Ok(store.kept_folio(shelf.territory(), id)?.as_ref().map(frames_of).unwrap_or_default());
    piece(statements, ids, asked, frames)
}

fn piece<'a, E>(
    statements: impl IntoIterator<Item = &'a RootStatement>,
    mut ids: Vec<FolioId>,
    asked: Asked,
    frames_of: impl Fn(&FolioId) -> Result<Vec<Vec<u8>>, E>,
) -> Result<Exported, E> {
    let place = |id: &FolioId| (id.leaf, id.writer);
    let is_in_time = |id: &FolioId| match id.leaf {
        Leaf::Week(week) => asked.since.is_none_or(|since| week >= since),
        Leaf::Roster | Leaf::Profile => true,
    };
    ids.retain(|id| is_in_time(id) && asked.after.is_none_or(|after| place(id) > place(&after)));
    ids.sort_by_key(place);
    let mut frames = Vec::new();
    if asked.after.is_none() {
        frames.extend(statements.into_iter().map(|statement| frame::encode(&Frame::Statement(statement.clone()))));
    }
    let (mut bytes, mut last) = (0, None);
    for id in ids {
        if bytes >= PIECE_BYTES_MAX {
            return Ok(Exported { frames, after: last });
        }
        for frame in frames_of(&id)? {
            bytes += frame.len();
            frames.push(frame);
        }
        last = Some(id);
    }
    Ok(Exported { frames, after: None })
}

/// A folio travels whole; of one with two histories, both.
fn frames_of(folio: &Folio) -> Vec<Vec<u8>> {
    let histories = [folio.after(0), folio.evidence()];
    histories.into_iter().flatten().map(|batch| frame::encode_batch(&batch)).collect()
}
