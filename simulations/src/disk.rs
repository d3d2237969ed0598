// SPDX-License-Identifier: EUPL-1.2
//! The disk of a simulated node: what survives a crash, and nothing else.
//!
//! It keeps what a real store keeps: automerge documents and changes, signed heads, second histories,
//! week secrets. It never keeps a value that the clerk did not ask to keep.

use std::collections::BTreeMap;

use crdt_calendar::envelope::WeekSecret;
use crdt_calendar::folio::{Batch, Folio, Hash, Head};
use crdt_calendar::ids::FolioId;
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::IsoWeek;

/// Changes beside a document before they are packed into it.
const CHANGES_MAX: usize = 16;

/// One node's disk.
#[derive(Default)]
pub(crate) struct Disk {
    folios: BTreeMap<FolioId, Kept>,
    secrets: BTreeMap<IsoWeek, [u8; 32]>,
}

struct Kept {
    document: Vec<u8>,
    changes: Vec<Vec<u8>>,
    hashes: Vec<Hash>,
    head: Head,
    evidence: Option<Batch>,
}

impl Disk {
    /// Makes durable what the disk lacks of a folio.
    pub(crate) fn keep(&mut self, folio: &Folio) -> Result<(), String> {
        let Some(head) = folio.head() else { return Ok(()) };
        let held = self.count(&folio.id());
        let kept = self.folios.entry(folio.id()).or_insert_with(|| Kept {
            document: Vec::new(),
            changes: Vec::new(),
            hashes: Vec::new(),
            head: *head,
            evidence: None,
        });
        kept.changes.extend(folio.changes_after(held));
        kept.hashes.extend((held + 1..=folio.seq()).filter_map(|number| folio.hash_at(number)));
        kept.head = *head;
        kept.evidence = folio.evidence();
        if kept.changes.len() > CHANGES_MAX {
            kept.document = folio.to_document().map_err(|error| error.to_string())?;
            kept.changes.clear();
        }
        Ok(())
    }

    /// Makes a week's secret durable.
    pub(crate) fn keep_secret(&mut self, week: IsoWeek, secret: &WeekSecret) {
        self.secrets.insert(week, *secret.bytes());
    }

    /// Acts of a folio that are durable here.
    pub(crate) fn count(&self, id: &FolioId) -> u32 {
        self.folios.get(id).map_or(0, |kept| u32::try_from(kept.hashes.len()).unwrap_or(u32::MAX))
    }

    /// The hash after act `number`, if it is durable here.
    pub(crate) fn hash_at(&self, id: &FolioId, number: u32) -> Option<Hash> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        self.folios.get(id)?.hashes.get(place).copied()
    }

    /// Week secrets, as a clerk takes them.
    pub(crate) fn secrets(&self) -> BTreeMap<IsoWeek, WeekSecret> {
        self.secrets.iter().map(|(week, bytes)| (*week, WeekSecret::new(*bytes))).collect()
    }

    /// The shelf, read back as after a power cut.
    pub(crate) fn shelf(&self, papers: &(Genesis, RootStatement), now: IsoWeek) -> Result<Shelf, String> {
        let mut shelf = Shelf::new(papers.0.clone(), papers.1.clone(), now).map_err(|error| error.to_string())?;
        for (id, kept) in &self.folios {
            let mut folio = Folio::from_document(shelf.territory(), *id, &kept.document, &kept.changes, kept.head)
                .map_err(|error| format!("{id:?} does not open again: {error}"))?;
            if let Some(evidence) = &kept.evidence {
                folio.accept(evidence).map_err(|error| format!("evidence on {id:?} is refused: {error}"))?;
            }
            shelf.restore(folio);
        }
        Ok(shelf)
    }
}
