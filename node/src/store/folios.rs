// SPDX-License-Identifier: EUPL-1.2
//! Folios on disk: one compact automerge document each, then single changes, then the signed head.

use std::num::NonZeroUsize;

use crdt_calendar::folio::{Folio, Fork, Head};
use crdt_calendar::ids::{ActRef, FolioId, Leaf, TerritoryId, Writer};
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::WireHead;
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Store, StoreError};

/// Single changes kept beside a document before they are folded into it. A change is some 110 bytes
/// more than its act; a document some 20 (deflated columns), so this bounds the waste at 7 kB.
const LOOSE_CHANGES_MAX: u32 = 64;

/// Rows verified together, by all cores. Bounds what is in memory as bytes and as folios at once.
const BATCH_ROWS: usize = 128;

/// Id, document, head, fork.
pub(super) type Row = (Vec<u8>, Vec<u8>, Vec<u8>, Option<Vec<u8>>);
type WireFork = (u32, Vec<Box<[u8]>>, WireHead);

/// What was read back: folios that are whole, and which were not, and were dropped.
pub(super) struct Read {
    pub folios: Vec<Folio>,
    pub dropped: Vec<FolioId>,
}

impl Store {
    /// Makes durable, in one commit, what these folios hold beyond their first `held` acts, and the
    /// week secrets and the nonces that go with them.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was kept then.
    pub fn keep<'a>(
        &mut self,
        folios: impl IntoIterator<Item = (&'a Folio, u32)>,
        secrets: &[(u16, [u8; 32])],
        nonces: impl IntoIterator<Item = (&'a str, &'a [u8], i64)>,
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for (week, bytes) in secrets {
            transaction.execute(
                "INSERT OR IGNORE INTO week_secret (week, bytes) VALUES (?1, ?2)",
                params![week, super::secrets::checked(*week, bytes).as_slice()],
            )?;
        }
        for (folio, held) in folios {
            keep_folio(&transaction, folio, held)?;
        }
        for (nonce, act, at) in nonces {
            transaction
                .execute("INSERT OR IGNORE INTO nonce (nonce, act, at) VALUES (?1, ?2, ?3)", params![nonce, act, at])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Reads all folios back, each checked as if it came from a stranger. A damaged folio of another
    /// writer is dropped: any peer has it.
    ///
    /// # Errors
    /// [`StoreError::Own`] when a folio of `own` is damaged; [`StoreError::Sqlite`].
    pub(super) fn folios(&mut self, territory: TerritoryId, own: Writer) -> Result<Read, StoreError> {
        let mut read = Read { folios: Vec::new(), dropped: Vec::new() };
        let mut damaged = Vec::new();
        {
            let mut statement = self.connection.prepare("SELECT id, document, head, fork FROM folio")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            let mut rows = rows.peekable();
            while rows.peek().is_some() {
                let batch: Vec<Row> = rows.by_ref().take(BATCH_ROWS).collect::<Result<_, _>>()?;
                let changes = batch.iter().map(|row| self.changes(row)).collect::<Result<Vec<_>, _>>()?;
                let verified = verified(territory, &batch, &changes);
                for (row, folio) in batch.into_iter().zip(verified) {
                    match folio {
                        Some(folio) => read.folios.push(folio),
                        None => damaged.push(row),
                    }
                }
            }
        }
        for row in &damaged {
            let id = of_another(territory, row, own).ok_or(StoreError::Own)?;
            self.connection.execute("DELETE FROM folio WHERE id = ?1", params![row.0])?;
            read.dropped.push(id);
        }
        Ok(read)
    }

    /// The names of all folios that are kept; one that is damaged has none.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn folio_ids(&self) -> Result<Vec<FolioId>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id FROM folio")?;
        let ids = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<Vec<u8>>, _>>()?;
        Ok(ids.iter().filter_map(|id| postcard::from_bytes(id).ok()).collect())
    }

    /// A folio as it is kept, checked as if it came from a stranger; `None` if it is damaged, or not here.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn kept_folio(&self, territory: TerritoryId, id: &FolioId) -> Result<Option<Folio>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, document, head, fork FROM folio WHERE id = ?1")?;
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        let row: Option<Row> = statement.query_row(params![bytes_of(id)], row).optional()?;
        row.map_or(Ok(None), |row| self.folio(territory, &row))
    }

    pub(super) fn folio(&self, territory: TerritoryId, row: &Row) -> Result<Option<Folio>, StoreError> {
        Ok(folio(territory, row, &self.changes(row)?))
    }

    fn changes(&self, (id, ..): &Row) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT bytes FROM change WHERE folio = ?1 ORDER BY seq")?;
        let changes = statement.query_map(params![id], |row| row.get(0))?;
        Ok(changes.collect::<Result<_, rusqlite::Error>>()?)
    }

    /// The act that a form's nonce led to.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn nonce(&self, nonce: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT act FROM nonce WHERE nonce = ?1")?;
        Ok(statement.query_row(params![nonce], |row| row.get(0)).optional()?)
    }
}

