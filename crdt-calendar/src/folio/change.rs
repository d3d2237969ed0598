// SPDX-License-Identifier: MIT OR Apache-2.0
//! From an act to the automerge change that holds it, and back.
//!
//! The change is a pure function of (writer, number, hash before, act): automerge as ledger.md 1 wants
//! it, without time, message or author. A test holds it against automerge's own transactions.

use core::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{Key, ObjectId, Op, OpType, SortedVec};
use automerge::{ActorId, Automerge, Change, ChangeHash, ExpandedChange, ScalarValue};
use sha2::{Digest as _, Sha256};

use crate::ids::Writer;
use crate::limits::{ACT_BYTES_MAX, FOLIO_ACTS_MAX, FOLIO_BYTES_MAX};

/// SHA-256 of an automerge change, 32 bytes.
pub type Hash = [u8; 32];

/// An automerge change chunk around one act: some 110 bytes more than the act.
const CHANGE_BYTES_MAX: usize = ACT_BYTES_MAX + 512;

/// What an automerge chunk begins with.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const DOCUMENT: u8 = 0;
const CHANGE: u8 = 1;

/// The actor of a writer's changes: key, then incarnation, 40 bytes.
fn actor(writer: Writer) -> ActorId {
    let mut bytes = Vec::with_capacity(40);
    bytes.extend_from_slice(&writer.key.0);
    bytes.extend_from_slice(&writer.incarnation.0);
    ActorId::from(bytes)
}

/// The change that holds act `number`. Some microseconds.
pub(super) fn build(writer: Writer, number: u32, previous: Option<Hash>, act: &[u8]) -> Change {
    let put = Op {
        action: OpType::Put(ScalarValue::Bytes(act.to_vec())),
        obj: ObjectId::Root,
        key: Key::Map(number.to_string().into()),
        pred: SortedVec::new(),
        insert: false,
    };
    Change::from(ExpandedChange {
        operations: vec![put],
        actor_id: actor(writer),
        hash: None,
        seq: u64::from(number),
        start_op: NonZeroU64::new(u64::from(number)).unwrap_or(NonZeroU64::MIN),
        time: 0,
        message: None,
        deps: previous.map(ChangeHash).into_iter().collect(),
        extra_bytes: Vec::new(),
        author: None,
    })
}

/// The hash of that change.
pub(super) fn hash(writer: Writer, number: u32, previous: Option<Hash>, act: &[u8]) -> Hash {
    build(writer, number, previous, act).hash().0
}

/// The act inside one change chunk read from disk. Nothing else of it is believed.
pub(super) fn act_of_change(bytes: &[u8]) -> Option<Box<[u8]>> {
    if bytes.len() > CHANGE_BYTES_MAX || !is_chunk(bytes, CHANGE) {
        return None;
    }
    let change = quietly(|| Change::try_from(bytes).ok())?;
    act_of(&change)
}

/// The acts inside a document read from disk, in order of their numbers.
pub(super) fn acts_of_document(bytes: &[u8]) -> Option<Vec<Box<[u8]>>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    if bytes.len() > 2 * FOLIO_BYTES_MAX || !is_chunk(bytes, DOCUMENT) {
        return None;
    }
    let document = quietly(|| Automerge::load(bytes).ok())?;
    let changes = quietly(|| Some(document.get_changes(&[])))?;
    if changes.len() > FOLIO_ACTS_MAX {
        return None;
    }
    changes.iter().map(act_of).collect()
}

/// Whether these bytes are one chunk of this type with its own checksum: magic, 4 bytes of checksum,
/// type, length (LEB128), data (automerge's format, "chunks"). Looked at before automerge does, which
/// inflates and allocates first and compares after; so what a disk damaged never gets that far.
fn is_chunk(bytes: &[u8], kind: u8) -> bool {
    let Some((magic, rest)) = bytes.split_at_checked(4) else { return false };
    let Some((checksum, hashed)) = rest.split_at_checked(4) else { return false };
    let Some((&found, rest)) = hashed.split_first() else { return false };
    let Ok((length, data)) = postcard::take_from_bytes::<u32>(rest) else { return false };
    let is_whole = usize::try_from(length).is_ok_and(|length| length == data.len());
    magic == MAGIC && found == kind && is_whole && Sha256::digest(hashed)[..4] == *checksum
}

fn act_of(change: &Change) -> Option<Box<[u8]>> {
    let expanded = quietly(|| Some(change.decode()))?;
    let [op] = expanded.operations.as_slice() else { return None };
    match &op.action {
        OpType::Put(ScalarValue::Bytes(act)) => Some(act.clone().into_boxed_slice()),
        _ => None,
    }
}

/// automerge 0.12 panics on some damaged input. The bytes come from our own disk, hence may be
/// damaged but not crafted; a panic there means what an error means: fetch the folio again.
fn quietly<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Incarnation, PublicKey};
    use automerge::ReadDoc;
    use automerge::transaction::{CommitOptions, Transactable};

    #[test]
    fn a_rebuilt_change_is_automerges_own() {
        // Goal: what we build by hand is bit for bit what an automerge transaction writes.
        let writer = Writer { key: PublicKey([7; 32]), incarnation: Incarnation([9; 8]) };
        let mut document = Automerge::new().with_actor(actor(writer));
        let mut previous = None;
        for number in 1..=40_u32 {
            let act = vec![u8::try_from(number).unwrap(); usize::try_from(number * 9).unwrap()];
            let mut tx = document.transaction();
            tx.put(automerge::ROOT, number.to_string(), ScalarValue::Bytes(act.clone())).unwrap();
            tx.commit_with(CommitOptions::default().with_time(0));
            let theirs = document.get_heads()[0];
            let ours = build(writer, number, previous, &act);
            assert_eq!(ours.hash(), theirs, "act {number}");
            assert_eq!(ours.raw_bytes(), document.get_change_by_hash(&theirs).unwrap().raw_bytes(), "act {number}");
            assert_eq!(act_of_change(ours.raw_bytes()).as_deref(), Some(act.as_slice()));
            previous = Some(theirs.0);
        }
        assert_eq!(document.length(automerge::ROOT), 40);
        assert_eq!(acts_of_document(&document.save()).unwrap().len(), 40);
    }
}
