// SPDX-License-Identifier: MIT OR Apache-2.0
//! A folio: what one box wrote about one week, as a chain of acts under one signature.
//!
//! At rest a folio is an automerge document with one writer: root map, key = act number, value = the
//! act's bytes, one act a change, each change after the one before. On the wire only acts travel: the
//! receiver rebuilds each change, and the hash of the last must equal the signed head. So a crafted
//! automerge document cannot even be expressed.
//!
//! *Stored?* is decided here, from the folio's own bytes alone. *Counts?* is [`crate::fold`].
//! Invariant: `hashes` is the chain of `acts`, and `head` signs the last (checked by [`Folio::accept`]
//! and [`Folio::from_document`]; oracle: `simulations::oracle`).

mod change;
mod fork;
mod head;
mod settled;

pub use change::Hash;
pub use fork::Fork;
pub use head::Head;
pub use settled::Settled;

use ed25519_dalek::SigningKey;

use crate::act::Act;
use crate::ids::{FolioId, ShortId, TerritoryId};
use crate::limits::{ACT_BYTES_MAX, FOLIO_ACTS_MAX, FOLIO_BYTES_MAX, FOLIO_BYTES_RESERVED};
use crate::plant::{self, Plant};
use crate::wire;

/// One writer's acts on one leaf, in order.
#[derive(Debug, Clone)]
pub struct Folio {
    territory: TerritoryId,
    id: FolioId,
    short: ShortId,
    acts: Vec<Box<[u8]>>,
    hashes: Vec<Hash>,
    bytes: usize,
    head: Option<Head>,
    fork: Option<Fork>,
    settled: Option<Settled>,
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// This many new acts were stored.
    New(u32),
    /// All of it was here.
    Known,
    /// It proves a second history.
    Forked,
    /// It is the history that was settled upon, and replaces the one that was held: keep all of it.
    Replaced,
}

/// Why acts were not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The folio is full; only acts that give back still fit, or none.
    #[error("this week's register is full: start a new incarnation")]
    Full,
    /// The act is too long.
    #[error("an act of {0} bytes: the limit is {ACT_BYTES_MAX}")]
    TooLong(usize),
    /// The folio has two histories.
    #[error("this week's register has two histories: the coordination must decide")]
    Forked,
    /// The week is past its term here.
    #[error("the secrets of that week were erased here, nothing more is written in it: check this node's clock")]
    Erased,
}

/// Why a batch from outside was not stored. Nothing of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// Something is over a limit.
    #[error("over a limit")]
    Limit,
    /// There is no room here for more folios of this kind: not the fault of who passes it on.
    #[error("no room for more registers of this writer")]
    Room,
    /// The signature is not the writer's.
    #[error("the signature is not the writer's")]
    Signature,
    /// It does not follow what is here: ask for the folio from its beginning.
    #[error("it does not follow what is held here")]
    Gap,
    /// The acts do not lead to the signed head.
    #[error("the acts do not lead to the signed head")]
    Chain,
    /// Bytes that are no act.
    #[error("bytes that are no act")]
    Act,
    /// The document at rest is damaged.
    #[error("the document at rest is damaged")]
    Document,
}

/// Acts of one folio as they travel: `acts` are numbered from `first`, `head` signs the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The folio.
    pub folio: FolioId,
    /// Number of the first act, from 1.
    pub first: u32,
    /// Their bytes.
    pub acts: Vec<Box<[u8]>>,
    /// The signature on the last.
    pub head: Head,
}

impl Folio {
    /// An empty folio. It is held nowhere until its first act.
    #[must_use]
    pub fn new(territory: TerritoryId, id: FolioId) -> Self {
        Self {
            territory,
            id,
            short: id.short(),
            acts: Vec::new(),
            hashes: Vec::new(),
            bytes: 0,
            head: None,
            fork: None,
            settled: None,
        }
    }

    /// Which folio it is.
    #[must_use]
    pub fn id(&self) -> FolioId {
        self.id
    }

    /// Its short id.
    #[must_use]
    pub fn short(&self) -> ShortId {
        self.short
    }

    /// How many acts it holds.
    #[must_use]
    pub fn seq(&self) -> u32 {
        u32::try_from(self.acts.len()).unwrap_or(u32::MAX)
    }

    /// Its signed head, absent while it is empty.
    #[must_use]
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The hash after act `number`; all zero for 0.
    #[must_use]
    pub fn hash_at(&self, number: u32) -> Option<Hash> {
        match number.checked_sub(1) {
            None => Some(Hash::default()),
            Some(place) => self.hashes.get(usize::try_from(place).ok()?).copied(),
        }
    }

