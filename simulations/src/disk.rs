// SPDX-License-Identifier: EUPL-1.2
//! The disk of a simulated node: what survives a crash, and nothing else.
//!
//! It keeps what a real store keeps: automerge documents and changes, signed heads, second histories,
//! week secrets. A write is not durable before [`Disk::sync`]; a power cut loses it, tears it, or
//! leaves it whole. A torn write is found when the disk is read again, and cut.

use std::collections::BTreeMap;

use crdt_calendar::envelope::WeekSecret;
use crdt_calendar::folio::{Batch, Folio, Hash, Head};
use crdt_calendar::ids::{FolioId, Incarnation, Leaf, TerritoryId, Writer};
use crdt_calendar::retention::{Erasure, Floors, Term};
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::IsoWeek;

use crate::dice::Dice;

/// Changes beside a document before they are packed into it.
const CHANGES_MAX: usize = 16;

/// One node's disk.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    folios: BTreeMap<FolioId, Kept>,
    secrets: BTreeMap<IsoWeek, [u8; 32]>,
    statements: Vec<RootStatement>,
    floors: Floors,
    /// The life of the box, once it is not its first.
    pub(crate) incarnation: Option<Incarnation>,
    /// Written, not yet durable.
    writing: Vec<Write>,
    /// What a power cut left half written, by folio.
    torn: Vec<(FolioId, Torn)>,
    /// Acts that became durable here so far.
    pub(crate) admitted: u64,
    /// Torn writes that were found and cut.
    pub(crate) cut: u64,
}

#[derive(Clone)]
struct Kept {
    document: Vec<u8>,
    changes: Vec<Vec<u8>>,
    hashes: Vec<Hash>,
    head: Head,
    evidence: Option<Batch>,
}

#[derive(Clone)]
enum Write {
    Folio(Box<Folio>),
    Secret(IsoWeek, [u8; 32]),
    Erasure(Box<Erasure>),
}

/// Some changes, the last one cut, with the head that the whole would have had.
#[derive(Clone)]
struct Torn {
    changes: Vec<Vec<u8>>,
    head: Head,
}

impl Disk {
    /// Writes a folio: durable after the next [`Disk::sync`].
    pub(crate) fn write(&mut self, folio: &Folio) {
        self.writing.push(Write::Folio(Box::new(folio.clone())));
    }

    /// Writes a week's secret.
    pub(crate) fn write_secret(&mut self, week: IsoWeek, secret: &WeekSecret) {
        self.writing.push(Write::Secret(week, *secret.bytes()));
    }

    /// Lets go what is past its term: in one commit, so a power cut leaves all of it or nothing.
    pub(crate) fn erase(&mut self, erasure: Erasure) {
        self.writing.push(Write::Erasure(Box::new(erasure)));
    }

    fn let_go(&mut self, erasure: &Erasure) {
        erasure.folios.iter().for_each(|id| drop(self.folios.remove(id)));
        if erasure.term != Term::Others {
            self.secrets.retain(|week, _| *week > erasure.week);
        }
        self.floors = erasure.floors;
    }

    /// Keeps a root statement. Rare, and small: durable at once.
    pub(crate) fn keep_statement(&mut self, statement: &RootStatement) {
        self.statements.push(statement.clone());
    }

    /// Makes durable what was written.
    pub(crate) fn sync(&mut self) -> Result<(), String> {
        for write in core::mem::take(&mut self.writing) {
            match write {
                Write::Folio(folio) => self.keep(&folio)?,
                Write::Secret(week, secret) => {
                    self.secrets.insert(week, secret);
                }
                Write::Erasure(erasure) => self.let_go(&erasure),
            }
        }
        Ok(())
    }

    /// What a copy taken now holds: nothing that is still on its way.
    pub(crate) fn copy(&self) -> Self {
        Self { writing: Vec::new(), torn: Vec::new(), admitted: 0, cut: 0, ..self.clone() }
    }

    /// Power cut: each write in flight is lost, torn, or whole by luck. Writes reach the disk in order,
    /// so nothing follows a torn one.
    pub(crate) fn crash(&mut self, dice: &mut Dice, torn_per_mille: u64) -> Result<(), String> {
        for write in core::mem::take(&mut self.writing) {
            match write {
                Write::Folio(folio) if dice.chance(torn_per_mille) => {
                    self.tear(dice, &folio);
                    return Ok(());
                }
                Write::Folio(folio) if dice.chance(500) => self.keep(&folio)?,
                Write::Secret(week, secret) if dice.chance(500) => {
                    self.secrets.insert(week, secret);
                }
                Write::Erasure(erasure) if dice.chance(500) => self.let_go(&erasure),
                Write::Folio(_) | Write::Secret(..) | Write::Erasure(_) => return Ok(()),
            }
        }
        Ok(())
    }

