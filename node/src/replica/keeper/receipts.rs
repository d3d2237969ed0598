// SPDX-License-Identifier: EUPL-1.2
//! What peers keep of this box's folios, kept across restarts: a box that starts without network says "kept at N" as before.
//!
//! Written some seconds later, by a commit of its own, at most every ten seconds. What a kill takes of it, or a disk that
//! does not keep it, only says less than is so, until the peer is heard.

use crdt_calendar::replicator::Receipts;

use super::Keeper;
use super::room::Disk;

/// How long receipts wait at most.
const KEEP_EVERY_MS: u64 = 10_000;

impl Keeper {
    /// Makes durable what peers have said, if it is time.
    pub(super) fn tend_receipts(&mut self) {
        let now_ms = self.clock.monotonic_ms();
        if now_ms >= self.receipts_kept_at_ms + KEEP_EVERY_MS {
            self.receipts_kept_at_ms = now_ms;
            self.keep_receipts();
        }
    }

    /// Makes it durable now.
    pub(super) fn keep_receipts(&mut self) {
        let (shelf, roster) = (self.clerk.shelf(), self.clerk.roster());
        let mut now = self.clerk.replicator().receipts().clone();
        // Boxes that speak for nobody any more keep nothing that counts, and what was erased is kept by nobody.
        now.retain(|peer, _| !roster.is_retired(peer));
        now.values_mut().for_each(|kept| kept.retain(|id, _| shelf.folio(id).is_some()));
        if self.disk != Disk::Keeps || now == self.receipts_written {
            return;
        }
        match self.store.keep_receipts(&self.receipts_written, &now) {
            Ok(()) => self.receipts_written = now,
            Err(error) => tracing::warn!(%error, "what others keep is not written down"),
        }
    }

    /// Reads what was written.
    pub(super) fn read_receipts(&mut self) {
        self.receipts_written = self.store.receipts().unwrap_or_else(|error| {
            tracing::warn!(%error, "what others keep cannot be read: they say it again");
            Receipts::new()
        });
        self.clerk.remember_receipts(self.receipts_written.clone());
    }
}
