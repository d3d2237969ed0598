// SPDX-License-Identifier: EUPL-1.2
//! Crafted automerge changes and documents, fed as bytes to what reads a folio from disk.
//!
//! No frame can carry them. A disk can be damaged or exchanged: whatever stands there either rebuilds
//! into the very chain that its writer signed, or is refused; it never panics and never becomes
//! another folio. Each case crashed or corrupted automerge 0.12's own `apply_changes` when measured.

use core::num::NonZeroU64;

use automerge::legacy::{Key, ObjectId, Op, OpType, SortedVec};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ScalarValue};
use crdt_calendar::ids::Writer;

fn actor(writer: Writer) -> ActorId {
    ActorId::from([&writer.key.0[..], &writer.incarnation.0[..]].concat())
}

fn put(key: u32, value: &[u8]) -> Op {
    Op {
        action: OpType::Put(ScalarValue::Bytes(value.to_vec())),
        obj: ObjectId::Root,
        key: Key::Map(key.to_string().into()),
        pred: SortedVec::new(),
        insert: false,
    }
}

fn expanded(writer: Writer, number: u32, previous: Option<[u8; 32]>, act: &[u8]) -> ExpandedChange {
    ExpandedChange {
        operations: vec![put(number, act)],
        actor_id: actor(writer),
        hash: None,
        seq: u64::from(number),
        start_op: NonZeroU64::new(u64::from(number)).unwrap_or(NonZeroU64::MIN),
        time: 0,
        message: None,
        deps: previous.map(ChangeHash).into_iter().collect(),
        extra_bytes: Vec::new(),
        author: None,
    }
}

/// The change that holds act `number`, as the folio's format says.
pub(crate) fn change(writer: Writer, number: u32, previous: Option<[u8; 32]>, act: &[u8]) -> Change {
    Change::from(expanded(writer, number, previous, act))
}

#[cfg(test)]
/// Every crafted form of one change of a chain, by name.
pub(crate) fn crafted(
    writer: Writer,
    number: u32,
    previous: Option<[u8; 32]>,
    act: &[u8],
) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms: Vec<(&'static str, ExpandedChange)> = Vec::new();
    let mut form = |name, craft: fn(&mut ExpandedChange)| {
        let mut change = expanded(writer, number, previous, act);
        craft(&mut change);
        forms.push((name, change));
    };
    form("a gap in seq", |it| it.seq += 5);
    form("seq again", |it| it.seq = 1);
    form("deps stripped", |it| it.deps.clear());
    form("deps unknown", |it| it.deps = vec![ChangeHash([9; 32])]);
    form("deps twice", |it| it.deps.extend(it.deps.clone()));
    form("start_op too low", |it| it.start_op = NonZeroU64::MIN);
    form("start_op far ahead", |it| it.start_op = NonZeroU64::new(u64::from(u32::MAX)).unwrap_or(NonZeroU64::MIN));
    form("another actor", |it| it.actor_id = ActorId::from(vec![1; 40]));
    form("no actor", |it| it.actor_id = ActorId::from(Vec::new()));
    form("an op on an unknown object", |it| {
        it.operations[0].obj = ObjectId::Id(automerge::legacy::OpId::new(77, &ActorId::from(vec![1; 40])));
    });
    form("a pred that deletes another's", |it| {
        it.operations[0].pred = SortedVec::from(vec![automerge::legacy::OpId::new(1, &it.actor_id)]);
    });
    form("two ops", |it| it.operations.extend(it.operations.clone()));
    form("no op", |it| it.operations.clear());
    form("another key", |it| it.operations[0].key = Key::Map("intrus".into()));
    form("another value", |it| it.operations[0].action = OpType::Put(ScalarValue::Null));
    form("a deletion", |it| it.operations[0].action = OpType::Delete);
    form("a message and a time", |it| {
        it.message = Some("bonjour".into());
        it.time = 1;
    });
    form("bytes behind", |it| it.extra_bytes = vec![0; 4_096]);
    let mut forms: Vec<(&'static str, Vec<u8>)> =
        forms.into_iter().map(|(name, change)| (name, Change::from(change).raw_bytes().to_vec())).collect();
    let good = change(writer, number, previous, act).raw_bytes().to_vec();
    let mut sum = good.clone();
    sum[4] ^= 0xff;
    forms.push(("a wrong checksum", sum));
    forms.push(("twice in a row", [&good[..], &good[..]].concat()));
    forms.push(("nothing", Vec::new()));
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;
    use crdt_calendar::act::Act;
    use crdt_calendar::folio::{Folio, Hash};
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, TerritoryId};
    use ed25519_dalek::SigningKey;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn crafted_changes_are_refused_or_change_nothing() {
        // Goal: each crafted change on the disk is refused, or reads as the very acts that were signed.
        let key = SigningKey::from_bytes(&[3; 32]);
        let writer = Writer { key: PublicKey(key.verifying_key().to_bytes()), incarnation: Incarnation([5; 8]) };
        let (territory, id) = (TerritoryId([1; 32]), FolioId { writer, leaf: Leaf::Profile });
        let mut folio = Folio::new(territory, id);
        for _ in 0..6 {
            folio.append(&Act::Begin { previous: None }, &key).unwrap();
        }
        let act = crdt_calendar::wire::act::encode(&Act::Begin { previous: None });
        let hashes: Vec<Option<Hash>> = (1..=6).map(|number| folio.hash_at(number)).collect();
        for number in 1..=6_u32 {
            let previous = (number > 1).then(|| folio.hash_at(number - 1)).flatten();
            let place = usize::try_from(number).unwrap() - 1;
            for (name, bytes) in crafted(writer, number, previous, &act) {
                let mut changes = folio.changes_after(0);
                changes[place] = bytes;
                let head = *folio.head().unwrap();
                let read = catch_unwind(AssertUnwindSafe(|| Folio::from_document(territory, id, &[], &changes, head)));
                let read = read.unwrap_or_else(|_| panic!("{name} at {number}: a panic"));
                if let Ok(read) = read {
                    let same = (1..=6).map(|number| read.hash_at(number)).eq(hashes.iter().copied());
                    assert!(same, "{name} at {number}: another folio came of it");
                }
            }
        }
    }

    #[test]
    fn damaged_documents_are_refused_or_change_nothing() {
        // Goal: a packed document with damaged bytes never becomes another folio.
        let key = SigningKey::from_bytes(&[3; 32]);
        let writer = Writer { key: PublicKey(key.verifying_key().to_bytes()), incarnation: Incarnation([5; 8]) };
        let (territory, id) = (TerritoryId([1; 32]), FolioId { writer, leaf: Leaf::Profile });
        let mut folio = Folio::new(territory, id);
        for _ in 0..20 {
            folio.append(&Act::Begin { previous: None }, &key).unwrap();
        }
        let (document, head) = (folio.to_document().unwrap(), *folio.head().unwrap());
        let mut dice = Dice::new(1, 0);
        for round in 0..400 {
            let damaged = crate::network::damaged(&mut dice, &document);
            let read = catch_unwind(AssertUnwindSafe(|| Folio::from_document(territory, id, &damaged, &[], head)));
            if let Ok(read) = read.unwrap_or_else(|_| panic!("round {round}: a panic")) {
                assert_eq!(read.hash_at(20), folio.hash_at(20), "round {round}: another folio came of it");
            }
        }
    }
}