    fn tear(&mut self, dice: &mut Dice, folio: &Folio) {
        let Some(head) = folio.head().copied() else { return };
        let mut changes = folio.changes_after(self.count(&folio.id()));
        let Some(last) = changes.last_mut() else { return };
        last.truncate(dice.place(last.len()).unwrap_or(0));
        self.torn.push((folio.id(), Torn { changes, head }));
    }

    fn keep(&mut self, folio: &Folio) -> Result<(), String> {
        let Some(head) = folio.head() else { return Ok(()) };
        let held = self.count(&folio.id());
        if held > 0 && folio.hash_at(held) != self.hash_at(&folio.id(), held) {
            // Another history stands now: a later word settled it.
            self.overwrite(folio);
            return Ok(());
        }
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
        self.admitted += u64::from(folio.seq().saturating_sub(held));
        if kept.changes.len() > CHANGES_MAX {
            kept.document = folio.to_document().map_err(|error| error.to_string())?;
            kept.changes.clear();
        }
        Ok(())
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

    /// Whether the proof of a second history of this folio is durable here.
    pub(crate) fn has_evidence(&self, id: &FolioId) -> bool {
        self.folios.get(id).is_some_and(|kept| kept.evidence.is_some())
    }

    /// Acts in this writer's folios.
    pub(crate) fn written_by(&self, writer: Writer) -> u64 {
        let own = self.folios.iter().filter(|(id, _)| id.writer == writer);
        own.map(|(_, kept)| kept.hashes.len() as u64).sum()
    }

    /// The folios of this writer.
    pub(crate) fn folios_of(&self, writer: Writer) -> Vec<FolioId> {
        self.folios.keys().filter(|id| id.writer == writer).copied().collect()
    }

    /// All folios.
    pub(crate) fn ids(&self) -> impl Iterator<Item = FolioId> {
        self.folios.keys().copied()
    }

    /// Whether its week went at its term.
    pub(crate) fn has_let_go(&self, id: &FolioId) -> bool {
        matches!(id.leaf, Leaf::Week(week) if week < self.floors.rows.week)
    }

    /// A folio, read back.
    pub(crate) fn read(&self, territory: TerritoryId, id: &FolioId) -> Option<Folio> {
        let kept = self.folios.get(id)?;
        Folio::from_document(territory, *id, &kept.document, &kept.changes, kept.head).ok()
    }

    /// Puts another version of a folio in its place.
    pub(crate) fn overwrite(&mut self, folio: &Folio) {
        let Some(head) = folio.head().copied() else { return };
        let hashes = (1..=folio.seq()).filter_map(|number| folio.hash_at(number)).collect();
        let (document, changes) = (Vec::new(), folio.changes_after(0));
        self.folios.insert(folio.id(), Kept { document, changes, hashes, head, evidence: folio.evidence() });
    }

    /// Week secrets, as a clerk takes them.
    pub(crate) fn secrets(&self) -> BTreeMap<IsoWeek, WeekSecret> {
        self.secrets.iter().map(|(week, bytes)| (*week, WeekSecret::new(*bytes))).collect()
    }

    /// The shelf, read back as after a power cut. What was torn is cut first.
    pub(crate) fn shelf(&mut self, papers: &(Genesis, RootStatement), now: IsoWeek) -> Result<Shelf, String> {
        let mut shelf = Shelf::new(papers.0.clone(), papers.1.clone(), now).map_err(|error| error.to_string())?;
        shelf.set_floors(self.floors);
        for statement in &self.statements {
            shelf.state(statement.clone()).map_err(|error| error.to_string())?;
        }
        for (id, torn) in core::mem::take(&mut self.torn) {
            self.cut_torn(shelf.territory(), &id, &torn)?;
        }
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

    /// A torn record must be told from a whole one by its bytes alone.
    fn cut_torn(&mut self, territory: TerritoryId, id: &FolioId, torn: &Torn) -> Result<(), String> {
        let before = self.folios.get(id);
        let document = before.map_or(&[][..], |kept| &kept.document);
        let mut changes = before.map(|kept| kept.changes.clone()).unwrap_or_default();
        changes.extend(torn.changes.iter().cloned());
        self.cut += 1;
        match Folio::from_document(territory, *id, document, &changes, torn.head) {
            Ok(_) => Err(format!("{id:?} opens although its last act is half written")),
            Err(_) => Ok(()),
        }
    }
}