/// The folios of these rows, each verified; some cores share the work, which is hashes and signatures.
fn verified(territory: TerritoryId, rows: &[Row], changes: &[Vec<Vec<u8>>]) -> Vec<Option<Folio>> {
    let read = |rows: &[Row], changes: &[Vec<Vec<u8>>]| -> Vec<Option<Folio>> {
        rows.iter().zip(changes).map(|(row, changes)| folio(territory, row, changes)).collect()
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = rows.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let shares = rows.chunks(share).zip(changes.chunks(share));
        let shares: Vec<_> = shares.map(|(rows, changes)| scope.spawn(move || read(rows, changes))).collect();
        // A panic there is a bug of ours, as it would be here.
        shares.into_iter().flat_map(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// A folio out of its row and its loose changes; `None` if it is damaged.
fn folio(territory: TerritoryId, (id, document, head, fork): &Row, changes: &[Vec<u8>]) -> Option<Folio> {
    let id = postcard::from_bytes::<FolioId>(id).ok()?;
    let head = postcard::from_bytes::<WireHead>(head).ok()?;
    let mut folio = Folio::from_document(territory, id, document, changes, Head::from(head)).ok()?;
    if let Some(fork) = fork {
        let (at, acts, head) = postcard::from_bytes::<WireFork>(fork).ok()?;
        folio.restore_fork(Fork { at, acts, head: head.into() }).ok()?;
    }
    Some(folio)
}

/// The id of a damaged folio that is not this box's own. In doubt it is: also where the id itself may be what is
/// damaged, and the head is one that this box signed.
fn of_another(territory: TerritoryId, (id, _, head, _): &Row, own: Writer) -> Option<FolioId> {
    let id = postcard::from_bytes::<FolioId>(id).ok().filter(|id| id.writer != own)?;
    let head = postcard::from_bytes::<WireHead>(head).map(Head::from);
    let signed_here = head.is_ok_and(|head| head.verify(territory, FolioId { writer: own, leaf: id.leaf }));
    (!signed_here).then_some(id)
}

fn keep_folio(transaction: &Transaction<'_>, folio: &Folio, held: u32) -> Result<(), StoreError> {
    let Some(head) = folio.head() else { return Ok(()) };
    let id = bytes_of(&folio.id());
    let fork = folio.fork().map(|it| bytes_of(&(it.at, &it.acts, WireHead::from(&it.head))));
    transaction.execute(
        "INSERT INTO folio (id, document, document_seq, head, fork) VALUES (?1, x'', 0, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET head = excluded.head, fork = excluded.fork",
        params![id, bytes_of(&WireHead::from(head)), fork],
    )?;
    let in_document: u32 =
        transaction.query_row("SELECT document_seq FROM folio WHERE id = ?1", params![id], |row| row.get(0))?;
    if held < in_document {
        // Another history took the place of the one in the document: all of it is written anew.
        transaction.execute("UPDATE folio SET document = x'', document_seq = 0 WHERE id = ?1", params![id])?;
    }
    transaction.execute("DELETE FROM change WHERE folio = ?1 AND seq > ?2", params![id, held])?;
    let held = if held < in_document { 0 } else { held };
    let mut insert =
        transaction.prepare_cached("INSERT OR REPLACE INTO change (folio, seq, bytes) VALUES (?1, ?2, ?3)")?;
    for (seq, bytes) in (held + 1..).zip(folio.changes_after(held)) {
        insert.execute(params![id, seq, bytes])?;
    }
    compact(transaction, folio, &id)
}

/// Folds loose changes into the document when there are many.
fn compact(transaction: &Transaction<'_>, folio: &Folio, id: &[u8]) -> Result<(), StoreError> {
    let in_document: u32 =
        transaction.query_row("SELECT document_seq FROM folio WHERE id = ?1", params![id], |row| row.get(0))?;
    if folio.seq() - in_document.min(folio.seq()) <= LOOSE_CHANGES_MAX {
        return Ok(());
    }
    let Ok(document) = folio.to_document() else { return Ok(()) };
    transaction.execute(
        "UPDATE folio SET document = ?2, document_seq = ?3 WHERE id = ?1",
        params![id, document, folio.seq()],
    )?;
    transaction.execute("DELETE FROM change WHERE folio = ?1", params![id])?;
    Ok(())
}

/// Deletes the rows of a table whose act lies in a week that goes, or in none.
pub(super) fn delete_weeks(
    transaction: &Transaction<'_>,
    table: &'static str,
    stays: impl Fn(IsoWeek) -> bool,
) -> Result<(), StoreError> {
    let mut statement = transaction.prepare(&format!("SELECT DISTINCT act FROM {table}"))?;
    let acts: Vec<Vec<u8>> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for act in acts {
        let leaf = postcard::from_bytes::<ActRef>(&act).map(|act| act.folio.leaf);
        if !matches!(leaf, Ok(Leaf::Week(week)) if stays(week)) {
            transaction.execute(&format!("DELETE FROM {table} WHERE act = ?1"), params![act])?;
        }
    }
    Ok(())
}

pub(super) fn bytes_of<T: serde::Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).unwrap_or_default()
}
