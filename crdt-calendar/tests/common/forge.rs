// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a dishonest writer can do with its own key: sign any bytes as acts, in as many histories as it
//! likes. Written a second time, from ledger.md 1, so that it also holds the crate to the rule.

use core::num::NonZeroU64;

use automerge::legacy::{Key, ObjectId, Op, OpType, SortedVec};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ScalarValue};
use crdt_calendar::folio::{Batch, Head};
use crdt_calendar::ids::{FolioId, Leaf, TerritoryId, Writer};
use ed25519_dalek::{Signer as _, SigningKey};

use super::{Member, territory};

/// A whole history of these bytes, signed at its end. There must be one act at least.
pub(crate) fn forge(by: &Member, leaf: Leaf, acts: &[Vec<u8>]) -> Batch {
    let folio = by.folio(leaf);
    let mut last = None;
    for (number, act) in (1..).zip(acts) {
        last = Some(hash(folio.writer, number, last, act));
    }
    let seq = u32::try_from(acts.len()).unwrap();
    let head = sign(territory(), folio, seq, last.unwrap(), &by.key);
    Batch { folio, first: 1, acts: acts.iter().map(|act| act.clone().into_boxed_slice()).collect(), head }
}

/// The part of a batch after its first `held` acts.
pub(crate) fn after(batch: &Batch, held: usize) -> Batch {
    Batch { first: batch.first + u32::try_from(held).unwrap(), acts: batch.acts[held..].to_vec(), ..batch.clone() }
}

fn hash(writer: Writer, number: u32, previous: Option<[u8; 32]>, act: &[u8]) -> [u8; 32] {
    let put = Op {
        action: OpType::Put(ScalarValue::Bytes(act.to_vec())),
        obj: ObjectId::Root,
        key: Key::Map(number.to_string().into()),
        pred: SortedVec::new(),
        insert: false,
    };
    let change = Change::from(ExpandedChange {
        operations: vec![put],
        actor_id: ActorId::from([&writer.key.0[..], &writer.incarnation.0].concat()),
        hash: None,
        seq: u64::from(number),
        start_op: NonZeroU64::new(u64::from(number)).unwrap(),
        time: 0,
        message: None,
        deps: previous.map(ChangeHash).into_iter().collect(),
        extra_bytes: Vec::new(),
        author: None,
    });
    change.hash().0
}

/// Signs a head over whatever its writer claims.
pub(crate) fn sign(territory: TerritoryId, folio: FolioId, seq: u32, hash: [u8; 32], key: &SigningKey) -> Head {
    let (leaf, week) = match folio.leaf {
        Leaf::Roster => (0_u8, 0),
        Leaf::Profile => (1, 0),
        Leaf::Week(week) => (2, week.0),
    };
    let writer = folio.writer;
    let message = [
        &b"hameau/folio/1"[..],
        &territory.0,
        &writer.key.0,
        &writer.incarnation.0,
        &[leaf],
        &week.to_be_bytes(),
        &seq.to_be_bytes(),
        &hash,
    ]
    .concat();
    Head { seq, hash, signature: key.sign(&message).to_bytes() }
}