    /// Its acts with their numbers, as values. Bytes that are no act never got in.
    pub fn acts(&self) -> impl Iterator<Item = (u32, Act)> + '_ {
        self.acts_from(1)
    }

    /// Its acts from this number on, as values.
    pub fn acts_from(&self, first: u32) -> impl Iterator<Item = (u32, Act)> + '_ {
        let first = first.max(1);
        let acts = self.acts.iter().skip(usize::try_from(first - 1).unwrap_or(usize::MAX));
        (first..).zip(acts).filter_map(|(number, bytes)| Some((number, wire::act::decode(bytes).ok()?)))
    }

    /// What a peer who holds `held` acts of it lacks; nothing if it lacks nothing.
    #[must_use]
    pub fn after(&self, held: u32) -> Option<Batch> {
        let head = self.head?;
        let start = usize::try_from(held).ok().filter(|start| *start < self.acts.len())?;
        Some(Batch { folio: self.id, first: held + 1, acts: self.acts[start..].to_vec(), head })
    }

    /// Some of its acts, from 1, with a head that ends there: a part of the one history, signed by its writer. `None`
    /// where they are not all here, or there is a second history.
    ///
    /// # Panics
    /// When the key is not the folio's writer's: a bug of ours.
    #[must_use]
    pub fn part(&self, first: u32, last: u32, key: &SigningKey) -> Option<Batch> {
        assert_eq!(key.verifying_key().to_bytes(), self.id.writer.key.0, "only its writer signs for a folio");
        let start = usize::try_from(first.checked_sub(1)?).ok()?;
        let acts = self.acts.get(start..usize::try_from(last).ok()?).filter(|acts| !acts.is_empty())?;
        let hash = self.hash_at(last).filter(|_| self.fork.is_none())?;
        let head = Head::sign(self.territory, self.id, last, hash, key);
        Some(Batch { folio: self.id, first, acts: acts.to_vec(), head })
    }

    /// The batch that some acts make which follow what is held here, signed as their sender says; `None` where they
    /// do not follow it. Checked by [`Folio::accept`], as every batch.
    #[must_use]
    pub fn continued(&self, first: u32, acts: Vec<Box<[u8]>>, signature: [u8; 64]) -> Option<Batch> {
        let last = first.checked_sub(1).filter(|held| *held <= self.seq() && !acts.is_empty())?;
        let seq = u32::try_from(acts.len()).ok().and_then(|count| last.checked_add(count))?;
        let mut hash = self.hash_at(last).filter(|_| last > 0);
        for (number, act) in (first..).zip(&acts) {
            hash = Some(change::hash(self.id.writer, number, hash, act));
        }
        Some(Batch { folio: self.id, first, acts, head: Head { seq, hash: hash?, signature } })
    }

    /// Writes one act and signs the new head. Deterministic: same act, same bytes, same signature.
    ///
    /// # Errors
    /// [`AppendError`]; nothing is written then.
    ///
    /// # Panics
    /// When the key is not the folio's writer's: a bug of ours.
    pub fn append(&mut self, act: &Act, key: &SigningKey) -> Result<u32, AppendError> {
        assert_eq!(key.verifying_key().to_bytes(), self.id.writer.key.0, "only its writer writes in a folio");
        let bytes = wire::act::encode(act);
        if bytes.len() > ACT_BYTES_MAX {
            return Err(AppendError::TooLong(bytes.len()));
        }
        if self.fork.is_some() {
            return Err(AppendError::Forked);
        }
        let room = if act.gives_back() { FOLIO_BYTES_MAX } else { FOLIO_BYTES_MAX - FOLIO_BYTES_RESERVED };
        if self.bytes + bytes.len() > room || self.acts.len() >= FOLIO_ACTS_MAX {
            return Err(AppendError::Full);
        }
        let number = self.seq() + 1;
        let hash = change::hash(self.id.writer, number, self.hashes.last().copied(), &bytes);
        self.push(bytes.into_boxed_slice(), hash);
        self.head = Some(Head::sign(self.territory, self.id, number, hash, key));
        Ok(number)
    }

    /// Takes in acts from outside, whole or not at all. Idempotent and, over all batches of one
    /// history, independent of their order up to gaps. Cheap checks come first: limits, signature,
    /// then the chain (one hash an act).
    ///
    /// # Errors
    /// [`GateError`]; the folio is unchanged then.
    pub fn accept(&mut self, batch: &Batch) -> Result<Accepted, GateError> {
        self.check_form(batch)?;
        let held_before = batch.first - 1;
        if held_before > self.seq() {
            return Err(GateError::Gap);
        }
        if !batch.head.verify(self.territory, self.id) && !plant::active(Plant::ShowBeforeVerify) {
            return Err(GateError::Signature);
        }
        let Some(chain) = self.chain_of(batch) else {
            // From the beginning there is no excuse; else their beginning may differ from ours.
            return Err(if batch.first == 1 { GateError::Chain } else { GateError::Gap });
        };
        let known = usize::try_from(held_before).map_err(|_| GateError::Limit)?;
        let common = chain.iter().zip(&self.hashes[known..]).take_while(|(theirs, ours)| theirs == ours).count();
        if let Some(accepted) = self.accept_settled(batch, &chain, known + common) {
            return accepted;
        }
        if common == chain.len() {
            return Ok(Accepted::Known);
        }
        self.check_acts(batch, known, common)?;
        if known + common == self.hashes.len() {
            return Ok(self.extend(batch, &chain, common));
        }
        if plant::active(Plant::AcceptEqualSequence) {
            self.acts.truncate(known + common);
            self.hashes.truncate(known + common);
            self.extend(batch, &chain, common);
            return Ok(Accepted::Replaced);
        }
        self.keep_evidence(batch, common)
    }

    fn check_form(&self, batch: &Batch) -> Result<(), GateError> {
        let size: usize = batch.acts.iter().map(|act| act.len()).sum();
        let count = u32::try_from(batch.acts.len()).map_err(|_| GateError::Limit)?;
        let last = batch.first.checked_add(count).and_then(|end| end.checked_sub(1));
        if count == 0 || batch.first == 0 || size > FOLIO_BYTES_MAX || last != Some(batch.head.seq) {
            return Err(GateError::Limit);
        }
        if batch.head.seq > u32::try_from(FOLIO_ACTS_MAX).unwrap_or(u32::MAX) || batch.folio != self.id {
            return Err(GateError::Limit);
        }
        Ok(())
    }

    /// The hashes after each act of the batch, if they lead to its signed head.
    fn chain_of(&self, batch: &Batch) -> Option<Vec<Hash>> {
        let mut last = (batch.first > 1).then(|| self.hash_at(batch.first - 1)).flatten();
        let mut chain = Vec::with_capacity(batch.acts.len());
        for (number, act) in (batch.first..).zip(&batch.acts) {
            let hash = change::hash(self.id.writer, number, last, act);
            chain.push(hash);
            last = Some(hash);
        }
        (last == Some(batch.head.hash) || plant::active(Plant::SkipChain)).then_some(chain)
    }

    /// Signed by its writer, so a bad act is the writer's own doing: the folio ends before this batch,
    /// on every node alike, for nobody stores it and nobody passes it on. A second history is held to
    /// the same: else it would prove a fork only where another history came first, and a neighbour
    /// would refuse the proof.
    fn check_acts(&self, batch: &Batch, known: usize, common: usize) -> Result<(), GateError> {
        let before: usize = match known == self.acts.len() {
            true => self.bytes,
            false => self.acts[..known].iter().map(|act| act.len()).sum(),
        };
        let size: usize = batch.acts.iter().map(|act| act.len()).sum();
        if before + size > FOLIO_BYTES_MAX {
            return Err(GateError::Limit);
        }
        if batch.acts[common..].iter().any(|act| wire::act::decode(act).is_err()) {
            return Err(GateError::Act);
        }
        Ok(())
    }

    fn extend(&mut self, batch: &Batch, chain: &[Hash], common: usize) -> Accepted {
        let fresh = &batch.acts[common..];
        for (act, hash) in fresh.iter().zip(&chain[common..]) {
            self.push(act.clone(), *hash);
        }
        self.head = Some(batch.head);
        Accepted::New(u32::try_from(fresh.len()).unwrap_or(u32::MAX))
    }

    fn push(&mut self, act: Box<[u8]>, hash: Hash) {
        self.bytes += act.len();
        self.acts.push(act);
        self.hashes.push(hash);
    }

    /// The change chunks of automerge for the acts after `held`, as they are kept on disk.
    #[must_use]
    pub fn changes_after(&self, held: u32) -> Vec<Vec<u8>> {
        let start = usize::try_from(held).unwrap_or(usize::MAX).min(self.acts.len());
        (start..self.acts.len()).map(|place| self.change(place).raw_bytes().to_vec()).collect()
    }

    /// The whole folio as one compact automerge document.
    ///
    /// # Errors
    /// [`GateError::Document`] if automerge refuses its own changes: a bug, kept from spreading.
    pub fn to_document(&self) -> Result<Vec<u8>, GateError> {
        let mut document = automerge::Automerge::new();
        let changes: Vec<_> = (0..self.acts.len()).map(|place| self.change(place)).collect();
        document.apply_changes(changes).map_err(|_| GateError::Document)?;
        Ok(document.save())
    }

    fn change(&self, place: usize) -> automerge::Change {
        let number = u32::try_from(place + 1).unwrap_or(u32::MAX);
        let previous = place.checked_sub(1).map(|before| self.hashes[before]);
        change::build(self.id.writer, number, previous, &self.acts[place])
    }

    /// Reads a folio back from disk: a document, then single changes, then the signed head. All of it
    /// is checked again as if it came from a stranger: the acts are taken out, and the chain rebuilt.
    ///
    /// # Errors
    /// [`GateError`]: the folio is damaged, and can be fetched again from any peer.
    pub fn from_document(
        territory: TerritoryId,
        id: FolioId,
        document: &[u8],
        changes: &[Vec<u8>],
        head: Head,
    ) -> Result<Self, GateError> {
        let mut acts = change::acts_of_document(document).ok_or(GateError::Document)?;
        for bytes in changes {
            acts.push(change::act_of_change(bytes).ok_or(GateError::Document)?);
        }
        let mut folio = Self::new(territory, id);
        folio.accept(&Batch { folio: id, first: 1, acts, head })?;
        Ok(folio)
    }
}
